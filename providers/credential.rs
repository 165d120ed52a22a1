//! One way to be let in by an upstream.

use std::fmt;
use std::sync::Arc;

use http::header::{AUTHORIZATION, CONTENT_TYPE, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use modelgate_config::model::{ErrorRule, Proxy};
use modelgate_config::{Secret, key_digest};
use modelgate_dialects::{Dialect, Str};
use url::{Host, Url};

use crate::code_assist::{self, Billed, Places};
use crate::refresh::Token;
use crate::{
    Call, CallError, Health, Operation, ProviderKind, RefreshError, Refresher, claude, gemini,
    iflow, kiro,
};

/// How we call ourselves to every upstream.
pub(crate) const AGENT: &str = concat!("modelgate/", env!("CARGO_PKG_VERSION"));

/// One API key or account, ready to be used.
#[derive(Debug)]
pub struct Credential {
    /// Stable name, safe to show: `claude-api-key[0]`, `openrouter[1]`.
    pub id: CredentialId,
    /// What tells it from all others, wherever it stands in the file.
    pub key: CredentialKey,
    /// Whose it is.
    pub kind: ProviderKind,
    /// Name of the provider entry: `claude`, `openrouter`, `demo`.
    pub provider: Str,
    /// Where it comes from.
    pub source: Source,
    /// How its connections are made.
    pub proxy: Proxy,
    /// Models are also reached as `prefix/model`.
    pub prefix: Option<Str>,
    /// Higher is tried first.
    pub priority: i32,
    /// Its share of the turns, where shares count; 0 or less: none.
    pub weight: i64,
    /// Habits of a Chat server.
    pub quirks: modelgate_config::model::Quirks,
    /// What Kiro must be told, where it is asked.
    pub(crate) kiro: Option<Box<kiro::Told>>,
    /// What Code Assist must be told, where it is asked.
    pub(crate) billed: Option<Box<Billed>>,
    /// What its failures mean, where the operator knows better.
    pub error_rules: Arc<[ErrorRule]>,
    /// Its provider is asked for the list of its models.
    pub fetch_models: bool,
    /// Rounds that it takes part in after the first one, where it has a number of its own.
    pub request_retry: Option<u32>,
    /// Whether it is never barred, where it has a switch of its own.
    pub cooling_disabled: Option<bool>,
    /// How it does.
    pub health: Arc<Health>,
    pub(crate) endpoint: Arc<Endpoint>,
    /// The header that lets it in.
    pub(crate) auth: Option<(HeaderName, HeaderValue)>,
    /// The account whose tokens let it in instead.
    pub(crate) account: Option<Login>,
}

/// An account that somebody logged in to, as a credential.
#[derive(Debug, Clone)]
pub(crate) struct Login {
    /// The file of the account.
    pub(crate) file: Arc<str>,
    /// Who has its tokens; none where nothing is to be called.
    pub(crate) refresher: Option<Refresher>,
}

/// Where a credential comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// An entry of the configuration file.
    Config,
    /// A variable of the environment.
    Environment,
    /// A file of the directory of accounts.
    File,
    /// Part of the program.
    BuiltIn,
}

/// Tells credentials apart: the first bytes of a hash of provider, address and key. Stays the same when entries of the file
/// change places, and when the program is started again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CredentialKey(u64);

impl CredentialKey {
    /// The key of a secret at an address.
    #[must_use]
    pub fn new(provider: &str, address: &str, secret: &str) -> Self {
        let digest = key_digest(&format!("{provider}\n{address}\n{secret}"));
        let (first, _) = digest.split_at(8);
        Self(
            first
                .iter()
                .fold(0, |number, byte| number << 8 | u64::from(*byte)),
        )
    }
}

impl CredentialKey {
    /// The key of its sixteen digits.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        u64::from_str_radix(text, 16).ok().map(Self)
    }
}

impl fmt::Display for CredentialKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// What all keys of an entry have in common.
#[derive(Debug, PartialEq)]
pub(crate) struct Endpoint {
    /// Where each operation is.
    pub(crate) urls: Urls,
    /// The headers of every call but the one that lets in; values that hold secrets are marked sensitive.
    pub(crate) headers: HeaderMap,
}

/// Where a provider's operations are.
#[derive(Debug, PartialEq)]
pub(crate) enum Urls {
    /// Each has its own address; the body names the model.
    Operations(Box<Operations>),
    /// Google: each is a method of a model in this collection.
    Models(Url),
    /// Google's Code Assist: each is a method of the service, and the body names the model.
    CodeAssist(Box<Places>),
}

/// The addresses of operations; absent where the provider has none.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Operations {
    /// Answers in the dialect of the provider's kind.
    pub(crate) generate: Option<Url>,
    /// Answers in the dialect of Responses, where that is another one.
    pub(crate) responses: Option<Url>,
    /// Answers in the dialect of Claude, where that is another one; tokens are counted in it, too.
    pub(crate) messages: Option<Url>,
    pub(crate) count_tokens: Option<Url>,
    pub(crate) compact: Option<Url>,
    pub(crate) embed: Option<Url>,
    /// The list of the models (`GET`).
    pub(crate) models: Option<Url>,
}

