//! What a reader chooses for this browser: language and colours. Kept in cookies, so strangers choose too.

use super::language::Language;
use super::page::{PageResult, Seat, redirect, with_cookie};
use super::{Form, local, visit};
use crate::http::Anyone;

/// Seconds that a choice is remembered: a year.
const YEAR: u32 = 31_536_000;

crate::words! {
    /// Which colours the pages have; `auto` as the system has it.
    pub enum Colours { Auto = "auto", Light = "light", Dark = "dark" }
}

crate::input! {
    /// The form at the foot of a page.
    pub struct Preferences {
        pub language: Option<Language>,
        pub colours: Option<Colours>,
        pub next: Option<String>,
    }
}

/// Remembers what was chosen, and goes back to the page.
pub async fn prefer(_: Seat<Anyone>, Form(chosen): Form<Preferences>) -> PageResult {
    let mut response = redirect(&local(chosen.next))?;
    if let Some(language) = chosen.language {
        response = with_cookie(response, &language_cookie(language))?;
    }
    if let Some(colours) = chosen.colours {
        response = with_cookie(response, &colours_cookie(colours))?;
    }
    Ok(response)
}

/// The cookie that remembers in which language this browser's pages are.
pub fn language_cookie(language: Language) -> String {
    remembered(visit::LANGUAGE, language.word())
}

/// The cookie that remembers which colours they have.
pub fn colours_cookie(colours: Colours) -> String {
    remembered(visit::COLOURS, colours.word())
}

fn remembered(name: &str, word: &str) -> String {
    format!("{name}={word}; Path=/; SameSite=Lax; Max-Age={YEAR}")
}
