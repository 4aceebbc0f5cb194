//! An article whose row has been taken for a change: both of its editions.

use super::Status;
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::work::Work;

db::record! {
    /// What has a draft, and stands in a version.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct Texts {
        pub title: String,
        pub summary: String,
        pub content: String,
        pub tags: Vec<String>,
        pub keywords: Vec<String>,
    }
}

/// What counts at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    pub category_id: Option<i64>,
    pub related_article_ids: Vec<i64>,
    pub is_featured: bool,
    pub is_internal: bool,
    pub author_id: Option<i64>,
}

db::record! {
    struct Columns {
        title: String,
        summary: String,
        content: String,
        tags: Vec<String>,
        keywords: Vec<String>,
        status: Status,
        version: i64,
        slug: Option<String>,
        category_id: Option<i64>,
        related_article_ids: db::Json<Vec<i64>>,
        is_featured: bool,
        is_internal: bool,
        author_id: Option<i64>,
        published_at: Option<Time>,
        edit_version: i64,
        is_active: bool,
    }
}

/// An article whose row has been taken.
#[derive(Debug, Clone)]
pub struct Taken {
    pub article_id: i64,
    /// Of the row.
    pub status: Status,
    pub version: i64,
    pub slug: Option<String>,
    /// Of the row: what readers see where it is published.
    pub texts: Texts,
    /// The next text, where readers see the present one meanwhile.
    pub draft: Option<(Status, Texts)>,
    pub published_at: Option<Time>,
    pub edit_version: i64,
    pub is_active: bool,
    pub settings: Settings,
}

impl Taken {
    /// Takes an article, deleted or not.
    pub fn any(work: &mut Work, id: i64) -> Result<Taken> {
        let lock = work.dialect().for_update();
        let columns: Option<Columns> = work.optional(
            &format!(
                "select title, summary, content, tags, keywords, status, version, slug, category_id,
                     related_article_ids, is_featured, is_internal, author_id, published_at, edit_version, is_active
                 from crm_kb_articles where article_id = $1{lock}"
            ),
            &[&id],
        )?;
        let columns = columns.ok_or(Error::NotFound("article"))?;
        let drafting: Option<(Status,)> =
            work.optional("select status from crm_kb_article_drafts where article_id = $1", &[&id])?;
        let draft = match drafting {
            None => None,
            Some((status,)) => {
                let texts: Texts = work.one(
                    "select title, summary, content, tags, keywords from crm_kb_article_drafts
                     where article_id = $1",
                    &[&id],
                )?;
                Some((status, texts))
            }
        };
        let Columns { title, summary, content, tags, keywords, .. } = columns;
        Ok(Taken {
            article_id: id,
            status: columns.status,
            version: columns.version,
            slug: columns.slug,
            texts: Texts { title, summary, content, tags, keywords },
            draft,
            published_at: columns.published_at,
            edit_version: columns.edit_version,
            is_active: columns.is_active,
            settings: Settings {
                category_id: columns.category_id,
                related_article_ids: columns.related_article_ids.0,
                is_featured: columns.is_featured,
                is_internal: columns.is_internal,
                author_id: columns.author_id,
            },
        })
    }

    /// Takes an article that is there. Whoever may write is a user, who sees all of them.
    pub fn find(work: &mut Work, id: i64) -> Result<Taken> {
        Taken::any(work, id)
            .and_then(|taken| taken.is_active.then_some(taken).ok_or(Error::NotFound("article")))
    }

    /// Where the working copy stands.
    pub fn working_status(&self) -> Status {
        self.draft.as_ref().map_or(self.status, |(status, _)| *status)
    }

    pub fn is_internal(&self) -> bool {
        self.settings.is_internal
    }

    pub fn author_id(&self) -> Option<i64> {
        self.settings.author_id
    }

    pub fn working_texts(&self) -> &Texts {
        self.draft.as_ref().map_or(&self.texts, |(_, texts)| texts)
    }
}
