//! Ranking: BM25 over the weighted occurrences of a word in all fields (BM25F with one length), so that rare words
//! rule a question of many.

use std::collections::hash_map::Entry as Slot;
use std::collections::{HashMap, HashSet};
use std::ops::ControlFlow;

use serde_json::json;

use super::asked::{self, Clue, Plan, Question};
use super::entries::{self, BLOCK, Entry};
use super::{Asked, Audience, Found, Hit, spelling};
use crate::error::{Error, Result};
use crate::work::Work;

/// Hits that are answered.
const MOST_HITS: usize = 10_000;
/// Entries that are looked at for one question; the commonest words beyond, which weigh least, are left out.
const MOST_ENTRIES: i64 = 3_000_000;
/// Documents whose text is read for phrases.
const MOST_READ: usize = 10_000;
/// How soon a word's further occurrences stop counting, and how much a document's length counts.
const K1: f32 = 1.5;
const B: f32 = 0.75;

/// Answers a question. Where nothing matches it as it is spelt, its unknown words are corrected.
pub fn find(work: &mut Work, asked: &Asked) -> Result<Found> {
    let question = Question::parse(asked.text);
    let plan = asked::plan(work, &question, asked.audience)?;
    let board = score(work, &plan, &Seen::of(asked))?;
    if board.documents.is_empty()
        && let Some(corrected) = spelling::corrected(work, &question, &plan.unknown, asked.audience)?
    {
        let plan = asked::plan(work, &Question::parse(&corrected), asked.audience)?;
        let mut found = score(work, &plan, &Seen::of(asked))?.found(asked);
        found.corrected = Some(corrected).filter(|_| found.total > 0);
        return Ok(found);
    }
    Ok(board.found(asked))
}

/// The documents that count.
#[derive(Debug, Clone, Copy)]
pub struct Seen {
    pub published: bool,
    pub internal: bool,
    pub drafts: bool,
}

impl Seen {
    fn of(asked: &Asked) -> Seen {
        let is_staff = asked.audience == Audience::Staff;
        Seen { published: asked.published, internal: is_staff, drafts: asked.drafts && is_staff }
    }

    fn admits(self, entry: Entry) -> bool {
        // Drafts have the odd places.
        if entry.offset % 2 == 1 {
            self.drafts
        } else {
            self.published && (self.internal || !entry.is_internal)
        }
    }

    /// How many documents count and how long they are on average.
    fn totals(self, work: &mut Work) -> Result<(f32, f32)> {
        let rows: Vec<(String, i64, i64)> =
            work.query("select kind, documents, length from crm_kb_index_totals", &[])?;
        let counted = rows.into_iter().filter(|(kind, ..)| match kind.as_str() {
            "draft" => self.drafts,
            "internal" => self.published && self.internal,
            _ => self.published,
        });
        let (documents, length) =
            counted.fold((0, 0), |(d, l), (_, documents, length)| (d + documents, l + length));
        Ok((documents as f32, (length as f32 / documents.max(1) as f32).max(1.0)))
    }
}

/// The documents that match, with their scores.
#[derive(Debug, Default)]
pub struct Scored {
    /// By document.
    pub documents: Vec<(i64, f32)>,
    is_whole: bool,
}

impl Scored {
    /// The best articles among those that are asked for, each with its better edition.
    fn found(self, asked: &Asked) -> Found {
        let wanted = |article_id: i64| {
            asked.except != Some(article_id) && asked.among.is_none_or(|among| among.contains(&article_id))
        };
        let hits = self.articles().filter(|hit| wanted(hit.article_id)).collect();
        best(hits, MOST_HITS, self.is_whole)
    }

    /// The editions of an article stand side by side.
    pub fn articles(&self) -> impl Iterator<Item = Hit> {
        let mut documents = self.documents.iter().peekable();
        std::iter::from_fn(move || {
            let (document, mut score) = documents.next().copied()?;
            let article_id = document.div_euclid(2);
            if let Some((_, other)) = documents.next_if(|(other, _)| other.div_euclid(2) == article_id) {
                score = score.max(*other);
            }
            Some(Hit { article_id, score: f64::from(score) })
        })
    }
}

