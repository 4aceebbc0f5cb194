//! A browser's session is a short-lived token of its user in a cookie that no script can read. A browser sends it along
//! whoever asks, so a request that changes something must come from a page of this desk (spec 2).

use axum::http::{HeaderMap, HeaderValue, header};

use super::page::{PageResult, redirect, with_cookie};
use crate::http::Caller;

const NAME: &str = "steward_session";
/// Over TLS. Browsers take a cookie of such a name from this very host alone, and only for all of it: a neighbour under the
/// same domain cannot slip somebody a session of their own (RFC 6265bis, section 4.1.3.2).
const SECURE_NAME: &str = "__Host-steward_session";

/// The value of a request's cookie.
pub fn cookie_of<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(known, _)| *known == name).map(|(_, value)| value).filter(|value| !value.is_empty())
}

fn name(is_secure: bool) -> &'static str {
    if is_secure { SECURE_NAME } else { NAME }
}

/// The token of a request's session. `is_secure` where the browser came over TLS: then no other cookie counts.
pub fn of_request(headers: &HeaderMap, is_secure: bool) -> Option<&str> {
    cookie_of(headers, name(is_secure))
}

/// What forms are tied to: the token that a browser sends, whether or not it still is a session.
pub fn token_shown(headers: &HeaderMap) -> Option<&str> {
    of_request(headers, true).or_else(|| of_request(headers, false))
}

/// Begins a session in the browser, and goes to `next`, a path of this desk.
pub fn begin_session(caller: &Caller, token: &str, next: &str) -> PageResult {
    let seconds = i64::from(caller.app.config.sign_in_minutes) * 60;
    with_cookie(redirect(next)?, &cookie(token, seconds, caller.facts.is_secure))
}

/// Ends it, and has the browser forget the pages that it kept.
pub fn end_session(to: &str) -> PageResult {
    let response = with_cookie(redirect(to)?, &cookie("", 0, true))?;
    let mut response = with_cookie(response, &cookie("", 0, false))?;
    response.headers_mut().insert("clear-site-data", HeaderValue::from_static("\"cache\", \"storage\""));
    Ok(response)
}

/// The cookie that begins a session of `seconds`, or ends it at once. `is_secure` where the browser came over TLS.
fn cookie(token: &str, seconds: i64, is_secure: bool) -> String {
    let secure = if is_secure { "; Secure" } else { "" };
    format!("{}={token}; Path=/; HttpOnly; SameSite=Lax; Max-Age={seconds}{secure}", name(is_secure))
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
        let of_request = |cookies| of_request(&headers(&[("cookie", cookies)]), false).map(str::to_owned);
        assert_eq!(of_request("a=b; steward_session=stw_x; c=d").as_deref(), Some("stw_x"));
        for none in ["not_steward_session=x", "steward_session=", "", "__Host-steward_session=stw_x"] {
            assert_eq!(of_request(none), None, "{none}");
        }
    }

    #[test]
    fn over_tls_only_the_cookie_of_this_host_counts() {
        let planted = headers(&[("cookie", "steward_session=stw_planted")]);
        assert_eq!(of_request(&planted, true), None);
        let both = headers(&[("cookie", "steward_session=stw_planted; __Host-steward_session=stw_x")]);
        assert_eq!((of_request(&both, true), token_shown(&both)), (Some("stw_x"), Some("stw_x")));
        assert_eq!(
            cookie("t", 60, true),
            "__Host-steward_session=t; Path=/; HttpOnly; SameSite=Lax; Max-Age=60; Secure"
        );
        assert_eq!(cookie("t", 60, false), "steward_session=t; Path=/; HttpOnly; SameSite=Lax; Max-Age=60");
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
