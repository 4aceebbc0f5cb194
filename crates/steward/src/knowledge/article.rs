//! An article as it is read: which edition, and for whose eyes.

use db::{FromRow, ToParam, Value};
use schemars::JsonSchema;
use serde::Serialize;

use super::{Edition, Status};
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::work::{Actor, Work};

db::record! {
    /// The columns of [`columns`].
    #[derive(Debug, Clone)]
    pub struct Row {
        article_id: i64,
        article_number: String,
        title: String,
        slug: Option<String>,
        summary: String,
        category_id: Option<i64>,
        category_name: Option<String>,
        tags: Vec<String>,
        keywords: Vec<String>,
        status: Status,
        edition: Edition,
        has_draft: bool,
        version: i64,
        view_count: i64,
        helpful_count: i64,
        not_helpful_count: i64,
        is_featured: bool,
        is_internal: bool,
        author_id: Option<i64>,
        author_name: Option<String>,
        published_at: Option<Time>,
        created_at: Time,
        updated_at: Time,
        edit_version: i64,
        listed_at: Time,
    }
}

/// An article without its content, as lists show it.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Article {
    pub article_id: i64,
    pub article_number: String,
    pub title: String,
    /// The last part of its address.
    pub slug: String,
    pub summary: String,
    pub category_id: Option<i64>,
    pub category_name: Option<String>,
    pub tags: Vec<String>,
    pub keywords: Vec<String>,
    /// Where this edition stands.
    pub status: Status,
    pub edition: Edition,
    /// Whether a next text is being written while readers see the published one. Told to users only.
    pub has_draft: bool,
    /// The number of its last publication; 0 before the first.
    pub version: i64,
    pub view_count: i64,
    pub helpful_count: i64,
    pub not_helpful_count: i64,
    /// To one decimal; null without votes.
    pub helpfulness_percentage: Option<f64>,
    pub is_featured: bool,
    pub is_internal: bool,
    /// Who wrote it. Told to users only.
    pub author_id: Option<i64>,
    pub author_name: Option<String>,
    pub published_at: Option<Time>,
    pub created_at: Time,
    pub updated_at: Time,
    pub edit_version: i64,
    /// What lists are sorted by unless asked otherwise: when it was published, or made.
    #[serde(skip)]
    pub listed_at: Time,
}

/// The share of helpful votes in percent, to one decimal; none without votes.
pub fn helpfulness(helpful: i64, not_helpful: i64) -> Option<f64> {
    let votes = helpful + not_helpful;
    (votes > 0).then(|| (helpful as f64 * 1000.0 / votes as f64).round() / 10.0)
}

impl Article {
    /// The share of helpful votes in percent; 0 without votes.
    pub fn share(&self) -> f64 {
        self.helpfulness_percentage.unwrap_or(0.0)
    }
}

impl From<Row> for Article {
    fn from(row: Row) -> Article {
        Article {
            article_id: row.article_id,
            // An article that plain SQL brought has its number until the desk has given it an address.
            slug: row.slug.unwrap_or_else(|| row.article_number.to_lowercase()),
            article_number: row.article_number,
            title: row.title,
            summary: row.summary,
            category_id: row.category_id,
            category_name: row.category_name,
            tags: row.tags,
            keywords: row.keywords,
            status: row.status,
            edition: row.edition,
            has_draft: row.has_draft,
            version: row.version,
            view_count: row.view_count,
            helpful_count: row.helpful_count,
            not_helpful_count: row.not_helpful_count,
            helpfulness_percentage: helpfulness(row.helpful_count, row.not_helpful_count),
            is_featured: row.is_featured,
            is_internal: row.is_internal,
            author_id: row.author_id,
            author_name: row.author_name,
            published_at: row.published_at,
            created_at: row.created_at,
            updated_at: row.updated_at,
            edit_version: row.edit_version,
            listed_at: row.listed_at,
        }
    }
}

/// Which articles `actor` may see as a reader, over `crm_kb_articles a`, in the words of the indexes.
pub fn readable(actor: Actor) -> &'static str {
    if actor.is_staff() {
        "a.is_active and a.status = 'published'"
    } else {
        "a.is_active and a.status = 'published' and not a.is_internal"
    }
}

