//! Tools as the Claude models of Antigravity take them: schemas under `parameters`, without the words that it refuses.
//!
//! Only schemas are touched: arguments of calls in the history are somebody's data.

use modelgate_dialects::gemini::request::cleaned_schema;
use modelgate_dialects::json::{RawJson, Value, Writer};

use crate::store::{lookup, same};

/// Words that are refused.
const REFUSED: [&str; 18] = [
    "$schema",
    "$id",
    "$ref",
    "$defs",
    "definitions",
    "additionalProperties",
    "anyOf",
    "oneOf",
    "allOf",
    "minItems",
    "maxItems",
    "minLength",
    "maxLength",
    "minProperties",
    "maxProperties",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "default",
];
/// Stands where nothing else can be required.
const PLACEHOLDER: &str = "_";
/// Schemas are not followed deeper.
const DEPTH: usize = 64;

/// Writes the items of `tools`.
pub(super) fn write(writer: &mut Writer<'_>, tools: Value<'_>) {
    for tool in tools.items() {
        writer.object(|writer| {
            for (key, value) in tool.entries() {
                if same(&key, "functionDeclarations") && value.is_array() {
                    writer.array_field(&key, |writer| {
                        for function in value.items() {
                            writer.object(|writer| declare(writer, function));
                        }
                    });
                } else {
                    writer.key(&key);
                    value.write_compact(writer);
                }
            }
        });
    }
}

/// Calls are checked against their schemas; which functions may be called stays the client's choice.
pub(super) fn write_config(writer: &mut Writer<'_>, config: Option<Value<'_>>) {
    let calling = config.and_then(|config| lookup(config, "functionCallingConfig"));
    for (key, value) in config.into_iter().flat_map(Value::entries) {
        if !same(&key, "functionCallingConfig") {
            writer.key(&key);
            value.write_compact(writer);
        }
    }
    let mode = calling.and_then(|calling| lookup(calling, "mode")?.as_str());
    let mode = mode.filter(|mode| mode == "NONE");
    writer.object_field("functionCallingConfig", |writer| {
        writer.field("mode", mode.as_deref().unwrap_or("VALIDATED"));
        for (key, value) in calling.into_iter().flat_map(Value::entries) {
            if !same(&key, "mode") {
                writer.key(&key);
                value.write_compact(writer);
            }
        }
    });
}

fn declare(writer: &mut Writer<'_>, function: Value<'_>) {
    let mut schema = None;
    for (key, value) in function.entries() {
        match &*key {
            key if same(key, "parameters") || same(key, "parametersJsonSchema") => {
                schema = Some(value);
            }
            key if same(key, "response") || same(key, "responseJsonSchema") => {}
            key => {
                writer.key(key);
                value.write_compact(writer);
            }
        }
    }
    // References and types in lists are settled first, as for every Gemini upstream.
    let settled = schema.map(|schema| cleaned_schema(&schema.raw()));
    let settled = settled.unwrap_or_else(|| RawJson::build(|writer| writer.object(|_| {})));
    let settled = settled.document();
    writer.object_field("parameters", |writer| root(writer, settled.root()));
}

/// The schema of the arguments, of which at least one is required.
fn root(writer: &mut Writer<'_>, schema: Value<'_>) {
    let properties = schema.field("properties").filter(|all| all.is_object());
    let required = schema.field("required").into_iter().flat_map(Value::items);
    let is_required = required.count() > 0;
    let first = properties.and_then(|all| all.entries().next());
    if schema.field("type").is_none() {
        writer.field("type", "OBJECT");
    }
    let lacks = |key: &str| match key {
        "required" => !is_required,
        "properties" => first.is_none(),
        _ => false,
    };
    words(writer, schema, 0, &lacks);
    if first.is_none() {
        writer.object_field("properties", |writer| {
            writer.object_field(PLACEHOLDER, |writer| writer.field("type", "BOOLEAN"));
        });
    }
    if !is_required {
        let name = first.as_ref().map_or(PLACEHOLDER, |(name, _)| name);
        writer.array_field("required", |writer| writer.value(name));
    }
}

/// The words of a schema that are taken, but for those that are written elsewhere.
fn words(writer: &mut Writer<'_>, schema: Value<'_>, depth: usize, skip: &dyn Fn(&str) -> bool) {
    let branch = ["anyOf", "oneOf", "allOf"].into_iter().find_map(|word| {
        let branches = schema.field(word)?;
        branches.items().next()
    });
    let has = |key: &str| schema.field(key).is_some();
    // Of alternatives the first one is taken, where the schema itself says nothing.
    for (key, value) in branch.into_iter().flat_map(Value::entries) {
        if !has(&key) && !skip(&key) {
            word(writer, &key, value, depth);
        }
    }
    for (key, value) in schema.entries().filter(|(key, _)| !skip(key)) {
        word(writer, &key, value, depth);
    }
}

fn word(writer: &mut Writer<'_>, key: &str, value: Value<'_>, depth: usize) {
    if REFUSED.contains(&key) || depth > DEPTH {
        return;
    }
    let inner = |writer: &mut Writer<'_>, value| words(writer, value, depth + 1, &|_| false);
    match key {
        // What stands here are names, whatever they look like.
        "properties" if value.is_object() => writer.object_field(key, |writer| {
            for (name, schema) in value.entries() {
                writer.object_field(&name, |writer| inner(writer, schema));
            }
        }),
        "items" if value.is_object() => writer.object_field(key, |writer| inner(writer, value)),
        _ => {
            writer.key(key);
            value.write_compact(writer);
        }
    }
}
