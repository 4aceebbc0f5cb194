//! tsvector: `crm_case_search` is kept by triggers; `internal_text` holds all words of a case, `public_text` those that
//! its customer may find.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::Match;
use super::question::{Question, Term};

pub fn cases(question: &Question, for_staff: bool) -> Match {
    // Every word was cut to letters and digits, so a quoted lexeme needs no escaping.
    let terms: Vec<String> = question
        .terms
        .iter()
        .map(|term| match term {
            Term::Word(word) => format!("'{}'", plain(word)),
            Term::Prefix(word) => format!("'{}':*", plain(word)),
            Term::Phrase(words) => {
                let row: Vec<String> = words.iter().map(|word| format!("'{}'", plain(word))).collect();
                format!("({})", row.join(" <-> "))
            }
        })
        .collect();
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
    Match { from, condition, rank, newest: "", query: terms.join(" & ") }
}

/// Without accents, as the index has it.
fn plain(word: &str) -> String {
    word.nfd().filter(|c| !is_combining_mark(*c)).collect()
}
