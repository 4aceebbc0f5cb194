//! Markdown to HTML that cannot run a script: `comrak` renders it, raw HTML and all, and `ammonia` lets through what it
//! knows to be harmless (spec 7).

use std::cell::Cell;
use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex, PoisonError};

use comrak::arena_tree::NodeEdge;

use crate::app::App;
use crate::error::{Error, Result};

/// Bytes of HTML that are remembered.
const REMEMBERED: usize = 32 << 20;
/// Quotes, lists and emphasis nest so deep at most.
const DEEPEST: usize = 100;
/// Tags of raw HTML that a text may have.
const RAW_TAGS: usize = 1_000;
/// Hundreds of steps that parsing may take: a megabyte of prose takes some thousand.
const STEPS: u32 = 20_000;
/// A longer text is rendered away from the async threads.
const SHORT: usize = 20_000;

/// HTML by the hash of its Markdown: what is rendered depends on nothing else, so nothing is ever out of date.
#[derive(Default)]
pub struct Rendered {
    hasher: RandomState,
    html: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    by_hash: HashMap<u64, Arc<str>>,
    bytes: usize,
}

impl Rendered {
    fn known(&self, hash: u64) -> Option<Arc<str>> {
        self.html.lock().unwrap_or_else(PoisonError::into_inner).by_hash.get(&hash).cloned()
    }

    fn remember(&self, hash: u64, html: Arc<str>) {
        if html.len() > REMEMBERED / 8 {
            return;
        }
        let mut known = self.html.lock().unwrap_or_else(PoisonError::into_inner);
        if known.bytes + html.len() > REMEMBERED {
            // Rather render anew what is asked for than keep books about who was asked for when.
            *known = Known::default();
        }
        known.bytes += html.len();
        if let Some(former) = known.by_hash.insert(hash, html) {
            known.bytes -= former.len();
        }
    }
}

/// The HTML of a text, perhaps from memory.
pub async fn html(app: &App, markdown: &str) -> Result<Arc<str>> {
    let hash = app.knowledge.rendered.hasher.hash_one(markdown);
    if let Some(html) = app.knowledge.rendered.known(hash) {
        return Ok(html);
    }
    let html: Arc<str> = if markdown.len() <= SHORT {
        to_html(markdown).into()
    } else {
        let markdown = markdown.to_owned();
        let rendering = tokio::task::spawn_blocking(move || to_html(&markdown));
        rendering.await.map_err(|_| Error::Conflict("this text cannot be rendered".into()))?.into()
    };
    app.knowledge.rendered.remember(hash, html.clone());
    Ok(html)
}

/// The same without leaving the thread: for a text that has just been rendered, or a short one.
pub fn at_once(app: &App, markdown: &str) -> Arc<str> {
    let hash = app.knowledge.rendered.hasher.hash_one(markdown);
    app.knowledge.rendered.known(hash).unwrap_or_else(|| to_html(markdown).into())
}

/// Renders and sanitises. A text that is made to be a burden (nested without end, or full of tags that never close)
/// is shown as it was written.
pub fn to_html(markdown: &str) -> String {
    let mut options = comrak::Options::default();
    options.extension.table = true;
    options.extension.autolink = true;
    options.extension.strikethrough = true;
    // Raw HTML is a part of CommonMark; what of it may stay is decided below. Tags that do not close cost the product of
    // their numbers, so where there are very many the raw ones are left out.
    options.render.r#unsafe = markdown.matches('<').count() <= RAW_TAGS;
    if markdown.lines().any(|line| markers(line) > DEEPEST) {
        return as_written(markdown);
    }
    let arena = comrak::Arena::new();
    let steps = Cell::new(0);
    let is_enough = || {
        steps.set(steps.get() + 1);
        steps.get() > STEPS
    };
    let Ok(root) = comrak::try_parse_document(&arena, markdown, &options, &is_enough) else {
        return as_written(markdown);
    };
    if depth(root) > DEEPEST {
        return as_written(markdown);
    }
    let mut html = String::with_capacity(markdown.len() * 2);
    match comrak::format_html(root, &options, &mut html) {
        Ok(()) => sanitise(&html),
        Err(_) => as_written(markdown),
    }
}

