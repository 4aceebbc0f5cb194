//! The slow, plain model that the clock is measured against: it asks of every single minute whether it is
//! open.
//!
//! It shares no code with the crate. It resolves local times by trying the two offsets around them, where the
//! crate asks jiff for an ambiguity; it counts minutes one by one, where the crate adds up stretches.

use hours::{Calendar, ExtraHours, Holiday, Interval};
use jiff::civil::Date;
use jiff::tz::{Offset, TimeZone};
use jiff::{Timestamp, ToSpan};

const DAY: i64 = 1440;
const WEEKDAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// From and to in minutes of the day, `0..1440` and `0..=1440`.
pub type Times = (i64, i64);

/// A calendar in numbers; dates as days after the first one of the window.
#[derive(Debug, Clone)]
pub struct Plan {
    pub zone: &'static str,
    pub intervals: Vec<(usize, Times)>,
    pub holidays: Vec<(i64, Option<Times>)>,
    pub extra: Vec<(i64, Times)>,
}

/// The minutes of a window, open or not.
pub struct Window {
    pub start: Timestamp,
    pub open: Vec<bool>,
    /// Closed, and within a holiday.
    pub holiday: Vec<bool>,
}

impl std::fmt::Debug for Window {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "from {}", self.start)
    }
}

fn clock_time(minute: i64) -> String {
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

fn day(first: Date, days: i64) -> Date {
    first.checked_add(days.days()).unwrap()
}

impl Plan {
    pub fn calendar(&self, first: Date) -> Calendar {
        let interval = |&(weekday, (from, to)): &(usize, Times)| {
            Interval::new(WEEKDAYS[weekday], &clock_time(from), &clock_time(to))
        };
        let holiday = |&(days, part): &(i64, Option<Times>)| Holiday {
            date: day(first, days).to_string(),
            from: part.map(|(from, _)| clock_time(from)),
            to: part.map(|(_, to)| clock_time(to)),
            name: Some(format!("{days} {part:?}")),
        };
        let extra = |&(days, (from, to)): &(i64, Times)| {
            ExtraHours::new(&day(first, days).to_string(), &clock_time(from), &clock_time(to))
        };
        Calendar {
            time_zone: self.zone.into(),
            intervals: self.intervals.iter().map(interval).collect(),
            holidays: self.holidays.iter().map(holiday).collect(),
            extra: self.extra.iter().map(extra).collect(),
        }
    }

    /// The plan's minutes, `minutes` of them from the UTC midnight of `first`.
    pub fn window(&self, zone: &TimeZone, first: Date, minutes: i64) -> Window {
        let start = Offset::UTC.to_timestamp(first.to_datetime(jiff::civil::Time::midnight())).unwrap();
        let begin = start.as_second() / 60;
        let mut ranges: [Vec<(i64, i64)>; 3] = Default::default();
        for days in -3..=minutes / DAY + 3 {
            let date = day(first, days);
            let weekday = usize::try_from(date.weekday().to_monday_zero_offset()).unwrap();
            let add = |ranges: &mut Vec<(i64, i64)>, times| ranges.push(resolve_times(zone, date, times));
            merged(self.intervals.iter().filter(|interval| interval.0 == weekday).map(|interval| interval.1))
                .into_iter()
                .for_each(|times| add(&mut ranges[0], times));
            for (_, part) in self.holidays.iter().filter(|holiday| holiday.0 == days) {
                add(&mut ranges[1], part.unwrap_or((0, DAY)));
            }
            for (_, times) in self.extra.iter().filter(|extra| extra.0 == days) {
                add(&mut ranges[2], *times);
            }
        }
        let any = |set: &[(i64, i64)], minute| set.iter().any(|&(from, to)| from <= minute && minute < to);
        let all = begin..begin + minutes;
        let open = |m: i64| any(&ranges[2], m) || (any(&ranges[0], m) && !any(&ranges[1], m));
        let holiday = |m: i64| !open(m) && any(&ranges[1], m);
        Window { start, open: all.clone().map(open).collect(), holiday: all.map(holiday).collect() }
    }
}

/// Weekly intervals of one day that overlap or touch are one.
fn merged(times: impl Iterator<Item = Times>) -> Vec<Times> {
    let mut minutes = vec![false; 2 * 1440 + 1];
    for (from, to) in times {
        let to = if to <= from { to + DAY } else { to };
        (from..to).for_each(|minute| minutes[usize::try_from(minute).unwrap()] = true);
    }
    let edges = |was: bool, is: bool| {
        let minutes = &minutes;
        (0..minutes.len()).filter(move |&m| (m > 0 && minutes[m - 1]) == was && minutes[m] == is)
    };
    let begins = edges(false, true).map(|minute| i64::try_from(minute).unwrap());
    begins.zip(edges(true, false).map(|minute| i64::try_from(minute).unwrap())).collect()
}

fn resolve_times(zone: &TimeZone, date: Date, (from, to): Times) -> (i64, i64) {
    let to = if to <= from { to + DAY } else { to };
    (resolve(zone, date, from), resolve(zone, date, to))
}

/// RFC 5545: the offset before a change holds for the first of two occurrences, and for a time in a gap.
fn resolve(zone: &TimeZone, date: Date, minute: i64) -> i64 {
    let local =
        Offset::UTC.to_timestamp(date.to_datetime(jiff::civil::Time::midnight())).unwrap().as_second() / 60;
    let local = local + minute;
    let offset = |minute: i64| {
        let at = Timestamp::from_second(minute * 60).unwrap();
        i64::from(zone.to_offset(at).seconds() / 60)
    };
    let (earlier, later) = (offset(local - DAY), offset(local + DAY));
    let (first, second) = (local - earlier, local - later);
    let real = |instant: i64| instant + offset(instant) == local;
    if real(first) || !real(second) { first } else { second }
}
