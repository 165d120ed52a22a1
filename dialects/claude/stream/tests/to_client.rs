//! From events to a client's frames.

use super::*;
use crate::ir::{
    Delta, Error, ErrorKind, Extensions, ItemKind, ItemStart, Opaque, Part, Stop, StopReason, Usage,
};

fn begin(item: u32, kind: ItemKind) -> Event {
    Event::ItemStart(ItemStart {
        item,
        choice: 0,
        kind,
    })
}

fn call(item: u32, id: &'static str) -> Event {
    begin(
        item,
        ItemKind::ToolCall {
            id: Str::from_static(id),
            name: Str::from_static("t"),
            custom: false,
            opaque: None,
        },
    )
}

fn say(item: u32, text: &'static str) -> Event {
    Event::Delta {
        item,
        delta: Delta::Text(Str::from_static(text)),
    }
}

fn think(item: u32, text: &'static str) -> Event {
    Event::Delta {
        item,
        delta: Delta::Reasoning(Str::from_static(text)),
    }
}

fn argue(item: u32, text: &'static str) -> Event {
    Event::Delta {
        item,
        delta: Delta::Arguments(Str::from_static(text)),
    }
}

fn state(item: u32, provider: &'static str, data: &'static str) -> Event {
    Event::Delta {
        item,
        delta: Delta::Opaque(Opaque {
            data: Str::from_static(data),
            provider: Str::from_static(provider),
        }),
    }
}

fn end(item: u32) -> Event {
    Event::ItemEnd { item, full: None }
}

fn stopped(reason: StopReason) -> Event {
    Event::Stop {
        choice: 0,
        stop: Stop::new(reason),
    }
}

fn begun() -> Event {
    Event::Start {
        id: Str::new(),
        model: Str::from_static("up"),
        created: None,
        usage: None,
        extensions: Extensions::default(),
    }
}

#[track_caller]
fn content(events: Vec<Event>) -> Value {
    assembled(&encode(events))["content"].clone()
}

fn types(frames: &[Value]) -> Vec<&str> {
    frames
        .iter()
        .map(|frame| frame["type"].as_str().unwrap())
        .collect()
}

#[test]
fn a_claude_stream_survives_its_own_dialect() {
    let call = json!({"type": "content_block_start", "index": 2, "content_block": {"type": "tool_use", "id": "toolu_1", "name": "t", "input": {}}});
    let result =
        json!({"type": "web_search_tool_result", "tool_use_id": "s", "content": [{"a": 1.0}]});
    let upstream = [
        start(),
        json!({"type": "content_block_start", "index": 0, "content_block": {"type": "thinking", "thinking": "", "signature": ""}}),
        delta(0, json!({"type": "thinking_delta", "thinking": "t"})),
        delta(0, json!({"type": "signature_delta", "signature": "sig=="})),
        stop(0),
        text_start(1),
        text(1, "x"),
        delta(
            1,
            json!({"type": "citations_delta", "citation": {"type": "char_location"}}),
        ),
        stop(1),
        call,
        delta(2, json!({"type": "input_json_delta", "partial_json": "{}"})),
        stop(2),
        json!({"type": "content_block_start", "index": 3, "content_block": {"type": "redacted_thinking", "data": "d"}}),
        stop(3),
        json!({"type": "content_block_start", "index": 4, "content_block": result}),
        stop(4),
        json!({"type": "ping"}),
        message_delta("tool_use", 5),
        message_stop(),
    ];
    let frames = encode(decode(Dialect::Claude, &upstream, true));
    let mut expected = upstream.to_vec();
    expected[0]["message"]["id"] = json!("msg_u1");
    expected[0]["message"]["model"] = json!("alias");
    expected[17]["usage"] = expected[0]["message"]["usage"].clone();
    expected[17]["usage"]["output_tokens"] = json!(5);
    assert_eq!(frames, expected);
}

