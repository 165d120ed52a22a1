//! Tools and the choice among them.

use crate::Dialect;
use crate::error::DecodeError;
use crate::ir::{Extensions, Tool, ToolChoice, ToolKind};
use crate::json::Value;
use crate::openai::chat::wire;
use crate::openai::tools;

type Read = fn(Value<'_>, &str) -> Result<Tool, DecodeError>;

/// A list of tools; `read` reads one.
pub(super) fn decode(value: Value<'_>, path: &str, read: Read) -> Result<Vec<Tool>, DecodeError> {
    if !value.is_array() {
        return Err(wire::expected(path, "a list"));
    }
    let list = value.items().enumerate();
    list.map(|(index, tool)| read(tool, &format!("{path}[{index}]")))
        .collect()
}

/// An entry of `tools`.
pub(super) fn tool(value: Value<'_>, path: &str) -> Result<Tool, DecodeError> {
    if !value.is_object() {
        return Err(wire::expected(path, "an object"));
    }
    let kind = value.text_of("type");
    match kind.as_deref() {
        None | Some("function") => match value.field("function") {
            Some(inner) => nested(value, inner, path),
            // The flat form of the Responses API.
            None => function(value, path),
        },
        Some("custom") => custom(value, path),
        Some(_) => Ok(tools::read_server_tool(Dialect::Chat, value)),
    }
}

fn nested(value: Value<'_>, inner: Value<'_>, path: &str) -> Result<Tool, DecodeError> {
    let path = format!("{path}.function");
    let mut tool = function(inner, &path)?;
    let mut extensions = Extensions::default();
    let known = ["type", "function", "cache_control"];
    wire::keep_unknown(&mut extensions, value, "", &known);
    wire::keep_unknown(&mut extensions, inner, "function", FUNCTION_FIELDS);
    tool.extensions = extensions;
    if let Some(mark) = value.field("cache_control") {
        tool.cache = wire::cache_mark("cache_control", mark);
    }
    Ok(tool)
}

const FUNCTION_FIELDS: &[&str] = &[
    "name",
    "description",
    "parameters",
    "strict",
    "cache_control",
];

/// An entry of the deprecated `functions`, or what is inside `function`.
pub(super) fn function(value: Value<'_>, path: &str) -> Result<Tool, DecodeError> {
    if !value.is_object() {
        return Err(wire::expected(path, "an object"));
    }
    let schema = tools::read_schema(value, path)?;
    let mut extensions = Extensions::default();
    let known = [FUNCTION_FIELDS, &["type"]].concat();
    wire::keep_unknown(&mut extensions, value, "", &known);
    Ok(Tool {
        name: tools::read_name(value, path)?,
        description: value.text_of("description"),
        kind: ToolKind::Function { schema },
        strict: value.field("strict").and_then(Value::as_bool),
        cache: value
            .field("cache_control")
            .and_then(|mark| wire::cache_mark("cache_control", mark)),
        extensions,
    })
}

fn custom(value: Value<'_>, path: &str) -> Result<Tool, DecodeError> {
    let inner = value.field("custom").unwrap_or(value);
    let mut extensions = Extensions::default();
    let known = [
        "type",
        "custom",
        "cache_control",
        "name",
        "description",
        "format",
    ];
    wire::keep_unknown(&mut extensions, value, "", &known);
    if value.field("custom").is_some() {
        wire::keep_unknown(&mut extensions, inner, "custom", &known);
    }
    Ok(Tool {
        name: tools::read_name(inner, &format!("{path}.custom"))?,
        description: inner.text_of("description"),
        kind: ToolKind::Custom {
            format: inner.field("format").map(Value::raw),
        },
        strict: None,
        cache: value
            .field("cache_control")
            .and_then(|mark| wire::cache_mark("cache_control", mark)),
        extensions,
    })
}

/// `tool_choice`.
pub(super) fn choice(value: Value<'_>) -> ToolChoice {
    tools::read_choice(Dialect::Chat, value, tools::chosen)
}

/// The deprecated `function_call`.
pub(super) fn legacy_choice(value: Value<'_>) -> Result<ToolChoice, DecodeError> {
    match (value.as_str().as_deref(), value.text_of("name")) {
        (Some("none"), _) => Ok(ToolChoice::None),
        (Some("auto"), _) => Ok(ToolChoice::Auto),
        (None, Some(name)) => Ok(ToolChoice::Named(name)),
        _ => Err(wire::expected(
            "function_call",
            "`none`, `auto` or an object with a name",
        )),
    }
}
