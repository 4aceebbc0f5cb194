//! The published articles that answer a problem best: before a customer opens a case, and beside one that an agent
//! answers (spec 7).

use db::Class;
use schemars::JsonSchema;
use serde::Serialize;

use super::Edition;
use super::article::{self, Article};
use super::list::excerpt;
use super::related::audience;
use crate::cases::Case;
use crate::error::{Error, Fault, Result};
use crate::http::{Answer, Json, Query, Reader};
use crate::input::Int;
use crate::search::articles::{self, Asked};
use crate::work::Work;

/// Characters of a problem that are looked at.
const LOOKED_AT: usize = 2_000;

crate::input! {
    pub struct SuggestQuery {
        /// The problem in the words of whoever has it.
        pub text: Option<String>,
        /// A case that the caller may see; its subject and description are the problem.
        pub case_id: Option<i64>,
        /// How many, 5 unless said.
        pub limit: Option<Int<1, 20>>,
    }
}

/// An article and how well it fits.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Suggestion {
    #[serde(flatten)]
    pub article: Article,
    /// Greater is better; only comparable within one answer.
    score: f64,
    /// Where the words of the problem occur: HTML-escaped, hits in `<mark>`.
    excerpt: Option<String>,
}

/// The best first.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Suggestions {
    suggestions: Vec<Suggestion>,
}

/// The published articles that a text finds, the best first.
pub fn found(work: &mut Work, text: &str, limit: i64) -> Result<Vec<Article>> {
    let asked = Asked {
        text,
        audience: audience(work.actor),
        published: true,
        drafts: false,
        among: None,
        except: None,
    };
    let hits = articles::find(work, &asked)?.hits;
    let limit = usize::try_from(limit).unwrap_or(0);
    let ids: Vec<i64> = hits.iter().take(limit).map(|hit| hit.article_id).collect();
    article::readable_among(work, &ids)
}

/// The best articles for a problem in somebody's words, as far as the actor may read them; none for a few letters.
pub fn for_problem(work: &mut Work, text: &str, most: i64) -> Result<Vec<Suggestion>> {
    if text.trim().chars().count() < 4 {
        return Ok(Vec::new());
    }
    let query = SuggestQuery { text: Some(text.to_owned()), case_id: None, limit: Some(Int(most)) };
    Ok(suggestions(work, &query)?.suggestions)
}

fn suggestions(work: &mut Work, query: &SuggestQuery) -> Result<Suggestions> {
    let mut problem = query.text.clone().unwrap_or_default();
    if let Some(case_id) = query.case_id {
        let case = Case::find(work, case_id)?;
        let (subject, description): (String, String) =
            work.one("select subject, description from crm_cases where case_id = $1", &[&case.case_id])?;
        problem = format!("{problem} {subject} {description}");
    }
    // A problem is told in prose: its quotes are no phrases to be found word for word, its last word is whole.
    let mut problem: String =
        problem.chars().take(LOOKED_AT).map(|c| if c == '"' { ' ' } else { c }).collect();
    problem.push(' ');
    let found = articles::find(
        work,
        &Asked {
            text: &problem,
            audience: audience(work.actor),
            published: true,
            drafts: false,
            among: None,
            except: None,
        },
    )?;
    let limit = usize::try_from(query.limit.map_or(5, |limit| limit.0)).unwrap_or(5);
    let hits = &found.hits[..found.hits.len().min(limit)];
    let ids: Vec<i64> = hits.iter().map(|hit| hit.article_id).collect();
    let excerpter = articles::excerpter(found.corrected.as_deref().unwrap_or(&problem));
    let mut suggestions = Vec::with_capacity(hits.len());
    for article in article::readable_among(work, &ids)? {
        let score = hits.iter().find(|hit| hit.article_id == article.article_id).map_or(0.0, |hit| hit.score);
        let excerpt = excerpt(work, &excerpter, &article, Edition::Published)?;
        suggestions.push(Suggestion { article, score, excerpt });
    }
    Ok(Suggestions { suggestions })
}

pub async fn suggest(caller: Reader, Query(query): Query<SuggestQuery>) -> Result<Answer<Json<Suggestions>>> {
    if query.text.is_none() && query.case_id.is_none() {
        let message = "name the problem as text, or a case_id, or both";
        return Err(Error::BadQuery(vec![
            Fault::parameter("text", message),
            Fault::parameter("case_id", message),
        ]));
    }
    let suggestions = caller.read(Class::Slow, move |work| suggestions(work, &query)).await?;
    Ok(Json::new(suggestions).into())
}
