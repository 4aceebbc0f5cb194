//! The one error type of the data layer, the same on both engines.

use std::fmt;

/// What can go wrong between a closure and the disk.
///
/// It is `Clone` because one broken commit may have to be told to many callers.
#[derive(Debug, Clone, PartialEq)]
pub enum Error {
    /// [`Tx::one`](crate::Tx::one) found no row.
    NoRow,
    /// [`Tx::one`](crate::Tx::one) or [`Tx::optional`](crate::Tx::optional) found more than one row.
    ManyRows,
    /// The statement broke a constraint; nothing of its closure is kept.
    Constraint {
        kind: Constraint,
        /// The same on both engines where the engines allow it:
        /// - unique: `table.column`, several columns as `table.a,b`; an index over expressions by its own
        ///   name;
        /// - not null: `table.column`;
        /// - check: the name of the constraint (name every check);
        /// - foreign key: the name of the constraint on PostgreSQL, empty on SQLite, which does not tell.
        name: String,
        message: String,
    },
    /// A trigger of ours refused the change (`raise(abort, ..)`, `raise exception`); holds its message.
    Raised(String),
    /// The database is away, busy or too slow (a deadline passed, a queue is full). Nothing was written. 503.
    Unavailable(String),
    /// The commit failed in a way that leaves open whether it reached the disk. 503; read before trying
    /// again.
    OutcomeUnknown(String),
    /// No room is left on the database's disk (or in its size limit). Nothing was written. 507.
    Full(String),
    /// PostgreSQL asked for the transaction to be run again (serialisation failure or deadlock). Closures are
    /// rerun inside [`Db`](crate::Db); callers see `Unavailable` once the retries are used up.
    Serialization(String),
    /// The database was migrated by a newer program than this one.
    Newer { database: u32, program: u32 },
    /// A migration is not what was applied, is out of order, or failed.
    Migration(String),
    /// The engine refused the statement: a mistake in the program.
    Sql { message: String, sql: String },
    /// A parameter cannot be stored the same way on both engines: NUL in text, NaN, the wrong number of them.
    Param(String),
    /// A column does not hold what the program reads from it.
    Decode(String),
    /// What was asked for does not exist on this engine.
    Unsupported(String),
    /// The closure panicked; its changes are rolled back, other closures are not touched.
    Panicked(String),
    /// A statement was run after an earlier one in the same transaction had failed. The transaction's outcome
    /// is the first error.
    Poisoned(String),
}

/// The sort of constraint that a statement broke.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Constraint {
    Unique,
    ForeignKey,
    Check,
    NotNull,
    Other,
}

impl Error {
    pub(crate) fn closed() -> Error {
        Error::Unavailable("the database has been closed".into())
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::NoRow => f.write_str("no row was found where one was expected"),
            Error::ManyRows => f.write_str("several rows were found where one was expected"),
            Error::Constraint { message, .. } => write!(f, "a constraint refused the change: {message}"),
            Error::Raised(message) => write!(f, "the database refused the change: {message}"),
            Error::Unavailable(why) => write!(f, "the database is not available, try again later: {why}"),
            Error::OutcomeUnknown(why) => {
                write!(f, "it is not known whether the change was stored, look before trying again: {why}")
            }
            Error::Full(why) => write!(f, "the database has no room left, free disk space: {why}"),
            Error::Serialization(why) => write!(f, "the transaction must be run again: {why}"),
            Error::Newer { database, program } => write!(
                f,
                "the database is at migration {database}, this program knows only {program}: \
                 run the newer program, or restore the backup made before the upgrade"
            ),
            Error::Migration(why) => write!(f, "migration: {why}"),
            Error::Sql { message, sql } => write!(f, "{message} in: {sql}"),
            Error::Param(why) => write!(f, "a value cannot be stored: {why}"),
            Error::Decode(why) => write!(f, "a column cannot be read: {why}"),
            Error::Unsupported(what) => f.write_str(what),
            Error::Panicked(message) => write!(f, "the program panicked inside a transaction: {message}"),
            Error::Poisoned(first) => write!(f, "the transaction had already failed: {first}"),
        }
    }
}

impl std::error::Error for Error {}
