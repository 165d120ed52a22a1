//! Upstream streams, orderly and deviating.

use serde_json::{Value as Json, json};

use super::{delta, document, events, finish, frame};
use crate::Dialect;
use crate::framing::sse::Frame;
use crate::ir::fold::fold;
use crate::ir::{Delta, Event, ItemKind, Part, Response, StopReason};
use crate::json::Str;
use crate::openai::chat::{response, stream::Decoder};

#[track_caller]
fn folded(chunks: &[Json]) -> Response {
    fold(Dialect::Chat, events(chunks, true)).unwrap()
}

/// Parts as short lines, then the reason.
#[track_caller]
fn said(chunks: &[Json]) -> Vec<String> {
    let response = folded(chunks);
    let choice = &response.choices[0];
    let mut lines: Vec<String> = choice.parts.iter().map(line).collect();
    lines.push(format!("{:?}", choice.stop.as_ref().unwrap().reason));
    lines
}

fn line(part: &Part) -> String {
    match part {
        Part::Text(text) => format!("text {}", text.text),
        Part::Reasoning(reasoning) => format!("thinking {}", reasoning.text),
        Part::Refusal(text) => format!("refusal {text}"),
        Part::ToolCall(call) => format!("call {} {} {}", call.id, call.name, call.arguments.0),
        other => format!("{other:?}"),
    }
}

fn done() -> Json {
    json!("[DONE]")
}

fn calls(entries: Json) -> Json {
    delta(json!({"tool_calls": entries}))
}

#[test]
fn text_and_thinking() {
    let chunks = [
        delta(json!({"role": "assistant", "content": ""})),
        delta(json!({"reasoning_content": "h"})),
        delta(json!({"reasoning": "m", "content": null})),
        delta(json!({"content": "a"})),
        delta(json!({"content": "b", "tool_calls": []})),
        finish("stop"),
        done(),
    ];
    assert_eq!(said(&chunks), ["thinking hm", "text ab", "End"]);
}

#[test]
fn trap_32_an_empty_list_of_calls_says_nothing() {
    let chunks = [
        delta(json!({"content": "a", "tool_calls": []})),
        delta(json!({"content": "b", "tool_calls": []})),
        finish("stop"),
        done(),
    ];
    let starts = events(&chunks, true)
        .iter()
        .filter(|event| matches!(event, Event::ItemStart(_)))
        .count();
    assert_eq!(starts, 1);
}

#[test]
fn trap_33_calls_begin_once_id_and_name_are_known() {
    for chunks in [
        // As the vendor does it.
        vec![
            calls(
                json!([{"index": 0, "id": "a", "type": "function", "function": {"name": "f", "arguments": ""}}]),
            ),
            calls(json!([{"index": 0, "function": {"arguments": "{\"x\""}}])),
            calls(json!([{"index": 0, "function": {"arguments": ":1}"}}])),
        ],
        // Arguments first, then the name, then the id.
        vec![
            calls(json!([{"index": 0, "id": null, "function": {"arguments": "{\"x\""}}])),
            calls(json!([{"index": 0, "id": "", "function": {"name": "f", "arguments": ":1"}}])),
            calls(json!([{"index": 0, "id": "a", "function": {"name": "f", "arguments": "}"}}])),
        ],
        // Name and id in every delta.
        vec![
            calls(
                json!([{"index": 0, "id": "a", "function": {"name": "f", "arguments": "{\"x\""}}]),
            ),
            calls(json!([{"index": 0, "id": "a", "function": {"name": "f", "arguments": ":1}"}}])),
        ],
        // No index.
        vec![
            calls(json!([{"id": "a", "function": {"name": "f", "arguments": "{\"x\""}}])),
            calls(json!([{"function": {"arguments": ":1}"}}])),
        ],
        // All at once, and as an object.
        vec![calls(
            json!([{"index": 0, "id": "a", "function": {"name": "f", "arguments": {"x": 1}}}]),
        )],
    ] {
        let chunks = [chunks, vec![finish("tool_calls"), done()]].concat();
        assert_eq!(said(&chunks), ["call a f {\"x\":1}", "ToolUse"]);
    }
}

