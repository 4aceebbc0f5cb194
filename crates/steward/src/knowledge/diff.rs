//! What changed between two texts of an article: by line, as patches show it.

use std::time::Duration;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;
use serde_json::Value;
use similar::{ChangeTag, TextDiff};

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
    pub field: &'static str,
    pub from: String,
    pub to: String,
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
        let (added_lines, removed_lines) = counts(&lines);
        let unified = lines.unified_diff().context_radius(3).header(&from, &to).to_string();
        let unified = if old.content == new.content { String::new() } else { unified };
        Diff { fields: fields(old, new), added_lines, removed_lines, unified, from, to }
    }
}

/// Lines added and removed.
fn counts(lines: &TextDiff<'_, '_, str>) -> (usize, usize) {
    let count = |tag| lines.iter_all_changes().filter(|change| change.tag() == tag).count();
    (count(ChangeTag::Insert), count(ChangeTag::Delete))
}

fn fields(old: Texts, new: Texts) -> Vec<FieldChange> {
    let short = [
        ("title", old.title, new.title),
        ("summary", old.summary, new.summary),
        ("tags", old.tags.join(", "), new.tags.join(", ")),
        ("keywords", old.keywords.join(", "), new.keywords.join(", ")),
    ];
    let differing = short.into_iter().filter(|(_, from, to)| from != to);
    differing.map(|(field, from, to)| FieldChange { field, from, to }).collect()
}

/// Lines of a comparison that belong together.
#[derive(Debug, PartialEq, Eq)]
pub enum Part {
    Same(Vec<String>),
    /// Unchanged lines far from any change.
    Folded(Vec<String>),
    Removed(Vec<String>),
    Added(Vec<String>),
}

/// Two texts side by side, to be read by people: unchanged lines are folded but for three around each change.
#[derive(Debug)]
pub struct Comparison {
    pub fields: Vec<FieldChange>,
    pub parts: Vec<Part>,
    pub added_lines: usize,
    pub removed_lines: usize,
    /// Whether there is more than is shown.
    pub is_cut: bool,
}

/// Unchanged lines shown around a change.
const AROUND: usize = 3;
/// Lines shown.
const SHOWN: usize = 5_000;

impl Comparison {
    /// The older text first.
    pub fn of(old: Texts, new: Texts) -> Comparison {
        // Whether the last line is ended is nothing that anybody sees.
        let ended = |text: &str| {
            if text.is_empty() { String::new() } else { format!("{}\n", text.trim_end_matches('\n')) }
        };
        let (before, after) = (ended(&old.content), ended(&new.content));
        let lines = TextDiff::configure().timeout(PATIENCE).diff_lines(&before, &after);
        let (added_lines, removed_lines) = counts(&lines);
        let (parts, is_cut) = parts(&lines);
        Comparison { fields: fields(old, new), parts, added_lines, removed_lines, is_cut }
    }

    /// Whether the two are one.
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty() && self.added_lines == 0 && self.removed_lines == 0
    }
}

/// The first lines of it, and whether there are more.
fn parts(lines: &TextDiff<'_, '_, str>) -> (Vec<Part>, bool) {
    let mut parts: Vec<Part> = Vec::new();
    for (shown, change) in lines.iter_all_changes().enumerate() {
        if shown == SHOWN {
            return (folded(parts), true);
        }
        let line = change.value().trim_end_matches(['\n', '\r']).to_owned();
        match (change.tag(), parts.last_mut()) {
            (ChangeTag::Equal, Some(Part::Same(lines)))
            | (ChangeTag::Delete, Some(Part::Removed(lines)))
            | (ChangeTag::Insert, Some(Part::Added(lines))) => lines.push(line),
            (ChangeTag::Equal, _) => parts.push(Part::Same(vec![line])),
            (ChangeTag::Delete, _) => parts.push(Part::Removed(vec![line])),
            (ChangeTag::Insert, _) => parts.push(Part::Added(vec![line])),
        }
    }
    (folded(parts), false)
}

/// Folds what is unchanged and away from any change; a fold hides two lines or more.
fn folded(parts: Vec<Part>) -> Vec<Part> {
    let last = parts.len().saturating_sub(1);
    let mut all = Vec::with_capacity(parts.len());
    for (place, part) in parts.into_iter().enumerate() {
        let Part::Same(mut lines) = part else {
            all.push(part);
            continue;
        };
        let before = if place == 0 { 0 } else { AROUND };
        let after = if place == last { 0 } else { AROUND };
        if lines.len() < before + after + 2 {
            all.push(Part::Same(lines));
            continue;
        }
        let rest = lines.split_off(lines.len() - after);
        let hidden = lines.split_off(before);
        all.extend(
            [Part::Same(lines), Part::Folded(hidden), Part::Same(rest)]
                .into_iter()
                .filter(|part| !matches!(part, Part::Same(lines) if lines.is_empty())),
        );
    }
    all
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
    fn people_are_shown_three_lines_around_a_change() {
        let old = "1\n2\n3\n4\n5\n6\n7\n8\n9";
        let shown = Comparison::of(texts(old), texts(&old.replace('9', "nine\nten\n")));
        let lines = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(
            shown.parts,
            [
                Part::Folded(lines("1 2 3 4 5")),
                Part::Same(lines("6 7 8")),
                Part::Removed(lines("9")),
                Part::Added(lines("nine ten")),
            ]
        );
        assert_eq!((shown.added_lines, shown.removed_lines, shown.is_cut), (2, 1, false));
        assert!(Comparison::of(texts("a\nb"), texts("a\nb\n")).is_empty(), "only its last line is ended");
        let long = Comparison::of(texts(""), texts(&"x\n".repeat(2 * SHOWN)));
        assert_eq!((long.added_lines, long.is_cut), (2 * SHOWN, true));
    }

    #[test]
    fn two_long_texts_without_a_line_in_common_end() {
        let lines = |word: &str| (0..100_000).map(|n| format!("{word}{n}\n")).collect::<String>();
        let diff = Diff::of(("a".into(), texts(&lines("a"))), ("b".into(), texts(&lines("b"))));
        assert_eq!((diff.added_lines, diff.removed_lines), (100_000, 100_000));
    }
}
