//! A closure on its way to the thread that runs it, and its answer on the way back.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use tokio::sync::oneshot;

use crate::Error;
use crate::tx::{Poison, Tx};

/// A closure whose types are hidden from the engine. It may be run several times; the caller gets the last
/// outcome, and only when the engine says so.
pub(crate) trait Job: Send {
    /// False when the caller has gone away: the job is to be dropped unrun.
    fn start(&self) -> bool;
    fn run(&mut self, tx: &mut Tx<'_>) -> Verdict;
    /// Replaces the outcome.
    fn fail(&mut self, error: Error);
    fn answer(self: Box<Self>);
}

/// What is to become of a closure's changes.
#[derive(Debug)]
pub(crate) enum Verdict {
    Keep,
    /// Roll back; the poison is there when a statement failed.
    Discard(Option<Poison>),
}

impl Verdict {
    pub fn suspect(&self) -> bool {
        matches!(self, Verdict::Discard(Some(poison)) if poison.suspect)
    }
}

/// How long a caller waits, and what it is told if nobody answers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    /// Until the closure starts; `None` waits as long as it takes.
    pub start: Option<Duration>,
    /// Until it has ended, from its start; ten times as long on a command line, where nobody else waits.
    pub end: Option<Duration>,
    /// The error for a closure that started and was never answered.
    pub lost: fn(String) -> Error,
}

