//! A browser's session is a short-lived token of its user in a cookie that no script can read. A browser sends it along
//! whoever asks, so a request that changes something must come from a page of this desk (spec 2).

use axum::http::{HeaderMap, HeaderValue, header};

use super::page::{PageResult, redirect, with_cookie};
use crate::http::Caller;

const NAME: &str = "steward_session";

/// The value of a request's cookie.
pub fn cookie_of<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(known, _)| *known == name).map(|(_, value)| value).filter(|value| !value.is_empty())
}

/// The token of a request's session.
pub fn of_request(headers: &HeaderMap) -> Option<&str> {
    cookie_of(headers, NAME)
}

/// Begins a session in the browser, and goes to `next`, a path of this desk.
pub fn begin_session(caller: &Caller, token: &str, next: &str) -> PageResult {
    let seconds = i64::from(caller.app.config.sign_in_minutes) * 60;
    with_cookie(redirect(next)?, &cookie(token, seconds, caller.facts.is_secure))
}

/// Ends it, and has the browser forget the pages that it kept.
pub fn end_session(to: &str) -> PageResult {
    let mut response = with_cookie(redirect(to)?, &clear_cookie())?;
    response.headers_mut().insert("clear-site-data", HeaderValue::from_static("\"cache\", \"storage\""));
    Ok(response)
}

/// The cookie that begins a session of `seconds`. `is_secure` where the browser came over TLS.
fn cookie(token: &str, seconds: i64, is_secure: bool) -> String {
    let secure = if is_secure { "; Secure" } else { "" };
    format!("{NAME}={token}; Path=/; HttpOnly; SameSite=Lax; Max-Age={seconds}{secure}")
}

/// The cookie that ends it.
fn clear_cookie() -> String {
    format!("{NAME}=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0")
}

/// Whether a page of this desk sent the request: browsers say so in `Sec-Fetch-Site`, older ones in `Origin`. One that
/// says neither is not believed.
pub fn is_same_origin(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(site) = text("sec-fetch-site") {
        return site == "same-origin";
    }
    let (Some(origin), Some(host)) = (text("origin"), text("host")) else { return false };
    origin.split_once("://").is_some_and(|(_, authority)| authority == host)
}

/// Only paths of this desk: a link must not lead somebody who signs in to another site.
pub fn local(next: Option<String>) -> String {
    next.filter(|path| {
        path.starts_with('/') && !path.starts_with("//") && !path.contains(['\\', '\r', '\n', '\t'])
    })
    .unwrap_or_else(|| "/".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn the_token_is_found_among_other_cookies() {
        assert_eq!(of_request(&headers(&[("cookie", "a=b; steward_session=stw_x; c=d")])), Some("stw_x"));
        assert_eq!(of_request(&headers(&[("cookie", "not_steward_session=x")])), None);
        assert_eq!(of_request(&headers(&[("cookie", "steward_session=")])), None);
        assert_eq!(of_request(&headers(&[])), None);
    }

    #[test]
    fn only_pages_of_this_desk_are_believed() {
        assert!(is_same_origin(&headers(&[("sec-fetch-site", "same-origin")])));
        assert!(is_same_origin(&headers(&[("origin", "https://desk.example"), ("host", "desk.example")])));
        for stranger in [
            headers(&[
                ("sec-fetch-site", "cross-site"),
                ("origin", "https://desk.example"),
                ("host", "desk.example"),
            ]),
            headers(&[("sec-fetch-site", "same-site")]),
            headers(&[("sec-fetch-site", "none")]),
            headers(&[("origin", "https://evil.example"), ("host", "desk.example")]),
            headers(&[("origin", "null"), ("host", "desk.example")]),
            headers(&[("host", "desk.example")]),
        ] {
            assert!(!is_same_origin(&stranger), "{stranger:?}");
        }
    }

    #[test]
    fn signing_in_leads_to_this_desk_only() {
        assert_eq!(local(Some("/cases?status=open".into())), "/cases?status=open");
        for foreign in ["https://evil.example", "//evil.example", "/\\evil.example", "/\t/evil.example", ""] {
            assert_eq!(local(Some(foreign.into())), "/", "{foreign:?}");
        }
    }
}
