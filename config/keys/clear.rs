//! The client keys that a file shows in clear, for programs that present one.

use std::path::Path;
use std::time::SystemTime;

use serde_json::Value as Json;

use super::key_digest;
use crate::document::{self, Document};
use crate::environment::Environment;
use crate::error::ConfigError;
use crate::model::ClientKey;
use crate::secret::Secret;

/// A client key of a file.
#[derive(Debug, Clone)]
pub struct ListedKey {
    /// What is said of it.
    pub entry: ClientKey,
    /// The key itself; none where the file has its hash only.
    pub clear: Option<Secret>,
}

impl ListedKey {
    /// Whether it may be presented at this time.
    #[must_use]
    pub fn is_good(&self, now: SystemTime) -> bool {
        !self.entry.disabled && self.entry.expires.is_none_or(|end| end > now)
    }

    /// Whether it may use the model.
    #[must_use]
    pub fn may_use(&self, model: &str) -> bool {
        let patterns = &self.entry.models;
        patterns.is_empty() || patterns.iter().any(|pattern| pattern.matches(model))
    }

    /// Whether this is its name or its id.
    #[must_use]
    pub fn is_called(&self, who: &str) -> bool {
        self.entry.name.as_deref() == Some(who) || self.entry.id == who
    }
}

/// Every client key of a text, in the order of the file.
///
/// # Errors
/// When the text is no valid configuration.
pub fn listed(text: &str, path: &Path) -> Result<Vec<ListedKey>, ConfigError> {
    let document = document::clear(text, path)?;
    let config = crate::parse(text, path, &Environment::default())?.config;
    let clear = in_clear(&document);
    let key = |entry: ClientKey| ListedKey {
        clear: clear
            .iter()
            .find(|key| key_digest(key) == entry.digest)
            .map(|key| Secret::from(*key)),
        entry,
    };
    Ok(config.client_keys.into_iter().map(key).collect())
}

/// What stands in the file where a key may stand: in `api-keys`, and in the older `auth.providers` blocks.
fn in_clear(document: &Document) -> Vec<&str> {
    let older = document.get("auth").map(|auth| &auth["providers"]);
    let older = older.and_then(Json::as_array).into_iter().flatten();
    let lists = document.get("api-keys").into_iter();
    let lists = lists.chain(older.map(|provider| &provider["api-keys"]));
    let entries = lists.filter_map(Json::as_array).flatten();
    let keys = entries.filter_map(|entry| entry.as_str().or_else(|| entry["key"].as_str()));
    keys.map(str::trim).collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const FILE: &str = "\
api-keys:
  - mg-ann
  - {key: ' mg-bob ', name: bob, models: ['claude-*'], expires: 2030-01-01}
  - {key-hash: 'sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad', name: abc}
  - {key: mg-off, disabled: true}
auth: {providers: [{name: config-api-key, type: config-api-key, api-keys: [mg-old]}]}
";

    #[test]
    fn keys_in_clear_are_found_and_hashes_stay_hashes() {
        let keys = listed(FILE, Path::new("c.yaml")).unwrap();
        let clear: Vec<Option<&str>> = keys
            .iter()
            .map(|key| key.clear.as_ref().map(Secret::expose))
            .collect();
        assert_eq!(
            clear,
            [
                Some("mg-ann"),
                Some("mg-bob"),
                None,
                Some("mg-off"),
                Some("mg-old")
            ]
        );
        assert!(keys[1].is_called("bob") && keys[2].is_called("ba7816bf8f01"));
        assert!(!keys[0].is_called("bob"));
    }

    #[test]
    fn a_key_is_good_for_its_models_until_its_end() {
        let keys = listed(FILE, Path::new("c.yaml")).unwrap();
        let at = |seconds| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        let good: Vec<bool> = keys.iter().map(|key| key.is_good(at(0))).collect();
        assert_eq!(good, [true, true, true, false, true]);
        assert!(!keys[1].is_good(at(4_000_000_000)));
        assert!(keys[1].may_use("claude-x") && !keys[1].may_use("gpt-5"));
        assert!(keys[0].may_use("gpt-5"));
    }

    #[test]
    fn a_file_with_mistakes_has_no_keys() {
        let error = listed("api-keys: [a]\nport: many\n", Path::new("c.yaml")).unwrap_err();
        assert_eq!(error.problems().len(), 1, "{error:?}");
    }
}
