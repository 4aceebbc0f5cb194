//! Making and changing articles: the one place that moves a text through the workflow (spec 7).

use serde_json::json;

use super::article::{self, Article};
use super::fields::{ArticleIds, Keywords, Slug, Summary, Tags};
use super::taken::{Settings, Taken, Texts};
use super::workflow::{self, Step};
use super::{Edition, Status, index, slugs, versions};
use crate::clock::Time;
use crate::error::{Error, Fault, Result};
use crate::http::Expected;
use crate::input::{Line, Patch, Prose};
use crate::people::differing;
use crate::work::Work;

crate::input! {
    /// A new article.
    pub struct ArticleDraft {
        pub title: Line<500>,
        pub summary: Option<Summary>,
        /// Markdown: CommonMark with tables, links by themselves and strike-through.
        pub content: Option<Prose<0>>,
        pub category_id: Option<i64>,
        pub tags: Option<Tags>,
        /// Words to be found by that the text does not use.
        pub keywords: Option<Keywords>,
        pub related_article_ids: Option<ArticleIds>,
        /// Draft unless a manager says otherwise.
        pub status: Option<Status>,
        pub is_featured: Option<bool>,
        /// For users only, also when it is published.
        pub is_internal: Option<bool>,
        pub author_id: Option<i64>,
        /// The last part of its address; made from the title unless named.
        pub slug: Option<Slug>,
        /// What this publication is about, kept with its version.
        pub note: Option<Line<1000>>,
    }
}

crate::input! {
    /// The fields to change.
    pub struct ArticleEdit {
        pub title: Patch<Line<500>>,
        pub summary: Patch<Option<Summary>>,
        pub content: Patch<Option<Prose<0>>>,
        pub category_id: Patch<Option<i64>>,
        pub tags: Patch<Option<Tags>>,
        pub keywords: Patch<Option<Keywords>>,
        pub related_article_ids: Patch<Option<ArticleIds>>,
        /// Where the working copy goes: draft, review, published, archived.
        pub status: Patch<Status>,
        pub is_featured: Patch<bool>,
        pub is_internal: Patch<bool>,
        pub author_id: Patch<i64>,
        /// Another address; the former one redirects.
        pub slug: Patch<Slug>,
        /// What this publication is about, kept with its version.
        pub note: Option<Line<1000>>,
    }
}

impl ArticleEdit {
    /// Moves the working copy, and changes nothing else.
    pub fn to(status: Status, note: Option<Line<1000>>) -> ArticleEdit {
        ArticleEdit {
            title: Patch::Keep,
            summary: Patch::Keep,
            content: Patch::Keep,
            category_id: Patch::Keep,
            tags: Patch::Keep,
            keywords: Patch::Keep,
            related_article_ids: Patch::Keep,
            status: Patch::Set(status),
            is_featured: Patch::Keep,
            is_internal: Patch::Keep,
            author_id: Patch::Keep,
            slug: Patch::Keep,
            note,
        }
    }
}

/// What an article is to become.
struct Target {
    status: Status,
    texts: Texts,
    settings: Settings,
    slug: Option<String>,
    note: Option<String>,
}

