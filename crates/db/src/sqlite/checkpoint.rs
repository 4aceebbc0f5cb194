//! Moves the WAL's pages into the database file, on a thread of its own, so that no write waits for it.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::Connection;

use super::connection::{Files, Role};

/// Pages added since the last checkpoint that make another one worthwhile (4 MB at 4 KB each), or less if the
/// cap is low.
const STRIDE: i64 = 1000;

/// How long the writer may stand still for a gentle attempt to start the WAL afresh.
const GENTLE: Duration = Duration::from_millis(50);

pub(super) struct Checkpointer {
    files: Files,
    /// At this length the writer is held up until all readers have left the old WAL. In pages.
    cap: i64,
    stride: i64,
    /// Slow reads end after this long, so waiting a little longer succeeds.
    patience: Duration,
    state: Mutex<State>,
    wake: Condvar,
    /// Wakes a writer that is held up.
    finished: Condvar,
    /// The WAL's length in pages after the last commit.
    pub pages: AtomicI64,
}

struct State {
    due: bool,
    closed: bool,
    /// The WAL's length at the last checkpoint.
    seen: i64,
}

impl Checkpointer {
    pub fn new(files: Files, cap: i64, slow_deadline: Duration) -> Checkpointer {
        Checkpointer {
            files,
            cap,
            stride: STRIDE.min(cap / 8).max(1),
            patience: slow_deadline + Duration::from_secs(1),
            state: Mutex::new(State { due: false, closed: false, seen: 0 }),
            wake: Condvar::new(),
            finished: Condvar::new(),
            pages: AtomicI64::new(0),
        }
    }

    /// The writer reports the WAL's length after a commit. At the cap it waits here for the checkpoint: in a
    /// race for the lock it would win again and again. Readers that outstay even that (of another process, as
    /// ours have a deadline) hold it up once every stride, not for good.
    pub fn note(&self, pages: i64) {
        self.pages.store(pages, Ordering::Relaxed);
        let mut state = self.lock();
        if pages < state.seen {
            // The WAL was begun afresh in between.
            state.seen = 0;
        }
        if pages < state.seen + self.stride {
            return;
        }
        state.due = true;
        self.wake.notify_one();
        if pages >= self.cap {
            let limit = self.patience + Duration::from_secs(1);
            let waited = self.finished.wait_timeout_while(state, limit, |state| state.due);
            drop(waited.unwrap_or_else(PoisonError::into_inner));
        }
    }

    pub fn close(&self) {
        self.lock().closed = true;
        self.wake.notify_one();
    }

    pub fn run(&self) {
        let mut connection = None;
        loop {
            let closed = self.wait();
            if connection.is_none() {
                connection = self
                    .files
                    .open(Role::Checkpointer)
                    .inspect_err(|error| tracing::warn!(%error, "no checkpoint"))
                    .ok();
            }
            if let Some(open) = &connection
                && let Err(error) = self.checkpoint(open, closed)
            {
                tracing::warn!(%error, "a checkpoint failed; it is tried again");
                connection = None;
            }
            self.lock().due = false;
            self.finished.notify_all();
            if closed {
                return;
            }
        }
    }

    /// Sleeps until there is something to do; whether the database is being closed.
    fn wait(&self) -> bool {
        let mut state = self.lock();
        while !state.due && !state.closed {
            state = self.wake.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.closed
    }

    fn checkpoint(&self, connection: &Connection, closing: bool) -> rusqlite::Result<()> {
        // Passive waits for nobody and does the bulk of the work; what the others add to it is short.
        let length = run(connection, "passive", Duration::ZERO)?;
        self.lock().seen = length;
        if closing {
            run(connection, "truncate", GENTLE)?;
        } else if self.pages.load(Ordering::Relaxed) >= self.cap {
            run(connection, "restart", self.patience)?;
        } else if length >= self.cap / 4 {
            run(connection, "restart", GENTLE)?;
        }
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Answers the WAL's length in pages. Being kept from finishing by readers is no error.
fn run(connection: &Connection, mode: &str, patience: Duration) -> rusqlite::Result<i64> {
    connection.busy_timeout(patience)?;
    connection.query_row(&format!("pragma wal_checkpoint({mode})"), [], |row| row.get(1))
}
