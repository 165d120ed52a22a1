//! Events in any order, frames in good order.

use serde_json::{Value as Json, json};

use super::stream_encode::{
    add, arguments, begin, begin_call, end_item, start, stop, stream, text, usage,
};
use super::{delta, events, finish, reply};
use crate::ir::{
    Arguments, CallKind, Delta, Event, Extensions, ItemKind, Part, StopReason, Text, ToolCall,
};
use crate::json::Str;

/// What a client puts together from a stream: text, arguments of each call, finish. Fails on any broken rule.
#[track_caller]
fn heard(events: Vec<Event>) -> (String, Vec<String>, String) {
    let frames = stream(events, reply());
    let (last, chunks) = frames.split_last().unwrap();
    assert_eq!(last, "[DONE]", "{frames:#?}");
    let (mut text, mut calls, mut finish) = (String::new(), Vec::<String>::new(), None);
    let mut role = false;
    for chunk in chunks {
        let json: Json = serde_json::from_str(chunk).unwrap();
        let Some(choice) = json["choices"].get(0) else {
            assert!(json["usage"].is_object() && finish.is_some(), "{frames:#?}");
            continue;
        };
        assert!(finish.is_none(), "after the finish: {frames:#?}");
        let delta = &choice["delta"];
        assert!(role || delta["role"] == "assistant", "{frames:#?}");
        role = true;
        text.push_str(delta["content"].as_str().unwrap_or_default());
        for call in delta["tool_calls"].as_array().into_iter().flatten() {
            let index = call["index"].as_u64().unwrap() as usize;
            if call.get("id").is_some() {
                assert_eq!(index, calls.len(), "{frames:#?}");
                calls.push(String::new());
            }
            calls[index].push_str(call["function"]["arguments"].as_str().unwrap());
        }
        finish = choice["finish_reason"].as_str().map(str::to_owned);
    }
    (text, calls, finish.unwrap())
}

#[track_caller]
fn check(events: Vec<Event>, text: &str, calls: &[&str], finish: &str) {
    let (heard_text, heard_calls, heard_finish) = heard(events);
    assert_eq!((&*heard_text, &*heard_finish), (text, finish));
    assert_eq!(heard_calls, calls);
}

#[test]
fn interleaved_items() {
    let events = vec![
        start(),
        begin_call(0, "f"),
        begin(1, ItemKind::Text),
        begin_call(2, "g"),
        arguments(0, "{\"a\""),
        text(1, "x"),
        arguments(2, "{}"),
        arguments(0, ":1}"),
        text(1, "y"),
        end_item(2),
        end_item(0),
        end_item(1),
        Event::End,
    ];
    check(events, "xy", &["{\"a\":1}", "{}"], "tool_calls");
}

#[test]
fn missing_and_repeated_ends_and_starts() {
    // No start, no item ends, no stop.
    check(
        vec![
            begin(0, ItemKind::Text),
            text(0, "a"),
            begin_call(1, "f"),
            Event::End,
        ],
        "a",
        &["{}"],
        "tool_calls",
    );
    // Twice of everything.
    let events = vec![
        start(),
        start(),
        begin(0, ItemKind::Text),
        text(0, "a"),
        end_item(0),
        end_item(0),
        text(0, "b"),
        usage(),
        usage(),
        stop(StopReason::End),
        stop(StopReason::Length),
        Event::End,
        Event::End,
        text(0, "c"),
    ];
    check(events, "ab", &[], "length");
    check(vec![Event::End], "", &[], "stop");
}

#[test]
fn text_and_arguments_after_the_stop() {
    let events = vec![
        start(),
        begin_call(0, "f"),
        end_item(0),
        stop(StopReason::ToolUse),
        arguments(0, "{}"),
        begin(1, ItemKind::Text),
        text(1, "late"),
        Event::End,
    ];
    check(events, "late", &["{}"], "tool_calls");
}

#[test]
fn items_that_never_began() {
    check(
        vec![
            start(),
            text(9, "lost"),
            arguments(8, "{}"),
            end_item(7),
            Event::End,
        ],
        "lost",
        &[],
        "stop",
    );
    let thought = add(9, Delta::Reasoning(Str::from("hm")));
    let frames = stream(vec![start(), thought, Event::End], reply());
    assert!(frames[0].contains(r#""reasoning_content":"hm""#));
}

#[test]
fn a_whole_item_completes_its_deltas() {
    let full_text = Part::Text(Text::new(Str::from("abc")));
    let full_call = Part::ToolCall(ToolCall {
        id: Str::from("call_1"),
        name: Str::from("f"),
        kind: CallKind::Function,
        arguments: Arguments(Str::from("{\"a\":1}")),
        opaque: None,
        cache: None,
        extensions: Extensions::default(),
    });
    let events = vec![
        begin(0, ItemKind::Text),
        text(0, "a"),
        Event::ItemEnd {
            item: 0,
            full: Some(Box::new(full_text)),
        },
        begin_call(1, "f"),
        Event::ItemEnd {
            item: 1,
            full: Some(Box::new(full_call)),
        },
        Event::End,
    ];
    check(events, "abc", &["{\"a\":1}"], "tool_calls");
}

#[test]
fn deviating_upstreams_give_orderly_streams() {
    let whole_call =
        json!({"tool_calls": [{"id": "a", "function": {"name": "f", "arguments": "{}"}}]});
    let mut noisy = delta(json!({"content": "x"}));
    noisy["usage"] = json!({"prompt_tokens": 1, "completion_tokens": 1});
    let chunks = [
        json!({"id": "", "choices": [], "prompt_filter_results": []}),
        noisy,
        delta(whole_call),
        finish("stop"),
        delta(json!({"content": "y"})),
        json!({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}], "usage": {"prompt_tokens": 2, "completion_tokens": 3}}),
    ];
    check(events(&chunks, true), "xy", &["{}"], "tool_calls");
}

#[test]
fn every_prefix_ends_well_or_with_an_error() {
    let chunks = [
        delta(json!({"role": "assistant", "content": ""})),
        delta(json!({"reasoning_content": "hm"})),
        delta(json!({"content": "x"})),
        delta(
            json!({"tool_calls": [{"index": 0, "id": "a", "function": {"name": "f", "arguments": "{\"a\":"}}]}),
        ),
        delta(json!({"tool_calls": [{"index": 0, "function": {"arguments": "1}"}}]})),
        finish("tool_calls"),
        json!({"choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 1}}),
        json!("[DONE]"),
    ];
    for length in 0..=chunks.len() {
        for clean in [true, false] {
            let frames = stream(events(&chunks[..length], clean), reply());
            let complete = length == chunks.len() || (clean && length > 5);
            let last = frames.last().unwrap();
            assert_eq!(last == "[DONE]", complete, "{length} {clean}");
            assert_eq!(
                last.starts_with(r#"{"error":"#),
                !complete,
                "{length} {clean}"
            );
        }
    }
}

#[test]
fn text_for_an_item_of_another_kind_is_counted_once() {
    let thought = crate::ir::Reasoning {
        text: Str::from("abcd"),
        ..Default::default()
    };
    let events = vec![
        begin(0, ItemKind::Reasoning { redacted: false }),
        text(0, "ab"),
        Event::ItemEnd {
            item: 0,
            full: Some(Box::new(Part::Reasoning(thought))),
        },
        Event::End,
    ];
    let frames = stream(events, reply());
    assert!(
        frames[1].contains(r#""reasoning_content":"cd""#),
        "{frames:#?}"
    );
}
