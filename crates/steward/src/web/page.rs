//! Pages as answers: HTML with the headers that keep it safe, errors that people can read, redirects after a change.

use std::ops::Deref;
use std::sync::LazyLock;

use askama::Template;
use axum::body::Body;
use axum::extract::{FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http_body_util::BodyExt;

use super::visit::{Page, Visit};
use super::{ahead, compress, errors};
use crate::app::App;
use crate::error::Error;
use crate::http::Caller;
use crate::work::Actor;

pub type PageResult = Result<Response, PageError>;

/// Nothing from elsewhere, no script within a page: what somebody manages to write into one stays text.
static POLICY: LazyLock<HeaderValue> = LazyLock::new(|| {
    let policy = format!(
        "default-src 'none'; script-src 'self' {}; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
         font-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
        ahead::SOURCE.as_str()
    );
    HeaderValue::try_from(policy).expect("base64 and the words above are ASCII")
});
/// How hard pages are compressed, 1 to 9: a list takes 0.16 ms and a seventh of its size (docs/BENCHMARKS.md, Pages).
const LEVEL: u32 = 3;
/// A shorter page is not worth compressing.
const SHORT: usize = 1_000;

/// Answers a page.
pub fn show<T: Template>(page: &T) -> PageResult {
    html(StatusCode::OK, page)
}

/// Answers a page with another status, as a form that is shown again with its faults.
pub fn show_as<T: Template>(status: StatusCode, page: &T) -> PageResult {
    html(status, page)
}

pub(super) fn html<T: Template>(status: StatusCode, page: &T) -> PageResult {
    let text = page.render().map_err(|error| {
        tracing::error!(%error, "a page cannot be rendered");
        Error::Db(db::Error::Panicked("a page cannot be rendered; this is a bug".into()))
    })?;
    let mut response = (status, text).into_response();
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::REFERRER_POLICY, "same-origin"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CACHE_CONTROL, "private, no-cache"),
        (header::VARY, "accept-encoding, accept-language, cookie"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.insert(header::CONTENT_SECURITY_POLICY, POLICY.clone());
    headers.insert("cross-origin-opener-policy", HeaderValue::from_static("same-origin"));
    Ok(response)
}

/// Answers a script of one of the desk's pages.
pub fn json(value: &serde_json::Value) -> Response {
    let mut response = axum::Json(value).into_response();
    let headers = response.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    response
}

/// Writes errors as pages in the reader's language, and compresses what goes out; surrounds the pages' routes.
pub async fn compressed(request: Request, next: Next) -> Response {
    let is_wanted = compress::is_wanted(request.headers());
    let (headers, uri) = (request.headers().clone(), request.uri().clone());
    let mut response = next.run(request).await;
    if let Some(shown) = response.extensions_mut().remove::<errors::Shown>() {
        let at = uri.path_and_query().map_or("/", |path| path.as_str());
        response = shown.page(&Visit::of(&headers, at), response);
    }
    let is_page = response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    if !is_wanted || !is_page || response.headers().contains_key(header::CONTENT_ENCODING) {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    // A page is in memory already, so this neither waits nor fails.
    let Ok(whole) = body.collect().await else { return StatusCode::INTERNAL_SERVER_ERROR.into_response() };
    let bytes = whole.to_bytes();
    if bytes.len() < SHORT {
        return Response::from_parts(parts, Body::from(bytes));
    }
    parts.headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    parts.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(parts, Body::from(compress::gzip(&bytes, LEVEL)))
}

/// Goes to a path of this desk, as after every change that a form made (303).
pub fn redirect(path: &str) -> PageResult {
    let place = HeaderValue::try_from(path).unwrap_or(HeaderValue::from_static("/"));
    Ok((StatusCode::SEE_OTHER, [(header::LOCATION, place)]).into_response())
}

/// Marks a page whose address is a secret: it is kept nowhere, and not followed by those who read the web.
pub fn unkept(mut response: Response) -> PageResult {
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response.headers_mut().insert("x-robots-tag", HeaderValue::from_static("noindex"));
    Ok(response)
}

/// Sets a cookie along with an answer.
pub fn with_cookie(mut response: Response, cookie: &str) -> PageResult {
    let cookie =
        HeaderValue::try_from(cookie).map_err(|_| Error::Unreadable("the cookie is no text".into()))?;
    response.headers_mut().append(header::SET_COOKIE, cookie);
    Ok(response)
}

/// What is wrong with a form, in the reader's language, to be shown beside its fields.
#[derive(Default, Clone)]
pub struct Faults(Vec<Told>);

/// A fault of a field; the name is empty for what concerns none.
#[derive(Clone)]
pub struct Told {
    pub field: String,
    pub message: String,
    /// What stands by itself: the message behind what the field is called.
    pub sentence: String,
}

impl Faults {
    /// What a form can show again; any other error is a page of its own.
    pub fn of(error: Error, visit: &Visit) -> Result<Faults, Error> {
        if !matches!(error, Error::Invalid(_) | Error::Conflict(_) | Error::Unreadable(_)) {
            return Err(error);
        }
        let problem = error.problem();
        let told = |field: &str, message: &str| Told {
            field: field.to_owned(),
            message: visit.language.refusal(message).into_owned(),
            sentence: visit.language.about(field, message),
        };
        let named = problem.errors.iter().map(|fault| told(fault.place(), &fault.message));
        let mut faults: Vec<_> = named.collect();
        if faults.is_empty() {
            faults.push(told("", &problem.detail));
        }
        Ok(Faults(faults))
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What is wrong with a field; empty where nothing is.
    pub fn with(&self, field: &str) -> &str {
        self.0.iter().find(|told| told.field == field).map_or("", |told| &told.message)
    }

    pub fn all(&self) -> &[Told] {
        &self.0
    }

    /// What is wrong beside these fields, each a sentence of its own.
    pub fn beside(&self, fields: &[&str]) -> Vec<&str> {
        let others = self.0.iter().filter(|told| !fields.contains(&told.field.as_str()));
        others.map(|told| told.sentence.as_str()).collect()
    }
}

/// An error as a page.
#[derive(Debug)]
pub struct PageError {
    error: Error,
    /// Where somebody who is not signed in goes.
    door: Option<String>,
}

impl PageError {
    /// The error, for a form that is shown again.
    pub fn into_error(self) -> Error {
        self.error
    }
}

impl<E: Into<Error>> From<E> for PageError {
    fn from(error: E) -> PageError {
        PageError { error: error.into(), door: None }
    }
}

impl IntoResponse for PageError {
    fn into_response(self) -> Response {
        if matches!(self.error, Error::Unauthenticated(_)) {
            return redirect(self.door.as_deref().unwrap_or("/sign-in"))
                .unwrap_or_else(|error| error.error.into_response());
        }
        let shown = errors::Shown::of(&self.error);
        let mut response = self.error.into_response();
        // Whoever knows the reader's language writes the page: what surrounds the pages' routes.
        response.extensions_mut().insert(shown);
        response
    }
}

/// What stands at an address where nothing is: a page for a browser, a problem for a program.
pub async fn nowhere(request: Request) -> Response {
    let error = Error::NotFound("path");
    let accepts = request.headers().get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or("");
    if !accepts.contains("text/html") || request.uri().path().starts_with("/api/") {
        return error.into_response();
    }
    let visit = Visit::of(request.headers(), request.uri().path());
    errors::Shown::of(&error).page(&visit, error.into_response())
}

/// Where somebody signs in who wanted to see, or do, something at this address.
fn door(at: &str, method: &Method) -> String {
    if at.starts_with("/portal") {
        return "/portal/sign-in".into();
    }
    // A form that was sent is not sent again.
    let next = if method == Method::GET { at } else { "/" };
    format!(
        "/sign-in?next={}",
        percent_encoding::utf8_percent_encode(next, percent_encoding::NON_ALPHANUMERIC)
    )
}

/// Marks a request for a page: a browser without a session is a stranger there, in the demo too.
#[derive(Clone, Copy)]
pub struct ForPage;

/// A permission of the API, held by somebody who looks at pages: whoever is not signed in is asked to. To a customer the
/// workspace does not exist.
pub struct Seat<P> {
    who: P,
    pub visit: Visit,
}

impl<P> Deref for Seat<P> {
    type Target = P;

    fn deref(&self) -> &P {
        &self.who
    }
}

impl<P: FromRequestParts<App, Rejection = Error>> FromRequestParts<App> for Seat<P> {
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, PageError> {
        let at = parts.uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
        let mut visit = Visit::of(&parts.headers, &at);
        parts.extensions.insert(ForPage);
        let who = P::from_request_parts(parts, app).await.map_err(|error| {
            let is_customer = matches!(parts.extensions.get::<Actor>(), Some(Actor::Contact { .. }));
            match error {
                Error::Forbidden(_) if is_customer => Error::NotFound("page").into(),
                error => PageError { error, door: Some(door(&at, &parts.method)) },
            }
        })?;
        visit.is_user = matches!(parts.extensions.get::<Actor>(), Some(Actor::User { .. }));
        Ok(Seat { who, visit })
    }
}

impl<P: Deref<Target = Caller>> Seat<P> {
    /// What every template has, for a page that reads nothing from the database.
    pub fn page(&self) -> Page {
        Page::of(&self.visit, &self.who.app)
    }
}
