//! Rows of stored bytes. The order that never loses any: the row is claimed under a lease, the bytes are placed and
//! durable, and then the transaction of the change refers to them. A sweep takes only rows whose lease has run out and
//! that nothing refers to, and the foreign key would stop it otherwise.

use std::io::Write;
use std::time::Duration;

use db::Class;

use super::kinds;
use super::upload::Arrived;
use crate::app::App;
use crate::error::{Error, Result};
use crate::work::{Actor, Work};

/// How long an upload may take from claiming its row to referring to it.
const LEASE_MINUTES: i64 = 60;
/// How long placing one file may take; far less than the lease.
const PLACING: Duration = Duration::from_secs(600);

/// Bytes that are in the store, not yet referred to, with what an attachment says of them.
#[derive(Debug, Clone)]
pub struct Kept {
    pub file_id: i64,
    pub hash: String,
    pub size: i64,
    pub name: String,
    pub mime_type: &'static str,
}

impl Kept {
    pub fn key(&self) -> String {
        key(&self.hash, self.file_id)
    }
}

/// The key of stored bytes: content-addressed, and never used again once it is removed.
pub fn key(hash: &str, file_id: i64) -> String {
    format!("{}/{}/{hash}.{file_id}", &hash[..2], &hash[2..4])
}

/// Puts what has arrived into the store, each content once. Nothing refers to it yet: should that never happen, the sweep
/// takes it.
///
/// # Errors
/// 507 where the quota or the disk is used up, 503 where the store is away.
pub async fn keep(app: &App, arrived: Vec<Arrived>) -> Result<Vec<Kept>> {
    within_quota(app, &arrived).await?;
    let mut kept = Vec::with_capacity(arrived.len());
    for file in arrived {
        kept.push(keep_one(app, file).await?);
    }
    Ok(kept)
}

async fn keep_one(app: &App, file: Arrived) -> Result<Kept> {
    let (hash, size) = (file.hash.clone(), i64::try_from(file.size).unwrap_or(i64::MAX));
    let (file_id, is_stored) = app.write(Actor::System, move |work| claim(work, &hash, size)).await?;
    let kept = Kept { file_id, hash: file.hash, size, name: file.name, mime_type: file.mime_type };
    // Bytes that somebody lost behind our back are healed by whoever brings them again.
    if !is_stored || !app.files.holds(&kept.key(), file.size).await? {
        let key = kept.key();
        let placing = tokio::time::timeout(PLACING, app.files.put(&key, file.path));
        placing.await.map_err(|_| super::store::away(&"placing a file took too long"))??;
    }
    Ok(kept)
}

/// The row of these bytes, the sweep kept off it: its id, and whether they are stored already.
fn claim(work: &mut Work, hash: &str, size: i64) -> Result<(i64, bool)> {
    let (now, until) = (work.now, work.now.plus_minutes(LEASE_MINUTES));
    let later = work.dialect().greatest("crm_files.leased_until", "excluded.leased_until");
    work.one(
        &format!(
            "insert into crm_files (hash, file_size, leased_until, created_at) values ($1, $2, $3, $4)
             on conflict (hash) do update set leased_until = {later} returning file_id, is_stored"
        ),
        &[&hash, &size, &until, &now],
    )
}

/// Notes that the bytes are stored, and holds the row until the transaction that refers to them has ended.
pub fn confirm(work: &mut Work, kept: &Kept) -> Result<()> {
    let confirmed = work.execute(
        "update crm_files set is_stored = $2, is_loose = $3 where file_id = $1",
        &[&kept.file_id, &true, &false],
    )?;
    if confirmed == 0 {
        return Err(Error::StoreAway("the upload took too long: nothing was changed; send it again".into()));
    }
    Ok(())
}

/// What is stored and what arrives, together; uploads under way beside this one may go over it by their own size.
async fn within_quota(app: &App, arrived: &[Arrived]) -> Result<()> {
    let quota = app.files.quota_bytes;
    if quota == 0 {
        return Ok(());
    }
    let sum = |work: &mut Work| {
        work.one::<(i64,)>("select cast(coalesce(sum(file_size), 0) as bigint) as used from crm_files", &[])
    };
    let (used,) = app.read(Class::Slow, Actor::System, sum).await?;
    let more: u64 = arrived.iter().map(|file| file.size).sum();
    if used.unsigned_abs().saturating_add(more) > quota {
        let quota = quota / super::MEGABYTE;
        let detail = format!(
            "the {quota} MB for all files of this desk are used up: delete some, or ask its operator"
        );
        return Err(Error::StoreFull(detail));
    }
    Ok(())
}

/// Keeps bytes that the desk itself makes, such as the demo's.
pub async fn keep_bytes(app: &App, name: &str, bytes: &[u8]) -> Result<Kept> {
    let refused = |error: std::io::Error| super::store::refused(&error);
    let mut file = app.files.arrival().map_err(refused)?;
    file.write_all(bytes).and_then(|()| file.as_file().sync_all()).map_err(refused)?;
    let arrived = Arrived {
        name: name.to_owned(),
        mime_type: kinds::of(bytes, name),
        hash: super::upload::hex_digest(bytes),
        size: bytes.len() as u64,
        path: file.into_temp_path(),
    };
    keep_one(app, arrived).await
}
