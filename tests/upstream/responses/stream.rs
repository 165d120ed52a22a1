//! A Responses answer as events, with the deviations of compatible servers.

use super::answer::{finished, output, response, status};
use crate::answer::{Answer, fragments, pieces};
use crate::facts::Facts;
use crate::fault::Fault;
use crate::plan::Quirk;
use crate::render::{Frame, Part};
use serde_json::{Value, json};

/// The frames of a stream. There is no `[DONE]`.
pub(crate) fn stream(answer: &Answer, facts: &Facts, quirk: Quirk) -> Vec<Frame> {
    let mut frames = Vec::new();
    let mut push = |event: Event| frames.push(event.frame(frames.len(), quirk));
    let usage = (quirk == Quirk::UsageEverywhere).then_some(answer.usage);
    let begun = response(facts, "in_progress", &[], usage);
    for kind in ["response.created", "response.in_progress"] {
        push(Event::new(Part::Opening, kind, json!({"response": begun})));
    }
    let items = output(answer, facts);
    let events = items
        .iter()
        .enumerate()
        .map(|(index, item)| item_events(index, item, quirk));
    let events: Vec<Vec<Event>> = events.collect();
    if quirk == Quirk::Interleaved {
        let longest = events.iter().map(Vec::len).max().unwrap_or_default();
        let mut queues: Vec<_> = events.into_iter().map(Vec::into_iter).collect();
        for _ in 0..longest {
            queues
                .iter_mut()
                .filter_map(Iterator::next)
                .for_each(&mut push);
        }
    } else {
        events.into_iter().flatten().for_each(&mut push);
    }
    // Some servers leave the final list empty.
    let listed: &[Value] = match quirk {
        Quirk::EmptyToolCalls => &[],
        _ => &items,
    };
    let last = match status(&answer.finish) {
        "incomplete" => "response.incomplete",
        _ => "response.completed",
    };
    let response = finished(answer, facts, listed);
    push(Event::new(
        Part::Finish,
        last,
        json!({"response": response}),
    ));
    frames
}

/// The end of a stream that failed after `events` events.
pub(crate) fn failed(facts: &Facts, fault: &Fault, events: usize) -> Frame {
    let mut response = response(facts, "failed", &[], None);
    response["error"] =
        json!({"code": fault.code.unwrap_or("server_error"), "message": fault.message});
    Event::new(
        Part::Finish,
        "response.failed",
        json!({"response": response}),
    )
    .frame(events, Quirk::None)
}

struct Event {
    part: Part,
    kind: &'static str,
    data: Value,
}

impl Event {
    fn new(part: Part, kind: &'static str, data: Value) -> Self {
        Self { part, kind, data }
    }

    fn frame(self, number: usize, quirk: Quirk) -> Frame {
        let mut data = json!({"type": self.kind});
        // Compatible servers leave it out.
        if quirk != Quirk::MissingIndex {
            data["sequence_number"] = json!(number);
        }
        for (key, value) in self.data.as_object().into_iter().flatten() {
            data[key] = value.clone();
        }
        Frame {
            part: self.part,
            text: format!("event: {}\ndata: {data}\n\n", self.kind),
        }
    }
}

/// The events of one item: added, its content, done.
fn item_events(index: usize, item: &Value, quirk: Quirk) -> Vec<Event> {
    let mut opened = item.clone();
    let mut events = Vec::new();
    match item["type"].as_str() {
        Some("message") => {
            opened["content"] = json!([]);
            message(index, item, &mut events);
        }
        Some("reasoning") => {
            opened["summary"] = json!([]);
            reasoning(index, item, quirk, &mut events);
        }
        Some("custom_tool_call") => {
            opened["input"] = json!("");
            payload(
                index,
                item,
                "input",
                [
                    "response.custom_tool_call_input.delta",
                    "response.custom_tool_call_input.done",
                ],
                quirk,
                &mut events,
            );
        }
        _ => {
            opened["arguments"] = json!("");
            payload(
                index,
                item,
                "arguments",
                [
                    "response.function_call_arguments.delta",
                    "response.function_call_arguments.done",
                ],
                quirk,
                &mut events,
            );
        }
    }
    if opened.get("status").is_some() {
        opened["status"] = json!("in_progress");
    }
    let added = json!({"output_index": index, "item": opened});
    events.insert(
        0,
        Event::new(Part::Opening, "response.output_item.added", added),
    );
    let done = json!({"output_index": index, "item": item});
    events.push(Event::new(Part::Content, "response.output_item.done", done));
    events
}