#[test]
fn trap_39_and_40_the_message_starts_with_the_first_event_of_any_kind() {
    for first in [
        begun(),
        Event::Usage(Usage::default()),
        begin(0, ItemKind::Text),
        say(0, "x"),
        stopped(StopReason::End),
    ] {
        let mut encoder = EventEncoder::new(Dialect::Claude, reply());
        let mut out = Vec::new();
        encoder.on(Event::Ping, &mut out);
        assert!(out.is_empty());
        encoder.on(first, &mut out);
        assert!(out.starts_with(b"event: message_start\n"));
    }
    let frames = encode([Event::End]);
    assert_eq!(
        types(&frames),
        ["message_start", "message_delta", "message_stop"]
    );
    assert_eq!(frames[0]["message"]["usage"]["input_tokens"], 0);
}

#[test]
fn every_text_delta_goes_out_at_once() {
    let mut encoder = EventEncoder::new(Dialect::Claude, reply());
    let mut out = Vec::new();
    encoder.on(begun(), &mut out);
    encoder.on(begin(0, ItemKind::Text), &mut out);
    for piece in ["a", "b"] {
        out.clear();
        encoder.on(say(0, piece), &mut out);
        let frames = frames_of(&out);
        assert_eq!(frames.last(), Some(&text(0, piece)));
    }
}

#[test]
fn trap_36_blocks_open_when_they_say_something() {
    let found = content(vec![
        begun(),
        begin(0, ItemKind::Text),
        say(0, ""),
        call(1, "a"),
        end(1),
        end(0),
        begin(2, ItemKind::Reasoning { redacted: false }),
        state(2, "deepseek", ""),
        end(2),
        stopped(StopReason::ToolUse),
        Event::End,
    ]);
    assert_eq!(
        found,
        json!([{"type": "tool_use", "id": "a", "name": "t", "input": {}}])
    );
}

