//! The help centre: what everybody may read, at addresses that stay. Whoever is signed in sees the same pages as a
//! stranger; only a vote is their own.

pub mod article;
pub mod search;
pub mod sitemap;

use std::collections::HashMap;

use askama::Template;
use db::Class;

use super::article::{Article, Row, readable, select};
use super::categories::{self, Category};
use super::{Edition, pages::Branch};
use crate::config::Config;
use crate::error::Result;
use crate::http::{Caller, Reader};
use crate::web::{Page, PageResult, Seat, show as answer};
use crate::work::{Actor, Work};

/// Articles shown of a category on the front page, and of those without one.
const OF_CATEGORY: i64 = 5;
/// Featured articles on the front page.
const FEATURED: i64 = 6;
/// Characters of a description.
const DESCRIPTION: usize = 160;

/// A stranger in the place of whoever asks: the help centre shows what is public.
fn anyone(caller: &Caller) -> Caller {
    Caller { actor: Actor::Anonymous, ..caller.clone() }
}

/// The absolute address of a path, where the desk knows its own.
fn canonical(config: &Config, path: &str) -> String {
    format!("{}{path}", config.public_url.trim_end_matches('/'))
}

/// The path of an article.
fn path_of(slug: &str) -> String {
    format!("/help/articles/{}", percent_encoding::utf8_percent_encode(slug, SLUG))
}

/// What of a slug is escaped: all but ASCII letters, digits and hyphens.
const SLUG: &percent_encoding::AsciiSet = &percent_encoding::NON_ALPHANUMERIC.remove(b'-');

/// What search engines and messengers are told of a page.
struct About {
    title: String,
    description: String,
    /// Absolute where the desk knows its address.
    canonical: String,
    kind: &'static str,
}

/// The beginning of a text, up to a word's end.
fn beginning(text: &str) -> String {
    if text.chars().count() <= DESCRIPTION {
        return text.to_owned();
    }
    let cut: String = text.chars().take(DESCRIPTION).collect();
    let words = cut.rsplit_once(' ').map_or(cut.as_str(), |(words, _)| words);
    format!("{words}…")
}

/// An article in a list of links.
pub struct Entry {
    pub title: String,
    pub summary: String,
    pub path: String,
}

impl Entry {
    fn of(article: Article) -> Entry {
        Entry { path: path_of(&article.slug), title: article.title, summary: article.summary }
    }
}

/// A category at the top of the tree with the articles read most in it and below.
struct Shelf {
    category: Category,
    below: Vec<Category>,
    entries: Vec<Entry>,
}

#[derive(Template)]
#[template(path = "knowledge/help/front.html")]
struct FrontPage {
    page: Page,
    about: About,
    featured: Vec<Entry>,
    shelves: Vec<Shelf>,
    /// Articles without a category.
    others: Vec<Entry>,
    total: i64,
}

db::record! {
    struct Popular {
        slug: Option<String>,
        article_number: String,
        title: String,
        category_id: Option<i64>,
        view_count: i64,
    }
}

pub async fn front(seat: Seat<Reader>) -> PageResult {
    let visit = seat.visit.clone();
    let anyone = anyone(&seat);
    let read = anyone.read(Class::Slow, move |work| {
        let page = Page::read(work, &visit)?;
        let about = About {
            title: page.brand.clone(),
            description: page.say1("help-description", "brand", &page.brand).into_owned(),
            canonical: canonical(work.config, "/help"),
            kind: "website",
        };
        let tree = categories::all(work, true)?;
        let (shelves, others) = shelves(tree, popular(work)?);
        let total = categories::count(work, None, false)?;
        Ok(FrontPage { page, about, featured: featured(work)?, shelves, others, total })
    });
    answer(&read.await?)
}

fn featured(work: &mut Work) -> Result<Vec<Entry>> {
    let (select, readable) = (select(Edition::Published, work.actor), readable(work.actor));
    let rows: Vec<Row> = work.query(
        &format!(
            "{select} where {readable} and a.is_featured
             order by coalesce(a.published_at, a.created_at) desc, a.article_id desc limit $1"
        ),
        &[&FEATURED],
    )?;
    Ok(rows.into_iter().map(|row| Entry::of(row.into())).collect())
}

/// The articles read most of each category.
fn popular(work: &mut Work) -> Result<Vec<Popular>> {
    let readable = readable(work.actor);
    work.query(
        &format!(
            "select q.slug, q.article_number, q.title, q.category_id, q.view_count from (
                 select a.slug, a.article_number, a.title, a.category_id, a.view_count, a.article_id,
                     row_number() over (
                         partition by a.category_id order by a.view_count desc, a.article_id) as place
                 from crm_kb_articles a where {readable}
             ) q where q.place <= $1 order by q.view_count desc, q.article_id"
        ),
        &[&OF_CATEGORY],
    )
}

/// Puts each article on the shelf of the topmost category above it.
fn shelves(tree: Vec<Category>, popular: Vec<Popular>) -> (Vec<Shelf>, Vec<Entry>) {
    let most = usize::try_from(OF_CATEGORY).unwrap_or(usize::MAX);
    let mut shelves: Vec<Shelf> = Vec::new();
    let mut shelf_of: HashMap<i64, usize> = HashMap::new();
    for Branch { category, depth } in Branch::all(tree) {
        if depth == 0 {
            shelf_of.insert(category.category_id, shelves.len());
            shelves.push(Shelf { category, below: Vec::new(), entries: Vec::new() });
            continue;
        }
        let Some(shelf) = shelves.len().checked_sub(1) else { continue };
        shelf_of.insert(category.category_id, shelf);
        if depth == 1 && category.article_count > 0 {
            shelves[shelf].below.push(category);
        }
    }
    let mut others = Vec::new();
    for Popular { slug, article_number, title, category_id, .. } in popular {
        let path = path_of(&slug.unwrap_or_else(|| article_number.to_lowercase()));
        let entry = Entry { title, summary: String::new(), path };
        let place = category_id.and_then(|id| shelf_of.get(&id)).map(|place| &mut shelves[*place].entries);
        let place = place.unwrap_or(&mut others);
        if place.len() < most {
            place.push(entry);
        }
    }
    shelves.retain(|shelf| shelf.category.article_count > 0);
    (shelves, others)
}
