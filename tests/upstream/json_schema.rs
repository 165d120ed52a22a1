//! JSON Schema as all vendors take it: the keywords that count must hold what they hold, at every depth; other keywords
//! are ignored. A schema in Google's own words is none: its types are in capitals.

use serde_json::Value;

const TYPES: [&str; 7] = [
    "string", "number", "integer", "boolean", "array", "object", "null",
];

/// Says where a whole schema that stands at `path` is wrong, and why.
pub(crate) fn check(schema: &Value, path: &str) -> Result<(), String> {
    node(schema, None, path)
}

/// The same for Google, whose references lead to a part of the schema and stand alone but for keywords that begin with
/// `$`.
pub(crate) fn check_for_google(schema: &Value, path: &str) -> Result<(), String> {
    node(schema, Some(schema), path)
}

/// `root` is there when references are checked.
fn node(schema: &Value, root: Option<&Value>, path: &str) -> Result<(), String> {
    let Some(object) = schema.as_object() else {
        // `true` and `false` are schemas too.
        return match schema {
            Value::Bool(_) => Ok(()),
            _ => Err(wrong(path, "must be a schema")),
        };
    };
    if let Some(root) = root {
        reference(schema, root, path)?;
    }
    types(&schema["type"], path)?;
    for (keyword, value) in object {
        let path = format!("{path}.{keyword}");
        match keyword.as_str() {
            "properties" | "$defs" => {
                let named = value
                    .as_object()
                    .ok_or_else(|| wrong(&path, "must be an object"))?;
                for (name, value) in named {
                    node(value, root, &format!("{path}[{name}]"))?;
                }
            }
            "items" | "additionalProperties" => node(value, root, &path)?,
            "anyOf" | "oneOf" | "prefixItems" => {
                if list(value).is_empty() {
                    return Err(wrong(&path, "must be a non-empty array"));
                }
                for (index, value) in list(value).iter().enumerate() {
                    node(value, root, &format!("{path}[{index}]"))?;
                }
            }
            "required" | "propertyOrdering" if !is_texts(value) => {
                return Err(wrong(&path, "must be an array of strings"));
            }
            "enum" if list(value).is_empty() => {
                return Err(wrong(&path, "must be a non-empty array"));
            }
            "title" | "description" | "format" | "$id" | "$anchor" if !value.is_string() => {
                return Err(wrong(&path, "must be a string"));
            }
            "minItems" | "maxItems" if value.as_f64().is_none_or(|count| count < 0.0) => {
                return Err(wrong(&path, "must be a count"));
            }
            "minimum" | "maximum" if !value.is_number() => {
                return Err(wrong(&path, "must be a number"));
            }
            _ => {}
        }
    }
    Ok(())
}

fn reference(schema: &Value, root: &Value, path: &str) -> Result<(), String> {
    let Some(target) = schema.get("$ref") else {
        return Ok(());
    };
    let pointer = target.as_str().and_then(|target| target.strip_prefix('#'));
    if pointer.and_then(|pointer| root.pointer(pointer)).is_none() {
        return Err(wrong(
            path,
            &format!("reference to undefined schema {target}"),
        ));
    }
    let mut beside = schema
        .as_object()
        .into_iter()
        .flat_map(|object| object.keys());
    match beside.find(|key| !key.starts_with('$')) {
        Some(key) => Err(wrong(
            path,
            &format!(
                "if $ref is set, no other field may be set except those starting with $: {key}"
            ),
        )),
        None => Ok(()),
    }
}

fn types(types: &Value, path: &str) -> Result<(), String> {
    let known = |kind: &Value| kind.as_str().is_some_and(|kind| TYPES.contains(&kind));
    let legal = match types {
        Value::Null => true,
        Value::Array(types) => !types.is_empty() && types.iter().all(known),
        one => known(one),
    };
    if legal {
        return Ok(());
    }
    Err(wrong(
        &format!("{path}.type"),
        &format!("{types} is no type of JSON Schema"),
    ))
}

fn is_texts(value: &Value) -> bool {
    value
        .as_array()
        .is_some_and(|items| items.iter().all(Value::is_string))
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn wrong(path: &str, what: &str) -> String {
    format!("{path}: {what}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn schemas_are_checked_to_the_bottom() {
        let deep = |schema: Value| json!({"type": "object", "properties": {"a": {"type": ["array", "null"], "items": {"anyOf": [schema, {"type": "null"}]}}}, "$defs": {"node": {"type": "object", "properties": {"type": {"type": "string"}, "next": {"$ref": "#/$defs/node"}}}}});
        for schema in [
            json!({}),
            json!(true),
            json!({"type": "string", "enum": ["a"], "format": "date", "minLength": 1}),
            json!({"$ref": "#/$defs/node", "$comment": "c"}),
            json!({"type": "object", "properties": {"required": {"type": "boolean"}}, "required": ["required"], "additionalProperties": false}),
            json!({"type": "integer", "minimum": 1, "exclusiveMaximum": 5, "nullable": true}),
        ] {
            let schema = deep(schema);
            assert_eq!(check(&schema, "schema"), Ok(()), "{schema}");
            assert_eq!(check_for_google(&schema, "schema"), Ok(()), "{schema}");
        }
        for (schema, words) in [
            (json!("string"), "must be a schema"),
            (json!({"type": "STRING"}), "no type of JSON Schema"),
            (json!({"type": []}), "no type of JSON Schema"),
            (json!({"type": "file"}), "no type of JSON Schema"),
            (json!({"properties": []}), "must be an object"),
            (json!({"properties": {"a": "string"}}), "must be a schema"),
            (json!({"required": "a"}), "array of strings"),
            (json!({"required": true}), "array of strings"),
            (json!({"enum": []}), "non-empty array"),
            (json!({"anyOf": []}), "non-empty array"),
            (json!({"oneOf": {"type": "string"}}), "non-empty array"),
            (json!({"items": [{"type": "string"}]}), "must be a schema"),
            (json!({"title": {"type": "string"}}), "must be a string"),
            (json!({"minimum": "1"}), "must be a number"),
            (json!({"$ref": "#/$defs/other"}), "undefined schema"),
            (json!({"$ref": "https://x.example/"}), "undefined schema"),
            (
                json!({"$ref": "#/$defs/node", "description": "d"}),
                "$ref is set",
            ),
        ] {
            let refers = schema.get("$ref").is_some();
            let schema = deep(schema);
            let why = check_for_google(&schema, "schema").expect_err(words);
            assert!(why.contains(words), "{why}");
            assert_eq!(check(&schema, "schema").is_ok(), refers, "{schema}");
        }
    }
}
