//! Owners and teams side by side.

use super::Number;
use crate::dashboard::api::Shown;
use crate::dashboard::facts::Figures;
use crate::web::chart;

/// Owners and teams shown at once; the others are unfolded.
const FIRST: usize = 10;

/// Somebody's, or a team's, figures.
pub struct Person {
    /// Empty for cases of nobody.
    pub name: Option<String>,
    pub bar: f64,
    pub backlog: Number,
    pub total: Number,
    pub resolved: Number,
    pub missed: Number,
    pub median_response: Option<f64>,
    pub median_resolution: Option<f64>,
    pub csat: Option<f64>,
}

/// Owners or teams: those with most to do, and the others.
pub struct People {
    pub title: &'static str,
    pub section: &'static str,
    pub nobody: &'static str,
    pub first: Vec<Person>,
    pub others: Vec<Person>,
}

fn people<'a>(
    [title, section, nobody]: [&'static str; 3],
    rows: impl Iterator<Item = (&'a Option<String>, i64, &'a String, &'a Figures)>,
) -> People {
    let mut rows: Vec<_> = rows.collect();
    // Those of nobody stay last, the others by what lies before them.
    rows.sort_by_key(|(name, backlog, _, figures)| (name.is_none(), -backlog, -figures.total_cases));
    let largest = rows.iter().map(|(_, backlog, ..)| *backlog).max().unwrap_or(0);
    let person = |(name, backlog, href, figures): (&Option<String>, i64, &String, &Figures)| Person {
        name: name.clone(),
        bar: chart::bar(backlog, largest),
        backlog: Number::new(backlog, href),
        total: Number::new(figures.total_cases, &figures.href),
        resolved: Number::of(&figures.links, "resolved_cases", figures.resolved_cases),
        missed: Number::of(&figures.links, "sla_violated_cases", figures.sla_violated_cases),
        median_response: figures.median_response_time_minutes,
        median_resolution: figures.median_resolution_time_minutes,
        csat: figures.avg_csat_score,
    };
    let mut first: Vec<Person> = rows.into_iter().map(person).collect();
    let others = first.split_off(first.len().min(FIRST));
    People { title, section, nobody, first, others }
}

pub fn everybody(shown: &Shown) -> [People; 2] {
    let owners = shown.by_owner.iter();
    let owners = owners.map(|of| (&of.owner_name, of.backlog_cases, &of.backlog_href, &of.figures));
    let teams = shown.by_team.iter();
    let teams = teams.map(|of| (&of.team_name, of.backlog_cases, &of.backlog_href, &of.figures));
    [
        people(["dashboard-by-owner", "by_owner", "dashboard-no-owner"], owners),
        people(["dashboard-by-team", "by_team", "dashboard-no-team"], teams),
    ]
}
