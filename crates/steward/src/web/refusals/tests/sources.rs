//! Reads what the sources say when something is at fault: the texts given to faults, errors and their like. It knows
//! Rust's tokens, not its grammar; a text that stands far from where it is refused is found by its variable's name.

use std::path::Path;

#[derive(Debug, PartialEq)]
enum Token {
    Text(String),
    Word(String),
    Mark(char),
}

struct Source {
    name: String,
    tokens: Vec<Token>,
}

/// Files whose errors only the operator reads, at the command line or in the log.
const OPERATORS: [&str; 8] = [
    "src/commands.rs",
    "src/config.rs",
    "src/start.rs",
    "src/main.rs",
    "src/doctor.rs",
    "mail/smtp.rs",
    "files/bucket.rs",
    "files/store.rs",
];
/// What makes a message of all texts it is given.
const MESSAGES: [&str; 12] = [
    "Error::Conflict",
    "Error::Forbidden",
    "Error::Unreadable",
    "Error::TooLarge",
    "Error::Gone",
    "Error::Unauthenticated",
    "Error::UnsupportedMediaType",
    "Error::StoreFull",
    "Error::StoreAway",
    "Faults::one",
    "TooMany",
    "fault",
];
/// What makes a message of what follows a field's name.
const OF_FIELDS: [&str; 7] =
    ["Error::field", "Fault::field", "Fault::pointer", "Fault::parameter", ".note", ".add", "faults.push"];
/// What makes one of the text that it begins with.
const RESULTS: [&str; 4] = ["Err", "ok_or", "ok_or_else", "map_err"];
/// Variables and functions that hold one.
const HOLDERS: [&str; 8] = ["message", "why", "detail", "outside", "bad", "form", "fault", "bounds"];
const FUNCTIONS: [&str; 3] = ["refusal", "problem", "database_detail"];

/// Every text that the sources make a message of, with the file that does.
pub fn refusals() -> Vec<(String, String)> {
    let mut found = Vec::new();
    for source in sources() {
        let mut note = |text: &str| {
            if is_sentence(text) {
                found.push((source.name.clone(), text.to_owned()));
            }
        };
        let tokens = &source.tokens;
        for at in 0..tokens.len() {
            let Some((name, open)) = call(tokens, at) else { continue };
            let inner = tokens.get(open + 1..close(tokens, open)).unwrap_or_default();
            let is_one = |known: &&str| name == **known || name.ends_with(&format!("::{known}"));
            let is_operators = OPERATORS.iter().any(|file| source.name.ends_with(file));
            if MESSAGES.iter().any(is_one) {
                texts(inner).for_each(&mut note);
            } else if OF_FIELDS.contains(&name.as_str()) {
                texts(&inner[first_comma(inner)..]).for_each(&mut note);
            } else if RESULTS.contains(&name.as_str()) && !is_operators {
                first_text(inner).into_iter().for_each(&mut note);
            } else if FUNCTIONS.iter().any(|known| name == format!("fn {known}")) && !is_operators {
                let body = tokens[open..].iter().position(|token| *token == Token::Mark('{')).unwrap() + open;
                texts(&tokens[body..close(tokens, body)]).for_each(&mut note);
            } else if HOLDERS.iter().any(|known| name == format!("let {known}")) && !is_operators {
                let end = tokens[open..].iter().position(|token| *token == Token::Mark(';')).unwrap() + open;
                texts(&tokens[open..end]).for_each(&mut note);
            }
        }
    }
    found
}

/// What is said not to be found.
pub fn not_found() -> Vec<(String, String)> {
    let mut found = Vec::new();
    for source in sources() {
        for at in 0..source.tokens.len() {
            if let Some((name, open)) = call(&source.tokens, at)
                && name.ends_with("Error::NotFound")
                && let Some(Token::Text(what)) = source.tokens.get(open + 1)
            {
                found.push((source.name.clone(), what.clone()));
            }
        }
    }
    found
}

/// Every text of the sources.
pub fn literals() -> Vec<String> {
    sources().iter().flat_map(|source| texts(&source.tokens).map(str::to_owned).collect::<Vec<_>>()).collect()
}

fn is_sentence(text: &str) -> bool {
    text.len() > 5
        && text.contains(' ')
        && !text.starts_with([' ', '/', '<', '('])
        && !text.starts_with("{}: {")
        && text.chars().filter(|c| c.is_alphabetic()).count() > 4
}

/// What begins here, by its name, and where its bracket (or, of a variable, its value) is.
fn call(tokens: &[Token], at: usize) -> Option<(String, usize)> {
    let word = |at: usize| match tokens.get(at) {
        Some(Token::Word(word)) => Some(word.as_str()),
        _ => None,
    };
    let mark = |at: usize, mark: char| tokens.get(at) == Some(&Token::Mark(mark));
    let name = word(at)?;
    if name == "let" {
        let at = at + 1 + usize::from(word(at + 1) == Some("mut"));
        return mark(at + 1, '=').then(|| (format!("let {}", word(at).unwrap_or("")), at + 2));
    }
    if name == "fn" && mark(at + 2, '(') {
        return Some((format!("fn {}", word(at + 1)?), at + 2));
    }
    if !(mark(at + 1, '(') || mark(at + 1, '{')) || (at > 0 && word(at - 1) == Some("fn")) {
        return None;
    }
    let before = |back: usize| at.checked_sub(back);
    let is_path = before(2).is_some_and(|at| mark(at, ':') && mark(at + 1, ':'));
    let owner = before(3).and_then(word).filter(|_| is_path);
    let is_method = before(1).is_some_and(|at| mark(at, '.'));
    let receiver = before(2).and_then(word).filter(|_| is_method);
    let name = match (owner, receiver) {
        (Some(owner), _) => format!("{owner}::{name}"),
        (None, Some("faults")) if name == "push" => "faults.push".to_owned(),
        (None, _) if is_method && ["note", "add"].contains(&name) => format!(".{name}"),
        _ => name.to_owned(),
    };
    Some((name, at + 1))
}

