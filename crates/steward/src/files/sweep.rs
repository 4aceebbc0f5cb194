//! What is gone for good: attachments deleted 30 days ago, then bytes that nothing refers to (spec 4). Several nodes may
//! sweep side by side, and uploads go on.

use super::keep::key;
use crate::app::App;
use crate::error::Result;
use crate::work::{Actor, Work};

/// Days after which a deleted attachment is purged.
pub const KEPT_DAYS: i64 = 30;
/// Rows of one transaction.
const PORTION: i64 = 200;

/// Purges, removes bytes, and clears away what interrupted uploads left.
pub async fn sweep(app: &App) -> Result<()> {
    for table in ["crm_case_attachments", "crm_kb_article_attachments"] {
        while app.write(Actor::System, move |work| purge(work, table)).await? == PORTION as usize {}
    }
    while app.write(Actor::System, let_go).await? == PORTION as usize {}
    loop {
        let keys: Vec<(String,)> = app
            .read(db::Class::Bounded, Actor::System, |work| {
                work.query(
                    "select storage_key from crm_file_removals order by storage_key limit $1",
                    &[&PORTION],
                )
            })
            .await?;
        if keys.is_empty() {
            break;
        }
        for (key,) in keys {
            app.files.remove(&key).await?;
            let gone = move |work: &mut Work| {
                work.execute("delete from crm_file_removals where storage_key = $1", &[&key])
            };
            app.write(Actor::System, gone).await?;
        }
    }
    let (files, now) = (app.clone(), app.clock.now());
    let cleared = tokio::task::spawn_blocking(move || files.files.clear_arrivals(now)).await;
    if let Ok(Err(error)) = cleared {
        tracing::warn!(%error, "interrupted uploads cannot be cleared away");
    }
    Ok(())
}

/// Drops the rows of attachments whose time is over. Plain SQL that deletes one notes only when.
fn purge(work: &mut Work, table: &str) -> Result<usize> {
    let (now, until, skip) =
        (work.now, work.now.plus_days(-KEPT_DAYS), work.dialect().for_update_skip_locked());
    let purged: Vec<(Option<i64>,)> = work.query(
        &format!(
            "delete from {table} where attachment_id in (
                 select attachment_id from {table}
                 where not is_active and (purge_at <= $1 or (purge_at is null and updated_at <= $2))
                 order by updated_at limit {PORTION}{skip}
             ) returning file_id"
        ),
        &[&now, &until],
    )?;
    let files: Vec<i64> = purged.iter().filter_map(|(file_id,)| *file_id).collect();
    let loosened = work.dialect().among_ints("file_id", "$2");
    work.execute(
        &format!("update crm_files set is_loose = $1 where {loosened}"),
        &[&true, &serde_json::json!(files)],
    )?;
    Ok(purged.len())
}

/// Drops the rows of bytes that nothing refers to, and notes their keys for removal: from here on the same content is a
/// new row with a new key, so bytes that come again and bytes that go never meet.
fn let_go(work: &mut Work) -> Result<usize> {
    let (now, skip) = (work.now, work.dialect().for_update_skip_locked());
    let orphans: Vec<(i64, String)> = work.query(
        &format!(
            "delete from crm_files where file_id in (
                 select f.file_id from crm_files f
                 where f.is_loose and f.leased_until < $1
                     and not exists (select 1 from crm_case_attachments a where a.file_id = f.file_id)
                     and not exists (select 1 from crm_kb_article_attachments b where b.file_id = f.file_id)
                 order by f.leased_until limit {PORTION}{skip}
             ) returning file_id, hash"
        ),
        &[&now],
    )?;
    for (file_id, hash) in &orphans {
        work.execute(
            "insert into crm_file_removals (storage_key, created_at) values ($1, $2) on conflict do nothing",
            &[&key(hash, *file_id), &now],
        )?;
    }
    Ok(orphans.len())
}
