//! The support dashboard (spec 9): how the desk stands, and how a period of it went.
//!
//! Its cost does not grow with history. What is said of all time comes from `crm_owner_rollup`; the numbers of the period and the
//! backlog are made from its cases and the open ones, so that medians and percentiles are exact. A node remembers what it read of them
//! ([`memory`]) and reads anew what changed. Every number carries the case list of exactly the cases it counts.

pub mod api;
mod attainment;
mod facts;
mod flights;
mod groups;
mod links;
mod memory;
mod overall;
pub mod pages;
mod period;
mod picks;
pub mod sections;
mod survey_page;
mod surveys;
mod view;

use db::Dialect;
use schemars::JsonSchema;
use serde::Serialize;

use crate::cases::Filter;
use crate::clock::Time;
use crate::error::Result;
use crate::surveys::SurveyType;
use crate::work::Work;

pub use api::{Dashboards, Shown, show};
use attainment::Attainment;
use facts::{Cases, Fact, Share, Tally};
use groups::{Breakdown, OfChannel, OfOwner, OfPriority, OfTeam, OfType, TrendDay};
use links::{CaseLink, Links};
pub use memory::Memory;
use overall::{Backlog, Overall};
use period::Period;
pub use period::{DashboardQuery, Zone};
use picks::{NeedyCase, Rating, ViolatedCase};
use surveys::{Answers, Ces, Nps};

/// Whose cases.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Scope {
    pub owner_id: Option<i64>,
    pub team_id: Option<i64>,
}

impl Scope {
    fn columns(&self) -> impl Iterator<Item = (&'static str, i64)> {
        let columns = [("owner_id", self.owner_id), ("team_id", self.team_id)];
        columns.into_iter().filter_map(|(column, id)| Some((column, id?)))
    }

    fn holds(&self, fact: &Fact) -> bool {
        self.owner_id.is_none_or(|id| fact.owner_id == Some(id))
            && self.team_id.is_none_or(|id| fact.team_id == Some(id))
    }

    /// The case list of the scope.
    fn link(&self) -> CaseLink {
        self.columns().fold(CaseLink::default(), |link, (column, id)| link.with(column, id))
    }

    /// Adds the scope to conditions on `c`, whose other conditions lead into an index: an owner's history is long.
    fn narrow(&self, dialect: Dialect, filter: &mut Filter) {
        for (column, id) in self.columns() {
            filter.and(&format!("{} = ?", dialect.unindexed(&format!("c.{column}"))), id);
        }
    }

    /// The cells of the rollup by owner and team.
    fn cells(&self) -> Filter {
        let mut filter = Filter::default();
        filter.plain("cases <> 0");
        for (column, id) in self.columns() {
            filter.and(&format!("{column} = ?"), id);
        }
        filter
    }
}

/// How many gave a score in the period.
#[derive(Debug, Serialize, JsonSchema)]
pub struct OfScore {
    pub score: i64,
    pub cases: i64,
    pub href: String,
}

/// The numbers of a period. Minutes are wall-clock; response times are of the cases created in it, resolution times,
/// reopenings and one-touch of those resolved in it, satisfaction of what was rated in it.
#[derive(Debug, Serialize, JsonSchema)]
pub struct PeriodFigures {
    pub days: i64,
    /// Its first instant, ...
    pub from: Time,
    /// ... and its end, not included.
    pub to: Time,
    pub tz: String,
    pub period_total: i64,
    pub period_active: i64,
    pub period_sla_violated: i64,
    pub period_resolved: i64,
    pub period_avg_response: Option<f64>,
    pub period_median_response: Option<f64>,
    pub period_p90_response: Option<i64>,
    pub period_avg_resolution: Option<f64>,
    pub period_median_resolution: Option<f64>,
    pub period_p90_resolution: Option<i64>,
    pub reopened_cases: i64,
    /// Of the cases resolved, one decimal; null without any.
    pub reopen_rate_percent: Option<f64>,
    pub one_touch_cases: i64,
    /// Of the cases resolved, one decimal; null without any.
    pub one_touch_rate_percent: Option<f64>,
    pub avg_csat_score: Option<f64>,
    /// Bounds of the 95% interval of that mean, two decimals; null for fewer than two scores.
    pub csat_low: Option<f64>,
    pub csat_high: Option<f64>,
    pub csat_response_count: i64,
    pub csat_distribution: Vec<OfScore>,
    pub nps: Nps,
    pub ces: Ces,
    pub sla_attainment: Vec<Attainment>,
    /// The case list behind each number, by its name.
    pub links: Links,
}

