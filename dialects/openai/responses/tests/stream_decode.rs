//! From an upstream's frames to events.

use serde_json::{Value as Json, json};

use super::events;
use crate::Dialect;
use crate::ir::fold::fold;
use crate::ir::{Delta, Event, ItemKind, Part, StopReason};

/// One line for each event.
fn lines(frames: &[Json]) -> Vec<String> {
    let line = |event: &Event| match event {
        Event::Start { id, .. } => format!("start {id}"),
        Event::ItemStart(start) => match &start.kind {
            ItemKind::ToolCall {
                id, name, custom, ..
            } => {
                format!("{} call {id} {name} {custom}", start.item)
            }
            ItemKind::Whole(part) => match &**part {
                Part::Server(block) => format!("{} whole {}", start.item, block.kind),
                Part::Unknown(block) => format!("{} part {}", start.item, block.kind),
                other => format!("{other:?}"),
            },
            kind => format!("{} {kind:?}", start.item).to_lowercase(),
        },
        Event::Delta { item, delta } => match delta {
            Delta::Text(text) | Delta::Reasoning(text) | Delta::Arguments(text) => {
                format!("{item} + {text}")
            }
            Delta::Paragraph => format!("{item} paragraph"),
            Delta::Opaque(opaque) => format!("{item} state {}", opaque.data),
            Delta::Citation(_) => format!("{item} citation"),
            Delta::Logprobs(_) => format!("{item} logprobs"),
        },
        Event::ItemEnd { item, full } => {
            format!("{item} end{}", if full.is_some() { " full" } else { "" })
        }
        Event::Usage(_) => "usage".to_owned(),
        Event::Stop { stop, .. } => format!("stop {:?}", stop.reason),
        Event::Ping => "ping".to_owned(),
        Event::Error(error) => format!("error {} {}", error.status, error.message),
        Event::End => "end".to_owned(),
    };
    events(frames, true).iter().map(line).collect()
}

#[track_caller]
fn check(frames: &[Json], expected: &[&str]) {
    assert_eq!(lines(frames), expected);
}

fn created() -> Json {
    json!({"type": "response.created", "response": {"id": "r", "model": "m", "status": "in_progress"}})
}

fn completed(output: Json) -> Json {
    json!({"type": "response.completed", "response": {"id": "r", "status": "completed", "output": output}})
}

fn delta(index: u32, text: &str) -> Json {
    json!({"type": "response.output_text.delta", "output_index": index, "content_index": 0, "delta": text})
}

fn item_done(index: u32, item: Json) -> Json {
    json!({"type": "response.output_item.done", "output_index": index, "item": item})
}

fn message(text: &str) -> Json {
    json!({"type": "message", "id": "msg_1", "content": [{"type": "output_text", "text": text}]})
}

fn call(arguments: &str) -> Json {
    json!({"type": "function_call", "id": "fc_1", "call_id": "c1", "name": "f", "arguments": arguments})
}

#[test]
fn text() {
    check(
        &[
            created(),
            delta(0, "a"),
            delta(0, "b"),
            item_done(0, message("ab")),
            completed(json!([])),
        ],
        &[
            "start r",
            "0 text",
            "0 + a",
            "0 + b",
            "0 end full",
            "stop End",
            "end",
        ],
    );
}

#[test]
fn what_deltas_left_out_is_taken_from_the_whole() {
    check(
        &[
            created(),
            delta(0, "a"),
            item_done(0, message("abc")),
            completed(json!([])),
        ],
        &[
            "start r",
            "0 text",
            "0 + a",
            "0 + bc",
            "0 end full",
            "stop End",
            "end",
        ],
    );
    let text_done = json!({"type": "response.output_text.done", "output_index": 0, "content_index": 0, "text": "ab"});
    check(
        &[
            created(),
            delta(0, "a"),
            text_done,
            completed(json!([message("ab")])),
        ],
        &[
            "start r",
            "0 text",
            "0 + a",
            "0 + b",
            "0 end full",
            "stop End",
            "end",
        ],
    );
    check(
        &[completed(json!([message("ab"), call("{}")]))],
        &[
            "start r",
            "0 text",
            "0 + ab",
            "0 end full",
            "1 call c1 f false",
            "1 + {}",
            "1 end",
            "stop ToolUse",
            "end",
        ],
    );
}