/// The headers that a call has beside those of its provider: the key, and four that the transport sets.
const ADDED: usize = 5;

impl Credential {
    /// The headers of a call.
    pub(crate) fn headers(&self) -> HeaderMap {
        let common = &self.endpoint.headers;
        // A copy has no room for what is added here and by the transport, and growing costs more than copying one by one.
        let mut headers = HeaderMap::with_capacity(common.len() + ADDED);
        headers.extend(
            common
                .iter()
                .map(|(name, value)| (name.clone(), value.clone())),
        );
        if let Some((name, value)) = &self.auth {
            headers.insert(name, value.clone());
        }
        headers
    }

    /// Where the list of its provider's models is, where it has one.
    pub(crate) fn list_url(&self) -> Option<&Url> {
        match (&self.endpoint.urls, self.kind) {
            (Urls::Operations(urls), _) => urls.models.as_ref(),
            (Urls::Models(models), ProviderKind::Gemini) => Some(models),
            (Urls::Models(_), _) => None,
            (Urls::CodeAssist(places), _) => places.models.as_ref(),
        }
    }

    /// What lets an account in.
    pub(crate) fn bearer(&self, token: &Token) -> Option<(HeaderName, HeaderValue)> {
        bearer(&self.key(token)?)
    }

    /// The word that lets an account in: its token, or the key that came with it.
    pub(crate) fn key(&self, token: &Token) -> Option<Secret> {
        match self.kind {
            ProviderKind::Iflow => token.account.extra(iflow::API_KEY),
            _ => Some(token.access.clone()),
        }
    }

    /// The token of its account, where it is one.
    pub(crate) async fn token(&self) -> Result<Option<Token>, CallError> {
        let Some(login) = &self.account else {
            return Ok(None);
        };
        let provider = || self.provider.clone();
        let missing = || CallError::broken(provider(), "its tokens are not at hand");
        let refresher = login.refresher.as_ref().ok_or_else(missing)?;
        let token = refresher.token(&login.file).await;
        let token = token.map_err(|error| CallError::without_token(provider(), &error))?;
        Ok(Some(token))
    }

    /// What comes of asking with the token of its account, where it is one; once more with a new token where that one is refused:
    /// a provider may have ended it before its time.
    pub(crate) async fn let_in<T, F>(
        &self,
        ask: impl Fn(Option<Token>) -> F,
    ) -> Result<T, CallError>
    where
        F: Future<Output = Result<T, CallError>>,
    {
        let Some(token) = self.token().await? else {
            return ask(None).await;
        };
        let refused = match ask(Some(token.clone())).await {
            Err(error) if error.error.status == StatusCode::UNAUTHORIZED.as_u16() => error,
            outcome => return outcome,
        };
        let token = self.renewed(&token, refused).await?;
        match ask(Some(token.clone())).await {
            Err(error) if claude::is_revoked(&error) => Err(self.given_up(&token, error)),
            outcome => outcome,
        }
    }

    /// A new token of its account in the place of one that was refused.
    async fn renewed(&self, token: &Token, refused: CallError) -> Result<Token, CallError> {
        let Some(Login {
            file,
            refresher: Some(refresher),
        }) = &self.account
        else {
            return Err(refused);
        };
        match refresher.refresh_now(file, Some(&token.access)).await {
            Ok(token) => Ok(token),
            Err(RefreshError::LoginAgain { reason, .. }) => {
                let error = refresher.give_up(token, &reason);
                Err(CallError::without_token(self.provider.clone(), &error))
            }
            Err(_) => Err(refused),
        }
    }

    /// The failure of an account whose tokens its provider revokes, the new one too: only its owner can mend that.
    pub(crate) fn given_up(&self, token: &Token, refused: CallError) -> CallError {
        let refresher = self
            .account
            .as_ref()
            .and_then(|login| login.refresher.as_ref());
        let Some(refresher) = refresher else {
            return refused;
        };
        let error = refresher.give_up(token, &refused.error.message);
        CallError::without_token(self.provider.clone(), &error)
    }

    /// How its connections are made, where `global` holds for those without a setting of their own.
    pub(crate) fn proxy<'p>(&'p self, global: &'p Proxy) -> &'p Proxy {
        match &self.proxy {
            Proxy::Inherit => global,
            own => own,
        }
    }

    /// The file of its account, where it is one.
    #[must_use]
    pub fn file(&self) -> Option<&str> {
        self.account.as_ref().map(|account| &*account.file)
    }

    /// Whether the provider has the operation in a dialect.
    #[must_use]
    pub fn offers(&self, operation: Operation, dialect: Dialect) -> bool {
        match &self.endpoint.urls {
            Urls::Operations(urls) => urls.of(operation, dialect, self.kind).is_some(),
            Urls::Models(_) => gemini::method(operation, false).is_some(),
            Urls::CodeAssist(_) => code_assist::method(operation, false).is_some(),
        }
    }

