//! Thinking in several parts, some of them empty, is told once to every client and by every upstream.

use std::fmt::Write;

use modelgate_dialects::Dialect;
use modelgate_dialects::ir::fold::fold;
use modelgate_dialects::ir::{Event, Part};

use crate::support::{drive, targets};

/// The events of an upstream of Responses that streams the parts of a summary, empty ones without a delta.
fn thought(parts: &[&str]) -> Vec<Event> {
    let mut stream =
        r#"data: {"type":"response.created","response":{"id":"r","model":"m"}}"#.to_owned();
    for (index, part) in parts
        .iter()
        .enumerate()
        .filter(|(_, part)| !part.is_empty())
    {
        for char in part.chars() {
            write!(stream, "\n\ndata: {{\"type\":\"response.reasoning_summary_text.delta\",\"output_index\":0,\"summary_index\":{index},\"delta\":\"{char}\"}}").unwrap();
        }
    }
    let summary = parts
        .iter()
        .map(|part| format!(r#"{{"type":"summary_text","text":"{part}"}}"#));
    let summary = summary.collect::<Vec<_>>().join(",");
    let item = format!(
        r#"{{"type":"reasoning","id":"rs_1","summary":[{summary}],"encrypted_content":"S"}}"#
    );
    write!(stream, "\n\ndata: {{\"type\":\"response.output_item.done\",\"output_index\":0,\"item\":{item}}}\n\ndata: {{\"type\":\"response.completed\",\"response\":{{\"id\":\"r\",\"status\":\"completed\",\"output\":[{item}]}}}}\n\n").unwrap();
    drive::events(Dialect::Responses, &drive::frames(stream.as_bytes()), true)
}

/// The thinking of an answer.
fn thinking(events: Vec<Event>) -> String {
    let response = fold(Dialect::Responses, events).unwrap();
    let parts = response.choices.iter().flat_map(|choice| &choice.parts);
    let texts = parts.filter_map(|part| match part {
        Part::Reasoning(reasoning) => Some(&*reasoning.text),
        _ => None,
    });
    texts.collect()
}

#[test]
fn empty_parts_of_thinking_repeat_nothing() {
    for (parts, expected) in [
        (&["", "hello"][..], "hello"),
        (&["", "", "hello"], "hello"),
        (&["a", "", "hello"], "a\n\nhello"),
        (&["hello", ""], "hello"),
        (&["hello", "you"], "hello\n\nyou"),
        (&["", ""], ""),
    ] {
        let events = thought(parts);
        assert_eq!(thinking(events.clone()), expected, "{parts:?}");
        for client in Dialect::BOTH {
            let stream = drive::stream(client, events.clone(), targets::reply());
            // What the client heard, and what it is told of another upstream that said it so.
            let heard = drive::events(client, &drive::frames(&stream), true);
            assert_eq!(thinking(heard.clone()), expected, "{client} of {parts:?}");
            let again = drive::stream(Dialect::Responses, heard, targets::reply());
            let again = drive::events(Dialect::Responses, &drive::frames(&again), true);
            assert_eq!(thinking(again), expected, "{client} of {parts:?}");
        }
    }
}
