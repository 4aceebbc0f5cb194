//! Calendars: the week drawn, holidays and extra hours as lines of text, and a question to try them with.

use std::time::Duration;

use askama::Template;
use axum::response::Response;
use db::Class;
use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::{TimeZone, TimeZoneDatabase};

use super::deleted::{self, Deleted};
use super::previews::Shown;
use super::week::{self, Day};
use super::{around, next_page};
use crate::cases::case_page::clocks::{Stretch, drawn};
use crate::clock::Time;
use crate::error::Result;
use crate::http::{Body, Manager, Path};
use crate::paging::{Cursor, Paging};
use crate::sla;
use crate::sla::calendars::{self, Calendar, CalendarEdit, CalendarQuery};
use crate::sla::explain::SegmentView;
use crate::sla::recomputations::{self, Recomputation};
use crate::web::{Asked, Frame, Ids, Page, PageResult, Seat, show};
use crate::work::Work;

/// Calendars on a page, and those that a form lets choose.
const ROWS: i64 = 100;
/// Coming holidays that are listed.
const COMING: usize = 12;
/// Stretches of an answer that are drawn and listed.
const SEGMENTS: usize = 300;
/// The longest question, in minutes: two years of days and nights.
const MINUTES: f64 = 1_051_200.0;

/// The calendars that a policy may count by: id and name.
pub fn names(work: &mut Work) -> Result<Vec<(i64, String)>> {
    work.query(
        "select calendar_id, calendar_name from crm_calendars where is_active order by calendar_name, calendar_id
         limit 500",
        &[],
    )
}

crate::input! {
    pub struct ListAsked {
        pub limit: Option<crate::paging::Limit>,
        pub cursor: Option<Cursor>,
    }
}

/// A calendar in the list.
struct Row {
    calendar: Calendar,
    /// Minutes that it is open in a week.
    minutes: f64,
    /// The policies that count by it.
    policies: Vec<String>,
}

#[derive(Template)]
#[template(path = "administration/calendars.html")]
struct CalendarsPage {
    page: Page,
    frame: Frame,
    rows: Vec<Row>,
    next: Option<String>,
    deleted: Vec<Deleted>,
}

fn users_of(work: &mut Work) -> Result<Vec<(i64, String)>> {
    work.query(
        "select calendar_id, policy_name from crm_sla_policies
         where is_active and business_hours_only and calendar_id is not null order by position, sla_policy_id",
        &[],
    )
}

pub async fn list(seat: Seat<Manager>, asked: Asked<ListAsked>) -> PageResult {
    let query = CalendarQuery { page: None, limit: None, cursor: asked.query.cursor.clone(), exact: None };
    let paging = Paging::new(None, asked.query.limit, asked.query.cursor, ROWS)?;
    let visit = seat.visit.clone();
    let calendars = seat.read(Class::Slow, move |work| {
        let (page, frame) = around(work, &visit)?;
        let list = Calendar::list(work, &query, &paging)?;
        let users = users_of(work)?;
        let row = |calendar: Calendar| Row {
            minutes: week::minutes(&calendar.intervals),
            policies: users
                .iter()
                .filter(|(id, _)| *id == calendar.calendar_id)
                .map(|(_, name)| name.clone())
                .collect(),
            calendar,
        };
        Ok(CalendarsPage {
            deleted: deleted::read(work, &frame, "crm_calendars", "calendar_id", "calendar_name")?,
            next: list.pagination.next_cursor.as_ref().map(|cursor| next_page(&visit, "cursor", cursor)),
            rows: list.calendars.into_iter().map(row).collect(),
            page,
            frame,
        })
    });
    show(&calendars.await?)
}

/// A holiday to come.
struct Coming {
    date: Date,
    hours: String,
    name: String,
}

/// What a calendar answers to a question.
struct Answered {
    is_open: bool,
    next_open: Option<Time>,
    next_close: Option<Time>,
    /// Whether a deadline was asked for.
    is_asked: bool,
    /// Null where it never comes.
    due: Option<Time>,
    segments: Vec<SegmentView>,
    stretches: Vec<Stretch>,
    /// Whether there are more stretches than are listed.
    is_cut: bool,
}

impl Answered {
    fn has(&self, kind: &str) -> bool {
        self.segments.iter().any(|segment| segment.kind == kind)
    }
}

crate::input! {
    /// A question to a calendar, its start on the calendar's own clock.
    pub struct Tried {
        pub start: Option<String>,
        pub minutes: Option<String>,
    }
}

#[derive(Template)]
#[template(path = "administration/calendar.html")]
struct CalendarPage {
    page: Page,
    frame: Frame,
    /// None: one to be added.
    calendar: Option<Calendar>,
    days: Vec<Day>,
    coming: Vec<Coming>,
    zones: Vec<String>,
    policies: Vec<String>,
    recomputations: Vec<Recomputation>,
    /// The question as typed.
    start: String,
    minutes: String,
    answered: Option<Answered>,
    /// Whether the question could not be read.
    is_faulty: bool,
    zone: TimeZone,
}

impl CalendarPage {
    /// An instant on the calendar's clock.
    fn local(&self, at: &Time) -> String {
        let local = Timestamp::from(*at).to_zoned(self.zone.clone());
        format!("{}, {}", self.page.language().date(local.date()), local.strftime("%H:%M"))
    }

    fn day(&self, date: &Date) -> String {
        self.page.language().date(*date)
    }

    /// Holidays as lines of text.
    fn holidays(&self) -> String {
        let all = self.calendar.iter().flat_map(|calendar| &calendar.holidays);
        let line = |holiday: &hours::Holiday| {
            let hours = week::span(holiday.from.as_deref(), holiday.to.as_deref());
            [holiday.date.as_str(), hours.as_str(), holiday.name.as_deref().unwrap_or("")].join(" ")
        };
        all.map(|holiday| line(holiday).split_whitespace().collect::<Vec<_>>().join(" "))
            .collect::<Vec<_>>()
            .join("\n")
    }

