//! Many cases at once, from the list: what is to become of them, and what became of each.

use std::collections::HashMap;

use askama::Template;
use axum::http::StatusCode;
use db::Class;
use serde_json::{Value, json};

use crate::cases::Status;
use crate::cases::bulk::{BulkChange, BulkOutcome};
use crate::error::Result;
use crate::http::Manager;
use crate::input::{self, Line, Set};
use crate::web::{Faults, Form, Frame, Language, Page, PageResult, Seat, local, show, show_as};

crate::input! {
    /// The bar under a list; what is left empty stays as it is.
    pub struct BulkForm {
        pub case_id: Option<Set<i64>>,
        pub status: Option<Status>,
        pub priority_id: Option<i64>,
        /// `me`, `nobody`, or a user's number.
        pub owner: Option<Line<20>>,
        /// `none`, or a team's number.
        pub team: Option<Line<20>>,
        /// Between commas.
        pub add_tags: Option<Line<2000>>,
        pub remove_tags: Option<Line<2000>>,
        /// The list to go back to.
        pub next: Option<String>,
    }
}

/// What became of a case.
struct Told {
    case_id: i64,
    number: String,
    subject: String,
    /// Why nothing did.
    refusal: String,
}

#[derive(Template)]
#[template(path = "cases/bulk.html")]
struct BulkPage {
    page: Page,
    frame: Frame,
    changed: usize,
    refused: Vec<Told>,
    faults: Faults,
    back: String,
}

impl BulkForm {
    /// The change as the model takes it, or every field at fault.
    fn change(&self, me: Option<i64>) -> Result<BulkChange> {
        let mut fields = serde_json::Map::new();
        fields.insert("case_ids".into(), json!(self.case_id.as_ref().map(|ids| &ids.0).unwrap_or(&vec![])));
        if let Some(status) = self.status {
            fields.insert("status".into(), json!(status));
        }
        if let Some(id) = self.priority_id {
            fields.insert("priority_id".into(), json!(id));
        }
        for (name, given, none) in [("owner_id", &self.owner, "nobody"), ("team_id", &self.team, "none")] {
            match given.as_deref() {
                None => continue,
                Some(word) if word == none => fields.insert(name.into(), Value::Null),
                Some("me") => fields.insert(name.into(), json!(me)),
                Some(id) => fields.insert(name.into(), id.parse::<i64>().map_or(json!(id), |id| json!(id))),
            };
        }
        for (name, given) in [("add_tags", &self.add_tags), ("remove_tags", &self.remove_tags)] {
            if let Some(tags) = given {
                let tags: Vec<&str> = tags.split(',').map(str::trim).filter(|tag| !tag.is_empty()).collect();
                fields.insert(name.into(), json!(tags));
            }
        }
        input::from_json(Value::Object(fields))
    }
}

/// Changes the chosen cases, each for itself, and says which refused.
pub async fn apply(seat: Seat<Manager>, Form(form): Form<BulkForm>) -> PageResult {
    let back = local(form.next.clone());
    let me = seat.actor.user_id();
    let outcome = match form.change(me) {
        Ok(change) => seat.app.write(seat.actor, move |work| change.apply(work)).await,
        Err(error) => Err(error),
    };
    let (outcomes, faults) = match outcome {
        Ok(outcomes) => (outcomes, Faults::default()),
        Err(error) => (Vec::new(), Faults::of(error, &seat.visit)?),
    };
    let refused = !faults.is_empty();
    let visit = seat.visit.clone();
    let told = seat.read(Class::Bounded, move |work| {
        let page = Page::read(work, &visit)?;
        let failed = outcomes.iter().filter(|outcome| outcome.problem.is_some());
        let ids: Vec<i64> = failed.clone().map(|outcome| outcome.case_id).collect();
        let among = work.dialect().among_ints("case_id", "$1");
        let sql = format!("select case_id, case_number, subject from crm_cases where {among}");
        let named: Vec<(i64, String, String)> = work.query(&sql, &[&json!(ids)])?;
        let mut named: HashMap<i64, (String, String)> =
            named.into_iter().map(|(id, number, subject)| (id, (number, subject))).collect();
        let refused: Vec<Told> = failed
            .map(|outcome| {
                let (number, subject) = named
                    .remove(&outcome.case_id)
                    .unwrap_or_else(|| (format!("CASE-{:06}", outcome.case_id), String::new()));
                Told { case_id: outcome.case_id, number, subject, refusal: refusal(outcome, page.language()) }
            })
            .collect();
        Ok((page, Frame::read(work, &visit, "")?, outcomes.len() - refused.len(), refused))
    });
    let (page, frame, changed, told) = told.await?;
    let page = BulkPage { page, frame, changed, refused: told, faults, back };
    if refused { show_as(StatusCode::UNPROCESSABLE_ENTITY, &page) } else { show(&page) }
}

fn refusal(outcome: &BulkOutcome, language: Language) -> String {
    let Some(problem) = &outcome.problem else { return String::new() };
    if problem.errors.is_empty() {
        return language.refusal(&problem.detail).into_owned();
    }
    let told = problem.errors.iter().map(|fault| language.about(fault.place(), &fault.message));
    told.collect::<Vec<_>>().join("; ")
}
