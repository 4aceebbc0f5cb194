//! A calendar's hours in the body of a request: read leniently first, so that what is of the wrong type and what makes
//! no sense are told together, each with its pointer.

use std::collections::HashSet;

use hours::{ExtraHours, Holiday, Interval};
use schemars::{Schema, SchemaGenerator, json_schema};
use serde_json::{Map, Value};

use crate::error::Fault;
use crate::input::{self, Faults, Field, Fields, Input, Line, Property};

/// The hours that a body names; what it leaves out is `None`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HoursNamed {
    pub time_zone: Option<String>,
    pub intervals: Option<Vec<Interval>>,
    pub holidays: Option<Vec<Holiday>>,
    pub extra: Option<Vec<ExtraHours>>,
}

impl HoursNamed {
    /// Takes the hours out of a body. They are checked together with what stands in for those left out; every fault is
    /// noted.
    fn take(fields: &mut Fields, stand_in: hours::Calendar) -> HoursNamed {
        let mut reader = Reader::default();
        let named = HoursNamed {
            time_zone: fields.raw("time_zone").map(|value| reader.text("/time_zone", value)),
            intervals: fields.raw("intervals").map(|value| reader.rows("/intervals", value, interval)),
            holidays: fields.raw("holidays").map(|value| reader.rows("/holidays", value, holiday)),
            extra: fields.raw("extra").map(|value| reader.rows("/extra", value, extra)),
        };
        if let Err(invalid) = named.clone().over(stand_in).validate() {
            for hours::Fault { pointer, message } in invalid.faults {
                if !reader.has_named(&pointer) {
                    reader.faults.push((pointer, message));
                }
            }
        }
        for (pointer, message) in reader.faults {
            fields.note(Fault::pointer(pointer, message));
        }
        named
    }

    /// These hours, and those of `present` where they name none.
    pub fn over(self, present: hours::Calendar) -> hours::Calendar {
        hours::Calendar {
            time_zone: self.time_zone.unwrap_or(present.time_zone),
            intervals: self.intervals.unwrap_or(present.intervals),
            holidays: self.holidays.unwrap_or(present.holidays),
            extra: self.extra.unwrap_or(present.extra),
        }
    }
}

/// A whole calendar: the body of a new one, `calendar` of `/calendars/try`. A clock can be made of it.
#[derive(Debug, Clone)]
pub struct WholeHours(pub hours::Calendar);

impl Input for WholeHours {
    fn read(fields: &mut Fields) -> Option<Self> {
        let named = HoursNamed::take(fields, hours::Calendar::default());
        Some(WholeHours(named.over(hours::Calendar::default())))
    }

    fn properties(_: &mut SchemaGenerator) -> Vec<Property> {
        properties(true)
    }
}

impl Field for WholeHours {
    fn from_json(value: Value) -> Result<Self, Faults> {
        input::nested(value)
    }

    fn schema(generator: &mut SchemaGenerator) -> Schema {
        input::schema_of::<WholeHours>(generator)
    }
}

/// The hours of a `PUT`. Whether they make a calendar together with those that stay is seen in the transaction.
impl Input for HoursNamed {
    fn read(fields: &mut Fields) -> Option<Self> {
        let stand_in = hours::Calendar {
            time_zone: "UTC".into(),
            intervals: vec![Interval::new("mon", "09:00", "17:00")],
            extra: vec![ExtraHours::new("2000-01-01", "09:00", "17:00")],
            ..hours::Calendar::default()
        };
        Some(HoursNamed::take(fields, stand_in))
    }

    fn properties(_: &mut SchemaGenerator) -> Vec<Property> {
        properties(false)
    }
}

/// Reads what may be anything; what is at fault is noted and read as empty.
#[derive(Default)]
struct Reader {
    faults: Vec<(String, String)>,
    places: HashSet<String>,
}

impl Reader {
    fn note(&mut self, at: impl Into<String>, message: impl Into<String>) {
        let at = at.into();
        self.places.insert(at.clone());
        self.faults.push((at, message.into()));
    }

