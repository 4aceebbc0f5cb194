//! The versions of an article: what each publication changed, and taking a former text back.

use askama::Template;
use db::Class;

use super::super::article::Article;
use super::super::diff::{Comparison, Other, Part};
use super::super::taken::Taken;
use super::super::versions::{self, Version, VersionQuery};
use super::super::write;
use super::article::look;
use crate::error::{Error, Result};
use crate::http::{Agent, Expected, Viewer};
use crate::paging::Paging;
use crate::web::{Asked, Form, Frame, Ids, Page, PageResult, Seat, redirect, show as answer};
use crate::work::Work;

/// Versions shown at once.
const SHOWN: i64 = 50;

#[derive(Template)]
#[template(path = "knowledge/versions.html")]
struct ListPage {
    page: Page,
    frame: Frame,
    article: Article,
    versions: Vec<Version>,
    publishers: Vec<(i64, String)>,
    next: Option<String>,
}

impl ListPage {
    fn publisher(&self, version: &Version) -> &str {
        name_of(&self.publishers, version.published_by)
    }
}

fn name_of(names: &[(i64, String)], id: Option<i64>) -> &str {
    names.iter().find(|(known, _)| Some(*known) == id).map_or("", |(_, name)| name)
}

/// Names of the users who published any of these.
fn publishers(work: &mut Work, versions: &[Version]) -> Result<Vec<(i64, String)>> {
    let ids: Vec<i64> = versions.iter().filter_map(|version| version.published_by).collect();
    let among = work.dialect().among_ints("user_id", "$1");
    work.query(&format!("select user_id, name from crm_users where {among}"), &[&serde_json::json!(ids)])
}

pub async fn list(seat: Seat<Viewer>, Ids([id]): Ids<1>, asked: Asked<VersionQuery>) -> PageResult {
    let VersionQuery { page, limit, cursor } = asked.query;
    let paging = Paging::new(page, limit, cursor, SHOWN)?;
    let visit = seat.visit.clone();
    let shown = seat.read(Class::Bounded, move |work| {
        let list = versions::versions(work, id, &paging)?;
        Ok(ListPage {
            page: Page::read(work, &visit)?,
            frame: Frame::read(work, &visit, "knowledge")?,
            article: look(work, id)?,
            publishers: publishers(work, &list.versions)?,
            versions: list.versions,
            next: list.pagination.next_cursor,
        })
    });
    answer(&shown.await?)
}

crate::input! {
    pub struct CompareQuery {
        /// The version to compare with, or `draft`; the one before unless named.
        pub with: Option<Other>,
    }
}

#[derive(Template)]
#[template(path = "knowledge/version.html")]
struct VersionPage {
    page: Page,
    frame: Frame,
    article: Article,
    version: Version,
    publisher: String,
    comparison: Comparison,
    /// What it is compared with.
    with: Option<Other>,
}

impl VersionPage {
    fn is_with_draft(&self) -> bool {
        self.with == Some(Other::Draft)
    }

    /// Whether there is something newer than this version.
    fn is_former(&self) -> bool {
        self.version.version < self.article.version || self.article.has_draft
    }
}

pub async fn show(seat: Seat<Viewer>, Ids([id, number]): Ids<2>, asked: Asked<CompareQuery>) -> PageResult {
    let with = asked.query.with;
    let visit = seat.visit.clone();
    let read = seat.read(Class::Bounded, move |work| {
        let (version, _) = versions::version(work, id, number)?;
        let publisher =
            name_of(&publishers(work, std::slice::from_ref(&version))?, version.published_by).to_owned();
        let sides = versions::sides(work, id, number, with)?;
        let (page, frame) = (Page::read(work, &visit)?, Frame::read(work, &visit, "knowledge")?);
        Ok((page, frame, look(work, id)?, version, publisher, sides))
    });
    let (page, frame, article, version, publisher, [(_, from), (_, to)]) = read.await?;
    // Long texts without a line in common take their time.
    let compared = tokio::task::spawn_blocking(move || Comparison::of(from, to)).await;
    let comparison = compared.map_err(|_| Error::Conflict("these two texts cannot be compared".into()))?;
    answer(&VersionPage { page, frame, article, version, publisher, comparison, with })
}

crate::input! {
    /// What the article was when somebody decided to take a former text back.
    pub struct RestoreForm {
        pub edit_version: i64,
    }
}

/// Makes a former text the draft of the next version.
pub async fn restore(
    seat: Seat<Agent>,
    Ids([id, number]): Ids<2>,
    Form(form): Form<RestoreForm>,
) -> PageResult {
    let expected = Expected::version(id, form.edit_version);
    let written = seat.app.write(seat.actor, move |work| {
        let before = Taken::find(work, id)?;
        expected.check(before.edit_version)?;
        let texts = versions::texts_of(work, id, number)?;
        write::take_back(work, &before, texts)
    });
    written.await?;
    redirect(&format!("/knowledge/{id}?done=restored"))
}
