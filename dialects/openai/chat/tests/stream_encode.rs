//! What Chat clients read from streams.

use serde_json::{Value as Json, json};

use super::{frames, reply};
use crate::ir::{
    Delta, Error, ErrorKind, Event, Extensions, ItemKind, ItemStart, Opaque, Part, Stop,
    StopReason, Unknown, Usage,
};
use crate::json::{RawJson, Str};
use crate::openai::chat::stream::Encoder;
use crate::target::Reply;
use crate::{Dialect, opaque};

pub(super) fn start() -> Event {
    Event::Start {
        id: Str::from_static("msg_1"),
        model: Str::from_static("upstream"),
        created: None,
        usage: None,
        extensions: Extensions::default(),
    }
}

pub(super) fn begin(item: u32, kind: ItemKind) -> Event {
    Event::ItemStart(ItemStart {
        item,
        choice: 0,
        kind,
    })
}

pub(super) fn begin_call(item: u32, name: &'static str) -> Event {
    begin(
        item,
        ItemKind::ToolCall {
            id: Str::from(format!("call_{item}")),
            name: Str::from_static(name),
            custom: false,
            opaque: None,
        },
    )
}

pub(super) fn add(item: u32, delta: Delta) -> Event {
    Event::Delta { item, delta }
}

pub(super) fn text(item: u32, text: &'static str) -> Event {
    add(item, Delta::Text(Str::from_static(text)))
}

pub(super) fn arguments(item: u32, text: &'static str) -> Event {
    add(item, Delta::Arguments(Str::from_static(text)))
}

pub(super) fn end_item(item: u32) -> Event {
    Event::ItemEnd { item, full: None }
}

pub(super) fn stop(reason: StopReason) -> Event {
    Event::Stop {
        choice: 0,
        stop: Stop::new(reason),
    }
}

pub(super) fn usage() -> Event {
    Event::Usage(Usage {
        input: Some(3),
        output: Some(2),
        ..Usage::default()
    })
}

pub(super) fn stream(events: Vec<Event>, reply: Reply) -> Vec<String> {
    let mut encoder = Encoder::new(reply);
    let mut out = Vec::new();
    for event in events {
        encoder.on(event, &mut out);
    }
    frames(&out)
}

/// Deltas, and whatever else is not a plain chunk.
#[track_caller]
fn short(frames: &[String]) -> Vec<Json> {
    frames
        .iter()
        .map(|frame| {
            let Ok(json) = serde_json::from_str::<Json>(frame) else {
                return Json::from(frame.as_str());
            };
            match json["choices"].get(0) {
                Some(choice) if choice["finish_reason"].is_null() => choice["delta"].clone(),
                Some(choice) => choice["finish_reason"].clone(),
                None if json.get("error").is_some() => json,
                None => json["usage"].clone(),
            }
        })
        .collect()
}

#[test]
fn chunks_are_exactly_these() {
    let events = vec![
        start(),
        begin(0, ItemKind::Text),
        text(0, "hi"),
        end_item(0),
        usage(),
        stop(StopReason::End),
        Event::End,
    ];
    let head = r#"{"id":"chatcmpl-u1","object":"chat.completion.chunk","created":7,"model":"alias","choices":["#;
    assert_eq!(
        stream(events.clone(), reply()),
        [
            format!(
                r#"{head}{{"index":0,"delta":{{"role":"assistant","content":"hi"}},"logprobs":null,"finish_reason":null}}],"usage":null}}"#
            ),
            format!(
                r#"{head}{{"index":0,"delta":{{}},"logprobs":null,"finish_reason":"stop"}}],"usage":null}}"#
            ),
            // Trap 25: no choices beside the counts.
            format!(
                r#"{head}],"usage":{{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5}}}}"#
            ),
            "[DONE]".to_owned(),
        ]
    );
    let without = Reply {
        include_usage: false,
        ..reply()
    };
    let frames = stream(events, without);
    assert_eq!(frames.len(), 3);
    assert!(frames.iter().all(|frame| !frame.contains("usage")));
}

#[test]
fn trap_15_16_calls_are_counted_and_empty_arguments_are_an_object() {
    let events = vec![
        start(),
        begin(0, ItemKind::Text),
        text(0, "well"),
        end_item(0),
        begin_call(1, "f"),
        end_item(1),
        begin_call(2, "g"),
        arguments(2, "{\"a\""),
        arguments(2, ":1}"),
        end_item(2),
        stop(StopReason::ToolUse),
        Event::End,
    ];
    let first = |index: u32, id: &str, name: &str| json!({"tool_calls": [{"index": index, "id": id, "type": "function", "function": {"name": name, "arguments": ""}}]});
    let more = |index: u32, text: &str| json!({"tool_calls": [{"index": index, "function": {"arguments": text}}]});
    assert_eq!(
        short(&stream(events, reply())),
        [
            json!({"role": "assistant", "content": "well"}),
            first(0, "call_1", "f"),
            first(1, "call_2", "g"),
            more(1, "{\"a\""),
            more(1, ":1}"),
            more(0, "{}"),
            json!("tool_calls"),
            json!("[DONE]"),
        ]
    );
}

