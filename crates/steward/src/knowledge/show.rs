//! One article: by id or by its address, with what belongs to it. Each reading is a view.

use std::sync::Arc;

use db::Class;
use schemars::JsonSchema;
use serde::Serialize;

use super::article::{self, Article};
use super::write::{self, ArticleDraft, ArticleEdit};
use super::{Edition, Shelf, related, render, slugs};
use crate::error::Result;
use crate::files;
use crate::files::articles::ArticleFile;
use crate::http::{
    Admin, Agent, Answer, Body, Caller, Created, Either, Json, Manager, Moved, NoContent, Nothing, Path,
    Query, Reader, Word,
};
use crate::input::Patch;
use crate::work::Work;

crate::input! {
    pub struct EditionQuery {
        /// The working copy is what users are shown unless they ask for what is published.
        pub edition: Option<Edition>,
    }
}

/// An article with its text.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ArticleDetail {
    #[serde(flatten)]
    article: Article,
    /// Markdown.
    content: String,
    /// Harmless HTML made from it.
    content_html: String,
    related_article_ids: Vec<i64>,
}

/// An article, the articles related to it and its files.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Shown {
    article: ArticleDetail,
    related_articles: Vec<Article>,
    attachments: Vec<ArticleFile>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct OneArticle {
    article: ArticleDetail,
}

/// The working copy, as an answer to whoever wrote it.
pub fn one(work: &mut Work, caller: &Caller, id: i64) -> Result<Json<OneArticle>> {
    let article = article::find(work, id, Edition::Draft)?;
    let (content, related_article_ids) = article::content(work, id, Edition::Draft)?;
    let content_html = render::at_once(&caller.app, &content).to_string();
    let version = article.edit_version;
    let article = ArticleDetail { article, content, content_html, related_article_ids };
    Ok(Json::version(OneArticle { article }, id, version))
}

/// What one reading finds.
#[derive(Debug, Clone, Serialize)]
pub struct Read {
    pub article: Article,
    content: String,
    related_article_ids: Vec<i64>,
    /// Unknown where they have to be looked for.
    related: Option<Vec<Article>>,
    files: Vec<ArticleFile>,
}

impl Read {
    /// Whether nothing has to be looked for by a search.
    pub fn is_whole(&self) -> bool {
        self.related.is_some()
    }

    /// Looks for the related articles.
    pub fn complete(mut self, work: &mut Work, shelf: &Shelf) -> Result<Read> {
        self.related =
            Some(related::found(work, &shelf.neighbours, &self.article, &self.related_article_ids)?);
        Ok(self)
    }
}

/// An article as a reader is shown it.
pub(super) struct Reading {
    /// Its views include this one.
    pub article: Article,
    content: String,
    /// Harmless.
    pub html: Arc<str>,
    related_article_ids: Vec<i64>,
    pub related: Vec<Article>,
    pub files: Vec<ArticleFile>,
}

pub(super) fn read(work: &mut Work, shelf: &Shelf, id: i64, edition: Edition) -> Result<Read> {
    let article = article::find(work, id, edition)?;
    let (content, related_article_ids) = article::content(work, id, edition)?;
    let related = related::remembered(work, &shelf.neighbours, &article, &related_article_ids)?;
    let files = files::articles::of_article(work, id)?;
    Ok(Read { article, content, related_article_ids, related, files })
}

/// What an address leads to, or once led to.
pub fn at_address(work: &mut Work, shelf: &Shelf, slug: &str, edition: Edition) -> Result<Read> {
    let id = slugs::find(work, slug)?;
    read(work, shelf, id, edition)
}

/// Completes a reading, and counts it as a view.
pub(super) async fn complete(caller: &Caller, read: Read) -> Result<Reading> {
    let read = if read.is_whole() {
        read
    } else {
        let app = caller.app.clone();
        caller.read(Class::Slow, move |work| read.clone().complete(work, &app.knowledge)).await?
    };
    let Read { mut article, content, mut related_article_ids, related, files } = read;
    let related = related.unwrap_or_default();
    if !caller.actor.is_staff() {
        // The author may have named articles that are not for everybody's eyes.
        related_article_ids.retain(|id| related.iter().any(|other| other.article_id == *id));
    }
    let html: Arc<str> = render::html(&caller.app, &content).await?;
    article.view_count += caller.app.knowledge.views.count(article.article_id);
    Ok(Reading { article, content, html, related_article_ids, related, files })
}

