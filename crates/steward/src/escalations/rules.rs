//! Escalation rules: on a warning, a violation, a raised priority, the n-th reopening, or an escalation that nobody
//! acknowledges. A rule fires once per case and cause, across restarts and nodes (spec 6).

use db::Class;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

use super::{Escalation, Reason, escalate};
use crate::cases::{Case, CaseEdit, must_exist, must_work_cases};
use crate::error::{Error, Fault, Result};
use crate::http::{
    Admin, Answer, Body, Created, Expected, Json, Manager, NoContent, Nothing, Path, Query, Viewer,
};
use crate::input::{Int, Line, Patch};
use crate::jobs::{self, Job};
use crate::sla::Kind;
use crate::work::Work;

crate::words! {
    /// On what a rule acts.
    pub enum Trigger {
        Warning = "warning",
        Violation = "violation",
        PriorityRaise = "priority_raise",
        Reopening = "reopening",
        Unacknowledged = "unacknowledged",
    }
}

/// What happened, as rules see it.
#[derive(Debug, Clone, Copy)]
pub enum Cause {
    Warning { target: Kind, event_id: i64 },
    Violation { target: Kind, target_id: i64 },
    PriorityRaise { event_id: i64 },
    Reopening { count: i64 },
}

impl Cause {
    fn trigger(&self) -> Trigger {
        match self {
            Cause::Warning { .. } => Trigger::Warning,
            Cause::Violation { .. } => Trigger::Violation,
            Cause::PriorityRaise { .. } => Trigger::PriorityRaise,
            Cause::Reopening { .. } => Trigger::Reopening,
        }
    }

    /// What makes it one cause and not another.
    fn key(&self) -> String {
        match self {
            Cause::Warning { event_id, .. } => format!("warning {event_id}"),
            Cause::Violation { target_id, .. } => format!("violation {target_id}"),
            Cause::PriorityRaise { event_id } => format!("priority {event_id}"),
            Cause::Reopening { count } => format!("reopening {count}"),
        }
    }

    fn concerns(&self, rule: &Rule) -> bool {
        match self {
            Cause::Warning { target, .. } | Cause::Violation { target, .. } => {
                rule.target.is_none_or(|wanted| wanted == *target)
            }
            Cause::Reopening { count } => rule.reopening.is_none_or(|nth| nth == *count),
            Cause::PriorityRaise { .. } => true,
        }
    }
}

db::record! {
    #[derive(Debug, Clone, Serialize, JsonSchema)]
    pub struct Rule {
        pub rule_id: i64,
        pub rule_name: String,
        pub position: i64,
        pub cause: Trigger,
        pub target: Option<Kind>,
        pub reopening: Option<i64>,
        pub at_level: Option<i64>,
        pub minutes: Option<i64>,
        pub to_level: i64,
        pub escalation_reason: Reason,
        pub assign_user_id: Option<i64>,
        pub assign_team_id: Option<i64>,
        pub raise_priority: bool,
        pub edit_version: i64,
    }
}

const SELECT: &str =
    "select rule_id, rule_name, position, cause, target, reopening, at_level, minutes, to_level,
        escalation_reason, assign_user_id, assign_team_id, raise_priority, edit_version
     from crm_escalation_rules";

fn active(work: &mut Work, trigger: Trigger) -> Result<Vec<Rule>> {
    work.query(&format!("{SELECT} where is_active and cause = $1 order by position, rule_id"), &[&trigger])
}

/// Applies the rules that a cause concerns.
pub fn apply_rules(work: &mut Work, case_id: i64, cause: &Cause) -> Result<()> {
    for rule in active(work, cause.trigger())?.iter().filter(|rule| cause.concerns(rule)) {
        fire(work, case_id, rule, &cause.key())?;
    }
    Ok(())
}

