//! tsvector: `crm_case_search` is kept by triggers; `internal_text` holds all words of a case, `public_text` those that
//! its customer may find.

use super::question::{Question, Term};
use super::{Match, plain};

/// `None` where nothing of the question is left to look for.
pub fn cases(question: &Question, for_staff: bool) -> Option<Match> {
    let terms: Vec<String> = question.terms.iter().filter_map(term).collect();
    if terms.is_empty() {
        return None;
    }
    let (condition, rank) = if for_staff {
        (
            "s.internal_text @@ to_tsquery('crm_search', ?)",
            "cast(ts_rank(s.internal_text, to_tsquery('crm_search', ?), 1) as double precision)",
        )
    } else {
        (
            // The index is over all words; what the customer may find is a part of them.
            "s.internal_text @@ to_tsquery('crm_search', ?) and s.public_text @@ to_tsquery('crm_search', ?)",
            "cast(ts_rank(s.public_text, to_tsquery('crm_search', ?), 1) as double precision)",
        )
    };
    let from = "crm_cases c join crm_case_search s on s.case_id = c.case_id";
    Some(Match { from, condition, rank, newest: "", query: terms.join(" & ") })
}

/// A term as `to_tsquery` reads it. Every word was cut to letters and digits, so a quoted lexeme needs no escaping; but
/// it may be made of marks alone, and an empty lexeme is an error.
fn term(term: &Term) -> Option<String> {
    match term {
        Term::Word(word) => lexeme(word),
        Term::Prefix(word) => lexeme(word).map(|lexeme| format!("{lexeme}:*")),
        Term::Digits(typed, number) => Some(format!("({} | {})", lexeme(typed)?, lexeme(number)?)),
        Term::Phrase(words) => {
            let row: Vec<String> = words.iter().filter_map(|word| lexeme(word)).collect();
            if row.is_empty() { None } else { Some(format!("({})", row.join(" <-> "))) }
        }
    }
}

fn lexeme(word: &str) -> Option<String> {
    let plain = plain(word);
    if plain.is_empty() { None } else { Some(format!("'{plain}'")) }
}
