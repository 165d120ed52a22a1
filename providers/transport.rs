//! How requests of clients travel to providers: one pool of connections for each way of connecting.
//!
//! What the gateway asks for itself (lists of models, logins) goes over reqwest. That took a quarter of the CPU time of a small
//! request, for redirects that are never followed and copies that are never sent, so requests of clients go over the client
//! below it, with the same ways of connecting.

use std::error::Error;
use std::time::Duration;

use futures_util::StreamExt as _;
use http::header::{ACCEPT, HOST, PROXY_AUTHORIZATION};
use http::uri::Scheme;
use http::{HeaderValue, Request, Response, StatusCode, Uri};
use http_body_util::{BodyDataStream, Full};
use hyper::body::Incoming;
use hyper_util::client::legacy;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use modelgate_config::model::{Proxy, Timeouts};
use modelgate_dialects::{Body, Str};
use tokio::time::timeout;
use tower::Service as _;
use tower_http::decompression::{Decompression, DecompressionBody};

use self::connector::Connector;
use self::sending::Sending;
use crate::body::ByteStream;
use crate::{CallError, Clients, client};

mod connector;
mod sending;
#[cfg(test)]
mod tests;

/// How often a request that a server has not looked at is sent again.
const AGAIN: usize = 2;
/// How long a connection that nobody uses is kept.
const UNUSED: Duration = Duration::from_secs(90);

/// Why requests cannot be sent at all.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SetupError {
    #[error("the system's certificates cannot be used")]
    Certificates(#[from] rustls::Error),
    #[error("the address of the proxy cannot be used")]
    Proxy,
}

/// A pool of connections; its copies share it.
#[derive(Debug, Clone)]
pub(crate) struct Transport {
    pool: Decompression<legacy::Client<Connector, Full<Sending>>>,
    connector: Connector,
}

/// An answer's body as it comes, unpacked if it was packed.
pub(crate) type Answer = DecompressionBody<Incoming>;

impl Transport {
    /// Without connections yet. `connect` is the longest time that one may take to come about.
    pub(crate) fn new(proxy: &Proxy, connect: Duration) -> Result<Self, SetupError> {
        Ok(Self::over(&builder(), Connector::new(proxy, connect)?))
    }

    fn over(builder: &legacy::Builder, connector: Connector) -> Self {
        Self {
            pool: Decompression::new(builder.build(connector.clone())),
            connector,
        }
    }

    /// Sends a request and waits for the head of its answer. No redirect is followed: a key stays at the server it is for.
    async fn send(&self, mut request: Request<Body>) -> Result<Response<Answer>, legacy::Error> {
        let (uri, plain) = (request.uri(), is_plain(request.uri()));
        // In a tunnel the proxy is told when the tunnel is dug.
        let login = plain.then(|| self.connector.login(uri)).flatten();
        let host = plain.then(|| host(uri)).flatten();
        let headers = request.headers_mut();
        headers.extend(login.map(|login| (PROXY_AUTHORIZATION, login)));
        if let Some(host) = host {
            headers.entry(HOST).or_insert(host);
        }
        headers
            .entry(ACCEPT)
            .or_insert(const { HeaderValue::from_static("*/*") });
        // Only HTTP/2 can say that a request was not looked at, and only TLS leads to it.
        self.exchange(request, if plain { 0 } else { AGAIN }).await
    }

    /// Sends a request, and `again` so often as long as the server says that it has not looked at it.
    async fn exchange(
        &self,
        mut request: Request<Body>,
        mut again: usize,
    ) -> Result<Response<Answer>, legacy::Error> {
        loop {
            let next = (again > 0).then(|| request.clone());
            match (self.pool.clone().call(request.map(Sending::of)).await, next) {
                (Err(error), Some(next)) if is_unseen(&error) => request = next,
                (outcome, _) => return outcome,
            }
            again -= 1;
        }
    }
}

fn builder() -> legacy::Builder {
    let mut builder = legacy::Client::builder(TokioExecutor::new());
    builder
        .timer(TokioTimer::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(UNUSED)
        .http2_keep_alive_interval(Duration::from_secs(20))
        .http2_keep_alive_while_idle(false)
        .http2_adaptive_window(true);
    builder
}

/// The name of a server as it stands in the address. Where there is none, hyper puts it together from host and port, which
/// costs ten times as much.
fn host(uri: &Uri) -> Option<HeaderValue> {
    let server = uri.authority()?.as_str();
    let stands = !server.contains('@') && !server.ends_with(":80");
    HeaderValue::from_str(server).ok().filter(|_| stands)
}

fn is_plain(uri: &Uri) -> bool {
    uri.scheme() == Some(&Scheme::HTTP)
}

/// Whether the server says that it has not looked at the request: it refused the stream (RFC 9113, 8.7), or was ending the
/// connection already.
fn is_unseen(error: &legacy::Error) -> bool {
    let mut source = error.source();
    while let Some(error) = source {
        if let Some(error) = error.downcast_ref::<h2::Error>() {
            let told = |reason| error.is_remote() && error.reason() == Some(reason);
            return (error.is_reset() && told(h2::Reason::REFUSED_STREAM))
                || (error.is_go_away() && told(h2::Reason::NO_ERROR));
        }
        source = error.source();
    }
    false
}

/// Sends a request to `address` and waits for the head of its answer, whatever its status. `server` names the server in messages.
///
/// # Errors
/// No connection, no answer in time, or a proxy that wants another login.
pub(crate) async fn ask(
    clients: &Clients,
    proxy: &Proxy,
    timeouts: &Timeouts,
    server: &Str,
    address: String,
    mut request: Request<Body>,
) -> Result<Response<Answer>, CallError> {
    let unsent = |error: &dyn Error| client::broken(server, error);
    let transport = clients.transport(proxy, timeouts.connect);
    let transport = transport.map_err(|error| unsent(&error))?;
    *request.uri_mut() = Uri::try_from(address).map_err(|error| unsent(&error))?;
    let answered = timeout(timeouts.first_byte, transport.send(request)).await;
    let late = |_| {
        let limit = timeouts.first_byte;
        CallError::timed_out(server.clone(), "did not begin to answer", limit)
    };
    let failed = |error| failure(server, proxy, &error);
    let answer = answered.map_err(late)?.map_err(failed)?;
    if answer.status() == StatusCode::PROXY_AUTHENTICATION_REQUIRED {
        return Err(client::refused_by_proxy(server, proxy));
    }
    Ok(answer)
}

/// The bytes of a body.
pub(crate) fn stream(body: Answer, provider: Str) -> ByteStream {
    let chunks = BodyDataStream::new(body);
    Box::pin(chunks.map(move |chunk| chunk.map_err(|error| client::broken(&provider, &*error))))
}

/// A failure before the head of an answer.
fn failure(provider: &Str, proxy: &Proxy, error: &legacy::Error) -> CallError {
    // Its own words are those of the library.
    let cause = error.source().unwrap_or(error);
    if error.is_connect() {
        client::unreachable(provider, proxy, cause)
    } else {
        client::broken(provider, cause)
    }
}
