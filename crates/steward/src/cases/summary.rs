//! How many, by status: from the rollup where one dimension says everything, else counted up to 10,000 (spec 4).

use schemars::JsonSchema;
use serde::Serialize;

use super::Status;
use super::filter::{Dimension, Filter};
use crate::error::Result;
use crate::paging::{REACH, Total};
use crate::work::Work;

db::record! {
    /// The cases of one status, counted.
    struct Count {
        status: Status,
        cases: i64,
        escalated: i64,
        violated: i64,
        responded: i64,
        response_minutes: i64,
        timed: i64,
        resolution_minutes: i64,
    }
}

/// The cases that match the list's filters, each count that exact status.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub struct Summary {
    pub total_cases: i64,
    pub new_count: i64,
    pub open_count: i64,
    pub pending_count: i64,
    pub in_progress_count: i64,
    pub waiting_customer_count: i64,
    pub resolved_count: i64,
    pub closed_count: i64,
    pub cancelled_count: i64,
    /// All active statuses together.
    pub active_count: i64,
    /// Null for customers.
    pub escalated_count: Option<i64>,
    /// Null for customers.
    pub sla_violated_count: Option<i64>,
    /// Mean minutes to the first response, one decimal; null without any.
    pub avg_response_time_minutes: Option<f64>,
    /// Mean minutes to the resolution, one decimal; null without any.
    pub avg_resolution_time_minutes: Option<f64>,
    /// False where counting stopped at 10,000.
    pub total_is_exact: bool,
}

/// Counts the cases of a filter. `exact` counts them all, however many.
pub fn count(work: &mut Work, filter: &Filter, from: &str, exact: bool) -> Result<Summary> {
    let counts = match &filter.rollup {
        Some(dimension) => rolled_up(work, dimension, &filter.statuses)?,
        None => counted(work, filter, from, exact)?,
    };
    let limited = filter.rollup.is_none() && !exact;
    Ok(Summary::of(&counts, limited, work.actor.is_staff()))
}

/// How many cases a filter has, from the rollup where it knows, else counted up to `most`.
pub fn total(work: &mut Work, filter: &Filter, most: i64) -> Result<Total> {
    if let Some(dimension) = &filter.rollup {
        let counts = rolled_up(work, dimension, &filter.statuses)?;
        return Ok(Total::exact(counts.iter().map(|count| count.cases).sum()));
    }
    let sql = format!(
        "select count(*) from (select 1 as one from crm_cases c where {} limit {}) q",
        filter.sql(),
        most + 1
    );
    let (rows,): (i64,) = work.one(&sql, &filter.params())?;
    Ok(Total { rows: rows.min(most), is_exact: rows <= most })
}

fn rolled_up(work: &mut Work, dimension: &Dimension, statuses: &[Status]) -> Result<Vec<Count>> {
    let mut rows = Filter::default();
    rows.and("dimension = ?", dimension.name);
    rows.among("key", dimension.keys.iter().map(String::as_str));
    if !statuses.is_empty() {
        rows.among("status", statuses.iter().map(|status| status.word()));
    }
    let sum = |column: &str| format!("cast(sum({column}) as bigint) as {column}");
    let sums: Vec<String> =
        ["cases", "escalated", "violated", "responded", "response_minutes", "timed", "resolution_minutes"]
            .map(sum)
            .into();
    let sql = format!(
        "select status, {} from crm_case_rollup_now where {} group by status",
        sums.join(", "),
        rows.sql()
    );
    work.query(&sql, &rows.params())
}

fn counted(work: &mut Work, filter: &Filter, from: &str, exact: bool) -> Result<Vec<Count>> {
    let limit = if exact { String::new() } else { format!(" limit {}", REACH + 1) };
    let sql = format!(
        "select q.status, count(*) as cases,
             count(*) filter (where q.is_escalated) as escalated,
             count(*) filter (where q.is_sla_violated) as violated,
             count(q.response_time_minutes) as responded,
             cast(coalesce(sum(q.response_time_minutes), 0) as bigint) as response_minutes,
             count(q.resolution_time_minutes) as timed,
             cast(coalesce(sum(q.resolution_time_minutes), 0) as bigint) as resolution_minutes
         from (select c.status, c.is_escalated, c.is_sla_violated, c.response_time_minutes, c.resolution_time_minutes
               from {from} where {}{limit}) q
         group by q.status",
        filter.sql()
    );
    work.query(&sql, &filter.params())
}

impl Summary {
    fn of(counts: &[Count], limited: bool, for_staff: bool) -> Summary {
        let mut summary = Summary::default();
        let (mut escalated, mut violated) = (0, 0);
        let (mut responded, mut response_minutes, mut timed, mut resolution_minutes) = (0, 0, 0, 0);
        for count in counts {
            *summary.of_status(count.status) += count.cases;
            summary.total_cases += count.cases;
            if count.status.is_active() {
                summary.active_count += count.cases;
            }
            escalated += count.escalated;
            violated += count.violated;
            responded += count.responded;
            response_minutes += count.response_minutes;
            timed += count.timed;
            resolution_minutes += count.resolution_minutes;
        }
        summary.total_is_exact = !limited || summary.total_cases <= REACH;
        if !summary.total_is_exact {
            summary.total_cases = REACH;
        }
        summary.escalated_count = for_staff.then_some(escalated);
        summary.sla_violated_count = for_staff.then_some(violated);
        summary.avg_response_time_minutes = mean(response_minutes, responded);
        summary.avg_resolution_time_minutes = mean(resolution_minutes, timed);
        summary
    }

    fn of_status(&mut self, status: Status) -> &mut i64 {
        match status {
            Status::New => &mut self.new_count,
            Status::Open => &mut self.open_count,
            Status::Pending => &mut self.pending_count,
            Status::InProgress => &mut self.in_progress_count,
            Status::WaitingCustomer => &mut self.waiting_customer_count,
            Status::Resolved => &mut self.resolved_count,
            Status::Closed => &mut self.closed_count,
            Status::Cancelled => &mut self.cancelled_count,
        }
    }

    pub fn total(&self) -> Total {
        let rows = if self.total_is_exact { self.total_cases } else { REACH };
        Total { rows, is_exact: self.total_is_exact }
    }
}

/// `sum / count` to one decimal.
pub(crate) fn mean(sum: i64, count: i64) -> Option<f64> {
    (count > 0).then(|| (sum as f64 / count as f64 * 10.0).round() / 10.0)
}

/// Moves the rollups' appended deltas into their bases and drops what no dashboard asks for any more (PostgreSQL); SQLite does
/// both in place. Nodes may do it side by side.
pub fn fold_rollup(work: &mut Work) -> Result<()> {
    match work.dialect() {
        db::Dialect::Sqlite => Ok(()),
        db::Dialect::Postgres => work
            .one::<(i64, i64, i64)>(
                "select crm_fold_case_rollup() as by_one, crm_fold_owner_rollup() as by_owner,
                     crm_prune_dashboard_changes() as changes",
                &[],
            )
            .map(|_| ()),
    }
}
