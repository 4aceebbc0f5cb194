//! From a row of either engine to Rust types.

use std::borrow::Cow;

use jiff::Timestamp;
use serde::de::DeserializeOwned;

use crate::value::{format_time, to_millisecond};
use crate::{Error, Json, Value, ValueRef, postgres, sqlite};

/// One row of an answer, valid while it is being read.
pub struct Row<'a>(pub(crate) Inner<'a>);

pub(crate) enum Inner<'a> {
    Sqlite(&'a sqlite::Row<'a>),
    Postgres(&'a postgres::Row),
}

/// A type that is read from a whole row. [`record!`](crate::record) writes it for a struct; tuples up to
/// twelve have it.
pub trait FromRow: Sized {
    fn from_row(row: &Row<'_>) -> Result<Self, Error>;
}

/// A type that is read from one column. Implement it for enumerations that are stored as text; answer
/// [`Error::Decode`] for what does not fit.
pub trait FromValue: Sized {
    fn from_value(value: ValueRef<'_>) -> Result<Self, Error>;
}

impl Row<'_> {
    /// The column at `index`, counted from 0. [`Error::Decode`] names the column when it does not fit.
    pub fn get<T: FromValue>(&self, index: usize) -> Result<T, Error> {
        self.value(index).and_then(T::from_value).map_err(|error| match error {
            Error::Decode(why) => {
                Error::Decode(format!("column {index} ({}): {why}", self.column_name(index)))
            }
            other => other,
        })
    }

