//! What Google refuses in a generateContent request (`dialects.md` 1.5).

use std::collections::BTreeSet;

use modelgate_dialects::json::Value;

const FIELDS: &[&str] = &[
    "contents",
    "systemInstruction",
    "tools",
    "toolConfig",
    "generationConfig",
    "safetySettings",
    "cachedContent",
    "labels",
    "serviceTier",
    "store",
];

const CONFIG: &[&str] = &[
    "temperature",
    "topP",
    "topK",
    "maxOutputTokens",
    "candidateCount",
    "stopSequences",
    "seed",
    "presencePenalty",
    "frequencyPenalty",
    "responseLogprobs",
    "logprobs",
    "responseMimeType",
    "responseSchema",
    "responseJsonSchema",
    "responseModalities",
    "thinkingConfig",
    "speechConfig",
    "imageConfig",
    "mediaResolution",
];

const DATA: &[&str] = &[
    "text",
    "inlineData",
    "fileData",
    "functionCall",
    "functionResponse",
    "executableCode",
    "codeExecutionResult",
    "toolCall",
    "toolResponse",
];

const BESIDE: &[&str] = &[
    "thought",
    "thoughtSignature",
    "partMetadata",
    "videoMetadata",
    "mediaResolution",
];

/// Keywords of Google's `Schema`.
const SCHEMA: &[&str] = &[
    "type",
    "format",
    "title",
    "description",
    "nullable",
    "default",
    "example",
    "enum",
    "items",
    "minItems",
    "maxItems",
    "properties",
    "propertyOrdering",
    "required",
    "minProperties",
    "maxProperties",
    "minimum",
    "maximum",
    "minLength",
    "maxLength",
    "pattern",
    "anyOf",
];

/// What is wrong with a request of another dialect written as Gemini.
pub(crate) fn faults(body: Value<'_>) -> Vec<String> {
    let mut faults = Vec::new();
    only(body, "", FIELDS, &mut faults);
    nulls(body, "", &mut faults);
    let names = tools(body, &mut faults);
    config(body, &mut faults);
    let contents: Vec<Value<'_>> = body
        .get("contents")
        .into_iter()
        .flat_map(Value::items)
        .collect();
    if contents.is_empty() {
        faults.push("contents: empty".into());
    }
    for (number, content) in contents.iter().enumerate() {
        let path = format!("contents[{number}]");
        let role = if number % 2 == 0 { "user" } else { "model" };
        if content.text_of("role").as_deref() != Some(role) {
            faults.push(format!("{path}.role: expected {role}"));
        }
        only(*content, &path, &["role", "parts"], &mut faults);
        parts(*content, &path, &mut faults);
    }
    if let Some(system) = body.get("systemInstruction") {
        only(system, "systemInstruction", &["role", "parts"], &mut faults);
        parts(system, "systemInstruction", &mut faults);
    }
    pairing(&contents, &names, &mut faults);
    faults
}

fn only(object: Value<'_>, path: &str, known: &[&str], faults: &mut Vec<String>) {
    for (key, _) in object.entries() {
        if !known.contains(&&*key) {
            faults.push(format!("{path}.{key}: unknown"));
        }
    }
}

/// Null is no value of any message.
fn nulls(value: Value<'_>, path: &str, faults: &mut Vec<String>) {
    for (key, value) in value.entries() {
        let path = format!("{path}.{key}");
        // Values of any form.
        let free = [
            "args",
            "response",
            "parametersJsonSchema",
            "responseJsonSchema",
            "partMetadata",
        ];
        let schema = ["default", "example"];
        if free.contains(&&*key) || schema.contains(&&*key) {
            continue;
        }
        if value.is_null() {
            faults.push(format!("{path}: null"));
        }
        nulls(value, &path, faults);
    }
    for (number, item) in value.items().enumerate() {
        nulls(item, &format!("{path}[{number}]"), faults);
    }
}