    /// Whether something is known to be wrong with this place, or with one that holds it.
    fn has_named(&self, place: &str) -> bool {
        let holders =
            std::iter::successors(Some(place), |place| place.rsplit_once('/').map(|(holder, _)| holder));
        holders.into_iter().any(|holder| self.places.contains(holder))
    }

    fn text(&mut self, at: &str, value: Value) -> String {
        if let Value::String(text) = value {
            return text;
        }
        self.note(at, "is to be a text");
        String::new()
    }

    fn rows<T>(&mut self, at: &str, value: Value, read: fn(&mut Entry) -> T) -> Vec<T> {
        let Value::Array(values) = value else {
            self.note(at, "is to be a list");
            return Vec::new();
        };
        let rows = values.into_iter().enumerate().map(|(index, value)| {
            let at = format!("{at}/{index}");
            let map = match value {
                Value::Object(map) => map,
                _ => {
                    self.note(&at, "is to be an object");
                    Map::new()
                }
            };
            let mut entry = Entry { at, map, reader: self };
            let row = read(&mut entry);
            entry.refuse_the_rest();
            row
        });
        rows.collect()
    }
}

/// One object of a list.
struct Entry<'a> {
    at: String,
    map: Map<String, Value>,
    reader: &'a mut Reader,
}

impl Entry<'_> {
    /// Empty where it is left out: validation says what is missing.
    fn text(&mut self, key: &str) -> String {
        self.map
            .remove(key)
            .map_or(String::new(), |value| self.reader.text(&format!("{}/{key}", self.at), value))
    }

    fn optional(&mut self, key: &str) -> Option<String> {
        let value = self.map.remove(key).filter(|value| !value.is_null())?;
        Some(self.reader.text(&format!("{}/{key}", self.at), value))
    }

    fn name(&mut self, key: &str) -> Option<String> {
        let value = self.map.remove(key).filter(|value| !value.is_null())?;
        let at = format!("{}/{key}", self.at);
        match Line::<200>::from_json(value) {
            Ok(name) => return Some(name.into_string()),
            Err(faults) => {
                faults.0.into_iter().for_each(|(_, message)| self.reader.note(at.clone(), message))
            }
        }
        None
    }

    fn refuse_the_rest(self) {
        for key in self.map.keys() {
            self.reader.note(format!("{}{}", self.at, input::pointer(key)), "is not a field of this body");
        }
    }
}

fn interval(entry: &mut Entry) -> Interval {
    Interval { weekday: entry.text("weekday"), from: entry.text("from"), to: entry.text("to") }
}

fn holiday(entry: &mut Entry) -> Holiday {
    Holiday {
        date: entry.text("date"),
        from: entry.optional("from"),
        to: entry.optional("to"),
        name: entry.name("name"),
    }
}

fn extra(entry: &mut Entry) -> ExtraHours {
    ExtraHours { date: entry.text("date"), from: entry.text("from"), to: entry.text("to") }
}

// ---- the schema

const FROM: &str = "^([01][0-9]|2[0-3]):[0-5][0-9]$";
const TO: &str = "^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$";
const DATE: &str = "^(19[0-9]{2}|2[01][0-9]{2}|2200)-[0-9]{2}-[0-9]{2}$";

fn properties(whole: bool) -> Vec<Property> {
    let property = |name, doc: &str, required, schema| Property { name, doc: doc.into(), required, schema };
    vec![
        property(
            "time_zone",
            "An IANA name, such as Europe/Berlin.",
            whole,
            json_schema!({ "type": "string" }),
        ),
        property(
            "intervals",
            "The weekly hours. Empty only where there are extra hours.",
            false,
            intervals_schema(),
        ),
        property(
            "holidays",
            "Dates, or parts of them, on which the weekly hours do not hold.",
            false,
            holidays_schema(),
        ),
        property("extra", "Hours on single dates, which hold on holidays too.", false, extra_schema()),
    ]
}

