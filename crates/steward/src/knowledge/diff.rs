//! What changed between two texts of an article: by line, as patches show it.

use std::time::Duration;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;
use serde_json::Value;
use similar::TextDiff;

use super::taken::Texts;
use crate::input::{Faults, Field};

/// The longest that a comparison looks for the shortest way; after it, it takes the best that it has.
const PATIENCE: Duration = Duration::from_millis(500);

/// What a version is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Other {
    Version(i64),
    Draft,
}

impl Field for Other {
    fn from_json(value: Value) -> Result<Self, Faults> {
        match value.as_str() {
            Some("draft") => Ok(Other::Draft),
            Some(text) => i64::from_text(text)
                .map(Other::Version)
                .map_err(|_| Faults::one("is to be the number of a version, or draft")),
            None => Err(Faults::one("is to be the number of a version, or draft")),
        }
    }

    fn schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "anyOf": [<i64 as Field>::schema(generator), { "const": "draft" }] })
    }
}

/// One of the short fields, before and after.
#[derive(Debug, Serialize, JsonSchema)]
pub struct FieldChange {
    field: &'static str,
    from: String,
    to: String,
}

/// From the older text to the newer one.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Diff {
    from: String,
    to: String,
    /// Title, summary, tags and keywords, where they differ.
    fields: Vec<FieldChange>,
    /// The content as a unified diff with three lines around each change; empty where it is the same.
    unified: String,
    added_lines: usize,
    removed_lines: usize,
}

impl Diff {
    pub fn of((from, old): (String, Texts), (to, new): (String, Texts)) -> Diff {
        let lines = TextDiff::configure().timeout(PATIENCE).diff_lines(&old.content, &new.content);
        let count = |tag| lines.iter_all_changes().filter(|change| change.tag() == tag).count();
        let unified = lines.unified_diff().context_radius(3).header(&from, &to).to_string();
        let short = [
            ("title", old.title, new.title),
            ("summary", old.summary, new.summary),
            ("tags", old.tags.join(", "), new.tags.join(", ")),
            ("keywords", old.keywords.join(", "), new.keywords.join(", ")),
        ];
        Diff {
            fields: short
                .into_iter()
                .filter(|(_, from, to)| from != to)
                .map(|(field, from, to)| FieldChange { field, from, to })
                .collect(),
            added_lines: count(similar::ChangeTag::Insert),
            removed_lines: count(similar::ChangeTag::Delete),
            unified: if old.content == new.content { String::new() } else { unified },
            from,
            to,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(content: &str) -> Texts {
        Texts {
            title: "t".into(),
            summary: String::new(),
            content: content.into(),
            tags: vec![],
            keywords: vec![],
        }
    }

    #[test]
    fn changes_are_shown_by_line() {
        let diff = Diff::of(
            ("version 1".into(), texts("one\ntwo\nthree\n")),
            ("version 2".into(), texts("one\n2\nthree\n")),
        );
        assert_eq!(diff.unified, "--- version 1\n+++ version 2\n@@ -1,3 +1,3 @@\n one\n-two\n+2\n three\n");
        assert_eq!((diff.added_lines, diff.removed_lines), (1, 1));
        let same = Diff::of(("a".into(), texts("x")), ("b".into(), texts("x")));
        assert!(same.unified.is_empty() && same.fields.is_empty());
    }

    #[test]
    fn two_long_texts_without_a_line_in_common_end() {
        let lines = |word: &str| (0..100_000).map(|n| format!("{word}{n}\n")).collect::<String>();
        let diff = Diff::of(("a".into(), texts(&lines("a"))), ("b".into(), texts(&lines("b"))));
        assert_eq!((diff.added_lines, diff.removed_lines), (100_000, 100_000));
    }
}
