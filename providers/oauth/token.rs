//! What a token endpoint is asked, and what it may answer.

use std::time::{Duration, SystemTime};

use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use http::{HeaderMap, StatusCode, header};
use modelgate_config::model::Proxy;
use modelgate_config::{OAuthUnset, Secret};
use modelgate_dialects::json::{Document, RawJson, Value};
use tokio::time::timeout;
use url::{Url, form_urlencoded};

use super::LoginError;
use crate::client::Clients;
use crate::retry_hint;
use crate::store::{Account, AccountKind, life_of_jwt, lookup, of_jwt};

/// For what is good to know.
const BRIEF: Duration = Duration::from_secs(10);
/// Larger answers are not read on, in bytes.
const LARGEST: usize = 1 << 20;

/// Ends the login (`providers.md` 1.3).
const FINAL: [&str; 6] = [
    "invalid_grant",
    "refresh_token_reused",
    "refresh_token_expired",
    "refresh_token_invalidated",
    "invalid_client",
    "unauthorized_client",
];

/// Fields of an answer that are kept beside the tokens: who it is, where a Qwen account is served, and which profile a Kiro
/// account has.
const KEPT: [&str; 4] = ["id_token", "email", "resource_url", "profile_arn"];

const USER_AGENT: &str = concat!("modelgate/", env!("CARGO_PKG_VERSION"));

/// What a provider gives.
#[derive(Debug, Clone)]
pub struct Grant {
    /// The new access token.
    pub access: Secret,
    /// The new refresh token; `None`: the old one stays good.
    pub refresh: Option<Secret>,
    /// When the access token ends; `None`: nobody says, taken as an hour.
    pub expires: Option<SystemTime>,
    /// Where the provider wants to be asked with the token, of those that live in memory.
    pub base: Option<Url>,
    /// Further fields of the account file. Empty values change nothing.
    pub fields: Vec<(&'static str, Secret)>,
}

/// Why a provider gives nothing. The reasons are for people and hold no secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refused {
    /// For good: somebody must log in again.
    LoginAgain(String),
    /// Too many have asked; the wait that the provider wants.
    RateLimited(Option<Duration>),
    /// No answer, or the provider is in trouble: worth another try.
    Unavailable(String),
    /// Anything else, which a second try would only repeat.
    Failed(String),
}

impl From<OAuthUnset> for Refused {
    fn from(unset: OAuthUnset) -> Self {
        Self::Failed(unset.to_string())
    }
}

/// How the body of a request is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// A JSON object.
    Json,
    /// `application/x-www-form-urlencoded`, as RFC 6749 has it.
    Form,
}

/// An OAuth token endpoint that takes `grant_type=refresh_token` (RFC 6749, section 6).
#[derive(Debug, Clone)]
pub struct TokenEndpoint {
    /// Where it is.
    pub url: Url,
    /// How it reads.
    pub encoding: Encoding,
    /// Whom the login was granted to.
    pub client_id: Box<str>,
    /// For clients that have one.
    pub client_secret: Option<Secret>,
    /// What the new token is for, where the endpoint wants it repeated.
    pub scope: Option<Box<str>>,
}

impl TokenEndpoint {
    /// Asks once for new tokens, through the proxy of the account, or `proxy` where it has none of its own.
    ///
    /// # Errors
    /// What the endpoint, or the way there, has against it.
    pub async fn refresh(
        &self,
        clients: &Clients,
        proxy: &Proxy,
        connect: Duration,
        account: &Account,
    ) -> Result<Grant, Refused> {
        let proxy = match &account.settings.proxy {
            Proxy::Inherit => proxy,
            own => own,
        };
        let client = clients
            .get(proxy, connect)
            .map_err(|error| Refused::Failed(told(error, account.kind)))?;
        granted(self.renew(&client, account).await?, SystemTime::now())
    }

    /// The same, for those who want to see the answer.
    pub(super) async fn renew(
        &self,
        client: &reqwest::Client,
        account: &Account,
    ) -> Result<Bytes, Refused> {
        let refresh = refresh_token(account)?;
        let fields = [
            ("grant_type", "refresh_token"),
            ("refresh_token", refresh.expose()),
        ];
        self.ask(client, account.kind, &fields).await
    }

    /// Asks for tokens: the fields, and who asks.
    ///
    /// # Errors
    /// As [`TokenEndpoint::refresh`].
    pub(super) async fn ask(
        &self,
        client: &reqwest::Client,
        kind: AccountKind,
        fields: &[(&str, &str)],
    ) -> Result<Bytes, Refused> {
        self.post(client, kind, fields).await?.good()
    }

