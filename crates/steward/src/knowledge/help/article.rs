//! An article in the help centre: its text, what belongs to it, and whether it helped.

use askama::Template;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::IntoResponse;
use db::Class;

use super::super::article::Article;
use super::super::body::{Body, text_of};
use super::super::categories::{self, Category};
use super::super::feedback::{self, FeedbackDraft};
use super::super::{Edition, show as reading, slugs};
use super::{About, Entry, anyone, beginning, canonical, path_of};
use crate::error::{Error, Result};
use crate::files::articles::{self as files, ArticleFile};
use crate::files::{Download, Wanted};
use crate::http::{Path, Query, Reader};
use crate::input::Prose;
use crate::web::{self, Asked, Form, Named, Page, PageResult, Seat, redirect, show as answer, with_cookie};
use crate::work::{Actor, Work};

/// The articles that a stranger's browser has voted on: ids with dots between, the latest last.
const VOTED: &str = "steward_voted";
/// So many of them are remembered, for so many seconds: half a year.
const REMEMBERED: usize = 50;
const SECONDS: u32 = 15_552_000;

#[derive(Template)]
#[template(path = "knowledge/help/article.html")]
struct ArticlePage {
    page: Page,
    about: About,
    article: Article,
    path: String,
    body: Body,
    /// The categories above it, from the top.
    above: Vec<Category>,
    related: Vec<Entry>,
    files: Vec<ArticleFile>,
    /// Whether users may go to its editor from here.
    is_user: bool,
    /// Whether this reader has voted already.
    has_voted: bool,
    /// What they said; a stranger's vote is nobody's.
    vote: Option<bool>,
}

/// What is read beside the article.
struct Beside {
    page: Page,
    above: Vec<Category>,
    canonical: String,
}

fn beside(work: &mut Work, visit: &web::Visit, article: &Article) -> Result<Beside> {
    let mut above = Vec::new();
    if let Some(id) = article.category_id {
        above = path_to(&categories::all(work, false)?, id);
    }
    let path = path_of(&article.slug);
    Ok(Beside { page: Page::read(work, visit)?, above, canonical: canonical(work.config, &path) })
}

/// A category and those above it, from the top.
pub fn path_to(all: &[Category], id: i64) -> Vec<Category> {
    let mut path: Vec<Category> = Vec::new();
    let mut next = Some(id);
    while let Some(category) = all.iter().find(|category| Some(category.category_id) == next) {
        if path.iter().any(|known| known.category_id == category.category_id) {
            break;
        }
        next = category.parent_category_id;
        path.push(category.clone());
    }
    path.reverse();
    path
}

/// The articles that this browser has voted on.
fn voted(headers: &HeaderMap) -> Vec<i64> {
    let ids = web::cookie_of(headers, VOTED).unwrap_or("").split('.').filter_map(|id| id.parse().ok());
    ids.take(REMEMBERED).collect()
}

pub async fn show(seat: Seat<Reader>, Named(slug): Named, headers: HeaderMap) -> PageResult {
    let (anyone, asked) = (anyone(&seat), slug.clone());
    let reader = anyone.clone();
    let read = anyone.read(Class::Bounded, move |work| {
        let id = slugs::find(work, &asked)?;
        reading::read(work, &reader.app.knowledge, id, Edition::Published)
    });
    let read = read.await?;
    if read.article.slug != slug {
        return moved(&path_of(&read.article.slug));
    }
    let shown = reading::complete(&anyone, read).await?;
    let (visit, article) = (seat.visit.clone(), shown.article.clone());
    let Beside { page, above, canonical } =
        anyone.read(Class::Bounded, move |work| beside(work, &visit, &article)).await?;
    let id = shown.article.article_id;
    let vote = match seat.actor {
        Actor::Anonymous => None,
        _ => seat.read(Class::Bounded, move |work| feedback::own(work, id)).await?.map(|own| own.is_helpful),
    };
    let summary = match &*shown.article.summary {
        "" => text_of(&shown.html),
        summary => summary.to_owned(),
    };
    answer(&ArticlePage {
        about: About {
            title: format!("{} · {}", shown.article.title, page.brand),
            description: beginning(&summary),
            canonical,
            kind: "article",
        },
        path: path_of(&shown.article.slug),
        body: Body::of(&shown.html),
        article: shown.article,
        above,
        related: shown.related.into_iter().map(Entry::of).collect(),
        files: shown.files,
        is_user: seat.actor.user_id().is_some(),
        has_voted: vote.is_some() || (seat.actor == Actor::Anonymous && voted(&headers).contains(&id)),
        vote,
        page,
    })
}

/// The article has another address now, for good.
fn moved(path: &str) -> PageResult {
    let place = HeaderValue::try_from(path).map_err(|_| Error::NotFound("article"))?;
    Ok((StatusCode::PERMANENT_REDIRECT, [(header::LOCATION, place)]).into_response())
}

crate::input! {
    /// Whether an article helped.
    pub struct VoteForm {
        pub is_helpful: bool,
        pub comment: Option<Prose<0>>,
    }
}

/// Takes a vote. Whoever is signed in has one that may change; a stranger's counts once for a browser.
pub async fn vote(
    seat: Seat<Reader>,
    Named(slug): Named,
    headers: HeaderMap,
    Form(form): Form<VoteForm>,
) -> PageResult {
    // What strangers do not see is not there for anybody else on this page either.
    let anyone = anyone(&seat);
    let id = anyone.read(Class::Bounded, move |work| {
        let id = slugs::find(work, &slug)?;
        super::super::article::find(work, id, Edition::Published).map(|article| (id, article.slug))
    });
    let (id, slug) = id.await?;
    let back = format!("{}#feedback", path_of(&slug));
    let is_stranger = seat.actor == Actor::Anonymous;
    let mut ids = voted(&headers);
    if is_stranger {
        if ids.contains(&id) {
            return redirect(&back);
        }
        let limits = &seat.app.knowledge.feedback_limits;
        limits.admit(seat.facts.address, id, seat.app.clock.now())?;
    }
    let draft = FeedbackDraft {
        is_helpful: form.is_helpful,
        comment: form.comment,
        submitted_by: None,
        user_id: None,
    };
    seat.app.write(seat.actor, move |work| feedback::vote(work, id, &draft).map(|_| ())).await?;
    let response = redirect(&back)?;
    if !is_stranger {
        return Ok(response);
    }
    ids.push(id);
    let ids: Vec<String> = ids.iter().rev().take(REMEMBERED).rev().map(i64::to_string).collect();
    let cookie = format!("{VOTED}={}; Path=/help; HttpOnly; SameSite=Lax; Max-Age={SECONDS}", ids.join("."));
    with_cookie(response, &cookie)
}

/// A file of an article, for whoever may read that.
pub async fn file(
    seat: Seat<Reader>,
    web::Ids(ids): web::Ids<2>,
    _: Asked<crate::http::Nothing>,
    wanted: Wanted,
) -> std::result::Result<Download, web::PageError> {
    let nothing = crate::input::from_query("")?;
    Ok(files::download((*seat).clone(), Path(ids), Query(nothing), wanted).await?)
}
