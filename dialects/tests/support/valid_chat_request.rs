//! What OpenAI refuses in a Chat request (`dialects.md` 1.1).

use std::collections::BTreeSet;

use modelgate_dialects::json::{Kind, Value};

const FIELDS: &[&str] = &[
    "model",
    "messages",
    "stream",
    "stream_options",
    "max_completion_tokens",
    "max_tokens",
    "stop",
    "n",
    "temperature",
    "top_p",
    "frequency_penalty",
    "presence_penalty",
    "logit_bias",
    "seed",
    "logprobs",
    "top_logprobs",
    "tools",
    "tool_choice",
    "parallel_tool_calls",
    "functions",
    "function_call",
    "response_format",
    "modalities",
    "audio",
    "prediction",
    "verbosity",
    "reasoning_effort",
    "prompt_cache_key",
    "prompt_cache_options",
    "prompt_cache_retention",
    "user",
    "safety_identifier",
    "metadata",
    "store",
    "service_tier",
    "moderation",
    "web_search_options",
];

/// What is wrong with a request of another dialect written as Chat. Extensions that only some upstreams take
/// (`cache_control`, images in tool messages, `reasoning_content`) are wrong here: the plain profile has none of them.
pub(crate) fn faults(body: Value<'_>) -> Vec<String> {
    let mut faults = Vec::new();
    top_level(body, &mut faults);
    let tools = tools(body, &mut faults);
    tool_choice(body, &tools, &mut faults);
    let messages: Vec<Value<'_>> = body
        .get("messages")
        .into_iter()
        .flat_map(Value::items)
        .collect();
    if messages.is_empty() {
        faults.push("messages: empty".into());
    }
    for (number, message) in messages.iter().enumerate() {
        check_message(*message, &format!("messages[{number}]"), &mut faults);
    }
    pairing(&messages, &mut faults);
    faults
}

fn top_level(body: Value<'_>, faults: &mut Vec<String>) {
    only(body, "", FIELDS, faults);
    if body.text_of("model").is_none_or(|model| model.is_empty()) {
        faults.push("model: missing".into());
    }
    for (key, value) in body.entries() {
        if value.is_null() {
            faults.push(format!("{key}: null"));
        }
    }
    let between = |key: &str, low: f64, high: f64, faults: &mut Vec<String>| {
        if let Some(value) = body.get(key)
            && !value
                .as_f64()
                .is_some_and(|number| (low..=high).contains(&number))
        {
            faults.push(format!("{key}: {} is out of range", value.source()));
        }
    };
    between("temperature", 0.0, 2.0, faults);
    between("top_p", 0.0, 1.0, faults);
    between("max_tokens", 0.0, 1e9, faults);
    between("max_completion_tokens", 0.0, 1e9, faults);
    between("n", 1.0, 128.0, faults);
    if body.get("max_tokens").is_some() && body.get("max_completion_tokens").is_some() {
        faults.push("max_tokens: given twice".into());
    }
    if let Some(stop) = body.get("stop")
        && !(stop.is_array()
            && (1..=4).contains(&stop.items().count())
            && stop.items().all(|stop| stop.text().is_some()))
    {
        faults.push("stop: not a list of one to four texts".into());
    }
    if body.get("stream_options").is_some()
        && body.get("stream").and_then(Value::as_bool) != Some(true)
    {
        faults.push("stream_options: without stream".into());
    }
    if let Some(effort) = body.get("reasoning_effort")
        && !["none", "minimal", "low", "medium", "high", "xhigh", "max"]
            .contains(&&*effort.text().unwrap_or_default())
    {
        faults.push(format!("reasoning_effort: {}", effort.source()));
    }
    if let Some(format) = body.get("response_format") {
        response_format(format, faults);
    }
}

fn response_format(format: Value<'_>, faults: &mut Vec<String>) {
    match format.text_of("type").as_deref() {
        Some("text" | "json_object") => only(format, "response_format", &["type"], faults),
        Some("json_schema") => {
            let Some(schema) = format.field("json_schema") else {
                return faults.push("response_format: no json_schema".into());
            };
            only(
                schema,
                "response_format",
                &["name", "description", "schema", "strict"],
                faults,
            );
            if !schema.text_of("name").is_some_and(|name| is_name(&name)) {
                faults.push("response_format: no name".into());
            }
            if !schema.field("schema").is_some_and(Value::is_object) {
                faults.push("response_format: no schema".into());
            }
        }
        _ => faults.push("response_format: unknown type".into()),
    }
}

fn tools(body: Value<'_>, faults: &mut Vec<String>) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let Some(tools) = body.get("tools") else {
        return names;
    };
    if tools.items().next().is_none() {
        faults.push("tools: empty".into());
    }
    for (number, tool) in tools.items().enumerate() {
        let path = format!("tools[{number}]");
        let kind = tool.text_of("type").unwrap_or_default();
        only(tool, &path, &["type", &kind], faults);
        let Some(inner) = tool
            .field(&kind)
            .filter(|_| kind == "function" || kind == "custom")
        else {
            faults.push(format!("{path}: type {kind:?}"));
            continue;
        };
        let fields: &[&str] = match &*kind {
            "function" => &["name", "description", "parameters", "strict"],
            _ => &["name", "description", "format"],
        };
        only(inner, &path, fields, faults);
        if inner
            .get("parameters")
            .is_some_and(|schema| !schema.is_object())
        {
            faults.push(format!("{path}: parameters are no schema"));
        }
        let name = inner.text_of("name").unwrap_or_default();
        if !is_name(&name) {
            faults.push(format!("{path}: name {name:?}"));
        }
        names.insert(name.to_string());
    }
    names
}

