//! ChatGPT's backend: Responses in streams only, without some of its fields, and with things of its own between the events.

use super::{Asked, refused_field};
use crate::dialect::Dialect;
use crate::fault::Fault;
use crate::responses;
use crate::script::{Script, Step};
use crate::server::{parse, play};
use serde_json::{Value, json};

/// Fields that the public API takes, and this place does not.
const REFUSED: [&str; 16] = [
    "max_output_tokens",
    "max_completion_tokens",
    "max_tokens",
    "temperature",
    "top_p",
    "truncation",
    "user",
    "metadata",
    "safety_identifier",
    "prompt_cache_retention",
    "prompt_cache_options",
    "stream_options",
    "previous_response_id",
    "context_management",
    "background",
    "service_tier",
];

pub(super) fn answer(asked: &Asked<'_>) -> Script {
    match admitted(asked) {
        Ok(()) => within(asked).unwrap_or_else(|fault| {
            // Of what it does not take it tells in a shape of its own.
            Script::json(fault.status, &json!({"detail": fault.message}))
        }),
        Err(fault) => fault.to_script(Dialect::Responses),
    }
}

/// Who asks, and for whom.
fn admitted(asked: &Asked<'_>) -> Result<(), Fault> {
    asked.admit("token-codex")?;
    if asked.header("chatgpt-account-id") != Some("workspace-1") {
        return Err(Fault::new(403, "This token is not for this workspace."));
    }
    asked.at("responses")?;
    asked.says(&["originator"])
}

fn within(asked: &Asked<'_>) -> Result<Script, Fault> {
    let body = parse(asked.body)?;
    check(&body)?;
    if asked.header("accept") != Some("text/event-stream") {
        return Err(Fault::invalid("It comes in a stream"));
    }
    let key = body["prompt_cache_key"].as_str();
    if key.is_some() && asked.header("session-id") != key {
        return Err(Fault::invalid("The session is another one"));
    }
    responses::check(&body)?;
    let facts = responses::facts(&body, asked.body);
    Ok(loosened(play(asked.records, Dialect::Responses, &facts)))
}

fn check(body: &Value) -> Result<(), Fault> {
    refused_field(body, &REFUSED)?;
    let wrong = |what: &str| Err(Fault::invalid(what));
    if body["stream"] != true || body["store"] != false {
        return wrong("Stream must be set to true, and store to false");
    }
    if !body["instructions"].is_string() {
        return wrong("Instructions are required");
    }
    let Some(input) = body["input"].as_array() else {
        return wrong("Input must be a list");
    };
    if input.iter().any(|item| item["role"] == "system") {
        return wrong("System messages are not allowed");
    }
    let includes = body["include"].as_array().cloned().unwrap_or_default();
    if !includes.contains(&json!("reasoning.encrypted_content")) {
        return wrong("Nobody would remember the reasoning");
    }
    let tools = body["tools"].as_array().cloned().unwrap_or_default();
    if tools.is_empty() && body.get("parallel_tool_calls").is_some() {
        return wrong("parallel_tool_calls without tools");
    }
    let mut names = tools.iter().filter_map(|tool| tool["name"].as_str());
    match names.any(|name| name.len() > 64) {
        true => wrong("The name of a tool is too long"),
        false => Ok(()),
    }
}

/// A stream that tells of the plan first, and at its end nothing of what was said.
fn loosened(mut script: Script) -> Script {
    if script.status != 200 {
        return script;
    }
    for step in &mut script.steps {
        let Step::Chunk(bytes) = step else { continue };
        let text = String::from_utf8_lossy(bytes).into_owned();
        let Some((head, data)) = text.split_once("data: ") else {
            continue;
        };
        if !head.contains("response.completed") {
            continue;
        }
        let mut data: Value = serde_json::from_str(data).expect("an event is JSON");
        data["response"]["output"] = json!([]);
        *bytes = format!("{head}data: {data}\n\n").into();
    }
    let plan = json!({"type": "codex.rate_limits", "plan_type": "plus"});
    let plan = format!("event: codex.rate_limits\ndata: {plan}\n\n");
    script.steps.insert(0, Step::Chunk(plan.into()));
    let windows = [
        ("x-codex-primary-used-percent", "12.5"),
        ("x-codex-primary-reset-after-seconds", "3600"),
    ];
    windows
        .into_iter()
        .fold(script, |script, (name, value)| script.header(name, value))
}
