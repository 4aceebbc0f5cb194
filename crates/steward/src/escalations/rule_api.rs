//! Escalation rules over HTTP.

use db::Class;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

use super::Reason;
use super::rules::{Rule, SELECT, Trigger};
use crate::cases::{must_exist, must_work_cases};
use crate::error::{Error, Fault, Result};
use crate::http::{
    Admin, Answer, Body, Created, Expected, Json, Manager, NoContent, Nothing, Path, Query, Viewer,
};
use crate::input::{Int, Line, Patch};
use crate::ordering::{self, Order};
use crate::paging::{PageQuery, Pagination};
use crate::people::differing;
use crate::sla::Kind;
use crate::work::Work;

type Position = Int<1, 1_000_000>;
type Nth = Int<1, 1000>;
type Level = Int<1, 3>;
type Minutes = Int<1, 1_000_000>;

crate::input! {
    /// A new rule.
    pub struct RuleDraft {
        pub rule_name: Line<200>,
        /// After the last when left out.
        pub position: Option<Position>,
        pub cause: Trigger,
        /// The target that a warning or violation is of; any when left out.
        pub target: Option<Kind>,
        /// Reopening: the how many-th.
        pub reopening: Option<Nth>,
        /// Unacknowledged: at which level; `to_level` is above it.
        pub at_level: Option<Level>,
        /// Unacknowledged: for how many minutes.
        pub minutes: Option<Minutes>,
        pub to_level: Level,
        /// By the cause when left out.
        pub escalation_reason: Option<Reason>,
        pub assign_user_id: Option<i64>,
        pub assign_team_id: Option<i64>,
        pub raise_priority: Option<bool>,
    }
}

crate::input! {
    /// The fields to change. What does not go with a new cause is to be cleared by null.
    pub struct RuleEdit {
        pub rule_name: Patch<Line<200>>,
        pub position: Patch<Position>,
        pub cause: Patch<Trigger>,
        pub target: Patch<Option<Kind>>,
        pub reopening: Patch<Option<Nth>>,
        pub at_level: Patch<Option<Level>>,
        pub minutes: Patch<Option<Minutes>>,
        pub to_level: Patch<Level>,
        pub escalation_reason: Patch<Reason>,
        pub assign_user_id: Patch<Option<i64>>,
        pub assign_team_id: Patch<Option<i64>>,
        pub raise_priority: Patch<bool>,
    }
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct Rules {
    pub escalation_rules: Vec<Rule>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(default)]
    pub pagination: Option<Pagination>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct OneRule {
    pub escalation_rule: Rule,
}

/// What is wrong within a rule.
fn faults(rule: &Rule) -> Vec<Fault> {
    let mut faults = Vec::new();
    let cause = rule.cause;
    let is_unacknowledged = cause == Trigger::Unacknowledged;
    let is_sla = matches!(cause, Trigger::Warning | Trigger::Violation);
    for (field, named, fits, needed) in [
        ("target", rule.target.is_some(), is_sla, false),
        ("reopening", rule.reopening.is_some(), cause == Trigger::Reopening, true),
        ("minutes", rule.minutes.is_some(), is_unacknowledged, true),
        ("at_level", rule.at_level.is_some(), is_unacknowledged, true),
    ] {
        if named && !fits {
            faults.push(Fault::field(field, format!("does not go with the cause {cause}")));
        } else if fits && needed && !named {
            faults.push(Fault::field(field, format!("is required with the cause {cause}")));
        }
    }
    if let Some(at) = rule.at_level.filter(|at| is_unacknowledged && rule.to_level <= *at) {
        faults.push(Fault::field("to_level", format!("is to be above at_level, which is {at}")));
    }
    faults
}

/// Whether a rule makes sense, and those to whom it newly assigns are there. Every fault is in the error, 422.
fn check(work: &mut Work, rule: &Rule, user_id: Option<i64>, team_id: Option<i64>) -> Result<()> {
    let mut faults = faults(rule);
    Fault::gather(&mut faults, must_work_cases(work, "assign_user_id", user_id))?;
    Fault::gather(&mut faults, must_exist(work, "assign_team_id", "crm_teams", "team_id", team_id))?;
    if faults.is_empty() { Ok(()) } else { Err(Error::Invalid(faults)) }
}

/// The reason that goes with a cause.
fn usual_reason(cause: Trigger) -> Reason {
    match cause {
        Trigger::PriorityRaise => Reason::PriorityIncrease,
        Trigger::Reopening | Trigger::Unacknowledged => Reason::ManagementReview,
        Trigger::Warning | Trigger::Violation => Reason::SlaViolation,
    }
}

/// The active rules in their order, the first thousand.
pub fn in_order(work: &mut Work) -> Result<Vec<Rule>> {
    work.query(&format!("{SELECT} where is_active order by position, rule_id limit 1000"), &[])
}

pub fn find(work: &mut Work, rule_id: i64) -> Result<Rule> {
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

pub async fn list_rules(caller: Viewer, Query(query): Query<PageQuery>) -> Result<Answer<Json<Rules>>> {
    let (escalation_rules, pagination) = query.cut(caller.read(Class::Bounded, in_order).await?)?;
    Ok(Json::new(Rules { escalation_rules, pagination: Some(pagination) }).into())
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
            let rule_id = add(work, &draft)?;
            let Json { body, etag } = answer(work, rule_id)?;
            Ok(Created { location: format!("/api/crm/escalation-rules/{rule_id}"), body, etag })
        })
        .await
}

