//! Style sheets and scripts, embedded. Their addresses name their contents, so browsers keep them for ever.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};

const FILES: [(&str, &str); 2] = [
    ("desk.css", include_str!("../../assets/css/desk.css")),
    ("desk.js", include_str!("../../assets/js/desk.js")),
];

/// The mark of each file's contents; derived from what is compiled in, so the same for every desk of the process.
static MARKS: LazyLock<BTreeMap<&'static str, String>> = LazyLock::new(|| {
    let mark = |text: &str| Sha256::digest(text).iter().take(6).map(|byte| format!("{byte:02x}")).collect();
    FILES.iter().map(|(name, text)| (*name, mark(text))).collect()
});

/// The address of a file.
pub fn address(name: &str) -> String {
    let mark = MARKS.get(name).map_or("", String::as_str);
    format!("/assets/{mark}/{name}")
}

/// Answers a file. An old mark is answered with the present contents, but not kept.
pub async fn asset(Path((mark, name)): Path<(String, String)>) -> Response {
    let Some((name, text)) = FILES.iter().find(|(known, _)| *known == name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let kind =
        if name.ends_with(".css") { "text/css; charset=utf-8" } else { "text/javascript; charset=utf-8" };
    let is_present = MARKS.get(name).is_some_and(|present| *present == mark);
    let keep = if is_present { "public, max-age=31536000, immutable" } else { "no-cache" };
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
        (header::CACHE_CONTROL, HeaderValue::from_static(keep)),
    ];
    (headers, *text).into_response()
}
