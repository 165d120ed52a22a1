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
pub(super) struct Done {
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
        Ok((new, changed, ()))
    };
    let (done, ()) = carry_out(state, manager, headers, work).await?;
    Ok(done.answer_with(StatusCode::OK, body))
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
        Ok((text, changed, ()))
    };
    let (done, ()) = carry_out(state, manager, headers, work).await?;
    let body = json!({ "ok": true, "changed": ["config"] });
    Ok(done.answer_with(StatusCode::OK, body))
}

/// Checks a text that would replace the whole file, which stays as it is.
pub(super) async fn check(state: &State, text: String) -> Result<Response, Refused> {
    let store = state.store.clone();
    let warnings = spawn_blocking(move || {
        document::clear(&text, Path::new("")).map_err(|error| Refused::no_yaml(&error))?;
        Ok::<_, Refused>(store.check(&text)?)
    });
    let warnings = warnings.await??;
    let warnings: Vec<String> = warnings.iter().map(ToString::to_string).collect();
    let body = json!({ "ok": true, "warnings": warnings });
    Ok(reply::json(StatusCode::OK, body.to_string()))
}

/// What `work` makes of the text of the file: the new text, the paths of what it changed, and what it has to tell.
type Work<T> = Result<(String, Vec<String>, T), Refused>;

/// Changes the text of the file with `work`, checks it, saves it, and puts it to use.
pub(super) async fn carry_out<T: Send + 'static>(
    state: &State,
    manager: &Manager,
    headers: &HeaderMap,
    work: impl FnOnce(&str) -> Work<T> + Send + 'static,
) -> Result<(Done, T), Refused> {
    let condition = Condition::of(headers);
    let store = state.store.clone();
    let turn = state.editing.acquire().await;
    let (done, told) = spawn_blocking(move || blocking(&store, &condition, work)).await??;
    state.renew();
    drop(turn);
    log(manager, &done);
    Ok((done, told))
}

fn blocking<T>(
    store: &Store,
    condition: &Condition,
    work: impl FnOnce(&str) -> Work<T>,
) -> Result<(Done, T), Refused> {
    let mut made = None;
    let reloaded = store.change(|text| {
        condition.check(text)?;
        let (new, changed, told) = work(text)?;
        let new = hash::hashed(new);
        let changed = if new == text { Vec::new() } else { changed };
        made = Some((changed, Etag::of(&new), told));
        Ok::<_, Refused>(new)
    })?;
    let (changed, etag, told) = made.ok_or(ConfigError::NoFile)?;
    let done = Done {
        changed,
        etag,
        needs_restart: reloaded.needs_restart,
        warnings: reloaded.warnings.iter().map(ToString::to_string).collect(),
    };
    Ok((done, told))
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

impl Done {
    /// The answer: `body`, and what there is to know of the change.
    pub(super) fn answer_with(&self, status: StatusCode, mut body: Json) -> Response {
        if !self.needs_restart.is_empty() {
            body["needs_restart"] = json!(self.needs_restart);
        }
        if !self.warnings.is_empty() && !self.changed.is_empty() {
            body["warnings"] = json!(self.warnings);
        }
        let mut response = reply::json(status, body.to_string());
        response.headers_mut().insert(ETAG, self.etag.header());
        response
    }
}
