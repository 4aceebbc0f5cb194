//! Escalating by hand, acknowledging, resolving: the HTTP side.

use db::Class;
use schemars::JsonSchema;
use serde::Serialize;

use super::{Escalation, Reason, escalate, set_level};
use crate::cases::{Case, EscalationView, must_work_cases};
use crate::error::{Error, Result};
use crate::events::Event;
use crate::http::{Agent, Answer, Body, Created, Json, Nothing, Path, Query, Viewer};
use crate::input::{Int, Prose};
use crate::paging::{PageQuery, Pagination};
use crate::work::Work;

crate::input! {
    /// An escalation.
    pub struct EscalationDraft {
        pub escalation_reason: Reason,
        /// One above the present level when left out.
        pub escalation_level: Option<Int<1, 3>>,
        /// The user it goes to, who becomes the owner.
        pub escalated_to: Option<i64>,
        pub note: Option<Prose<0>>,
    }
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct Escalations {
    pub escalations: Vec<EscalationView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(default)]
    pub pagination: Option<Pagination>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct OneEscalation {
    pub escalation: EscalationView,
}

fn find(work: &mut Work, case_id: i64, escalation_id: i64) -> Result<EscalationView> {
    let all = crate::cases::escalations(work, case_id)?;
    all.into_iter().find(|one| one.escalation_id == escalation_id).ok_or(Error::NotFound("escalation"))
}

pub async fn list(
    caller: Viewer,
    Path([case_id]): Path<1>,
    Query(query): Query<PageQuery>,
) -> Result<Answer<Json<Escalations>>> {
    let escalations = caller.read(Class::Bounded, move |work| {
        Case::find(work, case_id)?;
        crate::cases::escalations(work, case_id)
    });
    let (escalations, pagination) = query.cut(escalations.await?)?;
    Ok(Json::new(Escalations { escalations, pagination: Some(pagination) }).into())
}

/// Somebody sees to it.
pub fn acknowledge_one(work: &mut Work, case_id: i64, escalation_id: i64) -> Result<EscalationView> {
    Case::take(work, case_id)?;
    let escalation = find(work, case_id, escalation_id)?;
    if escalation.acknowledged_at.is_some() || escalation.resolved_at.is_some() {
        return Err(Error::Conflict("it is acknowledged or resolved already".into()));
    }
    let (now, by) = (work.now, work.actor.user_id());
    work.execute(
        "update crm_case_escalations set acknowledged_at = $2, acknowledged_by = $3 where escalation_id = $1",
        &[&escalation_id, &now, &by],
    )?;
    work.record(case_id, &Event::EscalationAcknowledged { escalation_id })?;
    find(work, case_id, escalation_id)
}

/// Resolves an escalation: the case goes back to the highest level that is still open.
pub fn resolve_one(work: &mut Work, case_id: i64, escalation_id: i64) -> Result<EscalationView> {
    Case::take(work, case_id)?;
    if find(work, case_id, escalation_id)?.resolved_at.is_some() {
        return Err(Error::Conflict("it is resolved already".into()));
    }
    let (now, by) = (work.now, work.actor.user_id());
    work.execute(
        "update crm_case_escalations set resolved_at = $2, resolved_by = $3 where escalation_id = $1",
        &[&escalation_id, &now, &by],
    )?;
    let (level,): (i64,) = work.one(
        "select coalesce(max(escalation_level), 0) from crm_case_escalations
         where case_id = $1 and resolved_at is null",
        &[&case_id],
    )?;
    set_level(work, case_id, level)?;
    work.record(case_id, &Event::EscalationResolved { escalation_id })?;
    find(work, case_id, escalation_id)
}

/// Escalates as a draft says.
pub fn raise(work: &mut Work, case_id: i64, draft: &EscalationDraft) -> Result<EscalationView> {
    let mut case = Case::take(work, case_id)?;
    must_work_cases(work, "escalated_to", draft.escalated_to)?;
    let escalation = Escalation {
        reason: draft.escalation_reason,
        level: draft.escalation_level.map(|level| level.0),
        to: draft.escalated_to,
        note: draft.note.as_deref(),
    };
    let escalation_id = escalate(work, &mut case, &escalation)?;
    find(work, case_id, escalation_id)
}

pub async fn create(
    caller: Agent,
    Path([case_id]): Path<1>,
    Body(draft): Body<EscalationDraft>,
) -> Result<Answer<Created<OneEscalation>>> {
    caller
        .write(move |work| {
            let escalation = raise(work, case_id, &draft)?;
            let location = format!("/api/crm/cases/{case_id}/escalations");
            Ok(Created::at(location, OneEscalation { escalation }))
        })
        .await
}

pub async fn acknowledge(
    caller: Agent,
    Path([case_id, escalation_id]): Path<2>,
    _: Query<Nothing>,
) -> Result<Answer<Json<OneEscalation>>> {
    caller
        .write(move |work| {
            Ok(Json::new(OneEscalation { escalation: acknowledge_one(work, case_id, escalation_id)? }))
        })
        .await
}

pub async fn resolve(
    caller: Agent,
    Path([case_id, escalation_id]): Path<2>,
    _: Query<Nothing>,
) -> Result<Answer<Json<OneEscalation>>> {
    caller
        .write(move |work| {
            Ok(Json::new(OneEscalation { escalation: resolve_one(work, case_id, escalation_id)? }))
        })
        .await
}
