//! The one thread that writes, and its group commit.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use rusqlite::Connection;

use super::checkpoint::Checkpointer;
use super::connection::{Files, Role};
use super::failure::{is_suspect, plain};
use crate::Error;
use crate::db::Hook;
use crate::job::{Job, Verdict, guarded};
use crate::queue::Queue;
use crate::stats::Counters;
use crate::tx::Tx;

/// A group ends after so many closures or so long a time, whichever comes first: the first in it waits for
/// the last.
const GROUP_SIZE: usize = 256;
const GROUP_TIME: Duration = Duration::from_millis(10);

pub(super) struct Writer {
    files: Files,
    connection: Option<Connection>,
    wal_pages: Arc<AtomicI64>,
    checkpointer: Arc<Checkpointer>,
    queue: Arc<Queue<Box<dyn Job>>>,
    hook: Arc<Hook>,
    counters: Arc<Counters>,
    group_size: usize,
}

/// Why a transaction was not committed.
enum Failure {
    /// It could not begin: the database is away or locked.
    NotBegun(Error),
    /// It is certain that nothing of it is stored.
    RolledBack(Error),
    /// It may be stored.
    Unknown(Error),
}

impl Writer {
    pub fn new(
        files: Files,
        connection: Connection,
        checkpointer: Arc<Checkpointer>,
        queue: Arc<Queue<Box<dyn Job>>>,
        hook: Arc<Hook>,
        counters: Arc<Counters>,
        group_commit: bool,
    ) -> Result<Writer, Error> {
        let group_size = if group_commit { GROUP_SIZE } else { 1 };
        let wal_pages = Arc::default();
        let mut writer =
            Writer { files, connection: None, wal_pages, checkpointer, queue, hook, counters, group_size };
        writer.adopt(connection)?;
        Ok(writer)
    }

    /// Runs until the queue is closed and empty.
    pub fn run(mut self) {
        while let Some((job, _)) = self.queue.pop() {
            if job.start() && !guarded(|| self.group(job)) {
                // Its callers learn from their silent channels that the outcome is unknown.
                self.connection = None;
            }
        }
    }

    /// Commits a group; if it breaks, every closure of it runs again in a transaction of its own.
    fn group(&mut self, first: Box<dyn Job>) {
        let mut jobs = vec![first];
        match self.commit_group(&mut jobs) {
            Ok(()) => {}
            Err(Failure::NotBegun(error)) => {
                // Those that wait behind would each wait for the lock in vain.
                while let Some(job) = self.queue.try_pop() {
                    if job.start() {
                        jobs.push(job);
                    }
                }
                refuse(&mut jobs, &error);
            }
            Err(Failure::RolledBack(error)) => {
                tracing::debug!(%error, closures = jobs.len(), "a group of writes broke; each runs alone");
                self.counters.broken_groups.fetch_add(1, Ordering::Relaxed);
                for job in jobs {
                    self.alone(job);
                }
                return;
            }
            Err(Failure::Unknown(error)) => refuse(&mut jobs, &error),
        }
        self.counters.writes.fetch_add(jobs.len() as u64, Ordering::Relaxed);
        self.counters.groups.fetch_add(1, Ordering::Relaxed);
        jobs.into_iter().for_each(answer);
        self.checkpointer.note(self.wal_pages.load(Ordering::Relaxed));
    }

    fn commit_group(&mut self, jobs: &mut Vec<Box<dyn Job>>) -> Result<(), Failure> {
        self.begin().map_err(Failure::NotBegun)?;
        let since = Instant::now();
        let mut kept = false;
        let mut next = 0;
        while let Some(job) = jobs.get_mut(next) {
            kept |= self.member(job.as_mut())?;
            next += 1;
            if jobs.len() < self.group_size
                && since.elapsed() < GROUP_TIME
                && let Some(job) = std::iter::from_fn(|| self.queue.try_pop()).find(|job| job.start())
            {
                jobs.push(job);
            }
        }
        self.end(kept)
    }

    /// Runs one closure of a group in its savepoint. Whether its changes stay.
    fn member(&mut self, job: &mut dyn Job) -> Result<bool, Failure> {
        self.execute("savepoint member")?;
        let verdict = job.run(&mut Tx::sqlite(self.connection()?));
        self.still_open(&verdict)?;
        match verdict {
            Verdict::Keep => self.execute("release member")?,
            Verdict::Discard(_) => {
                self.execute("rollback to member")?;
                self.execute("release member")?;
            }
        }
        self.still_open(&verdict)?;
        Ok(matches!(verdict, Verdict::Keep))
    }

