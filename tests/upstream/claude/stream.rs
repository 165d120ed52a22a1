//! A Claude answer as events.

use super::answer::{ID, call_id, stop, usage};
use crate::answer::{Answer, Block, Usage, fragments, pieces};
use crate::dialect::Dialect;
use crate::facts::Facts;
use crate::plan::Quirk;
use crate::render::{Frame, Part};
use crate::signature;
use serde_json::{Value, json};

/// The frames of a stream, `message_stop` included.
pub(crate) fn stream(answer: &Answer, facts: &Facts, quirk: Quirk) -> Vec<Frame> {
    let mut frames = vec![start(answer, facts, quirk)];
    for (index, block) in answer.blocks.iter().enumerate() {
        frames.push(event(
            Part::Content,
            &json!({"type": "content_block_start", "index": index, "content_block": opened(block)}),
        ));
        if index == 0 {
            frames.push(event(Part::Opening, &json!({"type": "ping"})));
        }
        let deltas = deltas(block, facts, quirk);
        frames.extend(deltas.iter().map(|delta| {
            event(
                Part::Content,
                &json!({"type": "content_block_delta", "index": index, "delta": delta}),
            )
        }));
        frames.push(event(
            Part::Content,
            &json!({"type": "content_block_stop", "index": index}),
        ));
    }
    if quirk == Quirk::UsageEverywhere {
        let early = json!({"stop_reason": null, "stop_sequence": null});
        frames.push(event(
            Part::Finish,
            &json!({"type": "message_delta", "delta": early, "usage": usage(answer.usage)}),
        ));
    }
    let counts = match quirk {
        Quirk::LateUsage | Quirk::UsageEverywhere => usage(answer.usage),
        _ => {
            json!({"output_tokens": answer.usage.output, "output_tokens_details": {"thinking_tokens": answer.usage.reasoning}})
        }
    };
    frames.push(event(
        Part::Finish,
        &json!({"type": "message_delta", "delta": stop(&answer.finish), "usage": counts}),
    ));
    frames.push(event(Part::Terminal, &json!({"type": "message_stop"})));
    frames
}

fn start(answer: &Answer, facts: &Facts, quirk: Quirk) -> Frame {
    let counts = match quirk {
        Quirk::LateUsage => Usage {
            input: 0,
            cache_read: 0,
            cache_write: 0,
            output: 0,
            reasoning: 0,
        },
        _ => Usage {
            output: 1,
            reasoning: 0,
            ..answer.usage
        },
    };
    let message = json!({
        "id": ID,
        "type": "message",
        "role": "assistant",
        "model": facts.model,
        "content": [],
        "stop_reason": null,
        "stop_sequence": null,
        "usage": usage(counts),
    });
    event(
        Part::Opening,
        &json!({"type": "message_start", "message": message}),
    )
}

fn opened(block: &Block) -> Value {
    match block {
        Block::Thinking(_) => json!({"type": "thinking", "thinking": "", "signature": ""}),
        Block::Redacted => json!({"type": "redacted_thinking", "data": signature::REDACTED}),
        Block::Text(_) | Block::Refusal(_) => json!({"type": "text", "text": ""}),
        Block::Call(call) => {
            json!({"type": "tool_use", "id": call_id(call), "name": call.name, "input": {}})
        }
    }
}

fn deltas(block: &Block, facts: &Facts, quirk: Quirk) -> Vec<Value> {
    match block {
        Block::Thinking(text) => {
            let shown = if facts.hide_thinking {
                Vec::new()
            } else {
                pieces(text)
            };
            let shown = shown
                .iter()
                .map(|piece| json!({"type": "thinking_delta", "thinking": piece}));
            let signature = signature::issue(Dialect::Claude, text, facts.hide_thinking);
            shown
                .chain([json!({"type": "signature_delta", "signature": signature})])
                .collect()
        }
        Block::Redacted => Vec::new(),
        Block::Text(text) | Block::Refusal(text) => pieces(text)
            .iter()
            .map(|piece| json!({"type": "text_delta", "text": piece}))
            .collect(),
        Block::Call(call) if call.arguments.is_empty() => Vec::new(),
        Block::Call(call) => {
            let fragments = match quirk {
                Quirk::WholeCall => vec![call.arguments.clone()],
                _ => [vec![String::new()], fragments(&call.arguments)].concat(),
            };
            fragments
                .iter()
                .map(|text| json!({"type": "input_json_delta", "partial_json": text}))
                .collect()
        }
    }
}

fn event(part: Part, data: &Value) -> Frame {
    let name = data["type"].as_str().unwrap_or_default();
    Frame {
        part,
        text: format!("event: {name}\ndata: {data}\n\n"),
    }
}
