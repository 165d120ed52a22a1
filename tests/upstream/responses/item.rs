//! The items of a Responses request, one by one; what belongs to what is checked in `order.rs`.

use super::answer::{COMPACTION, reasoning_id};
use super::message;
use crate::chat::{check_name, missing, unknown, wrong_type};
use crate::fault::Fault;
use crate::shape::{Object, present, text};
use crate::signature;
use serde_json::Value;

/// Longest call id.
const CALL_ID: usize = 64;

/// Checks one item at `path`; `stored` tells whether the request may refer to what the vendor keeps.
pub(super) fn check(value: &Value, path: &str, stored: bool) -> Result<(), Fault> {
    let item = value
        .as_object()
        .ok_or_else(|| wrong_type(path, "an object"))?;
    let kind = match text(item, "type") {
        Some(kind) => kind,
        None if item.contains_key("role") => "message",
        None => return Err(missing(format!("{path}.type"))),
    };
    let (prefix, fields): (&str, &[&str]) = match kind {
        "message" => return message::check(item, path),
        "function_call" => (
            "fc",
            &[
                "call_id",
                "name",
                "arguments",
                "namespace",
                "async",
                "caller",
            ],
        ),
        "custom_tool_call" => ("ctc", &["call_id", "name", "input", "namespace", "caller"]),
        "function_call_output" | "custom_tool_call_output" => ("", &["call_id", "output"]),
        "reasoning" => ("rs", &["summary", "content", "encrypted_content"]),
        "compaction" => ("cmp", &["encrypted_content"]),
        "item_reference" => ("", &[]),
        // What the vendor's own tools left in a conversation is opaque to this server.
        kind if kind.ends_with("_call")
            || kind.ends_with("_call_output")
            || kind.starts_with("mcp_") =>
        {
            return Ok(());
        }
        kind => {
            return Err(Fault::invalid(format!("Invalid value: '{kind}'."))
                .param(path)
                .code("invalid_value"));
        }
    };
    let common = |key: &str| matches!(key, "type" | "id" | "status");
    if let Some(key) = item
        .keys()
        .find(|key| !common(key) && !fields.contains(&key.as_str()))
    {
        return Err(unknown(format!("{path}.{key}")));
    }
    id(item, prefix, path)?;
    match kind {
        "function_call" => call(item, "arguments", path),
        "custom_tool_call" => call(item, "input", path),
        "function_call_output" | "custom_tool_call_output" => output(item, path),
        "reasoning" => reasoning(item, path, stored),
        "compaction" => compaction(item, path),
        _ if stored => Ok(()),
        _ => Err(not_kept(text(item, "id").unwrap_or_default())),
    }
}

/// Checks the id, when there is one, and the status.
pub(super) fn id(item: &Object, prefix: &str, path: &str) -> Result<(), Fault> {
    match present(item, "id") {
        None => {}
        Some(Value::String(id)) if prefix.is_empty() || id.starts_with(&format!("{prefix}_")) => {}
        Some(Value::String(id)) => {
            return Err(Fault::invalid(format!(
                "Invalid '{path}.id': '{id}'. Expected an ID that begins with '{prefix}'."
            ))
            .param(format!("{path}.id"))
            .code("invalid_value"));
        }
        Some(_) => return Err(wrong_type(format!("{path}.id"), "a string")),
    }
    match present(item, "status").map(|status| status.as_str().unwrap_or_default()) {
        None | Some("in_progress" | "completed" | "incomplete") => Ok(()),
        Some(_) => Err(Fault::invalid(format!("Invalid value: '{path}.status'."))
            .param(format!("{path}.status"))
            .code("invalid_value")),
    }
}

fn call_id(item: &Object, path: &str) -> Result<(), Fault> {
    let path = format!("{path}.call_id");
    let id = text(item, "call_id").ok_or_else(|| missing(path.as_str()))?;
    let length = id.chars().count();
    match length {
        0 => Err(Fault::invalid(format!(
            "Invalid '{path}': empty string. Expected a string with minimum length 1, but got an empty string instead."
        ))
        .param(path)
        .code("empty_string")),
        1..=CALL_ID => Ok(()),
        _ => Err(Fault::invalid(format!(
            "Invalid '{path}': string too long. Expected a string with maximum length {CALL_ID}, but got a string with length {length} instead."
        ))
        .param(path)
        .code("string_above_max_length")),
    }
}

fn call(item: &Object, payload: &str, path: &str) -> Result<(), Fault> {
    call_id(item, path)?;
    let name = text(item, "name").ok_or_else(|| missing(format!("{path}.name")))?;
    check_name(name, &format!("{path}.name"))?;
    match item.get(payload) {
        Some(Value::String(_)) => Ok(()),
        Some(_) => Err(wrong_type(format!("{path}.{payload}"), "a string")),
        None => Err(missing(format!("{path}.{payload}"))),
    }
}

fn output(item: &Object, path: &str) -> Result<(), Fault> {
    call_id(item, path)?;
    let path = format!("{path}.output");
    match item.get("output") {
        Some(Value::String(_)) => Ok(()),
        Some(Value::Array(parts)) => message::parts(parts, message::INPUT, &path),
        Some(_) => Err(wrong_type(path, "one of a string or array of objects")),
        None => Err(missing(path)),
    }
}

fn reasoning(item: &Object, path: &str, stored: bool) -> Result<(), Fault> {
    let id = text(item, "id");
    let summary = item
        .get("summary")
        .ok_or_else(|| missing(format!("{path}.summary")))?
        .as_array()
        .ok_or_else(|| wrong_type(format!("{path}.summary"), "an array of objects"))?;
    let mut shown = String::new();
    for (index, part) in summary.iter().enumerate() {
        match part["text"].as_str() {
            Some(text) if part["type"] == "summary_text" => shown.push_str(text),
            _ => {
                return Err(wrong_type(
                    format!("{path}.summary[{index}]"),
                    "summary_text",
                ));
            }
        }
    }
    match present(item, "encrypted_content") {
        None if stored => Ok(()),
        None => Err(not_kept(id.unwrap_or_default())),
        Some(state) => verify(id, &reasoning_id(&shown), &shown, state),
    }
}

fn compaction(item: &Object, path: &str) -> Result<(), Fault> {
    let state = present(item, "encrypted_content")
        .ok_or_else(|| missing(format!("{path}.encrypted_content")))?;
    verify(text(item, "id"), COMPACTION, "", state)
}

/// The state of an item comes back as it was, with what was shown and under its own `id`, or under none: the vendor's
/// command-line client leaves the ids out.
fn verify(given: Option<&str>, id: &str, shown: &str, state: &Value) -> Result<(), Fault> {
    let issued = state
        .as_str()
        .is_some_and(|state| signature::is_issued(shown, state));
    if issued && given.is_none_or(|given| given == id) {
        return Ok(());
    }
    let id = given.unwrap_or(id);
    Err(Fault::invalid(format!(
        "The encrypted content for item {id} could not be verified. Reason: Encrypted content could not be decrypted or parsed."
    ))
    .code("invalid_encrypted_content"))
}

fn not_kept(id: &str) -> Fault {
    Fault::new(
        404,
        format!(
            "Item with id '{id}' not found. Items are not persisted when `store` is set to false. Try again with `store` set to true, or remove this item from your input."
        ),
    )
    .param("input")
}
