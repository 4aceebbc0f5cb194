//! The list of articles: filters, orders, search, and the categories beside it.

use std::collections::HashSet;

use db::{Class, Value};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

use super::article::{self, Article, Row};
use super::categories::{self, Category};
use super::fields::normal;
use super::related::audience;
use super::{Edition, Status};
use crate::app::App;
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::http::{Answer, Json, Query, Reader};
use crate::input::Set;
use crate::markdown;
use crate::paging::{Cursor, Limit, PageNumber, Pagination, Paging, REACH, Total};
use crate::people::listing::Filter;
use crate::search::Excerpter;
use crate::search::articles::{self, Asked};
use crate::work::{Actor, Work};

/// Articles shown at once unless asked otherwise (spec 1).
const LIMIT: i64 = 20;

crate::words! {
    /// Which articles: `published` as readers see them, or working copies by where they stand.
    pub enum StatusFilter {
        Draft = "draft", Review = "review", Published = "published", Archived = "archived", All = "all",
    }
}

crate::words! {
    /// The orders of a list; `-` is descending.
    pub enum Sort {
        Newest = "-published_at", Oldest = "published_at",
        Touched = "-updated_at", Untouched = "updated_at",
        MostViewed = "-view_count", LeastViewed = "view_count",
        MostHelpful = "-helpful_count", LeastHelpful = "helpful_count",
    }
}

crate::words! {
    /// How several tags count together.
    pub enum TagMatch { All = "all", Any = "any" }
}

crate::input! {
    /// Filters, order and page of a list of articles.
    pub struct ArticleQuery {
        pub category_id: Option<Set<i64>>,
        /// Whether the categories below count too, in the filter and in the counts.
        pub descendants: Option<bool>,
        /// Published unless users ask for others; of several, each article counts as where its working copy stands.
        pub status: Option<Set<StatusFilter>>,
        pub featured: Option<bool>,
        /// Internal articles only, or public ones only.
        pub internal: Option<bool>,
        /// Tags, comma-separated.
        pub tag: Option<Set<String>>,
        /// Whether all (default) or any of the tags.
        pub tag_match: Option<TagMatch>,
        /// Users who wrote them; for users.
        pub author_id: Option<Set<i64>>,
        /// A question or words: in title, keywords, tags, summary and content; the best first unless sorted.
        pub search: Option<String>,
        pub sort: Option<Sort>,
        pub page: Option<PageNumber>,
        pub limit: Option<Limit>,
        pub cursor: Option<Cursor>,
        /// Counts on where counting would stop at 10,000.
        pub exact: Option<bool>,
    }
}

/// An article in a list.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ArticleItem {
    #[serde(flatten)]
    pub article: Article,
    /// Where the words searched for occur: HTML-escaped, hits in `<mark>`. Null without a search.
    pub excerpt: Option<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct ArticleList {
    pub articles: Vec<ArticleItem>,
    pub categories: Vec<Category>,
    pub pagination: Pagination,
    /// What was searched for instead, where nothing is spelt as it was asked.
    pub corrected: Option<String>,
}

impl ArticleQuery {
    /// What is searched for.
    pub fn words(&self) -> Option<&str> {
        self.search.as_deref().filter(|text| !text.trim().is_empty())
    }

    /// Whether answering costs little whatever the number of articles.
    pub fn is_cheap(&self) -> bool {
        let by_index = matches!(self.sort, None | Some(Sort::Newest | Sort::Oldest));
        let one_category =
            self.category_id.as_ref().is_none_or(|ids| ids.0.len() == 1 && self.descendants != Some(true));
        let plain = self.tag.is_none()
            && self.author_id.is_none()
            && self.internal.is_none()
            && self.featured != Some(false);
        by_index
            && one_category
            && plain
            && self.status.is_none()
            && self.words().is_none()
            && self.exact != Some(true)
    }

    /// The statuses that are meant; 403 for a reader who asks for what is not published.
    fn statuses(&self, actor: Actor) -> Result<Vec<Status>> {
        let Some(Set(asked)) = &self.status else { return Ok(vec![Status::Published]) };
        let mut statuses: Vec<Status> = Vec::new();
        for status in asked {
            match status {
                StatusFilter::All => statuses.extend(Status::ALL),
                StatusFilter::Draft => statuses.push(Status::Draft),
                StatusFilter::Review => statuses.push(Status::Review),
                StatusFilter::Published => statuses.push(Status::Published),
                StatusFilter::Archived => statuses.push(Status::Archived),
            }
        }
        statuses.sort_unstable();
        statuses.dedup();
        if statuses != [Status::Published] && !actor.is_staff() {
            return Err(Error::Forbidden("articles that are not published are for users of the desk".into()));
        }
        Ok(statuses)
    }

