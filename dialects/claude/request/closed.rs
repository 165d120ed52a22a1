//! Schemas that Claude enforces, of answers and of strict tools: only objects that hold what they list and nothing else, and no bounds of numbers,
//! texts or lists ("for 'object' type, 'additionalProperties' must be explicitly set to false").

use crate::json::{RawJson, Value, Writer};
use crate::losses::Losses;

/// Keywords that make the whole request a 400.
const BOUNDS: [&str; 11] = [
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "minLength",
    "maxLength",
    "maxItems",
    "uniqueItems",
    "minProperties",
    "maxProperties",
];

/// A schema that Claude enforces.
#[derive(Debug, PartialEq)]
struct Closed {
    schema: RawJson,
    /// Where below the root something is no longer said, or an object no longer open.
    lost: Vec<String>,
}

/// The schema that stands at `path` in the client's body, as Claude enforces it.
pub(super) fn enforced(schema: &RawJson, path: &str, losses: &mut Losses) -> RawJson {
    let closed = close(schema);
    for lost in closed.lost {
        let why = "Claude enforces no such bound, and only objects that hold what they list";
        losses.changed(format!("{path}.{lost}"), why);
    }
    closed.schema
}

/// Closes every object of `schema` and leaves its bounds out; one that is closed keeps its bytes.
fn close(schema: &RawJson) -> Closed {
    let mut closer = Closer::default();
    let document = schema.document();
    let closed = RawJson::build(|writer| closer.write(writer, document.root()));
    Closed {
        schema: if closer.changed {
            closed
        } else {
            schema.clone()
        },
        lost: closer.lost,
    }
}

#[derive(Default)]
struct Closer {
    path: Vec<String>,
    changed: bool,
    lost: Vec<String>,
}

impl Closer {
    fn lose(&mut self, keyword: &str) {
        self.changed = true;
        let mut path = self.path.join(".");
        if !path.is_empty() {
            path.push('.');
        }
        path.push_str(keyword);
        self.lost.push(path);
    }

    fn below(&mut self, writer: &mut Writer<'_>, step: String, schema: Value<'_>) {
        self.path.push(step);
        self.write(writer, schema);
        self.path.pop();
    }

    fn write(&mut self, writer: &mut Writer<'_>, schema: Value<'_>) {
        if !schema.is_object() {
            return schema.write_compact(writer);
        }
        writer.object(|writer| {
            for (key, value) in schema.entries() {
                self.keyword(writer, schema, &key, value);
            }
            if is_object(schema) {
                writer.field("additionalProperties", &false);
                let open = schema.get("additionalProperties").is_none();
                self.changed |= open;
                if open && schema.get("properties").is_none() {
                    // It could have held anything, now it holds nothing.
                    self.lose("additionalProperties");
                }
            }
        });
    }

    fn keyword(&mut self, writer: &mut Writer<'_>, schema: Value<'_>, key: &str, value: Value<'_>) {
        match key {
            "additionalProperties" if value.as_bool() == Some(false) => {
                // An object says it at its end.
                if !is_object(schema) {
                    writer.foreign_field(key, &false);
                }
            }
            "additionalProperties" => self.lose(key),
            "minItems" if value.as_i64().is_none_or(|count| count > 1) => self.lose(key),
            _ if BOUNDS.contains(&key) => self.lose(key),
            "properties" | "$defs" | "definitions" => {
                writer.foreign_key(key);
                writer.object(|writer| {
                    for (name, schema) in value.entries() {
                        writer.foreign_key(&name);
                        self.below(writer, format!("{key}.{name}"), schema);
                    }
                });
            }
            "items" => {
                writer.key("items");
                self.below(writer, key.to_owned(), value);
            }
            "anyOf" | "allOf" | "oneOf" => {
                // Claude knows the weaker word only.
                let weaker = key == "oneOf" && schema.get("anyOf").is_none();
                self.changed |= weaker;
                writer.foreign_key(if weaker { "anyOf" } else { key });
                writer.array(|writer| {
                    for (index, schema) in value.items().enumerate() {
                        self.below(writer, format!("{key}[{index}]"), schema);
                    }
                });
            }
            key => {
                writer.foreign_key(key);
                value.write_compact(writer);
            }
        }
    }
}

fn is_object(schema: Value<'_>) -> bool {
    let is = |kind: Value<'_>| kind.as_str().as_deref() == Some("object");
    let kind = schema.field("type");
    schema.get("properties").is_some() || kind.is_some_and(|kind| is(kind) || kind.items().any(is))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::Str;

    #[track_caller]
    fn check(schema: &str, expected: &str, lost: &[&str]) {
        let closed = close(&RawJson::parse(Str::from(schema)).unwrap());
        assert_eq!(closed.schema.as_str(), expected);
        assert_eq!(closed.lost, lost);
        let again = close(&closed.schema);
        assert_eq!(again.schema, closed.schema, "twice is once");
        assert!(again.lost.is_empty());
    }

    #[test]
    fn a_closed_schema_keeps_its_bytes() {
        let schema = r#"{"type" : "object", "additionalProperties": false, "properties": {"minimum": {"type": "number"}}}"#;
        check(schema, schema, &[]);
    }

    #[test]
    fn objects_are_closed_at_every_depth() {
        check(
            r##"{"type":"object","properties":{"a":{"type":["object","null"]},"b":{"type":"array","items":{"$ref":"#/$defs/c"}}},"$defs":{"c":{"anyOf":[{"properties":{}},{"type":"null"}]}}}"##,
            r##"{"type":"object","properties":{"a":{"type":["object","null"],"additionalProperties":false},"b":{"type":"array","items":{"$ref":"#/$defs/c"}}},"$defs":{"c":{"anyOf":[{"properties":{},"additionalProperties":false},{"type":"null"}]}},"additionalProperties":false}"##,
            &["properties.a.additionalProperties"],
        );
        check(
            r#"{"type":"object","additionalProperties":{"type":"string"}}"#,
            r#"{"type":"object","additionalProperties":false}"#,
            &["additionalProperties"],
        );
    }

    #[test]
    fn bounds_are_left_out_and_named() {
        check(
            r#"{"type":"object","properties":{"a":{"type":"integer","minimum":1},"b":{"oneOf":[{"type":"string","maxLength":3,"pattern":"x"},{"type":"array","minItems":2},{"type":"array","minItems":1}]}},"additionalProperties":false}"#,
            r#"{"type":"object","properties":{"a":{"type":"integer"},"b":{"anyOf":[{"type":"string","pattern":"x"},{"type":"array"},{"type":"array","minItems":1}]}},"additionalProperties":false}"#,
            &[
                "properties.a.minimum",
                "properties.b.oneOf[0].maxLength",
                "properties.b.oneOf[1].minItems",
            ],
        );
    }
}
