//! A new case. The customer is picked by name or address; one who is not known is made known on purpose, never by
//! mistyping. What is wrong is shown beside the fields, with all that was typed.

use askama::Template;
use axum::extract::RawQuery;
use axum::http::StatusCode;
use db::Class;
use serde_json::{Map, Value, json};

use crate::cases::case::Case;
use crate::cases::open::CaseDraft;
use crate::error::{Error, Fault, Result};
use crate::http::Agent;
use crate::input::{self, Email};
use crate::people::Contact;
use crate::people::contacts::ContactDraft;
use crate::web::{Choices, Faults, Form, Frame, Page, PageResult, Seat, choices, redirect, show, show_as};
use crate::work::Work;

/// Customers that may have been meant, shown to choose from.
const MEANT: i64 = 8;

#[derive(Template)]
#[template(path = "cases/new.html")]
struct NewPage {
    page: Page,
    frame: Frame,
    choices: Choices,
    typed: NewCase,
    faults: Faults,
    /// The customer who is chosen, in words.
    contact: Option<Contact>,
    /// Those who may have been meant.
    meant: Vec<Contact>,
    /// Whether the fields of a customer who is not known are shown.
    is_new_contact: bool,
}

crate::input! {
    /// The form of a new case, as it was typed.
    pub struct NewCase {
        pub subject: Option<String>,
        pub description: Option<String>,
        /// A name, an address or a number.
        pub customer: Option<String>,
        /// Who was picked.
        pub contact_id: Option<String>,
        /// A customer who is to be made known.
        pub new_name: Option<String>,
        pub new_email: Option<String>,
        pub case_type_id: Option<String>,
        pub priority_id: Option<String>,
        pub channel: Option<String>,
        pub owner_id: Option<String>,
        pub team_id: Option<String>,
        pub tags: Option<String>,
    }
}

/// A text that was left out is empty.
fn or_empty(text: &Option<String>) -> &str {
    text.as_deref().unwrap_or("").trim()
}

/// What a form has as text and a body as a number.
fn number(text: &str) -> Value {
    text.parse::<i64>().map_or_else(|_| json!(text), |number| json!(number))
}

impl NewCase {
    fn nothing() -> Result<NewCase> {
        input::from_query("")
    }

    /// Whether a choice is the one that was made.
    fn has(&self, field: &Option<String>, id: &i64) -> bool {
        field.as_deref().is_some_and(|text| text == id.to_string())
    }

    fn draft(&self) -> Result<CaseDraft> {
        let mut fields = Map::new();
        fields.insert("subject".into(), json!(or_empty(&self.subject)));
        if let Some(text) = &self.description {
            fields.insert("description".into(), json!(text));
        }
        fields.insert("channel".into(), json!(self.channel.as_deref().unwrap_or("phone")));
        for (name, given) in [
            ("contact_id", &self.contact_id),
            ("case_type_id", &self.case_type_id),
            ("priority_id", &self.priority_id),
            ("owner_id", &self.owner_id),
            ("team_id", &self.team_id),
        ] {
            if let Some(text) = given {
                fields.insert(name.into(), number(text));
            }
        }
        if let Some(tags) = &self.tags {
            let tags: Vec<&str> = tags.split(',').map(str::trim).filter(|tag| !tag.is_empty()).collect();
            fields.insert("tags".into(), json!(tags));
        }
        input::from_json(Value::Object(fields))
    }

    /// The customer to be made known, if that is what the form says.
    fn contact_draft(&self) -> Result<Option<ContactDraft>> {
        if self.contact_id.is_some() || (self.new_name.is_none() && self.new_email.is_none()) {
            return Ok(None);
        }
        let mut fields = Map::new();
        fields.insert("name".into(), json!(or_empty(&self.new_name)));
        if let Some(email) = &self.new_email {
            fields.insert("email".into(), json!(email));
        }
        input::from_json(Value::Object(fields)).map(Some).map_err(of_new_contact)
    }

    /// Opens the case; makes the customer known first, or finds who is meant.
    fn open(&self, work: &mut Work) -> Result<i64> {
        let newcomer = self.contact_draft();
        let draft = self.draft();
        let (newcomer, mut draft) = match (newcomer, draft) {
            (Err(Error::Invalid(mut faults)), Err(Error::Invalid(others))) => {
                faults.extend(others);
                return Err(Error::Invalid(faults));
            }
            (newcomer, draft) => (newcomer?, draft?),
        };
        if let Some(newcomer) = newcomer {
            draft.contact_id = Some(Contact::add(work, &newcomer).map_err(of_new_contact)?.contact_id);
        } else if draft.contact_id.is_none() && !or_empty(&self.customer).is_empty() {
            draft.contact_id = Some(self.meant_exactly(work)?);
        }
        Case::open(work, &draft)
    }

