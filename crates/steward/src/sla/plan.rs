//! A plan: what a policy and a priority together promise for one case. Kept with the case, so that its clocks go on
//! without reading policies again.

use serde::{Deserialize, Serialize};

use super::target::Kind;
use crate::workflow::Status;

crate::words! {
    /// What a reopening does to the resolution target (spec 5).
    pub enum ReopenMode {
        /// Go on where it stopped: ended time does not count.
        Resume = "resume",
        /// A new target from the reopening.
        Restart = "restart",
        /// What was met stays met.
        Ignore = "ignore",
    }
}

/// When to warn before a deadline.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WarnAt {
    /// At this share of the target's time, above 0 and below 100.
    Percent(f64),
    /// With so many business minutes left.
    MinutesLeft(f64),
}

/// The promises for one case. Times are business milliseconds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    pub policy_id: i64,
    /// `None` is 24/7.
    pub calendar_id: Option<i64>,
    pub first_response: Option<i64>,
    pub next_response: Option<i64>,
    pub resolution: Option<i64>,
    pub first_response_pauses: Vec<Status>,
    pub next_response_pauses: Vec<Status>,
    pub resolution_pauses: Vec<Status>,
    pub reopen: ReopenMode,
    pub warnings: Vec<WarnAt>,
}

impl Plan {
    /// The promised business milliseconds, if there is a promise of that kind.
    pub fn promise(&self, kind: Kind) -> Option<i64> {
        match kind {
            Kind::FirstResponse => self.first_response,
            Kind::NextResponse => self.next_response,
            Kind::Resolution => self.resolution,
        }
    }

    /// Whether the clock of that kind stands still in a status.
    pub fn pauses(&self, kind: Kind, status: Status) -> bool {
        match kind {
            Kind::FirstResponse => &self.first_response_pauses,
            Kind::NextResponse => &self.next_response_pauses,
            Kind::Resolution => &self.resolution_pauses,
        }
        .contains(&status)
    }
}
