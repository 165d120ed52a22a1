//! Tool schemas: Claude wants an object at the root, without alternatives there (trap 13). Nothing below the root is
//! touched, and a schema whose root is right keeps its bytes.

use std::collections::{HashMap, HashSet, VecDeque};

use crate::json::{RawJson, Str, Value};

/// Subschemas looked at before a cycle of references is suspected.
const MOST_PARTS: usize = 256;

/// A schema with a root that Claude takes.
#[derive(Debug, PartialEq)]
pub(super) struct Normalised {
    pub(super) schema: RawJson,
    /// It allows or forbids other values than before.
    pub(super) changed: bool,
}

/// Makes the root of `schema` an object without alternatives.
pub(super) fn normalise(schema: &RawJson) -> Normalised {
    let document = schema.document();
    let root = document.root();
    if !root.is_object() {
        return Normalised {
            schema: empty(),
            changed: root.as_bool() != Some(true) && !root.is_null(),
        };
    }
    let joined = ["anyOf", "oneOf", "allOf", "$ref"]
        .iter()
        .any(|key| root.get(key).is_some());
    if joined {
        return Normalised {
            schema: merge(root),
            changed: true,
        };
    }
    let kind = root.field("type");
    let is_object = kind.and_then(Value::as_str).as_deref() == Some("object");
    let has_null = root.get("properties").is_some_and(Value::is_null);
    if is_object && !has_null {
        return Normalised {
            schema: schema.clone(),
            changed: false,
        };
    }
    Normalised {
        schema: RawJson::build(|writer| {
            writer.object(|writer| {
                writer.field("type", "object");
                for (key, value) in root.entries() {
                    if key != "type" && !(key == "properties" && value.is_null()) {
                        writer.field(&key, &value.raw());
                    }
                }
            });
        }),
        changed: !is_object && kind.is_some(),
    }
}

/// The schema of a tool that takes nothing in particular.
pub(super) fn empty() -> RawJson {
    RawJson::build(|writer| {
        writer.object(|writer| {
            writer.field("type", "object");
            writer.object_field("properties", |_| {});
        });
    })
}

/// The properties of all alternatives together; only what every value must have stays required.
fn merge(root: Value<'_>) -> RawJson {
    let merged = Merged::of(root);
    let own = |key: &str| {
        matches!(
            key,
            "type" | "properties" | "required" | "anyOf" | "oneOf" | "allOf" | "$ref"
        )
    };
    RawJson::build(|writer| {
        writer.object(|writer| {
            writer.field("type", "object");
            for (key, value) in root.entries().filter(|(key, _)| !own(key)) {
                writer.field(&key, &value.raw());
            }
            writer.object_field("properties", |writer| {
                for (name, schemas) in &merged.properties {
                    match &schemas[..] {
                        [schema] => writer.field(name, schema),
                        schemas => writer.object_field(name, |writer| {
                            writer.array_field("anyOf", |writer| {
                                schemas.iter().for_each(|schema| writer.value(schema));
                            });
                        }),
                    }
                }
            });
            if !merged.required.is_empty() {
                writer.array_field("required", |writer| {
                    merged.required.iter().for_each(|name| writer.value(name));
                });
            }
        });
    })
}

#[derive(Default)]
struct Merged {
    /// Every property with its different schemas.
    properties: Vec<(Str, Vec<RawJson>)>,
    places: HashMap<Str, usize>,
    required: Vec<Str>,
}

impl Merged {
    fn of(root: Value<'_>) -> Self {
        let mut merged = Self::default();
        let mut seen = HashSet::new();
        // A part, and whether every value must satisfy it.
        let mut parts = VecDeque::from([(root, true)]);
        let mut budget = MOST_PARTS;
        while let Some((part, binding)) = parts.pop_front() {
            if budget == 0 {
                break;
            }
            budget -= 1;
            merged.properties_of(part);
            let required = part.field("required").filter(|_| binding);
            for name in required.iter().flat_map(|list| list.items()) {
                if let Some(name) = name.text().filter(|name| seen.insert(name.clone())) {
                    merged.required.push(name);
                }
            }
            let target = part.text_of("$ref").and_then(|path| resolve(root, &path));
            parts.extend(target.map(|target| (target, binding)));
            for (key, binding) in [("allOf", binding), ("anyOf", false), ("oneOf", false)] {
                let members = part.field(key).into_iter().flat_map(Value::items);
                parts.extend(members.map(|member| (member, binding)));
            }
        }
        merged
    }

