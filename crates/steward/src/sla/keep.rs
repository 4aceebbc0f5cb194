//! Keeping the clocks of a case: each event that moves them is applied to its targets in the transaction of the
//! change. A change of what decides about the policy tells the whole history anew (spec 5).

use std::sync::Arc;

use hours::Clock;

use super::clocks;
use super::plan::Plan;
use super::policy;
use super::target::{Happening, Kind, Target, Targets};
use super::{breach, warning};
use crate::clock::Time;
use crate::error::Result;
use crate::events::Event;
use crate::work::Work;
use crate::workflow::Status;

db::record! {
    struct Row {
        target_id: i64,
        kind: Kind,
        started_at: Time,
        promise: i64,
        pauses: db::Json<Vec<(Time, Time)>>,
        paused_since: Option<Time>,
        met_at: Option<Time>,
        voided_at: Option<Time>,
        breached_at: Option<Time>,
        due_at: Option<Time>,
    }
}

/// The targets of a case as they are kept.
pub fn load(work: &mut Work, case_id: i64) -> Result<Targets> {
    let rows: Vec<Row> = work.query(
        "select target_id, kind, started_at, promise, pauses, paused_since, met_at, voided_at, breached_at, due_at
         from crm_sla_targets where case_id = $1 order by target_id",
        &[&case_id],
    )?;
    Ok(Targets(
        rows.into_iter()
            .map(|row| Target {
                id: row.target_id,
                kind: row.kind,
                started_at: row.started_at,
                promise: row.promise,
                pauses: row.pauses.0,
                paused_since: row.paused_since,
                met_at: row.met_at,
                voided_at: row.voided_at,
                breached_at: row.breached_at,
                due_at: row.due_at,
            })
            .collect(),
    ))
}

/// The plan of a case with its clock, if a policy has matched.
pub fn plan(work: &mut Work, case_id: i64) -> Result<Option<(Plan, Arc<Clock>)>> {
    let row: Option<(db::Json<Plan>,)> =
        work.optional("select plan from crm_case_plans where case_id = $1", &[&case_id])?;
    match row {
        None => Ok(None),
        Some((db::Json(plan),)) => {
            let clock = clocks::clock(work, plan.calendar_id)?;
            Ok(Some((plan, clock)))
        }
    }
}

/// What an event means for the clocks, if anything.
pub fn happening(event: &Event) -> Option<Happening> {
    Some(match event {
        Event::Created { status, .. } => Happening::Opened { status: *status },
        Event::StatusChanged { from, to, .. } => Happening::Moved { from: *from, to: *to },
        Event::CommentAdded { is_internal: false, contact_id: Some(_), .. } => Happening::CustomerSpoke,
        Event::CommentAdded { is_internal: false, contact_id: None, .. } => Happening::UserAnswered,
        Event::Deleted | Event::MergedInto { .. } => Happening::Removed,
        Event::Restored { status } => Happening::Restored { status: *status },
        _ => return None,
    })
}

/// Fields whose change may match another policy.
const DECIDING: [&str; 4] = ["case_type_id", "priority_id", "account_id", "channel"];

/// Lets the clocks of a case follow an event that was just recorded. The caller holds the case's row.
pub fn follow(work: &mut Work, case_id: i64, event: &Event) -> Result<()> {
    match (event, happening(event)) {
        (Event::Created { .. }, _) => rematch(work, case_id).map(|_| ()),
        (Event::Changed { changes }, _) if DECIDING.iter().any(|field| changes.contains_key(*field)) => {
            rematch(work, case_id).map(|_| ())
        }
        (_, Some(happening)) => {
            let Some((plan, clock)) = plan(work, case_id)? else {
                // A case from before there were clocks, or that no policy matched then.
                return rematch(work, case_id).map(|_| ());
            };
            let before = load(work, case_id)?;
            let mut after = before.clone();
            after.apply(&plan, &clock, work.now, happening);
            store(work, case_id, &plan, &clock, &before, &after)
        }
        _ => Ok(()),
    }
}

