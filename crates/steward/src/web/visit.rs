//! Who reads a page, as far as the browser says it: the language, the time zone, the colours, and the session whose token
//! the page's forms carry. [`Page`] is what every template has.

use std::borrow::{Borrow, Cow};
use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::csrf;
use super::language::{Filling, Language};
use super::session;
use crate::app::App;
use crate::branding::{self, Brand, Served};
use crate::clock::Time;
use crate::error::Result;
use crate::http::{Describe, Operation};
use crate::work::Work;

/// Cookies that pages read and set; neither is a secret.
pub const LANGUAGE: &str = "steward_language";
pub const ZONE: &str = "steward_zone";
pub const COLOURS: &str = "steward_colours";

/// What a browser says of its reader.
#[derive(Clone)]
pub struct Visit {
    pub language: Language,
    /// Whether this browser chose it, rather than being taken to speak it.
    pub has_chosen_language: bool,
    pub zone: TimeZone,
    /// `light` or `dark` where the reader chose; empty: as the system has it.
    pub colours: &'static str,
    /// The token that forms of this page carry; empty where nobody is signed in.
    pub csrf: String,
    /// The page's path with its query: where to come back to.
    pub at: String,
    /// Whether the reader is a user of the desk, where the page knows who reads it.
    pub is_user: bool,
}

impl Visit {
    pub fn of(headers: &HeaderMap, at: &str) -> Visit {
        let text = |name: header::HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
        let chosen = session::cookie_of(headers, LANGUAGE).and_then(Language::from_word);
        let zone = session::cookie_of(headers, ZONE).map(|name| name.replace("%2F", "/"));
        Visit {
            has_chosen_language: chosen.is_some(),
            language: chosen
                .unwrap_or_else(|| Language::accepted(text(header::ACCEPT_LANGUAGE).unwrap_or(""))),
            zone: zone.and_then(|name| TimeZone::get(&name).ok()).unwrap_or(TimeZone::UTC),
            colours: match session::cookie_of(headers, COLOURS) {
                Some("light") => "light",
                Some("dark") => "dark",
                _ => "",
            },
            csrf: session::token_shown(headers).map(csrf::token).unwrap_or_default(),
            at: at.to_owned(),
            is_user: false,
        }
    }
}

impl FromRequestParts<App> for Visit {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> std::result::Result<Self, Infallible> {
        let at = parts.uri.path_and_query().map_or("/", |path| path.as_str());
        Ok(Visit::of(&parts.headers, at))
    }
}

/// Of no concern to programs.
impl Describe for Visit {
    fn describe(_: &mut Operation<'_>) {}
}

/// What every template has: how to say things to this reader, and the desk's name.
pub struct Page {
    pub visit: Visit,
    pub now: Time,
    /// The desk's name.
    pub brand: String,
    known: Option<Arc<Brand>>,
}

impl Page {
    /// For a page that is read in a transaction.
    pub fn read(work: &mut Work, visit: &Visit) -> Result<Page> {
        let known = branding::brand(work)?;
        Ok(Page { visit: visit.clone(), now: work.now, brand: known.name.clone(), known: Some(known) })
    }

    /// For a page that reads nothing.
    pub fn of(visit: &Visit, app: &App) -> Page {
        let (now, known) = (app.clock.now(), app.branding.known());
        Page { visit: visit.clone(), now, brand: app.brand_name(), known }
    }

    /// The address of the style sheet with the desk's colour, where it has one of its own.
    pub fn brand_style(&self) -> Option<String> {
        self.known.as_ref()?.style.as_ref().map(Served::address)
    }

    /// The address of the desk's logo.
    pub fn logo(&self) -> Option<String> {
        self.known.as_ref()?.logo.as_ref().map(Served::address)
    }

    pub fn language(&self) -> Language {
        self.visit.language
    }

    /// The tag of the page's language.
    pub fn lang(&self) -> &'static str {
        self.visit.language.word()
    }

    pub fn languages(&self) -> &'static [Language] {
        Language::ALL
    }

    pub fn say(&self, id: &str) -> Cow<'static, str> {
        self.visit.language.say(id)
    }

    /// A message with one variable.
    pub fn say1(&self, id: &str, name: &'static str, value: impl Filling) -> Cow<'static, str> {
        self.visit.language.fill(id, &[(name, &value)])
    }

    /// A message with two variables.
    pub fn say2(
        &self,
        id: &str,
        name: &'static str,
        value: impl Filling,
        second: &'static str,
        other: impl Filling,
    ) -> Cow<'static, str> {
        self.visit.language.fill(id, &[(name, &value), (second, &other)])
    }

    /// A word of a closed set, such as a status: the message `kind-word`. What no catalogue knows is shown as it is.
    pub fn word(&self, kind: &str, word: impl std::fmt::Display) -> Cow<'static, str> {
        let word = word.to_string();
        let id = format!("{kind}-{}", word.replace('_', "-"));
        if self.visit.language.knows(&id) { self.say(&id) } else { Cow::Owned(word.replace('_', " ")) }
    }

    pub fn whole(&self, number: impl Borrow<i64>) -> String {
        self.visit.language.whole(*number.borrow())
    }

    pub fn number(&self, number: impl Borrow<f64>, decimals: usize) -> String {
        self.visit.language.number(*number.borrow(), decimals)
    }

    /// The size of a file.
    pub fn bytes(&self, size: impl Borrow<i64>) -> String {
        match *size.borrow() {
            bytes if bytes < 1_000 => format!("{bytes} B"),
            bytes if bytes < 1_000_000 => format!("{} kB", self.number(bytes as f64 / 1e3, 0)),
            bytes => format!("{} MB", self.number(bytes as f64 / 1e6, 1)),
        }
    }

    /// The day of an instant, where the reader is.
    pub fn date(&self, at: &Time) -> String {
        self.visit.language.date(Timestamp::from(*at).to_zoned(self.visit.zone.clone()).date())
    }

    /// An instant to the minute, where the reader is.
    pub fn moment(&self, at: &Time) -> String {
        let local = Timestamp::from(*at).to_zoned(self.visit.zone.clone());
        format!("{}, {}", self.visit.language.date(local.date()), local.strftime("%H:%M"))
    }

    /// How far an instant is away, in the unit that matters.
    pub fn away(&self, at: &Time) -> Cow<'static, str> {
        super::words::away(self.visit.language, at, &self.now)
    }

    /// The class that colours a due time.
    pub fn urgency(&self, due: &Time) -> &'static str {
        super::words::urgency(due, &self.now)
    }

    /// A length of time in its two largest units: `2 d 4 h`, `35 min`.
    pub fn length(&self, minutes: impl Borrow<f64>) -> String {
        super::words::length(self.visit.language, *minutes.borrow())
    }

    /// A length of time that a calendar counts: `72 h`.
    pub fn hours(&self, minutes: impl Borrow<f64>) -> String {
        super::words::hours(self.visit.language, *minutes.borrow())
    }

    /// A number of bytes in the unit that matters.
    pub fn size(&self, bytes: impl Borrow<i64>) -> String {
        super::words::size(self.visit.language, *bytes.borrow())
    }

    /// The address of a style sheet, script or picture of the desk.
    pub fn asset(&self, name: &str) -> String {
        super::address(name)
    }
}
