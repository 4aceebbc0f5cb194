//! Stretches in which a target's clock stands still.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::clock::millis;
use crate::ranges::{Range, union};

/// From `from` up to but not including `to`; empty where `to` comes first. In JSON a pair, `[from, to]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "(Timestamp, Timestamp)", into = "(Timestamp, Timestamp)")]
pub struct Pause {
    pub from: Timestamp,
    pub to: Timestamp,
}

impl From<(Timestamp, Timestamp)> for Pause {
    fn from((from, to): (Timestamp, Timestamp)) -> Self {
        Self { from, to }
    }
}

impl From<Pause> for (Timestamp, Timestamp) {
    fn from(pause: Pause) -> Self {
        (pause.from, pause.to)
    }
}

/// The part of the pauses between `start` and `end`, in order and without overlaps.
pub(crate) fn within(pauses: &[Pause], start: i64, end: i64) -> Vec<Range> {
    let clipped = |pause: &Pause| Range { from: millis(pause.from), to: millis(pause.to) }.clip(start, end);
    union(pauses.iter().map(clipped).collect())
}
