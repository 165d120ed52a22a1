//! Schemas of tools: every upstream wants an object at the root, without alternatives there (trap 13). OpenAI's refuse it
//! without `properties` and beside `enum`, `const` and `not` as well. Nothing below the root is touched, and a schema
//! whose root is right keeps its bytes.

use std::collections::{HashMap, HashSet, VecDeque};

use crate::ir::Request;
use crate::json::{RawJson, Str, Value};
use crate::losses::Losses;

/// Subschemas looked at before a cycle of references is suspected.
const MOST_PARTS: usize = 256;

/// What no upstream takes at the root.
const REFUSED: [&str; 7] = ["anyOf", "oneOf", "allOf", "$ref", "enum", "const", "not"];

/// The schema of the function at `index` with a root that an upstream called `upstream` takes.
pub(crate) fn mended(
    request: &Request,
    index: usize,
    schema: &RawJson,
    upstream: &str,
    losses: &mut Losses,
) -> RawJson {
    let mended = mend(schema);
    if mended.changed {
        let why =
            format!("{upstream} wants an object without alternatives at the root of a schema");
        losses.changed(request.schema_path(index), why);
    }
    mended.schema
}

/// A schema with a root that upstreams take.
#[derive(Debug, PartialEq)]
struct Mended {
    schema: RawJson,
    /// It allows or forbids other values than before.
    changed: bool,
}

/// Makes the root of `schema` an object without alternatives.
fn mend(schema: &RawJson) -> Mended {
    let document = schema.document();
    let root = document.root();
    if !root.is_object() {
        return Mended {
            schema: empty(),
            changed: root.as_bool() != Some(true) && !root.is_null(),
        };
    }
    if REFUSED.iter().any(|key| root.get(key).is_some()) {
        return Mended {
            schema: merge(root),
            changed: true,
        };
    }
    let kind = root.field("type");
    let is_object = kind.and_then(Value::as_str).as_deref() == Some("object");
    let has_list = root.get("properties").is_some_and(Value::is_object);
    if is_object && has_list {
        return Mended {
            schema: schema.clone(),
            changed: false,
        };
    }
    Mended {
        schema: RawJson::build(|writer| {
            writer.object(|writer| {
                writer.field("type", "object");
                for (key, value) in root.entries() {
                    if key != "type" && (key != "properties" || has_list) {
                        writer.foreign_field(&key, &value.raw());
                    }
                }
                if !has_list {
                    writer.object_field("properties", |_| {});
                }
            });
        }),
        changed: !is_object && kind.is_some(),
    }
}

/// The schema of a tool that takes nothing in particular.
pub(crate) fn empty() -> RawJson {
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
    let own =
        |key: &str| matches!(key, "type" | "properties" | "required") || REFUSED.contains(&key);
    RawJson::build(|writer| {
        writer.object(|writer| {
            writer.field("type", "object");
            for (key, value) in root.entries().filter(|(key, _)| !own(key)) {
                writer.foreign_field(&key, &value.raw());
            }
            writer.object_field("properties", |writer| {
                for (name, schemas) in &merged.properties {
                    writer.foreign_key(name);
                    match &schemas[..] {
                        [schema] => writer.value(schema),
                        schemas => writer.object(|writer| {
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
        let mended = mend(&schema);
        assert_eq!(mended.schema.as_str(), expected);
        assert_eq!(mended.changed, changed);
        let again = mend(&mended.schema);
        assert_eq!(again.schema, mended.schema, "twice is once");
    }

    #[test]
    fn a_right_root_keeps_its_bytes() {
        let schema = r#"{"properties" : {"a": {"anyOf": [1.0]}}, "type": "object", "x": 1e0}"#;
        check(schema, schema, false);
    }

    #[test]
    fn the_root_becomes_an_object() {
        let nothing = r#"{"type":"object","properties":{}}"#;
        check("{}", nothing, false);
        check(r#"{"type":"object"}"#, nothing, false);
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
            r#"{"type":"object","description":"d","properties":{}}"#,
            true,
        );
        check(
            r#"{"type":"object","properties":{"a":{}},"not":{"required":["a"]},"enum":[{}],"const":{}}"#,
            r#"{"type":"object","properties":{"a":{}}}"#,
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
