//! Texts as fields: trimmed lines, longer prose, e-mail addresses. NUL is refused: PostgreSQL cannot store it.

use std::ops::Deref;

use schemars::{Schema, SchemaGenerator, json_schema};
use serde_json::Value;

use super::{Faults, Field};

/// The largest description or comment, in bytes (spec 11).
pub const PROSE_BYTES: usize = 1_000_000;

fn text(value: Value) -> Result<String, Faults> {
    let Value::String(text) = value else { return Err(Faults::one("is to be a text")) };
    if text.contains('\0') { Err(Faults::one("must not hold the character NUL (U+0000)")) } else { Ok(text) }
}

/// One line of 1 to `MAX` characters, trimmed: subjects, names, reasons. Controls (line breaks too) become spaces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line<const MAX: usize>(String);

impl<const MAX: usize> Line<MAX> {
    pub fn into_string(self) -> String {
        self.0
    }
}

impl<const MAX: usize> Deref for Line<MAX> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl<const MAX: usize> Field for Line<MAX> {
    fn from_json(value: Value) -> Result<Self, Faults> {
        let text = text(value)?;
        let spaced = text.replace(|c: char| c.is_control(), " ");
        let line = spaced.trim().to_owned();
        match line.chars().count() {
            0 => Err(Faults::one("must not be empty")),
            count if count > MAX => {
                Err(Faults::one(format!("has {count} characters; at most {MAX} are allowed")))
            }
            _ => Ok(Line(line)),
        }
    }

    fn schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "minLength": 1, "maxLength": MAX })
    }
}

/// Text of `MIN` bytes to 1 MB, kept as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prose<const MIN: usize>(String);

impl<const MIN: usize> Prose<MIN> {
    pub fn into_string(self) -> String {
        self.0
    }
}

impl Prose<1> {
    /// The same where it may be empty.
    pub fn loosen(self) -> Prose<0> {
        Prose(self.0)
    }
}

impl<const MIN: usize> Deref for Prose<MIN> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl<const MIN: usize> Field for Prose<MIN> {
    fn from_json(value: Value) -> Result<Self, Faults> {
        let text = text(value)?;
        if text.trim().len() < MIN {
            return Err(Faults::one("must not be empty"));
        }
        if text.len() > PROSE_BYTES {
            return Err(Faults::one(format!("has {} bytes; at most {PROSE_BYTES} are allowed", text.len())));
        }
        Ok(Prose(text))
    }

    fn schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "minLength": MIN, "maxLength": PROSE_BYTES })
    }
}

/// A text for a search or a filter: anything goes but NUL, which no stored text holds and so finds nothing.
impl Field for String {
    fn from_json(value: Value) -> Result<Self, Faults> {
        text(value)
    }

    fn from_text(text: &str) -> Result<Self, String> {
        Ok(text.replace('\0', " "))
    }

    fn schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string" })
    }
}

/// An e-mail address as written, and the key that makes it unique: NFKC and case folding (spec 2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Email {
    pub address: String,
    pub key: String,
}

impl Email {
    /// Takes what mail servers take in practice: one `@`, something on both sides, no blanks, 254 characters.
    pub fn parse(text: &str) -> Option<Email> {
        let address = text.trim();
        let (local, domain) = address.rsplit_once('@')?;
        let sound = !local.is_empty()
            && !local.contains('@')
            && !domain.is_empty()
            && !domain.starts_with('.')
            && !domain.ends_with('.')
            && address.len() <= 254
            && !address.chars().any(|c| c.is_whitespace() || c.is_control() || "<>()[],;:\\\"".contains(c));
        sound.then(|| Email { address: address.to_owned(), key: fold(address) })
    }
}

impl Field for Email {
    fn from_json(value: Value) -> Result<Self, Faults> {
        Email::parse(&text(value)?)
            .ok_or_else(|| Faults::one("is to be an e-mail address such as ana@example.com"))
    }

    fn schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "email", "maxLength": 254 })
    }
}

/// The key under which names and addresses are compared: NFKC, case folded, NFKC again.
pub fn fold(text: &str) -> String {
    use unicode_normalization::UnicodeNormalization;
    caseless::default_case_fold_str(&text.nfkc().collect::<String>()).nfkc().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_look_the_same_have_one_key() {
        let key = |text| Email::parse(text).unwrap().key;
        assert_eq!(key("Ana@Example.COM"), "ana@example.com");
        assert_eq!(key("ﬁona@example.com"), key("FIONA@example.com"));
        assert_eq!(key("straße@example.com"), key("STRASSE@example.com"));
        for odd in ["", "@", "a@", "@b", "a@b@c", "a b@c", "a@.c", "a@c.", "a@b\u{0}", "<a@b>"] {
            assert_eq!(Email::parse(odd), None, "{odd:?}");
        }
    }

    #[test]
    fn a_line_is_trimmed_counted_in_characters_and_free_of_controls() {
        let line = |text: &str| Line::<5>::from_json(Value::from(text));
        assert_eq!(&*line("  a\nb ").unwrap(), "a b");
        assert!(line("ααααα").is_ok());
        for bad in ["", "   ", "αααααα", "a\0b"] {
            assert!(line(bad).is_err(), "{bad:?}");
        }
    }
}