    /// Whether anything but the status narrows the list.
    fn narrows(&self) -> bool {
        self.category_id.is_some()
            || self.featured.is_some()
            || self.internal.is_some()
            || self.tag.is_some()
            || self.author_id.is_some()
    }

    /// How many there are, where the counters of the categories tell.
    fn counted(&self, work: &mut Work, statuses: &[Status]) -> Result<Option<i64>> {
        if statuses != [Status::Published]
            || self.featured.is_some()
            || self.internal.is_some()
            || self.tag.is_some()
            || self.author_id.is_some()
        {
            return Ok(None);
        }
        categories::count(work, self.category_id.as_ref().map(|ids| &*ids.0), self.descendants == Some(true))
            .map(Some)
    }

    fn filter(&self, work: &mut Work, statuses: &[Status]) -> Result<Filter> {
        let mut filter = Filter::new(match statuses {
            [Status::Published] => article::readable(work.actor),
            _ => "a.is_active",
        });
        if statuses != [Status::Published] && statuses.len() < Status::ALL.len() {
            filter.and(&stands_at(statuses));
        }
        if let Some(Set(ids)) = &self.category_id {
            let mut ids = ids.clone();
            if self.descendants == Some(true) {
                ids = categories::with_descendants(work, &ids)?;
            }
            let places: Vec<String> = ids.iter().map(|id| filter.bind(*id)).collect();
            filter.and(&format!("a.category_id in ({})", places.join(", ")));
        }
        match self.featured {
            Some(true) => filter.and("a.is_featured"),
            Some(false) => filter.and("not a.is_featured"),
            None => {}
        }
        match self.internal {
            Some(true) => filter.and("a.is_internal"),
            Some(false) => filter.and("not a.is_internal"),
            None => {}
        }
        if let Some(Set(ids)) = &self.author_id {
            if !work.actor.is_staff() {
                return Err(Error::Forbidden("who wrote an article is for users of the desk to know".into()));
            }
            let places: Vec<String> = ids.iter().map(|id| filter.bind(*id)).collect();
            filter.and(&format!("a.author_id in ({})", places.join(", ")));
        }
        self.tag_conditions(&mut filter);
        Ok(filter)
    }

    fn tag_conditions(&self, filter: &mut Filter) {
        let Some(Set(tags)) = &self.tag else { return };
        let tags = tags.iter().map(|tag| normal(tag)).filter(|tag| !tag.is_empty());
        let places: Vec<String> = tags.map(|tag| filter.bind(tag)).collect();
        let has = "a.article_id in (select t.article_id from crm_kb_article_tags t where t.tag";
        if places.is_empty() {
            return;
        }
        if self.tag_match == Some(TagMatch::Any) {
            filter.and(&format!("{has} in ({}))", places.join(", ")));
        } else {
            for place in places {
                filter.and(&format!("{has} = {place})"));
            }
        }
    }
}

/// Working copies that stand at one of these.
fn stands_at(statuses: &[Status]) -> String {
    let drafts = "select n.article_id from crm_kb_article_drafts n";
    let words: Vec<String> = statuses
        .iter()
        .filter(|status| **status != Status::Published)
        .map(|status| format!("'{status}'"))
        .collect();
    let words = words.join(", ");
    let mut ways = vec![
        format!("a.status in ({words})"),
        format!("a.article_id in ({drafts} where n.status in ({words}))"),
    ];
    if statuses.contains(&Status::Published) {
        ways.push(format!("(a.status = 'published' and a.article_id not in ({drafts}))"));
    }
    format!("({})", ways.join(" or "))
}

/// An order with its keyset: an expression that is never null, and the id to break ties.
struct Order {
    sort: Sort,
    expression: &'static str,
    descending: bool,
}

impl Order {
    fn of(sort: Sort, edition: Edition) -> Order {
        let listed = "coalesce(a.published_at, a.created_at)";
        let touched = match edition {
            Edition::Published => "a.updated_at",
            Edition::Draft => "coalesce(d.updated_at, a.updated_at)",
        };
        let (expression, descending) = match sort {
            Sort::Newest => (listed, true),
            Sort::Oldest => (listed, false),
            Sort::Touched => (touched, true),
            Sort::Untouched => (touched, false),
            Sort::MostViewed => ("a.view_count", true),
            Sort::LeastViewed => ("a.view_count", false),
            Sort::MostHelpful => ("a.helpful_count", true),
            Sort::LeastHelpful => ("a.helpful_count", false),
        };
        Order { sort, expression, descending }
    }

