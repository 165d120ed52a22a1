//! Claude Code, as version 2.1 speaks when it does not know the name of its model.

use super::Heard;
use crate::harness::{Answer, Ending, Gateway, KEY, Speaks};
use serde_json::{Value, json};

const BETAS: &str = "claude-code-20250219,interleaved-thinking-2025-05-14,context-management-2025-06-27,\
                     thinking-token-count-2026-05-13,advanced-tool-use-2025-11-20,\
                     mid-conversation-tool-changes-2026-07-01,effort-2025-11-24,thinking-display-updates-2026-08-18";
const SESSION: &str = "0b2c7a0e-58a8-4b4e-9f3a-3c1f9e7d5a11";

pub(super) fn body(model: &str, history: &[Value]) -> Value {
    let marked =
        |text: &str| json!({"type": "text", "text": text, "cache_control": {"type": "ephemeral"}});
    let user = json!({"device_id": "1262bedc9fe85203a131d9197e3938eb6f4580c9c7963e3fc906f99193f5d023", "account_uuid": "", "session_id": SESSION});
    let mut messages = history.to_vec();
    // The last message is marked, so that the next request finds its beginning in the cache.
    if let Some(block) = messages
        .last_mut()
        .and_then(|last| last["content"].as_array_mut()?.last_mut())
    {
        block["cache_control"] = json!({"type": "ephemeral"});
    }
    json!({
        "model": model,
        "messages": messages,
        "system": [
            {"type": "text", "text": "x-anthropic-billing-header: cc_version=2.1.330; cc_entrypoint=cli;"},
            {"type": "text", "text": "You are an agent for the command line."},
            marked("# Environment\nWorking directory: /home/ada"),
        ],
        "tools": tools(),
        "metadata": {"user_id": user.to_string()},
        "max_tokens": 32_000,
        "thinking": {"type": "adaptive", "display": "updates"},
        "output_config": {"effort": "high"},
        "context_management": {"edits": [{"type": "clear_thinking_20251015", "keep": "all"}]},
        "stream": true,
    })
}

fn tools() -> Value {
    let tool = |name: &str, properties: Value| {
        json!({
            "name": name,
            "description": "Looks it up.",
            "input_schema": {
                "$schema": "https://json-schema.org/draft/2020-12/schema",
                "type": "object",
                "properties": properties,
                "additionalProperties": false,
            },
            "eager_input_streaming": true,
        })
    };
    let place = json!({"city": {"type": "string"}, "days": {"type": "integer", "exclusiveMinimum": 0}, "exact": {"type": "boolean"}});
    json!([
        tool("Bash", place.clone()),
        tool("mcp__weather__history", place)
    ])
}

pub(super) fn request(gateway: &Gateway, body: &Value) -> reqwest::RequestBuilder {
    post(gateway, "/v1/messages?beta=true", body)
}

/// A request of this client to any path.
pub(super) fn post(gateway: &Gateway, path: &str, body: &Value) -> reqwest::RequestBuilder {
    gateway
        .keyless("POST", path)
        .header("x-api-key", KEY)
        .header("anthropic-version", "2023-06-01")
        .header("anthropic-beta", BETAS)
        .header("anthropic-dangerous-direct-browser-access", "true")
        .header("content-type", "application/json")
        .header("user-agent", "claude-cli/2.1.330 (external, cli)")
        .header("x-app", "cli")
        .header("x-claude-code-session-id", SESSION)
        .header("x-stainless-lang", "js")
        .header("x-stainless-retry-count", "0")
        .body(body.to_string())
}

/// With its first words it sends a message of its own in between, of role `system`.
pub(super) fn words(text: &str, is_first: bool) -> Vec<Value> {
    let mut words = vec![json!({"role": "user", "content": [{"type": "text", "text": text}]})];
    if is_first {
        words.push(json!({"role": "system", "content": [{"type": "text", "text": "Tools may be added later."}]}));
    }
    words
}

/// What was interrupted is an error, and what was said meanwhile stands behind it.
pub(super) fn results(results: &[(&(Value, Value), String)], words: Option<&str>) -> Value {
    let results = results.iter().map(|((id, _), text)| {
        let text = json!([{"type": "text", "text": text}]);
        json!({"type": "tool_result", "tool_use_id": id, "content": text, "is_error": words.is_some()})
    });
    let mut blocks: Vec<Value> = results.collect();
    blocks.extend(words.map(|words| json!({"type": "text", "text": words})));
    json!({"role": "user", "content": blocks})
}

pub(super) fn hear(answer: &Answer) -> Heard {
    assert_eq!(answer.status, 200, "{:?}", answer.body);
    assert_eq!(answer.ending(Speaks::Claude), Ending::Complete);
    let turn = answer.turn(Speaks::Claude);
    let blocks = turn["content"].as_array().unwrap();
    // It prints the last block, if that is text.
    let last = blocks.last().map(|block| block["type"].as_str().unwrap());
    assert!(matches!(last, Some("text" | "tool_use")), "{turn}");
    let blocks = blocks.iter();
    Heard {
        calls: blocks
            .filter(|block| block["type"] == "tool_use")
            .map(|block| (block["id"].clone(), block["name"].clone()))
            .collect(),
        text: answer.folded(Speaks::Claude).text,
        turn: vec![turn],
        dropped: super::dropped(answer),
    }
}