#[test]
fn trap_17_the_first_delta_of_every_choice_says_the_role() {
    let mut other = begin(1, ItemKind::Text);
    if let Event::ItemStart(start) = &mut other {
        start.choice = 1;
    }
    let events = vec![
        start(),
        begin(0, ItemKind::Text),
        text(0, "a"),
        other,
        text(1, "b"),
        text(0, "c"),
        Event::End,
    ];
    assert_eq!(
        short(&stream(events, reply())),
        [
            json!({"role": "assistant", "content": "a"}),
            json!({"role": "assistant", "content": "b"}),
            json!({"content": "c"}),
            json!("stop"),
            json!("stop"),
            json!("[DONE]"),
        ]
    );
    let silent = vec![start(), stop(StopReason::End), Event::End];
    assert_eq!(
        short(&stream(silent, reply())),
        [
            json!({"role": "assistant", "content": ""}),
            json!("stop"),
            json!("[DONE]")
        ]
    );
}

#[test]
fn trap_20_counts_are_merged_by_field() {
    let events = vec![
        Event::Start {
            id: Str::new(),
            model: Str::new(),
            created: None,
            usage: Some(Box::new(Usage {
                input: Some(13),
                cache_read: Some(22000),
                output: Some(1),
                ..Usage::default()
            })),
            extensions: Extensions::default(),
        },
        Event::Usage(Usage {
            output: Some(4),
            ..Usage::default()
        }),
        Event::End,
    ];
    let frames = short(&stream(events, reply()));
    assert_eq!(
        frames[2],
        json!({"prompt_tokens": 22013, "completion_tokens": 4, "total_tokens": 22017, "prompt_tokens_details": {"cached_tokens": 22000}})
    );
    // Unknown counts are not zero.
    assert_eq!(stream(vec![start(), Event::End], reply()).len(), 3);
}

#[test]
fn trap_22_a_refusal_is_a_filter() {
    let events = vec![
        start(),
        begin(0, ItemKind::Text),
        text(0, "no"),
        stop(StopReason::Refusal),
        Event::End,
    ];
    assert_eq!(short(&stream(events, reply()))[1], "content_filter");
    let events = vec![
        start(),
        begin(0, ItemKind::Refusal),
        text(0, "no"),
        stop(StopReason::Refusal),
        Event::End,
    ];
    let frames = short(&stream(events, reply()));
    assert_eq!(
        frames[..2],
        [json!({"role": "assistant", "refusal": "no"}), json!("stop")]
    );
}

#[test]
fn trap_23_an_error_is_the_last_frame() {
    let events = vec![
        start(),
        begin(0, ItemKind::Text),
        text(0, "a"),
        Event::Error(Error::new(ErrorKind::Overloaded, "busy")),
        text(0, "b"),
        Event::End,
    ];
    assert_eq!(
        short(&stream(events, reply())),
        [
            json!({"role": "assistant", "content": "a"}),
            json!({"error": {"message": "busy", "type": "server_error", "param": null, "code": null}}),
        ]
    );
}

#[test]
fn thinking_and_its_state() {
    let state = Opaque {
        data: Str::from("sig"),
        provider: Str::from("claude"),
    };
    let events = vec![
        start(),
        begin(0, ItemKind::Reasoning { redacted: false }),
        add(0, Delta::Reasoning(Str::from("h"))),
        add(0, Delta::Reasoning(Str::from("m"))),
        add(0, Delta::Opaque(state.clone())),
        end_item(0),
        begin(1, ItemKind::Reasoning { redacted: true }),
        add(1, Delta::Opaque(state.clone())),
        end_item(1),
        begin(2, ItemKind::Reasoning { redacted: false }),
        add(2, Delta::Reasoning(Str::from("x"))),
        add(
            2,
            Delta::Opaque(Opaque {
                data: Str::new(),
                provider: Str::from("deepseek"),
            }),
        ),
        end_item(2),
        Event::End,
    ];
    let wrapped = opaque::wrap(&state).to_string();
    assert_eq!(
        short(&stream(events, reply()))[..5],
        [
            json!({"role": "assistant", "reasoning_content": "h"}),
            json!({"reasoning_content": "m"}),
            json!({"reasoning_details": [{"type": "reasoning.text", "text": "hm", "signature": wrapped, "index": 0}]}),
            json!({"reasoning_details": [{"type": "reasoning.encrypted", "data": wrapped, "index": 1}]}),
            json!({"reasoning_content": "x"}),
        ]
    );
}

