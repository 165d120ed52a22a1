//! Tool definitions and the choice among them.

use super::enforced;
use super::request::extra;
use crate::fault::Fault;
use crate::json_schema;
use crate::shape::{Object, is_name, present, text, unknown_key};
use serde_json::Value;

/// Longest tool name.
pub(super) const NAME: usize = 128;

const FIELDS: &[&str] = &[
    "name",
    "description",
    "input_schema",
    "type",
    "strict",
    "cache_control",
    "defer_loading",
    "eager_input_streaming",
    "input_examples",
    "allowed_callers",
];

pub(super) fn check(body: &Object) -> Result<(), Fault> {
    let tools = match present(body, "tools") {
        None => &[][..],
        Some(Value::Array(tools)) => tools,
        Some(_) => return Err(Fault::invalid("tools: Input should be a valid list")),
    };
    let mut names = Vec::new();
    for (index, tool) in tools.iter().enumerate() {
        let name = definition(tool, &format!("tools.{index}"))?;
        if names.contains(&name) {
            return Err(Fault::invalid("tools: Tool names must be unique."));
        }
        names.push(name);
    }
    choice(body, &names)
}

fn definition<'a>(tool: &'a Value, path: &str) -> Result<&'a str, Fault> {
    let tool = tool
        .as_object()
        .ok_or_else(|| Fault::invalid(format!("{path}: Input should be a valid dictionary")))?;
    let name = text(tool, "name");
    let server = text(tool, "type").filter(|kind| *kind != "custom");
    if let Some(kind) = server {
        return match name {
            Some(name) if is_versioned(kind) => Ok(name),
            _ => Err(Fault::invalid(format!(
                "{path}: Input tag '{kind}' found using 'type' does not match any of the expected tags"
            ))),
        };
    }
    let path = format!("{path}.custom");
    if let Some(key) = unknown_key(tool, FIELDS) {
        return Err(extra(&format!("{path}.{key}")));
    }
    let name = name.ok_or_else(|| Fault::invalid(format!("{path}.name: Field required")))?;
    if !is_name(name, NAME) {
        return Err(Fault::invalid(format!(
            "{path}.name: String should match pattern '^[a-zA-Z0-9_-]{{1,128}}$'"
        )));
    }
    if present(tool, "description").is_some_and(|value| !value.is_string()) {
        return Err(Fault::invalid(format!(
            "{path}.description: Input should be a valid string"
        )));
    }
    let schema = tool
        .get("input_schema")
        .ok_or_else(|| Fault::invalid(format!("{path}.input_schema: Field required")))?;
    let schema = schema.as_object().ok_or_else(|| {
        Fault::invalid(format!(
            "{path}.input_schema: Input should be a valid dictionary"
        ))
    })?;
    match text(schema, "type") {
        None => {
            return Err(Fault::invalid(format!(
                "{path}.input_schema.type: Field required"
            )));
        }
        Some("object") => {}
        Some(_) => {
            return Err(Fault::invalid(format!(
                "{path}.input_schema.type: Input should be 'object'"
            )));
        }
    }
    if ["anyOf", "oneOf", "allOf"]
        .iter()
        .any(|key| schema.contains_key(*key))
    {
        return Err(Fault::invalid(format!(
            "{path}.input_schema: input_schema does not support oneOf, allOf, or anyOf at the top level"
        )));
    }
    json_schema::check(&tool["input_schema"], "input_schema").map_err(|why| {
        Fault::invalid(format!(
            "{path}.input_schema: JSON schema is invalid. It must match JSON Schema draft 2020-12 ({why})."
        ))
    })?;
    if tool.get("strict") == Some(&Value::Bool(true)) {
        enforced::check(&tool["input_schema"])
            .map_err(|why| Fault::invalid(format!("{path}.input_schema: {why}")))?;
    }
    Ok(name)
}

/// `web_search_20250305` and its like.
fn is_versioned(kind: &str) -> bool {
    kind.rsplit_once('_')
        .is_some_and(|(_, date)| date.len() == 8 && date.bytes().all(|byte| byte.is_ascii_digit()))
}

fn choice(body: &Object, names: &[&str]) -> Result<(), Fault> {
    let Some(choice) = present(body, "tool_choice") else {
        return Ok(());
    };
    let choice = choice
        .as_object()
        .ok_or_else(|| Fault::invalid("tool_choice: Input should be a valid dictionary"))?;
    let kind =
        text(choice, "type").ok_or_else(|| Fault::invalid("tool_choice.type: Field required"))?;
    let fields: &[&str] = match kind {
        "auto" | "any" => &["type", "disable_parallel_tool_use"],
        "tool" => &["type", "name", "disable_parallel_tool_use"],
        "none" => &["type"],
        _ => {
            return Err(Fault::invalid(format!(
                "tool_choice: Input tag '{kind}' found using 'type' does not match any of the expected tags: 'auto', 'any', 'tool', 'none'"
            )));
        }
    };
    if let Some(key) = unknown_key(choice, fields) {
        return Err(extra(&format!("tool_choice.{kind}.{key}")));
    }
    if names.is_empty() {
        return Err(Fault::invalid(
            "tool_choice: tool_choice may only be specified while providing tools.",
        ));
    }
    match (kind, text(choice, "name")) {
        ("tool", None) => Err(Fault::invalid("tool_choice.tool.name: Field required")),
        ("tool", Some(name)) if !names.contains(&name) => Err(Fault::invalid(format!(
            "Tool '{name}' not found in provided tools"
        ))),
        _ => Ok(()),
    }
}
