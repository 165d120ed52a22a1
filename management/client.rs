//! A client of the management API: of the gateway on this machine, found by its runtime file, or of any other by its
//! address and a management key.

mod events;
mod logins;
mod settings;

use std::path::Path;
use std::sync::Once;
use std::time::Duration;

use modelgate_config::Secret;
use modelgate_config::keys::KeyError;
use reqwest::header::{CONTENT_TYPE, ETAG, HeaderMap, HeaderValue, IF_MATCH};
use reqwest::{Method, StatusCode};
use serde::de::DeserializeOwned;
use url::Url;

use crate::accounts::{AccountAction, Accounts, ActionDone};
use crate::config::{ConfigSaved, ConfigText};
use crate::error::ConfigProblem;
use crate::logs::{LogLines, LogQuery};
use crate::models::Models;
use crate::requests::{RequestDetail, Requests};
use crate::route::RouteDecision;
use crate::runtime::Runtime;
use crate::usage::{UsageImported, UsageQuery, UsageSummary};
use crate::{BASE, KEY_HEADER, error};

pub use self::events::Events;

/// The longest wait for a connection.
const CONNECT: Duration = Duration::from_secs(5);
/// The longest wait for a whole answer. Renewing a token asks the provider.
const WHOLE: Duration = Duration::from_secs(60);
/// The longest time for everything that is in a ledger.
const TRANSFER: Duration = Duration::from_secs(3_600);
/// Answers are bounded lists; a larger one is from somebody else.
const LARGEST: usize = 32 << 20;

/// Asks one gateway.
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
    base: Url,
    key: HeaderValue,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// No runtime file leads to a gateway that answers.
    #[error("no gateway is running here")]
    NotRunning,
    /// The address is none.
    #[error("`{url}` is no address of a gateway: {reason}")]
    BadUrl {
        /// As it was given.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The key cannot be sent, or there is none.
    #[error("{0}")]
    BadKey(&'static str),
    /// The HTTP client cannot be made.
    #[error("connections cannot be made")]
    Setup(#[source] reqwest::Error),
    /// The gateway could not be reached, or the answer broke off.
    #[error("the gateway at {url} does not answer")]
    Silent {
        /// Where it should be.
        url: String,
        /// What went wrong.
        #[source]
        source: reqwest::Error,
    },
    /// The gateway said no.
    #[error("{message}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// In its words.
        message: String,
        /// The single case, where it names one.
        code: Option<String>,
        /// Every mistake of a configuration that it does not take.
        problems: Vec<ConfigProblem>,
    },
    /// Something answered a client, and not as a gateway does.
    #[error("what answers at {url} is no gateway ({reason})")]
    Stranger {
        /// Where it is.
        url: String,
        /// What it did instead.
        reason: String,
    },
    /// The gateway has no management for those who ask from here.
    #[error("the gateway at {url} cannot be managed from here")]
    Off {
        /// Where it is.
        url: String,
    },
    /// The client keys were not changed.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// Something answered, and not as a gateway does.
    #[error("what answers at {url} does not speak modelgate's management API ({reason})")]
    Foreign {
        /// Where it is.
        url: String,
        /// What it did instead.
        reason: String,
    },
}

impl ClientError {
    /// What the person can do about it.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::NotRunning => Some(
                "start it with: modelgate serve; or name another one with --url and MODELGATE_MANAGEMENT_KEY",
            ),
            Self::BadUrl { .. } => Some("write it like http://192.0.2.1:8317"),
            Self::BadKey(_) => {
                Some("set MODELGATE_MANAGEMENT_KEY, or give --key, beside the address")
            }
            Self::Silent { .. } => Some("is it running there, and reachable from here?"),
            Self::Refused { status: 401, .. } => {
                Some("the key must be the management key of that gateway, not a client key")
            }
            Self::Foreign { .. } => Some("check the address; both ends should be of one version"),
            Self::Stranger { .. } => Some("check the address; nothing may follow the port"),
            Self::Off { .. } => Some(
                "set `remote-management.secret-key` in its configuration, and `allow-remote: true` for other machines",
            ),
            Self::Setup(_) | Self::Refused { .. } | Self::Key(_) => None,
        }
    }

    /// Whether the configuration is not any more what was read of it.
    #[must_use]
    pub fn is_stale(&self) -> bool {
        matches!(self, Self::Refused { status: 412, .. })
    }

    /// Every mistake of a configuration that was not taken.
    #[must_use]
    pub fn problems(&self) -> &[ConfigProblem] {
        match self {
            Self::Refused { problems, .. } => problems,
            _ => &[],
        }
    }

    /// Whether the gateway does not know the key. Few such mistakes are forgiven before nobody at this address is let in.
    #[must_use]
    pub fn is_wrong_key(&self) -> bool {
        matches!(self, Self::Refused { status: 401, .. })
    }

    /// Whether the gateway does not know what was asked for.
    #[must_use]
    pub fn is_unknown(&self) -> bool {
        matches!(self, Self::Refused { status: 404, .. })
    }
}

