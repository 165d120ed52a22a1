//! What OpenAI accepts as a request (`dialects.md` 1.3), as strictly as it is known.

use std::collections::{BTreeMap, BTreeSet};

use modelgate_dialects::json::{Kind, Value};

/// Everything that is wrong with a request.
pub(crate) fn faults(body: Value<'_>) -> Vec<String> {
    let mut faults = Vec::new();
    only(
        body,
        "body",
        &[
            "model",
            "input",
            "instructions",
            "stream",
            "stream_options",
            "include",
            "max_output_tokens",
            "temperature",
            "top_p",
            "top_logprobs",
            "tools",
            "tool_choice",
            "parallel_tool_calls",
            "text",
            "reasoning",
            "store",
            "prompt_cache_key",
            "prompt_cache_options",
            "prompt_cache_retention",
            "user",
            "safety_identifier",
            "metadata",
            "service_tier",
        ],
        &mut faults,
    );
    let mut check = |right: bool, fault: &str| {
        if !right {
            faults.push(fault.to_owned());
        }
    };
    check(body.text_of("model").is_some(), "no model");
    let limit = body.field("max_output_tokens").map(Value::as_u64);
    check(
        limit.is_none_or(|limit| limit.is_some_and(|limit| limit >= 16)),
        "max_output_tokens",
    );
    let instructions = body.field("instructions");
    check(
        instructions.is_none_or(|text| text.text().is_some_and(|text| !text.is_empty())),
        "instructions",
    );
    for key in ["stream", "store", "parallel_tool_calls"] {
        let flag = body.field(key);
        check(flag.is_none_or(|flag| flag.kind() == Kind::Bool), key);
    }
    tools(body, &mut faults);
    text(body, &mut faults);
    reasoning(body, &mut faults);
    match body.field("input") {
        Some(input) if input.is_array() => items(&input.items().collect::<Vec<_>>(), &mut faults),
        Some(input) if input.text().is_some() => {}
        _ => faults.push("no input".into()),
    }
    faults
}

