//! A question taken apart: words of which any may match, phrases that must occur, a last word that may go on.

use std::collections::{HashMap, HashSet};

use serde_json::json;

use super::Audience;
use crate::error::Result;
use crate::search::terms::{self, Detail, Stems};
use crate::work::Work;

/// Bytes of a question that are read.
const READ: usize = 20_000;
/// Different words of a question that are looked up.
const MOST_WORDS: usize = 256;
/// Words of all its phrases that must occur.
const MOST_REQUIRED: usize = 64;
/// At least so many letters are completed.
const PREFIX_LETTERS: usize = 3;
/// Words that begin with the last one which are weighed against each other, and those that are searched.
const COMPLETIONS: (i64, usize) = (2000, 24);
/// What a completion counts for beside the word itself.
const COMPLETED: f32 = 0.4;

/// What a word without meaning of its own counts for.
const STOPPED: f32 = 0.25;
/// English words that tell nothing of what is asked: Lucene's, and those that questions are made of. Beside other words
/// they find nothing, they only tell apart what was found ("plan a").
const STOP_WORDS: [&str; 45] = [
    "a", "an", "and", "are", "as", "at", "be", "but", "by", "can", "do", "does", "for", "how", "i", "if",
    "in", "into", "is", "it", "me", "my", "no", "not", "of", "on", "or", "such", "that", "the", "their",
    "then", "there", "these", "they", "this", "to", "was", "what", "when", "will", "with", "you", "your",
    "please",
];

/// A word as it stands in the question.
#[derive(Debug, Clone, PartialEq)]
pub struct Word {
    /// Folded.
    pub word: String,
    pub stem: String,
    /// Where it stands in [`Question::text`].
    pub span: (usize, usize),
}

#[derive(Debug, Clone, PartialEq, Default)]
pub struct Question {
    /// What was read of the question, every quotation mark the same.
    pub text: String,
    pub words: Vec<Word>,
    /// The words that must stand in a row.
    pub phrases: Vec<Vec<Word>>,
    /// The folded last word, where it may be the beginning of one.
    pub prefix: Option<String>,
}

impl Question {
    /// Takes any text apart. An unclosed quotation mark is none.
    pub fn parse(text: &str) -> Question {
        let mut end = text.len().min(READ);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let is_cut = end < text.len();
        let text: String = text[..end]
            .chars()
            .map(|c| {
                if matches!(c, '\u{201c}'..='\u{201f}' | '\u{ab}' | '\u{bb}' | '\u{300c}' | '\u{300d}') {
                    '"'
                } else {
                    c
                }
            })
            .collect();
        let mut question = Question::default();
        let stems = Stems::default();
        let mut required = 0;
        let mut last = None;
        let mut seen = HashSet::new();
        let (mut at, mut quoted) = (0, false);
        for part in text.split('"') {
            let is_last = at + part.len() == text.len();
            let is_phrase = quoted && !is_last;
            let detail = if is_phrase { Detail::All } else { Detail::Pairs };
            let mut phrase = Vec::new();
            terms::each(part, detail, |word, (from, to)| {
                let stem = stems.stem(word).into_owned();
                let word = Word { word: word.to_owned(), stem, span: (at + from, at + to) };
                if is_phrase {
                    phrase.push(word);
                    required + phrase.len() < MOST_REQUIRED
                } else {
                    last = Some(word.word.clone());
                    if seen.insert(word.word.clone()) {
                        question.words.push(word);
                    }
                    seen.len() < MOST_WORDS
                }
            });
            required += phrase.len();
            if !phrase.is_empty() {
                question.phrases.push(phrase);
            }
            at += part.len() + 1;
            quoted = !quoted;
        }
        let is_whole = !is_cut && seen.len() < MOST_WORDS;
        let open = text.chars().next_back().is_some_and(char::is_alphanumeric) && is_whole;
        question.prefix = last.filter(|last| open && last.chars().count() >= PREFIX_LETTERS);
        question.text = text;
        question
    }

    fn all(&self) -> impl Iterator<Item = &Word> {
        self.words.iter().chain(self.phrases.iter().flatten())
    }
}

/// What is looked for in the postings: documents that have any of these terms.
#[derive(Debug, Clone, Default)]
pub struct Clue {
    pub terms: Vec<i64>,
    /// In how many documents they are, at most.
    pub documents: i64,
    pub factor: f32,
    pub is_required: bool,
    /// It counts in documents that others found.
    pub is_aside: bool,
}

/// A question in the index's terms.
#[derive(Debug, Default)]
pub struct Plan {
    pub clues: Vec<Clue>,
    /// For each phrase and each of its words the terms that may stand there.
    pub phrases: Vec<Vec<Vec<i64>>>,
    /// A word of a phrase is in no document.
    pub is_hopeless: bool,
    /// Words that the audience's texts do not have.
    pub unknown: Vec<Word>,
}

type Family = Vec<(i64, i64)>;

