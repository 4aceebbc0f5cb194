//! Style sheets, scripts and pictures, embedded. One mark over all of them stands in their addresses, so browsers keep
//! them for ever, and modules import each other by relative address.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};

use super::compress::{self, gzip};
use crate::error::Error;

macro_rules! embed {
    ($folder:literal : $($name:literal)*) => {
        [$(($name, include_str!(concat!("../../assets/", $folder, "/", $name)))),*]
    };
}

/// The style sheet of every page, one file a component, joined in this order.
const STYLES: &[(&str, &str)] = &embed! { "css":
    "base.css" "frame.css" "controls.css" "badges.css" "tables.css" "dialogs.css" "cases.css" "thread.css" "case.css"
    "knowledge.css" "dashboard.css" "administration.css" "customers.css" "design.css" "lists.css" "print.css"
};
const SCRIPTS: &[(&str, &str)] = &embed! { "js":
    "start.js" "page.js" "visit.js" "desk.js" "keys.js" "drafts.js" "clock.js" "live.js" "api.js" "send.js" "dialogs.js" "dashboard.js" "counts.js" "palette.js" "commands.js" "done.js"
    "list.js" "combobox.js" "notifications.js" "suggest.js" "help.js" "editor.js"
    "case.js" "case-page.js" "composer.js" "choices.js" "insets.js" "fields.js" "patch.js" "presence.js"
    "administration.js"
};
const PICTURES: &[(&str, &str)] = &embed! { "img": "icon.svg" };

struct File {
    kind: &'static str,
    plain: Vec<u8>,
    zipped: Vec<u8>,
}

/// Derived from what is compiled in, so the same for every desk of the process.
static FILES: LazyLock<BTreeMap<&'static str, File>> = LazyLock::new(|| {
    let file = |kind, text: &str| File { kind, plain: text.into(), zipped: gzip(text.as_bytes(), 9) };
    let joined: String = STYLES.iter().map(|(_, text)| *text).collect();
    let mut files = BTreeMap::from([("desk.css", file("text/css; charset=utf-8", &joined))]);
    // Modules are UTF-8, whatever their answer says.
    let script = |text| file("text/javascript", &without_comments(text));
    files.extend(SCRIPTS.iter().map(|(name, text)| (*name, script(text))));
    files.extend(PICTURES.iter().map(|(name, text)| (*name, file("image/svg+xml", text))));
    files
});

/// A script without what is only there for its readers, comments on lines of their own and indentation. No text of a script
/// goes over several lines (a test).
fn without_comments(script: &str) -> String {
    let lines = script.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("//"));
    lines.flat_map(|line| [line, "\n"]).collect()
}

static MARK: LazyLock<String> = LazyLock::new(|| {
    let mut hash = Sha256::new();
    for (name, file) in FILES.iter() {
        hash.update(name);
        hash.update(&file.plain);
    }
    hash.finalize().iter().take(6).map(|byte| format!("{byte:02x}")).collect()
});

/// The address of a file.
pub fn address(name: &str) -> String {
    format!("/assets/{}/{name}", *MARK)
}