fn list(most: usize, row: Value) -> Schema {
    json_schema!({ "type": "array", "maxItems": most, "items": row })
}

fn intervals_schema() -> Schema {
    list(
        500,
        serde_json::json!({
            "type": "object", "required": ["weekday", "from", "to"], "additionalProperties": false,
            "properties": {
                "weekday": { "type": "string", "enum": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] },
                "from": { "type": "string", "pattern": FROM },
                "to": { "type": "string", "pattern": TO, "description": "At or before `from`: on the next day." }
            }
        }),
    )
}

fn holidays_schema() -> Schema {
    list(
        10_000,
        serde_json::json!({
            "type": "object", "required": ["date"], "additionalProperties": false,
            "properties": {
                "date": { "type": "string", "format": "date", "pattern": DATE },
                "from": { "type": ["string", "null"], "pattern": FROM, "description": "00:00 where it is left out." },
                "to": { "type": ["string", "null"], "pattern": TO, "description": "24:00 where it is left out." },
                "name": { "type": ["string", "null"], "minLength": 1, "maxLength": 200 }
            }
        }),
    )
}

fn extra_schema() -> Schema {
    list(
        10_000,
        serde_json::json!({
            "type": "object", "required": ["date", "from", "to"], "additionalProperties": false,
            "properties": {
                "date": { "type": "string", "format": "date", "pattern": DATE },
                "from": { "type": "string", "pattern": FROM },
                "to": { "type": "string", "pattern": TO, "description": "At or before `from`: on the next day." }
            }
        }),
    )
}

/// The schemas of the lists in answers.
pub mod answered {
    use super::{Schema, SchemaGenerator};

    pub fn intervals(_: &mut SchemaGenerator) -> Schema {
        super::intervals_schema()
    }

    pub fn holidays(_: &mut SchemaGenerator) -> Schema {
        super::holidays_schema()
    }

    pub fn extra(_: &mut SchemaGenerator) -> Schema {
        super::extra_schema()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::error::Error;

    fn faults<T: Input>(body: Value) -> Vec<String> {
        let Err(Error::Invalid(faults)) = input::from_json::<T>(body).map(drop) else { return Vec::new() };
        faults.into_iter().filter_map(|fault| fault.pointer).collect()
    }

    #[test]
    fn every_fault_is_told_once_and_at_once() {
        let body = json!({
            "time_zone": 7,
            "intervals": [
                { "weekday": "mon", "from": "09:00", "to": "17:00" },
                { "weekday": "moonday", "from": 9, "to": "17:60", "till": "18:00" },
                "mon 9-17",
            ],
            "holidays": [{ "date": "2026-02-30", "name": "" }, { "date": "2026-12-25", "from": null, "name": null }],
            "extra": {},
            "closed": true,
        });
        let expected = [
            "/time_zone",
            "/intervals/1/from",
            "/intervals/1/till",
            "/intervals/2",
            "/holidays/0/name",
            "/extra",
            "/intervals/1/weekday",
            "/intervals/1/to",
            "/holidays/0/date",
            "/closed",
        ];
        assert_eq!(faults::<WholeHours>(body), expected);
    }

    #[test]
    fn a_calendar_has_a_zone_and_hours() {
        assert_eq!(faults::<WholeHours>(json!({})), ["/time_zone", "/intervals"]);
        let extra = json!([{ "date": "2026-03-02", "from": "09:00", "to": "17:00" }]);
        assert!(faults::<WholeHours>(json!({ "time_zone": "UTC", "extra": extra })).is_empty());
        // A change says what it changes, and only that is looked at.
        assert!(faults::<HoursNamed>(json!({ "intervals": [] })).is_empty());
        assert_eq!(
            faults::<HoursNamed>(json!({ "time_zone": "Atlantis", "holidays": null })),
            ["/holidays", "/time_zone"]
        );
    }
}