    /// Some errors (a full disk, an I/O error) end the whole transaction from inside a savepoint; whatever
    /// ran after that would commit by itself.
    fn still_open(&mut self, verdict: &Verdict) -> Result<(), Failure> {
        if verdict.suspect() {
            self.connection = None;
        } else if !self.connection()?.is_autocommit() {
            return Ok(());
        }
        self.roll_back();
        let why = match verdict {
            Verdict::Discard(Some(poison)) => poison.error.clone(),
            _ => Error::Unavailable("the transaction ended before its commit".into()),
        };
        Err(Failure::RolledBack(why))
    }

    /// Runs one closure in a transaction of its own and answers it.
    fn alone(&mut self, mut job: Box<dyn Job>) {
        if let Err(Failure::NotBegun(error) | Failure::RolledBack(error) | Failure::Unknown(error)) =
            self.commit_alone(job.as_mut())
        {
            job.fail(error);
        }
        self.counters.writes.fetch_add(1, Ordering::Relaxed);
        self.counters.groups.fetch_add(1, Ordering::Relaxed);
        answer(job);
        self.checkpointer.note(self.wal_pages.load(Ordering::Relaxed));
    }

    fn commit_alone(&mut self, job: &mut dyn Job) -> Result<(), Failure> {
        self.begin().map_err(Failure::NotBegun)?;
        match job.run(&mut Tx::sqlite(self.connection()?)) {
            Verdict::Keep => self.end(true),
            verdict @ Verdict::Discard(_) => {
                if verdict.suspect() {
                    self.connection = None;
                }
                // The closure's own error is its answer.
                self.roll_back();
                Ok(())
            }
        }
    }

    fn begin(&mut self) -> Result<(), Error> {
        if self.connection.is_none() {
            let connection = self.files.open(Role::Writer)?;
            self.adopt(connection)?;
        }
        // Left open only if an earlier rollback failed.
        self.roll_back();
        match self.execute("begin immediate") {
            Ok(()) => Ok(()),
            Err(Failure::NotBegun(error) | Failure::RolledBack(error) | Failure::Unknown(error)) => {
                Err(error)
            }
        }
    }

    /// Runs the hook and commits, or rolls back if no closure has left anything.
    fn end(&mut self, kept: bool) -> Result<(), Failure> {
        if !kept {
            self.roll_back();
            return Ok(());
        }
        let hooked = self.hook.run(&mut Tx::sqlite(self.connection()?));
        if let Err(error) = hooked {
            self.roll_back();
            return Err(Failure::RolledBack(error));
        }
        let Err(error) =
            self.connection()?.prepare_cached("commit").and_then(|mut commit| commit.raw_execute())
        else {
            return Ok(());
        };
        if is_suspect(&error) {
            self.connection = None;
            return Err(Failure::Unknown(Error::OutcomeUnknown(error.to_string())));
        }
        self.roll_back();
        Err(Failure::RolledBack(plain(error)))
    }

    /// Ends what is open. A connection that cannot even roll back is thrown away, which rolls back too.
    fn roll_back(&mut self) {
        if let Some(connection) = &self.connection
            && !connection.is_autocommit()
            && connection.execute_batch("rollback").is_err()
        {
            self.connection = None;
        }
    }

    fn execute(&mut self, sql: &str) -> Result<(), Failure> {
        let outcome =
            self.connection()?.prepare_cached(sql).and_then(|mut statement| statement.raw_execute());
        outcome.map(drop).map_err(|error| {
            if is_suspect(&error) {
                self.connection = None;
            }
            self.roll_back();
            Failure::RolledBack(plain(error))
        })
    }

    fn connection(&self) -> Result<&Connection, Failure> {
        let gone = || Failure::RolledBack(Error::Unavailable("the connection was given up".into()));
        self.connection.as_ref().ok_or_else(gone)
    }

    /// Takes a connection into use; each commit on it notes the length of the WAL.
    fn adopt(&mut self, mut connection: Connection) -> Result<(), Error> {
        let pages = Arc::clone(&self.wal_pages);
        connection
            .wal_hook(Some(move |_: &mut rusqlite::hooks::Wal, length: std::ffi::c_int| {
                pages.store(i64::from(length), Ordering::Relaxed);
                Ok(())
            }))
            .map_err(plain)?;
        self.connection = Some(connection);
        Ok(())
    }
}

fn refuse(jobs: &mut [Box<dyn Job>], error: &Error) {
    for job in jobs {
        job.fail(error.clone());
    }
}

/// One caller's panicking `Drop` must not keep the others from their answers.
fn answer(job: Box<dyn Job>) {
    guarded(|| job.answer());
}
