//! Signing in and out in the browser.

use askama::Template;
use axum::extract::RawQuery;
use axum::http::HeaderMap;

use super::passwords::Password;
use super::sign_in::{self, Credentials};
use super::tokens;
use crate::error::Error;
use crate::http::{Anyone, Known};
use crate::input;
use crate::web::{self, Form, Page, PageResult, Seat, redirect, show, show_as};

#[derive(Template)]
#[template(path = "people/sign_in.html")]
struct SignInPage {
    page: Page,
    is_demo: bool,
    next: String,
    email: String,
    refusal: Option<String>,
}

crate::input! {
    /// Where to go after signing in.
    struct Next {
        next: Option<String>,
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
    let Next { next } = input::from_query(&query.unwrap_or_default())?;
    show(&SignInPage {
        page: seat.page(),
        is_demo: seat.app.demo_admin.is_some(),
        next: web::local(next),
        email: String::new(),
        refusal: None,
    })
}

/// Begins a session. A refusal shows the form again, saying why.
pub async fn sign_in(seat: Seat<Anyone>, headers: HeaderMap, Form(form): Form<SignInForm>) -> PageResult {
    let next = web::local(form.next);
    let given = Credentials { email: form.email.clone(), password: form.password };
    match sign_in::exchange(&seat, given).await {
        Ok(token) => {
            let is_secure = headers.get("x-forwarded-proto").is_some_and(|scheme| scheme == "https");
            let seconds = i64::from(seat.app.config.sign_in_minutes) * 60;
            web::with_cookie(redirect(&next)?, &web::cookie(&token, seconds, is_secure))
        }
        Err(error @ (Error::Unauthenticated(_) | Error::TooMany { .. })) => {
            let refusal = Some(error.problem().detail);
            let is_demo = seat.app.demo_admin.is_some();
            let page = SignInPage { page: seat.page(), is_demo, next, email: form.email, refusal };
            show_as(error.status(), &page)
        }
        Err(error) => Err(error.into()),
    }
}

/// Ends the session, and with it its token.
pub async fn sign_out(seat: Seat<Known>) -> PageResult {
    if let Some(token_id) = seat.token_id {
        seat.app.write(seat.actor, move |work| tokens::end(work, token_id)).await?;
    }
    web::with_cookie(redirect("/sign-in")?, &web::clear_cookie())
}