fn parts(content: Value<'_>, path: &str, faults: &mut Vec<String>) {
    let parts: Vec<Value<'_>> = content
        .get("parts")
        .into_iter()
        .flat_map(Value::items)
        .collect();
    if parts.is_empty() {
        faults.push(format!("{path}.parts: empty"));
    }
    for (number, part) in parts.iter().enumerate() {
        let path = format!("{path}.parts[{number}]");
        let data: Vec<&&str> = DATA.iter().filter(|key| part.get(key).is_some()).collect();
        if data.len() != 1 {
            faults.push(format!("{path}: {data:?}"));
        }
        only(*part, &path, &[DATA, BESIDE].concat(), faults);
        if let Some(text) = part.get("text") {
            let empty = text.text().is_none_or(|text| text.is_empty());
            if empty && part.get("thoughtSignature").is_none() {
                faults.push(format!("{path}.text: empty"));
            }
        }
        if let Some(call) = part.get("functionCall") {
            only(call, &path, &["id", "name", "args"], faults);
            if !call.get("args").is_some_and(Value::is_object) {
                faults.push(format!("{path}.functionCall.args: no object"));
            }
        }
        if let Some(result) = part.get("functionResponse") {
            let known = [
                "id",
                "name",
                "response",
                "parts",
                "willContinue",
                "scheduling",
            ];
            only(result, &path, &known, faults);
            if !result.get("response").is_some_and(Value::is_object) {
                faults.push(format!("{path}.functionResponse.response: no object"));
            }
        }
        if let Some(data) = part.get("inlineData") {
            only(data, &path, &["mimeType", "data"], faults);
            let mime = data.text_of("mimeType").unwrap_or_default();
            if !mime.contains('/') || ["image/jpg", "audio/mp3"].contains(&&*mime) {
                faults.push(format!("{path}.inlineData.mimeType: {mime:?}"));
            }
        }
        if let Some(data) = part.get("fileData") {
            only(data, &path, &["mimeType", "fileUri"], faults);
        }
    }
}

fn is_legal_name(name: &str) -> bool {
    let first = name.bytes().next();
    let starts = first.is_some_and(|first| first.is_ascii_alphabetic() || first == b'_');
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || b"_.:-".contains(&byte);
    starts && name.len() <= 128 && name.bytes().all(legal)
}

/// The names of the declared functions.
fn tools(body: Value<'_>, faults: &mut Vec<String>) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for tool in body.get("tools").into_iter().flat_map(Value::items) {
        if tool.entries().count() != 1 {
            faults.push(format!("tools: {}", tool.source()));
        }
        let declared = tool.get("functionDeclarations");
        for function in declared.into_iter().flat_map(Value::items) {
            let name = function.text_of("name").unwrap_or_default();
            if !is_legal_name(&name) || !names.insert(name.to_string()) {
                faults.push(format!("tools: the name {name:?}"));
            }
            let known = [
                "name",
                "description",
                "parameters",
                "parametersJsonSchema",
                "response",
                "responseJsonSchema",
                "behavior",
            ];
            only(function, &name, &known, faults);
            match (
                function.get("parameters"),
                function.get("parametersJsonSchema"),
            ) {
                (Some(_), Some(_)) => faults.push(format!("{name}: two schemas")),
                (Some(own), None) => schema(own, &name, faults),
                _ => {}
            }
        }
    }
    if let Some(config) = body.get("toolConfig") {
        let calling = config.get("functionCallingConfig");
        let mode = calling
            .and_then(|calling| calling.text_of("mode"))
            .unwrap_or_default();
        let allowed = calling.and_then(|calling| calling.get("allowedFunctionNames"));
        for name in allowed
            .into_iter()
            .flat_map(Value::items)
            .filter_map(Value::text)
        {
            if !names.contains(&*name) || !["ANY", "VALIDATED"].contains(&&*mode) {
                faults.push(format!(
                    "toolConfig: {name} is not declared, or the mode is {mode}"
                ));
            }
        }
    }
    names
}

