//! What clients send, read field by field so that every fault is named at once (spec 1).
//!
//! `input!` declares a body or a query: the struct, its reader and its JSON schema come from one text. A field's
//! type says what it takes: [`Line`] and [`Prose`] are checked texts, `Option<T>` may be left out, [`Patch<T>`] is a
//! field of a `PUT` that is changed only when named, [`Set<T>`] takes several values.

mod text;
mod words;

pub use text::{Email, Line, Prose, fold};

use schemars::{Schema, SchemaGenerator, json_schema};
use serde_json::{Map, Value};

use crate::clock::Time;
use crate::error::{Error, Fault, Result};

/// One field's type: how it is read from JSON and from a query, and how the schema shows it.
pub trait Field: Sized {
    /// What stands for a field that was left out; `None` makes it required.
    fn absent() -> Option<Self> {
        None
    }

    fn from_json(value: Value) -> Result<Self, Faults>;

    /// Reads a query parameter.
    fn from_text(text: &str) -> Result<Self, String> {
        Self::from_json(Value::String(text.to_owned())).map_err(Faults::into_message)
    }

    fn schema(generator: &mut SchemaGenerator) -> Schema;

    fn required() -> bool {
        Self::absent().is_none()
    }
}

/// What is wrong inside one field: pointers are relative to it, `""` being the field itself.
#[derive(Debug, Default)]
pub struct Faults(pub Vec<(String, String)>);

impl Faults {
    pub fn one(message: impl Into<String>) -> Faults {
        Faults(vec![(String::new(), message.into())])
    }

    fn into_message(self) -> String {
        self.0.into_iter().map(|(_, message)| message).collect::<Vec<_>>().join("; ")
    }
}

/// A whole body or query, as `input!` makes it.
pub trait Input: Sized {
    fn read(fields: &mut Fields) -> Option<Self>;
    fn properties(generator: &mut SchemaGenerator) -> Vec<Property>;
}

/// One property of the schema.
pub struct Property {
    pub name: &'static str,
    pub doc: String,
    pub required: bool,
    pub schema: Schema,
}

/// The fields of one body or query while they are being read.
pub struct Fields {
    source: Source,
    faults: Vec<Fault>,
}

enum Source {
    Body(Map<String, Value>),
    Query(Vec<(String, String)>),
}

impl Fields {
    /// Takes one field out. `None` where it is at fault, which is noted.
    pub fn take<T: Field>(&mut self, name: &'static str) -> Option<T> {
        match &mut self.source {
            Source::Body(map) => match map.remove(name) {
                Some(value) => match T::from_json(value) {
                    Ok(read) => Some(read),
                    Err(faults) => {
                        let noted = faults
                            .0
                            .into_iter()
                            .map(|(at, message)| Fault::field(&format!("{name}{at}"), message));
                        self.faults.extend(noted);
                        None
                    }
                },
                None => T::absent().or_else(|| {
                    self.faults.push(Fault::field(name, "is required"));
                    None
                }),
            },
            Source::Query(pairs) => {
                let mut given = pairs.extract_if(.., |(key, _)| key == name);
                let read = given.next().map(|(_, value)| T::from_text(&value));
                let again = given.next().is_some();
                drop(given);
                if again {
                    self.faults.push(Fault::parameter(
                        name,
                        "is given twice; several values are separated by commas",
                    ));
                    return None;
                }
                match read {
                    Some(Ok(read)) => Some(read),
                    Some(Err(message)) => {
                        self.faults.push(Fault::parameter(name, message));
                        None
                    }
                    None => T::absent().or_else(|| {
                        self.faults.push(Fault::parameter(name, "is required"));
                        None
                    }),
                }
            }
        }
    }

    /// Takes one field of a body out as it was written, for a reader that notes its own faults.
    pub fn raw(&mut self, name: &str) -> Option<Value> {
        match &mut self.source {
            Source::Body(map) => map.remove(name),
            Source::Query(_) => None,
        }
    }

