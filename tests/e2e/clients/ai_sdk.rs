//! The AI SDK with its model of OpenAI's Responses, as it is by default: it takes it that answers are stored.

use super::Heard;
use crate::harness::{Answer, Gateway};
use crate::responses::Said;
use serde_json::{Value, json};

pub(super) fn body(model: &str, history: &[Value]) -> Value {
    let place = json!({"city": {"type": "string"}, "days": {"type": "integer"}, "exact": {"type": "boolean"}});
    let tool = |name: &str| {
        json!({"type": "function", "name": name, "description": "Looks it up.",
               "parameters": {"$schema": "http://json-schema.org/draft-07/schema#", "type": "object", "properties": place, "additionalProperties": false}})
    };
    json!({
        "model": model,
        "input": history,
        "tools": [tool("forecast"), tool("history")],
        "tool_choice": "auto",
        "reasoning": {"effort": "high", "summary": "auto"},
        "stream": true,
    })
}

pub(super) fn request(gateway: &Gateway, body: &Value) -> reqwest::RequestBuilder {
    gateway
        .request("POST", "/v1/responses")
        .header("content-type", "application/json")
        .header("user-agent", "ai-sdk/openai/4.0.118 runtime/node.js/22")
        .body(body.to_string())
}

pub(super) fn words(text: &str) -> Value {
    json!({"role": "user", "content": [{"type": "input_text", "text": text}]})
}

/// Calls come back as they are, without their ids; of all else only the ids.
pub(super) fn hear(answer: &Answer) -> Heard {
    if answer.status == 200 {
        crate::responses::events(answer);
    }
    let said = Said::read(answer);
    let output = said.response["output"].as_array().unwrap();
    let (mut turn, mut calls) = (Vec::new(), Vec::new());
    for item in output {
        if item["type"] == "function_call" {
            calls.push((item["call_id"].clone(), item["name"].clone()));
            turn.push(json!({"type": "function_call", "call_id": item["call_id"], "name": item["name"], "arguments": item["arguments"]}));
        } else {
            turn.push(json!({"type": "item_reference", "id": item["id"]}));
        }
    }
    Heard {
        turn,
        text: said.text,
        calls,
        dropped: super::dropped(answer),
    }
}
