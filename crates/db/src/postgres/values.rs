//! Values in PostgreSQL's binary format.

use std::borrow::Cow;
use std::error::Error as StdError;

use ::postgres::types::{FromSql, IsNull, Kind, ToSql, Type, to_sql_checked};
use bytes::BytesMut;
use jiff::civil::Date;
use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};

use crate::value::{format_time, to_millisecond};
use crate::{Error, Param, ValueRef};

type Cause = Box<dyn StdError + Sync + Send>;

/// Microseconds from 1970 to 2000, where PostgreSQL's times begin.
const EPOCH: i64 = 946_684_800_000_000;

/// A parameter in the form of the type that the server inferred for it.
#[derive(Debug)]
pub(super) struct Encoded(Option<Vec<u8>>);

impl ToSql for Encoded {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, Cause> {
        match &self.0 {
            None => Ok(IsNull::Yes),
            Some(bytes) => {
                out.extend_from_slice(bytes);
                Ok(IsNull::No)
            }
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

/// Encodes a parameter, or says why it does not go with the type.
pub(super) fn encode(param: &Param<'_>, ty: &Type) -> Result<Encoded, String> {
    let bytes = match param {
        Param::Null => return Ok(Encoded(None)),
        Param::Bool(value) if *ty == Type::BOOL => Some(vec![u8::from(*value)]),
        Param::Bool(value) if is_text(ty) => Some(value.to_string().into_bytes()),
        Param::Int(value) => encode_int(*value, ty)?,
        Param::Float(value) => encode_float(*value, ty),
        Param::Text(text) => encode_text(text, ty)?,
        Param::Time(time) => encode_time(*time, ty),
        Param::Json(text) => encode_json(text, ty)?,
        Param::Bytes(bytes) if *ty == Type::BYTEA => Some(bytes.to_vec()),
        Param::Bool(_) | Param::Bytes(_) => None,
        Param::Invalid(why) => return Err(why.clone()),
    };
    match bytes {
        Some(bytes) => Ok(Encoded(Some(bytes))),
        None => Err(format!("{param:?} was bound where the statement has the type {ty}: cast it there")),
    }
}

/// Types whose binary form is their text.
fn is_text(ty: &Type) -> bool {
    matches!(*ty, Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME | Type::UNKNOWN)
        || matches!(ty.kind(), Kind::Enum(_))
        || ty.name() == "citext"
}

fn encode_int(value: i64, ty: &Type) -> Result<Option<Vec<u8>>, String> {
    let narrow = |error: std::num::TryFromIntError| format!("{value} does not fit {ty}: {error}");
    Ok(Some(match *ty {
        Type::INT8 | Type::XID8 => value.to_be_bytes().to_vec(),
        Type::INT4 => i32::try_from(value).map_err(narrow)?.to_be_bytes().to_vec(),
        Type::INT2 => i16::try_from(value).map_err(narrow)?.to_be_bytes().to_vec(),
        Type::OID => u32::try_from(value).map_err(narrow)?.to_be_bytes().to_vec(),
        Type::FLOAT8 => (value as f64).to_be_bytes().to_vec(),
        Type::FLOAT4 => (value as f32).to_be_bytes().to_vec(),
        Type::NUMERIC => numeric(value),
        _ if is_text(ty) => value.to_string().into_bytes(),
        _ => return Ok(None),
    }))
}

/// Digits to the base of 10,000, the most significant first.
fn numeric(value: i64) -> Vec<u8> {
    let mut digits = Vec::new();
    let mut rest = value.unsigned_abs();
    while rest > 0 {
        digits.push((rest % 10_000) as u16);
        rest /= 10_000;
    }
    let (count, sign) = (digits.len() as u16, if value < 0 { 0x4000 } else { 0 });
    let head = [count, count.saturating_sub(1), sign, 0];
    head.into_iter().chain(digits.into_iter().rev()).flat_map(u16::to_be_bytes).collect()
}

fn encode_float(value: f64, ty: &Type) -> Option<Vec<u8>> {
    match *ty {
        Type::FLOAT8 => Some(value.to_be_bytes().to_vec()),
        Type::FLOAT4 => Some((value as f32).to_be_bytes().to_vec()),
        _ if is_text(ty) => Some(value.to_string().into_bytes()),
        _ => None,
    }
}

fn encode_text(text: &str, ty: &Type) -> Result<Option<Vec<u8>>, String> {
    match *ty {
        _ if is_text(ty) => Ok(Some(text.as_bytes().to_vec())),
        Type::JSON | Type::JSONB => encode_json(text, ty),
        Type::DATE => {
            let date: Date = text.parse().map_err(|error| format!("`{text}` is not a date: {error}"))?;
            Ok(Some(days(date).to_be_bytes().to_vec()))
        }
        Type::TIMESTAMPTZ | Type::TIMESTAMP => {
            let time = text.parse().map_err(|error| format!("`{text}` is not a time: {error}"))?;
            Ok(encode_time(time, ty))
        }
        _ => Ok(None),
    }
}

fn encode_time(time: Timestamp, ty: &Type) -> Option<Vec<u8>> {
    match *ty {
        Type::TIMESTAMPTZ | Type::TIMESTAMP => {
            Some((to_millisecond(time).as_microsecond() - EPOCH).to_be_bytes().to_vec())
        }
        Type::DATE => Some(days(Offset::UTC.to_datetime(time).date()).to_be_bytes().to_vec()),
        _ if is_text(ty) => Some(format_time(time).into_bytes()),
        _ => None,
    }
}

/// Days since 2000.
fn days(date: Date) -> i32 {
    let since = date.duration_since(Date::constant(2000, 1, 1));
    // Ten thousand years are 3.6 million days.
    (since.as_secs() / SignedDuration::from_hours(24).as_secs()) as i32
}

fn encode_json(text: &str, ty: &Type) -> Result<Option<Vec<u8>>, String> {
    let list = |error: serde_json::Error| format!("not a list for {ty}: {error}");
    match *ty {
        Type::JSONB => Ok(Some([b"\x01", text.as_bytes()].concat())),
        Type::JSON => Ok(Some(text.as_bytes().to_vec())),
        Type::TEXT_ARRAY | Type::VARCHAR_ARRAY => {
            let items: Vec<String> = serde_json::from_str(text).map_err(list)?;
            Ok(Some(array(Type::TEXT, items.into_iter().map(String::into_bytes))))
        }
        Type::INT8_ARRAY => {
            let items: Vec<i64> = serde_json::from_str(text).map_err(list)?;
            Ok(Some(array(Type::INT8, items.into_iter().map(|item| item.to_be_bytes().to_vec()))))
        }
        _ if is_text(ty) => Ok(Some(text.as_bytes().to_vec())),
        _ => Ok(None),
    }
}

/// One dimension, counted from 1, no nulls.
fn array(element: Type, items: impl ExactSizeIterator<Item = Vec<u8>>) -> Vec<u8> {
    let count = items.len() as i32;
    let mut out = Vec::new();
    let mut put = |value: i32| out.extend_from_slice(&value.to_be_bytes());
    put(i32::from(count > 0));
    put(0);
    put(element.oid() as i32);
    if count > 0 {
        put(count);
        put(1);
    }
    for item in items {
        out.extend_from_slice(&(item.len() as i32).to_be_bytes());
        out.extend_from_slice(&item);
    }
    out
}

/// One column of a row.
pub(crate) fn column(row: &::postgres::Row, index: usize) -> Result<ValueRef<'_>, Error> {
    match row.try_get::<_, Decoded<'_>>(index) {
        Ok(Decoded(value)) => Ok(value),
        Err(error) => {
            let cause = error.into_source().map_or_else(String::new, |cause| cause.to_string());
            Err(Error::Decode(cause))
        }
    }
}

struct Decoded<'a>(ValueRef<'a>);

