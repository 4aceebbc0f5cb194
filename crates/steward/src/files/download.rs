//! Serving bytes: whole or a range of them (RFC 9110, 14), never as anything that a browser would run.

use std::ops::Range;

use axum::body::Body;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::json;

use super::keep::key;
use super::kinds;
use crate::app::App;
use crate::error::{Error, Result};
use crate::http::{Describe, Operation};

db::record! {
    /// What is needed to serve an attachment.
    #[derive(Debug, Clone)]
    pub struct Stored {
        pub attachment_id: i64,
        pub file_id: i64,
        pub hash: String,
        pub file_size: i64,
        pub file_name: String,
        pub mime_type: String,
    }
}

/// What of the bytes is asked for.
pub struct Wanted {
    is_head: bool,
    range: Option<String>,
    if_range: Option<String>,
    if_none_match: Option<String>,
}

impl FromRequestParts<App> for Wanted {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self> {
        Ok(Wanted {
            is_head: parts.method == Method::HEAD,
            range: text(&parts.headers, header::RANGE),
            if_range: text(&parts.headers, header::IF_RANGE),
            if_none_match: text(&parts.headers, header::IF_NONE_MATCH),
        })
    }
}

/// A header that is there once; of several `Range` headers none counts.
fn text(headers: &HeaderMap, name: HeaderName) -> Option<String> {
    let mut values = headers.get_all(name).iter();
    let value = values.next().filter(|_| values.next().is_none())?;
    value.to_str().ok().map(str::to_owned)
}

impl Describe for Wanted {
    fn describe(operation: &mut Operation<'_>) {
        // Whatever cannot be read as a range is as if it were not there (RFC 9110, 14.2): no length is too much.
        operation.parameters.push(json!({
            "name": "Range", "in": "header", "required": false, "schema": { "type": "string" },
            "description": "Bytes of the file, as `bytes=0-999`; several ranges at once are not served."
        }));
        operation
            .responses
            .insert(304, json!({ "description": "Unchanged since the ETag named in If-None-Match" }));
        operation.problem(416, "The range begins beyond the end of the file");
    }
}

/// The bytes as they are streamed.
pub struct Download(Response);

impl IntoResponse for Download {
    fn into_response(self) -> Response {
        self.0
    }
}

impl Describe for Download {
    fn describe(operation: &mut Operation<'_>) {
        let bytes = json!({ "*/*": { "schema": { "type": "string", "format": "binary" } } });
        operation.responses.insert(200, json!({ "description": "The bytes", "content": bytes }));
        operation.responses.insert(206, json!({ "description": "The range of the bytes", "content": bytes }));
        operation.problem(503, "The database or the store of files is away");
    }
}

/// What leaves letters, digits and `!#$&+-.^_`|~` as they are (RFC 8187).
const ATTRIBUTE: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'!')
    .remove(b'#')
    .remove(b'$')
    .remove(b'&')
    .remove(b'+')
    .remove(b'-')
    .remove(b'.')
    .remove(b'^')
    .remove(b'_')
    .remove(b'`')
    .remove(b'|')
    .remove(b'~');

/// Serves an attachment that the caller may see.
pub async fn serve(app: &App, stored: &Stored, wanted: &Wanted) -> Result<Download> {
    let size = stored.file_size.unsigned_abs();
    let etag = format!("\"{}-{}\"", stored.attachment_id, &stored.hash[..16]);
    let is_known = wanted.if_none_match.as_deref().is_some_and(|known| names(known, &etag));
    let range = match &wanted.range {
        // A validator that has changed means the whole file anew (RFC 9110, 13.1.5); one that is known, none of it.
        Some(range)
            if !is_known && !wanted.is_head && wanted.if_range.as_ref().is_none_or(|tag| *tag == etag) =>
        {
            read_range(range, size)?
        }
        _ => None,
    };
    let (status, bytes) = match &range {
        Some(range) => (StatusCode::PARTIAL_CONTENT, range.clone()),
        None => (StatusCode::OK, 0..size),
    };
    let length = bytes.end - bytes.start;
    let body = if wanted.is_head || is_known {
        Body::empty()
    } else {
        Body::from_stream(app.files.read(&key(&stored.hash, stored.file_id), bytes).await?)
    };
    let mut response = (status, body).into_response();
    let headers = response.headers_mut();
    let mut set = |name: HeaderName, value: String| {
        if let Ok(value) = HeaderValue::try_from(value) {
            headers.insert(name, value);
        }
    };
    let is_text = stored.mime_type == "text/plain";
    let kind = if is_text { "text/plain; charset=utf-8" } else { &stored.mime_type };
    set(header::CONTENT_TYPE, kind.to_owned());
    set(header::CONTENT_DISPOSITION, disposition(&stored.mime_type, &stored.file_name));
    set(header::CONTENT_SECURITY_POLICY, "sandbox; default-src 'none'".into());
    set(header::CACHE_CONTROL, "private, no-cache".into());
    set(header::ACCEPT_RANGES, "bytes".into());
    set(header::CONTENT_LENGTH, length.to_string());
    set(header::ETAG, etag);
    if let Some(range) = range {
        set(header::CONTENT_RANGE, format!("bytes {}-{}/{size}", range.start, range.end - 1));
    }
    Ok(Download(response))
}

