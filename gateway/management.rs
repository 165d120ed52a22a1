//! The management API: `/v0/management`.
//!
//! `gate` decides who may ask, this file which question it is, `views` what the answer says. The shapes are those of the
//! contract, which the commands read with the same types.

mod actions;
pub(crate) mod gate;
mod requests;
mod route;
mod views;

use http::header::CACHE_CONTROL;
use http::{HeaderValue, Method, StatusCode};
use modelgate_dialects::ir::{Error, ErrorKind};
use modelgate_dialects::{Dialect, Str};
use modelgate_management::AccountAction;
use serde::Serialize;
use warp::reply::Response;

use crate::error::{self, Failure};
use crate::request::Incoming;
use crate::routes::unescaped;
use crate::state::State;
use crate::{recent, reply};

/// How many requests are listed when nobody says how many.
const LISTED: usize = 100;

/// What is asked; bodies are of no interest.
#[derive(Debug)]
struct Question {
    method: Method,
    path: String,
    query: Option<String>,
}

/// Answers the request for what is at `tail` below the base path.
pub(crate) async fn answer(state: &State, incoming: Incoming, tail: &str) -> Response {
    let admitted = gate::admit(state, &incoming);
    let question = Question {
        method: incoming.method,
        path: incoming.path,
        query: incoming.query,
    };
    let mut response = match admitted {
        Ok(()) => dispatch(state, &question, tail)
            .await
            .unwrap_or_else(|failure| error::answer(Dialect::Chat, &failure)),
        Err(refusal) => {
            tracing::debug!(request_id = %incoming.id, ?refusal, "somebody may not manage the gateway");
            error::not_admitted(refusal)
        }
    };
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

async fn dispatch(state: &State, question: &Question, tail: &str) -> Result<Response, Failure> {
    let segments: Vec<String> = tail.split('/').map(unescaped).collect();
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    let get = question.method == Method::GET || question.method == Method::HEAD;
    let post = question.method == Method::POST;
    match *segments {
        ["accounts"] if get => json(&views::accounts(state)),
        ["accounts", id, action] if post => {
            let action = AccountAction::from_name(action).ok_or_else(|| unknown_action(action))?;
            json(&actions::act(state, id, action).await?)
        }
        ["requests"] if get => json(&requests::requests(state, limit(question)?)),
        ["requests", id] if get => json(&requests::request(state, id)?),
        ["route"] if get => {
            let model = parameter(question, "model").ok_or_else(no_model)?;
            let session = parameter(question, "session");
            json(&route::route(state, &model, session.as_deref())?)
        }
        ["accounts" | "route" | "requests"] | ["requests", _] => {
            Err(Failure::wrong_method(&question.path, "GET"))
        }
        ["accounts", _, _] => Err(Failure::wrong_method(&question.path, "POST")),
        _ => Err(Failure::unknown_route(&question.path)),
    }
}

fn json(view: &impl Serialize) -> Result<Response, Failure> {
    let body = serde_json::to_vec(view)
        .map_err(|error| failure(ErrorKind::Server, "unsayable", error.to_string()))?;
    Ok(reply::json(StatusCode::OK, body))
}

/// A parameter of the query; blank counts as absent.
fn parameter(question: &Question, name: &str) -> Option<String> {
    let query = question.query.as_deref()?;
    url::form_urlencoded::parse(query.as_bytes())
        .find(|(key, value)| key == name && !value.trim().is_empty())
        .map(|(_, value)| value.into_owned())
}

fn limit(question: &Question) -> Result<usize, Failure> {
    let Some(text) = parameter(question, "limit") else {
        return Ok(LISTED);
    };
    match text.parse() {
        Ok(limit @ 1..) => Ok(usize::min(limit, recent::CAPACITY)),
        _ => Err(misused("limit", "`limit` is a number from 1")),
    }
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
        "no request `{}` is remembered: the last {} that are over are, since the gateway started; `modelgate why` lists \
         them",
        error::shown(id),
        recent::CAPACITY
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
