//! The choice among the tools.

use super::tool::{HOSTED, Known};
use crate::chat::{missing, one_of, unknown, wrong_type};
use crate::fault::Fault;
use crate::shape::{Object, present, text, unknown_key};
use serde_json::Value;

pub(super) fn check(body: &Object, known: &[Known<'_>]) -> Result<(), Fault> {
    match present(body, "tool_choice") {
        None => Ok(()),
        Some(Value::String(word)) if word == "none" || word == "auto" => Ok(()),
        Some(Value::String(word)) if word == "required" && !known.is_empty() => Ok(()),
        Some(Value::String(word)) if word == "required" => Err(invalid(
            "Tool choice 'required' must be specified with 'tools' parameter.",
        )),
        Some(Value::Object(choice)) if text(choice, "type") == Some("allowed_tools") => {
            allowed(choice, known)
        }
        Some(Value::Object(choice)) => named(choice, "tool_choice", known),
        Some(value) => Err(invalid(format!("Invalid value: {value}."))),
    }
}

/// Some of the tools, each named as a choice of its own would name it. Flat here; with Chat it stands in an object.
fn allowed(choice: &Object, known: &[Known<'_>]) -> Result<(), Fault> {
    if let Some(key) = unknown_key(choice, &["type", "mode", "tools"]) {
        return Err(unknown(format!("tool_choice.{key}")));
    }
    present(choice, "mode").ok_or_else(|| missing("tool_choice.mode"))?;
    one_of(choice, "mode", &["auto", "required"])?;
    let tools = present(choice, "tools").ok_or_else(|| missing("tool_choice.tools"))?;
    let tools = tools
        .as_array()
        .ok_or_else(|| wrong_type("tool_choice.tools", "an array of objects"))?;
    if tools.is_empty() {
        return Err(invalid("Invalid 'tool_choice.tools': empty array."));
    }
    for (index, tool) in tools.iter().enumerate() {
        let path = format!("tool_choice.tools[{index}]");
        let tool = tool
            .as_object()
            .ok_or_else(|| wrong_type(path.as_str(), "an object"))?;
        named(tool, &path, known)?;
    }
    Ok(())
}

/// One tool, by its kind and, unless it is the vendor's own, its name.
fn named(choice: &Object, path: &str, known: &[Known<'_>]) -> Result<(), Fault> {
    let kind = text(choice, "type").unwrap_or_default();
    let (key, fields): (&str, &[&str]) = match kind {
        "function" | "custom" => ("name", &["type", "name"]),
        "mcp" => ("server_label", &["type", "server_label", "name"]),
        kind if HOSTED.contains(&kind) => ("type", &["type"]),
        kind => return Err(not_found(kind)),
    };
    let name = text(choice, key).ok_or_else(|| missing(format!("{path}.{key}")))?;
    if let Some(key) = unknown_key(choice, fields) {
        return Err(unknown(format!("{path}.{key}")));
    }
    if known.contains(&Known { kind, name }) {
        return Ok(());
    }
    Err(not_found(name))
}

fn not_found(name: &str) -> Fault {
    invalid(format!(
        "Tool choice '{name}' not found in 'tools' parameter."
    ))
}

fn invalid(message: impl Into<String>) -> Fault {
    Fault::invalid(message)
        .param("tool_choice")
        .code("invalid_value")
}
