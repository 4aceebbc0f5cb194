//! Policies over HTTP: CRUD, and a preview of what a change would do. A change recomputes the open cases as a job.

use db::Class;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

use super::conditions::{Conditions, ConditionsDraft};
use super::plan::{ReopenMode, WarnAt};
use super::policy::{COLUMNS, PauseStatuses, Policy, PriorityHours};
use super::policy_body::{self, PauseStatusesDraft, PriorityHoursDraft};
use super::preview::{self, Preview};
use super::promises::Promises;
use super::recompute::{self, Scope};
use crate::error::{Error, Fault, Result};
use crate::http::{
    Admin, Answer, Body, Created, Expected, Json, Manager, NoContent, Nothing, Path, Query, Viewer,
};
use crate::input::{Hours, Int, Line, Patch};
use crate::ordering::{self, Order};
use crate::paging::{PageQuery, Pagination};
use crate::work::Work;

crate::input! {
    /// A policy; what is left out of a PUT stays as it is.
    pub struct PolicyEdit {
        pub policy_name: Patch<Line<200>>,
        /// Policies are tried in this order; the first that matches wins.
        pub position: Patch<Int<1, 1_000_000>>,
        pub first_response_hours: Patch<Option<Hours>>,
        pub next_response_hours: Patch<Option<Hours>>,
        pub resolution_hours: Patch<Option<Hours>>,
        /// Count the hours of the calendar only.
        pub business_hours_only: Patch<bool>,
        pub calendar_id: Patch<Option<i64>>,
        /// When it applies; an empty list is any.
        pub conditions: Patch<ConditionsDraft>,
        /// Targets for single priorities, which count as they are.
        pub priority_hours: Patch<Vec<PriorityHoursDraft>>,
        /// Statuses in which each clock stands still.
        pub pause_statuses: Patch<PauseStatusesDraft>,
        pub reopen_mode: Patch<ReopenMode>,
        pub warnings: Patch<Vec<WarnAt>>,
    }
}

/// A policy as it is shown.
#[derive(Debug, Serialize, JsonSchema)]
pub struct PolicyView {
    pub sla_policy_id: i64,
    pub policy_name: String,
    pub position: i64,
    pub first_response_hours: Option<f64>,
    pub next_response_hours: Option<f64>,
    pub resolution_hours: Option<f64>,
    pub business_hours_only: bool,
    pub calendar_id: Option<i64>,
    pub conditions: Conditions,
    pub priority_hours: Vec<PriorityHours>,
    pub pause_statuses: PauseStatuses,
    pub reopen_mode: ReopenMode,
    pub warnings: Vec<WarnAt>,
    pub edit_version: i64,
}

