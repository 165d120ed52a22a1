//! A Gemini answer in one piece, and the spellings its stream shares.

use super::{call_subject, text_subject};
use crate::answer::{Answer, Block, Call, Finish, Usage};
use crate::dialect::Dialect;
use crate::facts::Facts;
use crate::signature;
use serde_json::{Value, json};

/// The id of every answer, with the number of calls before it; the stream and the plain answer agree.
const ID: &str = "Scripted0123456789";

/// The `GenerateContentResponse`.
pub(crate) fn whole(answer: &Answer, facts: &Facts) -> Value {
    if let Some(blocked) = blocked(answer, facts) {
        return blocked;
    }
    let parts: Vec<Value> = parts(answer, facts).into_iter().flatten().collect();
    let mut response = response(facts, answer.usage);
    response["candidates"] = json!([candidate(&parts, Some(&answer.finish))]);
    response
}

/// What every response and every frame of a stream has.
pub(super) fn response(facts: &Facts, usage: Usage) -> Value {
    let id = match facts.calls {
        0 => ID.to_owned(),
        calls => format!("{ID}-{calls}"),
    };
    json!({"usageMetadata": self::usage(usage), "modelVersion": facts.model, "responseId": id})
}

/// One candidate; the finish reason is only in the last frame of a stream.
pub(super) fn candidate(parts: &[Value], finish: Option<&Finish>) -> Value {
    let mut candidate = json!({"content": {"parts": parts, "role": "model"}, "index": 0});
    if parts.is_empty() {
        candidate["content"] = json!({"role": "model"});
    }
    if let Some(finish) = finish {
        candidate["finishReason"] = json!(finish_reason(finish));
    }
    candidate
}

/// A refused question has no candidates at all.
pub(super) fn blocked(answer: &Answer, facts: &Facts) -> Option<Value> {
    let [Block::Refusal(text)] = &answer.blocks[..] else {
        return None;
    };
    let mut response = response(
        facts,
        Usage {
            output: 0,
            ..answer.usage
        },
    );
    response["promptFeedback"] =
        json!({"blockReason": "PROHIBITED_CONTENT", "blockReasonMessage": text});
    Some(response)
}

/// The parts of each block. A signature stands on the first call; without calls, on the text after the thinking.
pub(super) fn parts(answer: &Answer, facts: &Facts) -> Vec<Vec<Value>> {
    let thought = answer
        .blocks
        .iter()
        .any(|block| matches!(block, Block::Thinking(_) | Block::Redacted));
    let calls = answer.finish == Finish::Calls;
    let mut signed = false;
    let mut parts: Vec<Vec<Value>> = Vec::new();
    for block in &answer.blocks {
        parts.push(match block {
            Block::Thinking(_) if facts.hide_thinking => Vec::new(),
            Block::Thinking(text) => vec![json!({"text": text, "thought": true})],
            Block::Redacted => Vec::new(),
            Block::Text(text) | Block::Refusal(text) => vec![json!({"text": text})],
            Block::Call(call) => {
                let Some(value) = function_call(call, facts) else {
                    continue;
                };
                let mut part = json!({"functionCall": value});
                if !signed && (thought || facts.signed) {
                    signed = true;
                    let subject = call_subject(&part["functionCall"]);
                    part["thoughtSignature"] =
                        json!(signature::issue(Dialect::Gemini, &subject, false));
                }
                vec![part]
            }
        });
    }
    if thought && !calls {
        // Google puts it behind everything, on a text of its own.
        let said = answer.blocks.iter().filter_map(|block| match block {
            Block::Text(text) | Block::Refusal(text) => Some(text.as_str()),
            _ => None,
        });
        let subject = text_subject(&said.collect::<String>(), "");
        let signature = signature::issue(Dialect::Gemini, &subject, false);
        parts.push(vec![json!({"text": "", "thoughtSignature": signature})]);
    }
    parts
}

/// A call; unfinished arguments are never shown, so an unfinished call is not there.
fn function_call(call: &Call, facts: &Facts) -> Option<Value> {
    let args: Value = match call.arguments.as_str() {
        "" => json!({}),
        text => serde_json::from_str(text).ok()?,
    };
    let mut value = json!({"name": call.name, "args": args});
    if facts.signed {
        value["id"] = json!(format!("scripted{:04}", call.number));
    }
    Some(value)
}

fn finish_reason(finish: &Finish) -> &'static str {
    match finish {
        // There is none for calls and none for stop sequences.
        Finish::End | Finish::Stop(_) | Finish::Calls => "STOP",
        Finish::Length => "MAX_TOKENS",
        Finish::Refusal | Finish::Filter => "SAFETY",
    }
}

/// Gemini's prompt includes the cached tokens; its candidates exclude the thoughts. Counts that are zero are left out.
fn usage(usage: Usage) -> Value {
    let prompt = usage.input + usage.cache_read + usage.cache_write;
    let mut counts = json!({
        "promptTokenCount": prompt,
        "totalTokenCount": prompt + usage.output,
        "promptTokensDetails": [{"modality": "TEXT", "tokenCount": prompt}],
    });
    for (key, count) in [
        ("candidatesTokenCount", usage.output - usage.reasoning),
        ("cachedContentTokenCount", usage.cache_read),
        ("thoughtsTokenCount", usage.reasoning),
    ] {
        if count > 0 {
            counts[key] = json!(count);
        }
    }
    counts
}
