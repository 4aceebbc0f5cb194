//! Markdown to HTML that cannot run a script: `comrak` renders it and `ammonia` lets through what it knows to be harmless
//! (spec 7). Articles have headings, raw HTML and pictures from anywhere; what people say to each other has neither: its
//! tags are shown as they were typed, its lines end where they ended.

use std::cell::Cell;
use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex, PoisonError};

use comrak::arena_tree::NodeEdge;
use comrak::nodes::NodeValue;

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
/// Bytes that may be looked at while what is sanitised is written: a twentieth of a second. For each `&` or sign of Latin-1's
/// upper half html5ever 0.40 looks for the end of the text around it, so a megabyte of them in one piece took ten seconds.
const LOOKED_AT: u64 = 2_000_000_000;
/// A longer text is rendered away from the async threads.
const SHORT: usize = 20_000;

/// How a text is rendered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Style {
    /// CommonMark with tables, raw HTML included.
    Article,
    /// Comments and descriptions.
    Talk,
}

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

/// The HTML of an article, perhaps from memory.
pub async fn html(app: &App, markdown: &str) -> Result<Arc<str>> {
    styled(app, Style::Article, markdown).await
}

/// The HTML of a text, perhaps from memory.
pub async fn styled(app: &App, style: Style, markdown: &str) -> Result<Arc<str>> {
    let hash = app.rendered.hasher.hash_one((style, markdown));
    if let Some(html) = app.rendered.known(hash) {
        return Ok(html);
    }
    let html: Arc<str> = passing(style, markdown).await?.into();
    app.rendered.remember(hash, html.clone());
    Ok(html)
}

/// The HTML of a text that nobody asks for a second time, such as one that is being written.
pub async fn passing(style: Style, markdown: &str) -> Result<String> {
    if markdown.len() <= SHORT {
        return Ok(to_html(style, markdown));
    }
    let markdown = markdown.to_owned();
    let rendering = tokio::task::spawn_blocking(move || to_html(style, &markdown));
    rendering.await.map_err(|_| Error::Conflict("this text cannot be rendered".into()))
}

/// An article's without leaving the thread: for a text that has just been rendered, or a short one.
pub fn at_once(app: &App, markdown: &str) -> Arc<str> {
    let hash = app.rendered.hasher.hash_one((Style::Article, markdown));
    app.rendered.known(hash).unwrap_or_else(|| to_html(Style::Article, markdown).into())
}

/// Renders and sanitises. A text that is made to be a burden (nested without end, or full of tags that never close)
/// is shown as it was written.
pub fn to_html(style: Style, markdown: &str) -> String {
    let mut options = comrak::Options::default();
    options.extension.table = true;
    options.extension.autolink = true;
    options.extension.strikethrough = true;
    // Raw HTML is a part of CommonMark; what of it may stay is decided below. Tags that do not close cost the product of
    // their numbers, so where there are very many the raw ones are left out.
    options.render.r#unsafe = style == Style::Article && markdown.matches('<').count() <= RAW_TAGS;
    options.render.escape = style == Style::Talk;
    options.render.hardbreaks = style == Style::Talk;
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
    if style == Style::Talk {
        quieten(&arena, root);
    }
    let mut html = String::with_capacity(markdown.len() * 2);
    match comrak::format_html(root, &options, &mut html) {
        Ok(()) if looks(&html) <= LOOKED_AT => sanitise(&html),
        _ => as_written(markdown),
    }
}

/// The words of a short text without its marks, for where only words are shown.
pub fn plain(markdown: &str) -> String {
    let arena = comrak::Arena::new();
    let mut options = comrak::Options::default();
    options.extension.table = true;
    options.extension.strikethrough = true;
    let mut text = String::with_capacity(markdown.len());
    for node in comrak::parse_document(&arena, markdown, &options).descendants() {
        let ast = node.data.borrow();
        match &ast.value {
            NodeValue::Text(words) => text.push_str(words),
            NodeValue::Code(code) => text.push_str(&code.literal),
            NodeValue::CodeBlock(block) => text.push_str(&block.literal),
            NodeValue::SoftBreak | NodeValue::LineBreak => text.push(' '),
            value if value.block() && !text.is_empty() && !text.ends_with(' ') => text.push(' '),
            _ => {}
        }
    }
    text
}

/// In a conversation a heading is a line in bold, so that the headings of the page stay its own; a picture from elsewhere
/// is a link to it, so that nobody learns when it was looked at.
fn quieten<'a>(arena: &'a comrak::Arena<'a>, root: comrak::Node<'a>) {
    let nodes: Vec<_> = root.descendants().collect();
    for node in nodes {
        let mut ast = node.data.borrow_mut();
        match &ast.value {
            NodeValue::Heading(_) => {
                ast.value = NodeValue::Paragraph;
                drop(ast);
                let strong = arena.alloc(NodeValue::Strong.into());
                for child in node.children().collect::<Vec<_>>() {
                    strong.append(child);
                }
                node.append(strong);
            }
            NodeValue::Image(image) if !image.url.starts_with('/') || image.url.starts_with("//") => {
                ast.value = NodeValue::Link(image.clone());
            }
            _ => {}
        }
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

/// Bytes that are looked at, at most, while this is written again; a tag ends every piece of text.
fn looks(html: &str) -> u64 {
    let of_piece = |piece: &str| {
        let signs = piece.bytes().filter(|byte| matches!(byte, b'&' | 0xC2)).count();
        signs as u64 * piece.len() as u64
    };
    html.split('<').map(of_piece).sum()
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

    fn to_html(markdown: &str) -> String {
        super::to_html(Style::Article, markdown)
    }

    #[test]
    fn what_people_say_keeps_its_lines_and_its_tags_are_text() {
        let talk = |markdown: &str| super::to_html(Style::Talk, markdown);
        assert_eq!(talk("one\ntwo"), "<p>one<br>\ntwo</p>\n");
        assert_eq!(talk("# Loud *words*"), "<p><strong>Loud <em>words</em></strong></p>\n");
        assert_eq!(talk("set <name> & go"), "<p>set &lt;name&gt; &amp; go</p>\n");
        assert!(talk("<h1>x</h1>\n<script>alert(1)</script>").contains("&lt;script&gt;"));
        assert!(!talk("[x](javascript:alert(1))").contains("javascript"));
        let elsewhere = talk("![spy](https://evil.example/x.png) ![own](/api/crm/cases/1/attachments/2)");
        assert!(
            elsewhere.contains("<a href=\"https://evil.example/x.png\"") && elsewhere.contains(">spy</a>")
        );
        assert_eq!(elsewhere.matches("<img").count(), 1, "{elsewhere}");
        assert!(!talk("![x](//evil.example/x.png)").contains("<img"));
    }

    #[test]
    fn words_stand_without_their_marks() {
        assert_eq!(
            plain(
                "## Find an *invoice*\n\n1. See [here](/x) \\*now\\*\n2. `a`\n\n| b | c |\n| - | - |\n| d | e |"
            ),
            "Find an invoice See here *now* a b c d e"
        );
    }

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
        // Each of these made the sanitiser look through all that followed it.
        for sign in ["&", "§"] {
            assert!(to_html(&sign.repeat(500_000)).starts_with("<pre>"), "{sign}");
            let prose = format!("Ends & means, as § 5 has it: {}\n\n", "words ".repeat(50)).repeat(500);
            assert!(to_html(&prose).starts_with("<p>Ends &amp; means"));
        }
    }
}