fn message(index: usize, item: &Value, events: &mut Vec<Event>) {
    let part = &item["content"][0];
    let (key, kinds) = if part["type"] == "refusal" {
        (
            "refusal",
            ["response.refusal.delta", "response.refusal.done"],
        )
    } else {
        (
            "text",
            ["response.output_text.delta", "response.output_text.done"],
        )
    };
    let at = |more: Value| {
        let mut data = json!({"item_id": item["id"], "output_index": index, "content_index": 0});
        for (key, value) in more.as_object().into_iter().flatten() {
            data[key] = value.clone();
        }
        data
    };
    let mut empty = part.clone();
    empty[key] = json!("");
    events.push(Event::new(
        Part::Opening,
        "response.content_part.added",
        at(json!({"part": empty})),
    ));
    let text = part[key].as_str().unwrap_or_default();
    events.extend(pieces(text).iter().map(|piece| {
        let delta = match key {
            "text" => json!({"delta": piece, "logprobs": []}),
            _ => json!({"delta": piece}),
        };
        Event::new(Part::Content, kinds[0], at(delta))
    }));
    let done = match key {
        "text" => json!({"text": text, "logprobs": []}),
        _ => json!({"refusal": text}),
    };
    events.push(Event::new(Part::Content, kinds[1], at(done)));
    events.push(Event::new(
        Part::Content,
        "response.content_part.done",
        at(json!({"part": part})),
    ));
}

fn reasoning(index: usize, item: &Value, quirk: Quirk, events: &mut Vec<Event>) {
    let Some(text) = item["summary"][0]["text"].as_str() else {
        return;
    };
    let raw = quirk == Quirk::ReasoningField;
    let place = if raw {
        "content_index"
    } else {
        "summary_index"
    };
    let at = |key: &str, value: &Value| json!({"item_id": item["id"], "output_index": index, place: 0, key: value});
    if raw {
        events.extend(pieces(text).iter().map(|piece| {
            Event::new(
                Part::Content,
                "response.reasoning_text.delta",
                at("delta", &json!(piece)),
            )
        }));
        let done = at("text", &json!(text));
        events.push(Event::new(
            Part::Content,
            "response.reasoning_text.done",
            done,
        ));
        return;
    }
    let part = |text: &str| at("part", &json!({"type": "summary_text", "text": text}));
    events.push(Event::new(
        Part::Opening,
        "response.reasoning_summary_part.added",
        part(""),
    ));
    events.extend(pieces(text).iter().map(|piece| {
        Event::new(
            Part::Content,
            "response.reasoning_summary_text.delta",
            at("delta", &json!(piece)),
        )
    }));
    events.push(Event::new(
        Part::Content,
        "response.reasoning_summary_text.done",
        at("text", &json!(text)),
    ));
    events.push(Event::new(
        Part::Content,
        "response.reasoning_summary_part.done",
        part(text),
    ));
}

/// The arguments or the input of a call.
fn payload(
    index: usize,
    item: &Value,
    key: &'static str,
    kinds: [&'static str; 2],
    quirk: Quirk,
    events: &mut Vec<Event>,
) {
    let at =
        |key: &str, value: &str| json!({"item_id": item["id"], "output_index": index, key: value});
    let text = item[key].as_str().unwrap_or_default();
    // Some servers send no pieces, only the whole.
    if quirk != Quirk::WholeCall {
        let pieces = fragments(text);
        let pieces = pieces.iter().map(|piece| at("delta", piece));
        events.extend(pieces.map(|data| Event::new(Part::Content, kinds[0], data)));
    }
    // What was cut off is never done.
    if item["status"] == "completed" {
        events.push(Event::new(Part::Content, kinds[1], at(key, text)));
    }
}
