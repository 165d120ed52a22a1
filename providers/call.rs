//! One call of one upstream.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderMap, Method, Request, StatusCode};
use modelgate_config::model::{ErrorAction, Proxy, Timeouts};
use modelgate_dialects::{Body, Dialect};
use tokio::time::{sleep, timeout};
use url::Url;

use crate::body::{self, ByteStream};
use crate::credential::{self, Credential};
use crate::refresh::Token;
use crate::{
    CallError, CallErrorKind, Clients, ProviderKind, antigravity, chatgpt, claude, code_assist,
    codex, copilot, demo, kimi, kiro, quota, qwen, retry_hint, transport, xai,
};

/// Most bytes of an error's body that are read.
const ERROR_BODY: usize = 1 << 20;
/// Longest wait for the rest of an error's body.
const ERROR_BODY_WAIT: Duration = Duration::from_secs(10);

/// What is asked of an upstream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// An answer of the model.
    Generate,
    /// The number of input tokens.
    CountTokens,
    /// A shorter form of a conversation (Responses).
    Compact,
    /// Vectors of texts.
    Embed,
    /// Vectors of several texts at once, where that is another operation (Gemini).
    EmbedBatch,
    /// What models make that do not write: pictures (Imagen).
    Predict,
}

/// One call.
#[derive(Debug)]
pub struct Call<'a> {
    /// How to be let in.
    pub credential: &'a Credential,
    /// What is asked.
    pub operation: Operation,
    /// The dialect of `body`: one that the provider speaks.
    pub dialect: Dialect,
    /// What tells the request from all others, for providers that are told: the client's own word where it has one.
    pub id: &'a str,
    /// The upstream's name of the model, for providers whose addresses hold it.
    pub model: &'a str,
    /// A stream is wanted, for providers whose addresses say so.
    pub stream: bool,
    /// The request in the upstream's dialect.
    pub body: Body,
    /// The query of the client's request, when it speaks the same dialect.
    pub query: Option<&'a str>,
    /// The headers of the client's request, when it speaks the same dialect; each provider takes those it knows.
    pub client_headers: Option<&'a HeaderMap>,
    /// The largest answer, or event of a stream, that may be held in memory, in bytes.
    pub limit: usize,
}

impl Call<'_> {
    /// Where the call goes, its headers and its body, for a log. The token of an account is not among it; other secrets are
    /// marked as sensitive.
    #[must_use]
    pub fn shown(&self) -> (String, HeaderMap, Bytes) {
        let address = self.credential.address(self, 0);
        let body = wrapped(self, 0).unwrap_or_else(|_| self.body.clone());
        let headers = headers(self, None, 0);
        (address.unwrap_or_default(), headers, body.to_bytes())
    }
}

/// An answer with a good status, whose body is still on its way.
pub struct Upstream {
    /// Its headers.
    pub headers: HeaderMap,
    /// Its bytes.
    pub body: ByteStream,
}

impl std::fmt::Debug for Upstream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Upstream")
            .field("headers", &self.headers)
            .finish_non_exhaustive()
    }
}

