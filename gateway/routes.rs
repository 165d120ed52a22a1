//! Which endpoint a request is for.
//!
//! One filter takes every request apart and one `match` decides: chains of filters cost more with every route.

use std::sync::Arc;
use std::time::Instant;

use bytes::Buf;
use futures_util::{Stream, StreamExt as _};
use http::Method;
use modelgate_dialects::Dialect;
use modelgate_providers::Operation;
use warp::reply::Response;
use warp::{Filter, Rejection};

use crate::amp::{self, Entered, Place};
use crate::api::{
    callback, count_tokens, embeddings, internal, models, passed, responses, server_info,
};
use crate::error::{self, Failure};
use crate::exchange::Ask;
use crate::google::{self, Google};
use crate::logs::Transcript;
use crate::request::{Head, Incoming, RequestId};
use crate::state::State;
use crate::{exchange, keep_alive, management, reply, websocket};

/// An endpoint, as listed to people.
pub(crate) struct Endpoint {
    pub(crate) method: &'static str,
    pub(crate) path: &'static str,
}

const fn endpoint(method: &'static str, path: &'static str) -> Endpoint {
    Endpoint { method, path }
}

/// Every endpoint, in the order of `GET /`.
pub(crate) const ENDPOINTS: &[Endpoint] = &[
    endpoint("POST", "/v1/chat/completions"),
    endpoint("POST", "/v1/completions"),
    endpoint("POST", "/v1/responses"),
    endpoint("GET", "/v1/responses"),
    endpoint("POST", "/v1/responses/input_tokens"),
    endpoint("POST", "/v1/responses/compact"),
    endpoint("DELETE", "/v1/responses/{id}"),
    endpoint("POST", "/v1/embeddings"),
    endpoint("POST", "/v1/messages"),
    endpoint("POST", "/v1/messages/count_tokens"),
    endpoint("POST", "/v1beta/models/{model}:generateContent"),
    endpoint("POST", "/v1beta/models/{model}:streamGenerateContent"),
    endpoint("POST", "/v1beta/models/{model}:countTokens"),
    endpoint("POST", "/v1beta/models/{model}:embedContent"),
    endpoint("POST", "/v1beta/models/{model}:batchEmbedContents"),
    endpoint("POST", "/v1beta/models/{model}:predict"),
    endpoint("POST", "/v1internal:{method}"),
    endpoint("POST", "/api/provider/{provider}/v1/{operation}"),
    endpoint("GET", "/v1/models"),
    endpoint("GET", "/v1beta/models"),
    endpoint("GET", "/healthz"),
    endpoint("GET", "/readyz"),
    endpoint("GET", "/metrics"),
    endpoint("GET", "/management.html"),
    endpoint("GET", "/v0/management/accounts"),
    endpoint("POST", "/v0/management/accounts/{id}/{action}"),
    endpoint("GET", "/v0/management/usage"),
    endpoint("GET", "/v0/management/usage/summary"),
    endpoint("GET", "/v0/management/usage/export"),
    endpoint("POST", "/v0/management/usage/import"),
    endpoint("GET", "/v0/management/events"),
    endpoint("GET", "/v0/management/requests"),
    endpoint("GET", "/v0/management/requests/{id}"),
    endpoint("GET", "/v0/management/route"),
    endpoint("GET", "/v0/management/logs"),
    endpoint("GET", "/v0/management/config"),
    endpoint("GET", "/v0/management/config.yaml"),
    endpoint("GET", "/v0/management/keys"),
    endpoint("GET", "/v0/management/auth-files"),
    endpoint("GET", "/v0/management/{provider}-auth-url"),
    endpoint("GET", "/v0/management/get-auth-status"),
    endpoint("POST", "/v0/management/oauth-callback"),
    endpoint("POST", "/v0/management/vertex/import"),
    endpoint("GET", "/{provider}/callback"),
];

/// The whole server as one filter.
pub(crate) fn routes(
    state: Arc<State>,
) -> impl Filter<Extract = (Response,), Error = Rejection> + Clone + Send + Sync + 'static {
    // A connection has room for the work on a request as long as it lives: in a box of its own that ends with the request.
    warp::ext::get()
        .and(warp::body::stream())
        .then(move |head, body| Box::pin(dispatch(Arc::clone(&state), incoming(head, body))))
}

