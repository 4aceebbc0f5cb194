//! A logo as it is sent: base64 in JSON. What it is, its bytes say; SVG, which may hold scripts, is none.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use schemars::{Schema, SchemaGenerator, json_schema};
use serde_json::Value;

use crate::input::{Faults, Field};

/// The largest logo, in bytes.
pub const BYTES: usize = 200_000;

/// A sort of picture that a logo may be.
pub struct Kind {
    pub media_type: &'static str,
    pub ending: &'static str,
    is: fn(&[u8]) -> bool,
}

/// What pictures of each sort begin with.
pub const KINDS: [Kind; 3] = [
    Kind { media_type: "image/png", ending: "png", is: |bytes| bytes.starts_with(b"\x89PNG\r\n\x1a\n") },
    Kind { media_type: "image/jpeg", ending: "jpg", is: |bytes| bytes.starts_with(b"\xff\xd8\xff") },
    Kind {
        media_type: "image/webp",
        ending: "webp",
        is: |bytes| bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP"),
    },
];

/// A picture in one of these forms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    pub bytes: Vec<u8>,
    pub media_type: &'static str,
}

impl Field for Picture {
    fn from_json(value: Value) -> Result<Self, Faults> {
        let text = value.as_str().ok_or_else(|| Faults::one("is to be a picture's bytes in base64"))?;
        let bytes = BASE64_STANDARD
            .decode(text)
            .map_err(|_| Faults::one("is to be a picture's bytes in base64, with its padding"))?;
        if bytes.len() > BYTES {
            return Err(Faults::one(format!("has {} bytes; a logo has at most {BYTES}", bytes.len())));
        }
        let kind = KINDS.iter().find(|kind| (kind.is)(&bytes));
        let kind = kind.ok_or_else(|| Faults::one("is no PNG, JPEG or WebP picture by its contents"))?;
        Ok(Picture { media_type: kind.media_type, bytes })
    }

    fn schema(_: &mut SchemaGenerator) -> Schema {
        let most = BYTES.div_ceil(3) * 4;
        json_schema!({ "type": "string", "contentEncoding": "base64", "maxLength": most })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Result<Picture, Faults> {
        Picture::from_json(BASE64_STANDARD.encode(bytes).into())
    }

    #[test]
    fn contents_say_what_a_picture_is() {
        assert_eq!(read(b"\x89PNG\r\n\x1a\n....").unwrap().media_type, "image/png");
        assert_eq!(read(b"\xff\xd8\xff\xe0....").unwrap().media_type, "image/jpeg");
        assert_eq!(read(b"RIFF....WEBPVP8 ").unwrap().media_type, "image/webp");
        for other in [&b""[..], b"<svg onload=alert(1)>", b"GIF89a", b"\x89PNG", b"RIFF....WAVE", b"RIFF"] {
            assert!(read(other).is_err(), "{other:?}");
        }
    }

    #[test]
    fn a_logo_is_small_and_base64() {
        let mut large = b"\x89PNG\r\n\x1a\n".to_vec();
        large.resize(BYTES, 0);
        assert!(read(&large).is_ok());
        large.push(0);
        assert!(read(&large).unwrap_err().0[0].1.contains("at most 200000"));
        assert!(Picture::from_json("data:image/png;base64,AAAA".into()).is_err());
        assert!(Picture::from_json(7.into()).is_err());
    }
}
