//! The list of cases: all of them, a view, a saved view; its filters stand in the address. The same list comes as a
//! whole page, as a part that replaces what is shown, and as the rows that others changed.

use askama::Template;
use axum::extract::{Path, RawQuery};
use db::Class;

use super::bar::{Bar, Chip};
use crate::administration::welcome;
use crate::cases::address::{Address, PLACES};
use crate::cases::case_page::PathOf;
use crate::cases::filter::{CaseQuery, CaseScope};
use crate::cases::list::{self, Glance};
use crate::cases::saved_views::SavedView;
use crate::cases::show::CaseItem;
use crate::cases::views;
use crate::error::{Error, Result};
use crate::http::Viewer;
use crate::input;
use crate::paging::Total;
use crate::people::{Role, Team};
use crate::web::{Frame, Page, PageResult, Seat, Visit, choices, redirect, show, title_of};
use crate::work::Work;

/// Rows on a page of the list, unless somebody chose.
const ROWS: i64 = 50;
/// What somebody may choose.
const LIMITS: [i64; 4] = [25, 50, 100, 200];
/// Cases whose change is told at a time.
const CHANGES: usize = 100;

/// Which list is looked at.
pub struct Place {
    /// Empty for all cases, else the name of a view: `mine`, `team-3`, `saved-5`.
    pub name: String,
    pub path: String,
    pub title: String,
    /// The filters that it has of itself.
    pub base: Address,
    pub saved: Option<SavedView>,
}

impl Place {
    fn find(work: &mut Work, visit: &Visit, name: &str) -> Result<Place> {
        let saved_id = name.strip_prefix("saved-").and_then(|id| id.parse().ok());
        let (title, path, base, saved) = if name.is_empty() {
            (visit.language.say("cases-title").into(), "/cases".into(), Address::default(), None)
        } else if let Some(id) = saved_id {
            let view = SavedView::find(work, id)?;
            (view.view_name.clone(), format!("/saved-views/{id}"), Address::parse(&view.query)?, Some(view))
        } else {
            let base = views::address_of(name).ok_or(Error::NotFound("view"))?;
            let title = match base.get("team_id").and_then(|id| id.parse().ok()) {
                Some(id) => Team::find(work, id)?.team_name,
                None => title_of(visit.language, name).into_owned(),
            };
            (title, format!("/views/{name}"), base, None)
        };
        Ok(Place { name: name.to_owned(), path, title, base, saved })
    }

    /// Whether its own filters are what it is, not a choice that somebody saved.
    pub fn is_fixed(&self) -> bool {
        self.saved.is_none()
    }

    /// The shortest address of a list with these filters here.
    pub fn link(&self, address: &Address) -> String {
        let mut told = Address::default();
        for (name, value) in address.pairs().iter().filter(|(name, value)| self.base.get(name) != Some(value))
        {
            told = told.with(name, value.clone());
        }
        for (name, _) in self.base.pairs().iter().filter(|(name, _)| address.get(name).is_none()) {
            told = told.with(name, "");
        }
        match told.to_query() {
            query if query.is_empty() => self.path.clone(),
            query => format!("{}?{query}", self.path),
        }
    }
}

/// A column's heading that sorts.
pub struct Heading {
    pub href: String,
    /// `ascending`, `descending` or empty, as assistive technology is told.
    pub order: &'static str,
}

/// The part of a list that is replaced as somebody types.
pub struct Listing {
    pub place: Place,
    pub items: Vec<CaseItem>,
    pub total: Total,
    pub chips: Vec<Chip>,
    /// Whether anything narrows the list beyond what it is.
    pub is_narrowed: bool,
    pub by_priority: Heading,
    pub by_due: Heading,
    pub by_age: Heading,
    /// Back to the beginning, where this is a later page.
    pub first: Option<String>,
    pub next: Option<String>,
    /// How many rows a page has: number, address, whether it is chosen.
    pub limits: Vec<(i64, String, bool)>,
    /// The filters and the order, for saving them.
    pub query: String,
    /// Whether a saved view can be changed to what is shown.
    pub may_keep: bool,
    /// Whether rows can be chosen to be changed together.
    pub may_choose: bool,
}

