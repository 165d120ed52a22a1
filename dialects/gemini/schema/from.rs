//! From Google's `Schema` to JSON Schema, for every other vendor.

use crate::gemini::wire::{camel, count};
use crate::json::{RawJson, Value, Writer};

/// The JSON Schema that a `Schema` amounts to; one that is both keeps its bytes.
pub(crate) fn to_json_schema(schema: &RawJson) -> RawJson {
    let document = schema.document();
    if is_json_schema(document.root()) {
        return schema.clone();
    }
    RawJson::build(|writer| write(writer, document.root()))
}

/// Whether nothing in a schema needs another word.
fn is_json_schema(schema: Value<'_>) -> bool {
    let lower = |text: &str| !text.bytes().any(|byte| byte.is_ascii_uppercase());
    schema.entries().all(|(key, value)| match &*key {
        "type" => value.as_str().is_none_or(|kind| lower(&kind)),
        "nullable" | "propertyOrdering" | "example" => false,
        "items" => is_json_schema(value),
        "anyOf" => value.items().all(is_json_schema),
        "properties" => value
            .entries()
            .all(|(_, property)| is_json_schema(property)),
        key => !(is_bound(key) && value.as_str().is_some()) && camel(key) == key,
    })
}

fn is_bound(key: &str) -> bool {
    matches!(
        key,
        "minItems" | "maxItems" | "minLength" | "maxLength" | "minProperties" | "maxProperties"
    )
}

fn write(writer: &mut Writer<'_>, schema: Value<'_>) {
    if !schema.is_object() {
        return schema.write_compact(writer);
    }
    let nullable = schema.field("nullable").and_then(Value::as_bool) == Some(true);
    writer.object(|writer| {
        for (key, value) in schema.entries() {
            let key = camel(&key);
            match &*key {
                _ if value.is_null() && key != "default" => {}
                "nullable" | "propertyOrdering" => {}
                "type" => write_kind(writer, value, nullable),
                "items" => {
                    writer.key("items");
                    write(writer, value);
                }
                "properties" => writer.object_field("properties", |writer| {
                    for (name, property) in value.entries() {
                        writer.foreign_key(&name);
                        write(writer, property);
                    }
                }),
                "anyOf" => writer.array_field("anyOf", |writer| {
                    value.items().for_each(|branch| write(writer, branch));
                    if nullable {
                        writer.object(|writer| writer.field("type", "null"));
                    }
                }),
                "example" => writer.array_field("examples", |writer| value.write_compact(writer)),
                key if is_bound(key) => match count(value) {
                    Some(number) => writer.foreign_field(key, &number),
                    None => writer.foreign_field(key, &value.raw()),
                },
                key => {
                    writer.foreign_key(key);
                    value.write_compact(writer);
                }
            }
        }
    });
}

/// The type in small letters; a value that may be null has two.
fn write_kind(writer: &mut Writer<'_>, value: Value<'_>, nullable: bool) {
    let Some(kind) = value.as_str() else {
        return writer.field("type", &value.raw());
    };
    let kind = kind.to_ascii_lowercase();
    match (&*kind, nullable) {
        ("type_unspecified", _) => {}
        (kind, false) => writer.field("type", kind),
        (kind, true) => writer.array_field("type", |writer| {
            writer.value(kind);
            writer.value("null");
        }),
    }
}