impl Client {
    /// The gateway of this machine: the one that serves with `config`, else the one that started last. `state` is the
    /// directory of runtime files.
    ///
    /// # Errors
    /// When none is running.
    pub fn local(state: &Path, config: &Path) -> Result<Self, ClientError> {
        Self::of(&Runtime::find(state, config).ok_or(ClientError::NotRunning)?)
    }

    /// The gateway of this machine that serves with `config`, and no other.
    ///
    /// # Errors
    /// When none is running.
    pub fn local_with(state: &Path, config: &Path) -> Result<Self, ClientError> {
        let runtime = Runtime::find(state, config).filter(|runtime| runtime.serves(config));
        Self::of(&runtime.ok_or(ClientError::NotRunning)?)
    }

    fn of(runtime: &Runtime) -> Result<Self, ClientError> {
        let scheme = if runtime.tls { "https" } else { "http" };
        let base = format!("{scheme}://{}", runtime.address);
        Self::new(local_builder(), &base, &runtime.token)
    }

    /// A gateway by its address and its management key.
    ///
    /// # Errors
    /// When the address or the key cannot be used.
    pub fn remote(url: &str, key: &Secret) -> Result<Self, ClientError> {
        Self::new(builder(), url, key)
    }

    fn new(builder: reqwest::ClientBuilder, url: &str, key: &Secret) -> Result<Self, ClientError> {
        let base = address(url)?;
        if key.expose().is_empty() {
            return Err(ClientError::BadKey("there is no management key"));
        }
        let mut key = HeaderValue::from_str(key.expose())
            .map_err(|_| ClientError::BadKey("the management key cannot be sent in a header"))?;
        key.set_sensitive(true);
        let http = builder.build().map_err(ClientError::Setup)?;
        Ok(Self { http, base, key })
    }

    /// Where the gateway is.
    #[must_use]
    pub fn url(&self) -> &str {
        self.base.as_str().trim_end_matches('/')
    }

