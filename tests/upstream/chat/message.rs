//! The messages of a Chat request: each by itself, then calls against results.

use super::request::{missing, one_of, unknown, wrong_type};
use super::tool::check_name;
use crate::fault::Fault;
use crate::shape::{Image, Object, is_base64, is_data_url, present, text, unknown_key};
use serde_json::Value;

/// Fields of an assistant message, with the reasoning fields compatible servers take back.
const ASSISTANT: &[&str] = &[
    "role",
    "content",
    "name",
    "tool_calls",
    "refusal",
    "audio",
    "function_call",
    "annotations",
    "reasoning_content",
    "reasoning",
    "reasoning_details",
];

/// Longest call id.
const ID: usize = 40;

pub(super) fn check(messages: &[Value], model: &str) -> Result<(), Fault> {
    if messages.is_empty() {
        return Err(Fault::invalid("Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array instead.")
            .param("messages")
            .code("empty_array"));
    }
    let mut open: Vec<&str> = Vec::new();
    let mut after_calls = false;
    for (index, value) in messages.iter().enumerate() {
        let path = format!("messages[{index}]");
        let message = value
            .as_object()
            .ok_or_else(|| wrong_type(path.as_str(), "an object"))?;
        let role = text(message, "role").ok_or_else(|| missing(format!("{path}.role")))?;
        if role == "tool" {
            let id = result(message, &path, model)?;
            if !after_calls {
                let text = "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'.";
                return Err(Fault::invalid(text).param(format!("{path}.role")));
            }
            let Some(position) = open.iter().position(|call| *call == id) else {
                let text = format!(
                    "Invalid parameter: 'tool_call_id' of '{id}' not found in 'tool_calls' of previous message."
                );
                return Err(Fault::invalid(text).param(format!("{path}.tool_call_id")));
            };
            open.remove(position);
            continue;
        }
        all_answered(&open)?;
        open = match role {
            "assistant" => assistant(message, &path)?,
            _ => {
                other(message, role, &path)?;
                Vec::new()
            }
        };
        after_calls = !open.is_empty();
    }
    all_answered(&open)
}

fn all_answered(open: &[&str]) -> Result<(), Fault> {
    if open.is_empty() {
        return Ok(());
    }
    Err(Fault::invalid(format!(
        "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. The following tool_call_ids did not have response messages: {}",
        open.join(", ")
    ))
    .param("messages"))
}

fn result<'a>(message: &'a Object, path: &str, model: &str) -> Result<&'a str, Fault> {
    if let Some(key) = unknown_key(message, &["role", "content", "tool_call_id"]) {
        return Err(unknown(format!("{path}.{key}")));
    }
    let allowed: &[&str] = if model.contains("tool-images") {
        &["text", "image_url"]
    } else {
        &["text"]
    };
    content(message, path, allowed)?;
    text(message, "tool_call_id").ok_or_else(|| missing(format!("{path}.tool_call_id")))
}

fn other(message: &Object, role: &str, path: &str) -> Result<(), Fault> {
    if let Some(key) = unknown_key(message, &["role", "content", "name"]) {
        return Err(unknown(format!("{path}.{key}")));
    }
    match role {
        "system" | "developer" => content(message, path, &["text"]),
        "user" => content(message, path, &["text", "image_url", "input_audio", "file"]),
        "function" => text(message, "name").map(|_| ()).ok_or_else(|| missing(format!("{path}.name"))),
        role => Err(Fault::invalid(format!(
            "Invalid value: '{role}'. Supported values are: 'system', 'assistant', 'user', 'function', 'tool', and 'developer'."
        ))
        .param(format!("{path}.role"))
        .code("invalid_value")),
    }
}

/// Checks an assistant message and returns the ids of its calls.
fn assistant<'a>(message: &'a Object, path: &str) -> Result<Vec<&'a str>, Fault> {
    if let Some(key) = unknown_key(message, ASSISTANT) {
        return Err(unknown(format!("{path}.{key}")));
    }
    for key in ["reasoning_content", "reasoning", "refusal"] {
        if present(message, key).is_some_and(|value| !value.is_string()) {
            return Err(wrong_type(format!("{path}.{key}"), "a string"));
        }
    }
    let calls = match present(message, "tool_calls") {
        None => Vec::new(),
        Some(Value::Array(calls)) if calls.is_empty() => {
            return Err(Fault::invalid(format!("Invalid '{path}.tool_calls': empty array. Expected an array with minimum length 1, but got an empty array instead."))
                .param(format!("{path}.tool_calls"))
                .code("empty_array"));
        }
        Some(Value::Array(calls)) => calls
            .iter()
            .enumerate()
            .map(|(index, value)| call(value, &format!("{path}.tool_calls[{index}]")))
            .collect::<Result<_, _>>()?,
        Some(_) => {
            return Err(wrong_type(
                format!("{path}.tool_calls"),
                "an array of objects",
            ));
        }
    };
    for (index, id) in calls.iter().enumerate() {
        if calls[..index].contains(id) {
            return Err(Fault::invalid(format!(
                "Invalid '{path}.tool_calls': duplicate id '{id}'."
            ))
            .param(format!("{path}.tool_calls")));
        }
    }
    let excused = ["tool_calls", "function_call", "refusal", "audio"]
        .iter()
        .any(|key| present(message, key).is_some());
    if present(message, "content").is_some() || !excused {
        content(message, path, &["text", "refusal"])?;
    }
    Ok(calls)
}

