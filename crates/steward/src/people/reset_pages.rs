//! A forgotten password: an address is asked for, a link is mailed, its page takes a new password. The answer and the work
//! are the same for an address that nobody has.

use askama::Template;
use axum::extract::{Path, RawQuery};
use axum::http::StatusCode;
use db::Class;
use serde_json::json;

use super::passwords::{Password, PasswordHash};
use super::tokens::Owner;
use super::{User, users};
use crate::error::{Error, Result};
use crate::http::{Anyone, Asker, Guest};
use crate::input::{self, Email};
use crate::mail::sign_in::{self, Door};
use crate::web::{self, Faults, Page, PageResult, Seat, Sent, redirect, show, show_as};
use crate::work::{Actor, Work};

#[derive(Template)]
#[template(path = "people/password_reset.html")]
struct AskPage {
    page: Page,
    is_sent: bool,
    minutes: i64,
    email: String,
    is_faulty: bool,
}

crate::input! {
    /// What the page is to say.
    struct Said {
        sent: Option<bool>,
    }
}

fn ask_page(seat: &Seat<Anyone>) -> AskPage {
    AskPage {
        page: seat.page(),
        is_sent: false,
        minutes: sign_in::MINUTES,
        email: String::new(),
        is_faulty: false,
    }
}

pub async fn form(seat: Seat<Anyone>, RawQuery(query): RawQuery) -> PageResult {
    let Said { sent } = input::from_query(&query.unwrap_or_default())?;
    show(&AskPage { is_sent: sent == Some(true), ..ask_page(&seat) })
}

pub async fn ask(seat: Seat<Anyone>, sent: Sent) -> PageResult {
    let Some(email) = Email::parse(sent.text("email")) else {
        let page = AskPage { email: sent.text("email").to_owned(), is_faulty: true, ..ask_page(&seat) };
        return show_as(StatusCode::UNPROCESSABLE_ENTITY, &page);
    };
    seat.app.strangers.admit(Asker::Address(seat.facts.address), seat.app.clock.now())?;
    let language = seat.visit.language;
    let asked = move |work: &mut Work| sign_in::ask(work, Door::PasswordReset, &email.key, language);
    seat.app.write(Actor::System, asked).await?;
    redirect("/password-reset?sent=true")
}

#[derive(Template)]
#[template(path = "people/new_password.html")]
struct NewPasswordPage {
    page: Page,
    email: String,
    faults: Faults,
}

async fn new_password_page(seat: &Seat<Guest>, token: String, faults: Faults) -> Result<NewPasswordPage> {
    let visit = seat.visit.clone();
    let read = seat.app.read(Class::Bounded, Actor::System, move |work| {
        let user = whose(sign_in::look(work, Door::PasswordReset, &token)?, work)?;
        Ok((Page::read(work, &visit)?, user.email))
    });
    let (page, email) = read.await?;
    Ok(NewPasswordPage { page, email, faults })
}

fn whose(owner: Owner, work: &mut Work) -> Result<User> {
    let Owner::User(id) = owner else { return Err(Error::NotFound("link")) };
    User::find(work, id)
}

/// What a mail scanner gets: a form, which uses nothing up.
pub async fn look(seat: Seat<Guest>, Path(token): Path<String>) -> PageResult {
    web::unkept(show(&new_password_page(&seat, token, Faults::default()).await?)?)
}

crate::input! {
    struct NewPassword {
        password: Password<10>,
    }
}

/// Uses the link, stores the password, and ends every session: whoever had got in is out.
pub async fn set(seat: Seat<Guest>, Path(token): Path<String>, sent: Sent) -> PageResult {
    let given: NewPassword = match sent.read() {
        Ok(given) => given,
        Err(error) => {
            let page = new_password_page(&seat, token, Faults::of(error, &seat.visit)?).await?;
            return web::unkept(show_as(StatusCode::UNPROCESSABLE_ENTITY, &page)?);
        }
    };
    // A hash costs some 20 ms of a core: not for whoever has no link.
    let looked = token.clone();
    let standing = move |work: &mut Work| sign_in::look(work, Door::PasswordReset, &looked).map(|_| ());
    seat.app.read(Class::Bounded, Actor::System, standing).await?;
    let hash = seat.app.sign_ins.hash(given.password).await?;
    seat.app.write(Actor::System, move |work| store(work, &token, &hash)).await?;
    redirect("/sign-in?reset=true")
}

fn store(work: &mut Work, token: &str, hash: &PasswordHash) -> Result<()> {
    let user = whose(sign_in::take(work, Door::PasswordReset, token)?, work)?;
    work.actor = Actor::User { id: user.user_id, role: user.role };
    users::set_password(work, user.user_id, Some(hash))?;
    work.audit("password_reset", "user", Some(user.user_id), &json!({}))
}
