//! A question to a provider in the name of a credential that is about no request: its list of models, how much is used.

use std::time::SystemTime;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, DATE};
use modelgate_config::model::{Proxy, Timeouts};
use url::Url;

use crate::credential::{self, Credential};
use crate::{CallError, Clients, body, client};

/// Most bytes of an answer.
const LARGEST: usize = 4 << 20;

/// What a provider said.
pub(crate) struct Answer {
    pub(crate) body: Bytes,
    /// The time on its clock, where it told it.
    pub(crate) date: Option<SystemTime>,
}

/// Asks for what is at an address; `shape` makes something else of the request.
pub(crate) async fn ask(
    clients: &Clients,
    proxy: &Proxy,
    timeouts: &Timeouts,
    credential: &Credential,
    url: Url,
    shape: impl FnOnce(&mut reqwest::Request),
) -> Result<Answer, CallError> {
    let provider = &credential.provider;
    let token = credential.token().await?;
    let base = token.as_ref().and_then(|token| token.base.as_ref());
    let url = credential::moved(url, base);
    let mut request = reqwest::Request::new(reqwest::Method::GET, url);
    *request.headers_mut() = credential.headers();
    request.headers_mut().remove(CONTENT_TYPE);
    if let Some((name, value)) = token.as_ref().and_then(|token| credential.bearer(token)) {
        request.headers_mut().insert(name, value);
    }
    shape(&mut request);
    let proxy = credential.proxy(proxy);
    let failed = |error| client::describe_through(provider, proxy, error);
    let http = clients.get(proxy, timeouts.connect).map_err(failed)?;
    let response = http.execute(request).await.map_err(failed)?;
    let status = response.status().as_u16();
    let date = response.headers().get(DATE);
    let date = date.and_then(|date| httpdate::parse_http_date(date.to_str().ok()?).ok());
    let stream = body::of_response(response, provider.clone());
    let body = body::read_some(stream, LARGEST).await;
    if status == 200 {
        return Ok(Answer { body, date });
    }
    let error = modelgate_dialects::decode_error(credential.kind.dialect(), status.max(400), &body);
    Err(CallError::answered(provider.clone(), error).with_status(status))
}
