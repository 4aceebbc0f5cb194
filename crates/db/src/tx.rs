//! A transaction: what every closure is handed.

use std::ops::ControlFlow;

use crate::row::{FromRow, Row};
use crate::value::ToParam;
use crate::{Dialect, Error, postgres, sqlite};

/// One transaction on one connection. Everything is synchronous.
///
/// The first error that a statement gives poisons the transaction on both engines: later statements answer
/// [`Error::Poisoned`], and even if the closure returns `Ok`, its changes are rolled back and its caller gets
/// that first error. [`Error::NoRow`], [`Error::ManyRows`] and [`Error::Decode`] come after a statement that
/// worked, and do not poison.
pub struct Tx<'c> {
    engine: Engine<'c>,
    poison: Option<Poison>,
}

enum Engine<'c> {
    Sqlite(&'c rusqlite::Connection),
    Postgres(&'c mut postgres::Session),
}

/// The failure that ended a transaction.
#[derive(Debug, Clone)]
pub(crate) struct Poison {
    pub error: Error,
    /// The connection itself may be at fault (I/O error, connection lost) and must be replaced.
    pub suspect: bool,
}

impl From<Error> for Poison {
    fn from(error: Error) -> Poison {
        Poison { error, suspect: false }
    }
}

/// Receives each row; `Break` ends the reading.
pub(crate) type EachRow<'f> = dyn FnMut(&Row<'_>) -> ControlFlow<()> + 'f;

impl<'c> Tx<'c> {
    pub(crate) fn sqlite(connection: &'c rusqlite::Connection) -> Tx<'c> {
        Tx { engine: Engine::Sqlite(connection), poison: None }
    }

    pub(crate) fn postgres(session: &'c mut postgres::Session) -> Tx<'c> {
        Tx { engine: Engine::Postgres(session), poison: None }
    }

    pub(crate) fn take_poison(&mut self) -> Option<Poison> {
        self.poison.take()
    }

    pub fn dialect(&self) -> Dialect {
        match self.engine {
            Engine::Sqlite(_) => Dialect::Sqlite,
            Engine::Postgres(_) => Dialect::Postgres,
        }
    }

    /// All rows of a statement. Bound the number in the SQL; use [`each`](Self::each) where it has no bound.
    pub fn query<T: FromRow>(&mut self, sql: &str, params: &[&dyn ToParam]) -> Result<Vec<T>, Error> {
        let mut rows = Vec::new();
        self.each(sql, params, |row| {
            rows.push(row);
            Ok::<_, Error>(ControlFlow::Continue(()))
        })?;
        Ok(rows)
    }

    /// The one row of a statement; [`Error::NoRow`] or [`Error::ManyRows`] if there is not exactly one.
    pub fn one<T: FromRow>(&mut self, sql: &str, params: &[&dyn ToParam]) -> Result<T, Error> {
        self.optional(sql, params)?.ok_or(Error::NoRow)
    }

    /// The row of a statement if there is one; [`Error::ManyRows`] if there are more.
    pub fn optional<T: FromRow>(&mut self, sql: &str, params: &[&dyn ToParam]) -> Result<Option<T>, Error> {
        let mut found = None;
        self.each(sql, params, |row| match found.replace(row) {
            None => Ok(ControlFlow::Continue(())),
            Some(_) => Err(Error::ManyRows),
        })?;
        Ok(found)
    }

    /// Hands over the rows one by one, without collecting them, until the callback breaks or fails.
    pub fn each<T, E>(
        &mut self,
        sql: &str,
        params: &[&dyn ToParam],
        mut f: impl FnMut(T) -> Result<ControlFlow<()>, E>,
    ) -> Result<(), E>
    where
        T: FromRow,
        E: From<Error>,
    {
        let mut failure = None;
        self.rows(sql, params, &mut |row| match T::from_row(row).map_err(E::from).and_then(&mut f) {
            Ok(flow) => flow,
            Err(error) => {
                failure = Some(error);
                ControlFlow::Break(())
            }
        })?;
        failure.map_or(Ok(()), Err)
    }

    /// Runs a statement that answers no rows (one that does is [`Error::Sql`]); answers how many rows it
    /// changed, those of triggers not counted.
    pub fn execute(&mut self, sql: &str, params: &[&dyn ToParam]) -> Result<u64, Error> {
        self.alive()?;
        let outcome = match &mut self.engine {
            Engine::Sqlite(connection) => sqlite::execute(connection, sql, params),
            Engine::Postgres(session) => session.execute(sql, params),
        };
        outcome.map_err(|poison| self.die(poison))
    }

    /// Runs several statements, without parameters. Transaction control is not among them.
    pub fn batch(&mut self, sql: &str) -> Result<(), Error> {
        self.alive()?;
        let outcome = match &mut self.engine {
            Engine::Sqlite(connection) => sqlite::batch(connection, sql),
            Engine::Postgres(session) => session.batch(sql),
        };
        outcome.map_err(|poison| self.die(poison))
    }

    /// Runs `f` in a savepoint: if it refuses (an `Err` of its own), what it wrote is undone and the transaction goes
    /// on. An error of the database poisons the whole transaction, here as everywhere.
    pub fn attempt<T, E: From<Error>>(
        &mut self,
        f: impl FnOnce(&mut Tx<'c>) -> Result<T, E>,
    ) -> Result<T, E> {
        self.batch("savepoint attempt")?;
        let outcome = f(self);
        if self.poison.is_none() {
            let end =
                if outcome.is_ok() { "release attempt" } else { "rollback to attempt; release attempt" };
            self.batch(end)?;
        }
        outcome
    }

    fn rows(&mut self, sql: &str, params: &[&dyn ToParam], f: &mut EachRow<'_>) -> Result<(), Error> {
        self.alive()?;
        tracing::trace!(target: "db::statement", sql);
        let outcome = match &mut self.engine {
            Engine::Sqlite(connection) => sqlite::rows(connection, sql, params, f),
            Engine::Postgres(session) => session.rows(sql, params, f),
        };
        outcome.map_err(|poison| self.die(poison))
    }

    fn alive(&self) -> Result<(), Error> {
        match &self.poison {
            None => Ok(()),
            Some(poison) => Err(Error::Poisoned(poison.error.to_string())),
        }
    }

    fn die(&mut self, poison: Poison) -> Error {
        let error = poison.error.clone();
        self.poison = Some(poison);
        error
    }
}
