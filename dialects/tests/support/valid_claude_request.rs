//! What Anthropic refuses in a Messages request (`dialects.md` 1.4).

use std::collections::BTreeSet;

use modelgate_dialects::json::{Kind, Value};

const FIELDS: &[&str] = &[
    "model",
    "messages",
    "max_tokens",
    "stream",
    "system",
    "temperature",
    "top_p",
    "top_k",
    "stop_sequences",
    "tools",
    "tool_choice",
    "output_config",
    "thinking",
    "cache_control",
    "metadata",
    "service_tier",
    "speed",
    "inference_geo",
    "container",
];

/// What is wrong with a request of another dialect written as Claude, for a model that has no system messages in the
/// middle.
pub(crate) fn faults(body: Value<'_>) -> Vec<String> {
    let mut faults = Vec::new();
    top_level(body, &mut faults);
    tools(body, &mut faults);
    let messages: Vec<Value<'_>> = body
        .get("messages")
        .into_iter()
        .flat_map(Value::items)
        .collect();
    if messages
        .first()
        .and_then(|first| first.text_of("role"))
        .as_deref()
        != Some("user")
    {
        faults.push("messages: the first is not the user's".into());
    }
    for (number, message) in messages.iter().enumerate() {
        let previous = number.checked_sub(1).map(|previous| messages[previous]);
        check_message(
            *message,
            previous,
            &format!("messages[{number}]"),
            &mut faults,
        );
    }
    pairing(&messages, &mut faults);
    cache_marks(body, &mut faults);
    thinking(body, &messages, &mut faults);
    faults
}

fn top_level(body: Value<'_>, faults: &mut Vec<String>) {
    only(body, "", FIELDS, faults);
    if body.text_of("model").is_none_or(|model| model.is_empty()) {
        faults.push("model: missing".into());
    }
    if body.get("max_tokens").and_then(Value::as_u64).is_none() {
        faults.push("max_tokens: missing".into());
    }
    for (key, value) in body.entries() {
        if value.is_null() {
            faults.push(format!("{key}: null"));
        }
    }
    for key in ["temperature", "top_p"] {
        if let Some(value) = body.get(key)
            && !value
                .as_f64()
                .is_some_and(|number| (0.0..=1.0).contains(&number))
        {
            faults.push(format!("{key}: {} is out of range", value.source()));
        }
    }
    if let Some(stops) = body.get("stop_sequences")
        && !(stops.is_array()
            && stops
                .items()
                .all(|stop| stop.text().is_some_and(|stop| !stop.trim().is_empty())))
    {
        faults.push(format!("stop_sequences: {}", stops.source()));
    }
    if let Some(system) = body.get("system") {
        let mut texts = system.items().map(|block| block.text_of("text"));
        let right = match system.kind() {
            Kind::String => system.text().is_some_and(|text| !text.is_empty()),
            Kind::Array => texts.all(|text| text.is_some_and(|text| !text.is_empty())),
            _ => false,
        };
        if !right {
            faults.push(format!("system: {}", system.source()));
        }
    }
    if let Some(tier) = body.get("service_tier")
        && !["auto", "standard_only"].contains(&&*tier.text().unwrap_or_default())
    {
        faults.push(format!("service_tier: {}", tier.source()));
    }
    if let Some(metadata) = body.get("metadata") {
        only(metadata, "metadata", &["user_id"], faults);
    }
}

