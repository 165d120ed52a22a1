use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::*;
use crate::json::Str;

fn raw(json: &Json) -> RawJson {
    RawJson::parse(Str::from(json.to_string())).expect("JSON")
}

fn value(raw: &RawJson) -> Json {
    serde_json::from_str(raw.as_str()).expect("JSON")
}

#[track_caller]
fn check(schema: &Json, expected: &Json) {
    let cleaned = clean(&raw(schema));
    assert_eq!(value(&cleaned.schema), *expected, "{schema}");
    let again = clean(&cleaned.schema);
    assert_eq!(again.schema, cleaned.schema, "not the same twice: {schema}");
    assert!(again.lost.is_empty(), "{:?}", again.lost);
}

#[track_caller]
fn lost(schema: &Json) -> Vec<String> {
    let lost = clean(&raw(schema)).lost;
    lost.into_iter().map(|lost| lost.path).collect()
}

#[test]
fn properties_named_like_keywords_stay() {
    let schema = json!({"type": "object", "required": ["$ref"], "properties": {
        "title": {"type": "string"}, "format": {"type": "string"}, "default": {"type": "string"},
        "properties": {"type": "string"}, "additionalProperties": {"type": "string"},
        "$ref": {"type": "string"}, "anyOf": {"type": "string"}, "any_of": {"type": "string"},
        "type": {"type": "object", "properties": {"const": {"type": "integer"}}}}});
    let cleaned = clean(&raw(&schema));
    assert_eq!(cleaned.schema, raw(&schema), "the bytes are kept");
    assert!(cleaned.lost.is_empty());
}

#[test]
fn references_that_never_end_are_cut() {
    check(
        &json!({"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/a"}}}),
        &json!({"type": "object"}),
    );
    check(
        &json!({"type": "object", "properties": {"a": {"$ref": "#"}}}),
        &json!({"type": "object", "properties": {"a": {"type": "object", "properties": {"a": {"type": "object"}}}}}),
    );
    // Each level stands twice for the next: a million million of them.
    let mut levels = serde_json::Map::new();
    for level in 0..40 {
        let next = format!("#/$defs/l{}", level + 1);
        let both =
            json!({"type": "object", "properties": {"a": {"$ref": next}, "b": {"$ref": next}}});
        levels.insert(format!("l{level}"), both);
    }
    levels.insert("l40".into(), json!({"type": "string"}));
    let schema = json!({"$ref": "#/$defs/l0", "$defs": levels});
    let cleaned = clean(&raw(&schema));
    assert!(cleaned.schema.as_str().len() < 2_000_000);
    assert!(
        cleaned
            .lost
            .iter()
            .any(|lost| lost.why.contains("too deep or too large"))
    );
}

#[test]
fn a_hostile_schema_takes_little_time() {
    let many = 50_000;
    let named = |value: &dyn Fn(usize) -> Json| -> serde_json::Map<String, Json> {
        (0..many)
            .map(|number| (format!("p{number}"), value(number)))
            .collect()
    };
    let one = |number: usize| json!({"properties": {format!("q{number}"): {"type": "string"}}});
    let list: Vec<Json> = (0..many).map(one).collect();
    let references = named(&|number| json!({"$ref": format!("#/$defs/p{number}")}));
    let schema = json!({"type": "object", "properties": references, "allOf": list, "anyOf": list,
        "$defs": named(&|_| json!({"type": "string"}))});
    let begun = std::time::Instant::now();
    let cleaned = clean(&raw(&schema));
    assert!(!cleaned.lost.is_empty());
    assert!(
        begun.elapsed() < std::time::Duration::from_secs(20),
        "{:?}",
        begun.elapsed()
    );
}

#[test]
fn alternatives_are_flattened() {
    check(
        &json!({"anyOf": [{"type": "string"}, {"type": "null"}], "description": "d"}),
        &json!({"type": "string", "nullable": true, "description": "d"}),
    );
    check(
        &json!({"oneOf": [{"type": "string"}, {"anyOf": [{"type": "null"}, {"type": "integer"}]}]}),
        &json!({"anyOf": [{"type": "string"}, {"type": "integer", "nullable": true}]}),
    );
    check(
        &json!({"type": ["string", "null", "array"], "items": {"type": "integer"}}),
        &json!({"anyOf": [{"type": "string", "nullable": true}, {"type": "array", "items": {"type": "integer"}}]}),
    );
    check(
        &json!({"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"],
            "anyOf": [{"properties": {"b": {"type": "string"}}, "required": ["b"]}, {"required": ["a"]}]}),
        &json!({"type": "object", "required": ["a"],
            "properties": {"a": {"type": "string"}, "b": {"type": "string"}}}),
    );
}

