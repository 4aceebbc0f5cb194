//! The threads that own PostgreSQL connections, and how often they try.

use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use super::{Server, Session};
use crate::db::{Hook, Options, join};
use crate::job::{Job, Verdict, guarded};
use crate::queue::{Limits, Queue};
use crate::sqlite::spawn;
use crate::stats::Counters;
use crate::tx::Tx;
use crate::{Class, Error};

/// How often a transaction is run again after a serialisation failure or deadlock.
const RETRIES: u32 = 5;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Read,
    Write,
}

pub(super) struct Pool {
    server: Server,
    queue: Queue<(Kind, Box<dyn Job>)>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    counters: Arc<Counters>,
    hook: Arc<Hook>,
}

/// Why a transaction came to nothing.
enum Trouble {
    /// The server asks to run it again.
    Again(Error),
    /// The connection broke before the commit was sent.
    Lost(Error),
    Final(Error),
}

impl Pool {
    pub fn new(server: Server, options: &Options, counters: Arc<Counters>, hook: Arc<Hook>) -> Pool {
        let threads = options.pool_size.max(1);
        let queue = Queue::new(Limits {
            bounded: options.write_queue,
            slow: options.slow_queue,
            // However many searches wait, half of the connections stay free of them.
            slow_at_once: options.readers.min(threads / 2).max(1),
            threads,
        });
        Pool { server, queue, threads: Mutex::default(), counters, hook }
    }

    pub fn submit(self: &Arc<Self>, class: Class, kind: Kind, job: Box<dyn Job>) -> Result<(), Error> {
        if self.queue.push(class, (kind, job))? {
            let pool = Arc::clone(self);
            match spawn("db-postgres", move || pool.serve()) {
                Ok(thread) => {
                    self.threads.lock().unwrap_or_else(PoisonError::into_inner).push(thread);
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

    /// Runs what waits (slow reads excepted), then ends all connections.
    pub fn close(&self) {
        self.queue.close();
        join(std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner)));
    }

    fn serve(&self) {
        let mut session = None;
        while let Some(((kind, job), class)) = self.queue.pop() {
            if !guarded(|| self.serve_one(&mut session, kind, class, job)) {
                session = None;
            }
            if class == Class::Slow {
                self.queue.slow_done();
            }
        }
    }

    fn serve_one(&self, session: &mut Option<Session>, kind: Kind, class: Class, mut job: Box<dyn Job>) {
        // Connected before the job counts as started, so that its caller's patience covers this.
        let connected = self.connected(session).map(drop);
        if !job.start() {
            return;
        }
        self.count(kind, class);
        match connected {
            Ok(()) => self.run(session, kind, class, job.as_mut()),
            Err(error) => job.fail(error),
        }
        job.answer();
        // What was read is complete: nobody is to wait for its transaction's end.
        if session.as_mut().is_some_and(|session| !session.close()) {
            *session = None;
        }
    }

    /// Runs a job until it has an outcome: again a few times if the server asks for it, once more on a new
    /// connection if this one broke before the commit.
    fn run(&self, session: &mut Option<Session>, kind: Kind, class: Class, job: &mut dyn Job) {
        let (mut retries, mut reconnected) = (0, false);
        loop {
            match self.attempt(session, kind, class, job) {
                Ok(()) => return,
                Err(Trouble::Again(_)) if retries < RETRIES => {
                    retries += 1;
                    std::thread::sleep(backoff(retries));
                }
                Err(Trouble::Lost(_)) if !reconnected => {
                    reconnected = true;
                    *session = None;
                }
                Err(Trouble::Again(error)) => {
                    let why = format!("given up after {RETRIES} more attempts: {error}");
                    return job.fail(Error::Unavailable(why));
                }
                Err(Trouble::Lost(error)) => {
                    *session = None;
                    return job.fail(error);
                }
                Err(Trouble::Final(error)) => return job.fail(error),
            }
            self.counters.retries.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Runs a job once. `Ok` if its own outcome stands.
    fn attempt(
        &self,
        held: &mut Option<Session>,
        kind: Kind,
        class: Class,
        job: &mut dyn Job,
    ) -> Result<(), Trouble> {
        let session = self.connected(held).map_err(Trouble::Final)?;
        session.begin(kind, class).map_err(|poison| match poison.suspect {
            true => Trouble::Lost(poison.error),
            false => Trouble::Final(poison.error),
        })?;
        match (job.run(&mut Tx::postgres(session)), kind) {
            (Verdict::Keep, Kind::Read) => Ok(()),
            (Verdict::Keep, Kind::Write) => self.commit(held),
            (Verdict::Discard(poison), _) => {
                if session.roll_back().is_err() {
                    *held = None;
                }
                match poison {
                    Some(poison) if matches!(poison.error, Error::Serialization(_)) => {
                        Err(Trouble::Again(poison.error))
                    }
                    Some(poison) if poison.suspect => Err(Trouble::Lost(poison.error)),
                    _ => Ok(()),
                }
            }
        }
    }

    fn commit(&self, held: &mut Option<Session>) -> Result<(), Trouble> {
        let Some(session) = held else { return Err(Trouble::Final(Error::closed())) };
        if let Err(error) = self.hook.run(&mut Tx::postgres(session)) {
            if session.roll_back().is_err() {
                *held = None;
            }
            return Err(match error {
                Error::Serialization(_) => Trouble::Again(error),
                Error::Unavailable(_) if held.is_none() => Trouble::Lost(error),
                error => Trouble::Final(error),
            });
        }
        match session.commit() {
            Ok(()) => Ok(()),
            Err(Ok(error @ Error::Serialization(_))) => Err(Trouble::Again(error)),
            Err(Ok(error)) => Err(Trouble::Final(error)),
            Err(Err(unknown)) => {
                *held = None;
                Err(Trouble::Final(unknown))
            }
        }
    }

    fn connected<'s>(&self, held: &'s mut Option<Session>) -> Result<&'s mut Session, Error> {
        match held {
            Some(session) => Ok(session),
            None => Ok(held.insert(Session::connect(&self.server)?)),
        }
    }

    fn count(&self, kind: Kind, class: Class) {
        let counters: &[_] = match (kind, class) {
            (Kind::Write, _) => &[&self.counters.writes, &self.counters.groups],
            (Kind::Read, Class::Bounded) => &[&self.counters.bounded_reads],
            (Kind::Read, Class::Slow) => &[&self.counters.slow_reads],
        };
        for counter in counters {
            counter.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// 5, 10, 20 ... milliseconds, each up to twice as long, so that rivals do not meet again.
fn backoff(attempt: u32) -> Duration {
    let base = 5u64 << attempt.saturating_sub(1).min(6);
    Duration::from_millis(base + RandomState::new().hash_one(attempt) % base)
}
