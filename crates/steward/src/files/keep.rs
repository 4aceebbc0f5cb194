//! Rows of stored bytes. The order that never loses any: the row is claimed under a lease, the bytes are placed and
//! durable, and then the transaction of the change refers to them. A sweep takes only rows whose lease has run out and
//! that nothing refers to, and the foreign key would stop it otherwise.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::time::Duration;

use db::{Class, Db};

use super::kinds;
use super::store::Files;
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
    let contents: Vec<(String, i64)> = arrived
        .iter()
        .map(|file| (file.hash.clone(), i64::try_from(file.size).unwrap_or(i64::MAX)))
        .collect();
    let claims = app.write(Actor::System, move |work| claim_all(work, &contents)).await?;
    let mut kept = Vec::with_capacity(arrived.len());
    for file in arrived {
        let Some(Claim { file_id, is_stored }) = claims.get(&file.hash).copied() else { continue };
        let size = i64::try_from(file.size).unwrap_or(i64::MAX);
        let (own, path) =
            (Kept { file_id, hash: file.hash, size, name: file.name, mime_type: file.mime_type }, file.path);
        let key = own.key();
        // Bytes that somebody lost behind our back are healed by whoever brings them again.
        if !is_stored || !app.files.holds(&key, file.size).await? {
            let placing = tokio::time::timeout(PLACING, app.files.put(&key, path));
            placing.await.map_err(|_| super::store::away(&"placing a file took too long"))??;
        }
        kept.push(own);
    }
    Ok(kept)
}

/// A row that this upload holds a lease of.
#[derive(Debug, Clone, Copy)]
struct Claim {
    file_id: i64,
    is_stored: bool,
}

/// Claims the rows of these contents, each once and in the order of their hashes, so that two uploads wait for, rather
/// than on, each other.
fn claim_all(work: &mut Work, contents: &[(String, i64)]) -> Result<BTreeMap<String, Claim>> {
    let sizes: BTreeMap<&String, i64> = contents.iter().map(|(hash, size)| (hash, *size)).collect();
    sizes.into_iter().map(|(hash, size)| Ok((hash.clone(), claim(work, hash, size)?))).collect()
}

/// The row of these bytes, the sweep kept off it: its id, and whether they are stored already.
fn claim(work: &mut Work, hash: &str, size: i64) -> Result<Claim> {
    let (now, until) = (work.now, work.now.plus_minutes(LEASE_MINUTES));
    let later = work.dialect().greatest("crm_files.leased_until", "excluded.leased_until");
    let (file_id, is_stored) = work.one(
        &format!(
            "insert into crm_files (hash, file_size, leased_until, created_at) values ($1, $2, $3, $4)
             on conflict (hash) do update set leased_until = {later} returning file_id, is_stored"
        ),
        &[&hash, &size, &until, &now],
    )?;
    Ok(Claim { file_id, is_stored })
}

/// Notes that the bytes are stored, and holds their rows until the transaction that refers to them has ended.
pub fn confirm(work: &mut Work, kept: &[Kept]) -> Result<()> {
    let ids: BTreeSet<i64> = kept.iter().map(|file| file.file_id).collect();
    for file_id in ids {
        let confirmed = work.execute(
            "update crm_files set is_stored = $2, is_loose = $3 where file_id = $1",
            &[&file_id, &true, &false],
        )?;
        if confirmed == 0 {
            return Err(Error::StoreAway(
                "the upload took too long: nothing was changed; send it again".into(),
            ));
        }
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
pub async fn keep_bytes(app: &App, name: &str, bytes: &[u8]) -> Result<Vec<Kept>> {
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
    keep(app, vec![arrived]).await
}

/// What of the stored files is not where it should be, in words, for the doctor.
pub async fn missing(files: &Files, db: &Db) -> Result<Vec<String>> {
    let rows: Vec<(i64, String, i64)> = db
        .read(Class::Slow, |tx| {
            Ok::<_, Error>(tx.query("select file_id, hash, file_size from crm_files where is_stored", &[])?)
        })
        .await?;
    let mut findings = Vec::new();
    for (file_id, hash, size) in rows {
        let key = key(&hash, file_id);
        if !files.holds(&key, size.unsigned_abs()).await? {
            findings.push(format!("broken: what is attached is there: {key} is missing or cut"));
        }
    }
    Ok(findings)
}
