//! Files that are changed or removed.

use std::sync::Arc;

use http::HeaderMap;
use modelgate_config::document::Document;
use modelgate_providers::Accounts;
use modelgate_providers::store::{Edit, StoreError};
use serde::Deserialize;
use serde_json::{Value as Json, json};
use warp::reply::Response;

use super::{config_key, list, log, ok, several, with};
use crate::management::gate::Manager;
use crate::management::refused::Refused;
use crate::management::settings::Ask;
use crate::state::State;

/// What may be changed of an account from here: what its owner wants of it, and nothing that it presents.
const FIELDS: [&str; 14] = [
    "label",
    "prefix",
    "proxy_url",
    "headers",
    "priority",
    "weight",
    "note",
    "websockets",
    "request_retry",
    "disable_cooling",
    "excluded_models",
    "model_aliases",
    "request_scoped_errors",
    "base_url",
];

/// `PATCH /auth-files/status`.
#[derive(Deserialize)]
struct Status {
    #[serde(default)]
    name: String,
    #[serde(default, alias = "authIndex")]
    auth_index: String,
    disabled: Option<bool>,
}

pub(super) async fn status(
    state: &State,
    manager: &Manager,
    headers: &HeaderMap,
    ask: &Ask,
) -> Result<Response, Refused> {
    let status: Status = ask.json()?;
    let (name, index) = (status.name.trim(), status.auth_index.trim());
    if name.is_empty() && index.is_empty() {
        return Err(Refused::bad("name is required"));
    }
    let disabled = status.disabled;
    let disabled = disabled.ok_or_else(|| Refused::bad("disabled is required"))?;
    if let Some(id) = config_key::find(state, name, index) {
        return config_key::status(state, manager, headers, id, disabled).await;
    }
    let name = match name {
        "" => list::file_of(state, index).ok_or_else(missing)?,
        name => name.to_owned(),
    };
    let file = with(state, move |accounts| {
        let file = known(accounts, &name)?;
        accounts.set_disabled(&file, disabled)?;
        Ok::<_, Refused>(file)
    });
    let file = file.await??;
    log(
        manager,
        if disabled { "disabled" } else { "enabled" },
        &file,
    );
    Ok(ok(&json!({ "status": "ok", "disabled": disabled })))
}

/// `PATCH /auth-files/fields`: what is blank or null is removed; headers are changed one by one.
pub(super) async fn fields(
    state: &State,
    manager: &Manager,
    ask: &Ask,
) -> Result<Response, Refused> {
    let mut fields: Document = ask.json()?;
    let name = fields.shift_remove("name");
    let name = name
        .as_ref()
        .and_then(Json::as_str)
        .unwrap_or_default()
        .trim()
        .to_owned();
    if name.is_empty() {
        return Err(Refused::bad("name is required"));
    }
    if fields.is_empty() {
        return Err(Refused::bad("no fields to update"));
    }
    let base = |field: &str| {
        field
            .split('.')
            .next()
            .unwrap_or_default()
            .replace('-', "_")
    };
    if let Some(field) = fields.keys().find(|field| !FIELDS.contains(&&*base(field))) {
        let field = crate::error::shown(field);
        let message = format!(
            "`{field}` cannot be changed here; {} can",
            FIELDS.join(", ")
        );
        return Err(Refused::body().message(message));
    }
    let changed: Vec<String> = fields.keys().cloned().collect();
    let file = with(state, move |accounts| {
        let file = known(accounts, &name)?;
        accounts.update(&file, |edit| {
            for (field, value) in &fields {
                apply(edit, field, value);
            }
        })?;
        Ok::<_, Refused>(file)
    });
    let file = file.await??;
    log(manager, &format!("changed ({})", changed.join(", ")), &file);
    Ok(ok(&json!({ "status": "ok" })))
}

