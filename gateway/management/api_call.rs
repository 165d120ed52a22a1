//! `POST /api-call` (`management-api.md` 1.10): a request in the name of an account, to its own provider.

use http::{Method, StatusCode};
use modelgate_config::setting::proxy;
use modelgate_providers::fetch::{self, Fetch, FetchError, TOKEN};
use modelgate_providers::{Credential, Source};
use serde::Deserialize;
use serde_json::{Map, Value as Json, json};
use url::Url;
use warp::reply::Response;

use super::gate::Manager;
use super::refused::Refused;
use super::settings::Ask;
use crate::reply;
use crate::state::State;

#[derive(Deserialize)]
struct Call {
    #[serde(default, alias = "authIndex", alias = "AuthIndex")]
    auth_index: String,
    #[serde(default)]
    method: String,
    #[serde(default)]
    url: String,
    #[serde(default)]
    header: std::collections::BTreeMap<String, String>,
    #[serde(default)]
    data: String,
    #[serde(default)]
    proxy_url: String,
}

/// Makes the request; whatever the provider answers is told. Without an account, one of those at the address lends its
/// address and nothing else.
pub(super) async fn call(state: &State, manager: &Manager, ask: &Ask) -> Result<Response, Refused> {
    let call: Call = ask.json()?;
    let (method, url) = (call.method.trim().to_uppercase(), call.url.trim());
    if method.is_empty() {
        return Err(Refused::bad("missing method"));
    }
    if url.is_empty() {
        return Err(Refused::bad("missing url"));
    }
    let method =
        Method::from_bytes(method.as_bytes()).map_err(|_| Refused::bad("invalid method"))?;
    let url = Url::parse(url).map_err(|_| Refused::bad("invalid url"))?;
    if !matches!(url.scheme(), "http" | "https")
        || !url.username().is_empty()
        || url.password().is_some()
    {
        return Err(Refused::bad("invalid url"));
    }
    let proxy = proxy(call.proxy_url.trim()).map_err(|_| Refused::bad("invalid proxy_url"))?;
    let snapshot = state.snapshot();
    let index = call.auth_index.trim();
    let named = |one: &Credential| {
        one.key.to_string() == index || one.id.as_str() == index || one.file() == Some(index)
    };
    let mut all = snapshot
        .catalog
        .credentials()
        .iter()
        .filter(|one| one.source != Source::BuiltIn);
    let credential = if index.is_empty() {
        if call.header.values().any(|value| value.contains(TOKEN)) {
            return Err(Refused::bad("auth token not found"));
        }
        all.find(|one| one.is_at(&url)).ok_or_else(elsewhere)?
    } else {
        all.find(|one| named(one))
            .ok_or_else(|| Refused::bad("auth token not found"))?
    };
    let Manager { key, address } = manager;
    let host = url.host_str().unwrap_or_default().to_owned();
    tracing::info!(account = %credential.id, %method, host, by = key, %address, "its provider is asked through the management API");
    let config = &snapshot.config;
    let request = Fetch {
        method,
        url,
        headers: call.header.into_iter().collect(),
        body: call.data.into(),
        proxy,
    };
    let fetched = fetch::fetch(
        &state.clients,
        &config.proxy,
        config.timeouts.connect,
        credential,
        request,
    );
    let fetched = fetched.await.map_err(|error| refused(&error))?;
    let mut header: Map<String, Json> = Map::new();
    for (name, value) in &fetched.headers {
        let value = Json::from(String::from_utf8_lossy(value.as_bytes()));
        let values = header
            .entry(name.as_str())
            .or_insert_with(|| Json::Array(Vec::new()));
        if let Json::Array(values) = values {
            values.push(value);
        }
    }
    let body = json!({
        "status_code": fetched.status.as_u16(),
        "header": header,
        "body": String::from_utf8_lossy(&fetched.body),
    });
    Ok(reply::json(StatusCode::OK, body.to_string()))
}

fn elsewhere() -> Refused {
    Refused::new(StatusCode::FORBIDDEN, "url not allowed")
        .message("only the servers of providers that have an account here are asked")
}

fn refused(error: &FetchError) -> Refused {
    let gateway = |text: &str| Refused::new(StatusCode::BAD_GATEWAY, text);
    let message = error.to_string();
    match error {
        FetchError::Elsewhere => elsewhere(),
        FetchError::NoToken => Refused::bad("auth token not found"),
        FetchError::Refresh(_) => Refused::bad("auth token refresh failed").message(message),
        FetchError::Header(_) => Refused::body().message(message),
        FetchError::Broken(_) => gateway("failed to read response").message(message),
        _ => gateway("request failed").message(message),
    }
}
