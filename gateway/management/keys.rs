//! `/keys`: the client keys, without the keys. A new one is told once, in the answer that made it.
//!
//! The family's `/api-keys` shows every key in clear (`management-api.md` 1.6); who only looks after keys needs none of them.

use std::sync::Arc;

use http::{HeaderMap, Method, StatusCode};
use modelgate_config::keys::{self, KeyChange, KeyError, NewKey};
use modelgate_management::ClientKey;
use modelgate_management::time::timestamp;
use serde::{Deserialize, Deserializer};
use serde_json::json;
use warp::reply::Response;

use super::change::carry_out;
use super::gate::Manager;
use super::refused::Refused;
use super::settings::Ask;
use crate::reply;
use crate::state::State;

/// The methods of a resource below `keys`; `None`: there is none.
pub(super) fn allow(tail: &[&str]) -> Option<&'static str> {
    match tail {
        [] => Some("GET, POST"),
        [_] => Some("PATCH, DELETE"),
        [_, "rotate"] => Some("POST"),
        _ => None,
    }
}

/// Answers what is asked of the keys, or of the one that `tail` names. The method must be one of [`allow`].
pub(super) async fn answer(
    state: &Arc<State>,
    manager: &Manager,
    method: &Method,
    tail: &[&str],
    headers: &HeaderMap,
    ask: &Ask,
) -> Result<Response, Refused> {
    match *tail {
        [who] if method == Method::PATCH => change(state, manager, headers, who, ask).await,
        [who] => revoke(state, manager, headers, who).await,
        [who, _] => rotate(state, manager, headers, who).await,
        _ if method == Method::POST => add(state, manager, headers, ask).await,
        _ => Ok(list(state)),
    }
}

fn list(state: &State) -> Response {
    let snapshot = state.snapshot();
    let keys = snapshot.config.client_keys.iter().map(|key| ClientKey {
        id: key.id.clone(),
        name: key.name.clone(),
        models: key.models.iter().map(ToString::to_string).collect(),
        disabled: key.disabled,
        expires: key.expires.map(timestamp),
    });
    let keys: Vec<ClientKey> = keys.collect();
    let body = json!({ "keys": keys });
    reply::json(StatusCode::OK, body.to_string())
}

/// The body of `POST keys`.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Wanted {
    name: Option<String>,
    models: Vec<String>,
    expires: Option<String>,
}

async fn add(
    state: &State,
    manager: &Manager,
    headers: &HeaderMap,
    ask: &Ask,
) -> Result<Response, Refused> {
    let wanted: Wanted = ask.json()?;
    let filled = |text: Option<String>| text.filter(|text| !text.trim().is_empty());
    let new = NewKey {
        name: filled(wanted.name),
        models: wanted.models,
        expires: filled(wanted.expires),
    };
    let work = move |text: &str| {
        let (text, key) = keys::add(text, &new)?;
        Ok((text, changed(), key))
    };
    let (done, key) = carry_out(state, manager, headers, work).await?;
    let id = modelgate_config::model::ClientKey::new(key.expose()).id;
    let body = json!({ "id": id, "key": key.expose() });
    Ok(done.answer_with(StatusCode::CREATED, body))
}

/// The body of `PATCH keys/{id}`: what is not there stays, and what is empty is taken away.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Otherwise {
    #[serde(deserialize_with = "said")]
    name: Option<String>,
    #[serde(deserialize_with = "said")]
    models: Option<Vec<String>>,
    #[serde(deserialize_with = "said")]
    expires: Option<String>,
    #[serde(deserialize_with = "said")]
    disabled: Option<bool>,
}

/// A `null` says neither that something stays nor what it is to be.
fn said<'d, D: Deserializer<'d>, T: Deserialize<'d>>(value: D) -> Result<Option<T>, D::Error> {
    T::deserialize(value).map(Some)
}

async fn change(
    state: &State,
    manager: &Manager,
    headers: &HeaderMap,
    who: &str,
    ask: &Ask,
) -> Result<Response, Refused> {
    let Otherwise {
        name,
        models,
        expires,
        disabled,
    } = ask.json()?;
    let wanted = KeyChange {
        name,
        models,
        expires,
        disabled,
    };
    let who = who.to_owned();
    let work = move |text: &str| {
        let (text, id) = keys::change(text, &who, &wanted)?;
        Ok((text, changed(), id))
    };
    let (done, id) = carry_out(state, manager, headers, work).await?;
    Ok(done.answer_with(StatusCode::OK, json!({ "id": id })))
}

async fn revoke(
    state: &State,
    manager: &Manager,
    headers: &HeaderMap,
    who: &str,
) -> Result<Response, Refused> {
    let who = who.to_owned();
    let work = move |text: &str| {
        let (text, id) = keys::revoke(text, &who)?;
        Ok((text, changed(), id))
    };
    let (done, id) = carry_out(state, manager, headers, work).await?;
    Ok(done.answer_with(StatusCode::OK, json!({ "revoked": id })))
}

async fn rotate(
    state: &State,
    manager: &Manager,
    headers: &HeaderMap,
    who: &str,
) -> Result<Response, Refused> {
    let who = who.to_owned();
    let work = move |text: &str| {
        let (text, key, old) = keys::rotate(text, &who)?;
        Ok((text, changed(), (key, old)))
    };
    let (done, (key, old)) = carry_out(state, manager, headers, work).await?;
    let id = modelgate_config::model::ClientKey::new(key.expose()).id;
    let body = json!({ "id": id, "key": key.expose(), "replaced": old });
    Ok(done.answer_with(StatusCode::OK, body))
}

fn changed() -> Vec<String> {
    vec!["api-keys".to_owned()]
}

impl From<KeyError> for Refused {
    fn from(error: KeyError) -> Self {
        let status = match error {
            KeyError::Config(error) => return error.into(),
            KeyError::Unknown(_) => StatusCode::NOT_FOUND,
            KeyError::Ambiguous { .. } | KeyError::Taken(_) => StatusCode::CONFLICT,
            _ => StatusCode::BAD_REQUEST,
        };
        Self::new(status, error.to_string())
    }
}
