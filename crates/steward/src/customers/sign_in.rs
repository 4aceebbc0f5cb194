//! Into the portal without a password: an address is asked for, a link is mailed, its page has a button, and the button
//! signs in. Whoever asks is answered the same whether the address is known or not.

use askama::Template;
use axum::extract::{Path, RawQuery};
use axum::http::StatusCode;
use db::Class;

use crate::error::Error;
use crate::http::{Anyone, Asker, Guest, Nothing};
use crate::input::{self, Email};
use crate::mail::sign_in::{self, Door};
use crate::people::tokens::{self, Owner};
use crate::people::{Contact, sessions};
use crate::web::{self, Form, Language, Page, PageResult, Seat, Sent, redirect, show, show_as};
use crate::work::{Actor, Work};

#[derive(Template)]
#[template(path = "customers/sign_in.html")]
struct SignInPage {
    page: Page,
    is_demo: bool,
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

fn sign_in_page(seat: &Seat<Anyone>) -> SignInPage {
    SignInPage {
        page: seat.page(),
        is_demo: seat.app.demo_admin.is_some(),
        is_sent: false,
        minutes: sign_in::MINUTES,
        email: String::new(),
        is_faulty: false,
    }
}

pub async fn form(seat: Seat<Anyone>, RawQuery(query): RawQuery) -> PageResult {
    let Said { sent } = input::from_query(&query.unwrap_or_default())?;
    show(&SignInPage { is_sent: sent == Some(true), ..sign_in_page(&seat) })
}

/// Asks for a link. The answer and the work are the same for an address that nobody has.
pub async fn ask(seat: Seat<Anyone>, sent: Sent) -> PageResult {
    let Some(email) = Email::parse(sent.text("email")) else {
        let page =
            SignInPage { email: sent.text("email").to_owned(), is_faulty: true, ..sign_in_page(&seat) };
        return show_as(StatusCode::UNPROCESSABLE_ENTITY, &page);
    };
    seat.app.strangers.admit(Asker::Address(seat.facts.address), seat.app.clock.now())?;
    let language = seat.visit.language;
    let asked = move |work: &mut Work| sign_in::ask(work, Door::Portal, &email.key, language);
    seat.app.write(Actor::System, asked).await?;
    redirect("/portal/sign-in?sent=true")
}

#[derive(Template)]
#[template(path = "customers/enter.html")]
struct EnterPage {
    page: Page,
    contact: Contact,
}

/// What a mail scanner gets: a page with a button, which says for whom it is.
pub async fn look(seat: Seat<Guest>, Path(token): Path<String>) -> PageResult {
    let visit = seat.visit.clone();
    let enter = seat.app.read(Class::Bounded, Actor::System, move |work| {
        let contact = whose(sign_in::look(work, Door::Portal, &token)?, work)?;
        Ok(EnterPage { page: Page::read(work, &visit)?, contact })
    });
    web::unkept(show(&enter.await?)?)
}

/// The customer whose link it is, unless they are gone.
fn whose(owner: Owner, work: &mut Work) -> Result<Contact, Error> {
    let Owner::Contact(id) = owner else { return Err(Error::NotFound("link")) };
    Contact::find(work, id)
}

/// Uses the link and begins a session. Pages are in the customer's language from then on, unless this browser chose one.
pub async fn enter(
    seat: Seat<Guest>,
    Path(token): Path<String>,
    headers: axum::http::HeaderMap,
    _: Form<Nothing>,
) -> PageResult {
    let secret = tokens::generate()?;
    let stored = secret.clone();
    let name = sessions::browser(&headers);
    let contact = seat.app.write(Actor::System, move |work| {
        let contact = whose(sign_in::take(work, Door::Portal, &token)?, work)?;
        sessions::begin(work, Owner::Contact(contact.contact_id), &stored, &name)?;
        Ok(contact)
    });
    let contact = contact.await?;
    let response = web::begin_session(&seat, &secret, "/portal")?;
    let spoken = contact.language.as_deref().and_then(Language::of_tag);
    match spoken.filter(|_| !seat.visit.has_chosen_language) {
        Some(language) => web::with_cookie(response, &web::language_cookie(language)),
        None => Ok(response),
    }
}
