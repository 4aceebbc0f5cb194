//! The days that a dashboard is about: whole days of a time zone, and the same number before them (spec 9).

use jiff::Span;
use jiff::civil::Date;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use schemars::{Schema, SchemaGenerator, json_schema};
use serde_json::Value;

use crate::clock::Time;
use crate::error::{Error, Fault, Result};
use crate::input::{Faults, Field, Int};

/// The longest period, in days.
const MOST: i64 = 3650;
/// The days of a period where none are named.
const DEFAULT: i64 = 30;

/// A calendar day, `2026-03-02`, years 1970 to 9000.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Day(pub Date);

impl Field for Day {
    fn from_json(value: Value) -> Result<Self, Faults> {
        let text = value.as_str().filter(|text| text.len() == 10);
        let day = text.and_then(|text| text.parse::<Date>().ok());
        day.filter(|day| (1970..=9000).contains(&day.year()))
            .map(Day)
            .ok_or_else(|| Faults::one("is to be a day such as 2026-03-02, years 1970 to 9000"))
    }

    fn schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "date", "minLength": 10, "maxLength": 10 })
    }
}

/// An IANA time zone by its name.
#[derive(Debug, Clone)]
pub struct Zone {
    pub name: String,
    pub zone: TimeZone,
}

impl Zone {
    pub fn utc() -> Zone {
        Zone { name: "UTC".into(), zone: TimeZone::UTC }
    }
}

impl Field for Zone {
    fn from_json(value: Value) -> Result<Self, Faults> {
        let zone = value.as_str().and_then(|name| TimeZoneDatabase::bundled().get(name).ok());
        zone.and_then(|zone| Some(Zone { name: zone.iana_name()?.to_owned(), zone }))
            .ok_or_else(|| Faults::one("is to be an IANA time zone such as Europe/Berlin"))
    }

    fn schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "examples": ["UTC", "Europe/Berlin"] })
    }
}

crate::input! {
    /// Whose cases, and which days.
    pub struct DashboardQuery {
        /// Cases of this owner only.
        pub owner_id: Option<i64>,
        /// Cases of this team only.
        pub team_id: Option<i64>,
        /// So many days up to `to`, today unless named; 30 where nothing is said.
        pub days: Option<Int<1, 3650>>,
        /// The first day, instead of `days`.
        pub from: Option<Day>,
        /// The last day, itself included; today unless named.
        pub to: Option<Day>,
        /// The zone whose days these are; UTC unless named.
        pub tz: Option<Zone>,
    }
}

/// Whole days of a zone.
#[derive(Debug, Clone)]
pub struct Period {
    pub zone: Zone,
    pub first: Date,
    /// When each day begins, and after them when the last one ends. A day that a zone left out has no length.
    pub borders: Vec<Time>,
}

impl Period {
    /// The days that are asked for. 400 naming the parameters that contradict each other.
    pub fn asked(query: &DashboardQuery, now: Time) -> Result<Period> {
        let zone = query.tz.clone().unwrap_or_else(Zone::utc);
        let last = query.to.map_or_else(|| zone.zone.to_datetime(now.into()).date(), |day| day.0);
        let first = match (query.from, query.days) {
            (Some(_), Some(_)) => {
                let message = "from and days exclude each other: name one";
                let faults = ["from", "days"].map(|name| Fault::parameter(name, message));
                return Err(Error::BadQuery(faults.into()));
            }
            (Some(from), None) => from.0,
            (None, days) => days_before(last, days.map_or(DEFAULT, |days| days.0) - 1),
        };
        let length = i64::from((last - first).get_days()) + 1;
        if length < 1 {
            let message = format!("is to be no later than the last day, {last}");
            return Err(Error::BadQuery(vec![Fault::parameter("from", message)]));
        }
        if !(1..=MOST).contains(&length) {
            let message = format!("is to be at most {} days before the last day, {last}", MOST - 1);
            return Err(Error::BadQuery(vec![Fault::parameter("from", message)]));
        }
        Ok(Period::starting(zone, first, length))
    }

