//! Excerpts: the part of a text where the words searched for occur, HTML-escaped, hits in `<mark>`. Made here rather
//! than by the engines, so that both show the same and no text is stored twice.

use std::collections::{BTreeSet, HashSet};

use super::question::{Question, Term};
use super::terms::{self, Detail, Stems};

/// Characters shown around the hits.
const WIDTH: usize = 200;
/// Characters before the first hit.
const BEFORE: usize = 60;
/// Bytes of a text that are looked at.
const LOOKED_AT: usize = 200_000;

/// Finds and marks the words of one question.
pub struct Excerpter {
    stemmer: Stems,
    stems: HashSet<String>,
    /// What the stems begin with. A stem begins as its word does, so that most words of a text need not be stemmed.
    initials: BTreeSet<char>,
    prefix: Option<String>,
}

impl Excerpter {
    /// For a search of cases.
    pub fn new(question: &Question) -> Excerpter {
        // A word with an apostrophe is one to the eye and two to the engines' tokenisers.
        let (mut words, mut prefix) = (terms::words(&question.text, Detail::Pairs), None);
        for term in &question.terms {
            match term {
                Term::Word(word) | Term::Digits(word, _) => words.extend(terms::words(word, Detail::Pairs)),
                Term::Prefix(word) => {
                    words.extend(terms::words(word, Detail::Pairs));
                    prefix = Some(terms::fold(word).into_owned());
                }
                Term::Phrase(row) => {
                    words.extend(row.iter().flat_map(|word| terms::words(word, Detail::Pairs)))
                }
            }
        }
        Excerpter::of(words.iter().map(String::as_str), prefix)
    }

    /// Marks folded words, whatever their endings, and those that begin with `prefix`.
    pub fn of<'a>(words: impl Iterator<Item = &'a str>, prefix: Option<String>) -> Excerpter {
        let stemmer = Stems::default();
        let stems: HashSet<String> = words.map(|word| stemmer.stem(word).into_owned()).collect();
        let initials = stems.iter().filter_map(|stem| stem.chars().next()).collect();
        Excerpter { stemmer, stems, initials, prefix }
    }

    fn is_hit(&self, word: &str) -> bool {
        self.prefix.as_ref().is_some_and(|prefix| word.starts_with(prefix.as_str()))
            || (word.chars().next().is_some_and(|initial| self.initials.contains(&initial))
                && self.stems.contains(self.stemmer.stem(word).as_ref()))
    }

    /// Where hits stand, at most `most` of them; those that overlap are one.
    fn hits(&self, text: &str, most: usize) -> Vec<(usize, usize)> {
        let mut hits: Vec<(usize, usize)> = Vec::new();
        terms::each(text, Detail::All, |word, (from, to)| {
            if self.is_hit(word) {
                match hits.last_mut() {
                    Some((_, end)) if from < *end => *end = to.max(*end),
                    _ => hits.push((from, to)),
                }
            }
            hits.len() < most
        });
        hits
    }

    /// The lines around the first hit, of a text whose marks are to be read before it is shown: from the paragraph's
    /// beginning, if that is near. `None` without a hit.
    pub fn surroundings<'t>(&self, text: &'t str) -> Option<&'t str> {
        let text = looked_at(text);
        let (first, _) = *self.hits(text, 1).first()?;
        let near = text[..first].char_indices().rev().nth(2 * WIDTH).map_or(0, |(at, _)| at);
        let start = text[near..first].rfind("\n\n").map_or(near, |at| near + at);
        let stop = text[first..].char_indices().nth(2 * WIDTH).map_or(text.len(), |(at, _)| first + at);
        Some(&text[start..stop])
    }

    /// The excerpt of `text` around its first hit, from a word's beginning to a word's end; `None` without one.
    pub fn excerpt(&self, text: &str) -> Option<String> {
        let text = looked_at(text);
        let (first, _) = *self.hits(text, 1).first()?;
        let mut start = text[..first].char_indices().rev().nth(BEFORE - 1).map_or(0, |(at, _)| at);
        if start > 0 {
            // A script without spaces is cut where it is.
            start = text[start..first].find(char::is_whitespace).map_or(start, |at| start + at);
            start += text[start..].len() - text[start..].trim_start().len();
        }
        let shown = &text[start..];
        let stop = shown.char_indices().nth(WIDTH).map_or(shown.len(), |(at, _)| at);
        let whole = shown[..stop]
            .rfind(char::is_whitespace)
            .filter(|at| stop < shown.len() && start + at > first + BEFORE);
        let stop = whole.unwrap_or(stop);
        let shown = &shown[..stop];
        let mut html = String::with_capacity(shown.len() + 40);
        if start > 0 {
            html.push('…');
        }
        let mut done = 0;
        for (from, to) in self.hits(shown, usize::MAX) {
            escape(&shown[done..from], &mut html);
            html.push_str("<mark>");
            escape(&shown[from..to], &mut html);
            html.push_str("</mark>");
            done = to;
        }
        escape(&shown[done..], &mut html);
        if start + stop < text.len() {
            html.push('…');
        }
        Some(html)
    }
}

/// As much of a text as is looked at.
fn looked_at(text: &str) -> &str {
    let mut end = text.len().min(LOOKED_AT);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
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
    fn any_script_is_marked_as_it_is_found() {
        let excerpt = |question: &str, text: &str| crate::search::articles::excerpter(question).excerpt(text);
        assert_eq!(excerpt("creme ", "Une CRÈME").as_deref(), Some("Une <mark>CRÈME</mark>"));
        assert_eq!(excerpt("東京都", "私は東京都へ").as_deref(), Some("私は<mark>東京都</mark>へ"));
        assert_eq!(excerpt("हिन्दी ", "यह हिन्दी है").as_deref(), Some("यह <mark>हिन्दी</mark> है"));
        assert_eq!(excerpt("certif", "Certificates").as_deref(), Some("<mark>Certificates</mark>"));
        assert_eq!(excerpt("\"blue screens\"", "a screen").as_deref(), Some("a <mark>screen</mark>"));
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

    #[test]
    fn words_are_shown_whole() {
        let shown =
            excerpt("needle ", &format!("{} needle {}", "abcdefghi ".repeat(20), "jklmnopqr ".repeat(40)))
                .unwrap();
        assert!(shown.starts_with("…abcdefghi ") && shown.ends_with(" jklmnopqr…"), "{shown}");
        let shown = excerpt("can't ", "We can't, or can we?").unwrap();
        assert_eq!(shown, "We <mark>can&#39;t</mark>, or <mark>can</mark> we?");
    }

    proptest! {
        #[test]
        fn no_text_breaks_it(question in ".*", text in ".*") {
            let excerpter = Excerpter::new(&Question::parse(&question));
            prop_assert_eq!(excerpter.surroundings(&text).is_some(), excerpter.excerpt(&text).is_some());
            let shown = excerpt(&question, &text).unwrap_or_default();
            prop_assert!(!shown.replace("<mark>", "").replace("</mark>", "").contains('<'));
        }
    }
}
