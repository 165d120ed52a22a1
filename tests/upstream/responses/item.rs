//! The items of a Responses request, one by one; what belongs to what is checked in `order.rs`.

use super::answer::COMPACTION;
use super::issued::{self, reasoning_id};
use super::message;
use crate::chat::{check_name, missing, unknown, wrong_type};
use crate::dialect::Dialect;
use crate::fault::Fault;
use crate::shape::{Object, present, text};
use crate::signature;
use serde_json::Value;

/// Longest call id.
const CALL_ID: usize = 64;

/// What the vendor's own tools left in a conversation, and what steers it: opaque to this server.
const HOSTED: &[&str] = &[
    "web_search_call",
    "file_search_call",
    "computer_call",
    "computer_call_output",
    "code_interpreter_call",
    "image_generation_call",
    "local_shell_call",
    "local_shell_call_output",
    "shell_call",
    "shell_call_output",
    "apply_patch_call",
    "apply_patch_call_output",
    "mcp_list_tools",
    "mcp_call",
    "mcp_approval_request",
    "mcp_approval_response",
    "tool_search_call",
    "tool_search_output",
    "tool_search_call_output",
    "program",
    "program_output",
    "compaction_trigger",
    "additional_tools",
    "configuration_update",
];

/// Checks one item at `path`.
pub(super) fn check(value: &Value, path: &str) -> Result<(), Fault> {
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
        kind if HOSTED.contains(&kind) => return Ok(()),
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
        "reasoning" => reasoning(item, path),
        "compaction" => compaction(item, path),
        _ => kept(item, path),
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
        Some(Value::Array(parts)) => message::parts(parts, message::RESULT, &path),
        Some(_) => Err(wrong_type(path, "one of a string or array of objects")),
        None => Err(missing(path)),
    }
}

fn reasoning(item: &Object, path: &str) -> Result<(), Fault> {
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
        None => kept(item, path),
        Some(state) => {
            let ids = [true, false].map(|kept| reasoning_id(&shown, kept));
            verify(item, &ids, &shown, state)
        }
    }
}

fn compaction(item: &Object, path: &str) -> Result<(), Fault> {
    let state = present(item, "encrypted_content")
        .ok_or_else(|| missing(format!("{path}.encrypted_content")))?;
    verify(item, &[COMPACTION.to_owned()], "", state)
}

/// The state of an item comes back as it was, with what was shown and under its own id, one of `ids`, or under none: the
/// vendor's command-line client leaves the ids out.
fn verify(item: &Object, ids: &[String], shown: &str, state: &Value) -> Result<(), Fault> {
    let given = text(item, "id");
    let issued = state
        .as_str()
        .is_some_and(|state| signature::is_issued(Dialect::Responses, shown, state));
    if issued && given.is_none_or(|given| ids.iter().any(|id| id == given)) {
        return Ok(());
    }
    let id = given.unwrap_or(&ids[0]);
    Err(Fault::invalid(format!(
        "The encrypted content for item {id} could not be verified. Reason: Encrypted content could not be decrypted or parsed."
    ))
    .code("invalid_encrypted_content"))
}

/// What is only named must have been made here, and kept.
fn kept(item: &Object, path: &str) -> Result<(), Fault> {
    let id = text(item, "id").ok_or_else(|| missing(format!("{path}.id")))?;
    let message = match issued::read(id) {
        Some(issued) if issued.kept => return Ok(()),
        Some(_) => format!(
            "Item with id '{id}' not found. Items are not persisted when `store` is set to false. Try again with `store` set to true, or remove this item from your input."
        ),
        None => format!("Item with id '{id}' not found."),
    };
    Err(Fault::new(404, message).param("input"))
}
