//! A question to a provider in the name of a credential that is about no request: its list of models, how much is used.

use std::time::SystemTime;

use bytes::Bytes;
use http::StatusCode;
use http::header::{CONTENT_TYPE, DATE};
use modelgate_config::model::{Proxy, Timeouts};
use url::Url;

use crate::credential::{self, Credential};
use crate::refresh::Token;
use crate::{CallError, Clients, body, call, claude, client};

/// Most bytes of an answer.
const LARGEST: usize = 4 << 20;

/// What a provider said.
pub(crate) struct Answer {
    pub(crate) body: Bytes,
    /// The time on its clock, where it told it.
    pub(crate) date: Option<SystemTime>,
}

/// Asks for what is at an address; `shape` makes something else of the request. A refusal means what it means of a request.
pub(crate) async fn ask(
    clients: &Clients,
    proxy: &Proxy,
    timeouts: &Timeouts,
    credential: &Credential,
    url: Url,
    shape: impl Fn(&mut reqwest::Request),
) -> Result<Answer, CallError> {
    let once = |token: Option<Token>| {
        let request = request(credential, url.clone(), token.as_ref(), &shape);
        send(clients, proxy, timeouts, credential, request)
    };
    match credential.token().await? {
        // A token that cannot be renewed may be refused here and be good for requests.
        Some(token) if !token.account.is_renewable() => match once(Some(token.clone())).await {
            Err(error) if claude::is_revoked(&error) => Err(credential.given_up(&token, error)),
            outcome => outcome,
        },
        _ => credential.let_in(once).await,
    }
}

fn request(
    credential: &Credential,
    url: Url,
    token: Option<&Token>,
    shape: impl Fn(&mut reqwest::Request),
) -> reqwest::Request {
    let base = token.and_then(|token| token.base.as_ref());
    let url = credential::moved(url, base);
    let mut request = reqwest::Request::new(reqwest::Method::GET, url);
    let headers = request.headers_mut();
    *headers = credential.headers();
    headers.remove(CONTENT_TYPE);
    headers.extend(token.and_then(|token| credential.bearer(token)));
    shape(&mut request);
    request
}

async fn send(
    clients: &Clients,
    proxy: &Proxy,
    timeouts: &Timeouts,
    credential: &Credential,
    request: reqwest::Request,
) -> Result<Answer, CallError> {
    let provider = &credential.provider;
    let proxy = credential.proxy(proxy);
    let failed = |error| client::describe_through(provider, proxy, error);
    let http = clients.get(proxy, timeouts.connect).map_err(failed)?;
    let sent = request.headers().clone();
    let mut response = http.execute(request).await.map_err(failed)?;
    let status = response.status();
    let headers = std::mem::take(response.headers_mut());
    let stream = body::of_response(response, provider.clone());
    if status == StatusCode::OK {
        let date = headers.get(DATE);
        let date = date.and_then(|date| httpdate::parse_http_date(date.to_str().ok()?).ok());
        let body = body::read_some(stream, LARGEST).await;
        return Ok(Answer { body, date });
    }
    let dialect = credential.kind.dialect();
    Err(call::refused(credential, dialect, &sent, status, &headers, stream).await)
}
