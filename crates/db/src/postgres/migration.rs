//! Migrating a PostgreSQL database that other nodes may be using.

use super::pool::Kind;
use super::{Server, Session};
use crate::migrate::{LOCK_PATIENCE, applied, apply, pending};
use crate::tx::Tx;
use crate::{Class, Dialect, Error, Step};

/// Names the lock among the database's advisory locks; any number that nothing else uses.
const LOCK: i64 = 0x6d69_6772_6174_6573;

/// Runs on a thread of its own, because the caller may be inside an async runtime.
pub(super) fn run(server: &Server, steps: &[Step]) -> Result<Vec<u32>, Error> {
    std::thread::scope(|scope| scope.spawn(|| migrate(server, steps)).join())
        .unwrap_or_else(|_| Err(Error::Panicked("while migrating".into())))
}

/// One session holds the advisory lock throughout; it ends with the session whatever happens.
fn migrate(server: &Server, steps: &[Step]) -> Result<Vec<u32>, Error> {
    let mut session = Session::connect(server)?;
    let wait = LOCK_PATIENCE.as_millis();
    let lock = format!(
        "set statement_timeout = 0; set lock_timeout = {wait}; select pg_advisory_lock({LOCK}); \
         set lock_timeout = '30s'"
    );
    session.batch(&lock).map_err(|poison| poison.error)?;
    let mut done = Vec::new();
    while let Some(step) = next(&mut session, steps)? {
        done.push(step.number);
        step.tell_applied(steps, &done);
    }
    session.batch(&format!("select pg_advisory_unlock({LOCK})")).map_err(|poison| poison.error)?;
    Ok(done)
}

/// Applies the next pending step in a transaction; `None` when there is none. On an error the session ends,
/// and its transaction with it.
fn next<'s>(session: &mut Session, steps: &'s [Step]) -> Result<Option<&'s Step>, Error> {
    session.begin(Kind::Write, Class::Bounded).map_err(|poison| poison.error)?;
    let mut tx = Tx::postgres(session);
    let applied = applied(&mut tx)?;
    let step = pending(Dialect::Postgres, &applied, steps)?.first();
    if let Some(step) = step {
        apply(&mut tx, step)?;
    }
    session.commit().map_err(|error| match error {
        Ok(error) | Err(error) => error,
    })?;
    Ok(step)
}
