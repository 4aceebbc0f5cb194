//! Cases in the browser: a case, and the forms that change one; beside it the list, new cases, many at once. Without
//! scripts all of it works; each form goes to its own address and comes back to the case.

mod bar;
pub mod bulk;
pub mod list;
pub mod new;
pub mod quick;
pub mod saved;

use askama::Template;
use db::Class;

use super::Status;
use super::case::Case;
use super::comment::CommentDraft;
use super::edit::CaseEdit;
use super::show::{self, CaseDetail, CaseItem};
use super::status::StatusChange;
use super::thread::{self, Entry};
use crate::error::{Error, Result};
use crate::http::{Agent, Path, Viewer};
use crate::input::{Patch, Prose};
use crate::web::{Choices, Form, Frame, Page, PageError, PageResult, Seat, choices};
use crate::web::{redirect, show as page};

#[derive(Template)]
#[template(path = "cases/show.html")]
struct CasePage {
    page: Page,
    frame: Frame,
    detail: CaseDetail,
    thread: Vec<Entry>,
    choices: Choices,
    /// Statuses that may come next.
    next: Vec<Status>,
}

impl CasePage {
    fn item(&self) -> &CaseItem {
        &self.detail.case.item
    }
}

pub async fn show(seat: Seat<Viewer>, id: PathOf) -> PageResult {
    let visit = seat.visit.clone();
    let case = seat.read(Class::Bounded, move |work| {
        let detail = show::detail(work, id.0)?;
        Ok(CasePage {
            page: Page::read(work, &visit)?,
            frame: Frame::read(work, &visit, "")?,
            thread: thread::of(&detail),
            choices: choices(work)?,
            next: detail.case.item.case.status.successors(),
            detail,
        })
    });
    page(&case.await?)
}

crate::words! {
    /// Whom the composer speaks to.
    pub enum Kind { Reply = "reply", Note = "note" }
}

crate::input! {
    /// The composer: a reply or a note, and the status that the case is to have then.
    pub struct Composed {
        pub comment_text: Prose<1>,
        pub kind: Option<Kind>,
        pub status: Option<Status>,
    }
}

pub async fn compose(seat: Seat<Agent>, id: PathOf, Form(form): Form<Composed>) -> PageResult {
    let written = seat.app.write(seat.actor, move |work| {
        let mut case = Case::take(work, id.0)?;
        let draft = CommentDraft {
            comment_text: form.comment_text.clone(),
            is_internal: Some(form.kind == Some(Kind::Note)),
            is_solution: None,
            created_by: None,
            contact_id: None,
        };
        let comment_id = case.comment(work, &draft)?;
        if let Some(status) = form.status {
            case.set_status(work, &StatusChange::to(status))?;
        }
        Ok(comment_id)
    });
    redirect(&format!("/cases/{}#comment-{}", id.0, written.await?))
}

crate::input! {
    /// The properties of a case; empty for nobody.
    pub struct Properties {
        pub edit_version: i64,
        pub status: Option<Status>,
        pub priority_id: i64,
        pub case_type_id: i64,
        pub owner_id: Option<i64>,
        pub team_id: Option<i64>,
    }
}

/// Changes what the form says is different, unless somebody else has changed the case meanwhile.
pub async fn update(seat: Seat<Agent>, id: PathOf, Form(form): Form<Properties>) -> PageResult {
    let changed = seat.app.write(seat.actor, move |work| {
        let mut case = Case::take(work, id.0)?;
        if case.edit_version != form.edit_version {
            return Err(Error::Conflict(
                "somebody changed this case while you looked at it: go back, load it again, and change it then".into(),
            ));
        }
        let edit = CaseEdit {
            priority_id: Patch::Set(form.priority_id),
            case_type_id: Patch::Set(form.case_type_id),
            owner_id: Patch::Set(form.owner_id),
            team_id: Patch::Set(form.team_id),
            ..CaseEdit::nothing()
        };
        case.edit(work, &edit, &crate::http::Expected::any(id.0))?;
        match form.status {
            Some(status) => Case::take(work, id.0)?.set_status(work, &StatusChange::to(status)),
            None => Ok(()),
        }
    });
    changed.await?;
    redirect(&format!("/cases/{}", id.0))
}

/// The id in a page's address.
pub struct PathOf(i64);

impl axum::extract::FromRequestParts<crate::App> for PathOf {
    type Rejection = PageError;

    async fn from_request_parts(
        parts: &mut axum::http::request::Parts,
        app: &crate::App,
    ) -> Result<Self, PageError> {
        let Path([id]) = Path::<1>::from_request_parts(parts, app).await?;
        Ok(PathOf(id))
    }
}
