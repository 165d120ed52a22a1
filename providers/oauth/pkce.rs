//! Proof that who began a login also ends it (RFC 7636), and other random words.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use modelgate_config::Secret;
use sha2::{Digest as _, Sha256};

use super::LoginError;

/// A random word of so many bytes, as base64url.
pub(super) fn random<const BYTES: usize>() -> Result<Secret, LoginError> {
    let mut bytes = [0; BYTES];
    getrandom::fill(&mut bytes).map_err(|_| LoginError::NoRandomness)?;
    Ok(Secret::from(URL_SAFE_NO_PAD.encode(bytes)))
}

/// What is sent ahead of a verifier: its hash (`S256`).
pub(super) fn challenge(verifier: &Secret) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.expose()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_standard() {
        // RFC 7636, appendix B.
        let verifier = Secret::from("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
        assert_eq!(
            challenge(&verifier),
            "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
        );
    }

    #[test]
    fn words_are_long_and_never_the_same() {
        let (one, other) = (random::<96>().unwrap(), random::<96>().unwrap());
        assert_eq!(one.expose().len(), 128);
        assert_ne!(one, other);
    }
}