fn tool_choice(body: Value<'_>, tools: &BTreeSet<String>, faults: &mut Vec<String>) {
    for key in ["tool_choice", "parallel_tool_calls"] {
        if body.get(key).is_some() && tools.is_empty() {
            faults.push(format!("{key}: without tools"));
        }
    }
    let Some(choice) = body.get("tool_choice") else {
        return;
    };
    let known = |name: &str| tools.contains(name);
    let right = match (choice.text().as_deref(), choice.text_of("type").as_deref()) {
        (Some(word), _) => ["none", "auto", "required"].contains(&word),
        (_, Some(kind @ ("function" | "custom"))) => choice
            .field(kind)
            .and_then(|inner| inner.text_of("name"))
            .is_some_and(|name| known(&name)),
        (_, Some("allowed_tools")) => choice.field("allowed_tools").is_some(),
        _ => false,
    };
    if !right {
        faults.push(format!("tool_choice: {}", choice.source()));
    }
}

fn check_message(message: Value<'_>, path: &str, faults: &mut Vec<String>) {
    let role = message.text_of("role").unwrap_or_default();
    let fields: &[&str] = match &*role {
        "developer" | "system" | "user" => &["role", "content", "name"],
        "assistant" => &[
            "role",
            "content",
            "name",
            "tool_calls",
            "refusal",
            "audio",
            "function_call",
        ],
        "tool" => &["role", "content", "tool_call_id"],
        "function" => &["role", "content", "name"],
        other => return faults.push(format!("{path}: role {other:?}")),
    };
    only(message, path, fields, faults);
    let parts: &[&str] = match &*role {
        "user" => &["text", "image_url", "input_audio", "file"],
        "assistant" => &["text", "refusal"],
        _ => &["text"],
    };
    let spoken = message.get("content").filter(|content| !content.is_null());
    match spoken {
        Some(content) if content.is_array() => {
            if content.items().next().is_none() {
                faults.push(format!("{path}.content: empty list"));
            }
            for (number, part) in content.items().enumerate() {
                check_part(part, parts, &format!("{path}.content[{number}]"), faults);
            }
        }
        Some(content) if content.kind() == Kind::String => {}
        Some(content) => faults.push(format!("{path}.content: {}", content.source())),
        None => {
            let excuse = ["tool_calls", "refusal", "function_call", "audio"];
            if role != "assistant" || excuse.iter().all(|key| message.field(key).is_none()) {
                faults.push(format!("{path}: no content"));
            }
        }
    }
    if role == "tool"
        && message
            .text_of("tool_call_id")
            .is_none_or(|id| id.is_empty())
    {
        faults.push(format!("{path}: no tool_call_id"));
    }
    calls(message, path, faults);
}

fn calls(message: Value<'_>, path: &str, faults: &mut Vec<String>) {
    let Some(calls) = message.get("tool_calls") else {
        return;
    };
    if calls.items().next().is_none() {
        faults.push(format!("{path}.tool_calls: empty"));
    }
    for call in calls.items() {
        let kind = call.text_of("type").unwrap_or_default();
        only(call, path, &["id", "type", &kind], faults);
        let text = if kind == "custom" {
            "input"
        } else {
            "arguments"
        };
        let inner = call.field(&kind);
        if inner.and_then(|inner| inner.text_of(text)).is_none() {
            faults.push(format!("{path}: a call without {text}"));
        }
        if !inner
            .and_then(|inner| inner.text_of("name"))
            .is_some_and(|name| is_name(&name))
        {
            faults.push(format!("{path}: a call with a wrong name"));
        }
    }
}

fn check_part(part: Value<'_>, kinds: &[&str], path: &str, faults: &mut Vec<String>) {
    let kind = part.text_of("type").unwrap_or_default();
    if !kinds.contains(&&*kind) {
        return faults.push(format!("{path}: type {kind:?}"));
    }
    only(part, path, &["type", &kind], faults);
    let inner = part.field(&kind);
    let right = match &*kind {
        "text" | "refusal" => part.text_of(&kind).is_some(),
        "image_url" => inner
            .and_then(|inner| inner.text_of("url"))
            .is_some_and(|url| is_address(&url)),
        "input_audio" => inner.and_then(|inner| inner.text_of("data")).is_some(),
        _ => inner.is_some_and(|inner| {
            inner.text_of("file_id").is_some() || inner.text_of("file_data").is_some()
        }),
    };
    if !right {
        faults.push(format!("{path}: {}", part.source()));
    }
}

fn is_address(url: &str) -> bool {
    url.starts_with("http") || (url.starts_with("data:") && url.contains(";base64,"))
}

/// Every call is answered once, directly behind its message, and nothing else is.
fn pairing(messages: &[Value<'_>], faults: &mut Vec<String>) {
    let mut open: BTreeSet<String> = BTreeSet::new();
    let mut ever = BTreeSet::new();
    for (number, message) in messages.iter().enumerate() {
        let path = format!("messages[{number}]");
        if message.text_of("role").as_deref() == Some("tool") {
            let id = message.text_of("tool_call_id").unwrap_or_default();
            if !open.remove(&*id) {
                faults.push(format!("{path}: nothing to answer for {id:?}"));
            }
            continue;
        }
        if !open.is_empty() {
            faults.push(format!("{path}: {open:?} are not answered"));
            open.clear();
        }
        for call in message.get("tool_calls").into_iter().flat_map(Value::items) {
            let id = call.text_of("id").unwrap_or_default();
            if id.is_empty() || !ever.insert(id.to_string()) {
                faults.push(format!(
                    "{path}: call id {id:?} is empty or was used before"
                ));
            }
            open.insert(id.to_string());
        }
    }
    if !open.is_empty() {
        faults.push(format!("the end: {open:?} are not answered"));
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
