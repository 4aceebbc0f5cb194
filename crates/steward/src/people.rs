//! People: users with their roles, teams, accounts, contacts; tokens and signing in; the audit trail (spec 2, 3).

pub mod accounts;
pub mod audit;
pub mod contacts;
pub mod sign_in;
pub mod teams;
pub mod tokens;
pub mod users;

pub use sign_in::SignInGuard;

crate::words! {
    /// What a user may do, each role all of the one before it (spec 2).
    pub enum Role { Viewer = "viewer", Agent = "agent", Manager = "manager", Admin = "admin" }
}

crate::words! {
    /// What a token may do.
    pub enum Scope { Read = "read", Write = "write" }
}
