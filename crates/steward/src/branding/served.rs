//! The style sheet and the logo at addresses that hold a mark of their contents, so browsers keep them for ever.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};

use super::{Brand, mark, refresh};
use crate::app::App;
use crate::error::Error;

/// Something of the brand with its address.
#[derive(Debug, PartialEq)]
pub struct Served {
    /// The last step of its address.
    name: String,
    media_type: &'static str,
    bytes: Vec<u8>,
}

impl Served {
    pub(super) fn new(ending: &str, media_type: &'static str, bytes: Vec<u8>) -> Served {
        Served { name: format!("{}.{ending}", mark(&bytes)), media_type, bytes }
    }

    pub fn address(&self) -> String {
        format!("/brand/{}", self.name)
    }

    pub fn media_type(&self) -> &'static str {
        self.media_type
    }

    pub fn size(&self) -> i64 {
        i64::try_from(self.bytes.len()).unwrap_or(i64::MAX)
    }
}

/// The answer, where the brand has something of this name.
fn answer(brand: &Brand, name: &str) -> Option<Response> {
    let served = [&brand.style, &brand.logo].into_iter().flatten().find(|served| served.name == name)?;
    let mut response = served.bytes.clone().into_response();
    let headers: [(HeaderName, &'static str); 5] = [
        (header::CONTENT_TYPE, served.media_type),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ];
    for (name, value) in headers {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    Some(response)
}

/// Answers the style sheet or the logo. What has been changed since is gone: 404, as is a name that is no text.
pub async fn serve(State(app): State<App>, name: Result<Path<String>, PathRejection>) -> Response {
    const GONE: Error = Error::NotFound("style sheet or logo");
    let Ok(Path(name)) = name else { return GONE.into_response() };
    let known = || app.branding.known().and_then(|brand| answer(&brand, &name));
    if let Some(response) = known() {
        return response;
    }
    // A page of another node may name what this one has yet to see.
    match refresh(&app).await {
        Ok(()) => known().unwrap_or_else(|| GONE.into_response()),
        Err(error) => error.into_response(),
    }
}
