//! After a change of policies or of a calendar: the clocks of open cases anew, as a job with progress; and the preview,
//! which does the same and undoes it (spec 5).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::keep;
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::jobs::{self, Job};
use crate::work::Work;

/// Cases done in one transaction, so that none holds up the writers.
const PORTION: i64 = 100;
/// Cases that a preview looks at; a larger desk is told that there are more.
const PREVIEWED: i64 = 2000;

/// How far a recomputation has come.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Recompute {
    /// Only cases whose clocks go by this calendar; all open cases otherwise.
    pub calendar_id: Option<i64>,
    /// The last case done.
    pub after_case_id: i64,
    pub done: i64,
    pub changed: i64,
    pub total: i64,
}

/// Enqueues a recomputation of the open cases that a change concerns.
pub fn enqueue(work: &mut Work, calendar_id: Option<i64>) -> Result<()> {
    let (total,): (i64,) = match calendar_id {
        None => work.one("select count(*) from crm_cases where is_open", &[])?,
        Some(id) => work.one(
            "select count(*) from crm_case_plans p join crm_cases c on c.case_id = p.case_id and c.is_open
             where p.calendar_id = $1",
            &[&id],
        )?,
    };
    let job = Job::RecomputeSla(Recompute { calendar_id, after_case_id: 0, done: 0, changed: 0, total });
    let now = work.now;
    jobs::enqueue(work, &job, now, None)
}

fn next_cases(work: &mut Work, calendar_id: Option<i64>, after: i64, limit: i64) -> Result<Vec<(i64,)>> {
    match calendar_id {
        None => work.query(
            "select case_id from crm_cases where is_open and case_id > $1 order by case_id limit $2",
            &[&after, &limit],
        ),
        Some(id) => work.query(
            "select p.case_id from crm_case_plans p join crm_cases c on c.case_id = p.case_id and c.is_open
             where p.calendar_id = $1 and p.case_id > $2 order by p.case_id limit $3",
            &[&id, &after, &limit],
        ),
    }
}

fn lock(work: &mut Work, case_id: i64) -> Result<()> {
    let lock = work.dialect().for_update();
    work.one::<(i64,)>(&format!("select case_id from crm_cases where case_id = $1{lock}"), &[&case_id])
        .map(|_| ())
}

/// Does one portion. Answers what is left, or `None` once all is done.
pub fn recompute(work: &mut Work, so_far: &Recompute) -> Result<Option<Recompute>> {
    let cases = next_cases(work, so_far.calendar_id, so_far.after_case_id, PORTION)?;
    let mut next = so_far.clone();
    for (case_id,) in &cases {
        lock(work, *case_id)?;
        next.changed += i64::from(keep::rematch(work, *case_id)?);
        next.done += 1;
        next.after_case_id = *case_id;
    }
    Ok(if (cases.len() as i64) < PORTION { None } else { Some(next) })
}

/// What a change would do to one case.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Previewed {
    pub case_id: i64,
    pub first_response_due: Option<Time>,
    pub new_first_response_due: Option<Time>,
    pub resolution_due: Option<Time>,
    pub new_resolution_due: Option<Time>,
    /// Whether it would be missed by the change itself.
    pub would_breach: bool,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct Preview {
    /// Open cases looked at.
    pub examined: i64,
    /// False where the desk has more open cases than were looked at.
    pub is_complete: bool,
    pub breaching: i64,
    /// The cases whose due times would change.
    pub changes: Vec<Previewed>,
}

db::record! {
    #[derive(PartialEq, Clone)]
    struct Dues {
        first_response_due: Option<Time>,
        resolution_due: Option<Time>,
        is_sla_violated: bool,
    }
}

fn dues(work: &mut Work, case_id: i64) -> Result<Dues> {
    work.one(
        "select first_response_due, resolution_due, is_sla_violated from crm_cases where case_id = $1",
        &[&case_id],
    )
}

/// Makes a change, sees what it does to the open cases, and undoes both.
pub fn preview(
    work: &mut Work,
    calendar_id: Option<i64>,
    change: impl FnOnce(&mut Work) -> Result<()>,
) -> Result<Preview> {
    let mut seen = None;
    let undone = work.attempt(|work| {
        change(work)?;
        seen = Some(look(work, calendar_id)?);
        // Refusing is what undoes it.
        Err::<(), Error>(Error::Conflict("only a preview".into()))
    });
    match (seen, undone) {
        (Some(preview), _) => Ok(preview),
        (None, Err(error)) => Err(error),
        (None, Ok(())) => Err(Error::Conflict("the preview saw nothing".into())),
    }
}

fn look(work: &mut Work, calendar_id: Option<i64>) -> Result<Preview> {
    let cases = next_cases(work, calendar_id, 0, PREVIEWED + 1)?;
    let is_complete = cases.len() as i64 <= PREVIEWED;
    let mut preview = Preview { examined: 0, is_complete, breaching: 0, changes: Vec::new() };
    for (case_id,) in cases.into_iter().take(PREVIEWED as usize) {
        let before = dues(work, case_id)?;
        keep::rematch(work, case_id)?;
        let after = dues(work, case_id)?;
        preview.examined += 1;
        let would_breach = after.is_sla_violated && !before.is_sla_violated;
        preview.breaching += i64::from(would_breach);
        if before != after {
            preview.changes.push(Previewed {
                case_id,
                first_response_due: before.first_response_due,
                new_first_response_due: after.first_response_due,
                resolution_due: before.resolution_due,
                new_resolution_due: after.resolution_due,
                would_breach,
            });
        }
    }
    Ok(preview)
}