/// Whether `If-None-Match` names this tag.
fn names(known: &str, etag: &str) -> bool {
    known.split(',').any(|tag| tag.trim().trim_start_matches("W/") == etag || tag.trim() == "*")
}

/// To be saved, unless it is a plain picture; the name in ASCII for old clients, and whole (RFC 6266, RFC 8187).
fn disposition(mime_type: &str, name: &str) -> String {
    let manner = if kinds::is_plain_image(mime_type) { "inline" } else { "attachment" };
    let plain =
        |c: char| if c.is_ascii_graphic() && !matches!(c, '"' | '\\' | '%') || c == ' ' { c } else { '_' };
    let ascii: String = name.chars().map(plain).collect();
    let whole = utf8_percent_encode(name, ATTRIBUTE);
    format!("{manner}; filename=\"{ascii}\"; filename*=UTF-8''{whole}")
}

/// One range of bytes. `None` where the header is none that we serve: then it is as if it were not there.
fn read_range(header: &str, size: u64) -> Result<Option<Range<u64>>> {
    let Some((unit, set)) = header.split_once('=') else { return Ok(None) };
    if !unit.trim().eq_ignore_ascii_case("bytes") || set.contains(',') {
        return Ok(None);
    }
    let Some((first, last)) = set.trim().split_once('-') else { return Ok(None) };
    let number = |text: &str| -> Option<u64> {
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        // More digits than a number has: beyond the end of any file.
        digits.then(|| text.parse().unwrap_or(u64::MAX))
    };
    let (start, end) = match (number(first), number(last)) {
        (Some(first), Some(last)) if first <= last => (first, last.saturating_add(1).min(size)),
        (Some(first), None) if last.is_empty() => (first, size),
        (None, Some(suffix)) if first.is_empty() => {
            if suffix == 0 {
                return Err(Error::OutOfRange(size));
            }
            (size.saturating_sub(suffix), size)
        }
        _ => return Ok(None),
    };
    if start >= size { Err(Error::OutOfRange(size)) } else { Ok(Some(start..end)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_as_rfc_9110_has_them() {
        for (header, range) in [
            ("bytes=0-0", Some(0..1)),
            ("bytes=2-4", Some(2..5)),
            ("bytes=2-", Some(2..10)),
            ("bytes=-3", Some(7..10)),
            ("bytes=-30", Some(0..10)),
            ("Bytes=5-99", Some(5..10)),
            ("bytes=9-99999999999999999999999", Some(9..10)),
            ("bytes=4-2", None),
            ("bytes=0-1,3-4", None),
            ("lines=1-2", None),
            ("bytes=a-b", None),
            ("bytes=+1-2", None),
            ("bytes", None),
        ] {
            assert_eq!(read_range(header, 10).unwrap(), range, "{header}");
        }
        for header in ["bytes=10-", "bytes=10-20", "bytes=-0", "bytes=99999999999999999999999-"] {
            assert!(matches!(read_range(header, 10), Err(Error::OutOfRange(10))), "{header}");
        }
        assert!(matches!(read_range("bytes=0-", 0), Err(Error::OutOfRange(0))));
    }

    #[test]
    fn names_are_told_in_ascii_and_whole() {
        assert_eq!(
            disposition("text/plain", "a \"b\" 100%.txt"),
            "attachment; filename=\"a _b_ 100_.txt\"; filename*=UTF-8''a%20%22b%22%20100%25.txt"
        );
        assert_eq!(
            disposition("image/png", "über.png"),
            "inline; filename=\"_ber.png\"; filename*=UTF-8''%C3%BCber.png"
        );
        assert!(disposition("image/svg+xml", "x.svg").starts_with("attachment"));
    }
}
