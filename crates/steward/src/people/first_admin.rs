//! How the first admin gets in by browser: with the token that the first start left in the data folder, which is used up
//! by it. Whoever shows it says who they are and sets a password (spec 2).

use axum::http::HeaderMap;
use db::Class;
use serde_json::json;

use super::passwords::{Password, PasswordHash};
use super::tokens::{self, Owner};
use super::users::UserEdit;
use super::{Role, User, sessions};
use crate::error::{Error, Result};
use crate::http::{Anyone, Expected};
use crate::input::{Email, Line, Patch};
use crate::work::{Actor, Work};

/// Name of the file in the data folder that holds the token.
pub const FILE: &str = "first-admin-token";

crate::input! {
    /// The form of the first admin.
    pub struct FirstAdmin {
        /// What the file holds.
        pub token: Line<200>,
        pub name: Line<200>,
        pub email: Email,
        pub password: Password<10>,
    }
}

const WHO: &str = "select t.token_id, u.user_id from crm_tokens t
     join crm_users u on u.user_id = t.user_id and u.is_active and u.role = 'admin'
     where t.kind = 'first_start' and t.revoked_at is null and (t.expires_at is null or t.expires_at > $1)";

/// Whether nobody has come in yet: the token has not been used, and its user has no password.
pub fn is_awaited(work: &mut Work) -> Result<bool> {
    let now = work.now;
    let waiting: Option<(i64, i64)> =
        work.optional(&format!("{WHO} and u.password_hash is null limit 1"), &[&now])?;
    Ok(waiting.is_some())
}

/// The token of this secret and its user, while it is good.
fn holder(work: &mut Work, secret: &str, lock: &str) -> Result<Option<(i64, i64)>> {
    let now = work.now;
    let hash = tokens::hash(secret);
    work.optional(&format!("{WHO} and t.token_hash = $2{lock}"), &[&now, &&hash[..]])
}

fn wrong() -> Error {
    Error::field("token", "is not the token of the first start, or has been used already")
}

/// Lets the first admin in: answers the secret of their session. Attempts are slowed down as those of signing in are, and
/// the token is good once, however many send it together.
pub async fn enter(caller: &Anyone, given: FirstAdmin, headers: &HeaderMap) -> Result<String> {
    let guard = &caller.app.sign_ins;
    let attempt = guard.admit(caller.facts.address, FILE, caller.app.clock.now())?;
    tokio::time::sleep(attempt.delay).await;
    let token = given.token.to_string();
    let looked = token.clone();
    let known = caller.app.read(Class::Bounded, Actor::System, move |work| holder(work, &looked, ""));
    let known = known.await;
    if !matches!(known, Ok(None)) {
        guard.forgive(&attempt);
    }
    // A hash costs some 20 ms of a core: not for whoever has no token.
    known?.ok_or_else(wrong)?;
    let hash = guard.hash(given.password).await?;
    let (secret, session) = (tokens::generate()?, sessions::browser(headers));
    let begun = secret.clone();
    let (name, email) = (given.name, given.email);
    let write = move |work: &mut Work| settle(work, &token, (&name, &email), &hash, &begun, &session);
    caller.app.write(Actor::System, write).await?;
    forget_file(caller);
    Ok(secret)
}

/// Uses up the token, writes down who its user is, and begins their session.
fn settle(
    work: &mut Work,
    token: &str,
    (name, email): (&Line<200>, &Email),
    hash: &PasswordHash,
    secret: &str,
    session: &str,
) -> Result<()> {
    let lock = work.dialect().for_update();
    let (token_id, user_id) = holder(work, token, lock)?.ok_or_else(wrong)?;
    work.actor = Actor::User { id: user_id, role: Role::Admin };
    tokens::end(work, token_id)?;
    let edit = UserEdit {
        name: Patch::Set(name.clone()),
        email: Patch::Set(email.clone()),
        role: Patch::Keep,
        password: Patch::Keep,
        is_available: Patch::Keep,
        case_cap: Patch::Keep,
    };
    let hash = Patch::Set(Some(hash.clone()));
    User::edit(work, user_id, &edit, &hash, &Expected::any(user_id))?;
    work.audit("first_sign_in", "user", Some(user_id), &json!({}))?;
    sessions::begin(work, Owner::User(user_id), secret, session).map(drop)
}

/// The file holds nothing that is good for anything now.
fn forget_file(caller: &Anyone) {
    let path = caller.app.config.data.join(FILE);
    match std::fs::remove_file(&path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            tracing::warn!(%error, path = %path.display(), "the used token's file could not be removed");
        }
        _ => {}
    }
}
