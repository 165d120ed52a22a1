//! `GET /keep-alive`: the program that started the gateway says that it is still there. Once it falls silent the gateway
//! ends, so that none is left behind when a program that runs one inside itself is killed (`management-api.md` 7).
//!
//! There is such a path only where a password was given at the start, and only for programs of this machine.

use std::time::Duration;

use http::{Method, StatusCode};
use modelgate_dialects::Dialect;
use modelgate_management::FlatAnswer;
use tokio::sync::Notify;
use tokio::time::timeout;
use warp::reply::Response;

use crate::access::{authorization, text};
use crate::error::{self, Failure};
use crate::management::gate;
use crate::reply;
use crate::request::Incoming;
use crate::state::State;

/// The path.
pub(crate) const PATH: &str = "/keep-alive";
/// The longest silence.
pub(crate) const SILENCE: Duration = Duration::from_secs(10);
/// The header of the password, where `Authorization` does not carry it.
const PASSWORD: &str = "x-local-password";

/// The signs of life.
#[derive(Debug, Default)]
pub(crate) struct Signs(Notify);

impl Signs {
    /// Ends when there was none for too long, counted from the first look.
    pub(crate) async fn end(&self) {
        while timeout(SILENCE, self.0.notified()).await.is_ok() {}
    }
}

/// Takes a sign of life.
pub(crate) fn answer(state: &State, incoming: &Incoming) -> Response {
    let password = state.gate.password.as_ref();
    let local = gate::is_local(state, &incoming.headers, incoming.peer);
    let Some(password) = password.filter(|_| local) else {
        return error::answer(Dialect::Chat, &Failure::unknown_route(PATH));
    };
    if incoming.method != Method::GET {
        let failure = Failure::wrong_method(PATH, "GET");
        return error::answer(Dialect::Chat, &failure);
    }
    let headers = &incoming.headers;
    let presented = authorization(headers).or_else(|| text(headers, PASSWORD));
    if !presented.is_some_and(|presented| password.is(presented)) {
        let refused = FlatAnswer::new("invalid password").with_message(
            "send the password of `serve --password` as `X-Local-Password: <password>` or `Authorization: Bearer <password>`",
        );
        return error::flat(StatusCode::UNAUTHORIZED, &refused);
    }
    state.signs.0.notify_one();
    reply::json(StatusCode::OK, r#"{"status":"ok"}"#)
}

#[cfg(test)]
mod tests;
