//! Changes of the configuration file: one after the other, with the comments kept, checked as a whole, saved, and in use
//! before the answer is sent.

use std::path::Path;

use http::header::ETAG;
use http::{HeaderMap, StatusCode};
use modelgate_config::document::{self, Document};
use modelgate_config::{ConfigError, Store, edit};
use serde_json::{Value as Json, json};
use tokio::task::spawn_blocking;
use warp::reply::Response;

use super::etag::{Condition, Etag};
use super::gate::Manager;
use super::hash;
use super::refused::Refused;
use super::settings::Changes;
use crate::reply;
use crate::state::State;

/// What became of the file.
struct Done {
    /// The paths of what was changed.
    changed: Vec<String>,
    etag: Etag,
    needs_restart: Vec<&'static str>,
    warnings: Vec<String>,
}

/// Carries out what `plan` makes of what the file says.
pub(super) async fn settings(
    state: &State,
    manager: &Manager,
    headers: &HeaderMap,
    plan: impl FnOnce(&Document) -> Result<Changes, Refused> + Send + 'static,
) -> Result<Response, Refused> {
    let body = json!({ "status": "ok" });
    settings_with(state, manager, headers, body, plan).await
}

/// The same, answered with this body.
pub(super) async fn settings_with(
    state: &State,
    manager: &Manager,
    headers: &HeaderMap,
    body: Json,
    plan: impl FnOnce(&Document) -> Result<Changes, Refused> + Send + 'static,
) -> Result<Response, Refused> {
    let work = move |text: &str| {
        let mut new = text.to_owned();
        let changes = plan(&document::clear(text, Path::new(""))?)?;
        for (path, value) in &changes {
            new = edit::merge(&new, path, value)?;
        }
        let changed = changes.into_iter().map(|(path, _)| path).collect();
        Ok((new, changed))
    };
    let done = carry_out(state, manager, headers, work).await?;
    Ok(answer(body, &done))
}

/// Replaces the whole file by a text.
pub(super) async fn file(
    state: &State,
    manager: &Manager,
    headers: &HeaderMap,
    text: String,
) -> Result<Response, Refused> {
    let work = move |old: &str| {
        let new =
            document::clear(&text, Path::new("")).map_err(|error| Refused::no_yaml(&error))?;
        // The file that is replaced may be broken.
        let old = document::clear(old, Path::new("")).unwrap_or_default();
        let mut changed: Vec<String> = old.keys().chain(new.keys()).cloned().collect();
        changed.retain(|key| old.get(key) != new.get(key));
        changed.sort();
        changed.dedup();
        Ok((text, changed))
    };
    let done = carry_out(state, manager, headers, work).await?;
    let changed: &[&str] = &["config"];
    Ok(answer(json!({ "ok": true, "changed": changed }), &done))
}

async fn carry_out(
    state: &State,
    manager: &Manager,
    headers: &HeaderMap,
    work: impl FnOnce(&str) -> Result<(String, Vec<String>), Refused> + Send + 'static,
) -> Result<Done, Refused> {
    let condition = Condition::of(headers);
    let store = state.store.clone();
    let turn = state.editing.acquire().await;
    let done = spawn_blocking(move || blocking(&store, &condition, work)).await??;
    state.renew();
    drop(turn);
    log(manager, &done);
    Ok(done)
}

fn blocking(
    store: &Store,
    condition: &Condition,
    work: impl FnOnce(&str) -> Result<(String, Vec<String>), Refused>,
) -> Result<Done, Refused> {
    let mut made = None;
    let reloaded = store.change(|text| {
        condition.check(text)?;
        let (new, changed) = work(text)?;
        let new = hash::hashed(new);
        let changed = if new == text { Vec::new() } else { changed };
        made = Some((changed, Etag::of(&new)));
        Ok::<_, Refused>(new)
    })?;
    let (changed, etag) = made.ok_or(ConfigError::NoFile)?;
    Ok(Done {
        changed,
        etag,
        needs_restart: reloaded.needs_restart,
        warnings: reloaded.warnings.iter().map(ToString::to_string).collect(),
    })
}

/// Who has changed what; never to what.
fn log(manager: &Manager, done: &Done) {
    if done.changed.is_empty() {
        return;
    }
    let Manager { key, address } = manager;
    let changed = crate::error::shown(&done.changed.join(", "));
    tracing::info!(by = key, %address, changed, "the configuration was changed through the management API");
    for key in &done.needs_restart {
        tracing::warn!("a new `{key}` counts only after a restart");
    }
}

fn answer(mut body: Json, done: &Done) -> Response {
    if !done.needs_restart.is_empty() {
        body["needs_restart"] = json!(done.needs_restart);
    }
    if !done.warnings.is_empty() && !done.changed.is_empty() {
        body["warnings"] = json!(done.warnings);
    }
    let mut response = reply::json(StatusCode::OK, body.to_string());
    response.headers_mut().insert(ETAG, done.etag.header());
    response
}
