//! Policies: rows by position; the first whose conditions match a case wins (spec 5).

use serde::{Deserialize, Serialize};

use super::conditions::{Conditions, Mismatch};
use super::plan::{Plan, ReopenMode, WarnAt};
use crate::error::Result;
use crate::work::Work;
use crate::workflow::Status;

/// Targets for one priority: they count as they are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PriorityHours {
    pub priority_id: i64,
    #[serde(default)]
    pub first_response_hours: Option<f64>,
    #[serde(default)]
    pub next_response_hours: Option<f64>,
    #[serde(default)]
    pub resolution_hours: Option<f64>,
}

/// Statuses in which the clocks stand still.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PauseStatuses {
    #[serde(default)]
    pub first_response: Vec<Status>,
    #[serde(default = "waiting")]
    pub next_response: Vec<Status>,
    #[serde(default = "waiting")]
    pub resolution: Vec<Status>,
}

fn waiting() -> Vec<Status> {
    vec![Status::WaitingCustomer, Status::Pending]
}

impl Default for PauseStatuses {
    fn default() -> PauseStatuses {
        PauseStatuses { first_response: Vec::new(), next_response: waiting(), resolution: waiting() }
    }
}

db::record! {
    /// A policy as matching needs it.
    #[derive(Debug, Clone)]
    pub struct Policy {
        pub sla_policy_id: i64,
        pub policy_name: String,
        pub position: i64,
        pub first_response_hours: Option<f64>,
        pub next_response_hours: Option<f64>,
        pub resolution_hours: Option<f64>,
        pub business_hours_only: bool,
        pub calendar_id: Option<i64>,
        pub conditions: db::Json<Conditions>,
        pub priority_hours: db::Json<Vec<PriorityHours>>,
        pub pause_statuses: db::Json<PauseStatuses>,
        pub reopen_mode: ReopenMode,
        pub warnings: db::Json<Vec<WarnAt>>,
        pub edit_version: i64,
    }
}

pub const COLUMNS: &str = "sla_policy_id, policy_name, position, first_response_hours, next_response_hours, \
     resolution_hours, business_hours_only, calendar_id, conditions, priority_hours, pause_statuses, reopen_mode, \
     warnings, edit_version";

db::record! {
    /// What of a case decides about its policy.
    #[derive(Debug, Clone)]
    pub struct Traits {
        pub case_type_id: i64,
        pub priority_id: i64,
        pub account_id: Option<i64>,
        pub account_tier: Option<String>,
        pub channel: String,
        pub response_time_hours: f64,
        pub resolution_time_hours: f64,
    }
}

/// The traits of a case as it is.
pub fn traits(work: &mut Work, case_id: i64) -> Result<Traits> {
    work.one(
        "select c.case_type_id, c.priority_id, c.account_id, a.account_tier, c.channel, p.response_time_hours,
                p.resolution_time_hours
         from crm_cases c
         join crm_case_priorities p on p.priority_id = c.priority_id
         left join crm_accounts a on a.account_id = c.account_id
         where c.case_id = $1",
        &[&case_id],
    )
}

/// All active policies, in the order in which they are tried.
pub fn in_order(work: &mut Work) -> Result<Vec<Policy>> {
    work.query(
        &format!("select {COLUMNS} from crm_sla_policies where is_active order by position, sla_policy_id"),
        &[],
    )
}

impl Policy {
    /// Why the policy does not apply to a case; `None` where it does.
    pub fn mismatch(&self, traits: &Traits) -> Option<Mismatch> {
        self.conditions.0.mismatch(traits)
    }

    /// What the policy promises a case with these traits. A target per priority counts as it is; a general one as the
    /// stricter of itself and the priority's own hours; where there is none, the priority's own count (spec 5).
    pub fn plan(&self, traits: &Traits) -> Plan {
        let own = self.priority_hours.0.iter().find(|hours| hours.priority_id == traits.priority_id);
        let stricter =
            |general: Option<f64>, priority: f64| general.map_or(priority, |hours| hours.min(priority));
        let first = own
            .and_then(|own| own.first_response_hours)
            .unwrap_or_else(|| stricter(self.first_response_hours, traits.response_time_hours));
        let resolution = own
            .and_then(|own| own.resolution_hours)
            .unwrap_or_else(|| stricter(self.resolution_hours, traits.resolution_time_hours));
        let next = own.and_then(|own| own.next_response_hours).or(self.next_response_hours);
        Plan {
            policy_id: self.sla_policy_id,
            calendar_id: self.calendar_id.filter(|_| self.business_hours_only),
            first_response: Some(millis(first)),
            next_response: next.map(millis),
            resolution: Some(millis(resolution)),
            first_response_pauses: self.pause_statuses.0.first_response.clone(),
            next_response_pauses: self.pause_statuses.0.next_response.clone(),
            resolution_pauses: self.pause_statuses.0.resolution.clone(),
            reopen: self.reopen_mode,
            warnings: self.warnings.0.clone(),
        }
    }
}

/// Hours as whole milliseconds, at least one.
fn millis(hours: f64) -> i64 {
    ((hours * 3_600_000.0).round() as i64).max(1)
}
