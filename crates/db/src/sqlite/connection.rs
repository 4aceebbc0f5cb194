//! How a SQLite connection is opened, and with which settings.

use std::path::{Path, PathBuf};
use std::sync::Once;
use std::time::{Duration, Instant};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, ffi};

use super::failure::plain;
use crate::Error;
use crate::db::Options;

/// The database's file and the settings of every connection to it.
#[derive(Debug, Clone)]
pub(crate) struct Files {
    pub path: PathBuf,
    durable: bool,
    cache_kib: usize,
    wal_cap: u64,
    busy: Duration,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Writer,
    Reader,
    Checkpointer,
    /// Rebuilds tables, so without foreign keys (they are checked at the end of each step).
    Migration,
}

/// Statements kept prepared on each connection.
const STATEMENTS: usize = 256;

impl Files {
    pub fn new(path: &Path, options: &Options) -> Result<Files, Error> {
        if path.as_os_str().is_empty() || path.as_os_str().to_string_lossy().contains(":memory:") {
            let why = "SQLite needs a file here (several connections share it): sqlite:PATH";
            return Err(Error::Unsupported(why.into()));
        }
        create_private(path)?;
        // The name is fixed now, so that a later change of the working directory moves no connection.
        let path = std::path::absolute(path).map_err(|error| cannot_open(path, &error.to_string()))?;
        Ok(Files {
            path,
            durable: options.durable,
            cache_kib: options.cache_kib,
            wal_cap: options.wal_cap,
            // A checkpoint that waits for readers holds the writer's lock for up to a slow read's deadline.
            busy: options.slow_deadline + Duration::from_secs(5),
        })
    }

    pub fn open(&self, role: Role) -> Result<Connection, Error> {
        configure_library();
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&self.path, flags)
            .map_err(|error| cannot_open(&self.path, &error.to_string()))?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS);
        self.tune(&connection, role).map_err(|error| match plain(error) {
            Error::Sql { message, .. } => cannot_open(&self.path, &message),
            other => other,
        })?;
        Ok(connection)
    }

    fn tune(&self, connection: &Connection, role: Role) -> rusqlite::Result<()> {
        // Readers meet a lock only while another process recovers the WAL, and may be on an async worker.
        connection.busy_timeout(if role == Role::Reader { Duration::from_secs(2) } else { self.busy })?;
        // `"word"` is a name, never a text, as on PostgreSQL.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DML, false)?;
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DDL, false)?;
        // A plan does not depend on what is bound; else each run of a statement prepares it again wherever a bound
        // column stands in a partial index's condition.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        let mode = self.write_ahead(connection)?;
        if mode != "wal" {
            tracing::warn!(mode, path = %self.path.display(), "the file system does not support a WAL");
        }
        let (durable, foreign_keys) = (self.durable, role != Role::Migration);
        let query_only = role == Role::Reader;
        // The writer's cache holds a group's changed pages until its commit.
        let cache = if role == Role::Writer { self.cache_kib * 2 } else { self.cache_kib };
        // A statement's journal in memory: triggers make one for every insert, and a file costs twice the insert.
        // What is deleted is overwritten: erasure must not leave a person's words in free pages.
        // No memory map: an I/O error in one is a signal that kills the process, and it counts as memory.
        connection.execute_batch(&format!(
            "pragma synchronous = {};
             pragma foreign_keys = {foreign_keys};
             pragma recursive_triggers = on;
             pragma wal_autocheckpoint = 0;
             pragma journal_size_limit = {};
             pragma cache_size = -{cache};
             pragma mmap_size = 0;
             pragma temp_store = memory;
             pragma secure_delete = on;
             pragma query_only = {query_only};",
            if durable { "full" } else { "off" },
            self.wal_cap,
        ))
    }

    /// Turns the WAL on. Of several processes that open a new file at once, each but one may be told that it is
    /// locked without SQLite's own patience, because waiting while holding a shared lock could be for ever.
    fn write_ahead(&self, connection: &Connection) -> rusqlite::Result<String> {
        let begun = Instant::now();
        loop {
            match connection.query_row("pragma journal_mode = wal", [], |row| row.get(0)) {
                Err(error) if is_busy(&error) && begun.elapsed() < self.busy => {
                    std::thread::sleep(Duration::from_millis(5));
                }
                mode => return mode,
            }
        }
    }
}

fn is_busy(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(rusqlite::ErrorCode::DatabaseBusy)
}

/// Creates the file, if there is none, for its owner alone: it holds what customers wrote. SQLite gives its
/// WAL the same permissions.
pub(super) fn create_private(path: &Path) -> Result<(), Error> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(cannot_open(path, &error.to_string())),
    }
}

fn cannot_open(path: &Path, why: &str) -> Error {
    Error::Unavailable(format!("cannot open {}: {why}", path.display()))
}

/// Memory statistics take a lock in every allocation, which makes a second reader slow the first one down.
fn configure_library() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        #[expect(
            unsafe_code,
            reason = "rusqlite has no safe call for it; it runs once, before the first open"
        )]
        // SAFETY: the option takes one int, and no connection of this crate is open yet. Were the library
        // already in use by other code, the call is refused and changes nothing.
        let code = unsafe { ffi::sqlite3_config(ffi::SQLITE_CONFIG_MEMSTATUS, 0) };
        if code != ffi::SQLITE_OK {
            tracing::warn!(code, "SQLite was in use before it could be configured; reads will be slower");
        }
    });
}
