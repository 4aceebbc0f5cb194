//! Files of articles: what is published and not internal is everybody's, all else is for users (spec 7).

use db::Class;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

use super::{Download, KEPT_DAYS, Kept, Stored, Upload, Wanted, confirm, keep, serve};
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::http::{Admin, Agent, Answer, Created, Json, NoContent, Nothing, Path, Query, Reader};
use crate::people::Role;
use crate::work::Work;

db::record! {
    #[derive(Debug, Clone, Serialize, JsonSchema)]
    pub struct ArticleFile {
        pub attachment_id: i64,
        pub file_name: String,
        /// In bytes.
        pub file_size: i64,
        /// As the bytes say, whatever the sender said.
        pub mime_type: String,
        pub created_at: Time,
    }
}

const VIEW: &str =
    "select attachment_id, file_name, file_size, mime_type, created_at from crm_kb_article_attachments";

/// Files answered at once.
const MOST: i64 = 1000;

/// 404 unless the actor may read the article.
fn must_be_readable(work: &mut Work, article_id: i64) -> Result<()> {
    let public = if work.actor.is_staff() { "" } else { " and status = 'published' and not is_internal" };
    let found: Option<(i64,)> = work.optional(
        &format!("select article_id from crm_kb_articles where article_id = $1 and is_active{public}"),
        &[&article_id],
    )?;
    found.map(|_| ()).ok_or(Error::NotFound("article"))
}

/// Takes the article's row for a change of its files. What is published is a manager's to change.
fn take(work: &mut Work, article_id: i64) -> Result<()> {
    let lock = work.dialect().for_update();
    let found: Option<(String,)> = work.optional(
        &format!("select status from crm_kb_articles where article_id = $1 and is_active{lock}"),
        &[&article_id],
    )?;
    let (status,) = found.ok_or(Error::NotFound("article"))?;
    if matches!(&*status, "published" | "archived") && !work.actor.is_at_least(Role::Manager) {
        return Err(Error::Forbidden(format!(
            "the article is {status}: its files are a manager's to change"
        )));
    }
    Ok(())
}

/// The files of an article that the actor may read, at most 1,000.
pub fn of_article(work: &mut Work, article_id: i64) -> Result<Vec<ArticleFile>> {
    must_be_readable(work, article_id)?;
    work.query(
        &format!("{VIEW} where article_id = $1 and is_active order by attachment_id limit $2"),
        &[&article_id, &MOST],
    )
}

fn find(work: &mut Work, article_id: i64, attachment_id: i64) -> Result<ArticleFile> {
    must_be_readable(work, article_id)?;
    let found = work.optional(
        &format!("{VIEW} where attachment_id = $1 and article_id = $2 and is_active"),
        &[&attachment_id, &article_id],
    )?;
    found.ok_or(Error::NotFound("attachment"))
}

/// Attaches files that are kept already. Answers their ids.
pub fn attach(work: &mut Work, article_id: i64, kept: &[Kept]) -> Result<Vec<i64>> {
    take(work, article_id)?;
    let (now, uploaded_by) = (work.now, work.actor.user_id());
    let mut ids = Vec::with_capacity(kept.len());
    confirm(work, kept)?;
    for file in kept {
        let (id,): (i64,) = work.one(
            "insert into crm_kb_article_attachments (article_id, file_id, file_name, file_path, file_size, mime_type,
                 uploaded_by, created_at, updated_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $8) returning attachment_id",
            &[
                &article_id, &file.file_id, &file.name, &file.key(), &file.size, &file.mime_type, &uploaded_by, &now,
            ],
        )?;
        ids.push(id);
    }
    work.audit("attached", "article", Some(article_id), &json!({ "attachments": ids }))?;
    Ok(ids)
}

