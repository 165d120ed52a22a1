//! `GET` and `DELETE /v1/responses/{id}`: answers are not kept to be fetched, only to be gone on from.

use std::time::SystemTime;

use http::StatusCode;
use modelgate_dialects::Dialect;
use modelgate_dialects::json::RawJson;
use warp::reply::Response;

use crate::access::Caller;
use crate::error::{self, Failure};
use crate::reply;
use crate::request::Incoming;
use crate::state::State;

/// Nothing is found, whatever belongs to the response is asked for.
pub(crate) fn show(state: &State, incoming: &Incoming, id: &str) -> Response {
    let failure = match caller(state, incoming) {
        Ok(_) => Failure::response_not_kept(id),
        Err(failure) => failure,
    };
    error::answer(Dialect::Responses, &failure)
}

/// Forgets the conversation that ended in the response.
pub(crate) fn delete(state: &State, incoming: &Incoming, id: &str) -> Response {
    let forgotten = caller(state, incoming).and_then(|caller| {
        if state.conversations.forget(caller.name(), id) {
            Ok(())
        } else {
            Err(Failure::response_not_kept(id))
        }
    });
    if let Err(failure) = forgotten {
        return error::answer(Dialect::Responses, &failure);
    }
    let body = RawJson::build(|writer| {
        writer.object(|writer| {
            writer.field("id", id);
            writer.field("object", "response");
            writer.field("deleted", &true);
        });
    });
    reply::json(StatusCode::OK, body.to_text().into_bytes())
}

fn caller(state: &State, incoming: &Incoming) -> Result<Caller, Failure> {
    let query = incoming.query.as_deref();
    let access = &state.snapshot().access;
    access.admit(&incoming.headers, query, incoming.peer, SystemTime::now())
}
