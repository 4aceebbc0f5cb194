//! The token in every form of somebody who is signed in: another site can make a browser send a form, but not know what
//! stands in this one. It is made of the session's secret, so nothing is kept; and differs on every page, so that nothing
//! can be learnt from how well a page compresses.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

const BYTES: usize = 16;

fn secret(session: &str) -> [u8; BYTES] {
    let hash = Sha256::new().chain_update("steward form ").chain_update(session).finalize();
    let mut secret = [0; BYTES];
    secret.copy_from_slice(&hash[..BYTES]);
    secret
}

/// A token for the forms of one page.
pub fn token(session: &str) -> String {
    let mut both = [0; 2 * BYTES];
    // Without randomness the token is still a secret; only its veil is missing.
    let _ = getrandom::fill(&mut both[..BYTES]);
    for (at, byte) in secret(session).into_iter().enumerate() {
        both[BYTES + at] = both[at] ^ byte;
    }
    URL_SAFE_NO_PAD.encode(both)
}

/// Whether a form carried a token of this session.
pub fn is_of(session: &str, token: &str) -> bool {
    let Ok(both) = URL_SAFE_NO_PAD.decode(token) else { return false };
    let expected = secret(session);
    both.len() == 2 * BYTES
        && (0..BYTES).fold(0, |differs, at| differs | (both[at] ^ both[BYTES + at] ^ expected[at])) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_believed_for_its_session_only() {
        let (first, second) = (token("stw_a"), token("stw_a"));
        assert_ne!(first, second);
        assert!(is_of("stw_a", &first) && is_of("stw_a", &second));
        assert!(!is_of("stw_b", &first));
        for wrong in ["", "AAAA", &first[1..], &URL_SAFE_NO_PAD.encode([0; 32])] {
            assert!(!is_of("stw_a", wrong), "{wrong}");
        }
    }
}