    /// The number of columns.
    pub fn len(&self) -> usize {
        match &self.0 {
            Inner::Sqlite(row) => row.as_ref().column_count(),
            Inner::Postgres(row) => row.len(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The name of the column at `index`; `?` when there is none.
    pub fn column_name(&self, index: usize) -> &str {
        match &self.0 {
            Inner::Sqlite(row) => row.as_ref().column_name(index).unwrap_or("?"),
            Inner::Postgres(row) => row.columns().get(index).map_or("?", |column| column.name()),
        }
    }

    fn value(&self, index: usize) -> Result<ValueRef<'_>, Error> {
        if index >= self.len() {
            return Err(Error::Decode(format!("the row has only {} columns", self.len())));
        }
        match &self.0 {
            Inner::Sqlite(row) => sqlite::column(row, index),
            Inner::Postgres(row) => postgres::column(row, index),
        }
    }

    /// For [`record!`](crate::record).
    #[doc(hidden)]
    pub fn fields(&self) -> Fields<'_, '_> {
        Fields { row: self, next: 0 }
    }
}

/// Reads a record's fields from left to right. In debug builds it compares names, so that two columns of one
/// type cannot be swapped unnoticed.
#[doc(hidden)]
pub struct Fields<'r, 'a> {
    row: &'r Row<'a>,
    next: usize,
}

impl Fields<'_, '_> {
    pub fn next<T: FromValue>(&mut self, record: &str, field: &str) -> Result<T, Error> {
        if cfg!(debug_assertions) {
            let (field, column) = (field.trim_start_matches("r#"), self.row.column_name(self.next));
            if field != column {
                return Err(Error::Decode(format!(
                    "{record}: field {} is `{field}`, but the statement's column there is `{column}`",
                    self.next
                )));
            }
        }
        self.next += 1;
        self.row.get(self.next - 1)
    }

    pub fn end(&self, record: &str) -> Result<(), Error> {
        if cfg!(debug_assertions) && self.next != self.row.len() {
            let (fields, columns) = (self.next, self.row.len());
            return Err(Error::Decode(format!(
                "{record} has {fields} fields, but the statement answers {columns} columns"
            )));
        }
        Ok(())
    }
}

/// Defines structs whose fields are read from a statement's columns **in order**.
///
/// ```
/// db::record! {
///     /// A team of agents.
///     #[derive(Debug, Clone)]
///     pub struct Team {
///         pub team_id: i64,
///         /// As shown to customers.
///         pub team_name: String,
///         pub is_active: bool,
///     }
/// }
/// ```
///
/// Reading is by position, for speed; in debug builds each column's name must equal its field's name, and the
/// numbers must agree, else [`Error::Decode`] says which do not.
#[macro_export]
macro_rules! record {
    ($(
        $(#[$meta:meta])*
        $vis:vis struct $name:ident {
            $( $(#[$field_meta:meta])* $field_vis:vis $field:ident : $ty:ty ),* $(,)?
        }
    )+) => {$(
        $(#[$meta])*
        $vis struct $name {
            $( $(#[$field_meta])* $field_vis $field: $ty, )*
        }

        impl $crate::FromRow for $name {
            fn from_row(row: &$crate::Row<'_>) -> ::core::result::Result<Self, $crate::Error> {
                let mut fields = row.fields();
                let record = Self {
                    $( $field: fields.next(::core::stringify!($name), ::core::stringify!($field))?, )*
                };
                fields.end(::core::stringify!($name))?;
                Ok(record)
            }
        }
    )+};
}

macro_rules! tuples {
    ($($($letter:ident $index:tt),+;)+) => {$(
        impl<$($letter: FromValue),+> FromRow for ($($letter,)+) {
            fn from_row(row: &Row<'_>) -> Result<Self, Error> {
                Ok(($(row.get::<$letter>($index)?,)+))
            }
        }
    )+};
}

tuples! {
    A 0;
    A 0, B 1;
    A 0, B 1, C 2;
    A 0, B 1, C 2, D 3;
    A 0, B 1, C 2, D 3, E 4;
    A 0, B 1, C 2, D 3, E 4, F 5;
    A 0, B 1, C 2, D 3, E 4, F 5, G 6;
    A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7;
    A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8;
    A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9;
    A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10;
    A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11;
}

/// A whole row of whatever columns, for tools that run any statement.
impl FromRow for Vec<Value> {
    fn from_row(row: &Row<'_>) -> Result<Self, Error> {
        (0..row.len()).map(|index| row.get(index)).collect()
    }
}

fn mismatch<T>(wanted: &str, value: &ValueRef<'_>) -> Result<T, Error> {
    let held = match value {
        ValueRef::Null => "null",
        ValueRef::Bool(_) => "a boolean",
        ValueRef::Int(_) => "an integer",
        ValueRef::Float(_) => "a float",
        ValueRef::Text(_) => "text",
        ValueRef::Time(_) => "a time",
        ValueRef::Bytes(_) => "bytes",
        ValueRef::Json(_) => "JSON",
    };
    Err(Error::Decode(format!("{wanted} was wanted, it holds {held}")))
}

impl<T: FromValue> FromValue for Option<T> {
    fn from_value(value: ValueRef<'_>) -> Result<Self, Error> {
        match value {
            ValueRef::Null => Ok(None),
            value => T::from_value(value).map(Some),
        }
    }
}

impl FromValue for i64 {
    fn from_value(value: ValueRef<'_>) -> Result<Self, Error> {
        match value {
            ValueRef::Int(value) => Ok(value),
            other => mismatch("an integer", &other),
        }
    }
}

macro_rules! narrow_integers {
    ($($ty:ty),*) => {$(
        impl FromValue for $ty {
            fn from_value(value: ValueRef<'_>) -> Result<Self, Error> {
                let wide = i64::from_value(value)?;
                <$ty>::try_from(wide).map_err(|_| {
                    Error::Decode(format!("{wide} does not fit {}", ::core::stringify!($ty)))
                })
            }
        }
    )*};
}

narrow_integers!(u8, i16, u16, i32, u32, u64, usize);

impl FromValue for bool {
    fn from_value(value: ValueRef<'_>) -> Result<Self, Error> {
        match value {
            ValueRef::Bool(value) => Ok(value),
            ValueRef::Int(0) => Ok(false),
            ValueRef::Int(1) => Ok(true),
            other => mismatch("a boolean", &other),
        }
    }
}

impl FromValue for f64 {
    fn from_value(value: ValueRef<'_>) -> Result<Self, Error> {
        match value {
            ValueRef::Float(value) => Ok(value),
            ValueRef::Int(value) => Ok(value as f64),
            other => mismatch("a number", &other),
        }
    }
}

/// Times and JSON read as text are in the form that SQLite stores.
impl FromValue for String {
    fn from_value(value: ValueRef<'_>) -> Result<Self, Error> {
        match value {
            ValueRef::Text(text) => Ok(text.to_owned()),
            ValueRef::Json(text) => Ok(text.into_owned()),
            ValueRef::Time(time) => Ok(format_time(time)),
            other => mismatch("text", &other),
        }
    }
}

impl FromValue for Timestamp {
    fn from_value(value: ValueRef<'_>) -> Result<Self, Error> {
        match value {
            ValueRef::Time(time) => Ok(time),
            ValueRef::Text(text) => text
                .parse()
                .map(to_millisecond)
                .map_err(|error| Error::Decode(format!("not a time: {error}"))),
            other => mismatch("a time", &other),
        }
    }
}

impl FromValue for Vec<u8> {
    fn from_value(value: ValueRef<'_>) -> Result<Self, Error> {
        match value {
            ValueRef::Bytes(bytes) => Ok(bytes.to_vec()),
            other => mismatch("bytes", &other),
        }
    }
}

impl FromValue for serde_json::Value {
    fn from_value(value: ValueRef<'_>) -> Result<Self, Error> {
        parse_json(value)
    }
}

impl FromValue for Vec<String> {
    fn from_value(value: ValueRef<'_>) -> Result<Self, Error> {
        parse_json(value)
    }
}

impl<T: DeserializeOwned> FromValue for Json<T> {
    fn from_value(value: ValueRef<'_>) -> Result<Self, Error> {
        parse_json(value).map(Json)
    }
}

fn parse_json<T: DeserializeOwned>(value: ValueRef<'_>) -> Result<T, Error> {
    let text = match value {
        ValueRef::Json(text) => text,
        ValueRef::Text(text) => Cow::Borrowed(text),
        other => return mismatch("JSON", &other),
    };
    serde_json::from_str(&text).map_err(|error| Error::Decode(format!("not the expected JSON: {error}")))
}

impl FromValue for Value {
    fn from_value(value: ValueRef<'_>) -> Result<Self, Error> {
        Ok(match value {
            ValueRef::Null => Value::Null,
            ValueRef::Bool(value) => Value::Bool(value),
            ValueRef::Int(value) => Value::Int(value),
            ValueRef::Float(value) => Value::Float(value),
            ValueRef::Text(text) => Value::Text(text.to_owned()),
            ValueRef::Time(time) => Value::Time(time),
            ValueRef::Bytes(bytes) => Value::Bytes(bytes.to_vec()),
            json @ ValueRef::Json(_) => Value::Json(parse_json(json)?),
        })
    }
}