#[test]
fn interleaved_items_wait_for_the_open_block() {
    let found = content(vec![
        begun(),
        call(0, "a"),
        call(1, "b"),
        argue(1, r#"{"b""#),
        argue(0, r#"{"a""#),
        begin(2, ItemKind::Text),
        say(2, "text"),
        argue(1, ":2}"),
        argue(0, ":1}"),
        end(1),
        end(0),
        say(2, " on"),
        end(2),
        stopped(StopReason::ToolUse),
        Event::End,
    ]);
    assert_eq!(
        found,
        json!([
            {"type": "tool_use", "id": "a", "name": "t", "input": {"a": 1}},
            {"type": "tool_use", "id": "b", "name": "t", "input": {"b": 2}},
            {"type": "text", "text": "text on"},
        ])
    );
}

#[test]
fn missing_and_doubled_ends_lose_nothing() {
    let found = content(vec![
        begin(0, ItemKind::Text),
        say(0, "a"),
        begin(1, ItemKind::Reasoning { redacted: false }),
        think(1, "b"),
        call(2, "c"),
        argue(2, "{}"),
        Event::End,
    ]);
    assert_eq!(found[0]["text"], "a");
    assert_eq!(found[1]["thinking"], "b");
    assert_eq!(found[2]["type"], "tool_use");

    let found = content(vec![
        begin(0, ItemKind::Text),
        say(0, "a"),
        end(0),
        end(0),
        stopped(StopReason::End),
        say(0, "late"),
        say(9, "never begun"),
        think(8, "hm"),
        stopped(StopReason::Length),
        Event::End,
        Event::End,
        say(0, "too late"),
        Event::Error(Error::new(ErrorKind::Server, "x")),
    ]);
    assert_eq!(found[0]["text"], "a");
    assert_eq!(found[1]["text"], "late");
    assert_eq!(found[2]["text"], "never begun");
    assert_eq!(found[3]["thinking"], "hm");
}

#[test]
fn trap_34_and_38_late_usage_is_in_the_one_message_delta() {
    let frames = encode([
        begun(),
        begin(0, ItemKind::Text),
        say(0, "a"),
        end(0),
        stopped(StopReason::Length),
        Event::Usage(Usage {
            input: Some(500),
            cache_read: Some(300),
            cache_write: Some(200),
            output: Some(7),
            ..Usage::default()
        }),
        Event::End,
    ]);
    let delta = &frames[frames.len() - 2];
    assert_eq!(delta["delta"]["stop_reason"], "max_tokens");
    assert_eq!(
        delta["usage"],
        json!({"input_tokens": 500, "cache_creation_input_tokens": 200, "cache_read_input_tokens": 300, "output_tokens": 7})
    );
}

#[test]
fn trap_35_the_stop_follows_from_the_blocks() {
    let reason = |events: Vec<Event>| {
        let frames = encode(events);
        frames[frames.len() - 2]["delta"]["stop_reason"].clone()
    };
    assert_eq!(
        reason(vec![call(0, "a"), stopped(StopReason::End), Event::End]),
        "tool_use"
    );
    assert_eq!(
        reason(vec![stopped(StopReason::ToolUse), Event::End]),
        "end_turn"
    );
    assert_eq!(
        reason(vec![call(0, "a"), stopped(StopReason::Length), Event::End]),
        "max_tokens"
    );
    assert_eq!(reason(vec![Event::End]), "end_turn");
    let refusal = vec![
        begin(0, ItemKind::Refusal),
        say(0, "no"),
        stopped(StopReason::End),
        Event::End,
    ];
    assert_eq!(reason(refusal), "refusal");
}

#[test]
fn signatures_come_last_and_name_their_provider() {
    let frames = encode([
        begin(0, ItemKind::Reasoning { redacted: false }),
        state(0, "gemini", "s"),
        think(0, "a"),
        think(0, "b"),
        end(0),
        begin(1, ItemKind::Reasoning { redacted: false }),
        think(1, "unsigned"),
        end(1),
        begin(2, ItemKind::Reasoning { redacted: true }),
        state(2, "bedrock", "r"),
        end(2),
        Event::End,
    ]);
    let message = assembled(&frames);
    let back = |value: &Value| {
        let text = Str::from(value.as_str().unwrap());
        let opaque = crate::opaque::unwrap(&text, &Str::from_static("claude"));
        (opaque.provider.to_string(), opaque.data.to_string())
    };
    let content = &message["content"];
    assert_eq!(content[0]["thinking"], "ab");
    assert_eq!(
        back(&content[0]["signature"]),
        ("gemini".to_owned(), "s".to_owned())
    );
    assert_eq!(
        back(&content[1]["signature"]),
        (String::new(), String::new())
    );
    assert_eq!(
        back(&content[2]["data"]),
        ("bedrock".to_owned(), "r".to_owned())
    );
    let last = frames
        .iter()
        .rposition(|frame| frame["index"] == 0 && frame["delta"]["type"] == "signature_delta");
    assert_eq!(frames[last.unwrap() + 1], stop(0));
}

#[test]
fn whole_items_win_where_deltas_were_missing() {
    let full = |item, part| Event::ItemEnd {
        item,
        full: Some(Box::new(part)),
    };
    let text = |text: &'static str| Part::Text(crate::ir::Text::new(Str::from_static(text)));
    let found = content(vec![
        begin(0, ItemKind::Text),
        full(0, text("whole")),
        begin(1, ItemKind::Text),
        say(1, "pieces"),
        full(1, text("pieces")),
        Event::End,
    ]);
    assert_eq!(
        found,
        json!([{"type": "text", "text": "whole"}, {"type": "text", "text": "pieces"}])
    );
}

#[test]
fn an_unfolded_answer_is_the_same_answer() {
    let body = json!({
        "content": [
            {"type": "thinking", "thinking": "t", "signature": "s"},
            {"type": "text", "text": "x", "citations": [{"type": "char_location"}]},
            {"type": "server_tool_use", "id": "s", "name": "web_search", "input": {"a": [1, 2]}},
            {"type": "tool_use", "id": "a", "name": "t", "input": {"a": 1}},
        ],
        "stop_reason": "tool_use", "usage": {"input_tokens": 1, "output_tokens": 2},
    });
    let pretty = serde_json::to_string_pretty(&body).unwrap();
    let document = crate::json::Document::parse(pretty.into()).unwrap();
    let response =
        crate::decode_response(Dialect::Claude, &document, &Str::from_static("claude")).unwrap();
    let bytes = crate::encode_response(Dialect::Claude, &response, &reply());
    let expected: Value = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(
        assembled(&encode(crate::ir::fold::unfold(response))),
        expected
    );
}

#[test]
fn other_answers_than_the_first_are_not_mixed_in() {
    let other = Event::ItemStart(ItemStart {
        item: 1,
        choice: 1,
        kind: ItemKind::Text,
    });
    let found = content(vec![
        begin(0, ItemKind::Text),
        other,
        say(1, "B"),
        say(0, "A"),
        end(1),
        end(0),
        Event::End,
    ]);
    assert_eq!(found, json!([{"type": "text", "text": "A"}]));
}

#[test]
fn a_failure_ends_the_stream_without_a_success() {
    let failure = Event::Error(Error::new(ErrorKind::Overloaded, "busy"));
    let frames = encode([
        begun(),
        begin(0, ItemKind::Text),
        say(0, "a"),
        failure.clone(),
        Event::End,
    ]);
    assert_eq!(
        types(&frames),
        [
            "message_start",
            "content_block_start",
            "content_block_delta",
            "error"
        ]
    );
    assert_eq!(frames[3]["error"]["type"], "overloaded_error");
    assert_eq!(types(&encode([failure])), ["error"]);
}

#[test]
fn the_line_is_kept_open_in_claudes_words() {
    let mut encoder = EventEncoder::new(Dialect::Claude, reply());
    let (mut out, mut rest) = (Vec::new(), Vec::new());
    encoder.keep_alive(&mut out);
    assert_eq!(out, b": ping\n\n");
    encoder.on(begun(), &mut rest);
    out.clear();
    encoder.keep_alive(&mut out);
    assert_eq!(out, b"event: ping\ndata: {\"type\":\"ping\"}\n\n");
}

fn chat_chunk(delta: Value, finish: Value) -> Value {
    let mut choice = json!({"index": 0});
    choice["delta"] = delta;
    choice["finish_reason"] = finish;
    let mut chunk =
        json!({"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m"});
    chunk["choices"] = Value::Array(vec![choice]);
    chunk
}

/// Chat upstream, Claude client.
#[track_caller]
fn from_chat(chunks: &[Value]) -> Value {
    assembled(&encode(decode(Dialect::Chat, chunks, true)))
}

#[test]
fn trap_32_and_33_chat_deltas_open_one_block_for_one_thing() {
    let function = |index: u32, id: Value, name: Value, arguments: &str| json!({"tool_calls": [{"index": index, "id": id, "type": "function", "function": {"name": name, "arguments": arguments}}]});
    let no = Value::Null;
    let message = from_chat(&[
        chat_chunk(
            json!({"role": "assistant", "content": "", "tool_calls": []}),
            no.clone(),
        ),
        chat_chunk(json!({"content": "a", "tool_calls": []}), no.clone()),
        chat_chunk(json!({"content": "b", "tool_calls": []}), no.clone()),
        chat_chunk(function(0, no.clone(), json!("t"), ""), no.clone()),
        chat_chunk(function(0, json!("x"), json!("t"), "{\"a\""), no.clone()),
        chat_chunk(function(1, json!("y"), json!("t"), "{}"), no.clone()),
        chat_chunk(function(0, json!("x"), json!("t"), ":1}"), no),
        chat_chunk(json!({}), json!("tool_calls")),
        json!({"id": "c", "choices": [], "usage": {"prompt_tokens": 5, "completion_tokens": 2}}),
        json!("[DONE]"),
    ]);
    assert_eq!(
        message["content"],
        json!([
            {"type": "text", "text": "ab"},
            {"type": "tool_use", "id": "x", "name": "t", "input": {"a": 1}},
            {"type": "tool_use", "id": "y", "name": "t", "input": {}},
        ])
    );
    assert_eq!(message["stop_reason"], "tool_use");
    assert_eq!(message["usage"]["input_tokens"], 5);
}

#[test]
fn trap_37_a_chat_stream_that_was_cut_is_a_failure() {
    let frames = encode(decode(
        Dialect::Chat,
        &[chat_chunk(
            json!({"role": "assistant", "content": "a"}),
            Value::Null,
        )],
        true,
    ));
    assert_eq!(frames.last().unwrap()["type"], "error");
}
