//! A Claude answer in one piece, and the spellings its stream shares.

use crate::answer::{Answer, Block, Call, Finish, Usage};
use crate::dialect::Dialect;
use crate::facts::Facts;
use crate::signature;
use serde_json::{Value, json};

/// The id of every answer; the stream and the plain answer agree.
pub(super) const ID: &str = "msg_01Scripted0123456789";

/// The message object.
pub(crate) fn whole(answer: &Answer, facts: &Facts) -> Value {
    let content: Vec<Value> = answer
        .blocks
        .iter()
        .map(|block| self::block(block, facts))
        .collect();
    let mut message = json!({
        "id": ID,
        "type": "message",
        "role": "assistant",
        "model": facts.model,
        "content": content,
        "usage": usage(answer.usage),
    });
    if let (Some(message), Value::Object(stop)) = (message.as_object_mut(), stop(&answer.finish)) {
        message.extend(stop);
    }
    message
}

fn block(block: &Block, facts: &Facts) -> Value {
    match block {
        Block::Thinking(text) => {
            let shown = if facts.hide_thinking {
                ""
            } else {
                text.as_str()
            };
            json!({"type": "thinking", "thinking": shown, "signature": signature::issue(Dialect::Claude, text, facts.hide_thinking)})
        }
        Block::Redacted => json!({"type": "redacted_thinking", "data": signature::REDACTED}),
        Block::Text(text) | Block::Refusal(text) => {
            json!({"type": "text", "text": text, "citations": null})
        }
        Block::Call(call) => {
            // Unfinished arguments cannot be shown as an object.
            let input = serde_json::from_str(&call.arguments).unwrap_or_else(|_| json!({}));
            json!({"type": "tool_use", "id": call_id(call), "name": call.name, "input": input})
        }
    }
}

/// The id of a call, unique within the answer.
pub(super) fn call_id(call: &Call) -> String {
    format!("toolu_01Scripted{:04}", call.number)
}

/// `stop_reason` and what belongs to it.
pub(super) fn stop(finish: &Finish) -> Value {
    let reason = match finish {
        Finish::End => "end_turn",
        Finish::Length => "max_tokens",
        Finish::Stop(_) => "stop_sequence",
        Finish::Calls => "tool_use",
        Finish::Refusal | Finish::Filter => "refusal",
    };
    let sequence = match finish {
        Finish::Stop(sequence) => Some(sequence),
        _ => None,
    };
    let mut stop = json!({"stop_reason": reason, "stop_sequence": sequence});
    if reason == "refusal" {
        stop["stop_details"] =
            json!({"type": "refusal", "category": "cyber", "explanation": "A scripted refusal."});
    }
    stop
}

/// Claude counts exclude the cached tokens.
pub(super) fn usage(usage: Usage) -> Value {
    json!({
        "input_tokens": usage.input,
        "cache_creation_input_tokens": usage.cache_write,
        "cache_read_input_tokens": usage.cache_read,
        "cache_creation": {"ephemeral_5m_input_tokens": usage.cache_write, "ephemeral_1h_input_tokens": 0},
        "output_tokens": usage.output,
        "output_tokens_details": {"thinking_tokens": usage.reasoning},
        "service_tier": "standard",
    })
}
