//! The handle of a database, and how it is opened.

use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::job::{self, Job, Patience};
use crate::migrate::{self, Step};
use crate::stats::{Counters, Stats};
use crate::tx::Tx;
use crate::{Dialect, Error, postgres, sqlite};

/// A database. Clones share it; the last one dropped closes it.
///
/// Closures are `Fn`, because they may run again: keep effects on the outside world out of them. A closure
/// must not call the same `Db`: it holds the connection that the inner call would wait for.
#[derive(Clone)]
pub struct Db {
    shared: Arc<Shared>,
}

struct Shared {
    engine: Engine,
    hook: Arc<Hook>,
    counters: Arc<Counters>,
}

enum Engine {
    Sqlite(Box<sqlite::Engine>),
    Postgres(Box<postgres::Engine>),
}

/// What a read may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Class {
    /// A key, or one page of a covering index: below a millisecond.
    Bounded,
    /// Searches, exports, exact counts: on few threads of low priority, with a queue limit and a deadline.
    Slow,
}

/// How to open a database. [`Options::new`] gives the defaults named at each field.
#[derive(Debug, Clone)]
pub struct Options {
    /// `sqlite:PATH` or `postgres://user:password@host:port/name`.
    ///
    /// A PostgreSQL URL takes libpq's parameters, of TLS `sslmode` (`disable`, `prefer`, `require`,
    /// `verify-ca`, `verify-full`) and `sslrootcert` (a file, or `system`). As with libpq the default,
    /// `prefer`, encrypts where the server can and checks nothing; `verify-full` is sure of who answers.
    pub url: String,
    /// Slow reads at a time. Default: cores - 1, at least 1.
    pub readers: usize,
    /// A read is ended after this long (on PostgreSQL: each statement of a slow one). A slow read waits at
    /// most as long for its turn on SQLite. Default: 10 s.
    pub slow_deadline: Duration,
    /// Slow reads that may wait; more are refused. Default: 64.
    pub slow_queue: usize,
    /// Writes (on PostgreSQL: writes and bounded reads) that may wait; more are refused. Default: 4096.
    pub write_queue: usize,
    /// PostgreSQL connections, opened as they are needed. Default: 2 x cores + 2.
    pub pool_size: usize,
    /// How long a closure waits for a PostgreSQL connection. Default: 5 s.
    pub acquire_timeout: Duration,
    /// How long one statement may run on PostgreSQL, migrations excepted. Default: 30 s.
    pub statement_timeout: Duration,
    /// How long a caller waits for a closure that is running on PostgreSQL (a blocking one ten times as
    /// long). Default: 60 s.
    pub run_timeout: Duration,
    /// SQLite: commit the writes that wait together. Default: true. False is for measuring.
    pub group_commit: bool,
    /// SQLite: each answered write is on the disk. Default: true. False is for databases that are thrown
    /// away.
    pub durable: bool,
    /// SQLite: page cache of each connection, in KiB; the writer has twice as much. Default: 4096.
    pub cache_kib: usize,
    /// SQLite: the WAL's greatest length in bytes; reaching it, writers wait for readers. Default: 64 MiB.
    pub wal_cap: u64,
}

impl Options {
    pub fn new(url: impl Into<String>) -> Options {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Options {
            url: url.into(),
            readers: cores.saturating_sub(1).max(1),
            slow_deadline: Duration::from_secs(10),
            slow_queue: 64,
            write_queue: 4096,
            pool_size: 2 * cores + 2,
            acquire_timeout: Duration::from_secs(5),
            statement_timeout: Duration::from_secs(30),
            run_timeout: Duration::from_secs(60),
            group_commit: true,
            durable: true,
            cache_kib: 4096,
            wal_cap: 64 << 20,
        }
    }
}

