//! Keeping up with an article what is made from it: its words in the search index, its tags. And seeing to the
//! articles that plain SQL wrote.

use super::taken::{Taken, Texts};
use super::{Status, slugs, versions};
use crate::error::{Error, Result};
use crate::search::articles::{self, ArticleText, Edition};
use crate::work::Work;

/// Brings index and tags up with an article, in the transaction that changed it.
pub fn refresh(work: &mut Work, id: i64) -> Result<()> {
    let taken = Taken::any(work, id)?;
    let is_internal = taken.is_internal();
    let is_live = taken.is_active && taken.status == Status::Published;
    put(work, id, Edition::Published, is_internal, Some(&taken.texts).filter(|_| is_live))?;
    let working = match &taken.draft {
        Some((_, texts)) => Some(texts),
        None if taken.status == Status::Published => None,
        None => Some(&taken.texts),
    };
    put(work, id, Edition::Draft, is_internal, working.filter(|_| taken.is_active))?;
    set_tags(work, id, &taken.texts.tags)
}

fn put(work: &mut Work, id: i64, edition: Edition, is_internal: bool, texts: Option<&Texts>) -> Result<()> {
    let Some(texts) = texts else { return articles::remove(work, id, edition) };
    let text = ArticleText {
        title: &texts.title,
        keywords: &texts.keywords,
        tags: &texts.tags,
        summary: &texts.summary,
        content: &texts.content,
    };
    articles::put(work, id, edition, is_internal, &text)
}

fn set_tags(work: &mut Work, id: i64, tags: &[String]) -> Result<()> {
    let present: Vec<(String,)> =
        work.query("select tag from crm_kb_article_tags where article_id = $1", &[&id])?;
    for (tag,) in present.iter().filter(|(tag,)| !tags.contains(tag)) {
        work.execute("delete from crm_kb_article_tags where article_id = $1 and tag = $2", &[&id, tag])?;
    }
    for tag in tags.iter().filter(|tag| !present.iter().any(|(known,)| known == *tag)) {
        work.execute(
            "insert into crm_kb_article_tags (tag, article_id) values ($1, $2) on conflict do nothing",
            &[tag, &id],
        )?;
    }
    Ok(())
}

/// Whether any article waits for [`settle_queue`].
pub fn has_queue(work: &mut Work) -> Result<bool> {
    Ok(work.optional::<(i64,)>("select article_id from crm_kb_article_queue limit 1", &[])?.is_some())
}

/// Sees to articles that plain SQL wrote: an address, a version for what is published, their words in the index.
/// Answers how many; fewer than `most` means that none is left.
pub fn settle_queue(work: &mut Work, most: i64) -> Result<i64> {
    let lock = work.dialect().for_update_skip_locked();
    let waiting: Vec<(i64,)> = work.query(
        &format!("select article_id from crm_kb_article_queue order by article_id limit $1{lock}"),
        &[&most],
    )?;
    // All rows before any word: whoever changes an article takes its row and then the index, and so must we.
    let mut taken = Vec::with_capacity(waiting.len());
    for (id,) in &waiting {
        match Taken::any(work, *id) {
            Ok(article) => taken.push(article),
            // Deleted for good since.
            Err(Error::NotFound(_)) => {}
            Err(error) => return Err(error),
        }
    }
    for article in &taken {
        settle(work, article)?;
    }
    for (id,) in &waiting {
        work.execute("delete from crm_kb_article_queue where article_id = $1", &[id])?;
    }
    Ok(i64::try_from(waiting.len()).unwrap_or(most))
}

fn settle(work: &mut Work, taken: &Taken) -> Result<()> {
    let (id, now) = (taken.article_id, work.now);
    let slug = match &taken.slug {
        Some(slug) => slug.clone(),
        None => slugs::give(work, id, None, &taken.texts.title, None)?,
    };
    let told = if taken.version > 0 { versions::texts(work, id, taken.version)? } else { None };
    let publishes = taken.status == Status::Published && told.as_ref() != Some(&taken.texts);
    // A version that plain SQL counted itself, and for which there is no text yet, is this one.
    let version =
        if publishes && (taken.version == 0 || told.is_some()) { taken.version + 1 } else { taken.version };
    if publishes {
        versions::store(work, id, version, &taken.texts, taken.author_id(), None)?;
    }
    let published_at = if publishes { taken.published_at.or(Some(now)) } else { taken.published_at };
    let updated_at = publishes.then_some(now);
    work.execute(
        "update crm_kb_articles set slug = $2, version = $3, published_at = $4, updated_at = coalesce($5, updated_at),
             edit_version = edit_version + 1, public_edit_version = public_edit_version + 1
         where article_id = $1",
        &[&id, &slug, &version, &published_at, &updated_at],
    )?;
    refresh(work, id)
}