fn incoming(
    head: Head,
    body: impl Stream<Item = Result<impl Buf, warp::Error>> + Send + 'static,
) -> Box<Incoming> {
    // It goes through many futures, and each has room of its own for what goes through it.
    Box::new(Incoming {
        id: RequestId::new(),
        started: Instant::now(),
        method: head.method,
        path: head.uri.path().to_owned(),
        query: head.uri.query().map(str::to_owned),
        headers: head.headers,
        peer: Some(head.peer),
        upgrade: head.upgrade,
        // The pieces are `Bytes` already, so that nothing is copied here.
        amp: None,
        body: Box::pin(
            body.map(|piece| piece.map(|mut piece| piece.copy_to_bytes(piece.remaining()))),
        ),
        transcript: Transcript::default(),
    })
}

async fn dispatch(state: Arc<State>, mut incoming: Box<Incoming>) -> Response {
    let id = incoming.id.clone();
    let transcript = state.logs.transcript(&incoming);
    incoming.transcript = transcript.clone();
    let entered = match Place::of(&incoming.method, &incoming.path) {
        None => Entered::Ours(incoming),
        Some(place) => Box::pin(amp::enter(&state, incoming, place)).await,
    };
    let (mut response, dialect) = match entered {
        Entered::Ours(incoming) => {
            let dialect = dialect(&incoming.path);
            (answer(state, incoming).await, dialect)
        }
        Entered::Answered(response) => (response, None),
    };
    reply::identify(&mut response, &id, dialect);
    transcript.answers(response).await
}

/// The dialect of a path, where it has one.
pub(crate) fn dialect(path: &str) -> Option<Dialect> {
    if path.starts_with("/v1/messages") {
        Some(Dialect::Claude)
    } else if path.starts_with("/v1/responses") {
        Some(Dialect::Responses)
    } else if path.starts_with("/v1beta/") || path.starts_with("/v1internal") || is_method(path) {
        Some(Dialect::Gemini)
    } else {
        path.starts_with("/v1/").then_some(Dialect::Chat)
    }
}

/// Whether the path is that of a method of one of Google's models, at the address its newer clients use.
fn is_method(path: &str) -> bool {
    let tail = path.strip_prefix("/v1/models/");
    tail.is_some_and(|tail| tail.contains(':') || tail.contains("%3A") || tail.contains("%3a"))
}

async fn answer(state: Arc<State>, incoming: Box<Incoming>) -> Response {
    let path = incoming.path.trim_end_matches('/').to_owned();
    let get = incoming.method == Method::GET || incoming.method == Method::HEAD;
    let post = incoming.method == Method::POST;
    let ask = Ask::Body;
    match &*path {
        "/v1/chat/completions" if post => {
            exchange::generate(state, incoming, ask(Dialect::Chat)).await
        }
        "/v1/completions" if post => {
            exchange::generate(state, incoming, ask(Dialect::Completions)).await
        }
        "/v1/responses" if post => {
            exchange::generate(state, incoming, ask(Dialect::Responses)).await
        }
        "/v1/responses" if incoming.method == Method::GET => websocket::open(state, incoming),
        "/v1/messages" if post => exchange::generate(state, incoming, ask(Dialect::Claude)).await,
        "/v1/messages/count_tokens" if post => {
            count_tokens::count(state, incoming, ask(Dialect::Claude)).await
        }
        "/v1/responses/input_tokens" if post => {
            count_tokens::count(state, incoming, ask(Dialect::Responses)).await
        }
        "/v1/responses/compact" if post => {
            passed::pass(state, incoming, ask(Dialect::Responses), Operation::Compact).await
        }
        "/v1/embeddings" if post => embeddings::embed(state, incoming, ask(Dialect::Chat)).await,
        "/v1/models" | "/v1beta/models" if get => models::list(&state, &incoming),
        "" if get => server_info::root(),
        "/healthz" if get => server_info::health(),
        "/readyz" if get => server_info::ready(&state),
        keep_alive::PATH => keep_alive::answer(&state, &incoming),
        "/metrics" => management::metrics(&state, incoming).await,
        "/api/event_logging/batch" if post => server_info::event_sink(),
        "/v1/chat/completions"
        | "/v1/completions"
        | "/v1/responses"
        | "/v1/responses/input_tokens"
        | "/v1/responses/compact"
        | "/v1/embeddings"
        | "/v1/messages"
        | "/v1/messages/count_tokens"
        | "/api/event_logging/batch" => wrong_method(&path, "POST"),
        "" | "/v1/models" | "/v1beta/models" | "/healthz" | "/readyz" => wrong_method(&path, "GET"),
        _ => match management::panel::file(&path) {
            Some(file) => management::panel::answer(&state, &incoming, file),
            None => below(state, incoming, &path).await,
        },
    }
}