/// Makes an article.
pub fn create(work: &mut Work, draft: ArticleDraft) -> Result<Article> {
    let status = draft.status.unwrap_or(Status::Draft);
    workflow::may_create(work.actor, status)?;
    let settings = Settings {
        category_id: draft.category_id,
        related_article_ids: draft.related_article_ids.unwrap_or_default().0,
        is_featured: draft.is_featured.unwrap_or(false),
        is_internal: draft.is_internal.unwrap_or(false),
        author_id: draft.author_id,
    };
    check_references(work, &settings, None)?;
    let author_id = work.author("author_id", draft.author_id)?;
    let texts = Texts {
        title: draft.title.into_string(),
        summary: draft.summary.map_or_else(String::new, |summary| summary.0),
        content: draft.content.map_or_else(String::new, Prose::into_string),
        tags: draft.tags.unwrap_or_default().0,
        keywords: draft.keywords.unwrap_or_default().0,
    };
    let now = work.now;
    let is_published = status == Status::Published;
    // The slug holds the id where the title is taken, so it comes second; an empty one keeps the row out of the queue
    // of what plain SQL wrote.
    let (id,): (i64,) = work.one(
        "insert into crm_kb_articles (title, summary, content, tags, keywords, status, version, slug, category_id,
             related_article_ids, is_featured, is_internal, author_id, published_at, created_at, updated_at)
         values ($1, $2, $3, $4, $5, $6, $7, '', $8, $9, $10, $11, $12, $13, $14, $14) returning article_id",
        &[
            &texts.title, &texts.summary, &texts.content, &texts.tags, &texts.keywords, &status,
            &i64::from(is_published), &settings.category_id, &json!(settings.related_article_ids),
            &settings.is_featured, &settings.is_internal, &author_id, &is_published.then_some(now), &now,
        ],
    )?;
    let slug = slugs::give(work, id, None, &texts.title, draft.slug.as_deref())?;
    work.execute("update crm_kb_articles set slug = $2 where article_id = $1", &[&id, &slug])?;
    if is_published {
        let note = draft.note.map(Line::into_string);
        versions::store(work, id, 1, &texts, author_id, note.as_deref())?;
    }
    index::refresh(work, id)?;
    work.audit("created", "article", Some(id), &json!({ "status": status }))?;
    article::find(work, id, Edition::Draft)
}

/// Changes the fields named; an edit that changes nothing leaves no trace.
pub fn update(work: &mut Work, id: i64, edit: ArticleEdit, expected: &Expected) -> Result<Article> {
    let before = Taken::find(work, id)?;
    expected.check(before.edit_version)?;
    let slug = edit.slug.clone().named().map(|slug| slug.to_string());
    let target = Target {
        status: edit.status.clone().or(before.working_status()),
        texts: edited_texts(&edit, before.working_texts().clone()),
        settings: edited_settings(&edit, before.settings.clone()),
        slug: slug.filter(|slug| before.slug.as_ref() != Some(slug)),
        note: edit.note.map(Line::into_string),
    };
    become_target(work, &before, target)?;
    article::find(work, id, Edition::Draft)
}

/// Makes former texts the working copy: a draft.
pub fn take_back(work: &mut Work, before: &Taken, texts: Texts) -> Result<()> {
    let settings = before.settings.clone();
    let target = Target { status: Status::Draft, texts, settings, slug: None, note: None };
    become_target(work, before, target)
}

fn edited_texts(edit: &ArticleEdit, present: Texts) -> Texts {
    let edit = edit.clone();
    Texts {
        title: edit.title.map(Line::into_string).or(present.title),
        summary: edit
            .summary
            .map(|summary| summary.map_or_else(String::new, |summary| summary.0))
            .or(present.summary),
        content: edit
            .content
            .map(|content| content.map_or_else(String::new, Prose::into_string))
            .or(present.content),
        tags: edit.tags.map(|tags| tags.unwrap_or_default().0).or(present.tags),
        keywords: edit.keywords.map(|keywords| keywords.unwrap_or_default().0).or(present.keywords),
    }
}

fn edited_settings(edit: &ArticleEdit, present: Settings) -> Settings {
    let edit = edit.clone();
    Settings {
        category_id: edit.category_id.or(present.category_id),
        related_article_ids: edit
            .related_article_ids
            .map(|ids| ids.unwrap_or_default().0)
            .or(present.related_article_ids),
        is_featured: edit.is_featured.or(present.is_featured),
        is_internal: edit.is_internal.or(present.is_internal),
        author_id: edit.author_id.map(Some).or(present.author_id),
    }
}

