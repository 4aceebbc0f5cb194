//! From a text to the words that are indexed and asked for: the same on both engines, for texts and questions.
//!
//! A word is a run of letters and digits, case and diacritics folded; `ERR-4021` is two words. Where a script puts no
//! spaces between words (Han, kana, Thai, Hangul, whose particles hang on ...) each character is a word and so is each
//! pair of neighbours.

use std::borrow::Cow;

use rust_stemmers::{Algorithm, Stemmer};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Characters of a word that count; longer ones are cut.
const LONGEST: usize = 64;

/// Whether every word is wanted, as an index and a phrase want it, or only the telling ones: a question leaves out
/// single characters where there are pairs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    All,
    Pairs,
}

/// Hands over the folded words of `text` in order, each with where it stands, until `f` answers false.
pub fn each(text: &str, detail: Detail, mut f: impl FnMut(&str, (usize, usize)) -> bool) {
    for (from, to, is_dense) in runs(text) {
        let go_on = if is_dense {
            pairs(text, (from, to), detail, &mut f)
        } else {
            let word = fold(&text[from..to]);
            word.is_empty() || f(&word, (from, to))
        };
        if !go_on {
            return;
        }
    }
}

/// All words of a text.
pub fn words(text: &str, detail: Detail) -> Vec<String> {
    let mut words = Vec::new();
    each(text, detail, |word, _| {
        words.push(word.to_owned());
        true
    });
    words
}

fn pairs(
    text: &str,
    (from, to): (usize, usize),
    detail: Detail,
    f: &mut impl FnMut(&str, (usize, usize)) -> bool,
) -> bool {
    let mut starts: Vec<usize> = text[from..to]
        .char_indices()
        .filter(|(_, c)| !is_combining_mark(*c) && !is_joiner(*c) && !matches!(c, '\u{ff9e}' | '\u{ff9f}'))
        .map(|(at, _)| from + at)
        .collect();
    if starts.first() != Some(&from) {
        starts.insert(0, from);
    }
    starts.push(to);
    let is_single = starts.len() == 2;
    let mut hand = |from: usize, to: usize| {
        let word = fold(&text[from..to]);
        word.is_empty() || f(&word, (from, to))
    };
    for (n, bounds) in starts.windows(2).enumerate() {
        if (detail == Detail::All || is_single) && !hand(bounds[0], bounds[1]) {
            return false;
        }
        if let Some(end) = starts.get(n + 2)
            && !hand(bounds[0], *end)
        {
            return false;
        }
    }
    true
}

/// Runs of characters that make words: from, to, and whether the script writes without spaces.
pub fn runs(text: &str) -> impl Iterator<Item = (usize, usize, bool)> {
    let mut chars = text.char_indices().peekable();
    std::iter::from_fn(move || {
        let (from, first) = chars.by_ref().find(|(_, c)| c.is_alphanumeric())?;
        let dense = is_dense(first);
        let mut to = from + first.len_utf8();
        while let Some((at, c)) = chars.peek().copied() {
            let belongs = if c.is_alphanumeric() {
                is_dense(c) == dense
            } else if matches!(c, '\'' | '\u{2019}') {
                // don't, l'eau: one word, if a letter follows.
                !dense
                    && text[at + c.len_utf8()..]
                        .chars()
                        .next()
                        .is_some_and(|c| c.is_alphabetic() && !is_dense(c))
            } else {
                is_combining_mark(c) || is_joiner(c)
            };
            if !belongs {
                break;
            }
            to = at + c.len_utf8();
            chars.next();
        }
        Some((from, to, dense))
    })
}

fn is_joiner(c: char) -> bool {
    matches!(c, '\u{200c}' | '\u{200d}' | '\u{ad}')
}

/// Scripts whose words stand without spaces, or with endings that hang on.
fn is_dense(c: char) -> bool {
    matches!(c,
        '\u{0e00}'..='\u{0eff}'      // Thai, Lao
        | '\u{1000}'..='\u{109f}'    // Myanmar
        | '\u{1100}'..='\u{11ff}'    // Hangul
        | '\u{1780}'..='\u{17ff}'    // Khmer
        | '\u{3005}'..='\u{3007}'
        | '\u{3040}'..='\u{30ff}'    // kana
        | '\u{3130}'..='\u{318f}'
        | '\u{31f0}'..='\u{31ff}'
        | '\u{3400}'..='\u{4dbf}'    // Han
        | '\u{4e00}'..='\u{9fff}'
        | '\u{a960}'..='\u{a97f}'
        | '\u{ac00}'..='\u{d7ff}'    // Hangul
        | '\u{f900}'..='\u{faff}'
        | '\u{ff66}'..='\u{ffdc}'
        | '\u{20000}'..='\u{3ffff}')
}

