//! Reading a calendar: its texts become a zone, dates and minutes, or faults.

use std::sync::Arc;

use jiff::civil::Date;
use jiff::tz::{TimeZone, TimeZoneDatabase};

use crate::calendar::{Calendar, ExtraHours, Holiday, Interval};
use crate::invalid::{Faults, InvalidCalendar};
use crate::ranges::{Range, union};

/// Minutes.
pub(crate) const DAY: u16 = 24 * 60;
const WEEKDAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
/// Holidays and extra hours lie within these years. The timeline relies on the later one: it repeats itself
/// after it.
const YEARS: std::ops::RangeInclusive<i16> = 1900..=2200;
const MOST_INTERVALS: usize = 500;
const MOST_DATES: usize = 10_000;

/// Hours on the clock on the wall, in minutes after the midnight with which their date begins:
/// `0 <= from < 24 h`, `from < to < 48 h`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Hours {
    pub(crate) from: u16,
    pub(crate) to: u16,
}

/// A calendar without fault.
pub(crate) struct Reading {
    pub(crate) zone: TimeZone,
    /// By weekday, from Monday; sorted, neither overlapping nor touching within a day.
    pub(crate) week: [Vec<Hours>; 7],
    pub(crate) holidays: Vec<(Date, Hours, Option<Arc<str>>)>,
    pub(crate) extra: Vec<(Date, Hours)>,
}

pub(crate) fn read(calendar: &Calendar) -> Result<Reading, InvalidCalendar> {
    let mut faults = Faults::default();
    let zone = read_zone(&calendar.time_zone, &mut faults);
    let week = read_week(&calendar.intervals, &mut faults);
    let holidays = read_holidays(&calendar.holidays, &mut faults);
    let extra = read_extra(&calendar.extra, &mut faults);
    if calendar.intervals.is_empty() && calendar.extra.is_empty() {
        faults.add("/intervals".into(), "has no hours: the desk would never open");
    }
    match zone {
        Some(zone) if faults.is_empty() => Ok(Reading { zone, week, holidays, extra }),
        _ => Err(faults.into_error()),
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
            faults.add(
                format!("{at}/weekday"),
                format!("is not a weekday: write one of {}", WEEKDAYS.join(", ")),
            );
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
