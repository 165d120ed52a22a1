//! A Gemini answer as increments: server-sent events, or the items of one growing list.

use super::answer::{blocked, candidate, parts, response};
use crate::answer::{Answer, Usage, pieces};
use crate::facts::Facts;
use crate::plan::Quirk;
use crate::render::{Frame, Part};
use serde_json::{Value, json};

/// The frames of a stream; nothing but the end of the body ends it, except that a list is closed.
pub(crate) fn stream(answer: &Answer, facts: &Facts, quirk: Quirk) -> Vec<Frame> {
    let mut frames = Vec::new();
    if let Some(blocked) = blocked(answer, facts) {
        frames.push((Part::Finish, blocked));
    } else {
        let increments = parts(answer, facts).into_iter().flatten();
        for part in increments.flat_map(|part| cut(&part)) {
            let mut frame = response(facts, begun(answer.usage));
            frame["candidates"] = json!([candidate(&[part], None)]);
            frames.push((Part::Content, frame));
        }
        let mut last = response(facts, answer.usage);
        let nothing = [json!({"text": ""})];
        last["candidates"] = json!([candidate(&nothing, Some(&answer.finish))]);
        frames.push((Part::Finish, last));
    }
    if quirk == Quirk::LateUsage {
        for (_, frame) in &mut frames {
            frame
                .as_object_mut()
                .map(|frame| frame.remove("usageMetadata"));
        }
        frames.push((Part::Finish, response(facts, answer.usage)));
    }
    write(&frames, facts.list)
}

/// Text comes in pieces; calls come whole.
fn cut(part: &Value) -> Vec<Value> {
    match part["text"].as_str() {
        Some(text) if !text.is_empty() => pieces(text)
            .into_iter()
            .map(|piece| {
                let mut part = part.clone();
                part["text"] = json!(piece);
                part
            })
            .collect(),
        _ => vec![part.clone()],
    }
}

/// Counts are cumulative; the output is still small when a frame is not the last.
fn begun(usage: Usage) -> Usage {
    Usage {
        output: usage.output.min(1),
        reasoning: 0,
        ..usage
    }
}

fn write(frames: &[(Part, Value)], list: bool) -> Vec<Frame> {
    if !list {
        let event = |(part, data): &(Part, Value)| Frame {
            part: *part,
            text: format!("data: {data}\n\n"),
        };
        return frames.iter().map(event).collect();
    }
    let item = |(index, (part, data)): (usize, &(Part, Value))| Frame {
        part: *part,
        text: format!("{}{data:#}", if index == 0 { "[" } else { ",\r\n" }),
    };
    let end = Frame {
        part: Part::Terminal,
        text: "\n]".to_owned(),
    };
    frames.iter().enumerate().map(item).chain([end]).collect()
}