/// Case, width and diacritics folded. Marks that are letters in their script (vowel signs, voiced kana) stay.
pub fn fold(word: &str) -> Cow<'_, str> {
    if word.is_ascii() {
        let plain = word.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_lowercase());
        if plain && word.len() <= LONGEST {
            return Cow::Borrowed(word);
        }
        let letters = word.bytes().filter(u8::is_ascii_alphanumeric).take(LONGEST);
        return Cow::Owned(letters.map(|b| char::from(b.to_ascii_lowercase())).collect());
    }
    let mut folded = String::with_capacity(word.len());
    // Compatibility forms may hold capitals, and folding may undo a composition: case in between.
    let lower = caseless::default_case_fold_str(&word.nfkc().take(LONGEST * 2).collect::<String>());
    for c in lower.nfkd() {
        match c {
            'ø' => folded.push('o'),
            'ł' => folded.push('l'),
            'đ' | 'ð' => folded.push('d'),
            'ħ' => folded.push('h'),
            'ı' => folded.push('i'),
            'æ' => folded.push_str("ae"),
            'œ' => folded.push_str("oe"),
            'þ' => folded.push_str("th"),
            c if is_ornament(c) || is_joiner(c) => {}
            c if c.is_alphanumeric() || is_combining_mark(c) => folded.push(c),
            _ => {}
        }
    }
    Cow::Owned(folded.nfc().take(LONGEST).collect())
}

/// Marks that readers leave out when they type: accents, Hebrew points, Arabic vowels and the lengthening stroke.
fn is_ornament(c: char) -> bool {
    matches!(c, '\u{0300}'..='\u{036f}' | '\u{0483}'..='\u{0489}' | '\u{0591}'..='\u{05c7}' | '\u{0610}'..='\u{061a}'
        | '\u{0640}' | '\u{064b}'..='\u{065f}' | '\u{0670}' | '\u{06d6}'..='\u{06ed}' | '\u{1ab0}'..='\u{1aff}'
        | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20ff}' | '\u{fe00}'..='\u{fe2f}')
}

/// English stems; words of other alphabets stay.
pub struct Stems(Stemmer);

impl Default for Stems {
    fn default() -> Stems {
        Stems(Stemmer::create(Algorithm::English))
    }
}

impl Stems {
    /// The stem of a folded word; it begins as the word does.
    pub fn stem<'a>(&self, word: &'a str) -> Cow<'a, str> {
        if word.bytes().all(|b| b.is_ascii_lowercase()) { self.0.stem(word) } else { Cow::Borrowed(word) }
    }
}

/// A text without what is markup in it: HTML tags, the paths of addresses. Markdown's signs are no letters and need
/// no care. What stays keeps its order; the length may differ.
pub fn without_markup(text: &str) -> String {
    /// Bytes of the longest tag and the longest address.
    const LONGEST_MARKUP: usize = 2000;
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['<', ':']) {
        let (before, after) = rest.split_at(at);
        plain.push_str(before);
        rest = &after[1..];
        if let Some(address) = after.strip_prefix("://") {
            plain.truncate(plain.trim_end_matches(|c: char| c.is_ascii_alphabetic()).len());
            // The host tells something, the rest of an address seldom.
            let is_host = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | ':' | '@');
            let (host, path) = address.split_at(address.find(|c| !is_host(c)).unwrap_or(address.len()));
            plain.extend([" ", host, " "]);
            let ends = |c: char| c.is_whitespace() || matches!(c, '<' | '>' | ')' | ']' | '"' | '|');
            rest = &path[path.find(ends).unwrap_or(path.len())..];
        } else if after.starts_with('<') && is_tag(rest) {
            plain.push(' ');
            match rest.find(['<', '>']) {
                Some(end) if end < LONGEST_MARKUP && rest[end..].starts_with('>') => {
                    // An address between brackets is no tag.
                    if rest[..end].contains("://") {
                        continue;
                    }
                    rest = &rest[end + 1..];
                }
                _ => {}
            }
        } else {
            plain.push(' ');
        }
    }
    plain.push_str(rest);
    plain
}

