//! A calendar as people write it: the JSON of `/api/crm/calendars`. It may say anything;
//! [`Calendar::validate`] and [`Clock::new`](crate::Clock::new) say what is wrong with it.

use serde::{Deserialize, Serialize};

use crate::invalid::InvalidCalendar;
use crate::rules::Rules;

/// When a desk is open. Times are `HH:MM` on the clock of `time_zone`, dates `YYYY-MM-DD` from 1900 to 2200.
///
/// Keys that are left out read as empty, so that validation can name every one of them at once; unknown keys
/// are refused while reading.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Calendar {
    /// An IANA name, `Europe/Berlin`.
    pub time_zone: String,
    /// The weekly hours, in any order; what overlaps or touches counts once. At most 500.
    pub intervals: Vec<Interval>,
    /// Dates, or parts of them, on which the weekly hours do not hold. At most 10,000.
    pub holidays: Vec<Holiday>,
    /// One-off hours, which hold on holidays too. At most 10,000.
    pub extra: Vec<ExtraHours>,
}

/// Hours that come back every week.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Interval {
    /// `mon`, `tue`, `wed`, `thu`, `fri`, `sat` or `sun`: the day on which the interval begins.
    pub weekday: String,
    pub from: String,
    /// At or before `from`: on the next day.
    pub to: String,
}

/// A date that is closed, wholly or from `from` (default `00:00`) to `to` (default `24:00`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Holiday {
    pub date: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// Given as the reason of the [`Segment`](crate::Segment)s that the holiday closes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// Hours on one date, on top of everything else.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ExtraHours {
    pub date: String,
    pub from: String,
    /// At or before `from`: on the next day.
    pub to: String,
}

impl Interval {
    pub fn new(weekday: &str, from: &str, to: &str) -> Self {
        Self { weekday: weekday.into(), from: from.into(), to: to.into() }
    }
}

impl Holiday {
    /// A whole date.
    pub fn whole(date: &str, name: &str) -> Self {
        Self { date: date.into(), name: Some(name.into()), ..Self::default() }
    }
}

impl ExtraHours {
    pub fn new(date: &str, from: &str, to: &str) -> Self {
        Self { date: date.into(), from: from.into(), to: to.into() }
    }
}

impl Calendar {
    /// Whether a clock can be made of this calendar.
    ///
    /// # Errors
    ///
    /// Everything that is wrong, each with a JSON pointer into the calendar: an unknown zone, a time that is
    /// not one, a date that does not exist or lies outside 1900 to 2200, no hours at all.
    pub fn validate(&self) -> Result<(), InvalidCalendar> {
        Rules::read(self).map(drop)
    }
}