fn close(tokens: &[Token], open: usize) -> usize {
    let mut depth = 0;
    for (at, token) in tokens.iter().enumerate().skip(open) {
        match token {
            Token::Mark('(' | '{' | '[') => depth += 1,
            Token::Mark(')' | '}' | ']') => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return at;
        }
    }
    tokens.len()
}

/// Where the first argument ends, be the arguments those of a tuple.
fn first_comma(tokens: &[Token]) -> usize {
    let mut depth = if tokens.first() == Some(&Token::Mark('(')) { -1 } else { 0 };
    for (at, token) in tokens.iter().enumerate() {
        match token {
            Token::Mark('(' | '{' | '[') => depth += 1,
            Token::Mark(')' | '}' | ']') => depth -= 1,
            Token::Mark(',') if depth == 0 => return at,
            _ => {}
        }
    }
    0
}

fn texts(tokens: &[Token]) -> impl Iterator<Item = &str> {
    tokens.iter().filter_map(|token| match token {
        Token::Text(text) => Some(text.as_str()),
        _ => None,
    })
}

/// The text that an expression is, behind the head of a closure and `format!`.
fn first_text(tokens: &[Token]) -> Option<&str> {
    let is_head = |token: &&Token| match token {
        Token::Mark(mark) => "|_{(!".contains(*mark),
        Token::Word(word) => ["_", "move", "format"].contains(&word.as_str()),
        Token::Text(_) => false,
    };
    match tokens.iter().find(|token| !is_head(token)) {
        Some(Token::Text(text)) => Some(text),
        _ => None,
    }
}

/// The crates whose words reach clients, without their tests.
fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    for folder in [root.join("src"), root.join("../hours/src")] {
        read(&folder, &mut found);
    }
    found
}

fn read(folder: &Path, found: &mut Vec<Source>) {
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    for path in paths {
        let name = path.to_str().unwrap().to_owned();
        if path.is_dir() && !name.ends_with("tests") && !name.ends_with("src/demo") {
            read(&path, found);
        } else if name.ends_with(".rs") && !name.ends_with("tests.rs") && !name.ends_with("src/demo.rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            let end = text.find("#[cfg(test)]\nmod tests {").unwrap_or(text.len());
            found.push(Source { name, tokens: tokens(&text[..end]) });
        }
    }
}

fn tokens(text: &str) -> Vec<Token> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '/' if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
            '"' => {
                let (said, length) = quoted(rest);
                // What `concat!` adds to a text is a place in it.
                let is_joined = matches!(&found[..], [.., Token::Word(word), Token::Mark('!'), Token::Mark('(')] if word == "concat");
                found.push(Token::Text(if is_joined { said + "{}" } else { said }));
                length
            }
            'r' if rest.starts_with("r#\"") => {
                let end = rest[3..].find("\"#").unwrap() + 3;
                found.push(Token::Text(rest[3..end].to_owned()));
                end + 2
            }
            '\'' => letter(rest),
            c if c.is_alphanumeric() || c == '_' => {
                let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
                found.push(Token::Word(rest[..end].to_owned()));
                end
            }
            c => {
                if !c.is_whitespace() {
                    found.push(Token::Mark(c));
                }
                c.len_utf8()
            }
        };
        rest = &rest[length..];
    }
    found
}

/// A text in quotes, and how long it is with them.
fn quoted(text: &str) -> (String, usize) {
    let (mut said, mut at) = (String::new(), 1);
    loop {
        let c = text[at..].chars().next().unwrap();
        at += c.len_utf8();
        match c {
            '"' => return (said, at),
            '\\' => {
                let escaped = text[at..].chars().next().unwrap();
                at += escaped.len_utf8();
                match escaped {
                    '\n' => at += text[at..].len() - text[at..].trim_start().len(),
                    'n' => said.push('\n'),
                    'u' => at += text[at..].find('}').unwrap() + 1,
                    other => said.push(other),
                }
            }
            c => said.push(c),
        }
    }
}

/// How long a letter in quotes is, or a lifetime's mark.
fn letter(text: &str) -> usize {
    let mut chars = text[1..].char_indices();
    match (chars.next(), chars.next()) {
        (Some((_, '\\')), Some((_, 'u'))) => text[1..].find('\'').unwrap() + 2,
        (Some((_, '\\')), Some(_)) => 4,
        (Some(_), Some((end, '\''))) => end + 2,
        _ => 1,
    }
}
