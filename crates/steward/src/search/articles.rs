//! The search of the knowledge base: one ranking for both engines, over an inverted index of our own in ordinary
//! tables (`0009_article_index`), kept in the transaction that changes an article (spec 7).
//!
//! A *document* is an edition of an article. `crm_kb_documents` holds the ids of its words in the order of the text;
//! `crm_kb_postings` holds, for each word and each block of 256 documents, three bytes a document ([`entries`]): all
//! that ranking needs. A question is answered from the blocks of its words, in Rust ([`rank`]).

mod asked;
mod check;
mod entries;
mod index;
mod rank;
mod rebuild;
mod similar;
mod spelling;

use std::collections::HashSet;

use super::Excerpter;

pub use check::{breaches, is_current};
pub use index::{put, remove};
pub use rank::find;
pub use rebuild::{Source, rebuild};
pub use similar::similar;

/// Marks in the texts of hits what `text` asked for; hand it [`Found::corrected`] where there is one.
pub fn excerpter(text: &str) -> Excerpter {
    let question = asked::Question::parse(text);
    let words = question.words.iter().chain(question.phrases.iter().flatten());
    Excerpter::of(words.map(|word| word.word.as_str()), question.prefix.clone())
}

/// What of an article is searched.
#[derive(Debug, Clone, Copy)]
pub struct ArticleText<'a> {
    pub title: &'a str,
    pub keywords: &'a [String],
    pub tags: &'a [String],
    pub summary: &'a str,
    /// Markdown; its tags and addresses are left out.
    pub content: &'a str,
}

/// What readers see (the last published version), or the working copy, which only users see.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Edition {
    Published,
    Draft,
}

/// Whose eyes the hits are for. For the public only published articles that are not internal exist: in hits, in how
/// rare a word is, in the words that a misspelt one may have meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    Public,
    Staff,
}

/// A question.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// Any text: words of which any may match, "phrases" that must occur.
    pub text: &'a str,
    pub audience: Audience,
    pub published: bool,
    /// Drafts too; for the public there are none.
    pub drafts: bool,
    /// Only these articles, where given.
    pub among: Option<&'a HashSet<i64>>,
    pub except: Option<i64>,
}

/// An article that was found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hit {
    pub article_id: i64,
    /// Greater is better; to be compared within one answer only.
    pub score: f64,
}

/// The answer to a question.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Found {
    /// The best first, 10,000 at most; an article once.
    pub hits: Vec<Hit>,
    /// How many articles match, those beyond the hits included.
    pub total: usize,
    /// False where more match than were looked at.
    pub total_is_exact: bool,
    /// The question that was answered instead, where nothing matched this one as it was spelt.
    pub corrected: Option<String>,
}
