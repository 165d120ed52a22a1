//! Tools and the choice among them.

use std::collections::HashSet;

use crate::Dialect;
use crate::error::DecodeError;
use crate::ir::{Extensions, Request, Tool, ToolChoice, ToolKind};
use crate::json::{Str, Value};
use crate::openai::responses::wire;
use crate::openai::tools;

/// Reads `tools`. Those of a namespace stand beside the others, under a name of both (`dialects.md` 2.2).
pub(super) fn decode(request: &mut Request, value: Value<'_>) -> Result<(), DecodeError> {
    if !value.is_array() {
        return Err(wire::expected("tools", "a list"));
    }
    let outer = value.items().filter(|tool| !is_namespace(*tool));
    let taken: HashSet<Str> = outer.filter_map(|tool| tool.text_of("name")).collect();
    for (index, entry) in value.items().enumerate() {
        let path = format!("tools[{index}]");
        if is_namespace(entry) {
            namespace(request, entry, &path, &taken)?;
        } else {
            request.tools.push(tool(entry, &path)?);
        }
    }
    Ok(())
}

fn is_namespace(tool: Value<'_>) -> bool {
    tool.text_of("type").as_deref() == Some("namespace")
}

fn namespace(
    request: &mut Request,
    value: Value<'_>,
    path: &str,
    taken: &HashSet<Str>,
) -> Result<(), DecodeError> {
    let name = tools::read_name(value, path)?;
    let first = request.tools.len();
    let tools = value.field("tools").into_iter().flat_map(Value::items);
    for (index, entry) in tools.enumerate() {
        let mut tool = tool(entry, &format!("{path}.tools[{index}]"))?;
        if !matches!(tool.kind, ToolKind::Server { .. }) {
            tool.name = request.namespaces.flatten(&name, &tool.name, taken);
        }
        request.tools.push(tool);
    }
    let mut extensions = Extensions::default();
    let known = ["type", "name", "description", "tools"];
    wire::keep_unknown(&mut extensions, value, "", &known);
    let description = value.text_of("description");
    let tools = first..request.tools.len();
    request
        .namespaces
        .declare(name, description, tools, extensions);
    Ok(())
}

fn tool(value: Value<'_>, path: &str) -> Result<Tool, DecodeError> {
    if !value.is_object() {
        return Err(wire::expected(path, "an object"));
    }
    let kind = value.text_of("type");
    match kind.as_deref() {
        // Chat's nested form is understood.
        None | Some("function") => function(value.field("function").unwrap_or(value), path),
        Some("custom") => custom(value.field("custom").unwrap_or(value), path),
        Some(_) => Ok(tools::read_server_tool(Dialect::Responses, value)),
    }
}

fn function(value: Value<'_>, path: &str) -> Result<Tool, DecodeError> {
    let schema = tools::read_schema(value, path)?;
    let known = ["parameters", "strict"];
    declared(value, path, &known, |tool| {
        tool.kind = ToolKind::Function { schema };
        tool.strict = value.field("strict").and_then(Value::as_bool);
    })
}

fn custom(value: Value<'_>, path: &str) -> Result<Tool, DecodeError> {
    declared(value, path, &["format"], |tool| {
        tool.kind = ToolKind::Custom {
            format: value.field("format").map(Value::raw),
        };
    })
}

/// What functions and free-text tools have in common; `fill` adds the rest.
fn declared(
    value: Value<'_>,
    path: &str,
    known: &[&str],
    fill: impl FnOnce(&mut Tool),
) -> Result<Tool, DecodeError> {
    let mut extensions = Extensions::default();
    let common = ["type", "name", "description", "cache_control"];
    wire::keep_unknown(&mut extensions, value, "", &[&common, known].concat());
    let mark = value.field("cache_control");
    let mut tool = Tool {
        name: tools::read_name(value, path)?,
        description: value.text_of("description"),
        kind: ToolKind::Function { schema: None },
        strict: None,
        cache: mark.and_then(|mark| wire::cache_mark("cache_control", mark)),
        extensions,
    };
    fill(&mut tool);
    Ok(tool)
}

/// `tool_choice`. That of a tool of the provider's is kept as it is.
pub(super) fn choice(value: Value<'_>) -> ToolChoice {
    tools::read_choice(Dialect::Responses, value, chosen)
}

/// A tool of the provider's is not chosen by a name: it has none.
fn chosen(value: Value<'_>) -> Option<Str> {
    let kind = value.text_of("type");
    let named = matches!(kind.as_deref(), Some("function" | "custom"));
    tools::chosen(value).filter(|_| named)
}
