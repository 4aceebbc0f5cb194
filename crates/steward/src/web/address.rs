//! What a page's address names: ids, a word, a query. What cannot be read is answered as a page.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use super::page::PageError;
use crate::app::App;
use crate::http::{Path, Word};
use crate::input::{self, Input};

/// The ids in a page's address.
pub struct Ids<const N: usize>(pub [i64; N]);

impl<const N: usize> FromRequestParts<App> for Ids<N> {
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, PageError> {
        let Path(ids) = Path::<N>::from_request_parts(parts, app).await?;
        Ok(Ids(ids))
    }
}

/// The word that a page's address ends with.
pub struct Named(pub String);

impl FromRequestParts<App> for Named {
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, PageError> {
        let Word(word) = Word::from_request_parts(parts, app).await?;
        Ok(Named(word))
    }
}

/// The query of a page. A form leaves empty what nobody chose: that was left out.
pub struct Asked<T> {
    pub query: T,
    /// As it came, without what was empty.
    pub text: String,
}

impl<T: Input> FromRequestParts<App> for Asked<T> {
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, PageError> {
        let text = given(parts.uri.query().unwrap_or(""), |_| true);
        Ok(Asked { query: input::from_query(&text)?, text })
    }
}

/// The pairs of a query that have a value and a name that `counts`: links from elsewhere carry what is not ours.
pub fn given(query: &str, counts: impl Fn(&str) -> bool) -> String {
    let pairs = query.split('&').filter(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        !value.is_empty() && counts(name)
    });
    pairs.collect::<Vec<_>>().join("&")
}

/// A query with `name` set to `value`, which is escaped, or without it where that is empty.
pub fn with(query: &str, name: &str, value: &str) -> String {
    let mut text = given(query, |known| known != name);
    if !value.is_empty() {
        let value = percent_encoding::utf8_percent_encode(value, percent_encoding::NON_ALPHANUMERIC);
        let joint = if text.is_empty() { "" } else { "&" };
        text = format!("{text}{joint}{name}={value}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_changed_in_one_place() {
        assert_eq!(with("a=1&b=&c=2", "a", "x y&"), "c=2&a=x%20y%26");
        assert_eq!(with("a=1&c=2", "a", ""), "c=2");
        assert_eq!(with("", "a", ""), "");
        assert_eq!(given("search=x&utm_source=y&page", |name| name == "search"), "search=x");
    }
}