impl From<Policy> for PolicyView {
    fn from(policy: Policy) -> PolicyView {
        PolicyView {
            sla_policy_id: policy.sla_policy_id,
            policy_name: policy.policy_name,
            position: policy.position,
            first_response_hours: policy.first_response_hours,
            next_response_hours: policy.next_response_hours,
            resolution_hours: policy.resolution_hours,
            business_hours_only: policy.business_hours_only,
            calendar_id: policy.calendar_id,
            conditions: policy.conditions.0,
            priority_hours: policy.priority_hours.0,
            pause_statuses: policy.pause_statuses.0,
            reopen_mode: policy.reopen_mode,
            warnings: policy.warnings.0,
            edit_version: policy.edit_version,
        }
    }
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct Policies {
    pub sla_policies: Vec<PolicyView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(default)]
    pub pagination: Option<Pagination>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct OnePolicy {
    pub sla_policy: PolicyView,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct OnePreview {
    pub preview: Preview,
}

/// An active policy.
pub fn find(work: &mut Work, id: i64) -> Result<Policy> {
    let sql = format!("select {COLUMNS} from crm_sla_policies where sla_policy_id = $1 and is_active");
    work.optional(&sql, &[&id])?.ok_or(Error::NotFound("SLA policy"))
}

fn answer(work: &mut Work, id: i64) -> Result<Json<OnePolicy>> {
    let policy = find(work, id)?;
    let version = policy.edit_version;
    Ok(Json::version(OnePolicy { sla_policy: policy.into() }, id, version))
}

impl PolicyEdit {
    /// Whether what it names is there, and makes sense. Every fault is in the error, 422.
    fn check(&self, work: &mut Work, present: &Policy) -> Result<()> {
        let mut faults = Vec::new();
        if let Patch::Set(conditions) = &self.conditions {
            faults.extend(conditions.faults(work, &present.conditions.0)?);
        }
        if let Patch::Set(hours) = &self.priority_hours {
            faults.extend(policy_body::priority_faults(work, hours, &present.priority_hours.0)?);
        }
        if let Patch::Set(pauses) = &self.pause_statuses {
            faults.extend(pauses.faults());
        }
        if let Patch::Set(warnings) = &self.warnings {
            faults.extend(policy_body::warning_faults(warnings));
        }
        if let Patch::Set(Some(id)) = self.calendar_id {
            let calendar =
                crate::cases::must_exist(work, "calendar_id", "crm_calendars", "calendar_id", Some(id));
            Fault::gather(&mut faults, calendar)?;
        }
        if faults.is_empty() { Ok(()) } else { Err(Error::Invalid(faults)) }
    }

    /// A policy with the edit over it.
    fn over(&self, policy: Policy) -> Result<Policy> {
        let edit = self.clone();
        let hours =
            |patch: Patch<Option<Hours>>, present| patch.map(|hours| hours.map(|hours| hours.0)).or(present);
        let edited = Policy {
            policy_name: edit.policy_name.map(Line::into_string).or(policy.policy_name),
            position: edit.position.map(|position| position.0).or(policy.position),
            first_response_hours: hours(edit.first_response_hours, policy.first_response_hours),
            next_response_hours: hours(edit.next_response_hours, policy.next_response_hours),
            resolution_hours: hours(edit.resolution_hours, policy.resolution_hours),
            business_hours_only: edit.business_hours_only.or(policy.business_hours_only),
            calendar_id: edit.calendar_id.or(policy.calendar_id),
            conditions: edit.conditions.map(|draft| db::Json((&draft).into())).or(policy.conditions),
            priority_hours: edit
                .priority_hours
                .map(|drafts| db::Json(drafts.iter().map(PriorityHours::from).collect()))
                .or(policy.priority_hours),
            pause_statuses: edit
                .pause_statuses
                .map(|draft| db::Json((&draft).into()))
                .or(policy.pause_statuses),
            reopen_mode: edit.reopen_mode.or(policy.reopen_mode),
            warnings: edit.warnings.map(db::Json).or(policy.warnings),
            ..policy
        };
        if edited.business_hours_only && edited.calendar_id.is_none() {
            return Err(Error::field("calendar_id", "is required with business_hours_only"));
        }
        Ok(edited)
    }

    fn apply(&self, work: &mut Work, id: i64, expected: &Expected) -> Result<()> {
        let policy = find(work, id)?;
        expected.check(policy.edit_version)?;
        self.check(work, &policy)?;
        let edited = self.over(policy)?;
        let now = work.now;
        work.execute(
            "update crm_sla_policies set policy_name = $2, position = $3, first_response_hours = $4,
                 next_response_hours = $5, resolution_hours = $6, business_hours_only = $7, calendar_id = $8,
                 conditions = $9, priority_hours = $10, pause_statuses = $11, reopen_mode = $12, warnings = $13,
                 edit_version = edit_version + 1, updated_at = $14
             where sla_policy_id = $1",
            &[
                &id,
                &edited.policy_name,
                &edited.position,
                &edited.first_response_hours,
                &edited.next_response_hours,
                &edited.resolution_hours,
                &edited.business_hours_only,
                &edited.calendar_id,
                &edited.conditions,
                &edited.priority_hours,
                &edited.pause_statuses,
                &edited.reopen_mode,
                &edited.warnings,
                &now,
            ],
        )?;
        Ok(())
    }
}

fn all(work: &mut Work) -> Result<Policies> {
    let policies = super::policy::in_order(work)?;
    Ok(Policies { sla_policies: policies.into_iter().map(PolicyView::from).collect(), pagination: None })
}

pub async fn list(caller: Viewer, Query(query): Query<PageQuery>) -> Result<Answer<Json<Policies>>> {
    let (sla_policies, pagination) = query.cut(caller.read(Class::Bounded, all).await?.sla_policies)?;
    Ok(Json::new(Policies { sla_policies, pagination: Some(pagination) }).into())
}

pub async fn show(caller: Viewer, Path([id]): Path<1>, _: Query<Nothing>) -> Result<Answer<Json<OnePolicy>>> {
    Ok(caller.read(Class::Bounded, move |work| answer(work, id)).await?.into())
}

pub async fn create(caller: Manager, Body(edit): Body<PolicyEdit>) -> Result<Answer<Created<OnePolicy>>> {
    caller
        .write(move |work| {
            let Patch::Set(name) = &edit.policy_name else {
                return Err(Error::field("policy_name", "is required"));
            };
            let now = work.now;
            let (id,): (i64,) = work.one(
                "insert into crm_sla_policies (policy_name, position, created_at, updated_at)
                 values ($1, (select coalesce(max(position), 0) + 1 from crm_sla_policies), $2, $2)
                 returning sla_policy_id",
                &[&&**name, &now],
            )?;
            edit.apply(work, id, &Expected::any(id))?;
            work.audit("created", "sla_policy", Some(id), &json!({}))?;
            recompute::enqueue(work, Scope::All)?;
            let Json { body, etag } = answer(work, id)?;
            Ok(Created { location: format!("/api/crm/sla-policies/{id}"), body, etag })
        })
        .await
}

pub async fn update(
    caller: Manager,
    Path([id]): Path<1>,
    Body(edit): Body<PolicyEdit>,
) -> Result<Answer<Json<OnePolicy>>> {
    let expected = caller.expected(id);
    caller
        .write(move |work| {
            edit.apply(work, id, &expected)?;
            work.audit("changed", "sla_policy", Some(id), &json!({}))?;
            recompute::enqueue(work, Scope::All)?;
            answer(work, id)
        })
        .await
}

/// A policy that is about to be added: tried last, with the hours of priorities alone.
pub fn blank() -> Policy {
    Policy {
        sla_policy_id: 0,
        policy_name: String::new(),
        position: i64::MAX,
        first_response_hours: None,
        next_response_hours: None,
        resolution_hours: None,
        business_hours_only: false,
        calendar_id: None,
        conditions: db::Json(Conditions::default()),
        priority_hours: db::Json(Vec::new()),
        pause_statuses: db::Json(PauseStatuses::default()),
        reopen_mode: ReopenMode::Resume,
        warnings: db::Json(Vec::new()),
        edit_version: 1,
    }
}

/// What an edit would do to the open cases; without an id, what a new policy would. Nothing is changed, and no writer
/// waits for it.
pub async fn previewed(
    caller: &Manager,
    id: Option<i64>,
    edit: PolicyEdit,
    expected: Expected,
) -> Result<Preview> {
    let promises = caller.read(Class::Bounded, move |work| {
        let policy = match id {
            Some(id) => find(work, id)?,
            None => blank(),
        };
        expected.check(policy.edit_version)?;
        edit.check(work, &policy)?;
        Ok(Promises::read(work)?.with_policy(edit.over(policy)?))
    });
    let promises = promises.await?;
    preview::of(caller, Scope::All, promises).await
}

/// What an edit would do to the open cases; nothing is changed, and no writer waits for it.
pub async fn preview(
    caller: Manager,
    Path([id]): Path<1>,
    Body(edit): Body<PolicyEdit>,
) -> Result<Answer<Json<OnePreview>>> {
    let expected = caller.expected(id);
    let preview = previewed(&caller, Some(id), edit, expected).await?;
    Ok(Json::new(OnePreview { preview }).into())
}

/// Changes the order in which policies are tried.
pub async fn reorder(caller: Manager, Body(order): Body<Order>) -> Result<Answer<Json<Policies>>> {
    caller
        .write(move |work| {
            let (table, key) = ("crm_sla_policies", "sla_policy_id");
            if ordering::reorder(work, table, key, &order)? {
                work.audit("reordered", "sla_policy", None, &json!({ "ids": order.ids }))?;
                recompute::enqueue(work, Scope::All)?;
            }
            all(work).map(Json::new)
        })
        .await
}

pub async fn delete(caller: Manager, Path([id]): Path<1>, _: Query<Nothing>) -> Result<Answer<NoContent>> {
    let expected = caller.expected(id);
    caller
        .write(move |work| {
            expected.check(find(work, id)?.edit_version)?;
            work.set_active("crm_sla_policies", "sla_policy_id", id, false)?;
            work.audit("deleted", "sla_policy", Some(id), &json!({}))?;
            recompute::enqueue(work, Scope::All)?;
            Ok(NoContent)
        })
        .await
}

/// Brings a deleted policy back, in its former place.
pub async fn restore(
    caller: Admin,
    Path([id]): Path<1>,
    _: Query<Nothing>,
) -> Result<Answer<Json<OnePolicy>>> {
    caller
        .write(move |work| {
            let restored = work.set_active("crm_sla_policies", "sla_policy_id", id, true)?;
            if !restored {
                return Err(Error::NotFound("deleted SLA policy"));
            }
            // Its calendar may have been deleted since: no policy counts by that.
            if let Some(calendar_id) = find(work, id)?.calendar_id {
                let active: Option<(i64,)> = work.optional(
                    "select calendar_id from crm_calendars where calendar_id = $1 and is_active",
                    &[&calendar_id],
                )?;
                if active.is_none() {
                    return Err(Error::Conflict(format!(
                        "it counts by calendar {calendar_id}, which is deleted: restore that first"
                    )));
                }
            }
            work.audit("restored", "sla_policy", Some(id), &json!({}))?;
            recompute::enqueue(work, Scope::All)?;
            answer(work, id)
        })
        .await
}