/// The best first; of equals the newer article.
pub fn best(mut hits: Vec<Hit>, most: usize, is_whole: bool) -> Found {
    let order = |a: &Hit, b: &Hit| b.score.total_cmp(&a.score).then(b.article_id.cmp(&a.article_id));
    let total = hits.len();
    if total > most {
        hits.select_nth_unstable_by(most, order);
        hits.truncate(most);
    }
    hits.sort_unstable_by(order);
    Found { hits, total, total_is_exact: is_whole, corrected: None }
}

/// Scores of a block's documents. A rare word is in few documents of a block: only those are looked at.
struct Block {
    scores: [f32; BLOCK as usize],
    /// What the clue at hand weighs in each, and how long each is.
    weights: [f32; BLOCK as usize],
    lengths: [u8; BLOCK as usize],
    /// How many of the clues that must occur do.
    required: [u8; BLOCK as usize],
    /// Where the clue at hand occurs, ...
    touched: Offsets,
    /// ... and where any did.
    scored: Offsets,
}

/// Some of a block's documents, a bit for each.
#[derive(Clone, Copy, Default)]
struct Offsets([u64; BLOCK as usize / 64]);

impl Offsets {
    fn put(&mut self, offset: u8) {
        self.0[usize::from(offset / 64)] |= 1 << (offset % 64);
    }

    fn count(self) -> u32 {
        self.0.iter().map(|word| word.count_ones()).sum()
    }

    fn iter(self) -> impl Iterator<Item = usize> {
        (0..).zip(self.0).flat_map(|(n, mut word)| {
            std::iter::from_fn(move || {
                let offset = n * 64 + (word != 0).then(|| word.trailing_zeros() as usize)?;
                word &= word - 1;
                Some(offset)
            })
        })
    }
}

impl Block {
    fn new() -> Box<Block> {
        const N: usize = BLOCK as usize;
        Box::new(Block {
            scores: [0.0; N],
            weights: [0.0; N],
            lengths: [0; N],
            required: [0; N],
            touched: Offsets::default(),
            scored: Offsets::default(),
        })
    }
}

/// Finds the documents of a plan and what each is worth.
pub fn score(work: &mut Work, plan: &Plan, seen: &Seen) -> Result<Scored> {
    if plan.is_hopeless || plan.clues.is_empty() {
        return Ok(Scored { documents: Vec::new(), is_whole: true });
    }
    let (total, average) = seen.totals(work)?;
    let (clues, is_whole) = affordable(&plan.clues);
    let postings = postings(work, &clues)?;
    let lengths = entries::lengths();
    let norms = lengths.map(|length| K1 * (1.0 - B + B * length / average));
    let weights = entries::weights();
    let mut blocks: HashMap<i64, Box<Block>> = HashMap::new();
    for clue in &clues {
        gather(&mut blocks, clue, &postings, &weights, *seen);
        add(&mut blocks, clue, total, &norms);
    }
    let required = clues.iter().filter(|clue| clue.is_required).count();
    let mut documents = Vec::new();
    for (block, of) in &blocks {
        let matching = of.scored.iter().filter(|offset| usize::from(of.required[*offset]) == required);
        documents.extend(matching.map(|offset| (block * BLOCK + offset as i64, of.scores[offset])));
    }
    let mut scored = Scored { documents, is_whole };
    if !plan.phrases.is_empty() {
        keep_phrases(work, &mut scored, &plan.phrases)?;
    }
    scored.documents.sort_unstable_by_key(|(document, _)| *document);
    Ok(scored)
}

/// The clues that are followed, and whether they are all: the rarest first, as many as are affordable, but always one
/// and all that must occur.
fn affordable(clues: &[Clue]) -> (Vec<&Clue>, bool) {
    let mut sorted: Vec<&Clue> = clues.iter().collect();
    sorted.sort_by_key(|clue| (!clue.is_required, clue.is_aside, clue.documents));
    let mut spent = 0;
    let (mut kept, mut is_whole) = (Vec::new(), true);
    for clue in sorted {
        spent += clue.documents;
        if spent <= MOST_ENTRIES || clue.is_required || kept.is_empty() {
            kept.push(clue);
        } else {
            is_whole &= clue.is_aside;
        }
    }
    (kept, is_whole)
}

