//! A case in the browser: the conversation with its composer, the properties, the clocks, and what belongs to it. Without
//! scripts each form goes to its own address and comes back; with them (`assets/js/case.js`) the same addresses are asked
//! from within the page, and what others change is patched in from [`now`].

pub mod clocks;
mod comments;
pub mod compose;
mod history;
mod properties;
mod read;
mod relations;
mod thread;

use askama::Template;
use axum::extract::{FromRequestParts, RawQuery};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use db::Class;

pub use clocks::why;
pub use comments::{comment, delete_comment, edit_comment};
pub use compose::{compose, preview};
pub use history::timeline;
pub use properties::{update, wording};
pub use relations::{
    acknowledge_escalation, acknowledge_violation, add_child, escalate, follow, merge, resolve_escalation,
    set_parent, unfollow,
};

use super::canned_replies::{self, Fillings};
use crate::App;
use crate::error::Result;
use crate::http::{Caller, Path, Viewer};
use crate::input::{self, Int};
use crate::web::{Frame, Page, PageError, PageResult, Seat, Visit, redirect, show as show_page, show_as};
use crate::work::Work;
use compose::Composer;
use properties::Difference;
use read::Shown;

/// The id in a page's address.
pub struct PathOf(pub i64);

impl FromRequestParts<App> for PathOf {
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> std::result::Result<Self, PageError> {
        let Path([id]) = Path::<1>::from_request_parts(parts, app).await?;
        Ok(PathOf(id))
    }
}

/// The two ids in a page's address: a case, and something of it.
pub struct PathOfTwo(pub i64, pub i64);

impl FromRequestParts<App> for PathOfTwo {
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> std::result::Result<Self, PageError> {
        let Path([id, other]) = Path::<2>::from_request_parts(parts, app).await?;
        Ok(PathOfTwo(id, other))
    }
}

/// How whoever sent a form will be answered: a script with a problem or nothing, a browser with a page.
#[derive(Clone, Copy)]
pub struct Wants {
    json: bool,
}

impl FromRequestParts<App> for Wants {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(
        parts: &mut Parts,
        _: &App,
    ) -> std::result::Result<Self, std::convert::Infallible> {
        let accept = parts.headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
        Ok(Wants { json: accept.is_some_and(|accept| accept.starts_with("application/json")) })
    }
}

impl Wants {
    /// After a change: 204 for a script, the way to `path` for a browser.
    fn done(self, path: &str) -> PageResult {
        if self.json { Ok(StatusCode::NO_CONTENT.into_response()) } else { redirect(path) }
    }

    /// After a change that may have been refused.
    fn answer(self, outcome: Result<()>, path: &str) -> PageResult {
        match outcome {
            Ok(()) => self.done(path),
            Err(error) if self.json => Ok(error.into_response()),
            Err(error) => Err(error.into()),
        }
    }
}

crate::input! {
    /// Which part of a long conversation is shown, and what stands in the composer.
    pub struct CaseQuestion {
        /// Comments shown at the end.
        pub tail: Option<Int<1, 1000>>,
        /// A comment that is shown whatever else is.
        pub comment: Option<i64>,
        /// A canned reply to begin with.
        pub canned: Option<i64>,
    }
}

impl CaseQuestion {
    fn nothing() -> CaseQuestion {
        CaseQuestion { tail: None, comment: None, canned: None }
    }
}

#[derive(Template)]
#[template(path = "cases/show.html")]
struct CasePage {
    page: Page,
    frame: Frame,
    c: Shown,
    composer: Composer,
    differences: Vec<Difference>,
}

/// What of the page changes while it is open.
#[derive(Template)]
#[template(path = "cases/case/_body.html")]
struct CaseBody {
    page: Page,
    c: Shown,
    composer: Composer,
    differences: Vec<Difference>,
}

/// What a page is shown with when a form comes back.
struct Again {
    composer: Option<Composer>,
    differences: Vec<Difference>,
}

pub async fn show(seat: Seat<Viewer>, id: PathOf, RawQuery(query): RawQuery) -> PageResult {
    let question: CaseQuestion = input::from_query(&query.unwrap_or_default())?;
    let again = Again { composer: None, differences: Vec::new() };
    page_of(&seat, &seat.visit, id.0, question, StatusCode::OK, again).await
}

/// The page of a case, as whoever asks may see it.
async fn page_of(
    caller: &Caller,
    visit: &Visit,
    case_id: i64,
    question: CaseQuestion,
    status: StatusCode,
    again: Again,
) -> PageResult {
    let read_for = visit.clone();
    let read = caller.read(Class::Bounded, move |work| {
        let page = Page::read(work, &read_for)?;
        let frame = Frame::read(work, &read_for, "")?;
        let c = read::shown(work, &page, case_id, &question)?;
        Ok((page, frame, c, begun(work, case_id, &question)?))
    });
    let (page, frame, mut c, begun) = read.await?;
    read::render(&caller.app, &mut c).await?;
    let composer = again.composer.unwrap_or(begun);
    show_as(status, &CasePage { page, frame, c, composer, differences: again.differences })
}

/// The composer as a page begins with it: empty, or with a canned reply.
fn begun(work: &mut Work, case_id: i64, question: &CaseQuestion) -> Result<Composer> {
    let Some(id) = question.canned else { return Ok(Composer::empty()) };
    let reply = canned_replies::find(work, id)?;
    let (text, unknown) = Fillings::of(work, case_id)?.fill(&reply.reply_text);
    Ok(Composer { text, unknown, ..Composer::empty() })
}

/// What of the page changes while it is open, for its script.
pub async fn now(seat: Seat<Viewer>, id: PathOf, RawQuery(query): RawQuery) -> PageResult {
    let question: CaseQuestion = input::from_query(&query.unwrap_or_default())?;
    let visit = seat.visit.clone();
    let read = seat.read(Class::Bounded, move |work| {
        let page = Page::read(work, &visit)?;
        let c = read::shown(work, &page, id.0, &question)?;
        Ok((page, c))
    });
    let (page, mut c) = read.await?;
    read::render(&seat.app, &mut c).await?;
    show_page(&CaseBody { page, c, composer: Composer::empty(), differences: Vec::new() })
}
