//! One long conversation and one long answer, in every dialect.

use bytes::Bytes;
use modelgate_dialects::framing::sse::Framer;
use modelgate_dialects::ir::{Event, Request};
use modelgate_dialects::json::Document;
use modelgate_dialects::target::{ChatProfile, GeminiProfile, KiroProfile, ModelProfile};
use modelgate_dialects::{
    Dialect, EventDecoder, EventEncoder, Names, Reply, Str, Target, decode_request, encode_request,
};
use serde_json::{Value, json};

/// Deltas of the answer: a quarter thinking, a half text, a quarter arguments of a tool.
const DELTAS: usize = 2000;
/// Turns of the conversation, and about how many bytes of JSON they are.
const TURNS: usize = 200;
const BYTES: usize = 1 << 20;
const TOOLS: usize = 30;

/// An upstream about which nothing special is known.
pub(crate) fn target(dialect: Dialect) -> Target {
    Target {
        model: Str::from_static("upstream-model"),
        provider: Str::from_static(match dialect {
            Dialect::Chat | Dialect::Completions | Dialect::Responses => "openai",
            Dialect::Claude => "claude",
            Dialect::Gemini => "gemini",
            Dialect::Kiro => "kiro",
        }),
        model_profile: ModelProfile::default(),
        chat: ChatProfile::default(),
        gemini: GeminiProfile::default(),
        kiro: KiroProfile::default(),
    }
}

/// A client that asked for usage.
pub(crate) fn reply() -> Reply {
    Reply {
        model: Str::from_static("client-model"),
        unique: Str::from_static("UNIQUE"),
        created: 1_700_000_001,
        include_usage: true,
        names: Names::default(),
        echo: None,
    }
}

/// The events of the answer.
pub(crate) fn events() -> Vec<Event> {
    let mut framer = Framer::new(1 << 20);
    let (mut frames, mut events) = (Vec::new(), Vec::new());
    framer
        .feed(Bytes::from(claude_stream()), &mut frames)
        .unwrap_or_else(|error| panic!("{error}"));
    let mut decoder = EventDecoder::new(Dialect::Claude, Str::from_static("claude"));
    for frame in &frames {
        decoder.on_frame(frame, &mut events);
    }
    decoder.finish(true, &mut events);
    assert!(
        matches!(events.last(), Some(Event::End)),
        "{:?}",
        events.last()
    );
    events
}

/// The answer as a client of this dialect gets it.
pub(crate) fn stream(dialect: Dialect) -> Vec<u8> {
    let mut encoder = EventEncoder::new(dialect, reply());
    let mut out = Vec::new();
    for event in events() {
        encoder.on(event, &mut out);
    }
    out
}

/// The conversation.
pub(crate) fn request() -> Request {
    let body = Bytes::from(claude_request().to_string());
    let document = Document::parse(body).unwrap_or_else(|error| panic!("{error}"));
    decode_request(Dialect::Claude, &document).unwrap_or_else(|error| panic!("{error}"))
}

/// The conversation in JSON; a prompt of the same size in the dialect that has no messages.
pub(crate) fn request_body(dialect: Dialect) -> Bytes {
    if dialect == Dialect::Completions {
        let prompt = text().repeat(TURNS);
        return Bytes::from(json!({"model": "client-model", "prompt": prompt}).to_string());
    }
    encode_request(dialect, &request(), &target(dialect))
        .unwrap_or_else(|error| panic!("{error}"))
        .body
        .to_bytes()
}

/// Code, as agents send it: escapes, and letters beyond ASCII.
fn text() -> String {
    let line =
        "    if left.name == \"größe\" { total += left.size; } // see §4\n\tThen we went on.\n";
    line.repeat(BYTES / TURNS / json!(line).to_string().len())
}

fn claude_request() -> Value {
    let text = text();
    let turns: Vec<Value> = (0..TURNS)
        .map(|index| {
            let call = format!("toolu_{:04}", index / 4);
            match index % 4 {
                0 => json!({"role": "user", "content": [{"type": "text", "text": text}]}),
                1 => json!({"role": "assistant", "content": [
                    {"type": "text", "text": text},
                    {"type": "tool_use", "id": call, "name": "read_lines_0", "input": {"path": "a.rs"}}]}),
                2 => json!({"role": "user", "content": [
                    {"type": "tool_result", "tool_use_id": call, "content": text}]}),
                _ => json!({"role": "assistant", "content": [{"type": "text", "text": text}]}),
            }
        })
        .chain([json!({"role": "user", "content": "Go on."})])
        .collect();
    let tools: Vec<Value> = (0..TOOLS)
        .map(|index| {
            json!({"name": format!("read_lines_{index}"), "description": "Reads lines of a file.",
                   "input_schema": {"type": "object", "required": ["path"], "properties": {
                       "path": {"type": "string", "description": "The file, from the root"},
                       "first": {"type": "integer", "minimum": 1},
                       "kind": {"type": "string", "enum": ["text", "binary"]}}}})
        })
        .collect();
    json!({"model": "client-model", "max_tokens": 1024, "system": "Answer briefly.",
           "tools": tools, "messages": turns})
}

fn claude_stream() -> String {
    let event = |data: Value| {
        let name = data["type"].as_str().unwrap_or_default().to_owned();
        format!("event: {name}\ndata: {data}\n\n")
    };
    let block = |index: usize, start: Value, delta: Value, count: usize| {
        let start = json!({"type": "content_block_start", "index": index, "content_block": start});
        let delta = json!({"type": "content_block_delta", "index": index, "delta": delta});
        let stop = json!({"type": "content_block_stop", "index": index});
        event(start) + &event(delta).repeat(count) + &event(stop)
    };
    let usage = json!({"input_tokens": 57, "output_tokens": 1});
    [
        event(json!({"type": "message_start", "message": {
            "id": "msg_1", "type": "message", "role": "assistant", "model": "upstream-model",
            "content": [], "stop_reason": null, "stop_sequence": null, "usage": usage}})),
        block(
            0,
            json!({"type": "thinking", "thinking": "", "signature": ""}),
            json!({"type": "thinking_delta", "thinking": " so it \"is\""}),
            DELTAS / 4,
        ),
        block(
            1,
            json!({"type": "text", "text": ""}),
            json!({"type": "text_delta", "text": " größe;\n"}),
            DELTAS / 2,
        ),
        event(
            json!({"type": "content_block_start", "index": 2, "content_block":
            {"type": "tool_use", "id": "toolu_1", "name": "write", "input": {}}}),
        ),
        arguments()
            .map(|piece| {
                event(json!({"type": "content_block_delta", "index": 2, "delta":
            {"type": "input_json_delta", "partial_json": piece}}))
            })
            .collect(),
        event(json!({"type": "content_block_stop", "index": 2})),
        event(
            json!({"type": "message_delta", "usage": {"output_tokens": DELTAS},
                     "delta": {"stop_reason": "tool_use", "stop_sequence": null}}),
        ),
        event(json!({"type": "message_stop"})),
    ]
    .concat()
}

/// The pieces of one valid object.
fn arguments() -> impl Iterator<Item = &'static str> {
    let middle = std::iter::repeat_n("let a = \\\"b\\\";\\n", DELTAS / 4 - 2);
    std::iter::once("{\"text\":\"").chain(middle).chain(["\"}"])
}
