//! Reads the facts out of an accepted Responses request.

use crate::facts::Facts;
use crate::shape::Image;
use serde_json::Value;

pub(crate) fn facts(body: &Value, raw: &[u8]) -> Facts {
    let items = list(&body["input"]);
    let last_answer = items.iter().rposition(is_answer);
    let (before, recent) = items.split_at(last_answer.map_or(0, |index| index + 1));
    let turn = before.iter().rev().take_while(|item| is_answer(item));
    let reasoning = &body["reasoning"];
    let included = list(&body["include"]);
    let contents = recent
        .iter()
        .flat_map(|item| list(&item["content"]).iter().chain(list(&item["output"])));
    Facts {
        model: body["model"].as_str().unwrap_or_default().to_owned(),
        stream: body["stream"] == true,
        include_usage: true,
        tools: tools(body, &["function", "custom"]),
        custom: tools(body, &["custom"]),
        one_call_only: body["parallel_tool_calls"] == false,
        calls: items
            .iter()
            .filter(|item| {
                matches!(
                    item["type"].as_str(),
                    Some("function_call" | "custom_tool_call")
                )
            })
            .count(),
        results: recent
            .iter()
            .filter(|item| !item["output"].is_null())
            .map(|item| content(&item["output"]))
            .collect(),
        images: contents.filter_map(image).collect(),
        // Reasoning models reason unless told not to.
        thinking: reasoning["effort"] != "none",
        hide_thinking: reasoning["summary"].is_null() && reasoning["generate_summary"].is_null(),
        reasoning_replayed: turn.into_iter().any(|item| item["type"] == "reasoning"),
        encrypted: included
            .iter()
            .any(|value| value == "reasoning.encrypted_content"),
        stop: None,
        format: body["text"]["format"].clone(),
        settings: body.clone(),
        raw: String::from_utf8_lossy(raw).into_owned(),
        ..Facts::default()
    }
}

/// Whether the model said this.
fn is_answer(item: &Value) -> bool {
    item["role"] == "assistant"
        || matches!(
            item["type"].as_str(),
            Some("reasoning" | "function_call" | "custom_tool_call" | "item_reference")
        )
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn tools(body: &Value, kinds: &[&str]) -> Vec<String> {
    let choice = &body["tool_choice"];
    if choice == "none" {
        return Vec::new();
    }
    let named = choice["name"].as_str();
    let allowed = list(&choice["tools"]);
    list(&body["tools"])
        .iter()
        .filter(|tool| {
            tool["type"]
                .as_str()
                .is_some_and(|kind| kinds.contains(&kind))
        })
        .filter_map(|tool| tool["name"].as_str())
        .filter(|name| named.is_none_or(|named| named == *name))
        .filter(|name| allowed.is_empty() || allowed.iter().any(|tool| tool["name"] == *name))
        .map(str::to_owned)
        .collect()
}

fn content(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        parts => list(parts)
            .iter()
            .filter_map(|part| part["text"].as_str())
            .collect(),
    }
}

fn image(part: &Value) -> Option<Image> {
    part["image_url"].as_str().and_then(Image::from_url)
}
