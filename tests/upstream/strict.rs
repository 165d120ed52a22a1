//! What a strict schema must say, with Chat as with Responses.

use serde_json::Value;

/// Why `schema` is not strict: every object lists all its properties as required and allows no others.
pub(crate) fn check(schema: &Value) -> Result<(), String> {
    if schema["type"] != "object" {
        return Err("schema must be a JSON Schema of 'type: \"object\"'.".to_owned());
    }
    inner(schema, &mut Vec::new())
}

/// Keywords that make no schema a strict one.
const FORBIDDEN: [&str; 6] = [
    "allOf",
    "oneOf",
    "not",
    "if",
    "patternProperties",
    "dependentRequired",
];

fn inner(schema: &Value, path: &mut Vec<String>) -> Result<(), String> {
    if let Some(key) = FORBIDDEN.iter().find(|key| schema.get(**key).is_some()) {
        return Err(format!(
            "In context=({}), '{key}' is not permitted.",
            path.join(", ")
        ));
    }
    if let Some(properties) = schema["properties"].as_object() {
        if schema["additionalProperties"] != false {
            return Err(format!(
                "In context=({}), 'additionalProperties' is required to be supplied and to be false.",
                path.join(", ")
            ));
        }
        let required: Vec<&Value> = schema["required"]
            .as_array()
            .into_iter()
            .flatten()
            .collect();
        if let Some(name) = properties
            .keys()
            .find(|name| !required.iter().any(|key| *key == name.as_str()))
        {
            return Err(format!(
                "In context=({}), 'required' is required to be supplied and to be an array including every key in properties. Missing '{name}'.",
                path.join(", ")
            ));
        }
        for (name, property) in properties {
            path.push(format!("'properties', '{name}'"));
            inner(property, path)?;
            path.pop();
        }
    }
    let none = Vec::new();
    let list = |key: &str| schema[key].as_array().unwrap_or(&none).iter();
    let named = schema["$defs"].as_object().into_iter().flatten();
    list("anyOf")
        .chain(list("items"))
        .chain(schema.get("items"))
        .chain(named.map(|(_, schema)| schema))
        .try_for_each(|schema| inner(schema, path))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_level_lists_all_it_has_and_nothing_else() {
        let of = |property: Value| json!({"type": "object", "properties": {"a": property}, "required": ["a"], "additionalProperties": false});
        for property in [
            json!({"type": "string"}),
            json!({"anyOf": [of(json!({"type": "null"})), {"type": "null"}]}),
            json!({"type": "array", "items": of(json!({"type": "number"}))}),
        ] {
            assert_eq!(check(&of(property)), Ok(()));
        }
        for (property, words) in [
            (
                json!({"type": "object", "properties": {"b": {}}, "required": ["b"]}),
                "'additionalProperties' is required",
            ),
            (
                json!({"type": "object", "properties": {"b": {}}, "additionalProperties": false}),
                "Missing 'b'",
            ),
            (
                json!({"oneOf": [{"type": "string"}]}),
                "'oneOf' is not permitted",
            ),
            (
                json!({"type": "array", "items": {"allOf": []}}),
                "'allOf' is not permitted",
            ),
        ] {
            let why = check(&of(property)).expect_err(words);
            assert!(why.contains(words), "{why}");
        }
    }
}