/// The elements of HTML that texts are written with.
const ELEMENTS: [&str; 77] = [
    "a",
    "abbr",
    "article",
    "aside",
    "audio",
    "b",
    "bdi",
    "bdo",
    "blockquote",
    "body",
    "br",
    "button",
    "caption",
    "center",
    "cite",
    "code",
    "col",
    "colgroup",
    "dd",
    "del",
    "details",
    "div",
    "dl",
    "dt",
    "em",
    "embed",
    "figcaption",
    "figure",
    "font",
    "footer",
    "form",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "head",
    "header",
    "hr",
    "html",
    "i",
    "iframe",
    "img",
    "input",
    "ins",
    "kbd",
    "li",
    "link",
    "main",
    "mark",
    "meta",
    "nav",
    "ol",
    "p",
    "picture",
    "pre",
    "q",
    "s",
    "script",
    "section",
    "small",
    "source",
    "span",
    "strong",
    "style",
    "sub",
    "summary",
    "sup",
    "svg",
    "table",
    "tbody",
    "td",
    "th",
    "tr",
    "u",
    "ul",
];

/// Whether what follows a `<` is markup. `Vec<String>` in an article on programming is not.
fn is_tag(rest: &str) -> bool {
    let rest = rest.strip_prefix('/').unwrap_or(rest);
    let name = &rest[..rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len())];
    rest.starts_with('!') || ELEMENTS.binary_search(&name.to_ascii_lowercase().as_str()).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn all(text: &str) -> Vec<String> {
        words(text, Detail::All)
    }

    #[test]
    fn words_of_spaced_scripts_are_folded() {
        assert_eq!(all("Crème BRÛLÉE, don't!"), ["creme", "brulee", "dont"]);
        assert_eq!(all("ERR-4021 v2.0.1 a_b@c.de"), ["err", "4021", "v2", "0", "1", "a", "b", "c", "de"]);
        assert_eq!(
            all("Straße Øre ﬁne ＡＢＣ Ελλάς Ёлка"),
            ["strasse", "ore", "fine", "abc", "ελλασ", "елка"]
        );
        assert_eq!(all("مُحَمَّد إعادة"), ["محمد", "اعادة"]);
        assert_eq!(all("हिन्दी"), ["हिन्दी"]);
        assert_eq!(all("\0 \u{1f600} -- "), [""; 0]);
    }

    #[test]
    fn scripts_without_spaces_give_characters_and_pairs() {
        assert_eq!(all("東京都"), ["東", "東京", "京", "京都", "都"]);
        assert_eq!(words("東京都へ", Detail::Pairs), ["東京", "京都", "都へ"]);
        assert_eq!(words("東", Detail::Pairs), ["東"]);
        assert_eq!(all("ガ"), all("ｶﾞ"));
        assert_eq!(all("Rust東京"), ["rust", "東", "東京", "京"]);
        assert_ne!(all("ที่"), all("ท"));
    }

    #[test]
    fn markup_is_left_out() {
        let plain = |text: &str| all(&without_markup(text)).join(" ");
        assert_eq!(plain("see <a href=\"x\" class=y>this</a>: ok"), "see this ok");
        let addresses = "[here](https://example.com/a/b?c=d) and <https://x.org/q>";
        assert_eq!(plain(addresses), "here example com and x org");
        assert_eq!(plain("a < b > c <"), "a b c");
        assert_eq!(plain("a Vec<String> of <BR/>lines<!-- hidden -->"), "a vec string of lines");
        assert!(ELEMENTS.is_sorted());
    }

    proptest! {
        #[test]
        fn a_stem_begins_as_its_word_does(word in "[a-z]{0,5}(ed|ing|ies|ly|s|er|ational|y)?") {
            let stem = Stems::default().stem(&word).into_owned();
            prop_assert_eq!(stem.chars().next(), word.chars().next());
        }

        #[test]
        fn any_text_has_words(text in ".*") {
            for word in all(&text) {
                prop_assert!(!word.is_empty() && word.chars().count() <= LONGEST && !word.contains('\0'));
            }
            without_markup(&text);
        }

        #[test]
        fn what_is_folded_stays_so(text in "\\w*") {
            let once = fold(&text).into_owned();
            prop_assert_eq!(fold(&once).into_owned(), once);
        }
    }
}