fn set_active(work: &mut Work, attachment_id: i64, is_active: bool) -> Result<()> {
    let (now, purge_at) = (work.now, (!is_active).then_some(work.now.plus_days(KEPT_DAYS)));
    work.execute(
        "update crm_kb_article_attachments set is_active = $2, purge_at = $3, updated_at = $4 where attachment_id = $1",
        &[&attachment_id, &is_active, &purge_at, &now],
    )?;
    Ok(())
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct ArticleFiles {
    pub attachments: Vec<ArticleFile>,
}

/// A file under its name.
#[derive(Debug, Serialize, JsonSchema)]
pub struct OneArticleFile {
    pub attachment: ArticleFile,
}

pub async fn list(
    caller: Reader,
    Path([article_id]): Path<1>,
    _: Query<Nothing>,
) -> Result<Answer<Json<ArticleFiles>>> {
    let attachments = caller.read(Class::Bounded, move |work| of_article(work, article_id)).await?;
    Ok(Json::new(ArticleFiles { attachments }).into())
}

pub async fn create(
    caller: Agent,
    Path([article_id]): Path<1>,
    upload: Upload,
) -> Result<Answer<Created<ArticleFiles>>> {
    caller.read(Class::Bounded, move |work| must_be_readable(work, article_id)).await?;
    let form = upload.receive(&caller.app, &[]).await?;
    caller.facts.note_body(&form.fingerprint());
    let kept = keep(&caller.app, form.files).await?;
    caller
        .write(move |work| {
            let ids = attach(work, article_id, &kept)?;
            let attachments: Vec<ArticleFile> =
                ids.iter().map(|id| find(work, article_id, *id)).collect::<Result<_>>()?;
            let list = format!("/api/crm/knowledge/{article_id}/attachments");
            let location = match &ids[..] {
                [one] => format!("{list}/{one}"),
                _ => list,
            };
            Ok(Created::at(location, ArticleFiles { attachments }))
        })
        .await
}

pub async fn download(
    caller: Reader,
    Path([article_id, attachment_id]): Path<2>,
    _: Query<Nothing>,
    wanted: Wanted,
) -> Result<Download> {
    let stored = caller.read(Class::Bounded, move |work| {
        find(work, article_id, attachment_id)?;
        let stored: Option<Stored> = work.optional(
            "select a.attachment_id, f.file_id, f.hash, f.file_size, a.file_name, a.mime_type
             from crm_kb_article_attachments a join crm_files f on f.file_id = a.file_id where a.attachment_id = $1",
            &[&attachment_id],
        )?;
        stored.ok_or(Error::NotFound("file: the row was made without one"))
    });
    serve(&caller.app, &stored.await?, &wanted).await
}

pub async fn delete(
    caller: Agent,
    Path([article_id, attachment_id]): Path<2>,
    _: Query<Nothing>,
) -> Result<Answer<NoContent>> {
    caller
        .write(move |work| {
            take(work, article_id)?;
            find(work, article_id, attachment_id)?;
            set_active(work, attachment_id, false)?;
            work.audit("detached", "article", Some(article_id), &json!({ "attachments": [attachment_id] }))?;
            Ok(NoContent)
        })
        .await
}

pub async fn restore(
    caller: Admin,
    Path([article_id, attachment_id]): Path<2>,
    _: Query<Nothing>,
) -> Result<Answer<Json<OneArticleFile>>> {
    caller
        .write(move |work| {
            take(work, article_id)?;
            let now = work.now;
            let removed: Option<(i64,)> = work.optional(
                "select attachment_id from crm_kb_article_attachments
                 where attachment_id = $1 and article_id = $2 and not is_active
                     and (purge_at is null or purge_at > $3)",
                &[&attachment_id, &article_id, &now],
            )?;
            removed.ok_or(Error::NotFound("deleted attachment"))?;
            set_active(work, attachment_id, true)?;
            work.audit("attached", "article", Some(article_id), &json!({ "attachments": [attachment_id] }))?;
            Ok(Json::new(OneArticleFile { attachment: find(work, article_id, attachment_id)? }))
        })
        .await
}
