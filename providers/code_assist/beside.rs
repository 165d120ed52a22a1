//! The methods of the service beside those that ask a model: projects, tiers, quotas, settings.

use bytes::Bytes;
use http::Method;
use modelgate_config::model::{Proxy, Timeouts};
use url::Url;

use super::Urls;
use crate::forward::{Forward, Forwarded, forward};
use crate::refresh::Token;
use crate::{CallError, Clients, Credential, ProviderKind, call, credential};

/// What is asked of the service.
#[derive(Debug)]
pub struct Beside {
    /// How.
    pub method: Method,
    /// The steps of the path: `v1internal:loadCodeAssist`, or `v1internal` and what is below it. Each is safe in a path.
    pub path: Vec<String>,
    /// Of the address.
    pub query: Option<String>,
    /// As the client wrote it.
    pub body: Bytes,
}

impl Credential {
    /// Whether it is an account that the service knows as one of Gemini's command line.
    #[must_use]
    pub fn is_of_gemini_cli(&self) -> bool {
        self.kind == ProviderKind::CodeAssist
    }
}

/// Asks the service in the name of an account.
///
/// # Errors
/// No token, no answer, or an answer with an error status.
pub async fn beside(
    clients: &Clients,
    proxy: &Proxy,
    timeouts: &Timeouts,
    credential: &Credential,
    asked: &Beside,
) -> Result<Forwarded, CallError> {
    let once = |token: Option<Token>| async move {
        once(clients, proxy, timeouts, credential, asked, token.as_ref()).await
    };
    credential.let_in(once).await
}

async fn once(
    clients: &Clients,
    proxy: &Proxy,
    timeouts: &Timeouts,
    credential: &Credential,
    asked: &Beside,
    token: Option<&Token>,
) -> Result<Forwarded, CallError> {
    let provider = &credential.provider;
    let url = url(credential, asked);
    let url = url.ok_or_else(|| CallError::broken(provider.clone(), "has no such operation"))?;
    let mut headers = credential.headers();
    headers.extend(token.and_then(|token| credential.bearer(token)));
    let request = Forward {
        method: asked.method.clone(),
        url: credential::moved(url, token.and_then(|token| token.base.as_ref())),
        headers: headers.clone(),
        body: asked.body.clone(),
    };
    let proxy = credential.proxy(proxy);
    let answer = forward(clients, proxy, timeouts, provider, request).await?;
    if answer.status.is_success() {
        return Ok(answer);
    }
    let dialect = credential.kind.dialect();
    let Forwarded {
        status,
        headers: told,
        body,
    } = answer;
    Err(call::refused(credential, dialect, &headers, status, &told, body).await)
}

fn url(credential: &Credential, asked: &Beside) -> Option<Url> {
    let Urls::CodeAssist(places) = &credential.endpoint.urls else {
        return None;
    };
    let steps: Vec<&str> = asked.path.iter().map(String::as_str).collect();
    let mut url = credential::join(places.hosts.last()?, &steps);
    url.set_query(asked.query.as_deref());
    Some(url)
}
