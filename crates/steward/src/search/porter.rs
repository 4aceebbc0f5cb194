//! Which words FTS5's `porter` tokeniser leaves as they are (M. F. Porter, "An algorithm for suffix stripping", 1980). It
//! stems the beginning of a word that somebody types as it stems a word, and "age" as a beginning would be `ag*`.

/// Whether no rule of the algorithm applies to a folded word. In doubt it says no.
pub fn is_stem(word: &str) -> bool {
    let bytes = word.as_bytes();
    if bytes.len() <= 2 || !word.is_ascii() {
        // Only ASCII words are stemmed.
        return true;
    }
    let stem_of = |suffix: &str| bytes.strip_suffix(suffix.as_bytes()).filter(|stem| !stem.is_empty());
    let measured = |suffix: &str, least: usize| stem_of(suffix).is_some_and(|stem| measure(stem) >= least);
    let after_vowel = |suffix: &str| stem_of(suffix).is_some_and(has_vowel);
    let is_plural = word.ends_with('s') && !word.ends_with("ss");
    let is_past = if word.ends_with("eed") { measured("eed", 1) } else { after_vowel("ed") };
    let is_short = |stem: &[u8]| measure(stem) > 1 || (measure(stem) == 1 && !ends_briefly(stem));
    !(is_plural
        || is_past
        || after_vowel("ing")
        || after_vowel("y")
        || FIRST.iter().any(|suffix| measured(suffix, 1))
        || SECOND.iter().any(|suffix| measured(suffix, 2))
        || stem_of("e").is_some_and(is_short)
        || (word.ends_with("ll") && measure(&bytes[..bytes.len() - 1]) > 1))
}

/// Suffixes of steps 2 and 3, which follow one vowel and one consonant or more.
const FIRST: [&str; 28] = [
    "ational", "tional", "enci", "anci", "izer", "logi", "bli", "alli", "entli", "eli", "ousli", "ization",
    "ation", "ator", "alism", "iveness", "fulness", "ousness", "aliti", "iviti", "biliti", "icate", "ative",
    "alize", "iciti", "ical", "ful", "ness",
];
/// Suffixes of step 4, which follow twice as much.
const SECOND: [&str; 19] = [
    "al", "ance", "ence", "er", "ic", "able", "ible", "ant", "ement", "ment", "ent", "ion", "ou", "ism",
    "ate", "iti", "ous", "ive", "ize",
];

/// A `y` is a vowel after a consonant.
fn is_vowel(stem: &[u8], at: usize) -> bool {
    match stem[at] {
        b'a' | b'e' | b'i' | b'o' | b'u' => true,
        b'y' => at > 0 && !is_vowel(stem, at - 1),
        _ => false,
    }
}

fn has_vowel(stem: &[u8]) -> bool {
    (0..stem.len()).any(|at| is_vowel(stem, at))
}

/// How often consonants follow vowels.
fn measure(stem: &[u8]) -> usize {
    (1..stem.len()).filter(|at| is_vowel(stem, at - 1) && !is_vowel(stem, *at)).count()
}

/// Consonant, vowel, consonant, the last of them neither w, x nor y.
fn ends_briefly(stem: &[u8]) -> bool {
    let Some(start) = stem.len().checked_sub(3) else { return false };
    !is_vowel(stem, start)
        && is_vowel(stem, start + 1)
        && !is_vowel(stem, start + 2)
        && !matches!(stem[start + 2], b'w' | b'x' | b'y')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_are_stems_and_words_that_are_not() {
        for word in [
            "crash", "print", "printer", "inter", "user", "screen", "passw", "log", "sky", "feed", "été",
            "ab",
        ] {
            assert!(is_stem(word), "{word}");
        }
        for word in [
            "age", "ages", "use", "one", "yes", "news", "ete", "crashed", "printing", "happy", "invoice",
            "install",
        ] {
            assert!(!is_stem(word), "{word}");
        }
    }
}
