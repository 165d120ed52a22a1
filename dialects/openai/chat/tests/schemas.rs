//! Schemas of a Claude client's tools, which every other upstream wants with an object at the root.

use serde_json::{Value as Json, json};

use super::{claude, target};
use crate::{Dialect, encode_request};

/// What the tool `f` of `schema` takes, and whether that is told as a change.
#[track_caller]
fn written(dialect: Dialect, schema: &Json) -> (Json, bool) {
    let request = claude(&json!({
        "model": "m", "max_tokens": 100, "messages": [{"role": "user", "content": "x"}],
        "tools": [{"name": "f", "input_schema": schema}],
    }));
    let encoded = encode_request(dialect, &request, &target()).unwrap();
    let mut body: Json = serde_json::from_slice(&encoded.body.to_bytes()).unwrap();
    let place = match dialect {
        Dialect::Gemini => "/tools/0/functionDeclarations/0/parametersJsonSchema",
        Dialect::Chat => "/tools/0/function/parameters",
        _ => "/tools/0/parameters",
    };
    let found = body.pointer_mut(place).map_or(Json::Null, Json::take);
    let mut losses = encoded.losses.iter();
    let told = losses.any(|loss| loss.path == "tools[0].input_schema");
    (found, told)
}

#[test]
fn trap_13_schemas_of_others_get_an_object_at_the_root() {
    let empty = json!({"type": "object", "properties": {}});
    let a = json!({"type": "object", "properties": {"a": {}}});
    for dialect in [Dialect::Chat, Dialect::Responses, Dialect::Gemini] {
        for (schema, expected, changed) in [
            (json!({}), &empty, false),
            (json!(true), &empty, false),
            (json!({"type": "object"}), &empty, false),
            (json!({"properties": {"a": {}}}), &a, false),
            (
                json!({"type": ["object", "null"], "properties": {"a": {}}}),
                &a,
                true,
            ),
            (
                json!({"anyOf": [{"properties": {"a": {}}, "required": ["a"]}]}),
                &a,
                true,
            ),
            (
                json!({"type": "object", "properties": {"a": {}}, "not": {"required": ["a"]}}),
                &a,
                true,
            ),
        ] {
            let (found, told) = written(dialect, &schema);
            assert_eq!(found, *expected, "{dialect} of {schema}");
            assert_eq!(told, changed, "{dialect} of {schema}");
        }
    }
}
