//! The knowledge base as users see it: the list beside the tree of categories. An article, its editor, its versions, the
//! tree's own page and what readers said have files of their own.

pub mod article;
pub mod editor;
pub mod history;
pub mod insights;
pub mod tree;

use askama::Template;
use db::Class;

use super::Status;
use super::categories::Category;
use super::list::{self, ArticleList, ArticleQuery, Sort, StatusFilter, TagMatch};
use crate::error::Result;
use crate::http::Viewer;
use crate::input::Set;
use crate::paging::Paging;
use crate::people::Role;
use crate::web::{self, Asked, Choice, Frame, Page, PageResult, Seat};
use crate::work::{Actor, Work};

/// Articles shown at once.
const SHOWN: i64 = 50;
/// Authors offered as a filter.
const AUTHORS: i64 = 200;

/// A category and how deep it stands in the tree: 0 at the top.
pub struct Branch {
    pub category: Category,
    pub depth: usize,
}

impl Branch {
    /// The tree from top to bottom.
    pub fn all(categories: Vec<Category>) -> Vec<Branch> {
        let mut path: Vec<i64> = Vec::new();
        let branches = categories.into_iter().map(|category| {
            let depth = category
                .parent_category_id
                .and_then(|parent| path.iter().position(|id| *id == parent))
                .map_or(0, |place| place + 1);
            path.truncate(depth);
            path.push(category.category_id);
            Branch { category, depth }
        });
        branches.collect()
    }

    /// Its name in a list of choices, set in by its depth.
    pub fn label(&self) -> String {
        format!("{}{}", "\u{2003}".repeat(self.depth), self.category.category_name)
    }

    /// The class that sets it in.
    pub fn indent(&self) -> String {
        format!("depth-{}", self.depth.min(5))
    }
}

#[derive(Template)]
#[template(path = "knowledge/list.html")]
struct ListPage {
    page: Page,
    frame: Frame,
    list: ArticleList,
    tree: Vec<Branch>,
    authors: Vec<Choice>,
    query: ArticleQuery,
    /// As it came.
    text: String,
    /// What is searched for.
    search: String,
    tag: String,
}

impl ListPage {
    fn statuses(&self) -> &'static [Status] {
        Status::ALL
    }

    fn has_status(&self, status: &Status) -> bool {
        let word = StatusFilter::from_word(status.word());
        matches!((&self.query.status, word), (Some(Set(chosen)), Some(word)) if chosen[..] == [word])
    }

    fn category(&self) -> Option<i64> {
        self.query.category_id.as_ref().and_then(|ids| ids.0.first().copied())
    }

    fn is_in(&self, id: &i64) -> bool {
        self.category() == Some(*id)
    }

    fn author(&self) -> [i64; 1] {
        [self.query.author_id.as_ref().and_then(|ids| ids.0.first().copied()).unwrap_or(0)]
    }

    fn is_sorted(&self, word: &str) -> bool {
        self.query.sort.is_some_and(|sort| sort.word() == word)
    }

    /// The list of another category, all else being the same.
    fn in_category(&self, id: &i64) -> String {
        web::with(&web::with(&self.text, "cursor", ""), "category_id", &id.to_string())
    }

    fn everywhere(&self) -> String {
        web::with(&web::with(&self.text, "cursor", ""), "category_id", "")
    }

    fn next(&self) -> Option<String> {
        self.list.pagination.next_cursor.as_ref().map(|cursor| web::with(&self.text, "cursor", cursor))
    }

    fn is_narrowed(&self) -> bool {
        !self.text.is_empty()
    }
}

pub async fn list(seat: Seat<Viewer>, asked: Asked<ArticleQuery>) -> PageResult {
    let Asked { mut query, text } = asked;
    let (search, tag) = (
        query.search.clone().unwrap_or_default(),
        query.tag.as_ref().map_or(String::new(), |tags| tags.0.join(", ")),
    );
    query.descendants = Some(true);
    query.tag_match.get_or_insert(TagMatch::All);
    let paging = Paging::new(query.page, query.limit, query.cursor.clone(), SHOWN)?;
    let mut asked = query.clone();
    // Users write: they see all, what was touched last first.
    asked.status.get_or_insert(Set(vec![StatusFilter::All]));
    if asked.words().is_none() {
        asked.sort.get_or_insert(Sort::Touched);
    }
    let visit = seat.visit.clone();
    let shown = seat.read(Class::Slow, move |work| {
        let mut list = list::answer(work, &asked, &paging)?;
        let tree = Branch::all(std::mem::take(&mut list.categories));
        Ok(ListPage {
            page: Page::read(work, &visit)?,
            frame: Frame::read(work, &visit, "knowledge")?,
            authors: authors(work)?,
            list,
            tree,
            query: query.clone(),
            text: text.clone(),
            search: search.clone(),
            tag: tag.clone(),
        })
    });
    let mut shown = shown.await?;
    for item in &mut shown.list.articles {
        item.article.view_count += seat.app.knowledge.views.waiting(item.article.article_id);
    }
    web::show(&shown)
}

fn authors(work: &mut Work) -> Result<Vec<Choice>> {
    let rows: Vec<(i64, String)> = work.query(
        "select u.user_id, u.name from crm_users u
         where u.user_id in (select a.author_id from crm_kb_articles a where a.is_active)
         order by u.name, u.user_id limit $1",
        &[&AUTHORS],
    )?;
    Ok(rows.into_iter().map(|(id, name)| Choice { id, name }).collect())
}

/// Whether an actor publishes.
fn may_publish(actor: Actor) -> bool {
    actor.is_at_least(Role::Manager)
}

/// Whether readers see some edition of an article.
fn is_live(work: &mut Work, id: i64) -> Result<bool> {
    let (status,): (Status,) =
        work.one("select status from crm_kb_articles where article_id = $1", &[&id])?;
    Ok(status == Status::Published)
}
