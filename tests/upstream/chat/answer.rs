//! A Chat answer in one piece, and the spellings its stream shares.

use super::CREATED;
use crate::answer::{Answer, Block, Call, Finish, Usage};
use crate::facts::Facts;
use serde_json::{Value, json};

/// The id of every answer; the stream and the plain answer agree.
pub(super) const ID: &str = "chatcmpl-Scripted0123456789";

/// The `chat.completion` object.
pub(crate) fn whole(answer: &Answer, facts: &Facts) -> Value {
    let mut message =
        json!({"role": "assistant", "content": null, "refusal": null, "annotations": []});
    let mut calls = Vec::new();
    let mut texts = Vec::new();
    for block in &answer.blocks {
        match block {
            Block::Thinking(text) => message["reasoning_content"] = json!(text),
            Block::Redacted => {}
            Block::Text(text) => texts.push(text.as_str()),
            Block::Refusal(text) => message["refusal"] = json!(text),
            Block::Call(call) => calls.push(json!({
                "id": call_id(call),
                "type": "function",
                "function": {"name": call.name, "arguments": call.arguments},
            })),
        }
    }
    if !texts.is_empty() {
        message["content"] = json!(texts.concat());
    }
    if !calls.is_empty() {
        message["tool_calls"] = json!(calls);
    }
    json!({
        "id": ID,
        "object": "chat.completion",
        "created": CREATED,
        "model": facts.model,
        "choices": [{"index": 0, "message": message, "logprobs": null, "finish_reason": finish_reason(&answer.finish)}],
        "usage": usage(answer.usage),
        "service_tier": "default",
        "system_fingerprint": "fp_scripted",
    })
}

/// The id of a call, unique within the answer.
pub(super) fn call_id(call: &Call) -> String {
    format!("call_Scripted{:04}", call.number)
}

pub(super) fn finish_reason(finish: &Finish) -> &'static str {
    match finish {
        Finish::End | Finish::Stop(_) | Finish::Refusal => "stop",
        Finish::Length => "length",
        Finish::Calls => "tool_calls",
        Finish::Filter => "content_filter",
    }
}

/// Chat counts include the cached tokens.
pub(super) fn usage(usage: Usage) -> Value {
    let prompt = usage.input + usage.cache_read + usage.cache_write;
    json!({
        "prompt_tokens": prompt,
        "completion_tokens": usage.output,
        "total_tokens": prompt + usage.output,
        "prompt_tokens_details": {"cached_tokens": usage.cache_read, "cache_write_tokens": usage.cache_write, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": usage.reasoning,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    })
}
