//! What a calendar means: weekly hours that become instants date by date, holidays and extra hours as
//! instants.

use std::sync::Arc;

use jiff::civil::{Date, time};
use jiff::tz::TimeZone;

use crate::calendar::Calendar;
use crate::invalid::InvalidCalendar;
use crate::ranges::{Range, union};
use crate::reading::{self, DAY, Hours, Reading};

/// A stretch that a holiday closes, and the holiday's name.
#[derive(Debug, Clone)]
pub(crate) struct Closure {
    pub(crate) range: Range,
    pub(crate) name: Option<Arc<str>>,
}

/// What a calendar means.
#[derive(Debug)]
pub(crate) struct Rules {
    zone: TimeZone,
    /// By weekday, from Monday; sorted, neither overlapping nor touching within a day.
    week: [Vec<Hours>; 7],
    /// Sorted, without overlaps; neighbours of one name are one.
    pub(crate) closures: Vec<Closure>,
    /// The ranges of `closures`.
    pub(crate) closed: Vec<Range>,
    pub(crate) extra: Vec<Range>,
    pub(crate) pattern: Pattern,
}

/// What the weekly hours come to where there is neither holiday nor extra hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pattern {
    AlwaysClosed,
    AlwaysOpen,
    Mixed,
}

impl Rules {
    pub(crate) fn always() -> Self {
        Self {
            zone: TimeZone::UTC,
            week: whole_week(),
            closures: Vec::new(),
            closed: Vec::new(),
            extra: Vec::new(),
            pattern: Pattern::AlwaysOpen,
        }
    }

    /// # Errors
    ///
    /// Everything that is wrong with the calendar.
    pub(crate) fn read(calendar: &Calendar) -> Result<Self, InvalidCalendar> {
        reading::read(calendar).map(Self::resolve)
    }

    fn resolve(Reading { zone, week, holidays, extra }: Reading) -> Self {
        let closures = holidays.into_iter();
        let closures = closures.map(|(date, hours, name)| Closure { range: range(&zone, date, hours), name });
        let closures = without_overlaps(closures.collect());
        let extra = union(extra.into_iter().map(|(date, hours)| range(&zone, date, hours)).collect());
        let closed = closures.iter().map(|closure| closure.range).collect();
        let pattern = pattern(&week);
        // A week without a gap has no edges that daylight saving could move.
        let week = if pattern == Pattern::AlwaysOpen { whole_week() } else { week };
        Self { zone, week, closures, closed, extra, pattern }
    }

    /// When the weekly hours alone are open, of all days from `first` to `last`; in no order, and overlapping
    /// where an overnight interval meets the next day's.
    pub(crate) fn weekly(&self, first: Date, last: Date) -> Vec<Range> {
        let mut ranges = Vec::new();
        if self.pattern == Pattern::AlwaysClosed {
            return ranges;
        }
        for date in first.series(jiff::Span::new().days(1)).take_while(|date| *date <= last) {
            let hours = &self.week[usize::from(date.weekday().to_monday_zero_offset().unsigned_abs())];
            if !hours.is_empty() && exists(&self.zone, date) {
                ranges.extend(hours.iter().map(|hours| resolve(&self.zone, date, *hours)));
            }
        }
        ranges
    }

    pub(crate) fn time_zone(&self) -> &TimeZone {
        &self.zone
    }
}

/// Half-open range of instants of `hours` on `date`; empty where the zone skipped the date.
fn range(zone: &TimeZone, date: Date, hours: Hours) -> Range {
    if exists(zone, date) { resolve(zone, date, hours) } else { Range { from: 0, to: 0 } }
}

fn resolve(zone: &TimeZone, date: Date, hours: Hours) -> Range {
    Range { from: instant(zone, date, hours.from), to: instant(zone, date, hours.to) }
}

/// The instant of a local time, `minute` minutes (below 48 hours) after the midnight with which `date`
/// begins.
///
/// RFC 5545, section 3.3.5: the first of two, and in a gap the offset before it.
fn instant(zone: &TimeZone, date: Date, minute: u16) -> i64 {
    let in_range = "dates lie centuries away from the ends of jiff's range";
    let day = if minute < DAY { date } else { date.tomorrow().expect(in_range) };
    let (hour, minute) = (minute % DAY / 60, minute % 60);
    let hour = i8::try_from(hour).expect("below 24");
    let minute = i8::try_from(minute).expect("below 60");
    let local = day.to_datetime(time(hour, minute, 0, 0));
    zone.to_ambiguous_timestamp(local).compatible().expect(in_range).as_millisecond()
}

/// False for the date that a zone skipped as it crossed the date line.
fn exists(zone: &TimeZone, date: Date) -> bool {
    instant(zone, date, 0) < instant(zone, date, DAY)
}

/// The closures in order of time. Where two overlap the one that begins first keeps the stretch, of two that
/// begin together the one that the calendar names first.
fn without_overlaps(mut closures: Vec<Closure>) -> Vec<Closure> {
    closures.sort_by_key(|closure| closure.range.from);
    let mut sorted: Vec<Closure> = Vec::with_capacity(closures.len());
    for mut closure in closures {
        if let Some(last) = sorted.last_mut() {
            closure.range.from = closure.range.from.max(last.range.to);
            if closure.range.from == last.range.to && !closure.range.is_empty() && closure.name == last.name {
                last.range.to = closure.range.to;
                continue;
            }
        }
        if !closure.range.is_empty() {
            sorted.push(closure);
        }
    }
    sorted
}

fn whole_week() -> [Vec<Hours>; 7] {
    std::array::from_fn(|_| vec![Hours { from: 0, to: DAY }])
}

fn pattern(week: &[Vec<Hours>; 7]) -> Pattern {
    let minutes = i64::from(DAY);
    let mut ranges = Vec::new();
    for (day, hours) in (0_i64..).zip(week) {
        for hours in hours {
            let from = day * minutes + i64::from(hours.from);
            let to = day * minutes + i64::from(hours.to);
            ranges.push(Range { from, to });
            // What Sunday spills into Monday.
            ranges.push(Range { from: 0, to: to - 7 * minutes });
        }
    }
    match union(ranges).as_slice() {
        [] => Pattern::AlwaysClosed,
        [all] if all.from == 0 && all.to >= 7 * minutes => Pattern::AlwaysOpen,
        _ => Pattern::Mixed,
    }
}
