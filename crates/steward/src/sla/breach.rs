//! Missed targets: noticed by the ticker, or by whatever comes too late; stamped at the deadline, recorded once.

use super::target::{Kind, Target};
use crate::clock::Time;
use crate::error::Result;
use crate::events::Event;
use crate::work::Work;

db::record! {
    struct Missed {
        target_id: i64,
        case_id: i64,
        kind: Kind,
        due_at: Time,
        sla_policy_id: Option<i64>,
    }
}

/// When the next open target falls due, if any does.
pub fn next_due(work: &mut Work) -> Result<Option<Time>> {
    let row: Option<(Time,)> =
        work.optional("select due_at from crm_sla_targets where is_running order by due_at limit 1", &[])?;
    Ok(row.map(|(due,)| due))
}

/// Records every target whose deadline has passed, of at most `limit` cases. Idempotent; nodes may do it side by side.
/// Answers how many were recorded.
pub fn record_due(work: &mut Work, limit: i64) -> Result<usize> {
    let (now, skip) = (work.now, work.dialect().for_update_skip_locked());
    // The case's row first, as whoever changes a case; one that is being changed notices its own misses.
    let cases: Vec<(i64,)> = work.query(
        &format!(
            "select case_id from crm_cases where case_id in (
                 select t.case_id from crm_sla_targets t where t.is_running and t.due_at < $1 order by t.due_at limit $2
             ){skip}"
        ),
        &[&now, &limit],
    )?;
    let mut recorded = 0;
    for (case_id,) in cases {
        let missed: Vec<Missed> = work.query(
            "update crm_sla_targets set breached_at = due_at
             where case_id = $1 and is_running and due_at < $2
             returning target_id, case_id, kind, due_at,
                 (select sla_policy_id from crm_case_plans p where p.case_id = crm_sla_targets.case_id) as sla_policy_id",
            &[&case_id, &now],
        )?;
        for missed in &missed {
            violation(work, missed.case_id, missed.sla_policy_id, missed.kind, missed.due_at)?;
            let event =
                Event::Breached { target_id: missed.target_id, target: missed.kind, due_at: missed.due_at };
            work.append(missed.case_id, &event, missed.due_at)?;
        }
        recorded += missed.len();
    }
    Ok(recorded)
}

/// Records the miss of a target that a change of its case brought to light.
pub fn record(work: &mut Work, case_id: i64, target_id: i64, policy_id: i64, target: &Target) -> Result<()> {
    let Some(at) = target.breached_at else { return Ok(()) };
    violation(work, case_id, Some(policy_id), target.kind, at)?;
    work.append(case_id, &Event::Breached { target_id, target: target.kind, due_at: at }, at)
}

/// One row per missed target, stamped at the deadline itself (spec 5).
fn violation(work: &mut Work, case_id: i64, policy_id: Option<i64>, kind: Kind, due_at: Time) -> Result<()> {
    let now = work.now;
    work.execute(
        "insert into crm_sla_violations (case_id, sla_policy_id, violation_type, due_at, violated_at, created_at)
         values ($1, $2, $3, $4, $4, $5) on conflict (case_id, violation_type, due_at) do nothing",
        &[&case_id, &policy_id, &kind, &due_at, &now],
    )?;
    Ok(())
}

/// A target was met after all: how late stays as it is from here on.
pub fn met_late(work: &mut Work, case_id: i64, target: &Target) -> Result<()> {
    let (Some(breached_at), Some(met_at)) = (target.breached_at, target.met_at) else { return Ok(()) };
    work.execute(
        "update crm_sla_violations set minutes_overdue = $4
         where case_id = $1 and violation_type = $2 and due_at = $3",
        &[&case_id, &target.kind, &breached_at, &met_at.minutes_since(breached_at)],
    )?;
    Ok(())
}