    fn key(&self, article: &Article) -> Vec<serde_json::Value> {
        let value = match self.sort {
            Sort::Newest | Sort::Oldest => json!(article.listed_at),
            Sort::Touched | Sort::Untouched => json!(article.updated_at),
            Sort::MostViewed | Sort::LeastViewed => json!(article.view_count),
            Sort::MostHelpful | Sort::LeastHelpful => json!(article.helpful_count),
        };
        vec![json!(self.sort), value, json!(article.article_id)]
    }

    fn after(&self, filter: &mut Filter, cursor: &Cursor) -> Result<()> {
        let [sort, value, id] = cursor.values()?;
        let id = id.as_i64().filter(|_| *sort == json!(self.sort)).ok_or_else(Cursor::foreign)?;
        let value: Value = match value {
            serde_json::Value::String(text) if !self.is_count() => Time::parse(text).map(Value::from),
            number if self.is_count() => number.as_i64().map(Value::from),
            _ => None,
        }
        .ok_or_else(Cursor::foreign)?;
        let (value, id) = (filter.bind(value), filter.bind(id));
        let beyond = if self.descending { "<" } else { ">" };
        filter.and(&format!("({}, a.article_id) {beyond} ({value}, {id})", self.expression));
        Ok(())
    }

    fn is_count(&self) -> bool {
        !matches!(self.sort, Sort::Newest | Sort::Oldest | Sort::Touched | Sort::Untouched)
    }

    fn sql(&self) -> String {
        let direction = if self.descending { "desc" } else { "asc" };
        format!("order by {} {direction}, a.article_id {direction}", self.expression)
    }
}

/// Answers a list, views that wait to be written not included.
pub fn answer(work: &mut Work, query: &ArticleQuery, paging: &Paging) -> Result<ArticleList> {
    let statuses = query.statuses(work.actor)?;
    let edition = if statuses == [Status::Published] { Edition::Published } else { Edition::Draft };
    let filter = query.filter(work, &statuses)?;
    let categories = categories::all(work, query.descendants == Some(true))?;
    if let Some(words) = query.words() {
        let found = Found { query, words, statuses: &statuses, edition };
        return found.answer(work, filter, paging, categories);
    }
    let total = match query.counted(work, &statuses)? {
        Some(rows) => Total::exact(rows),
        None => filter.total(work, "crm_kb_articles a", query.exact == Some(true))?,
    };
    let order = Order::of(query.sort.unwrap_or(Sort::Newest), edition);
    let (articles, pagination) = page(work, filter, &order, edition, paging, total)?;
    let articles = articles.into_iter().map(|article| ArticleItem { article, excerpt: None }).collect();
    Ok(ArticleList { articles, categories, pagination, corrected: None })
}

fn page(
    work: &mut Work,
    mut filter: Filter,
    order: &Order,
    edition: Edition,
    paging: &Paging,
    total: Total,
) -> Result<(Vec<Article>, Pagination)> {
    if let Some(cursor) = &paging.cursor {
        order.after(&mut filter, cursor)?;
    }
    let select = article::select(edition, work.actor);
    let rows: Vec<Row> = filter.page(work, &select, &order.sql(), paging)?;
    let mut articles: Vec<Article> = rows.into_iter().map(Article::from).collect();
    let pagination = paging.answer(&mut articles, total, |last| order.key(last));
    Ok((articles, pagination))
}

/// A list that is searched.
struct Found<'a> {
    query: &'a ArticleQuery,
    words: &'a str,
    statuses: &'a [Status],
    edition: Edition,
}