#[test]
fn calls_without_ids_are_given_some() {
    let chunks = [
        calls(json!([{"index": 0, "function": {"name": "f", "arguments": "{}"}}])),
        finish("tool_calls"),
        done(),
    ];
    assert_eq!(said(&chunks), ["call call_f_chatcmpl-1_0 f {}", "ToolUse"]);
    let chunks = [
        delta(json!({"function_call": {"name": "f", "arguments": ""}})),
        delta(json!({"function_call": {"arguments": "{}"}})),
        finish("function_call"),
        done(),
    ];
    assert_eq!(said(&chunks), ["call call_f_chatcmpl-1_0 f {}", "ToolUse"]);
    // Without a name and arguments there is no call, and so no reason to call.
    let chunks = [
        delta(json!({"content": "x"})),
        calls(json!([{"index": 0, "id": "a", "function": {"arguments": ""}}])),
        finish("tool_calls"),
        done(),
    ];
    assert_eq!(said(&chunks), ["text x", "End"]);
}

#[test]
fn several_calls_are_kept_apart() {
    let whole = |index: Json, id: &str| {
        let mut entry =
            json!({"id": id, "function": {"name": "f", "arguments": format!("{{\"{id}\":1}}")}});
        if !index.is_null() {
            entry["index"] = index;
        }
        entry
    };
    let expected = ["call a f {\"a\":1}", "call b f {\"b\":1}", "ToolUse"];
    for (first, second) in [
        (json!(0), json!(1)),
        (Json::Null, Json::Null),
        (json!(0), json!(0)),
    ] {
        let apart = [
            calls(json!([whole(first.clone(), "a")])),
            calls(json!([whole(second.clone(), "b")])),
            finish("tool_calls"),
            done(),
        ];
        assert_eq!(said(&apart), expected);
        let together = [
            calls(json!([whole(first, "a"), whole(second, "b")])),
            finish("stop"),
            done(),
        ];
        assert_eq!(said(&together), expected);
    }
    let interleaved = [
        calls(json!([{"index": 0, "id": "a", "function": {"name": "f", "arguments": "{\"a\""}}])),
        calls(json!([{"index": 1, "id": "b", "function": {"name": "f", "arguments": "{\"b\""}}])),
        calls(
            json!([{"index": 0, "function": {"arguments": ":1}"}}, {"index": 1, "function": {"arguments": ":1}"}}]),
        ),
        finish("tool_calls"),
        done(),
    ];
    assert_eq!(said(&interleaved), expected);
}

#[test]
fn a_complete_call_ends_when_the_next_begins() {
    let chunks = [
        calls(
            json!([{"index": 0, "id": "a", "function": {"name": "f", "arguments": "{\"s\":\"}\\\"\"}"}}]),
        ),
        calls(json!([{"index": 1, "id": "b", "function": {"name": "f", "arguments": ""}}])),
    ];
    let events = events(&chunks, true);
    let end = events
        .iter()
        .position(|event| matches!(event, Event::ItemEnd { item: 0, .. }))
        .unwrap();
    let begin = events
        .iter()
        .position(|event| matches!(event, Event::ItemStart(start) if start.item == 1))
        .unwrap();
    assert!(end < begin, "{events:?}");
}