    fn starting(zone: Zone, first: Date, length: i64) -> Period {
        let borders = (0..=length).map(|n| start_of(&zone.zone, days_before(first, -n))).collect();
        Period { zone, first, borders }
    }

    /// As many days before these.
    pub fn previous(&self) -> Period {
        Period::starting(self.zone.clone(), days_before(self.first, self.days()), self.days())
    }

    pub fn days(&self) -> i64 {
        self.borders.len() as i64 - 1
    }

    pub fn from(&self) -> Time {
        self.borders[0]
    }

    /// The end, not included.
    pub fn to(&self) -> Time {
        self.borders[self.borders.len() - 1]
    }

    pub fn holds(&self, at: Time) -> bool {
        (self.from()..self.to()).contains(&at)
    }

    /// Which of the days an instant falls on.
    pub fn day_of(&self, at: Time) -> Option<usize> {
        self.holds(at).then(|| self.borders.partition_point(|border| *border <= at) - 1)
    }

    /// The date of the n-th day.
    pub fn date(&self, n: usize) -> Date {
        days_before(self.first, -i64::try_from(n).unwrap_or(0))
    }
}

fn days_before(date: Date, days: i64) -> Date {
    date.saturating_sub(Span::new().days(days))
}

/// When a day begins: at midnight, or where the zone leaves midnight out, right after the gap.
fn start_of(zone: &TimeZone, date: Date) -> Time {
    // Only days at the ends of time have no instant; years 1960 to 9001 are far from them.
    let start = date.to_zoned(zone.clone()).map(|zoned| Time::from(zoned.timestamp()));
    start.unwrap_or_else(|_| Time::from_millis(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zone(name: &str) -> Zone {
        Zone::from_json(name.into()).unwrap()
    }

    fn asked(query: &str, now: &str) -> Result<Period> {
        Period::asked(&crate::input::from_query(query)?, Time::parse(now).unwrap())
    }

    #[test]
    fn days_are_those_of_the_zone() {
        let period = asked("days=3&tz=Europe/Berlin", "2026-03-30T22:30:00Z").unwrap();
        let borders: Vec<String> = period.borders.iter().map(Time::to_string).collect();
        // The night to the 29th of March is an hour short.
        assert_eq!(
            borders,
            [
                "2026-03-28T23:00:00.000Z",
                "2026-03-29T22:00:00.000Z",
                "2026-03-30T22:00:00.000Z",
                "2026-03-31T22:00:00.000Z"
            ]
        );
        assert_eq!(period.day_of(Time::parse("2026-03-29T21:59:59.999Z").unwrap()), Some(0));
        assert_eq!(period.day_of(Time::parse("2026-03-29T22:00:00Z").unwrap()), Some(1));
        assert_eq!(period.day_of(period.to()), None);
        assert_eq!(period.previous().to(), period.from());
        assert_eq!(period.previous().days(), 3);
    }

    #[test]
    fn a_day_that_was_left_out_has_no_length() {
        // Samoa went from the 29th of December 2011 to the 31st.
        let date = "2011-12-29".parse().unwrap();
        let period = Period::starting(zone("Pacific/Apia"), date, 3);
        assert_eq!(period.borders[1], period.borders[2]);
        assert_eq!(period.day_of(period.borders[1]), Some(2));
    }

    #[test]
    fn what_contradicts_itself_is_refused() {
        for query in ["from=2026-01-01&days=3", "from=2026-03-02&to=2026-03-01", "from=1990-01-01"] {
            assert!(asked(query, "2026-03-02T00:00:00Z").is_err(), "{query}");
        }
        for query in ["tz=Mars", "tz=", "days=0", "days=3651", "from=2026-02-30", "from=26-01-01", "to=x"] {
            assert!(asked(query, "2026-03-02T00:00:00Z").is_err(), "{query}");
        }
        assert_eq!(asked("days=3650", "2026-03-02T00:00:00Z").unwrap().days(), 3650);
        assert_eq!(asked("to=2026-03-01", "2026-06-02T00:00:00Z").unwrap().days(), 30);
        assert_eq!(asked("from=2026-03-01", "2026-03-02T00:00:00Z").unwrap().days(), 2);
    }
}
