//! What pages say, in the reader's language: Fluent catalogues in `locales/`, one folder a language and one file a
//! feature. A test holds every language to the same messages with the same variables.

use std::borrow::Cow;
use std::sync::LazyLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use jiff::civil::Date;
use unic_langid::LanguageIdentifier;

crate::words! {
    /// A language that the pages speak, by its tag (BCP 47).
    pub enum Language { English = "en", German = "de" }
}

macro_rules! catalogue {
    ($language:literal) => {
        [
            include_str!(concat!("../../locales/", $language, "/desk.ftl")),
            include_str!(concat!("../../locales/", $language, "/words.ftl")),
            include_str!(concat!("../../locales/", $language, "/cases.ftl")),
            include_str!(concat!("../../locales/", $language, "/workspace.ftl")),
            include_str!(concat!("../../locales/", $language, "/case.ftl")),
            include_str!(concat!("../../locales/", $language, "/people.ftl")),
            include_str!(concat!("../../locales/", $language, "/knowledge.ftl")),
            include_str!(concat!("../../locales/", $language, "/dashboard.ftl")),
            include_str!(concat!("../../locales/", $language, "/administration.ftl")),
            include_str!(concat!("../../locales/", $language, "/surveys.ftl")),
            include_str!(concat!("../../locales/", $language, "/customers.ftl")),
            include_str!(concat!("../../locales/", $language, "/design.ftl")),
        ]
    };
}

static ENGLISH: LazyLock<FluentBundle<FluentResource>> =
    LazyLock::new(|| bundle(Language::English, &catalogue!("en")));
static GERMAN: LazyLock<FluentBundle<FluentResource>> =
    LazyLock::new(|| bundle(Language::German, &catalogue!("de")));

fn bundle(language: Language, files: &[&str]) -> FluentBundle<FluentResource> {
    let tag: LanguageIdentifier = language.word().parse().unwrap_or_default();
    let mut bundle = FluentBundle::new_concurrent(vec![tag]);
    // The marks that isolate what is filled in would show up in titles and mails; elements isolate with `dir="auto"`.
    bundle.set_use_isolating(false);
    for file in files {
        let read = FluentResource::try_new((*file).to_owned()).unwrap_or_else(|(read, faults)| {
            tracing::error!(?faults, "a catalogue has lines that cannot be read");
            read
        });
        bundle.add_resource_overriding(read);
    }
    bundle
}

/// What can be filled into a message.
pub trait Filling {
    fn value(&self) -> FluentValue<'static>;
}

impl<T: Filling + ?Sized> Filling for &T {
    fn value(&self) -> FluentValue<'static> {
        (**self).value()
    }
}

impl Filling for str {
    fn value(&self) -> FluentValue<'static> {
        FluentValue::from(self.to_owned())
    }
}

impl Filling for String {
    fn value(&self) -> FluentValue<'static> {
        FluentValue::from(self.clone())
    }
}

impl Filling for Cow<'_, str> {
    fn value(&self) -> FluentValue<'static> {
        FluentValue::from(self.clone().into_owned())
    }
}

macro_rules! numbers {
    ($($number:ty)*) => { $(impl Filling for $number {
        fn value(&self) -> FluentValue<'static> {
            FluentValue::from(*self)
        }
    })* };
}
numbers!(i32 i64 u32 u64 usize f64);

