//! Keeping the index: a document's words in and out, in few statements.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::json;

use super::entries::{self, Entry};
use super::{ArticleText, Edition};
use crate::error::Result;
use crate::search::terms::{self, Detail, Stems};
use crate::work::Work;

/// Words of a document that are indexed; what follows is not found.
const MOST_WORDS: usize = 100_000;
/// What stands between two fields.
pub const GAP: i64 = 0;
/// What an occurrence counts for in title, keywords, tags, summary and content.
pub const FIELD_WEIGHTS: [f32; 5] = [2.5, 2.5, 2.0, 1.5, 1.0];

/// The words of each field of a text, in order.
pub fn field_words(text: &ArticleText) -> [Vec<String>; 5] {
    let of = |text: &str| terms::words(text, Detail::All);
    let list = |texts: &[String]| of(&texts.join("\n"));
    let plain = terms::without_markup(text.content);
    let mut fields = [of(text.title), list(text.keywords), list(text.tags), of(text.summary), of(&plain)];
    let mut left = MOST_WORDS;
    for field in &mut fields {
        field.truncate(left);
        left -= field.len();
    }
    fields
}

/// What the index holds of one document, the same whether made from a text or read from `crm_kb_documents`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Document {
    pub is_internal: bool,
    /// Ids of its words, [`GAP`] between fields.
    pub words: Vec<i64>,
}

impl Document {
    /// Each word with its weight: its occurrences, each as heavy as its field.
    pub fn weights(&self) -> BTreeMap<i64, f32> {
        let (mut weights, mut field) = (BTreeMap::new(), 0);
        for word in &self.words {
            if *word == GAP {
                field += 1;
            } else {
                *weights.entry(*word).or_insert(0.0) += FIELD_WEIGHTS.get(field).unwrap_or(&1.0);
            }
        }
        weights
    }

    /// How many words it has, a word of a heavy field counted as often as it weighs.
    pub fn length(&self) -> i64 {
        let (mut length, mut field) = (0.0_f32, 0);
        for word in &self.words {
            if *word == GAP {
                field += 1;
            } else {
                length += FIELD_WEIGHTS.get(field).unwrap_or(&1.0);
            }
        }
        // At most MOST_WORDS times a small weight.
        length.round() as i64
    }

    /// Its entry in the postings of each of its words.
    pub fn entries(&self, offset: u8) -> BTreeMap<i64, Entry> {
        let length = entries::pack_length(self.length() as f32);
        let entry = |weight| Entry {
            offset,
            is_internal: self.is_internal,
            weight: entries::pack_weight(weight),
            length,
        };
        self.weights().into_iter().map(|(word, weight)| (word, entry(weight))).collect()
    }
}

/// The row of `crm_kb_index_totals` that counts such a document.
pub fn kind(edition: Edition, is_internal: bool) -> &'static str {
    match (edition, is_internal) {
        (Edition::Draft, _) => "draft",
        (Edition::Published, true) => "internal",
        (Edition::Published, false) => "public",
    }
}

/// Indexes an edition of an article, in place of what was indexed of it.
pub fn put(
    work: &mut Work,
    article_id: i64,
    edition: Edition,
    is_internal: bool,
    text: &ArticleText,
) -> Result<()> {
    take_turn(work)?;
    let fields = field_words(text);
    let ids = term_ids(work, &fields)?;
    let mut words = Vec::new();
    for (n, field) in fields.iter().enumerate() {
        if n > 0 {
            words.push(GAP);
        }
        words.extend(field.iter().filter_map(|word| ids.get(word.as_str())));
    }
    replace(work, article_id, edition, Some(&Document { is_internal, words }))
}

/// Takes an edition of an article out of the index. One that is not there is no error.
pub fn remove(work: &mut Work, article_id: i64, edition: Edition) -> Result<()> {
    take_turn(work)?;
    replace(work, article_id, edition, None)
}

/// Writers of the index follow one another: each rewrites blocks that the others' documents share.
pub fn take_turn(work: &mut Work) -> Result<()> {
    let lock = work.dialect().for_update();
    work.query::<(i64,)>(&format!("select documents from crm_kb_index_totals order by kind{lock}"), &[])?;
    Ok(())
}

/// Ids of words, those that are new given one.
fn term_ids<'a>(work: &mut Work, fields: &'a [Vec<String>]) -> Result<HashMap<&'a str, i64>> {
    let wanted: BTreeSet<&str> = fields.iter().flatten().map(String::as_str).collect();
    let dialect = work.dialect();
    let known = format!("select term_id, term from crm_kb_terms where {}", dialect.among_texts("term", "$1"));
    let mut rows: Vec<(i64, String)> = work.query(&known, &[&json!(wanted)])?;
    let present: BTreeSet<&str> = rows.iter().map(|(_, term)| term.as_str()).collect();
    let stems = Stems::default();
    let new: Vec<[String; 2]> =
        wanted.difference(&present).map(|word| [(*word).to_owned(), stems.stem(word).into_owned()]).collect();
    if !new.is_empty() {
        let elements = dialect.elements("$1");
        rows.extend(work.query::<(i64, String)>(
            &format!(
                "insert into crm_kb_terms (term, stem) select j.value ->> 0, j.value ->> 1 from {elements}
                 returning term_id, term"
            ),
            &[&json!(new)],
        )?);
    }
    let found: HashMap<String, i64> = rows.into_iter().map(|(id, term)| (term, id)).collect();
    Ok(wanted.into_iter().filter_map(|word| found.get(word).map(|id| (word, *id))).collect())
}

