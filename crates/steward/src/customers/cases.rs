//! A customer's cases: the list, one with what was said on it, its files, and changing whether it is solved.

use std::borrow::Borrow;
use std::sync::Arc;

use askama::Template;
use axum::extract::RawQuery;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use db::Class;

use super::Ids;
use crate::cases::attachments::{self, AttachmentView};
use crate::cases::show::{self, CaseFull};
use crate::cases::{
    Case, CaseDetail, CaseList, CaseQuery, CaseScope, CommentView, Status, StatusChange, count_cases, list,
};
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::files::Wanted;
use crate::http::Customer;
use crate::input::{self, Int, Set};
use crate::markdown::{self, Style};
use crate::paging::Cursor;
use crate::surveys;
use crate::web::{Faults, Form, Page, PageResult, Seat, Sent, redirect, show as page, show_as};
use crate::work::{Actor, Work};

/// Rows on a page of the list.
const ROWS: i64 = 25;

crate::words! {
    /// Which of the cases are listed.
    pub enum Which { Open = "open", Ended = "ended", All = "all" }
}

crate::words! {
    /// Whose: one's own, or those of the whole account.
    pub enum Whose { Mine = "mine", Account = "account" }
}

crate::input! {
    /// What the list is to show.
    struct ListQuery {
        show: Option<Which>,
        whose: Option<Whose>,
        search: Option<String>,
        cursor: Option<Cursor>,
    }
}

#[derive(Template)]
#[template(path = "customers/cases.html")]
struct CasesPage {
    page: Page,
    list: CaseList,
    show: Which,
    whose: Whose,
    /// Whether there are others' cases to be seen.
    sees_account: bool,
    search: String,
    open: i64,
    ended: i64,
    next: Option<String>,
}

impl CasesPage {
    /// The address of the list with this choice.
    fn at(&self, show: impl Borrow<Which>, whose: impl Borrow<Whose>) -> String {
        address(*show.borrow(), *whose.borrow(), &self.search)
    }

    fn is_empty_desk(&self) -> bool {
        self.open + self.ended == 0 && self.search.is_empty()
    }
}

fn address(show: Which, whose: Whose, search: &str) -> String {
    let search = percent_encoding::utf8_percent_encode(search, percent_encoding::NON_ALPHANUMERIC);
    format!("/portal?show={show}&whose={whose}&search={search}")
}

pub async fn list(seat: Seat<Customer>, RawQuery(query): RawQuery) -> PageResult {
    let asked: ListQuery = input::from_query(&query.unwrap_or_default())?;
    let (actor, visit) = (seat.actor, seat.visit.clone());
    let wanted = asked.of(actor)?;
    let class = match wanted.is_cheap(seat.app.db.dialect(), actor, CaseScope::Desk) {
        true => Class::Bounded,
        false => Class::Slow,
    };
    let cases = seat.read(class, move |work| {
        let list = list::list(work, &wanted, CaseScope::Desk)?;
        let all = CaseQuery { status: None, cursor: None, search: None, ..wanted.clone() };
        let filter = all.filter(work.dialect(), actor, work.now, CaseScope::Desk)?;
        let counts = count_cases(work, &filter, "crm_cases c", false)?;
        let (show, whose) = (asked.show.unwrap_or(Which::Open), asked.whose.unwrap_or(Whose::Mine));
        let search = asked.search.clone().unwrap_or_default();
        let next = list.pagination.next_cursor.as_ref();
        Ok(CasesPage {
            page: Page::read(work, &visit)?,
            sees_account: sees_account(actor),
            next: next.map(|cursor| format!("{}&cursor={cursor}", address(show, whose, &search))),
            open: counts.active_count,
            ended: counts.total_cases - counts.active_count,
            list,
            show,
            whose,
            search,
        })
    });
    page(&cases.await?)
}

fn sees_account(actor: Actor) -> bool {
    matches!(actor, Actor::Contact { sees_account: true, account_id: Some(_), .. })
}

impl ListQuery {
    /// The same in the terms of the case list.
    fn of(&self, actor: Actor) -> Result<CaseQuery> {
        let (active, ended): (Vec<Status>, Vec<Status>) =
            Status::ALL.iter().partition(|status| status.is_active());
        let own = actor.contact_id().map(|id| Set(vec![id]));
        let mut query: CaseQuery = input::from_query("sort=-updated_at")?;
        query.limit = Some(Int(ROWS));
        query.search = self.search.clone().filter(|text| !text.trim().is_empty());
        query.status = match self.show.unwrap_or(Which::Open) {
            // Whoever searches means all of them, unless they say otherwise.
            Which::Open if self.show.is_none() && query.search.is_some() => None,
            Which::Open => Some(Set(active)),
            Which::Ended => Some(Set(ended)),
            Which::All => None,
        };
        query.contact_id = own.filter(|_| sees_account(actor) && self.whose != Some(Whose::Account));
        query.cursor = self.cursor.clone();
        Ok(query)
    }
}

