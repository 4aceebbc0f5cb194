//! What a calendar may be asked by `/calendars/try`: exactly one of four questions, each with its own fields.

use std::time::Duration;

use hours::Pause;
use schemars::{Schema, SchemaGenerator, json_schema};
use serde_json::Value;

use super::calendar_body::WholeHours;
use crate::clock::Time;
use crate::error::Fault;
use crate::input::{Faults, Field, Fields, Input, Int, Property};

/// 100 years, in minutes.
pub const MOST_MINUTES: f64 = 52_596_000.0;
/// The most pauses of a question.
const MOST_PAUSES: usize = 10_000;
crate::words! {
    /// Which way to look for openings.
    pub enum Direction { After = "after", Before = "before" }
}

/// What a calendar may be asked.
#[derive(Debug, Clone, PartialEq)]
pub enum Question {
    /// When `amount` of business time has elapsed since `start`.
    Deadline { start: Time, amount: Duration, pauses: Vec<Pause> },
    /// How much business time there is between two instants.
    Between { start: Time, end: Time, pauses: Vec<Pause> },
    /// Whether it is open.
    State { at: Time },
    /// The next, or the last, `count` open stretches.
    Openings { start: Time, count: usize, direction: Direction },
}

/// A question to a calendar in the same body.
#[derive(Debug, Clone)]
pub struct Trial {
    pub calendar: hours::Calendar,
    pub question: Question,
}

/// The fields of all questions.
struct Asked {
    start: Option<Option<Time>>,
    minutes: Option<Option<Minutes>>,
    end: Option<Option<Time>>,
    pauses: Option<Option<Pauses>>,
    at: Option<Option<Time>>,
    count: Option<Option<Int<1, 1000>>>,
    direction: Option<Option<Direction>>,
}

/// What decides which question is asked; what each also needs; what each may have.
const FORMS: [(&str, &[&str], &[&str]); 4] = [
    ("minutes", &["start"], &["pauses"]),
    ("end", &["start"], &["pauses"]),
    ("at", &[], &[]),
    ("count", &["start", "direction"], &[]),
];

impl Asked {
    fn take(fields: &mut Fields) -> Asked {
        Asked {
            start: fields.take("start"),
            minutes: fields.take("minutes"),
            end: fields.take("end"),
            pauses: fields.take("pauses"),
            at: fields.take("at"),
            count: fields.take("count"),
            direction: fields.take("direction"),
        }
    }

    /// The fields that are named, soundly or not.
    fn named(&self) -> Vec<&'static str> {
        fn is_named<T>(read: &Option<Option<T>>) -> bool {
            !matches!(read, Some(None))
        }
        let fields = [
            ("start", is_named(&self.start)),
            ("minutes", is_named(&self.minutes)),
            ("end", is_named(&self.end)),
            ("pauses", is_named(&self.pauses)),
            ("at", is_named(&self.at)),
            ("count", is_named(&self.count)),
            ("direction", is_named(&self.direction)),
        ];
        fields.into_iter().filter(|(_, is_named)| *is_named).map(|(name, _)| name).collect()
    }

    /// What is wrong with which fields are named: exactly one question is to be asked, wholly.
    fn faults(&self) -> Vec<Fault> {
        let named = self.named();
        let forms: Vec<_> = FORMS.iter().filter(|(key, ..)| named.contains(key)).collect();
        match forms.as_slice() {
            [] => {
                let message =
                    "name one of minutes, end (both with start), at, count (with start and direction)";
                FORMS.iter().map(|(key, ..)| Fault::field(key, message)).collect()
            }
            [(key, needed, allowed)] => {
                let missing = needed.iter().filter(|field| !named.contains(field));
                let missing = missing.map(|field| Fault::field(field, format!("is required with {key}")));
                let known =
                    |field: &str| field == *key || needed.contains(&field) || allowed.contains(&field);
                let foreign = named.iter().filter(|field| !known(field));
                let foreign = foreign.map(|field| Fault::field(field, format!("does not go with {key}")));
                missing.chain(foreign).collect()
            }
            several => {
                let message = "minutes, end, at and count exclude each other: name one";
                several.iter().map(|(key, ..)| Fault::field(key, message)).collect()
            }
        }
    }

    fn question(self) -> Option<Question> {
        let pauses = self.pauses?.map_or_else(Vec::new, |pauses| pauses.0);
        match (self.start?, self.minutes?, self.end?, self.at?, self.count?, self.direction?) {
            (Some(start), Some(Minutes(amount)), None, None, None, None) => {
                Some(Question::Deadline { start, amount, pauses })
            }
            (Some(start), None, Some(end), None, None, None) => {
                Some(Question::Between { start, end, pauses })
            }
            (None, None, None, Some(at), None, None) => Some(Question::State { at }),
            (Some(start), None, None, None, Some(Int(count)), Some(direction)) => {
                let count = usize::try_from(count).ok()?;
                Some(Question::Openings { start, count, direction })
            }
            _ => None,
        }
    }
}

impl Input for Question {
    fn read(fields: &mut Fields) -> Option<Self> {
        let asked = Asked::take(fields);
        let faults = asked.faults();
        let is_sound = faults.is_empty();
        faults.into_iter().for_each(|fault| fields.note(fault));
        asked.question().filter(|_| is_sound)
    }