fn call<'a>(value: &'a Value, path: &str) -> Result<&'a str, Fault> {
    let call = value
        .as_object()
        .ok_or_else(|| wrong_type(path, "an object"))?;
    let kind = match text(call, "type") {
        Some(kind @ ("function" | "custom")) => kind,
        _ => return Err(missing(format!("{path}.type"))),
    };
    if let Some(key) = unknown_key(call, &["id", "type", kind, "extra_content"]) {
        return Err(unknown(format!("{path}.{key}")));
    }
    let id = text(call, "id")
        .filter(|id| !id.is_empty())
        .ok_or_else(|| missing(format!("{path}.id")))?;
    if id.chars().count() > ID {
        let message = format!(
            "Invalid '{path}.id': string too long. Expected a string with maximum length {ID}, but got a string with length {} instead.",
            id.chars().count()
        );
        return Err(Fault::invalid(message)
            .param(format!("{path}.id"))
            .code("string_above_max_length"));
    }
    let path = format!("{path}.{kind}");
    let function = call
        .get(kind)
        .and_then(Value::as_object)
        .ok_or_else(|| missing(path.as_str()))?;
    let payload = if kind == "function" {
        "arguments"
    } else {
        "input"
    };
    if let Some(key) = unknown_key(function, &["name", payload]) {
        return Err(unknown(format!("{path}.{key}")));
    }
    check_name(
        text(function, "name").ok_or_else(|| missing(format!("{path}.name")))?,
        &format!("{path}.name"),
    )?;
    match function.get(payload) {
        Some(Value::String(_)) => Ok(id),
        Some(_) => Err(wrong_type(format!("{path}.{payload}"), "a string")),
        None => Err(missing(format!("{path}.{payload}"))),
    }
}

fn content(message: &Object, path: &str, allowed: &[&str]) -> Result<(), Fault> {
    let path = format!("{path}.content");
    match present(message, "content") {
        Some(Value::String(_)) => Ok(()),
        Some(Value::Array(parts)) if parts.is_empty() => {
            Err(Fault::invalid(format!("Invalid '{path}': empty array. Expected an array with minimum length 1, but got an empty array instead."))
                .param(path)
                .code("empty_array"))
        }
        Some(Value::Array(parts)) => {
            parts.iter().enumerate().try_for_each(|(index, value)| part(value, &format!("{path}[{index}]"), allowed))
        }
        Some(_) => Err(wrong_type(path, "one of a string or array of objects")),
        None => Err(Fault::invalid(format!("Invalid value for '{path}': expected a string, got null.")).param(path)),
    }
}

fn part(value: &Value, path: &str, allowed: &[&str]) -> Result<(), Fault> {
    let part = value
        .as_object()
        .ok_or_else(|| wrong_type(path, "an object"))?;
    let kind = text(part, "type").ok_or_else(|| missing(format!("{path}.type")))?;
    if !allowed.contains(&kind) {
        let message = format!(
            "Invalid value: '{kind}'. Supported values are: '{}'.",
            allowed.join("', '")
        );
        return Err(Fault::invalid(message)
            .param(format!("{path}.type"))
            .code("invalid_value"));
    }
    if let Some(key) = unknown_key(part, &["type", kind, "prompt_cache_breakpoint"]) {
        return Err(unknown(format!("{path}.{key}")));
    }
    let inner = |fields: &[&str]| {
        let inner = part
            .get(kind)
            .and_then(Value::as_object)
            .ok_or_else(|| missing(format!("{path}.{kind}")))?;
        match unknown_key(inner, fields) {
            Some(key) => Err(unknown(format!("{path}.{kind}.{key}"))),
            None => Ok(inner),
        }
    };
    match kind {
        "text" | "refusal" => text(part, kind)
            .map(|_| ())
            .ok_or_else(|| wrong_type(format!("{path}.{kind}"), "a string")),
        "image_url" => {
            let image = inner(&["url", "detail"])?;
            one_of(image, "detail", &["auto", "low", "high", "original"])?;
            let url = text(image, "url").ok_or_else(|| missing(format!("{path}.image_url.url")))?;
            Image::from_url(url).map(|_| ()).ok_or_else(|| {
                Fault::invalid("Invalid image data: expected a web address or a base64 data URL of a png, jpeg, gif or webp image.")
                    .param(format!("{path}.image_url.url"))
                    .code("invalid_image_url")
            })
        }
        "input_audio" => check_audio(inner(&["data", "format"])?, &format!("{path}.input_audio")),
        _ => file(
            inner(&["file_id", "file_data", "filename"])?,
            &format!("{path}.file"),
        ),
    }
}

/// Sound, in one of two formats.
pub(crate) fn check_audio(audio: &Object, path: &str) -> Result<(), Fault> {
    if let Some(key) = unknown_key(audio, &["data", "format"]) {
        return Err(unknown(format!("{path}.{key}")));
    }
    if !matches!(text(audio, "format"), Some("wav" | "mp3")) {
        return Err(Fault::invalid(format!(
            "Invalid value: '{path}.format'. Supported values are: 'wav' and 'mp3'."
        ))
        .param(format!("{path}.format"))
        .code("invalid_value"));
    }
    let data = text(audio, "data").ok_or_else(|| missing(format!("{path}.data")))?;
    if is_base64(data) {
        return Ok(());
    }
    Err(Fault::invalid(format!(
        "Invalid '{path}.data': expected base64-encoded data."
    ))
    .param(format!("{path}.data"))
    .code("invalid_value"))
}

/// A file that was uploaded, or one that is in the request.
fn file(file: &Object, path: &str) -> Result<(), Fault> {
    match (text(file, "file_id"), text(file, "file_data")) {
        (Some(_), None) => Ok(()),
        (None, Some(data)) if is_data_url(data) => Ok(()),
        (None, Some(_)) => Err(Fault::invalid(format!(
            "Invalid '{path}.file_data': expected a base64-encoded data URL."
        ))
        .param(format!("{path}.file_data"))
        .code("invalid_value")),
        _ => Err(missing(format!("{path}.file_id"))),
    }
}