    /// Notes a fault that no single field's type can see.
    pub fn note(&mut self, fault: Fault) {
        self.faults.push(fault);
    }

    /// Names what nobody took.
    fn refuse_the_rest(&mut self) {
        match &self.source {
            Source::Body(map) => {
                let unknown =
                    map.keys().map(|key| Fault::pointer(pointer(key), "is not a field of this body"));
                self.faults.extend(unknown);
            }
            Source::Query(pairs) => {
                let unknown = pairs
                    .iter()
                    .map(|(key, _)| Fault::parameter(key.clone(), "is not a parameter of this path"));
                self.faults.extend(unknown);
            }
        }
    }
}

/// One step of a JSON pointer, escaped as RFC 6901 has it.
pub fn pointer(key: &str) -> String {
    format!("/{}", key.replace('~', "~0").replace('/', "~1"))
}

/// Reads a body that has been parsed. All its faults are in the error, 422.
pub fn from_json<T: Input>(value: Value) -> Result<T> {
    let Value::Object(map) = value else {
        return Err(Error::Invalid(vec![Fault::pointer("", "the body is to be a JSON object")]));
    };
    let mut fields = Fields { source: Source::Body(map), faults: Vec::new() };
    let read = T::read(&mut fields);
    fields.refuse_the_rest();
    match read {
        Some(read) if fields.faults.is_empty() => Ok(read),
        _ => Err(Error::Invalid(fields.faults)),
    }
}

/// Reads a query string. All its faults are in the error, 400.
pub fn from_query<T: Input>(query: &str) -> Result<T> {
    from_pairs(form_pairs(query)?)
}

/// Reads names and values, as a query has them. All faults are in the error, 400.
pub fn from_pairs<T: Input>(pairs: Vec<(String, String)>) -> Result<T> {
    let mut fields = Fields { source: Source::Query(pairs), faults: Vec::new() };
    let read = T::read(&mut fields);
    fields.refuse_the_rest();
    match read {
        Some(read) if fields.faults.is_empty() => Ok(read),
        _ => Err(Error::BadQuery(fields.faults)),
    }
}

/// `a=1&b=x+y` decoded as the URL standard has it, but strict about UTF-8.
pub fn form_pairs(query: &str) -> Result<Vec<(String, String)>> {
    let decode = |part: &str| -> Result<String> {
        let spaced = part.replace('+', " ");
        percent_encoding::percent_decode_str(&spaced)
            .decode_utf8()
            .map(|text| text.into_owned())
            .map_err(|_| Error::Unreadable("the query is not UTF-8 once its %-escapes are decoded".into()))
    };
    query
        .split('&')
        .filter(|part| !part.is_empty())
        .map(|part| {
            let (key, value) = part.split_once('=').unwrap_or((part, ""));
            Ok((decode(key)?, decode(value)?))
        })
        .collect()
}

/// The JSON schema of an `input!`.
pub fn schema_of<T: Input>(generator: &mut SchemaGenerator) -> Schema {
    let mut properties = Map::new();
    let mut required = Vec::new();
    for property in T::properties(generator) {
        if property.required {
            required.push(Value::from(property.name));
        }
        let mut schema = property.schema;
        if !property.doc.is_empty() {
            schema.insert("description".into(), property.doc.into());
        }
        properties.insert(property.name.into(), schema.to_value());
    }
    let mut schema =
        json_schema!({ "type": "object", "properties": properties, "additionalProperties": false });
    if !required.is_empty() {
        schema.insert("required".into(), required.into());
    }
    schema
}

