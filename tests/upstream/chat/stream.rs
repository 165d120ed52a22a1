//! A Chat answer as chunks, with the deviations of compatible servers.

use super::CREATED;
use super::answer::{ID, call_id, finish_reason, usage};
use crate::answer::{Answer, Block, Call, fragments, pieces};
use crate::facts::Facts;
use crate::plan::Quirk;
use crate::render::{Frame, Part};
use serde_json::{Value, json};

/// The frames of a stream, `[DONE]` included.
pub(crate) fn stream(answer: &Answer, facts: &Facts, quirk: Quirk) -> Vec<Frame> {
    let chunks = Chunks {
        answer,
        facts,
        quirk,
    };
    let mut frames = vec![chunks.delta(
        Part::Opening,
        &json!({"role": "assistant", "content": "", "refusal": null}),
    )];
    frames.extend(
        chunks
            .content()
            .iter()
            .map(|delta| chunks.delta(Part::Content, delta)),
    );
    frames.push(chunks.chunk(
        Part::Finish,
        &choice(&json!({}), Some(finish_reason(&answer.finish))),
        false,
    ));
    if facts.include_usage && quirk != Quirk::UsageEverywhere {
        // Late and, against the rules, beside a choice that says nothing.
        let choices = if quirk == Quirk::LateUsage {
            choice(&json!({}), None)
        } else {
            json!([])
        };
        frames.push(chunks.chunk(Part::Finish, &choices, true));
    }
    frames.push(Frame {
        part: Part::Terminal,
        text: "data: [DONE]\n\n".to_owned(),
    });
    frames
}

struct Chunks<'a> {
    answer: &'a Answer,
    facts: &'a Facts,
    quirk: Quirk,
}

impl Chunks<'_> {
    fn delta(&self, part: Part, delta: &Value) -> Frame {
        self.chunk(part, &choice(delta, None), false)
    }

    fn chunk(&self, part: Part, choices: &Value, with_usage: bool) -> Frame {
        let mut chunk = json!({
            "id": ID,
            "object": "chat.completion.chunk",
            "created": CREATED,
            "model": self.facts.model,
            "service_tier": "default",
            "system_fingerprint": "fp_scripted",
            "choices": choices,
        });
        if with_usage || self.quirk == Quirk::UsageEverywhere {
            chunk["usage"] = usage(self.answer.usage);
        } else if self.facts.include_usage {
            chunk["usage"] = Value::Null;
        }
        Frame {
            part,
            text: format!("data: {chunk}\n\n"),
        }
    }

    fn content(&self) -> Vec<Value> {
        let mut deltas = Vec::new();
        let mut calls = Vec::new();
        for block in &self.answer.blocks {
            match block {
                Block::Thinking(text) => {
                    let key = if self.quirk == Quirk::ReasoningField {
                        "reasoning"
                    } else {
                        "reasoning_content"
                    };
                    deltas.extend(pieces(text).iter().map(|piece| json!({key: piece})));
                }
                Block::Redacted => {}
                Block::Text(text) => {
                    deltas.extend(pieces(text).iter().map(|piece| self.text(piece)));
                }
                Block::Refusal(text) => {
                    deltas.extend(pieces(text).iter().map(|piece| json!({"refusal": piece})));
                }
                Block::Call(call) => calls.push(self.call(call)),
            }
        }
        if self.quirk == Quirk::Interleaved {
            let longest = calls.iter().map(Vec::len).max().unwrap_or_default();
            deltas.extend(
                (0..longest)
                    .flat_map(|step| calls.iter().filter_map(move |call| call.get(step).cloned())),
            );
        } else {
            deltas.extend(calls.concat());
        }
        deltas
    }

    fn text(&self, piece: &str) -> Value {
        match self.quirk {
            Quirk::EmptyToolCalls => json!({"content": piece, "tool_calls": []}),
            _ => json!({"content": piece}),
        }
    }

    /// The deltas of one call: the head, then the arguments in pieces.
    fn call(&self, call: &Call) -> Vec<Value> {
        let (id, index) = (call_id(call), call.place);
        let head = |arguments: &str| json!({"index": index, "id": id, "type": "function", "function": {"name": call.name, "arguments": arguments}});
        let fragments = fragments(&call.arguments);
        let mut calls = Vec::new();
        match self.quirk {
            Quirk::WholeCall => calls.push(head(&call.arguments)),
            Quirk::LateId => {
                calls.push(json!({"index": index, "id": null, "type": "function", "function": {"arguments": ""}}));
                calls.push(json!({"index": index, "id": "", "function": {"name": call.name, "arguments": ""}}));
                calls.push(
                    json!({"index": index, "id": id, "function": {"arguments": fragments.first()}}),
                );
                calls.extend(
                    fragments
                        .iter()
                        .skip(1)
                        .map(|text| json!({"index": index, "function": {"arguments": text}})),
                );
            }
            Quirk::NameRepeats => {
                calls.push(head(""));
                calls.extend(fragments.iter().map(|text| head(text)));
            }
            _ => {
                calls.push(head(""));
                calls.extend(
                    fragments
                        .iter()
                        .map(|text| json!({"index": index, "function": {"arguments": text}})),
                );
            }
        }
        if self.quirk == Quirk::MissingIndex {
            calls
                .iter_mut()
                .filter_map(Value::as_object_mut)
                .for_each(|call| drop(call.shift_remove("index")));
        }
        calls
            .into_iter()
            .map(|call| json!({"tool_calls": [call]}))
            .collect()
    }
}

fn choice(delta: &Value, finish_reason: Option<&str>) -> Value {
    json!([{"index": 0, "delta": delta, "logprobs": null, "finish_reason": finish_reason}])
}
