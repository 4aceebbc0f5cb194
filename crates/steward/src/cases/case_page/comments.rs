//! One comment on a page of its own: the whole of a long one, what it said before, and the form to give it another text.

use std::sync::Arc;

use askama::Template;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use db::Class;

use super::history::numbered;
use super::{PathOfTwo, Wants};
use crate::cases::attachments::{self, AttachmentView};
use crate::cases::case::Case;
use crate::cases::comment::{self, CommentEdit, CommentView};
use crate::cases::comment_history::{self, CommentVersion};
use crate::error::{Error, Result};
use crate::http::{Agent, Caller, Expected, Nothing, Viewer};
use crate::input::Prose;
use crate::markdown::{self, Style};
use crate::web::{Faults, Form, Frame, Page, PageResult, Seat, Visit, show_as};

#[derive(Template)]
#[template(path = "cases/case/comment.html")]
struct CommentPage {
    page: Page,
    frame: Frame,
    number: String,
    subject: String,
    comment: CommentView,
    html: Arc<str>,
    attachments: Vec<AttachmentView>,
    versions: Vec<CommentVersion>,
    may_change: bool,
    /// The text in the form, and why it was not taken.
    text: String,
    refusal: String,
}

pub async fn comment(seat: Seat<Viewer>, ids: PathOfTwo) -> PageResult {
    page_of(&seat, &seat.visit, ids, StatusCode::OK, None).await
}

/// The page; `typed` is a text that was refused, and why.
async fn page_of(
    caller: &Caller,
    visit: &Visit,
    PathOfTwo(case_id, comment_id): PathOfTwo,
    status: StatusCode,
    typed: Option<(String, String)>,
) -> PageResult {
    let visit = visit.clone();
    let read = caller.read(Class::Bounded, move |work| {
        let case = Case::find(work, case_id)?;
        let comment = comment::find(work, case_id, comment_id)?;
        let may_change = case.merged_into_id.is_none() && comment::may_change(work, &comment).is_ok();
        Ok(CommentPage {
            page: Page::read(work, &visit)?,
            frame: Frame::read(work, &visit, "")?,
            number: numbered(case_id),
            subject: case.subject,
            html: "".into(),
            attachments: attachments::of_case(work, case_id, Some(comment_id))?,
            versions: comment_history::versions(work, case_id, comment_id)?.versions,
            may_change,
            text: comment.comment_text.clone(),
            refusal: String::new(),
            comment,
        })
    });
    let mut page = read.await?;
    page.html = markdown::styled(&caller.app, Style::Talk, &page.comment.comment_text).await?;
    if let Some((text, refusal)) = typed {
        (page.text, page.refusal) = (text, refusal);
    }
    show_as(status, &page)
}

crate::input! {
    /// A comment's new text, and the version that it takes the place of.
    pub struct Rewritten {
        pub comment_text: String,
        pub edit_version: i64,
    }
}

pub async fn edit_comment(
    seat: Seat<Agent>,
    PathOfTwo(case_id, comment_id): PathOfTwo,
    wants: Wants,
    Form(form): Form<Rewritten>,
) -> PageResult {
    let text = form.comment_text.replace("\r\n", "\n");
    let outcome = edit(&seat, case_id, comment_id, text.clone(), form.edit_version).await;
    match outcome {
        Ok(()) => wants.done(&format!("/cases/{case_id}?comment={comment_id}#comment-{comment_id}")),
        Err(error) if wants.json => Ok(error.into_response()),
        Err(error) => {
            let status = error.status();
            let refusal = match error {
                Error::Stale | Error::Forbidden(_) => {
                    seat.visit.language.refusal(&error.problem().detail).into_owned()
                }
                other => Faults::of(other, &seat.visit)?
                    .all()
                    .iter()
                    .map(|told| told.message.clone())
                    .collect::<Vec<_>>()
                    .join("; "),
            };
            page_of(&seat, &seat.visit, PathOfTwo(case_id, comment_id), status, Some((text, refusal))).await
        }
    }
}

async fn edit(seat: &Agent, case_id: i64, comment_id: i64, text: String, version: i64) -> Result<()> {
    let comment_text = <Prose<1> as crate::input::Field>::from_json(text.into()).map_err(|faults| {
        Error::field("comment_text", faults.0.into_iter().map(|(_, told)| told).collect::<String>())
    })?;
    let edit = CommentEdit { comment_text };
    let expected = Expected::version(comment_id, version);
    let written = seat.app.write(seat.actor, move |work| {
        Case::take(work, case_id)?.edit_comment(work, comment_id, &edit, &expected)
    });
    written.await
}

pub async fn delete_comment(
    seat: Seat<Agent>,
    PathOfTwo(case_id, comment_id): PathOfTwo,
    wants: Wants,
    _: Form<Nothing>,
) -> PageResult {
    let deleted =
        seat.app.write(seat.actor, move |work| Case::take(work, case_id)?.delete_comment(work, comment_id));
    wants.answer(deleted.await, &format!("/cases/{case_id}"))
}