fn tools(body: Value<'_>, faults: &mut Vec<String>) {
    let mut names = BTreeSet::new();
    for (number, tool) in body
        .get("tools")
        .into_iter()
        .flat_map(Value::items)
        .enumerate()
    {
        let path = format!("tools[{number}]");
        let name = tool.text_of("name").unwrap_or_default();
        if !is_word(&name, 128) {
            faults.push(format!("{path}: name {name:?}"));
        }
        names.insert(name.to_string());
        if tool.text_of("type").is_some_and(|kind| kind != "custom") {
            continue;
        }
        only(
            tool,
            &path,
            &[
                "type",
                "name",
                "description",
                "input_schema",
                "strict",
                "cache_control",
            ],
            faults,
        );
        let Some(schema) = tool.get("input_schema").filter(|schema| schema.is_object()) else {
            faults.push(format!("{path}: no input_schema"));
            continue;
        };
        if schema.text_of("type").as_deref() != Some("object") {
            faults.push(format!("{path}: the root of the schema is no object"));
        }
        if ["anyOf", "oneOf", "allOf"]
            .iter()
            .any(|union| schema.get(union).is_some())
        {
            faults.push(format!("{path}: a union at the root of the schema"));
        }
    }
    let Some(choice) = body.get("tool_choice") else {
        return;
    };
    if names.is_empty() {
        faults.push("tool_choice: without tools".into());
    }
    let fields: &[&str] = match choice.text_of("type").as_deref() {
        Some("auto" | "any") => &["type", "disable_parallel_tool_use"],
        Some("tool") if names.contains(&*choice.text_of("name").unwrap_or_default()) => {
            &["type", "name", "disable_parallel_tool_use"]
        }
        Some("none") => &["type"],
        _ => return faults.push(format!("tool_choice: {}", choice.source())),
    };
    only(choice, "tool_choice", fields, faults);
}

fn check_message(
    message: Value<'_>,
    previous: Option<Value<'_>>,
    path: &str,
    faults: &mut Vec<String>,
) {
    only(message, path, &["role", "content"], faults);
    let role = message.text_of("role").unwrap_or_default();
    if role != "user" && role != "assistant" {
        faults.push(format!("{path}: role {role:?}"));
    }
    if previous.is_some_and(|previous| previous.text_of("role").as_deref() == Some(&*role)) {
        faults.push(format!("{path}: the same role twice"));
    }
    let Some(content) = message.get("content") else {
        return faults.push(format!("{path}: no content"));
    };
    match content.kind() {
        Kind::String if content.text().is_some_and(|text| !text.trim().is_empty()) => {}
        Kind::Array if content.items().next().is_some() => {
            let mut later = false;
            for (number, block) in content.items().enumerate() {
                let path = format!("{path}.content[{number}]");
                let is_result = block.text_of("type").as_deref() == Some("tool_result");
                if is_result && later {
                    faults.push(format!("{path}: a result behind other blocks"));
                }
                later |= !is_result;
                check_block(block, &role, &path, faults);
            }
            let mut texts = content
                .items()
                .filter_map(|block| block.text_of("text"))
                .peekable();
            if texts.peek().is_some() && texts.all(|text| text.trim().is_empty()) {
                faults.push(format!("{path}: nothing but white space"));
            }
        }
        _ => faults.push(format!("{path}.content: {}", content.source())),
    }
}

fn check_block(block: Value<'_>, role: &str, path: &str, faults: &mut Vec<String>) {
    let right = match (block.text_of("type").as_deref(), role) {
        (Some("text"), _) => block.text_of("text").is_some_and(|text| !text.is_empty()),
        (Some("image"), "user" | "result") => block.field("source").is_some_and(is_image),
        (Some("document"), "user" | "result") => block.field("source").is_some(),
        (Some("search_result"), "user" | "result") => block.field("content").is_some(),
        (Some("thinking"), "assistant") => {
            block.text_of("thinking").is_some()
                && block
                    .text_of("signature")
                    .is_some_and(|text| !text.is_empty())
        }
        (Some("redacted_thinking"), "assistant") => {
            block.text_of("data").is_some_and(|data| !data.is_empty())
        }
        (Some("tool_use"), "assistant") => {
            block
                .text_of("id")
                .is_some_and(|id| is_word(&id, usize::MAX))
                && block
                    .text_of("name")
                    .is_some_and(|name| is_word(&name, 128))
                && block.get("input").is_some_and(Value::is_object)
        }
        (Some("tool_result"), "user") => {
            let content = block.get("content");
            for (number, inner) in content.into_iter().flat_map(Value::items).enumerate() {
                check_block(
                    inner,
                    "result",
                    &format!("{path}.content[{number}]"),
                    faults,
                );
            }
            block
                .text_of("tool_use_id")
                .is_some_and(|id| is_word(&id, usize::MAX))
                && content.is_none_or(|content| content.is_array() || content.text().is_some())
        }
        _ => false,
    };
    if !right {
        faults.push(format!("{path}: {}", block.source()));
    }
}