/// Marks of quotes and lists that a line begins with: each nests what follows. A rule of many hyphens is none.
fn markers(line: &str) -> usize {
    let bytes = line.as_bytes();
    let head = bytes.iter().take_while(|b| b.is_ascii_digit() || b" \t>-+*.)".contains(b)).count();
    let opens = |at: usize| match bytes[at] {
        b'>' => true,
        b'-' | b'+' | b'*' | b'.' | b')' => matches!(bytes.get(at + 1), Some(b' ' | b'\t')),
        _ => false,
    };
    (0..head).filter(|at| opens(*at)).count()
}

/// How deep a document nests.
fn depth(root: comrak::Node<'_>) -> usize {
    let (mut depth, mut deepest) = (0usize, 0);
    for edge in root.traverse() {
        match edge {
            NodeEdge::Start(_) => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            NodeEdge::End(_) => depth = depth.saturating_sub(1),
        }
    }
    deepest
}

fn as_written(markdown: &str) -> String {
    let mut html = String::with_capacity(markdown.len() + 16);
    html.push_str("<pre>");
    for c in markdown.chars() {
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            c => html.push(c),
        }
    }
    html.push_str("</pre>\n");
    html
}

fn sanitise(html: &str) -> String {
    ammonia::Builder::default()
        .url_schemes(["http", "https", "mailto", "tel"].into())
        .add_tag_attributes("code", ["class"])
        .attribute_filter(|element, attribute, value| match (element, attribute) {
            // Which language a block of code is in, and nothing that a style sheet could mistake for its own.
            ("code", "class") => is_language(value).then_some(value.into()),
            // No address has a control in it; some readers of addresses skip them, and find another scheme.
            (_, "href" | "src" | "cite") if value.chars().any(char::is_control) => None,
            _ => Some(value.into()),
        })
        .clean(html)
        .to_string()
}

fn is_language(class: &str) -> bool {
    class.strip_prefix("language-").is_some_and(|name| {
        (1..=30).contains(&name.len())
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"+#-_".contains(&b))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_authors_write_is_rendered() {
        assert_eq!(to_html("**bold** ~~gone~~"), "<p><strong>bold</strong> <del>gone</del></p>\n");
        assert!(to_html("| a | b |\n| - | - |\n| 1 | 2 |\n").contains("<td>1</td>"));
        assert!(to_html("see https://example.com").contains("href=\"https://example.com\""));
        assert!(to_html("```rust\nfn main() {}\n```").contains("class=\"language-rust\""));
        assert!(to_html("<b>raw</b>").contains("<b>raw</b>"));
    }

    #[test]
    fn what_runs_is_gone() {
        for (markdown, gone) in [
            ("<script>alert(1)</script>", "script"),
            ("[x](javascript:alert(1))", "javascript"),
            ("<img src=x onerror=alert(1)>", "onerror"),
            ("![x](data:text/html,<script>)", "data:"),
            ("<a href='java&#x0A;script:alert(1)'>x</a>", "script:"),
            ("<svg onload=alert(1)>", "onload"),
            ("<a href='java&#1;script:alert(1)'>x</a>", "script:"),
            ("<code class=\"banner\">x</code>", "banner"),
            ("<p style=\"position:fixed\">x</p>", "style"),
        ] {
            assert!(!to_html(markdown).contains(gone), "{markdown}: {}", to_html(markdown));
        }
    }

    /// It would hang for hours, or use all memory, where a cost is the square of the length.
    #[test]
    fn no_text_brings_it_down() {
        for piece in [
            ">",
            "> ",
            "- ",
            "* ",
            "1. ",
            "*",
            "**a ",
            "*a **b ",
            "[",
            "![",
            "[a](",
            "<div>",
            "<b>",
            "</b>",
            "<table>",
            "`",
            "|",
            "a|",
            "\\",
            "\n>",
            "&#",
            "(",
            "<a href=x>",
            "<p></p>",
            "~~a",
            "<!--",
            "<b class=a>",
            "http://a",
        ] {
            let text = piece.repeat(20_000 / piece.len());
            assert!(to_html(&text).len() < 10 * text.len(), "{piece:?}");
        }
        let closed = format!("{}x{}", "*a **b ".repeat(5_000), " b** a*".repeat(5_000));
        assert!(to_html(&closed).contains('x'));
        let distinct: String = (0..500).map(|n| format!("<b title={n}>")).collect();
        to_html(&format!("{distinct}{}", "<p></p>".repeat(200)));
        assert!(to_html(&format!("{}deep", "> ".repeat(5_000))).starts_with("<pre>&gt; &gt;"));
        assert!(to_html(&"-".repeat(500)).contains("<hr"));
        assert!(to_html("> > > three").contains("<blockquote>"));
    }
}
