//! The queue between callers and the threads that own connections.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use crate::{Class, Error};

/// Two lanes: bounded work goes first, slow work runs at most `slow_at_once` at a time, so that searches
/// never take all the threads. Each lane holds a limited number of waiting items.
pub(crate) struct Queue<T> {
    state: Mutex<State<T>>,
    ready: Condvar,
    limits: Limits,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    pub bounded: usize,
    pub slow: usize,
    pub slow_at_once: usize,
    /// How many threads may be started; they are started when work finds none idle.
    pub threads: usize,
}

struct State<T> {
    bounded: VecDeque<T>,
    slow: VecDeque<T>,
    slow_running: usize,
    idle: usize,
    threads: usize,
    closed: bool,
}

impl<T> Queue<T> {
    pub fn new(limits: Limits) -> Queue<T> {
        let state = State {
            bounded: VecDeque::new(),
            slow: VecDeque::new(),
            slow_running: 0,
            idle: 0,
            threads: 0,
            closed: false,
        };
        Queue { state: Mutex::new(state), ready: Condvar::new(), limits }
    }

    /// Adds an item. `Ok(true)` asks the caller to start one more thread (it is counted already; report a
    /// thread that could not be started with [`thread_ended`](Self::thread_ended)).
    pub fn push(&self, class: Class, item: T) -> Result<bool, Error> {
        let mut state = self.lock();
        if state.closed {
            return Err(Error::closed());
        }
        let (lane, limit) = match class {
            Class::Bounded => (&mut state.bounded, self.limits.bounded),
            Class::Slow => (&mut state.slow, self.limits.slow),
        };
        if lane.len() >= limit {
            return Err(Error::Unavailable(format!("{limit} others are waiting already")));
        }
        lane.push_back(item);
        let runnable = state.bounded.len()
            + state.slow.len().min(self.limits.slow_at_once.saturating_sub(state.slow_running));
        let grow = runnable > state.idle && state.threads < self.limits.threads;
        if grow {
            state.threads += 1;
        }
        drop(state);
        self.ready.notify_one();
        Ok(grow)
    }

    /// Waits for an item; `None` once the queue is closed and empty. A slow item must be reported with
    /// [`slow_done`](Self::slow_done).
    pub fn pop(&self) -> Option<(T, Class)> {
        let mut state = self.lock();
        loop {
            if let Some(item) = state.bounded.pop_front() {
                return Some((item, Class::Bounded));
            }
            if state.slow_running < self.limits.slow_at_once
                && let Some(item) = state.slow.pop_front()
            {
                state.slow_running += 1;
                return Some((item, Class::Slow));
            }
            if state.closed {
                return None;
            }
            state.idle += 1;
            state = self.ready.wait(state).unwrap_or_else(PoisonError::into_inner);
            state.idle -= 1;
        }
    }

    /// The next bounded item if one is waiting.
    pub fn try_pop(&self) -> Option<T> {
        self.lock().bounded.pop_front()
    }

    pub fn slow_done(&self) {
        self.lock().slow_running -= 1;
        self.ready.notify_one();
    }

    pub fn thread_ended(&self) {
        self.lock().threads -= 1;
    }

    /// Refuses new items. What waits in the bounded lane is still run; slow work is dropped.
    pub fn close(&self) {
        let dropped = {
            let mut state = self.lock();
            state.closed = true;
            std::mem::take(&mut state.slow)
        };
        drop(dropped);
        self.ready.notify_all();
    }

    /// Items that wait, bounded and slow, and threads that are at work.
    pub fn lengths(&self) -> (usize, usize, usize) {
        let state = self.lock();
        (state.bounded.len(), state.slow.len(), state.threads.saturating_sub(state.idle))
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        // No code of ours panics while holding it, and every state in between is a valid one.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
