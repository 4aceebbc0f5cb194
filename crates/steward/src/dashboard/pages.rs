//! The dashboard in the browser (spec 9): the API's numbers, drawn. Filters stand in the address; without scripts a form
//! sets them. Scripts fetch the figures again when something happens on the desk.

use std::fmt::Write;
use std::sync::Arc;

use askama::Template;
use axum::extract::RawQuery;
use axum::http::StatusCode;
use db::Class;
use serde_json::Value;

use super::api::Shown;
use super::period::{DashboardQuery, Zone};
use super::view::{self, Alarm, Bar, Group, People, Satisfaction, Stretch, Target, Tile, Times};
use super::{Dashboard, Scope, period};
use crate::error::{Error, Result};
use crate::http::Viewer;
use crate::input::{self, Field};
use crate::people::Role;
use crate::surveys::definition::Survey;
use crate::web::chart::Trend;
use crate::web::{Choices, Frame, Page, PageResult, Seat, Visit, choices, show, show_as};
use crate::work::{Actor, Work};

pub use super::survey_page::survey;

/// Periods that one tap chooses, in days.
const PERIODS: [i64; 4] = [7, 30, 90, 365];
/// Zones that the field suggests beside the reader's own; it takes any.
const ZONES: [&str; 24] = [
    "UTC",
    "Africa/Cairo",
    "Africa/Johannesburg",
    "Africa/Lagos",
    "America/Bogota",
    "America/Chicago",
    "America/Denver",
    "America/Los_Angeles",
    "America/Mexico_City",
    "America/New_York",
    "America/Sao_Paulo",
    "America/Toronto",
    "Asia/Dubai",
    "Asia/Hong_Kong",
    "Asia/Kolkata",
    "Asia/Seoul",
    "Asia/Shanghai",
    "Asia/Singapore",
    "Asia/Tokyo",
    "Australia/Sydney",
    "Europe/Berlin",
    "Europe/London",
    "Europe/Moscow",
    "Pacific/Auckland",
];

/// What the filters are set to, as they stand in the form and in addresses.
#[derive(Default, Clone)]
struct Chosen {
    owner_id: Vec<i64>,
    team_id: Vec<i64>,
    days: Option<i64>,
    from: String,
    to: String,
    /// Empty for the reader's own.
    tz: String,
}

impl Chosen {
    /// Filters as a query; `days` instead of the days that are chosen.
    fn query(&self, days: Option<i64>, tz: &str) -> String {
        let mut text = String::new();
        let mut add = |name: &str, value: &dyn std::fmt::Display| {
            let _ = write!(text, "{}{name}={value}", if text.is_empty() { "" } else { "&" });
        };
        match (days, &self.from) {
            (Some(days), _) => add("days", &days),
            (None, from) if !from.is_empty() => add("from", from),
            (None, _) => self.days.iter().for_each(|days| add("days", days)),
        }
        if days.is_none() && !self.to.is_empty() {
            add("to", &self.to);
        }
        for (name, ids) in [("owner_id", &self.owner_id), ("team_id", &self.team_id)] {
            ids.iter().for_each(|id| add(name, id));
        }
        if !tz.is_empty() {
            add("tz", &tz);
        }
        text
    }

    /// The page with a period of so many days.
    fn at(&self, days: &i64) -> String {
        format!("/dashboard?{}", self.query(Some(*days), &self.tz))
    }

    fn is_of(&self, days: &i64) -> bool {
        self.from.is_empty() && self.to.is_empty() && self.days.unwrap_or(30) == *days
    }
}

/// What is asked for: read from an address in which a form left fields empty.
struct Asked {
    query: DashboardQuery,
    chosen: Chosen,
}

impl Asked {
    fn read(text: &str, visit: &Visit) -> Result<Asked> {
        let pairs: Vec<&str> =
            text.split('&').filter(|pair| !pair.is_empty() && !pair.ends_with('=')).collect();
        // Days of one's own stand before a number of days.
        let has_from = pairs.iter().any(|pair| pair.starts_with("from="));
        let kept = pairs.into_iter().filter(|pair| !(has_from && pair.starts_with("days=")));
        let mut query: DashboardQuery = input::from_query(&kept.collect::<Vec<_>>().join("&"))?;
        let day = |day: Option<period::Day>| day.map_or(String::new(), |day| day.0.to_string());
        let chosen = Chosen {
            owner_id: query.owner_id.into_iter().collect(),
            team_id: query.team_id.into_iter().collect(),
            days: query.days.map(|days| days.0),
            from: day(query.from),
            to: day(query.to),
            tz: query.tz.as_ref().map_or(String::new(), |zone| zone.name.clone()),
        };
        query.tz = query.tz.or_else(|| own_zone(visit));
        Ok(Asked { query, chosen })
    }
}

/// The reader's zone, if it is one that the desk knows.
fn own_zone(visit: &Visit) -> Option<Zone> {
    Zone::from_json(Value::from(visit.zone.iana_name()?)).ok()
}

