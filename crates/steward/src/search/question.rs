//! What a person typed, taken apart: words, "phrases", and a last word that may be the beginning of one.

/// At least so many letters make a prefix: shorter ones match half the desk.
const PREFIX_LETTERS: usize = 3;
/// More terms than this no person types.
const MOST_TERMS: usize = 30;
/// Words of a phrase that count: what has those in a row has hardly another phrase.
const PHRASE_WORDS: usize = 10;

/// One thing that must occur.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Term {
    Word(String),
    /// The last word of what was typed: a prefix.
    Prefix(String),
    /// Words in a row.
    Phrase(Vec<String>),
    /// Digits alone, as they were typed and as the number of a case has them.
    Digits(String, String),
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Question {
    pub terms: Vec<Term>,
    /// The number of the case that the text names, as in `CASE-000042`, `case 42` or `#42`, or is, as in `42`.
    pub case_number: Option<String>,
    /// As it was typed.
    pub text: String,
}

impl Question {
    /// Takes any text apart. Punctuation separates words; an unclosed quote is none. What mail programs put before the
    /// subject of an answer is no word where the subject names a case.
    pub fn parse(text: &str) -> Question {
        let mut terms = Vec::new();
        let mut case_number = None;
        let mut parts = text.split('"');
        let mut quoted = false;
        while let Some(part) = parts.next() {
            let is_last = parts.clone().next().is_none();
            let found = numbered(part, &mut case_number);
            if quoted && !is_last && found.len() > 1 {
                terms.push(Term::Phrase(found.into_iter().take(PHRASE_WORDS).collect()));
            } else {
                terms.extend(found.into_iter().map(Term::Word));
            }
            quoted = !quoted;
        }
        if case_number.is_some() {
            let answers = |term: &Term| matches!(term, Term::Word(word) if ANSWERS.contains(&word.as_str()));
            let before = terms.iter().take_while(|term| answers(term)).count();
            terms.drain(..before);
        }
        let open_end = text.chars().next_back().is_some_and(char::is_alphanumeric);
        let ends_in_word = matches!(terms.last(), Some(Term::Word(_)));
        let is_number = case_number.is_some() && terms.len() == 1;
        let last = terms.last().cloned();
        let mut known: Vec<Term> = Vec::new();
        for term in terms {
            if known.len() < MOST_TERMS && !known.contains(&term) {
                known.push(term);
            }
        }
        if let (true, true, false, Some(Term::Word(word))) = (open_end, ends_in_word, is_number, &last)
            && word.chars().count() >= PREFIX_LETTERS
            && known.last() == last.as_ref()
        {
            known.pop();
            known.push(Term::Prefix(word.clone()));
        }
        if let [Term::Word(word) | Term::Prefix(word)] = known.as_slice()
            && case_number.is_none()
            && let Some(number) = number_of(word)
        {
            known = vec![Term::Digits(word.clone(), digits_of(&number))];
            case_number = Some(number);
        }
        Question { terms: known, case_number, text: text.to_owned() }
    }

    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }
}

/// What stands before the subject of an answer or of what was handed on: of mail programs in several languages.
const ANSWERS: [&str; 8] = ["re", "aw", "fw", "fwd", "wg", "sv", "tr", "rif"];

/// The words of a text: runs of letters and digits, as both engines' tokenisers see them, lower-cased. The number of a case
/// is one word: the digits that the index holds of it, or "case" would match every
/// case. The first number is `named`.
fn numbered(text: &str, named: &mut Option<String>) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find(|c: char| c.is_alphanumeric()) {
        let is_marked = rest[..at].ends_with('#');
        rest = &rest[at..];
        let end = rest.find(|c: char| !c.is_alphanumeric()).unwrap_or(rest.len());
        let word = &rest[..end];
        rest = &rest[end..];
        let number = if is_marked {
            number_of(word)
        } else if word.eq_ignore_ascii_case("case") {
            let digits = rest.trim_start_matches([' ', '-', '#', ':']);
            let gap = rest.len() - digits.len();
            let stop = digits.find(|c: char| !c.is_alphanumeric()).unwrap_or(digits.len());
            let number = number_of(&digits[..stop]).filter(|_| gap > 0);
            if number.is_some() {
                rest = &digits[stop..];
            }
            number
        } else {
            None
        };
        match number {
            Some(number) => {
                found.push(digits_of(&number));
                named.get_or_insert(number);
            }
            None => found.push(word.to_lowercase()),
        }
    }
    found
}

/// The number of a case with these digits; `None` for what are no digits, or those of no case.
fn number_of(digits: &str) -> Option<String> {
    let id: i64 = digits.parse().ok().filter(|id| *id > 0 && digits.bytes().all(|b| b.is_ascii_digit()))?;
    Some(format!("CASE-{id:06}"))
}

fn digits_of(number: &str) -> String {
    number.trim_start_matches("CASE-").to_owned()
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
        for text in [
            "CASE-000042",
            "case-42",
            "#42",
            " #0042 ",
            "42",
            "case 42",
            "Re: [CASE-000042]",
            "AW: Re: case #42,",
        ] {
            let question = Question::parse(text);
            assert_eq!(question.case_number.as_deref(), Some("CASE-000042"), "{text}");
            assert_eq!(question.terms.len(), 1, "{text}: {question:?}");
        }
        for text in ["CASE-", "#", "#4x", "CASE-99999999999999999999", "case42", "0", "showcase 42"] {
            assert_eq!(Question::parse(text).case_number, None, "{text}");
        }
        let question = Question::parse("printer CASE-7 smokes");
        assert_eq!(question.case_number.as_deref(), Some("CASE-000007"));
        let word = |word: &str| Term::Word(word.into());
        assert_eq!(question.terms, [word("printer"), word("000007"), Term::Prefix("smokes".into())]);
        assert_eq!(Question::parse("42").terms, [Term::Digits("42".into(), "000042".into())]);
        assert_eq!(Question::parse("re: printers ").terms, [word("re"), word("printers")]);
    }

    #[test]
    fn what_is_said_twice_is_asked_once() {
        let phrase = format!("\"{}\"", "a ".repeat(500));
        let question = Question::parse(&format!("{} {}", phrase.repeat(3), "b ".repeat(50)));
        assert_eq!(question.terms, [Term::Phrase(vec!["a".into(); PHRASE_WORDS]), Term::Word("b".into())]);
    }

    proptest! {
        #[test]
        fn any_text_is_a_question(text in ".*") {
            prop_assert!(Question::parse(&text).terms.len() <= MOST_TERMS);
        }
    }
}
