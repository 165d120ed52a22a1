//! From an upstream's frames to events.

use super::*;
use crate::ir::{ErrorKind, Part, StopReason};

fn decoded(frames: &[Value]) -> Vec<Event> {
    decode(Dialect::Claude, frames, true)
}

#[track_caller]
fn error_of(events: &[Event]) -> &crate::ir::Error {
    let ends = events
        .iter()
        .filter(|event| matches!(event, Event::End | Event::Error(_)));
    assert_eq!(ends.count(), 1);
    match events.last() {
        Some(Event::Error(error)) => error,
        other => panic!("{other:?}"),
    }
}

fn whole() -> Vec<Value> {
    vec![
        start(),
        json!({"type": "content_block_start", "index": 0, "content_block": {"type": "thinking", "thinking": "", "signature": ""}}),
        json!({"type": "ping"}),
        delta(0, json!({"type": "thinking_delta", "thinking": "th"})),
        delta(0, json!({"type": "thinking_delta", "thinking": "ink"})),
        delta(0, json!({"type": "signature_delta", "signature": "sig=="})),
        stop(0),
        json!({"type": "content_block_start", "index": 1, "content_block": {"type": "redacted_thinking", "data": "data=="}}),
        stop(1),
        json!({"type": "content_block_start", "index": 2, "content_block": {"type": "server_tool_use", "id": "s", "name": "web_search", "input": {}}}),
        delta(
            2,
            json!({"type": "input_json_delta", "partial_json": "{\"query\":"}),
        ),
        delta(
            2,
            json!({"type": "input_json_delta", "partial_json": " \"q\"}"}),
        ),
        stop(2),
        json!({"type": "content_block_start", "index": 3, "content_block": {"type": "web_search_tool_result", "tool_use_id": "s", "content": []}}),
        stop(3),
        text_start(4),
        text(4, "Hel"),
        text(4, "lo"),
        delta(
            4,
            json!({"type": "citations_delta", "citation": {"type": "char_location", "cited_text": "c"}}),
        ),
        stop(4),
        json!({"type": "content_block_start", "index": 5, "content_block": {"type": "tool_use", "id": "toolu_1", "name": "weather", "input": {}}}),
        delta(5, json!({"type": "input_json_delta", "partial_json": ""})),
        delta(
            5,
            json!({"type": "input_json_delta", "partial_json": "{\"a\":"}),
        ),
        delta(
            5,
            json!({"type": "input_json_delta", "partial_json": "1.0}"}),
        ),
        stop(5),
        json!({"type": "content_block_start", "index": 6, "content_block": {"type": "tool_use", "id": "toolu_2", "name": "now", "input": {}}}),
        stop(6),
        message_delta("tool_use", 50),
        message_stop(),
    ]
}

fn twin() -> Value {
    json!({
        "id": "msg_up", "type": "message", "role": "assistant", "model": "claude-x",
        "content": [
            {"type": "thinking", "thinking": "think", "signature": "sig=="},
            {"type": "redacted_thinking", "data": "data=="},
            {"type": "server_tool_use", "id": "s", "name": "web_search", "input": {"query": "q"}},
            {"type": "web_search_tool_result", "tool_use_id": "s", "content": []},
            {"type": "text", "text": "Hello", "citations": [{"type": "char_location", "cited_text": "c"}]},
            {"type": "tool_use", "id": "toolu_1", "name": "weather", "input": {"a": 1.0}},
            {"type": "tool_use", "id": "toolu_2", "name": "now", "input": {}},
        ],
        "stop_reason": "tool_use", "stop_sequence": null,
        "usage": {"input_tokens": 13, "cache_read_input_tokens": 22000, "cache_creation_input_tokens": 31, "output_tokens": 50, "service_tier": "standard"},
    })
}

#[test]
fn a_stream_amounts_to_its_whole_twin() {
    let streamed = fold(decoded(&whole()));
    let document = crate::json::Document::parse(twin().to_string().into()).unwrap();
    let provider = Str::from_static("claude");
    let plain = crate::decode_response(Dialect::Claude, &document, &provider).unwrap();
    let client = |response: &Response| -> Value {
        let bytes = crate::encode_response(Dialect::Claude, response, &reply());
        serde_json::from_slice(&bytes).unwrap()
    };
    assert_eq!(client(&streamed), client(&plain));
    assert_eq!(streamed.usage.as_ref().unwrap().total_input(), Some(22_044));
}

#[test]
fn trap_20_usage_is_merged_field_by_field() {
    let mut late = message_delta("end_turn", 50);
    late["usage"] = json!({"output_tokens": 50, "input_tokens": null, "output_tokens_details": {"thinking_tokens": 20}});
    let response = fold(decoded(&[
        start(),
        message_delta("end_turn", 9),
        late,
        message_stop(),
    ]));
    let usage = response.usage.unwrap();
    assert_eq!(usage.input, Some(13));
    assert_eq!(usage.cache_read, Some(22_000));
    assert_eq!((usage.output, usage.reasoning), (Some(30), Some(20)));
}

