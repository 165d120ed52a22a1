//! Amp: its own server, and what its models are called here.

use std::path::PathBuf;

use regex::Regex;
use url::Url;

use super::ClientKey;
use crate::secret::Secret;

/// The `ampcode` block (`management-api.md` 7.1).
#[derive(Debug, Clone)]
pub struct Ampcode {
    /// Amp's own server, which gets what is not served here; `None`: nobody does.
    pub upstream: Option<Url>,
    /// What lets clients in there that have no key of their own.
    pub key: Option<Secret>,
    /// Where Amp's own program keeps the keys of whoever runs the gateway; asked for clients for whom no key is known here.
    pub kept_keys: Option<PathBuf>,
    /// The keys of single clients: the digest of the client's key, and what stands for it there. None stands twice.
    pub keys_of_clients: Vec<([u8; 32], Secret)>,
    /// What is no request to a model is taken from this machine only.
    pub local_only: bool,
    /// Models that stand in for those that Amp asks for: exact names, then expressions, each in the order of the file.
    pub mappings: Vec<ModelMapping>,
    /// A mapping counts before a model of that very name.
    pub mappings_first: bool,
}

/// A model that stands in for others.
#[derive(Debug, Clone)]
pub struct ModelMapping {
    /// What is asked for.
    pub from: MappedName,
    /// What is asked instead; may end in how much to think, in brackets.
    pub to: String,
}

/// The name of a model that another one stands in for. Case is ignored.
#[derive(Debug, Clone)]
pub enum MappedName {
    /// This name, in lower case.
    Exact(String),
    /// Every name that the expression is found in.
    Pattern(Regex),
}

impl Ampcode {
    /// What a client is let in with at Amp's own server.
    #[must_use]
    pub fn key_of(&self, client: Option<&ClientKey>) -> Option<&Secret> {
        let own = client.and_then(|client| {
            let mut keys = self.keys_of_clients.iter();
            keys.find(|(digest, _)| *digest == client.digest)
        });
        own.map(|(_, key)| key).or(self.key.as_ref())
    }
}

impl MappedName {
    /// Whether a name is meant.
    #[must_use]
    pub fn is(&self, model: &str) -> bool {
        match self {
            Self::Exact(name) => *name == model.to_lowercase(),
            Self::Pattern(pattern) => pattern.is_match(model),
        }
    }
}

impl Default for Ampcode {
    fn default() -> Self {
        Self {
            upstream: None,
            key: None,
            kept_keys: None,
            keys_of_clients: Vec::new(),
            local_only: true,
            mappings: Vec::new(),
            mappings_first: false,
        }
    }
}
