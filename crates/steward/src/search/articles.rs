//! Articles by their words: a scan over their texts, for desks with few articles.

use std::collections::HashSet;

use super::question::{Question, Term, words};
use crate::error::Result;
use crate::work::Work;

/// What of an article is searched.
pub struct ArticleText<'a> {
    pub title: &'a str,
    pub keywords: &'a [String],
    pub tags: &'a [String],
    pub summary: &'a str,
    pub content: &'a str,
}

/// What readers see, or the working copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edition {
    Published,
    Draft,
}

/// Whose eyes the hits are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    Public,
    Staff,
}

/// A question.
pub struct Asked<'a> {
    pub text: &'a str,
    pub audience: Audience,
    pub published: bool,
    pub drafts: bool,
    /// Only these, where given.
    pub among: Option<&'a HashSet<i64>>,
    pub except: Option<i64>,
}

/// One article that was found.
#[derive(Debug, Clone, Copy)]
pub struct Hit {
    pub article_id: i64,
    pub score: f64,
}

/// The best first.
pub struct Found {
    pub hits: Vec<Hit>,
    pub total: usize,
    pub total_is_exact: bool,
    pub corrected: Option<String>,
}

pub fn put(_: &mut Work, _: i64, _: Edition, _: bool, _: &ArticleText) -> Result<()> {
    Ok(())
}

pub fn remove(_: &mut Work, _: i64, _: Edition) -> Result<()> {
    Ok(())
}

pub fn find(work: &mut Work, asked: &Asked) -> Result<Found> {
    let mut asked_for: Vec<String> = Vec::new();
    for term in Question::parse(asked.text).terms {
        match term {
            Term::Word(word) | Term::Prefix(word) => asked_for.push(word),
            Term::Phrase(row) => asked_for.extend(row),
        }
    }
    asked_for.retain(|word| word.chars().count() > 2);
    let public = if asked.audience == Audience::Public { " and not a.is_internal" } else { "" };
    let mut hits: Vec<Hit> = Vec::new();
    let mut editions = Vec::new();
    if asked.published {
        editions.push(format!(
            "select a.article_id, a.title, a.summary || ' ' || a.content as body from crm_kb_articles a
             where a.is_active and a.status = 'published'{public}"
        ));
    }
    if asked.drafts {
        editions.push(
            "select a.article_id, coalesce(d.title, a.title) as title, coalesce(d.content, a.content) as body
             from crm_kb_articles a left join crm_kb_article_drafts d on d.article_id = a.article_id
             where a.is_active and (d.article_id is not null or a.status <> 'published')"
                .to_owned(),
        );
    }
    for sql in editions {
        let rows: Vec<(i64, String, String)> = work.query(&sql, &[])?;
        for (article_id, title, body) in rows {
            let (title, body) = (words(&title), words(&body));
            let has =
                |text: &[String], word: &String| text.iter().any(|other| other.starts_with(word.as_str()));
            let score: f64 = asked_for
                .iter()
                .map(|word| f64::from(u8::from(has(&title, word)) * 3 + u8::from(has(&body, word))))
                .sum();
            let wanted =
                asked.among.is_none_or(|ids| ids.contains(&article_id)) && asked.except != Some(article_id);
            if score > 0.0 && wanted && !hits.iter().any(|hit| hit.article_id == article_id) {
                hits.push(Hit { article_id, score });
            }
        }
    }
    hits.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.article_id.cmp(&b.article_id)));
    Ok(Found { total: hits.len(), hits, total_is_exact: true, corrected: None })
}

pub fn similar(work: &mut Work, article_id: i64, audience: Audience, limit: usize) -> Result<Vec<Hit>> {
    let (title,): (String,) =
        work.one("select title from crm_kb_articles where article_id = $1", &[&article_id])?;
    let asked = Asked {
        text: &title,
        audience,
        published: true,
        drafts: false,
        among: None,
        except: Some(article_id),
    };
    let mut hits = find(work, &asked)?.hits;
    hits.truncate(limit);
    Ok(hits)
}