/// The statement that reads editions of articles, up to its `where`. What only users may know is another column for
/// readers: a draft leaves them no trace.
pub fn select(edition: Edition, actor: Actor) -> String {
    let staff = actor.is_staff();
    let text = |column: &str| match edition {
        Edition::Published => format!("a.{column}"),
        Edition::Draft => format!("coalesce(d.{column}, a.{column}) as {column}"),
    };
    let shown = match edition {
        Edition::Published => "'published' as edition".to_owned(),
        Edition::Draft => {
            "case when a.status = 'published' and d.article_id is null then 'published' else 'draft' end
             as edition"
                .to_owned()
        }
    };
    let has_draft = if staff { "(d.article_id is not null) as has_draft" } else { "(1 = 0) as has_draft" };
    let author = if staff {
        "a.author_id, u.name as author_name"
    } else {
        "cast(null as bigint) as author_id, cast(null as text) as author_name"
    };
    let version = if staff { "a.edit_version" } else { "a.public_edit_version as edit_version" };
    let joins = if staff {
        "left join crm_users u on u.user_id = a.author_id
         left join crm_kb_article_drafts d on d.article_id = a.article_id"
    } else {
        ""
    };
    format!(
        "select a.article_id, a.article_number, {title}, a.slug, {summary}, a.category_id, c.category_name, {tags},
             {keywords}, {status}, {shown}, {has_draft}, a.version, a.view_count, a.helpful_count, a.not_helpful_count,
             a.is_featured, a.is_internal, {author}, a.published_at, a.created_at, {updated}, {version},
             coalesce(a.published_at, a.created_at) as listed_at
         from crm_kb_articles a
         left join crm_kb_categories c on c.category_id = a.category_id {joins}",
        title = text("title"),
        summary = text("summary"),
        tags = text("tags"),
        keywords = text("keywords"),
        status = text("status"),
        updated = text("updated_at"),
    )
}

/// One edition of one article: 404 where there is none, or none for these eyes.
pub fn find(work: &mut Work, id: i64, edition: Edition) -> Result<Article> {
    let scope = match edition {
        Edition::Published => readable(work.actor),
        Edition::Draft => "a.is_active",
    };
    let sql = format!("{} where a.article_id = $1 and {scope}", select(edition, work.actor));
    let row: Option<Row> = work.optional(&sql, &[&id])?;
    row.map(Article::from).ok_or(Error::NotFound("article"))
}

/// The content of that edition, and the articles named as related.
pub fn content(work: &mut Work, id: i64, edition: Edition) -> Result<(String, Vec<i64>)> {
    let sql = match edition {
        Edition::Published => {
            "select a.content, a.related_article_ids from crm_kb_articles a where a.article_id = $1"
        }
        Edition::Draft => {
            "select coalesce(d.content, a.content) as content, a.related_article_ids
             from crm_kb_articles a left join crm_kb_article_drafts d on d.article_id = a.article_id
             where a.article_id = $1"
        }
    };
    let (content, related): (String, db::Json<Vec<i64>>) = work.one(sql, &[&id])?;
    Ok((content, related.0))
}

/// Published articles by id, in the order of `ids`; those that the actor may not see are left out.
pub fn readable_among(work: &mut Work, ids: &[i64]) -> Result<Vec<Article>> {
    let among = work.dialect().among_ints("a.article_id", "$1");
    let sql =
        format!("{} where {among} and {}", select(Edition::Published, work.actor), readable(work.actor));
    let rows: Vec<Row> = work.query(&sql, &[&serde_json::json!(ids)])?;
    let mut articles: Vec<Article> = rows.into_iter().map(Article::from).collect();
    articles.sort_by_key(|article| ids.iter().position(|id| *id == article.article_id));
    Ok(articles)
}

/// Runs a statement whose parameters were put together.
pub fn query<T: FromRow>(work: &mut Work, sql: &str, params: &[Value]) -> Result<Vec<T>> {
    let params: Vec<&dyn ToParam> = params.iter().map(|param| param as &dyn ToParam).collect();
    work.query(sql, &params)
}

/// The edition that is meant where a request names none: users write, so theirs is the working copy. 403 for a reader
/// who asks for that.
pub fn edition_for(actor: Actor, asked: Option<Edition>) -> Result<Edition> {
    match asked {
        Some(Edition::Draft) if !actor.is_staff() => {
            Err(Error::Forbidden("working copies are for users of the desk".into()))
        }
        Some(edition) => Ok(edition),
        None if actor.is_staff() => Ok(Edition::Draft),
        None => Ok(Edition::Published),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn helpfulness_has_one_decimal_and_is_none_without_votes() {
        assert_eq!(helpfulness(45, 3), Some(93.8));
        assert_eq!(helpfulness(1, 2), Some(33.3));
        assert_eq!(helpfulness(0, 1), Some(0.0));
        assert_eq!(helpfulness(0, 0), None);
    }
}
