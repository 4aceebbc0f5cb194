//! Cases in the browser: the list and a new case. Without scripts all of it works. A case alone is `case_page.rs`.

use std::borrow::Cow;

use askama::Template;
use axum::extract::RawQuery;
use db::Class;

use super::case::Case;
use super::filter::{CaseQuery, CaseScope};
use super::list::{self, CaseList};
use super::open::CaseDraft;
use super::{Channel, Status};
use crate::error::{Error, Result};
use crate::http::{Agent, Viewer};
use crate::input::{self, Int, Line, Prose, Set};
use crate::web::{Choices, Form, Frame, Page, PageResult, Seat, Visit, choices, query_of};
use crate::web::{redirect, show as page, title_of};
use crate::work::Work;

/// Rows on a page of the list.
const ROWS: i64 = 50;

#[derive(Template)]
#[template(path = "cases/list.html")]
struct ListPage {
    page: Page,
    frame: Frame,
    title: Cow<'static, str>,
    list: CaseList,
    choices: Choices,
    /// The filters as they stand in the address.
    chosen: Chosen,
    /// Where the next page is.
    next: Option<String>,
}

/// What the filter bar shows as chosen.
#[derive(Default)]
struct Chosen {
    search: String,
    status: Vec<Status>,
    priority_id: Vec<i64>,
    case_type_id: Vec<i64>,
    owner_id: Vec<i64>,
    team_id: Vec<i64>,
}

impl Chosen {
    fn of(query: &CaseQuery) -> Chosen {
        let ids = |set: &Option<Set<i64>>| set.as_ref().map(|set| set.0.clone()).unwrap_or_default();
        Chosen {
            search: query.search.clone().unwrap_or_default(),
            status: query.status.as_ref().map(|set| set.0.clone()).unwrap_or_default(),
            priority_id: ids(&query.priority_id),
            case_type_id: ids(&query.case_type_id),
            owner_id: ids(&query.owner_id),
            team_id: ids(&query.team_id),
        }
    }
}

/// The first page of the desk: one's own cases.
pub async fn home(_: Seat<Viewer>) -> PageResult {
    redirect("/views/mine")
}

/// A list by the filters in its address, the same as the API's.
pub async fn list(seat: Seat<Viewer>, RawQuery(query): RawQuery) -> PageResult {
    let text = without_empty(&query.unwrap_or_default());
    let query: CaseQuery = input::from_query(&text)?;
    let class = match query.is_cheap(seat.app.db.dialect(), seat.actor, CaseScope::Desk) {
        true => Class::Bounded,
        false => Class::Slow,
    };
    let at = format!("/cases?{text}");
    let visit = seat.visit.clone();
    let list = seat.read(class, move |work| list_page(work, &visit, "", &query, &at));
    page(&list.await?)
}

/// One of the desk's views.
pub async fn view(
    seat: Seat<Viewer>,
    axum::extract::Path(name): axum::extract::Path<String>,
    RawQuery(query): RawQuery,
) -> PageResult {
    let more = without_empty(&query.unwrap_or_default());
    let visit = seat.visit.clone();
    let list = seat.read(Class::Slow, move |work| {
        let mut query = query_of(work, &name)?.ok_or(Error::NotFound("view"))?;
        let paged: CaseQuery = input::from_query(&more)?;
        query.cursor = paged.cursor;
        list_page(work, &visit, &name, &query, &format!("/views/{name}?"))
    });
    page(&list.await?)
}

fn list_page(work: &mut Work, visit: &Visit, view: &str, query: &CaseQuery, at: &str) -> Result<ListPage> {
    let mut query = query.clone();
    if query.limit.is_none() {
        query.limit = Some(Int(ROWS));
    }
    let list = list::list(work, &query, CaseScope::Desk)?;
    let next = list.pagination.next_cursor.as_ref().map(|cursor| {
        let rest: Vec<&str> = at
            .split_once('?')
            .map_or("", |(_, rest)| rest)
            .split('&')
            .filter(|pair| !pair.starts_with("cursor=") && !pair.is_empty())
            .collect();
        let base = at.split('?').next().unwrap_or(at);
        let joint = if rest.is_empty() { "" } else { "&" };
        format!("{base}?{}{joint}cursor={cursor}", rest.join("&"))
    });
    Ok(ListPage {
        page: Page::read(work, visit)?,
        frame: Frame::read(work, visit, view)?,
        title: title_of(visit.language, view),
        chosen: Chosen::of(&query),
        choices: choices(work)?,
        list,
        next,
    })
}

/// A form leaves what nobody chose empty.
fn without_empty(query: &str) -> String {
    query.split('&').filter(|pair| !pair.is_empty() && !pair.ends_with('=')).collect::<Vec<_>>().join("&")
}

#[derive(Template)]
#[template(path = "cases/new.html")]
struct NewPage {
    page: Page,
    frame: Frame,
    choices: Choices,
}

pub async fn new(seat: Seat<Agent>) -> PageResult {
    let visit = seat.visit.clone();
    let new = seat.read(Class::Bounded, move |work| {
        Ok(NewPage {
            page: Page::read(work, &visit)?,
            frame: Frame::read(work, &visit, "new")?,
            choices: choices(work)?,
        })
    });
    page(&new.await?)
}

crate::input! {
    /// The form of a new case.
    pub struct NewCase {
        pub subject: Line<500>,
        pub description: Option<Prose<0>>,
        pub contact_id: Option<i64>,
        pub case_type_id: Option<i64>,
        pub priority_id: Option<i64>,
        pub channel: Option<Channel>,
        pub owner_id: Option<i64>,
        pub team_id: Option<i64>,
    }
}

pub async fn create(seat: Seat<Agent>, Form(form): Form<NewCase>) -> PageResult {
    let case_id = seat.app.write(seat.actor, move |work| {
        let form = form.clone();
        let draft = CaseDraft {
            subject: form.subject,
            description: form.description,
            account_id: None,
            contact_id: form.contact_id,
            case_type_id: form.case_type_id,
            priority_id: form.priority_id,
            status: None,
            channel: form.channel,
            owner_id: form.owner_id,
            team_id: form.team_id,
            parent_case_id: None,
            tags: None,
            created_by: None,
        };
        Case::open(work, &draft)
    });
    redirect(&format!("/cases/{}", case_id.await?))
}
