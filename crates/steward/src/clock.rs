//! Time is an argument: the one place that asks the machine for it, and the type that carries it.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::Timestamp;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize, Serializer};

/// An instant in whole milliseconds, shown as RFC 3339 UTC with milliseconds: `2026-03-02T17:01:00.000Z`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(i64);

const DAY: i64 = 86_400_000;

impl Time {
    /// Milliseconds since 1970-01-01T00:00Z.
    pub const fn from_millis(millis: i64) -> Time {
        Time(millis)
    }

    pub const fn millis(self) -> i64 {
        self.0
    }

    /// Parses RFC 3339 with any offset; finer than a millisecond is cut off. Years 1 to 9999.
    pub fn parse(text: &str) -> Option<Time> {
        let time = Time::from(text.parse::<Timestamp>().ok()?);
        // 0001-01-01 and 9999-12-31: what both engines store and every client reads.
        (-62_135_596_800_000..=253_402_214_400_000).contains(&time.0).then_some(time)
    }

    pub const fn plus_millis(self, millis: i64) -> Time {
        Time(self.0.saturating_add(millis))
    }

    pub const fn plus_minutes(self, minutes: i64) -> Time {
        self.plus_millis(minutes.saturating_mul(60_000))
    }

    pub const fn plus_hours(self, hours: i64) -> Time {
        self.plus_minutes(hours.saturating_mul(60))
    }

    pub const fn plus_days(self, days: i64) -> Time {
        self.plus_hours(days.saturating_mul(24))
    }

    /// Whole minutes from `earlier` to here, by the wall clock, never negative.
    pub const fn minutes_since(self, earlier: Time) -> i64 {
        let millis = self.0 - earlier.0;
        if millis <= 0 { 0 } else { millis / 60_000 }
    }

    /// Reads back exactly what `digits` writes; `None` for any other form.
    fn from_digits(text: &str) -> Option<Time> {
        let digits: &[u8; 24] = text.as_bytes().try_into().ok()?;
        let number = |from: usize, to: usize| {
            digits[from..to].iter().try_fold(0i64, |number, digit| {
                digit.is_ascii_digit().then(|| number * 10 + i64::from(digit - b'0'))
            })
        };
        let days = days(number(0, 4)?, number(5, 7)?, number(8, 10)?);
        let in_day =
            ((number(11, 13)? * 60 + number(14, 16)?) * 60 + number(17, 19)?) * 1000 + number(20, 23)?;
        let time = Time(days * DAY + in_day);
        // Whatever was out of range (a 30th of February, an hour of 25) does not come back the same.
        (time.digits() == *digits).then_some(time)
    }

    /// The 24 bytes of the RFC 3339 form. Written by hand because a list page shows hundreds of them.
    fn digits(self) -> [u8; 24] {
        let (year, month, day) = civil(self.0.div_euclid(DAY));
        let in_day = self.0.rem_euclid(DAY);
        let mut out = *b"0000-00-00T00:00:00.000Z";
        put(&mut out[0..4], year.clamp(0, 9999));
        put(&mut out[5..7], month);
        put(&mut out[8..10], day);
        put(&mut out[11..13], in_day / 3_600_000);
        put(&mut out[14..16], in_day / 60_000 % 60);
        put(&mut out[17..19], in_day / 1000 % 60);
        put(&mut out[20..23], in_day % 1000);
        out
    }
}

fn put(digits: &mut [u8], mut number: i64) {
    for digit in digits.iter_mut().rev() {
        *digit = b'0' + (number % 10) as u8;
        number /= 10;
    }
}

/// Days since 1970-01-01 as year, month, day in the proleptic Gregorian calendar.
fn civil(days: i64) -> (i64, i64, i64) {
    // Counted from 0000-03-01, so that the leap day ends a year: 400 years are 146,097 days.
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

/// The inverse of `civil`.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + of_year - 719_468
}

impl From<Timestamp> for Time {
    fn from(timestamp: Timestamp) -> Time {
        Time(timestamp.as_millisecond())
    }
}

impl From<Time> for Timestamp {
    fn from(time: Time) -> Timestamp {
        Timestamp::from_millisecond(time.0).unwrap_or(if time.0 < 0 {
            Timestamp::MIN
        } else {
            Timestamp::MAX
        })
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(std::str::from_utf8(&self.digits()).expect("digits and punctuation are ASCII"))
    }
}

impl fmt::Debug for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let digits = self.digits();
        serializer.serialize_str(std::str::from_utf8(&digits).expect("digits and punctuation are ASCII"))
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Time, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        Time::parse(&text).ok_or_else(|| serde::de::Error::custom("not an RFC 3339 instant"))
    }
}

impl db::ToParam for Time {
    fn to_param(&self) -> db::Param<'_> {
        db::Param::Time((*self).into())
    }
}

impl db::FromValue for Time {
    fn from_value(value: db::ValueRef<'_>) -> Result<Time, db::Error> {
        let time = match value {
            db::ValueRef::Time(timestamp) => Some(timestamp.into()),
            db::ValueRef::Text(text) => Time::from_digits(text).or_else(|| Time::parse(text)),
            _ => None,
        };
        time.ok_or_else(|| db::Error::Decode(format!("{value:?} is no instant")))
    }
}

impl JsonSchema for Time {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Time".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "date-time" })
    }
}

/// What an App asks for the time. Tests set theirs; nothing else reads the machine's clock.
#[derive(Clone, Default)]
pub struct Clock(Option<Arc<AtomicI64>>);

impl Clock {
    /// The machine's clock.
    pub fn system() -> Clock {
        Clock(None)
    }

    /// A clock that stands still until `set`.
    pub fn at(time: Time) -> Clock {
        Clock(Some(Arc::new(AtomicI64::new(time.millis()))))
    }

    /// Moves a clock made by `at`; the machine's is not ours to set.
    pub fn set(&self, time: Time) {
        if let Some(millis) = &self.0 {
            millis.store(time.millis(), Ordering::SeqCst);
        }
    }

    #[expect(clippy::disallowed_methods, reason = "the one place that asks the machine for the time")]
    pub fn now(&self) -> Time {
        match &self.0 {
            Some(millis) => Time(millis.load(Ordering::SeqCst)),
            None => Timestamp::now().into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_instant_is_shown_with_milliseconds_and_read_with_any_offset() {
        let time = Time::parse("2026-03-02T18:01:00.1239+01:00").unwrap();
        assert_eq!(time.to_string(), "2026-03-02T17:01:00.123Z");
        assert_eq!(Time::parse("+300000-01-01T00:00:00Z"), None);
        assert_eq!(Time::parse("2026-02-30T00:00:00Z"), None);
        assert_eq!(Time::from_digits("2026-02-30T00:00:00.000Z"), None);
        assert_eq!(Time::from_digits("2026-02-28T25:00:00.000Z"), None);
    }

    proptest! {
        #[test]
        fn our_digits_are_those_of_the_calendar_library(millis in -62_135_596_800_000i64..=253_402_214_400_000) {
            let library = format!("{:.3}", Timestamp::from_millisecond(millis).unwrap());
            prop_assert_eq!(Time::from_millis(millis).to_string(), library.clone());
            prop_assert_eq!(Time::from_digits(&library), Some(Time::from_millis(millis)));
        }
    }
}
