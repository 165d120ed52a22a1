//! Tools as the Claude models of Antigravity take them: schemas under `parameters`, without the words that it refuses.
//!
//! Only schemas are touched: arguments of calls in the history are somebody's data.

use modelgate_dialects::Losses;
use modelgate_dialects::gemini::request::cleaned_schema;
use modelgate_dialects::json::{RawJson, Value, Writer};

use crate::store::{lookup, same};

const WHY: &str = "Antigravity's Claude models refuse it in schemas";
/// Words that are refused, and that allow or forbid nothing.
const REFUSED_QUIETLY: [&str; 5] = ["$schema", "$id", "$defs", "definitions", "default"];
/// Words that are refused.
const REFUSED: [&str; 10] = [
    "$ref",
    "additionalProperties",
    "minItems",
    "maxItems",
    "minLength",
    "maxLength",
    "minProperties",
    "maxProperties",
    "exclusiveMinimum",
    "exclusiveMaximum",
];
/// Words for several schemas at once.
const ALTERNATIVES: [&str; 3] = ["anyOf", "oneOf", "allOf"];
/// Stands where nothing else can be required.
const PLACEHOLDER: &str = "_";
/// Schemas are not followed deeper.
const DEPTH: usize = 64;

/// Writes the items of `tools`.
pub(super) fn write(writer: &mut Writer<'_>, tools: Value<'_>, losses: &mut Losses) {
    for (index, tool) in tools.items().enumerate() {
        writer.object(|writer| {
            for (key, value) in tool.entries() {
                if same(&key, "functionDeclarations") && value.is_array() {
                    writer.foreign_key(&key);
                    writer.array(|writer| {
                        for (number, function) in value.items().enumerate() {
                            let path = format!("tools[{index}].functionDeclarations[{number}]");
                            writer.object(|writer| declare(writer, function, &path, losses));
                        }
                    });
                } else {
                    writer.foreign_key(&key);
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
            writer.foreign_key(&key);
            value.write_compact(writer);
        }
    }
    let mode = calling.and_then(|calling| lookup(calling, "mode")?.as_str());
    let mode = mode.filter(|mode| mode == "NONE");
    writer.object_field("functionCallingConfig", |writer| {
        writer.field("mode", mode.as_deref().unwrap_or("VALIDATED"));
        for (key, value) in calling.into_iter().flat_map(Value::entries) {
            if !same(&key, "mode") {
                writer.foreign_key(&key);
                value.write_compact(writer);
            }
        }
    });
}

fn declare(writer: &mut Writer<'_>, function: Value<'_>, path: &str, losses: &mut Losses) {
    let mut schema = None;
    for (key, value) in function.entries() {
        match &*key {
            key if same(key, "parameters") || same(key, "parametersJsonSchema") => {
                schema = Some((format!("{path}.{key}"), value));
            }
            key if same(key, "response") || same(key, "responseJsonSchema") => {
                let why = "Antigravity's Claude models take no schema of what a function gives";
                losses.quietly_dropped(format!("{path}.{key}"), why);
            }
            key => {
                writer.foreign_key(key);
                value.write_compact(writer);
            }
        }
    }
    // References and types in lists are settled first, as for every Gemini upstream.
    let settled = schema.map(|(path, schema)| {
        let settled = cleaned_schema(&schema.raw(), &path, losses);
        (path, settled)
    });
    let (path, settled) = settled.unwrap_or_else(|| {
        let nothing = RawJson::build(|writer| writer.object(|_| {}));
        (format!("{path}.parameters"), nothing)
    });
    let settled = settled.document();
    let mut words = Words { losses };
    writer.object_field("parameters", |writer| {
        words.root(writer, settled.root(), &path);
    });
}

/// Writes the words of schemas that are taken.
struct Words<'l> {
    losses: &'l mut Losses,
}

impl Words<'_> {
    /// The schema of the arguments, of which at least one is required.
    fn root(&mut self, writer: &mut Writer<'_>, schema: Value<'_>, path: &str) {
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
        self.all(writer, schema, path, 0, &lacks);
        let why = "Antigravity's Claude models want one argument at least";
        if first.is_none() {
            self.losses
                .quietly_changed(format!("{path}.properties"), why);
            writer.object_field("properties", |writer| {
                writer.object_field(PLACEHOLDER, |writer| writer.field("type", "BOOLEAN"));
            });
        }
        if !is_required {
            let name = first.as_ref().map_or(PLACEHOLDER, |(name, _)| name);
            if first.is_some() {
                self.losses.changed(format!("{path}.required"), why);
            }
            writer.array_field("required", |writer| writer.value(name));
        }
    }

    /// The words of a schema that are taken, but for those that are written elsewhere.
    fn all(
        &mut self,
        writer: &mut Writer<'_>,
        schema: Value<'_>,
        path: &str,
        depth: usize,
        skip: &dyn Fn(&str) -> bool,
    ) {
        let branch = ALTERNATIVES.into_iter().find_map(|word| {
            let branches = schema.field(word)?;
            branches.items().next()
        });
        let has = |key: &str| schema.field(key).is_some();
        // Of alternatives the first one is taken, where the schema itself says nothing.
        for (key, value) in branch.into_iter().flat_map(Value::entries) {
            if !has(&key) && !skip(&key) {
                self.one(writer, &key, value, path, depth);
            }
        }
        for (key, value) in schema.entries().filter(|(key, _)| !skip(key)) {
            self.one(writer, &key, value, path, depth);
        }
    }

    fn one(
        &mut self,
        writer: &mut Writer<'_>,
        key: &str,
        value: Value<'_>,
        path: &str,
        depth: usize,
    ) {
        let path = format!("{path}.{key}");
        if ALTERNATIVES.contains(&key) {
            let why = "Antigravity's Claude models take the first of several schemas alone";
            return self.losses.changed(path, why);
        }
        if REFUSED_QUIETLY.contains(&key) {
            return self.losses.quietly_dropped(path, WHY);
        }
        if REFUSED.contains(&key) || depth > DEPTH {
            return self.losses.dropped(path, WHY);
        }
        match key {
            // What stands here are names, whatever they look like.
            "properties" if value.is_object() => writer.object_field("properties", |writer| {
                for (name, schema) in value.entries() {
                    let path = format!("{path}.{name}");
                    writer.foreign_key(&name);
                    writer.object(|writer| {
                        self.all(writer, schema, &path, depth + 1, &|_| false);
                    });
                }
            }),
            "items" if value.is_object() => writer.object_field("items", |writer| {
                self.all(writer, value, &path, depth + 1, &|_| false);
            }),
            _ => {
                writer.foreign_key(key);
                value.write_compact(writer);
            }
        }
    }
}