    /// The one customer whom the text names.
    fn meant_exactly(&self, work: &mut Work) -> Result<i64> {
        let mut meant = named(work, or_empty(&self.customer))?;
        match meant.len() {
            1 => Ok(meant.remove(0).contact_id),
            0 => Err(Error::field("customer", "is no customer that is known: pick one, or add them below")),
            _ => Err(Error::field("customer", "may be any of several customers: pick one")),
        }
    }
}

/// The faults of a new customer's fields, under the names that they have in this form.
fn of_new_contact(error: Error) -> Error {
    let Error::Invalid(faults) = error else { return error };
    let renamed = faults.into_iter().map(|fault| {
        let place = fault.pointer.as_deref().unwrap_or("").trim_start_matches('/');
        Fault::field(&format!("new_{place}"), fault.message)
    });
    Error::Invalid(renamed.collect())
}

/// Whom a text names: by number or address, by the whole name, else by how it begins.
fn named(work: &mut Work, text: &str) -> Result<Vec<Contact>> {
    if let Ok(id) = text.trim_start_matches('#').parse::<i64>() {
        return match Contact::find(work, id) {
            Ok(contact) => Ok(vec![contact]),
            Err(Error::NotFound(_)) => Ok(Vec::new()),
            Err(error) => Err(error),
        };
    }
    if let Some(email) = Email::parse(text)
        && let Some(contact) = Contact::with_email(work, &email.key)?
    {
        return Ok(vec![contact]);
    }
    let called = Contact::called(work, text, MEANT)?;
    if called.is_empty() { Contact::beginning(work, text, MEANT) } else { Ok(called) }
}

impl NewPage {
    fn read(work: &mut Work, visit: &crate::web::Visit, typed: NewCase, faults: Faults) -> Result<NewPage> {
        let picked = typed.contact_id.as_deref().and_then(|id| id.parse().ok());
        let contact = match picked.map(|id| Contact::find(work, id)) {
            Some(Ok(contact)) => Some(contact),
            Some(Err(Error::NotFound(_))) | None => None,
            Some(Err(error)) => return Err(error),
        };
        let asks = contact.is_none() && !or_empty(&typed.customer).is_empty();
        let meant = if asks { named(work, or_empty(&typed.customer))? } else { Vec::new() };
        let mut typed = typed;
        let is_new_contact =
            typed.new_name.is_some() || typed.new_email.is_some() || (asks && meant.is_empty());
        if asks && typed.new_name.is_none() && typed.new_email.is_none() {
            // What was typed is the beginning of who is to be added.
            let text = typed.customer.clone();
            match text.as_deref().is_some_and(|text| text.contains('@')) {
                true => typed.new_email = text,
                false => typed.new_name = text,
            }
            if !meant.is_empty() {
                (typed.new_name, typed.new_email) = (None, None);
            }
        }
        Ok(NewPage {
            page: Page::read(work, visit)?,
            frame: Frame::read(work, visit, "new")?,
            choices: choices(work)?,
            typed,
            faults,
            contact,
            meant,
            is_new_contact,
        })
    }

    fn text<'a>(&self, field: &'a Option<String>) -> &'a str {
        field.as_deref().unwrap_or("")
    }
}

/// The empty form; the address may name a customer.
pub async fn new(seat: Seat<Agent>, RawQuery(query): RawQuery) -> PageResult {
    let typed: NewCase = input::from_query(&query.unwrap_or_default()).or_else(|_| NewCase::nothing())?;
    let visit = seat.visit.clone();
    let page =
        seat.read(Class::Bounded, move |work| NewPage::read(work, &visit, typed.clone(), Faults::default()));
    show(&page.await?)
}

pub async fn create(seat: Seat<Agent>, Form(form): Form<NewCase>) -> PageResult {
    let written = form.clone();
    let opened = seat.app.write(seat.actor, move |work| written.open(work));
    match opened.await {
        Ok(case_id) => redirect(&format!("/cases/{case_id}")),
        Err(error) => {
            let faults = Faults::of(error, &seat.visit)?;
            let visit = seat.visit.clone();
            let page = seat
                .read(Class::Bounded, move |work| NewPage::read(work, &visit, form.clone(), faults.clone()));
            show_as(StatusCode::UNPROCESSABLE_ENTITY, &page.await?)
        }
    }
}
