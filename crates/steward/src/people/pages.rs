//! Signing in and out in the browser.

use askama::Template;
use axum::extract::RawQuery;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};

use super::passwords::Password;
use super::sign_in::{self, Credentials};
use super::tokens;
use crate::error::Error;
use crate::http::{Anyone, Known};
use crate::input;
use crate::web::{self, Form, PageResult, Seat, redirect, show};

#[derive(Template)]
#[template(path = "people/sign_in.html")]
struct SignInPage {
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

pub async fn sign_in_form(_: Seat<Anyone>, RawQuery(query): RawQuery) -> PageResult {
    let Next { next } = input::from_query(&query.unwrap_or_default())?;
    show(&SignInPage { next: local(next), email: String::new(), refusal: None })
}

/// Begins a session. A refusal shows the form again, saying why.
pub async fn sign_in(seat: Seat<Anyone>, headers: HeaderMap, Form(form): Form<SignInForm>) -> PageResult {
    let next = local(form.next);
    let given = Credentials { email: form.email.clone(), password: form.password };
    match sign_in::exchange(&seat, given).await {
        Ok(token) => {
            let is_secure = headers.get("x-forwarded-proto").is_some_and(|scheme| scheme == "https");
            let seconds = i64::from(seat.app.config.sign_in_minutes) * 60;
            with_cookie(redirect(&next)?, &web::cookie(&token, seconds, is_secure))
        }
        Err(error @ (Error::Unauthenticated(_) | Error::TooMany { .. })) => {
            let refusal = Some(error.problem().detail);
            let mut response = show(&SignInPage { next, email: form.email, refusal })?;
            *response.status_mut() = error.status();
            Ok(response)
        }
        Err(error) => Err(error.into()),
    }
}

/// Ends the session, and with it its token.
pub async fn sign_out(seat: Seat<Known>) -> PageResult {
    if let Some(token_id) = seat.token_id {
        seat.app.write(seat.actor, move |work| tokens::end(work, token_id)).await?;
    }
    with_cookie(redirect("/sign-in")?, &web::clear_cookie())
}

fn with_cookie(mut response: Response, cookie: &str) -> PageResult {
    let cookie =
        HeaderValue::try_from(cookie).map_err(|_| Error::Unreadable("the token is no text".into()))?;
    response.headers_mut().insert(header::SET_COOKIE, cookie);
    Ok(response.into_response())
}

/// Only paths of this desk: a link must not lead somebody who signs in to another site.
fn local(next: Option<String>) -> String {
    next.filter(|path| {
        path.starts_with('/') && !path.starts_with("//") && !path.contains(['\\', '\r', '\n', '\t'])
    })
    .unwrap_or_else(|| "/".into())
}

#[cfg(test)]
mod tests {
    use super::local;

    #[test]
    fn signing_in_leads_to_this_desk_only() {
        assert_eq!(local(Some("/cases?status=open".into())), "/cases?status=open");
        for foreign in ["https://evil.example", "//evil.example", "/\\evil.example", "/\t/evil.example", ""] {
            assert_eq!(local(Some(foreign.into())), "/", "{foreign:?}");
        }
    }
}
