//! Whether the index is what it must be: for `steward doctor`.

use std::collections::BTreeMap;

use db::Tx;
use serde_json::json;

use super::entries::{self, Entry};
use super::index::{self, Document};
use super::{ArticleText, Edition};
use crate::error::Result;
use crate::work::Work;

/// What the postings, counts and totals tell otherwise than the documents they were made from, in words. Reads the
/// whole index.
pub fn breaches(tx: &mut Tx<'_>) -> Result<Vec<String>> {
    let mut told = Vec::new();
    let mut postings: BTreeMap<(i64, i64), Vec<u8>> = BTreeMap::new();
    let mut counts: BTreeMap<i64, (i64, i64)> = BTreeMap::new();
    let mut totals: BTreeMap<String, (i64, i64)> =
        ["draft", "internal", "public"].map(|kind| (kind.to_owned(), (0, 0))).into();
    let documents: Vec<(i64, bool, i64, Vec<u8>)> = tx.query(
        "select document_id, is_internal, length, words from crm_kb_documents order by document_id",
        &[],
    )?;
    for (document_id, is_internal, length, words) in documents {
        let document = Document { is_internal, words: entries::read_words(&words) };
        if document.length() != length {
            told.push(format!("document {document_id} is {} long, not {length}", document.length()));
        }
        let edition = if document_id % 2 == 0 { Edition::Published } else { Edition::Draft };
        let kind = index::kind(edition, is_internal);
        let total = totals.entry(kind.to_owned()).or_default();
        *total = (total.0 + 1, total.1 + length);
        let (block, offset) = entries::place(document_id);
        for (word, entry) in document.entries(offset) {
            let entry: Option<Entry> = Some(entry);
            entries::set(postings.entry((word, block)).or_default(), offset, entry);
            let count = counts.entry(word).or_default();
            *count = (count.0 + 1, count.1 + i64::from(kind == "public"));
        }
    }
    let stored: Vec<(i64, i64, Vec<u8>)> =
        tx.query("select term_id, block, entries from crm_kb_postings order by term_id, block", &[])?;
    let stored = stored.into_iter().map(|(word, block, bytes)| ((word, block), bytes)).collect();
    told.extend(differences("the postings of (word, block)", &postings, &stored));
    let stored: Vec<(i64, i64, i64)> =
        tx.query("select term_id, documents, public_documents from crm_kb_terms", &[])?;
    let stored = stored.into_iter().map(|(word, all, public)| (word, (all, public))).collect();
    told.extend(differences("the counts of word", &counts, &stored));
    let stored: Vec<(String, i64, i64)> =
        tx.query("select kind, documents, length from crm_kb_index_totals", &[])?;
    let stored = stored.into_iter().map(|(kind, documents, length)| (kind, (documents, length))).collect();
    told.extend(differences("the totals of kind", &totals, &stored));
    Ok(told)
}

fn differences<K: Ord + std::fmt::Debug, V: PartialEq>(
    what: &str,
    wanted: &BTreeMap<K, V>,
    stored: &BTreeMap<K, V>,
) -> Vec<String> {
    let keys = wanted.keys().chain(stored.keys().filter(|key| !wanted.contains_key(key)));
    keys.filter(|key| wanted.get(key) != stored.get(key))
        .map(|key| format!("{what} {key:?} are wrong"))
        .collect()
}

/// Whether an edition of an article is indexed with this text; with none, that it is not indexed.
pub fn is_current(
    work: &mut Work,
    article_id: i64,
    edition: Edition,
    text: Option<(bool, &ArticleText)>,
) -> Result<bool> {
    let stored = index::stored(work, entries::document(article_id, edition))?;
    let (Some(stored), Some((is_internal, text))) = (&stored, text) else {
        return Ok(stored.is_none() && text.is_none());
    };
    let among = work.dialect().among_ints("term_id", "$1");
    let terms: Vec<(i64, String)> = work
        .query(&format!("select term_id, term from crm_kb_terms where {among}"), &[&json!(stored.words)])?;
    let terms: BTreeMap<i64, String> = terms.into_iter().collect();
    let told = stored.words.split(|word| *word == index::GAP);
    let told: Vec<Vec<&str>> = told
        .map(|field| field.iter().map(|word| terms.get(word).map_or("", String::as_str)).collect())
        .collect();
    Ok(stored.is_internal == is_internal && told == index::field_words(text).to_vec())
}
