//! Whether the kept clocks are what the events tell: `steward doctor` asks it of every case (spec 11).

use std::collections::HashMap;

use super::clocks;
use super::keep;
use super::plan::Plan;
use super::recompute;
use super::target::{Target, Targets};
use crate::clock::Time;
use crate::error::Result;
use crate::work::Work;

/// Cases examined by one read.
const PORTION: i64 = 500;

db::record! {
    struct Planned {
        case_id: i64,
        case_number: String,
        plan: Option<db::Json<Plan>>,
        planned_at: Option<Time>,
    }
}

/// Where the kept targets of the next cases after one differ from the replay of their events. A recorded miss may be
/// more than the replay knows: the promise that it broke may have been another. Answers the last case examined, too;
/// `None` at the end. While a recomputation is under way deadlines may be behind, and nothing is said of them.
pub fn contradictions(work: &mut Work, after: i64) -> Result<(Vec<String>, Option<i64>)> {
    let is_behind = recompute::is_pending(work)?;
    let cases: Vec<Planned> = work.query(
        &format!(
            "select c.case_id, c.case_number, p.plan, p.updated_at as planned_at
             from crm_cases c left join crm_case_plans p on p.case_id = c.case_id
             where c.case_id > $1 and c.case_id not in (select q.case_id from crm_sla_queue q)
             order by c.case_id limit {PORTION}"
        ),
        &[&after],
    )?;
    let ids: Vec<i64> = cases.iter().map(|case| case.case_id).collect();
    let (mut kept, mut told) = (keep::load_all(work, &ids)?, keep::histories(work, &ids)?);
    let (mut findings, mut clocks) = (Vec::new(), HashMap::new());
    for case in &cases {
        let kept = kept.remove(&case.case_id).unwrap_or_default();
        let Some(db::Json(plan)) = &case.plan else {
            if kept.0.iter().any(Target::is_open) {
                findings.push(format!("{}: a target is open, but no policy holds", case.case_number));
            }
            continue;
        };
        if let std::collections::hash_map::Entry::Vacant(entry) = clocks.entry(plan.calendar_id) {
            entry.insert(clocks::clock(work, plan.calendar_id)?);
        }
        let history = told.remove(&case.case_id).unwrap_or_default();
        let replayed = Targets::replay(plan, &clocks[&plan.calendar_id], &history, work.now);
        let planned_at = case.planned_at.unwrap_or(work.now);
        let law = Law { planned_at, by_calendar: plan.calendar_id.is_some(), is_behind };
        let differs = |what: String| format!("{}: {what}", case.case_number);
        findings.extend(law.differences(&kept, &replayed).into_iter().map(differs));
    }
    Ok((findings, ids.last().copied()))
}

/// What may be asked of a case's targets.
struct Law {
    /// What was met or void until then may have been promised by another plan.
    planned_at: Time,
    /// The calendar may have changed since a target was met or void.
    by_calendar: bool,
    is_behind: bool,
}

impl Law {
    fn differences(&self, kept: &Targets, replayed: &Targets) -> Vec<String> {
        let same =
            |one: &Target, other: &Target| (one.kind, one.started_at) == (other.kind, other.started_at);
        let mut found = Vec::new();
        for told in &replayed.0 {
            match kept.0.iter().find(|target| same(target, told)) {
                None => found.push(format!("{} of {} is not kept", told.kind, told.started_at)),
                Some(target) => found.extend(self.difference(target, told)),
            }
        }
        for target in kept.0.iter().filter(|target| target.is_open()) {
            if !replayed.0.iter().any(|told| same(target, told)) {
                found.push(format!(
                    "{} of {} is open, but no event tells of it",
                    target.kind, target.started_at
                ));
            }
        }
        found
    }

    fn difference(&self, kept: &Target, told: &Target) -> Option<String> {
        let of = |what: &str, is: String, tell: String| {
            Some(format!("{} of {}: {what} is {is}, its events tell {tell}", told.kind, told.started_at))
        };
        if (kept.met_at, kept.voided_at) != (told.met_at, told.voided_at) {
            let end = |target: &Target| format!("met {:?}, void {:?}", target.met_at, target.voided_at);
            return of("its end", end(kept), end(told));
        }
        let ended = told.met_at.or(told.voided_at);
        if self.is_behind || ended.is_some_and(|ended| ended <= self.planned_at) {
            return None;
        }
        let still = |target: &Target| (target.promise, target.paused_since, target.pauses.clone());
        if still(kept) != still(told) {
            return of("promise and pauses", format!("{:?}", still(kept)), format!("{:?}", still(told)));
        }
        if ended.is_some() && self.by_calendar {
            return None;
        }
        if kept.due_at != told.due_at {
            return of("the deadline", format!("{:?}", kept.due_at), format!("{:?}", told.due_at));
        }
        // A deadline that has passed while nobody looked is still to be noticed.
        let unnoticed = kept.is_running() && kept.breached_at.is_none();
        if told.breached_at.is_some() && kept.breached_at.is_none() && !unnoticed {
            return of("no miss", "recorded".into(), format!("one at {:?}", told.breached_at));
        }
        None
    }
}