    /// Whether the other one asks the same gateway with the same key.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        self.base == other.base && self.key == other.key
    }

    /// Every account.
    ///
    /// # Errors
    /// See [`ClientError`], as for all of these.
    pub async fn accounts(&self) -> Result<Accounts, ClientError> {
        self.ask(Method::GET, &["accounts"], &[]).await
    }

    /// Does something with an account.
    ///
    /// # Errors
    /// When there is no such account, or it cannot be done with one of its kind.
    pub async fn act(&self, id: &str, action: AccountAction) -> Result<ActionDone, ClientError> {
        self.ask(Method::POST, &["accounts", id, action.name()], &[])
            .await
    }

    /// The latest requests, at most so many.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn requests(&self, limit: usize) -> Result<Requests, ClientError> {
        let limit = limit.to_string();
        self.ask(Method::GET, &["requests"], &[("limit", &limit)])
            .await
    }

    /// Everything that is remembered of a request.
    ///
    /// # Errors
    /// When it is not remembered, or not over.
    pub async fn request(&self, id: &str) -> Result<RequestDetail, ClientError> {
        self.ask(Method::GET, &["requests", id], &[]).await
    }

    /// Every model that clients can ask for.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn models(&self) -> Result<Models, ClientError> {
        self.ask(Method::GET, &["models"], &[]).await
    }

    /// Who would be asked for a model next.
    ///
    /// # Errors
    /// When nobody serves the model.
    pub async fn route(
        &self,
        model: &str,
        session: Option<&str>,
    ) -> Result<RouteDecision, ClientError> {
        let mut query = vec![("model", model)];
        query.extend(session.map(|session| ("session", session)));
        self.ask(Method::GET, &["route"], &query).await
    }

    /// The configuration file of the gateway.
    ///
    /// # Errors
    /// When it has none, or cannot read it.
    pub async fn config(&self) -> Result<ConfigText, ClientError> {
        let request = self.prepare(Method::GET, &["config.yaml"], &[]);
        let (headers, body) = self.send(request).await?;
        let text = String::from_utf8(body)
            .map_err(|_| self.foreign("its configuration is no text".to_owned()))?;
        let etag = headers.get(ETAG).cloned();
        Ok(ConfigText { text, etag })
    }

    /// Replaces the configuration file of the gateway, which puts it to use. `read` is what was changed; a file that was
    /// changed by somebody else meanwhile is left alone.
    ///
    /// # Errors
    /// When the text is no valid configuration, or the file is not any more what was read ([`ClientError::is_stale`]).
    pub async fn replace_config(
        &self,
        read: &ConfigText,
        text: String,
    ) -> Result<ConfigSaved, ClientError> {
        let mut request = self.prepare(Method::PUT, &["config.yaml"], &[]);
        if let Some(etag) = &read.etag {
            request = request.header(IF_MATCH, etag);
        }
        let request = request.header(CONTENT_TYPE, "application/yaml").body(text);
        let (_, body) = self.send(request).await?;
        self.parsed(&body)
    }

    /// Sums of what requests used, broken down by `model`, `key`, `provider`, `credential`, `hour` or `day`.
    ///
    /// # Errors
    /// When a time makes no sense, or the ledger cannot be read.
    pub async fn usage(&self, by: &str, query: &UsageQuery) -> Result<UsageSummary, ClientError> {
        let mut pairs = query.pairs();
        pairs.push(("by", by));
        self.ask(Method::GET, &["usage", "summary"], &pairs).await
    }

    /// Hands every request of a time to `write`, piece by piece, as `json`, `jsonl` or `csv`. Ends early when `write` tells
    /// false.
    ///
    /// # Errors
    /// As for [`Client::usage`]; also when the gateway breaks off.
    pub async fn export_usage(
        &self,
        format: &str,
        query: &UsageQuery,
        mut write: impl FnMut(&[u8]) -> bool,
    ) -> Result<(), ClientError> {
        let mut pairs = query.pairs();
        pairs.push(("format", format));
        let request = self.prepare(Method::GET, &["usage", "export"], &pairs);
        let answer = request.timeout(TRANSFER).send().await;
        let mut answer = answer.map_err(|error| self.silent(error))?;
        let status = answer.status();
        if !status.is_success() {
            let body = self.read(answer).await?;
            return Err(self.refused(status, &body));
        }
        while let Some(piece) = answer.chunk().await.map_err(|error| self.silent(error))? {
            if !write(&piece) {
                break;
            }
        }
        Ok(())
    }

    /// Takes over the usage in a file of [`Client::export_usage`] as `json`, or of a program of the same family.
    ///
    /// # Errors
    /// When it is not of the form, or the ledger cannot be written.
    pub async fn import_usage(&self, file: Vec<u8>) -> Result<UsageImported, ClientError> {
        let request = self.prepare(Method::POST, &["usage", "import"], &[]);
        let request = request.timeout(TRANSFER).body(file);
        let (_, body) = self.send(request).await?;
        self.parsed(&body)
    }

    /// Lines of the log.
    ///
    /// # Errors
    /// When the gateway does not log to a file.
    pub async fn logs(&self, query: &LogQuery) -> Result<LogLines, ClientError> {
        let pairs = query.pairs();
        let pairs: Vec<(&str, &str)> = pairs
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        self.ask(Method::GET, &["logs"], &pairs).await
    }

    /// The log of one request; none where it left none.
    ///
    /// # Errors
    /// When the id is none.
    pub async fn request_log(&self, id: &str) -> Result<Option<String>, ClientError> {
        let request = self.prepare(Method::GET, &["request-log-by-id", id], &[]);
        match self.send(request).await {
            Ok((_, body)) => Ok(Some(String::from_utf8_lossy(&body).into_owned())),
            Err(error) if error.is_unknown() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The address of the page for browsers; none where it is switched off.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn panel(&self) -> Result<Option<String>, ClientError> {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().push("management.html");
        }
        let answer = self.http.head(url.clone()).send().await;
        let answer = answer.map_err(|error| self.silent(error))?;
        Ok(answer.status().is_success().then(|| url.into()))
    }

    async fn ask<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &[&str],
        query: &[(&str, &str)],
    ) -> Result<T, ClientError> {
        let (_, body) = self.send(self.prepare(method, path, query)).await?;
        self.parsed(&body)
    }

    fn parsed<T: DeserializeOwned>(&self, body: &[u8]) -> Result<T, ClientError> {
        serde_json::from_slice(body).map_err(|error| self.foreign(error.to_string()))
    }

    fn prepare(
        &self,
        method: Method,
        path: &[&str],
        query: &[(&str, &str)],
    ) -> reqwest::RequestBuilder {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(BASE.split('/').skip(1));
            segments.extend(path);
        }
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let request = self.http.request(method, url);
        request.header(KEY_HEADER, self.key.clone())
    }

    async fn send(
        &self,
        request: reqwest::RequestBuilder,
    ) -> Result<(HeaderMap, Vec<u8>), ClientError> {
        let mut answer = request.send().await.map_err(|error| self.silent(error))?;
        let (status, headers) = (answer.status(), std::mem::take(answer.headers_mut()));
        let body = self.read(answer).await?;
        if status.is_success() {
            return Ok((headers, body));
        }
        Err(self.refused(status, &body))
    }

    async fn read(&self, mut answer: reqwest::Response) -> Result<Vec<u8>, ClientError> {
        let body = read(&mut answer, LARGEST).await;
        let body = body.map_err(|error| self.silent(error))?;
        body.ok_or_else(|| self.foreign("its answer does not end".to_owned()))
    }

    fn refused(&self, status: StatusCode, body: &[u8]) -> ClientError {
        match error::read(body) {
            Some(error) => ClientError::Refused {
                status: status.as_u16(),
                message: error.message,
                code: error.code,
                problems: error.problems,
            },
            None if status == StatusCode::NOT_FOUND && body.is_empty() => ClientError::Off {
                url: self.url().to_owned(),
            },
            None => self.foreign(format!("it answers with status {}", status.as_u16())),
        }
    }

    fn silent(&self, error: reqwest::Error) -> ClientError {
        ClientError::Silent {
            url: self.url().to_owned(),
            source: error.without_url(),
        }
    }

    fn foreign(&self, reason: String) -> ClientError {
        ClientError::Foreign {
            url: self.url().to_owned(),
            reason,
        }
    }
}