#[derive(Template)]
#[template(path = "cases/list.html")]
struct ListPage {
    page: Page,
    frame: Frame,
    bar: Bar,
    listing: Listing,
    /// Whether an admin looks at a desk that has no case at all.
    is_first_run: bool,
}

#[derive(Template)]
#[template(path = "cases/_list.html")]
struct ListPart {
    page: Page,
    listing: Listing,
}

#[derive(Template)]
#[template(path = "cases/_changes.html")]
struct Changes {
    page: Page,
    items: Vec<CaseItem>,
    /// Those that the list has.
    matching: Vec<i64>,
    may_choose: bool,
}

/// What is asked for: a list, and what of it.
struct Asked {
    place: Place,
    address: Address,
    query: CaseQuery,
}

impl Asked {
    fn read(work: &mut Work, visit: &Visit, name: &str, given: &Address) -> Result<Asked> {
        let place = Place::find(work, visit, name)?;
        let address = given.over(&place.base).without(&["page", "exact"]);
        let query = address.resolve(work.actor.user_id().unwrap_or(0), &visit.zone)?;
        Ok(Asked { place, address, query })
    }

    fn limit(&self) -> i64 {
        self.query.limit.map_or(ROWS, |limit| limit.0)
    }
}

/// The first page of the desk: one's own cases.
pub async fn home(_: Seat<Viewer>) -> PageResult {
    redirect("/views/mine")
}

/// All cases, by the filters in the address.
pub async fn list(seat: Seat<Viewer>, RawQuery(query): RawQuery) -> PageResult {
    whole(seat, String::new(), query).await
}

/// One of the desk's views, or a team's open cases.
pub async fn view(seat: Seat<Viewer>, Path(name): Path<String>, RawQuery(query): RawQuery) -> PageResult {
    if name.is_empty() || name.starts_with("saved-") {
        return Err(Error::NotFound("view").into());
    }
    whole(seat, name, query).await
}

pub async fn saved(seat: Seat<Viewer>, id: PathOf, RawQuery(query): RawQuery) -> PageResult {
    whole(seat, format!("saved-{}", id.0), query).await
}

async fn whole(seat: Seat<Viewer>, name: String, query: Option<String>) -> PageResult {
    let given = Address::parse(&query.unwrap_or_default())?;
    let class = class_of(&seat, &name, &given);
    let visit = seat.visit.clone();
    let page = seat.read(class, move |work| {
        let asked = Asked::read(work, &visit, &name, &given)?;
        let choices = choices(work)?;
        let page = Page::read(work, &visit)?;
        let chips = Chip::all(work, &page, &asked.place, &asked.address, &choices)?;
        let frame = Frame::read(work, &visit, &name)?;
        let bar = Bar::of(&page, &asked.place, &asked.address, choices);
        let listing = listing(work, asked, chips)?;
        let is_first_run = listing.items.is_empty() && frame.may_administer() && welcome::is_empty(work)?;
        Ok(ListPage { page, frame, bar, listing, is_first_run })
    });
    show(&page.await?)
}

/// The list alone, for a page that has the rest: `view` names which one.
pub async fn rows(seat: Seat<Viewer>, RawQuery(query): RawQuery) -> PageResult {
    let given = Address::parse(&query.unwrap_or_default())?;
    let name = given.get("view").unwrap_or("").to_owned();
    let given = given.without(&["view"]);
    let class = class_of(&seat, &name, &given);
    let visit = seat.visit.clone();
    let part = seat.read(class, move |work| {
        let asked = Asked::read(work, &visit, &name, &given)?;
        let page = Page::read(work, &visit)?;
        let chips = if asked.address.pairs().iter().any(|(name, _)| name != "sort") {
            let choices = choices(work)?;
            Chip::all(work, &page, &asked.place, &asked.address, &choices)?
        } else {
            Vec::new()
        };
        Ok(ListPart { listing: listing(work, asked, chips)?, page })
    });
    show(&part.await?)
}

crate::input! {
    /// Cases that changed, some of them shown.
    struct ChangedCases {
        case_ids: input::Set<i64>,
    }
}

