//! Assignment rules over HTTP: which cases go to which team, and how an owner is chosen there.

use db::Class;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

use super::Method;
use crate::cases::must_exist;
use crate::error::{Error, Fault, Result};
use crate::http::{
    Admin, Answer, Body, Created, Expected, Json, Manager, NoContent, Nothing, Path, Query, Viewer,
};
use crate::input::{Int, Line, Patch};
use crate::ordering::{self, Order};
use crate::paging::{PageQuery, Pagination};
use crate::people::differing;
use crate::sla::conditions::{Conditions, ConditionsDraft};
use crate::work::Work;

db::record! {
    #[derive(Debug, Clone)]
    pub struct Rule {
        pub rule_id: i64,
        pub rule_name: String,
        pub position: i64,
        pub conditions: db::Json<Conditions>,
        pub team_id: i64,
        pub method: Method,
        pub last_user_id: Option<i64>,
        pub edit_version: i64,
    }
}

pub const SELECT: &str =
    "select rule_id, rule_name, position, conditions, team_id, method, last_user_id, edit_version
     from crm_assignment_rules";

type Position = Int<1, 1_000_000>;

crate::input! {
    /// A new assignment rule.
    pub struct RuleDraft {
        pub rule_name: Line<200>,
        /// After the last when left out.
        pub position: Option<Position>,
        /// When it applies; an empty list is any.
        pub conditions: Option<ConditionsDraft>,
        pub team_id: i64,
        /// Round robin when left out.
        pub method: Option<Method>,
    }
}

