//! Escalations: levels 1 to 3, by hand or by rules, acknowledged and resolved (spec 6).

mod api;
pub mod rule_api;
pub mod rules;

pub use api::{EscalationDraft, acknowledge, acknowledge_one, create, list, raise, resolve, resolve_one};
pub use rules::{Cause, apply_rules, check_unacknowledged, watch_acknowledgement};

use crate::cases::Case;
use crate::error::{Error, Result};
use crate::events::Event;
use crate::work::Work;

crate::words! {
    /// Why.
    pub enum Reason {
        SlaViolation = "sla_violation",
        CustomerRequest = "customer_request",
        PriorityIncrease = "priority_increase",
        Technical = "technical",
        ManagementReview = "management_review",
    }
}

/// The highest level.
pub const TOP: i64 = 3;

/// What an escalation is to be.
pub struct Escalation<'a> {
    pub reason: Reason,
    /// One above the present where not given.
    pub level: Option<i64>,
    pub to: Option<i64>,
    pub note: Option<&'a str>,
}

/// Escalates a case whose row is taken. Answers the escalation's id.
pub fn escalate(work: &mut Work, case: &mut Case, escalation: &Escalation<'_>) -> Result<i64> {
    case.must_stand_alone(work)?;
    if case.status.is_ended() {
        return Err(Error::Conflict(format!("the case is {}; reopen it to escalate", case.status)));
    }
    let (present,): (i64,) =
        work.one("select escalation_level from crm_cases where case_id = $1", &[&case.case_id])?;
    let level = escalation.level.unwrap_or(present + 1);
    if level > TOP {
        return Err(Error::Conflict(format!("the case is at level {present} already, the highest")));
    }
    if level <= present {
        return Err(Error::Conflict(format!(
            "the case is at level {present}; escalate to a higher one, or resolve that first"
        )));
    }
    let (now, by) = (work.now, work.actor.user_id());
    let (escalation_id,): (i64,) = work.one(
        "insert into crm_case_escalations (case_id, escalation_reason, escalation_level, escalated_from, escalated_to,
             note, created_by, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8) returning escalation_id",
        &[
            &case.case_id, &escalation.reason, &level, &case.owner_id, &escalation.to, &escalation.note, &by, &now,
        ],
    )?;
    set_level(work, case.case_id, level)?;
    let event =
        Event::Escalated { escalation_id, level, reason: escalation.reason, escalated_to: escalation.to };
    work.record(case.case_id, &event)?;
    if escalation.to.is_some() && escalation.to != case.owner_id {
        case.assign(work, escalation.to, case.team_id)?;
    }
    Ok(escalation_id)
}

fn set_level(work: &mut Work, case_id: i64, level: i64) -> Result<()> {
    let (now, is_escalated) = (work.now, level > 0);
    work.execute(
        "update crm_cases set escalation_level = $2, is_escalated = $3, updated_at = $4, edit_version = edit_version + 1
         where case_id = $1",
        &[&case_id, &level, &is_escalated, &now],
    )?;
    Ok(())
}
