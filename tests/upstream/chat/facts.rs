//! Reads the facts out of an accepted Chat request.

use crate::facts::Facts;
use crate::shape::Image;
use serde_json::Value;

pub(crate) fn facts(body: &Value, raw: &[u8]) -> Facts {
    let messages = list(&body["messages"]);
    let last_assistant = messages
        .iter()
        .rposition(|message| message["role"] == "assistant");
    let recent = &messages[last_assistant.map_or(0, |index| index + 1)..];
    let assistant = last_assistant.map_or(&Value::Null, |index| &messages[index]);
    let effort = body["reasoning_effort"].as_str();
    let stop = body["stop"].as_str().or_else(|| body["stop"][0].as_str());
    Facts {
        model: body["model"].as_str().unwrap_or_default().to_owned(),
        stream: body["stream"] == true,
        list: false,
        signed: false,
        // Servers that stream although they were not asked to send the usage of a plain answer all the same.
        include_usage: body["stream_options"]["include_usage"] == true || body["stream"] != true,
        tools: tools(body),
        one_call_only: body["parallel_tool_calls"] == false,
        calls: messages
            .iter()
            .map(|message| list(&message["tool_calls"]).len())
            .sum(),
        results: recent
            .iter()
            .filter(|message| message["role"] == "tool")
            .map(|message| content(&message["content"]))
            .collect(),
        images: recent
            .iter()
            .flat_map(|message| list(&message["content"]))
            .filter_map(image)
            .collect(),
        // Reasoning models reason unless told not to.
        thinking: effort != Some("none"),
        hide_thinking: false,
        reasoning_replayed: assistant["reasoning_content"].is_string()
            || assistant["reasoning"].is_string(),
        stop: stop.map(str::to_owned),
        format: body["response_format"].clone(),
        raw: String::from_utf8_lossy(raw).into_owned(),
        ..Facts::default()
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn tools(body: &Value) -> Vec<String> {
    let choice = &body["tool_choice"];
    if choice == "none" {
        return Vec::new();
    }
    let named = choice["function"]["name"].as_str();
    let allowed = list(&choice["allowed_tools"]["tools"]);
    list(&body["tools"])
        .iter()
        .filter_map(|tool| tool["function"]["name"].as_str())
        .filter(|name| named.is_none_or(|named| named == *name))
        .filter(|name| {
            allowed.is_empty() || allowed.iter().any(|tool| tool["function"]["name"] == *name)
        })
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
    part["image_url"]["url"].as_str().and_then(Image::from_url)
}
