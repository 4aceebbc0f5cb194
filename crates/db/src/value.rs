//! Values on their way into and out of a statement.

use std::borrow::Cow;

use jiff::Timestamp;
use jiff::tz::Offset;
use serde::Serialize;

/// A value bound to `$1, $2 ...`. Borrowed where it can be.
#[derive(Debug, Clone, PartialEq)]
pub enum Param<'a> {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    /// Text without NUL; with one it is refused on both engines.
    Text(Cow<'a, str>),
    /// Stored to the millisecond; what is finer is cut off. Years 0 to 9999.
    Time(Timestamp),
    /// JSON text.
    Json(Cow<'a, str>),
    Bytes(&'a [u8]),
    /// A value that could not be turned into a parameter; binding it fails with this reason.
    Invalid(String),
}

/// What can be bound. Implement it for enumerations that are stored as text:
/// `fn to_param(&self) -> Param<'_> { self.as_str().into() }`.
pub trait ToParam {
    fn to_param(&self) -> Param<'_>;
}

/// An owned value of any type: for filters that are built at run time, and for columns of any type.
///
/// SQLite keeps times and JSON as text and booleans as integers, so read into a `Value` they come back as
/// `Text` and `Int` there.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Value {
    #[default]
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(String),
    Time(Timestamp),
    Bytes(Vec<u8>),
    Json(serde_json::Value),
}

/// A column's value as the engine holds it, before [`FromValue`](crate::FromValue) turns it into a Rust type.
#[derive(Debug, Clone, PartialEq)]
pub enum ValueRef<'a> {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(&'a str),
    Time(Timestamp),
    Bytes(&'a [u8]),
    /// JSON text.
    Json(Cow<'a, str>),
}

/// Binds and reads any serde type as JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Json<T>(pub T);

impl ToParam for Value {
    fn to_param(&self) -> Param<'_> {
        match self {
            Value::Null => Param::Null,
            Value::Bool(value) => Param::Bool(*value),
            Value::Int(value) => Param::Int(*value),
            Value::Float(value) => Param::Float(*value),
            Value::Text(value) => Param::Text(Cow::Borrowed(value)),
            Value::Time(value) => Param::Time(*value),
            Value::Bytes(value) => Param::Bytes(value),
            Value::Json(value) => value.to_param(),
        }
    }
}

impl ToParam for Param<'_> {
    fn to_param(&self) -> Param<'_> {
        match self {
            Param::Text(text) => Param::Text(Cow::Borrowed(text)),
            Param::Json(text) => Param::Json(Cow::Borrowed(text)),
            other => other.clone(),
        }
    }
}

macro_rules! scalars {
    ($($ty:ty => $variant:ident as $wide:ty),* $(,)?) => {$(
        impl ToParam for $ty {
            fn to_param(&self) -> Param<'_> {
                Param::$variant(<$wide>::from(*self))
            }
        }

        impl From<$ty> for Value {
            fn from(value: $ty) -> Value {
                Value::$variant(<$wide>::from(value))
            }
        }

        impl From<$ty> for Param<'_> {
            fn from(value: $ty) -> Self {
                Param::$variant(<$wide>::from(value))
            }
        }
    )*};
}

scalars! {
    bool => Bool as bool,
    u8 => Int as i64,
    i16 => Int as i64,
    u16 => Int as i64,
    i32 => Int as i64,
    u32 => Int as i64,
    i64 => Int as i64,
    f64 => Float as f64,
    Timestamp => Time as Timestamp,
}

macro_rules! wide_integers {
    ($($ty:ty),*) => {$(
        impl ToParam for $ty {
            fn to_param(&self) -> Param<'_> {
                match i64::try_from(*self) {
                    Ok(value) => Param::Int(value),
                    Err(_) => Param::Invalid(format!("{self} is larger than {}", i64::MAX)),
                }
            }
        }
    )*};
}

wide_integers!(u64, usize);

impl ToParam for str {
    fn to_param(&self) -> Param<'_> {
        Param::Text(Cow::Borrowed(self))
    }
}

impl ToParam for String {
    fn to_param(&self) -> Param<'_> {
        Param::Text(Cow::Borrowed(self))
    }
}

impl ToParam for Cow<'_, str> {
    fn to_param(&self) -> Param<'_> {
        Param::Text(Cow::Borrowed(self))
    }
}

impl ToParam for [u8] {
    fn to_param(&self) -> Param<'_> {
        Param::Bytes(self)
    }
}

impl ToParam for Vec<u8> {
    fn to_param(&self) -> Param<'_> {
        Param::Bytes(self)
    }
}

/// A list of texts is JSON, or `text[]` where PostgreSQL asks for that.
impl ToParam for Vec<String> {
    fn to_param(&self) -> Param<'_> {
        json(self)
    }
}

