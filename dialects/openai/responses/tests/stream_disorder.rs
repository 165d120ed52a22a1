//! What careless upstreams and hostile bytes do to the decoder.

use serde_json::{Value as Json, json};

use super::events;
use crate::Dialect;
use crate::ir::fold::fold;
use crate::ir::{Event, Part};

/// Texts and calls of the answer.
fn told(frames: &[Json]) -> Vec<String> {
    let response = fold(Dialect::Responses, events(frames, true)).unwrap();
    let parts = response.choices.into_iter().flat_map(|choice| choice.parts);
    parts
        .map(|part| match part {
            Part::Text(text) => text.text.to_string(),
            Part::ToolCall(call) => format!("{}({})", call.name, call.arguments.0),
            other => format!("{other:?}"),
        })
        .collect()
}

fn end(output: Json) -> Json {
    json!({"type": "response.completed", "response": {"status": "completed", "output": output}})
}

fn added(index: u32, item: Json) -> Json {
    json!({"type": "response.output_item.added", "output_index": index, "item": item})
}

fn call(id: &str) -> Json {
    json!({"type": "function_call", "id": id, "call_id": id, "name": id, "arguments": ""})
}

fn arguments(index: u32, delta: &str) -> Json {
    json!({"type": "response.function_call_arguments.delta", "output_index": index, "delta": delta})
}

#[test]
fn interleaved_calls_stay_apart() {
    let frames = [
        added(0, call("a")),
        added(1, call("b")),
        arguments(0, "{\"x\""),
        arguments(1, "{\"y\""),
        arguments(0, ":1}"),
        arguments(1, ":2}"),
        end(json!([])),
    ];
    assert_eq!(told(&frames), ["a({\"x\":1})", "b({\"y\":2})"]);
}

#[test]
fn items_without_numbers_are_told_apart_by_their_ids() {
    let text = |id: &str, delta: &str| json!({"type": "response.output_text.delta", "item_id": id, "delta": delta});
    assert_eq!(
        told(&[
            text("m1", "a"),
            text("m2", "x"),
            text("m1", "b"),
            end(json!([]))
        ]),
        ["ab", "x"]
    );
    let bare = |delta: &str| json!({"type": "response.output_text.delta", "delta": delta});
    assert_eq!(told(&[bare("a"), bare("b"), end(json!([]))]), ["ab"]);
}

#[test]
fn what_was_told_is_not_told_again_at_the_end() {
    let message =
        json!({"type": "message", "id": "m", "content": [{"type": "output_text", "text": "ab"}]});
    let delta = json!({"type": "response.output_text.delta", "output_index": 0, "item_id": "m", "delta": "ab"});
    let done = json!({"type": "response.output_item.done", "output_index": 0, "item": message});
    assert_eq!(
        told(&[delta.clone(), done.clone(), done, end(json!([message]))]),
        ["ab"]
    );
    // Its number was another one.
    assert_eq!(
        told(&[
            json!({"type": "response.output_text.delta", "output_index": 3, "delta": "ab"}),
            end(json!([message]))
        ]),
        ["ab"]
    );
    assert_eq!(
        told(&[
            delta,
            end(
                json!([message, {"type": "message", "content": [{"type": "output_text", "text": ""}]}])
            )
        ]),
        ["ab"]
    );
}

#[test]
fn several_texts_of_a_message_are_several_pieces() {
    let text = |place: u32, delta: &str| json!({"type": "response.output_text.delta", "output_index": 0, "content_index": place, "delta": delta});
    assert_eq!(
        told(&[
            text(0, "a"),
            text(1, "b"),
            text(0, "c"),
            text(u32::MAX, "d"),
            end(json!([]))
        ]),
        ["ac", "b", "d"]
    );
}

#[test]
fn events_behind_the_end_say_nothing() {
    let frames = [
        end(json!([])),
        arguments(0, "x"),
        json!({"type": "error", "message": "late"}),
    ];
    assert!(matches!(events(&frames, true).last(), Some(Event::End)));
}

#[test]
fn unknown_events_and_done_marks_are_skipped() {
    let mut decoder = super::super::stream::Decoder::new("openai".into());
    let mut events = Vec::new();
    for data in [
        "",
        "[DONE]",
        r#"{"type":"keepalive"}"#,
        r#"{"type":"response.brand_new","output_index":0}"#,
        "7",
        "[]",
    ] {
        let frame = crate::framing::sse::Frame {
            event: "".into(),
            data: data.into(),
        };
        decoder.on_frame(&frame, &mut events);
    }
    assert!(matches!(events[..], [Event::Start { .. }]));
    decoder.finish(true, &mut events);
    assert!(
        matches!(events.last(), Some(Event::Error(error)) if error.code.as_deref() == Some("upstream_cut"))
    );
}