/// Matches the policies again and tells the case's history anew under the one that wins. Misses that are recorded stay.
/// Answers whether any deadline changed.
pub fn rematch(work: &mut Work, case_id: i64) -> Result<bool> {
    let traits = policy::traits(work, case_id)?;
    let Some(plan) = policy::matching(work, &traits)? else {
        return release(work, case_id);
    };
    let clock = clocks::clock(work, plan.calendar_id)?;
    let now = work.now;
    work.execute(
        "insert into crm_case_plans (case_id, sla_policy_id, calendar_id, plan, updated_at) values ($1, $2, $3, $4, $5)
         on conflict (case_id) do update set sla_policy_id = excluded.sla_policy_id, calendar_id = excluded.calendar_id,
             plan = excluded.plan, updated_at = excluded.updated_at",
        &[&case_id, &plan.policy_id, &plan.calendar_id, &db::Json(&plan), &now],
    )?;
    let before = load(work, case_id)?;
    let history = history(work, case_id)?;
    let mut after = Targets::replay(&plan, &clock, &history, now);
    for target in &mut after.0 {
        if let Some(kept) =
            before.0.iter().find(|kept| (kept.kind, kept.started_at) == (target.kind, target.started_at))
        {
            target.id = kept.id;
            target.breached_at = kept.breached_at.or(target.breached_at);
        }
    }
    let changed = due(&before) != due(&after);
    store(work, case_id, &plan, &clock, &before, &after)?;
    Ok(changed)
}

/// No policy promises anything any more: what is open is void.
fn release(work: &mut Work, case_id: i64) -> Result<bool> {
    let now = work.now;
    let voided = work.execute(
        "update crm_sla_targets set voided_at = $2, paused_since = null
         where case_id = $1 and met_at is null and voided_at is null",
        &[&case_id, &now],
    )?;
    work.execute("delete from crm_case_plans where case_id = $1", &[&case_id])?;
    work.execute(
        "update crm_cases set sla_policy_id = null, first_response_due = null, resolution_due = null, updated_at = $2,
             edit_version = edit_version + 1
         where case_id = $1 and (sla_policy_id is not null or first_response_due is not null or resolution_due is not null)",
        &[&case_id, &now],
    )?;
    Ok(voided > 0)
}

/// The case's history as its clocks see it.
pub fn history(work: &mut Work, case_id: i64) -> Result<Vec<(Time, Happening)>> {
    let events: Vec<(String, serde_json::Value, Time)> = work.query(
        "select kind, data, at from crm_case_events where case_id = $1
             and kind in ('created', 'status_changed', 'comment_added', 'deleted', 'merged_into', 'restored')
         order by event_id",
        &[&case_id],
    )?;
    Ok(events
        .into_iter()
        .filter_map(|(kind, data, at)| Some((at, happening(&Event::read(&kind, data)?)?)))
        .collect())
}

/// The deadlines that a case shows: those of its latest first response and resolution.
fn due(targets: &Targets) -> (Option<Time>, Option<Time>) {
    let latest =
        |kind| targets.0.iter().rev().find(|target| target.kind == kind).and_then(|target| target.due_at);
    (latest(Kind::FirstResponse), latest(Kind::Resolution))
}

/// Writes what changed, records what was missed, sets the warnings.
fn store(
    work: &mut Work,
    case_id: i64,
    plan: &Plan,
    clock: &Clock,
    before: &Targets,
    after: &Targets,
) -> Result<()> {
    for target in &after.0 {
        let kept = before.0.iter().find(|kept| kept.id == target.id && target.id != 0);
        if kept == Some(target) {
            continue;
        }
        let target_id = write(work, case_id, target)?;
        warning::plan(work, target_id, plan, clock, target)?;
        if target.breached_at.is_some() && kept.is_none_or(|kept| kept.breached_at.is_none()) {
            breach::record(work, case_id, target_id, plan.policy_id, target)?;
        }
        if target.breached_at.is_some() && target.met_at.is_some() {
            breach::met_late(work, case_id, target)?;
        }
    }
    // A target that a retold history does not know any more promises nothing.
    let now = work.now;
    for gone in
        before.0.iter().filter(|kept| kept.is_open() && !after.0.iter().any(|target| target.id == kept.id))
    {
        work.execute(
            "update crm_sla_targets set voided_at = $2, paused_since = null where target_id = $1",
            &[&gone.id, &now],
        )?;
    }
    let (first_response_due, resolution_due) = due(after);
    work.execute(
        "update crm_cases set sla_policy_id = $2, first_response_due = $3, resolution_due = $4, updated_at = $5,
             edit_version = edit_version + 1
         where case_id = $1 and (sla_policy_id is distinct from $2 or first_response_due is distinct from $3
             or resolution_due is distinct from $4)",
        &[&case_id, &plan.policy_id, &first_response_due, &resolution_due, &now],
    )?;
    Ok(())
}