fn apply(edit: &mut Edit, field: &str, value: &Json) {
    let path: Vec<&str> = match field.split_once('.') {
        Some((block, key)) => vec![block, key],
        None => vec![field],
    };
    let unset = match value {
        Json::Null => true,
        Json::String(text) => text.trim().is_empty(),
        Json::Array(items) => items.is_empty(),
        Json::Number(number) => field == "request_retry" && number.as_i64().is_some_and(|n| n < 0),
        _ => false,
    };
    match value {
        Json::Object(map) if field == "headers" => {
            for (name, value) in map {
                apply(edit, &format!("headers.{name}"), value);
            }
        }
        _ if unset => edit.remove(&path),
        _ => edit.set(&path, &value.to_string()),
    }
}

/// `DELETE /auth-files`: those that are named, or all.
pub(super) async fn remove(
    state: &State,
    manager: &Manager,
    ask: &Ask,
) -> Result<Response, Refused> {
    let all = ask.parameter("all");
    if matches!(all.as_deref(), Some("true" | "1" | "*")) {
        let (gone, failed) = with(state, |accounts| {
            let names = everything(accounts);
            each(accounts, names)
        })
        .await?;
        gone.iter().for_each(|file| log(manager, "removed", file));
        if failed.is_empty() {
            return Ok(ok(&json!({ "status": "ok", "deleted": gone.len() })));
        }
        return Ok(several("deleted", &gone, &failed));
    }
    let names = names(ask)?;
    if let [name] = &names[..] {
        let file = name.clone();
        with(state, move |accounts| accounts.remove(&file)).await??;
        log(manager, "removed", name);
        return Ok(ok(&json!({ "status": "ok" })));
    }
    let (gone, failed) = with(state, move |accounts| each(accounts, names)).await?;
    gone.iter().for_each(|file| log(manager, "removed", file));
    Ok(several("deleted", &gone, &failed))
}

fn each(accounts: &Accounts, names: Vec<String>) -> (Vec<String>, Vec<(String, String)>) {
    let (mut gone, mut failed) = (Vec::new(), Vec::new());
    for name in names {
        match accounts.remove(&name) {
            Ok(()) => gone.push(name),
            Err(StoreError::NotFound { .. }) => failed.push((name, "file not found".to_owned())),
            Err(error) => failed.push((name, error.to_string())),
        }
    }
    (gone, failed)
}

/// Every account file, those that cannot be used included.
fn everything(accounts: &Accounts) -> Vec<String> {
    let snapshot = accounts.snapshot();
    let used = snapshot
        .accounts()
        .iter()
        .map(|account| account.file.to_string());
    let troubles = snapshot
        .troubles()
        .iter()
        .map(|trouble| trouble.file.to_string());
    let mut names: Vec<String> = used.chain(troubles).collect();
    names.sort();
    names.dedup();
    names
}

/// The names in the query, else in the body: a list, or an object with one or several.
fn names(ask: &Ask) -> Result<Vec<String>, Refused> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Body {
        List(Vec<String>),
        One { name: String },
        Several { names: Vec<String> },
    }
    let mut names = ask.parameters("name");
    if names.is_empty() && !ask.body.is_empty() {
        names = match ask.json()? {
            Body::List(names) | Body::Several { names } => names,
            Body::One { name } => vec![name],
        };
    }
    names.retain(|name| !name.trim().is_empty());
    if names.is_empty() {
        return Err(Refused::bad("invalid name"));
    }
    Ok(names)
}

/// The file of an account that is named by it, or by its id.
fn known(accounts: &Accounts, name: &str) -> Result<Arc<str>, Refused> {
    let snapshot = accounts.snapshot();
    let mut known = snapshot.accounts().iter();
    let account =
        known.find(|account| &*account.file == name.trim() || account.id() == name.trim());
    Ok(Arc::clone(&account.ok_or_else(missing)?.file))
}

fn missing() -> Refused {
    Refused::not_found("auth file not found")
}
