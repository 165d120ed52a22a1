//! `tools` and `toolConfig`.

use crate::Dialect;
use crate::claude::wire::path::{self, At};
use crate::error::DecodeError;
use crate::gemini::schema;
use crate::gemini::wire::{camel, field, word};
use crate::ir::{Extensions, Request, Tool, ToolChoice, ToolKind};
use crate::json::{RawJson, Str, Value};

/// Begins the key of an unknown field of `toolConfig` among those of the request.
pub(in crate::gemini) const PREFIX: &str = "toolConfig.";

/// Where the whole `toolConfig` is kept as it came.
pub(in crate::gemini) const CONFIG: &str = "toolConfig";

/// Reads the tools: every declared function is one, and every tool of Google's own.
pub(super) fn tools(value: Value<'_>, request: &mut Request) -> Result<(), DecodeError> {
    let at = At::key("tools");
    if !value.is_array() && !value.is_object() {
        return Err(DecodeError::shape(at, "expected a list"));
    }
    let single = value.is_object().then_some(value);
    for (index, tool) in single.into_iter().chain(value.items()).enumerate() {
        let at = at.item(index);
        if !tool.is_object() {
            return Err(DecodeError::shape(at, "expected an object"));
        }
        for (key, value) in tool.entries() {
            if value.is_null() {
                continue;
            }
            match &*camel(&key) {
                "functionDeclarations" => {
                    functions(value, &at.field("functionDeclarations"), request)?;
                }
                kind => request.tools.push(server(kind, value, &at)),
            }
        }
    }
    Ok(())
}

fn functions(value: Value<'_>, at: &At<'_>, request: &mut Request) -> Result<(), DecodeError> {
    for (index, declared) in value.items().enumerate() {
        let at = at.item(index);
        if !declared.is_object() {
            return Err(DecodeError::shape(at, "expected an object"));
        }
        request.tools.push(function(declared, &at)?);
    }
    Ok(())
}

fn function(declared: Value<'_>, at: &At<'_>) -> Result<Tool, DecodeError> {
    let mut extensions = Extensions::default();
    let (mut schema, mut description) = (None, None);
    for (key, value) in declared.entries() {
        if value.is_null() {
            continue;
        }
        match &*camel(&key) {
            "name" => {}
            "description" => description = Some(path::text(value, at.field("description"))?),
            "parametersJsonSchema" => schema = Some(value.raw()),
            "parameters" => {
                // Kept as it is beside the JSON Schema it amounts to.
                let own = value.raw();
                schema.get_or_insert_with(|| schema::to_json_schema(&own));
                extensions.push_spelling(Dialect::Gemini, "parameters", own);
            }
            key => extensions.push(Dialect::Gemini, key, value.raw()),
        }
    }
    note_place(&mut extensions, at);
    Ok(Tool {
        name: path::required_text(declared, "name", at)?,
        description,
        kind: ToolKind::Function { schema },
        strict: None,
        cache: None,
        extensions,
    })
}

fn server(kind: &str, value: Value<'_>, at: &At<'_>) -> Tool {
    let raw = RawJson::build(|writer| {
        writer.object(|writer| writer.foreign_field(kind, &value.raw()));
    });
    let mut extensions = Extensions::default();
    note_place(&mut extensions, &at.field(kind));
    Tool {
        name: Str::new(),
        description: None,
        kind: ToolKind::Server {
            dialect: Dialect::Gemini,
            kind: Str::from(kind),
            raw,
        },
        strict: None,
        cache: None,
        extensions,
    }
}

/// Where a tool stands in the client's body, for losses.
fn note_place(extensions: &mut Extensions, at: &At<'_>) {
    let place = RawJson::build(|writer| writer.value(&at.to_string()));
    extensions.push_spelling(Dialect::Gemini, crate::ir::PLACE, place);
}

/// Reads the choice among the tools; the whole object is kept as it is for Gemini itself.
pub(super) fn config(value: Value<'_>, request: &mut Request) -> Result<(), DecodeError> {
    let at = At::key(CONFIG);
    if !value.is_object() {
        return Err(DecodeError::shape(at, "expected an object"));
    }
    request
        .extensions
        .push_spelling(Dialect::Gemini, CONFIG, value.raw());
    for (key, value) in value.entries() {
        let key = camel(&key);
        if !value.is_null() && key != "functionCallingConfig" {
            let key = format!("{PREFIX}{key}");
            request.extensions.push(Dialect::Gemini, &key, value.raw());
        }
    }
    let Some(calling) = field(value, "functionCallingConfig") else {
        return Ok(());
    };
    for (key, value) in calling.entries() {
        let key = camel(&key);
        if !value.is_null() && key != "mode" && key != "allowedFunctionNames" {
            let key = format!("{PREFIX}functionCallingConfig.{key}");
            request.extensions.push(Dialect::Gemini, &key, value.raw());
        }
    }
    let names = field(calling, "allowedFunctionNames");
    let names: Vec<Str> = names
        .into_iter()
        .flat_map(Value::items)
        .filter_map(Value::text)
        .collect();
    let mode = field(calling, "mode").and_then(word).unwrap_or_default();
    request.tool_choice = match (&*mode, names.len()) {
        ("" | "MODE_UNSPECIFIED", _) => None,
        ("AUTO" | "VALIDATED", 0) => Some(ToolChoice::Auto),
        ("NONE", _) => Some(ToolChoice::None),
        ("ANY", 0) => Some(ToolChoice::Required),
        ("ANY", 1) => names.into_iter().next().map(ToolChoice::Named),
        ("ANY" | "AUTO" | "VALIDATED", _) => Some(ToolChoice::Allowed {
            required: mode == "ANY",
            names,
        }),
        _ => Some(ToolChoice::Raw(Dialect::Gemini, calling.raw())),
    };
    Ok(())
}
