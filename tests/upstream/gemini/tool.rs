//! Tool definitions, their schemas, and the choice among them.

use super::request::Rules;
use super::{check_json_schema, invalid, list};
use crate::fault::Fault;
use serde_json::Value;

pub(super) fn check(body: &Value, rules: Rules) -> Result<(), Fault> {
    let mut names = Vec::new();
    let mut vendors = false;
    for (index, tool) in list(&body["tools"]).iter().enumerate() {
        let path = format!("GenerateContentRequest.tools[{index}]");
        let tool_fields = tool.as_object().map_or(0, serde_json::Map::len);
        if tool_fields == 0 {
            return Err(invalid(format!(
                "* {path}.tool_type: required one_of 'tool_type' must have one initialized field"
            )));
        }
        vendors |= tool_fields > usize::from(tool.get("functionDeclarations").is_some());
        for (index, declaration) in list(&tool["functionDeclarations"]).iter().enumerate() {
            let path = format!("{path}.function_declarations[{index}]");
            let name = definition(declaration, &path, rules)?;
            if names.contains(&name) {
                return Err(invalid(format!(
                    "Duplicate function declaration found: {name}"
                )));
            }
            names.push(name);
        }
    }
    if rules.older && vendors && !names.is_empty() {
        return Err(invalid(
            "Built-in tools and Function Calling cannot be combined in the same request.",
        ));
    }
    choice(body, &names)
}

fn definition<'a>(declaration: &'a Value, path: &str, rules: Rules) -> Result<&'a str, Fault> {
    let name = declaration["name"].as_str().unwrap_or_default();
    check_name(name, path, rules)?;
    for (schema, json_schema) in [
        ("parameters", "parametersJsonSchema"),
        ("response", "responseJsonSchema"),
    ] {
        let (schema, json_schema) = (declaration.get(schema), declaration.get(json_schema));
        if schema.is_some() && json_schema.is_some() {
            return Err(invalid(format!(
                "* {path}: only one of parameters and parameters_json_schema (response and response_json_schema) can be set."
            )));
        }
    }
    if let Some(parameters) = declaration.get("parameters") {
        check_schema(parameters, &format!("{path}.parameters"), rules)?;
        if parameters["type"] != "OBJECT" {
            return Err(invalid(format!(
                "* {path}.parameters.type: only OBJECT is supported for function parameters"
            )));
        }
    }
    if let Some(schema) = declaration.get("parametersJsonSchema") {
        let path = format!("{path}.parameters_json_schema");
        if schema["type"] != "object" {
            return Err(invalid(format!(
                "* {path}: the root must be of type object"
            )));
        }
        check_json_schema(schema, &path)?;
    }
    match declaration.get("responseJsonSchema") {
        Some(schema) => {
            check_json_schema(schema, &format!("{path}.response_json_schema"))?;
            Ok(name)
        }
        None => Ok(name),
    }
}

/// The rules of a function's name.
pub(super) fn check_name(name: &str, path: &str, rules: Rules) -> Result<(), Fault> {
    let longest = if rules.third { 128 } else { 64 };
    let begins = name
        .bytes()
        .next()
        .is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_');
    let mark = |byte| matches!(byte, b'_' | b'.' | b'-') || rules.third && byte == b':';
    let legal = name
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || mark(byte));
    if begins && legal && name.len() <= longest {
        return Ok(());
    }
    Err(invalid(format!(
        "* {path}.name: Invalid function name. Must start with a letter or an underscore. Must be alphanumeric (a-z, A-Z, 0-9), underscores (_), dots (.) or dashes (-), with a maximum length of {longest}."
    )))
}

/// What a schema of Google's own kind must keep beyond its fields.
pub(super) fn check_schema(schema: &Value, path: &str, rules: Rules) -> Result<(), Fault> {
    let kind = schema["type"].as_str();
    let properties = schema["properties"].as_object();
    match kind {
        None if schema.get("anyOf").is_none() => {
            return Err(invalid(format!("* {path}.type: must be specified")));
        }
        Some("ARRAY") if schema.get("items").is_none() => {
            return Err(invalid(format!("* {path}.items: missing field.")));
        }
        // Only the door with keys minds.
        Some("OBJECT") if !rules.vertex && properties.is_none_or(serde_json::Map::is_empty) => {
            return Err(invalid(format!(
                "* {path}.properties: should be non-empty for OBJECT type"
            )));
        }
        Some(kind) if kind != "STRING" && schema.get("enum").is_some() => {
            return Err(invalid(format!(
                "* {path}.enum: only allowed for STRING type"
            )));
        }
        _ => {}
    }
    if let Some(format) = schema["format"].as_str()
        && kind == Some("STRING")
        && !["enum", "date-time"].contains(&format)
    {
        return Err(invalid(format!(
            "* {path}.format: only 'enum' and 'date-time' are supported for STRING type"
        )));
    }
    if list(&schema["enum"]).iter().any(|value| value == "") {
        return Err(invalid(format!("* {path}.enum[0]: cannot be empty")));
    }
    for (index, name) in list(&schema["required"]).iter().enumerate() {
        let name = name.as_str().unwrap_or_default();
        if properties.is_none_or(|properties| !properties.contains_key(name)) {
            return Err(invalid(format!(
                "* {path}.required[{index}]: property is not defined"
            )));
        }
    }
    for (name, property) in properties.into_iter().flatten() {
        check_schema(property, &format!("{path}.properties[{name}]"), rules)?;
    }
    for (index, branch) in list(&schema["anyOf"]).iter().enumerate() {
        check_schema(branch, &format!("{path}.any_of[{index}]"), rules)?;
    }
    match schema.get("items") {
        Some(items) => check_schema(items, &format!("{path}.items"), rules),
        None => Ok(()),
    }
}

fn choice(body: &Value, names: &[&str]) -> Result<(), Fault> {
    let config = &body["toolConfig"]["functionCallingConfig"];
    let mode = config["mode"].as_str().unwrap_or("AUTO");
    let allowed = list(&config["allowedFunctionNames"]);
    if !allowed.is_empty() && !["ANY", "VALIDATED"].contains(&mode) {
        return Err(invalid(
            "* GenerateContentRequest.tool_config.function_calling_config.allowed_function_names: allowed_function_names should only be set when function calling mode is ANY or VALIDATED.",
        ));
    }
    if mode == "ANY" && names.is_empty() {
        return Err(invalid(
            "* GenerateContentRequest.tool_config.function_calling_config: Function calling config is set without function_declarations.",
        ));
    }
    let unknown = allowed
        .iter()
        .filter_map(Value::as_str)
        .find(|name| !names.contains(name));
    match unknown {
        Some(name) => Err(invalid(format!(
            "* GenerateContentRequest.tool_config.function_calling_config.allowed_function_names: {name} is not declared in function_declarations."
        ))),
        None => Ok(()),
    }
}