/// What is not in Google's subset.
pub(crate) fn schema(schema: Value<'_>, path: &str, faults: &mut Vec<String>) {
    only(schema, path, SCHEMA, faults);
    if let Some(kind) = schema.get("type") {
        let kind = kind.text().unwrap_or_default().to_ascii_lowercase();
        let known = [
            "string", "number", "integer", "boolean", "array", "object", "null",
        ];
        if !known.contains(&&*kind) {
            faults.push(format!("{path}.type: {kind:?}"));
        }
        if kind == "array" && schema.get("items").is_none() {
            faults.push(format!("{path}: an array without items"));
        }
    }
    let mut words = schema.get("enum").into_iter().flat_map(Value::items);
    if words.any(|word| word.text().is_none()) {
        faults.push(format!("{path}.enum: not only texts"));
    }
    let properties = schema.get("properties");
    for name in schema
        .get("required")
        .into_iter()
        .flat_map(Value::items)
        .filter_map(Value::text)
    {
        if properties.is_none_or(|properties| properties.get(&name).is_none()) {
            faults.push(format!("{path}.required: {name}"));
        }
    }
    for (name, property) in properties.into_iter().flat_map(Value::entries) {
        self::schema(property, &format!("{path}.{name}"), faults);
    }
    if let Some(items) = schema.get("items") {
        self::schema(items, &format!("{path}.items"), faults);
    }
    let branches = schema.get("anyOf");
    if branches.is_some() && (schema.get("type").is_some() || properties.is_some()) {
        faults.push(format!("{path}: something beside anyOf"));
    }
    for branch in branches.into_iter().flat_map(Value::items) {
        self::schema(branch, &format!("{path}.anyOf"), faults);
    }
}

fn config(body: Value<'_>, faults: &mut Vec<String>) {
    let Some(config) = body.get("generationConfig") else {
        return;
    };
    only(config, "generationConfig", CONFIG, faults);
    if config.get("responseSchema").is_some() && config.get("responseJsonSchema").is_some() {
        faults.push("generationConfig: two schemas".into());
    }
    let range = |key: &str, low: f64, high: f64| {
        let value = config.get(key).and_then(Value::as_f64);
        value.is_some_and(|value| !(low..=high).contains(&value))
    };
    if range("temperature", 0.0, 2.0) || range("topP", 0.0, 1.0) {
        faults.push(format!("generationConfig: {}", config.source()));
    }
    let stops = config
        .get("stopSequences")
        .map_or(0, |stops| stops.items().count());
    if stops > 5 {
        faults.push("generationConfig.stopSequences: too many".into());
    }
    if let Some(thinking) = config.get("thinkingConfig") {
        let known = ["includeThoughts", "thinkingBudget", "thinkingLevel"];
        only(thinking, "thinkingConfig", &known, faults);
        if thinking.get("thinkingBudget").is_some() && thinking.get("thinkingLevel").is_some() {
            faults.push("thinkingConfig: a budget and a level".into());
        }
    }
}

fn named(content: Value<'_>, key: &str) -> Vec<(String, Option<String>)> {
    let parts = content.get("parts").into_iter().flat_map(Value::items);
    let found = parts.filter_map(|part| part.get(key));
    let text = |object: Value<'_>, key| object.text_of(key).map(|text| text.to_string());
    found
        .map(|object| (text(object, "name").unwrap_or_default(), text(object, "id")))
        .collect()
}

/// Every content's calls are answered in the next one: as many, in order, under the same names and ids.
fn pairing(contents: &[Value<'_>], names: &BTreeSet<String>, faults: &mut Vec<String>) {
    for (number, content) in contents.iter().enumerate() {
        let calls = named(*content, "functionCall");
        let next = contents.get(number + 1);
        let results = next.map_or_else(Vec::new, |next| named(*next, "functionResponse"));
        if calls != results {
            faults.push(format!(
                "contents[{number}]: calls {calls:?}, results {results:?}"
            ));
        }
        for (name, _) in &calls {
            if !is_legal_name(name) || (!names.is_empty() && !names.contains(name)) {
                faults.push(format!("contents[{number}]: a call of {name:?}"));
            }
        }
        if number == 0 && !named(*content, "functionResponse").is_empty() {
            faults.push("contents[0]: results without calls".into());
        }
    }
}
