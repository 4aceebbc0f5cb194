//! Pages that are made ready before somebody asks for them: a browser that can (speculation rules) loads the page behind a
//! link on which the pointer rests, or the row that `j` and `k` led to, and shows it at once when it is followed. Only
//! pages of the workspace that are looked at often are named, and none whose reading does anything; their scripts begin
//! when they are shown (`start.js`).

use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

/// What a workspace page says to its browser, as it stands between the tags: the content policy knows it by its hash.
/// `visit.js` marks the link that somebody rests on.
pub const RULES: &str = r#"{"prerender":[{"where":{"and":[{"selector_matches":"[data-ahead]"},{"href_matches":["/views/*","/saved-views/*","/cases","/cases/:id(\\d+)","/cases/new","/customers","/dashboard","/knowledge"]}]},"eagerness":"immediate"}]}"#;

/// The source of the content policy that lets [`RULES`] stand in a page, and nothing else.
pub static SOURCE: LazyLock<String> =
    LazyLock::new(|| format!("'sha256-{}'", STANDARD.encode(Sha256::digest(RULES))));
