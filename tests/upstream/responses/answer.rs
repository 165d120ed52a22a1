//! A Responses answer in one piece, and the items its stream shares.

use super::issued::{REASONED, call_id, item_id, reasoning_id, response_id};
use crate::answer::{Answer, Block, Finish, Usage};
use crate::chat::CREATED;
use crate::dialect::Dialect;
use crate::facts::Facts;
use crate::signature;
use serde_json::{Value, json};

/// The id of the one compaction item.
pub(super) const COMPACTION: &str = "cmp_Scripted0123456789";

/// The `response` object.
pub(crate) fn whole(answer: &Answer, facts: &Facts) -> Value {
    finished(answer, facts, &output(answer, facts))
}

/// The response at its end.
pub(super) fn finished(answer: &Answer, facts: &Facts, output: &[Value]) -> Value {
    let mut response = response(facts, status(&answer.finish), output, Some(answer.usage));
    match answer.finish {
        Finish::Length => {
            response["incomplete_details"] = json!({"reason": "max_output_tokens"});
        }
        Finish::Filter => response["incomplete_details"] = json!({"reason": "content_filter"}),
        _ => response["completed_at"] = json!(CREATED + 1),
    }
    response
}

/// The response in any state; the settings of the request come back in it.
pub(super) fn response(
    facts: &Facts,
    status: &str,
    output: &[Value],
    usage: Option<Usage>,
) -> Value {
    let asked = &facts.settings;
    let or = |key: &str, default: Value| match &asked[key] {
        Value::Null => default,
        value => value.clone(),
    };
    json!({
        "id": response_id(is_kept(facts)),
        "object": "response",
        "created_at": CREATED,
        "status": status,
        "background": false,
        "error": null,
        "incomplete_details": null,
        "instructions": asked["instructions"],
        "max_output_tokens": asked["max_output_tokens"],
        "max_tool_calls": asked["max_tool_calls"],
        "model": facts.model,
        "output": output,
        "parallel_tool_calls": or("parallel_tool_calls", json!(true)),
        "previous_response_id": asked["previous_response_id"],
        "reasoning": {"effort": asked["reasoning"]["effort"], "summary": asked["reasoning"]["summary"]},
        "service_tier": "default",
        "store": or("store", json!(true)),
        "temperature": or("temperature", json!(1.0)),
        "text": or("text", json!({"format": {"type": "text"}})),
        "tool_choice": or("tool_choice", json!("auto")),
        "tools": or("tools", json!([])),
        "top_p": or("top_p", json!(1.0)),
        "truncation": or("truncation", json!("disabled")),
        "usage": usage.map(self::usage),
        "user": null,
        "metadata": or("metadata", json!({})),
    })
}

/// Whether the vendor keeps the answer, which it does unless told not to.
fn is_kept(facts: &Facts) -> bool {
    facts.settings["store"] != false
}

/// The items of the answer, complete.
pub(super) fn output(answer: &Answer, facts: &Facts) -> Vec<Value> {
    let thought = answer
        .blocks
        .iter()
        .any(|block| matches!(block, Block::Thinking(_) | Block::Redacted));
    let mark = if thought { REASONED } else { "" };
    let blocks = answer.blocks.iter().enumerate();
    let mut items: Vec<Value> = blocks
        .map(|(index, block)| item(index, block, mark, facts))
        .collect();
    if let (Finish::Length | Finish::Filter, Some(last)) = (&answer.finish, items.last_mut()) {
        last["status"] = json!("incomplete");
    }
    items
}

fn item(index: usize, block: &Block, mark: &str, facts: &Facts) -> Value {
    let id = |prefix: &str, number: usize| {
        item_id(prefix, is_kept(facts), &format!("{mark}{number:04}"))
    };
    match block {
        Block::Thinking(text) => reasoning(text, facts),
        Block::Redacted => reasoning("", facts),
        Block::Text(text) => message(
            &id("msg", index),
            &json!({"type": "output_text", "annotations": [], "logprobs": [], "text": text}),
        ),
        Block::Refusal(text) => message(
            &id("msg", index),
            &json!({"type": "refusal", "refusal": text}),
        ),
        Block::Call(call) if facts.custom.contains(&call.name) => json!({
            "id": id("ctc", call.number),
            "type": "custom_tool_call",
            "status": "completed",
            "call_id": call_id(call.number),
            "name": call.name,
            "input": call.arguments,
        }),
        Block::Call(call) => json!({
            "id": id("fc", call.number),
            "type": "function_call",
            "status": "completed",
            "call_id": call_id(call.number),
            "name": call.name,
            "arguments": call.arguments,
        }),
    }
}

fn message(id: &str, part: &Value) -> Value {
    json!({"id": id, "type": "message", "status": "completed", "role": "assistant", "content": [part]})
}

/// A summary is shown to those who asked for one, the state to those who asked for that.
fn reasoning(text: &str, facts: &Facts) -> Value {
    let shown = if facts.hide_thinking { "" } else { text };
    let id = reasoning_id(shown, is_kept(facts));
    let summary = match shown {
        "" => json!([]),
        text => json!([{"type": "summary_text", "text": text}]),
    };
    let mut item = json!({"id": id, "type": "reasoning", "summary": summary});
    if facts.encrypted {
        item["encrypted_content"] = json!(seal(shown));
    }
    item
}

/// The state of an item that shows this.
pub(super) fn seal(shown: &str) -> String {
    signature::issue(Dialect::Responses, shown, false)
}

/// The final state, which is also the name of the last event.
pub(super) fn status(finish: &Finish) -> &'static str {
    match finish {
        Finish::Length | Finish::Filter => "incomplete",
        Finish::End | Finish::Stop(_) | Finish::Calls | Finish::Refusal => "completed",
    }
}

/// Responses counts include the cached tokens.
pub(super) fn usage(usage: Usage) -> Value {
    let input = usage.input + usage.cache_read + usage.cache_write;
    json!({
        "input_tokens": input,
        "input_tokens_details": {"cached_tokens": usage.cache_read, "cache_write_tokens": usage.cache_write},
        "output_tokens": usage.output,
        "output_tokens_details": {"reasoning_tokens": usage.reasoning},
        "total_tokens": input + usage.output,
    })
}