impl Found<'_> {
    fn answer(
        &self,
        work: &mut Work,
        mut filter: Filter,
        paging: &Paging,
        categories: Vec<Category>,
    ) -> Result<ArticleList> {
        let among = if self.query.narrows() || self.edition == Edition::Draft {
            Some(ids(work, &filter)?)
        } else {
            None
        };
        let found = articles::find(
            work,
            &Asked {
                text: self.words,
                audience: audience(work.actor),
                published: self.statuses.contains(&Status::Published),
                drafts: self.edition == Edition::Draft,
                among: among.as_ref(),
                except: None,
            },
        )?;
        let total =
            Total { rows: i64::try_from(found.total).unwrap_or(REACH), is_exact: found.total_is_exact };
        let (articles, pagination) = match self.query.sort {
            Some(sort) => {
                let ids: Vec<i64> = found.hits.iter().map(|hit| hit.article_id).collect();
                let place = filter.bind(json!(ids));
                filter.and(&work.dialect().among_ints("a.article_id", &place));
                page(work, filter, &Order::of(sort, self.edition), self.edition, paging, total)?
            }
            None => self.best(work, &found.hits, paging, total)?,
        };
        let excerpter = articles::excerpter(found.corrected.as_deref().unwrap_or(self.words));
        let mut items = Vec::with_capacity(articles.len());
        for article in articles {
            let excerpt = excerpt(work, &excerpter, &article, self.edition)?;
            items.push(ArticleItem { article, excerpt });
        }
        Ok(ArticleList { articles: items, categories, pagination, corrected: found.corrected })
    }

    /// A page of the best: a search goes on by how many were shown, for ranks move while articles are added.
    fn best(
        &self,
        work: &mut Work,
        hits: &[articles::Hit],
        paging: &Paging,
        total: Total,
    ) -> Result<(Vec<Article>, Pagination)> {
        let offset = match &paging.cursor {
            Some(cursor) => {
                let [word, offset] = cursor.values()?;
                let offset =
                    offset.as_i64().filter(|offset| *word == json!("search") && (0..REACH).contains(offset));
                offset.ok_or_else(Cursor::foreign)?
            }
            None => paging.offset(),
        };
        let skip = usize::try_from(offset).unwrap_or(usize::MAX);
        let take = usize::try_from(paging.limit).unwrap_or(usize::MAX);
        let mut ids: Vec<i64> = hits.iter().skip(skip).take(take + 1).map(|hit| hit.article_id).collect();
        let next = offset + paging.limit;
        let pagination = paging.answer(&mut ids, total, |_| vec![json!("search"), json!(next)]);
        let articles = match self.edition {
            Edition::Published => article::readable_among(work, &ids)?,
            Edition::Draft => {
                let mut filter = Filter::new("a.is_active");
                let place = filter.bind(json!(ids));
                filter.and(&work.dialect().among_ints("a.article_id", &place));
                let select = article::select(Edition::Draft, work.actor);
                let all = Paging { page: 1, limit: paging.limit, cursor: None };
                let rows: Vec<Row> = filter.page(work, &select, "", &all)?;
                let mut articles: Vec<Article> = rows.into_iter().map(Article::from).collect();
                articles.sort_by_key(|article| ids.iter().position(|id| *id == article.article_id));
                articles
            }
        };
        Ok((articles, pagination))
    }
}

/// The articles that the filters leave.
fn ids(work: &mut Work, filter: &Filter) -> Result<HashSet<i64>> {
    let rows: Vec<(i64,)> = filter.all(work, "select a.article_id from crm_kb_articles a")?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// Where the words occur: in the content, else the summary, else the title.
pub fn excerpt(
    work: &mut Work,
    excerpter: &Excerpter,
    article: &Article,
    edition: Edition,
) -> Result<Option<String>> {
    let (content, _) = article::content(work, article.article_id, edition)?;
    let around = excerpter.surroundings(&content).map(markdown::plain);
    Ok(around
        .and_then(|text| excerpter.excerpt(&text))
        .or_else(|| excerpter.excerpt(&article.summary))
        .or_else(|| excerpter.excerpt(&article.title)))
}

/// Notes what a reader looked for in vain, among all that there is.
pub fn note_miss(app: &App, query: &ArticleQuery, list: &ArticleList) {
    if let Some(words) = query.words().filter(|_| list.pagination.total == 0 && !query.narrows()) {
        app.knowledge.misses.note(words, app.clock.now());
    }
}

pub async fn list(caller: Reader, Query(query): Query<ArticleQuery>) -> Result<Answer<Json<ArticleList>>> {
    let paging = Paging::new(query.page, query.limit, query.cursor.clone(), LIMIT)?;
    let class = if query.is_cheap() { Class::Bounded } else { Class::Slow };
    let asked = query.clone();
    let mut list = caller.read(class, move |work| answer(work, &query, &paging)).await?;
    if !caller.actor.is_staff() {
        note_miss(&caller.app, &asked, &list);
    }
    for item in &mut list.articles {
        item.article.view_count += caller.app.knowledge.views.waiting(item.article.article_id);
    }
    Ok(Json::new(list).into())
}
