//! Problems in the language that a request asks for with `Accept-Language`: English unless another of the desk's languages
//! is preferred (RFC 9457, 3.1; RFC 9110, 12.5.4).

use axum::body::Body;
use axum::http::{HeaderValue, Method, header};
use axum::response::Response;

use crate::error::Problem;
use crate::web::Language;

/// Says a problem in the language asked for, and that it depends on it. Any other answer stays as it is.
pub fn speak(asked: Option<&HeaderValue>, method: &Method, response: &mut Response) {
    let Some(problem) = response.extensions_mut().remove::<Problem>() else { return };
    let language = Language::accepted(asked.and_then(|value| value.to_str().ok()).unwrap_or(""));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(language.word()));
    headers.append(header::VARY, HeaderValue::from_static("accept-language"));
    if language == Language::English {
        return;
    }
    let body = problem.spoken(language).json();
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(body.len()));
    if method != Method::HEAD {
        *response.body_mut() = Body::from(body);
    }
}
