//! An article as users see it: its text, where it stands, what readers said, and what may be done next.

use askama::Template;
use db::Class;

use super::super::article::{self, Article};
use super::super::body::Body;
use super::super::feedback::{self, Feedback, FeedbackQuery};
use super::super::workflow;
use super::super::write::{self, ArticleEdit};
use super::super::{Edition, Status, show as reading};
use super::{is_live, may_publish};
use crate::error::Result;
use crate::files::articles::ArticleFile;
use crate::http::{Agent, Expected, Manager, Viewer};
use crate::input::Line;
use crate::paging::Paging;
use crate::web::{Asked, Form, Frame, Ids, Page, PageResult, Seat, redirect, show as answer};
use crate::work::Work;

/// Comments of readers shown beside the article.
const COMMENTS: i64 = 20;

crate::input! {
    pub struct ShowQuery {
        /// What readers see, where a next text is being written.
        pub edition: Option<Edition>,
        /// What has just been done, to be said once.
        pub done: Option<Done>,
    }
}

crate::words! {
    /// What a form has done to an article.
    pub enum Done {
        Saved = "saved", Review = "review", Draft = "draft", Published = "published", Archived = "archived",
        Restored = "restored",
    }
}

#[derive(Template)]
#[template(path = "knowledge/show.html")]
struct ShowPage {
    page: Page,
    frame: Frame,
    article: Article,
    body: Body,
    related: Vec<Article>,
    files: Vec<ArticleFile>,
    comments: Vec<Feedback>,
    /// Where the working copy may go, for whoever looks.
    next: Vec<Status>,
    /// Whether readers see it: some edition of it is published.
    is_live: bool,
    is_publisher: bool,
    done: Option<Done>,
}

impl ShowPage {
    /// Whether strangers may read it.
    fn is_public(&self) -> bool {
        self.is_live && !self.article.is_internal
    }

    fn publishes(&self) -> bool {
        self.next.contains(&Status::Published)
    }

    fn shows_draft(&self) -> bool {
        self.article.edition == Edition::Draft
    }

    fn done_words(&self) -> String {
        self.done.map_or(String::new(), |done| self.page.word("knowledge-done", done).into_owned())
    }
}

pub async fn show(seat: Seat<Viewer>, Ids([id]): Ids<1>, asked: Asked<ShowQuery>) -> PageResult {
    let ShowQuery { edition, done } = asked.query;
    let edition = edition.unwrap_or(Edition::Draft);
    let (caller, actor) = (seat.0.clone(), seat.actor);
    let reader = caller.clone();
    let read = caller
        .read(Class::Bounded, move |work| reading::read(work, &reader.app.knowledge, id, edition))
        .await?;
    let shown = reading::complete(&caller, read).await?;
    let visit = seat.visit.clone();
    let (page, frame, comments, is_live) = caller
        .read(Class::Bounded, move |work| {
            Ok((
                Page::read(work, &visit)?,
                Frame::read(work, &visit, "knowledge")?,
                comments(work, id)?,
                is_live(work, id)?,
            ))
        })
        .await?;
    let may = |next: &Status| may_publish(actor) || matches!(next, Status::Draft | Status::Review);
    // While readers see an article, taking it back to draft begins its next text: the editor does that.
    let next = workflow::next(shown.article.status).iter().copied().filter(|next| {
        frame.may_work()
            && may(next)
            && !(shown.article.status == Status::Published && *next == Status::Draft)
    });
    answer(&ShowPage {
        next: next.collect(),
        body: Body::of(&shown.html),
        article: shown.article,
        related: shown.related,
        files: shown.files,
        is_publisher: may_publish(actor),
        page,
        frame,
        comments,
        is_live,
        done,
    })
}

fn comments(work: &mut Work, id: i64) -> Result<Vec<Feedback>> {
    let query =
        FeedbackQuery { is_helpful: None, commented: Some(true), page: None, limit: None, cursor: None };
    Ok(feedback::page(work, id, &query, &Paging::new(None, None, None, COMMENTS)?)?.feedback)
}

crate::input! {
    /// A step of the workflow.
    pub struct StatusForm {
        pub edit_version: i64,
        pub status: Status,
        /// What this publication is about.
        pub note: Option<Line<1000>>,
    }
}

/// Moves an article through its workflow, unless somebody has changed it meanwhile.
pub async fn set_status(seat: Seat<Agent>, Ids([id]): Ids<1>, Form(form): Form<StatusForm>) -> PageResult {
    let status = form.status;
    let written = seat.app.write(seat.actor, move |work| {
        let edit = ArticleEdit::to(form.status, form.note.clone());
        write::update(work, id, edit, &Expected::version(id, form.edit_version)).map(|_| ())
    });
    written.await?;
    seat.app.knowledge.neighbours.forget();
    redirect(&format!("/knowledge/{id}?done={status}"))
}

crate::input! {
    /// Which version is to be deleted.
    pub struct DeleteForm {
        pub edit_version: i64,
    }
}

pub async fn delete(seat: Seat<Manager>, Ids([id]): Ids<1>, Form(form): Form<DeleteForm>) -> PageResult {
    let expected = Expected::version(id, form.edit_version);
    seat.app.write(seat.actor, move |work| write::delete(work, id, &expected)).await?;
    seat.app.knowledge.neighbours.forget();
    redirect("/knowledge")
}

/// The working copy, for a page that does not count as a reading of it.
pub fn look(work: &mut Work, id: i64) -> Result<Article> {
    article::find(work, id, Edition::Draft)
}