impl Upstream {
    /// Whether the upstream says that the body is an event stream.
    #[must_use]
    pub fn says_events(&self) -> bool {
        let kind = self
            .headers
            .get(CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default();
        kind.trim_start()
            .to_ascii_lowercase()
            .starts_with("text/event-stream")
    }
}

/// Calls an upstream and waits for the head of its answer.
///
/// # Errors
/// No connection, no answer in time, or an answer with an error status: the body is read for its meaning.
pub async fn call(
    clients: &Clients,
    proxy: &Proxy,
    timeouts: &Timeouts,
    call: Call<'_>,
) -> Result<Upstream, CallError> {
    let credential = call.credential;
    if credential.kind == ProviderKind::Demo {
        return demo::call(&call);
    }
    let call = &call;
    let asked = |token: Option<Token>| async move {
        once(clients, proxy, timeouts, call, token.as_ref()).await
    };
    credential.let_in(asked).await
}

/// One call, with the token of an account where the credential is one. A provider with several places is asked at the next
/// one where the first is busy or not there.
async fn once(
    clients: &Clients,
    proxy: &Proxy,
    timeouts: &Timeouts,
    call: &Call<'_>,
    token: Option<&Token>,
) -> Result<Upstream, CallError> {
    use CallErrorKind::{Overloaded, RateLimited, Unreachable};
    let last = call.credential.places().saturating_sub(1);
    let mut told = None;
    for place in 0..last {
        match at(clients, proxy, timeouts, call, token, place).await {
            Err(error) if error.kind == Unreachable => {}
            // Of a quota that is used up nothing is left elsewhere either.
            Err(error) if code_assist::is_used_up(&error) => return Err(error),
            Err(error) if matches!(error.kind, Overloaded | RateLimited) => told = Some(error),
            outcome => return outcome,
        }
    }
    let mut outcome = at(clients, proxy, timeouts, call, token, last).await;
    let refused = outcome.as_ref().err();
    if let Some(wait) = refused.and_then(|error| antigravity::pause(call.credential, error)) {
        sleep(wait).await;
        outcome = at(clients, proxy, timeouts, call, token, last).await;
    }
    outcome.map_err(|error| match told {
        // An answer says more than no answer.
        Some(told) if error.kind == Unreachable => told,
        _ => error,
    })
}

/// The same at one of the places.
async fn at(
    clients: &Clients,
    proxy: &Proxy,
    timeouts: &Timeouts,
    call: &Call<'_>,
    token: Option<&Token>,
    place: usize,
) -> Result<Upstream, CallError> {
    let credential = call.credential;
    let provider = &credential.provider;
    let Some(address) = credential.address(call, place) else {
        return Err(CallError::broken(
            provider.clone(),
            format!("{provider} has no such operation"),
        ));
    };
    let base = token.and_then(|token| token.base.as_ref());
    let address = match (credential.kind, base) {
        (ProviderKind::Qwen, _) => qwen::moved(address, token),
        (_, None) => address,
        (_, base) => {
            Url::parse(&address).map_or(address, |url| credential::moved(url, base).into())
        }
    };
    let proxy = credential.proxy(proxy);
    let mut request = Request::new(wrapped(call, place)?);
    *request.method_mut() = Method::POST;
    *request.headers_mut() = headers(call, token, place);
    let answered = transport::ask(clients, proxy, timeouts, provider, address, request);
    let mut response = answered.await?;
    let status = response.status();
    let mut headers = std::mem::take(response.headers_mut());
    let body = transport::stream(response.into_body(), provider.clone());
    if status == StatusCode::OK {
        let body = match credential.kind {
            ProviderKind::Antigravity | ProviderKind::CodeAssist => {
                headers.remove(CONTENT_LENGTH);
                code_assist::opened(body, provider.clone(), call.limit)
            }
            _ => body,
        };
        let windows = quota::windows(credential.kind, &headers, SystemTime::now());
        credential.health.on_quota(windows);
        return Ok(Upstream { headers, body });
    }
    let sent = self::headers(call, token, place);
    Err(refused(credential, call.dialect, &sent, status, &headers, body).await)
}

/// The headers at one of the places.
fn headers(call: &Call<'_>, token: Option<&Token>, place: usize) -> HeaderMap {
    let credential = call.credential;
    let mut headers = credential.headers();
    if let Some(client) = call.client_headers {
        match credential.kind {
            ProviderKind::ChatGpt => chatgpt::forward(client, &mut headers),
            ProviderKind::Claude => claude::forward(client, &mut headers),
            ProviderKind::Codex => codex::forward(client, &mut headers),
            ProviderKind::Kimi => kimi::forward(client, &mut headers),
            // A client of the same dialect may set none.
            ProviderKind::Antigravity
            | ProviderKind::CodeAssist
            | ProviderKind::Compatible
            | ProviderKind::Copilot
            | ProviderKind::Demo
            | ProviderKind::Gemini
            | ProviderKind::Iflow
            | ProviderKind::Kiro
            | ProviderKind::Qwen
            | ProviderKind::Vertex
            | ProviderKind::Xai => {}
        }
    }
    match credential.kind {
        ProviderKind::ChatGpt => {
            chatgpt::describe(call.operation, &call.body.to_bytes(), &mut headers);
        }
        ProviderKind::Copilot => copilot::describe(&call.body.to_bytes(), &mut headers),
        ProviderKind::Kimi => kimi::describe(call.dialect, &mut headers),
        ProviderKind::Kiro => {
            kiro::number(&mut headers);
            if place > 0 {
                kiro::move_to_second(credential, &mut headers);
            }
        }
        ProviderKind::Xai => xai::describe(&call.body.to_bytes(), &mut headers),
        // They are the same for all requests.
        ProviderKind::Antigravity
        | ProviderKind::Claude
        | ProviderKind::CodeAssist
        | ProviderKind::Codex
        | ProviderKind::Compatible
        | ProviderKind::Demo
        | ProviderKind::Gemini
        | ProviderKind::Iflow
        | ProviderKind::Qwen
        | ProviderKind::Vertex => {}
    }
    headers.extend(token.and_then(|token| credential.bearer(token)));
    headers
}

/// The body as it is sent to one of the places: Google's Code Assist takes it in an envelope.
fn wrapped(call: &Call<'_>, place: usize) -> Result<Body, CallError> {
    match call.credential.kind {
        ProviderKind::Antigravity | ProviderKind::CodeAssist => {
            code_assist::fit(call).map(Body::from)
        }
        ProviderKind::Kiro if place > 0 => {
            let moved = kiro::moved_to_second(call.credential, &call.body.to_bytes());
            Ok(moved.into())
        }
        ProviderKind::ChatGpt
        | ProviderKind::Claude
        | ProviderKind::Codex
        | ProviderKind::Compatible
        | ProviderKind::Copilot
        | ProviderKind::Demo
        | ProviderKind::Gemini
        | ProviderKind::Iflow
        | ProviderKind::Kimi
        | ProviderKind::Kiro
        | ProviderKind::Qwen
        | ProviderKind::Vertex
        | ProviderKind::Xai => Ok(call.body.clone()),
    }
}

/// The meaning of an answer whose status is not 200, to a request with the headers `sent`.
pub(crate) async fn refused(
    credential: &Credential,
    dialect: Dialect,
    sent: &HeaderMap,
    status: StatusCode,
    headers: &HeaderMap,
    body: ByteStream,
) -> CallError {
    let provider = credential.provider.clone();
    if status.is_success() || status.is_redirection() || status.is_informational() {
        return CallError::broken(
            provider.clone(),
            format!("{provider} answered with the unexpected status {status}"),
        )
        .with_status(status.as_u16());
    }
    let body = timeout(ERROR_BODY_WAIT, body::read_some(body, ERROR_BODY))
        .await
        .unwrap_or_default();
    // Some repeat the key they do not like, and clients and logs are told what they say.
    let body = body::without_secrets(body, sent);
    let now = SystemTime::now();
    let error = match credential.kind {
        ProviderKind::Antigravity | ProviderKind::CodeAssist => code_assist::failure(status, &body),
        ProviderKind::ChatGpt => chatgpt::failure(status, &body),
        ProviderKind::Claude => {
            let is_account = credential.account.is_some();
            claude::failure(is_account, status, &body, now)
        }
        ProviderKind::Copilot => copilot::failure(status, &body),
        ProviderKind::Kiro => kiro::failure(status, headers, &body),
        ProviderKind::Qwen => qwen::failure(status, &body),
        ProviderKind::Xai => xai::failure(status, &body),
        // What they say means what it means in their dialect.
        ProviderKind::Codex
        | ProviderKind::Compatible
        | ProviderKind::Demo
        | ProviderKind::Gemini
        | ProviderKind::Iflow
        | ProviderKind::Kimi
        | ProviderKind::Vertex => modelgate_dialects::decode_error(dialect, status.as_u16(), &body),
    };
    let windows = quota::windows(credential.kind, headers, now);
    let used_up = quota::used_up(&windows, now);
    let limited = status == StatusCode::TOO_MANY_REQUESTS;
    let family = quota::family_used_up(&windows, now).filter(|_| limited);
    credential.health.on_quota(windows);
    let mut error = CallError::answered(provider, error).with_status(status.as_u16());
    let told = error.error.retry_after;
    let asked = retry_hint::from_headers(headers, now);
    // Of a plan's window the body says it best.
    let hint = if error.wide {
        told.or(asked)
    } else {
        asked.or(told)
    };
    let month = kiro::until_next_month(credential, &error, now);
    error.error.retry_after = used_up.max(family).max(hint).or(month);
    error.wide |= used_up.is_some();
    error.rule = rule(credential, status.as_u16(), &body);
    error
}

/// What the operator wants done about an answer.
fn rule(credential: &Credential, status: u16, body: &[u8]) -> Option<ErrorAction> {
    if credential.error_rules.is_empty() {
        return None;
    }
    let body = String::from_utf8_lossy(body);
    let mut rules = credential.error_rules.iter();
    rules
        .find(|rule| rule.applies(status, &body))
        .map(|rule| rule.action)
}
