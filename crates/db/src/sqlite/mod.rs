//! The embedded engine: one writer thread, many readers, a checkpointer.

mod backup;
mod checkpoint;
mod connection;
mod failure;
mod readers;
mod statement;
mod writer;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::JoinHandle;
use std::time::Duration;

pub(crate) use backup::copy;
pub(crate) use connection::{Files, Role};
pub(crate) use failure::plain as plain_error;
pub(crate) use rusqlite::Row;
pub(crate) use statement::{batch, column, execute, rows};

use crate::db::{Hook, Options, join};
use crate::job::{self, Job, Patience};
use crate::queue::{Limits, Queue};
use crate::stats::Counters;
use crate::tx::Tx;
use crate::{Class, Error};

use checkpoint::Checkpointer;
use readers::Readers;
use writer::Writer;

pub(crate) struct Engine {
    files: Files,
    readers: Arc<Readers>,
    writes: Arc<Queue<Box<dyn Job>>>,
    checkpointer: Arc<Checkpointer>,
    threads: std::sync::Mutex<Vec<JoinHandle<()>>>,
    slow_deadline: Duration,
}

impl Engine {
    pub fn open(
        path: &Path,
        options: &Options,
        counters: &Arc<Counters>,
        hook: &Arc<Hook>,
    ) -> Result<Engine, Error> {
        let files = Files::new(path, options)?;
        let connection = files.open(Role::Writer)?;
        let page_size: i64 =
            connection.query_row("pragma page_size", [], |row| row.get(0)).map_err(plain_error)?;
        let cap = i64::try_from(options.wal_cap).unwrap_or(i64::MAX) / page_size.max(1);
        let checkpointer = Arc::new(Checkpointer::new(files.clone(), cap, options.slow_deadline));
        let writes = Arc::new(Queue::new(Limits {
            bounded: options.write_queue,
            slow: 0,
            slow_at_once: 0,
            threads: 0,
        }));
        let writer = Writer::new(
            files.clone(),
            connection,
            Arc::clone(&checkpointer),
            Arc::clone(&writes),
            Arc::clone(hook),
            Arc::clone(counters),
            options.group_commit,
        )?;
        let checkpoints = Arc::clone(&checkpointer);
        let threads = vec![
            spawn("db-writer", move || writer.run())?,
            spawn("db-checkpoint", move || checkpoints.run())?,
        ];
        let readers = Arc::new(Readers::new(files.clone(), options, Arc::clone(counters)));
        let threads = std::sync::Mutex::new(threads);
        Ok(Engine { files, readers, writes, checkpointer, threads, slow_deadline: options.slow_deadline })
    }

    pub fn files(&self) -> &Files {
        &self.files
    }

    /// Runs a bounded read here and now, on this thread's own connection.
    pub fn read_here<T, E, F>(&self, f: F) -> Result<T, E>
    where
        F: Fn(&mut Tx<'_>) -> Result<T, E>,
        E: From<Error>,
    {
        self.readers.here(|tx| job::attempt(&f, tx))?
    }

    pub fn submit_slow(&self, job: Box<dyn Job>) -> Result<Patience, Error> {
        Readers::submit(&self.readers, job)?;
        // The reader's own deadline ends it; it may wait in the queue as long as it may run.
        Ok(Patience { start: Some(self.slow_deadline), end: None, lost: Error::Unavailable })
    }

    pub fn submit_write(&self, job: Box<dyn Job>) -> Result<Patience, Error> {
        self.writes.push(Class::Bounded, job)?;
        Ok(Patience { start: None, end: None, lost: Error::OutcomeUnknown })
    }

    pub fn gauges(&self, stats: &mut crate::Stats) {
        (stats.write_queue, _, _) = self.writes.lengths();
        (_, stats.slow_queue, stats.connections_in_use) = self.readers.lengths();
        stats.wal_pages = self.checkpointer.pages.load(Ordering::Relaxed);
    }

    /// Runs the writes that wait, drops the slow reads that wait, folds the WAL into the database file.
    pub fn close(&self) {
        self.writes.close();
        let threads = std::mem::take(&mut *self.threads.lock().unwrap_or_else(|held| held.into_inner()));
        let (checkpoint, writer): (Vec<_>, Vec<_>) =
            threads.into_iter().partition(|thread| thread.thread().name() == Some("db-checkpoint"));
        join(writer);
        self.readers.close();
        self.checkpointer.close();
        join(checkpoint);
    }
}

pub(crate) fn spawn(name: &str, body: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, Error> {
    std::thread::Builder::new()
        .name(name.to_owned())
        .spawn(body)
        .map_err(|error| Error::Unavailable(format!("cannot start the thread {name}: {error}")))
}
