//! Markdown to HTML that cannot run a script: `comrak` renders it, raw HTML and all, and `ammonia` lets through what it
//! knows to be harmless (spec 7).

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex, PoisonError};

use crate::app::App;
use crate::error::{Error, Result};

/// Bytes of HTML that are remembered.
const REMEMBERED: usize = 32 << 20;
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

/// Renders and sanitises.
pub fn to_html(markdown: &str) -> String {
    let mut options = comrak::Options::default();
    options.extension.table = true;
    options.extension.autolink = true;
    options.extension.strikethrough = true;
    // Raw HTML is a part of CommonMark; what of it may stay is decided below.
    options.render.r#unsafe = true;
    sanitise(&comrak::markdown_to_html(markdown, &options))
}

fn sanitise(html: &str) -> String {
    ammonia::Builder::default()
        .url_schemes(["http", "https", "mailto", "tel"].into())
        .add_tag_attributes("code", ["class"])
        .attribute_filter(|element, attribute, value| match (element, attribute) {
            // Which language a block of code is in, and nothing that a style sheet could mistake for its own.
            ("code", "class") => is_language(value).then_some(value.into()),
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
            ("<code class=\"banner\">x</code>", "banner"),
            ("<p style=\"position:fixed\">x</p>", "style"),
        ] {
            assert!(!to_html(markdown).contains(gone), "{markdown}: {}", to_html(markdown));
        }
    }

    #[test]
    fn no_megabyte_brings_it_down() {
        for piece in [
            ">",
            "> ",
            "- ",
            "*",
            "**a ",
            "[",
            "![",
            "<div>",
            "<b>",
            "<table>",
            "`",
            "|",
            "a\\",
            "\n>",
            "&#",
            "(",
            "<a href=x>",
            "1. ",
        ] {
            let text = piece.repeat(1_000_000 / piece.len());
            let started = std::time::Instant::now();
            let html = std::thread::spawn(move || to_html(&text)).join().unwrap();
            eprintln!("{piece:?}: {} bytes in {:?}", html.len(), started.elapsed());
        }
    }
}
