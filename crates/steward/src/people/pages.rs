//! Signing in and out in the browser.

use std::borrow::Cow;

use askama::Template;
use axum::extract::RawQuery;
use axum::http::HeaderMap;
use db::Class;

pub use super::demo_sign_in::sign_in as sign_in_to_demo;
use super::passwords::Password;
use super::sign_in::{self, Credentials};
use super::{first_admin, sessions, tokens};
use crate::error::Error;
use crate::http::{Anyone, Known, Nothing};
use crate::input;
use crate::web::{self, Form, Page, PageResult, Seat, show, show_as};
use crate::work::Actor;

#[derive(Template)]
#[template(path = "people/sign_in.html")]
struct SignInPage {
    page: Page,
    is_demo: bool,
    /// Whether the desk waits for its first admin.
    is_awaited: bool,
    next: String,
    email: String,
    /// Whether the password was just set anew.
    is_reset: bool,
    refusal: Option<Cow<'static, str>>,
}

crate::input! {
    /// Where to go after signing in, and whether that is with a new password.
    struct Next {
        next: Option<String>,
        reset: Option<bool>,
    }
}

crate::input! {
    /// The form of the sign-in page.
    pub struct SignInForm {
        pub email: String,
        pub password: Password<0>,
        pub next: Option<String>,
    }
}

pub async fn sign_in_form(seat: Seat<Anyone>, RawQuery(query): RawQuery) -> PageResult {
    let Next { next, reset } = input::from_query(&query.unwrap_or_default())?;
    let is_awaited = seat.app.read(Class::Bounded, Actor::System, first_admin::is_awaited).await?;
    show(&SignInPage {
        page: seat.page(),
        is_awaited,
        is_demo: seat.app.demo_admin.is_some(),
        next: web::local(next),
        email: String::new(),
        is_reset: reset == Some(true),
        refusal: None,
    })
}

/// Begins a session. A refusal shows the form again, saying why.
pub async fn sign_in(seat: Seat<Anyone>, headers: HeaderMap, Form(form): Form<SignInForm>) -> PageResult {
    let next = web::local(form.next);
    let given = Credentials { email: form.email.clone(), password: form.password };
    match sign_in::exchange(&seat, given, sessions::browser(&headers)).await {
        Ok(token) => web::begin_session(&seat, &token, &next),
        Err(error @ (Error::Unauthenticated(_) | Error::TooMany { .. })) => {
            let page = seat.page();
            let refusal = Some(match &error {
                Error::TooMany { retry_after, .. } => {
                    page.say1("sign-in-later", "seconds", i64::try_from(*retry_after).unwrap_or(i64::MAX))
                }
                _ => page.say("sign-in-wrong"),
            });
            let is_demo = seat.app.demo_admin.is_some();
            let page = SignInPage {
                page,
                is_demo,
                is_awaited: false,
                next,
                email: form.email,
                is_reset: false,
                refusal,
            };
            show_as(error.status(), &page)
        }
        Err(error) => Err(error.into()),
    }
}

/// Ends the session, and with it its token.
pub async fn sign_out(seat: Seat<Known>, _: Form<Nothing>) -> PageResult {
    if let Some(token_id) = seat.token_id {
        seat.app.write(seat.actor, move |work| tokens::end(work, token_id)).await?;
    }
    let to = if seat.actor.contact_id().is_some() { "/portal/sign-in" } else { "/sign-in" };
    web::end_session(to)
}
