//! Pages as answers: HTML with the headers that keep it safe, errors that people can read, redirects after a change.

use std::ops::Deref;

use askama::Template;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};

use crate::app::App;
use crate::error::Error;

pub type PageResult = Result<Response, PageError>;

/// Nothing from elsewhere, no script within a page: what somebody manages to write into one stays text.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
     form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/// Answers a page.
pub fn show<T: Template>(page: &T) -> PageResult {
    html(StatusCode::OK, page)
}

fn html<T: Template>(status: StatusCode, page: &T) -> PageResult {
    let text = page.render().map_err(|error| {
        tracing::error!(%error, "a page cannot be rendered");
        Error::Db(db::Error::Panicked("a page cannot be rendered; this is a bug".into()))
    })?;
    let mut response = (status, text).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    Ok(response)
}

/// Goes to a path of this desk, as after every change that a form made (303).
pub fn redirect(path: &str) -> PageResult {
    let place = HeaderValue::try_from(path).unwrap_or(HeaderValue::from_static("/"));
    Ok((StatusCode::SEE_OTHER, [(header::LOCATION, place)]).into_response())
}

/// An error as a page.
#[derive(Debug)]
pub struct PageError {
    error: Error,
    /// Where somebody who signs in wants to go on.
    back: Option<String>,
}

impl<E: Into<Error>> From<E> for PageError {
    fn from(error: E) -> PageError {
        PageError { error: error.into(), back: None }
    }
}

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage {
    status: u16,
    title: &'static str,
    detail: String,
    faults: Vec<(String, String)>,
}

impl IntoResponse for PageError {
    fn into_response(self) -> Response {
        if matches!(self.error, Error::Unauthenticated(_)) {
            let next = self.back.unwrap_or_else(|| "/".into());
            let next = percent_encoding::utf8_percent_encode(&next, percent_encoding::NON_ALPHANUMERIC);
            return redirect(&format!("/sign-in?next={next}"))
                .unwrap_or_else(|error| error.error.into_response());
        }
        let problem = self.error.problem();
        let faults = problem.errors.iter().map(|fault| {
            let place = fault.pointer.as_deref().or(fault.parameter.as_deref()).unwrap_or("");
            (place.trim_start_matches('/').replace('_', " "), fault.message.clone())
        });
        let page = ErrorPage {
            status: problem.status,
            title: problem.title,
            detail: problem.detail.clone(),
            faults: faults.collect(),
        };
        let headers = self.error.into_response();
        match html(headers.status(), &page) {
            Ok(mut response) => {
                if let Some(after) = headers.headers().get(header::RETRY_AFTER) {
                    response.headers_mut().insert(header::RETRY_AFTER, after.clone());
                }
                response
            }
            Err(_) => headers,
        }
    }
}

/// A permission of the API, held by somebody who looks at pages: whoever is not signed in is asked to.
pub struct Seat<P>(pub P);

impl<P> Deref for Seat<P> {
    type Target = P;

    fn deref(&self) -> &P {
        &self.0
    }
}

impl<P: FromRequestParts<App, Rejection = Error>> FromRequestParts<App> for Seat<P> {
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, PageError> {
        let back = back(&parts.method, &parts.uri);
        P::from_request_parts(parts, app).await.map(Seat).map_err(|error| PageError { error, back })
    }
}

/// The page to come back to; a form that was sent is not sent again.
fn back(method: &Method, uri: &Uri) -> Option<String> {
    (*method == Method::GET)
        .then(|| uri.path_and_query().map_or_else(|| "/".into(), |path| path.as_str().to_owned()))
}