#[test]
fn a_clean_end_after_the_stop_counts() {
    for frames in [
        vec![
            start(),
            text_start(0),
            text(0, "x"),
            message_delta("end_turn", 1),
        ],
        vec![
            start(),
            text_start(0),
            text(0, "x"),
            message_delta("end_turn", 1),
            json!("[DONE]"),
        ],
        vec![start(), text(0, "x"), message_stop()],
    ] {
        let response = fold(decoded(&frames));
        assert!(matches!(&response.choices[0].parts[..], [Part::Text(text)] if text.text == "x"));
        assert_eq!(
            response.choices[0].stop.as_ref().unwrap().reason,
            StopReason::End
        );
    }
}

#[test]
fn a_cut_stream_is_a_failure() {
    let frames = whole();
    let stop_at = frames.len() - 2;
    for length in 0..frames.len() {
        for clean in [true, false] {
            let events = decode(Dialect::Claude, &frames[..length], clean);
            if clean && length > stop_at {
                assert_eq!(events.last(), Some(&Event::End));
            } else {
                let error = error_of(&events);
                assert_eq!((error.status, error.kind), (502, ErrorKind::Server));
            }
        }
    }
}

#[test]
fn trap_23_failures_inside_the_stream_are_failures() {
    let overloaded =
        json!({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}});
    let events = decoded(&[
        start(),
        text_start(0),
        text(0, "x"),
        overloaded,
        message_stop(),
    ]);
    let error = error_of(&events);
    assert_eq!(
        (error.kind, &*error.message),
        (ErrorKind::Overloaded, "Overloaded")
    );
    let bare = json!({"error": {"message": "m"}});
    assert_eq!(error_of(&decoded(&[start(), bare])).message, "m");
    let garbage = json!("not json");
    assert_eq!(error_of(&decoded(&[start(), garbage])).status, 502);
}

#[test]
fn nothing_follows_the_end() {
    let mut frames = whole();
    frames.extend([
        text(9, "late"),
        message_stop(),
        message_delta("end_turn", 1),
    ]);
    let events = decoded(&frames);
    assert_eq!(
        events.iter().filter(|event| **event == Event::End).count(),
        1
    );
    assert_eq!(events.last(), Some(&Event::End));
}

#[test]
fn disorder_is_tolerated() {
    let response = fold(decoded(&[
        json!({"type": "brand_new_event", "x": 1}),
        // Content before the start, a start without its stop, whole input at the start, no id.
        text(0, "early"),
        start(),
        json!({"type": "content_block_start", "index": 1, "content_block": {"type": "tool_use", "name": "t", "input": {"a": 1}}}),
        json!({"type": "content_block_start", "index": 2, "content_block": {"type": "text", "text": "at once"}}),
        delta(3, json!({"type": "brand_new_delta", "x": 1})),
        json!({"type": "content_block_delta", "index": 2}),
        stop(7),
        message_delta("end_turn", 1),
        message_stop(),
    ]));
    let choice = &response.choices[0];
    assert!(matches!(&choice.parts[0], Part::Text(text) if text.text == "early"));
    assert!(
        matches!(&choice.parts[1], Part::ToolCall(call) if call.id == "call_t_1" && &*call.arguments.0 == r#"{"a":1}"#)
    );
    assert!(matches!(&choice.parts[2], Part::Text(text) if text.text == "at once"));
    assert_eq!(choice.stop.as_ref().unwrap().reason, StopReason::ToolUse);
}

#[test]
fn unknown_blocks_keep_what_was_streamed_into_them() {
    let response = fold(decoded(&[
        start(),
        json!({"type": "content_block_start", "index": 0, "content_block": {"type": "compaction", "content": null}}),
        delta(0, json!({"type": "compaction_delta", "content": "sum"})),
        delta(0, json!({"type": "compaction_delta", "content": "mary"})),
        stop(0),
        message_delta("end_turn", 1),
        message_stop(),
    ]));
    let Part::Server(block) = &response.choices[0].parts[0] else {
        panic!("{response:?}");
    };
    assert_eq!(
        block.raw.as_str(),
        r#"{"type":"compaction","content":"summary"}"#
    );
}

#[test]
fn a_block_without_type_is_known_by_its_fields_or_its_deltas() {
    let untyped = |index: u64, block: Value| {
        let mut frame = json!({"type": "content_block_start", "index": index});
        frame["content_block"] = block;
        frame
    };
    let response = fold(decoded(&[
        start(),
        untyped(0, json!({"text": "a"})),
        text(0, "b"),
        stop(0),
        untyped(1, json!({})),
        text(1, "c"),
        stop(1),
        untyped(2, json!({"x": 1})),
        stop(2),
        message_delta("end_turn", 1),
        message_stop(),
    ]));
    let parts = &response.choices[0].parts;
    assert_eq!(parts.len(), 2);
    assert!(matches!(&parts[0], Part::Text(text) if text.text == "ab"));
    assert!(matches!(&parts[1], Part::Text(text) if text.text == "c"));
}
