//! What a customer prefers: whether they are surveyed, and the language of mails and pages.

use askama::Template;
use db::Class;
use serde_json::json;

use crate::error::Result;
use crate::http::{Customer, Nothing};
use crate::input;
use crate::people::Contact;
use crate::people::tokens::{self, Owner, TokenKind};
use crate::web::{self, Form, Language, Page, PageResult, Seat, redirect, show, with_cookie};
use crate::work::Work;

#[derive(Template)]
#[template(path = "customers/preferences.html")]
struct PreferencesPage {
    page: Page,
    contact: Contact,
    is_surveyed: bool,
    language: Language,
    is_saved: bool,
}

crate::input! {
    /// What the page is to say.
    struct Said {
        saved: Option<bool>,
    }
}

pub async fn form(
    seat: Seat<Customer>,
    axum::extract::RawQuery(query): axum::extract::RawQuery,
) -> PageResult {
    let Said { saved } = input::from_query(&query.unwrap_or_default())?;
    let visit = seat.visit.clone();
    let id = seat.actor.contact_id().unwrap_or_default();
    let preferences = seat.read(Class::Bounded, move |work| {
        let contact = Contact::find(work, id)?;
        let (is_surveyed,): (bool,) = work.one(
            "select surveys_stopped_at is null as surveyed from crm_contacts where contact_id = $1",
            &[&id],
        )?;
        let spoken = contact.language.as_deref().and_then(Language::of_tag);
        Ok(PreferencesPage {
            page: Page::read(work, &visit)?,
            is_surveyed,
            language: spoken.unwrap_or(visit.language),
            contact,
            is_saved: saved == Some(true),
        })
    });
    show(&preferences.await?)
}

crate::words! {
    pub enum Surveys { On = "on" }
}

crate::input! {
    /// What was chosen; a box that is not ticked is not sent.
    pub struct Chosen {
        pub surveys: Option<Surveys>,
        pub language: Language,
    }
}

pub async fn save(seat: Seat<Customer>, Form(chosen): Form<Chosen>) -> PageResult {
    let id = seat.actor.contact_id().unwrap_or_default();
    let language = chosen.language;
    seat.app.write(seat.actor, move |work| keep(work, id, chosen.surveys.is_some(), language)).await?;
    with_cookie(redirect("/portal/preferences?saved=true")?, &web::language_cookie(language))
}

/// Stores what is different; what is as it was leaves no trace.
fn keep(work: &mut Work, id: i64, is_surveyed: bool, language: Language) -> Result<()> {
    let now = work.now;
    let sql = "update crm_contacts set language = $2, edit_version = edit_version + 1, updated_at = $3
         where contact_id = $1 and is_active and language is distinct from $2";
    if work.execute(sql, &[&id, &language.word(), &now])? > 0 {
        work.audit("updated", "contact", Some(id), &json!({ "fields": ["language"] }))?;
    }
    let (sql, kind) = match is_surveyed {
        true => (
            "update crm_contacts set surveys_stopped_at = null, edit_version = edit_version + 1, updated_at = $2
             where contact_id = $1 and is_active and surveys_stopped_at is not null",
            "surveys_resumed",
        ),
        false => (
            "update crm_contacts set surveys_stopped_at = $2, edit_version = edit_version + 1, updated_at = $2
             where contact_id = $1 and is_active and surveys_stopped_at is null",
            "surveys_stopped",
        ),
    };
    if work.execute(sql, &[&id, &now])? > 0 {
        work.audit(kind, "contact", Some(id), &json!({}))?;
    }
    Ok(())
}

/// Ends every session of the customer, this one included.
pub async fn sign_out_everywhere(seat: Seat<Customer>, _: Form<Nothing>) -> PageResult {
    let id = seat.actor.contact_id().unwrap_or_default();
    let ended = seat
        .app
        .write(seat.actor, move |work| tokens::revoke_all(work, Owner::Contact(id), Some(TokenKind::SignIn)));
    ended.await?;
    web::end_session("/portal/sign-in")
}
