//! The open stretches of a clock, laid out a year at a time when a question first needs that year.
//!
//! A "year" here is the mean Gregorian one, so that 400 of them are exactly the 146,097 days (20,871 weeks)
//! after which the calendar repeats. Years are counted from 1900-01-01T00:00Z. Those after the last possible
//! holiday, and those before there were zones, share the layout of the year 400 (or 800, ...) years nearer.

use std::sync::OnceLock;

use jiff::{SignedDuration, Timestamp, civil::Date, tz::Offset};

use crate::ranges::{Range, difference, touching, union};
use crate::rules::{Pattern, Rules};

const YEAR: i64 = 31_556_952_000;
const YEAR_ZERO: i64 = -2_208_988_800_000;
/// The first year of the cycle that repeats for ever after: about 2202, past every holiday and what it spills
/// over. Every zone keeps to a yearly rule by then.
const FIRST_OF_LAST_CYCLE: i64 = 302;
/// The first year of the cycle that stands for all earlier ones: about 1400 to 1799, when all zones kept
/// local mean time.
const FIRST_OF_FIRST_CYCLE: i64 = -500;
const CYCLE: i64 = 400;
const CENTURIES: usize = 13;

/// An open stretch of a year, in milliseconds since the year began.
#[derive(Debug)]
struct Stretch {
    from: i64,
    to: i64,
    /// Open milliseconds of the year before this stretch.
    before: i64,
}

/// A year's stretches, and its total: kept even where only the total was asked for, so that a sum over
/// centuries does not hold centuries of stretches.
#[derive(Default)]
struct Year {
    stretches: OnceLock<Box<[Stretch]>>,
    total: OnceLock<i64>,
}

type Century = Box<[Year; 100]>;

pub(crate) struct Timeline {
    pub(crate) rules: Rules,
    centuries: [OnceLock<Century>; CENTURIES],
    /// Holidays and extra hours all lie between these; `MAX..MIN` where there are none.
    exceptions: Range,
}

/// The year that an instant is in, and the milliseconds since that year began.
fn split(instant: i64) -> (i64, i64) {
    let since = instant - YEAR_ZERO;
    (since.div_euclid(YEAR), since.rem_euclid(YEAR))
}

fn start_of(year: i64) -> i64 {
    YEAR_ZERO + year * YEAR
}

/// The year that is laid out in place of `year`.
fn layout_of(year: i64) -> i64 {
    if year >= FIRST_OF_LAST_CYCLE {
        FIRST_OF_LAST_CYCLE + (year - FIRST_OF_LAST_CYCLE) % CYCLE
    } else if year < FIRST_OF_FIRST_CYCLE {
        FIRST_OF_FIRST_CYCLE + (year - FIRST_OF_FIRST_CYCLE).rem_euclid(CYCLE)
    } else {
        year
    }
}

/// The year of the last and of the first instant that jiff can name.
fn last_year() -> i64 {
    split(Timestamp::MAX.as_millisecond()).0
}

fn first_year() -> i64 {
    split(Timestamp::MIN.as_millisecond()).0
}

impl Timeline {
    pub(crate) fn new(rules: Rules) -> Self {
        let mut exceptions = Range { from: i64::MAX, to: i64::MIN };
        for range in rules.closed.iter().chain(&rules.extra) {
            exceptions.from = exceptions.from.min(range.from);
            exceptions.to = exceptions.to.max(range.to);
        }
        Self { rules, centuries: Default::default(), exceptions }
    }

    /// Open milliseconds from `start` to `end`; 0 where `end` comes first.
    pub(crate) fn between(&self, start: i64, end: i64) -> i64 {
        if end <= start {
            return 0;
        }
        if self.always_open_after(start) || self.always_open_before(end) {
            return end - start;
        }
        let (first, since_first) = split(start);
        let (last, since_last) = split(end);
        let whole: i64 = (first..last).map(|year| self.total(year)).sum();
        whole + self.elapsed(last, since_last) - self.elapsed(first, since_first)
    }

    /// The earliest instant that `amount` (above 0) open milliseconds separate from `start`.
    pub(crate) fn reach(&self, start: i64, amount: i64) -> Option<i64> {
        if self.always_open_after(start) {
            return start.checked_add(amount);
        }
        let (mut year, since) = split(start);
        let mut amount = amount.checked_add(self.elapsed(year, since))?;
        let last = last_year();
        loop {
            let total = self.total(year);
            if amount <= total {
                let stretches = self.stretches(year);
                let found = stretches.partition_point(|stretch| stretch.before < amount);
                let stretch = &stretches[found.checked_sub(1)?];
                return Some(start_of(year) + stretch.from + amount - stretch.before);
            }
            amount -= total;
            year += 1;
            if year > last || self.always_closed_after(start_of(year)) {
                return None;
            }
        }
    }

