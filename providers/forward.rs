//! A request that goes on to another server as it is, and its answer as it comes.
//!
//! Nothing is read, held or translated; who forwards says which headers go on. What belongs to a connection stays there
//! (RFC 9110, 7.6.1), and no redirect is followed: a key stays at the server it is for.

use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use http::header::{
    ACCEPT_ENCODING, CONNECTION, CONTENT_LENGTH, HOST, TE, TRAILER, TRANSFER_ENCODING, UPGRADE,
    USER_AGENT,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode};
use modelgate_config::model::{Proxy, Timeouts};
use modelgate_dialects::{Body, Str};
use tokio::time::timeout;
use url::Url;

use crate::body::ByteStream;
use crate::credential::AGENT;
use crate::{CallError, Clients, transport};

/// Headers of a connection, beside those that `Connection` names.
const HOP_BY_HOP: [HeaderName; 8] = [
    CONNECTION,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    HeaderName::from_static("proxy-authenticate"),
    TE,
    TRAILER,
    TRANSFER_ENCODING,
    UPGRADE,
];

/// What goes on.
#[derive(Debug)]
pub struct Forward {
    /// How.
    pub method: Method,
    /// Where.
    pub url: Url,
    /// The headers; those of the connection are left out.
    pub headers: HeaderMap,
    /// The body; empty for none.
    pub body: Bytes,
}

/// An answer whose body is still on its way, whatever its status. It is not compressed any more if it said that it was.
pub struct Forwarded {
    /// The status.
    pub status: StatusCode,
    /// The headers, without those of the connection.
    pub headers: HeaderMap,
    /// The bytes; an error where the server broke off or fell silent.
    pub body: ByteStream,
}

impl std::fmt::Debug for Forwarded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Forwarded")
            .field("status", &self.status)
            .field("headers", &self.headers)
            .finish_non_exhaustive()
    }
}

/// Sends a request on and waits for the head of its answer. `server` names the server in messages.
///
/// # Errors
/// No connection, or no answer in time.
pub async fn forward(
    clients: &Clients,
    proxy: &Proxy,
    timeouts: &Timeouts,
    server: &Str,
    request: Forward,
) -> Result<Forwarded, CallError> {
    let mut headers = end_to_end(request.headers);
    // What the transport says by itself.
    for name in [HOST, CONTENT_LENGTH, ACCEPT_ENCODING] {
        headers.remove(name);
    }
    headers.insert(USER_AGENT, HeaderValue::from_static(AGENT));
    let mut sent = Request::new(Body::from(request.body));
    *sent.method_mut() = request.method;
    *sent.headers_mut() = headers;
    let answered = transport::ask(clients, proxy, timeouts, server, request.url.into(), sent);
    let mut answer = answered.await?;
    Ok(Forwarded {
        status: answer.status(),
        headers: end_to_end(std::mem::take(answer.headers_mut())),
        body: patient(
            transport::stream(answer.into_body(), server.clone()),
            server,
            timeouts.idle,
        ),
    })
}

/// The headers that are not those of a connection.
fn end_to_end(mut headers: HeaderMap) -> HeaderMap {
    let named: Vec<HeaderName> = headers
        .get_all(CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|names| names.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    for name in named.iter().chain(&HOP_BY_HOP) {
        headers.remove(name);
    }
    headers
}

/// The same bytes, and an error once nothing comes for too long.
fn patient(body: ByteStream, server: &Str, idle: Duration) -> ByteStream {
    let server = server.clone();
    Box::pin(stream::try_unfold(body, move |mut body| {
        let server = server.clone();
        async move {
            let late = |_| CallError::timed_out(server, "sent nothing", idle);
            let next = timeout(idle, body.next()).await.map_err(late)?;
            Ok(next.transpose()?.map(|piece| (piece, body)))
        }
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_belongs_to_a_connection_stays_there() {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("connection", "close, X-Hop"),
            ("x-hop", "1"),
            ("keep-alive", "timeout=5"),
            ("transfer-encoding", "chunked"),
            ("upgrade", "h2c"),
            ("x-kept", "2"),
        ] {
            headers.insert(name, HeaderValue::from_static(value));
        }
        let kept = end_to_end(headers);
        let names: Vec<&str> = kept.keys().map(HeaderName::as_str).collect();
        assert_eq!(names, ["x-kept"]);
    }

    #[tokio::test(start_paused = true)]
    async fn silence_ends_an_answer_with_an_error() {
        let first: Result<Bytes, CallError> = Ok(Bytes::from_static(b"a"));
        let body = Box::pin(stream::iter([first]).chain(stream::pending()));
        let mut body = patient(body, &"p".into(), Duration::from_secs(30));
        assert_eq!(body.next().await.unwrap().unwrap(), "a");
        let error = body.next().await.unwrap().unwrap_err();
        assert_eq!(error.kind.name(), "timed_out");
        assert!(body.next().await.is_none());
    }
}
