//! Routing: assignment rules in order give a new case to a team, and within it to an owner, by turns or by load, among
//! the members who are available and below their cap. A case nobody matches stays unassigned (spec 4).

use db::Class;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

use crate::cases::{Case, must_exist};
use crate::error::{Error, Result};
use crate::http::{Admin, Answer, Body, Created, Json, Manager, NoContent, Nothing, Path, Query, Viewer};
use crate::input::{Int, Line};
use crate::sla::policies::Part;
use crate::sla::policy::{self, Conditions};
use crate::work::Work;

crate::words! {
    /// How an owner is chosen among a team's members.
    pub enum Method { None = "none", RoundRobin = "round_robin", LeastOpen = "least_open" }
}

db::record! {
    #[derive(Debug, Clone)]
    struct Rule {
        rule_id: i64,
        rule_name: String,
        position: i64,
        conditions: db::Json<Conditions>,
        team_id: i64,
        method: Method,
        last_user_id: Option<i64>,
        edit_version: i64,
    }
}

const SELECT: &str =
    "select rule_id, rule_name, position, conditions, team_id, method, last_user_id, edit_version
     from crm_assignment_rules";

/// Assigns a case that was just opened without an owner or a team.
pub fn assign(work: &mut Work, case_id: i64) -> Result<()> {
    let lock = work.dialect().for_update();
    // A rule whose team is gone gives cases to nobody: the next one may.
    let rules: Vec<Rule> = work.query(
        &format!(
            "{SELECT} where is_active and team_id in (select t.team_id from crm_teams t where t.is_active)
             order by position, rule_id"
        ),
        &[],
    )?;
    if rules.is_empty() {
        return Ok(());
    }
    let traits = policy::traits(work, case_id)?;
    let Some(rule) = rules.into_iter().find(|rule| rule.conditions.0.refusal(&traits).is_none()) else {
        return Ok(());
    };
    // Turns are taken one after the other.
    let (last,): (Option<i64>,) = work.one(
        &format!("select last_user_id from crm_assignment_rules where rule_id = $1{lock}"),
        &[&rule.rule_id],
    )?;
    let owner = match rule.method {
        Method::None => None,
        Method::RoundRobin => next_in_turn(work, rule.team_id, last)?,
        Method::LeastOpen => least_busy(work, rule.team_id)?,
    };
    if let Some(owner) = owner {
        work.execute(
            "update crm_assignment_rules set last_user_id = $2 where rule_id = $1",
            &[&rule.rule_id, &owner],
        )?;
    }
    Case::take(work, case_id)?.assign(work, owner, Some(rule.team_id))
}

/// Members who may take another case, with how many they have.
const MEMBERS: &str = "select u.user_id, coalesce((select sum(r.cases) from crm_case_rollup_now r
            where r.dimension = 'owner' and r.key = cast(u.user_id as text)
              and r.status in ('new', 'open', 'pending', 'in_progress', 'waiting_customer')), 0) as open_cases
     from crm_team_members m join crm_users u on u.user_id = m.user_id and u.is_active and u.is_available
         and u.role in ('agent', 'manager', 'admin')
     where m.team_id = $1";

fn available(work: &mut Work, team_id: i64) -> Result<Vec<(i64, i64)>> {
    work.query(
        &format!(
            "select q.user_id, cast(q.open_cases as bigint) from ({MEMBERS}) q join crm_users u on u.user_id = q.user_id
             where u.case_cap is null or q.open_cases < u.case_cap order by q.user_id"
        ),
        &[&team_id],
    )
}

fn next_in_turn(work: &mut Work, team_id: i64, last: Option<i64>) -> Result<Option<i64>> {
    let members = available(work, team_id)?;
    let next = members.iter().find(|(id, _)| last.is_none_or(|last| *id > last)).or(members.first());
    Ok(next.map(|(id, _)| *id))
}

fn least_busy(work: &mut Work, team_id: i64) -> Result<Option<i64>> {
    let members = available(work, team_id)?;
    Ok(members.iter().min_by_key(|(id, open)| (*open, *id)).map(|(id, _)| *id))
}

