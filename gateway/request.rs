//! A client's request as it arrives.

use std::fmt;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use futures_util::Stream;
use http::{HeaderMap, Method};
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

/// Where a request came from.
#[derive(Debug, Clone)]
pub(crate) struct Peer {
    /// The address of the socket.
    pub(crate) address: SocketAddr,
    /// What the connection can become, where the client asks for that.
    pub(crate) upgrade: Option<Upgrade>,
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
pub(crate) struct RequestId(Str);

impl RequestId {
    pub(crate) fn new() -> Self {
        let mut text = [0; uuid::fmt::Simple::LENGTH];
        let text: &str = Uuid::now_v7().simple().encode_lower(&mut text);
        Self(Str::from(text))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// The id as the unique part of the ids in answers.
    pub(crate) fn unique(&self) -> Str {
        self.0.clone()
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
