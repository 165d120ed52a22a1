//! The way to Amp's own server, and back.

use std::sync::Arc;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use modelgate_config::Secret;
use modelgate_dialects::Str;
use modelgate_management::FlatAnswer;
use modelgate_providers::{CallError, Forward, forward};
use sync_wrapper::SyncStream;
use url::Url;
use warp::reply::{Reply as _, Response};

use super::headers;
use super::unpacked::{Unpacked, unpack};
use crate::access::Caller;
use crate::error;
use crate::state::{Snapshot, State};

/// How Amp's server is called in messages.
const SERVER: Str = Str::from_static("ampcode");

/// A request for Amp's own server.
pub(super) struct Letter {
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) query: Option<String>,
    pub(super) headers: Arc<HeaderMap>,
    pub(super) body: Bytes,
}

/// What lets somebody in at Amp's own server: what the gateway was told, else what Amp's own program keeps for that server.
pub(super) async fn key_of(
    state: &State,
    snapshot: &Snapshot,
    server: &Url,
    caller: &Caller,
) -> Option<Secret> {
    let client = match caller {
        Caller::Key(key) => Some(&**key),
        Caller::Loopback => None,
    };
    let ampcode = &snapshot.config.ampcode;
    if let Some(key) = ampcode.key_of(client) {
        return Some(key.clone());
    }
    let file = ampcode.kept_keys.as_deref()?;
    let key = state.amp_keys.key(file, server).await?;
    if snapshot.access.knows(key.expose()) {
        tracing::warn!(file = %file.display(), "the key for Amp's server is not used, because it lets clients in here");
        return None;
    }
    Some(key)
}

/// Asks Amp's own server, and waits for the head of its answer.
///
/// # Errors
/// No connection, no answer in time, or one that broke off at its beginning.
pub(super) async fn go(
    state: &State,
    snapshot: &Snapshot,
    upstream: &Url,
    letter: Letter,
    key: Option<&Secret>,
) -> Result<Unpacked, CallError> {
    let (config, access) = (&snapshot.config, &snapshot.access);
    let query = headers::query(&letter.headers, letter.query.as_deref(), access);
    let request = Forward {
        method: letter.method,
        url: address(upstream, &letter.path, query.as_deref()),
        headers: headers::to_amp(&letter.headers, access, key),
        body: letter.body,
    };
    let (proxy, timeouts) = (&config.proxy, &config.timeouts);
    let answer = forward(&state.clients, proxy, timeouts, &SERVER, request).await?;
    unpack(answer).await
}

/// An answer of Amp's own server for its client.
pub(super) fn answer(unpacked: Unpacked) -> Response {
    let headers = headers::from_amp(unpacked.headers);
    let kind = headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes);
    let streams = kind.is_some_and(|kind| kind.starts_with(b"text/event-stream"));
    let mut response = warp::reply::stream(SyncStream::new(unpacked.body)).into_response();
    *response.status_mut() = unpacked.status;
    *response.headers_mut() = headers;
    if streams {
        let no = HeaderValue::from_static("no");
        response.headers_mut().insert("x-accel-buffering", no);
    }
    response
}

/// Amp's own server did not answer.
pub(super) fn lost(error: &CallError) -> Response {
    tracing::warn!(kind = error.kind.name(), error = %error.error.message, "Amp's server did not answer");
    let answer = FlatAnswer::new("amp_upstream_proxy_error");
    let answer = answer.with_message(error.error.message.to_string());
    error::flat(StatusCode::BAD_GATEWAY, &answer)
}

/// A path of Amp's own server.
fn address(upstream: &Url, path: &str, query: Option<&str>) -> Url {
    let mut url = upstream.clone();
    let before = upstream.path().trim_end_matches('/');
    url.set_path(&format!("{before}{path}"));
    url.set_query(query);
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_asked_as_it_came() {
        let address = |upstream: &str, path: &str, query| {
            let upstream = Url::parse(upstream).unwrap();
            address(&upstream, path, query).to_string()
        };
        for (upstream, path, query, expected) in [
            (
                "https://ampcode.com",
                "/api/internal",
                Some("getUserInfo"),
                "https://ampcode.com/api/internal?getUserInfo",
            ),
            (
                "https://a.example/amp/",
                "/api/threads/T%201/",
                None,
                "https://a.example/amp/api/threads/T%201/",
            ),
            // Whatever a path holds, it stays at the server.
            (
                "https://a.example",
                "//evil.example/api",
                None,
                "https://a.example//evil.example/api",
            ),
        ] {
            assert_eq!(address(upstream, path, query), expected);
        }
    }
}
