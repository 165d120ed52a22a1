//! Tool definitions and the choice among them.

use super::choice;
use crate::chat::{check_name, missing, unknown, wrong_type};
use crate::fault::Fault;
use crate::json_schema;
use crate::shape::{Object, present, text, unknown_key};
use crate::strict;
use serde_json::Value;

/// The vendor's own tools, whose settings are opaque to this server.
pub(super) const HOSTED: &[&str] = &[
    "web_search",
    "web_search_2025_08_26",
    "web_search_preview",
    "web_search_preview_2025_03_11",
    "file_search",
    "code_interpreter",
    "image_generation",
    "computer",
    "computer_use_preview",
    "mcp",
    "local_shell",
    "shell",
    "apply_patch",
    "tool_search",
    "programmatic_tool_calling",
];

const FUNCTION: &[&str] = &[
    "type",
    "name",
    "description",
    "parameters",
    "strict",
    "defer_loading",
    "output_schema",
    "allowed_callers",
    "async",
];

/// A tool that may be chosen; the vendor's own have their type, and servers their label, for a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Known<'a> {
    pub(super) kind: &'a str,
    pub(super) name: &'a str,
}

pub(super) fn check(body: &Object) -> Result<(), Fault> {
    let tools = match present(body, "tools") {
        None => &[][..],
        Some(Value::Array(tools)) => tools,
        Some(_) => return Err(wrong_type("tools", "an array of objects")),
    };
    let mut known: Vec<Known<'_>> = Vec::new();
    for (index, tool) in tools.iter().enumerate() {
        let tool = definition(tool, &format!("tools[{index}]"))?;
        if known.iter().any(|other| other.name == tool.name) {
            let message = format!("Duplicate tool name: {}", tool.name);
            return Err(Fault::invalid(message).param("tools"));
        }
        known.push(tool);
    }
    match present(body, "parallel_tool_calls") {
        None | Some(Value::Bool(_)) => {}
        Some(_) => return Err(wrong_type("parallel_tool_calls", "a boolean")),
    }
    choice::check(body, &known)
}

/// Checks one tool.
fn definition<'a>(tool: &'a Value, path: &str) -> Result<Known<'a>, Fault> {
    let tool = tool
        .as_object()
        .ok_or_else(|| wrong_type(path, "an object"))?;
    let kind = text(tool, "type").ok_or_else(|| missing(format!("{path}.type")))?;
    let fields: &[&str] = match kind {
        "function" => FUNCTION,
        "custom" => &["type", "name", "description", "format", "defer_loading"],
        "namespace" => &["type", "name", "description", "tools"],
        // There may be several servers.
        "mcp" => {
            let name = text(tool, "server_label");
            let name = name.ok_or_else(|| missing(format!("{path}.server_label")))?;
            return Ok(Known { kind, name });
        }
        kind if HOSTED.contains(&kind) => return Ok(Known { kind, name: kind }),
        kind => {
            return Err(Fault::invalid(format!("Invalid value: '{kind}'."))
                .param(format!("{path}.type"))
                .code("invalid_value"));
        }
    };
    // Chat's nested form has no name here.
    let name = text(tool, "name").ok_or_else(|| missing(format!("{path}.name")))?;
    if let Some(key) = unknown_key(tool, fields) {
        return Err(unknown(format!("{path}.{key}")));
    }
    check_name(name, &format!("{path}.name"))?;
    if present(tool, "description").is_some_and(|value| !value.is_string()) {
        return Err(wrong_type(format!("{path}.description"), "a string"));
    }
    match kind {
        "function" => function(tool, name, path)?,
        "custom" => custom(tool, path)?,
        _ => {
            let tools = tool.get("tools").and_then(Value::as_array);
            let tools = tools.ok_or_else(|| missing(format!("{path}.tools")))?;
            for (index, tool) in tools.iter().enumerate() {
                definition(tool, &format!("{path}.tools[{index}]"))?;
            }
        }
    }
    Ok(Known { kind, name })
}

fn function(tool: &Object, name: &str, path: &str) -> Result<(), Fault> {
    let fault = |why: &str| {
        Fault::invalid(format!("Invalid schema for function '{name}': {why}"))
            .param(format!("{path}.parameters"))
            .code("invalid_function_parameters")
    };
    let strict = match present(tool, "strict") {
        None => false,
        Some(Value::Bool(strict)) => *strict,
        Some(_) => return Err(wrong_type(format!("{path}.strict"), "a boolean")),
    };
    match present(tool, "parameters") {
        None if strict => Err(missing(format!("{path}.parameters"))),
        None => Ok(()),
        Some(parameters) if parameters["type"] != "object" => {
            let kind = parameters.get("type").and_then(Value::as_str);
            let kind = kind.unwrap_or("None");
            Err(fault(&format!(
                "schema must be a JSON Schema of 'type: \"object\"', got 'type: \"{kind}\"'."
            )))
        }
        Some(parameters) => {
            let checked = json_schema::check(parameters, "schema");
            let checked = checked.and_then(|()| match strict {
                true => strict::check(parameters),
                false => Ok(()),
            });
            checked.map_err(|why| fault(&why))
        }
    }
}

fn custom(tool: &Object, path: &str) -> Result<(), Fault> {
    let Some(format) = present(tool, "format") else {
        return Ok(());
    };
    let path = format!("{path}.format");
    let format = format
        .as_object()
        .ok_or_else(|| wrong_type(path.as_str(), "an object"))?;
    let fields: &[&str] = match text(format, "type") {
        Some("text") => &["type"],
        // Flat here; Chat has an object `grammar` inside.
        Some("grammar") => &["type", "definition", "syntax"],
        _ => return Err(missing(format!("{path}.type"))),
    };
    if let Some(key) = unknown_key(format, fields) {
        return Err(unknown(format!("{path}.{key}")));
    }
    match fields.iter().find(|key| text(format, key).is_none()) {
        Some(key) => Err(missing(format!("{path}.{key}"))),
        None => Ok(()),
    }
}
