//! The contact form: a stranger writes, and a case is opened for whoever has the address. Nothing tells whether somebody
//! had it before; what was known of them stays as it was, and the stranger sees nothing of it. Articles that may help are
//! shown meanwhile.

use askama::Template;
use axum::extract::RawQuery;
use axum::http::StatusCode;
use db::Class;

use super::writing;
use crate::branding;
use crate::cases::{Case, CaseDraft, Channel};
use crate::error::Result;
use crate::files::{self, Arrived, Kept};
use crate::http::{Anyone, Asker, Guest};
use crate::input::{self, Email, Line, Prose};
use crate::knowledge::suggest::{self, Suggestion};
use crate::mail::{self, notice::Notice};
use crate::people::Contact;
use crate::people::contacts::ContactDraft;
use crate::people::tokens::Owner;
use crate::web::{Faults, Language, Page, PageResult, Seat, Sent, Upload, redirect, show, show_as};
use crate::work::{Actor, Work};

/// Files that a stranger may send along.
const FILES: usize = 5;
/// Confirmations that one address gets in an hour: the form is no way to fill other people's boxes.
const CONFIRMATIONS_AN_HOUR: i64 = 3;

#[derive(Template)]
#[template(path = "customers/contact.html")]
struct ContactPage {
    page: Page,
    sent: Sent,
    faults: Faults,
}

pub async fn form(seat: Seat<Anyone>) -> PageResult {
    show(&ContactPage { page: seat.page(), sent: Sent::default(), faults: Faults::default() })
}

crate::input! {
    /// What a stranger writes.
    struct Request {
        name: Line<200>,
        email: Email,
        subject: Line<500>,
        description: Prose<1>,
    }
}

pub async fn send(seat: Seat<Anyone>, upload: Upload) -> PageResult {
    seat.app.strangers.admit(Asker::Address(seat.facts.address), seat.app.clock.now())?;
    let (mut sent, arrived) = upload.receive_few(&seat.app, FILES).await?;
    // A field that people do not see: who fills it in is a program, and is told that all went well.
    if !sent.take("website").is_empty() {
        return redirect("/contact/received");
    }
    let opened = match sent.read::<Request>() {
        Ok(request) => open(&seat, request, arrived).await,
        Err(error) => Err(error),
    };
    match opened {
        Ok(number) => redirect(&format!("/contact/received?number={number}")),
        Err(error) => {
            let page = ContactPage { page: seat.page(), sent, faults: Faults::of(error, &seat.visit)? };
            show_as(StatusCode::UNPROCESSABLE_ENTITY, &page)
        }
    }
}

/// Opens the case; answers its number.
async fn open(seat: &Seat<Anyone>, request: Request, arrived: Vec<Arrived>) -> Result<String> {
    let kept = files::keep(&seat.app, arrived).await?;
    let language = seat.visit.language;
    let opened = seat.app.write(Actor::System, move |work| request.clone().open(work, &kept, language));
    opened.await
}

impl Request {
    fn open(self, work: &mut Work, kept: &[Kept], language: Language) -> Result<String> {
        let known = Contact::with_email(work, &self.email.key)?;
        let contact = match known {
            // The name that they gave is not who they are: the desk knows them by another, perhaps.
            Some(contact) => contact,
            None => Contact::add(work, &ContactDraft::of(self.name, self.email, language.word())?)?,
        };
        work.actor =
            Actor::Contact { id: contact.contact_id, account_id: contact.account_id, sees_account: false };
        let draft = CaseDraft {
            description: Some(self.description.loosen()),
            ..CaseDraft::by_channel(self.subject, Channel::Web)
        };
        let id = Case::open(work, &draft)?;
        writing::attach(work, id, None, kept)?;
        work.actor = Actor::System;
        let (number,): (String,) =
            work.one("select case_number from crm_cases where case_id = $1", &[&id])?;
        confirm(work, id, &number, &contact, language)?;
        Ok(number)
    }
}

/// Tells whoever has the address that something came in. It repeats nothing that was typed: else the form would send
/// anybody's words to anybody.
fn confirm(work: &mut Work, case_id: i64, number: &str, to: &Contact, language: Language) -> Result<()> {
    let since = work.now.plus_hours(-1);
    let (recent,): (i64,) = work.one(
        "select count(*) from crm_outbound_messages
         where contact_id = $1 and purpose = 'case_received' and created_at > $2",
        &[&to.contact_id, &since],
    )?;
    if recent >= CONFIRMATIONS_AN_HOUR {
        return Ok(());
    }
    let language = to.language.as_deref().and_then(Language::of_tag).unwrap_or(language);
    let url = work.config.public_url.trim_end_matches('/').to_owned();
    let brand = branding::brand(work)?.name.clone();
    let notice = Notice {
        language,
        brand: &brand,
        greeting: language.say("mail-greeting-anybody").into_owned(),
        text: language.fill("mail-received-text", &[("number", &number), ("brand", &brand)]).into_owned(),
        said: Default::default(),
        label: language.say("mail-received-link").into_owned(),
        link: if url.is_empty() { String::new() } else { format!("{url}/portal") },
        end: language.say("mail-received-end").into_owned(),
    };
    let (text_body, html_body) = notice.write()?;
    let draft = mail::Draft {
        purpose: mail::Purpose::CaseReceived,
        case_id: Some(case_id),
        to: Owner::Contact(to.contact_id),
        to_name: String::new(),
        to_address: to.email.clone().unwrap_or_default(),
        subject: language.fill("mail-received-subject", &[("number", &number)]).into_owned(),
        text_body,
        html_body,
    };
    mail::enqueue(work, &draft).map(|_| ())
}

#[derive(Template)]
#[template(path = "customers/received.html")]
struct ReceivedPage {
    page: Page,
    /// Whether a confirmation goes out by mail.
    is_confirmed: bool,
    number: String,
}

crate::input! {
    /// The number of what was received.
    struct Received {
        number: Option<String>,
    }
}

pub async fn received(seat: Seat<Anyone>, RawQuery(query): RawQuery) -> PageResult {
    let Received { number } = input::from_query(&query.unwrap_or_default())?;
    // Whatever else somebody writes into the address is not shown as ours.
    let is_number = |number: &String| {
        number.strip_prefix("CASE-").is_some_and(|digits| {
            (6..=12).contains(&digits.len()) && digits.bytes().all(|digit| digit.is_ascii_digit())
        })
    };
    show(&ReceivedPage {
        page: seat.page(),
        is_confirmed: seat.app.config.sends_mail(),
        number: number.filter(is_number).unwrap_or_default(),
    })
}

#[derive(Template)]
#[template(path = "customers/suggestions.html")]
struct SuggestionsPart {
    page: Page,
    suggestions: Vec<Suggestion>,
}

crate::input! {
    /// A problem, as far as it has been written.
    struct Problem {
        text: Option<String>,
    }
}

/// Articles that may help, as a piece of a page: those that anybody may read, whoever asks.
pub async fn suggestions(seat: Seat<Guest>, RawQuery(query): RawQuery) -> PageResult {
    let Problem { text } = input::from_query(&query.unwrap_or_default())?;
    let text = text.unwrap_or_default();
    let visit = seat.visit.clone();
    let found = seat.read(Class::Slow, move |work| {
        let suggestions = suggest::for_problem(work, &text, 4)?;
        Ok(SuggestionsPart { page: Page::read(work, &visit)?, suggestions })
    });
    show(&found.await?)
}
