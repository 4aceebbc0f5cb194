//! A short letter: a greeting, a few words, one link. As plain text and as HTML, in its reader's language.

use askama::Template;

use crate::error::{Error, Result};
use crate::web::Language;

/// What a letter says. Nothing of it is written by a stranger: the desk is no relay for other people's words.
#[derive(Template)]
#[template(path = "mail/notice.html")]
pub struct Notice<'a> {
    pub language: Language,
    pub brand: &'a str,
    pub greeting: String,
    pub text: String,
    /// Somebody's words in full, as plain text and as harmless HTML; empty where there are none.
    pub said: (String, String),
    /// What the link is called.
    pub label: String,
    /// Where it leads, or the placeholder of an address that is made when the letter is sent.
    pub link: String,
    pub end: String,
}

/// The same as plain text.
#[derive(Template)]
#[template(path = "mail/notice.txt")]
struct Plain<'a>(&'a Notice<'a>);

impl Notice<'_> {
    /// The letter as plain text and as HTML.
    pub fn write(&self) -> Result<(String, String)> {
        let unrendered = |error: askama::Error| Error::Conflict(format!("the mail's text: {error}"));
        Ok((Plain(self).render().map_err(unrendered)?, self.render().map_err(unrendered)?))
    }
}