/// Moves an article to its target, if that is another one and the caller may.
fn become_target(work: &mut Work, before: &Taken, target: Target) -> Result<()> {
    let from = before.working_status();
    let changes = Changes::between(before, &target);
    workflow::must_allow(from, target.status)?;
    workflow::may(
        work.actor,
        Step {
            from,
            to: target.status,
            is_live: before.status == Status::Published,
            changes_text: !changes.texts.is_empty(),
            changes_settings: !changes.settings.is_empty(),
        },
    )?;
    if changes.texts.is_empty() && changes.settings.is_empty() && from == target.status {
        return Ok(());
    }
    check_references(work, &target.settings, Some(before))?;
    if target.settings.author_id != before.settings.author_id {
        work.author("author_id", target.settings.author_id)?;
    }
    let publishes =
        target.status == Status::Published && (from != target.status || !changes.texts.is_empty());
    let version = before.version + i64::from(publishes);
    save(work, before, &target, &changes, version)?;
    if publishes {
        let (author, note) = (target.settings.author_id, target.note.as_deref());
        versions::store(work, before.article_id, version, &target.texts, author, note)?;
    }
    index::refresh(work, before.article_id)?;
    let kind = if publishes { "published" } else { "updated" };
    let fields: Vec<&str> = changes.texts.iter().chain(&changes.settings).copied().collect();
    let data = json!({ "fields": fields, "from": from, "to": target.status, "version": version });
    work.audit(kind, "article", Some(before.article_id), &data)
}

/// Names of the fields that are to be others.
struct Changes {
    texts: Vec<&'static str>,
    settings: Vec<&'static str>,
}

impl Changes {
    fn between(before: &Taken, target: &Target) -> Changes {
        let (was, is) = (before.working_texts(), &target.texts);
        let texts = differing!(was, is; title, summary, content, tags, keywords);
        let (was, is) = (&before.settings, &target.settings);
        let mut settings =
            differing!(was, is; category_id, related_article_ids, is_featured, is_internal, author_id);
        if target.slug.is_some() {
            settings.push("slug");
        }
        Changes { texts, settings }
    }
}

/// Writes what has changed to where it belongs: the row, or the draft beside a row that readers see.
fn save(work: &mut Work, before: &Taken, target: &Target, changes: &Changes, version: i64) -> Result<()> {
    let id = before.article_id;
    let is_drafting = matches!(target.status, Status::Draft | Status::Review);
    if before.status != Status::Published || !is_drafting {
        let publishes = version > before.version;
        let published_at = if publishes { Some(work.now) } else { before.published_at };
        let row = RowTarget { texts: &target.texts, status: target.status, version, published_at };
        save_row(work, before, target, &row)?;
        if before.draft.is_some() {
            work.execute("delete from crm_kb_article_drafts where article_id = $1", &[&id])?;
        }
        return Ok(());
    }
    save_draft(work, before, target)?;
    if !changes.settings.is_empty() {
        let (texts, published_at) = (&before.texts, before.published_at);
        return save_row(
            work,
            before,
            target,
            &RowTarget { texts, status: Status::Published, version, published_at },
        );
    }
    work.execute("update crm_kb_articles set edit_version = edit_version + 1 where article_id = $1", &[&id])?;
    Ok(())
}

/// What of the row is not a setting.
struct RowTarget<'a> {
    texts: &'a Texts,
    status: Status,
    version: i64,
    published_at: Option<Time>,
}

/// Writes the row: what readers see, or the working copy where they see nothing.
fn save_row(work: &mut Work, before: &Taken, target: &Target, row: &RowTarget) -> Result<()> {
    let (id, now) = (before.article_id, work.now);
    let RowTarget { texts, status, version, published_at } = row;
    let present = before.slug.as_deref().map(|slug| (slug, before.texts.title.as_str()));
    let slug = slugs::give(work, id, present, &texts.title, target.slug.as_deref())?;
    if *version == 0 {
        slugs::forget_others(work, id, &slug)?;
    }
    let settings = &target.settings;
    work.execute(
        "update crm_kb_articles set title = $2, summary = $3, content = $4, tags = $5, keywords = $6, status = $7,
             version = $8, slug = $9, category_id = $10, related_article_ids = $11, is_featured = $12,
             is_internal = $13, author_id = $14, published_at = $15, updated_at = $16,
             edit_version = edit_version + 1, public_edit_version = public_edit_version + 1
         where article_id = $1",
        &[
            &id, &texts.title, &texts.summary, &texts.content, &texts.tags, &texts.keywords, status, version, &slug,
            &settings.category_id, &json!(settings.related_article_ids), &settings.is_featured,
            &settings.is_internal, &settings.author_id, published_at, &now,
        ],
    )?;
    Ok(())
}

