//! Figures for the operator.

use std::sync::atomic::{AtomicU64, Ordering};

/// Counters since the database was opened, and the state of its queues now.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stats {
    /// Write closures answered.
    pub writes: u64,
    /// Transactions they were committed in; on PostgreSQL the same as `writes`.
    pub groups: u64,
    /// Groups that were rolled back and run again one by one (SQLite).
    pub broken_groups: u64,
    pub bounded_reads: u64,
    pub slow_reads: u64,
    /// Transactions run again after a serialisation failure, deadlock or lost connection (PostgreSQL).
    pub retries: u64,
    /// Closures that wait to write; on PostgreSQL all bounded work that waits.
    pub write_queue: usize,
    /// Slow reads that wait.
    pub slow_queue: usize,
    /// Threads at work for slow reads (SQLite), or for anything (PostgreSQL).
    pub connections_in_use: usize,
    /// Pages in the WAL after the last commit (SQLite).
    pub wal_pages: i64,
}

#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub writes: AtomicU64,
    pub groups: AtomicU64,
    pub broken_groups: AtomicU64,
    pub bounded_reads: AtomicU64,
    pub slow_reads: AtomicU64,
    pub retries: AtomicU64,
}

impl Counters {
    pub fn stats(&self) -> Stats {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Stats {
            writes: read(&self.writes),
            groups: read(&self.groups),
            broken_groups: read(&self.broken_groups),
            bounded_reads: read(&self.bounded_reads),
            slow_reads: read(&self.slow_reads),
            retries: read(&self.retries),
            ..Stats::default()
        }
    }
}
