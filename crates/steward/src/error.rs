//! One error for the whole product, and how each kind is shown: RFC 9457 `application/problem+json` (spec 1).

use std::borrow::Cow;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::Serialize;

use crate::web::Language;

pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong, in the terms of the caller. `Clone`, because several may have waited for the same answer.
#[derive(Debug, Clone)]
pub enum Error {
    /// 400: JSON or a query that cannot be read at all.
    Unreadable(String),
    /// 400: query parameters at fault, each named.
    BadQuery(Vec<Fault>),
    /// 401: no credentials, or none that we know.
    Unauthenticated(&'static str),
    /// 403: known, but not allowed.
    Forbidden(String),
    /// 404: not there, or not for this caller's eyes.
    NotFound(&'static str),
    /// 405, with the methods that the path takes.
    MethodNotAllowed(String),
    /// 409: the state of things forbids it.
    Conflict(String),
    /// 410: it was there, for a time that has passed.
    Gone(String),
    /// 412: the caller's `If-Match` names an older version.
    Stale,
    /// 413: over a limit.
    TooLarge(String),
    /// 415: not JSON.
    UnsupportedMediaType(&'static str),
    /// 422: fields of the body at fault, every one named.
    Invalid(Vec<Fault>),
    /// 429: come back after so many seconds.
    TooMany { retry_after: u64, detail: String },
    /// 507: no room is left for files.
    StoreFull(String),
    /// 503: the store of files is away, or refuses.
    StoreAway(String),
    /// 416: the range asked for lies beyond the end of a file of so many bytes.
    OutOfRange(u64),
    /// The database's own: 503, 507, or 500 where it is our fault.
    Db(db::Error),
}

/// One field or parameter at fault and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Fault {
    /// JSON pointer into the body (RFC 6901).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pointer: Option<String>,
    /// Name of the query parameter or header.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parameter: Option<String>,
    pub message: String,
}

impl Fault {
    pub fn field(name: &str, message: impl Into<String>) -> Fault {
        Fault::pointer(format!("/{name}"), message)
    }

    pub fn pointer(pointer: impl Into<String>, message: impl Into<String>) -> Fault {
        Fault { pointer: Some(pointer.into()), parameter: None, message: message.into() }
    }

    pub fn parameter(name: impl Into<String>, message: impl Into<String>) -> Fault {
        Fault { pointer: None, parameter: Some(name.into()), message: message.into() }
    }

    /// The field or parameter by its name: the pointer without its first slash.
    pub fn place(&self) -> &str {
        let place = self.pointer.as_deref().or(self.parameter.as_deref()).unwrap_or("");
        place.strip_prefix('/').unwrap_or(place)
    }

    /// Adds what a check finds at fault to what others found, so that all of it is told at once. What stands against a
    /// change is told once nothing is at fault; any other error ends the checking.
    pub fn gather<T>(faults: &mut Vec<Fault>, checked: Result<T>) -> Result<Option<T>> {
        match checked {
            Ok(found) => Ok(Some(found)),
            Err(Error::Invalid(more)) => {
                faults.extend(more);
                Ok(None)
            }
            Err(Error::Conflict(_)) if !faults.is_empty() => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// Faults told at once: an answer is not to be many times what was sent.
const MOST_FAULTS: usize = 200;

/// Every fault, or the first of very many and how many more there are.
fn told(faults: &[Fault]) -> Vec<Fault> {
    let mut told: Vec<Fault> = faults.iter().take(MOST_FAULTS).cloned().collect();
    if faults.len() > MOST_FAULTS {
        told.push(Fault::pointer("", format!("and {} more are at fault", faults.len() - MOST_FAULTS)));
    }
    told
}

impl Error {
    /// A single field at fault.
    pub fn field(name: &str, message: impl Into<String>) -> Error {
        Error::Invalid(vec![Fault::field(name, message)])
    }

    pub fn status(&self) -> StatusCode {
        match self {
            Error::Unreadable(_) | Error::BadQuery(_) => StatusCode::BAD_REQUEST,
            Error::Unauthenticated(_) => StatusCode::UNAUTHORIZED,
            Error::Forbidden(_) => StatusCode::FORBIDDEN,
            Error::NotFound(_) => StatusCode::NOT_FOUND,
            Error::MethodNotAllowed(_) => StatusCode::METHOD_NOT_ALLOWED,
            Error::Conflict(_) => StatusCode::CONFLICT,
            Error::Gone(_) => StatusCode::GONE,
            Error::Stale => StatusCode::PRECONDITION_FAILED,
            Error::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Error::UnsupportedMediaType(_) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Error::Invalid(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Error::TooMany { .. } => StatusCode::TOO_MANY_REQUESTS,
            Error::StoreFull(_) => StatusCode::INSUFFICIENT_STORAGE,
            Error::StoreAway(_) => StatusCode::SERVICE_UNAVAILABLE,
            Error::OutOfRange(_) => StatusCode::RANGE_NOT_SATISFIABLE,
            Error::Db(error) => database_status(error),
        }
    }

    /// The body of the answer. What the database said in its own words stays in the log.
    pub fn problem(&self) -> Problem {
        let status = self.status();
        let (detail, errors) = match self {
            Error::Unreadable(detail)
            | Error::Forbidden(detail)
            | Error::Conflict(detail)
            | Error::Gone(detail)
            | Error::TooLarge(detail)
            | Error::StoreFull(detail)
            | Error::StoreAway(detail)
            | Error::TooMany { detail, .. } => (detail.clone(), Vec::new()),
            Error::BadQuery(faults) => {
                ("the query has parameters at fault, listed in `errors`".into(), told(faults))
            }
            Error::Invalid(faults) if faults.iter().all(|fault| fault.parameter.is_some()) => {
                ("the query has parameters at fault, listed in `errors`".into(), told(faults))
            }
            Error::Invalid(faults) => {
                ("the body has fields at fault, listed in `errors`".into(), told(faults))
            }
            Error::Unauthenticated(detail) | Error::UnsupportedMediaType(detail) => {
                ((*detail).into(), Vec::new())
            }
            Error::NotFound(what) => {
                (format!("there is no such {what}, or it is not for you to see"), Vec::new())
            }
            Error::MethodNotAllowed(allowed) => (format!("this path takes {allowed}"), Vec::new()),
            Error::OutOfRange(size) => {
                (format!("the file has {size} bytes, and the range begins beyond"), Vec::new())
            }
            Error::Stale => {
                ("it has been changed since the version named in If-Match: read it again".into(), Vec::new())
            }
            Error::Db(error) => (database_detail(error).into(), Vec::new()),
        };
        Problem {
            kind: "about:blank",
            title: status.canonical_reason().unwrap_or("Error").into(),
            status: status.as_u16(),
            detail,
            errors,
        }
    }
}

fn database_status(error: &db::Error) -> StatusCode {
    match error {
        db::Error::Unavailable(_) | db::Error::OutcomeUnknown(_) => StatusCode::SERVICE_UNAVAILABLE,
        db::Error::Full(_) => StatusCode::INSUFFICIENT_STORAGE,
        db::Error::Constraint { .. } | db::Error::Raised(_) => StatusCode::CONFLICT,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

fn database_detail(error: &db::Error) -> &'static str {
    match error {
        db::Error::Unavailable(_) => "the database is away or overloaded: try again shortly",
        db::Error::OutcomeUnknown(_) => {
            "the database failed while saving: whether the change was kept is unknown, so look before you repeat it"
        }
        db::Error::Full(_) => "the database's disk is full: nothing was changed",
        db::Error::Constraint { .. } | db::Error::Raised(_) => {
            "it contradicts what the database holds: nothing was changed"
        }
        _ => {
            "something failed on our side: nothing was changed; the log has the details under this request's id"
        }
    }
}

/// RFC 9457 problem details.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Problem {
    #[serde(rename = "type")]
    pub kind: &'static str,
    pub title: Cow<'static, str>,
    pub status: u16,
    pub detail: String,
    /// Every field or parameter at fault.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    pub errors: Vec<Fault>,
}

impl Problem {
    pub fn json(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("a problem is plain strings and numbers")
    }

    /// The same in another language, as far as that has the words (RFC 9457, 3.1).
    pub fn spoken(self, language: Language) -> Problem {
        let say = |text: &str| language.refusal(text).into_owned();
        let errors = self.errors.into_iter().map(|fault| Fault { message: say(&fault.message), ..fault });
        Problem {
            title: say(&self.title).into(),
            detail: say(&self.detail),
            errors: errors.collect(),
            ..self
        }
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let problem = self.problem();
        if let Error::Db(error) = &self {
            match problem.status {
                500 => tracing::error!(%error, "a request failed on our side"),
                status => tracing::warn!(%error, status, "the database refused or was away"),
            }
        }
        let mut response = (self.status(), problem.json()).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        match &self {
            Error::Unauthenticated(_) => {
                headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            }
            Error::TooMany { retry_after, .. } => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from(*retry_after));
            }
            Error::MethodNotAllowed(allowed) => {
                if let Ok(value) = HeaderValue::from_str(allowed) {
                    headers.insert(header::ALLOW, value);
                }
            }
            Error::OutOfRange(size) => {
                headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
                if let Ok(value) = HeaderValue::try_from(format!("bytes */{size}")) {
                    headers.insert(header::CONTENT_RANGE, value);
                }
            }
            Error::Db(db::Error::Unavailable(_)) | Error::StoreAway(_) => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
            }
            _ => {}
        }
        // Whoever knows the language that was asked for says it in that one.
        response.extensions_mut().insert(problem);
        response
    }
}

impl From<db::Error> for Error {
    fn from(error: db::Error) -> Error {
        Error::Db(error)
    }
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let problem = self.problem();
        write!(f, "{}: {}", problem.title, problem.detail)?;
        for fault in &problem.errors {
            let place = fault.pointer.as_deref().or(fault.parameter.as_deref()).unwrap_or("");
            write!(f, "; {place}: {}", fault.message)?;
        }
        if let Error::Db(error) = self {
            write!(f, " ({error})")?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_that_is_at_fault_is_told_before_what_stands_against_a_change() {
        let mut faults = Vec::new();
        let against = || Err::<(), _>(Error::Conflict("it is merged".into()));
        assert!(matches!(Fault::gather(&mut faults, against()), Err(Error::Conflict(_))));
        assert!(matches!(Fault::gather(&mut faults, Err::<(), _>(Error::field("a", "is wrong"))), Ok(None)));
        assert!(matches!(Fault::gather(&mut faults, against()), Ok(None)));
        assert!(matches!(
            Fault::gather(&mut faults, Err::<(), _>(Error::NotFound("case"))),
            Err(Error::NotFound(_))
        ));
        assert!(matches!(Fault::gather(&mut faults, Ok(7)), Ok(Some(7))));
        assert_eq!(faults.len(), 1);
    }
}