fn save_draft(work: &mut Work, before: &Taken, target: &Target) -> Result<()> {
    let (now, user) = (work.now, work.actor.user_id());
    let texts = &target.texts;
    work.execute(
        "insert into crm_kb_article_drafts (article_id, status, title, summary, content, tags, keywords, updated_by,
             created_at, updated_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)
         on conflict (article_id) do update set status = excluded.status, title = excluded.title,
             summary = excluded.summary, content = excluded.content, tags = excluded.tags,
             keywords = excluded.keywords, updated_by = excluded.updated_by, updated_at = excluded.updated_at",
        &[
            &before.article_id, &target.status, &texts.title, &texts.summary, &texts.content, &texts.tags,
            &texts.keywords, &user, &now,
        ],
    )?;
    Ok(())
}

/// Checks the rows that the settings name, as far as they have changed; every one that is not there is named.
fn check_references(work: &mut Work, settings: &Settings, before: Option<&Taken>) -> Result<()> {
    let mut faults = Vec::new();
    let former = before.map(|before| &before.settings);
    if let Some(id) = settings.category_id
        && former.and_then(|former| former.category_id) != Some(id)
    {
        let share = work.dialect().for_share();
        let known: Option<(i64,)> = work.optional(
            &format!("select category_id from crm_kb_categories where category_id = $1 and is_active{share}"),
            &[&id],
        )?;
        if known.is_none() {
            faults.push(Fault::field("category_id", format!("there is no active category {id}")));
        }
    }
    for (place, id) in settings.related_article_ids.iter().enumerate() {
        if former.is_some_and(|former| former.related_article_ids.contains(id)) {
            continue;
        }
        let place = format!("related_article_ids/{place}");
        if before.is_some_and(|before| before.article_id == *id) {
            faults.push(Fault::field(&place, "is this article itself"));
            continue;
        }
        let known: Option<(i64,)> = work
            .optional("select article_id from crm_kb_articles where article_id = $1 and is_active", &[id])?;
        if known.is_none() {
            faults.push(Fault::field(&place, format!("there is no active article {id}")));
        }
    }
    if faults.is_empty() { Ok(()) } else { Err(Error::Invalid(faults)) }
}

/// Deletes softly: gone for readers and users alike.
pub fn delete(work: &mut Work, id: i64, expected: &Expected) -> Result<()> {
    expected.check(Taken::find(work, id)?.edit_version)?;
    set_active(work, id, false)?;
    work.audit("deleted", "article", Some(id), &json!({}))
}

/// Brings a deleted article back as it was.
pub fn restore(work: &mut Work, id: i64) -> Result<Article> {
    match Taken::any(work, id) {
        Ok(taken) if !taken.is_active => {}
        Ok(_) | Err(Error::NotFound(_)) => return Err(Error::NotFound("deleted article")),
        Err(error) => return Err(error),
    }
    set_active(work, id, true)?;
    work.audit("restored", "article", Some(id), &json!({}))?;
    article::find(work, id, Edition::Draft)
}

fn set_active(work: &mut Work, id: i64, is_active: bool) -> Result<()> {
    let now = work.now;
    work.execute(
        "update crm_kb_articles set is_active = $2, updated_at = $3, edit_version = edit_version + 1,
             public_edit_version = public_edit_version + 1
         where article_id = $1",
        &[&id, &is_active, &now],
    )?;
    index::refresh(work, id)
}
