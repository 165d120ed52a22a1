//! One way to be let in by an upstream.

use std::fmt;

use http::header::{AUTHORIZATION, CONTENT_TYPE, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue};
use modelgate_config::Secret;
use modelgate_config::model::Proxy;
use modelgate_dialects::Str;
use url::Url;

use crate::{Operation, ProviderKind};

/// How we call ourselves to every upstream.
const AGENT: &str = concat!("modelgate/", env!("CARGO_PKG_VERSION"));

/// One API key, ready to be used.
#[derive(Debug, Clone)]
pub struct Credential {
    /// Stable name, safe to show: `claude-api-key[0]`, `openrouter[1]`.
    pub id: CredentialId,
    /// Whose it is.
    pub kind: ProviderKind,
    /// Name of the provider entry: `claude`, `openrouter`, `demo`.
    pub provider: Str,
    /// How its connections are made.
    pub proxy: Proxy,
    /// Higher is tried first.
    pub priority: i32,
    /// Habits of a Chat server.
    pub quirks: modelgate_config::model::Quirks,
    /// Where each operation is; absent where the provider has none.
    pub(crate) urls: Urls,
    /// The headers of every call, key included; values that hold secrets are marked sensitive.
    pub(crate) headers: HeaderMap,
}

/// Addresses of a provider's operations.
#[derive(Debug, Clone)]
pub(crate) struct Urls {
    pub(crate) generate: Url,
    pub(crate) count_tokens: Option<Url>,
}

impl Credential {
    /// Whether the provider has the operation.
    #[must_use]
    pub fn offers(&self, operation: Operation) -> bool {
        self.url(operation).is_some()
    }

    pub(crate) fn url(&self, operation: Operation) -> Option<&Url> {
        match operation {
            Operation::Generate => Some(&self.urls.generate),
            Operation::CountTokens => self.urls.count_tokens.as_ref(),
        }
    }
}

/// Stable, loggable name of a credential.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CredentialId(Str);

impl CredentialId {
    /// A name.
    #[must_use]
    pub fn new(name: impl Into<Str>) -> Self {
        Self(name.into())
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CredentialId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The headers every upstream gets. `identity` is asked for because a stream that is compressed is a stream that is
/// held back; answers that come compressed all the same are decoded.
pub(crate) fn common_headers() -> HeaderMap {
    let mut headers = HeaderMap::with_capacity(8);
    headers.insert(USER_AGENT, HeaderValue::from_static(AGENT));
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(
        http::header::ACCEPT_ENCODING,
        HeaderValue::from_static("identity"),
    );
    headers
}

/// Adds a key as `Authorization: Bearer`.
pub(crate) fn insert_bearer(headers: &mut HeaderMap, key: &Secret) {
    insert_secret(headers, AUTHORIZATION, &format!("Bearer {}", key.expose()));
}

/// Adds a header whose value must not be shown. Values are checked when the configuration is read; one that is no
/// header value all the same is left out, and the upstream's refusal will say so.
pub(crate) fn insert_secret(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    match HeaderValue::from_str(value) {
        Ok(mut value) => {
            value.set_sensitive(true);
            headers.insert(name, value);
        }
        Err(_) => {
            tracing::warn!(%name, "the configured value cannot be sent as a header; it is left out");
        }
    }
}

/// Adds the operator's extra headers, which win over all others.
pub(crate) fn insert_extra(headers: &mut HeaderMap, extra: &[(String, Secret)]) {
    for (name, value) in extra {
        if let Ok(name) = HeaderName::from_bytes(name.as_bytes()) {
            insert_secret(headers, name, value.expose());
        }
    }
}

/// `base` with a path appended; `base` keeps its own path.
pub(crate) fn join(base: &Url, path: &[&str]) -> Url {
    let mut url = base.clone();
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.pop_if_empty().extend(path);
    }
    url
}