/// Looks the words up.
pub fn plan(work: &mut Work, question: &Question, audience: Audience) -> Result<Plan> {
    let families = families(work, question, audience)?;
    let mut plan = Plan::default();
    let mut done: HashMap<&str, usize> = HashMap::new();
    let is_stop = |word: &Word| STOP_WORDS.contains(&word.word.as_str());
    // A question of nothing else finds what has them.
    let stops = question.all().any(|word| !is_stop(word));
    for (word, is_required) in question
        .words
        .iter()
        .map(|word| (word, false))
        .chain(question.phrases.iter().flatten().map(|word| (word, true)))
    {
        if let Some(clue) = done.get(word.stem.as_str()) {
            let clue = &mut plan.clues[*clue];
            clue.is_required |= is_required;
            if is_required {
                (clue.is_aside, clue.factor) = (false, 1.0);
            }
            continue;
        }
        match families.get(&word.stem) {
            Some(family) => {
                done.insert(&word.stem, plan.clues.len());
                let is_aside = stops && !is_required && is_stop(word);
                let factor = if is_aside { STOPPED } else { 1.0 };
                plan.clues.push(Clue { is_required, is_aside, ..clue(family, factor) });
            }
            None if is_required => {
                plan.is_hopeless = true;
                plan.unknown.push(word.clone());
            }
            None => plan.unknown.push(word.clone()),
        }
    }
    let terms_of =
        |word: &Word| families.get(&word.stem).map(|family| family.iter().map(|(id, _)| *id).collect());
    plan.phrases = question
        .phrases
        .iter()
        .map(|phrase| phrase.iter().map(|word| terms_of(word).unwrap_or_default()).collect())
        .collect();
    if let Some(prefix) = &question.prefix {
        let mut family = completions(work, prefix, audience)?;
        // What shares the word's stem counts as the word itself already.
        let own = families.get(Stems::default().stem(prefix).as_ref());
        family.retain(|term| own.is_none_or(|own| !own.contains(term)));
        if !family.is_empty() {
            plan.clues.push(clue(&family, COMPLETED));
            plan.unknown.retain(|word| word.word != *prefix);
        }
    }
    Ok(plan)
}

fn clue(family: &Family, factor: f32) -> Clue {
    Clue {
        terms: family.iter().map(|(id, _)| *id).collect(),
        documents: family.iter().map(|(_, documents)| documents).sum(),
        factor,
        ..Clue::default()
    }
}

/// The column that counts what the audience may see.
pub fn count(audience: Audience) -> &'static str {
    match audience {
        Audience::Public => "public_documents",
        Audience::Staff => "documents",
    }
}

/// By their stem, the terms that share it.
fn families(work: &mut Work, question: &Question, audience: Audience) -> Result<HashMap<String, Family>> {
    let stems: HashSet<&str> = question.all().map(|word| word.stem.as_str()).collect();
    let mut families: HashMap<String, Family> = HashMap::new();
    if stems.is_empty() {
        return Ok(families);
    }
    let (count, among) = (count(audience), work.dialect().among_texts("stem", "$1"));
    let rows: Vec<(i64, String, i64)> = work.query(
        &format!(
            "select term_id, stem, {count} from crm_kb_terms where {among} and {count} > 0 order by term_id"
        ),
        &[&json!(stems)],
    )?;
    for (id, stem, documents) in rows {
        families.entry(stem).or_default().push((id, documents));
    }
    Ok(families)
}

/// The commonest words that begin so.
fn completions(work: &mut Work, prefix: &str, audience: Audience) -> Result<Family> {
    let count = count(audience);
    let (most, searched) = COMPLETIONS;
    let mut family: Family = work.query(
        &format!(
            "select term_id, {count} from crm_kb_terms where term > $1 and term < $2 and {count} > 0
             order by term limit $3"
        ),
        &[&prefix, &format!("{prefix}\u{10ffff}"), &most],
    )?;
    family.sort_by_key(|(id, documents)| (-documents, *id));
    family.truncate(searched);
    Ok(family)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn words(words: &[Word]) -> Vec<&str> {
        words.iter().map(|word| word.word.as_str()).collect()
    }

    #[test]
    fn words_phrases_and_a_beginning() {
        let question = Question::parse("Reset “Blue Screens” on the prin");
        assert_eq!(words(&question.words), ["reset", "on", "the", "prin"]);
        assert_eq!(
            question.phrases.iter().map(|phrase| words(phrase)).collect::<Vec<_>>(),
            [["blue", "screens"]]
        );
        assert_eq!(question.prefix.as_deref(), Some("prin"));
        assert_eq!(Question::parse("the printer ").prefix, None);
        assert_eq!(Question::parse("to").prefix, None);
        assert_eq!(Question::parse("plan a plan").prefix.as_deref(), Some("plan"));
        assert_eq!(Question::parse("plan \"a b\" pla").prefix.as_deref(), Some("pla"));
        let unclosed = Question::parse("a \"b c");
        assert_eq!((words(&unclosed.words), unclosed.phrases.len()), (vec!["a", "b", "c"], 0));
    }

    proptest! {
        #[test]
        fn any_text_is_a_question(text in ".*") {
            let question = Question::parse(&text);
            for word in question.all() {
                prop_assert!(question.text.get(word.span.0..word.span.1).is_some());
            }
        }
    }

    #[test]
    fn long_questions_are_bounded() {
        let text: String = (0..300_000).map(|n| format!("w{n} ")).collect();
        assert_eq!(Question::parse(&text).words.len(), MOST_WORDS);
        assert_eq!(Question::parse(text.trim()).prefix, None);
        let phrase = Question::parse(&format!("\"{}\" x", "a b ".repeat(1000)));
        assert!(phrase.phrases.iter().flatten().count() <= MOST_REQUIRED);
    }
}
