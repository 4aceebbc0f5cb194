//! Full-text search: the one honest fork. SQLite has FTS5, PostgreSQL tsvector; both are asked through [`Question`],
//! which is built from any string a person may type and never makes an error (spec 4).

pub mod articles;
mod excerpt;
mod porter;
mod postgres;
mod question;
mod sqlite;
pub mod terms;

use db::{Dialect, Tx};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::error::Result;
use crate::work::Work;

pub use excerpt::Excerpter;
pub use question::Question;

/// How an engine is asked for the cases that match: conditions and rank over `crm_cases c`, with one parameter.
pub struct Match {
    /// The tables, `crm_cases c` among them.
    pub from: &'static str,
    /// The condition, `?` standing for `query`.
    pub condition: &'static str,
    /// Greater is better.
    pub rank: &'static str,
    /// Which candidates to rank when there are more than are ranked, if the engine can say so cheaply.
    pub newest: &'static str,
    pub query: String,
}

/// How to find cases by their texts. Internal comments count for users only. `None` where the question has no word.
pub fn cases(work: &mut Work, question: &Question) -> Result<Option<Match>> {
    if question.is_empty() {
        return Ok(None);
    }
    let for_staff = work.actor.is_staff();
    match work.dialect() {
        Dialect::Sqlite => Ok(Some(sqlite::cases(work, question, for_staff)?)),
        Dialect::Postgres => Ok(postgres::cases(question, for_staff)),
    }
}

/// Brings the index up with the texts, once before each commit. PostgreSQL's triggers have done so already.
pub fn catch_up(tx: &mut Tx<'_>) -> std::result::Result<(), db::Error> {
    match tx.dialect() {
        Dialect::Sqlite => sqlite::catch_up(tx),
        Dialect::Postgres => Ok(()),
    }
}

/// Drops the words of texts that are gone from the index for good, `pages` at a time. Answers whether more is to be done.
/// PostgreSQL's index holds none: its rows are replaced whole.
pub fn purge(work: &mut Work, begin: bool, pages: i64) -> Result<bool> {
    match work.dialect() {
        Dialect::Sqlite => sqlite::purge(work, begin, pages),
        Dialect::Postgres => Ok(false),
    }
}

/// Whether plain SQL left cases whose index row is behind (SQLite).
pub fn is_behind(work: &mut Work) -> Result<bool> {
    Ok(work.optional::<(i64,)>("select case_id from crm_search_queue limit 1", &[])?.is_some())
}

/// A word without accents, as both engines' indexes of cases have it.
fn plain(word: &str) -> String {
    word.nfd().filter(|c| !is_combining_mark(*c)).collect()
}
