//! The configuration file of a gateway, as its management API gives and takes it.

use reqwest::header::HeaderValue;
use serde::{Deserialize, Serialize};

/// `GET config.yaml`: the file, secrets in clear.
#[derive(Clone)]
pub struct ConfigText {
    /// Its text.
    pub text: String,
    /// Which writing of the file it is.
    pub(crate) etag: Option<HeaderValue>,
}

impl std::fmt::Debug for ConfigText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ConfigText")
            .field("etag", &self.etag)
            .finish_non_exhaustive()
    }
}

/// `PUT config.yaml`: what became of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfigSaved {
    /// Keys whose new value counts only after a restart.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub needs_restart: Vec<String>,
    /// What is probably not meant.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}
