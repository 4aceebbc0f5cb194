//! Statements on a SQLite connection.

use rusqlite::types::{ToSqlOutput, Value as Owned, ValueRef as Held};
use rusqlite::{CachedStatement, Connection, ToSql};

use super::failure::of_statement;
use crate::row::{Inner, Row};
use crate::tx::{EachRow, Poison};
use crate::value::format_time;
use crate::{Error, Param, ToParam, ValueRef};

/// Runs a statement and hands over its rows. The statement is finished before this returns.
pub(crate) fn rows(
    connection: &Connection,
    sql: &str,
    params: &[&dyn ToParam],
    f: &mut EachRow<'_>,
) -> Result<(), Poison> {
    let mut statement = prepare(connection, sql, params)?;
    let mut rows = statement.raw_query();
    while let Some(row) = rows.next().map_err(|error| of_statement(error, sql))? {
        if f(&Row(Inner::Sqlite(row))).is_break() {
            break;
        }
    }
    Ok(())
}

pub(crate) fn execute(connection: &Connection, sql: &str, params: &[&dyn ToParam]) -> Result<u64, Poison> {
    let mut statement = prepare(connection, sql, params)?;
    let before = connection.total_changes();
    let changed = statement.raw_execute().map_err(|error| of_statement(error, sql))?;
    // What changes no row (DDL) leaves the count of the statement before it standing.
    Ok(if connection.total_changes() == before { 0 } else { changed as u64 })
}

pub(crate) fn batch(connection: &Connection, sql: &str) -> Result<(), Poison> {
    connection.execute_batch(sql).map_err(|error| of_statement(error, sql))
}

fn prepare<'c>(
    connection: &'c Connection,
    sql: &str,
    params: &[&dyn ToParam],
) -> Result<CachedStatement<'c>, Poison> {
    let mut statement = connection.prepare_cached(sql).map_err(|error| of_statement(error, sql))?;
    let wanted = statement.parameter_count();
    if wanted != params.len() {
        let why = format!("the statement has {wanted} parameters, {} were given: {sql}", params.len());
        return Err(Error::Param(why).into());
    }
    for slot in 1..=wanted {
        // SQLite numbers `$n` by first appearance, so the number is read from the name.
        let index =
            statement.parameter_name(slot).and_then(|name| name.strip_prefix('$')?.parse::<usize>().ok());
        let param = index.and_then(|index| params.get(index.checked_sub(1)?));
        let Some(param) = param.map(|param| param.to_param()) else {
            let why = format!("parameters are $1 to ${wanted}, without a gap: {sql}");
            return Err(Error::Param(why).into());
        };
        if let Some(why) = param.objection() {
            return Err(Error::Param(why).into());
        }
        statement.raw_bind_parameter(slot, Bound(param)).map_err(|error| of_statement(error, sql))?;
    }
    Ok(statement)
}

struct Bound<'a>(Param<'a>);

impl ToSql for Bound<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        let held = match &self.0 {
            Param::Null | Param::Invalid(_) => Held::Null,
            Param::Bool(value) => Held::Integer(i64::from(*value)),
            Param::Int(value) => Held::Integer(*value),
            Param::Float(value) => Held::Real(*value),
            Param::Text(text) | Param::Json(text) => Held::Text(text.as_bytes()),
            Param::Time(time) => return Ok(ToSqlOutput::Owned(Owned::Text(format_time(*time)))),
            Param::Bytes(bytes) => Held::Blob(bytes),
        };
        Ok(ToSqlOutput::Borrowed(held))
    }
}

/// One column of a row.
pub(crate) fn column<'r>(row: &'r rusqlite::Row<'_>, index: usize) -> Result<ValueRef<'r>, Error> {
    let held = row.get_ref(index).map_err(|error| Error::Decode(error.to_string()))?;
    Ok(match held {
        Held::Null => ValueRef::Null,
        Held::Integer(value) => ValueRef::Int(value),
        Held::Real(value) => ValueRef::Float(value),
        Held::Text(text) => ValueRef::Text(
            std::str::from_utf8(text).map_err(|error| Error::Decode(format!("not UTF-8: {error}")))?,
        ),
        Held::Blob(bytes) => ValueRef::Bytes(bytes),
    })
}
