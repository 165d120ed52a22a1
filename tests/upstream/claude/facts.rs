//! Reads the facts out of an accepted Claude request.

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
    let blocks: Vec<&Value> = recent
        .iter()
        .flat_map(|message| list(&message["content"]))
        .collect();
    let results: Vec<&Value> = blocks
        .iter()
        .copied()
        .filter(|block| block["type"] == "tool_result")
        .collect();
    let images = blocks
        .iter()
        .copied()
        .chain(results.iter().flat_map(|result| list(&result["content"])));
    let thinking = &body["thinking"];
    Facts {
        model: body["model"].as_str().unwrap_or_default().to_owned(),
        stream: body["stream"] == true,
        list: false,
        signed: false,
        include_usage: true,
        tools: tools(body),
        one_call_only: body["tool_choice"]["disable_parallel_tool_use"] == true,
        calls: messages
            .iter()
            .flat_map(|message| list(&message["content"]))
            .filter(|block| block["type"] == "tool_use")
            .count(),
        results: results.iter().map(|result| content(result)).collect(),
        images: images.filter_map(image).collect(),
        thinking: thinking["type"] == "enabled" || thinking["type"] == "adaptive",
        hide_thinking: thinking["display"] == "omitted",
        reasoning_replayed: list(&assistant["content"])
            .iter()
            .any(|block| block["type"] == "thinking"),
        stop: body["stop_sequences"][0].as_str().map(str::to_owned),
        format: body["output_config"].clone(),
        raw: String::from_utf8_lossy(raw).into_owned(),
        ..Facts::default()
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn tools(body: &Value) -> Vec<String> {
    let choice = &body["tool_choice"];
    if choice["type"] == "none" {
        return Vec::new();
    }
    let named = choice["name"].as_str();
    list(&body["tools"])
        .iter()
        .filter(|tool| tool["input_schema"].is_object())
        .filter_map(|tool| tool["name"].as_str())
        .filter(|name| named.is_none_or(|named| named == *name))
        .map(str::to_owned)
        .collect()
}

fn content(result: &Value) -> String {
    let text: String = match &result["content"] {
        Value::String(text) => text.clone(),
        blocks => list(blocks)
            .iter()
            .filter_map(|block| block["text"].as_str())
            .collect(),
    };
    if result["is_error"] == true {
        format!("error: {text}")
    } else {
        text
    }
}

fn image(block: &Value) -> Option<Image> {
    let source = &block["source"];
    match source["type"].as_str() {
        Some("base64") if block["type"] == "image" => {
            Image::from_base64(source["media_type"].as_str()?, source["data"].as_str()?)
        }
        Some("url") if block["type"] == "image" => Image::from_url(source["url"].as_str()?),
        _ => None,
    }
}
