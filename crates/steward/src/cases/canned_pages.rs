//! Canned replies in the browser: a list of one's own and the desk's, and a form for each. With a case named, each can be
//! taken into its composer.

use askama::Template;
use axum::extract::RawQuery;
use axum::http::StatusCode;
use db::Class;

use super::canned_replies::{self, CannedReply, CannedReplyDraft, CannedReplyEdit};
use super::case_page::PathOf;
use crate::error::Error;
use crate::http::{Agent, Caller, Expected, Viewer};
use crate::input::{self, Line, Patch, Prose};
use crate::people::Role;
use crate::web::{Faults, Form, Frame, Page, PageResult, Seat, Visit, redirect, show as show_page, show_as};

/// Placeholders that are filled in; the form names them.
pub const PLACEHOLDERS: [&str; 4] =
    ["{{contact.name}}", "{{case.number}}", "{{case.subject}}", "{{agent.name}}"];

/// What a form of a canned reply shows.
#[derive(Clone, Default)]
pub struct Written {
    pub name: String,
    pub text: String,
    pub is_shared: bool,
    pub edit_version: i64,
}

#[derive(Template)]
#[template(path = "cases/canned_replies.html")]
struct ListPage {
    page: Page,
    frame: Frame,
    replies: Vec<CannedReply>,
    search: String,
    /// The case whose composer they are chosen for.
    case_id: Option<i64>,
    written: Written,
    faults: Faults,
}

#[derive(Template)]
#[template(path = "cases/canned_reply.html")]
struct ReplyPage {
    page: Page,
    frame: Frame,
    canned_reply_id: i64,
    may_change: bool,
    written: Written,
    faults: Faults,
}

impl ListPage {
    fn placeholders(&self) -> String {
        PLACEHOLDERS.join(" ")
    }
}

impl ReplyPage {
    fn placeholders(&self) -> String {
        PLACEHOLDERS.join(" ")
    }
}

crate::input! {
    /// Which canned replies, and for which case.
    struct ListQuery {
        search: Option<String>,
        case_id: Option<i64>,
    }
}

pub async fn list(seat: Seat<Viewer>, RawQuery(query): RawQuery) -> PageResult {
    let given = query.unwrap_or_default();
    let filled: Vec<&str> =
        given.split('&').filter(|pair| !pair.is_empty() && !pair.ends_with('=')).collect();
    let query: ListQuery = input::from_query(&filled.join("&"))?;
    let page = list_page(&seat, &seat.visit, query.search.unwrap_or_default(), query.case_id).await?;
    show_page(&page)
}

async fn list_page(
    caller: &Caller,
    visit: &Visit,
    search: String,
    case_id: Option<i64>,
) -> Result<ListPage, Error> {
    let visit = visit.clone();
    let read = caller.read(Class::Bounded, move |work| {
        Ok(ListPage {
            page: Page::read(work, &visit)?,
            frame: Frame::read(work, &visit, "canned-replies")?,
            replies: canned_replies::of_user(work, &search)?,
            search: search.clone(),
            case_id,
            written: Written::default(),
            faults: Faults::default(),
        })
    });
    read.await
}

crate::input! {
    /// The form of a canned reply.
    pub struct ReplyForm {
        pub reply_name: Option<String>,
        pub reply_text: Option<String>,
        pub is_shared: Option<bool>,
        pub edit_version: Option<i64>,
    }
}

impl ReplyForm {
    fn written(&self) -> Written {
        Written {
            name: self.reply_name.clone().unwrap_or_default(),
            text: self.reply_text.clone().unwrap_or_default().replace("\r\n", "\n"),
            is_shared: self.is_shared.unwrap_or(false),
            edit_version: self.edit_version.unwrap_or(0),
        }
    }

    /// Name and text as the API takes them, every fault at once.
    fn checked(&self) -> Result<(Line<200>, Prose<1>), Error> {
        let written = self.written();
        let body = serde_json::json!({ "reply_name": written.name, "reply_text": written.text });
        let draft: CannedReplyDraft = input::from_json(body)?;
        Ok((draft.reply_name, draft.reply_text))
    }
}

pub async fn create(seat: Seat<Agent>, Form(form): Form<ReplyForm>) -> PageResult {
    let (written, is_shared) = (form.written(), form.is_shared);
    let outcome = match form.checked() {
        Ok((reply_name, reply_text)) => {
            let draft = CannedReplyDraft { reply_name, reply_text, is_shared };
            seat.app.write(seat.actor, move |work| canned_replies::add(work, &draft)).await
        }
        Err(error) => Err(error),
    };
    match outcome {
        Ok(_) => redirect("/canned-replies"),
        Err(error) => {
            let faults = Faults::of(error, &seat.visit)?;
            let page = list_page(&seat, &seat.visit, String::new(), None).await?;
            show_as(StatusCode::UNPROCESSABLE_ENTITY, &ListPage { written, faults, ..page })
        }
    }
}

pub async fn show(seat: Seat<Viewer>, id: PathOf) -> PageResult {
    show_page(&reply_page(&seat, &seat.visit, id.0).await?)
}

async fn reply_page(caller: &Caller, visit: &Visit, id: i64) -> Result<ReplyPage, Error> {
    let visit = visit.clone();
    let read = caller.read(Class::Bounded, move |work| {
        let reply = canned_replies::find(work, id)?;
        let least = if reply.is_shared() { Role::Manager } else { Role::Agent };
        Ok(ReplyPage {
            page: Page::read(work, &visit)?,
            frame: Frame::read(work, &visit, "canned-replies")?,
            canned_reply_id: id,
            may_change: work.actor.is_at_least(least),
            written: Written {
                is_shared: reply.is_shared(),
                name: reply.reply_name,
                text: reply.reply_text,
                edit_version: reply.edit_version,
            },
            faults: Faults::default(),
        })
    });
    read.await
}

pub async fn update(seat: Seat<Agent>, id: PathOf, Form(form): Form<ReplyForm>) -> PageResult {
    let written = form.written();
    let expected = Expected::version(id.0, written.edit_version);
    let outcome = match form.checked() {
        Ok((name, text)) => {
            let edit = CannedReplyEdit { reply_name: Patch::Set(name), reply_text: Patch::Set(text) };
            let change = move |work: &mut crate::Work| canned_replies::change(work, id.0, &edit, &expected);
            seat.app.write(seat.actor, change).await
        }
        Err(error) => Err(error),
    };
    let stale = seat.page().say("canned-stale").into_owned();
    match outcome {
        Ok(()) => redirect("/canned-replies"),
        Err(error) => {
            let error = if matches!(error, Error::Stale) { Error::Conflict(stale) } else { error };
            let status = error.status();
            let faults = Faults::of(error, &seat.visit)?;
            let page = reply_page(&seat, &seat.visit, id.0).await?;
            show_as(status, &ReplyPage { written, faults, ..page })
        }
    }
}

pub async fn delete(seat: Seat<Agent>, id: PathOf, Form(form): Form<ReplyForm>) -> PageResult {
    let expected = match form.edit_version {
        Some(version) => Expected::version(id.0, version),
        None => Expected::any(id.0),
    };
    let gone = move |work: &mut crate::Work| canned_replies::remove(work, id.0, &expected);
    seat.app.write(seat.actor, gone).await?;
    redirect("/canned-replies")
}
