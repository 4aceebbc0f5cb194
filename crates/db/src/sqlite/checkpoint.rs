//! Moves the WAL's pages into the database file, on a thread of its own, so that no write waits for it.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rusqlite::Connection;

use super::connection::{Files, Role};

/// Pages added since the last checkpoint that make another one worthwhile (4 MB at 4 KB each), or less if the
/// cap is low.
const STRIDE: i64 = 1000;

/// How long the writer may stand still for a gentle attempt to start the WAL afresh.
const GENTLE: Duration = Duration::from_millis(50);

/// Between two looks at whether readers have left.
const PAUSE: Duration = Duration::from_millis(2);

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

#[derive(Default)]
struct State {
    /// Checkpoints asked for, and how many of those are done. One asked for while another runs is another
    /// one.
    asked: u64,
    done: u64,
    closed: bool,
    /// The WAL's length at the last checkpoint.
    seen: i64,
    /// The writer waits for the WAL to be begun afresh.
    drain: bool,
    /// The WAL's length when the writer waited last.
    drained: i64,
}

impl Checkpointer {
    pub fn new(files: Files, cap: i64, slow_deadline: Duration) -> Checkpointer {
        Checkpointer {
            files,
            cap,
            stride: STRIDE.min(cap / 8).max(1),
            patience: slow_deadline + Duration::from_secs(1),
            state: Mutex::default(),
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
            (state.seen, state.drained) = (0, 0);
        }
        let full = pages >= self.cap && pages >= state.drained + self.stride;
        if pages < state.seen + self.stride && !full {
            return;
        }
        state.asked += 1;
        self.wake.notify_one();
        if full {
            (state.drain, state.drained) = (true, pages);
            let ours = state.asked;
            let limit = self.patience + Duration::from_secs(1);
            let waited = self.finished.wait_timeout_while(state, limit, |state| state.done < ours);
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
            let (asked, closed) = self.wait();
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
            self.lock().done = asked;
            self.finished.notify_all();
            if closed {
                return;
            }
        }
    }

    /// Sleeps until there is something to do: what has been asked for, and whether the database is closing.
    fn wait(&self) -> (u64, bool) {
        let state = self.lock();
        let idle = |state: &mut State| state.asked == state.done && !state.closed;
        let state = self.wake.wait_while(state, idle).unwrap_or_else(PoisonError::into_inner);
        (state.asked, state.closed)
    }

    fn checkpoint(&self, connection: &Connection, closing: bool) -> rusqlite::Result<()> {
        let wal = run(connection, "passive", Duration::ZERO)?;
        let drain = {
            let mut state = self.lock();
            state.seen = wal.length;
            std::mem::take(&mut state.drain)
        };
        if closing {
            run(connection, "truncate", GENTLE)?;
        } else if drain {
            self.drain(connection, wal)?;
        } else if wal.done == wal.length && wal.length >= self.cap / 4 {
            run(connection, "restart", GENTLE)?;
        }
        Ok(())
    }

    /// With the writer held up: waits until no reader needs the WAL any more, and begins it afresh.
    ///
    /// A checkpoint that waits for readers by itself asks for each reader's slot again and again; readers
    /// that overlap in a slot never let it have one. A passive one looks only at how old their snapshots are,
    /// and with the writer standing still all new ones are up to date. Once the WAL is copied they do not
    /// even use it, so that a restart is then sure to find it free.
    fn drain(&self, connection: &Connection, mut wal: Wal) -> rusqlite::Result<()> {
        let until = Instant::now() + self.patience;
        while wal.done < wal.length && Instant::now() < until {
            std::thread::sleep(PAUSE);
            wal = run(connection, "passive", Duration::ZERO)?;
        }
        if wal.done == wal.length {
            run(connection, "restart", until.saturating_duration_since(Instant::now()))?;
        }
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The WAL in pages: how many there are, and how many of them are in the database file.
struct Wal {
    length: i64,
    done: i64,
}

/// Being kept from finishing by readers is no error.
fn run(connection: &Connection, mode: &str, patience: Duration) -> rusqlite::Result<Wal> {
    connection.busy_timeout(patience)?;
    let sql = format!("pragma wal_checkpoint({mode})");
    connection.query_row(&sql, [], |row| Ok(Wal { length: row.get(1)?, done: row.get(2)? }))
}
