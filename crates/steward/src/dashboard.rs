//! The support dashboard (spec 9): how the desk stands, and how a period of it went.
//!
//! Its cost does not grow with history. What is said of all time comes from `crm_owner_rollup`; the period's numbers are
//! made from the cases of the period, each read once by an index on its time, so that medians and percentiles are exact;
//! the backlog from the indexes over open cases. Every number carries the case list of exactly the cases it counts.

mod facts;
mod groups;
mod links;
mod overall;
mod period;
mod picks;
pub mod sections;
mod surveys;

use db::{Class, Dialect};
use schemars::JsonSchema;
use serde::Serialize;

use crate::cases::Filter;
use crate::clock::Time;
use crate::error::Result;
use crate::http::{Answer, Caller, Json, Query, Viewer};
use crate::work::Work;

use facts::{Fact, KINDS, Tally, percent};
use groups::{Breakdown, OfChannel, OfOwner, OfPriority, OfTeam, OfType, TrendDay};
use links::{CaseLink, Links};
use overall::{Backlog, Overall};
use period::Period;
pub use period::{DashboardQuery, Zone};
use picks::{NeedyCase, Rating, ViolatedCase};
use surveys::{Ces, Nps};

/// Cases of the period, or active ones, beyond which a dashboard queues with the searches.
const MANY: i64 = 10_000;

/// Whose cases.
#[derive(Debug, Clone, Copy, Default)]
pub struct Scope {
    pub owner_id: Option<i64>,
    pub team_id: Option<i64>,
}

impl Scope {
    fn columns(&self) -> impl Iterator<Item = (&'static str, i64)> {
        let columns = [("owner_id", self.owner_id), ("team_id", self.team_id)];
        columns.into_iter().filter_map(|(column, id)| Some((column, id?)))
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

/// Targets of one kind, of the cases created in the period.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Attainment {
    /// `first_response`, `next_response`, `resolution`
    pub target: &'static str,
    /// Cases that met it and never missed it.
    pub met_cases: i64,
    /// Cases that missed it.
    pub missed_cases: i64,
    /// Met of those met and missed, one decimal; null without any.
    pub attainment_percent: Option<f64>,
    /// The case list behind each number, by its name.
    pub links: Links,
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
    fn read(work: &mut Work, scope: &Scope, period: &Period, facts: &[Fact]) -> Result<PeriodFigures> {
        let mut tally = Tally::default();
        facts.iter().for_each(|fact| tally.add(fact, period));
        let figures = tally.figures(&scope.link(), period);
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
        Ok(PeriodFigures {
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
            csat_response_count: figures.csat_response_count,
            csat_distribution: distribution(&tally, scope, period),
            nps: Nps::read(work, scope, period)?,
            ces: Ces::read(work, scope, period)?,
            sla_attainment: attainment(&tally, scope, period),
            links,
        })
    }
}

fn distribution(tally: &Tally, scope: &Scope, period: &Period) -> Vec<OfScore> {
    let rated = scope.link().rated_in(period);
    let of = |(cases, score): (i64, i64)| OfScore { score, cases, href: rated.with("csat", score).to(cases) };
    tally.scores.into_iter().zip(1..).map(of).collect()
}

fn attainment(tally: &Tally, scope: &Scope, period: &Period) -> Vec<Attainment> {
    let created = scope.link().created_in(period);
    let of = |(n, target): (usize, &'static str)| {
        let (met, missed) = (tally.met[n], tally.missed[n]);
        Attainment {
            target,
            met_cases: met,
            missed_cases: missed,
            attainment_percent: percent(met, met + missed),
            links: Links::from([
                ("met_cases", created.with("attained", target).to(met)),
                ("missed_cases", created.with("breached", target).to(missed)),
            ]),
        }
    };
    KINDS.iter().map(|kind| kind.word()).enumerate().map(of).collect()
}

impl Dashboard {
    fn read(work: &mut Work, scope: &Scope, period: &Period) -> Result<Dashboard> {
        let before = period.previous();
        let facts = facts::read(work, scope, before.from(), period.to())?;
        let breakdown = Breakdown { scope, period, facts: &facts };
        Ok(Dashboard {
            overall: Overall::read(work, scope)?,
            period: PeriodFigures::read(work, scope, period, &facts)?,
            previous_period: PeriodFigures::read(work, scope, &before, &facts)?,
            by_priority: breakdown.by_priority(work)?,
            by_type: breakdown.by_type(work)?,
            by_channel: breakdown.by_channel(),
            by_owner: breakdown.by_owner(work)?,
            by_team: breakdown.by_team(work)?,
            daily_trend: breakdown.daily_trend(),
            backlog: Backlog::read(work, scope)?,
            sla_violations: picks::sla_violations(work, scope, period)?,
            needs_attention: picks::needs_attention(work, scope)?,
            recent_csat: picks::recent_csat(work, scope)?,
        })
    }

    /// What is asked for. A period of many cases, or a long backlog, queues with the searches, so that the desk goes on.
    async fn ask(caller: &Caller, query: &DashboardQuery) -> Result<Dashboard> {
        let scope = Scope { owner_id: query.owner_id, team_id: query.team_id };
        let period = Period::asked(query, caller.app.clock.now())?;
        let asked = period.clone();
        let small = caller.read(Class::Bounded, move |work| {
            let from = asked.previous().from();
            if overall::active(work, &Scope::default())? > MANY
                || facts::are_many(work, from, asked.to(), MANY)?
            {
                return Ok(None);
            }
            Dashboard::read(work, &scope, &asked).map(Some)
        });
        match small.await? {
            Some(dashboard) => Ok(dashboard),
            None => caller.read(Class::Slow, move |work| Dashboard::read(work, &scope, &period)).await,
        }
    }
}

pub async fn show(caller: Viewer, Query(query): Query<DashboardQuery>) -> Result<Answer<Json<Dashboard>>> {
    Ok(Json::new(Dashboard::ask(&caller, &query).await?).into())
}