/// Answers a file. An old mark is answered with the present contents, but not kept.
pub async fn asset(Path((mark, name)): Path<(String, String)>, headers: HeaderMap) -> Response {
    let Some(file) = FILES.get(name.as_str()) else { return Error::NotFound("file").into_response() };
    let keep = if mark == *MARK { "public, max-age=31536000, immutable" } else { "no-cache" };
    let mut response = if compress::is_wanted(&headers) {
        ([(header::CONTENT_ENCODING, "gzip")], file.zipped.as_slice()).into_response()
    } else {
        file.plain.as_slice().into_response()
    };
    let answered = response.headers_mut();
    answered.insert(header::CONTENT_TYPE, HeaderValue::from_static(file.kind));
    answered.insert(header::CACHE_CONTROL, HeaderValue::from_static(keep));
    answered.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    answered.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;

    /// The component files that say what is shared: what stands in them is meant for every page.
    const SHARED: [&str; 6] =
        ["base.css", "frame.css", "controls.css", "badges.css", "tables.css", "dialogs.css"];
    /// What of every component is printed.
    const PRINT: &str = "print.css";

    fn without_between(text: &str, begin: &str, end: &str) -> String {
        let mut parts = text.split(begin);
        let first = parts.next().unwrap_or_default().to_owned();
        parts.fold(first, |kept, part| kept + part.split_once(end).map_or("", |(_, rest)| rest))
    }

    /// The selectors of a style sheet, with whether each stands at the top level: within layers and queries alone.
    fn selectors(sheet: &str) -> Vec<(bool, String)> {
        let sheet = without_between(sheet, "/*", "*/");
        let (mut found, mut around, mut text) = (Vec::new(), Vec::new(), String::new());
        for letter in sheet.chars() {
            match letter {
                '{' => {
                    let selector = std::mem::take(&mut text).trim().to_owned();
                    let is_at_rule = selector.starts_with('@');
                    if !is_at_rule {
                        let is_top = around.iter().all(|is_at_rule| *is_at_rule);
                        let plain = without_between(&without_between(&selector, ":not(", ")"), "(", ")");
                        found.extend(plain.split(',').map(|one| (is_top, one.trim().to_owned())));
                    }
                    around.push(is_at_rule);
                }
                '}' => {
                    around.pop();
                    text.clear();
                }
                ';' => text.clear(),
                other => text.push(other),
            }
        }
        found
    }

    /// The classes that a selector names.
    fn classes(selector: &str) -> Vec<&str> {
        let name = |part: &'_ str| part.find(|c: char| !(c.is_alphanumeric() || c == '-' || c == '_'));
        let parts = selector.split('.').skip(1);
        parts.map(|part| &part[..name(part).unwrap_or(part.len())]).filter(|part| !part.is_empty()).collect()
    }

    /// A class that a selector begins with and styles by itself: `.side a`, not `.side.wide` or `nav.side`.
    fn owned(selector: &str) -> Option<&str> {
        let first = selector.split([' ', '>', '+', '~', ':', '[']).next()?;
        first.strip_prefix('.').filter(|name| !name.contains('.'))
    }

    /// Lines lose their indentation, which would be a part of such a text.
    #[test]
    fn no_text_of_a_script_goes_over_several_lines() {
        for (name, script) in SCRIPTS {
            let code = script.lines().filter(|line| !line.trim_start().starts_with("//"));
            for line in code {
                assert!(line.matches('`').count() % 2 == 0 && !line.ends_with('\\'), "{name}: {line}");
            }
        }
    }

    /// All files become one sheet: a class that one component styles is not another's by accident.
    #[test]
    fn a_class_at_the_top_level_belongs_to_one_component() {
        let (mut owners, mut named) = (BTreeMap::new(), BTreeMap::new());
        for (file, sheet) in STYLES.iter().filter(|(file, _)| *file != PRINT) {
            for (is_top, selector) in selectors(sheet) {
                for class in classes(&selector) {
                    named.entry(class.to_owned()).or_insert_with(BTreeSet::new).insert(*file);
                }
                if let Some(class) = owned(&selector).filter(|_| is_top) {
                    owners.entry(class.to_owned()).or_insert_with(BTreeSet::new).insert(*file);
                }
            }
        }
        assert!(owners.len() > 100, "the sheets are read");
        for (class, files) in owners {
            let own: Vec<_> = files.iter().filter(|file| !SHARED.contains(file)).collect();
            assert!(own.is_empty() || files.len() == 1, ".{class} is styled at the top level of {files:?}");
            let others = named[&class].iter().filter(|file| !files.contains(*file) && !SHARED.contains(file));
            let others: Vec<_> = others.collect();
            assert!(own.is_empty() || others.is_empty(), ".{class} of {own:?} is named in {others:?}");
        }
    }
}
