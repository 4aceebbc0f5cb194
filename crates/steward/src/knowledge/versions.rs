//! What was published, version by version: to be listed, read, compared and taken back (spec 7).

use db::Class;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

use super::article::{self, Article};
use super::diff::{Diff, Other};
use super::taken::{Taken, Texts};
use super::write;
use super::{Edition, render, show as show_article};
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::http::{Agent, Answer, Json, Nothing, Path, Query, Viewer};
use crate::paging::{Cursor, Limit, PageNumber, Pagination, Paging, Total};
use crate::work::Work;

db::record! {
    /// One publication of an article.
    #[derive(Debug, Clone, Serialize, JsonSchema)]
    pub struct Version {
        pub version: i64,
        pub title: String,
        pub summary: String,
        pub tags: Vec<String>,
        pub keywords: Vec<String>,
        /// The article's author at that time.
        pub author_id: Option<i64>,
        /// Who published it; null for what plain SQL wrote.
        pub published_by: Option<i64>,
        pub note: Option<String>,
        /// When it was published.
        pub created_at: Time,
    }
}

const COLUMNS: &str = "version, title, summary, tags, keywords, author_id, published_by, note, created_at";

/// Publications, the latest first.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Versions {
    pub versions: Vec<Version>,
    pub pagination: Pagination,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct VersionDetail {
    #[serde(flatten)]
    version: Version,
    content: String,
    content_html: String,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct OneVersion {
    version: VersionDetail,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct OneDiff {
    diff: Diff,
}

crate::input! {
    pub struct VersionQuery {
        pub page: Option<PageNumber>,
        pub limit: Option<Limit>,
        pub cursor: Option<Cursor>,
    }
}

crate::input! {
    pub struct DiffQuery {
        /// The version to compare with, or `draft` for the working copy; the one before unless named.
        pub with: Option<Other>,
    }
}

/// Keeps a publication.
pub fn store(
    work: &mut Work,
    id: i64,
    version: i64,
    texts: &Texts,
    author_id: Option<i64>,
    note: Option<&str>,
) -> Result<()> {
    let (now, user) = (work.now, work.actor.user_id());
    work.execute(
        "insert into crm_kb_article_versions (article_id, version, title, summary, content, tags, keywords, author_id,
             published_by, note, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        &[
            &id, &version, &texts.title, &texts.summary, &texts.content, &texts.tags, &texts.keywords, &author_id,
            &user, &note, &now,
        ],
    )?;
    Ok(())
}

/// The texts of a version, if it is kept.
pub fn texts(work: &mut Work, id: i64, version: i64) -> Result<Option<Texts>> {
    work.optional(
        "select title, summary, content, tags, keywords from crm_kb_article_versions
         where article_id = $1 and version = $2",
        &[&id, &version],
    )
}

pub fn texts_of(work: &mut Work, id: i64, version: i64) -> Result<Texts> {
    texts(work, id, version)?.ok_or(Error::NotFound("version"))
}

pub fn versions(work: &mut Work, id: i64, paging: &Paging) -> Result<Versions> {
    article::find(work, id, Edition::Draft)?;
    let (total,): (i64,) =
        work.one("select count(*) from crm_kb_article_versions where article_id = $1", &[&id])?;
    let below = match &paging.cursor {
        Some(cursor) => {
            let [below] = cursor.values()?;
            below.as_i64().ok_or_else(Cursor::foreign)?
        }
        None => i64::MAX,
    };
    let mut versions: Vec<Version> = work.query(
        &format!(
            "select {COLUMNS} from crm_kb_article_versions where article_id = $1 and version < $2
             order by version desc limit $3 offset $4"
        ),
        &[&id, &below, &(paging.limit + 1), &paging.offset()],
    )?;
    let pagination = paging.answer(&mut versions, Total::exact(total), |last| vec![json!(last.version)]);
    Ok(Versions { versions, pagination })
}

pub fn version(work: &mut Work, id: i64, number: i64) -> Result<(Version, String)> {
    article::find(work, id, Edition::Draft)?;
    let found: Option<Version> = work.optional(
        &format!("select {COLUMNS} from crm_kb_article_versions where article_id = $1 and version = $2"),
        &[&id, &number],
    )?;
    let version = found.ok_or(Error::NotFound("version"))?;
    let texts = texts_of(work, id, number)?;
    Ok((version, texts.content))
}

/// The texts to compare, the older first, with their names.
pub fn sides(work: &mut Work, id: i64, number: i64, with: Option<Other>) -> Result<[(String, Texts); 2]> {
    article::find(work, id, Edition::Draft)?;
    let texts = texts_of(work, id, number)?;
    let named = |number: i64| format!("version {number}");
    let this = (named(number), texts);
    Ok(match with {
        Some(Other::Draft) => {
            let article = article::find(work, id, Edition::Draft)?;
            let (content, _) = article::content(work, id, Edition::Draft)?;
            let Article { title, summary, tags, keywords, .. } = article;
            [this, ("draft".into(), Texts { title, summary, content, tags, keywords })]
        }
        Some(Other::Version(other)) => {
            let other = (other, (named(other), texts_of(work, id, other)?));
            if other.0 > number { [this, other.1] } else { [other.1, this] }
        }
        None => {
            let nothing = Texts {
                title: String::new(),
                summary: String::new(),
                content: String::new(),
                tags: Vec::new(),
                keywords: Vec::new(),
            };
            let before: Option<(i64,)> = work.optional(
                "select version from crm_kb_article_versions where article_id = $1 and version < $2
                 order by version desc limit 1",
                &[&id, &number],
            )?;
            match before {
                Some((before,)) => [(named(before), texts_of(work, id, before)?), this],
                None => [("nothing".into(), nothing), this],
            }
        }
    })
}

pub async fn list(
    caller: Viewer,
    Path([id]): Path<1>,
    Query(query): Query<VersionQuery>,
) -> Result<Answer<Json<Versions>>> {
    let paging = Paging::new(query.page, query.limit, query.cursor, 50)?;
    let versions = caller.read(Class::Bounded, move |work| versions(work, id, &paging)).await?;
    Ok(Json::new(versions).into())
}

pub async fn show(
    caller: Viewer,
    Path([id, number]): Path<2>,
    _: Query<Nothing>,
) -> Result<Answer<Json<OneVersion>>> {
    let (version, content) = caller.read(Class::Bounded, move |work| version(work, id, number)).await?;
    let content_html = render::html(&caller.app, &content).await?.to_string();
    Ok(Json::new(OneVersion { version: VersionDetail { version, content, content_html } }).into())
}

pub async fn diff(
    caller: Viewer,
    Path([id, number]): Path<2>,
    Query(query): Query<DiffQuery>,
) -> Result<Answer<Json<OneDiff>>> {
    let [from, to] = caller.read(Class::Bounded, move |work| sides(work, id, number, query.with)).await?;
    let diff = tokio::task::spawn_blocking(move || Diff::of(from, to)).await;
    let diff = diff.map_err(|_| Error::Conflict("these two texts cannot be compared".into()))?;
    Ok(Json::new(OneDiff { diff }).into())
}

pub async fn restore(
    caller: Agent,
    Path([id, number]): Path<2>,
    _: Query<Nothing>,
) -> Result<Answer<Json<show_article::OneArticle>>> {
    let (expected, writer) = (caller.expected(id), caller.0.clone());
    let done = caller.write(move |work| {
        let before = Taken::find(work, id)?;
        expected.check(before.edit_version)?;
        let texts = texts_of(work, id, number)?;
        write::take_back(work, &before, texts)?;
        show_article::one(work, &writer, id)
    });
    done.await
}
