//! What Kiro refuses in a request (`providers.md` 9.3).

use std::collections::BTreeSet;

use modelgate_dialects::json::{Kind, Value};

/// The longest description of a tool, in bytes.
const DESCRIPTION_LIMIT: usize = 10_240;

/// What is wrong with a request.
pub(crate) fn faults(body: Value<'_>) -> Vec<String> {
    let mut faults = Vec::new();
    only(
        body,
        "",
        &["conversationState", "profileArn", "inferenceConfig"],
        &mut faults,
    );
    let Some(state) = body.get("conversationState") else {
        return vec!["conversationState: missing".into()];
    };
    only(
        state,
        "conversationState",
        &[
            "chatTriggerType",
            "conversationId",
            "currentMessage",
            "history",
        ],
        &mut faults,
    );
    if state.text_of("chatTriggerType").as_deref() != Some("MANUAL") {
        faults.push("chatTriggerType: not MANUAL".into());
    }
    if state
        .text_of("conversationId")
        .is_none_or(|id| id.len() != 36)
    {
        faults.push("conversationId: no UUID".into());
    }
    if let Some(config) = body.get("inferenceConfig") {
        only(
            config,
            "inferenceConfig",
            &["maxTokens", "temperature"],
            &mut faults,
        );
        let temperature = config.get("temperature").and_then(Value::as_f64);
        if temperature.is_some_and(|number| !(0.0..=1.0).contains(&number)) {
            faults.push("temperature: out of range".into());
        }
        if config.get("maxTokens").and_then(Value::as_u64) == Some(0) {
            faults.push("maxTokens: 0".into());
        }
    }
    let Some(current) = state.get("currentMessage") else {
        faults.push("currentMessage: missing".into());
        return faults;
    };
    let history = state.get("history").into_iter().flat_map(Value::items);
    let messages: Vec<Value<'_>> = history.chain([current]).collect();
    conversation(&messages, &mut faults);
    faults
}

fn conversation(messages: &[Value<'_>], faults: &mut Vec<String>) {
    let mut called: Vec<String> = Vec::new();
    let mut used = BTreeSet::new();
    for (number, message) in messages.iter().enumerate() {
        let path = format!("history[{number}]");
        let is_current = number + 1 == messages.len();
        let (role, said) = match message.entries().next() {
            Some((role, said)) if message.entries().count() == 1 => (role, said),
            _ => {
                faults.push(format!("{path}: not one message"));
                continue;
            }
        };
        let expected = match number % 2 {
            0 => "userInputMessage",
            _ => "assistantResponseMessage",
        };
        if role != expected || (is_current && role != "userInputMessage") {
            faults.push(format!("{path}: {role} out of turn"));
        }
        if said
            .text_of("content")
            .is_none_or(|text| text.trim().is_empty())
        {
            faults.push(format!("{path}.content: empty"));
        }
        if role == "userInputMessage" {
            user(said, &path, is_current, faults);
            let results = results(said, &path, faults);
            called.sort_unstable();
            if results != called {
                faults.push(format!("{path}: {results:?} answer {called:?}"));
            }
            called.clear();
        } else {
            only(said, &path, &["content", "toolUses"], faults);
            for call in said.get("toolUses").into_iter().flat_map(Value::items) {
                only(call, &path, &["toolUseId", "name", "input"], faults);
                let id = call.text_of("toolUseId").unwrap_or_default();
                if !is_word(&id) || !used.insert(id.to_string()) {
                    faults.push(format!("{path}: id {id:?}"));
                }
                if !is_word(&call.text_of("name").unwrap_or_default()) {
                    faults.push(format!("{path}: a call without a name"));
                }
                if !call.get("input").is_some_and(Value::is_object) {
                    faults.push(format!("{path}: the input is no object"));
                }
                called.push(id.to_string());
            }
        }
    }
}

fn user(said: Value<'_>, path: &str, is_current: bool, faults: &mut Vec<String>) {
    only(
        said,
        path,
        &[
            "content",
            "modelId",
            "origin",
            "images",
            "userInputMessageContext",
        ],
        faults,
    );
    for key in ["modelId", "origin"] {
        if said.text_of(key).is_none_or(|text| text.is_empty()) {
            faults.push(format!("{path}.{key}: missing"));
        }
    }
    for image in said.get("images").into_iter().flat_map(Value::items) {
        let format = image.text_of("format").unwrap_or_default();
        let bytes = image
            .get("source")
            .and_then(|source| source.text_of("bytes"));
        if !["png", "jpeg", "gif", "webp"].contains(&&*format) || bytes.is_none() {
            faults.push(format!("{path}.images: {}", image.source()));
        }
    }
    let Some(context) = said.get("userInputMessageContext") else {
        return;
    };
    only(context, path, &["tools", "toolResults"], faults);
    if context.entries().next().is_none() {
        faults.push(format!("{path}: an empty context"));
    }
    let Some(tools) = context.get("tools") else {
        return;
    };
    if !is_current {
        faults.push(format!("{path}: tools in the history"));
    }
    for tool in tools.items() {
        let specification = tool.get("toolSpecification").unwrap_or(tool);
        only(
            specification,
            path,
            &["name", "description", "inputSchema"],
            faults,
        );
        let name = specification.text_of("name").unwrap_or_default();
        let description = specification.text_of("description").unwrap_or_default();
        if !is_word(&name) {
            faults.push(format!("{path}: the tool {name:?}"));
        }
        if description.is_empty() || description.len() > DESCRIPTION_LIMIT {
            faults.push(format!("{path}: the description of {name:?}"));
        }
        let schema = specification.get("inputSchema");
        let schema = schema.and_then(|schema| schema.get("json"));
        if schema.is_none_or(|schema| schema.kind() != Kind::Object) {
            faults.push(format!("{path}: the schema of {name:?}"));
        }
    }
}

/// The ids of the results in a message, sorted.
fn results(said: Value<'_>, path: &str, faults: &mut Vec<String>) -> Vec<String> {
    let context = said.get("userInputMessageContext");
    let results = context.and_then(|context| context.get("toolResults"));
    let mut ids = Vec::new();
    for result in results.into_iter().flat_map(Value::items) {
        only(result, path, &["toolUseId", "status", "content"], faults);
        let status = result.text_of("status").unwrap_or_default();
        if !["success", "error"].contains(&&*status) {
            faults.push(format!("{path}: status {status:?}"));
        }
        let mut texts = result.get("content").into_iter().flat_map(Value::items);
        let is_text = |part: Value<'_>| part.text_of("text").is_some_and(|text| !text.is_empty());
        if !texts.all(is_text)
            || result
                .get("content")
                .is_none_or(|list| list.items().next().is_none())
        {
            faults.push(format!("{path}: an empty result"));
        }
        ids.push(result.text_of("toolUseId").unwrap_or_default().to_string());
    }
    ids.sort_unstable();
    ids
}

fn is_word(text: &str) -> bool {
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    !text.is_empty() && text.len() <= 64 && text.bytes().all(legal)
}

fn only(value: Value<'_>, path: &str, known: &[&str], faults: &mut Vec<String>) {
    for (key, value) in value.entries() {
        if !known.contains(&&*key) {
            faults.push(format!("{path}.{key}: unknown"));
        }
        if value.is_null() {
            faults.push(format!("{path}.{key}: null"));
        }
    }
}
