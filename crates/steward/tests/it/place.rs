//! Databases for tests: migrated once per schema, copied for each test, gone when dropped.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use db::{Db, Options};
use postgres::{Client, NoTls};
use steward::schema::STEPS;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres,
}

/// Where a desk keeps its things; removed when dropped.
pub struct Place {
    pub url: String,
    pub folder: tempfile::TempDir,
    database: Option<String>,
}

impl Place {
    /// A database with the schema brought up and nothing but reference data.
    pub fn migrated(engine: Engine) -> Place {
        let folder = tempfile::tempdir().unwrap();
        match engine {
            Engine::Sqlite => {
                let file = folder.path().join("steward.db");
                std::fs::copy(sqlite_template(), &file).unwrap();
                Place { url: format!("sqlite:{}", file.display()), folder, database: None }
            }
            Engine::Postgres => {
                let template = postgres_template();
                Place::create(folder, &format!("template {template}"))
            }
        }
    }

    /// A database without a schema.
    pub fn empty(engine: Engine) -> Place {
        let folder = tempfile::tempdir().unwrap();
        match engine {
            Engine::Sqlite => {
                let url = format!("sqlite:{}", folder.path().join("steward.db").display());
                Place { url, folder, database: None }
            }
            Engine::Postgres => Place::create(folder, ""),
        }
    }

    fn create(folder: tempfile::TempDir, from: &str) -> Place {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("desk_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        // A run that was killed may have left one behind.
        run_sql(&format!("drop database if exists {name} with (force)"));
        run_sql(&format!("create database {name} {from}"));
        Place { url: url_of(&name), folder, database: Some(name) }
    }

    /// The database as `--database` names it; `None` where it is a file in the data folder.
    pub fn database_flag(&self) -> Option<&str> {
        self.database.as_ref().map(|_| self.url.as_str())
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(name) = &self.database {
            run_sql(&format!("drop database if exists {name} with (force)"));
        }
    }
}

/// The server for tests. Its absence fails a test: one that passes by not running proves nothing.
pub fn server() -> String {
    std::env::var("STEWARD_TEST_POSTGRES").expect(
        "run `bin/test postgres COMMAND`, or set STEWARD_TEST_POSTGRES: a private server's superuser URL",
    )
}

/// The URL of another database of the server.
fn url_of(name: &str) -> String {
    let mut url = server();
    let path = url.find("://").map_or(0, |at| at + 3);
    let query = url.find('?').unwrap_or(url.len());
    let slash = url[path..query].find('/').map_or(query, |at| path + at);
    url.replace_range(slash..query, &format!("/{name}"));
    url
}

/// Runs one statement outside of any transaction, as `create database` wants it.
pub fn run_sql(sql: &str) {
    connect().batch_execute(sql).unwrap_or_else(|error| panic!("{sql}: {error:?}"));
}

fn connect() -> Client {
    Client::connect(&server(), NoTls).expect("connect to STEWARD_TEST_POSTGRES")
}

/// Differs for every state of the migrations.
fn schema_hash() -> u64 {
    let mut hasher = DefaultHasher::new();
    for step in STEPS {
        (step.number, step.name, step.sqlite, step.postgres).hash(&mut hasher);
    }
    hasher.finish()
}

fn migrate(url: &str) {
    let mut options = Options::new(url);
    options.durable = false;
    let db = Db::open(options).unwrap();
    db.migrate(STEPS, None).unwrap();
    db.close();
}

fn sqlite_template() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let template = folder.join(format!("template-{:016x}.db", schema_hash()));
    if !template.exists() {
        std::fs::create_dir_all(folder).unwrap();
        // Tests start side by side: each makes its own, and the last rename wins.
        let draft = tempfile::tempdir_in(folder).unwrap();
        let file = draft.path().join("template.db");
        migrate(&format!("sqlite:{}", file.display()));
        std::fs::rename(&file, &template).unwrap();
    }
    template
}

/// The migrated database that others are copied from. The first test to come makes it, the others wait.
fn postgres_template() -> String {
    let template = format!("steward_template_{:016x}", schema_hash());
    let mut client = connect();
    client.execute("select pg_advisory_lock(4711)", &[]).unwrap();
    let known = client.query("select 1 from pg_database where datname = $1", &[&template]).unwrap();
    if known.is_empty() {
        let draft = format!("draft_{template}");
        client.batch_execute(&format!("drop database if exists {draft} with (force)")).unwrap();
        client.batch_execute(&format!("create database {draft}")).unwrap();
        migrate(&url_of(&draft));
        client.batch_execute(&format!("alter database {draft} rename to {template}")).unwrap();
    }
    template
}
