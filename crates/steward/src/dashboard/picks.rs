//! The cases that a dashboard shows one by one: missed targets, what needs attention, the latest ratings.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use schemars::JsonSchema;
use serde::Serialize;

use super::Scope;
use super::facts::Fact;
use super::period::Period;
use crate::cases::{Filter, Status};
use crate::clock::Time;
use crate::error::Result;
use crate::work::Work;

/// Cases shown of each kind.
const SHOWN: usize = 10;
/// The level from which a priority is high: High and Critical of the reference data.
const HIGH: i64 = 3;

db::record! {
    struct Missed {
        case_id: i64,
        case_number: String,
        subject: String,
        status: Status,
        priority_name: String,
        owner_name: Option<String>,
        violations: i64,
        violated_at: Time,
        minutes_overdue: i64,
        still_due_at: Option<Time>,
    }
}

/// A case that missed targets in the period.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ViolatedCase {
    pub case_id: i64,
    pub case_number: String,
    pub subject: String,
    pub status: Status,
    pub priority_name: String,
    pub owner_name: Option<String>,
    /// Targets missed in the period.
    pub violation_count: i64,
    /// The latest of them.
    pub violated_at: Time,
    /// Wall-clock minutes past the deadline, of the target missed by most.
    pub minutes_overdue: i64,
    pub href: String,
}

/// The cases that missed targets in the period, the latest first, at most 10.
pub fn sla_violations(work: &mut Work, scope: &Scope, period: &Period) -> Result<Vec<ViolatedCase>> {
    let latest = latest_violated(work, scope, period)?;
    let among = work.dialect().among_ints("v.case_id", "$1");
    let sql = format!(
        "select c.case_id, c.case_number, c.subject, c.status, p.priority_name, u.name as owner_name, q.violations,
             q.violated_at, q.minutes_overdue,
             (select min(t.breached_at) from crm_sla_targets t where t.case_id = c.case_id and t.breached_at is not null
              and t.met_at is null and t.voided_at is null) as still_due_at
         from (select v.case_id, count(*) as violations, max(v.violated_at) as violated_at,
                   max(v.minutes_overdue) as minutes_overdue
               from crm_sla_violations v where {among} and v.violated_at >= $2 and v.violated_at < $3
               group by v.case_id) q
         join crm_cases c on c.case_id = q.case_id
         join crm_case_priorities p on p.priority_id = c.priority_id
         left join crm_users u on u.user_id = c.owner_id
         order by q.violated_at desc, c.case_id desc",
    );
    let now = work.now;
    let rows: Vec<Missed> = work.query(&sql, &[&serde_json::json!(latest), &period.from(), &period.to()])?;
    let shown = |row: Missed| ViolatedCase {
        href: href(row.case_id),
        // What is still missed grows with the time.
        minutes_overdue: row.still_due_at.map_or(0, |due| now.minutes_since(due)).max(row.minutes_overdue),
        case_id: row.case_id,
        case_number: row.case_number,
        subject: row.subject,
        status: row.status,
        priority_name: row.priority_name,
        owner_name: row.owner_name,
        violation_count: row.violations,
        violated_at: row.violated_at,
    };
    Ok(rows.into_iter().map(shown).collect())
}

/// The cases of the latest violations of the period. An index has violations by their time: as many are read as are needed to
/// name the cases, which is few, since a case has few.
fn latest_violated(work: &mut Work, scope: &Scope, period: &Period) -> Result<Vec<i64>> {
    let mut filter = Filter::default();
    filter.and("v.violated_at >= ?", db::Value::Time(period.from().into()));
    filter.and("v.violated_at < ?", db::Value::Time(period.to().into()));
    scope.narrow(work.dialect(), &mut filter);
    let mut limit = 4 * SHOWN;
    loop {
        let sql = format!(
            "select v.case_id from crm_sla_violations v join crm_cases c on c.case_id = v.case_id and c.is_listed
             where {} order by v.violated_at desc, v.case_id desc limit {limit}",
            filter.sql()
        );
        let rows: Vec<(i64,)> = work.query(&sql, &filter.params())?;
        let mut cases = Vec::new();
        for (case_id,) in &rows {
            if cases.len() < SHOWN && !cases.contains(case_id) {
                cases.push(*case_id);
            }
        }
        if cases.len() == SHOWN || rows.len() < limit {
            return Ok(cases);
        }
        limit *= 10;
    }
}

db::record! {
    #[derive(Debug, Clone)]
    struct Waiting {
        case_id: i64,
        case_number: String,
        subject: String,
        status: Status,
        priority_name: String,
        priority_level: i64,
        owner_id: Option<i64>,
        owner_name: Option<String>,
        is_escalated: bool,
        resolution_due: Option<Time>,
        next_due: Option<Time>,
        created_at: Time,
    }
}

