//! What faults and refusals say, in the reader's language. They are written once, in English, where they are found; the
//! catalogue of another language (`locales/de/refusals.toml`) has its sentence under the English one, with the same
//! places. What it lacks stays English, and a test names it.

mod pattern;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

use serde::Deserialize;

use self::pattern::Pattern;
use super::language::Language;

static GERMAN: LazyLock<Catalogue> =
    LazyLock::new(|| Catalogue::read(include_str!("../../locales/de/refusals.toml")));

/// The catalogue as it is written.
#[derive(Default, Deserialize)]
struct Written {
    /// Of problems, by their English title.
    titles: BTreeMap<String, String>,
    /// What may fill a place that is marked `:word`.
    words: BTreeMap<String, String>,
    messages: BTreeMap<String, String>,
}

struct Catalogue {
    /// Sentences and titles without a place in them, and words.
    whole: HashMap<String, String>,
    words: HashMap<String, String>,
    /// Those that say most come first.
    sentences: Vec<Sentence>,
}

struct Sentence {
    english: Pattern,
    said: Pattern,
}

impl Catalogue {
    fn read(text: &str) -> Catalogue {
        let written: Written = toml::from_str(text).unwrap_or_else(|error| {
            tracing::error!(%error, "a catalogue of refusals cannot be read");
            Written::default()
        });
        let (whole, filled): (Vec<_>, Vec<_>) = written
            .messages
            .into_iter()
            .chain(written.titles)
            .map(|(english, said)| (Pattern::parse(&english), english, said))
            .partition(|(pattern, ..)| pattern.places().is_empty());
        let mut sentences: Vec<Sentence> = filled
            .into_iter()
            .map(|(english, _, said)| Sentence { english, said: Pattern::parse(&said) })
            .collect();
        // A stable sort of what the map has in its order: the same sentence is found each time.
        sentences.sort_by_key(|sentence| std::cmp::Reverse(sentence.english.weight()));
        Catalogue {
            whole: whole.into_iter().map(|(_, english, said)| (english, said)).collect(),
            words: written.words.into_iter().collect(),
            sentences,
        }
    }

    /// The sentence in this language; `None` for one that the catalogue lacks. One within another is the end of it.
    fn say(&self, message: &str, is_within: bool) -> Option<String> {
        if let Some(said) = self.whole.get(message) {
            return Some(said.clone());
        }
        self.sentences.iter().find_map(|sentence| {
            let fillings = sentence.english.fillings(message)?;
            Some(self.fill(sentence, &fillings, is_within))
        })
    }

    fn fill(&self, sentence: &Sentence, fillings: &[&str], is_within: bool) -> String {
        let Sentence { english, said } = sentence;
        let mut text = said.literals()[0].clone();
        for (place, literal) in said.places().iter().zip(&said.literals()[1..]) {
            let known = english.places().iter().position(|given| given.name == place.name);
            let filling = known.map_or("", |at| fillings[at]);
            match place.mark.as_str() {
                "word" => text.push_str(&self.words(filling)),
                "message" if !is_within => {
                    text.push_str(self.say(filling, true).as_deref().unwrap_or(filling))
                }
                _ => text.push_str(filling),
            }
            text.push_str(literal);
        }
        text
    }

    /// One of the words, or several as they are listed.
    fn words(&self, text: &str) -> String {
        let word = |word: &str| self.words.get(word).map_or_else(|| word.to_owned(), Clone::clone);
        let either = |words: &str| words.split(" or ").map(word).collect::<Vec<_>>().join(" oder ");
        match self.words.get(text) {
            Some(word) => word.clone(),
            None => text.split(", ").map(either).collect::<Vec<_>>().join(", "),
        }
    }
}

impl Language {
    /// What a fault or a refusal says. Several that were joined are said if all of them are known.
    pub fn refusal(self, message: &str) -> Cow<'_, str> {
        let catalogue = match self {
            Language::English => return Cow::Borrowed(message),
            Language::German => &*GERMAN,
        };
        let joined = || {
            let parts: Option<Vec<_>> = message.split("; ").map(|part| catalogue.say(part, false)).collect();
            parts.map(|parts| parts.join("; "))
        };
        catalogue.say(message, false).or_else(joined).map_or(Cow::Borrowed(message), Cow::Owned)
    }

    /// What a field is called: the message `field-…` or `filter-…`, else its name as words. Fields within fields are told from the
    /// outside in, items of lists by their number.
    pub fn field(self, name: &str) -> String {
        let step = |step: &str| {
            if let Ok(index) = step.parse::<usize>() {
                return (index + 1).to_string();
            }
            let name = step.replace('_', "-");
            let ids = [
                format!("field-{name}"),
                format!("field-{}", name.trim_end_matches("-id")),
                format!("filter-{name}"),
            ];
            match ids.iter().find(|id| self.knows(id)) {
                Some(id) => self.say(id).into_owned(),
                None => step.replace('_', " "),
            }
        };
        name.split('/').map(step).collect::<Vec<_>>().join(" ")
    }

    /// A fault as a whole sentence: `Merge into: there is no case 7`.
    pub fn about(self, field: &str, message: &str) -> String {
        match field {
            "" => self.refusal(message).into_owned(),
            field => format!("{}: {}", self.field(field), self.refusal(message)),
        }
    }
}