impl Language {
    fn bundle(self) -> &'static FluentBundle<FluentResource> {
        match self {
            Language::English => &ENGLISH,
            Language::German => &GERMAN,
        }
    }

    /// Which way it is written and read, as HTML has it (`dir`). Style sheets name no side, only beginnings and ends.
    pub fn direction(self) -> &'static str {
        match self {
            Language::English | Language::German => "ltr",
        }
    }

    /// The best of what `Accept-Language` asks for (RFC 9110, 12.5.4); English where nothing fits.
    pub fn accepted(header: &str) -> Language {
        let mut best = (Language::English, 0.0);
        for range in header.split(',').take(20) {
            let (tag, quality) = range.split_once(';').unwrap_or((range, ""));
            let quality = match quality.trim().strip_prefix("q=") {
                Some(number) => number.trim().parse::<f32>().unwrap_or(0.0),
                None => 1.0,
            };
            let tag = tag.trim().to_ascii_lowercase();
            let known = Language::from_word(tag.split('-').next().unwrap_or(""));
            if let Some(language) = known.filter(|_| quality > best.1) {
                best = (language, quality);
            }
        }
        best.0
    }

    /// The language of somebody whose tag is known (BCP 47); `None` for one that the pages do not speak.
    pub fn of_tag(tag: &str) -> Option<Language> {
        Language::from_word(&tag.split(['-', '_']).next().unwrap_or("").to_ascii_lowercase())
    }

    /// What the language calls itself.
    pub fn own_name(self) -> &'static str {
        match self {
            Language::English => "English",
            Language::German => "Deutsch",
        }
    }

    /// A message. One that no catalogue has is shown as its id, which a test refuses.
    pub fn say(self, id: &str) -> Cow<'static, str> {
        self.filled(id, None)
    }

    /// A message with its variables filled in.
    pub fn fill(self, id: &str, fillings: &[(&'static str, &dyn Filling)]) -> Cow<'static, str> {
        let mut args = FluentArgs::with_capacity(fillings.len());
        for (name, filling) in fillings {
            args.set(*name, filling.value());
        }
        self.filled(id, Some(&args))
    }

    fn filled(self, id: &str, args: Option<&FluentArgs>) -> Cow<'static, str> {
        let found = [self, Language::English]
            .into_iter()
            .find_map(|language| Some((language.bundle(), language.bundle().get_message(id)?.value()?)));
        let Some((bundle, pattern)) = found else {
            tracing::warn!(id, "no catalogue has this message");
            return Cow::Owned(id.to_owned());
        };
        let mut faults = Vec::new();
        let text = bundle.format_pattern(pattern, args, &mut faults);
        if !faults.is_empty() {
            tracing::warn!(id, ?faults, "a message lacks what is to be filled in");
        }
        match text {
            Cow::Borrowed(text) => Cow::Borrowed(text),
            Cow::Owned(text) => Cow::Owned(text),
        }
    }

    /// Whether a catalogue of this language has the message.
    pub fn knows(self, id: &str) -> bool {
        self.bundle().get_message(id).is_some_and(|message| message.value().is_some())
    }

    /// A whole number with its thousands apart: `12,345`, `12.345`.
    pub fn whole(self, number: i64) -> String {
        let apart = if self == Language::German { '.' } else { ',' };
        let digits = number.unsigned_abs().to_string();
        let mut text = String::with_capacity(digits.len() + digits.len() / 3 + 1);
        if number < 0 {
            text.push('\u{2212}');
        }
        for (at, digit) in digits.chars().enumerate() {
            if at > 0 && (digits.len() - at).is_multiple_of(3) {
                text.push(apart);
            }
            text.push(digit);
        }
        text
    }

    /// A number with so many decimals: `1,234.5`, `1.234,5`.
    pub fn number(self, number: f64, decimals: usize) -> String {
        let text = format!("{:.decimals$}", number.abs());
        let (whole, rest) = text.split_once('.').unwrap_or((&text, ""));
        let mut text = self.whole(whole.parse().unwrap_or(i64::MAX));
        if number < 0.0 && text.chars().chain(rest.chars()).any(|digit| ('1'..='9').contains(&digit)) {
            text.insert(0, '\u{2212}');
        }
        if !rest.is_empty() {
            text.push(if self == Language::German { ',' } else { '.' });
            text.push_str(rest);
        }
        text
    }

    /// A date: `23 Nov 2026`, `23.11.2026`.
    pub fn date(self, date: Date) -> String {
        match self {
            Language::English => date.strftime("%-d %b %Y").to_string(),
            Language::German => date.strftime("%d.%m.%Y").to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::{BTreeMap, BTreeSet};
    use std::path::Path;

    fn files(folder: &Path, ending: &str, found: &mut Vec<(String, String)>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                files(&path, ending, found);
            } else if path.to_str().unwrap().ends_with(ending) {
                let text = std::fs::read_to_string(&path).unwrap();
                found.push((
                    path.strip_prefix(env!("CARGO_MANIFEST_DIR")).unwrap().display().to_string(),
                    text,
                ));
            }
        }
    }

    /// Message ids with the variables that each names.
    fn messages(language: Language) -> BTreeMap<String, BTreeSet<String>> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("locales").join(language.word());
        let mut found = Vec::new();
        files(&folder, ".ftl", &mut found);
        let mut messages = BTreeMap::<String, BTreeSet<String>>::new();
        for (name, text) in found {
            if let Err((_, faults)) = FluentResource::try_new(text.clone()) {
                panic!("{name}: {faults:?}");
            }
            let mut current = String::new();
            for line in text.lines().filter(|line| !line.starts_with('#')) {
                if let Some((id, _)) = line.split_once('=').filter(|_| line.starts_with(char::is_alphabetic))
                {
                    current = id.trim().to_owned();
                    assert!(
                        messages.insert(current.clone(), BTreeSet::new()).is_none(),
                        "{name}: {current} is there twice"
                    );
                }
                for part in line.split('$').skip(1) {
                    let end = part.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(part.len());
                    messages.get_mut(&current).unwrap().insert(part[..end].to_owned());
                }
            }
        }
        messages
    }

    #[test]
    fn every_language_says_all_there_is_to_say() {
        let english = messages(Language::English);
        for (id, variables) in messages(Language::German) {
            assert_eq!(Some(&variables), english.get(&id), "{id} in German and in English");
        }
        for id in english.keys() {
            assert!(Language::German.knows(id), "German lacks {id}");
        }
    }

    #[test]
    fn every_message_that_a_page_asks_for_is_there() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut texts = Vec::new();
        files(&root.join("templates"), ".html", &mut texts);
        files(&root.join("src"), ".rs", &mut texts);
        let mut asked = 0;
        for (name, text) in texts.iter().filter(|(name, _)| !name.ends_with("language.rs")) {
            for call in [".say(\"", ".say1(\"", ".say2(\"", ".fill(\""] {
                for part in text.split(call).skip(1) {
                    let id = &part[..part.find('"').unwrap()];
                    assert!(Language::English.knows(id), "{name} says {id:?}, which no catalogue has");
                    asked += 1;
                }
            }
        }
        assert!(asked > 50, "only {asked} messages were found: does this test still read the templates?");
    }

    #[test]
    fn the_browser_says_which_language() {
        for (header, expected) in [
            ("de-AT,de;q=0.9,en;q=0.8", Language::German),
            ("fr, en;q=0.5, de;q=0.7", Language::German),
            ("en-GB,de", Language::English),
            ("de;q=0, en;q=0.1", Language::English),
            ("", Language::English),
            ("*;;q=,,\u{1F600}", Language::English),
        ] {
            assert_eq!(Language::accepted(header), expected, "{header}");
        }
    }

    #[test]
    fn numbers_are_written_as_readers_write_them() {
        assert_eq!(Language::English.whole(1_234_567), "1,234,567");
        assert_eq!(Language::German.whole(-1234), "\u{2212}1.234");
        assert_eq!(Language::English.whole(999), "999");
        assert_eq!(Language::German.number(1234.56, 1), "1.234,6");
        assert_eq!(Language::English.number(-0.04, 1), "0.0");
        assert_eq!(Language::English.number(-0.5, 1), "\u{2212}0.5");
    }
}
