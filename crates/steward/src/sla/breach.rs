//! Missed targets: noticed by the ticker, or by whatever comes too late; stamped at the deadline, recorded once. Only a
//! deadline that a change moved into the past is missed at the change: until then nobody was late (spec 5).

use serde_json::Value;

use super::target::{Kind, Target};
use crate::clock::Time;
use crate::error::Result;
use crate::events::Event;
use crate::work::{Actor, Work};

db::record! {
    struct Missed {
        target_id: i64,
        case_id: i64,
        kind: Kind,
        due_at: Time,
    }
}

/// When the next open target falls due, if any does.
pub fn next_due(work: &mut Work) -> Result<Option<Time>> {
    let row: Option<(Time,)> =
        work.optional("select due_at from crm_sla_targets where is_running order by due_at limit 1", &[])?;
    Ok(row.map(|(due,)| due))
}

/// Records every target whose deadline has passed, of at most `limit` cases, in a handful of statements however many
/// they are. Idempotent; nodes may do it side by side. Answers how many were recorded.
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
    if cases.is_empty() {
        return Ok(0);
    }
    let cases = Value::from_iter(cases.into_iter().map(|(case_id,)| case_id));
    let mut missed: Vec<Missed> = work.query(
        &format!(
            "update crm_sla_targets set breached_at = due_at where {} and is_running and due_at < $2
             returning target_id, case_id, kind, due_at",
            work.dialect().among_ints("case_id", "$1")
        ),
        &[&cases, &now],
    )?;
    missed.sort_by_key(|missed| (missed.due_at, missed.target_id));
    let targets = Value::from_iter(missed.iter().map(|missed| missed.target_id));
    work.execute(
        &format!(
            "insert into crm_sla_violations (case_id, sla_policy_id, violation_type, due_at, violated_at, created_at)
             select t.case_id, p.sla_policy_id, t.kind, t.due_at, t.due_at, $2
             from crm_sla_targets t left join crm_case_plans p on p.case_id = t.case_id
             where {} order by t.due_at, t.target_id on conflict (case_id, violation_type, due_at) do nothing",
            work.dialect().among_ints("t.target_id", "$1")
        ),
        &[&targets, &now],
    )?;
    let events: Vec<_> = missed.into_iter().map(Missed::event).collect();
    work.append_all(&events)?;
    Ok(events.len())
}

impl Missed {
    fn event(self) -> (i64, Event, Time) {
        let Missed { target_id, case_id, kind, due_at } = self;
        (case_id, Event::Breached { target_id, target: kind, due_at }, due_at)
    }
}

/// Records the miss of a target that a change of its case brought to light, or made (`was_ahead`: its deadline still was).
pub fn record(work: &mut Work, case_id: i64, policy_id: i64, target: &Target, was_ahead: bool) -> Result<()> {
    let Some(due_at) = target.breached_at else { return Ok(()) };
    let now = work.now;
    let at = if was_ahead { now } else { due_at };
    work.execute(
        "insert into crm_sla_violations (case_id, sla_policy_id, violation_type, due_at, violated_at, created_at)
         values ($1, $2, $3, $4, $5, $6) on conflict (case_id, violation_type, due_at) do nothing",
        &[&case_id, &policy_id, &target.kind, &due_at, &at, &now],
    )?;
    // Whoever changed the case has only brought it to light: they are to hear of it like everybody.
    let actor = std::mem::replace(&mut work.actor, Actor::System);
    let event = Event::Breached { target_id: target.id, target: target.kind, due_at };
    let appended = work.append(case_id, &event, at);
    work.actor = actor;
    appended
}

/// A missed target was met after all, or given up: how late stays as it is from here on.
pub fn ended_late(work: &mut Work, case_id: i64, target: &Target) -> Result<()> {
    let (Some(breached_at), Some(ended_at)) = (target.breached_at, target.met_at.or(target.voided_at)) else {
        return Ok(());
    };
    work.execute(
        "update crm_sla_violations set minutes_overdue = $4
         where case_id = $1 and violation_type = $2 and due_at = $3",
        &[&case_id, &target.kind, &breached_at, &ended_at.minutes_since(breached_at)],
    )?;
    Ok(())
}
