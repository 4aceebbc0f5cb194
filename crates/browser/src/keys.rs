//! Keys by name, as the protocol wants them.

use serde_json::{Value, json};

use crate::{Error, Result};

const CTRL: u32 = 2;
const SHIFT: u32 = 8;

/// What is sent for a key going down and up: `j`, `?`, `Enter`, `Ctrl+k`, `Shift+Tab`.
pub fn strokes(name: &str) -> Result<[Value; 2]> {
    let (modifiers, key) = match name.split_once('+') {
        Some(("Ctrl", key)) => (CTRL, key),
        Some(("Shift", key)) => (SHIFT, key),
        _ => (0, name),
    };
    let (code, number, text) = match key {
        "Enter" => ("Enter".to_owned(), 13, "\r".to_owned()),
        "Tab" => ("Tab".to_owned(), 9, String::new()),
        "Escape" => ("Escape".to_owned(), 27, String::new()),
        "Space" => ("Space".to_owned(), 32, " ".to_owned()),
        "Backspace" => ("Backspace".to_owned(), 8, String::new()),
        "ArrowLeft" => ("ArrowLeft".to_owned(), 37, String::new()),
        "ArrowUp" => ("ArrowUp".to_owned(), 38, String::new()),
        "ArrowRight" => ("ArrowRight".to_owned(), 39, String::new()),
        "ArrowDown" => ("ArrowDown".to_owned(), 40, String::new()),
        "/" => ("Slash".to_owned(), 191, "/".to_owned()),
        "?" => ("Slash".to_owned(), 191, "?".to_owned()),
        key => match key.chars().next() {
            Some(letter) if key.len() == 1 && letter.is_ascii_alphanumeric() => {
                let kind = if letter.is_ascii_digit() { "Digit" } else { "Key" };
                let upper = letter.to_ascii_uppercase();
                (format!("{kind}{upper}"), upper as u32, key.to_owned())
            }
            _ => return Err(Error(format!("no key is called {name}"))),
        },
    };
    let key = if key == "Space" { " " } else { key };
    let text = if modifiers == CTRL { String::new() } else { text };
    let stroke = |kind: &str, text: &str| {
        json!({ "type": kind, "key": key, "code": code, "windowsVirtualKeyCode": number, "modifiers": modifiers,
            "text": text, "unmodifiedText": text })
    };
    let down = if text.is_empty() { "rawKeyDown" } else { "keyDown" };
    Ok([stroke(down, &text), stroke("keyUp", "")])
}
