//! After a change of policies, of a calendar or of an account's tier: the clocks of open cases anew, as a job with
//! progress (spec 5).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::keep;
use super::promises::Promises;
use crate::clock::Time;
use crate::error::Result;
use crate::jobs::{self, Job};
use crate::work::Work;

/// Cases done in one transaction, so that none holds up the writers.
const PORTION: i64 = 100;

/// Which open cases a change concerns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    All,
    /// Those whose clocks go by a calendar.
    Calendar(i64),
    Account(i64),
}

impl Scope {
    /// The open cases as a `from` and `where`, with the one parameter `$1`, which is 0 where there is nothing to name.
    pub(super) fn open_cases(self) -> (&'static str, i64) {
        match self {
            Scope::All => ("crm_cases c where c.is_open and cast($1 as bigint) = 0", 0),
            Scope::Calendar(id) => (
                "crm_case_plans x join crm_cases c on c.case_id = x.case_id and c.is_open where x.calendar_id = $1",
                id,
            ),
            Scope::Account(id) => ("crm_cases c where c.is_open and c.account_id = $1", id),
        }
    }

    fn key(self) -> String {
        match self {
            Scope::All => "recompute_sla".into(),
            Scope::Calendar(id) => format!("recompute_sla calendar {id}"),
            Scope::Account(id) => format!("recompute_sla account {id}"),
        }
    }
}

/// How far a recomputation has come.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Recompute {
    /// Only cases whose clocks go by this calendar.
    pub calendar_id: Option<i64>,
    /// Only cases of this account; all open cases where neither is named.
    pub account_id: Option<i64>,
    /// The last case done.
    pub after_case_id: i64,
    pub done: i64,
    pub changed: i64,
    pub total: i64,
}

impl Recompute {
    fn scope(&self) -> Scope {
        match (self.calendar_id, self.account_id) {
            (Some(id), _) => Scope::Calendar(id),
            (None, Some(id)) => Scope::Account(id),
            (None, None) => Scope::All,
        }
    }
}

/// Enqueues a recomputation of the open cases that a change concerns. One that is under way for the same cases begins
/// anew: what it has done, it did before the change.
pub fn enqueue(work: &mut Work, scope: Scope) -> Result<()> {
    let (cases, id) = scope.open_cases();
    let (total,): (i64,) = work.one(&format!("select count(*) from {cases}"), &[&id])?;
    let (calendar_id, account_id) = match scope {
        Scope::All => (None, None),
        Scope::Calendar(id) => (Some(id), None),
        Scope::Account(id) => (None, Some(id)),
    };
    let recompute = Recompute { calendar_id, account_id, after_case_id: 0, done: 0, changed: 0, total };
    jobs::enqueue_anew(work, &Job::RecomputeSla(recompute), &scope.key())
}

/// The next open cases after one, in the order of their ids.
fn next_cases(work: &mut Work, scope: Scope, after: i64) -> Result<Vec<i64>> {
    let (cases, id) = scope.open_cases();
    let rows: Vec<(i64,)> = work.query(
        &format!("select c.case_id from {cases} and c.case_id > $2 order by c.case_id limit {PORTION}"),
        &[&id, &after],
    )?;
    Ok(rows.into_iter().map(|(case_id,)| case_id).collect())
}

/// Does one portion. Answers how far it is, and whether anything is left.
pub fn recompute(work: &mut Work, so_far: &Recompute) -> Result<(Recompute, bool)> {
    let cases = next_cases(work, so_far.scope(), so_far.after_case_id)?;
    let mut promises = Promises::read(work)?;
    let lock = work.dialect().for_update();
    let mut next = so_far.clone();
    for case_id in &cases {
        // One that has ended since the question keeps what it has.
        let open: Option<(bool,)> =
            work.optional(&format!("select is_open from crm_cases where case_id = $1{lock}"), &[case_id])?;
        if open == Some((true,)) {
            next.changed += i64::from(keep::rematch_by(work, *case_id, &mut promises)?);
        }
        next.done += 1;
        next.after_case_id = *case_id;
    }
    let is_left = cases.len() as i64 == PORTION;
    next.total = if is_left { next.total.max(next.done) } else { next.done };
    Ok((next, is_left))
}

/// A recomputation that has not come to its end, if any: until then kept deadlines may be behind.
pub fn is_pending(work: &mut Work) -> Result<bool> {
    let pending: Option<(Time,)> = work.optional(
        "select created_at from crm_jobs where kind = 'recompute_sla' and state <> 'done' limit 1",
        &[],
    )?;
    Ok(pending.is_some())
}