crate::input! {
    /// An assignment rule; a rule is small, so `PUT` names it whole.
    pub struct RuleDraft {
        pub rule_name: Line<200>,
        /// After the last when left out.
        pub position: Option<Int<1, 1_000_000>>,
        /// When it applies; an empty list is any.
        pub conditions: Option<Part<Conditions>>,
        pub team_id: i64,
        /// Round robin when left out.
        pub method: Option<Method>,
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

fn find(work: &mut Work, rule_id: i64) -> Result<Rule> {
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

pub async fn list(caller: Viewer, _: Query<Nothing>) -> Result<Answer<Json<Rules>>> {
    let rules: Vec<Rule> = caller
        .read(Class::Bounded, |work| {
            work.query(&format!("{SELECT} where is_active order by position, rule_id"), &[])
        })
        .await?;
    Ok(Json::new(Rules { assignment_rules: rules.into_iter().map(RuleView::from).collect() }).into())
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
            must_exist(work, "team_id", "crm_teams", "team_id", Some(draft.team_id))?;
            let now = work.now;
            let (rule_id,): (i64,) = work.one(
                "insert into crm_assignment_rules (rule_name, position, conditions, team_id, method, created_at, updated_at)
                 values ($1, coalesce($2, (select coalesce(max(position), 0) + 1 from crm_assignment_rules)), $3, $4, $5,
                     $6, $6) returning rule_id",
                &[
                    &&*draft.rule_name, &draft.position.map(|n| n.0), &db::Json(conditions(&draft)), &draft.team_id,
                    &draft.method.unwrap_or(Method::RoundRobin), &now,
                ],
            )?;
            work.audit("created", "assignment_rule", Some(rule_id), &json!({}))?;
            let Json { body, etag } = answer(work, rule_id)?;
            Ok(Created { location: format!("/api/crm/assignment-rules/{rule_id}"), body, etag })
        })
        .await
}

fn conditions(draft: &RuleDraft) -> Conditions {
    draft.conditions.as_ref().map(|part| part.0.clone()).unwrap_or_default()
}

pub async fn update(
    caller: Manager,
    Path([rule_id]): Path<1>,
    Body(draft): Body<RuleDraft>,
) -> Result<Answer<Json<OneRule>>> {
    let expected = caller.expected(rule_id);
    caller
        .write(move |work| {
            expected.check(take(work, rule_id)?.edit_version)?;
            must_exist(work, "team_id", "crm_teams", "team_id", Some(draft.team_id))?;
            let now = work.now;
            work.execute(
                "update crm_assignment_rules set rule_name = $2, position = coalesce($3, position), conditions = $4,
                     team_id = $5, method = $6, edit_version = edit_version + 1, updated_at = $7
                 where rule_id = $1",
                &[
                    &rule_id, &&*draft.rule_name, &draft.position.map(|n| n.0), &db::Json(conditions(&draft)),
                    &draft.team_id, &draft.method.unwrap_or(Method::RoundRobin), &now,
                ],
            )?;
            work.audit("changed", "assignment_rule", Some(rule_id), &json!({}))?;
            answer(work, rule_id)
        })
        .await
}

pub async fn delete(
    caller: Manager,
    Path([rule_id]): Path<1>,
    _: Query<Nothing>,
) -> Result<Answer<NoContent>> {
    caller
        .write(move |work| {
            take(work, rule_id)?;
            let now = work.now;
            work.execute(
                "update crm_assignment_rules set is_active = $2, edit_version = edit_version + 1, updated_at = $3
                 where rule_id = $1",
                &[&rule_id, &false, &now],
            )?;
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
            let now = work.now;
            let restored = work.execute(
                "update crm_assignment_rules set is_active = $2, edit_version = edit_version + 1, updated_at = $3
                 where rule_id = $1 and not is_active",
                &[&rule_id, &true, &now],
            )?;
            if restored == 0 {
                return Err(Error::NotFound("deleted assignment rule"));
            }
            work.audit("restored", "assignment_rule", Some(rule_id), &json!({}))?;
            answer(work, rule_id)
        })
        .await
}