/// The routes that go on behind a collection.
async fn below(state: Arc<State>, incoming: Box<Incoming>, path: &str) -> Response {
    let get = incoming.method == Method::GET || incoming.method == Method::HEAD;
    let query = incoming.query.as_deref();
    let beside = path.strip_prefix("/v1internal");
    let asked = if let Some(tail) = beside.filter(|tail| tail.starts_with([':', '/'])) {
        match tail
            .strip_prefix(':')
            .and_then(|method| Google::internal(method, query))
        {
            Some(google) => Ok(google),
            None => return internal::pass(&state, incoming, tail).await,
        }
    } else if let Some(tail) = path
        .strip_prefix("/v1beta/models/")
        .or_else(|| path.strip_prefix("/v1/models/"))
    {
        if get {
            return models::show(&state, &incoming, &unescaped(tail));
        }
        Google::at_model(tail, query)
    } else if let Some(tail) = path.strip_prefix("/v1/responses/") {
        return response(&state, &incoming, path, tail);
    } else if let Some(tail) = path.strip_prefix("/v0/management/") {
        // In a box of its own: it is larger than what answers requests, and rarely needed.
        return Box::pin(management::answer(&state, incoming, tail)).await;
    } else if let Some(name) = path.strip_suffix("/callback") {
        if incoming.method != Method::GET {
            return wrong_method(path, "GET");
        }
        match callback::callback(&state, name.strip_prefix('/').unwrap_or_default(), query) {
            Some(page) => return page,
            None => Err(Failure::unknown_route(path)),
        }
    } else {
        Err(Failure::unknown_route(path))
    };
    match asked {
        Ok(_) if incoming.method != Method::POST => wrong_method(path, "POST"),
        Ok(google) => call_method(state, incoming, google).await,
        Err(failure) => error::answer(dialect(path).unwrap_or(Dialect::Chat), &failure),
    }
}

/// What is asked of a response by its id, or of something that belongs to it.
fn response(state: &State, incoming: &Incoming, path: &str, tail: &str) -> Response {
    let id = unescaped(tail.split('/').next().unwrap_or_default());
    match incoming.method {
        Method::GET | Method::HEAD => responses::show(state, incoming, &id),
        Method::DELETE if !tail.contains('/') => responses::delete(state, incoming, &id),
        Method::POST => error::answer(Dialect::Responses, &Failure::unknown_route(path)),
        _ => wrong_method(path, "GET, DELETE"),
    }
}

async fn call_method(state: Arc<State>, incoming: Box<Incoming>, google: Google) -> Response {
    match google.method {
        google::Method::Generate | google::Method::Stream => {
            exchange::generate(state, incoming, Ask::Google(google)).await
        }
        google::Method::CountTokens => {
            count_tokens::count(state, incoming, Ask::Google(google)).await
        }
        google::Method::Embed | google::Method::EmbedBatch => {
            embeddings::embed(state, incoming, Ask::Google(google)).await
        }
        google::Method::Predict => {
            passed::pass(state, incoming, Ask::Google(google), Operation::Predict).await
        }
    }
}

fn wrong_method(path: &str, allow: &'static str) -> Response {
    error::answer(
        dialect(path).unwrap_or(Dialect::Chat),
        &Failure::wrong_method(path, allow),
    )
}

/// A name from a path: names may hold `/`, which some clients escape.
pub(crate) fn unescaped(text: &str) -> String {
    percent_encoding::percent_decode_str(text)
        .decode_utf8_lossy()
        .into_owned()
}

#[cfg(test)]
mod tests;
