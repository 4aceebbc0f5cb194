//! What a file is, by its first bytes. What the client says it is counts for nothing: a page that calls itself a picture
//! is served as a text to be saved (spec 4).

/// Bytes of the beginning that are looked at.
pub const LOOKED_AT: usize = 512;

/// The kinds that are told from their first bytes, and those bytes.
const SIGNATURES: &[(&str, &[u8])] = &[
    ("image/png", b"\x89PNG\r\n\x1a\n"),
    ("image/jpeg", b"\xff\xd8\xff"),
    ("image/gif", b"GIF87a"),
    ("image/gif", b"GIF89a"),
    ("application/pdf", b"%PDF-"),
    ("application/zip", b"PK\x03\x04"),
    ("application/gzip", b"\x1f\x8b"),
    ("application/x-7z-compressed", b"7z\xbc\xaf\x27\x1c"),
    ("audio/mpeg", b"ID3"),
    ("video/webm", b"\x1a\x45\xdf\xa3"),
];

/// Office documents are archives; which sort, only their name says. They are saved either way.
const ARCHIVES: &[(&str, &str)] = &[
    ("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ("pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation"),
    ("odt", "application/vnd.oasis.opendocument.text"),
    ("ods", "application/vnd.oasis.opendocument.spreadsheet"),
];

/// The media type of a file that begins like this, at most [`LOOKED_AT`] bytes of it.
pub fn of(beginning: &[u8], name: &str) -> &'static str {
    let beginning = &beginning[..beginning.len().min(LOOKED_AT)];
    let known = SIGNATURES.iter().find(|(_, signature)| beginning.starts_with(signature));
    match known {
        Some(("application/zip", _)) => {
            let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
            let office = ARCHIVES.iter().find(|(own, _)| extension.eq_ignore_ascii_case(own));
            office.map_or("application/zip", |(_, kind)| kind)
        }
        Some((kind, _)) => kind,
        None if beginning.starts_with(b"RIFF") && beginning.get(8..12) == Some(b"WEBP") => "image/webp",
        None if beginning.get(4..8) == Some(b"ftyp") => "video/mp4",
        None if is_text(beginning) => "text/plain",
        None => "application/octet-stream",
    }
}

/// Whether a browser may show it in place. Never SVG: that is a document with scripts, and is a text here.
pub fn is_plain_image(mime_type: &str) -> bool {
    matches!(mime_type, "image/png" | "image/jpeg" | "image/gif" | "image/webp")
}

/// UTF-8, the last character perhaps cut, without controls that no text has.
fn is_text(beginning: &[u8]) -> bool {
    let text = match std::str::from_utf8(beginning) {
        Ok(text) => text,
        Err(error) if error.error_len().is_none() => {
            std::str::from_utf8(&beginning[..error.valid_up_to()]).unwrap_or_default()
        }
        Err(_) => return false,
    };
    !text.is_empty() && !text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t' | '\x0c'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_say_what_a_file_is() {
        for (beginning, name, kind) in [
            (&b"\x89PNG\r\n\x1a\n...."[..], "x.html", "image/png"),
            (b"\xff\xd8\xff\xe0", "x", "image/jpeg"),
            (b"GIF89a", "x", "image/gif"),
            (b"RIFF\0\0\0\0WEBPVP8 ", "x", "image/webp"),
            (b"%PDF-1.7", "x.png", "application/pdf"),
            (b"PK\x03\x04", "a.zip", "application/zip"),
            (b"PK\x03\x04", "a.DOCX", ARCHIVES[0].1),
            (b"<script>alert(1)</script>", "x.png", "text/plain"),
            (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "x.svg", "text/plain"),
            ("grüße".as_bytes(), "x", "text/plain"),
            (&"grü".as_bytes()[..3], "x", "text/plain"),
            (b"\0\x01\x02", "x.txt", "application/octet-stream"),
            (b"", "x.png", "application/octet-stream"),
        ] {
            assert_eq!(of(beginning, name), kind, "{beginning:?} {name}");
        }
    }

    #[test]
    fn only_plain_images_are_shown_in_place() {
        assert!(is_plain_image(of(b"GIF87a", "x")));
        for kind in ["image/svg+xml", "text/html", "text/plain", "application/pdf"] {
            assert!(!is_plain_image(kind));
        }
    }
}
