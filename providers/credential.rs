//! One way to be let in by an upstream.

use std::fmt;

use http::header::{AUTHORIZATION, CONTENT_TYPE, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue};
use modelgate_config::Secret;
use modelgate_config::model::Proxy;
use modelgate_dialects::{Dialect, Str};
use url::Url;

use crate::{Call, Operation, ProviderKind, gemini};

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
    /// Where each operation is.
    pub(crate) urls: Urls,
    /// The headers of every call, key included; values that hold secrets are marked sensitive.
    pub(crate) headers: HeaderMap,
}

/// Where a provider's operations are.
#[derive(Debug, Clone)]
pub(crate) enum Urls {
    /// Each has its own address; the body names the model.
    Operations(Box<Operations>),
    /// Google: each is a method of a model in this collection.
    Models(Url),
}

/// The addresses of operations; absent where the provider has none.
#[derive(Debug, Clone, Default)]
pub(crate) struct Operations {
    /// Answers in the dialect of the provider's kind.
    pub(crate) generate: Option<Url>,
    /// Answers in the dialect of Responses, where that is another one.
    pub(crate) responses: Option<Url>,
    pub(crate) count_tokens: Option<Url>,
    pub(crate) compact: Option<Url>,
    pub(crate) embed: Option<Url>,
}

impl Credential {
    /// Whether the provider has the operation in a dialect.
    #[must_use]
    pub fn offers(&self, operation: Operation, dialect: Dialect) -> bool {
        match &self.urls {
            Urls::Operations(urls) => urls.of(operation, dialect == self.kind.dialect()).is_some(),
            Urls::Models(_) => gemini::method(operation, false).is_some(),
        }
    }

    /// The address of a call, the client's query included.
    pub(crate) fn url(&self, call: &Call<'_>) -> Option<Url> {
        match &self.urls {
            Urls::Operations(urls) => {
                let own = call.dialect == self.kind.dialect();
                let mut url = urls.of(call.operation, own)?.clone();
                url.set_query(call.query);
                Some(url)
            }
            Urls::Models(models) => gemini::url(models, call),
        }
    }
}

impl Operations {
    fn of(&self, operation: Operation, own_dialect: bool) -> Option<&Url> {
        match operation {
            Operation::Generate if own_dialect => self.generate.as_ref(),
            Operation::Generate => self.responses.as_ref(),
            Operation::CountTokens => self.count_tokens.as_ref(),
            Operation::Compact => self.compact.as_ref(),
            Operation::Embed => self.embed.as_ref(),
            Operation::EmbedBatch => None,
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
