//! Sessions: the short-lived token that signing in makes, whoever signs in and however.

use super::Scope;
use super::tokens::{Grant, Owner, TokenKind};
use crate::clock::Time;
use crate::error::Result;
use crate::work::Work;

/// Days that a session which has ended is kept for the audit trail's readers.
const KEPT_DAYS: i64 = 30;

/// Begins a session with this secret; answers until when it lasts. 422 for an owner who is not active.
pub fn begin(work: &mut Work, owner: Owner, secret: &str) -> Result<Time> {
    let now = work.now;
    let (column, id) = owner.column();
    // The table holds what is in use and what has ended lately, not every day of everybody.
    work.execute(
        &format!("delete from crm_tokens where {column} = $1 and kind = 'sign_in' and expires_at < $2"),
        &[&id, &now.plus_days(-KEPT_DAYS)],
    )?;
    let expires_at = now.plus_minutes(i64::from(work.config.sign_in_minutes).max(1));
    let grant = Grant {
        owner,
        kind: TokenKind::SignIn,
        token_name: "sign-in".into(),
        scope: Scope::Write,
        expires_at: Some(expires_at),
    };
    grant.issue(work, secret)?;
    Ok(expires_at)
}