/// An active case that is overdue or urgent.
#[derive(Debug, Serialize, JsonSchema)]
pub struct NeedyCase {
    pub case_id: i64,
    pub case_number: String,
    pub subject: String,
    pub status: Status,
    pub priority_name: String,
    pub priority_level: i64,
    pub owner_id: Option<i64>,
    pub owner_name: Option<String>,
    pub is_escalated: bool,
    pub is_overdue: bool,
    pub resolution_due: Option<Time>,
    pub created_at: Time,
    pub href: String,
}

/// Active cases that are overdue, the longest first, then those of high priority, the most urgent and oldest first; at
/// most 10.
pub fn needs_attention(work: &mut Work, open: &[&Fact]) -> Result<Vec<NeedyCase>> {
    let now = work.now;
    let overdue =
        open.iter().filter_map(|fact| Some((fact.next_due.filter(|due| *due < now)?, fact.case_id)));
    let urgent = open
        .iter()
        .filter(|fact| fact.priority_level >= HIGH)
        .map(|fact| (Reverse(fact.priority_level), fact.case_id));
    let mut ids: Vec<i64> = first(overdue).into_iter().map(|(_, case_id)| case_id).collect();
    for (_, case_id) in first(urgent) {
        if !ids.contains(&case_id) {
            ids.push(case_id);
        }
    }
    ids.truncate(SHOWN);
    let mut rows = waiting(work, &ids)?;
    rows.sort_by_key(|row| ids.iter().position(|id| *id == row.case_id));
    let shown = |row: Waiting| NeedyCase {
        href: href(row.case_id),
        is_overdue: row.next_due.is_some_and(|due| due < now),
        case_id: row.case_id,
        case_number: row.case_number,
        subject: row.subject,
        status: row.status,
        priority_name: row.priority_name,
        priority_level: row.priority_level,
        owner_id: row.owner_id,
        owner_name: row.owner_name,
        is_escalated: row.is_escalated,
        resolution_due: row.resolution_due,
        created_at: row.created_at,
    };
    Ok(rows.into_iter().map(shown).collect())
}

/// The least ones, in order.
fn first<T: Ord>(all: impl Iterator<Item = T>) -> Vec<T> {
    let mut least = BinaryHeap::with_capacity(SHOWN);
    for one in all {
        // Most are beyond those that are shown, and cost a comparison.
        if least.len() < SHOWN {
            least.push(one);
        } else if least.peek().is_some_and(|last| one < *last) {
            least.pop();
            least.push(one);
        }
    }
    least.into_sorted_vec()
}

fn waiting(work: &mut Work, ids: &[i64]) -> Result<Vec<Waiting>> {
    let among = work.dialect().among_ints("c.case_id", "$1");
    let sql = format!(
        "select c.case_id, c.case_number, c.subject, c.status, p.priority_name, c.priority_level, c.owner_id,
             u.name as owner_name, c.is_escalated, c.resolution_due, c.sla_next_due as next_due, c.created_at
         from crm_cases c
         left join crm_case_priorities p on p.priority_id = c.priority_id
         left join crm_users u on u.user_id = c.owner_id
         where {among}"
    );
    work.query(&sql, &[&serde_json::json!(ids)])
}

db::record! {
    /// A rating.
    #[derive(Debug, Serialize, JsonSchema)]
    pub struct Rating {
        pub case_id: i64,
        pub case_number: String,
        pub subject: String,
        pub contact_name: Option<String>,
        pub owner_name: Option<String>,
        pub csat_score: i64,
        pub csat_comment: Option<String>,
        pub csat_submitted_at: Time,
        pub href: String,
    }
}

/// The latest ratings of all time, at most 10.
pub fn recent_csat(work: &mut Work, scope: &Scope) -> Result<Vec<Rating>> {
    let mut filter = Filter::default();
    filter.plain("c.is_listed and c.csat_submitted_at is not null and c.csat_score is not null");
    scope.narrow(work.dialect(), &mut filter);
    let sql = format!(
        "select c.case_id, c.case_number, c.subject, k.name as contact_name, u.name as owner_name, c.csat_score,
             c.csat_comment, c.csat_submitted_at, '/api/crm/cases/' || cast(c.case_id as text) as href
         from crm_cases c
         left join crm_contacts k on k.contact_id = c.contact_id
         left join crm_users u on u.user_id = c.owner_id
         where {} order by c.csat_submitted_at desc, c.case_id desc limit {SHOWN}",
        filter.sql()
    );
    work.query(&sql, &filter.params())
}

fn href(case_id: i64) -> String {
    format!("/api/crm/cases/{case_id}")
}
