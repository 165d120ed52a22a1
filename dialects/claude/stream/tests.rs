//! Streams, orderly and not.

mod from_upstream;
mod to_client;

use bytes::Bytes;
use serde_json::{Value, json};

use crate::framing::sse::{Frame, Framer};
use crate::ir::{Event, Response};
use crate::json::Str;
use crate::names::Names;
use crate::target::Reply;
use crate::{Dialect, EventDecoder, EventEncoder};

fn reply() -> Reply {
    Reply {
        model: Str::from_static("alias"),
        unique: Str::from_static("u1"),
        created: 7,
        include_usage: true,
        names: Names::default(),
        echo: None,
    }
}

/// The events of an upstream's stream.
fn decode(dialect: Dialect, frames: &[Value], clean: bool) -> Vec<Event> {
    let mut decoder = EventDecoder::new(dialect, Str::from_static("claude"));
    let mut events = Vec::new();
    for frame in frames {
        let event = match dialect {
            Dialect::Claude | Dialect::Responses => frame["type"].as_str().unwrap_or_default(),
            Dialect::Chat | Dialect::Completions | Dialect::Gemini | Dialect::Kiro => "",
        };
        let data = frame
            .as_str()
            .map_or_else(|| frame.to_string(), str::to_owned);
        let frame = Frame {
            event: Str::from(event),
            data: Str::from(data),
        };
        decoder.on_frame(&frame, &mut events);
    }
    decoder.finish(clean, &mut events);
    events
}

/// The frames of a client's stream, each checked to be named as its type.
#[track_caller]
fn frames_of(bytes: &[u8]) -> Vec<Value> {
    let mut framer = Framer::new(1 << 20);
    let mut frames = Vec::new();
    framer
        .feed(Bytes::copy_from_slice(bytes), &mut frames)
        .unwrap();
    framer.finish(&mut frames);
    frames
        .iter()
        .map(|frame| {
            let data: Value = serde_json::from_str(&frame.data).unwrap();
            assert_eq!(data["type"], *frame.event, "SDKs go by the name");
            data
        })
        .collect()
}

/// What a client gets for some events.
#[track_caller]
fn encode(events: impl IntoIterator<Item = Event>) -> Vec<Value> {
    let mut encoder = EventEncoder::new(Dialect::Claude, reply());
    let mut out = Vec::new();
    for event in events {
        encoder.on(event, &mut out);
    }
    let frames = frames_of(&out);
    check_order(&frames);
    frames
}

/// The invariants of `dialects.md` 1.4.
#[track_caller]
fn check_order(frames: &[Value]) {
    let mut open: Option<u64> = None;
    let mut blocks = 0;
    let mut ended = false;
    let mut terminals = 0;
    for (position, frame) in frames.iter().enumerate() {
        assert_eq!(terminals, 0, "nothing follows the end: {frame}");
        let index = frame["index"].as_u64();
        match frame["type"].as_str().unwrap() {
            "message_start" => assert_eq!(position, 0),
            "error" => terminals += 1,
            "content_block_start" => {
                assert!(!ended && open.is_none(), "one block at a time");
                assert_eq!(index, Some(blocks));
                blocks += 1;
                open = index;
            }
            "content_block_delta" => assert_eq!(open, index),
            "content_block_stop" => {
                assert_eq!(open, index);
                open = None;
            }
            "message_delta" => {
                assert!(open.is_none() && !ended);
                ended = true;
            }
            "message_stop" => {
                assert!(ended);
                terminals += 1;
            }
            "ping" => assert!(position > 0),
            word => panic!("{word}"),
        }
        if position == 0 && terminals == 0 {
            assert_eq!(frame["type"], "message_start");
        }
    }
}

/// The message an SDK would put together.
fn assembled(frames: &[Value]) -> Value {
    let mut message = frames[0]["message"].clone();
    let mut input = String::new();
    for frame in frames {
        let content = message["content"].as_array_mut().unwrap();
        match frame["type"].as_str().unwrap() {
            "content_block_start" => {
                content.push(frame["content_block"].clone());
                input.clear();
            }
            "content_block_delta" => {
                let block = content.last_mut().unwrap();
                let delta = frame["delta"].as_object().unwrap();
                for (key, piece) in delta.iter().filter(|(key, _)| *key != "type") {
                    match (key.as_str(), piece.as_str()) {
                        ("partial_json", Some(piece)) => {
                            input.push_str(piece);
                            if let Ok(value) = serde_json::from_str(&input) {
                                block["input"] = value;
                            }
                        }
                        ("signature", Some(piece)) => block["signature"] = json!(piece),
                        ("citation", _) => match block["citations"].as_array_mut() {
                            Some(list) => list.push(piece.clone()),
                            None => block["citations"] = json!([piece]),
                        },
                        (key, Some(piece)) => {
                            let text = block[key].as_str().unwrap().to_owned() + piece;
                            block[key] = json!(text);
                        }
                        _ => panic!("{frame}"),
                    }
                }
            }
            "message_delta" => {
                let delta = frame["delta"].as_object().unwrap().clone();
                message.as_object_mut().unwrap().extend(delta);
                let usage = frame["usage"].as_object().unwrap().clone();
                message["usage"].as_object_mut().unwrap().extend(usage);
            }
            _ => {}
        }
    }
    message
}

fn fold(events: Vec<Event>) -> Response {
    crate::ir::fold::fold(Dialect::Claude, events).unwrap()
}

fn text_start(index: u64) -> Value {
    json!({"type": "content_block_start", "index": index, "content_block": {"type": "text", "text": ""}})
}

fn delta(index: u64, delta: Value) -> Value {
    let mut frame = json!({"type": "content_block_delta", "index": index});
    frame["delta"] = delta;
    frame
}

fn text(index: u64, text: &str) -> Value {
    delta(index, json!({"type": "text_delta", "text": text}))
}

fn stop(index: u64) -> Value {
    json!({"type": "content_block_stop", "index": index})
}

fn start() -> Value {
    json!({"type": "message_start", "message": {
        "id": "msg_up", "type": "message", "role": "assistant", "model": "claude-x", "content": [],
        "stop_reason": null, "stop_sequence": null,
        "usage": {"input_tokens": 13, "cache_read_input_tokens": 22000, "cache_creation_input_tokens": 31, "output_tokens": 1, "service_tier": "standard"},
    }})
}

fn message_delta(reason: &str, output: u64) -> Value {
    json!({"type": "message_delta", "delta": {"stop_reason": reason, "stop_sequence": null}, "usage": {"output_tokens": output}})
}

fn message_stop() -> Value {
    json!({"type": "message_stop"})
}
