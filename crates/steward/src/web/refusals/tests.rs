//! Holds the catalogue to the sources: what they say when something is at fault has its sentence, and no sentence is left
//! of what they no longer say.

mod sources;

use std::collections::BTreeSet;

use axum::http::StatusCode;
use proptest::prelude::*;

use super::*;

fn written() -> Written {
    toml::from_str(include_str!("../../../locales/de/refusals.toml")).unwrap()
}

/// The literal texts alone: what places are called does not matter.
fn shape(text: &str) -> String {
    Pattern::parse(text).literals().join("{}")
}

/// The sentence with a number in each place.
fn filled(text: &str) -> String {
    Pattern::parse(text).literals().join("7")
}

#[test]
fn what_is_at_fault_is_said_in_german_too() {
    let said = sources::refusals();
    assert!(said.len() > 280, "only {} were found: does this test still read the sources?", said.len());
    let missing: Vec<String> = said
        .iter()
        .filter(|(_, text)| Language::German.refusal(&filled(text)) == filled(text))
        .map(|(place, text)| format!("{place}: {text}"))
        .collect();
    assert!(missing.is_empty(), "locales/de/refusals.toml lacks\n{}", missing.join("\n"));
}

#[test]
fn nothing_is_said_in_german_that_is_not_said_in_english() {
    let literals = sources::literals();
    let shapes: BTreeSet<String> = literals.iter().map(|text| shape(text)).collect();
    let Written { titles, words, messages } = written();
    let is_said = |word: &str| {
        let named = word.replace(' ', "_");
        literals.iter().any(|text| text.contains(word) || text.contains(&named))
    };
    let sentences = messages.keys().filter(|english| !shapes.contains(&shape(english)));
    let left: Vec<&String> = sentences.chain(words.keys().filter(|word| !is_said(word))).collect();
    assert!(left.is_empty(), "locales/de/refusals.toml has what no source says any more: {left:#?}");
    let known = [400, 401, 403, 404, 405, 409, 410, 412, 413, 415, 416, 422, 429, 500, 503, 507];
    let reason = |code: u16| StatusCode::from_u16(code).unwrap().canonical_reason().unwrap();
    assert!(titles.keys().map(String::as_str).eq(known.map(reason).into_iter().collect::<BTreeSet<_>>()));
}

#[test]
fn what_is_not_found_has_its_word() {
    let words = written().words;
    for (place, what) in sources::not_found() {
        assert!(words.contains_key(&what), "{place}: locales/de/refusals.toml has no word for {what:?}");
    }
}

#[test]
fn both_sentences_have_the_same_places() {
    let places = |text: &str| -> BTreeSet<String> {
        Pattern::parse(text).places().iter().map(|place| place.name.clone()).collect()
    };
    for (english, said) in written().messages {
        assert_eq!(places(&english), places(&said), "{english}");
        assert!(Pattern::parse(&english).weight() >= 5, "{english:?} would be taken for anything");
        for place in Pattern::parse(&said).places() {
            assert!(["", "word", "message"].contains(&place.mark.as_str()), "{said}: {}", place.mark);
        }
    }
}

#[test]
fn sentences_are_filled_and_joined() {
    let german = Language::German;
    for (english, said) in [
        ("there is no active case type 7", "unbekannt oder nicht aktiv: Art 7"),
        ("must not be empty; is required", "darf nicht leer sein; ist erforderlich"),
        ("must not be empty; whatever", "must not be empty; whatever"),
        (
            "a case that is new cannot become closed; it may become open, in_progress",
            "eine Anfrage kann von „neu“ nicht zu „geschlossen“ wechseln; möglich ist: offen, in Bearbeitung",
        ),
        ("question 3 (How (so)?) takes yes or no", "Frage 3 (How (so)?) nimmt yes oder no"),
        ("Not Found", "Nicht gefunden"),
        ("", ""),
    ] {
        assert_eq!(german.refusal(english), said);
        assert_eq!(Language::English.refusal(english), english);
    }
    assert_eq!(german.about("owner_id", "is required"), "Zuständig: ist erforderlich");
    assert_eq!(german.about("", "is required"), "ist erforderlich");
    assert_eq!(Language::English.about("odd_ones/0/owner_id", "is wrong"), "odd ones 1 Owner: is wrong");
}

proptest! {
    #[test]
    fn any_text_can_be_asked_for(text in any::<String>(), which in any::<prop::sample::Index>()) {
        let messages: Vec<String> = written().messages.into_keys().collect();
        let pattern = Pattern::parse(&messages[which.index(messages.len())]);
        // Something like a message, with whatever a client sent in its places.
        for text in [pattern.literals().join(&text), text] {
            prop_assert_eq!(Language::English.refusal(&text), text.as_str());
            let once = Language::German.refusal(&text);
            prop_assert_eq!(&once, &Language::German.refusal(&text));
        }
    }

    #[test]
    fn what_fills_a_sentence_stays(number in 1_000_000u32.., which in any::<prop::sample::Index>()) {
        let messages: Vec<String> = written().messages.into_keys().collect();
        let pattern = Pattern::parse(&messages[which.index(messages.len())]);
        let number = number.to_string();
        let said = Language::German.refusal(&pattern.literals().join(&number)).into_owned();
        prop_assert_eq!(said.matches(&number).count(), pattern.places().len(), "{}", said);
    }
}