    /// The same, for those who want to see a refusal.
    pub(super) async fn post(
        &self,
        client: &reqwest::Client,
        kind: AccountKind,
        fields: &[(&str, &str)],
    ) -> Result<Answer, Refused> {
        let secret = self.client_secret.as_ref().map(Secret::expose);
        let who = [
            ("client_id", Some(&*self.client_id)),
            ("client_secret", secret),
            ("scope", self.scope.as_deref()),
        ];
        let who = who
            .iter()
            .filter_map(|(name, value)| Some((*name, (*value)?)));
        let fields = fields.iter().copied().chain(who);
        let (content_type, body) = self.encoding.write(fields);
        let request = client
            .post(self.url.clone())
            .header(header::CONTENT_TYPE, content_type)
            .body(body);
        send(request, kind).await
    }
}

impl Encoding {
    /// The type of a body, and the body.
    fn write<'f>(self, fields: impl Iterator<Item = (&'f str, &'f str)>) -> (&'static str, String) {
        match self {
            Self::Json => {
                let json = RawJson::build(|writer| {
                    writer.object(|writer| {
                        for (name, value) in fields {
                            writer.foreign_field(name, value);
                        }
                    });
                });
                ("application/json", json.as_str().to_owned())
            }
            Self::Form => {
                let mut form = form_urlencoded::Serializer::new(String::new());
                form.extend_pairs(fields);
                ("application/x-www-form-urlencoded", form.finish())
            }
        }
    }
}

/// What a provider is asked that is no plain token endpoint.
#[derive(Debug)]
pub(super) struct Question {
    url: Url,
    encoding: Encoding,
    headers: HeaderMap,
    fields: Vec<(&'static str, Secret)>,
}

impl Question {
    pub(super) fn new(url: Url, encoding: Encoding, fields: Vec<(&'static str, Secret)>) -> Self {
        Self {
            url,
            encoding,
            headers: HeaderMap::new(),
            fields,
        }
    }

    /// The same, with headers that say who asks.
    pub(super) fn from(mut self, headers: HeaderMap) -> Self {
        self.headers = headers;
        self
    }

    /// Asks.
    pub(super) async fn ask(
        &self,
        client: &reqwest::Client,
        kind: AccountKind,
    ) -> Result<Answer, Refused> {
        let fields = self.fields.iter();
        let fields = fields.map(|(name, value)| (*name, value.expose()));
        let (content_type, body) = self.encoding.write(fields);
        let request = client
            .post(self.url.clone())
            .headers(self.headers.clone())
            .header(header::CONTENT_TYPE, content_type)
            .body(body);
        send(request, kind).await
    }

    /// Asks for what a login begins with.
    pub(super) async fn begin(
        &self,
        client: &reqwest::Client,
        kind: AccountKind,
    ) -> Result<Bytes, LoginError> {
        let answer = self.ask(client, kind).await.and_then(Answer::good);
        answer.map_err(|refused| LoginError::refused(kind, refused))
    }
}

/// What an account is renewed with.
pub(super) fn refresh_token(account: &Account) -> Result<Secret, Refused> {
    let missing = || Refused::LoginAgain("the file has no refresh token".to_owned());
    account.tokens.refresh.clone().ok_or_else(missing)
}

/// What an endpoint said.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

impl Answer {
    /// The body, unless it is a refusal.
    pub(super) fn good(self) -> Result<Bytes, Refused> {
        if self.status.is_success() {
            return Ok(self.body);
        }
        Err(refused(
            self.status,
            &self.headers,
            self.body,
            SystemTime::now(),
        ))
    }

