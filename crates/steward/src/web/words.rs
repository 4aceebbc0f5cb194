//! Times in words: how long ago, how long until, how urgent.

use std::borrow::Cow;

use super::language::Language;
use crate::clock::Time;

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// How far an instant is away: `in 3 h`, `12 min ago`.
pub fn away(language: Language, at: &Time, now: &Time) -> Cow<'static, str> {
    let millis = at.millis() - now.millis();
    let far = millis.abs();
    let length = match far {
        _ if far < MINUTE => return language.say("time-now"),
        _ if far < HOUR => language.fill("time-minutes", &[("count", &(far / MINUTE))]),
        _ if far < 2 * DAY => language.fill("time-hours", &[("count", &(far / HOUR))]),
        _ => language.fill("time-days", &[("count", &(far / DAY))]),
    };
    language.fill(if millis > 0 { "time-in" } else { "time-ago" }, &[("length", &&*length)])
}

/// A length of time in its two largest units: `2 d 4 h`, `1 h 5 min`, `35 min`. Negative ones count as none.
pub fn length(language: Language, minutes: f64) -> String {
    let minutes = minutes.max(0.0).round() as i64;
    let (days, hours, rest) = (minutes / 1440, minutes / 60 % 24, minutes % 60);
    let part = |id: &str, count: i64| language.fill(id, &[("count", &count)]);
    let (large, small) = match (days, hours) {
        (0, 0) => return part("time-short-minutes", rest).into_owned(),
        (0, _) => (part("time-short-hours", hours), (rest > 0).then(|| part("time-short-minutes", rest))),
        _ => (part("time-short-days", days), (hours > 0).then(|| part("time-short-hours", hours))),
    };
    small.map_or_else(|| large.to_string(), |small| format!("{large} {small}"))
}

/// The same in hours and minutes, however many: `72 h`. Of time that a calendar counts, "3 d" would be read as three of its
/// days rather than as 72 of its hours.
pub fn hours(language: Language, minutes: f64) -> String {
    let minutes = minutes.max(0.0).round() as i64;
    let part = |id: &str, count: i64| language.fill(id, &[("count", &count)]);
    match (minutes / 60, minutes % 60) {
        (0, rest) => part("time-short-minutes", rest).into_owned(),
        (hours, 0) => part("time-short-hours", hours).into_owned(),
        (hours, rest) => format!("{} {}", part("time-short-hours", hours), part("time-short-minutes", rest)),
    }
}

/// A number of bytes in the unit that matters: `312 B`, `48 kB`, `2.4 MB`.
pub fn size(language: Language, bytes: i64) -> String {
    match bytes {
        _ if bytes < 1_000 => format!("{bytes} B"),
        _ if bytes < 1_000_000 => format!("{} kB", language.whole(bytes / 1_000)),
        _ => format!("{} MB", language.number(bytes as f64 / 1e6, 1)),
    }
}

/// The class that colours a due time: past, within four hours, later.
pub fn urgency(due: &Time, now: &Time) -> &'static str {
    match due.millis() - now.millis() {
        left if left < 0 => "overdue",
        left if left < 4 * HOUR => "soon",
        _ => "calm",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_told_in_the_unit_that_matters() {
        let now = Time::from_millis(1_000_000_000_000);
        let away = |at: &Time| away(Language::English, at, &now);
        assert_eq!(away(&now.plus_millis(59_000)), "now");
        assert_eq!(away(&now.plus_minutes(5)), "in 5 min");
        assert_eq!(away(&now.plus_hours(-47)), "47 h ago");
        assert_eq!(away(&now.plus_days(-3)), "3 days ago");
        assert_eq!(urgency(&now.plus_millis(-1), &now), "overdue");
        assert_eq!(urgency(&now.plus_hours(3), &now), "soon");
        assert_eq!(urgency(&now.plus_hours(4), &now), "calm");
    }

    #[test]
    fn lengths_are_told_in_two_units() {
        for (minutes, told) in [
            (0.0, "0 min"),
            (35.4, "35 min"),
            (60.0, "1 h"),
            (65.0, "1 h 5 min"),
            (1440.0 * 2.0 + 240.0, "2 d 4 h"),
            (-5.0, "0 min"),
        ] {
            assert_eq!(length(Language::English, minutes), told);
        }
        for (minutes, told) in
            [(35.4, "35 min"), (72.0 * 60.0, "72 h"), (1445.0, "24 h 5 min"), (-1.0, "0 min")]
        {
            assert_eq!(hours(Language::English, minutes), told);
        }
    }
}
