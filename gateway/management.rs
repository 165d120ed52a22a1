//! The management API: `/v0/management`.
//!
//! `gate` decides who may ask, this file which question it is. `views`, `requests` and `route` answer in our own shapes,
//! which the commands read with the same types; `settings` and what is beside it in those that programs of this family know.

mod actions;
mod api_call;
mod auth_files;
mod change;
mod etag;
pub(crate) mod events;
mod file;
mod form;
pub(crate) mod gate;
pub(crate) mod hash;
mod key_usage;
mod keys;
mod logins;
mod logs;
mod metrics;
mod models;
pub(crate) mod panel;
mod queue;
mod range;
mod refused;
mod requests;
mod route;
mod settings;
mod spill;
mod tools;
mod usage;
mod vertex;
mod views;

use std::sync::Arc;

use bytes::Bytes;
use http::header::CACHE_CONTROL;
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use modelgate_config::document::Document;
use modelgate_dialects::ir::{Error, ErrorKind};
use modelgate_dialects::{Dialect, Str};
use modelgate_ledger::transfer::LARGEST_IMPORT;
use modelgate_management::AccountAction;
use serde::Serialize;
use warp::reply::Response;

use self::gate::Manager;
pub(crate) use self::metrics::metrics;
use self::refused::Refused;
use self::settings::{Ask, Changes, Verb, patch_config, put_config, whole_config};
use crate::error::{self, Failure};
use crate::request::Incoming;
use crate::routes::unescaped;
use crate::state::State;
use crate::{body, reply};

/// The largest body, in bytes: what the largest configuration file has, and some.
const LARGEST: usize = 9 << 20;
/// Where programs of the family look for what the gateway is (`management-api.md` 1.3). It is not told of which commit and of
/// which day it is, so that a build can be made again; and there are no plugins.
const IDENTITY: [(&str, &str); 4] = [
    ("x-cpa-version", env!("CARGO_PKG_VERSION")),
    ("x-cpa-commit", "none"),
    ("x-cpa-build-date", "unknown"),
    ("x-cpa-support-plugin", "false"),
];

/// What is asked.
#[derive(Debug)]
struct Question {
    method: Method,
    path: String,
    query: Option<String>,
    headers: Arc<HeaderMap>,
}

/// Why there is no answer: in our shape, or in the family's.
enum Trouble {
    Failure(Failure),
    Refused(Refused),
}

impl From<Failure> for Trouble {
    fn from(failure: Failure) -> Self {
        Self::Failure(failure)
    }
}

impl From<Refused> for Trouble {
    fn from(refused: Refused) -> Self {
        Self::Refused(refused)
    }
}