    /// At how many places it can be asked, one after the other.
    pub(crate) fn places(&self) -> usize {
        match &self.endpoint.urls {
            Urls::Operations(_) => 1 + usize::from(self.second_url().is_some()),
            Urls::Models(_) => 1,
            Urls::CodeAssist(places) => places.hosts.len(),
        }
    }

    /// The address of a call at one of its places, the client's query included.
    pub(crate) fn address(&self, call: &Call<'_>, place: usize) -> Option<String> {
        match &self.endpoint.urls {
            Urls::Operations(urls) => {
                let first = urls.of(call.operation, call.dialect, self.kind)?;
                let second = self.second_url().filter(|_| place > 0);
                let url = second.unwrap_or(first);
                if url.query() == call.query {
                    return Some(url.as_str().to_owned());
                }
                let mut url = url.clone();
                url.set_query(call.query);
                Some(url.into())
            }
            Urls::Models(models) => gemini::address(models, call),
            Urls::CodeAssist(places) => places.url(call, place).map(String::from),
        }
    }
}

impl Urls {
    /// Whether one of the addresses is such.
    pub(crate) fn any(&self, is: impl Fn(&Url) -> bool) -> bool {
        match self {
            Self::Models(url) => is(url),
            Self::CodeAssist(places) => places.hosts.iter().chain(&places.models).any(is),
            Self::Operations(urls) => {
                let Operations {
                    generate,
                    responses,
                    messages,
                    count_tokens,
                    compact,
                    embed,
                    models,
                } = &**urls;
                let all = [
                    generate,
                    responses,
                    messages,
                    count_tokens,
                    compact,
                    embed,
                    models,
                ];
                all.into_iter().flatten().any(is)
            }
        }
    }
}

impl Operations {
    fn of(&self, operation: Operation, dialect: Dialect, kind: ProviderKind) -> Option<&Url> {
        match operation {
            Operation::Generate if dialect == kind.dialect() => self.generate.as_ref(),
            Operation::Generate if dialect == Dialect::Claude => self.messages.as_ref(),
            Operation::Generate => self.responses.as_ref(),
            Operation::CountTokens if self.messages.is_some() && dialect != Dialect::Claude => None,
            Operation::CountTokens => self.count_tokens.as_ref(),
            Operation::Compact => self.compact.as_ref(),
            Operation::Embed => self.embed.as_ref(),
            Operation::EmbedBatch | Operation::Predict => None,
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

/// A key as `Authorization: Bearer`.
pub(crate) fn bearer(key: &Secret) -> Option<(HeaderName, HeaderValue)> {
    secret(AUTHORIZATION, &format!("Bearer {}", key.expose()))
}

/// A header whose value must not be shown. Values are checked when the configuration is read; one that is no header value all
/// the same is left out, and the upstream's refusal will say so.
pub(crate) fn secret(name: HeaderName, value: &str) -> Option<(HeaderName, HeaderValue)> {
    let Ok(mut value) = HeaderValue::from_str(value) else {
        tracing::warn!(%name, "the configured value cannot be sent as a header; it is left out");
        return None;
    };
    value.set_sensitive(true);
    Some((name, value))
}

/// Adds the operator's extra headers, which win over all others.
pub(crate) fn insert_extra(headers: &mut HeaderMap, extra: &[(String, Secret)]) {
    for (name, value) in extra {
        let name = HeaderName::from_bytes(name.as_bytes()).ok();
        if let Some((name, value)) = name.and_then(|name| secret(name, value.expose())) {
            headers.insert(name, value);
        }
    }
}

/// Whether a token may be sent to an address that a provider names: with TLS, or to this machine.
pub(crate) fn is_trusted(url: &Url) -> bool {
    let is_here = match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(_)) => false,
        None => return false,
    };
    url.scheme() == "https" || (url.scheme() == "http" && is_here)
}

/// An address of a provider, at another of its servers.
pub(crate) fn moved(url: Url, base: Option<&Url>) -> Url {
    let Some(base) = base else { return url };
    let mut moved = base.clone();
    let before = base.path().trim_end_matches('/');
    moved.set_path(&format!("{before}{}", url.path()));
    moved.set_query(url.query());
    moved
}

/// `base` with a path appended; `base` keeps its own path.
pub(crate) fn join(base: &Url, path: &[&str]) -> Url {
    let mut url = base.clone();
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.pop_if_empty().extend(path);
    }
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_moves_with_its_path_and_query() {
        let url = |text: &str| Url::parse(text).unwrap();
        for (base, expected) in [
            (None, "https://api.example/chat?a=b"),
            (
                Some("https://other.example:8/"),
                "https://other.example:8/chat?a=b",
            ),
            (
                Some("https://other.example/x/"),
                "https://other.example/x/chat?a=b",
            ),
        ] {
            let moved = moved(url("https://api.example/chat?a=b"), base.map(url).as_ref());
            assert_eq!(moved.as_str(), expected);
        }
    }
}