/// Runs a closure once, catching its panic.
pub(crate) fn attempt<T, E, F>(f: &F, tx: &mut Tx<'_>) -> (Result<T, E>, Verdict)
where
    F: Fn(&mut Tx<'_>) -> Result<T, E>,
    E: From<Error>,
{
    // Unwind safety: what a panicking closure leaves half done is in the transaction, which is rolled back.
    let result = catch_unwind(AssertUnwindSafe(|| f(tx)));
    let poison = tx.take_poison();
    match (result, poison) {
        (Err(panic), poison) => {
            (Err(Error::Panicked(panic_message(panic.as_ref())).into()), Verdict::Discard(poison))
        }
        (Ok(Ok(_)), Some(poison)) => (Err(poison.error.clone().into()), Verdict::Discard(Some(poison))),
        (Ok(Ok(value)), None) => (Ok(value), Verdict::Keep),
        (Ok(Err(error)), poison) => (Err(error), Verdict::Discard(poison)),
    }
}

/// Keeps a thread alive that runs callers' code outside of [`attempt`], such as conversions of their errors
/// and `Drop`. False if that panicked.
pub(crate) fn guarded(f: impl FnOnce()) -> bool {
    let outcome = catch_unwind(AssertUnwindSafe(f));
    if let Err(panic) = &outcome {
        tracing::error!(message = panic_message(panic.as_ref()), "a panic outside of a closure");
    }
    outcome.is_ok()
}

fn panic_message(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message").to_owned()
}

/// Whether a job has been taken up by a thread or given up by its caller; only one of them can be first.
#[derive(Debug, Default)]
struct Ticket(AtomicU8);

const WAITING: u8 = 0;
const STARTED: u8 = 1;
const ABANDONED: u8 = 2;

impl Ticket {
    fn move_to(&self, state: u8) -> bool {
        self.0.compare_exchange(WAITING, state, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }
}

enum Reply<T> {
    Async(oneshot::Sender<T>),
    Blocking(mpsc::SyncSender<T>),
}

struct Work<T, E, F> {
    f: F,
    outcome: Option<Result<T, E>>,
    reply: Reply<Result<T, E>>,
    ticket: Arc<Ticket>,
}

impl<T, E, F> Job for Work<T, E, F>
where
    F: Fn(&mut Tx<'_>) -> Result<T, E> + Send + Sync,
    T: Send,
    E: From<Error> + Send,
{
    fn start(&self) -> bool {
        self.ticket.move_to(STARTED)
    }

    fn run(&mut self, tx: &mut Tx<'_>) -> Verdict {
        let (outcome, verdict) = attempt(&self.f, tx);
        self.outcome = Some(outcome);
        verdict
    }

    fn fail(&mut self, error: Error) {
        self.outcome = Some(Err(error.into()));
    }

    fn answer(self: Box<Self>) {
        let Some(outcome) = self.outcome else { return };
        // The caller may have gone; then nobody wants the answer.
        match self.reply {
            Reply::Async(reply) => drop(reply.send(outcome)),
            Reply::Blocking(reply) => drop(reply.send(outcome)),
        }
    }
}

/// The caller's end of a job that an asynchronous caller waits for. Dropped, it gives up a job not yet
/// started.
pub(crate) struct Pending<T, E> {
    answer: oneshot::Receiver<Result<T, E>>,
    ticket: Arc<Ticket>,
}

impl<T, E> Drop for Pending<T, E> {
    fn drop(&mut self) {
        self.ticket.move_to(ABANDONED);
    }
}

/// The caller's end of a job that a thread waits for.
pub(crate) struct Blocked<T, E> {
    answer: mpsc::Receiver<Result<T, E>>,
    ticket: Arc<Ticket>,
}

pub(crate) fn pending<T, E, F>(f: F) -> (Box<dyn Job>, Pending<T, E>)
where
    F: Fn(&mut Tx<'_>) -> Result<T, E> + Send + Sync + 'static,
    T: Send + 'static,
    E: From<Error> + Send + 'static,
{
    let (sender, answer) = oneshot::channel();
    let ticket = Arc::new(Ticket::default());
    let work = Work { f, outcome: None, reply: Reply::Async(sender), ticket: Arc::clone(&ticket) };
    (Box::new(work), Pending { answer, ticket })
}

pub(crate) fn blocked<T, E, F>(f: F) -> (Box<dyn Job>, Blocked<T, E>)
where
    F: Fn(&mut Tx<'_>) -> Result<T, E> + Send + Sync + 'static,
    T: Send + 'static,
    E: From<Error> + Send + 'static,
{
    let (sender, answer) = mpsc::sync_channel(1);
    let ticket = Arc::new(Ticket::default());
    let work = Work { f, outcome: None, reply: Reply::Blocking(sender), ticket: Arc::clone(&ticket) };
    (Box::new(work), Blocked { answer, ticket })
}

impl<T, E: From<Error>> Pending<T, E> {
    /// Needs a runtime with a timer only where `patience` has a limit.
    pub async fn wait(mut self, patience: Patience) -> Result<T, E> {
        let lost = || E::from((patience.lost)("its thread ended without an answer".into()));
        if let Some(limit) = patience.start {
            match tokio::time::timeout(limit, &mut self.answer).await {
                Ok(answer) => return answer.unwrap_or_else(|_| Err(lost())),
                Err(_) if self.ticket.move_to(ABANDONED) => return Err(too_busy(limit).into()),
                Err(_) => {}
            }
        }
        match patience.end {
            None => (&mut self.answer).await.unwrap_or_else(|_| Err(lost())),
            Some(limit) => match tokio::time::timeout(limit, &mut self.answer).await {
                Ok(answer) => answer.unwrap_or_else(|_| Err(lost())),
                Err(_) => Err((patience.lost)(format!("no answer within {limit:?}")).into()),
            },
        }
    }
}

impl<T, E: From<Error>> Blocked<T, E> {
    pub fn wait(self, patience: Patience) -> Result<T, E> {
        let lost = || E::from((patience.lost)("its thread ended without an answer".into()));
        if let Some(limit) = patience.start {
            match self.answer.recv_timeout(limit) {
                Ok(answer) => return answer,
                Err(mpsc::RecvTimeoutError::Disconnected) => return Err(lost()),
                Err(mpsc::RecvTimeoutError::Timeout) if self.ticket.move_to(ABANDONED) => {
                    return Err(too_busy(limit).into());
                }
                Err(mpsc::RecvTimeoutError::Timeout) => {}
            }
        }
        let Some(limit) = patience.end.map(|limit| limit * 10) else {
            return self.answer.recv().unwrap_or_else(|_| Err(lost()));
        };
        self.answer.recv_timeout(limit).unwrap_or_else(|why| match why {
            mpsc::RecvTimeoutError::Disconnected => Err(lost()),
            mpsc::RecvTimeoutError::Timeout => {
                Err((patience.lost)(format!("no answer within {limit:?}")).into())
            }
        })
    }
}

fn too_busy(limit: Duration) -> Error {
    Error::Unavailable(format!("no connection was free within {limit:?}"))
}
