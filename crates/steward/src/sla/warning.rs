//! Warnings before a deadline: each fires once per target (spec 5).

use hours::Clock;
use serde_json::Value;

use super::plan::{Plan, WarnAt};
use super::target::{Kind, Targets};
use crate::clock::Time;
use crate::error::Result;
use crate::events::Event;
use crate::work::Work;

impl WarnAt {
    /// What tells one warning of a target from another.
    fn key(self) -> String {
        match self {
            WarnAt::Percent(percent) => format!("{percent}%"),
            WarnAt::MinutesLeft(minutes) => format!("{minutes} min"),
        }
    }

    /// After how many business milliseconds of the promise it fires; `None` where the target is shorter than that.
    fn after(self, promise: i64) -> Option<i64> {
        let after = match self {
            WarnAt::Percent(percent) => (promise as f64 * percent / 100.0).round() as i64,
            WarnAt::MinutesLeft(minutes) => promise - (minutes * 60_000.0).round() as i64,
        };
        (after > 0 && after < promise).then_some(after)
    }
}

db::record! {
    struct Set {
        target_id: i64,
        warning: String,
        fire_at: Option<Time>,
        fired_at: Option<Time>,
    }
}

/// Sets when the warnings of a case's targets fire, as they are now. What has fired stays fired; a warning that the plan
/// does not have any more, or whose target does not run, waits for nothing.
pub fn plan(work: &mut Work, case_id: i64, plan: &Plan, clock: &Clock, targets: &Targets) -> Result<()> {
    let mut set: Vec<Set> = work.query(
        "select w.target_id, w.warning, w.fire_at, w.fired_at from crm_sla_targets t
         join crm_sla_warnings w on w.target_id = t.target_id where t.case_id = $1",
        &[&case_id],
    )?;
    for (target_id, key, fire_at) in times(plan, clock, targets) {
        let kept = set.iter().position(|one| one.target_id == target_id && one.warning == key);
        let kept = kept.map(|index| set.swap_remove(index));
        if kept.is_none_or(|kept| kept.fired_at.is_none() && kept.fire_at != fire_at) {
            put(work, target_id, &key, fire_at)?;
        }
    }
    for left in set.iter().filter(|left| left.fired_at.is_none() && left.fire_at.is_some()) {
        put(work, left.target_id, &left.warning, None)?;
    }
    Ok(())
}

/// When each warning of the targets that run fires: the target's id, the warning, the moment.
pub fn times(plan: &Plan, clock: &Clock, targets: &Targets) -> Vec<(i64, String, Option<Time>)> {
    let mut times = Vec::new();
    for target in targets.0.iter().filter(|target| target.is_running() && target.breached_at.is_none()) {
        for warning in &plan.warnings {
            if let Some(after) = warning.after(target.promise) {
                times.push((target.id, warning.key(), target.deadline(clock, after)));
            }
        }
    }
    times
}

fn put(work: &mut Work, target_id: i64, warning: &str, fire_at: Option<Time>) -> Result<()> {
    work.execute(
        "insert into crm_sla_warnings (target_id, warning, fire_at) values ($1, $2, $3)
         on conflict (target_id, warning) do update set fire_at = excluded.fire_at
         where crm_sla_warnings.fired_at is null",
        &[&target_id, &warning, &fire_at],
    )?;
    Ok(())
}

/// None of a case's warnings waits any more.
pub fn silence(work: &mut Work, case_id: i64) -> Result<()> {
    work.execute(
        "update crm_sla_warnings set fire_at = null where fired_at is null and fire_at is not null
             and target_id in (select target_id from crm_sla_targets where case_id = $1)",
        &[&case_id],
    )?;
    Ok(())
}

/// From when on a case is due soon: the first warning of those targets that run, or three quarters of their time where
/// the plan has no warning for them.
pub fn soon_at(plan: &Plan, clock: &Clock, targets: &Targets) -> Option<Time> {
    let running = targets.0.iter().filter(|target| target.is_running() && target.breached_at.is_none());
    running
        .filter_map(|target| {
            let first = plan.warnings.iter().filter_map(|warning| warning.after(target.promise)).min();
            target.deadline(clock, first.unwrap_or(target.promise / 4 * 3))
        })
        .min()
}

db::record! {
    struct Due {
        target_id: i64,
        warning: String,
        fire_at: Time,
        case_id: i64,
        kind: Kind,
    }
}

/// When the next warning fires, if any does.
pub fn next_due(work: &mut Work) -> Result<Option<Time>> {
    let row: Option<(Time,)> = work.optional(
        "select fire_at from crm_sla_warnings where fired_at is null and fire_at is not null order by fire_at limit 1",
        &[],
    )?;
    Ok(row.map(|(at,)| at))
}

/// Fires the warnings that are due, of at most `limit` cases. Answers how many.
pub fn fire_due(work: &mut Work, limit: i64) -> Result<usize> {
    let (now, skip) = (work.now, work.dialect().for_update_skip_locked());
    // The case's row first, as whoever changes a case: of several nodes one gets it, and nobody waits crosswise.
    let cases: Vec<(i64,)> = work.query(
        &format!(
            "select case_id from crm_cases where case_id in (
                 select t.case_id from crm_sla_warnings w join crm_sla_targets t on t.target_id = w.target_id
                 where w.fired_at is null and w.fire_at is not null and w.fire_at <= $1
                 order by w.fire_at limit $2
             ){skip}"
        ),
        &[&now, &limit],
    )?;
    if cases.is_empty() {
        return Ok(0);
    }
    let cases = Value::from_iter(cases.into_iter().map(|(case_id,)| case_id));
    let mut fired: Vec<Due> = work.query(
        &format!(
            "update crm_sla_warnings set fired_at = fire_at
             where fired_at is null and fire_at is not null and fire_at <= $2
                 and target_id in (select t.target_id from crm_sla_targets t where {})
             returning target_id, warning, fire_at,
                 (select case_id from crm_sla_targets t where t.target_id = crm_sla_warnings.target_id) as case_id,
                 (select kind from crm_sla_targets t where t.target_id = crm_sla_warnings.target_id) as kind",
            work.dialect().among_ints("t.case_id", "$1")
        ),
        &[&cases, &now],
    )?;
    fired.sort_by_key(|warning| (warning.fire_at, warning.target_id));
    let events: Vec<_> = fired.into_iter().map(Due::event).collect();
    work.append_all(&events)?;
    Ok(events.len())
}

impl Due {
    fn event(self) -> (i64, Event, Time) {
        let Due { target_id, warning, fire_at, case_id, kind } = self;
        (case_id, Event::Warned { target_id, target: kind, warning }, fire_at)
    }
}
