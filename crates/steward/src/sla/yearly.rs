//! Rules of a yearly recurrence (RFC 5545, section 3.3.10): fixed dates, and dates such as the fourth Thursday of
//! November. Every date of a year is held against the rule, so what the rule says is what one reads here.

use std::ops::RangeInclusive;

use calcard::common::IanaString;
use calcard::icalendar::{ICalendarFrequency, ICalendarRecurrenceRule, ICalendarWeekday};
use jiff::ToSpan;
use jiff::civil::{Date, DateTime, Weekday};

/// The earliest year from which a counted series is counted.
const FIRST: i16 = 1900;

/// The dates on which a yearly series that begins at `start` occurs in `years`, in order.
///
/// # Errors
///
/// The part of the rule that is not supported.
pub fn dates(
    rule: &ICalendarRecurrenceRule,
    start: DateTime,
    until: Option<DateTime>,
    years: &RangeInclusive<i16>,
) -> Result<Vec<Date>, String> {
    if let Some(part) = unsupported(rule) {
        return Err(format!(
            "{part} is not supported: only yearly dates are; write the others as events of their own"
        ));
    }
    if start.year() < FIRST {
        return Err(format!("begins before {FIRST}"));
    }
    let interval = i16::try_from(rule.interval.unwrap_or(1).max(1)).unwrap_or(i16::MAX);
    // Only a count asks for the years before.
    let from = if rule.count.is_some() { start.year() } else { start.year().max(*years.start()) };
    let mut left = rule.count.unwrap_or(u32::MAX);
    let mut dates = Vec::new();
    for year in (from..=*years.end()).filter(|year| (year - start.year()) % interval == 0) {
        let Ok(first) = Date::new(year, 1, 1) else { break };
        let of_year = first.series(1.day()).take_while(|date| date.year() == year);
        let occurs = |date: &Date| *date >= start.date() && matches(rule, start.date(), *date);
        for date in of_year.filter(occurs) {
            let is_late = until.is_some_and(|until| date.to_datetime(start.time()) > until);
            if left == 0 || is_late {
                return Ok(dates);
            }
            left -= 1;
            if years.contains(&year) {
                dates.push(date);
            }
        }
    }
    Ok(dates)
}

/// The first part that goes beyond dates of a year.
fn unsupported(rule: &ICalendarRecurrenceRule) -> Option<String> {
    if rule.freq != ICalendarFrequency::Yearly {
        return Some(format!("FREQ={}", rule.freq.as_str()));
    }
    let parts = [
        ("BYHOUR", !rule.byhour.is_empty()),
        ("BYMINUTE", !rule.byminute.is_empty()),
        ("BYSECOND", !rule.bysecond.is_empty()),
        ("BYYEARDAY", !rule.byyearday.is_empty()),
        ("BYWEEKNO", !rule.byweekno.is_empty()),
        ("BYSETPOS", !rule.bysetpos.is_empty()),
        (
            "RSCALE",
            rule.rscale.is_some() || rule.skip.is_some() || rule.bymonth.iter().any(|month| month.is_leap()),
        ),
    ];
    parts.into_iter().find(|(_, is_there)| *is_there).map(|(part, _)| part.to_owned())
}

fn matches(rule: &ICalendarRecurrenceRule, start: Date, date: Date) -> bool {
    let (names_days, names_weekdays) = (!rule.bymonthday.is_empty(), !rule.byday.is_empty());
    let month = if !rule.bymonth.is_empty() {
        rule.bymonth.iter().any(|month| i16::from(month.month()) == i16::from(date.month()))
    } else {
        names_days || names_weekdays || date.month() == start.month()
    };
    let from_end = date.day() - date.days_in_month() - 1;
    let day = if names_days {
        rule.bymonthday.iter().any(|day| *day == date.day() || *day == from_end)
    } else {
        names_weekdays || date.day() == start.day()
    };
    month
        && day
        && (!names_weekdays || rule.byday.iter().any(|by| is_weekday(rule, date, by.weekday, by.ordwk)))
}

/// Whether the date is that weekday, and the `nth` one of its month (of its year where the rule names no month).
fn is_weekday(
    rule: &ICalendarRecurrenceRule,
    date: Date,
    weekday: ICalendarWeekday,
    nth: Option<i16>,
) -> bool {
    let weekday = match weekday {
        ICalendarWeekday::Monday => Weekday::Monday,
        ICalendarWeekday::Tuesday => Weekday::Tuesday,
        ICalendarWeekday::Wednesday => Weekday::Wednesday,
        ICalendarWeekday::Thursday => Weekday::Thursday,
        ICalendarWeekday::Friday => Weekday::Friday,
        ICalendarWeekday::Saturday => Weekday::Saturday,
        ICalendarWeekday::Sunday => Weekday::Sunday,
    };
    if date.weekday() != weekday {
        return false;
    }
    let (day, days) = if rule.bymonth.is_empty() {
        (date.day_of_year(), date.days_in_year())
    } else {
        (i16::from(date.day()), i16::from(date.days_in_month()))
    };
    nth.is_none_or(|nth| nth == (day - 1) / 7 + 1 || nth == -((days - day) / 7 + 1))
}