/// Enqueues a look at an escalation for each rule that acts where nobody acknowledges it in time.
pub fn watch_acknowledgement(work: &mut Work, _case_id: i64, escalation_id: i64, level: i64) -> Result<()> {
    for rule in active(work, Trigger::Unacknowledged)? {
        if rule.at_level.is_none_or(|wanted| wanted == level) {
            let job = Job::CheckEscalation { escalation_id, rule_id: rule.rule_id };
            let at = work.now.plus_minutes(rule.minutes.unwrap_or(60));
            let key = format!("check_escalation {escalation_id} {}", rule.rule_id);
            jobs::enqueue(work, &job, at, Some(&key))?;
        }
    }
    Ok(())
}

/// Acts on an escalation that is still neither acknowledged nor resolved.
pub fn check_unacknowledged(work: &mut Work, escalation_id: i64, rule_id: i64) -> Result<()> {
    let waiting: Option<(i64,)> = work.optional(
        "select case_id from crm_case_escalations
         where escalation_id = $1 and acknowledged_at is null and resolved_at is null",
        &[&escalation_id],
    )?;
    let rule: Option<Rule> =
        work.optional(&format!("{SELECT} where is_active and rule_id = $1"), &[&rule_id])?;
    match (waiting, rule) {
        (Some((case_id,)), Some(rule)) => {
            fire(work, case_id, &rule, &format!("unacknowledged {escalation_id}"))
        }
        _ => Ok(()),
    }
}

/// Fires a rule, unless it has fired for this case and cause, or the case is beyond it.
fn fire(work: &mut Work, case_id: i64, rule: &Rule, cause: &str) -> Result<()> {
    let mut case = match Case::take(work, case_id) {
        Err(Error::NotFound(_)) => return Ok(()),
        taken => taken?,
    };
    let now = work.now;
    let first = work.execute(
        "insert into crm_escalation_firings (rule_id, case_id, cause, fired_at) values ($1, $2, $3, $4)
         on conflict do nothing",
        &[&rule.rule_id, &case_id, &cause, &now],
    )?;
    if first == 0 || case.status.is_ended() || case.merged_into_id.is_some() {
        return Ok(());
    }
    let (present,): (i64,) =
        work.one("select escalation_level from crm_cases where case_id = $1", &[&case_id])?;
    if rule.to_level > present {
        let escalation = Escalation {
            reason: rule.escalation_reason,
            level: Some(rule.to_level),
            to: active_user(work, rule.assign_user_id)?,
            note: None,
        };
        escalate(work, &mut case, &escalation)?;
    }
    let mut edit = CaseEdit::nothing();
    if let Some(team) = rule.assign_team_id {
        edit.team_id = Patch::Set(Some(team));
    }
    if rule.raise_priority
        && let Some(higher) = next_priority(work, case.priority_id)?
    {
        edit.priority_id = Patch::Set(higher);
    }
    match case.edit(work, &edit, &Expected::any(case_id)) {
        // A team that has been deleted since: the escalation stands all the same.
        Err(Error::Invalid(_)) => Ok(()),
        other => other,
    }
}

fn active_user(work: &mut Work, user_id: Option<i64>) -> Result<Option<i64>> {
    let Some(id) = user_id else { return Ok(None) };
    let row: Option<(i64,)> = work.optional(
        "select user_id from crm_users
             where user_id = $1 and is_active and role in ('agent', 'manager', 'admin')",
        &[&id],
    )?;
    Ok(row.map(|(id,)| id))
}

/// The next more urgent priority, if there is one.
fn next_priority(work: &mut Work, priority_id: i64) -> Result<Option<i64>> {
    let row: Option<(i64,)> = work.optional(
        "select priority_id from crm_case_priorities
         where is_active and priority_level > (select priority_level from crm_case_priorities where priority_id = $1)
         order by priority_level, priority_id limit 1",
        &[&priority_id],
    )?;
    Ok(row.map(|(id,)| id))
}

