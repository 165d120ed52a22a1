//! The answer to one `response.create`, as a stream of what to do on the connection.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use futures_util::stream::{self, Stream, StreamExt as _};
use http::header::{CONNECTION, CONTENT_LENGTH, RETRY_AFTER, UPGRADE};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use http_body_util::BodyExt as _;
use modelgate_dialects::framing::sse::{Frame, Framer};
use modelgate_dialects::ir::fold::unfold;
use modelgate_dialects::ir::{Choice, Response as Answer, Stop, StopReason, Usage};
use modelgate_dialects::json::{Document, RawJson, Writer};
use modelgate_dialects::{Dialect, EventEncoder, Names, Reply, Str, decode_stream_error};
use tokio_tungstenite::tungstenite::Utf8Bytes;
use warp::reply::Response;

use crate::error::Failure;
use crate::exchange::{self, Ask};
use crate::logs::Transcript;
use crate::request::{Incoming, RequestId};
use crate::state::State;

/// The version of the protocol that a client asks for when it connects; the requests inside are ordinary ones.
const BETA: HeaderName = HeaderName::from_static("openai-beta");

/// Who has opened a connection, for the requests on it.
pub(super) struct Handshake {
    pub(super) state: Arc<State>,
    path: String,
    query: Option<String>,
    headers: Arc<HeaderMap>,
    peer: Option<SocketAddr>,
}

/// A piece of an answer.
#[derive(Debug)]
pub(super) enum Said {
    /// An event.
    Event(Frame),
    /// There will be no answer: the message that says so.
    Refused(Refused),
    /// The answer is over.
    Over,
}

/// A failure as the body of an HTTP answer tells it.
#[derive(Debug)]
pub(super) struct Refused {
    status: u16,
    retry_after: Option<HeaderValue>,
    body: Bytes,
}

impl Handshake {
    pub(super) fn new(state: Arc<State>, incoming: Box<Incoming>) -> Self {
        let mut headers = HeaderMap::clone(&incoming.headers);
        let of_connection = |name: &HeaderName| {
            [CONNECTION, UPGRADE, CONTENT_LENGTH].contains(name)
                || name.as_str().starts_with("sec-websocket-")
        };
        let gone: Vec<HeaderName> = headers
            .keys()
            .filter(|name| of_connection(name))
            .cloned()
            .collect();
        for name in gone {
            headers.remove(name);
        }
        let beta = headers.get(BETA).and_then(|beta| beta.to_str().ok());
        if beta.is_some_and(|beta| beta.starts_with("responses_websockets")) {
            headers.remove(BETA);
        }
        Self {
            state,
            path: incoming.path,
            query: incoming.query,
            headers: Arc::new(headers),
            peer: incoming.peer,
        }
    }

    /// Asks for an answer as if the body had come by itself.
    pub(super) fn ask(
        &self,
        body: Bytes,
        limit: usize,
    ) -> impl Stream<Item = Said> + Send + 'static {
        let mut incoming = Incoming {
            id: RequestId::new(),
            started: Instant::now(),
            method: Method::POST,
            path: self.path.clone(),
            query: self.query.clone(),
            headers: Arc::clone(&self.headers),
            peer: self.peer,
            upgrade: None,
            amp: None,
            body: Box::pin(stream::once(async { Ok(body) })),
            transcript: Transcript::default(),
        };
        let transcript = self.state.logs.transcript(&incoming);
        incoming.transcript = transcript.clone();
        let state = Arc::clone(&self.state);
        stream::once(async move {
            let ask = Ask::Body(Dialect::Responses);
            let response = exchange::generate(state, Box::new(incoming), ask).await;
            let response = transcript.answers(response).await;
            if response.status().is_success() {
                events(response, limit).left_stream()
            } else {
                stream::once(refused(response)).right_stream()
            }
        })
        .flatten()
        .chain(stream::iter([Said::Over]))
    }
}

/// The events of an answer.
fn events(response: Response, limit: usize) -> impl Stream<Item = Said> {
    let chunks = response.into_body().into_data_stream();
    let chunks = chunks
        .filter_map(async |chunk| chunk.ok().map(Some))
        .chain(stream::iter([None]));
    chunks
        .scan(Framer::new(limit), |framer, chunk| {
            let mut frames = Vec::new();
            let fed = match chunk {
                Some(chunk) => framer.feed(chunk, &mut frames),
                None => {
                    framer.finish(&mut frames);
                    Ok(())
                }
            };
            std::future::ready(fed.ok().map(|()| frames))
        })
        .flat_map(|frames| stream::iter(frames.into_iter().map(Said::Event)))
}