/// What is indexed of a document.
pub fn stored(work: &mut Work, document_id: i64) -> Result<Option<Document>> {
    let row: Option<(bool, Vec<u8>)> = work.optional(
        "select is_internal, words from crm_kb_documents where document_id = $1",
        &[&document_id],
    )?;
    Ok(row.map(|(is_internal, words)| Document { is_internal, words: entries::read_words(&words) }))
}

fn replace(work: &mut Work, article_id: i64, edition: Edition, new: Option<&Document>) -> Result<()> {
    let document_id = entries::document(article_id, edition);
    let old = stored(work, document_id)?;
    if old.as_ref() == new {
        return Ok(());
    }
    let (block, offset) = entries::place(document_id);
    let before = old.as_ref().map(|document| document.entries(offset)).unwrap_or_default();
    let after = new.map(|document| document.entries(offset)).unwrap_or_default();
    set_postings(work, block, &before, &after, offset)?;
    count_terms(work, edition, (old.as_ref(), &before), (new, &after))?;
    for (document, sign) in [(old.as_ref(), -1), (new, 1)] {
        let Some(document) = document else { continue };
        work.execute(
            "update crm_kb_index_totals set documents = documents + $2, length = length + $3 where kind = $1",
            &[&kind(edition, document.is_internal), &sign, &(sign * document.length())],
        )?;
    }
    match new {
        None => work.execute("delete from crm_kb_documents where document_id = $1", &[&document_id])?,
        Some(document) => work.execute(
            "insert into crm_kb_documents (document_id, is_internal, length, words) values ($1, $2, $3, $4)
             on conflict (document_id) do update
             set is_internal = excluded.is_internal, length = excluded.length, words = excluded.words",
            &[&document_id, &document.is_internal, &document.length(), &entries::pack_words(&document.words)],
        )?,
    };
    Ok(())
}

type Entries = BTreeMap<i64, Entry>;

/// Rewrites the blocks of the words whose entry changes.
fn set_postings(work: &mut Work, block: i64, before: &Entries, after: &Entries, offset: u8) -> Result<()> {
    let words: BTreeSet<i64> = before.keys().chain(after.keys()).copied().collect();
    let changed: Vec<i64> = words.into_iter().filter(|word| before.get(word) != after.get(word)).collect();
    let dialect = work.dialect();
    let among = dialect.among_ints("term_id", "$2");
    let present: Vec<(i64, Vec<u8>)> = work.query(
        &format!("select term_id, entries from crm_kb_postings where block = $1 and {among}"),
        &[&block, &json!(changed)],
    )?;
    let mut blocks: HashMap<i64, Vec<u8>> = present.into_iter().collect();
    let (mut filled, mut empty) = (Vec::new(), Vec::new());
    for word in changed {
        let mut bytes = blocks.remove(&word).unwrap_or_default();
        entries::set(&mut bytes, offset, after.get(&word).copied());
        if bytes.is_empty() {
            empty.push(word);
        } else {
            filled.push(json!([word, entries::hex(&bytes)]));
        }
    }
    if !filled.is_empty() {
        let (elements, bytes) = (dialect.elements("$2"), dialect.from_hex("j.value ->> 1"));
        work.execute(
            &format!(
                "insert into crm_kb_postings (term_id, block, entries)
                 select cast(j.value ->> 0 as bigint), cast($1 as bigint), {bytes} from {elements} where true
                 on conflict (term_id, block) do update set entries = excluded.entries"
            ),
            &[&block, &json!(filled)],
        )?;
    }
    if !empty.is_empty() {
        let among = dialect.among_ints("term_id", "$2");
        work.execute(
            &format!("delete from crm_kb_postings where block = $1 and {among}"),
            &[&block, &json!(empty)],
        )?;
    }
    Ok(())
}

/// Counts the words' documents anew; a word that no document has any more is forgotten.
fn count_terms(
    work: &mut Work,
    edition: Edition,
    (old, before): (Option<&Document>, &Entries),
    (new, after): (Option<&Document>, &Entries),
) -> Result<()> {
    let is_public =
        |document: Option<&Document>| document.is_some_and(|d| kind(edition, d.is_internal) == "public");
    let mut changes: BTreeMap<i64, [i64; 2]> = BTreeMap::new();
    for (document, entries, sign) in [(old, before, -1), (new, after, 1)] {
        for word in entries.keys() {
            let change = changes.entry(*word).or_default();
            change[0] += sign;
            change[1] += if is_public(document) { sign } else { 0 };
        }
    }
    changes.retain(|_, change| *change != [0, 0]);
    if changes.is_empty() {
        return Ok(());
    }
    let rows: Vec<_> = changes.iter().map(|(word, [all, public])| json!([word, all, public])).collect();
    let gone: Vec<i64> = changes.iter().filter(|(_, [all, _])| *all < 0).map(|(word, _)| *word).collect();
    let dialect = work.dialect();
    let elements = dialect.elements("$1");
    work.execute(
        &format!(
            "update crm_kb_terms
             set documents = crm_kb_terms.documents + d.added, public_documents = public_documents + d.public
             from (select cast(j.value ->> 0 as bigint) as term_id, cast(j.value ->> 1 as bigint) as added,
                       cast(j.value ->> 2 as bigint) as public from {elements}) d
             where crm_kb_terms.term_id = d.term_id"
        ),
        &[&json!(rows)],
    )?;
    if !gone.is_empty() {
        let among = dialect.among_ints("term_id", "$1");
        work.execute(&format!("delete from crm_kb_terms where documents = 0 and {among}"), &[&json!(gone)])?;
    }
    Ok(())
}