#[test]
fn only_texts_are_listed() {
    check(
        &json!({"properties": {"a": {"enum": ["x", "y"]}, "b": {"anyOf": [{"enum": ["z"]}, {"type": "integer"}]}}}),
        &json!({"type": "object", "properties": {"a": {"type": "string", "enum": ["x", "y"]}, "b": {"anyOf": [{"type": "string", "enum": ["z"]}, {"type": "integer"}]}}}),
    );
    check(
        &json!({"const": "x"}),
        &json!({"type": "string", "enum": ["x"]}),
    );
    check(
        &json!({"enum": ["x", null]}),
        &json!({"type": "string", "nullable": true, "enum": ["x"]}),
    );
    check(&json!({"const": 3}), &json!({"type": "integer"}));
    assert_eq!(lost(&json!({"type": "integer", "enum": [1, 2]})), ["enum"]);
    assert_eq!(lost(&json!({"const": true})), ["const"]);
}

#[test]
fn bounds_types_and_required_names() {
    check(
        &json!({"type": "integer", "exclusiveMinimum": 0, "exclusiveMaximum": 10}),
        &json!({"type": "integer", "minimum": 1, "maximum": 9}),
    );
    check(
        &json!({"type": "number", "exclusiveMinimum": 0.5}),
        &json!({"type": "number", "minimum": 0.5}),
    );
    check(
        &json!({"properties": {"a": true}, "required": ["a", "b", "a"]}),
        &json!({"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}),
    );
    check(
        &json!({"type": "array"}),
        &json!({"type": "array", "items": {"type": "string"}}),
    );
    check(
        &json!({"type": "string", "format": "date-time"}),
        &json!({"type": "string", "format": "date-time"}),
    );
    assert_eq!(
        lost(&json!({"type": "string", "format": "uri"})),
        ["format"]
    );
    check(&json!(true), &json!({}));
    assert_eq!(lost(&json!({"properties": {"a": false}})), ["properties.a"]);
}

#[test]
fn any_value_is_a_text() {
    let schema = json!({"type": "object", "properties": {"a": {"description": "any"}, "b": {"type": "array", "items": {}}, "c": {"anyOf": [{"type": "integer"}, {}]}}});
    check(
        &schema,
        &json!({"type": "object", "properties": {"a": {"type": "string", "description": "any"}, "b": {"type": "array", "items": {"type": "string"}}, "c": {"anyOf": [{"type": "integer"}, {"type": "string"}]}}}),
    );
    assert_eq!(
        lost(&schema),
        [
            "properties.a",
            "properties.b.items",
            "properties.c.anyOf[1]"
        ]
    );
}

#[test]
fn what_is_lost_is_named_where_it_stood() {
    let schema = json!({"$schema": "x", "properties": {"a": {"items": {"uniqueItems": true, "type": "array"}, "type": "array"}}});
    assert_eq!(lost(&schema), ["$schema", "properties.a.items.uniqueItems"]);
    let all = clean(&raw(&schema)).lost;
    assert!(all[0].quiet && !all[1].quiet);
}

#[test]
fn googles_form_becomes_json_schema() {
    let own = json!({"type": "OBJECT", "propertyOrdering": ["a"], "properties": {
        "a": {"type": "STRING", "nullable": true, "enum": ["x"]}, "nullable": {"type": "INTEGER", "minItems": "3"},
        "any_of": {"any_of": [{"type": "NUMBER"}], "nullable": true}}, "required": ["a"]});
    let expected = json!({"type": "object", "properties": {
        "a": {"type": ["string", "null"], "enum": ["x"]}, "nullable": {"type": "integer", "minItems": 3},
        "any_of": {"anyOf": [{"type": "number"}, {"type": "null"}]}}, "required": ["a"]});
    assert_eq!(value(&to_json_schema(&raw(&own))), expected);
    let both = raw(&json!({"type": "object", "properties": {"A": {"type": "string"}}}));
    assert_eq!(to_json_schema(&both), both, "the bytes are kept");
}

fn schema() -> impl Strategy<Value = Json> {
    let kind = prop::sample::select(vec![
        "string", "integer", "object", "array", "null", "OBJECT",
    ]);
    let leaf = prop_oneof![
        kind.clone().prop_map(|kind| json!({"type": kind})),
        Just(json!({"$ref": "#/$defs/a"})),
        Just(json!({"$ref": "#"})),
        Just(json!({"const": 1, "nullable": true})),
        Just(json!({"enum": ["a", null], "title": "t"})),
        Just(json!({"type": ["string", "null"], "format": "email"})),
        Just(json!(true)),
        Just(json!(null)),
        Just(json!(7)),
    ];
    leaf.prop_recursive(4, 30, 4, move |inner| {
        let list = prop::collection::vec(inner.clone(), 0..3);
        let keys = prop::sample::select(vec!["anyOf", "oneOf", "allOf", "items", "properties"]);
        let named = prop::collection::btree_map("[a-c]|type|anyOf", inner.clone(), 0..3);
        prop_oneof![
            (keys, list).prop_map(|(key, list)| json!({key: list})),
            (named, kind.clone()).prop_map(|(properties, kind)| {
                json!({"type": kind, "properties": properties, "required": ["a", "zz"]})
            }),
            inner.clone().prop_map(|items| json!({"type": "array", "items": items, "minItems": 1})),
            (inner.clone(), inner).prop_map(|(one, other)| {
                json!({"anyOf": [one], "type": "object", "properties": {"a": other}, "required": ["a"]})
            }),
        ]
    })
}

/// What Google refuses.
fn faults(schema: &Json, path: &str, found: &mut Vec<String>) {
    let Some(fields) = schema.as_object() else {
        return found.push(format!("{path}: no object"));
    };
    for (key, value) in fields {
        match key.as_str() {
            "type" | "format" | "title" | "description" | "nullable" | "default" | "example" => {}
            "minItems" | "maxItems" | "minimum" | "maximum" | "minLength" | "maxLength" => {}
            "pattern" | "minProperties" | "maxProperties" | "propertyOrdering" => {}
            "enum"
                if value
                    .as_array()
                    .is_some_and(|words| words.iter().all(Json::is_string)) => {}
            "items" => faults(value, &format!("{path}.items"), found),
            "required" => {
                for name in value
                    .as_array()
                    .into_iter()
                    .flatten()
                    .filter_map(Json::as_str)
                {
                    if schema["properties"].get(name).is_none() {
                        found.push(format!("{path}.required: {name}"));
                    }
                }
            }
            "properties" => {
                for (name, property) in value.as_object().into_iter().flatten() {
                    faults(property, &format!("{path}.{name}"), found);
                }
            }
            "anyOf" => {
                for branch in value.as_array().into_iter().flatten() {
                    faults(branch, &format!("{path}.anyOf"), found);
                }
                if fields.contains_key("type") || fields.contains_key("properties") {
                    found.push(format!("{path}: something beside anyOf"));
                }
            }
            key => found.push(format!("{path}.{key}")),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn cleaning_twice_is_cleaning_once(schema in schema(), other in schema()) {
        let mut schema = schema;
        if let Some(fields) = schema.as_object_mut() {
            fields.insert("$defs".into(), json!({"a": other}));
        }
        let once = clean(&raw(&schema));
        let mut found = Vec::new();
        faults(&value(&once.schema), "", &mut found);
        prop_assert!(found.is_empty(), "{:?}\n{}\n{}", found, schema, once.schema.as_str());
        let twice = clean(&once.schema);
        prop_assert_eq!(value(&twice.schema), value(&once.schema));
        prop_assert!(twice.lost.is_empty(), "{:?}", twice.lost);
    }

    #[test]
    fn any_json_is_cleaned_and_turned_back(text in "[\\[\\]{}\":,a-z0-9$#/]{0,60}") {
        if let Ok(schema) = RawJson::parse(Str::from(text)) {
            clean(&schema);
            to_json_schema(&schema);
        }
    }
}

#[test]
fn a_property_is_said_once_wherever_it_is_described() {
    let twice = r#"{"allOf":[{"properties":{"a":{"type":"string"},"b":{}}}],"properties":{"a":{"type":"integer"},"c":{}}}"#;
    let cleaned = clean(&RawJson::parse(Str::from_static(twice)).expect("JSON"));
    let text = cleaned.schema.as_str();
    for name in ["\"a\":", "\"b\":", "\"c\":"] {
        assert_eq!(text.matches(name).count(), 1, "{text}");
    }
}