#[test]
fn a_call_waits_for_its_name() {
    let arguments = |delta: &str| json!({"type": "response.function_call_arguments.delta", "item_id": "fc_1", "delta": delta});
    check(
        &[
            created(),
            arguments("{\"a\""),
            arguments(":1}"),
            item_done(0, call("{\"a\":1}")),
            completed(json!([])),
        ],
        &[
            "start r",
            "0 call c1 f false",
            "0 + {\"a\":1}",
            "0 end",
            "stop ToolUse",
            "end",
        ],
    );
    check(
        &[created(), arguments("{}"), completed(json!([]))],
        &[
            "start r",
            "error 502 the upstream called a tool without naming it",
        ],
    );
}

#[test]
fn thinking_has_its_parts_and_its_state() {
    let part = |index: u32, delta: &str| json!({"type": "response.reasoning_summary_text.delta", "output_index": 0, "summary_index": index, "delta": delta});
    let item = json!({"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "a"}, {"type": "summary_text", "text": "b"}], "encrypted_content": "S"});
    check(
        &[
            created(),
            part(0, "a"),
            part(1, "b"),
            item_done(0, item.clone()),
            completed(json!([item])),
        ],
        &[
            "start r",
            "0 reasoning { redacted: false }",
            "0 + a",
            "0 paragraph",
            "0 + b",
            "0 state S",
            "0 end full",
            "stop End",
            "end",
        ],
    );
}

#[test]
fn items_of_the_vendor_come_whole_at_their_end() {
    let added = json!({"type": "response.output_item.added", "output_index": 0, "item": {"type": "web_search_call", "id": "ws"}});
    let searching =
        json!({"type": "response.web_search_call.searching", "output_index": 0, "item_id": "ws"});
    check(
        &[
            created(),
            added,
            searching,
            item_done(
                0,
                json!({"type": "web_search_call", "id": "ws", "status": "completed"}),
            ),
            delta(1, "x"),
            completed(json!([])),
        ],
        &[
            "start r",
            "0 whole web_search_call",
            "0 end",
            "1 text",
            "1 + x",
            "1 end",
            "stop End",
            "end",
        ],
    );
}

#[test]
fn failures() {
    let failed = json!({"type": "response.failed", "response": {"error": {"code": "rate_limit_exceeded", "message": "slow"}}});
    check(&[created(), failed], &["start r", "error 429 slow"]);
    check(
        &[created(), json!({"type": "error", "message": "flat"})],
        &["start r", "error 502 flat"],
    );
    check(
        &[json!({"error": {"message": "chat's"}})],
        &["error 502 chat's"],
    );
    check(
        &[created(), delta(0, "a")],
        &[
            "start r",
            "0 text",
            "0 + a",
            "error 502 the upstream's stream ended before the answer was complete",
        ],
    );
}

#[test]
fn the_stream_amounts_to_the_whole_answer() {
    let output = json!([
        {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "hm"}], "encrypted_content": "S"},
        message("ab"), call("{\"a\":1}")]);
    let usage = json!({"input_tokens": 5, "output_tokens": 3, "total_tokens": 8});
    let whole =
        json!({"id": "r", "model": "m", "status": "completed", "output": output, "usage": usage});
    let frames = [
        created(),
        json!({"type": "response.reasoning_summary_text.delta", "output_index": 0, "summary_index": 0, "delta": "hm"}),
        item_done(0, output[0].clone()),
        delta(1, "ab"),
        item_done(1, output[1].clone()),
        item_done(2, output[2].clone()),
        json!({"type": "response.completed", "response": whole}),
    ];
    let streamed = fold(Dialect::Responses, events(&frames, true)).unwrap();
    let decoded =
        super::super::response::decode(super::document(&whole).root(), &"openai".into(), true)
            .unwrap();
    assert_eq!(streamed, decoded);
    assert_eq!(
        streamed.choices[0].stop.as_ref().unwrap().reason,
        StopReason::ToolUse
    );
}