impl ToParam for serde_json::Value {
    fn to_param(&self) -> Param<'_> {
        Param::Json(Cow::Owned(self.to_string()))
    }
}

impl<T: Serialize> ToParam for Json<T> {
    fn to_param(&self) -> Param<'_> {
        json(&self.0)
    }
}

impl<T: ToParam> ToParam for Option<T> {
    fn to_param(&self) -> Param<'_> {
        self.as_ref().map_or(Param::Null, T::to_param)
    }
}

impl<T: ToParam + ?Sized> ToParam for &T {
    fn to_param(&self) -> Param<'_> {
        T::to_param(self)
    }
}

impl<T: ToParam + ?Sized> ToParam for Box<T> {
    fn to_param(&self) -> Param<'_> {
        T::to_param(self)
    }
}

fn json<T: Serialize + ?Sized>(value: &T) -> Param<'static> {
    match serde_json::to_string(value) {
        Ok(text) => Param::Json(Cow::Owned(text)),
        Err(error) => Param::Invalid(format!("not representable as JSON: {error}")),
    }
}

impl<'a> From<&'a str> for Param<'a> {
    fn from(value: &'a str) -> Self {
        Param::Text(Cow::Borrowed(value))
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Value::Text(value.to_owned())
    }
}

impl From<String> for Value {
    fn from(value: String) -> Self {
        Value::Text(value)
    }
}

impl From<Vec<u8>> for Value {
    fn from(value: Vec<u8>) -> Self {
        Value::Bytes(value)
    }
}

impl From<serde_json::Value> for Value {
    fn from(value: serde_json::Value) -> Self {
        Value::Json(value)
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Value::Null, Into::into)
    }
}

impl Param<'_> {
    /// Why this value cannot be stored alike on both engines, if it cannot.
    pub(crate) fn objection(&self) -> Option<String> {
        match self {
            Param::Text(text) if text.contains('\0') => Some("text contains the NUL character".into()),
            Param::Json(text) if json_has_nul(text) => Some("JSON text contains the NUL character".into()),
            Param::Float(value) if !value.is_finite() => Some(format!("{value} is not a finite number")),
            Param::Time(time) if !(0..=9999).contains(&Offset::UTC.to_datetime(*time).year()) => {
                Some(format!("{time} is outside the years 0 to 9999"))
            }
            Param::Invalid(why) => Some(why.clone()),
            _ => None,
        }
    }
}

/// `jsonb` refuses an escaped NUL. An escape counts only after an even number of backslashes.
fn json_has_nul(text: &str) -> bool {
    text.match_indices("\\u0000").any(|(at, _)| {
        let before = text.as_bytes()[..at].iter().rev().take_while(|byte| **byte == b'\\').count();
        before % 2 == 0
    })
}

/// Cuts a time to the millisecond, which is what both engines keep.
pub fn to_millisecond(time: Timestamp) -> Timestamp {
    // In range: it lies between the original and the epoch.
    Timestamp::from_millisecond(time.as_millisecond()).unwrap_or(time)
}

/// `2026-03-02T17:01:00.000Z`: always three decimals, so that text sorts as time. Takes years 0 to 9999.
pub fn format_time(time: Timestamp) -> String {
    let time = Offset::UTC.to_datetime(to_millisecond(time));
    let mut text = String::with_capacity(24);
    push_digits(&mut text, u32::from(time.year().unsigned_abs()), 4);
    for (separator, part) in [
        ('-', time.month()),
        ('-', time.day()),
        ('T', time.hour()),
        (':', time.minute()),
        (':', time.second()),
    ] {
        text.push(separator);
        push_digits(&mut text, u32::from(part.unsigned_abs()), 2);
    }
    text.push('.');
    push_digits(&mut text, u32::from(time.millisecond().unsigned_abs()), 3);
    text.push('Z');
    text
}

fn push_digits(text: &mut String, value: u32, digits: u32) {
    for place in (0..digits).rev() {
        let digit = value / 10u32.pow(place) % 10;
        text.push(char::from(b'0' + digit as u8));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_with_three_decimals() {
        for (given, written) in [
            ("2026-03-02T17:01:00Z", "2026-03-02T17:01:00.000Z"),
            ("2026-03-02T18:01:00.0129+01:00", "2026-03-02T17:01:00.012Z"),
            ("0001-01-01T00:00:00.5Z", "0001-01-01T00:00:00.500Z"),
        ] {
            assert_eq!(format_time(given.parse().unwrap()), written);
        }
    }

    #[test]
    fn an_escaped_nul_is_found_and_an_escaped_backslash_is_not_taken_for_one() {
        assert!(json_has_nul(r#""a\u0000""#));
        assert!(json_has_nul(r#""\\\u0000""#));
        assert!(!json_has_nul(r#""\\u0000""#));
    }
}
