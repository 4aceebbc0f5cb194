//! FTS5: `crm_case_fts` holds the words of each case, not its texts. Triggers note in `crm_search_queue` whose texts
//! changed; the rows are written once, before each group's commit.

use db::Tx;

use super::question::{Question, Term};
use super::{Match, porter};
use crate::error::Result;
use crate::work::Work;

/// Words that a beginning with an ending of its own may be the beginning of.
const COMPLETIONS: i64 = 50;

pub fn cases(work: &mut Work, question: &Question, for_staff: bool) -> Result<Match> {
    // Every word was cut to letters and digits, so quotes make each a plain string of FTS5's query language.
    let mut terms = Vec::new();
    for term in &question.terms {
        terms.push(match term {
            Term::Word(word) => format!("\"{word}\""),
            // A beginning is stemmed as a word is, so only one that is its own stem is asked for as one.
            Term::Prefix(word) if porter::is_stem(&super::plain(word)) => format!("\"{word}\" *"),
            Term::Prefix(word) => {
                let completed = completions(work, &super::plain(word))?;
                let either: Vec<String> =
                    std::iter::once(word).chain(&completed).map(|word| format!("\"{word}\"")).collect();
                format!("({})", either.join(" OR "))
            }
            Term::Digits(typed, number) => format!("(\"{typed}\" OR \"{number}\")"),
            Term::Phrase(words) => format!("\"{}\"", words.join(" ")),
        });
    }
    let terms = terms.join(" AND ");
    let query =
        if for_staff { terms } else { format!("{{number subject description comments}} : ({terms})") };
    Ok(Match {
        from: "crm_case_fts cross join crm_cases c on c.case_id = crm_case_fts.rowid",
        condition: "crm_case_fts match ?",
        rank: "-crm_case_fts.rank",
        newest: "order by crm_case_fts.rowid desc",
        query,
    })
}

/// Indexed words that begin so, those that FTS5 would stem to others left out.
fn completions(work: &mut Work, beginning: &str) -> Result<Vec<String>> {
    let end = format!("{beginning}\u{10FFFF}");
    let words: Vec<(String,)> = work.query(
        "select term from crm_case_words where term >= $1 and term < $2 order by term limit $3",
        &[&beginning, &end, &COMPLETIONS],
    )?;
    Ok(words
        .into_iter()
        .map(|(word,)| word)
        .filter(|word| word.chars().all(char::is_alphanumeric) && porter::is_stem(word))
        .collect())
}

/// Writes the rows that are behind. U+E000, a word to the tokeniser and to nobody else, stands between two comments, so
/// that no phrase reaches from one to the next. `cross join` keeps the planner from reading every case for the few that wait.
pub fn catch_up(tx: &mut Tx<'_>) -> Result<(), db::Error> {
    if tx.optional::<(i64,)>("select case_id from crm_search_queue limit 1", &[])?.is_none() {
        return Ok(());
    }
    tx.execute("delete from crm_case_fts where rowid in (select case_id from crm_search_queue)", &[])?;
    tx.execute(
        "insert into crm_case_fts (rowid, number, subject, description, comments, internal_comments)
         select c.case_id, substr(c.case_number, 6), c.subject, c.description,
             (select group_concat(m.comment_text, char(10, 57344, 10)) from crm_case_comments m
              where m.case_id = c.case_id and m.is_active and not m.is_internal),
             (select group_concat(m.comment_text, char(10, 57344, 10)) from crm_case_comments m
              where m.case_id = c.case_id and m.is_active and m.is_internal)
         from crm_search_queue q cross join crm_cases c on c.case_id = q.case_id where c.is_listed",
        &[],
    )?;
    tx.execute("delete from crm_search_queue", &[])?;
    Ok(())
}

/// A deleted row's words stay in FTS5's segments until these are merged. A negative number of pages begins a merge of
/// all segments into one, a positive one goes on with it; it is done when nothing but the command itself was changed.
pub fn purge(work: &mut Work, begin: bool, pages: i64) -> Result<bool> {
    let (before,): (i64,) = work.one("select total_changes()", &[])?;
    let pages = if begin { -pages } else { pages };
    work.execute("insert into crm_case_fts (crm_case_fts, rank) values ('merge', $1)", &[&pages])?;
    let (after,): (i64,) = work.one("select total_changes()", &[])?;
    Ok(begin || after - before >= 2)
}
