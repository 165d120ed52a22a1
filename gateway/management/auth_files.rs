//! `/auth-files`: the files of accounts that somebody logged in to (`management-api.md` 4.1 and 4.2).

mod change;
mod config_key;
mod list;
mod upload;

use bytes::Bytes;
use http::header::CONTENT_DISPOSITION;
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use modelgate_providers::Accounts;
use modelgate_providers::store::StoreError;
use serde_json::{Value as Json, json};
use tokio::task::spawn_blocking;
use warp::reply::Response;

use super::gate::Manager;
use super::refused::Refused;
use super::settings::Ask;
use crate::reply;
use crate::state::State;

/// The methods of what is at `tail` below `/auth-files`; `None`: there is nothing.
pub(super) fn allow(tail: &[&str]) -> Option<&'static str> {
    match tail {
        [] => Some("GET, POST, DELETE"),
        ["download" | "models"] => Some("GET"),
        ["status" | "fields"] => Some("PATCH"),
        _ => None,
    }
}

/// Answers what is asked of one of the resources. The method must be one of [`allow`].
pub(super) async fn answer(
    state: &State,
    manager: &Manager,
    method: &Method,
    tail: &[&str],
    headers: &HeaderMap,
    ask: Ask,
) -> Result<Response, Refused> {
    match (tail, method) {
        (["download"], _) => download(state, manager, &ask).await,
        (["models"], _) => list::models(state, &ask),
        (["status"], _) => change::status(state, manager, headers, &ask).await,
        (["fields"], _) => change::fields(state, manager, &ask).await,
        (_, &Method::POST) => upload::upload(state, manager, headers, ask).await,
        (_, &Method::DELETE) => change::remove(state, manager, &ask).await,
        _ => list::list(state, &ask).await,
    }
}

async fn download(state: &State, manager: &Manager, ask: &Ask) -> Result<Response, Refused> {
    let name = file_name(ask)?;
    let accounts = state.logins.as_ref().ok_or_else(unavailable)?;
    let (accounts, file) = (accounts.accounts().clone(), name.clone());
    let text = spawn_blocking(move || accounts.text(&file)).await??;
    log(manager, "downloaded", &name);
    let mut response = reply::json(StatusCode::OK, text);
    let safe = name.replace(['"', '\\'], "_");
    let named = HeaderValue::from_str(&format!("attachment; filename=\"{safe}\""));
    let named = named.unwrap_or_else(|_| HeaderValue::from_static("attachment"));
    response.headers_mut().insert(CONTENT_DISPOSITION, named);
    Ok(response)
}

/// The name of a file in the query.
fn file_name(ask: &Ask) -> Result<String, Refused> {
    let name = ask.parameter("name").unwrap_or_default();
    if name.is_empty() || name.contains(['/', '\\', '\0']) {
        return Err(Refused::bad("invalid name"));
    }
    if !name.ends_with(".json") {
        return Err(Refused::bad("name must end with .json"));
    }
    Ok(name)
}

/// Does something with the accounts where it may block, one at a time; what it changes counts when this returns.
async fn with<T: Send + 'static>(
    state: &State,
    work: impl FnOnce(&Accounts) -> T + Send + 'static,
) -> Result<T, Refused> {
    let logins = state.logins.as_ref().ok_or_else(unavailable)?;
    let accounts = logins.accounts().clone();
    let turn = state.editing.acquire().await;
    let done = spawn_blocking(move || work(&accounts)).await?;
    state.renew();
    state.snapshot().forgive_logins();
    drop(turn);
    Ok(done)
}

fn unavailable() -> Refused {
    let error = "core auth manager unavailable";
    Refused::new(StatusCode::SERVICE_UNAVAILABLE, error)
        .message("the directory of accounts cannot be read")
}

/// Who has done what with which file.
fn log(manager: &Manager, done: &str, file: &str) {
    let Manager { key, address } = manager;
    let file = crate::error::shown(file);
    tracing::info!(by = key, %address, file, "an account file was {done} through the management API");
}

/// What became of several files: `word` counts those that went well.
fn several(word: &str, files: &[String], failed: &[(String, String)]) -> Response {
    let mut body = json!({ "status": "ok", word: files.len(), "files": files });
    let mut status = StatusCode::OK;
    if !failed.is_empty() {
        let failed = failed
            .iter()
            .map(|(name, error)| json!({ "name": name, "error": error }));
        body["status"] = json!("partial");
        body["failed"] = failed.collect::<Vec<Json>>().into();
        status = StatusCode::MULTI_STATUS;
    }
    reply::json(status, body.to_string())
}

fn ok(body: &Json) -> Response {
    reply::json(StatusCode::OK, Bytes::from(body.to_string()))
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NotFound { .. } => Self::not_found("file not found"),
            StoreError::Invalid { reason, .. } => Self::bad(format!("invalid auth file: {reason}")),
            StoreError::Io { source, .. } => {
                let error = format!("failed to write file: {source}");
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, error)
            }
            other => Self::new(StatusCode::INTERNAL_SERVER_ERROR, other.to_string()),
        }
    }
}
