//! Reading: bounded reads where the caller is, slow ones on threads of low priority.

use std::cell::RefCell;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, TryLockError, Weak};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rusqlite::Connection;

use super::connection::{Files, Role};
use super::failure::{of_statement, plain};
use super::spawn;
use crate::db::{Options, join};
use crate::job::{Job, Verdict, guarded};
use crate::queue::{Limits, Queue};
use crate::stats::Counters;
use crate::tx::{Poison, Tx};
use crate::{Class, Error};

/// Instructions of SQLite's machine between two looks at the clock: about 0.1 ms.
const PROGRESS: i32 = 5000;

pub(super) struct Readers {
    files: Files,
    deadline: Duration,
    queue: Queue<Box<dyn Job>>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    /// The connections of all threads, so that closing the database closes them wherever they are.
    slots: Mutex<Vec<Weak<Slot>>>,
    clock: Arc<Clock>,
    counters: Arc<Counters>,
}

/// A thread's connection to one database. Only that thread uses it, and [`Readers::close`].
type Slot = Mutex<Option<Reader>>;

thread_local! {
    /// This thread's connections, by database. An entry dies with its database or with the thread.
    static HERE: RefCell<Vec<(Weak<Readers>, Arc<Slot>)>> = const { RefCell::new(Vec::new()) };
}

/// Tells running reads when to stop.
struct Clock {
    epoch: Instant,
    closed: AtomicBool,
}

struct Reader {
    connection: Connection,
    /// Milliseconds after the clock's epoch at which the read that is running is stopped.
    stop_at: Arc<AtomicU64>,
}

impl Readers {
    pub fn new(files: Files, options: &Options, counters: Arc<Counters>) -> Readers {
        let limits = Limits {
            bounded: 0,
            slow: options.slow_queue,
            slow_at_once: options.readers.max(1),
            threads: options.readers.max(1),
        };
        Readers {
            files,
            deadline: options.slow_deadline,
            queue: Queue::new(limits),
            threads: Mutex::default(),
            slots: Mutex::default(),
            clock: Arc::new(Clock { epoch: Instant::now(), closed: AtomicBool::new(false) }),
            counters,
        }
    }

    /// Reads on this thread.
    pub fn here<R>(self: &Arc<Self>, f: impl FnOnce(&mut Tx<'_>) -> (R, Verdict)) -> Result<R, Error> {
        self.counters.bounded_reads.fetch_add(1, Ordering::Relaxed);
        let slot = self.slot();
        let mut held = match slot.try_lock() {
            Ok(held) => held,
            Err(TryLockError::Poisoned(held)) => held.into_inner(),
            Err(TryLockError::WouldBlock) if self.clock.closed.load(Ordering::Acquire) => {
                return Err(Error::closed());
            }
            Err(TryLockError::WouldBlock) => {
                return Err(Error::Unsupported(
                    "a read must not start another read of the same database".into(),
                ));
            }
        };
        if self.clock.closed.load(Ordering::Acquire) {
            return Err(Error::closed());
        }
        self.read(&mut held, f)
    }

    /// Queues a slow read, starting a thread if all are at work.
    pub fn submit(self: &Arc<Self>, job: Box<dyn Job>) -> Result<(), Error> {
        if self.queue.push(Class::Slow, job)? {
            let readers = Arc::clone(self);
            match spawn("db-slow-read", move || readers.serve()) {
                Ok(thread) => {
                    let mut threads = self.threads.lock().unwrap_or_else(PoisonError::into_inner);
                    threads.push(thread);
                }
                Err(error) => {
                    self.queue.thread_ended();
                    return Err(error);
                }
            }
        }
        Ok(())
    }

    pub fn lengths(&self) -> (usize, usize, usize) {
        self.queue.lengths()
    }

    /// Stops what is read, and closes every thread's connection.
    pub fn close(&self) {
        self.clock.closed.store(true, Ordering::Release);
        self.queue.close();
        join(std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner)));
        let slots = std::mem::take(&mut *self.slots.lock().unwrap_or_else(PoisonError::into_inner));
        for slot in slots.iter().filter_map(Weak::upgrade) {
            *slot.lock().unwrap_or_else(PoisonError::into_inner) = None;
        }
    }

    fn serve(&self) {
        be_nice();
        let mut reader = None;
        while let Some((mut job, _)) = self.queue.pop() {
            guarded(|| {
                if job.start() {
                    self.counters.slow_reads.fetch_add(1, Ordering::Relaxed);
                    if let Err(error) = self.read(&mut reader, |tx| ((), job.run(tx))) {
                        job.fail(error);
                    }
                    job.answer();
                }
            });
            self.queue.slow_done();
        }
    }

    /// One snapshot for all that `f` asks. A connection that is in doubt afterwards is closed.
    fn read<R>(
        &self,
        held: &mut Option<Reader>,
        f: impl FnOnce(&mut Tx<'_>) -> (R, Verdict),
    ) -> Result<R, Error> {
        let reader = match held {
            Some(reader) => reader,
            None => held.insert(self.connect()?),
        };
        let stop_at = self.clock.epoch.elapsed() + self.deadline;
        reader.stop_at.store(stop_at.as_millis() as u64, Ordering::Relaxed);
        let begun = reader.execute("begin");
        let answer = begun.map(|()| f(&mut Tx::sqlite(&reader.connection)));
        reader.stop_at.store(u64::MAX, Ordering::Relaxed);
        // Nothing was written: ending the snapshot is all there is to do.
        let ended = reader.connection.is_autocommit() || reader.execute("rollback").is_ok();
        let suspect = match &answer {
            Ok((_, verdict)) => verdict.suspect(),
            Err(poison) => poison.suspect,
        };
        if !ended || suspect {
            *held = None;
        }
        answer.map(|(answer, _)| answer).map_err(|poison| poison.error)
    }

    fn slot(self: &Arc<Self>) -> Arc<Slot> {
        HERE.with_borrow_mut(|here| {
            let known = here.iter().find(|(readers, _)| std::ptr::eq(readers.as_ptr(), Arc::as_ptr(self)));
            if let Some((_, slot)) = known {
                return Arc::clone(slot);
            }
            here.retain(|(readers, _)| readers.strong_count() > 0);
            let slot = Arc::new(Slot::default());
            here.push((Arc::downgrade(self), Arc::clone(&slot)));
            let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
            slots.retain(|slot| slot.strong_count() > 0);
            slots.push(Arc::downgrade(&slot));
            slot
        })
    }

    fn connect(&self) -> Result<Reader, Error> {
        let mut connection = self.files.open(Role::Reader)?;
        let stop_at = Arc::new(AtomicU64::new(u64::MAX));
        let (clock, limit) = (Arc::clone(&self.clock), Arc::clone(&stop_at));
        let expired = move || {
            let now = clock.epoch.elapsed().as_millis() as u64;
            now > limit.load(Ordering::Relaxed) || clock.closed.load(Ordering::Relaxed)
        };
        connection.progress_handler(PROGRESS, Some(expired)).map_err(plain)?;
        Ok(Reader { connection, stop_at })
    }
}

impl Reader {
    fn execute(&self, sql: &str) -> Result<(), Poison> {
        let outcome = self.connection.prepare_cached(sql).and_then(|mut statement| statement.raw_execute());
        outcome.map(drop).map_err(|error| of_statement(error, sql))
    }
}

/// Searches and exports give way to everything else. Where the system has no such thing, they do not.
fn be_nice() {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::setpriority_process(None, 10) {
        tracing::debug!(%error, "slow reads run at normal priority");
    }
}