type Postings = HashMap<i64, Vec<(i64, Vec<u8>)>>;

fn postings(work: &mut Work, clues: &[&Clue]) -> Result<Postings> {
    let terms: HashSet<i64> = clues.iter().flat_map(|clue| &clue.terms).copied().collect();
    let among = work.dialect().among_ints("term_id", "$1");
    let sql = format!("select term_id, block, entries from crm_kb_postings where {among}");
    let mut postings = Postings::new();
    work.tx.each(&sql, &[&json!(terms)], |(term, block, entries): (i64, i64, Vec<u8>)| {
        postings.entry(term).or_default().push((block, entries));
        Ok::<_, Error>(ControlFlow::Continue(()))
    })?;
    Ok(postings)
}

/// Adds up what a clue's terms weigh in each document.
fn gather(
    blocks: &mut HashMap<i64, Box<Block>>,
    clue: &Clue,
    postings: &Postings,
    weights: &[f32; 128],
    seen: Seen,
) {
    for (block, bytes) in clue.terms.iter().filter_map(|term| postings.get(term)).flatten() {
        let block = match blocks.entry(*block) {
            Slot::Occupied(of) => of.into_mut(),
            Slot::Vacant(_) if clue.is_aside => continue,
            Slot::Vacant(of) => of.insert(Block::new()),
        };
        for entry in entries::read(bytes).filter(|entry| entry.weight > 0 && seen.admits(*entry)) {
            let offset = usize::from(entry.offset);
            block.weights[offset] += weights[usize::from(entry.weight)];
            block.lengths[offset] = entry.length;
            block.touched.put(entry.offset);
        }
    }
}

/// Turns what [`gather`] left into scores.
fn add(blocks: &mut HashMap<i64, Box<Block>>, clue: &Clue, total: f32, norms: &[f32; 256]) {
    let found: u32 = blocks.values().map(|block| block.touched.count()).sum();
    let found = found as f32;
    let rarity = (1.0 + (total - found).max(0.0) / (found + 0.5)).ln().max(1e-6) * clue.factor;
    for block in blocks.values_mut() {
        for offset in std::mem::take(&mut block.touched).iter() {
            let weight = std::mem::take(&mut block.weights[offset]);
            if !clue.is_aside || block.scores[offset] > 0.0 {
                let norm = norms[usize::from(block.lengths[offset])];
                block.scores[offset] += rarity * weight * (K1 + 1.0) / (weight + norm);
                block.required[offset] += u8::from(clue.is_required);
                block.scored.put(offset as u8);
            }
        }
    }
}

/// Keeps the documents in which every phrase occurs.
fn keep_phrases(work: &mut Work, scored: &mut Scored, phrases: &[Vec<Vec<i64>>]) -> Result<()> {
    const PORTION: usize = 500;
    if scored.documents.len() > MOST_READ {
        scored.documents.select_nth_unstable_by(MOST_READ, |a, b| b.1.total_cmp(&a.1));
        scored.documents.truncate(MOST_READ);
        scored.is_whole = false;
    }
    let among = work.dialect().among_ints("document_id", "$1");
    let sql = format!("select document_id, words from crm_kb_documents where {among}");
    let mut kept = HashSet::new();
    for portion in scored.documents.chunks(PORTION) {
        let ids: Vec<i64> = portion.iter().map(|(document, _)| *document).collect();
        for (document, words) in work.query::<(i64, Vec<u8>)>(&sql, &[&json!(ids)])? {
            let words = entries::read_words(&words);
            let occurs = |phrase: &Vec<Vec<i64>>| {
                let fits = |row: &[i64]| row.iter().zip(phrase).all(|(word, terms)| terms.contains(word));
                words.windows(phrase.len()).any(fits)
            };
            if phrases.iter().all(occurs) {
                kept.insert(document);
            }
        }
    }
    scored.documents.retain(|(document, _)| kept.contains(document));
    Ok(())
}
