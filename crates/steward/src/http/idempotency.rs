//! Idempotency keys: the same key and body within 24 hours answers the first answer again; another body is a
//! conflict (spec 1). The key is taken first, in the transaction of the change itself, so two racing requests are one.

use axum::http::StatusCode;

use super::caller::RequestFacts;
use super::reply::Told;
use crate::error::{Error, Result};
use crate::work::Work;

/// How long a key is remembered.
const HOURS: i64 = 24;

/// Runs `f`, or tells again what it answered under this key.
pub fn once(
    work: &mut Work,
    facts: &RequestFacts,
    f: impl FnOnce(&mut Work) -> Result<Told>,
) -> Result<Told> {
    let Some(key) = &facts.idempotency_key else { return f(work) };
    let caller = format!("{}:{}", work.actor.kind(), work.actor.id().unwrap_or(0));
    let hash = facts.body_hash();
    let expired = work.now.plus_hours(-HOURS);
    let now = work.now;
    let taken = work.execute(
        "insert into crm_idempotency_keys (caller, route, idempotency_key, body_hash, status, body, created_at)
         values ($1, $2, $3, $4, 0, $5, $6)
         on conflict (caller, route, idempotency_key) do update
         set body_hash = excluded.body_hash, status = 0, body = excluded.body, location = null, etag = null,
             created_at = excluded.created_at
         where crm_idempotency_keys.created_at < $7",
        &[&caller, &facts.route, key, &&hash[..], &&b""[..], &now, &expired],
    )?;
    if taken == 0 {
        return told_before(work, facts, &caller, key, &hash);
    }
    let told = f(work)?;
    work.execute(
        "update crm_idempotency_keys set status = $4, location = $5, etag = $6, body = $7
         where caller = $1 and route = $2 and idempotency_key = $3",
        &[
            &caller,
            &facts.route,
            key,
            &i64::from(told.status.as_u16()),
            &told.location,
            &told.etag,
            &&told.body[..],
        ],
    )?;
    Ok(told)
}

fn told_before(
    work: &mut Work,
    facts: &RequestFacts,
    caller: &str,
    key: &str,
    hash: &[u8; 32],
) -> Result<Told> {
    let (body_hash, status, location, etag, body): (Vec<u8>, i64, Option<String>, Option<String>, Vec<u8>) =
        work.one(
            "select body_hash, status, location, etag, body from crm_idempotency_keys
         where caller = $1 and route = $2 and idempotency_key = $3",
            &[&caller, &facts.route, &key],
        )?;
    if body_hash != hash {
        return Err(Error::Conflict(
            "this Idempotency-Key was used for another body within the last 24 hours; use a new one".into(),
        ));
    }
    let status = u16::try_from(status).ok().and_then(|status| StatusCode::from_u16(status).ok());
    Ok(Told { status: status.unwrap_or(StatusCode::OK), location, etag, body })
}

/// Forgets keys that no longer count.
pub fn forget_old_keys(work: &mut Work) -> Result<()> {
    let expired = work.now.plus_hours(-HOURS);
    work.execute("delete from crm_idempotency_keys where created_at < $1", &[&expired])?;
    Ok(())
}