/// Answers the request for what is at `tail` below the base path.
pub(crate) async fn answer(state: &Arc<State>, incoming: Box<Incoming>, tail: &str) -> Response {
    let mut response = match gate::admit(state, &incoming.headers, incoming.peer).await {
        Ok(manager) => answer_to(state, &manager, incoming, tail).await,
        // As if there were nothing.
        Err(refusal @ gate::Refusal::Off) => return error::not_admitted(refusal),
        Err(refusal) => {
            tracing::debug!(request_id = %incoming.id, ?refusal, "somebody may not manage the gateway");
            error::not_admitted(refusal)
        }
    };
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    for (name, value) in IDENTITY {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

async fn answer_to(
    state: &Arc<State>,
    manager: &Manager,
    incoming: Box<Incoming>,
    tail: &str,
) -> Response {
    let patience = state.snapshot().config.timeouts.body;
    let limit = match tail {
        "usage/import" => LARGEST_IMPORT,
        _ => LARGEST,
    };
    let body = body::read(&incoming.headers, incoming.body, limit, patience).await;
    let question = Question {
        method: incoming.method,
        path: incoming.path,
        query: incoming.query,
        headers: incoming.headers,
    };
    let answered = match body {
        Ok(body) => dispatch(state, manager, &question, body, tail).await,
        Err(failure) => Err(failure.into()),
    };
    answered.unwrap_or_else(|trouble| match trouble {
        Trouble::Failure(failure) => error::answer(Dialect::Chat, &failure),
        Trouble::Refused(refused) => refused.answer(),
    })
}

async fn dispatch(
    state: &Arc<State>,
    manager: &Manager,
    question: &Question,
    body: Bytes,
    tail: &str,
) -> Result<Response, Trouble> {
    let segments: Vec<String> = tail.split('/').map(unescaped).collect();
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    let get = question.method == Method::GET || question.method == Method::HEAD;
    let post = question.method == Method::POST;
    Ok(match *segments {
        ["accounts"] if get => json(&views::accounts(state))?,
        ["accounts", id, action] if post => {
            let action = AccountAction::from_name(action).ok_or_else(|| unknown_action(action))?;
            json(&actions::act(state, manager, id, action).await?)?
        }
        ["requests"] if get => json(&requests::requests(state, question.query.as_deref()).await?)?,
        ["requests", id] if get => json(&requests::request(state, id).await?)?,
        ["models"] if get => json(&models::models(state))?,
        ["events"] if get => events::events(state, question.query.as_deref())?,
        ["route"] if get => {
            let query = question.query.as_deref();
            let model = parameter(query, "model").ok_or_else(no_model)?;
            let session = parameter(query, "session");
            json(&route::route(state, &model, session.as_deref())?)?
        }
        ["accounts" | "events" | "models" | "route" | "requests"] | ["requests", _] => {
            return Err(Failure::wrong_method(&question.path, "GET").into());
        }
        ["accounts", _, _] => return Err(Failure::wrong_method(&question.path, "POST").into()),
        _ => return family(state, manager, question, body, &segments).await,
    })
}

/// What programs of the family ask (`management-api.md` 1.5 to 1.10, 4.1 to 4.7).
async fn family(
    state: &Arc<State>,
    manager: &Manager,
    question: &Question,
    body: Bytes,
    segments: &[&str],
) -> Result<Response, Trouble> {
    let ask = Ask {
        query: question.query.clone(),
        body,
    };
    let headers = &question.headers;
    let verb = match question.method {
        Method::PUT => Some(Verb::Put),
        Method::PATCH => Some(Verb::Patch),
        Method::DELETE => Some(Verb::Delete),
        _ => None,
    };
    let Some(allow) = allow(segments) else {
        return Err(Failure::unknown_route(&question.path).into());
    };
    let asked = match question.method {
        Method::HEAD => "GET",
        ref method => method.as_str(),
    };
    if !allow.split(", ").any(|known| known == asked) {
        return Err(Failure::wrong_method(&question.path, allow).into());
    }
    Ok(match (segments, verb) {
        (["config.yaml"], None) => file::read(state, headers).await?,
        (["config.yaml"], Some(_)) => file::write(state, manager, headers, ask).await?,
        (["config"], None) => json(&whole_config(&file::document(state).await?))?,
        (["config"], Some(verb)) => {
            let plan: fn(&Ask, &Document) -> Result<Changes, Refused> = match verb {
                Verb::Put => put_config,
                Verb::Patch | Verb::Delete => patch_config,
            };
            change::settings(state, manager, headers, move |document| {
                plan(&ask, document)
            })
            .await?
        }
        (["keys", tail @ ..], _) => {
            keys::answer(state, manager, &question.method, tail, headers, &ask).await?
        }
        (["vertex", "import"], _) => vertex::import(state, manager, headers, &ask).await?,
        (["reset-quota"], _) => tools::reset_quota(state, manager, &ask)?,
        (["api-call"], _) => api_call::call(state, manager, &ask).await?,
        (["latest-version"], _) => tools::latest_version(),
        (["model-definitions", channel], _) => tools::model_definitions(channel)?,
        (["model-definitions"], _) => {
            tools::model_definitions(&ask.parameter("channel").unwrap_or_default())?
        }
        (["usage", tail @ ..], _) => return usage::answer(state, manager, tail, ask).await,
        (["api-key-usage"], _) => key_usage::answer(state, &file::document(state).await?),
        (["usage-queue"], _) => queue::answer(state, &ask)?,
        (["logs"] | ["request-error-logs" | "request-log-by-id", ..], verb) => {
            let deletes = verb == Some(Verb::Delete);
            return logs::answer(state, manager, segments, deletes, &ask).await;
        }
        (["auth-files", tail @ ..], _) => {
            auth_files::answer(state, manager, &question.method, tail, headers, ask).await?
        }
        ([name], _) if logins::allow(segments).is_some() => {
            logins::answer(state, manager, &question.method, name, &ask).await?
        }
        (_, verb) => {
            let setting = settings::find(&segments.join("/"));
            let setting = setting.ok_or_else(|| Failure::unknown_route(&question.path))?;
            match verb {
                None => {
                    let mut told = setting.read(&file::document(state).await?);
                    if let Some(list) = setting.key_list() {
                        key_usage::mark(state, list, &mut told[setting.name()]);
                    }
                    json(&told)?
                }
                Some(verb) => {
                    let plan = move |document: &_| setting.change(verb, &ask, document);
                    change::settings(state, manager, headers, plan).await?
                }
            }
        }
    })
}

/// The methods of a resource; `None`: there is none.
fn allow(segments: &[&str]) -> Option<&'static str> {
    match segments {
        ["config.yaml"] => Some("GET, PUT"),
        ["config"] => Some("GET, PUT, PATCH"),
        ["keys", tail @ ..] => keys::allow(tail),
        ["reset-quota" | "api-call"] | ["vertex", "import"] => Some("POST"),
        ["latest-version" | "model-definitions"] | ["model-definitions", _] => Some("GET"),
        ["usage", tail @ ..] => usage::allow(tail),
        ["usage-queue" | "api-key-usage"] => Some("GET"),
        ["logs"] | ["request-error-logs" | "request-log-by-id", ..] => logs::allow(segments),
        ["auth-files", tail @ ..] => auth_files::allow(tail),
        _ => logins::allow(segments).or_else(|| {
            let setting = settings::find(&segments.join("/"));
            setting.map(settings::Setting::allow)
        }),
    }
}

fn json(view: &impl Serialize) -> Result<Response, Failure> {
    let body = serde_json::to_vec(view)
        .map_err(|error| failure(ErrorKind::Server, "unsayable", error.to_string()))?;
    Ok(reply::json(StatusCode::OK, body))
}

/// A parameter of the query; blank counts as absent.
fn parameter(query: Option<&str>, name: &str) -> Option<String> {
    url::form_urlencoded::parse(query?.as_bytes())
        .find(|(key, value)| key == name && !value.trim().is_empty())
        .map(|(_, value)| value.into_owned())
}

fn no_model() -> Failure {
    misused("model", "name a model: route?model=…")
}

fn misused(param: &'static str, message: &str) -> Failure {
    let mut failure = failure(
        ErrorKind::InvalidRequest,
        "invalid_parameter",
        message.to_owned(),
    );
    failure.error.param = Some(Str::from_static(param));
    failure
}

fn unknown_action(action: &str) -> Failure {
    let known: Vec<&str> = AccountAction::ALL.map(AccountAction::name).into();
    let message = format!(
        "accounts have no action `{}`; they have {}",
        error::shown(action),
        known.join(", ")
    );
    failure(ErrorKind::NotFound, "unknown_action", message)
}

fn unknown_account(id: &str) -> Failure {
    let message = format!(
        "there is no account `{}`; `modelgate accounts` lists them",
        error::shown(id)
    );
    failure(ErrorKind::NotFound, "unknown_account", message)
}

fn unknown_request(id: &str) -> Failure {
    let message = format!(
        "no request `{}` is known; `modelgate why` lists the latest",
        error::shown(id)
    );
    failure(ErrorKind::NotFound, "unknown_request", message)
}

/// What cannot be done with an account of this kind.
fn not_possible(message: String) -> Failure {
    let mut failure = failure(ErrorKind::Server, "not_implemented", message);
    failure.error.status = StatusCode::NOT_IMPLEMENTED.as_u16();
    failure
}

fn failure(kind: ErrorKind, code: &'static str, message: String) -> Failure {
    Error::new(kind, Str::from(message)).with_code(code).into()
}

#[cfg(test)]
mod tests;