/// The support dashboard.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Dashboard {
    pub overall: Overall,
    pub period: PeriodFigures,
    /// As many days before the period.
    pub previous_period: PeriodFigures,
    /// The cases of the period by priority, the most urgent first.
    pub by_priority: Vec<OfPriority>,
    pub by_type: Vec<OfType>,
    pub by_channel: Vec<OfChannel>,
    pub by_owner: Vec<OfOwner>,
    pub by_team: Vec<OfTeam>,
    /// A row for every day, the first one first.
    pub daily_trend: Vec<TrendDay>,
    pub backlog: Backlog,
    /// Cases that missed targets in the period, the latest first.
    pub sla_violations: Vec<ViolatedCase>,
    /// Active cases that are overdue or of high priority.
    pub needs_attention: Vec<NeedyCase>,
    /// The latest ratings, whenever given.
    pub recent_csat: Vec<Rating>,
}

impl PeriodFigures {
    fn of(cases: &[Share], answers: &Answers, scope: &Scope, period: &Period) -> PeriodFigures {
        let mut tally = Tally::default();
        cases.iter().for_each(|share| tally.add(share));
        let figures = tally.figures(&scope.link(), period);
        let (csat_low, csat_high) = surveys::bounds(tally.score_interval(), 2);
        let mut links = figures.links;
        for (seeds, ours) in [
            ("period_total", "total_cases"),
            ("period_active", "active_cases"),
            ("period_sla_violated", "sla_violated_cases"),
            ("period_resolved", "resolved_cases"),
        ] {
            let link = links.remove(ours).unwrap_or_default();
            links.insert(seeds, link);
        }
        PeriodFigures {
            days: period.days(),
            from: period.from(),
            to: period.to(),
            tz: period.zone.name.clone(),
            period_total: tally.created,
            period_active: tally.active,
            period_sla_violated: tally.violated,
            period_resolved: tally.resolved,
            period_avg_response: figures.avg_response_time_minutes,
            period_median_response: figures.median_response_time_minutes,
            period_p90_response: figures.p90_response_time_minutes,
            period_avg_resolution: figures.avg_resolution_time_minutes,
            period_median_resolution: figures.median_resolution_time_minutes,
            period_p90_resolution: figures.p90_resolution_time_minutes,
            reopened_cases: tally.reopened,
            reopen_rate_percent: figures.reopen_rate_percent,
            one_touch_cases: tally.one_touch,
            one_touch_rate_percent: figures.one_touch_rate_percent,
            avg_csat_score: figures.avg_csat_score,
            csat_low,
            csat_high,
            csat_response_count: figures.csat_response_count,
            csat_distribution: distribution(&tally, scope, period),
            nps: Nps::of(&answers.to(SurveyType::Nps, period), scope, period),
            ces: Ces::of(&answers.to(SurveyType::Ces, period), scope, period),
            sla_attainment: Attainment::of(cases, scope, period),
            links,
        }
    }
}

fn distribution(tally: &Tally, scope: &Scope, period: &Period) -> Vec<OfScore> {
    let rated = scope.link().rated_in(period);
    let of = |(cases, score): (i64, i64)| OfScore { score, cases, href: rated.with("csat", score).to(cases) };
    tally.scores.into_iter().zip(1..).map(of).collect()
}

impl Dashboard {
    /// `facts` are at least those of the open cases, of the period and of the one before.
    fn read(work: &mut Work, scope: &Scope, period: &Period, facts: &[Fact]) -> Result<Dashboard> {
        let before = period.previous();
        let cases = Cases::of(facts, scope, [period, &before]);
        let answers = Answers::read(work, scope, before.from(), period.to())?;
        let breakdown = Breakdown::read(work, scope, period, &cases)?;
        Ok(Dashboard {
            overall: Overall::read(work, scope)?,
            period: PeriodFigures::of(&cases.now, &answers, scope, period),
            previous_period: PeriodFigures::of(&cases.before, &answers, scope, &before),
            by_priority: breakdown.by_priority(),
            by_type: breakdown.by_type(),
            by_channel: breakdown.by_channel(),
            by_owner: breakdown.by_owner(),
            by_team: breakdown.by_team(),
            daily_trend: breakdown.daily_trend(),
            backlog: Backlog::of(&cases.open, scope, work.now),
            sla_violations: picks::sla_violations(work, scope, period)?,
            needs_attention: picks::needs_attention(work, &cases.open)?,
            recent_csat: picks::recent_csat(work, scope)?,
        })
    }
}