fn write(work: &mut Work, case_id: i64, target: &Target) -> Result<i64> {
    let (target_id,): (i64,) = work.one(
        "insert into crm_sla_targets (case_id, kind, started_at, promise, pauses, paused_since, met_at, voided_at,
             breached_at, due_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
         on conflict (case_id, kind, started_at) do update set promise = excluded.promise, pauses = excluded.pauses,
             paused_since = excluded.paused_since, met_at = excluded.met_at, voided_at = excluded.voided_at,
             breached_at = excluded.breached_at, due_at = excluded.due_at
         returning target_id",
        &[
            &case_id, &target.kind, &target.started_at, &target.promise, &db::Json(&target.pauses),
            &target.paused_since, &target.met_at, &target.voided_at, &target.breached_at, &target.due_at,
        ],
    )?;
    Ok(target_id)
}

/// Cases that plain SQL inserted or changed (`calculate_sla_due_dates` queued them): what their rows say and their
/// events do not is recorded, then their clocks are set. At most `limit` in one transaction; answers how many.
pub fn drain_queue(work: &mut Work, limit: i64) -> Result<usize> {
    let queued: Vec<(i64,)> =
        work.query("select case_id from crm_sla_queue order by case_id limit $1", &[&limit])?;
    for (case_id,) in &queued {
        let lock = work.dialect().for_update();
        let sql = format!(
            "select status, case_type_id, priority_id, account_id, contact_id, created_at, is_listed from crm_cases
             where case_id = $1{lock}"
        );
        let row: Option<Facts> = work.optional(&sql, &[case_id])?;
        work.execute("delete from crm_sla_queue where case_id = $1", &[case_id])?;
        if let Some(facts) = row.filter(|facts| facts.is_listed) {
            catch_up(work, *case_id, &facts)?;
        }
    }
    Ok(queued.len())
}

db::record! {
    struct Facts {
        status: Status,
        case_type_id: i64,
        priority_id: i64,
        account_id: Option<i64>,
        contact_id: Option<i64>,
        created_at: Time,
        is_listed: bool,
    }
}

fn catch_up(work: &mut Work, case_id: i64, facts: &Facts) -> Result<()> {
    let history = history(work, case_id)?;
    let told = history.iter().rev().find_map(|(_, happening)| match happening {
        Happening::Opened { status } | Happening::Restored { status } => Some(*status),
        Happening::Moved { to, .. } => Some(*to),
        _ => None,
    });
    match told {
        None => {
            let status = if facts.status.is_ended() { Status::New } else { facts.status };
            let event = Event::Created {
                status,
                case_type_id: facts.case_type_id,
                priority_id: facts.priority_id,
                account_id: facts.account_id,
                contact_id: facts.contact_id,
            };
            work.append(case_id, &event, facts.created_at)?;
            if status != facts.status {
                work.append(case_id, &moved(status, facts.status), work.now)?;
            }
        }
        Some(status) if status != facts.status => {
            work.append(case_id, &moved(status, facts.status), work.now)?
        }
        Some(_) => {}
    }
    rematch(work, case_id).map(|_| ())
}

fn moved(from: Status, to: Status) -> Event {
    Event::StatusChanged { from, to, reopening: from.is_ended() && to.is_active(), reason_text_id: None }
}