/// Something said on a case, as its customer reads it.
struct Said {
    comment: CommentView,
    /// Harmless HTML.
    html: Arc<str>,
    files: Vec<AttachmentView>,
}

/// One thing of the conversation.
enum Entry {
    Said(Box<Said>),
    Moved { at: Time, to: String },
}

impl Entry {
    fn at(&self) -> Time {
        match self {
            Entry::Said(said) => said.comment.created_at,
            Entry::Moved { at, .. } => *at,
        }
    }
}

#[derive(Template)]
#[template(path = "customers/case.html")]
struct CasePage {
    page: Page,
    case: CaseFull,
    /// The description as harmless HTML.
    description: Arc<str>,
    /// Files that belong to the case itself.
    files: Vec<AttachmentView>,
    thread: Vec<Entry>,
    may: May,
    sent: Sent,
    faults: Faults,
}

/// What the customer may do with a case.
#[derive(Clone, Copy)]
struct May {
    /// Say something, which reopens what has ended.
    reply: bool,
    resolve: bool,
    reopen: bool,
    rate: bool,
}

pub async fn show(seat: Seat<Customer>, Ids([id]): Ids<1>) -> PageResult {
    page(&case_page(&seat, id, Sent::default(), Faults::default()).await?)
}

/// The page of a case again, with what was typed and what is wrong with it.
pub(super) async fn again(
    seat: &Seat<Customer>,
    id: i64,
    sent: Sent,
    error: Error,
    status: StatusCode,
) -> PageResult {
    let faults = Faults::of(error, &seat.visit)?;
    show_as(status, &case_page(seat, id, sent, faults).await?)
}

async fn case_page(seat: &Seat<Customer>, id: i64, sent: Sent, faults: Faults) -> Result<CasePage> {
    let visit = seat.visit.clone();
    let found = seat.read(Class::Bounded, move |work| {
        let may = may(work, id)?;
        Ok((Page::read(work, &visit)?, show::detail(work, id)?, may))
    });
    let (page, detail, may) = found.await?;
    let description = markdown::styled(&seat.app, Style::Talk, &detail.case.description).await?;
    let CaseDetail { case, comments, attachments, timeline, .. } = detail;
    let (files, of_comments): (Vec<_>, Vec<_>) =
        attachments.into_iter().partition(|file| file.comment_id.is_none());
    let mut thread = Vec::with_capacity(comments.len());
    for comment in comments {
        let html = markdown::styled(&seat.app, Style::Talk, &comment.comment_text).await?;
        let id = Some(comment.comment_id);
        let files = of_comments.iter().filter(|file| file.comment_id == id).cloned().collect();
        thread.push(Entry::Said(Box::new(Said { comment, html, files })));
    }
    let mut before = String::new();
    // The latest events come first.
    for entry in timeline.into_iter().rev().filter(|entry| entry.event.kind == "status_changed") {
        let to = match entry.event.data["to"].as_str().unwrap_or_default() {
            // To a customer these are one.
            "in_progress" => "open",
            to => to,
        };
        if before != to {
            before = to.to_owned();
            thread.push(Entry::Moved { at: entry.event.at, to: to.to_owned() });
        }
    }
    thread.sort_by_key(Entry::at);
    Ok(CasePage { page, case, description, files, thread, may, sent, faults })
}

fn may(work: &mut Work, id: i64) -> Result<May> {
    let case = Case::find(work, id)?;
    let stands = match case.must_stand_alone(work) {
        Err(Error::Conflict(_)) => false,
        other => other.map(|()| true)?,
    };
    let reply = stands && case.customer_may_reopen(work.now).is_ok();
    let rate = stands && surveys::pages::open_to(work, &case)?.is_some();
    let is_active = case.status.is_active();
    Ok(May { reply, resolve: reply && is_active, reopen: reply && !is_active, rate })
}

crate::input! {
    /// Solved, or open again.
    pub struct Move {
        pub status: Status,
    }
}

/// Says that a case is solved, or not yet.
pub async fn set_status(seat: Seat<Customer>, Ids([id]): Ids<1>, Form(form): Form<Move>) -> PageResult {
    let moved = seat.app.write(seat.actor, move |work| {
        Case::take(work, id)?.set_status(work, &StatusChange::to(form.status))
    });
    match moved.await {
        Ok(()) => redirect(&format!("/portal/cases/{id}")),
        Err(error @ Error::Conflict(_)) => {
            again(&seat, id, Sent::default(), error, StatusCode::CONFLICT).await
        }
        Err(error) => Err(error.into()),
    }
}

/// The bytes of a file, or a range of them.
pub async fn file(seat: Seat<Customer>, Ids([id, attachment_id]): Ids<2>, wanted: Wanted) -> Response {
    match attachments::serve(&seat, id, attachment_id, &wanted).await {
        Ok(download) => download.into_response(),
        Err(error) => crate::web::PageError::from(error).into_response(),
    }
}
