//! What customers write: a new case, and replies on one; with files.

use askama::Template;
use axum::extract::RawQuery;
use axum::http::StatusCode;
use db::Class;

use super::{Ids, cases};
use crate::cases::attachments::Placement;
use crate::cases::{Case, CaseDraft, Channel, CommentDraft};
use crate::error::{Error, Result};
use crate::files::{self, Kept};
use crate::http::Customer;
use crate::input::{self, Line, Prose};
use crate::web::{Choices, Faults, Page, PageResult, Seat, Sent, Upload, choices};
use crate::web::{redirect, show, show_as};
use crate::work::Work;

crate::input! {
    /// A customer's reply.
    struct Reply {
        comment_text: Prose<1>,
    }
}

/// Says something on a case, with files. On one that has ended it opens it again.
pub async fn reply(seat: Seat<Customer>, Ids([id]): Ids<1>, upload: Upload) -> PageResult {
    // Nobody sends megabytes to be told that there is no such case, or that it is too late.
    let standing = seat.read(Class::Bounded, move |work| {
        let case = Case::find(work, id)?;
        case.must_stand_alone(work)?;
        case.customer_may_reopen(work.now)
    });
    match standing.await {
        Err(error @ Error::Conflict(_)) => {
            return cases::again(&seat, id, Sent::default(), error, StatusCode::CONFLICT).await;
        }
        other => other?,
    }
    let (sent, arrived) = upload.receive(&seat.app).await?;
    let reply: Reply = match sent.read() {
        Ok(reply) => reply,
        Err(error) => return cases::again(&seat, id, sent, error, StatusCode::UNPROCESSABLE_ENTITY).await,
    };
    let kept = files::keep(&seat.app, arrived).await?;
    let said = seat.app.write(seat.actor, move |work| {
        let mut case = Case::take(work, id)?;
        let draft = CommentDraft {
            comment_text: reply.comment_text.clone(),
            is_internal: None,
            is_solution: None,
            created_by: None,
            contact_id: None,
        };
        let comment_id = case.comment(work, &draft)?;
        attach(work, id, Some(comment_id), &kept)?;
        Ok(comment_id)
    });
    match said.await {
        Ok(comment_id) => redirect(&format!("/portal/cases/{id}#comment-{comment_id}")),
        Err(error @ Error::Conflict(_)) => cases::again(&seat, id, sent, error, StatusCode::CONFLICT).await,
        Err(error) => Err(error.into()),
    }
}

/// Attaches what has been kept to a case, or to a comment on it; nothing where there are no files.
pub(super) fn attach(work: &mut Work, id: i64, comment_id: Option<i64>, kept: &[Kept]) -> Result<()> {
    if kept.is_empty() {
        return Ok(());
    }
    let placement = Placement { comment_id, is_internal: None };
    Case::take(work, id)?.attach(work, placement, kept).map(|_| ())
}

#[derive(Template)]
#[template(path = "customers/new.html")]
struct NewPage {
    page: Page,
    choices: Choices,
    /// The case that this one follows: its id and number.
    parent: Option<(i64, String)>,
    sent: Sent,
    faults: Faults,
}

crate::input! {
    /// Which case the new one follows.
    struct Following {
        parent: Option<i64>,
    }
}

async fn new_page(seat: &Seat<Customer>, parent: Option<i64>, sent: Sent, faults: Faults) -> Result<NewPage> {
    let visit = seat.visit.clone();
    let read = seat.read(Class::Bounded, move |work| {
        let parent = match parent {
            Some(id) => {
                let case = Case::find(work, id)?;
                let number: (String,) =
                    work.one("select case_number from crm_cases where case_id = $1", &[&case.case_id])?;
                Some((id, number.0))
            }
            None => None,
        };
        Ok((Page::read(work, &visit)?, choices(work)?, parent))
    });
    let (page, choices, parent) = read.await?;
    Ok(NewPage { page, choices, parent, sent, faults })
}

pub async fn new(seat: Seat<Customer>, RawQuery(query): RawQuery) -> PageResult {
    let Following { parent } = input::from_query(&query.unwrap_or_default())?;
    show(&new_page(&seat, parent, Sent::default(), Faults::default()).await?)
}

crate::input! {
    /// A customer's new case.
    struct NewCase {
        subject: Line<500>,
        description: Option<Prose<0>>,
        case_type_id: Option<i64>,
        parent_case_id: Option<i64>,
    }
}

pub async fn create(seat: Seat<Customer>, upload: Upload) -> PageResult {
    let (sent, arrived) = upload.receive(&seat.app).await?;
    let opened = match sent.read::<NewCase>() {
        Ok(form) => open(&seat, form, arrived).await,
        Err(error) => Err(error),
    };
    match opened {
        Ok(id) => redirect(&format!("/portal/cases/{id}")),
        Err(error) => {
            let parent = sent.text("parent_case_id").parse().ok();
            let faults = Faults::of(error, &seat.visit)?;
            let page = new_page(&seat, parent, sent.clone(), faults).await?;
            show_as(StatusCode::UNPROCESSABLE_ENTITY, &page)
        }
    }
}

async fn open(seat: &Seat<Customer>, form: NewCase, arrived: Vec<files::Arrived>) -> Result<i64> {
    let kept = files::keep(&seat.app, arrived).await?;
    let opened = seat.app.write(seat.actor, move |work| {
        let form = form.clone();
        let draft = CaseDraft {
            description: form.description,
            case_type_id: form.case_type_id,
            parent_case_id: form.parent_case_id,
            ..CaseDraft::by_channel(form.subject, Channel::Portal)
        };
        let id = Case::open(work, &draft)?;
        attach(work, id, None, &kept)?;
        Ok(id)
    });
    opened.await
}
