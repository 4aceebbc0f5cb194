//! Explaining a figure: the stretches of time that it is made of, and why the others do not count.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;

use crate::clock::timestamp;
use crate::openings::{Stay, opening_at_or_after};
use crate::ranges::Range;
use crate::timeline::Timeline;

/// Why a stretch counts as business time, or does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SegmentKind {
    /// Open, and the clock runs.
    Counted,
    /// Open, but a pause stops the clock. What a pause covers of closed time is closed, not paused.
    Paused,
    /// Closed, and no holiday is the reason.
    OutsideHours,
    /// Closed, and within a holiday.
    Holiday,
}

/// A stretch of time of one kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    pub kind: SegmentKind,
    pub from: Timestamp,
    /// The first instant after the stretch.
    pub to: Timestamp,
    /// The holiday's name, where there is one.
    pub reason: Option<Arc<str>>,
}

impl Segment {
    /// How long the stretch is: a whole number of milliseconds.
    pub fn duration(&self) -> Duration {
        self.to.duration_since(self.from).unsigned_abs()
    }
}

/// The segments between two instants in order, each beginning where the one before it ended; found as they
/// are asked for.
#[derive(Clone)]
pub struct Segments<'clock> {
    timeline: &'clock Timeline,
    pauses: Vec<Range>,
    opening: Option<Stay>,
    at: i64,
    end: i64,
}

impl<'clock> Segments<'clock> {
    /// `pauses` are in order, without overlaps, and lie between `start` and `end`.
    pub(crate) fn new(timeline: &'clock Timeline, start: i64, end: i64, pauses: Vec<Range>) -> Self {
        Self { timeline, pauses, opening: opening_at_or_after(timeline, start), at: start, end }
    }

    /// The open stretch that holds the present position, or else the next one.
    fn opening(&mut self) -> Option<Stay> {
        if self.opening.is_some_and(|opening| opening.to <= self.at) {
            self.opening = opening_at_or_after(self.timeline, self.at);
        }
        self.opening
    }

    fn open_until(&self, close: i64) -> (SegmentKind, i64) {
        let next = self.pauses.partition_point(|pause| pause.to <= self.at);
        match self.pauses.get(next) {
            Some(pause) if pause.from <= self.at => (SegmentKind::Paused, pause.to.min(close)),
            Some(pause) => (SegmentKind::Counted, pause.from.min(close)),
            None => (SegmentKind::Counted, close),
        }
    }

    fn closed_until(&self, open: i64) -> (SegmentKind, i64, Option<Arc<str>>) {
        let closures = &self.timeline.rules.closures;
        let next = closures.partition_point(|closure| closure.range.to <= self.at);
        match closures.get(next) {
            Some(closure) if closure.range.from <= self.at => {
                (SegmentKind::Holiday, closure.range.to.min(open), closure.name.clone())
            }
            Some(closure) => (SegmentKind::OutsideHours, closure.range.from.min(open), None),
            None => (SegmentKind::OutsideHours, open, None),
        }
    }
}

impl Iterator for Segments<'_> {
    type Item = Segment;

    fn next(&mut self) -> Option<Segment> {
        if self.at >= self.end {
            return None;
        }
        let (kind, to, reason) = match self.opening() {
            Some(opening) if opening.from <= self.at => {
                let (kind, to) = self.open_until(opening.to.min(self.end));
                (kind, to, None)
            }
            Some(opening) => self.closed_until(opening.from.min(self.end)),
            None => self.closed_until(self.end),
        };
        let segment = Segment { kind, from: timestamp(self.at), to: timestamp(to), reason };
        self.at = to;
        Some(segment)
    }
}

impl std::iter::FusedIterator for Segments<'_> {}
