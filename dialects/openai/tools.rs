//! How Chat and Responses name tools, and choose among them.

use crate::Dialect;
use crate::error::DecodeError;
use crate::ir::{Extensions, Tool, ToolChoice, ToolKind};
use crate::json::{RawJson, Str, Value};
use crate::openai::chat::wire;

/// The name of a tool.
pub(crate) fn read_name(value: Value<'_>, path: &str) -> Result<Str, DecodeError> {
    value
        .text_of("name")
        .filter(|name| !name.is_empty())
        .ok_or_else(|| wire::expected(format_args!("{path}.name"), "a string"))
}

/// The `parameters` of a function.
pub(crate) fn read_schema(value: Value<'_>, path: &str) -> Result<Option<RawJson>, DecodeError> {
    let schema = value.field("parameters");
    if schema.is_some_and(|schema| !schema.is_object()) {
        let path = format_args!("{path}.parameters");
        return Err(wire::expected(path, "a JSON schema"));
    }
    Ok(schema.map(Value::raw))
}

/// A tool that its provider runs itself.
pub(crate) fn read_server_tool(dialect: Dialect, value: Value<'_>) -> Tool {
    Tool {
        name: value.text_of("name").unwrap_or_default(),
        description: None,
        kind: ToolKind::Server {
            dialect,
            kind: value.text_of("type").unwrap_or_default(),
            raw: value.raw(),
        },
        strict: None,
        cache: None,
        extensions: Extensions::default(),
    }
}

/// `tool_choice`. What it means to the provider alone is kept as it is. `chosen` is the name of one tool in a choice.
pub(crate) fn read_choice(
    dialect: Dialect,
    value: Value<'_>,
    chosen: fn(Value<'_>) -> Option<Str>,
) -> ToolChoice {
    let raw = || ToolChoice::Raw(dialect, value.raw());
    if let Some(word) = value.as_str() {
        return match &*word {
            "auto" => ToolChoice::Auto,
            "none" => ToolChoice::None,
            "required" | "any" => ToolChoice::Required,
            _ => raw(),
        };
    }
    match value.text_of("type").as_deref() {
        Some("function" | "custom") => chosen(value).map_or_else(raw, ToolChoice::Named),
        Some("allowed_tools") => allowed(value, chosen).unwrap_or_else(raw),
        _ => raw(),
    }
}

/// A subset, unless one of its tools has no name.
fn allowed(value: Value<'_>, chosen: fn(Value<'_>) -> Option<Str>) -> Option<ToolChoice> {
    let inner = value.field("allowed_tools").unwrap_or(value);
    let names = inner.field("tools")?.items().map(chosen);
    Some(ToolChoice::Allowed {
        required: inner.text_of("mode").as_deref() == Some("required"),
        names: names.collect::<Option<_>>()?,
    })
}

/// The name in `{type, function: {name}}`, `{type, custom: {name}}` or the flat `{type, name}`.
pub(crate) fn chosen(value: Value<'_>) -> Option<Str> {
    value
        .field("function")
        .or_else(|| value.field("custom"))
        .unwrap_or(value)
        .text_of("name")
}