impl Db {
    /// Opens a database; a SQLite file is created if there is none, readable by its owner only.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if SQLite's file cannot be opened; a PostgreSQL server is not contacted yet.
    /// [`Error::Unsupported`] for a URL of another kind.
    pub fn open(options: Options) -> Result<Db, Error> {
        let (hook, counters) = (Arc::<Hook>::default(), Arc::<Counters>::default());
        let sqlite = options.url.strip_prefix("sqlite://").or_else(|| options.url.strip_prefix("sqlite:"));
        let engine = if let Some(path) = sqlite {
            Engine::Sqlite(Box::new(sqlite::Engine::open(Path::new(path), &options, &counters, &hook)?))
        } else if options.url.starts_with("postgres://") || options.url.starts_with("postgresql://") {
            Engine::Postgres(Box::new(postgres::Engine::open(&options, &counters, &hook)?))
        } else {
            let why = "a database is named sqlite:PATH or postgres://user:password@host:port/name";
            return Err(Error::Unsupported(why.into()));
        };
        Ok(Db { shared: Arc::new(Shared { engine, hook, counters }) })
    }

    pub fn dialect(&self) -> Dialect {
        match self.shared.engine {
            Engine::Sqlite(_) => Dialect::Sqlite,
            Engine::Postgres(_) => Dialect::Postgres,
        }
    }