crate::input! {
    /// The fields to change.
    pub struct RuleEdit {
        pub rule_name: Patch<Line<200>>,
        pub position: Patch<Position>,
        /// All conditions anew; an empty list is any.
        pub conditions: Patch<ConditionsDraft>,
        pub team_id: Patch<i64>,
        pub method: Patch<Method>,
    }
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct RuleView {
    pub rule_id: i64,
    pub rule_name: String,
    pub position: i64,
    pub conditions: Conditions,
    pub team_id: i64,
    pub method: Method,
    pub edit_version: i64,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct Rules {
    pub assignment_rules: Vec<RuleView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(default)]
    pub pagination: Option<Pagination>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct OneRule {
    pub assignment_rule: RuleView,
}

impl From<Rule> for RuleView {
    fn from(rule: Rule) -> RuleView {
        let Rule { rule_id, rule_name, position, conditions, team_id, method, edit_version, .. } = rule;
        RuleView { rule_id, rule_name, position, conditions: conditions.0, team_id, method, edit_version }
    }
}

/// The active rules in the order in which they are tried, the first thousand.
pub fn in_order(work: &mut Work) -> Result<Vec<Rule>> {
    work.query(&format!("{SELECT} where is_active order by position, rule_id limit 1000"), &[])
}

pub fn find(work: &mut Work, rule_id: i64) -> Result<Rule> {
    work.optional(&format!("{SELECT} where is_active and rule_id = $1"), &[&rule_id])?
        .ok_or(Error::NotFound("assignment rule"))
}

/// The rule with its row taken for a change.
fn take(work: &mut Work, rule_id: i64) -> Result<Rule> {
    let lock = work.dialect().for_update();
    work.optional(&format!("{SELECT} where is_active and rule_id = $1{lock}"), &[&rule_id])?
        .ok_or(Error::NotFound("assignment rule"))
}

fn answer(work: &mut Work, rule_id: i64) -> Result<Json<OneRule>> {
    let rule = find(work, rule_id)?;
    let version = rule.edit_version;
    Ok(Json::version(OneRule { assignment_rule: rule.into() }, rule_id, version))
}

/// Whether what is named is there. Every fault is in the error, 422.
fn check(
    work: &mut Work,
    conditions: Option<&ConditionsDraft>,
    present: &Conditions,
    team_id: Option<i64>,
) -> Result<()> {
    let mut faults: Vec<Fault> = match conditions {
        Some(conditions) => conditions.faults(work, present)?,
        None => Vec::new(),
    };
    Fault::gather(&mut faults, must_exist(work, "team_id", "crm_teams", "team_id", team_id))?;
    if faults.is_empty() { Ok(()) } else { Err(Error::Invalid(faults)) }
}

fn all(work: &mut Work) -> Result<Rules> {
    Ok(Rules {
        assignment_rules: in_order(work)?.into_iter().map(RuleView::from).collect(),
        pagination: None,
    })
}

pub async fn list(caller: Viewer, Query(query): Query<PageQuery>) -> Result<Answer<Json<Rules>>> {
    let (assignment_rules, pagination) =
        query.cut(caller.read(Class::Bounded, all).await?.assignment_rules)?;
    Ok(Json::new(Rules { assignment_rules, pagination: Some(pagination) }).into())
}

pub async fn show(
    caller: Viewer,
    Path([rule_id]): Path<1>,
    _: Query<Nothing>,
) -> Result<Answer<Json<OneRule>>> {
    Ok(caller.read(Class::Bounded, move |work| answer(work, rule_id)).await?.into())
}

pub async fn create(caller: Manager, Body(draft): Body<RuleDraft>) -> Result<Answer<Created<OneRule>>> {
    caller
        .write(move |work| {
            let named = draft.conditions.as_ref();
            check(work, named, &Conditions::default(), Some(draft.team_id))?;
            let conditions: Conditions = named.map(Conditions::from).unwrap_or_default();
            let now = work.now;
            let (rule_id,): (i64,) = work.one(
                "insert into crm_assignment_rules (rule_name, position, conditions, team_id, method, created_at, updated_at)
                 values ($1, coalesce($2, (select coalesce(max(position), 0) + 1 from crm_assignment_rules)), $3, $4, $5,
                     $6, $6) returning rule_id",
                &[
                    &&*draft.rule_name, &draft.position.map(|n| n.0), &db::Json(conditions), &draft.team_id,
                    &draft.method.unwrap_or(Method::RoundRobin), &now,
                ],
            )?;
            work.audit("created", "assignment_rule", Some(rule_id), &json!({}))?;
            let Json { body, etag } = answer(work, rule_id)?;
            Ok(Created { location: format!("/api/crm/assignment-rules/{rule_id}"), body, etag })
        })
        .await
}

pub async fn update(
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
        conditions: match &edit.conditions {
            Patch::Keep => before.conditions.clone(),
            Patch::Set(draft) => db::Json(Conditions::from(draft)),
        },
        team_id: edit.team_id.or(before.team_id),
        method: edit.method.or(before.method),
        ..before.clone()
    };
    // A team that has been deleted since may stay while something else is changed.
    let is_other_team = (after.team_id != before.team_id).then_some(after.team_id);
    check(work, edit.conditions.named().as_ref(), &before.conditions.0, is_other_team)?;
    let fields = differing!(before, after; rule_name, position, conditions, team_id, method);
    if fields.is_empty() {
        return Ok(());
    }
    let now = work.now;
    work.execute(
        "update crm_assignment_rules set rule_name = $2, position = $3, conditions = $4, team_id = $5, method = $6,
             edit_version = edit_version + 1, updated_at = $7
         where rule_id = $1",
        &[&rule_id, &after.rule_name, &after.position, &after.conditions, &after.team_id, &after.method, &now],
    )?;
    work.audit("changed", "assignment_rule", Some(rule_id), &json!({ "fields": fields }))
}

/// Changes the order in which rules are tried.
pub async fn reorder(caller: Manager, Body(order): Body<Order>) -> Result<Answer<Json<Rules>>> {
    caller
        .write(move |work| {
            if ordering::reorder(work, "crm_assignment_rules", "rule_id", &order)? {
                work.audit("reordered", "assignment_rule", None, &json!({ "ids": order.ids }))?;
            }
            all(work).map(Json::new)
        })
        .await
}

pub async fn delete(
    caller: Manager,
    Path([rule_id]): Path<1>,
    _: Query<Nothing>,
) -> Result<Answer<NoContent>> {
    let expected = caller.expected(rule_id);
    caller
        .write(move |work| {
            expected.check(take(work, rule_id)?.edit_version)?;
            work.set_active("crm_assignment_rules", "rule_id", rule_id, false)?;
            work.audit("deleted", "assignment_rule", Some(rule_id), &json!({}))?;
            Ok(NoContent)
        })
        .await
}

/// Brings a deleted rule back, in its former place.
pub async fn restore(
    caller: Admin,
    Path([rule_id]): Path<1>,
    _: Query<Nothing>,
) -> Result<Answer<Json<OneRule>>> {
    caller
        .write(move |work| {
            let restored = work.set_active("crm_assignment_rules", "rule_id", rule_id, true)?;
            if !restored {
                return Err(Error::NotFound("deleted assignment rule"));
            }
            work.audit("restored", "assignment_rule", Some(rule_id), &json!({}))?;
            answer(work, rule_id)
        })
        .await
}
