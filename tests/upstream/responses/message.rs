//! Messages among the items, and the parts of what is said in them.

use super::item::id;
use crate::chat::{check_audio, missing, unknown, wrong_type};
use crate::fault::Fault;
use crate::shape::{Image, Object, is_data_url, present, text, unknown_key};
use serde_json::Value;

/// What users say.
const INPUT: &[&str] = &["input_text", "input_image", "input_file", "input_audio"];
/// What tools return.
pub(super) const RESULT: &[&str] = &["input_text", "input_image", "input_file"];
/// What the model says.
const OUTPUT: &[&str] = &["output_text", "refusal"];

pub(super) fn check(item: &Object, path: &str) -> Result<(), Fault> {
    let fields = ["type", "role", "content", "id", "status", "phase"];
    if let Some(key) = unknown_key(item, &fields) {
        return Err(unknown(format!("{path}.{key}")));
    }
    id(item, "msg", path)?;
    let role = text(item, "role").ok_or_else(|| missing(format!("{path}.role")))?;
    let allowed = match role {
        "assistant" => OUTPUT,
        "user" | "system" | "developer" => INPUT,
        role => {
            return Err(Fault::invalid(format!(
                "Invalid value: '{role}'. Supported values are: 'assistant', 'system', 'developer', and 'user'."
            ))
            .param(format!("{path}.role"))
            .code("invalid_value"));
        }
    };
    let path = format!("{path}.content");
    match present(item, "content") {
        Some(Value::String(_)) => Ok(()),
        Some(Value::Array(parts)) => self::parts(parts, allowed, &path),
        Some(_) => Err(wrong_type(path, "one of a string or array of objects")),
        None => Err(missing(path)),
    }
}

/// Checks parts, each of which must be of an `allowed` type.
pub(super) fn parts(parts: &[Value], allowed: &[&str], path: &str) -> Result<(), Fault> {
    let mut places = parts.iter().enumerate();
    places.try_for_each(|(index, value)| part(value, allowed, &format!("{path}[{index}]")))
}

fn part(value: &Value, allowed: &[&str], path: &str) -> Result<(), Fault> {
    let part = value
        .as_object()
        .ok_or_else(|| wrong_type(path, "an object"))?;
    let kind = text(part, "type").ok_or_else(|| missing(format!("{path}.type")))?;
    if !allowed.contains(&kind) {
        let message = format!(
            "Invalid value: '{kind}'. Supported values are: '{}'.",
            allowed.join("', '")
        );
        return Err(Fault::invalid(message).param(path).code("invalid_value"));
    }
    let fields: &[&str] = match kind {
        "input_text" => &["text", "prompt_cache_breakpoint"],
        "output_text" => &["text", "annotations", "logprobs"],
        "refusal" => &["refusal"],
        "input_audio" => &["input_audio"],
        "input_image" => &["image_url", "file_id", "detail", "prompt_cache_breakpoint"],
        _ => &[
            "file_id",
            "file_data",
            "file_url",
            "filename",
            "detail",
            "prompt_cache_breakpoint",
        ],
    };
    if let Some(key) = part
        .keys()
        .find(|key| *key != "type" && !fields.contains(&key.as_str()))
    {
        return Err(unknown(format!("{path}.{key}")));
    }
    match kind {
        "input_image" => image(part, path),
        "input_file" => file(part, path),
        "input_audio" => audio(part, path),
        "refusal" => text(part, "refusal")
            .map(|_| ())
            .ok_or_else(|| missing(format!("{path}.refusal"))),
        _ => text(part, "text")
            .map(|_| ())
            .ok_or_else(|| missing(format!("{path}.text"))),
    }
}

fn image(part: &Object, path: &str) -> Result<(), Fault> {
    let detail = present(part, "detail").map(|detail| detail.as_str().unwrap_or_default());
    if !matches!(detail, None | Some("auto" | "low" | "high" | "original")) {
        return Err(Fault::invalid(format!("Invalid value: '{path}.detail'."))
            .param(format!("{path}.detail"))
            .code("invalid_value"));
    }
    match present(part, "image_url") {
        None if text(part, "file_id").is_some() => Ok(()),
        None => Err(missing(format!("{path}.image_url"))),
        Some(Value::String(url)) if Image::from_url(url).is_some() => Ok(()),
        Some(Value::String(_)) => Err(Fault::invalid(format!(
            "Invalid '{path}.image_url'. Expected a valid URL or a base64-encoded data URL of a supported image."
        ))
        .param(format!("{path}.image_url"))
        .code("invalid_value")),
        // An object here is Chat's way.
        Some(_) => Err(wrong_type(format!("{path}.image_url"), "an image URL, which is a string")),
    }
}

fn file(part: &Object, path: &str) -> Result<(), Fault> {
    let sources = ["file_id", "file_data", "file_url"];
    let given = sources.iter().filter(|key| text(part, key).is_some());
    if given.count() != 1 {
        return Err(missing(format!("{path}.file_id")));
    }
    match text(part, "file_data") {
        Some(data) if !is_data_url(data) => Err(Fault::invalid(format!(
            "Invalid '{path}.file_data': expected a base64-encoded data URL."
        ))
        .param(format!("{path}.file_data"))
        .code("invalid_value")),
        _ => Ok(()),
    }
}

/// Sound stands in an object of its own, as with Chat.
fn audio(part: &Object, path: &str) -> Result<(), Fault> {
    let path = format!("{path}.input_audio");
    let audio = part.get("input_audio").and_then(Value::as_object);
    check_audio(audio.ok_or_else(|| missing(path.as_str()))?, &path)
}
