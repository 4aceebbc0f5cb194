//! Changing a case from the list without opening it: a small form that a script shows, and what it sends.

use askama::Template;
use axum::extract::RawQuery;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use db::Class;

use crate::cases::Status;
use crate::cases::case::Case;
use crate::cases::edit::CaseEdit;
use crate::cases::show::{self, CaseItem};
use crate::cases::status::StatusChange;
use crate::error::{Error, Result};
use crate::http::{Agent, Expected};
use crate::input::{self, Patch};
use crate::web::{Choices, Form, Page, PageResult, Seat, choices};

#[derive(Template)]
#[template(path = "cases/_quick.html")]
struct QuickForm {
    page: Page,
    item: CaseItem,
    choices: Choices,
    /// Statuses that may come next.
    next: Vec<Status>,
}

crate::input! {
    struct Which {
        case_id: i64,
    }
}

pub async fn form(seat: Seat<Agent>, RawQuery(query): RawQuery) -> PageResult {
    let Which { case_id } = input::from_query(&query.unwrap_or_default())?;
    let visit = seat.visit.clone();
    let form = seat.read(Class::Bounded, move |work| {
        let item = show::full(work, case_id)?.item;
        let next = item.case.status.successors();
        Ok(QuickForm { page: Page::read(work, &visit)?, choices: choices(work)?, next, item })
    });
    crate::web::show(&form.await?)
}

crate::input! {
    /// What the small form sends; empty for nobody and none.
    pub struct Quick {
        pub case_id: i64,
        pub edit_version: i64,
        pub status: Option<Status>,
        pub priority_id: i64,
        pub owner_id: Option<i64>,
        pub team_id: Option<i64>,
    }
}

/// Changes the case, unless somebody else has since the form was shown. Answers a script: nothing, or a problem.
pub async fn save(seat: Seat<Agent>, Form(form): Form<Quick>) -> Result<Response> {
    let changed = seat.app.write(seat.actor, move |work| {
        let mut case = Case::take(work, form.case_id)?;
        if case.edit_version != form.edit_version {
            return Err(Error::Conflict(
                "somebody else has changed this case meanwhile: look at it again".into(),
            ));
        }
        let edit = CaseEdit {
            priority_id: Patch::Set(form.priority_id),
            owner_id: Patch::Set(form.owner_id),
            team_id: Patch::Set(form.team_id),
            ..CaseEdit::nothing()
        };
        case.edit(work, &edit, &Expected::any(form.case_id))?;
        match form.status {
            Some(status) => case.set_status(work, &StatusChange::to(status)),
            None => Ok(()),
        }
    });
    changed.await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
