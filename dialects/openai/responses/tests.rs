#![expect(
    clippy::needless_pass_by_value,
    reason = "JSON is written where it is passed"
)]

mod errors;
mod passthrough;
mod request_decode;
mod request_encode;
mod response;
mod round_trip;
mod stream_decode;
mod stream_disorder;
mod stream_encode;

use bytes::Bytes;
use serde_json::Value as Json;

use crate::Dialect;
use crate::framing::sse::{Frame, Framer};
use crate::ir::{Event, Request};
use crate::json::{Document, Str};
use crate::names::Names;
use crate::target::{
    ChatProfile, Encoded, GeminiProfile, KiroProfile, ModelProfile, Reply, Target,
};

pub(super) fn document(json: &Json) -> Document {
    Document::parse(Bytes::from(json.to_string())).unwrap()
}

#[track_caller]
pub(super) fn responses(json: &Json) -> Request {
    super::request::decode(document(json).root()).unwrap()
}

#[track_caller]
pub(super) fn of(dialect: Dialect, json: &Json) -> Request {
    crate::decode_request(dialect, &document(json)).unwrap()
}

/// A Responses request with these items.
pub(super) fn items(items: Json) -> Json {
    serde_json::json!({"model": "m", "input": items})
}

pub(super) fn target() -> Target {
    Target {
        model: Str::from_static("upstream-model"),
        provider: Str::from_static("openai"),
        model_profile: ModelProfile::default(),
        chat: ChatProfile::default(),
        gemini: GeminiProfile::default(),
        kiro: KiroProfile::default(),
    }
}

#[track_caller]
pub(super) fn encoded(request: &Request, to: Dialect, target: &Target) -> Encoded {
    crate::encode_request(to, request, target).unwrap()
}

/// The body for a Responses upstream, and the losses as `path action` lines; quiet ones in brackets.
#[track_caller]
pub(super) fn body(request: &Request, target: &Target) -> (Json, Vec<String>) {
    let encoded = encoded(request, Dialect::Responses, target);
    let losses = encoded.losses.iter().map(|loss| {
        let line = format!("{} {:?}", loss.path, loss.action).to_lowercase();
        if loss.quiet {
            format!("({line})")
        } else {
            line
        }
    });
    let losses = losses.collect();
    (
        serde_json::from_slice(&encoded.body.to_bytes()).unwrap(),
        losses,
    )
}

pub(super) fn reply() -> Reply {
    Reply {
        model: Str::from_static("alias"),
        unique: Str::from_static("u1"),
        created: 7,
        include_usage: true,
        names: Names::default(),
        echo: None,
    }
}

/// A frame of an event, named by its type.
pub(super) fn frame(event: &Json) -> Frame {
    Frame {
        event: Str::from(event["type"].as_str().unwrap_or_default()),
        data: Str::from(event.to_string()),
    }
}

/// The events of an upstream's stream.
pub(super) fn events(frames: &[Json], clean: bool) -> Vec<Event> {
    let mut decoder = super::stream::Decoder::new(Str::from_static("openai"));
    let mut events = Vec::new();
    for event in frames {
        decoder.on_frame(&frame(event), &mut events);
    }
    decoder.finish(clean, &mut events);
    events
}

/// The events that a Responses client would read.
#[track_caller]
pub(super) fn frames(bytes: &[u8]) -> Vec<Json> {
    let mut framer = Framer::new(1 << 20);
    let mut frames = Vec::new();
    framer
        .feed(Bytes::copy_from_slice(bytes), &mut frames)
        .unwrap();
    framer.finish(&mut frames);
    let read = |frame: &Frame| {
        let json: Json = serde_json::from_str(&frame.data).unwrap();
        assert_eq!(json["type"].as_str(), Some(&*frame.event));
        json
    };
    frames.iter().map(read).collect()
}

/// The frames of a client for some events.
pub(super) fn told(events: impl IntoIterator<Item = Event>, reply: Reply) -> Vec<Json> {
    let mut encoder = super::stream::Encoder::new(reply);
    let mut out = Vec::new();
    for event in events {
        encoder.on(event, &mut out);
    }
    frames(&out)
}

/// The types of the events, but for their common beginning.
pub(super) fn types(frames: &[Json]) -> Vec<&str> {
    frames
        .iter()
        .filter_map(|frame| frame["type"].as_str()?.strip_prefix("response."))
        .collect()
}