/// Declares a body or a query.
#[macro_export]
macro_rules! input {
    ($(#[doc = $about:literal])* $vis:vis struct $name:ident {
        $($(#[doc = $doc:literal])* $field_vis:vis $field:ident : $type:ty),* $(,)?
    }) => {
        $(#[doc = $about])*
        #[derive(Debug, Clone)]
        $vis struct $name { $($(#[doc = $doc])* $field_vis $field: $type),* }

        impl $crate::input::Input for $name {
            fn read(fields: &mut $crate::input::Fields) -> Option<Self> {
                $(let $field = fields.take::<$type>(stringify!($field));)*
                Some($name { $($field: $field?),* })
            }

            fn properties(generator: &mut schemars::SchemaGenerator) -> Vec<$crate::input::Property> {
                vec![$($crate::input::Property {
                    name: stringify!($field),
                    doc: [$($doc),*].map(str::trim as fn(&str) -> &str).join(" "),
                    required: <$type as $crate::input::Field>::required(),
                    schema: <$type as $crate::input::Field>::schema(generator),
                }),*]
            }
        }

        impl $crate::input::Field for $name {
            fn from_json(value: serde_json::Value) -> Result<Self, $crate::input::Faults> {
                $crate::input::nested(value)
            }

            fn schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
                $crate::input::schema_of::<$name>(generator)
            }
        }
    };
}

/// Reads an `input!` that is a field of another.
pub fn nested<T: Input>(value: Value) -> Result<T, Faults> {
    from_json(value).map_err(|error| match error {
        Error::Invalid(faults) => Faults(
            faults.into_iter().map(|fault| (fault.pointer.unwrap_or_default(), fault.message)).collect(),
        ),
        other => Faults::one(other.to_string()),
    })
}

/// A field of a `PUT`: kept as it is unless named. `Patch<Option<T>>` is cleared by `null`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Patch<T> {
    #[default]
    Keep,
    Set(T),
}

impl<T> Patch<T> {
    /// The value to be, given what it is.
    pub fn or(self, present: T) -> T {
        match self {
            Patch::Keep => present,
            Patch::Set(value) => value,
        }
    }

    pub fn as_ref(&self) -> Patch<&T> {
        match self {
            Patch::Keep => Patch::Keep,
            Patch::Set(value) => Patch::Set(value),
        }
    }

    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Patch<U> {
        match self {
            Patch::Keep => Patch::Keep,
            Patch::Set(value) => Patch::Set(f(value)),
        }
    }

    /// The value, if one was named.
    pub fn named(self) -> Option<T> {
        match self {
            Patch::Keep => None,
            Patch::Set(value) => Some(value),
        }
    }
}

impl<T: Field> Field for Patch<T> {
    fn absent() -> Option<Self> {
        Some(Patch::Keep)
    }

    fn from_json(value: Value) -> Result<Self, Faults> {
        T::from_json(value).map(Patch::Set)
    }

    fn schema(generator: &mut SchemaGenerator) -> Schema {
        T::schema(generator)
    }
}

impl<T: Field> Field for Option<T> {
    fn absent() -> Option<Self> {
        Some(None)
    }

    fn from_json(value: Value) -> Result<Self, Faults> {
        if value.is_null() { Ok(None) } else { T::from_json(value).map(Some) }
    }

    fn from_text(text: &str) -> Result<Self, String> {
        T::from_text(text).map(Some)
    }

    fn schema(generator: &mut SchemaGenerator) -> Schema {
        nullable(T::schema(generator))
    }
}

/// The same schema with `null` allowed.
fn nullable(mut schema: Schema) -> Schema {
    if let Some(Value::Array(words)) = schema.get_mut("enum") {
        words.push(Value::Null);
    }
    match schema.get_mut("type") {
        Some(Value::Array(types)) => types.push("null".into()),
        Some(kind) => *kind = serde_json::json!([kind.take(), "null"]),
        None => return json_schema!({ "anyOf": [schema, { "type": "null" }] }),
    }
    schema
}

impl<T: Field> Field for Vec<T> {
    fn from_json(value: Value) -> Result<Self, Faults> {
        let Value::Array(values) = value else { return Err(Faults::one("is to be a list")) };
        let mut faults = Faults::default();
        let mut read = Vec::with_capacity(values.len());
        for (index, value) in values.into_iter().enumerate() {
            match T::from_json(value) {
                Ok(item) => read.push(item),
                Err(inner) => {
                    faults
                        .0
                        .extend(inner.0.into_iter().map(|(at, message)| (format!("/{index}{at}"), message)));
                }
            }
        }
        if faults.0.is_empty() { Ok(read) } else { Err(faults) }
    }

    fn schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "array", "items": T::schema(generator) })
    }
}

/// Several values, comma-separated in a query: `status=new,open`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Set<T>(pub Vec<T>);

impl<T: Field + PartialEq> Field for Set<T> {
    fn from_json(value: Value) -> Result<Self, Faults> {
        Vec::from_json(value).map(Set)
    }

    fn from_text(text: &str) -> Result<Self, String> {
        let mut values = Vec::new();
        for part in text.split(',') {
            let value = T::from_text(part.trim())?;
            // Far above any real question, far below what the engines take as parameters.
            if values.len() >= 200 {
                return Err("takes at most 200 values".into());
            }
            if !values.contains(&value) {
                values.push(value);
            }
        }
        Ok(Set(values))
    }

    fn schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "array", "items": T::schema(generator), "minItems": 1 })
    }
}