    fn properties_of(&mut self, part: Value<'_>) {
        let properties = part.field("properties").into_iter();
        for (name, schema) in properties.flat_map(Value::entries) {
            let name = Str::from(&*name);
            let schema = schema.raw();
            match self.places.get(&name) {
                Some(place) => {
                    let schemas = &mut self.properties[*place].1;
                    if !schemas.contains(&schema) {
                        schemas.push(schema);
                    }
                }
                None => {
                    self.places.insert(name.clone(), self.properties.len());
                    self.properties.push((name, vec![schema]));
                }
            }
        }
    }
}

/// What a local reference (`#/$defs/name`) points at.
fn resolve<'d>(root: Value<'d>, path: &str) -> Option<Value<'d>> {
    path.strip_prefix("#/")?
        .split('/')
        .try_fold(root, |value, step| {
            value.get(&step.replace("~1", "/").replace("~0", "~"))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(schema: &str, expected: &str, changed: bool) {
        let schema = RawJson::parse(Str::from(schema)).unwrap();
        let normalised = normalise(&schema);
        assert_eq!(normalised.schema.as_str(), expected);
        assert_eq!(normalised.changed, changed);
        let again = normalise(&normalised.schema);
        assert_eq!(again.schema, normalised.schema, "twice is once");
    }

    #[test]
    fn a_right_root_keeps_its_bytes() {
        let schema = r#"{"properties" : {"a": {"anyOf": [1.0]}}, "type": "object", "x": 1e0}"#;
        check(schema, schema, false);
        check(r#"{"type":"object"}"#, r#"{"type":"object"}"#, false);
    }

    #[test]
    fn the_root_becomes_an_object() {
        let nothing = r#"{"type":"object","properties":{}}"#;
        check("{}", r#"{"type":"object"}"#, false);
        check("true", nothing, false);
        check("null", nothing, false);
        check("[1]", nothing, true);
        check(
            r#"{"properties":{"a":{}}}"#,
            r#"{"type":"object","properties":{"a":{}}}"#,
            false,
        );
        check(
            r#"{"type":["object","null"],"description":"d","properties":null}"#,
            r#"{"type":"object","description":"d"}"#,
            true,
        );
    }

    #[test]
    fn alternatives_become_optional_properties() {
        check(
            r#"{"description":"d","properties":{"id":{}},"required":["id"],"oneOf":[{"properties":{"a":{"const":1},"id":{}},"required":["a"]},{"properties":{"a":{"const":2}}}]}"#,
            r#"{"type":"object","description":"d","properties":{"id":{},"a":{"anyOf":[{"const":1},{"const":2}]}},"required":["id"]}"#,
            true,
        );
        check(
            r#"{"allOf":[{"properties":{"a":{}},"required":["a"]},{"properties":{"b":{}},"required":["b","a"]}]}"#,
            r#"{"type":"object","properties":{"a":{},"b":{}},"required":["a","b"]}"#,
            true,
        );
    }

    #[test]
    fn references_at_the_root_are_followed_and_cycles_cut() {
        check(
            r##"{"$ref":"#/$defs/A","$defs":{"A":{"properties":{"a":{}},"required":["a"]}}}"##,
            r##"{"type":"object","$defs":{"A":{"properties":{"a":{}},"required":["a"]}},"properties":{"a":{}},"required":["a"]}"##,
            true,
        );
        check(
            r##"{"$ref":"#"}"##,
            r#"{"type":"object","properties":{}}"#,
            true,
        );
        check(
            r##"{"$ref":"#/$defs/A","$defs":{"A":{"allOf":[{"$ref":"#/$defs/A"},{"$ref":"#/$defs/A"}]}}}"##,
            r##"{"type":"object","$defs":{"A":{"allOf":[{"$ref":"#/$defs/A"},{"$ref":"#/$defs/A"}]}},"properties":{}}"##,
            true,
        );
    }
}
