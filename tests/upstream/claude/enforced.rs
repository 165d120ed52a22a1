//! What a schema must be that Claude enforces: closed objects, and no bounds.

use serde_json::Value;

/// Keywords of bounds, none of which is enforced.
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

/// Why `schema` is not enforced.
pub(super) fn check(schema: &Value) -> Result<(), String> {
    let Some(object) = schema.as_object() else {
        return Ok(());
    };
    let kind = &schema["type"];
    let is_object = kind == "object"
        || kind
            .as_array()
            .is_some_and(|kinds| kinds.iter().any(|kind| kind == "object"));
    if is_object && schema["additionalProperties"] != false {
        return Err(
            "For 'object' type, 'additionalProperties' must be explicitly set to false".to_owned(),
        );
    }
    if let Some(key) = BOUNDS.iter().find(|key| object.contains_key(**key)) {
        return Err(format!("property '{key}' is not supported"));
    }
    if schema["minItems"].as_u64().is_some_and(|count| count > 1) {
        return Err("'minItems' values other than 0 or 1 are not supported".to_owned());
    }
    let named = ["properties", "$defs", "definitions"];
    let named = named.iter().filter_map(|key| schema[*key].as_object());
    let named = named.flat_map(|schemas| schemas.values());
    let listed = ["anyOf", "allOf", "oneOf"];
    let listed = listed.iter().filter_map(|key| schema[*key].as_array());
    named
        .chain(listed.flatten())
        .chain(object.get("items"))
        .try_for_each(check)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn objects_are_closed_and_nothing_is_bounded() {
        let of = |property: Value| json!({"type": "object", "properties": {"minimum": property}, "additionalProperties": false});
        for property in [
            json!({"type": "string", "pattern": "x"}),
            json!({"type": "array", "minItems": 1, "items": of(json!({"$ref": "#"}))}),
        ] {
            assert_eq!(check(&of(property)), Ok(()));
        }
        for (property, words) in [
            (json!({"type": "object"}), "additionalProperties"),
            (
                json!({"type": ["object", "null"], "additionalProperties": true}),
                "additionalProperties",
            ),
            (
                json!({"anyOf": [{"type": "integer", "minimum": 1}]}),
                "'minimum' is not supported",
            ),
            (json!({"type": "array", "minItems": 2}), "'minItems'"),
        ] {
            let why = check(&of(property)).expect_err(words);
            assert!(why.contains(words), "{why}");
        }
    }
}
