//! One SQL text, two engines: SQLite embedded, PostgreSQL outside.
//!
//! ```
//! # fn main() -> Result<(), db::Error> {
//! # let folder = std::env::temp_dir().join(format!("db-doc-{}", std::process::id()));
//! # std::fs::create_dir_all(&folder).unwrap();
//! let db = db::Db::open(db::Options::new(format!("sqlite:{}", folder.join("desk.db").display())))?;
//! db.write_blocking(|tx| tx.batch("create table if not exists teams (name text not null unique)"))?;
//! let name = "Support".to_owned();
//! db.write_blocking(move |tx| tx.execute("insert into teams (name) values ($1)", &[&name]))?;
//! let names = db.read_blocking(db::Class::Bounded, |tx| {
//!     tx.query::<(String,)>("select name from teams order by name", &[])
//! })?;
//! assert_eq!(names, [("Support".to_owned(),)]);
//! # db.close();
//! # std::fs::remove_dir_all(folder).unwrap();
//! # Ok(())
//! # }
//! ```
//!
//! # What lies on the disk
//!
//! A SQLite database `desk.db` is, while it is open, three files:
//!
//! - `desk.db`: the database, mode 0600, in pages of 4 KB;
//! - `desk.db-wal`: what was committed since the last checkpoint. A commit is a write and an fsync of this
//!   file; without it the database lacks its latest changes, so the two are never copied or moved apart (use
//!   [`Db::backup`]). Its length has a cap, [`Options::wal_cap`];
//! - `desk.db-shm`: an index of the WAL shared between processes. It holds nothing of its own.
//!
//! [`Db::close`] folds the WAL in and leaves one file. After a crash the next open finds all that was
//! answered. Besides the tables of the migrations there is `schema_migrations (number, name, checksum,
//! applied_at)`. A backup under way is `NAME.part`; it gets its name when it is whole.
//!
//! Times are stored as text, `2026-03-02T17:01:00.000Z`, booleans as 0 and 1, JSON as text; on PostgreSQL
//! they are `timestamptz(3)`, `boolean` and `jsonb`.
//!
//! # Who does what
//!
//! | thread | connection | work |
//! | --- | --- | --- |
//! | `db-writer` | one that writes | runs waiting closures as a group, each in a savepoint, one commit for all |
//! | `db-checkpoint` | its own | moves the WAL into the database file; near the cap it holds the writer up |
//! | the caller's | one a thread, read only | bounded reads, without a change of thread |
//! | `db-slow-read` | one each, read only | slow reads, niced, at most [`Options::readers`] at a time |
//! | `db-postgres` | one client each | everything on PostgreSQL, at most [`Options::pool_size`] |
//! | `db-listen` | its own | hears notifications on PostgreSQL, where somebody asked for them |
//!
//! # What is promised
//!
//! - `Ok` from [`Db::write`] means that the change is on the disk. An error means that nothing of it is, but
//!   for [`Error::OutcomeUnknown`], where the commit itself failed (an I/O error, a connection lost).
//! - Every answer of a group waits for the group's commit, errors included: an error may rest on what a
//!   neighbour wrote, and that must not be undone after it was told.
//! - Closures of one group do not share their fate. When a transaction ends underneath them (a full disk ends
//!   it from inside a savepoint, and what followed would commit by itself) or its commit fails, it is rolled
//!   back, nobody is answered, and each closure runs again in a transaction of its own. After an I/O error
//!   the connection is opened anew first.
//! - A panic costs its own closure only; its caller gets [`Error::Panicked`].
//! - All that one read asks is answered from one snapshot, and no statement stays open after it.
//! - A transaction in which a statement failed is rolled back, even if its closure returns `Ok`.
//! - Nothing waits without a limit: queues are bounded, slow reads have a deadline, PostgreSQL's connections,
//!   statements and locks have timeouts; what exceeds them is [`Error::Unavailable`].
//! - On PostgreSQL a transaction is run again after a serialisation failure or deadlock (five times at most),
//!   or on a new connection if the old one broke before the commit was sent (once). After that, never.
//!
//! # What is asked of closures and of SQL
//!
//! - A closure is `Fn` and may run several times: it has no effect outside its transaction, and it does not
//!   call the same `Db`.
//! - It leaves transaction control alone: no `begin`, `commit`, `rollback`, `savepoint`.
//! - Parameters are `$1, $2 ...` on both engines, all of them used. Integers bind as `bigint`, so cast where
//!   PostgreSQL wants another type; cast `sum(..)` and `avg(..)`, which are `numeric` there.
//! - No deferred constraints, no `or rollback`, no `raise(rollback)`, no `insert or replace` (it skips delete
//!   triggers). `"word"` is a name, never a text.
//! - Where the engines differ, [`Dialect`] has a fragment. Nowhere else.

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
