//! What a form sends, read as the bodies of the API are: every fault at once. An empty field was left out.

use axum::extract::{FromRequest, Request};
use axum::http::header;
use http_body_util::{BodyExt, Limited};

use super::page::PageError;
use crate::app::App;
use crate::error::Error;
use crate::input::{self, Input};

/// The largest form, in bytes: that of a JSON body (spec 11).
const BYTES: usize = 2_000_000;

/// A form's fields.
pub struct Form<T>(pub T);

impl<T: Input> FromRequest<App> for Form<T> {
    type Rejection = PageError;

    async fn from_request(request: Request, _: &App) -> Result<Self, PageError> {
        let kind =
            request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
        if !kind.starts_with("application/x-www-form-urlencoded") {
            return Err(
                Error::UnsupportedMediaType("a form is sent as application/x-www-form-urlencoded").into()
            );
        }
        let body = Limited::new(request.into_body(), BYTES).collect().await;
        let body = body.map_err(|_| Error::TooLarge(format!("a form is at most {BYTES} bytes")))?.to_bytes();
        let text = str::from_utf8(&body).map_err(|_| Error::Unreadable("the form is not UTF-8".into()))?;
        let given: Vec<&str> = text.split('&').filter(|pair| !pair.ends_with('=')).collect();
        Ok(Form(input::from_query(&given.join("&"))?))
    }
}