fn items(items: &[Value<'_>], faults: &mut Vec<String>) {
    if items.is_empty() {
        faults.push("an empty input".into());
    }
    let mut calls: BTreeMap<String, String> = BTreeMap::new();
    let mut ever = BTreeSet::new();
    for (number, item) in items.iter().enumerate() {
        let path = format!("input[{number}]");
        let kind = item.text_of("type").unwrap_or_default();
        match &*kind {
            "message" => message(*item, &path, faults),
            "function_call" | "custom_tool_call" => {
                let field = if kind == "function_call" {
                    "arguments"
                } else {
                    "input"
                };
                only(*item, &path, &["type", "call_id", "name", field], faults);
                let id = item.text_of("call_id").unwrap_or_default().to_string();
                if id.is_empty() || id.len() > 64 || !ever.insert(id.clone()) {
                    faults.push(format!("{path}: call_id {id:?}"));
                }
                if !item.text_of("name").is_some_and(|name| is_name(&name)) {
                    faults.push(format!("{path}: name"));
                }
                let arguments = item.text_of(field);
                if arguments.is_none_or(|text| text.is_empty() && kind == "function_call") {
                    faults.push(format!("{path}: {field}"));
                }
                calls.insert(id, format!("{kind}_output"));
            }
            "function_call_output" | "custom_tool_call_output" => {
                only(*item, &path, &["type", "call_id", "output"], faults);
                let id = item.text_of("call_id").unwrap_or_default().to_string();
                if calls.remove(&id).as_deref() != Some(&*kind) {
                    faults.push(format!("{path}: nothing to answer for {id:?}"));
                }
                content(
                    item.field("output"),
                    &format!("{path}.output"),
                    false,
                    faults,
                );
            }
            "reasoning" => {
                only(
                    *item,
                    &path,
                    &["type", "id", "summary", "encrypted_content"],
                    faults,
                );
                let next = items.get(number + 1).and_then(|next| next.text_of("type"));
                if next.is_none() || item.field("summary").is_none() {
                    faults.push(format!("{path}: reasoning without what it led to"));
                }
            }
            _ => faults.push(format!("{path}: type {kind:?}")),
        }
    }
    if !calls.is_empty() {
        faults.push(format!("{calls:?} are not answered"));
    }
}

fn message(item: Value<'_>, path: &str, faults: &mut Vec<String>) {
    only(item, path, &["type", "role", "content"], faults);
    let role = item.text_of("role").unwrap_or_default();
    if !["user", "assistant", "system", "developer"].contains(&&*role) {
        faults.push(format!("{path}: role {role:?}"));
    }
    content(
        item.field("content"),
        &format!("{path}.content"),
        role == "assistant",
        faults,
    );
}

fn content(value: Option<Value<'_>>, path: &str, assistant: bool, faults: &mut Vec<String>) {
    let Some(value) = value else {
        return faults.push(format!("no {path}"));
    };
    if value.text().is_some() {
        return;
    }
    if !value.is_array() {
        return faults.push(format!("{path}: neither text nor list"));
    }
    for (number, part) in value.items().enumerate() {
        self::part(part, &format!("{path}[{number}]"), assistant, faults);
    }
}

fn part(part: Value<'_>, path: &str, assistant: bool, faults: &mut Vec<String>) {
    let kind = part.text_of("type").unwrap_or_default();
    let (allowed, right): (&[&str], bool) = match &*kind {
        "output_text" => (
            &["type", "text", "annotations"],
            assistant && part.text_of("text").is_some() && part.field("annotations").is_some(),
        ),
        "refusal" => (
            &["type", "refusal"],
            assistant && part.text_of("refusal").is_some(),
        ),
        "input_text" => (
            &["type", "text"],
            !assistant && part.text_of("text").is_some(),
        ),
        "input_image" => (
            &["type", "image_url", "detail"],
            // Trap 95: a string.
            !assistant
                && part
                    .text_of("image_url")
                    .is_some_and(|url| is_address(&url)),
        ),
        "input_file" => (
            &["type", "file_data", "file_url", "filename"],
            !assistant
                && (part.text_of("file_data").is_some() || part.text_of("file_url").is_some()),
        ),
        "input_audio" => (
            &["type", "input_audio"],
            part.field("input_audio").is_some_and(Value::is_object),
        ),
        _ => (&[], false),
    };
    only(part, path, allowed, faults);
    if !right {
        faults.push(format!("{path}: {}", part.source()));
    }
}

fn is_address(url: &str) -> bool {
    url.starts_with("http") || (url.starts_with("data:") && url.contains(";base64,"))
}

fn tools(body: Value<'_>, faults: &mut Vec<String>) {
    let tools: Vec<Value<'_>> = body
        .field("tools")
        .into_iter()
        .flat_map(Value::items)
        .collect();
    if body.field("tools").is_some() && tools.is_empty() {
        faults.push("an empty list of tools".into());
    }
    if tools.is_empty() && body.field("tool_choice").is_some() {
        faults.push("a choice without tools".into());
    }
    for (number, tool) in tools.iter().enumerate() {
        let path = format!("tools[{number}]");
        let kind = tool.text_of("type").unwrap_or_default();
        let named = tool.text_of("name").is_some_and(|name| is_name(&name));
        match &*kind {
            "function" => {
                let known = ["type", "name", "description", "parameters", "strict"];
                only(*tool, &path, &known, faults);
                let schema = tool.field("parameters").is_some_and(Value::is_object);
                if !named || !schema || tool.field("strict").is_none() {
                    faults.push(format!("{path}: {}", tool.source()));
                }
            }
            "custom" => {
                let known = ["type", "name", "description", "format"];
                only(*tool, &path, &known, faults);
                if !named {
                    faults.push(format!("{path}: name"));
                }
                if let Some(format) = tool.field("format") {
                    let known = ["type", "definition", "syntax"];
                    only(format, &path, &known, faults);
                }
            }
            "web_search" => {
                let known = ["type", "filters", "search_context_size", "user_location"];
                only(*tool, &path, &known, faults);
            }
            _ => faults.push(format!("{path}: type {kind:?}")),
        }
    }
}

fn text(body: Value<'_>, faults: &mut Vec<String>) {
    let Some(text) = body.field("text") else {
        return;
    };
    only(text, "text", &["format", "verbosity"], faults);
    let Some(format) = text.field("format") else {
        return;
    };
    let kind = format.text_of("type").unwrap_or_default();
    let known: &[&str] = match &*kind {
        "text" | "json_object" => &["type"],
        "json_schema" => &["type", "name", "description", "schema", "strict"],
        _ => &[],
    };
    only(format, "text.format", known, faults);
    let is_schema = kind == "json_schema";
    if is_schema && (format.text_of("name").is_none() || format.field("schema").is_none()) {
        faults.push("text.format: a schema needs a name".into());
    }
}

fn reasoning(body: Value<'_>, faults: &mut Vec<String>) {
    let Some(reasoning) = body.field("reasoning") else {
        return;
    };
    only(reasoning, "reasoning", &["effort", "summary"], faults);
    let effort = reasoning.text_of("effort");
    let levels = ["none", "minimal", "low", "medium", "high", "xhigh", "max"];
    if effort.is_some_and(|effort| !levels.contains(&&*effort)) {
        faults.push("reasoning.effort".into());
    }
}

fn only(object: Value<'_>, path: &str, fields: &[&str], faults: &mut Vec<String>) {
    let mut seen = BTreeSet::new();
    for (key, _) in object.entries() {
        if !fields.contains(&&*key) {
            faults.push(format!("{path}: unknown field {key:?}"));
        }
        if !seen.insert(key.to_string()) {
            faults.push(format!("{path}: field {key:?} twice"));
        }
    }
}

fn is_name(name: &str) -> bool {
    (1..=64).contains(&name.len())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte))
}