crate::input! {
    /// A new rule.
    pub struct RuleDraft {
        pub rule_name: Line<200>,
        /// After the last when left out.
        pub position: Option<Int<1, 1_000_000>>,
        pub cause: Trigger,
        /// The target that a warning or violation is of; any when left out.
        pub target: Option<Kind>,
        /// Reopening: the how many-th.
        pub reopening: Option<Int<1, 1000>>,
        /// Unacknowledged: at which level; `to_level` is above it.
        pub at_level: Option<Int<1, 3>>,
        /// Unacknowledged: for how many minutes.
        pub minutes: Option<Int<1, 1_000_000>>,
        pub to_level: Int<1, 3>,
        pub escalation_reason: Option<Reason>,
        pub assign_user_id: Option<i64>,
        pub assign_team_id: Option<i64>,
        pub raise_priority: Option<bool>,
    }
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct Rules {
    pub escalation_rules: Vec<Rule>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct OneRule {
    pub escalation_rule: Rule,
}

fn check(work: &mut Work, draft: &RuleDraft) -> Result<()> {
    let mut faults = Vec::new();
    let is_unacknowledged = draft.cause == Trigger::Unacknowledged;
    let is_sla = matches!(draft.cause, Trigger::Warning | Trigger::Violation);
    for (field, named, fits) in [
        ("target", draft.target.is_some(), is_sla),
        ("reopening", draft.reopening.is_some(), draft.cause == Trigger::Reopening),
        ("at_level", draft.at_level.is_some(), draft.cause == Trigger::Unacknowledged),
        ("minutes", draft.minutes.is_some(), draft.cause == Trigger::Unacknowledged),
    ] {
        if named && !fits {
            faults.push(Fault::field(field, format!("does not go with the cause {}", draft.cause)));
        }
    }
    for (field, is_missing) in [
        ("minutes", is_unacknowledged && draft.minutes.is_none()),
        ("at_level", is_unacknowledged && draft.at_level.is_none()),
        ("reopening", draft.cause == Trigger::Reopening && draft.reopening.is_none()),
    ] {
        if is_missing {
            faults.push(Fault::field(field, format!("is required with the cause {}", draft.cause)));
        }
    }
    if let Some(at_level) = draft.at_level.filter(|at| draft.to_level.0 <= at.0) {
        faults.push(Fault::field("to_level", format!("is to be above at_level, which is {}", at_level.0)));
    }
    for checked in [
        must_work_cases(work, "assign_user_id", draft.assign_user_id),
        must_exist(work, "assign_team_id", "crm_teams", "team_id", draft.assign_team_id),
    ] {
        match checked {
            Err(Error::Invalid(found)) => faults.extend(found),
            other => other?,
        }
    }
    if faults.is_empty() { Ok(()) } else { Err(Error::Invalid(faults)) }
}

fn find(work: &mut Work, rule_id: i64) -> Result<Rule> {
    work.optional(&format!("{SELECT} where is_active and rule_id = $1"), &[&rule_id])?
        .ok_or(Error::NotFound("escalation rule"))
}

/// The rule with its row taken for a change.
fn take(work: &mut Work, rule_id: i64) -> Result<Rule> {
    let lock = work.dialect().for_update();
    work.optional(&format!("{SELECT} where is_active and rule_id = $1{lock}"), &[&rule_id])?
        .ok_or(Error::NotFound("escalation rule"))
}

fn answer(work: &mut Work, rule_id: i64) -> Result<Json<OneRule>> {
    let escalation_rule = find(work, rule_id)?;
    let version = escalation_rule.edit_version;
    Ok(Json::version(OneRule { escalation_rule }, rule_id, version))
}

pub async fn list_rules(caller: Viewer, _: Query<Nothing>) -> Result<Answer<Json<Rules>>> {
    let escalation_rules = caller.read(Class::Bounded, |work| {
        work.query(&format!("{SELECT} where is_active order by position, rule_id limit 1000"), &[])
    });
    Ok(Json::new(Rules { escalation_rules: escalation_rules.await? }).into())
}

pub async fn show_rule(
    caller: Viewer,
    Path([rule_id]): Path<1>,
    _: Query<Nothing>,
) -> Result<Answer<Json<OneRule>>> {
    Ok(caller.read(Class::Bounded, move |work| answer(work, rule_id)).await?.into())
}

pub async fn create_rule(caller: Manager, Body(draft): Body<RuleDraft>) -> Result<Answer<Created<OneRule>>> {
    caller
        .write(move |work| {
            check(work, &draft)?;
            let now = work.now;
            let (rule_id,): (i64,) = work.one(
                "insert into crm_escalation_rules (rule_name, position, cause, to_level, escalation_reason, created_at,
                     updated_at)
                 values ($1, coalesce($2, (select coalesce(max(position), 0) + 1 from crm_escalation_rules)), $3, $4,
                     'sla_violation', $5, $5) returning rule_id",
                &[&&*draft.rule_name, &draft.position.map(|n| n.0), &draft.cause, &draft.to_level.0, &now],
            )?;
            store(work, rule_id, &draft)?;
            work.audit("created", "escalation_rule", Some(rule_id), &json!({}))?;
            let Json { body, etag } = answer(work, rule_id)?;
            Ok(Created { location: format!("/api/crm/escalation-rules/{rule_id}"), body, etag })
        })
        .await
}

/// Writes a draft over a rule: a rule is small, so `PUT` names it whole.
fn store(work: &mut Work, rule_id: i64, draft: &RuleDraft) -> Result<()> {
    let now = work.now;
    let reason = draft.escalation_reason.unwrap_or(match draft.cause {
        Trigger::PriorityRaise => Reason::PriorityIncrease,
        Trigger::Reopening | Trigger::Unacknowledged => Reason::ManagementReview,
        Trigger::Warning | Trigger::Violation => Reason::SlaViolation,
    });
    work.execute(
        "update crm_escalation_rules set rule_name = $2, position = coalesce($3, position), cause = $4, target = $5,
             reopening = $6, at_level = $7, minutes = $8, to_level = $9, escalation_reason = $10, assign_user_id = $11,
             assign_team_id = $12, raise_priority = $13, edit_version = edit_version + 1, updated_at = $14
         where rule_id = $1",
        &[
            &rule_id, &&*draft.rule_name, &draft.position.map(|n| n.0), &draft.cause, &draft.target,
            &draft.reopening.map(|n| n.0), &draft.at_level.map(|n| n.0), &draft.minutes.map(|n| n.0),
            &draft.to_level.0, &reason, &draft.assign_user_id, &draft.assign_team_id,
            &draft.raise_priority.unwrap_or(false), &now,
        ],
    )?;
    Ok(())
}

pub async fn update_rule(
    caller: Manager,
    Path([rule_id]): Path<1>,
    Body(draft): Body<RuleDraft>,
) -> Result<Answer<Json<OneRule>>> {
    let expected = caller.expected(rule_id);
    caller
        .write(move |work| {
            expected.check(take(work, rule_id)?.edit_version)?;
            check(work, &draft)?;
            store(work, rule_id, &draft)?;
            work.audit("changed", "escalation_rule", Some(rule_id), &json!({}))?;
            answer(work, rule_id)
        })
        .await
}

pub async fn delete_rule(
    caller: Manager,
    Path([rule_id]): Path<1>,
    _: Query<Nothing>,
) -> Result<Answer<NoContent>> {
    caller
        .write(move |work| {
            take(work, rule_id)?;
            let now = work.now;
            work.execute(
                "update crm_escalation_rules set is_active = $2, edit_version = edit_version + 1, updated_at = $3
                 where rule_id = $1",
                &[&rule_id, &false, &now],
            )?;
            work.audit("deleted", "escalation_rule", Some(rule_id), &json!({}))?;
            Ok(NoContent)
        })
        .await
}

/// Brings a deleted rule back, in its former place.
pub async fn restore_rule(
    caller: Admin,
    Path([rule_id]): Path<1>,
    _: Query<Nothing>,
) -> Result<Answer<Json<OneRule>>> {
    caller
        .write(move |work| {
            let now = work.now;
            let restored = work.execute(
                "update crm_escalation_rules set is_active = $2, edit_version = edit_version + 1, updated_at = $3
                 where rule_id = $1 and not is_active",
                &[&rule_id, &true, &now],
            )?;
            if restored == 0 {
                return Err(Error::NotFound("deleted escalation rule"));
            }
            work.audit("restored", "escalation_rule", Some(rule_id), &json!({}))?;
            answer(work, rule_id)
        })
        .await
}