#[test]
fn free_text_tools_get_their_text_back() {
    let mut reply = reply();
    reply.names.mark_custom(&Str::from("f"));
    let events = vec![
        start(),
        begin_call(0, "f"),
        arguments(0, "{\"inp"),
        arguments(0, "ut\":\"a\\nb\"}"),
        end_item(0),
        Event::End,
    ];
    assert_eq!(
        short(&stream(events, reply))[..2],
        [
            json!({"role": "assistant", "tool_calls": [{"index": 0, "id": "call_0", "type": "custom", "custom": {"name": "f", "input": ""}}]}),
            json!({"tool_calls": [{"index": 0, "custom": {"input": "a\nb"}}]}),
        ]
    );
}

#[test]
fn deprecated_functions_get_a_function_call() {
    let mut reply = reply();
    reply.names.mark_legacy_functions();
    let events = vec![
        start(),
        begin_call(0, "f"),
        arguments(0, "{}"),
        begin_call(1, "g"),
        arguments(1, "{}"),
        Event::End,
    ];
    assert_eq!(
        short(&stream(events, reply)),
        [
            json!({"role": "assistant", "function_call": {"name": "f", "arguments": ""}}),
            json!({"function_call": {"arguments": "{}"}}),
            json!("function_call"),
            json!("[DONE]"),
        ]
    );
}

#[test]
fn raw_values_stay_on_their_line() {
    let raw = |text: &'static str| RawJson::parse(Str::from_static(text)).unwrap();
    let mut extensions = Extensions::default();
    extensions.push(Dialect::Chat, "system_fingerprint", raw("\"fp\""));
    extensions.push(Dialect::Chat, "odd", raw("{\n\"a\":\r\n1}"));
    let part = Part::Unknown(Unknown {
        dialect: Dialect::Chat,
        kind: Str::from("images"),
        raw: raw("[\n1\n]"),
    });
    let events = vec![
        Event::Start {
            id: Str::new(),
            model: Str::new(),
            created: None,
            usage: None,
            extensions,
        },
        begin(0, ItemKind::Whole(Box::new(part))),
        end_item(0),
        begin(1, ItemKind::Text),
        text(1, "a\nb"),
        add(1, Delta::Logprobs(raw("{\n\"content\": []}"))),
        add(
            1,
            Delta::Citation(raw("{\"type\":\n\"url_citation\",\"url_citation\":{}}")),
        ),
        end_item(1),
        Event::End,
    ];
    let frames = stream(events, reply());
    let chunks: Vec<Json> = frames[..frames.len() - 1]
        .iter()
        .map(|frame| serde_json::from_str(frame).unwrap())
        .collect();
    assert!(
        chunks
            .iter()
            .all(|chunk| chunk["system_fingerprint"] == "fp" && chunk["odd"]["a"] == 1)
    );
    assert_eq!(chunks[0]["choices"][0]["delta"]["images"], json!([1]));
    assert_eq!(chunks[1]["choices"][0]["delta"]["content"], "a\nb");
    assert_eq!(chunks[2]["choices"][0]["logprobs"], json!({"content": []}));
    assert_eq!(
        chunks[3]["choices"][0]["delta"]["annotations"],
        json!([{"type": "url_citation", "url_citation": {}}])
    );
}

#[test]
fn citations_of_others_know_their_span_at_the_end() {
    let citation = RawJson::parse(Str::from_static(
        r#"{"type":"web_search_result_location","url":"u","title":"t"}"#,
    ))
    .unwrap();
    let events = vec![
        start(),
        begin(0, ItemKind::Text),
        text(0, "ab"),
        end_item(0),
        begin(1, ItemKind::Text),
        add(1, Delta::Citation(citation)),
        text(1, "déjà"),
        end_item(1),
        Event::End,
    ];
    assert_eq!(
        short(&stream(events, reply()))[2],
        json!({"annotations": [{"type": "url_citation", "url_citation": {"start_index": 2, "end_index": 6, "title": "t", "url": "u"}}]})
    );
}

#[test]
fn keep_alive_is_a_comment_until_the_end() {
    let mut encoder = Encoder::new(reply());
    let mut out = Vec::new();
    encoder.keep_alive(&mut out);
    assert_eq!(out, b": ping\n\n");
    encoder.on(Event::End, &mut out);
    let length = out.len();
    encoder.keep_alive(&mut out);
    assert_eq!(out.len(), length);
}
