//! One SQL text, two engines: SQLite embedded, PostgreSQL outside.

mod db;
mod dialect;
mod error;
mod job;
mod migrate;
mod postgres;
mod queue;
mod row;
mod sqlite;
mod stats;
mod tx;
mod value;

pub use db::{Class, Db, Options};
pub use dialect::Dialect;
pub use error::{Constraint, Error};
pub use migrate::Step;
#[doc(hidden)]
pub use row::Fields;
pub use row::{FromRow, FromValue, Row};
pub use stats::Stats;
pub use tx::Tx;
pub use value::{Json, Param, ToParam, Value, ValueRef, format_time, to_millisecond};
