//! The policies and clocks of one transaction: read once, however many cases are reckoned with them. A preview changes
//! them before it reckons.

use std::collections::HashMap;
use std::sync::Arc;

use hours::Clock;

use super::clocks;
use super::plan::Plan;
use super::policy::{self, Policy, Traits};
use crate::error::Result;
use crate::work::Work;

/// Policies in the order in which they are tried, and the clocks that their plans have asked for.
#[derive(Clone)]
pub struct Promises {
    policies: Vec<Policy>,
    clocks: HashMap<Option<i64>, Arc<Clock>>,
}

impl Promises {
    pub fn read(work: &mut Work) -> Result<Promises> {
        Ok(Promises { policies: policy::in_order(work)?, clocks: HashMap::new() })
    }

    /// The same, had a policy been written over.
    pub fn with_policy(mut self, policy: Policy) -> Promises {
        self.policies.retain(|other| other.sla_policy_id != policy.sla_policy_id);
        self.policies.push(policy);
        self.policies.sort_by_key(|policy| (policy.position, policy.sla_policy_id));
        self
    }

    /// The same, had a calendar other hours.
    pub fn with_clock(mut self, calendar_id: i64, clock: Arc<Clock>) -> Promises {
        self.clocks.insert(Some(calendar_id), clock);
        self
    }

    /// The plan of the first policy that matches; `None` where none does.
    pub fn matching(&self, traits: &Traits) -> Option<Plan> {
        let policy = self.policies.iter().find(|policy| policy.mismatch(traits).is_none())?;
        Some(policy.plan(traits))
    }

    pub fn clock(&mut self, work: &mut Work, calendar_id: Option<i64>) -> Result<Arc<Clock>> {
        if let Some(clock) = self.clocks.get(&calendar_id) {
            return Ok(clock.clone());
        }
        let clock = clocks::clock(work, calendar_id)?;
        self.clocks.insert(calendar_id, clock.clone());
        Ok(clock)
    }
}
