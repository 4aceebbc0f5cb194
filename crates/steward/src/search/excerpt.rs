//! Excerpts: the part of a text where the words searched for occur, HTML-escaped, hits in `<mark>`. Made here rather
//! than by the engines, so that both show the same and no text is stored twice.

use rust_stemmers::{Algorithm, Stemmer};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::question::{Question, Term};

/// Characters shown around the hits.
const WIDTH: usize = 200;
/// Characters before the first hit.
const BEFORE: usize = 60;
/// Bytes of a text that are looked at.
const LOOKED_AT: usize = 200_000;

/// Finds and marks the words of one question.
pub struct Excerpter {
    stemmer: Stemmer,
    stems: Vec<String>,
    prefixes: Vec<String>,
}

impl Excerpter {
    pub fn new(question: &Question) -> Excerpter {
        let stemmer = Stemmer::create(Algorithm::English);
        let mut stems = Vec::new();
        let mut prefixes = Vec::new();
        for term in &question.terms {
            match term {
                Term::Word(word) => stems.push(stemmer.stem(&fold(word)).into_owned()),
                Term::Prefix(word) => {
                    // The engines stem the beginning of a word too: "crashed" finds "crashing".
                    let folded = fold(word);
                    prefixes.extend([stemmer.stem(&folded).into_owned(), folded]);
                }
                Term::Phrase(words) => {
                    stems.extend(words.iter().map(|word| stemmer.stem(&fold(word)).into_owned()));
                }
            }
        }
        Excerpter { stemmer, stems, prefixes }
    }

    fn is_hit(&self, word: &str) -> bool {
        let word = fold(word);
        self.prefixes.iter().any(|prefix| word.starts_with(prefix.as_str()))
            || self.stems.contains(&word)
            || self.stems.iter().any(|stem| *stem == self.stemmer.stem(&word))
    }

    /// The excerpt of `text` around its first hit; `None` without one.
    pub fn excerpt(&self, text: &str) -> Option<String> {
        let mut end = text.len().min(LOOKED_AT);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let text = &text[..end];
        let first = spans(text).find(|(from, to)| self.is_hit(&text[*from..*to]))?;
        let start = text[..first.0].char_indices().rev().nth(BEFORE - 1).map_or(0, |(at, _)| at);
        let shown = &text[start..];
        let stop = shown.char_indices().nth(WIDTH).map_or(shown.len(), |(at, _)| at);
        let shown = &shown[..stop];
        let mut html = String::with_capacity(shown.len() + 40);
        if start > 0 {
            html.push('…');
        }
        let mut done = 0;
        for (from, to) in spans(shown) {
            if self.is_hit(&shown[from..to]) {
                escape(&shown[done..from], &mut html);
                html.push_str("<mark>");
                escape(&shown[from..to], &mut html);
                html.push_str("</mark>");
                done = to;
            }
        }
        escape(&shown[done..], &mut html);
        if start + stop < text.len() {
            html.push('…');
        }
        Some(html)
    }
}

/// A word as the engines compare it: lower case, without accents; they stem it next.
fn fold(word: &str) -> String {
    let plain: String = word.nfd().filter(|c| !is_combining_mark(*c)).collect();
    plain.to_lowercase().replace('ß', "ss")
}

/// The words of a text as byte ranges. An accent written as a mark of its own belongs to the letter before it.
fn spans(text: &str) -> impl Iterator<Item = (usize, usize)> {
    let mut chars = text.char_indices().peekable();
    std::iter::from_fn(move || {
        let (from, _) = chars.by_ref().find(|(_, c)| c.is_alphanumeric())?;
        let mut to = text.len();
        while let Some((at, c)) = chars.peek() {
            if !c.is_alphanumeric() && !is_combining_mark(*c) {
                to = *at;
                break;
            }
            chars.next();
        }
        Some((from, to))
    })
}

/// Line breaks become spaces; what HTML reads as markup is escaped.
fn escape(text: &str, html: &mut String) {
    for c in text.chars() {
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            c if c.is_control() => html.push(' '),
            c => html.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn excerpt(question: &str, text: &str) -> Option<String> {
        Excerpter::new(&Question::parse(question)).excerpt(text)
    }

    #[test]
    fn hits_are_marked_and_markup_is_inert() {
        assert_eq!(
            excerpt("crashes ", "It <b>crashed</b> & burned").as_deref(),
            Some("It &lt;b&gt;<mark>crashed</mark>&lt;/b&gt; &amp; burned")
        );
        assert_eq!(excerpt("crash", "all is well"), None);
    }

    #[test]
    fn accents_and_endings_make_no_difference() {
        for (question, text) in [
            ("crashed", "It crashes"),
            ("crashed", "It was crashing"),
            ("francois", "From François"),
            ("François", "From Francois"),
            ("francois", "From Franc\u{327}ois"),
            ("naive", "How naïve"),
            ("STRASSE", "Straße"),
            ("\"naive réponse\"", "naïve reponse"),
        ] {
            assert!(excerpt(question, text).is_some_and(|shown| shown.contains("<mark>")), "{question}");
        }
        assert_eq!(excerpt("naive ", "nail"), None);
    }

    #[test]
    fn only_the_surroundings_are_shown() {
        let text = format!("{}needle{}", "a ".repeat(500), " b".repeat(500));
        let shown = excerpt("needle ", &text).unwrap();
        assert!(
            shown.starts_with('…') && shown.ends_with('…') && shown.contains("<mark>needle</mark>"),
            "{shown}"
        );
        assert!(shown.chars().count() < 250);
    }

    proptest! {
        #[test]
        fn no_text_breaks_it(question in ".*", text in ".*") {
            let shown = excerpt(&question, &text).unwrap_or_default();
            prop_assert!(!shown.replace("<mark>", "").replace("</mark>", "").contains('<'));
        }
    }
}