async fn refused(response: Response) -> Said {
    let (parts, body) = response.into_parts();
    let body = body.collect().await;
    Said::Refused(Refused {
        status: parts.status.as_u16(),
        retry_after: parts.headers.get(RETRY_AFTER).cloned(),
        body: body
            .map(http_body_util::Collected::to_bytes)
            .unwrap_or_default(),
    })
}

/// The events of an answer that says nothing, for a request that only prepares a conversation.
pub(super) fn prepared(model: Str, created: u64) -> Vec<Frame> {
    let reply = Reply {
        model,
        unique: RequestId::new().unique(),
        created,
        include_usage: false,
        names: Names::default(),
        echo: None,
    };
    let mut answer = Answer::new(Dialect::Responses);
    answer.usage = Some(Usage::default());
    answer.choices = vec![Choice {
        stop: Some(Stop::new(StopReason::End)),
        ..Choice::default()
    }];
    let mut encoder = EventEncoder::new(Dialect::Responses, reply);
    let mut bytes = Vec::new();
    for event in unfold(answer) {
        encoder.on(event, &mut bytes);
    }
    let mut frames = Vec::new();
    let mut framer = Framer::new(usize::MAX);
    // Without a limit nothing is too large.
    let _ = framer.feed(bytes.into(), &mut frames);
    frames
}

/// A failure before an answer as a message.
pub(super) fn refusal(refused: &Refused, stream_id: Option<&Str>) -> Utf8Bytes {
    let document = Document::parse(refused.body.clone()).ok();
    let error = document
        .as_ref()
        .and_then(|document| document.root().field("error"));
    let code = error.and_then(|error| error.text_of("code"));
    // Over HTTP it is a 404.
    let status = match code.as_deref() {
        Some("previous_response_not_found") => 400,
        _ => refused.status,
    };
    let error = error.map_or_else(
        || RawJson::build(|writer| writer.object(|_| {})),
        |error| error.raw(),
    );
    message(status, &error, refused.retry_after.as_ref(), stream_id)
}

/// The same of a failure of ours.
pub(super) fn failure(failure: &Failure, stream_id: Option<&Str>) -> Utf8Bytes {
    let body = modelgate_dialects::encode_error(Dialect::Responses, &failure.error);
    let refused = Refused {
        status: failure.error.status,
        retry_after: None,
        body,
    };
    refusal(&refused, stream_id)
}

/// An `error` event of a stream as a message: there the failure stands in a field of its own, beside a status.
pub(super) fn broken(event: &Str, stream_id: Option<&Str>) -> Utf8Bytes {
    let error = decode_stream_error(Dialect::Responses, event.as_bytes());
    failure(&Failure::from(error), stream_id)
}

fn message(
    status: u16,
    error: &RawJson,
    retry_after: Option<&HeaderValue>,
    stream_id: Option<&Str>,
) -> Utf8Bytes {
    let retry_after = retry_after.and_then(|wait| wait.to_str().ok());
    text(|writer| {
        writer.object(|writer| {
            writer.field("type", "error");
            writer.field_opt("stream_id", stream_id);
            writer.field("status", &u64::from(status));
            writer.field("error", error);
            if let Some(wait) = retry_after {
                writer.object_field("headers", |writer| writer.field("retry-after", wait));
            }
        });
    })
}

/// An event as a message, with the name of its lane.
pub(super) fn event(data: &Str, stream_id: Option<&Str>) -> Utf8Bytes {
    let Some((stream_id, rest)) = stream_id.zip(data.strip_prefix('{')) else {
        return Utf8Bytes::from(&**data);
    };
    let named = RawJson::build(|writer| {
        writer.object(|writer| writer.field("stream_id", stream_id));
    });
    let named = named.as_str().trim_end_matches('}');
    Utf8Bytes::from(format!("{named},{rest}"))
}

fn text(write: impl FnOnce(&mut Writer<'_>)) -> Utf8Bytes {
    Utf8Bytes::from(RawJson::build(write).as_str())
}