/// All that the page shows of a dashboard.
struct Figures {
    shown: Arc<Shown>,
    tiles: Vec<Tile>,
    trend: Trend,
    stretches: Vec<Stretch>,
    groups: Vec<Group>,
    by_status: Vec<Bar>,
    by_age: Vec<Bar>,
    people: [People; 2],
    targets: Vec<Target>,
    times: [Times; 2],
    satisfaction: Satisfaction,
    alarms: Vec<Alarm>,
    surveys: Vec<Survey>,
    /// The query of the CSV files, for those who may have them.
    csv: Option<String>,
}

impl Figures {
    fn of(page: &Page, asked: &Asked, shown: Arc<Shown>, surveys: Vec<Survey>, role: Role) -> Figures {
        let (trend, stretches) = view::trend(page, &shown);
        let zone = &shown.days.zone.name;
        Figures {
            tiles: view::tiles(page, &shown),
            trend,
            stretches,
            groups: view::groups(page, &shown),
            by_status: view::by_status(page, &shown),
            by_age: view::by_age(page, &shown),
            people: view::everybody(&shown),
            targets: view::targets(page, &shown),
            times: view::times(&shown),
            satisfaction: view::satisfaction(page, &shown),
            alarms: view::alarms(&shown),
            surveys,
            csv: (role >= Role::Manager).then(|| asked.chosen.query(None, zone)),
            shown,
        }
    }

    /// The days that it is about.
    fn days(&self, page: &Page) -> String {
        let days = &self.shown.days;
        view::stretch_label(page.language(), days.first, days.date(days.borders.len() - 2))
    }

    fn minutes(&self, minutes: &i64) -> f64 {
        *minutes as f64
    }

    fn is_empty(&self) -> bool {
        self.shown.overall.total_cases == 0
    }

    fn is_filtered(&self) -> bool {
        self.shown.scope != Scope::default()
    }

    fn page_of(&self, href: &str) -> String {
        view::page_of(href)
    }
}

#[derive(Template)]
#[template(path = "dashboard/show.html")]
struct DashboardPage {
    page: Page,
    frame: Frame,
    choices: Choices,
    chosen: Chosen,
    faults: Vec<(String, String)>,
    figures: Option<Figures>,
}

impl DashboardPage {
    fn periods(&self) -> [i64; 4] {
        PERIODS
    }

    fn zones(&self) -> [&'static str; 24] {
        ZONES
    }

    fn own_zone(&self) -> String {
        own_zone(&self.page.visit).map_or("UTC".into(), |zone| zone.name)
    }
}

/// The figures alone, to be put in the place of those that the page shows.
#[derive(Template)]
#[template(path = "dashboard/_fragment.html")]
struct FiguresPart {
    page: Page,
    figures: Figures,
}

pub async fn dashboard(seat: Seat<Viewer>, RawQuery(query): RawQuery) -> PageResult {
    let visit = seat.visit.clone();
    let around = seat.read(Class::Bounded, move |work| around(work, &visit));
    let (read, around) = tokio::try_join!(read(&seat, query), around)?;
    let (page, frame, choices, surveys) = around;
    match read {
        Ok((asked, shown)) => {
            let figures = Some(Figures::of(&page, &asked, shown, surveys, frame.role));
            show(&DashboardPage { page, frame, choices, chosen: asked.chosen, faults: Vec::new(), figures })
        }
        Err(faults) => {
            let chosen = Chosen::default();
            let page = DashboardPage { page, frame, choices, chosen, faults, figures: None };
            show_as(StatusCode::BAD_REQUEST, &page)
        }
    }
}

pub async fn figures(seat: Seat<Viewer>, RawQuery(query): RawQuery) -> PageResult {
    let asked = Asked::read(&query.unwrap_or_default(), &seat.visit)?;
    let visit = seat.visit.clone();
    let around = seat.read(Class::Bounded, move |work| Ok((Page::read(work, &visit)?, Survey::all(work)?)));
    let (shown, (page, surveys)) = tokio::try_join!(Dashboard::ask(&seat, &asked.query), around)?;
    let role = if let Actor::User { role, .. } = seat.actor { role } else { Role::Viewer };
    let figures = Figures::of(&page, &asked, shown, surveys, role);
    show(&FiguresPart { page, figures })
}

type Faulty = Vec<(String, String)>;

/// The dashboard that an address asks for, or what is wrong with the address.
async fn read(seat: &Seat<Viewer>, query: Option<String>) -> Result<Result<(Asked, Arc<Shown>), Faulty>> {
    let asked = match Asked::read(&query.unwrap_or_default(), &seat.visit) {
        Ok(asked) => asked,
        Err(error) => return faults_of(error).map(Err),
    };
    match Dashboard::ask(seat, &asked.query).await {
        Ok(shown) => Ok(Ok((asked, shown))),
        Err(error) => faults_of(error).map(Err),
    }
}

/// What of an error can be said beside the form.
fn faults_of(error: Error) -> Result<Faulty> {
    match error {
        Error::BadQuery(faults) => {
            let named = faults.into_iter().map(|fault| (fault.parameter.unwrap_or_default(), fault.message));
            Ok(named.collect())
        }
        error => Err(error),
    }
}

fn around(work: &mut Work, visit: &Visit) -> Result<(Page, Frame, Choices, Vec<Survey>)> {
    Ok((Page::read(work, visit)?, Frame::read(work, visit, "dashboard")?, choices(work)?, Survey::all(work)?))
}
