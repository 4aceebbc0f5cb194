//! Passwords: argon2id in the parameters that OWASP recommends (19 MiB, two passes, one lane).

use argon2::password_hash::{PasswordHash as Stored, PasswordHasher, PasswordVerifier, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};
use schemars::{Schema, SchemaGenerator, json_schema};
use serde_json::Value;
use unicode_normalization::UnicodeNormalization;

use crate::error::{Error, Result};
use crate::input::{Faults, Field};

const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;
const SALT_BYTES: usize = 16;
/// The longest password, in characters.
const LONGEST: usize = 200;

/// A password of `MIN` to 200 characters as it was typed. `Debug` does not tell it.
#[derive(Clone, PartialEq, Eq)]
pub struct Password<const MIN: usize>(String);

impl<const MIN: usize> Password<MIN> {
    pub fn new(text: &str) -> Result<Password<MIN>, String> {
        match text.chars().count() {
            _ if text.contains('\0') => Err("must not hold the character NUL (U+0000)".into()),
            count if count < MIN => Err(format!("has {count} characters; at least {MIN} are needed")),
            count if count > LONGEST => Err(format!("has {count} characters; at most {LONGEST} are allowed")),
            _ => Ok(Password(text.to_owned())),
        }
    }

    /// The same keys pressed on another machine may arrive composed otherwise (NIST SP 800-63B, 5.1.1.2).
    fn normal(&self) -> String {
        self.0.nfkc().collect()
    }
}

impl<const MIN: usize> std::fmt::Debug for Password<MIN> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Password(..)")
    }
}

impl<const MIN: usize> Field for Password<MIN> {
    fn from_json(value: Value) -> Result<Self, Faults> {
        let text = value.as_str().ok_or_else(|| Faults::one("is to be a text"))?;
        Password::new(text).map_err(Faults::one)
    }

    fn schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "password", "minLength": MIN, "maxLength": LONGEST })
    }
}

/// What is stored of a password: a PHC string with its own salt and parameters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasswordHash(String);

impl db::ToParam for PasswordHash {
    fn to_param(&self) -> db::Param<'_> {
        self.0.to_param()
    }
}

fn hasher() -> Argon2<'static> {
    let params =
        Params::new(MEMORY_KIB, PASSES, LANES, None).expect("OWASP's parameters are within argon2's bounds");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

/// Hashes a password with a new salt. Takes some 20 ms of one core: not for an async thread, nor inside a transaction.
pub fn hash<const MIN: usize>(password: &Password<MIN>) -> Result<PasswordHash> {
    let failed = |why: String| Error::Db(db::Error::Unavailable(format!("cannot hash a password: {why}")));
    let mut salt = [0u8; SALT_BYTES];
    getrandom::fill(&mut salt).map_err(|error| failed(error.to_string()))?;
    let salt = SaltString::encode_b64(&salt).map_err(|error| failed(error.to_string()))?;
    let hash = hasher().hash_password(password.normal().as_bytes(), &salt);
    hash.map(|hash| PasswordHash(hash.to_string())).map_err(|error| failed(error.to_string()))
}

/// Whether the password is the one stored. Without a stored one it takes as long, and is not (spec 2).
pub fn is_right<const MIN: usize>(stored: Option<&str>, password: &Password<MIN>) -> bool {
    let nobodys = nobodys();
    let hash = Stored::new(stored.unwrap_or(&nobodys));
    let same = hash.is_ok_and(|hash| hasher().verify_password(password.normal().as_bytes(), &hash).is_ok());
    same && stored.is_some()
}

/// A hash that is of no password, in the parameters of those that are.
fn nobodys() -> String {
    let (salt, hash) = ("A".repeat(22), "A".repeat(43));
    format!("$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p={LANES}${salt}${hash}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn password(text: &str) -> Password<0> {
        Password::new(text).unwrap()
    }

    #[test]
    fn the_right_password_and_no_other_is_right() {
        let PasswordHash(stored) = hash(&password("correct horse battery")).unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert!(is_right(Some(&stored), &password("correct horse battery")));
        assert!(!is_right(Some(&stored), &password("Correct horse battery")));
        assert!(!is_right(Some("no hash at all"), &password("")));
    }

    #[test]
    fn a_stranger_costs_a_whole_verification() {
        let nobodys = nobodys();
        let parsed = Stored::new(&nobodys).unwrap();
        assert_eq!(Params::try_from(&parsed).unwrap().m_cost(), MEMORY_KIB);
        // Not an early error about the form of salt or hash, but the answer to the computation itself.
        let outcome = hasher().verify_password(b"anything", &parsed);
        assert_eq!(outcome, Err(argon2::password_hash::Error::Password));
        assert!(!is_right(None, &password("anything")));
    }

    #[test]
    fn composed_and_decomposed_letters_are_one_password() {
        let PasswordHash(stored) = hash(&password("Gr\u{fc}\u{df}e aus K\u{f6}ln")).unwrap();
        assert!(is_right(Some(&stored), &password("Gru\u{308}\u{df}e aus Ko\u{308}ln")));
    }

    #[test]
    fn a_new_password_has_ten_to_two_hundred_characters_and_is_not_shown() {
        let new = Password::<10>::new;
        assert!(new("ääääääääää").is_ok());
        for bad in ["123456789", &"x".repeat(201), "0123456789\0"] {
            assert!(new(bad).is_err());
        }
        assert_eq!(format!("{:?}", new("0123456789").unwrap()), "Password(..)");
    }
}