/// A body; none where it is longer than this.
pub(crate) async fn read(
    answer: &mut reqwest::Response,
    largest: usize,
) -> Result<Option<Vec<u8>>, reqwest::Error> {
    let mut body = Vec::new();
    while let Some(piece) = answer.chunk().await? {
        if body.len() + piece.len() > largest {
            return Ok(None);
        }
        body.extend_from_slice(&piece);
    }
    Ok(Some(body))
}

/// The base address of a gateway; `http` is meant where no scheme is named.
pub(crate) fn address(text: &str) -> Result<Url, ClientError> {
    let bad = |reason: &str| ClientError::BadUrl {
        url: text.to_owned(),
        reason: reason.to_owned(),
    };
    let text = text.trim();
    let whole = if text.contains("://") {
        text.to_owned()
    } else {
        format!("http://{text}")
    };
    let url = Url::parse(&whole).map_err(|error| bad(&error.to_string()))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(bad("it must begin with http:// or https://"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(ClientError::BadUrl {
            url: "…".to_owned(),
            reason: "it must not hold a password".to_owned(),
        });
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(bad("nothing may follow the path"));
    }
    Ok(url)
}

/// For a gateway of this machine. A certificate is for the names that clients use, not for this address. The runtime file,
/// which nobody else can write, vouches for it, and so the system needs no certificates either.
pub(crate) fn local_builder() -> reqwest::ClientBuilder {
    builder().no_proxy().tls_danger_accept_invalid_certs(true)
}

pub(crate) fn builder() -> reqwest::ClientBuilder {
    install_tls();
    // A key must never follow a redirect to somewhere else.
    reqwest::Client::builder()
        .connect_timeout(CONNECT)
        .timeout(WHOLE)
        .redirect(reqwest::redirect::Policy::none())
        .user_agent(concat!("modelgate/", env!("CARGO_PKG_VERSION")))
}

/// Chooses the cryptography of this process; the first who does so wins.
fn install_tls() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
}

#[cfg(test)]
mod tests;
