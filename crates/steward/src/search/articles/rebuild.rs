//! The whole index made anew, in bulk: for imports, and where it was found broken.

use std::collections::{BTreeMap, HashMap};

use serde_json::json;

use super::entries::{self, Entry};
use super::index::{self, Document, GAP};
use super::{ArticleText, Edition};
use crate::error::Result;
use crate::search::terms::Stems;
use crate::work::Work;

/// Rows of one statement.
const PORTION: usize = 2000;

/// A document to be indexed.
#[derive(Debug, Clone)]
pub struct Source {
    pub article_id: i64,
    pub edition: Edition,
    pub is_internal: bool,
    pub title: String,
    pub keywords: Vec<String>,
    pub tags: Vec<String>,
    pub summary: String,
    pub content: String,
}

impl Source {
    pub fn text(&self) -> ArticleText<'_> {
        ArticleText {
            title: &self.title,
            keywords: &self.keywords,
            tags: &self.tags,
            summary: &self.summary,
            content: &self.content,
        }
    }
}

/// Empties the index and fills it with what `next` hands over, portion by portion, until a portion is empty. Each
/// document comes once. The postings are gathered in memory: about 700 bytes a document of 150 different words.
pub fn rebuild(work: &mut Work, mut next: impl FnMut(&mut Work) -> Result<Vec<Source>>) -> Result<()> {
    index::take_turn(work)?;
    for table in ["crm_kb_postings", "crm_kb_documents", "crm_kb_terms"] {
        work.execute(&format!("delete from {table}"), &[])?;
    }
    work.execute("update crm_kb_index_totals set documents = 0, length = 0", &[])?;
    let mut all = Gathered::default();
    loop {
        let sources = next(work)?;
        if sources.is_empty() {
            return all.write(work);
        }
        for portion in sources.chunks(PORTION) {
            all.add(work, portion)?;
        }
    }
}

#[derive(Default)]
struct Gathered {
    ids: HashMap<String, i64>,
    /// Documents with a word: all, public.
    counts: Vec<[i64; 2]>,
    postings: BTreeMap<(i64, i64), Vec<u8>>,
    totals: BTreeMap<&'static str, [i64; 2]>,
}

impl Gathered {
    fn add(&mut self, work: &mut Work, sources: &[Source]) -> Result<()> {
        let mut rows = Vec::with_capacity(sources.len());
        for source in sources {
            let mut document = Document { is_internal: source.is_internal, words: Vec::new() };
            for (n, field) in index::field_words(&source.text()).into_iter().enumerate() {
                if n > 0 {
                    document.words.push(GAP);
                }
                document.words.extend(field.into_iter().map(|word| self.id(word)));
            }
            let document_id = entries::document(source.article_id, source.edition);
            let kind = index::kind(source.edition, source.is_internal);
            self.count(document_id, &document, kind);
            let words = entries::hex(&entries::pack_words(&document.words));
            rows.push(json!([document_id, document.is_internal, document.length(), words]));
        }
        let dialect = work.dialect();
        let (elements, bytes) = (dialect.elements("$1"), dialect.from_hex("j.value ->> 3"));
        let is_internal =
            if dialect.is_postgres() { "cast(j.value ->> 1 as boolean)" } else { "j.value ->> 1" };
        work.execute(
            &format!(
                "insert into crm_kb_documents (document_id, is_internal, length, words)
                 select cast(j.value ->> 0 as bigint), {is_internal}, cast(j.value ->> 2 as bigint), {bytes}
                 from {elements}"
            ),
            &[&json!(rows)],
        )?;
        Ok(())
    }

    fn id(&mut self, word: String) -> i64 {
        let next = self.counts.len() as i64 + 1;
        let id = *self.ids.entry(word).or_insert(next);
        if id == next {
            self.counts.push([0, 0]);
        }
        id
    }

    fn count(&mut self, document_id: i64, document: &Document, kind: &'static str) {
        let (block, offset) = entries::place(document_id);
        for (word, entry) in document.entries(offset) {
            let count = &mut self.counts[word as usize - 1];
            count[0] += 1;
            count[1] += i64::from(kind == "public");
            push(self.postings.entry((word, block)).or_default(), offset, entry);
        }
        let total = self.totals.entry(kind).or_default();
        total[0] += 1;
        total[1] += document.length();
    }

    fn write(self, work: &mut Work) -> Result<()> {
        let dialect = work.dialect();
        let stems = Stems::default();
        let mut terms: Vec<(String, i64)> = self.ids.into_iter().collect();
        terms.sort_unstable();
        let elements = dialect.elements("$1");
        for portion in terms.chunks(PORTION) {
            let row = |(term, id): &(String, i64)| {
                let [all, public] = self.counts[*id as usize - 1];
                json!([id, term, stems.stem(term), all, public])
            };
            let rows: Vec<_> = portion.iter().map(row).collect();
            work.execute(
                &format!(
                    "insert into crm_kb_terms (term_id, term, stem, documents, public_documents)
                     select cast(j.value ->> 0 as bigint), j.value ->> 1, j.value ->> 2, cast(j.value ->> 3 as bigint),
                         cast(j.value ->> 4 as bigint) from {elements}"
                ),
                &[&json!(rows)],
            )?;
        }
        work.tx.batch(&dialect.reset_identity("crm_kb_terms", "term_id"))?;
        let bytes = dialect.from_hex("j.value ->> 2");
        let postings: Vec<_> = self.postings.into_iter().collect();
        for portion in postings.chunks(PORTION) {
            let row =
                |((term, block), bytes): &((i64, i64), Vec<u8>)| json!([term, block, entries::hex(bytes)]);
            let rows: Vec<_> = portion.iter().map(row).collect();
            work.execute(
                &format!(
                    "insert into crm_kb_postings (term_id, block, entries)
                     select cast(j.value ->> 0 as bigint), cast(j.value ->> 1 as bigint), {bytes} from {elements}"
                ),
                &[&json!(rows)],
            )?;
        }
        for (kind, [documents, length]) in &self.totals {
            work.execute(
                "update crm_kb_index_totals set documents = $2, length = $3 where kind = $1",
                &[kind, documents, length],
            )?;
        }
        Ok(())
    }
}

fn push(block: &mut Vec<u8>, offset: u8, entry: Entry) {
    entries::set(block, offset, Some(entry));
}
