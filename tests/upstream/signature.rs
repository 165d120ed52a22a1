//! The signatures under thinking blocks: opaque to everybody, checkable by the issuer without remembering them, and
//! refused by everybody else.

use crate::dialect::Dialect;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

/// The data of the one redacted thinking block ever issued.
pub(crate) const REDACTED: &str = "EmwKAhgBEgy3va3pzix/LafPsn4aDFIT2Xlxh0L5L8rLVyIwxtE3rAFBa8cr3qpPkNRj2YfWXGmKDxH4mPnZ5sQ7vB9U==";

const SHOWN: u8 = 1;
const HIDDEN: u8 = 0;

/// The signature of `issuer` for a thinking text; `hidden` when the client asked not to see the text.
pub(crate) fn issue(issuer: Dialect, text: &str, hidden: bool) -> String {
    let mut bytes = vec![if hidden { HIDDEN } else { SHOWN }];
    bytes.extend_from_slice(&Sha256::digest(text));
    let seal = seal(issuer, &bytes);
    bytes.extend_from_slice(&seal);
    STANDARD.encode(bytes)
}

/// Whether `issuer` issued `signature` for exactly this `text` (or for a hidden text, replayed empty).
pub(crate) fn is_issued(issuer: Dialect, text: &str, signature: &str) -> bool {
    let Ok(bytes) = STANDARD.decode(signature) else {
        return false;
    };
    if bytes.len() != 65 || seal(issuer, &bytes[..33]) != bytes[33..] {
        return false;
    }
    match bytes[0] {
        HIDDEN => text.is_empty(),
        _ => Sha256::digest(text)[..] == bytes[1..33],
    }
}

fn seal(issuer: Dialect, bytes: &[u8]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    hasher.update(b"scripted upstream");
    hasher.update([issuer as u8]);
    hasher.update(bytes);
    hasher.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_exact_text_is_accepted() {
        let signature = issue(Dialect::Claude, "first, look", false);
        let is_issued = |text: &str, signature: &str| is_issued(Dialect::Claude, text, signature);
        assert!(is_issued("first, look", &signature));
        assert!(!is_issued("first, look ", &signature));
        assert!(!is_issued("", &signature));
        assert!(!is_issued("first, look", &signature[1..]));
        assert!(!is_issued("first, look", &STANDARD.encode([1; 65])));
    }

    #[test]
    fn what_another_vendor_signed_is_refused() {
        let signature = issue(Dialect::Claude, "first, look", false);
        for other in [Dialect::Chat, Dialect::Gemini, Dialect::Responses] {
            assert!(!is_issued(other, "first, look", &signature), "{other:?}");
        }
    }

    #[test]
    fn a_hidden_text_is_replayed_empty() {
        let signature = issue(Dialect::Claude, "secret", true);
        assert!(is_issued(Dialect::Claude, "", &signature));
        assert!(!is_issued(Dialect::Claude, "secret", &signature));
    }
}