    fn properties(generator: &mut SchemaGenerator) -> Vec<Property> {
        fn property<T: Field>(name: &'static str, doc: &str, generator: &mut SchemaGenerator) -> Property {
            Property { name, doc: doc.into(), required: false, schema: Option::<T>::schema(generator) }
        }
        vec![
            property::<Time>("start", "With minutes, end or count.", generator),
            property::<Minutes>("minutes", "When has so much business time elapsed since start?", generator),
            property::<Time>("end", "How much business time is there from start to end?", generator),
            property::<Pauses>(
                "pauses",
                "With minutes or end: when the clock stood still, as [from, to]. May overlap.",
                generator,
            ),
            property::<Time>("at", "Is it open, and when next? Asked without start.", generator),
            property::<Int<1, 1000>>("count", "So many open stretches after or before start.", generator),
            property::<Direction>("direction", "With count.", generator),
        ]
    }
}

impl Input for Trial {
    fn read(fields: &mut Fields) -> Option<Self> {
        let calendar = fields.take::<WholeHours>("calendar");
        let question = Question::read(fields);
        Some(Trial { calendar: calendar?.0, question: question? })
    }

    fn properties(generator: &mut SchemaGenerator) -> Vec<Property> {
        let schema = WholeHours::schema(generator);
        let calendar = Property { name: "calendar", doc: String::new(), required: true, schema };
        std::iter::once(calendar).chain(Question::properties(generator)).collect()
    }
}

/// Minutes of business time, fractions allowed; taken to the nearest millisecond.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Minutes(Duration);

impl Field for Minutes {
    fn from_json(value: Value) -> Result<Self, Faults> {
        let minutes = value.as_f64().filter(|minutes| (0.0..=MOST_MINUTES).contains(minutes));
        let minutes = minutes.ok_or_else(|| {
            Faults::one(format!("is to be a number of minutes from 0 to {MOST_MINUTES}, 100 years"))
        })?;
        Ok(Minutes(Duration::from_millis((minutes * 60_000.0).round() as u64)))
    }

    fn schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "number", "minimum": 0, "maximum": MOST_MINUTES })
    }
}

/// `[[from, to], ...]`, in any order. A pause that ends before it begins covers nothing.
#[derive(Debug, Clone, PartialEq)]
struct Pauses(Vec<Pause>);

/// `[from, to]`.
struct Pair(Pause);

impl Field for Pair {
    fn from_json(value: Value) -> Result<Self, Faults> {
        match Vec::<Time>::from_json(value)?.as_slice() {
            [from, to] => Ok(Pair(Pause { from: (*from).into(), to: (*to).into() })),
            _ => Err(Faults::one("is to be a pair of instants, [from, to]")),
        }
    }

    fn schema(generator: &mut SchemaGenerator) -> Schema {
        let instant = Time::schema(generator);
        json_schema!({ "type": "array", "minItems": 2, "maxItems": 2, "items": instant })
    }
}

impl Field for Pauses {
    fn from_json(value: Value) -> Result<Self, Faults> {
        let pairs = Vec::<Pair>::from_json(value)?;
        if pairs.len() > MOST_PAUSES {
            return Err(Faults::one(format!(
                "has {} pauses; at most {MOST_PAUSES} are allowed",
                pairs.len()
            )));
        }
        Ok(Pauses(pairs.into_iter().map(|Pair(pause)| pause).collect()))
    }

    fn schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "array", "maxItems": MOST_PAUSES, "items": Pair::schema(generator) })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::error::Error;
    use crate::input;

    fn faults(question: Value) -> Vec<String> {
        let Err(Error::Invalid(faults)) = input::from_json::<Question>(question) else { return Vec::new() };
        faults.into_iter().filter_map(|fault| fault.pointer).collect()
    }

    #[test]
    fn exactly_one_question_is_asked_wholly() {
        let start = "2026-03-02T11:00:00Z";
        assert_eq!(faults(json!({})), ["/minutes", "/end", "/at", "/count"]);
        assert_eq!(faults(json!({ "start": start })), ["/minutes", "/end", "/at", "/count"]);
        assert_eq!(faults(json!({ "minutes": 5 })), ["/start"]);
        assert_eq!(faults(json!({ "start": start, "minutes": 5, "end": start })), ["/minutes", "/end"]);
        assert_eq!(faults(json!({ "start": start, "at": start })), ["/start"]);
        assert_eq!(faults(json!({ "start": start, "count": 5 })), ["/direction"]);
        assert_eq!(faults(json!({ "count": 5, "direction": "after", "pauses": [] })), ["/start", "/pauses"]);
        assert_eq!(
            faults(json!({ "start": "noon", "minutes": -1, "direction": "up" })),
            ["/start", "/minutes", "/direction", "/direction"]
        );
        assert_eq!(faults(json!({ "start": start, "minutes": 60 * 24 * 366 * 100 })), ["/minutes"]);
        assert_eq!(faults(json!({ "start": start, "count": 1001, "direction": "after" })), ["/count"]);
        let pauses = json!([[start, start], [start], "x", [start, 7]]);
        assert_eq!(
            faults(json!({ "start": start, "minutes": 1, "pauses": pauses })),
            ["/pauses/1", "/pauses/2", "/pauses/3/1"]
        );
        assert_eq!(faults(json!({ "start": start, "minutes": 1, "end": null, "hour": 3 })), ["/hour"]);
    }
}
