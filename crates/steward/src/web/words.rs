//! Times in words: how long ago, how long until, how urgent.

use crate::clock::Time;

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// How far an instant is away: `in 3 h`, `12 min ago`.
pub fn away(at: &Time, now: &Time) -> String {
    let millis = at.millis() - now.millis();
    let far = millis.abs();
    let length = match far {
        _ if far < MINUTE => return "now".into(),
        _ if far < HOUR => format!("{} min", far / MINUTE),
        _ if far < 2 * DAY => format!("{} h", far / HOUR),
        _ => format!("{} days", far / DAY),
    };
    if millis > 0 { format!("in {length}") } else { format!("{length} ago") }
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
        assert_eq!(away(&now.plus_millis(59_000), &now), "now");
        assert_eq!(away(&now.plus_minutes(5), &now), "in 5 min");
        assert_eq!(away(&now.plus_hours(-47), &now), "47 h ago");
        assert_eq!(away(&now.plus_days(-3), &now), "3 days ago");
        assert_eq!(urgency(&now.plus_millis(-1), &now), "overdue");
        assert_eq!(urgency(&now.plus_hours(3), &now), "soon");
        assert_eq!(urgency(&now.plus_hours(4), &now), "calm");
    }
}
