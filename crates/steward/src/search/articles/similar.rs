//! Articles about the same: what an article's own rarest words find.

use std::collections::BTreeMap;

use serde_json::json;

use super::asked::{Clue, Plan, count};
use super::entries;
use super::index::stored;
use super::rank::{Seen, best, score};
use super::{Audience, Edition, Hit};
use crate::error::Result;
use crate::work::Work;

/// Words of an article that look for others.
const WORDS: usize = 24;

/// Published articles like this one, the most alike first; none where it is not indexed.
pub fn similar(work: &mut Work, article_id: i64, audience: Audience, limit: usize) -> Result<Vec<Hit>> {
    let mut own = stored(work, entries::document(article_id, Edition::Published))?;
    if own.is_none() && audience == Audience::Staff {
        own = stored(work, entries::document(article_id, Edition::Draft))?;
    }
    let Some(own) = own else { return Ok(Vec::new()) };
    let plan = Plan { clues: telling(work, &own.weights(), audience)?, ..Plan::default() };
    let seen = Seen { published: true, internal: audience == Audience::Staff, drafts: false };
    let scored = score(work, &plan, &seen)?;
    let others = scored.articles().filter(|hit| hit.article_id != article_id).collect();
    Ok(best(others, limit, true).hits)
}

/// The words that tell most about a text: heavy in it, rare elsewhere, but not found in it alone.
fn telling(work: &mut Work, weights: &BTreeMap<i64, f32>, audience: Audience) -> Result<Vec<Clue>> {
    let (count, among) = (count(audience), work.dialect().among_ints("term_id", "$1"));
    let ids: Vec<i64> = weights.keys().copied().collect();
    let counts: Vec<(i64, i64)> = work.query(
        &format!("select term_id, {count} from crm_kb_terms where {among} and {count} > 1 order by term_id"),
        &[&json!(ids)],
    )?;
    // What the audience does not see has no part in how rare a word is.
    let (total,): (i64,) = work.one(
        "select cast(coalesce(sum(documents), 0) as bigint) from crm_kb_index_totals where kind = 'public' or $1",
        &[&(audience == Audience::Staff)],
    )?;
    let mut clues: Vec<(f32, Clue)> = counts
        .into_iter()
        .map(|(id, documents)| {
            let weight = weights.get(&id).copied().unwrap_or(1.0);
            let factor = weight / (weight + 1.0);
            let rarity = (1.0 + total as f32 / documents as f32).ln();
            (factor * rarity, Clue { terms: vec![id], documents, factor, ..Clue::default() })
        })
        .collect();
    clues.sort_by(|a, b| b.0.total_cmp(&a.0));
    clues.truncate(WORDS);
    Ok(clues.into_iter().map(|(_, clue)| clue).collect())
}
