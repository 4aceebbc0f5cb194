//! The questions that a calendar answers.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::calendar::Calendar;
use crate::invalid::InvalidCalendar;
use crate::openings::{Opening, Stay, opening_at_or_after, opening_before};
use crate::pauses::{self, Pause};
use crate::rules::Rules;
use crate::segments::Segments;
use crate::timeline::Timeline;

/// A calendar made ready to answer. It remembers what it has laid out, for all threads that share it: make
/// one per version of a calendar and keep it.
pub struct Clock {
    timeline: Timeline,
}

/// When an amount of business time has elapsed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Due {
    At(Timestamp),
    /// The clock does not open again for long enough.
    Never,
}

impl Due {
    pub fn at(self) -> Option<Timestamp> {
        match self {
            Self::At(at) => Some(at),
            Self::Never => None,
        }
    }
}

impl Clock {
    /// # Errors
    ///
    /// Those of [`Calendar::validate`].
    pub fn new(calendar: &Calendar) -> Result<Self, InvalidCalendar> {
        Ok(Self { timeline: Timeline::new(Rules::read(calendar)?) })
    }

    /// Open around the clock, all days: business time is time.
    pub fn always() -> Self {
        Self { timeline: Timeline::new(Rules::always()) }
    }

    pub fn time_zone(&self) -> &TimeZone {
        self.timeline.rules.time_zone()
    }

    /// `b(end) - b(start)`: the open time between two instants, zero where `end` comes first.
    pub fn business_between(&self, start: Timestamp, end: Timestamp) -> Duration {
        duration(self.timeline.between(millis(start), millis(end)))
    }

    /// The open time between two instants that no pause covers.
    pub fn business_between_with_pauses(
        &self,
        start: Timestamp,
        end: Timestamp,
        pauses: &[Pause],
    ) -> Duration {
        let (start, end) = (millis(start), millis(end));
        let pauses = pauses::within(pauses, start, end);
        let paused: i64 = pauses.iter().map(|pause| self.timeline.between(pause.from, pause.to)).sum();
        duration(self.timeline.between(start, end) - paused)
    }

    /// `b⁻¹(b(start) + target)`: the earliest instant by which `target` of open time has elapsed since
    /// `start`, and `start` itself where `target` is zero.
    pub fn deadline(&self, start: Timestamp, target: Duration) -> Due {
        self.deadline_with_pauses(start, target, &[])
    }

    /// `b⁻¹(b(start) + target + paused)`: as [`Clock::deadline`], where what the pauses cover does not
    /// elapse.
    ///
    /// Pauses may overlap, come in any order and begin before `start`. One that begins once the target has
    /// run out has no say.
    pub fn deadline_with_pauses(&self, start: Timestamp, target: Duration, pauses: &[Pause]) -> Due {
        // More than jiff's whole range of instants is as good as any.
        let target = i64::try_from(target.as_millis()).unwrap_or(i64::MAX);
        if target == 0 {
            return Due::At(start);
        }
        let start = millis(start);
        let mut needed = target;
        if !pauses.is_empty() {
            for pause in pauses::within(pauses, start, i64::MAX) {
                if self.timeline.between(start, pause.from) >= needed {
                    break;
                }
                needed = needed.saturating_add(self.timeline.between(pause.from, pause.to));
            }
        }
        let due = self.timeline.reach(start, needed);
        due.and_then(|due| Timestamp::from_millisecond(due).ok()).map_or(Due::Never, Due::At)
    }

    /// Whether it is open; it is at the instant of opening, and is not at the instant of closing.
    pub fn is_open(&self, at: Timestamp) -> bool {
        let at = millis(at);
        self.timeline.at_or_after(at).is_some_and(|range| range.from <= at)
    }

    /// The first opening after `at`. While it is open, that is the one after the present hours.
    pub fn next_open(&self, at: Timestamp) -> Option<Timestamp> {
        let at = millis(at);
        let mut stay = opening_at_or_after(&self.timeline, at)?;
        if stay.from == at {
            stay = self.opening_after(stay)?;
        }
        stay.opening().from
    }

    /// The first closing after `at`. While it is closed, that is the end of the next opening.
    pub fn next_close(&self, at: Timestamp) -> Option<Timestamp> {
        opening_at_or_after(&self.timeline, millis(at))?.opening().to
    }

    /// The first `count` open stretches after `start`, in order; one that holds `start` begins there.
    pub fn open_segments_after(&self, start: Timestamp, count: usize) -> Vec<Opening> {
        let first = opening_at_or_after(&self.timeline, millis(start));
        let stays = std::iter::successors(first, |stay| self.opening_after(*stay));
        stays.take(count).map(Stay::opening).collect()
    }

    /// The last `count` open stretches before `start`, the nearest first; one that holds `start` ends there.
    pub fn open_segments_before(&self, start: Timestamp, count: usize) -> Vec<Opening> {
        let first = opening_before(&self.timeline, millis(start));
        let stays = std::iter::successors(first, |stay| match stay.from {
            i64::MIN => None,
            from => opening_before(&self.timeline, from),
        });
        stays.take(count).map(Stay::opening).collect()
    }

    /// What the time between two instants was, without a gap; nothing where `to` comes first. The counted
    /// segments sum up to [`Clock::business_between`].
    pub fn segments(&self, from: Timestamp, to: Timestamp) -> Segments<'_> {
        self.segments_with_pauses(from, to, &[])
    }

    /// As [`Clock::segments`], with the open time that pauses cover as a kind of its own.
    pub fn segments_with_pauses(&self, from: Timestamp, to: Timestamp, pauses: &[Pause]) -> Segments<'_> {
        let (from, to) = (millis(from), millis(to));
        Segments::new(&self.timeline, from, to, pauses::within(pauses, from, to))
    }

    fn opening_after(&self, stay: Stay) -> Option<Stay> {
        match stay.to {
            i64::MAX => None,
            to => opening_at_or_after(&self.timeline, to),
        }
    }
}

impl fmt::Debug for Clock {
    /// The rules alone: what is laid out of them is long, and follows from them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Clock").field("rules", &self.timeline.rules).finish_non_exhaustive()
    }
}

/// Milliseconds since the Unix epoch, cut off towards the past.
pub(crate) fn millis(instant: Timestamp) -> i64 {
    let rest = i64::from(instant.subsec_nanosecond() % 1_000_000 < 0);
    instant.as_millisecond() - rest
}

/// The instant of milliseconds that came from one, or lie between two that did.
pub(crate) fn timestamp(millis: i64) -> Timestamp {
    let end = if millis < 0 { Timestamp::MIN } else { Timestamp::MAX };
    Timestamp::from_millisecond(millis).unwrap_or(end)
}

fn duration(millis: i64) -> Duration {
    Duration::from_millis(u64::try_from(millis).unwrap_or(0))
}
