//! What is asked of Amp's own server: people, threads, telemetry, pages. None of it is recorded.
//!
//! The owner's key is lent to holders of a client key of ours only; and unless the operator says otherwise, to programs on
//! this machine only, which the socket tells and no header.

use std::time::SystemTime;

use http::{Method, StatusCode};
use modelgate_dialects::Dialect;
use modelgate_management::FlatAnswer;
use warp::reply::Response;

use super::passage::{self, Letter};
use super::place::Door;
use crate::access::{self, Caller};
use crate::body;
use crate::error::{self, Failure};
use crate::request::Incoming;
use crate::state::{Snapshot, State};

const NO_UPSTREAM: &str = "amp upstream proxy not available";
const NOT_LOCAL: &str = "Access denied: management routes restricted to localhost";

/// Answers with what Amp's own server says.
pub(super) async fn answer(state: &State, incoming: Box<Incoming>, door: Door) -> Response {
    if incoming.method == Method::OPTIONS {
        // A page that asks whether it may: it may not.
        let mut response = Response::default();
        *response.status_mut() = StatusCode::FORBIDDEN;
        return response;
    }
    let snapshot = state.snapshot();
    let ampcode = &snapshot.config.ampcode;
    let Some(upstream) = &ampcode.upstream else {
        let answer = FlatAnswer::new(NO_UPSTREAM);
        return error::flat(StatusCode::SERVICE_UNAVAILABLE, &answer);
    };
    if ampcode.local_only && !access::is_loopback(incoming.peer) {
        return error::flat(StatusCode::FORBIDDEN, &FlatAnswer::new(NOT_LOCAL));
    }
    let reads = incoming.method == Method::GET || incoming.method == Method::HEAD;
    if matches!(door, Door::OpenToRead | Door::KeyedToRead) && !reads {
        let failure = Failure::wrong_method(&incoming.path, "GET, HEAD");
        return error::answer(Dialect::Chat, &failure);
    }
    let caller = match admit(state, &snapshot, &incoming, door) {
        Ok(caller) => caller,
        Err(failure) => return error::answer(Dialect::Chat, &failure),
    };
    let (limits, timeouts) = (&snapshot.config.limits, &snapshot.config.timeouts);
    let read = body::read(
        &incoming.headers,
        incoming.body,
        limits.request_body,
        timeouts.body,
    );
    let body = match read.await {
        Ok(body) => body,
        Err(failure) => return error::answer(Dialect::Chat, &failure),
    };
    let key = match &caller {
        Some(caller) => passage::key_of(state, &snapshot, upstream, caller).await,
        None => None,
    };
    let letter = Letter {
        method: incoming.method,
        path: incoming.path,
        query: incoming.query,
        headers: incoming.headers,
        body,
    };
    match passage::go(state, &snapshot, upstream, letter, key.as_ref()).await {
        Ok(answer) => passage::answer(answer),
        Err(error) => passage::lost(&error),
    }
}

/// Who calls; nobody where a page is open to everybody and no key is presented that counts here.
fn admit(
    state: &State,
    snapshot: &Snapshot,
    incoming: &Incoming,
    door: Door,
) -> Result<Option<Caller>, Failure> {
    if state.is_draining() {
        return Err(Failure::draining());
    }
    let query = incoming.query.as_deref();
    let now = SystemTime::now();
    let caller = snapshot
        .access
        .admit(&incoming.headers, query, incoming.peer, now);
    match door {
        Door::Keyed | Door::KeyedToRead => caller.map(Some),
        // A browser goes where a page sends it: being on this machine is no wish of its owner's.
        Door::Open | Door::OpenToRead => Ok(caller
            .ok()
            .filter(|caller| matches!(caller, Caller::Key(_)))),
    }
}