async fn answer(caller: &Caller, read: Read) -> Result<Json<Shown>> {
    let Reading { article, content, html, related_article_ids, related, files } =
        complete(caller, read).await?;
    let (id, version) = (article.article_id, article.edit_version);
    let article = ArticleDetail { article, content, content_html: html.to_string(), related_article_ids };
    Ok(Json::version(Shown { article, related_articles: related, attachments: files }, id, version))
}

pub async fn show(
    caller: Reader,
    Path([id]): Path<1>,
    Query(query): Query<EditionQuery>,
) -> Result<Answer<Json<Shown>>> {
    let edition = article::edition_for(caller.actor, query.edition)?;
    let reading = caller.0.clone();
    let read =
        caller.read(Class::Bounded, move |work| read(work, &reading.app.knowledge, id, edition)).await?;
    Ok(answer(&caller, read).await?.into())
}

/// A former address answers 308 with the present one.
pub async fn by_slug(
    caller: Reader,
    Word(slug): Word<String>,
    Query(query): Query<EditionQuery>,
) -> Result<Answer<Either<Json<Shown>, Moved>>> {
    let edition = article::edition_for(caller.actor, query.edition)?;
    let (reading, asked) = (caller.0.clone(), slug.clone());
    let read =
        caller.read(Class::Bounded, move |work| at_address(work, &reading.app.knowledge, &asked, edition));
    let read = read.await?;
    if read.article.slug != slug {
        let path =
            percent_encoding::utf8_percent_encode(&read.article.slug, percent_encoding::NON_ALPHANUMERIC);
        let tail = query.edition.map_or_else(String::new, |edition| format!("?edition={edition}"));
        return Ok(Either::Right(Moved(format!("/api/crm/knowledge/by-slug/{path}{tail}"))).into());
    }
    Ok(Either::Left(answer(&caller, read).await?).into())
}

pub async fn create(caller: Agent, Body(draft): Body<ArticleDraft>) -> Result<Answer<Created<OneArticle>>> {
    if let Some(content) = &draft.content {
        // Here, so that a long text does not hold up other writers.
        render::html(&caller.app, content).await?;
    }
    let writer = caller.0.clone();
    let made = caller.write(move |work| {
        let id = write::create(work, draft.clone())?.article_id;
        let Json { body, etag } = one(work, &writer, id)?;
        Ok(Created { location: format!("/api/crm/knowledge/{id}"), body, etag })
    });
    let made = made.await;
    caller.app.knowledge.neighbours.forget();
    made
}

pub async fn update(
    caller: Agent,
    Path([id]): Path<1>,
    Body(edit): Body<ArticleEdit>,
) -> Result<Answer<Json<OneArticle>>> {
    if let Patch::Set(Some(content)) = &edit.content {
        render::html(&caller.app, content).await?;
    }
    let (expected, writer) = (caller.expected(id), caller.0.clone());
    let written = caller.write(move |work| {
        write::update(work, id, edit.clone(), &expected)?;
        one(work, &writer, id)
    });
    let written = written.await;
    caller.app.knowledge.neighbours.forget();
    written
}

pub async fn delete(caller: Manager, Path([id]): Path<1>, _: Query<Nothing>) -> Result<Answer<NoContent>> {
    let expected = caller.expected(id);
    caller.write(move |work| write::delete(work, id, &expected).map(|()| NoContent)).await
}

pub async fn restore(
    caller: Admin,
    Path([id]): Path<1>,
    _: Query<Nothing>,
) -> Result<Answer<Json<OneArticle>>> {
    let writer = caller.0.clone();
    let restored = caller.write(move |work| {
        write::restore(work, id)?;
        one(work, &writer, id)
    });
    restored.await
}
