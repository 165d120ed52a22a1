//! Kimi: Claude's dialect, and Chat Completions in which thinking is asked for in other words; both by a known device.

use super::Asked;
use crate::dialect::Dialect;
use crate::fault::Fault;
use crate::script::Script;
use crate::server::{check_claude, generate, or_refuse, parse};
use serde_json::{Value, json};

pub(super) fn answer(asked: &Asked<'_>) -> Script {
    match asked.path {
        "v1/messages" => {
            let facts = known(asked).and_then(|()| check_claude(&asked.parts.headers, asked.body));
            generate(asked.records, Dialect::Claude, facts)
        }
        _ => or_refuse(Dialect::Chat, chat(asked)),
    }
}

fn known(asked: &Asked<'_>) -> Result<(), Fault> {
    asked.admit("token-kimi")?;
    if asked.header("x-msh-device-id") != Some("device-1") {
        return Err(Fault::new(403, "This device is not known."));
    }
    asked.says(&[
        "x-msh-platform",
        "x-msh-version",
        "x-msh-device-name",
        "x-msh-device-model",
    ])
}

fn chat(asked: &Asked<'_>) -> Result<Script, Fault> {
    asked.at("v1/chat/completions")?;
    known(asked)?;
    let mut body = parse(asked.body)?;
    let effort = effort(&body)?;
    if let Some(effort) = &effort {
        body["reasoning_effort"] = json!(effort);
    }
    let messages = body["messages"].as_array().cloned().unwrap_or_default();
    for message in messages
        .iter()
        .filter(|message| message["role"] == "assistant")
    {
        let calls = message["tool_calls"].is_array();
        if !calls && message["content"].as_str().is_none_or(str::is_empty) {
            return Err(Fault::invalid("messages: an assistant message is empty"));
        }
        let thinks = effort.as_deref() != Some("none");
        if calls && thinks && !message["reasoning_content"].is_string() {
            let message = "thinking is enabled but reasoning_content is missing in assistant tool call message";
            return Err(Fault::invalid(message));
        }
    }
    let fields = body.as_object_mut();
    fields.and_then(|fields| fields.remove("thinking"));
    asked.chat(&body)
}

/// How much to think, in OpenAI's word for it.
fn effort(body: &Value) -> Result<Option<String>, Fault> {
    if body.get("reasoning_effort").is_some() {
        return Err(Fault::invalid("reasoning_effort: unknown field"));
    }
    let thinking = &body["thinking"];
    let wrong = || Fault::invalid("thinking: not understood");
    match thinking["type"].as_str() {
        None if thinking.is_null() => Ok(None),
        Some("disabled") => Ok(Some("none".to_owned())),
        Some("enabled") => match thinking["effort"].as_str() {
            Some("low" | "high") => Ok(thinking["effort"].as_str().map(str::to_owned)),
            Some("max") => Ok(Some("high".to_owned())),
            _ => Err(wrong()),
        },
        _ => Err(wrong()),
    }
}
