//! A client's request as it arrives.

use std::fmt;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use futures_util::Stream;
use http::{HeaderMap, Method, Request, Uri};
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use modelgate_dialects::Str;
use tokio::sync::OwnedSemaphorePermit;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use crate::amp::ByAmp;
use crate::logs::Transcript;

/// The pieces of a request's body as they come.
pub(crate) type BodyStream = Pin<Box<dyn Stream<Item = Result<Bytes, warp::Error>> + Send>>;

/// A request without its body, and where it came from. It goes through warp's filters as an extension: those for its parts
/// clone them.
#[derive(Debug, Clone)]
pub(crate) struct Head {
    pub(crate) method: Method,
    pub(crate) uri: Uri,
    pub(crate) headers: Arc<HeaderMap>,
    /// The address of the socket.
    pub(crate) peer: SocketAddr,
    /// What the connection can become, where the client asks for that.
    pub(crate) upgrade: Option<Upgrade>,
}

impl Head {
    /// Takes the head off a request, which keeps its body.
    pub(crate) fn take<B>(request: &mut Request<B>, peer: SocketAddr, seat: &Seat) -> Self {
        let upgrade = request.extensions_mut().remove();
        Self {
            method: request.method().clone(),
            uri: request.uri().clone(),
            headers: Arc::new(std::mem::take(request.headers_mut())),
            peer,
            upgrade: upgrade.map(|on| Upgrade::new(on, seat.clone())),
        }
    }
}

/// A connection that can be taken over for another protocol once its request is answered.
#[derive(Debug, Clone)]
pub(crate) struct Upgrade {
    on: OnUpgrade,
    seat: Seat,
}

/// A place among the connections, for as long as it is held.
#[derive(Debug, Clone)]
pub(crate) struct Seat {
    pub(crate) open: TaskTracker,
    /// Counts against the limit in number.
    pub(crate) permit: Arc<OwnedSemaphorePermit>,
}

impl Upgrade {
    pub(crate) fn new(on: OnUpgrade, seat: Seat) -> Self {
        Self { on, seat }
    }

    /// Hands the connection over once the request is answered. What it has become still counts as one of the connections,
    /// and is waited for when the gateway stops.
    pub(crate) fn hand_over<F>(self, serve: impl FnOnce(TokioIo<Upgraded>) -> F + Send + 'static)
    where
        F: Future<Output = ()> + Send,
    {
        let Seat { open, permit } = self.seat;
        open.spawn(async move {
            let _permit = permit;
            match self.on.await {
                Ok(upgraded) => serve(TokioIo::new(upgraded)).await,
                Err(error) => tracing::debug!(%error, "a connection was not handed over"),
            }
        });
    }
}

/// A request that nobody has looked at yet.
pub(crate) struct Incoming {
    pub(crate) id: RequestId,
    pub(crate) started: Instant,
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) query: Option<String>,
    pub(crate) headers: Arc<HeaderMap>,
    pub(crate) peer: Option<SocketAddr>,
    pub(crate) upgrade: Option<Upgrade>,
    pub(crate) body: BodyStream,
    /// Where it came by one of Amp's paths.
    pub(crate) amp: Option<ByAmp>,
    /// What is kept of it for its log.
    pub(crate) transcript: Transcript,
}

impl Incoming {
    /// The text of a header; none when it is absent or no text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// The name of a request, on every answer and in every log line about it. Sorts by time.
#[derive(Debug, Clone)]
pub(crate) struct RequestId {
    text: Str,
    bytes: [u8; 16],
}

impl RequestId {
    pub(crate) fn new() -> Self {
        let id = Uuid::now_v7();
        let mut text = [0; uuid::fmt::Simple::LENGTH];
        let text: &str = id.simple().encode_lower(&mut text);
        Self {
            text: Str::from(text),
            bytes: id.into_bytes(),
        }
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    /// The sixteen bytes that its digits stand for.
    pub(crate) fn bytes(&self) -> [u8; 16] {
        self.bytes
    }

    /// The id as the unique part of the ids in answers.
    pub(crate) fn unique(&self) -> Str {
        self.text.clone()
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
