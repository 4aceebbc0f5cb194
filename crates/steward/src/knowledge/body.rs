//! The body of an article within a page: its headings stand below the page's own, each has an anchor, and what is wide
//! scrolls by itself. Works on HTML that [`super::render`] has made harmless, and adds nothing that comes from its author but
//! letters, digits and hyphens.

use super::slugs::slug_of;

/// Headings from which on a list of them helps.
const MANY: usize = 3;
/// Bytes of HTML from which on a list of headings helps.
const LONG: usize = 2_000;

/// A heading within an article.
#[derive(Debug, PartialEq, Eq)]
pub struct Heading {
    pub anchor: String,
    pub text: String,
    /// 2 stands directly below the page's title.
    pub level: usize,
    /// Where in the HTML its tag begins.
    at: usize,
}

/// An article's HTML as it stands in a page.
pub struct Body {
    pub html: String,
    headings: Vec<Heading>,
}

enum Piece<'a> {
    Text(&'a str),
    /// With its brackets.
    Tag(&'a str),
}

/// Cuts HTML into tags and what is between. A `>` inside of quotes ends no tag.
fn pieces(html: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut rest = html;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let end = if rest.starts_with('<') {
            let mut quoted = false;
            let close = rest.bytes().position(|byte| {
                quoted ^= byte == b'"';
                byte == b'>' && !quoted
            });
            close.map_or(rest.len(), |close| close + 1)
        } else {
            rest.find('<').unwrap_or(rest.len())
        };
        let (piece, after) = rest.split_at(end);
        rest = after;
        Some(if piece.starts_with('<') { Piece::Tag(piece) } else { Piece::Text(piece) })
    })
}

/// The name of a tag's element, and whether the tag closes it.
fn element(tag: &str) -> (&str, bool) {
    let inner = tag.trim_start_matches('<');
    let name = inner.trim_start_matches('/');
    let end = name.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(name.len());
    (&name[..end], inner.starts_with('/'))
}

/// The level of a heading's element.
fn level(name: &str) -> Option<usize> {
    name.strip_prefix('h').and_then(|digit| digit.parse().ok()).filter(|level| (1..=6).contains(level))
}

/// What the serializer of the sanitiser escapes, read back.
fn unescaped(text: &str) -> String {
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&nbsp;", " ")
        .replace("&quot;", "\"")
        .replace("&amp;", "&")
}

/// The text of HTML, without its tags.
pub fn text_of(html: &str) -> String {
    let mut text = String::new();
    for piece in pieces(html) {
        match piece {
            Piece::Text(part) => text.push_str(part),
            // Blocks are words apart.
            Piece::Tag(_) if !text.ends_with(' ') => text.push(' '),
            Piece::Tag(_) => {}
        }
    }
    unescaped(&text).split_whitespace().collect::<Vec<_>>().join(" ")
}

impl Body {
    /// Takes harmless HTML.
    pub fn of(html: &str) -> Body {
        let mut body = Body { html: String::with_capacity(html.len() + 512), headings: Vec::new() };
        // Levels as the author wrote them, of the headings above the present place.
        let mut above: Vec<usize> = Vec::new();
        // Levels as they are here, of the headings that are open.
        let mut open: Vec<usize> = Vec::new();
        for piece in pieces(html) {
            let tag = match piece {
                Piece::Text(text) => {
                    if !open.is_empty()
                        && let Some(heading) = body.headings.last_mut()
                    {
                        heading.text.push_str(text);
                    }
                    body.html.push_str(text);
                    continue;
                }
                Piece::Tag(tag) => tag,
            };
            match element(tag) {
                (name, true) if level(name).is_some() => {
                    let level = open.pop().unwrap_or(2);
                    body.html.push_str(&format!("</h{level}>"));
                    body.settle();
                }
                (name, false) if let Some(written) = level(name) => {
                    while above.last().is_some_and(|higher| *higher >= written) {
                        above.pop();
                    }
                    above.push(written);
                    let level = (above.len() + 1).min(6);
                    open.push(level);
                    let number = body.headings.len() + 1;
                    let (anchor, at) = (format!("section-{number}"), body.html.len());
                    body.headings.push(Heading { anchor, text: String::new(), level, at });
                    // Attributes of headings are of no use to readers.
                    body.html.push_str(&format!("<h{level} id=\"section-{number}\">"));
                }
                ("table", false) => {
                    body.html.push_str("<div class=\"scroll\" tabindex=\"0\">");
                    body.html.push_str(tag);
                }
                ("table", true) => body.html.push_str("</table></div>"),
                ("pre", false) => body.html.push_str("<pre tabindex=\"0\">"),
                _ => body.html.push_str(tag),
            }
        }
        body
    }