    /// Extra hours as lines of text.
    fn extra(&self) -> String {
        let all = self.calendar.iter().flat_map(|calendar| &calendar.extra);
        all.map(|hours| format!("{} {}-{}", hours.date, hours.from, hours.to)).collect::<Vec<_>>().join("\n")
    }
}

/// The next holidays from today on, in their order.
fn coming(calendar: &Calendar, today: Date) -> Vec<Coming> {
    let read = |holiday: &hours::Holiday| {
        let date: Date = holiday.date.parse().ok()?;
        let hours = week::span(holiday.from.as_deref(), holiday.to.as_deref());
        Some(Coming { date, hours, name: holiday.name.clone().unwrap_or_default() })
    };
    let mut all: Vec<Coming> =
        calendar.holidays.iter().filter_map(read).filter(|one| one.date >= today).collect();
    all.sort_by_key(|one| one.date);
    all.truncate(COMING);
    all
}

/// The question that was typed: an instant, and minutes from there. `None` where it cannot be read.
fn question(tried: &Tried, zone: &TimeZone) -> Option<(Time, f64)> {
    let start: DateTime = tried.start.as_deref()?.parse().ok()?;
    let start = start.to_zoned(zone.clone()).ok()?.timestamp();
    let minutes = match tried.minutes.as_deref() {
        Some(text) => text.parse().ok().filter(|minutes: &f64| (0.0..=MINUTES).contains(minutes))?,
        None => 0.0,
    };
    Some((start.into(), minutes))
}

fn answer(work: &mut Work, calendar_id: i64, start: Time, minutes: f64) -> Result<Answered> {
    let clock = sla::clock(work, Some(calendar_id))?;
    let at = Timestamp::from(start);
    let amount = Duration::from_millis((minutes * 60_000.0).round() as u64);
    let due = if minutes > 0.0 { clock.deadline(at, amount).at() } else { None };
    let mut segments: Vec<SegmentView> = match due {
        Some(due) => clock.segments(at, due).take(SEGMENTS + 1).map(SegmentView::from).collect(),
        None => Vec::new(),
    };
    let is_cut = segments.len() > SEGMENTS;
    segments.truncate(SEGMENTS);
    let (stretches, _) = drawn(&segments, start);
    Ok(Answered {
        is_open: clock.is_open(at),
        next_open: clock.next_open(at).map(Time::from),
        next_close: clock.next_close(at).map(Time::from),
        is_asked: minutes > 0.0,
        due: due.map(Time::from),
        segments,
        stretches,
        is_cut,
    })
}

fn read(work: &mut Work, page: Page, frame: Frame, id: i64, tried: &Tried) -> Result<CalendarPage> {
    let calendar = Calendar::find(work, id)?;
    let zone = TimeZoneDatabase::bundled().get(&calendar.time_zone).unwrap_or(TimeZone::UTC);
    let here = Timestamp::from(work.now).to_zoned(zone.clone());
    let (mut answered, mut is_faulty) = (None, false);
    if tried.start.is_some() || tried.minutes.is_some() {
        match question(tried, &zone) {
            Some((start, minutes)) => answered = Some(answer(work, id, start, minutes)?),
            None => is_faulty = true,
        }
    }
    let recomputations = recomputations::latest(work)?;
    let of_this = |one: &Recomputation| one.progress.calendar_id == Some(id);
    Ok(CalendarPage {
        days: week::of(&page, &calendar.intervals),
        coming: coming(&calendar, here.date()),
        zones: zones(),
        policies: users_of(work)?.into_iter().filter(|(of, _)| *of == id).map(|(_, name)| name).collect(),
        recomputations: recomputations.into_iter().filter(of_this).collect(),
        start: tried.start.clone().unwrap_or_else(|| here.strftime("%Y-%m-%dT%H:%M").to_string()),
        minutes: tried.minutes.clone().unwrap_or_default(),
        answered,
        is_faulty,
        zone,
        calendar: Some(calendar),
        page,
        frame,
    })
}

/// The zones that a calendar may be in.
fn zones() -> Vec<String> {
    TimeZoneDatabase::bundled().available().map(|name| name.to_string()).collect()
}

pub async fn new(seat: Seat<Manager>) -> PageResult {
    let visit = seat.visit.clone();
    let page = seat.read(Class::Bounded, move |work| {
        let (page, frame) = around(work, &visit)?;
        Ok(CalendarPage {
            days: week::of(&page, &week::usual()),
            coming: Vec::new(),
            zones: zones(),
            policies: Vec::new(),
            recomputations: Vec::new(),
            start: String::new(),
            minutes: String::new(),
            answered: None,
            is_faulty: false,
            zone: TimeZone::UTC,
            calendar: None,
            page,
            frame,
        })
    });
    show(&page.await?)
}

pub async fn edit(seat: Seat<Manager>, Ids([id]): Ids<1>, tried: Asked<Tried>) -> PageResult {
    let visit = seat.visit.clone();
    let page = seat.read(Class::Slow, move |work| {
        let (page, frame) = around(work, &visit)?;
        read(work, page, frame, id, &tried.query)
    });
    show(&page.await?)
}

/// What the form would do to the open cases, as a part of its page.
pub async fn preview(
    seat: Seat<Manager>,
    Path([id]): Path<1>,
    Body(edit): Body<CalendarEdit>,
) -> Result<Response> {
    let expected = seat.expected(id);
    let preview = calendars::previewed(&seat, id, edit, expected).await?;
    Shown::of(&seat, preview).await
}
