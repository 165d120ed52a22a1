//! Tool definitions and the choice among them.

use super::request::{missing, one_of, unknown, wrong_type};
use crate::fault::Fault;
use crate::json_schema;
use crate::shape::{Object, is_name, present, text, unknown_key};
use crate::strict;
use serde_json::Value;

/// A tool's type and name.
type Named<'a> = (&'a str, &'a str);

/// Longest function name.
pub(super) const NAME: usize = 64;

pub(super) fn check(body: &Object) -> Result<(), Fault> {
    let Some(tools) = present(body, "tools") else {
        return match ["tool_choice", "parallel_tool_calls"]
            .into_iter()
            .find(|key| present(body, key).is_some())
        {
            Some(key) => Err(Fault::invalid(format!(
                "Invalid value for '{key}': '{key}' is only allowed when 'tools' are specified."
            ))
            .param(key)),
            None => Ok(()),
        };
    };
    let tools = tools
        .as_array()
        .ok_or_else(|| wrong_type("tools", "an array of objects"))?;
    if tools.is_empty() {
        return Err(Fault::invalid("Invalid 'tools': empty array. Expected an array with minimum length 1, but got an empty array instead.")
            .param("tools")
            .code("empty_array"));
    }
    let mut names = Vec::new();
    for (index, tool) in tools.iter().enumerate() {
        let name = definition(tool, &format!("tools[{index}]"))?;
        if names.iter().any(|(_, other)| *other == name) {
            return Err(Fault::invalid(format!("Duplicate tool name: {name}")).param("tools"));
        }
        names.push((tool["type"].as_str().unwrap_or_default(), name));
    }
    match present(body, "parallel_tool_calls") {
        None | Some(Value::Bool(_)) => {}
        Some(_) => return Err(wrong_type("parallel_tool_calls", "a boolean")),
    }
    choice(body, &names)
}

fn definition<'a>(tool: &'a Value, path: &str) -> Result<&'a str, Fault> {
    let tool = tool
        .as_object()
        .ok_or_else(|| wrong_type(path, "an object"))?;
    let (kind, fields): (&str, &[&str]) = match text(tool, "type") {
        Some("function") => ("function", &["name", "description", "parameters", "strict"]),
        Some("custom") => ("custom", &["name", "description", "format"]),
        Some(other) => {
            return Err(Fault::invalid(format!(
                "Invalid value: '{other}'. Supported values are: 'function' and 'custom'."
            ))
            .param(format!("{path}.type"))
            .code("invalid_value"));
        }
        None => return Err(missing(format!("{path}.type"))),
    };
    if let Some(key) = unknown_key(tool, &["type", kind]) {
        return Err(unknown(format!("{path}.{key}")));
    }
    let path = format!("{path}.{kind}");
    let definition = tool
        .get(kind)
        .and_then(Value::as_object)
        .ok_or_else(|| missing(path.as_str()))?;
    if let Some(key) = unknown_key(definition, fields) {
        return Err(unknown(format!("{path}.{key}")));
    }
    let name = text(definition, "name").ok_or_else(|| missing(format!("{path}.name")))?;
    check_name(name, &format!("{path}.name"))?;
    if present(definition, "description").is_some_and(|value| !value.is_string()) {
        return Err(wrong_type(format!("{path}.description"), "a string"));
    }
    parameters(definition, name).map_err(|why| {
        Fault::invalid(format!("Invalid schema for function '{name}': {why}"))
            .param(format!("{path}.parameters"))
            .code("invalid_function_parameters")
    })?;
    Ok(name)
}

/// Why a function's parameters are none.
fn parameters(definition: &Object, name: &str) -> Result<(), String> {
    let strict = definition.get("strict") == Some(&Value::Bool(true));
    match present(definition, "parameters") {
        None if strict => Err(format!("strict function '{name}' needs parameters.")),
        None => Ok(()),
        Some(schema) if schema["type"] != "object" => {
            let kind = schema.get("type").and_then(Value::as_str).unwrap_or("None");
            Err(format!(
                "schema must be a JSON Schema of 'type: \"object\"', got 'type: \"{kind}\"'."
            ))
        }
        Some(schema) => {
            json_schema::check(schema, "schema")?;
            if strict {
                strict::check(schema)
            } else {
                Ok(())
            }
        }
    }
}

fn choice(body: &Object, tools: &[Named<'_>]) -> Result<(), Fault> {
    let named = match present(body, "tool_choice") {
        None => return Ok(()),
        Some(Value::String(word)) if ["none", "auto", "required"].contains(&word.as_str()) => {
            return Ok(());
        }
        Some(Value::Object(choice)) => match text(choice, "type") {
            Some("allowed_tools") => return allowed(choice, tools),
            Some(kind @ ("function" | "custom"))
                if unknown_key(choice, &["type", kind]).is_none() =>
            {
                let named = choice.get(kind).and_then(|named| named.get("name"));
                named.and_then(Value::as_str).map(|name| (kind, name))
            }
            _ => None,
        },
        Some(_) => None,
    };
    match named {
        Some(named) if tools.contains(&named) => Ok(()),
        Some((_, name)) => Err(Fault::invalid(format!("Invalid value for 'tool_choice': no tool named '{name}' was specified in the 'tools' parameter."))
            .param("tool_choice")),
        None => Err(Fault::invalid("Invalid value for 'tool_choice': supported values are 'none', 'auto', 'required', or a named tool.")
            .param("tool_choice")
            .code("invalid_value")),
    }
}

/// Some of the tools, each named as a choice of its own would name it, in an object of its own.
fn allowed(choice: &Object, tools: &[Named<'_>]) -> Result<(), Fault> {
    let path = "tool_choice.allowed_tools";
    if let Some(key) = unknown_key(choice, &["type", "allowed_tools"]) {
        return Err(unknown(format!("tool_choice.{key}")));
    }
    let allowed = choice.get("allowed_tools").and_then(Value::as_object);
    let allowed = allowed.ok_or_else(|| missing(path))?;
    if let Some(key) = unknown_key(allowed, &["mode", "tools"]) {
        return Err(unknown(format!("{path}.{key}")));
    }
    present(allowed, "mode").ok_or_else(|| missing(format!("{path}.mode")))?;
    one_of(allowed, "mode", &["auto", "required"])?;
    let chosen = allowed.get("tools").and_then(Value::as_array);
    let chosen = chosen.ok_or_else(|| missing(format!("{path}.tools")))?;
    let known = |tool: &Value| {
        let named = |kind| Some((kind, tool[kind]["name"].as_str()?));
        let named = tool["type"].as_str().and_then(named);
        named.is_some_and(|named| tools.contains(&named))
    };
    if chosen.is_empty() || !chosen.iter().all(known) {
        let message = format!(
            "Invalid value for '{path}.tools': each must be a tool of the 'tools' parameter."
        );
        return Err(Fault::invalid(message)
            .param(format!("{path}.tools"))
            .code("invalid_value"));
    }
    Ok(())
}

/// The vendor's pattern for function names.
pub(crate) fn check_name(name: &str, path: &str) -> Result<(), Fault> {
    if is_name(name, NAME) {
        return Ok(());
    }
    let message = format!(
        "Invalid '{path}': string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]{{1,64}}$'."
    );
    Err(Fault::invalid(message).param(path).code("invalid_value"))
}
