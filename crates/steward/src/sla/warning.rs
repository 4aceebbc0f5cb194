//! Warnings before a deadline: each fires once per target (spec 5).

use hours::Clock;

use super::plan::{Plan, WarnAt};
use super::target::{Kind, Target};
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

/// Sets when the warnings of a target fire, as it is now. What has fired stays fired.
pub fn plan(work: &mut Work, target_id: i64, plan: &Plan, clock: &Clock, target: &Target) -> Result<()> {
    for warning in &plan.warnings {
        let Some(after) = warning.after(target.promise) else { continue };
        let waits = target.is_running() && target.breached_at.is_none();
        let fire_at = waits.then(|| target.deadline(clock, after)).flatten();
        work.execute(
            "insert into crm_sla_warnings (target_id, warning, fire_at) values ($1, $2, $3)
             on conflict (target_id, warning) do update set fire_at = excluded.fire_at
             where crm_sla_warnings.fired_at is null",
            &[&target_id, &warning.key(), &fire_at],
        )?;
    }
    Ok(())
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

/// Fires the warnings that are due, at most `limit`. Answers how many were looked at.
pub fn fire_due(work: &mut Work, limit: i64) -> Result<usize> {
    let now = work.now;
    let due: Vec<Due> = work.query(
        "select w.target_id, w.warning, w.fire_at, t.case_id, t.kind
         from crm_sla_warnings w join crm_sla_targets t on t.target_id = w.target_id
         where w.fired_at is null and w.fire_at is not null and w.fire_at <= $1
         order by w.fire_at, w.target_id limit $2",
        &[&now, &limit],
    )?;
    for warning in &due {
        // The claim: of several nodes one changes the row.
        let fired = work.execute(
            "update crm_sla_warnings set fired_at = fire_at where target_id = $1 and warning = $2 and fired_at is null",
            &[&warning.target_id, &warning.warning],
        )?;
        if fired == 1 {
            let event = Event::Warned {
                target_id: warning.target_id,
                target: warning.kind,
                warning: warning.warning.clone(),
            };
            work.append(warning.case_id, &event, warning.fire_at)?;
        }
    }
    Ok(due.len())
}
