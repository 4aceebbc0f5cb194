//! SQLite's errors in our words.

use rusqlite::{ErrorCode, ffi};

use crate::error::{Constraint, Error};
use crate::tx::Poison;

/// A statement's failure.
pub(super) fn of_statement(error: rusqlite::Error, sql: &str) -> Poison {
    let suspect = is_suspect(&error);
    let error = match plain(error) {
        Error::Sql { message, .. } => Error::Sql { message, sql: sql.to_owned() },
        other => other,
    };
    Poison { error, suspect }
}

/// Whether the connection's own state is in doubt after this error.
pub(super) fn is_suspect(error: &rusqlite::Error) -> bool {
    use ErrorCode::{CannotOpen, DatabaseCorrupt, NotADatabase, OutOfMemory, SystemIoFailure};
    matches!(
        error.sqlite_error_code(),
        Some(SystemIoFailure | DatabaseCorrupt | NotADatabase | CannotOpen | OutOfMemory)
    )
}

/// An error without its statement.
pub(crate) fn plain(error: rusqlite::Error) -> Error {
    let (code, message) = match error {
        rusqlite::Error::SqliteFailure(code, message) => (code, message.unwrap_or_else(|| code.to_string())),
        rusqlite::Error::SqlInputError { error, msg, .. } => (error, msg),
        other => return Error::Sql { message: other.to_string(), sql: String::new() },
    };
    match code.code {
        ErrorCode::ConstraintViolation => constraint(code.extended_code, message),
        ErrorCode::DiskFull => Error::Full(message),
        ErrorCode::OperationInterrupted => Error::Unavailable("it took longer than is allowed".into()),
        ErrorCode::DatabaseBusy
        | ErrorCode::DatabaseLocked
        | ErrorCode::SystemIoFailure
        | ErrorCode::CannotOpen
        | ErrorCode::OutOfMemory
        | ErrorCode::DatabaseCorrupt
        | ErrorCode::NotADatabase
        | ErrorCode::FileLockingProtocolFailed
        | ErrorCode::PermissionDenied => Error::Unavailable(format!("{message} ({})", code.extended_code)),
        _ => Error::Sql { message, sql: String::new() },
    }
}

fn constraint(extended: i32, message: String) -> Error {
    let after = message.split_once("constraint failed: ").map(|(_, what)| what);
    let (kind, name) = match extended {
        ffi::SQLITE_CONSTRAINT_UNIQUE | ffi::SQLITE_CONSTRAINT_PRIMARYKEY | ffi::SQLITE_CONSTRAINT_ROWID => {
            (Constraint::Unique, after.map(unique_name))
        }
        ffi::SQLITE_CONSTRAINT_NOTNULL => (Constraint::NotNull, after.map(str::to_owned)),
        ffi::SQLITE_CONSTRAINT_CHECK => (Constraint::Check, after.map(str::to_owned)),
        ffi::SQLITE_CONSTRAINT_FOREIGNKEY => (Constraint::ForeignKey, None),
        // A foreign key with `on delete restrict` is refused by a hidden trigger.
        ffi::SQLITE_CONSTRAINT_TRIGGER if message == "FOREIGN KEY constraint failed" => {
            (Constraint::ForeignKey, None)
        }
        ffi::SQLITE_CONSTRAINT_TRIGGER => return Error::Raised(message),
        _ => (Constraint::Other, None),
    };
    Error::Constraint { kind, name: name.unwrap_or_default(), message }
}

/// `t.a, t.b` becomes `t.a,b`; `index 'name'` (over expressions) becomes `name`.
fn unique_name(what: &str) -> String {
    if let Some(index) = what.strip_prefix("index '").and_then(|rest| rest.strip_suffix('\'')) {
        return index.to_owned();
    }
    let mut columns = what.split(", ");
    let mut name = columns.next().unwrap_or_default().to_owned();
    for column in columns {
        name.push(',');
        name.push_str(column.rsplit_once('.').map_or(column, |(_, column)| column));
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unique_names_are_one_table_and_its_columns() {
        assert_eq!(unique_name("t.a"), "t.a");
        assert_eq!(unique_name("t.a, t.b"), "t.a,b");
        assert_eq!(unique_name("index 'ux_lower'"), "ux_lower");
    }
}