fn add(work: &mut Work, draft: &RuleDraft) -> Result<i64> {
    let rule = Rule {
        rule_id: 0,
        rule_name: draft.rule_name.to_string(),
        position: draft.position.map_or(0, |position| position.0),
        cause: draft.cause,
        target: draft.target,
        reopening: draft.reopening.map(|nth| nth.0),
        at_level: draft.at_level.map(|level| level.0),
        minutes: draft.minutes.map(|minutes| minutes.0),
        to_level: draft.to_level.0,
        escalation_reason: draft.escalation_reason.unwrap_or(usual_reason(draft.cause)),
        assign_user_id: draft.assign_user_id,
        assign_team_id: draft.assign_team_id,
        raise_priority: draft.raise_priority.unwrap_or(false),
        edit_version: 1,
    };
    check(work, &rule, rule.assign_user_id, rule.assign_team_id)?;
    let (now, position) = (work.now, draft.position.map(|position| position.0));
    let (rule_id,): (i64,) = work.one(
        "insert into crm_escalation_rules (rule_name, position, cause, target, reopening, at_level, minutes, to_level,
             escalation_reason, assign_user_id, assign_team_id, raise_priority, created_at, updated_at)
         values ($1, coalesce($2, (select coalesce(max(position), 0) + 1 from crm_escalation_rules)), $3, $4, $5, $6, $7,
             $8, $9, $10, $11, $12, $13, $13) returning rule_id",
        &[
            &rule.rule_name, &position, &rule.cause, &rule.target, &rule.reopening, &rule.at_level, &rule.minutes,
            &rule.to_level, &rule.escalation_reason, &rule.assign_user_id, &rule.assign_team_id,
            &rule.raise_priority, &now,
        ],
    )?;
    work.audit("created", "escalation_rule", Some(rule_id), &json!({}))?;
    Ok(rule_id)
}

pub async fn update_rule(
    caller: Manager,
    Path([rule_id]): Path<1>,
    Body(edit): Body<RuleEdit>,
) -> Result<Answer<Json<OneRule>>> {
    let expected = caller.expected(rule_id);
    caller
        .write(move |work| {
            change(work, rule_id, &edit, &expected)?;
            answer(work, rule_id)
        })
        .await
}

/// Changes the fields named. An edit that changes nothing leaves no trace.
fn change(work: &mut Work, rule_id: i64, edit: &RuleEdit, expected: &Expected) -> Result<()> {
    let before = take(work, rule_id)?;
    expected.check(before.edit_version)?;
    let edit = edit.clone();
    let after = Rule {
        rule_name: edit.rule_name.map(Line::into_string).or(before.rule_name.clone()),
        position: edit.position.map(|position| position.0).or(before.position),
        cause: edit.cause.or(before.cause),
        target: edit.target.or(before.target),
        reopening: edit.reopening.map(|nth| nth.map(|nth| nth.0)).or(before.reopening),
        at_level: edit.at_level.map(|level| level.map(|level| level.0)).or(before.at_level),
        minutes: edit.minutes.map(|minutes| minutes.map(|minutes| minutes.0)).or(before.minutes),
        to_level: edit.to_level.map(|level| level.0).or(before.to_level),
        escalation_reason: edit.escalation_reason.or(before.escalation_reason),
        assign_user_id: edit.assign_user_id.or(before.assign_user_id),
        assign_team_id: edit.assign_team_id.or(before.assign_team_id),
        raise_priority: edit.raise_priority.or(before.raise_priority),
        ..before.clone()
    };
    let fields = differing!(before, after; rule_name, position, cause, target, reopening, at_level, minutes, to_level,
        escalation_reason, assign_user_id, assign_team_id, raise_priority);
    if fields.is_empty() {
        return Ok(());
    }
    // Whom a rule names already may have gone since, and stay while something else is changed.
    let user_id = after.assign_user_id.filter(|_| after.assign_user_id != before.assign_user_id);
    let team_id = after.assign_team_id.filter(|_| after.assign_team_id != before.assign_team_id);
    check(work, &after, user_id, team_id)?;
    let now = work.now;
    work.execute(
        "update crm_escalation_rules set rule_name = $2, position = $3, cause = $4, target = $5, reopening = $6,
             at_level = $7, minutes = $8, to_level = $9, escalation_reason = $10, assign_user_id = $11,
             assign_team_id = $12, raise_priority = $13, edit_version = edit_version + 1, updated_at = $14
         where rule_id = $1",
        &[
            &rule_id, &after.rule_name, &after.position, &after.cause, &after.target, &after.reopening,
            &after.at_level, &after.minutes, &after.to_level, &after.escalation_reason, &after.assign_user_id,
            &after.assign_team_id, &after.raise_priority, &now,
        ],
    )?;
    work.audit("changed", "escalation_rule", Some(rule_id), &json!({ "fields": fields }))
}

/// Changes the order of the rules.
pub async fn reorder_rules(caller: Manager, Body(order): Body<Order>) -> Result<Answer<Json<Rules>>> {
    caller
        .write(move |work| {
            if ordering::reorder(work, "crm_escalation_rules", "rule_id", &order)? {
                work.audit("reordered", "escalation_rule", None, &json!({ "ids": order.ids }))?;
            }
            Ok(Json::new(Rules { escalation_rules: in_order(work)?, pagination: None }))
        })
        .await
}

pub async fn delete_rule(
    caller: Manager,
    Path([rule_id]): Path<1>,
    _: Query<Nothing>,
) -> Result<Answer<NoContent>> {
    let expected = caller.expected(rule_id);
    caller
        .write(move |work| {
            expected.check(take(work, rule_id)?.edit_version)?;
            work.set_active("crm_escalation_rules", "rule_id", rule_id, false)?;
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
            let restored = work.set_active("crm_escalation_rules", "rule_id", rule_id, true)?;
            if !restored {
                return Err(Error::NotFound("deleted escalation rule"));
            }
            work.audit("restored", "escalation_rule", Some(rule_id), &json!({}))?;
            answer(work, rule_id)
        })
        .await
}