    /// The open stretch that holds `instant`, or else the first one after it, whole, but within its year.
    pub(crate) fn at_or_after(&self, instant: i64) -> Option<Range> {
        let (mut year, mut since) = split(instant);
        let last = last_year();
        while year <= last && !self.always_closed_after(start_of(year).max(instant)) {
            let stretches = self.stretches(year);
            let found = stretches.partition_point(|stretch| stretch.to <= since);
            if let Some(stretch) = stretches.get(found) {
                return Some(placed(year, stretch));
            }
            (year, since) = (year + 1, 0);
        }
        None
    }

    /// The last open stretch that begins before `instant`, whole, but within its year.
    pub(crate) fn before(&self, instant: i64) -> Option<Range> {
        let (mut year, mut since) = split(instant);
        let first = first_year();
        while year >= first && !self.always_closed_before((start_of(year) + YEAR).min(instant)) {
            let stretches = self.stretches(year);
            let found = stretches.partition_point(|stretch| stretch.from < since);
            if let Some(stretch) = found.checked_sub(1).and_then(|last| stretches.get(last)) {
                return Some(placed(year, stretch));
            }
            (year, since) = (year - 1, YEAR);
        }
        None
    }

    pub(crate) fn always_open_after(&self, instant: i64) -> bool {
        self.rules.pattern == Pattern::AlwaysOpen && instant >= self.exceptions.to
    }

    pub(crate) fn always_open_before(&self, instant: i64) -> bool {
        self.rules.pattern == Pattern::AlwaysOpen && instant <= self.exceptions.from
    }

    fn always_closed_after(&self, instant: i64) -> bool {
        self.rules.pattern == Pattern::AlwaysClosed && instant >= self.exceptions.to
    }

    fn always_closed_before(&self, instant: i64) -> bool {
        self.rules.pattern == Pattern::AlwaysClosed && instant <= self.exceptions.from
    }

    /// Open milliseconds of the first `since` milliseconds of a year.
    fn elapsed(&self, year: i64, since: i64) -> i64 {
        let stretches = self.stretches(year);
        let begun = stretches.partition_point(|stretch| stretch.from <= since);
        match begun.checked_sub(1).and_then(|last| stretches.get(last)) {
            Some(stretch) => stretch.before + since.min(stretch.to) - stretch.from,
            None => 0,
        }
    }

    fn year(&self, year: i64) -> &Year {
        let index = usize::try_from(layout_of(year) - FIRST_OF_FIRST_CYCLE).expect("layouts begin there");
        let century =
            self.centuries[index / 100].get_or_init(|| Box::new(std::array::from_fn(|_| Year::default())));
        &century[index % 100]
    }

    fn stretches(&self, year: i64) -> &[Stretch] {
        self.year(year).stretches.get_or_init(|| self.lay_out(layout_of(year)))
    }

    fn total(&self, year: i64) -> i64 {
        let slot = self.year(year);
        *slot.total.get_or_init(|| match slot.stretches.get() {
            Some(stretches) => total(stretches),
            None => total(&self.lay_out(layout_of(year))),
        })
    }

    fn lay_out(&self, year: i64) -> Box<[Stretch]> {
        let (from, to) = (start_of(year), start_of(year + 1));
        // Two days for the hours that begin on one date and end on the next, in any zone.
        let weekly = union(self.rules.weekly(date_at(from, -2), date_at(to, 1)));
        let mut open = difference(&weekly, touching(&self.rules.closed, from, to));
        open.extend_from_slice(touching(&self.rules.extra, from, to));
        let mut before = 0;
        let open = open.into_iter().map(|range| range.clip(from, to)).collect();
        let stretches = union(open).into_iter().map(|range| {
            let stretch = Stretch { from: range.from - from, to: range.to - from, before };
            before += range.to - range.from;
            stretch
        });
        stretches.collect()
    }
}

fn total(stretches: &[Stretch]) -> i64 {
    stretches.last().map_or(0, |last| last.before + last.to - last.from)
}

fn placed(year: i64, stretch: &Stretch) -> Range {
    Range { from: start_of(year) + stretch.from, to: start_of(year) + stretch.to }
}

/// The date in Greenwich, moved by some days.
fn date_at(instant: i64, days: i64) -> Date {
    let moved =
        Timestamp::UNIX_EPOCH + SignedDuration::from_millis(instant) + SignedDuration::from_hours(24 * days);
    Offset::UTC.to_datetime(moved).date()
}
