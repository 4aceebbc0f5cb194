//! The conversation as a page shows it: comments in full, what happened between them in a line.

use super::comment::CommentView;
use super::show::CaseDetail;
use super::timeline::TimelineEntry;
use crate::clock::Time;

/// One thing of the thread.
pub enum Entry {
    Comment(CommentView),
    Event { at: Time, who: String, what: String },
}

impl Entry {
    fn at(&self) -> Time {
        match self {
            Entry::Comment(comment) => comment.created_at,
            Entry::Event { at, .. } => *at,
        }
    }
}

/// Comments and events, the oldest first.
pub fn of(detail: &CaseDetail) -> Vec<Entry> {
    let comments = detail.comments.iter().cloned().map(Entry::Comment);
    let mut entries: Vec<Entry> = comments.chain(detail.timeline.iter().filter_map(line)).collect();
    entries.sort_by_key(Entry::at);
    entries
}

/// An event in words; `None` for what the thread shows otherwise.
fn line(entry: &TimelineEntry) -> Option<Entry> {
    let data = &entry.event.data;
    let text = |name: &str| data[name].as_str().unwrap_or("").replace('_', " ");
    let what = match entry.event.kind.as_str() {
        "comment_added" => return None,
        "created" => "opened the case".to_owned(),
        "status_changed" => format!("{} → {}", text("from"), text("to")),
        "changed" => {
            let fields = data["changes"].as_object().map(|changes| {
                changes.keys().map(|key| key.trim_end_matches("_id").replace('_', " ")).collect::<Vec<_>>()
            });
            format!("changed {}", fields.unwrap_or_default().join(", "))
        }
        "breached" => format!("missed the {} target", text("target")),
        "warned" => format!("{} target is about to be missed", text("target")),
        "escalated" => format!("escalated to level {}", data["level"]),
        kind => kind.replace('_', " "),
    };
    let who = entry.event.actor_name.clone().unwrap_or_else(|| match entry.event.actor_kind.as_str() {
        "system" => "Steward".into(),
        kind => kind.into(),
    });
    Some(Entry::Event { at: entry.event.at, who, what })
}
