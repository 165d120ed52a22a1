//! What a strict schema must say.

use serde_json::Value;

/// Why `schema` is not strict: every object lists all its properties as required and allows no others.
pub(super) fn strict(schema: &Value) -> Result<(), String> {
    if schema["type"] != "object" {
        return Err("schema must be a JSON Schema of 'type: \"object\"'.".to_owned());
    }
    inner(schema, &mut Vec::new())
}

fn inner(schema: &Value, path: &mut Vec<String>) -> Result<(), String> {
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
