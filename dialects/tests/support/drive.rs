//! Short ways to call the codecs.

use bytes::Bytes;
use modelgate_dialects::framing::Framer;
use modelgate_dialects::framing::sse::{self, Frame};
use modelgate_dialects::ir::{Event, Request, Response};
use modelgate_dialects::json::Document;
use modelgate_dialects::{
    Dialect, EncodeError, Encoded, EventDecoder, EventEncoder, Reply, Target, decode_request,
    decode_response, encode_request, encode_response,
};

use super::targets;

/// Every dialect of an upstream but this one.
pub(crate) fn upstreams(dialect: Dialect) -> impl Iterator<Item = Dialect> {
    let all = Dialect::UPSTREAM.into_iter();
    all.filter(move |to| *to != dialect)
}

/// Every dialect of a client but this one.
pub(crate) fn clients(dialect: Dialect) -> impl Iterator<Item = Dialect> {
    Dialect::CLIENT.into_iter().filter(move |to| *to != dialect)
}

/// The document of a JSON text.
#[track_caller]
pub(crate) fn document(json: &[u8]) -> Document {
    Document::parse(Bytes::copy_from_slice(json))
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(json)))
}

/// A client's request.
#[track_caller]
pub(crate) fn request(dialect: Dialect, json: &[u8]) -> Request {
    decode_request(dialect, &document(json))
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(json)))
}

/// A request of one dialect for an upstream of another.
pub(crate) fn translate(
    from: Dialect,
    json: &[u8],
    to: Dialect,
    target: &Target,
) -> Result<Encoded, EncodeError> {
    encode_request(to, &request(from, json), target)
}

/// An upstream's answer.
#[track_caller]
pub(crate) fn response(dialect: Dialect, json: &[u8]) -> Response {
    decode_response(dialect, &document(json), &targets::provider(dialect))
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(json)))
}

/// An answer for a client.
pub(crate) fn answer(dialect: Dialect, response: &Response) -> Bytes {
    encode_response(dialect, response, &targets::reply())
}

/// The frames of a stream that ended cleanly.
pub(crate) fn frames(stream: &[u8]) -> Vec<Frame> {
    frames_of([stream])
}

/// The same in chunks.
pub(crate) fn frames_of<'c>(chunks: impl IntoIterator<Item = &'c [u8]>) -> Vec<Frame> {
    let mut framer = sse::Framer::new(64 << 20);
    let mut frames = Vec::new();
    for chunk in chunks {
        framer
            .feed(Bytes::copy_from_slice(chunk), &mut frames)
            .unwrap();
    }
    framer.finish(&mut frames);
    frames
}

/// The frames of an upstream's stream up to where it cannot be read any more, and whether it is whole.
pub(crate) fn upstream_frames<'c>(
    dialect: Dialect,
    chunks: impl IntoIterator<Item = &'c [u8]>,
) -> (Vec<Frame>, bool) {
    let mut framer = Framer::new(dialect, 64 << 20);
    let mut frames = Vec::new();
    for chunk in chunks {
        let chunk = Bytes::copy_from_slice(chunk);
        if framer.feed(chunk, &mut frames).is_err() {
            return (frames, false);
        }
    }
    let whole = framer.finish(&mut frames);
    (frames, whole)
}

/// The events of an upstream's frames.
pub(crate) fn events(dialect: Dialect, frames: &[Frame], clean: bool) -> Vec<Event> {
    let mut decoder =
        EventDecoder::new(dialect, targets::provider(dialect)).asked(targets::asked());
    let mut events = Vec::new();
    for frame in frames {
        decoder.on_frame(frame, &mut events);
    }
    decoder.finish(clean, &mut events);
    events
}

/// The stream of a client.
pub(crate) fn stream(
    dialect: Dialect,
    events: impl IntoIterator<Item = Event>,
    reply: Reply,
) -> Vec<u8> {
    let mut encoder = EventEncoder::new(dialect, reply);
    let mut out = Vec::new();
    for event in events {
        encoder.on(event, &mut out);
    }
    out
}
