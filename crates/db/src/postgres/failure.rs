//! PostgreSQL's errors in our words.

use ::postgres::error::{DbError, Error as Failure, Severity, SqlState};

use crate::error::{Constraint, Error};
use crate::tx::Poison;

/// A statement's failure. `reading` says that the transaction was declared read only by us.
pub(super) fn of_statement(failure: Failure, sql: &str, reading: bool) -> Poison {
    let Some(error) = failure.as_db_error() else {
        // Parameters are encoded before they are handed over, so what remains is the connection.
        return Poison { error: Error::Unavailable(describe(&failure)), suspect: true };
    };
    let fatal = matches!(error.parsed_severity(), Some(Severity::Fatal | Severity::Panic));
    let stale = is_stale_plan(error);
    // A server that has become a replica refuses writes; a new connection may find the new primary.
    let demoted = !reading && *error.code() == SqlState::READ_ONLY_SQL_TRANSACTION;
    let mapped =
        if stale || demoted { Error::Unavailable(error.message().to_owned()) } else { map(error, sql) };
    let lost = error.code().code().starts_with("08");
    Poison { error: mapped, suspect: fatal || stale || demoted || lost }
}

/// A commit's failure: `Ok` holds the error of a transaction that is certainly rolled back.
pub(super) fn of_commit(failure: &Failure) -> Result<Error, Error> {
    match failure.as_db_error() {
        Some(error)
            if matches!(error.parsed_severity(), Some(Severity::Error))
                && *error.code() != SqlState::T_R_STATEMENT_COMPLETION_UNKNOWN =>
        {
            Ok(map(error, "commit"))
        }
        _ => Err(Error::OutcomeUnknown(describe(failure))),
    }
}

/// A connection that could not be made.
pub(super) fn of_connect(failure: &Failure) -> Error {
    Error::Unavailable(describe(failure))
}

/// The driver's own text for a failure is only its kind; the cause stands behind it.
fn describe(failure: &Failure) -> String {
    match std::error::Error::source(failure) {
        Some(cause) => format!("{failure}: {cause}"),
        None => failure.to_string(),
    }
}

/// Prepared before another node changed the table's form; a new session prepares it anew.
fn is_stale_plan(error: &DbError) -> bool {
    *error.code() == SqlState::INVALID_SQL_STATEMENT_NAME
        || *error.code() == SqlState::FEATURE_NOT_SUPPORTED && error.message().starts_with("cached plan")
}

fn map(error: &DbError, sql: &str) -> Error {
    let message = error.message().to_owned();
    let code = error.code().code();
    match code {
        "40001" | "40P01" => Error::Serialization(message),
        "P0001" => Error::Raised(message),
        "53100" => Error::Full(message),
        // Cancelled by a timeout, a lock not had in time, corrupt data.
        "57014" | "55P03" | "XX001" | "XX002" => Error::Unavailable(format!("{message} ({code})")),
        _ => match &code[..2] {
            "23" => constraint(error, message),
            // Connection, resources, operator's intervention, system.
            "08" | "53" | "57" | "58" => Error::Unavailable(format!("{message} ({code})")),
            _ => Error::Sql { message: format!("{message} ({code})"), sql: sql.to_owned() },
        },
    }
}

fn constraint(error: &DbError, message: String) -> Error {
    let table = error.table().unwrap_or_default();
    let named = error.constraint().unwrap_or_default().to_owned();
    let (kind, name) = match *error.code() {
        SqlState::UNIQUE_VIOLATION => {
            let columns = error.detail().and_then(unique_columns);
            (Constraint::Unique, columns.map_or(named, |columns| format!("{table}.{columns}")))
        }
        SqlState::NOT_NULL_VIOLATION => {
            (Constraint::NotNull, format!("{table}.{}", error.column().unwrap_or_default()))
        }
        SqlState::CHECK_VIOLATION => (Constraint::Check, named),
        SqlState::FOREIGN_KEY_VIOLATION => (Constraint::ForeignKey, named),
        _ => (Constraint::Other, named),
    };
    Error::Constraint { kind, name, message }
}

/// `Key (a, b)=(1, 2) already exists.` holds `a,b`; an index over expressions has no columns to name.
fn unique_columns(detail: &str) -> Option<String> {
    let (columns, _) = detail.strip_prefix("Key (")?.split_once(")=(")?;
    (!columns.contains(['(', '"'])).then(|| columns.replace(", ", ","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_read_from_the_detail() {
        let columns = |detail| unique_columns(detail);
        assert_eq!(columns("Key (a, b)=(1, 2) already exists."), Some("a,b".into()));
        assert_eq!(columns("Key (lower(name))=(x) already exists."), None);
        assert_eq!(columns("Schlüssel »(a)=(1)« existiert bereits."), None);
    }
}
