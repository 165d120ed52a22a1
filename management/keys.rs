//! Client keys: what callers present to the gateway.

use std::path::Path;

use modelgate_config::{ConfigError, Environment, parse, setting};
use serde::{Deserialize, Serialize};

use crate::time::{Timestamp, timestamp};

/// A client key, without the key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientKey {
    /// The first digits of its SHA-256.
    pub id: String,
    /// What its owner calls it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Patterns of the models it may use; empty: all.
    #[serde(default)]
    pub models: Vec<String>,
    /// Who presents it is refused.
    #[serde(default)]
    pub disabled: bool,
    /// From when on who presents it is refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<Timestamp>,
}

/// Whether a key can end then: a date, or an instant.
///
/// # Errors
/// When it is none; says how one is written.
pub fn check_expiry(text: &str) -> Result<(), String> {
    setting::moment(text).map(drop)
}

/// The client keys of a configuration file. The file counts alone: what the environment says of the gateway is not known.
pub(crate) fn listed(text: &str) -> Result<Vec<ClientKey>, ConfigError> {
    let loaded = parse(text, Path::new("config.yaml"), &Environment::default())?;
    let keys = loaded.config.client_keys.into_iter();
    let keys = keys.map(|key| ClientKey {
        id: key.id,
        name: key.name,
        models: key.models.iter().map(ToString::to_string).collect(),
        disabled: key.disabled,
        expires: key.expires.map(timestamp),
    });
    Ok(keys.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_listed_without_the_keys() {
        let text = "api-keys:\n  - mg-secret-one\n  - {key: mg-secret-two, name: ci, models: ['gpt-*'], expires: 2030-01-01}\n";
        let keys = listed(text).unwrap();
        assert_eq!((keys[0].name.as_deref(), keys[0].models.len()), (None, 0));
        let json = serde_json::to_value(&keys[1]).unwrap();
        assert_eq!(json["name"], "ci");
        assert_eq!(json["expires"], "2030-01-01T00:00:00Z");
        assert!(!format!("{keys:?}").contains("secret"));
        assert!(listed("api-keys: [").is_err());
    }
}
