//! A request that whoever manages the gateway makes in a credential's name: what is left of its quota, what its plan is.
//!
//! It goes to the servers of the credential's own provider and nowhere else: the gateway is no way into the network that it
//! stands in, and a key reaches nobody but the one it is for (`management-api.md` 1.10 and 9).

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::header::{CONTENT_LENGTH, HOST, TRANSFER_ENCODING, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use modelgate_config::Secret;
use modelgate_config::model::Proxy;
use tokio::time::timeout;
use url::Url;

use crate::credential::{AGENT, Credential};
use crate::{Clients, RefreshError, client};

/// Stands for the credential's key or token in the value of a header.
pub const TOKEN: &str = "$TOKEN$";
/// The longest wait for a whole answer.
const WHOLE: Duration = Duration::from_secs(60);
/// Largest answer, in bytes.
const LARGEST: usize = 8 << 20;
/// Headers that belong to the connection, and the one by which we name ourselves.
const OURS: [HeaderName; 4] = [HOST, CONTENT_LENGTH, TRANSFER_ENCODING, USER_AGENT];

/// What is asked.
#[derive(Debug)]
pub struct Fetch {
    /// How.
    pub method: Method,
    /// Where.
    pub url: Url,
    /// Names and values of headers; [`TOKEN`] in a value stands for the secret.
    pub headers: Vec<(String, String)>,
    /// The body; empty for none.
    pub body: Bytes,
    /// How this one connection is made; [`Proxy::Inherit`] leaves it to the credential.
    pub proxy: Proxy,
}

/// What was answered, whatever the status.
#[derive(Debug)]
pub struct Fetched {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FetchError {
    /// The address is not one of the credential's provider.
    #[error("the address is none of the account's own provider")]
    Elsewhere,
    /// The credential has no secret to send.
    #[error("the account has no token")]
    NoToken,
    /// The token of the account could not be renewed.
    #[error(transparent)]
    Refresh(#[from] RefreshError),
    /// A header cannot be sent.
    #[error("the header `{0}` cannot be sent")]
    Header(String),
    /// The provider did not answer.
    #[error("the request failed: {0}")]
    Failed(String),
    /// The answer broke off, took too long, or does not end.
    #[error("the answer cannot be read: {0}")]
    Broken(String),
}

/// Asks the provider of a credential. `proxy` is for credentials that name none; `connect` is the longest wait for a
/// connection.
///
/// # Errors
/// See [`FetchError`]; an answer with an error status is none.
pub async fn fetch(
    clients: &Clients,
    proxy: &Proxy,
    connect: Duration,
    credential: &Credential,
    fetch: Fetch,
) -> Result<Fetched, FetchError> {
    if !credential.is_at(&fetch.url) {
        return Err(FetchError::Elsewhere);
    }
    let headers = headers(credential, fetch.headers).await?;
    let failed = |error: reqwest::Error| FetchError::Failed(error.without_url().to_string());
    let client = match &fetch.proxy {
        Proxy::Inherit => clients.get(credential.proxy(proxy), connect),
        // Clients are kept for ever, and of these there may be any number.
        own => client::build(own, connect),
    };
    let client = client.map_err(failed)?;
    let request = client.request(fetch.method, fetch.url).headers(headers);
    let answered = timeout(WHOLE, async {
        let answer = request.body(fetch.body).send().await.map_err(failed)?;
        read(answer).await
    });
    answered
        .await
        .unwrap_or_else(|_| Err(FetchError::Broken("it took too long".to_owned())))
}

async fn read(mut answer: reqwest::Response) -> Result<Fetched, FetchError> {
    let (status, headers) = (answer.status(), std::mem::take(answer.headers_mut()));
    let mut body = BytesMut::new();
    let broken = |error: reqwest::Error| FetchError::Broken(error.without_url().to_string());
    while let Some(piece) = answer.chunk().await.map_err(broken)? {
        if body.len() + piece.len() > LARGEST {
            return Err(FetchError::Broken("it does not end".to_owned()));
        }
        body.extend_from_slice(&piece);
    }
    Ok(Fetched {
        status,
        headers,
        body: body.freeze(),
    })
}

/// The headers with the secret where it is wanted.
async fn headers(
    credential: &Credential,
    wanted: Vec<(String, String)>,
) -> Result<HeaderMap, FetchError> {
    let secret = if wanted.iter().any(|(_, value)| value.contains(TOKEN)) {
        Some(credential.secret().await?.ok_or(FetchError::NoToken)?)
    } else {
        None
    };
    let mut headers = HeaderMap::new();
    for (name, value) in wanted {
        let secret = secret.as_ref().filter(|_| value.contains(TOKEN));
        let text = secret.map_or_else(
            || value.clone(),
            |secret| value.replace(TOKEN, secret.expose()),
        );
        let unsendable = || FetchError::Header(name.clone());
        let known = HeaderName::from_bytes(name.as_bytes()).map_err(|_| unsendable())?;
        let mut value = HeaderValue::from_str(&text).map_err(|_| unsendable())?;
        value.set_sensitive(secret.is_some());
        if !OURS.contains(&known) {
            headers.append(known, value);
        }
    }
    headers.insert(USER_AGENT, HeaderValue::from_static(AGENT));
    Ok(headers)
}

impl Credential {
    /// Whether an address is at one of the servers of its provider: the same scheme, host and port.
    #[must_use]
    pub fn is_at(&self, url: &Url) -> bool {
        let origin = url.origin();
        origin.is_tuple() && self.endpoint.urls.any(|own| own.origin() == origin)
    }

    /// What lets it in: its key, or the access token of its account, renewed where it has ended. `None`: nothing does.
    async fn secret(&self) -> Result<Option<Secret>, RefreshError> {
        if let Some(login) = &self.account {
            let Some(refresher) = &login.refresher else {
                return Ok(None);
            };
            let token = refresher.token(&login.file).await?;
            return Ok(self.key(&token));
        }
        let value = self
            .auth
            .as_ref()
            .and_then(|(_, value)| value.to_str().ok());
        let key = value.map(|value| value.strip_prefix("Bearer ").unwrap_or(value));
        Ok(key.map(Secret::from))
    }
}
