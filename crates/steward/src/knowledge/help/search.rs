//! Finding articles: by words, as they are typed too, and by category.

use askama::Template;
use axum::extract::RawQuery;
use db::Class;

use super::super::article::Article;
use super::super::categories::Category;
use super::super::list::{self, ArticleQuery};
use super::super::pages::Branch;
use super::article::path_to;
use super::{About, anyone, canonical, path_of};
use crate::error::Error;
use crate::http::Reader;
use crate::input::{self, Set};
use crate::paging::{Cursor, Paging};
use crate::web::{self, Ids, Page, PageResult, Seat, show as answer};
use crate::work::Work;

/// Articles shown at once, and as somebody types.
const SHOWN: i64 = 20;
const TYPED: i64 = 8;
/// Characters of a question.
const LONGEST: usize = 500;

crate::input! {
    struct SearchQuery {
        search: Option<String>,
        cursor: Option<Cursor>,
        /// Only what was found, to be put into a page.
        part: Option<bool>,
        /// Whether whoever types has come to an end: what is found nothing for then is noted.
        settled: Option<bool>,
    }
}

/// An article that was found.
struct Hit {
    article: Article,
    path: String,
    /// Escaped, with its hits marked.
    excerpt: Option<String>,
}

struct Hits {
    hits: Vec<Hit>,
    total: i64,
    is_exact: bool,
    corrected: Option<String>,
    search: String,
    /// Where the list goes on.
    next: Option<String>,
}

#[derive(Template)]
#[template(path = "knowledge/help/search.html")]
struct SearchPage {
    page: Page,
    about: About,
    found: Hits,
}

#[derive(Template)]
#[template(path = "knowledge/help/_hits.html")]
struct SearchPart {
    page: Page,
    found: Hits,
}

fn hits(list: list::ArticleList, search: String, at: &str) -> Hits {
    let joint = if at.contains('?') { '&' } else { '?' };
    let hit = |item: list::ArticleItem| Hit {
        path: path_of(&item.article.slug),
        article: item.article,
        excerpt: item.excerpt,
    };
    Hits {
        hits: list.articles.into_iter().map(hit).collect(),
        total: list.pagination.total,
        is_exact: list.pagination.total_is_exact,
        corrected: list.corrected,
        search,
        next: list.pagination.next_cursor.map(|cursor| format!("{at}{joint}cursor={cursor}")),
    }
}

fn everything() -> Result<ArticleQuery, Error> {
    input::from_query("")
}

pub async fn show(seat: Seat<Reader>, RawQuery(query): RawQuery) -> PageResult {
    let ours = |name: &str| ["search", "cursor", "part", "settled"].contains(&name);
    let text = web::given(&query.unwrap_or_default(), ours);
    let SearchQuery { search, cursor, part, settled } = input::from_query(&text)?;
    let search: String = search.unwrap_or_default().trim().chars().take(LONGEST).collect();
    let is_part = part == Some(true);
    let mut asked = everything()?;
    asked.search = Some(search.clone()).filter(|search| !search.is_empty());
    let paging = Paging::new(None, None, cursor, if is_part { TYPED } else { SHOWN })?;
    let at = match web::with("", "search", &search) {
        query if query.is_empty() => "/help/search".to_owned(),
        query => format!("/help/search?{query}"),
    };
    let (visit, query) = (seat.visit.clone(), asked.clone());
    let anyone = anyone(&seat);
    let read = anyone.read(Class::Slow, move |work| {
        let list = list::answer(work, &query, &paging)?;
        Ok((Page::read(work, &visit)?, list, canonical(work.config, "/help/search")))
    });
    let (page, list, canonical) = read.await?;
    if !is_part || settled == Some(true) {
        list::note_miss(&seat.app, &asked, &list);
    }
    let found = hits(list, search, &at);
    if is_part {
        return answer(&SearchPart { page, found });
    }
    let title = match &*found.search {
        "" => page.say("help-all").into_owned(),
        search => page.say1("help-results-for", "search", search).into_owned(),
    };
    let about = About {
        title: format!("{title} · {}", page.brand),
        description: page.say1("help-description", "brand", &page.brand).into_owned(),
        canonical,
        kind: "website",
    };
    answer(&SearchPage { page, about, found })
}

#[derive(Template)]
#[template(path = "knowledge/help/category.html")]
struct CategoryPage {
    page: Page,
    about: About,
    category: Category,
    above: Vec<Category>,
    below: Vec<Category>,
    found: Hits,
}

crate::input! {
    struct CategoryQuery {
        cursor: Option<Cursor>,
    }
}

pub async fn category(seat: Seat<Reader>, Ids([id]): Ids<1>, RawQuery(query): RawQuery) -> PageResult {
    let text = web::given(&query.unwrap_or_default(), |name| name == "cursor");
    let CategoryQuery { cursor } = input::from_query(&text)?;
    let mut asked = everything()?;
    asked.category_id = Some(Set(vec![id]));
    let paging = Paging::new(None, None, cursor, SHOWN)?;
    let visit = seat.visit.clone();
    let anyone = anyone(&seat);
    let read = anyone.read(Class::Bounded, move |work: &mut Work| {
        let list = list::answer(work, &asked, &paging)?;
        let tree = super::super::categories::all(work, true)?;
        let mut above = path_to(&tree, id);
        let category = above.pop().ok_or(Error::NotFound("category"))?;
        let below = Branch::all(tree).into_iter().map(|branch| branch.category);
        let below = below.filter(|other| other.parent_category_id == Some(id) && other.article_count > 0);
        let page = Page::read(work, &visit)?;
        let path = format!("/help/categories/{id}");
        let about = About {
            title: format!("{} · {}", category.category_name, page.brand),
            description: page
                .say1("help-category-description", "category", &category.category_name)
                .into_owned(),
            canonical: canonical(work.config, &path),
            kind: "website",
        };
        let below = below.collect();
        Ok(CategoryPage { page, about, category, above, below, found: hits(list, String::new(), &path) })
    });
    answer(&read.await?)
}
