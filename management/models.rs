//! Models: what clients can ask for, who serves it, and what it costs.

use serde::{Deserialize, Serialize};

use crate::accounts::State;
use crate::time::Timestamp;

/// `GET models`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Models {
    /// Those that are listed to clients.
    pub models: Vec<Model>,
    /// Providers that take names beside those on their lists.
    #[serde(default)]
    pub other_names: Vec<OtherNames>,
}

/// A model that clients can ask for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Model {
    /// The name clients use.
    pub id: String,
    /// The providers that serve it, in the order in which they are tried.
    pub providers: Vec<String>,
    /// The largest answer in tokens, where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_output: Option<u32>,
    /// What it reads and writes in one request, in tokens, where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context_window: Option<u32>,
    /// What it costs where it is tried first; absent where that is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<Price>,
    /// The accounts that serve it, in the order in which they are listed.
    #[serde(default)]
    pub servers: Vec<Server>,
    /// How many more there are than are listed.
    #[serde(default)]
    pub more_servers: usize,
}

/// Prices, in millionths of a dollar for a million tokens: $3 are 3000000.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Price {
    /// Of input tokens.
    pub input: u64,
    /// Of output tokens.
    pub output: u64,
    /// Of input tokens that are read from a cache, where the list tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_read: Option<u64>,
}

/// An account that serves a model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Server {
    /// The account.
    pub credential: String,
    /// The upstream's name of the model.
    pub model: String,
    /// Whether requests for it are sent.
    pub state: State,
    /// Why not, where they are not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// When it is tried again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_try: Option<Timestamp>,
}

/// A provider that passes on names it does not list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OtherNames {
    /// The provider.
    pub provider: String,
    /// What the names look like, with `*` for anything.
    pub patterns: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_known_is_absent() {
        let text = r#"{"models":[{"id":"m","providers":["p"],"servers":[{"credential":"c","model":"u","state":"ready"}],"more_servers":0}],"other_names":[]}"#;
        let models: Models = serde_json::from_str(text).unwrap();
        assert_eq!(models.models[0].price, None);
        assert_eq!(serde_json::to_string(&models).unwrap(), text);
    }
}