fn is_image(source: Value<'_>) -> bool {
    const TYPES: [&str; 4] = ["image/jpeg", "image/png", "image/gif", "image/webp"];
    match source.text_of("type").as_deref() {
        Some("base64") => {
            TYPES.contains(&&*source.text_of("media_type").unwrap_or_default())
                && source.text_of("data").is_some()
        }
        Some("url") => source.text_of("url").is_some(),
        Some("file") => source.text_of("file_id").is_some(),
        _ => false,
    }
}

/// Every call is answered once, in the next message, and nothing else is.
fn pairing(messages: &[Value<'_>], faults: &mut Vec<String>) {
    let ids = |message: Value<'_>, kind: &str, key: &str| -> Vec<String> {
        let blocks = message.get("content").into_iter().flat_map(Value::items);
        blocks
            .filter(|block| block.text_of("type").as_deref() == Some(kind))
            .map(|block| block.text_of(key).unwrap_or_default().to_string())
            .collect()
    };
    let mut ever = BTreeSet::new();
    let mut open: Vec<String> = Vec::new();
    for (number, message) in messages.iter().enumerate() {
        let mut results = ids(*message, "tool_result", "tool_use_id");
        results.sort();
        open.sort();
        if results != open {
            faults.push(format!(
                "messages[{number}]: {open:?} are answered by {results:?}"
            ));
        }
        open = ids(*message, "tool_use", "id");
        for id in &open {
            if !ever.insert(id.clone()) {
                faults.push(format!(
                    "messages[{number}]: call id {id:?} was used before"
                ));
            }
        }
    }
    if !open.is_empty() {
        faults.push(format!("the end: {open:?} are not answered"));
    }
}

fn cache_marks(body: Value<'_>, faults: &mut Vec<String>) {
    let marks = count_marks(body);
    if marks > 4 {
        faults.push(format!("cache_control: {marks} marks"));
    }
}

/// How many cache marks a request has.
pub(crate) fn count_marks(value: Value<'_>) -> usize {
    let below: usize = match value.kind() {
        Kind::Array => value.items().map(count_marks).sum(),
        Kind::Object => value
            .entries()
            .filter(|(key, value)| {
                let is_data = ["input_schema", "parameters", "schema"].contains(&&**key);
                // The arguments of a call, not the items of Responses.
                !is_data && (key != "input" || value.is_array())
            })
            .map(|(_, value)| count_marks(value))
            .sum(),
        _ => 0,
    };
    below + usize::from(value.field("cache_control").is_some())
}

fn thinking(body: Value<'_>, messages: &[Value<'_>], faults: &mut Vec<String>) {
    let Some(thinking) = body.get("thinking") else {
        return;
    };
    let limit = body
        .get("max_tokens")
        .and_then(Value::as_u64)
        .unwrap_or_default();
    let budget = thinking.get("budget_tokens").and_then(Value::as_u64);
    match thinking.text_of("type").as_deref() {
        Some("disabled") => return,
        Some("adaptive") => {}
        Some("enabled") if budget.is_some_and(|budget| budget >= 1024 && budget < limit) => {}
        _ => faults.push(format!(
            "thinking: {} with max_tokens {limit}",
            thinking.source()
        )),
    }
    let choice = body
        .get("tool_choice")
        .and_then(|choice| choice.text_of("type"));
    if choice.is_some_and(|choice| choice == "any" || choice == "tool") {
        faults.push("tool_choice: forced while thinking".into());
    }
    if body
        .get("temperature")
        .and_then(Value::as_f64)
        .is_some_and(|number| number != 1.0)
    {
        faults.push("temperature: not 1 while thinking".into());
    }
    let kinds = |message: Value<'_>| -> Vec<String> {
        let blocks = message.get("content").into_iter().flat_map(Value::items);
        blocks
            .filter_map(|block| block.text_of("type"))
            .map(|kind| kind.to_string())
            .collect()
    };
    let [.., asked, answered] = messages else {
        return;
    };
    let loops = kinds(*answered).iter().any(|kind| kind == "tool_result");
    if loops
        && !kinds(*asked)
            .first()
            .is_some_and(|kind| kind.contains("thinking"))
    {
        faults.push("messages: the tool loop does not begin with its thinking".into());
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

fn is_word(text: &str, limit: usize) -> bool {
    (1..=limit).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte))
}
