//! Qwen Code in OpenAI's Chat dialect, as other agents of this dialect speak too.

use super::Heard;
use crate::harness::{Answer, Ending, Gateway, Speaks};
use serde_json::{Value, json};

pub(super) fn body(model: &str, history: &[Value]) -> Value {
    let place = json!({"city": {"type": "string"}, "days": {"type": "integer"}, "exact": {"type": "boolean"}});
    let tool = |name: &str| {
        json!({"type": "function", "function": {"name": name, "description": "Looks it up.",
               "parameters": {"type": "object", "properties": place, "additionalProperties": false, "$schema": "http://json-schema.org/draft-07/schema#"}}})
    };
    json!({
        "model": model,
        "messages": history,
        "tools": [tool("run_shell_command"), tool("read_file")],
        "max_tokens": 32_000,
        "reasoning_effort": "high",
        "stream": true,
        "stream_options": {"include_usage": true},
    })
}

pub(super) fn request(gateway: &Gateway, body: &Value) -> reqwest::RequestBuilder {
    gateway
        .post(Speaks::Chat, body.to_string())
        .header("user-agent", "QwenCode/0.24.4 (linux; x64)")
        .header("x-stainless-lang", "js")
        .header("x-stainless-retry-count", "0")
}

pub(super) fn words(text: &str, is_first: bool) -> Vec<Value> {
    let mut words = Vec::new();
    if is_first {
        words.push(json!({"role": "system", "content": "You are an agent for the command line."}));
    }
    words.push(json!({"role": "user", "content": [{"type": "text", "text": text}]}));
    words
}

pub(super) fn results(results: &[(&(Value, Value), String)], words: Option<&str>) -> Vec<Value> {
    let results = results
        .iter()
        .map(|((id, _), text)| json!({"role": "tool", "tool_call_id": id, "content": text}));
    let mut messages: Vec<Value> = results.collect();
    messages.extend(
        words
            .into_iter()
            .flat_map(|words| self::words(words, false)),
    );
    messages
}

/// What was thought comes back under both names.
pub(super) fn hear(answer: &Answer) -> Heard {
    assert_eq!(answer.status, 200, "{:?}", answer.body);
    assert_eq!(answer.ending(Speaks::Chat), Ending::Complete);
    let mut turn = answer.turn(Speaks::Chat);
    if let Some(thought) = turn.get("reasoning_content").cloned() {
        turn["reasoning"] = thought;
    }
    let calls = turn["tool_calls"].as_array().into_iter().flatten();
    Heard {
        calls: calls
            .map(|call| (call["id"].clone(), call["function"]["name"].clone()))
            .collect(),
        text: answer.folded(Speaks::Chat).text,
        turn: vec![turn],
        dropped: super::dropped(answer),
    }
}
