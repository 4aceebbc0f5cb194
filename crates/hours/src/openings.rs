//! When it is open: stretches as a person would name them, however many years they last.

use jiff::Timestamp;
use serde::Serialize;

use crate::timeline::Timeline;

/// A stretch of open time, whole: what touches it is part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Opening {
    /// The first open instant; `None`: it has been open for ever.
    pub from: Option<Timestamp>,
    /// The first instant that is not open any more; `None`: it never closes.
    pub to: Option<Timestamp>,
}

/// An [`Opening`] in milliseconds, where the ends of `i64` stand for "for ever".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stay {
    pub(crate) from: i64,
    pub(crate) to: i64,
}

impl Stay {
    pub(crate) fn opening(self) -> Opening {
        // What lies beyond jiff's range is for ever, for every purpose of a desk.
        Opening {
            from: Timestamp::from_millisecond(self.from).ok(),
            to: Timestamp::from_millisecond(self.to).ok(),
        }
    }
}

/// The open stretch that holds `instant`, or else the first one after it; from `instant` at the earliest.
pub(crate) fn opening_at_or_after(timeline: &Timeline, instant: i64) -> Option<Stay> {
    let mut range = timeline.at_or_after(instant)?;
    range.from = range.from.max(instant);
    loop {
        if timeline.always_open_after(range.to) {
            return Some(Stay { from: range.from, to: i64::MAX });
        }
        match timeline.at_or_after(range.to) {
            Some(next) if next.from == range.to => range.to = next.to,
            _ => return Some(Stay { from: range.from, to: range.to }),
        }
    }
}

/// The last open stretch that begins before `instant`; up to `instant` at the latest.
pub(crate) fn opening_before(timeline: &Timeline, instant: i64) -> Option<Stay> {
    let mut range = timeline.before(instant)?;
    range.to = range.to.min(instant);
    loop {
        if timeline.always_open_before(range.from) {
            return Some(Stay { from: i64::MIN, to: range.to });
        }
        match timeline.before(range.from) {
            Some(earlier) if earlier.to == range.from => range.from = earlier.from,
            _ => return Some(Stay { from: range.from, to: range.to }),
        }
    }
}
