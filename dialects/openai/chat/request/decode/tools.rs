//! Tools and the choice among them.

use crate::Dialect;
use crate::error::DecodeError;
use crate::ir::{Extensions, Tool, ToolChoice, ToolKind};
use crate::json::{Str, Value};
use crate::openai::chat::wire;

type Read = fn(Value<'_>, &str) -> Result<Tool, DecodeError>;

/// A list of tools; `read` reads one.
pub(super) fn decode(value: Value<'_>, path: &str, read: Read) -> Result<Vec<Tool>, DecodeError> {
    if !value.is_array() {
        return Err(wire::expected(path, "a list"));
    }
    let tools = value.items().enumerate();
    tools
        .map(|(index, tool)| read(tool, &format!("{path}[{index}]")))
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
        Some(_) => Ok(Tool {
            name: value.text_of("name").unwrap_or_default(),
            description: None,
            kind: ToolKind::Server {
                dialect: Dialect::Chat,
                kind: kind.unwrap_or_default(),
                raw: value.raw(),
            },
            strict: None,
            cache: None,
            extensions: Extensions::default(),
        }),
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
    let schema = value.field("parameters");
    if schema.is_some_and(|schema| !schema.is_object()) {
        return Err(wire::expected(
            format_args!("{path}.parameters"),
            "a JSON schema",
        ));
    }
    let mut extensions = Extensions::default();
    let known = [FUNCTION_FIELDS, &["type"]].concat();
    wire::keep_unknown(&mut extensions, value, "", &known);
    Ok(Tool {
        name: name(value, path)?,
        description: value.text_of("description"),
        kind: ToolKind::Function {
            schema: schema.map(Value::raw),
        },
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
        name: name(inner, &format!("{path}.custom"))?,
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

fn name(value: Value<'_>, path: &str) -> Result<Str, DecodeError> {
    value
        .text_of("name")
        .filter(|name| !name.is_empty())
        .ok_or_else(|| wire::expected(format_args!("{path}.name"), "a string"))
}

/// `tool_choice`.
pub(super) fn choice(value: Value<'_>) -> ToolChoice {
    let raw = || ToolChoice::Raw(Dialect::Chat, value.raw());
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
        Some("allowed_tools") => allowed(value).unwrap_or_else(raw),
        _ => raw(),
    }
}

/// The name in `{type, function: {name}}`, `{type, custom: {name}}` or the flat `{type, name}`.
fn chosen(value: Value<'_>) -> Option<Str> {
    value
        .field("function")
        .or_else(|| value.field("custom"))
        .unwrap_or(value)
        .text_of("name")
}

fn allowed(value: Value<'_>) -> Option<ToolChoice> {
    let inner = value.field("allowed_tools").unwrap_or(value);
    let names = inner.field("tools")?.items().map(chosen);
    Some(ToolChoice::Allowed {
        required: inner.text_of("mode").as_deref() == Some("required"),
        names: names.collect::<Option<_>>()?,
    })
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
