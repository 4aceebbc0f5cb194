//! A calendar, read: zone, weekly hours in minutes, holidays and extra hours as instants.

use std::sync::Arc;

use jiff::civil::{Date, time};
use jiff::tz::{TimeZone, TimeZoneDatabase};

use crate::calendar::{Calendar, ExtraHours, Holiday, Interval};
use crate::invalid::{Faults, InvalidCalendar};
use crate::ranges::{Range, union};

const DAY: u16 = 24 * 60;
const WEEKDAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
/// Holidays and extra hours lie within these years. The timeline relies on the later one: it repeats itself after it.
const YEARS: std::ops::RangeInclusive<i16> = 1900..=2200;
const MOST_INTERVALS: usize = 500;
const MOST_DATES: usize = 10_000;

/// Hours on the clock on the wall, in minutes after the midnight with which their date begins:
/// `0 <= from < 24 h`, `from < to <= from + 24 h`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Hours {
    from: u16,
    to: u16,
}

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

    pub(crate) fn read(calendar: &Calendar) -> Result<Self, InvalidCalendar> {
        let mut faults = Faults::default();
        let zone = read_zone(&calendar.time_zone, &mut faults);
        let week = read_week(&calendar.intervals, &mut faults);
        let holidays = read_holidays(&calendar.holidays, &mut faults);
        let extra = read_extra(&calendar.extra, &mut faults);
        if calendar.intervals.is_empty() && calendar.extra.is_empty() {
            faults.add("/intervals".into(), "has no hours: the desk would never open");
        }
        match zone {
            Some(zone) if faults.is_empty() => Ok(Self::resolve(zone, week, holidays, extra)),
            _ => Err(faults.into_error()),
        }
    }

    fn resolve(
        zone: TimeZone,
        week: [Vec<Hours>; 7],
        holidays: Vec<(Date, Hours, Option<Arc<str>>)>,
        extra: Vec<(Date, Hours)>,
    ) -> Self {
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

    /// When the weekly hours alone are open, of all days from `first` to `last`; in no order, and overlapping where
    /// an overnight interval meets the next day's.
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

/// The instant of a local time, `minute` minutes (below 48 hours) after the midnight with which `date` begins.
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

/// The closures in order of time. Where two overlap the one that begins first keeps the stretch, of two that begin
/// together the one that the calendar names first.
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

fn read_zone(name: &str, faults: &mut Faults) -> Option<TimeZone> {
    if name.is_empty() {
        faults.add("/time_zone".into(), "is missing: name one, such as Europe/Berlin");
        return None;
    }
    let zone = TimeZoneDatabase::bundled().get(name).ok().filter(|zone| !zone.is_unknown());
    if zone.is_none() {
        faults.add("/time_zone".into(), "is not a time zone: write an IANA name, such as Europe/Berlin");
    }
    zone
}

fn read_week(intervals: &[Interval], faults: &mut Faults) -> [Vec<Hours>; 7] {
    let mut week: [Vec<Range>; 7] = Default::default();
    limit(intervals.len(), MOST_INTERVALS, "intervals", faults);
    for (index, interval) in intervals.iter().enumerate().take(MOST_INTERVALS) {
        let at = format!("/intervals/{index}");
        let day = WEEKDAYS.iter().position(|day| *day == interval.weekday);
        if day.is_none() {
            faults.add(format!("{at}/weekday"), format!("is not a weekday: write one of {}", WEEKDAYS.join(", ")));
        }
        let hours = read_hours(&interval.from, &interval.to, &at, faults);
        if let (Some(day), Some(hours)) = (day, hours) {
            week[day].push(Range { from: hours.from.into(), to: hours.to.into() });
        }
    }
    let minute = |minute| u16::try_from(minute).expect("made of minutes of two days");
    week.map(|day| {
        let day = union(day).into_iter();
        day.map(|range| Hours { from: minute(range.from), to: minute(range.to) }).collect()
    })
}

fn read_holidays(holidays: &[Holiday], faults: &mut Faults) -> Vec<(Date, Hours, Option<Arc<str>>)> {
    let mut read = Vec::with_capacity(holidays.len());
    limit(holidays.len(), MOST_DATES, "holidays", faults);
    for (index, holiday) in holidays.iter().enumerate().take(MOST_DATES) {
        let at = format!("/holidays/{index}");
        let date = read_date(&holiday.date, &at, faults);
        let from = holiday.from.as_deref().unwrap_or("00:00");
        let hours = read_hours(from, holiday.to.as_deref().unwrap_or("24:00"), &at, faults);
        if let (Some(date), Some(hours)) = (date, hours) {
            read.push((date, hours, holiday.name.as_deref().map(Arc::from)));
        }
    }
    read
}

fn read_extra(extra: &[ExtraHours], faults: &mut Faults) -> Vec<(Date, Hours)> {
    let mut read = Vec::with_capacity(extra.len());
    limit(extra.len(), MOST_DATES, "extra", faults);
    for (index, extra) in extra.iter().enumerate().take(MOST_DATES) {
        let at = format!("/extra/{index}");
        let date = read_date(&extra.date, &at, faults);
        let hours = read_hours(&extra.from, &extra.to, &at, faults);
        read.extend(date.zip(hours));
    }
    read
}

fn limit(count: usize, most: usize, key: &str, faults: &mut Faults) {
    if count > most {
        faults.add(format!("/{key}"), format!("has {count} entries: the most is {most}"));
    }
}

fn read_hours(from: &str, to: &str, at: &str, faults: &mut Faults) -> Option<Hours> {
    let begin = minute_of_day(from).filter(|minute| *minute < DAY);
    if begin.is_none() {
        let message = match from {
            "" => "is missing: write a time from 00:00 to 23:59",
            "24:00" => "is the end of the day: write 00:00, on the day after",
            _ => "is not a time: write HH:MM, from 00:00 to 23:59",
        };
        faults.add(format!("{at}/from"), message);
    }
    let end = minute_of_day(to);
    if end.is_none() {
        let message = match to {
            "" => "is missing: write a time from 00:00 to 24:00",
            _ => "is not a time: write HH:MM, from 00:00 to 24:00",
        };
        faults.add(format!("{at}/to"), message);
    }
    let (from, to) = begin.zip(end)?;
    Some(Hours { from, to: if to <= from { to + DAY } else { to } })
}

/// Minutes after midnight of `HH:MM`, up to `24:00`.
fn minute_of_day(text: &str) -> Option<u16> {
    let &[h1, h2, b':', m1, m2] = text.as_bytes() else { return None };
    let minute = number(&[h1, h2])? * 60 + number(&[m1, m2]).filter(|minute| *minute < 60)?;
    Some(minute).filter(|minute| *minute <= DAY)
}

fn read_date(text: &str, at: &str, faults: &mut Faults) -> Option<Date> {
    let date = date(text);
    match date {
        Some(date) if YEARS.contains(&date.year()) => return Some(date),
        Some(_) => {
            faults.add(format!("{at}/date"), format!("is not from {} to {}", YEARS.start(), YEARS.end()));
        }
        None if text.is_empty() => faults.add(format!("{at}/date"), "is missing: write YYYY-MM-DD"),
        None => faults.add(format!("{at}/date"), "is not a date: write YYYY-MM-DD"),
    }
    None
}

/// `YYYY-MM-DD` and nothing else: what jiff also reads, `20240506` or a date with a time, is a slip here.
fn date(text: &str) -> Option<Date> {
    let &[y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = text.as_bytes() else { return None };
    let year = i16::try_from(number(&[y1, y2, y3, y4])?).ok()?;
    let month = i8::try_from(number(&[m1, m2])?).ok()?;
    let day = i8::try_from(number(&[d1, d2])?).ok()?;
    Date::new(year, month, day).ok()
}

fn number(digits: &[u8]) -> Option<u16> {
    digits.iter().try_fold(0_u16, |number, digit| {
        digit.is_ascii_digit().then(|| number * 10 + u16::from(digit - b'0'))
    })
}
