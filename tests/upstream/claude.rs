//! Anthropic Messages, as strict as the vendor.

mod answer;
mod enforced;
mod facts;
mod message;
mod request;
mod stream;
mod tool;
mod turn;

pub(crate) use answer::whole;
pub(crate) use facts::facts;
pub(crate) use request::check;
pub(crate) use stream::stream;

use crate::aside::Aside;
use crate::dialect::Dialect;
use crate::fault::Fault;
use crate::scenario::SCENARIOS;
use crate::script::Script;
use bytes::Bytes;
use http::HeaderMap;
use http::header::AUTHORIZATION;
use serde_json::{Value, json};

/// The version everybody documents, and the one today's official SDKs send.
const VERSIONS: [&str; 2] = ["2023-06-01", "2026-10-21"];

/// One key, in one header, with the version. A key `fail-<status>` is always answered with that status.
pub(crate) fn authenticate(headers: &HeaderMap) -> Result<(), Fault> {
    let bearer = headers
        .get(AUTHORIZATION)
        .and_then(|value| value.to_str().ok());
    let bearer = bearer.and_then(|value| value.strip_prefix("Bearer "));
    let key = headers
        .get("x-api-key")
        .and_then(|value| value.to_str().ok());
    let key = match (bearer, key) {
        (Some(_), Some(_)) => {
            return Err(Fault::invalid(
                "x-api-key and authorization: only one of the two headers may be sent",
            ));
        }
        (Some(key), None) | (None, Some(key)) if !key.is_empty() => key,
        _ => return Err(Fault::new(401, "x-api-key header is required")),
    };
    let version = headers
        .get("anthropic-version")
        .and_then(|value| value.to_str().ok());
    match version {
        None => return Err(Fault::invalid("anthropic-version: header is required")),
        Some(version) if !VERSIONS.contains(&version) => {
            return Err(Fault::invalid(format!(
                "anthropic-version: \"{version}\" is not a valid version"
            )));
        }
        Some(_) => {}
    }
    match key
        .strip_prefix("fail-")
        .and_then(|status| status.parse().ok())
    {
        Some(status) => Err(Fault::new(status, "This key always fails.")),
        None => Ok(()),
    }
}

/// Answers `count_tokens` with a quarter of the bytes of everything that counts: system, tools and messages.
pub(crate) fn count(headers: &HeaderMap, body: &Bytes) -> Result<Aside, Fault> {
    authenticate(headers)?;
    let body: Value = serde_json::from_slice(body)
        .map_err(|_| Fault::invalid("The request body is not valid JSON"))?;
    request::check_count(&body, headers)?;
    let counted = ["system", "tools", "messages"]
        .iter()
        .filter_map(|key| body.get(key));
    let bytes: usize = counted.map(|value| value.to_string().len()).sum();
    let counted = json!({"input_tokens": bytes / 4});
    Ok(Aside::new(Dialect::Claude, &body["model"], &counted))
}

/// The model list, in pages of at most 20.
pub(crate) fn models(headers: &HeaderMap, query: &str) -> Result<Script, Fault> {
    authenticate(headers)?;
    let after = query
        .split('&')
        .find_map(|pair| pair.strip_prefix("after_id="));
    let begin = match after {
        None => 0,
        Some(id) => match SCENARIOS.iter().position(|name| *name == id) {
            Some(place) => place + 1,
            None => return Err(Fault::invalid("after_id: no such model")),
        },
    };
    let page = &SCENARIOS[begin..SCENARIOS.len().min(begin + 20)];
    let has_more = begin + page.len() < SCENARIOS.len();
    let models: Vec<_> = page
        .iter()
        .map(|name| json!({"type": "model", "id": name, "display_name": name, "created_at": "2026-09-21T00:00:00Z"}))
        .collect();
    let list = json!({"data": models, "has_more": has_more, "first_id": page.first(), "last_id": page.last()});
    Ok(Script::json(200, &list))
}
