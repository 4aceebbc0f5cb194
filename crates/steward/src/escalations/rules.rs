//! Escalation rules: on a warning, a violation, a raised priority, the n-th reopening, or an escalation that nobody
//! acknowledges. A rule fires once per case and cause, across restarts and nodes (spec 6).

use schemars::JsonSchema;
use serde::Serialize;

use super::{Escalation, Reason, escalate};
use crate::cases::{Case, CaseEdit};
use crate::error::{Error, Result};
use crate::http::Expected;
use crate::input::Patch;
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
    #[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
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

pub const SELECT: &str =
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
