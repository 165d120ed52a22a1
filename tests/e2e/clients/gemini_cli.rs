//! Gemini CLI, asking a model that thinks by budget.

use super::Heard;
use crate::gemini::{Form, Said};
use crate::harness::{Answer, Gateway, KEY};
use serde_json::{Value, json};

pub(super) fn body(history: &[Value]) -> Value {
    let place = json!({"city": {"type": "string"}, "days": {"type": "integer"}, "exact": {"type": "boolean"}});
    let tool = |name: &str| {
        json!({"name": name, "description": "Looks it up.",
               "parametersJsonSchema": {"type": "object", "properties": place, "additionalProperties": false}})
    };
    json!({
        "contents": signed(history),
        "systemInstruction": {"role": "user", "parts": [{"text": "You are an agent for the command line."}]},
        "tools": [{"functionDeclarations": [tool("run_shell_command"), tool("read_file")]}],
        "generationConfig": {
            "temperature": 1,
            "topP": 0.95,
            "topK": 64,
            "thinkingConfig": {"includeThoughts": true, "thinkingBudget": 8192},
        },
    })
}

/// The first call of a turn since the last words of its user is always signed, if by nobody.
fn signed(history: &[Value]) -> Vec<Value> {
    let mut history = history.to_vec();
    let says =
        |content: &Value| content["role"] == "user" && content["parts"][0]["text"].is_string();
    let asked = history.iter().rposition(says).unwrap_or_default();
    for content in &mut history[asked..] {
        let mut parts = content["parts"].as_array_mut().unwrap().iter_mut();
        if let Some(call) = parts.find(|part| part.get("functionCall").is_some())
            && call.get("thoughtSignature").is_none()
        {
            call["thoughtSignature"] = json!("skip_thought_signature_validator");
        }
    }
    history
}

pub(super) fn request(gateway: &Gateway, model: &str, body: &Value) -> reqwest::RequestBuilder {
    let model = model.replace('@', "%40");
    post(
        gateway,
        &format!("/v1beta/models/{model}:streamGenerateContent?alt=sse"),
        body,
    )
}

/// A request of this client to any path.
pub(super) fn post(gateway: &Gateway, path: &str, body: &Value) -> reqwest::RequestBuilder {
    gateway
        .keyless("POST", path)
        .header("x-goog-api-key", KEY)
        .header(
            "x-goog-api-client",
            "google-genai-sdk/1.30.0 gl-node/v22.0.0",
        )
        .header("content-type", "application/json")
        .header("user-agent", "GeminiCLI/0.61.0 (linux; x64)")
        .body(body.to_string())
}

pub(super) fn words(text: &str) -> Value {
    json!({"role": "user", "parts": [{"text": text}]})
}

pub(super) fn results(results: &[(&(Value, Value), String)], words: Option<&str>) -> Vec<Value> {
    let results = results.iter().map(|((id, name), text)| {
        let mut response = json!({"name": name, "response": {"output": text}});
        if !id.is_null() {
            response["id"] = id.clone();
        }
        json!({"functionResponse": response})
    });
    let mut parts: Vec<Value> = results.collect();
    parts.extend(words.map(|words| json!({"text": words})));
    vec![json!({"role": "user", "parts": parts})]
}

pub(super) fn hear(answer: &Answer) -> Heard {
    let said = Said::read(Form::Events, answer);
    let parts = kept(&said.parts);
    let calls = parts.iter().map(|part| &part["functionCall"]);
    Heard {
        calls: calls
            .filter(|call| call.is_object())
            .map(|call| (call["id"].clone(), call["name"].clone()))
            .collect(),
        text: said.text,
        turn: vec![json!({"role": "model", "parts": parts})],
        dropped: super::dropped(answer),
    }
}

/// What the client keeps of an answer: no thoughts, texts in a row as the first of them, ids with the name before them.
fn kept(parts: &[Value]) -> Vec<Value> {
    let mut kept: Vec<Value> = Vec::new();
    for part in parts.iter().filter(|part| part["thought"] != true) {
        let mut part = part.clone();
        let call = &mut part["functionCall"];
        if call["id"].is_string() {
            let [name, id] = ["name", "id"].map(|key| call[key].as_str().unwrap());
            call["id"] = json!(format!("{name}__{id}"));
        } else if call.is_null() {
            part.as_object_mut().unwrap().remove("functionCall");
        }
        match (
            kept.last_mut().and_then(|last| last.get_mut("text")),
            part["text"].as_str(),
        ) {
            (Some(Value::String(said)), Some(more)) if !said.is_empty() => said.push_str(more),
            _ => kept.push(part),
        }
    }
    kept
}