impl<'a> FromSql<'a> for Decoded<'a> {
    fn from_sql(ty: &Type, raw: &'a [u8]) -> Result<Self, Cause> {
        decode(ty, raw).map(Decoded)
    }

    fn from_sql_null(_: &Type) -> Result<Self, Cause> {
        Ok(Decoded(ValueRef::Null))
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

fn decode<'a>(ty: &Type, raw: &'a [u8]) -> Result<ValueRef<'a>, Cause> {
    Ok(match *ty {
        Type::BOOL => ValueRef::Bool(bool::from_sql(ty, raw)?),
        Type::INT8 | Type::XID8 => ValueRef::Int(i64::from_be_bytes(raw.try_into()?)),
        Type::INT4 => ValueRef::Int(i32::from_sql(ty, raw)?.into()),
        Type::INT2 => ValueRef::Int(i16::from_sql(ty, raw)?.into()),
        Type::OID => ValueRef::Int(u32::from_sql(ty, raw)?.into()),
        Type::FLOAT8 => ValueRef::Float(f64::from_sql(ty, raw)?),
        Type::FLOAT4 => ValueRef::Float(f32::from_sql(ty, raw)?.into()),
        Type::TIMESTAMPTZ | Type::TIMESTAMP => ValueRef::Time(decode_time(raw)?),
        Type::JSON => ValueRef::Json(Cow::Borrowed(std::str::from_utf8(raw)?)),
        Type::JSONB => ValueRef::Json(Cow::Borrowed(std::str::from_utf8(raw.get(1..).unwrap_or(raw))?)),
        Type::BYTEA => ValueRef::Bytes(raw),
        Type::VOID => ValueRef::Null,
        Type::TEXT_ARRAY | Type::VARCHAR_ARRAY => {
            ValueRef::Json(Cow::Owned(serde_json::to_string(&Vec::<Option<&str>>::from_sql(ty, raw)?)?))
        }
        _ if is_text(ty) => ValueRef::Text(std::str::from_utf8(raw)?),
        _ => return Err(format!("columns of the type {ty} are not read: cast it in the statement").into()),
    })
}

fn decode_time(raw: &[u8]) -> Result<Timestamp, Cause> {
    let micros = i64::from_be_bytes(raw.try_into()?).checked_add(EPOCH).ok_or("an infinite time")?;
    Ok(to_millisecond(Timestamp::from_microsecond(micros)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numerics_are_written_in_base_ten_thousand() {
        assert_eq!(numeric(0), [0; 8]);
        assert_eq!(numeric(-12_345_678), [0, 2, 0, 1, 0x40, 0, 0, 0, 0x04, 0xd2, 0x16, 0x2e]);
    }

    #[test]
    fn dates_count_from_2000() {
        assert_eq!(days(Date::constant(2000, 1, 1)), 0);
        assert_eq!(days(Date::constant(1999, 12, 31)), -1);
        assert_eq!(days(Date::constant(2026, 3, 2)), 9557);
    }
}
