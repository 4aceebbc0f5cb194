//! Databases for tests: a SQLite file, or a PostgreSQL database of a unique name, gone when dropped.

use std::sync::atomic::{AtomicU32, Ordering};

use db::{Db, Error, Options, Tx};

/// A database of its own for one test.
pub struct Desk {
    pub db: Db,
    pub url: String,
    _gone_after: Guard,
}

pub enum Guard {
    Sqlite(#[expect(dead_code, reason = "held for its Drop, which removes the folder")] tempfile::TempDir),
    Postgres { server: String, name: String },
}

impl Drop for Guard {
    fn drop(&mut self) {
        if let Guard::Postgres { server, name } = self {
            run_sql(server, &format!("drop database if exists {name} with (force)"));
        }
    }
}

/// Runs one statement outside of any transaction, as `create database` wants it.
pub fn run_sql(url: &str, sql: &str) {
    let mut client =
        postgres::Client::connect(url, postgres::NoTls).expect("connect to STEWARD_TEST_POSTGRES");
    client.batch_execute(sql).expect(sql);
}

/// The server for tests. Its absence fails a test: one that passes by not running proves nothing.
pub fn server() -> String {
    std::env::var("STEWARD_TEST_POSTGRES").expect(
        "set STEWARD_TEST_POSTGRES to the postgres:// URL of a superuser on a private server to run this test",
    )
}

pub fn sqlite() -> Desk {
    sqlite_with(|_| {})
}

pub fn sqlite_with(change: impl FnOnce(&mut Options)) -> Desk {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("test.db").display());
    let mut options = Options::new(&url);
    change(&mut options);
    Desk { db: Db::open(options).unwrap(), url, _gone_after: Guard::Sqlite(folder) }
}

pub fn postgres() -> Desk {
    postgres_with(|_| {})
}

pub fn postgres_with(change: impl FnOnce(&mut Options)) -> Desk {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let server = server();
    let name = format!("t{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
    run_sql(&server, &format!("create database {name}"));
    let mut url = server.clone();
    let path = url.find("://").map_or(0, |at| at + 3);
    let query = url.find('?').unwrap_or(url.len());
    let slash = url[path..query].find('/').map_or(query, |at| path + at);
    url.replace_range(slash..query, &format!("/{name}"));
    let mut options = Options::new(&url);
    change(&mut options);
    Desk { db: Db::open(options).unwrap(), url, _gone_after: Guard::Postgres { server, name } }
}

impl Desk {
    /// Runs a migration-like text, tokens expanded.
    pub fn schema(&self, text: &'static str) {
        self.write(move |tx| {
            let text = tx.dialect().expand(text)?;
            tx.batch(&text)
        })
        .unwrap();
    }

    pub fn write<T, F>(&self, f: F) -> Result<T, Error>
    where
        F: Fn(&mut Tx<'_>) -> Result<T, Error> + Send + Sync + 'static,
        T: Send + 'static,
    {
        self.db.write_blocking(f)
    }

    pub fn read<T, F>(&self, f: F) -> Result<T, Error>
    where
        F: Fn(&mut Tx<'_>) -> Result<T, Error> + Send + Sync + 'static,
        T: Send + 'static,
    {
        self.db.read_blocking(db::Class::Bounded, f)
    }

    /// The first column of the first row, as an integer.
    pub fn int(&self, sql: &'static str) -> i64 {
        self.read(move |tx| Ok(tx.one::<(i64,)>(sql, &[])?.0)).unwrap()
    }
}

/// Defines each test twice, once an engine.
#[macro_export]
macro_rules! both {
    ($($(#[$meta:meta])* fn $name:ident($desk:ident) $body:block)+) => {$(
        $(#[$meta])*
        mod $name {
            use super::*;

            fn body($desk: &$crate::support::Desk) $body

            #[test]
            fn sqlite() {
                body(&$crate::support::sqlite());
            }

            #[test]
            fn postgres() {
                body(&$crate::support::postgres());
            }
        }
    )+};
}
