//! A client's request as it arrives.

use std::fmt;
use std::net::SocketAddr;
use std::pin::Pin;
use std::time::Instant;

use bytes::Bytes;
use futures_util::Stream;
use http::{HeaderMap, Method};
use modelgate_dialects::Str;
use uuid::Uuid;

/// The pieces of a request's body as they come.
pub(crate) type BodyStream = Pin<Box<dyn Stream<Item = Result<Bytes, warp::Error>> + Send>>;

/// The address of the socket that a request came through.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Peer(pub(crate) SocketAddr);

/// A request that nobody has looked at yet.
pub(crate) struct Incoming {
    pub(crate) id: RequestId,
    pub(crate) started: Instant,
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) query: Option<String>,
    pub(crate) headers: HeaderMap,
    pub(crate) peer: Option<SocketAddr>,
    pub(crate) body: BodyStream,
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
