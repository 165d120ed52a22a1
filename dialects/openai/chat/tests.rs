#![expect(
    clippy::needless_pass_by_value,
    reason = "JSON is written where it is passed"
)]

mod errors;
mod mapping;
mod passthrough;
mod request_decode;
mod request_encode;
mod response;
mod schemas;
mod stream_decode;
mod stream_disorder;
mod stream_encode;

use bytes::Bytes;
use serde_json::Value as Json;

use crate::framing::sse::{Frame, Framer};
use crate::ir::{Event, Request};
use crate::json::{Document, Str};
use crate::names::Names;
use crate::target::{
    ChatProfile, Encoded, GeminiProfile, KiroProfile, ModelProfile, Reply, Target,
};
use crate::{Dialect, EncodeError};

pub(super) fn document(json: &Json) -> Document {
    Document::parse(Bytes::from(json.to_string())).unwrap()
}

#[track_caller]
pub(super) fn chat(json: &Json) -> Request {
    super::request::decode(document(json).root()).unwrap()
}

#[track_caller]
pub(super) fn claude(json: &Json) -> Request {
    crate::decode_request(Dialect::Claude, &document(json)).unwrap()
}

/// A Chat request with these messages.
pub(super) fn messages(messages: Json) -> Json {
    serde_json::json!({"model": "m", "messages": messages})
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

/// An upstream that takes everything.
pub(super) fn generous() -> Target {
    Target {
        chat: ChatProfile {
            developer_role: true,
            image_in_tool: true,
            cache_control: true,
            replay_reasoning: true,
            ..ChatProfile::default()
        },
        ..target()
    }
}

pub(super) fn encode(request: &Request, target: &Target) -> Result<Encoded, EncodeError> {
    super::request::encode(request, target)
}

/// The body for an upstream, and the losses as `path action` lines; quiet ones in brackets.
#[track_caller]
pub(super) fn body(request: &Request, target: &Target) -> (Json, Vec<String>) {
    let encoded = encode(request, target).unwrap();
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

pub(super) fn frame(data: &str) -> Frame {
    Frame {
        event: Str::new(),
        data: Str::from(data),
    }
}

/// The frames a Chat client would read.
#[track_caller]
pub(super) fn frames(bytes: &[u8]) -> Vec<String> {
    let mut framer = Framer::new(1 << 20);
    let mut frames = Vec::new();
    framer
        .feed(Bytes::copy_from_slice(bytes), &mut frames)
        .unwrap();
    framer.finish(&mut frames);
    frames.iter().map(|frame| frame.data.to_string()).collect()
}

/// The events of an upstream's stream whose chunks are given as JSON; `[DONE]` is a bare string.
pub(super) fn events(chunks: &[Json], clean: bool) -> Vec<Event> {
    let mut decoder = super::stream::Decoder::new(Str::from_static("openai"));
    let mut events = Vec::new();
    for chunk in chunks {
        let data = chunk
            .as_str()
            .map_or_else(|| chunk.to_string(), str::to_owned);
        decoder.on_frame(&frame(&data), &mut events);
    }
    decoder.finish(clean, &mut events);
    events
}

/// A chunk of choice 0.
pub(super) fn delta(delta: Json) -> Json {
    serde_json::json!({"id": "chatcmpl-1", "model": "m", "created": 1,
        "choices": [{"index": 0, "delta": delta, "finish_reason": null}]})
}

pub(super) fn finish(reason: &str) -> Json {
    serde_json::json!({"id": "chatcmpl-1", "model": "m", "created": 1,
        "choices": [{"index": 0, "delta": {}, "finish_reason": reason}]})
}
