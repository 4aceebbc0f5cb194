//! Numbered steps that bring a database to the form that the program expects.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};

use crate::sqlite::{Files, Role, copy, plain_error};
use crate::tx::Tx;
use crate::{Dialect, Error};

/// One migration. A text that both engines read is given twice. `{{tokens}}` are replaced by
/// [`Dialect::expand`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// Steps are given and applied in ascending order.
    pub number: u32,
    pub name: &'static str,
    pub sqlite: &'static str,
    pub postgres: &'static str,
}

/// How long to wait for another process that is migrating; building an index may take it minutes.
pub(crate) const LOCK_PATIENCE: Duration = Duration::from_secs(600);

pub(crate) const CREATE: &str = "create table if not exists schema_migrations (
    number integer primary key,
    name text not null,
    checksum text not null,
    applied_at {{time}} not null default {{now}}
)";

const APPLIED: &str = "select number, name, checksum from schema_migrations order by number";
const RECORD: &str = "insert into schema_migrations (number, name, checksum) values ($1, $2, $3)";

crate::record! {
    pub(crate) struct Applied {
        number: u32,
        name: String,
        checksum: String,
    }
}

impl Step {
    pub(crate) fn text(&self, dialect: Dialect) -> &'static str {
        match dialect {
            Dialect::Sqlite => self.sqlite,
            Dialect::Postgres => self.postgres,
        }
    }

    /// Of the text as written, tokens unexpanded; line ends do not count.
    fn checksum(&self, dialect: Dialect) -> String {
        let digest = Sha256::digest(self.text(dialect).replace("\r\n", "\n"));
        digest.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    fn failed(&self, error: Error) -> Error {
        match error {
            // The whole file would drown the message.
            Error::Sql { message, .. } => Error::Migration(format!("{}: {message}", self.title())),
            Error::Constraint { message, .. } | Error::Raised(message) | Error::Migration(message) => {
                Error::Migration(format!("{}: {message}", self.title()))
            }
            other => other,
        }
    }

    /// The steps of a new database are made in one go, and nobody waits to hear of each.
    pub(crate) fn tell_applied(&self, steps: &[Step], done: &[u32]) {
        if done.first() == steps.first().map(|first| &first.number) {
            tracing::debug!(step = self.number, name = self.name, "migrated");
        } else {
            tracing::info!(step = self.number, name = self.name, "migrated");
        }
    }

    fn title(&self) -> String {
        format!("step {} ({})", self.number, self.name)
    }
}

/// What is applied already; to be asked under the lock.
pub(crate) fn applied(tx: &mut Tx<'_>) -> Result<Vec<Applied>, Error> {
    tx.batch(&tx.dialect().expand(CREATE)?)?;
    tx.query(APPLIED, &[])
}

/// The steps that are still to be applied.
pub(crate) fn pending<'s>(
    dialect: Dialect,
    applied: &[Applied],
    steps: &'s [Step],
) -> Result<&'s [Step], Error> {
    if let Some(pair) = steps.windows(2).find(|pair| pair[0].number >= pair[1].number) {
        return Err(Error::Migration(format!("{} is not in ascending order", pair[1].title())));
    }
    let (database, program) =
        (applied.last().map_or(0, |last| last.number), steps.last().map_or(0, |s| s.number));
    if database > program {
        return Err(Error::Newer { database, program });
    }
    for (step, held) in steps.iter().zip(applied) {
        if step.number != held.number {
            let why = format!(
                "the database has step {} ({}) where the program has {}",
                held.number,
                held.name,
                step.title()
            );
            return Err(Error::Migration(why));
        }
        if step.checksum(dialect) != held.checksum {
            let why = format!(
                "{} is not what was applied to this database: add a new step instead of changing it",
                step.title()
            );
            return Err(Error::Migration(why));
        }
    }
    Ok(&steps[applied.len().min(steps.len())..])
}

/// The numbers of the steps that a database lacks. Only reads, also where nothing was ever migrated.
pub(crate) fn missing(tx: &mut Tx<'_>, steps: &[Step]) -> Result<Vec<u32>, Error> {
    let dialect = tx.dialect();
    let table = match dialect {
        Dialect::Sqlite => {
            "select name from sqlite_master where type = 'table' and name = 'schema_migrations'"
        }
        Dialect::Postgres => {
            "select relname::text from pg_class where oid = to_regclass('schema_migrations')"
        }
    };
    let applied = match tx.optional::<(String,)>(table, &[])? {
        Some(_) => tx.query(APPLIED, &[])?,
        None => Vec::new(),
    };
    Ok(pending(dialect, &applied, steps)?.iter().map(|step| step.number).collect())
}

/// Applies one step, within its transaction.
pub(crate) fn apply(tx: &mut Tx<'_>, step: &Step) -> Result<(), Error> {
    let dialect = tx.dialect();
    dialect
        .expand(step.text(dialect))
        .and_then(|text| tx.batch(&text))
        .and_then(|()| tx.execute(RECORD, &[&step.number, &step.name, &step.checksum(dialect)]))
        .map(drop)
        .map_err(|error| step.failed(error))
}

/// Migrates a SQLite database, on a connection of its own. The lock is taken anew for each step, and what is
/// pending is asked anew under it, so that several processes share the work without doing any of it twice.
pub(crate) fn sqlite(files: &Files, steps: &[Step], backup: Option<&Path>) -> Result<Vec<u32>, Error> {
    let connection = files.open(Role::Migration)?;
    let mut done = Vec::new();
    let mut backup = backup;
    loop {
        lock(&connection)?;
        // An early return closes the connection, which rolls back.
        let mut tx = Tx::sqlite(&connection);
        let applied = applied(&mut tx)?;
        let Some(step) = pending(Dialect::Sqlite, &applied, steps)?.first() else {
            connection.execute_batch("rollback").map_err(plain_error)?;
            return Ok(done);
        };
        if let Some(path) = backup.take()
            && !applied.is_empty()
        {
            // Another connection sees the last commit, and the lock sees to it that there is no later one.
            let path = free_name(path);
            copy(files, &path)?;
            tracing::info!(path = %path.display(), "backed up before migrating");
        }
        apply(&mut tx, step)?;
        let broken: Vec<(String,)> =
            tx.query(r#"select "table" from pragma_foreign_key_check limit 1"#, &[])?;
        if let Some((table,)) = broken.first() {
            let why = format!("rows of {table} refer to rows that do not exist");
            return Err(step.failed(Error::Migration(why)));
        }
        connection.execute_batch("commit").map_err(|error| step.failed(plain_error(error)))?;
        done.push(step.number);
        step.tell_applied(steps, &done);
    }
}

fn lock(connection: &rusqlite::Connection) -> Result<(), Error> {
    let since = Instant::now();
    loop {
        match connection.execute_batch("begin exclusive") {
            Ok(()) => return Ok(()),
            Err(error)
                if error.sqlite_error_code() == Some(rusqlite::ErrorCode::DatabaseBusy)
                    && since.elapsed() < LOCK_PATIENCE => {}
            Err(error) => return Err(plain_error(error)),
        }
    }
}

fn free_name(path: &Path) -> PathBuf {
    let numbered = (2..).map(|number| {
        let mut name = path.as_os_str().to_owned();
        name.push(format!(".{number}"));
        PathBuf::from(name)
    });
    let mut names = std::iter::once(path.to_owned()).chain(numbered);
    names.find(|name| !name.exists()).unwrap_or_else(|| path.to_owned())
}
