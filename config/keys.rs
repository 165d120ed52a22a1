//! Client keys: reading them from the file, comparing them, making new ones.

mod change;
mod clear;

use std::collections::HashMap;

use sha2::{Digest, Sha256};

use crate::error::Report;
use crate::model::ClientKey;
use crate::pattern::Pattern;
use crate::secret::Secret;
use crate::values::{self, Complaint};
use crate::view::View;

pub use change::{KeyChange, KeyError, NewKey, add, change, revoke, rotate};
pub use clear::{ListedKey, listed};

const ALPHABET: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
/// 43 characters of 62 carry 256 bits.
const LENGTH: usize = 43;

/// A fresh client key: `mg-` and 43 random letters and digits.
#[must_use]
pub fn new_client_key() -> Secret {
    let mut key = String::from("mg-");
    let mut block = [0_u8; 64];
    while key.len() < "mg-".len() + LENGTH {
        getrandom::fill(&mut block)
            .expect("every supported system has a random generator that cannot fail once it is up");
        // 248 is the largest multiple of 62 in a byte; the rest would make some letters likelier.
        let letters = block
            .iter()
            .filter(|byte| **byte < 248)
            .map(|byte| char::from(ALPHABET[usize::from(byte % 62)]));
        key.extend(letters.take("mg-".len() + LENGTH - key.len()));
    }
    Secret::from(key)
}

/// The SHA-256 of a key, which is all that is kept of it.
#[must_use]
pub fn key_digest(key: &str) -> [u8; 32] {
    Sha256::digest(key.as_bytes()).into()
}

impl ClientKey {
    /// An unlimited key.
    #[must_use]
    pub fn new(key: &str) -> Self {
        Self::from_digest(key_digest(key))
    }

    /// An unlimited key of which only the hash is known.
    #[must_use]
    pub fn from_digest(digest: [u8; 32]) -> Self {
        let id = digest[..6]
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        Self {
            id,
            digest,
            name: None,
            models: Vec::new(),
            disabled: false,
            expires: None,
        }
    }

    /// The form of `key-hash` in the file.
    #[must_use]
    pub fn key_hash(&self) -> String {
        let hex: String = self
            .digest
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        format!("sha256:{hex}")
    }
}

/// `api-keys`, and the keys of the older `auth.providers` blocks.
pub(crate) fn read(root: &View, report: &mut Report) -> Vec<ClientKey> {
    let mut entries = root.get("api-keys").items();
    for provider in root.get("auth").get("providers").items() {
        entries.extend(provider.get("api-keys").items());
    }
    let mut seen: HashMap<[u8; 32], usize> = HashMap::new();
    let mut keys = Vec::new();
    for entry in entries {
        let Some(key) = read_entry(&entry, report) else {
            continue;
        };
        match seen.get(&key.digest) {
            Some(line) => {
                let message =
                    format!("this key is already listed on line {line}; that entry counts");
                report.warning(entry.at, &entry.key, message, "remove one of the two");
            }
            None => {
                seen.insert(key.digest, entry.at.line);
                keys.push(key);
            }
        }
    }
    keys
}

fn read_entry(entry: &View, report: &mut Report) -> Option<ClientKey> {
    if !entry.is_map() {
        let key = plain(entry, report)?;
        return Some(ClientKey::new(key));
    }
    let (key, hash) = (entry.get("key"), entry.get("key-hash"));
    let digest = match (key.filled().is_some(), hash.filled().is_some()) {
        (true, false) => plain(&key, report).map(key_digest),
        (false, true) => report.accept(&hash, parse_hash(hash.text().unwrap_or_default())),
        (true, true) => {
            report.problem(
                hash.at,
                &hash.key,
                "an entry has `key` or `key-hash`, not both",
                "remove one of the two",
            );
            None
        }
        (false, false) => {
            report.problem(
                entry.at,
                &key.key,
                "this entry has no key",
                "add `key: …` or `key-hash: sha256:…`",
            );
            None
        }
    };
    let expires = entry.get("expires");
    let expires = match expires.filled() {
        Some(text) => Some(report.accept(&expires, values::moment(text))?),
        None => None,
    };
    Some(ClientKey {
        name: entry.get("name").filled().map(str::to_owned),
        models: entry
            .get("models")
            .texts()
            .iter()
            .map(|text| Pattern::new(text))
            .collect(),
        disabled: entry.get("disabled").bool().unwrap_or(false),
        expires,
        ..ClientKey::from_digest(digest?)
    })
}

/// A key in clear. The keys of the family's example file are known to everybody.
fn plain<'a>(view: &'a View, report: &mut Report) -> Option<&'a str> {
    let Some(key) = view.filled() else {
        report.problem(
            view.at,
            &view.key,
            "this key is empty",
            "write a long random value, or remove the entry",
        );
        return None;
    };
    if matches!(key, "your-api-key-1" | "your-api-key-2" | "your-api-key-3") {
        let message = "this is the key of the example file, which everybody knows";
        report.problem(
            view.at,
            &view.key,
            message,
            "replace it by a long random value",
        );
        return None;
    }
    Some(key)
}

fn parse_hash(text: &str) -> Result<[u8; 32], Complaint> {
    let hex = text
        .strip_prefix("sha256:")
        .map(str::trim)
        .filter(|hex| hex.len() == 64 && hex.is_ascii());
    let byte =
        |hex: &str, index: usize| u8::from_str_radix(&hex[2 * index..2 * index + 2], 16).ok();
    let digest = hex
        .filter(|hex| hex.bytes().all(|byte| byte.is_ascii_hexdigit()))
        .map(|hex| {
            let mut digest = [0_u8; 32];
            for (index, slot) in digest.iter_mut().enumerate() {
                *slot = byte(hex, index).unwrap_or_default();
            }
            digest
        });
    digest.ok_or_else(|| Complaint {
        message: "this is not a key hash".to_owned(),
        hint: "write `sha256:` and the 64 hex digits of the key's SHA-256".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn new_keys_are_long_random_and_safe_in_urls() {
        let (one, two) = (new_client_key(), new_client_key());
        assert_ne!(one, two);
        assert_eq!(one.expose().len(), 46);
        let rest = one.expose().strip_prefix("mg-").unwrap();
        assert!(
            rest.bytes().all(|byte| byte.is_ascii_alphanumeric()),
            "{rest}"
        );
    }

    #[test]
    fn a_key_is_named_by_its_hash() {
        let key = ClientKey::new("abc");
        assert_eq!(key.id, "ba7816bf8f01");
        let hash = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(key.key_hash(), hash);
        assert_eq!(parse_hash(hash), Ok(key.digest));
        for text in [
            "",
            "sha256:",
            "sha256:zz",
            &hash[7..],
            &hash.replace('b', "g"),
            &format!("{hash}00"),
            &format!("sha256:{}", "é".repeat(32)),
        ] {
            assert!(parse_hash(text).is_err(), "{text}");
        }
    }
}