impl Field for bool {
    fn from_json(value: Value) -> Result<Self, Faults> {
        value.as_bool().ok_or_else(|| Faults::one("is to be true or false"))
    }

    fn from_text(text: &str) -> Result<Self, String> {
        match text {
            "true" | "1" => Ok(true),
            "false" | "0" => Ok(false),
            _ => Err("is to be true or false".into()),
        }
    }

    fn schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "boolean" })
    }
}

/// An id: 1 to 2^63 - 1, an integer as in the seed.
impl Field for i64 {
    fn from_json(value: Value) -> Result<Self, Faults> {
        value.as_i64().filter(|id| *id >= 1).ok_or_else(|| Faults::one("is to be an integer from 1"))
    }

    fn from_text(text: &str) -> Result<Self, String> {
        text.parse::<i64>().ok().filter(|id| *id >= 1).ok_or_else(|| "is to be an integer from 1".into())
    }

    fn schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "integer", "format": "int64", "minimum": 1, "maximum": i64::MAX })
    }
}

/// An integer within bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Int<const MIN: i64, const MAX: i64>(pub i64);

impl<const MIN: i64, const MAX: i64> Field for Int<MIN, MAX> {
    fn from_json(value: Value) -> Result<Self, Faults> {
        let number = value.as_i64().filter(|number| (MIN..=MAX).contains(number));
        number.map(Int).ok_or_else(|| Faults::one(format!("is to be an integer from {MIN} to {MAX}")))
    }

    fn from_text(text: &str) -> Result<Self, String> {
        let number = text.parse::<i64>().ok().filter(|number| (MIN..=MAX).contains(number));
        number.map(Int).ok_or_else(|| format!("is to be an integer from {MIN} to {MAX}"))
    }

    fn schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "integer", "format": "int64", "minimum": MIN, "maximum": MAX })
    }
}

/// Hours above zero, fractions allowed, up to eleven years.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hours(pub f64);

impl Field for Hours {
    fn from_json(value: Value) -> Result<Self, Faults> {
        let hours = value.as_f64().filter(|hours| *hours > 0.0 && *hours <= 100_000.0);
        hours.map(Hours).ok_or_else(|| Faults::one("is to be a number of hours above 0, at most 100000"))
    }

    fn schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "number", "exclusiveMinimum": 0, "maximum": 100_000 })
    }
}

impl Field for Time {
    fn from_json(value: Value) -> Result<Self, Faults> {
        value.as_str().and_then(Time::parse).ok_or_else(|| {
            Faults::one("is to be an RFC 3339 instant such as 2026-03-02T17:01:00Z, years 1 to 9999")
        })
    }

    fn schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "date-time" })
    }
}