/// The rows of `case_ids` as they are now, and which of them the list has.
pub async fn changes(seat: Seat<Viewer>, RawQuery(query): RawQuery) -> PageResult {
    let given = Address::parse(&query.unwrap_or_default())?;
    let name = given.get("view").unwrap_or("").to_owned();
    let asked = Address::default().with("case_ids", given.get("case_ids").unwrap_or(""));
    let ChangedCases { case_ids: input::Set(mut ids) } = input::from_query(&asked.to_query())?;
    ids.truncate(CHANGES);
    let given = given.without(&["view", "case_ids"]).without(&PLACES);
    let visit = seat.visit.clone();
    let changes = seat.read(Class::Bounded, move |work| {
        let asked = Asked::read(work, &visit, &name, &given)?;
        let (items, matching) = list::changed(work, &asked.query, &ids)?;
        let may_choose = work.actor.is_at_least(Role::Manager);
        Ok(Changes { page: Page::read(work, &visit)?, items, matching, may_choose })
    });
    show(&changes.await?)
}

/// What an index answers is read at once; the rest queues with the searches.
fn class_of(seat: &Seat<Viewer>, name: &str, given: &Address) -> Class {
    let is_view = !name.is_empty() && !name.starts_with("saved-");
    let only_paged = given.pairs().iter().all(|(name, _)| PLACES.contains(&name.as_str()));
    let is_cheap = || {
        let query = given.resolve(seat.actor.user_id().unwrap_or(0), &seat.visit.zone);
        query.is_ok_and(|query| query.is_cheap(seat.app.db.dialect(), seat.actor, CaseScope::Desk))
    };
    if (is_view && only_paged) || (name.is_empty() && is_cheap()) { Class::Bounded } else { Class::Slow }
}

fn listing(work: &mut Work, asked: Asked, chips: Vec<Chip>) -> Result<Listing> {
    let limit = asked.limit();
    let Glance { cases, next, total } = list::glance(work, &asked.query, limit, views::MOST)?;
    let Asked { place, address, query } = asked;
    let bare = address.clone().without(&["cursor"]);
    let sort = address.get("sort").unwrap_or(if query.search.is_some() { "" } else { "-created_at" });
    let heading = |first: &'static str, other: &'static str, orders: [&'static str; 2]| Heading {
        href: place.link(&bare.clone().with("sort", if sort == first { other } else { first })),
        order: if sort == first {
            orders[0]
        } else if sort == other {
            orders[1]
        } else {
            ""
        },
    };
    let limits = LIMITS.iter().map(|rows| {
        let href = place.link(&bare.clone().with("limit", rows.to_string()));
        (*rows, href, *rows == limit)
    });
    Ok(Listing {
        items: cases,
        total,
        is_narrowed: !chips.is_empty() || address.get("search").is_some(),
        chips,
        by_priority: heading("priority", "-priority", ["descending", "ascending"]),
        by_due: heading("next_due", "-next_due", ["ascending", "descending"]),
        by_age: heading("-created_at", "created_at", ["ascending", "descending"]),
        first: address.get("cursor").map(|_| place.link(&bare)),
        next: next.map(|cursor| place.link(&address.clone().with("cursor", cursor.encode()))),
        limits: limits.collect(),
        query: address.clone().without(&PLACES).to_query(),
        may_keep: place.saved.as_ref().is_some_and(|view| view.may_be_changed_by(work.actor)),
        may_choose: work.actor.is_at_least(Role::Manager),
        place,
    })
}

/// What the navigation counts, for a page that is open while things happen.
pub async fn counts(seat: Seat<Viewer>) -> PageResult {
    let visit = seat.visit.clone();
    let counts = seat.read(Class::Bounded, move |work| {
        let counts = views::Counts::read(work)?;
        let told = |count| crate::web::told(visit.language, count);
        let mut all: serde_json::Map<String, serde_json::Value> =
            views::NAMES.iter().map(|name| ((*name).to_owned(), told(counts.of(name)).into())).collect();
        all.extend(counts.all().map(|(name, count)| (name.to_owned(), told(count).into())));
        Ok(serde_json::json!({ "counts": all, "unread": counts.unread }))
    });
    Ok(crate::web::json(&counts.await?))
}
