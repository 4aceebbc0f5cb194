//! What a person typed, taken apart: words, "phrases", and a last word that may be the beginning of one.

/// At least so many letters make a prefix: shorter ones match half the desk.
const PREFIX_LETTERS: usize = 3;
/// More terms than this no person types.
const MOST_TERMS: usize = 30;

/// One thing that must occur.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Term {
    Word(String),
    /// The last word of what was typed: a prefix.
    Prefix(String),
    /// Words in a row.
    Phrase(Vec<String>),
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Question {
    pub terms: Vec<Term>,
    /// The number of the case that the whole text names, as in `CASE-000042`, `case-42` or `#42`.
    pub case_number: Option<String>,
}

impl Question {
    /// Takes any text apart. Punctuation separates words; an unclosed quote is none.
    pub fn parse(text: &str) -> Question {
        let case_number = case_number(text.trim());
        if let Some(number) = &case_number {
            // The index holds a number's digits alone, or "case" would match every case.
            let digits = number.trim_start_matches("CASE-").to_owned();
            return Question { terms: vec![Term::Word(digits)], case_number };
        }
        let mut terms = Vec::new();
        let mut parts = text.split('"');
        let mut quoted = false;
        while let Some(part) = parts.next() {
            let is_last = parts.clone().next().is_none();
            if quoted && !is_last {
                match words(part) {
                    row if row.len() > 1 => terms.push(Term::Phrase(row)),
                    row => terms.extend(row.into_iter().map(Term::Word)),
                }
            } else {
                terms.extend(words(part).into_iter().map(Term::Word));
            }
            quoted = !quoted;
        }
        terms.truncate(MOST_TERMS);
        let open_end = text.chars().next_back().is_some_and(char::is_alphanumeric);
        if open_end
            && let Some(Term::Word(word)) = terms.last()
            && word.chars().count() >= PREFIX_LETTERS
        {
            let word = word.clone();
            terms.pop();
            terms.push(Term::Prefix(word));
        }
        Question { terms, case_number: None }
    }

    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }
}

/// The words of a text: runs of letters and digits, as both engines' tokenisers see them, lower-cased.
pub fn words(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect()
}

fn case_number(text: &str) -> Option<String> {
    let digits = text.strip_prefix('#').or_else(|| {
        text.get(..5).filter(|head| head.eq_ignore_ascii_case("case-")).and_then(|_| text.get(5..))
    })?;
    let id: i64 = digits.parse().ok().filter(|id| *id > 0 && digits.bytes().all(|b| b.is_ascii_digit()))?;
    Some(format!("CASE-{id:06}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn words_phrases_and_a_prefix_at_the_end() {
        let word = |word: &str| Term::Word(word.into());
        let terms = |text| Question::parse(text).terms;
        assert_eq!(terms("Printer crash"), [word("printer"), Term::Prefix("crash".into())]);
        assert_eq!(terms("crash "), [word("crash")]);
        assert_eq!(terms("on"), [word("on")]);
        assert_eq!(
            terms("\"blue screen\" boot "),
            [Term::Phrase(vec!["blue".into(), "screen".into()]), word("boot")]
        );
        assert_eq!(terms("\"blue"), [Term::Prefix("blue".into())]);
        assert_eq!(terms("%_\u{1f600}"), []);
    }

    #[test]
    fn a_case_number_is_known_in_any_of_its_forms() {
        for text in ["CASE-000042", "case-42", "#42", " #0042 "] {
            assert_eq!(Question::parse(text).case_number.as_deref(), Some("CASE-000042"), "{text}");
        }
        for text in ["42", "CASE-", "#", "#4x", "#-1", "CASE-99999999999999999999"] {
            assert_eq!(Question::parse(text).case_number, None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_a_question(text in ".*") {
            prop_assert!(Question::parse(&text).terms.len() <= MOST_TERMS);
        }
    }
}
