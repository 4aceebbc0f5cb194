//! What a case was promised: the sample policies (spec 5) over the business clock.

use std::time::Duration;

use hours::{Calendar, Clock, Interval, Pause};

use crate::clock::Time;
use crate::people::Tier;

/// First response and resolution of the reference data's priorities, in hours.
const OF_PRIORITY: [(i64, i64); 4] = [(48, 168), (24, 72), (4, 24), (1, 8)];

/// The clocks of the sample policies.
pub struct Clocks {
    always: Clock,
    business: Clock,
}

/// Which policy holds for a case, and how long it allows, in minutes of its clock.
#[derive(Clone, Copy)]
pub struct Promise<'c> {
    pub sla_policy_id: i64,
    pub first_response: i64,
    pub resolution: i64,
    clock: &'c Clock,
}

impl Clocks {
    pub fn new() -> Clocks {
        let days = ["mon", "tue", "wed", "thu", "fri"];
        let calendar = Calendar {
            time_zone: "UTC".into(),
            intervals: days.map(|day| Interval::new(day, "09:00", "17:00")).into(),
            ..Calendar::default()
        };
        let business = Clock::new(&calendar).expect("the calendar above is valid");
        Clocks { always: Clock::always(), business }
    }

    /// The first policy that matches. A general target counts as the stricter of itself and the priority's own.
    pub fn promise(&self, case_type_id: i64, priority_id: i64, tier: Tier) -> Promise<'_> {
        let (response, resolution) = OF_PRIORITY[usize::try_from(priority_id - 1).unwrap_or(0).min(3)];
        let (sla_policy_id, response, resolution) = match (tier, case_type_id) {
            (Tier::Enterprise, _) => (1, response.min(1), resolution.min(8)),
            (Tier::Premium, _) => (2, response.min(4), resolution.min(24)),
            (_, 2 | 6) => (3, response, resolution),
            _ => (4, response, resolution),
        };
        let clock = if sla_policy_id == 3 { &self.business } else { &self.always };
        Promise { sla_policy_id, first_response: response * 60, resolution: resolution * 60, clock }
    }
}

impl Promise<'_> {
    /// The instant at which so many minutes of the policy's clock have passed.
    pub fn after(&self, start: Time, minutes: i64, pauses: &[(Time, Time)]) -> Time {
        let pauses: Vec<Pause> =
            pauses.iter().map(|(from, to)| Pause { from: (*from).into(), to: (*to).into() }).collect();
        let amount = Duration::from_secs(u64::try_from(minutes).unwrap_or(0) * 60);
        let due = self.clock.deadline_with_pauses(start.into(), amount, &pauses).at();
        due.map(Time::from).expect("a weekly calendar opens again")
    }
}