    /// Reads; all that the closure asks is answered from one snapshot.
    ///
    /// On SQLite a bounded read runs right here, without giving the thread up; a slow one goes to its queue.
    /// On PostgreSQL both run on the pool's threads. Waiting with a limit needs a runtime with a timer.
    ///
    /// # Errors
    /// The closure's own, or [`Error::Unavailable`] if the database is away, busy or too slow.
    pub async fn read<T, E, F>(&self, class: Class, f: F) -> Result<T, E>
    where
        F: Fn(&mut Tx<'_>) -> Result<T, E> + Send + Sync + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        if let (Engine::Sqlite(engine), Class::Bounded) = (&self.shared.engine, class) {
            return engine.read_here(f);
        }
        let (job, pending) = job::pending(f);
        let patience = self.submit_read(class, job)?;
        pending.wait(patience).await
    }

    /// [`read`](Self::read) for the command line and tests; needs no runtime.
    pub fn read_blocking<T, E, F>(&self, class: Class, f: F) -> Result<T, E>
    where
        F: Fn(&mut Tx<'_>) -> Result<T, E> + Send + Sync + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        if let (Engine::Sqlite(engine), Class::Bounded) = (&self.shared.engine, class) {
            return engine.read_here(f);
        }
        let (job, blocked) = job::blocked(f);
        let patience = self.submit_read(class, job)?;
        blocked.wait(patience)
    }

    /// Writes. `Ok` means that it is on the disk; an `Err` from the closure rolls its changes back, and only
    /// its own.
    ///
    /// # Errors
    /// The closure's own; [`Error::Unavailable`] (nothing was written); [`Error::OutcomeUnknown`];
    /// [`Error::Full`]; [`Error::Panicked`].
    pub async fn write<T, E, F>(&self, f: F) -> Result<T, E>
    where
        F: Fn(&mut Tx<'_>) -> Result<T, E> + Send + Sync + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let (job, pending) = job::pending(f);
        let patience = self.submit_write(job)?;
        pending.wait(patience).await
    }

    /// [`write`](Self::write) for the command line and tests; needs no runtime.
    pub fn write_blocking<T, E, F>(&self, f: F) -> Result<T, E>
    where
        F: Fn(&mut Tx<'_>) -> Result<T, E> + Send + Sync + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let (job, blocked) = job::blocked(f);
        let patience = self.submit_write(job)?;
        blocked.wait(patience)
    }

    fn submit_read(&self, class: Class, job: Box<dyn Job>) -> Result<Patience, Error> {
        match &self.shared.engine {
            Engine::Sqlite(engine) => engine.submit_slow(job),
            Engine::Postgres(engine) => engine.submit_read(class, job),
        }
    }

    fn submit_write(&self, job: Box<dyn Job>) -> Result<Patience, Error> {
        match &self.shared.engine {
            Engine::Sqlite(engine) => engine.submit_write(job),
            Engine::Postgres(engine) => engine.submit_write(job),
        }
    }

    /// Applies the steps that the database does not have yet; answers their numbers. Any number of processes
    /// may do so at once.
    ///
    /// A SQLite database that holds applied steps is first copied to `backup` (or `backup.2`, ... if that
    /// exists), readable by its owner only.
    ///
    /// # Errors
    /// [`Error::Newer`] if the database knows a later step than the program; [`Error::Migration`] names a
    /// step that was changed after it was applied, is out of order, or failed (that one is rolled back, the
    /// earlier ones stay).
    pub fn migrate(&self, steps: &[Step], backup: Option<&Path>) -> Result<Vec<u32>, Error> {
        match &self.shared.engine {
            Engine::Sqlite(engine) => migrate::sqlite(engine.files(), steps, backup),
            Engine::Postgres(engine) => engine.migrate(steps),
        }
    }

    /// The numbers of the steps that [`migrate`](Self::migrate) would apply; changes nothing.
    ///
    /// # Errors
    /// [`Error::Newer`] and [`Error::Migration`] as there.
    pub fn missing_steps(&self, steps: &'static [Step]) -> Result<Vec<u32>, Error> {
        self.read_blocking(Class::Bounded, move |tx| migrate::missing(tx, steps))
    }

    /// Sets what runs once before each commit of writes: once a group on SQLite, once a transaction on
    /// PostgreSQL. If it fails, so does what it ran for.
    pub fn before_commit(&self, hook: fn(&mut Tx<'_>) -> Result<(), Error>) {
        self.shared.hook.set(hook);
    }

    pub fn stats(&self) -> Stats {
        let mut stats = self.shared.counters.stats();
        match &self.shared.engine {
            Engine::Sqlite(engine) => engine.gauges(&mut stats),
            Engine::Postgres(engine) => engine.gauges(&mut stats),
        }
        stats
    }

    /// Copies a live SQLite database to a new file of mode 0600, consistently, while writes go on.
    ///
    /// # Errors
    /// [`Error::Unsupported`] on PostgreSQL (use `pg_dump`), or if the file exists.
    pub fn backup(&self, to: &Path) -> Result<(), Error> {
        match &self.shared.engine {
            Engine::Sqlite(engine) => sqlite::copy(engine.files(), to),
            Engine::Postgres(_) => Err(Error::Unsupported("back PostgreSQL up with pg_dump".into())),
        }
    }

    /// SQLite: a number that changes when another process has written (and now and then without reason: it is
    /// a hint). PostgreSQL: 0.
    pub async fn data_version(&self) -> Result<i64, Error> {
        match &self.shared.engine {
            // On the writer's connection, so that our own writes do not count.
            Engine::Sqlite(_) => self.write(|tx| Ok(tx.one::<(i64,)>("pragma data_version", &[])?.0)).await,
            Engine::Postgres(_) => Ok(0),
        }
    }

    /// Calls `heard` whenever somebody notifies `channel` (a plain name), with what the notification says, until the
    /// database is closed; PostgreSQL only, where it takes a connection and a thread of its own. A notification is a
    /// hint: one may be missed, and `heard` is also called, with nothing, where some may have been.
    pub fn listen(&self, channel: &'static str, heard: impl Fn(Option<&str>) + Send + 'static) {
        if let Engine::Postgres(engine) = &self.shared.engine {
            engine.listen(channel, heard);
        }
    }

    /// Runs the writes that wait, refuses everything else, closes all connections and ends all threads. Other
    /// clones of this handle answer [`Error::Unavailable`] from then on.
    pub fn close(self) {
        self.shared.close();
    }
}

impl Shared {
    fn close(&self) {
        match &self.engine {
            Engine::Sqlite(engine) => engine.close(),
            Engine::Postgres(engine) => engine.close(),
        }
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.close();
    }
}

type HookFn = fn(&mut Tx<'_>) -> Result<(), Error>;

/// What runs before each commit of writes.
#[derive(Default)]
pub(crate) struct Hook(RwLock<Option<HookFn>>);

impl Hook {
    fn set(&self, hook: HookFn) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Some(hook);
    }

    /// Runs it, if there is one. Fails also if a statement of it failed and it hid that.
    pub fn run(&self, tx: &mut Tx<'_>) -> Result<(), Error> {
        let hook = *self.0.read().unwrap_or_else(PoisonError::into_inner);
        let Some(hook) = hook else { return Ok(()) };
        job::attempt(&hook, tx).0
    }
}

/// Waits for threads to end. The last handle may be dropped on one of them, which cannot wait for itself.
pub(crate) fn join(threads: Vec<JoinHandle<()>>) {
    for thread in threads {
        if thread.thread().id() != std::thread::current().id() && thread.join().is_err() {
            tracing::error!("a database thread panicked");
        }
    }
}
