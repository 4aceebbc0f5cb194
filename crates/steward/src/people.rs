//! People: users with their roles, teams, accounts, contacts; tokens and signing in; the audit trail (spec 2, 3).
//!
//! A file a kind: its type, its SQL, its rules and its handlers. [`erasure`] forgets a person; [`commands`] is what the
//! command line does.

/// Names of the fields in which two values of a type differ: what an update has changed.
macro_rules! differing {
    ($before:expr, $after:expr; $($field:ident),* $(,)?) => {{
        let mut fields: Vec<&'static str> = Vec::new();
        $(if $before.$field != $after.$field {
            fields.push(stringify!($field));
        })*
        fields
    }};
}
pub(crate) use differing;

pub mod accounts;
pub mod audit;
pub mod commands;
pub mod contacts;
pub mod customer_pages;
mod demo_sign_in;
pub mod erasure;
pub mod first_admin;
pub(crate) mod listing;
pub mod pages;
mod passwords;
pub mod profile_pages;
pub mod reset_pages;
pub mod sessions;
pub mod sign_in;
mod sign_in_guard;
pub mod teams;
pub mod tokens;
pub mod users;

pub use accounts::{Account, Tier};
pub use contacts::Contact;
pub use sign_in_guard::{SignInGuard, network};
pub use teams::Team;
pub use users::User;

use crate::error::{Error, Result};
use crate::work::Work;

crate::words! {
    /// What a user may do, each role all of the one before it (spec 2).
    pub enum Role { Viewer = "viewer", Agent = "agent", Manager = "manager", Admin = "admin" }
}

crate::words! {
    /// What a token may do.
    pub enum Scope { Read = "read", Write = "write" }
}

/// Checks that the row a field names is there and active: 422 naming the field otherwise. `table` and `key` are ours.
fn must_be_active(work: &mut Work, field: &str, table: &str, key: &str, id: i64) -> Result<()> {
    let sql = format!("select {key} from {table} where {key} = $1 and is_active");
    let known: Option<(i64,)> = work.optional(&sql, &[&id])?;
    let what = field.trim_end_matches("_id");
    known.map(|_| ()).ok_or_else(|| Error::field(field, format!("there is no active {what} {id}")))
}

/// Turns the violation of one unique constraint into what its rule says: a check before the write can lose a race.
pub(crate) fn taken<T>(outcome: Result<T>, constraint: &str, refusal: impl FnOnce() -> Error) -> Result<T> {
    match outcome {
        Err(Error::Db(db::Error::Constraint { kind: db::Constraint::Unique, name, .. }))
            if name == constraint =>
        {
            Err(refusal())
        }
        outcome => outcome,
    }
}
