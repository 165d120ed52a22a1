//! `POST /vertex/import`: the key of a service account of Google Cloud (`management-api.md` 4.2).

use http::{HeaderMap, StatusCode};
use modelgate_providers::oauth::{KeyFileError, service_account};
use serde_json::json;
use warp::reply::Response;

use super::form::{self, Part};
use super::gate::Manager;
use super::refused::Refused;
use super::settings::Ask;
use crate::state::State;
use crate::{pending, reply};

/// Makes an account of the key, as a field `file` or as the whole body.
pub(super) async fn import(
    state: &State,
    manager: &Manager,
    headers: &HeaderMap,
    ask: &Ask,
) -> Result<Response, Refused> {
    let parts = form::parts(headers, ask.body.clone()).await?;
    let field = |name: &str| {
        let named = |part: &&Part| part.field.as_deref() == Some(name);
        parts
            .iter()
            .flatten()
            .find(named)
            .map(|part| part.body.clone())
    };
    let text = match &parts {
        Some(_) => field("file"),
        None => Some(ask.body.clone()).filter(|body| !body.is_empty()),
    };
    let text = text.ok_or_else(|| Refused::bad("file required"))?;
    let location = field("location").map(|text| String::from_utf8_lossy(&text).trim().to_owned());
    let location = location.filter(|text| !text.is_empty());
    let location = location.or_else(|| ask.parameter("location"));
    let account = service_account(text, location.as_deref()).map_err(|error| refused(&error))?;
    let account = pending::keep(state, account, ask.parameter("label")).await?;
    let Manager { key, address } = manager;
    tracing::info!(by = key, %address, account = account.id(), "a service account was imported through the management API");
    let path = state.snapshot().config.auth_dir.join(&*account.file);
    let settings = &account.settings;
    let body = json!({
        "status": "ok", "auth-file": path, "project_id": settings.project_id, "email": settings.email,
        "location": account.extra("location").map(|location| location.expose().to_owned()),
    });
    Ok(reply::json(StatusCode::OK, body.to_string()))
}

fn refused(error: &KeyFileError) -> Refused {
    let words = match error {
        KeyFileError::NotJson => "invalid json",
        KeyFileError::Missing("project_id") => "project_id missing",
        KeyFileError::Location(_) => "invalid location",
        _ => "invalid service account",
    };
    Refused::bad(words).message(error.to_string())
}
