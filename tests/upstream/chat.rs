//! OpenAI Chat Completions, as strict as the vendor.

mod answer;
mod facts;
mod message;
mod request;
mod sampling;
mod stream;
mod tool;

pub(crate) use answer::whole;
pub(crate) use facts::facts;
pub(crate) use message::check_audio;
pub(crate) use request::{check, metadata, missing, one_of, unknown, wrong_type};
pub(crate) use stream::stream;
pub(crate) use tool::check_name;

use crate::fault::Fault;
use crate::scenario::SCENARIOS;
use crate::script::Script;
use http::HeaderMap;
use http::header::AUTHORIZATION;
use serde_json::json;

/// When every answer was made.
pub(crate) const CREATED: u64 = 1_790_000_000;

/// A Bearer key must be there. A key `fail-<status>` is always answered with that status.
pub(crate) fn authenticate(headers: &HeaderMap) -> Result<(), Fault> {
    let key = headers
        .get(AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.strip_prefix("Bearer "))
        .filter(|key| !key.is_empty());
    let Some(key) = key else {
        return Err(Fault::new(401, "You didn't provide an API key.").code("invalid_api_key"));
    };
    match key
        .strip_prefix("fail-")
        .and_then(|status| status.parse().ok())
    {
        Some(status) => Err(Fault::new(status, "This key always fails.")),
        None => Ok(()),
    }
}

/// The model list.
pub(crate) fn models(headers: &HeaderMap) -> Result<Script, Fault> {
    authenticate(headers)?;
    let models: Vec<_> = SCENARIOS
        .iter()
        .map(|name| json!({"id": name, "object": "model", "created": CREATED, "owned_by": "scripted"}))
        .collect();
    Ok(Script::json(
        200,
        &json!({"object": "list", "data": models}),
    ))
}