    /// What it says is wrong, in one word; some say so with a good status.
    pub(super) fn error(&self) -> Option<String> {
        code(self.body.clone())
    }
}

/// Asks an endpoint anything.
pub(super) async fn send(
    request: reqwest::RequestBuilder,
    kind: AccountKind,
) -> Result<Answer, Refused> {
    let request = request
        .header(header::ACCEPT, "application/json")
        .header(header::USER_AGENT, USER_AGENT);
    let answer = request
        .send()
        .await
        .map_err(|error| Refused::Unavailable(told(error, kind)))?;
    Ok(Answer {
        status: answer.status(),
        headers: answer.headers().clone(),
        body: read(answer, kind).await?,
    })
}

/// The same for what is good to know of an account whose login has succeeded already: nobody waits for it for long.
pub(super) async fn send_briefly(
    request: reqwest::RequestBuilder,
    kind: AccountKind,
) -> Result<Answer, Refused> {
    within(BRIEF, send(request, kind)).await
}

/// What comes of a question; one that is not answered in time is as good as one that cannot be asked.
pub(super) async fn within<T>(
    longest: Duration,
    asking: impl Future<Output = Result<T, Refused>>,
) -> Result<T, Refused> {
    let late = |_| Refused::Unavailable("it took too long".to_owned());
    timeout(longest, asking).await.map_err(late)?
}

async fn read(answer: reqwest::Response, kind: AccountKind) -> Result<Bytes, Refused> {
    let mut stream = answer.bytes_stream();
    let mut body = BytesMut::new();
    while let Some(piece) = stream.next().await {
        let piece = piece.map_err(|error| Refused::Unavailable(told(error, kind)))?;
        if body.len() + piece.len() > LARGEST {
            let reason = format!("{kind} answered with more than 1 MiB");
            return Err(Refused::Failed(reason));
        }
        body.extend_from_slice(&piece);
    }
    Ok(body.freeze())
}

/// The tokens of an answer (RFC 6749, section 5.1; camelCase too), told at `now`.
///
/// # Errors
/// When there is no access token in it.
pub fn granted(body: Bytes, now: SystemTime) -> Result<Grant, Refused> {
    let broken = || Refused::Failed("the answer holds no access token".to_owned());
    let document = Document::parse(body.clone()).map_err(|_| broken())?;
    let root = document.root();
    let text = |name: &str| {
        let text = lookup(root, name)?.text()?;
        (!text.is_blank()).then(|| Secret::from(&*text))
    };
    let Some(access) = text("access_token") else {
        // Some say `200 OK` to a refusal.
        return Err(match code(body) {
            Some(code) if FINAL.contains(&&*code) => Refused::LoginAgain(code),
            _ => broken(),
        });
    };
    let seconds = lookup(root, "expires_in").and_then(|value| {
        let text = value.as_str().unwrap_or_else(|| value.source().into());
        text.trim().parse::<f64>().ok()
    });
    // Kiro says 0 where it means nothing.
    let seconds = seconds.filter(|seconds| *seconds > 0.0);
    let lifetime = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    // It was made just now, whatever our clock says to the moments that it names.
    let lifetime = lifetime.or_else(|| life_of_jwt(access.expose()));
    let expires = lifetime.and_then(|lifetime| now.checked_add(lifetime));
    Ok(Grant {
        expires: expires.or_else(|| of_jwt(access.expose())),
        access,
        refresh: text("refresh_token"),
        base: None,
        fields: KEPT
            .into_iter()
            .filter_map(|name| Some((name, text(name)?)))
            .collect(),
    })
}

/// What a status other than success means (`providers.md` 1.3). Of the body only a code is told on: descriptions may repeat
/// what was sent.
#[must_use]
pub fn refused(status: StatusCode, headers: &HeaderMap, body: Bytes, now: SystemTime) -> Refused {
    let code = code(body);
    match status.as_u16() {
        429 => Refused::RateLimited(retry_hint::from_headers(headers, now)),
        500.. => Refused::Unavailable(format!("it answered {}", status.as_u16())),
        400 | 401 | 403 if code.as_deref().is_some_and(|code| FINAL.contains(&code)) => {
            Refused::LoginAgain(code.unwrap_or_default())
        }
        status => {
            let code = code.map(|code| format!(" {code}")).unwrap_or_default();
            Refused::Failed(format!("it answered {status}{code}"))
        }
    }
}

/// `error`, `error.code`, `error.type` or `code`: the first that ends the login, else the first.
fn code(body: Bytes) -> Option<String> {
    let document = Document::parse(body).ok()?;
    let root = document.root();
    let error = root.field("error");
    let within = |name| error.and_then(|error| error.field(name));
    let places = [error, within("code"), within("type"), root.field("code")];
    let word = |value: Value<'_>| {
        let text = value.as_str()?;
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte == b'_';
        (text.len() <= 40 && text.bytes().all(plain)).then(|| text.into_owned())
    };
    let mut codes: Vec<String> = places.into_iter().flatten().filter_map(word).collect();
    codes.sort_by_key(|code| !FINAL.contains(&&**code));
    codes.into_iter().next()
}

/// A failure of the way there, without the address.
pub(super) fn told(error: reqwest::Error, kind: AccountKind) -> String {
    let provider = modelgate_dialects::Str::from_static(kind.name());
    crate::client::describe(&provider, error)
        .error
        .message
        .to_string()
}

#[cfg(test)]
mod tests;
