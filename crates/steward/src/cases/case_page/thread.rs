//! The conversation as its page shows it: comments in full, what happened between them folded into a line, and of a long
//! one the beginning and the end.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use super::CaseQuestion;
use super::history::{Line, Names};
use crate::cases::attachments::AttachmentView;
use crate::cases::comment::{self, CommentView};
use crate::cases::show::CaseView;
use crate::cases::timeline;
use crate::clock::Time;
use crate::error::Result;
use crate::work::Work;

/// A conversation of so many comments is shown whole.
const WHOLE: usize = 80;
/// Of a longer one, comments at the beginning, at the end, and on both sides of one that a link names.
const HEAD: usize = 10;
const TAIL: usize = 50;
const AROUND: usize = 20;
/// Comments more that a click brings, and the most at the end.
const MORE: usize = 500;
const MOST: usize = 1000;
/// Comments whose order is looked at, and events that are shown between them.
const KNOWN: i64 = 20_000;
const EVENTS: i64 = 300;
/// Characters of a comment that are shown; the whole of it has a page of its own.
pub const SHOWN: usize = 50_000;

/// Something of the thread.
pub enum Item {
    Comment(Box<Said>),
    /// What happened between two comments.
    Events(Vec<Line>),
    /// Comments that are not shown, and where they are.
    Gap {
        count: i64,
        href: String,
    },
}

impl Item {
    /// The names of those who did something, each once.
    pub fn actors(lines: &[Line]) -> String {
        let mut names: Vec<&str> = Vec::new();
        for line in lines {
            if !names.contains(&line.who.as_str()) {
                names.push(&line.who);
            }
        }
        names.join(", ")
    }
}

/// A comment with what hangs on it.
pub struct Said {
    pub comment: CommentView,
    pub html: Arc<str>,
    pub attachments: Vec<AttachmentView>,
    /// Whether the viewer may give it another text.
    pub may_change: bool,
}

impl Said {
    pub fn is_cut(&self) -> bool {
        self.comment.comment_text.chars().count() >= SHOWN
    }

    pub fn author(&self) -> &str {
        self.comment.author_name.as_deref().unwrap_or("Steward")
    }
}

/// Reads the thread of a case.
pub fn read(
    work: &mut Work,
    names: &Names<'_>,
    case: &CaseView,
    attachments: Vec<AttachmentView>,
    question: &CaseQuestion,
) -> Result<Vec<Item>> {
    let order = match case.comment_count {
        0 => Vec::new(),
        _ => comment::order(work, case.case_id, KNOWN)?,
    };
    let tail = question.tail.map_or(TAIL, |tail| tail.0.unsigned_abs() as usize);
    let named = question.comment.and_then(|named| order.iter().position(|(id, _)| *id == named));
    let windows = windows(order.len(), tail, named);
    let ids: Vec<i64> = windows.iter().flat_map(|window| &order[window.clone()]).map(|(id, _)| *id).collect();
    let comments = match ids.is_empty() {
        true => Vec::new(),
        false => comment::among(work, case.case_id, &ids, SHOWN)?,
    };
    let mut comments: HashMap<i64, CommentView> =
        comments.into_iter().map(|comment| (comment.comment_id, comment)).collect();
    let mut files: HashMap<Option<i64>, Vec<AttachmentView>> = HashMap::new();
    for file in attachments {
        files.entry(file.comment_id).or_default().push(file);
    }
    let mut said = |id: i64| {
        let comment = comments.remove(&id)?;
        let may_change = case.merged_into_id.is_none() && comment::may_change(work, &comment).is_ok();
        let attachments = files.remove(&Some(id)).unwrap_or_default();
        Some(Said { comment, html: "".into(), attachments, may_change })
    };
    let mut entries = Vec::new();
    for window in &windows {
        entries.push(order[window.clone()].iter().filter_map(|(id, _)| said(*id)).collect::<Vec<_>>());
    }
    let events = timeline::beside_comments(work, case.case_id, EVENTS)?;
    let mut lines: Vec<Line> = events.iter().filter_map(|event| names.line(event)).collect();
    lines.reverse();
    let gaps = gaps(&windows, &order, tail, case.case_id);
    Ok(woven(entries, gaps, lines))
}

/// Which comments of so many are shown: ranges that do not touch.
fn windows(count: usize, tail: usize, named: Option<usize>) -> Vec<Range<usize>> {
    if count == 0 {
        return Vec::new();
    }
    if count <= WHOLE || tail + HEAD >= count {
        return vec![Range { start: 0, end: count }];
    }
    let around = named.map(|at| at.saturating_sub(AROUND)..(at + AROUND + 1).min(count));
    let mut wanted = vec![0..HEAD, count - tail..count];
    wanted.extend(around);
    wanted.sort_by_key(|window| window.start);
    let mut windows: Vec<Range<usize>> = Vec::new();
    for window in wanted {
        match windows.last_mut() {
            // A gap of a few is no gap.
            Some(last) if window.start <= last.end + 3 => last.end = last.end.max(window.end),
            _ => windows.push(window),
        }
    }
    windows
}

/// What is left out after each range but the last, and the link that brings it.
fn gaps(windows: &[Range<usize>], order: &[(i64, Time)], tail: usize, case_id: i64) -> Vec<Item> {
    windows
        .windows(2)
        .map(|pair| {
            let count = pair[1].start - pair[0].end;
            let more = (tail + MORE).min(MOST);
            let href = if more > tail && pair[1].end == order.len() {
                format!("/cases/{case_id}?tail={more}")
            } else {
                let last = order[pair[1].start - 1].0;
                format!("/cases/{case_id}?comment={last}#comment-{last}")
            };
            Item::Gap { count: count as i64, href }
        })
        .collect()
}

/// Comments, gaps and events in the order of their times. What happened within a gap is left out with it.
fn woven(entries: Vec<Vec<Said>>, gaps: Vec<Item>, lines: Vec<Line>) -> Vec<Item> {
    let mut items = Vec::new();
    let mut lines = lines.into_iter().peekable();
    let mut gaps = gaps.into_iter();
    for (at, window) in entries.into_iter().enumerate() {
        if at > 0 {
            items.extend(gaps.next());
            let begin = window.first().map(|said| said.comment.created_at);
            while lines.next_if(|line| begin.is_some_and(|begin| line.at < begin)).is_some() {}
        }
        for said in window {
            let mut before = Vec::new();
            while let Some(line) = lines.next_if(|line| line.at <= said.comment.created_at) {
                before.push(line);
            }
            if !before.is_empty() {
                items.push(Item::Events(before));
            }
            items.push(Item::Comment(Box::new(said)));
        }
    }
    let rest: Vec<Line> = lines.collect();
    if !rest.is_empty() {
        items.push(Item::Events(rest));
    }
    items
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_conversation_shows_its_ends_and_what_a_link_names() {
        assert!(windows(0, TAIL, None).is_empty());
        assert_eq!(windows(80, TAIL, None), [Range { start: 0, end: 80 }]);
        assert_eq!(windows(500, TAIL, None), [0..10, 450..500]);
        assert_eq!(windows(500, TAIL, Some(200)), [0..10, 180..221, 450..500]);
        assert_eq!(windows(500, TAIL, Some(32)), [0..53, 450..500]);
        assert_eq!(windows(500, TAIL, Some(499)), [0..10, 450..500]);
        assert_eq!(windows(500, 490, None), [Range { start: 0, end: 500 }]);
        assert_eq!(windows(5000, MOST, Some(0)), [0..21, 4000..5000]);
    }
}