    /// Gives the heading that has just been closed an address by its words, if no other has that.
    fn settle(&mut self) {
        let Some((heading, others)) = self.headings.split_last_mut() else { return };
        heading.text = unescaped(&heading.text).trim().to_owned();
        let Some(words) = slug_of(&heading.text) else { return };
        let anchor = format!("section-{words}");
        if others.iter().any(|other| other.anchor == anchor) || words.bytes().all(|b| b.is_ascii_digit()) {
            return;
        }
        let name = heading.at + "<h2 id=\"".len();
        self.html.replace_range(name..name + heading.anchor.len(), &anchor);
        heading.anchor = anchor;
    }

    /// The headings of a long article, the two highest levels of them; none of a short one.
    pub fn contents(&self) -> Vec<&Heading> {
        let shown: Vec<_> =
            self.headings.iter().filter(|heading| heading.level <= 3 && !heading.text.is_empty()).collect();
        if shown.len() >= MANY && self.html.len() >= LONG { shown } else { Vec::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::super::render::to_html;
    use super::*;

    #[test]
    fn headings_stand_below_the_title_without_a_gap() {
        let body = Body::of(&to_html("# One\n\n### Two & a half\n\n# One\n\n###### Deep\n\n## 2"));
        assert_eq!(
            body.html,
            "<h2 id=\"section-one\">One</h2>\n<h3 id=\"section-two-a-half\">Two &amp; a half</h3>\n\
             <h2 id=\"section-3\">One</h2>\n<h3 id=\"section-deep\">Deep</h3>\n<h3 id=\"section-5\">2</h3>\n"
        );
        let texts: Vec<&str> = body.headings.iter().map(|heading| heading.text.as_str()).collect();
        assert_eq!(texts, ["One", "Two & a half", "One", "Deep", "2"]);
        assert!(body.contents().is_empty(), "it is short");
        let long = format!("# a\n\n# b\n\n# c\n\n{}", "words ".repeat(500));
        assert_eq!(Body::of(&to_html(&long)).contents().len(), 3);
    }

    #[test]
    fn what_looks_like_a_tag_is_left_alone() {
        let html = "<p title=\"<h1>&quot;</h1>\">&lt;h1&gt; x</p>";
        assert_eq!(Body::of(html).html, html);
        assert_eq!(
            Body::of("<table><tr></tr></table>").html,
            "<div class=\"scroll\" tabindex=\"0\"><table><tr></tr></table></div>"
        );
        let hostile = Body::of(&to_html("# \" onload=alert(1) x=\"\n\n<h2 title=\"a>b\">c</h2>"));
        assert!(hostile.html.starts_with("<h2 id=\"section-onload-alert-1-x\">"), "{}", hostile.html);
        assert!(hostile.html.contains("<h3 id=\"section-c\">c</h3>"), "{}", hostile.html);
    }

    #[test]
    fn a_text_has_no_tags() {
        assert_eq!(text_of("<p>One &amp; <b title=\"a>b\">two</b></p><p>three</p>"), "One & two three");
    }
}
