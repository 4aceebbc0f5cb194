//! Sessions: the short-lived token that signing in makes, whoever signs in and however. Their owner sees and ends them.

use axum::http::{HeaderMap, header};
use db::Class;
use schemars::JsonSchema;
use serde::Serialize;

use super::Scope;
use super::tokens::{self, Grant, Owner, TokenKind};
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::http::{Answer, Json, Known, NoContent, Nothing, Path, Query};
use crate::work::{Actor, Work};

/// The name of a session that no browser began.
pub const PROGRAM: &str = "sign-in";
/// Families of browsers and systems, by the words that tell them, the more telling first.
const BROWSERS: [(&str, &str); 6] = [
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
];
const SYSTEMS: [(&str, &str); 6] = [
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
];

/// What a session is called: the family of the browser and of the system, and nothing that tells one from another of the
/// same kind.
pub fn browser(headers: &HeaderMap) -> String {
    let agent = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or("");
    let among = |families: &[(&str, &'static str)]| {
        families.iter().find(|(word, _)| agent.contains(word)).map(|(_, family)| *family)
    };
    match (among(&BROWSERS), among(&SYSTEMS)) {
        (Some(browser), Some(system)) => format!("{browser}, {system}"),
        (Some(one), None) | (None, Some(one)) => one.to_owned(),
        (None, None) => PROGRAM.to_owned(),
    }
}

/// Days that a session which has ended is kept for the audit trail's readers.
const KEPT_DAYS: i64 = 30;

/// Begins a session with this secret; answers until when it lasts. `name` says where it is, for its owner to know it by.
/// 422 for an owner who is not active.
pub fn begin(work: &mut Work, owner: Owner, secret: &str, name: &str) -> Result<Time> {
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
        token_name: name.to_owned(),
        scope: Scope::Write,
        expires_at: Some(expires_at),
    };
    grant.issue(work, secret)?;
    Ok(expires_at)
}

db::record! {
    /// A session of somebody's own.
    #[derive(Debug, Clone, Serialize, JsonSchema)]
    pub struct Session {
        /// What it is ended by.
        pub token_id: i64,
        /// Where it began: the family of the browser and of the system.
        pub token_name: String,
        pub created_at: Time,
        pub expires_at: Option<Time>,
        /// Whether it is the one that asks.
        pub is_current: bool,
    }
}

/// Sessions shown at once.
const MOST: i64 = 200;

/// Whose sessions the actor's own are.
fn own(work: &Work) -> Result<Owner> {
    match work.actor {
        Actor::User { id, .. } => Ok(Owner::User(id)),
        Actor::Contact { id, .. } => Ok(Owner::Contact(id)),
        _ => Err(Error::NotFound("session")),
    }
}

/// The actor's sessions that have not ended, the latest first. `current` is the token that asks.
pub fn list(work: &mut Work, current: Option<i64>) -> Result<Vec<Session>> {
    let (column, id) = own(work)?.column();
    let now = work.now;
    work.query(
        &format!(
            "select token_id, token_name, created_at, expires_at, token_id = $3 as is_current from crm_tokens
             where {column} = $1 and kind = 'sign_in' and revoked_at is null and expires_at > $2
             order by token_id desc limit {MOST}"
        ),
        &[&id, &now, &current.unwrap_or(0)],
    )
}

/// Ends one session of the actor's own; 404 for one that is not, or has ended.
pub fn end(work: &mut Work, token_id: i64) -> Result<()> {
    let (column, id) = own(work)?.column();
    let sql =
        format!("select token_id from crm_tokens where token_id = $1 and {column} = $2 and kind = 'sign_in'");
    let found: Option<(i64,)> = work.optional(&sql, &[&token_id, &id])?;
    found.ok_or(Error::NotFound("session"))?;
    tokens::end(work, token_id).map_err(|error| match error {
        Error::NotFound(_) => Error::NotFound("session"),
        other => other,
    })
}

/// Ends all sessions of the actor's own but the one that asks.
pub fn end_others(work: &mut Work, current: Option<i64>) -> Result<()> {
    for session in list(work, current)?.into_iter().filter(|session| !session.is_current) {
        tokens::end(work, session.token_id)?;
    }
    Ok(())
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct Sessions {
    pub sessions: Vec<Session>,
}

pub async fn list_own(caller: Known, _: Query<Nothing>) -> Result<Answer<Json<Sessions>>> {
    let current = caller.token_id;
    let sessions = caller.read(Class::Bounded, move |work| list(work, current)).await?;
    Ok(Json::new(Sessions { sessions }).into())
}

pub async fn end_own(
    caller: Known,
    Path([token_id]): Path<1>,
    _: Query<Nothing>,
) -> Result<Answer<NoContent>> {
    caller.write(move |work| end(work, token_id).map(|()| NoContent)).await
}

pub async fn end_all_others(caller: Known, _: Query<Nothing>) -> Result<Answer<NoContent>> {
    let current = caller.token_id;
    caller.write(move |work| end_others(work, current).map(|()| NoContent)).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_called_by_families_and_by_nothing_finer() {
        let named =
            |agent: &str| browser(&HeaderMap::from_iter([(header::USER_AGENT, agent.parse().unwrap())]));
        for (agent, name) in [
            ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox, Linux"),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0 Safari/537.36 Edg/139.0",
                "Edge, Windows",
            ),
            (
                "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0 Mobile Safari/537.36",
                "Chrome, Android",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1 Version/18.0 Safari/604.1",
                "Safari, iPhone",
            ),
            ("curl/8.5.0", PROGRAM),
            ("", PROGRAM),
        ] {
            assert_eq!(named(agent), name, "{agent}");
        }
    }
}
