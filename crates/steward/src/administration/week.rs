//! A calendar's week: the hours of each day as text, and as bars that are drawn.

use std::borrow::Cow;

use hours::Interval;

use crate::web::Page;

/// The days as calendars name them.
const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
/// Minutes of a day, which are the units of its picture.
const DAY: i64 = 1440;

/// One day of the week.
pub struct Day {
    pub name: &'static str,
    pub title: Cow<'static, str>,
    /// Its hours as people write them: `09:00-12:00, 13:00-17:00`.
    pub text: String,
    /// Where bars begin and how long they are, in minutes. What begins the day before and goes over midnight is among them.
    pub bars: Vec<(i64, i64)>,
}

/// Minutes since midnight of `HH:MM`.
fn minute(text: &str) -> Option<i64> {
    let (hour, minute) = text.split_once(':')?;
    let (hour, minute): (i64, i64) = (hour.parse().ok()?, minute.parse().ok()?);
    ((0..=24).contains(&hour) && (0..60).contains(&minute)).then_some(hour * 60 + minute)
}

/// Where an interval begins and ends, in minutes of its day; the end may be on the next.
fn ends(interval: &Interval) -> Option<(i64, i64)> {
    let (from, to) = (minute(&interval.from)?, minute(&interval.to)?);
    Some((from, if to <= from { to + DAY } else { to }))
}

/// What is left of hours as text; empty where a whole day is meant.
pub fn span(from: Option<&str>, to: Option<&str>) -> String {
    match (from, to) {
        (None, None) => String::new(),
        (from, to) => format!("{}-{}", from.unwrap_or("00:00"), to.unwrap_or("24:00")),
    }
}

/// The week of these hours.
pub fn of(page: &Page, intervals: &[Interval]) -> Vec<Day> {
    let mut days: Vec<Day> = DAYS
        .iter()
        .map(|name| {
            let own: Vec<String> = intervals
                .iter()
                .filter(|interval| interval.weekday == *name)
                .map(|interval| format!("{}-{}", interval.from, interval.to))
                .collect();
            Day { name, title: page.word("weekday", name), text: own.join(", "), bars: Vec::new() }
        })
        .collect();
    for (at, name) in DAYS.iter().enumerate() {
        for (from, to) in intervals.iter().filter(|interval| interval.weekday == *name).filter_map(ends) {
            days[at].bars.push((from, to.min(DAY) - from));
            if to > DAY {
                days[(at + 1) % DAYS.len()].bars.push((0, to - DAY));
            }
        }
    }
    days
}

/// Minutes that a week of these hours is open; what overlaps counts once.
pub fn minutes(intervals: &[Interval]) -> f64 {
    let week = DAY * 7;
    let mut spans: Vec<(i64, i64)> = Vec::new();
    for interval in intervals {
        let Some(at) = DAYS.iter().position(|name| *name == interval.weekday) else { continue };
        let Some((from, to)) = ends(interval) else { continue };
        let offset = DAY * i64::try_from(at).unwrap_or(0);
        let (from, to) = (from + offset, to + offset);
        spans.push((from, to.min(week)));
        if to > week {
            spans.push((0, to - week));
        }
    }
    spans.sort_unstable();
    let (mut open, mut until) = (0, 0);
    for (from, to) in spans {
        open += (to - from.max(until)).max(0);
        until = until.max(to);
    }
    open as f64
}

/// What a new calendar begins with: nine to five on weekdays.
pub fn usual() -> Vec<Interval> {
    DAYS[..5].iter().map(|day| Interval::new(day, "09:00", "17:00")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_week_is_as_long_as_its_hours_overlaps_counted_once() {
        assert_eq!(minutes(&usual()), 5.0 * 8.0 * 60.0);
        let night = [Interval::new("sun", "22:00", "06:00"), Interval::new("mon", "05:00", "07:00")];
        assert_eq!(minutes(&night), 9.0 * 60.0);
        let all: Vec<Interval> = DAYS.iter().map(|day| Interval::new(day, "00:00", "24:00")).collect();
        assert_eq!(minutes(&all), 7.0 * 1440.0);
        assert_eq!(minutes(&[]), 0.0);
    }

    #[test]
    fn times_are_read_to_the_minute() {
        assert_eq!((minute("09:30"), minute("24:00"), minute("00:00")), (Some(570), Some(1440), Some(0)));
        for other in ["", "9", "25:00", "09:60", "nine:00", "-1:00"] {
            assert_eq!(minute(other), None, "{other}");
        }
    }

    #[test]
    fn hours_of_a_part_of_a_day_are_told_whole() {
        assert_eq!(span(None, None), "");
        assert_eq!(span(Some("14:00"), None), "14:00-24:00");
        assert_eq!(span(None, Some("12:00")), "00:00-12:00");
    }
}
