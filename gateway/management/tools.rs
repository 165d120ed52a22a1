//! What else the family's programs ask for: `reset-quota`, `model-definitions`, `latest-version`.

use http::StatusCode;
use modelgate_providers::catalog::built_in;
use serde::Deserialize;
use serde_json::json;
use warp::reply::Response;

use super::gate::Manager;
use super::refused::Refused;
use super::settings::Ask;
use crate::reply;
use crate::state::State;

/// The body of `reset-quota`.
#[derive(Deserialize)]
struct Reset {
    #[serde(default, alias = "authIndex")]
    auth_index: String,
}

/// `POST /reset-quota`: a credential is tried again at once, whatever it rests for.
pub(super) fn reset_quota(
    state: &State,
    manager: &Manager,
    ask: &Ask,
) -> Result<Response, Refused> {
    let reset: Reset = ask.json()?;
    let index = reset.auth_index.trim();
    if index.is_empty() {
        return Err(Refused::bad("auth_index is required"));
    }
    let snapshot = state.snapshot();
    let mut credentials = snapshot.catalog.credentials().iter();
    let named = |key: String, id: &str| key == index || id == index;
    let credential = credentials
        .find(|credential| named(credential.key.to_string(), credential.id.as_str()))
        .ok_or_else(|| Refused::not_found("auth not found"))?;
    let rested = credential.health.report();
    let models: Vec<&str> = rested.models.iter().map(|(model, _)| &**model).collect();
    credential.health.clear();
    let Manager { key, address } = manager;
    tracing::info!(account = %credential.id, by = key, %address, "its cooldown was cleared through the management API");
    let body = json!({ "status": "ok", "auth_index": index, "models": models });
    Ok(reply::json(StatusCode::OK, body.to_string()))
}

/// `GET /model-definitions/{channel}`: the models that a provider has without a list of its own.
pub(super) fn model_definitions(channel: &str) -> Result<Response, Refused> {
    let channel = channel.trim().to_lowercase();
    let Some(models) = built_in(&channel) else {
        let body = json!({ "error": "unknown channel", "channel": crate::error::shown(&channel) });
        return Ok(reply::json(StatusCode::BAD_REQUEST, body.to_string()));
    };
    let models: Vec<_> = models
        .iter()
        .map(|id| json!({ "id": id, "object": "model", "owned_by": channel, "type": channel }))
        .collect();
    let body = json!({ "channel": channel, "models": models });
    Ok(reply::json(StatusCode::OK, body.to_string()))
}

/// `GET /latest-version`: nobody on the network is asked, so the latest that is known is the one that runs.
pub(super) fn latest_version() -> Response {
    let version = concat!("v", env!("CARGO_PKG_VERSION"));
    let body = json!({ "latest-version": version, "checked": false });
    reply::json(StatusCode::OK, body.to_string())
}
