//! Errors as people read them: what happened and what to do about it, in the reader's language.

use std::borrow::Cow;

use askama::Template;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;

use super::form::FOREIGN_FORM;
use super::page::html;
use super::visit::Visit;
use crate::error::Error;

/// What of an error is shown; travels with an answer to where the reader is known.
#[derive(Debug, Clone)]
pub struct Shown {
    status: StatusCode,
    detail: String,
    faults: Vec<(String, String)>,
    /// Seconds until it is worth another try.
    retry_after: Option<u64>,
}

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage<'a> {
    visit: &'a Visit,
    title: Cow<'static, str>,
    detail: Cow<'a, str>,
    /// What each field is called, and what is wrong with it.
    faults: Vec<(String, String)>,
    /// Where to go on, and what each is called.
    onward: Vec<(&'static str, Cow<'static, str>)>,
}

impl Shown {
    pub fn of(error: &Error) -> Shown {
        let problem = error.problem();
        let faults = problem.errors.iter().map(|fault| (fault.place().to_owned(), fault.message.clone()));
        let retry_after = match error {
            Error::TooMany { retry_after, .. } => Some(*retry_after),
            _ => None,
        };
        Shown { status: error.status(), faults: faults.collect(), detail: problem.detail, retry_after }
    }

    /// Whether a user of the desk strayed into a page of customers.
    fn is_for_customers(&self) -> bool {
        self.status == StatusCode::FORBIDDEN && self.detail.contains("customers: ")
    }

    fn title(&self, visit: &Visit) -> Cow<'static, str> {
        visit.language.say(match self.status.as_u16() {
            400 | 405 | 415 => "error-unreadable",
            403 => "error-forbidden",
            404 => "error-not-found",
            409 | 412 => "error-conflict",
            410 => "error-gone",
            413 => "error-too-large",
            422 => "error-invalid",
            429 => "error-too-many",
            503 => "error-away",
            507 => "error-full",
            _ => "error-failed",
        })
    }

    /// What to say beneath: our own words where they say it all.
    fn words(&self, visit: &Visit) -> Cow<'_, str> {
        let id = match self.status.as_u16() {
            403 if self.detail == FOREIGN_FORM => "error-foreign-form",
            403 if self.is_for_customers() => "error-for-customers",
            403 => "error-forbidden-detail",
            404 => "error-not-found-detail",
            410 => "error-gone-detail",
            422 => "error-invalid-detail",
            429 => {
                let seconds = i64::try_from(self.retry_after.unwrap_or(1)).unwrap_or(i64::MAX);
                return visit.language.fill("error-too-many-detail", &[("seconds", &seconds)]);
            }
            503 => "error-away-detail",
            507 => "error-full-detail",
            500 => "error-failed-detail",
            _ => return visit.language.refusal(&self.detail),
        };
        visit.language.say(id)
    }

    /// The page, with what the plain answer told programs.
    pub fn page(&self, visit: &Visit, plain: Response) -> Response {
        let is_customers =
            ["/portal", "/contact", "/survey", "/help"].iter().any(|at| visit.at.starts_with(at));
        // A user of the desk who strays among customers' pages finds back to it; `/` leads everybody to where they belong.
        let front = ("/", visit.language.say("error-onward"));
        let help = ("/help", visit.language.say("customers-help"));
        let onward = match is_customers {
            true if self.is_for_customers() => vec![front, help],
            true => vec![help],
            false => vec![front],
        };
        let said = |(field, message): &'_ (String, String)| {
            (visit.language.field(field), visit.language.refusal(message).into_owned())
        };
        let page = ErrorPage {
            visit,
            title: self.title(visit),
            detail: self.words(visit),
            faults: self.faults.iter().map(said).collect(),
            onward,
        };
        let Ok(mut response) = html(self.status, &page) else { return plain };
        if let Some(after) = plain.headers().get(header::RETRY_AFTER) {
            response.headers_mut().insert(header::RETRY_AFTER, after.clone());
        }
        if let Some(allowed) = plain.headers().get(header::ALLOW) {
            response.headers_mut().insert(header::ALLOW, allowed.clone());
        }
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response
    }
}