#[test]
fn trap_34_counts_are_taken_wherever_they_come() {
    let usage = json!({"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5});
    let mut on_finish = finish("stop");
    on_finish["usage"] = usage.clone();
    let mut in_choice = finish("stop");
    in_choice["choices"][0]["usage"] = usage.clone();
    let mut early = delta(json!({"content": "x"}));
    early["usage"] = json!({"prompt_tokens": 3, "completion_tokens": 1});
    let late = json!({"id": "x", "choices": [], "usage": usage});
    let noisy = json!({"id": "x", "choices": [{"index": 0, "delta": {}}], "usage": usage});
    for chunks in [
        vec![delta(json!({"content": "x"})), on_finish.clone(), done()],
        vec![delta(json!({"content": "x"})), in_choice, done()],
        vec![early, on_finish, done()],
        vec![delta(json!({"content": "x"})), finish("stop"), late, done()],
        vec![
            delta(json!({"content": "x"})),
            finish("stop"),
            noisy,
            done(),
        ],
    ] {
        let response = folded(&chunks);
        let usage = response.usage.unwrap();
        assert_eq!(
            (usage.total_input(), usage.total_output()),
            (Some(3), Some(2))
        );
        assert_eq!(
            response.choices[0].stop.as_ref().unwrap().reason,
            StopReason::End
        );
    }
}

#[test]
fn trap_35_the_reason_fits_what_was_said() {
    let call =
        calls(json!([{"index": 0, "id": "a", "function": {"name": "f", "arguments": "{}"}}]));
    assert_eq!(said(&[call.clone(), finish("stop"), done()])[1], "ToolUse");
    assert_eq!(said(&[call.clone(), finish("length"), done()])[1], "Length");
    assert_eq!(said(&[call, done()])[1], "ToolUse");
    assert_eq!(
        said(&[delta(json!({"content": "x"})), finish("tool_calls"), done()])[1],
        "End"
    );
    assert_eq!(
        said(&[delta(json!({"refusal": "no"})), finish("stop"), done()]),
        ["refusal no", "Refusal"]
    );
    // What comes behind the finish is not lost.
    assert_eq!(
        said(&[
            delta(json!({"content": "x"})),
            finish("stop"),
            delta(json!({"content": "y"})),
            done()
        ]),
        ["text x", "text y", "End"]
    );
}

#[test]
fn trap_36_empty_text_opens_nothing() {
    let chunks = [
        delta(json!({"role": "assistant", "content": ""})),
        calls(json!([{"index": 0, "id": "a", "function": {"name": "f", "arguments": "{}"}}])),
        finish("tool_calls"),
        done(),
    ];
    assert_eq!(said(&chunks), ["call a f {}", "ToolUse"]);
}

#[track_caller]
fn ends_with_error(chunks: &[Json], clean: bool, status: u16, message: &str) {
    let events = events(chunks, clean);
    let (last, before) = events.split_last().unwrap();
    let Event::Error(error) = last else {
        panic!("{events:?}");
    };
    assert_eq!((error.status, &*error.message), (status, message));
    let terminal =
        |event: &Event| matches!(event, Event::End | Event::Error(_) | Event::Stop { .. });
    assert!(!before.iter().any(terminal), "{events:?}");
}

#[test]
fn trap_37_a_stream_that_was_cut_is_a_failure() {
    let cut = "the upstream's stream ended before the answer was complete";
    ends_with_error(&[], true, 502, cut);
    ends_with_error(&[delta(json!({"content": "x"}))], true, 502, cut);
    ends_with_error(
        &[delta(json!({"content": "x"})), finish("stop")],
        false,
        502,
        cut,
    );
    let one_of_two = json!({"choices": [{"index": 1, "delta": {"content": "y"}}]});
    ends_with_error(&[one_of_two, finish("stop")], true, 502, cut);
    // Trap 40.
    ends_with_error(&[done()], true, 502, "the upstream's stream held no answer");
    // The finish was seen and the body ended well: `[DONE]` is not missed.
    assert_eq!(
        said(&[delta(json!({"content": "x"})), finish("stop")]),
        ["text x", "End"]
    );
}

#[test]
fn failures_inside_a_stream() {
    let text = delta(json!({"content": "x"}));
    ends_with_error(
        &[
            text.clone(),
            json!({"error": {"message": "m", "code": 503}}),
        ],
        true,
        503,
        "m",
    );
    ends_with_error(
        &[
            text.clone(),
            json!({"error": {"message": "m", "type": "rate_limit_error"}}),
        ],
        true,
        429,
        "m",
    );
    ends_with_error(&[text.clone(), json!({"error": "m"})], true, 502, "m");
    ends_with_error(
        &[
            text.clone(),
            json!({"object": "error", "message": "m", "code": 400}),
        ],
        true,
        400,
        "m",
    );
    ends_with_error(&[text.clone(), json!({"detail": "m"})], true, 502, "m");
    ends_with_error(
        &[text.clone(), finish("error")],
        true,
        502,
        "the upstream failed in its stream",
    );
    ends_with_error(
        &[text, json!("not json")],
        true,
        502,
        "the upstream sent a piece of its stream that is not JSON",
    );
    let mut decoder = Decoder::new(Str::new());
    let mut events = Vec::new();
    let named = Frame {
        event: Str::from("error"),
        data: Str::from(r#"{"message":"m"}"#),
    };
    decoder.on_frame(&named, &mut events);
    assert!(matches!(&events[..], [Event::Error(error)] if error.message == "m"));
}

#[test]
fn trap_104_nothing_follows_the_end() {
    let chunks = [
        delta(json!({"content": "x"})),
        finish("stop"),
        done(),
        delta(json!({"content": "y"})),
        json!({"error": "z"}),
        done(),
    ];
    let events = events(&chunks, false);
    assert_eq!(events.last(), Some(&Event::End));
    assert_eq!(
        events.iter().filter(|event| **event == Event::End).count(),
        1
    );
}

#[test]
fn what_says_nothing_is_ignored() {
    let mut decoder = Decoder::new(Str::new());
    let mut events = Vec::new();
    for data in ["", " ", "null", "[]", "1", "\"x\""] {
        decoder.on_frame(&frame(data), &mut events);
    }
    assert_eq!(events, []);
}

#[test]
fn a_stream_says_what_its_whole_twin_says() {
    let whole = json!({"id": "chatcmpl-1", "model": "m", "created": 1, "system_fingerprint": "fp", "choices": [{"index": 0, "finish_reason": "tool_calls",
        "logprobs": {"content": [{"token": "a"}, {"token": "b"}], "refusal": null},
        "message": {"role": "assistant", "reasoning_content": "hm", "content": "ab", "annotations": [{"type": "url_citation", "url_citation": {"url": "u"}}],
            "tool_calls": [{"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}]}}],
        "usage": {"prompt_tokens": 1, "completion_tokens": 2}});
    let with_logprobs = |text: &str| {
        let mut chunk = delta(json!({"content": text}));
        chunk["choices"][0]["logprobs"] = json!({"content": [{"token": text}], "refusal": null});
        chunk
    };
    let mut first = delta(json!({"role": "assistant", "reasoning_content": "hm"}));
    first["system_fingerprint"] = json!("fp");
    let chunks = [
        first,
        with_logprobs("a"),
        with_logprobs("b"),
        delta(json!({"annotations": [{"type": "url_citation", "url_citation": {"url": "u"}}]})),
        calls(
            json!([{"index": 0, "id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}]),
        ),
        finish("tool_calls"),
        json!({"choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 2}}),
        done(),
    ];
    let twin = response::decode(document(&whole).root(), &Str::from("openai")).unwrap();
    assert_eq!(folded(&chunks), twin);
}

#[test]
fn unknown_fields_of_deltas_pass_whole() {
    let events = events(
        &[
            delta(json!({"images": [{"x": 1}], "content": "a"})),
            finish("stop"),
            done(),
        ],
        true,
    );
    let whole = events.iter().find_map(|event| match event {
        Event::ItemStart(start) => match &start.kind {
            ItemKind::Whole(part) => Some((**part).clone()),
            _ => None,
        },
        _ => None,
    });
    assert!(
        matches!(whole, Some(Part::Unknown(unknown)) if unknown.kind == "images" && unknown.raw.as_str() == r#"[{"x":1}]"#)
    );
    assert!(events.contains(&Event::Delta {
        item: 0,
        delta: Delta::Text(Str::from("a"))
    }));
}
