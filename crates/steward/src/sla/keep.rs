//! Keeping the clocks of a case: each event that moves them is applied to its targets in the transaction of the
//! change. A change of what decides about the policy tells the whole history anew (spec 5).

use std::collections::HashMap;
use std::sync::Arc;

use hours::Clock;
use serde_json::json;

use super::clocks;
use super::plan::Plan;
use super::policy;
use super::promises::Promises;
use super::target::{Happening, Kind, Target, Targets};
use super::{breach, warning};
use crate::clock::Time;
use crate::error::Result;
use crate::events::Event;
use crate::work::Work;
use crate::workflow::Status;

db::record! {
    struct Row {
        case_id: i64,
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

const SELECT: &str = "select case_id, target_id, kind, started_at, promise, pauses, paused_since, met_at, voided_at, \
     breached_at, due_at from crm_sla_targets";

/// The targets of a case as they are kept.
pub fn load(work: &mut Work, case_id: i64) -> Result<Targets> {
    let rows: Vec<Row> =
        work.query(&format!("{SELECT} where case_id = $1 order by target_id"), &[&case_id])?;
    Ok(Targets(rows.into_iter().map(Target::from).collect()))
}

/// The targets of many cases, by case.
pub fn load_all(work: &mut Work, cases: &[i64]) -> Result<HashMap<i64, Targets>> {
    let among = work.dialect().among_ints("case_id", "$1");
    let rows: Vec<Row> =
        work.query(&format!("{SELECT} where {among} order by target_id"), &[&json!(cases)])?;
    let mut targets: HashMap<i64, Targets> = HashMap::new();
    for row in rows {
        targets.entry(row.case_id).or_default().0.push(row.into());
    }
    Ok(targets)
}

impl From<Row> for Target {
    fn from(row: Row) -> Target {
        Target {
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
        }
    }
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

/// What an event means for the clocks of a case in a status, if anything. `gone_at` is when the case was removed last.
fn happening(event: &Event, status: Status, gone_at: Time) -> Option<Happening> {
    Some(match event {
        Event::Created { status, .. } => Happening::Opened { status: *status },
        Event::StatusChanged { from, to, .. } => Happening::Moved { from: *from, to: *to },
        Event::CommentAdded { is_internal: false, contact_id: Some(_), .. } => {
            Happening::CustomerSpoke { status }
        }
        Event::CommentAdded { is_internal: false, contact_id: None, .. } => Happening::UserAnswered,
        Event::Responded => Happening::UserAnswered,
        Event::Deleted | Event::MergedInto { .. } => Happening::Removed,
        Event::Restored { status } => Happening::Restored { status: *status, gone_at },
        _ => return None,
    })
}

/// Fields whose change may match another policy.
const DECIDING: [&str; 4] = ["case_type_id", "priority_id", "account_id", "channel"];

/// Lets the clocks of a case follow an event that was just recorded. The caller holds the case's row.
pub fn follow(work: &mut Work, case_id: i64, event: &Event) -> Result<()> {
    let matches_anew = match event {
        Event::Created { .. } | Event::Restored { .. } | Event::StatusChanged { reopening: true, .. } => true,
        Event::Changed { changes } => DECIDING.iter().any(|field| changes.contains_key(*field)),
        _ => false,
    };
    if matches_anew {
        rematch(work, case_id)?;
        if let Event::Created { .. } = event {
            // The row's trigger could not know that its clocks would be set at once.
            work.execute("delete from crm_sla_queue where case_id = $1", &[&case_id])?;
        }
        return Ok(());
    }
    let status = match event {
        Event::CommentAdded { is_internal: false, contact_id: Some(_), .. } => {
            work.one::<(Status,)>("select status from crm_cases where case_id = $1", &[&case_id])?.0
        }
        // Others say themselves what status they mean.
        _ => Status::Open,
    };
    let Some(happening) = happening(event, status, work.now) else { return Ok(()) };
    let Some((plan, clock)) = plan(work, case_id)? else {
        // A case from before there were clocks, or that no policy matched then.
        return rematch(work, case_id).map(|_| ());
    };
    let before = load(work, case_id)?;
    let mut after = before.clone();
    after.apply(&plan, &clock, work.now, happening);
    store(work, case_id, &plan, &clock, (&before, &after), false)
}

/// Matches the policies again and tells the case's history anew under the one that wins. Misses that are recorded stay.
/// Answers whether any deadline changed.
pub fn rematch(work: &mut Work, case_id: i64) -> Result<bool> {
    let mut promises = Promises::read(work)?;
    rematch_by(work, case_id, &mut promises)
}

/// The same with policies and clocks that are at hand.
pub fn rematch_by(work: &mut Work, case_id: i64, promises: &mut Promises) -> Result<bool> {
    let traits = policy::traits(work, case_id)?;
    let Some(plan) = promises.matching(&traits) else {
        return release(work, case_id);
    };
    let clock = promises.clock(work, plan.calendar_id)?;
    let former: Option<(db::Json<Plan>,)> =
        work.optional("select plan from crm_case_plans where case_id = $1", &[&case_id])?;
    let now = work.now;
    if former.as_ref().is_none_or(|(db::Json(former),)| *former != plan) {
        work.execute(
            "insert into crm_case_plans (case_id, sla_policy_id, calendar_id, plan, updated_at) values ($1, $2, $3, $4, $5)
             on conflict (case_id) do update set sla_policy_id = excluded.sla_policy_id,
                 calendar_id = excluded.calendar_id, plan = excluded.plan, updated_at = excluded.updated_at",
            &[&case_id, &plan.policy_id, &plan.calendar_id, &db::Json(&plan), &now],
        )?;
    }
    let before = load(work, case_id)?;
    let history = history(work, case_id)?;
    let mut after = Targets::replay(&plan, &clock, &history, now);
    after.keep(&before);
    let changed = before.dues() != after.dues();
    let is_changed = former.is_some_and(|(db::Json(former),)| former != plan);
    store(work, case_id, &plan, &clock, (&before, &after), is_changed)?;
    Ok(changed)
}

/// No policy promises anything any more: what is open is void.
fn release(work: &mut Work, case_id: i64) -> Result<bool> {
    let now = work.now;
    for mut open in load(work, case_id)?.0.into_iter().filter(Target::is_open) {
        open.voided_at = Some(now);
        breach::ended_late(work, case_id, &open)?;
    }
    let voided = work.execute(
        "update crm_sla_targets set voided_at = $2, paused_since = null
         where case_id = $1 and met_at is null and voided_at is null",
        &[&case_id, &now],
    )?;
    warning::silence(work, case_id)?;
    work.execute("delete from crm_case_plans where case_id = $1", &[&case_id])?;
    work.execute(
        "update crm_cases set sla_policy_id = null, first_response_due = null, resolution_due = null, sla_next_due = null,
             sla_soon_at = null, updated_at = $2, edit_version = edit_version + 1
         where case_id = $1 and (sla_policy_id is not null or first_response_due is not null or resolution_due is not null)",
        &[&case_id, &now],
    )?;
    Ok(voided > 0)
}

/// The kinds of events that move clocks.
const TELLING: &str = "kind in ('created', 'status_changed', 'comment_added', 'responded', 'deleted', 'merged_into', 'restored')";

/// A row of `crm_case_events`: kind, data, when.
type Telling = (String, serde_json::Value, Time);

/// The case's history as its clocks see it.
pub fn history(work: &mut Work, case_id: i64) -> Result<Vec<(Time, Happening)>> {
    let events: Vec<Telling> = work.query(
        &format!(
            "select kind, data, at from crm_case_events where case_id = $1 and {TELLING} order by event_id"
        ),
        &[&case_id],
    )?;
    Ok(told(events))
}

/// The histories of many cases, by case.
pub fn histories(work: &mut Work, cases: &[i64]) -> Result<HashMap<i64, Vec<(Time, Happening)>>> {
    let among = work.dialect().among_ints("case_id", "$1");
    let events: Vec<(i64, String, serde_json::Value, Time)> = work.query(
        &format!(
            "select case_id, kind, data, at from crm_case_events where {among} and {TELLING} order by event_id"
        ),
        &[&json!(cases)],
    )?;
    let mut of_cases: HashMap<i64, Vec<Telling>> = HashMap::new();
    for (case_id, kind, data, at) in events {
        of_cases.entry(case_id).or_default().push((kind, data, at));
    }
    Ok(of_cases.into_iter().map(|(case_id, events)| (case_id, told(events))).collect())
}

/// What events in their order mean for the clocks.
pub fn told(events: impl IntoIterator<Item = Telling>) -> Vec<(Time, Happening)> {
    let (mut status, mut gone_at) = (Status::New, Time::from_millis(0));
    let mut history = Vec::new();
    for (kind, data, at) in events {
        let event = Event::read(&kind, data);
        let Some(happening) = event.and_then(|event| happening(&event, status, gone_at)) else { continue };
        match happening {
            Happening::Opened { status: now } | Happening::Restored { status: now, .. } => status = now,
            Happening::Moved { to, .. } => status = to,
            Happening::Removed => gone_at = at,
            Happening::CustomerSpoke { .. } | Happening::UserAnswered => {}
        }
        history.push((at, happening));
    }
    history
}

/// Writes what changed, records what was missed, sets the warnings. `is_other_plan` where something else is promised from
/// now on.
fn store(
    work: &mut Work,
    case_id: i64,
    plan: &Plan,
    clock: &Clock,
    (before, after): (&Targets, &Targets),
    is_other_plan: bool,
) -> Result<()> {
    let mut after = after.clone();
    for target in &mut after.0 {
        let kept = before.0.iter().find(|kept| kept.id == target.id && target.id != 0);
        if kept == Some(target) {
            continue;
        }
        target.id = write(work, case_id, target)?;
        if target.breached_at.is_some() && kept.is_none_or(|kept| kept.breached_at.is_none()) {
            // A deadline that was ahead until now, or unknown while its clock stood still, or not promised yet, and lies
            // behind by a change is missed at the change (spec 5).
            let was_ahead = match kept {
                Some(kept) => kept.due_at.is_none_or(|due| due >= work.now),
                None => is_other_plan,
            };
            breach::record(work, case_id, plan.policy_id, target, was_ahead)?;
        }
        if target.breached_at.is_some() {
            breach::ended_late(work, case_id, target)?;
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
    warning::plan(work, case_id, plan, clock, &after)?;
    let (first_response_due, resolution_due) = after.dues();
    let (next_due, soon_at) = (after.next_due(), warning::soon_at(plan, clock, &after));
    work.execute(
        "update crm_cases set sla_policy_id = $2, first_response_due = $3, resolution_due = $4, sla_next_due = $5,
             sla_soon_at = $6, updated_at = $7, edit_version = edit_version + 1
         where case_id = $1 and (sla_policy_id is distinct from $2 or first_response_due is distinct from $3
             or resolution_due is distinct from $4 or sla_next_due is distinct from $5 or sla_soon_at is distinct from $6)",
        &[&case_id, &plan.policy_id, &first_response_due, &resolution_due, &next_due, &soon_at, &now],
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
