//! GitHub Copilot: GitHub's token leads to one of the API, and the API wants to know who asks.

use super::{Asked, refused_field};
use crate::dialect::Dialect;
use crate::fault::Fault;
use crate::responses;
use crate::scenario::SCENARIOS;
use crate::script::Script;
use crate::server::{or_refuse, parse, play};
use serde_json::{Value, json};

/// Models with this mark are only at `/responses`.
const ELSEWHERE: &str = "@responses";

pub(super) fn answer(asked: &Asked<'_>) -> Script {
    match asked.path {
        "copilot_internal/v2/token" => or_refuse(Dialect::Chat, mint(asked)),
        "business/models" => or_refuse(Dialect::Chat, models(asked)),
        "business/responses" => or_refuse(Dialect::Responses, respond(asked)),
        _ => or_refuse(Dialect::Chat, chat(asked)),
    }
}

/// A token of the API, and where that is.
fn mint(asked: &Asked<'_>) -> Result<Script, Fault> {
    if asked.header("authorization") != Some("token token-github") {
        return Err(Fault::new(401, "Bad credentials"));
    }
    let host = asked.header("host").unwrap_or_default();
    let api = format!("http://{host}/accounts/copilot/business");
    let token = json!({"token": "token-copilot", "expires_at": 4_000_000_000_u64, "refresh_in": 1500, "endpoints": {"api": api}});
    Ok(Script::json(200, &token))
}

/// The list says where each model is.
fn models(asked: &Asked<'_>) -> Result<Script, Fault> {
    asked.admit("token-copilot")?;
    asked.says(&["editor-version"])?;
    let listed = SCENARIOS.iter().flat_map(|name| {
        let there =
            json!({"id": name, "vendor": "scripted", "supported_endpoints": ["/chat/completions"]});
        let elsewhere =
            json!({"id": format!("{name}{ELSEWHERE}"), "supported_endpoints": ["/responses"]});
        [there, elsewhere]
    });
    let listed: Vec<Value> = listed.collect();
    Ok(Script::json(200, &json!({"data": listed})))
}

fn chat(asked: &Asked<'_>) -> Result<Script, Fault> {
    asked.at("business/chat/completions")?;
    let body = parse(asked.body)?;
    known(asked, &body["messages"])?;
    if is_elsewhere(&body) {
        let message = "model is not accessible via the /chat/completions endpoint";
        return Err(Fault::invalid(message).code("unsupported_api_for_model"));
    }
    asked.chat(&body)
}

/// Some models are there only; nothing is kept.
fn respond(asked: &Asked<'_>) -> Result<Script, Fault> {
    asked.at("business/responses")?;
    let body = parse(asked.body)?;
    known(asked, &body["input"])?;
    if !is_elsewhere(&body) {
        let message = "model is not accessible via the /responses endpoint";
        return Err(Fault::invalid(message).code("unsupported_api_for_model"));
    }
    refused_field(&body, &["previous_response_id"])?;
    responses::check(&body)?;
    let facts = responses::facts(&body, asked.body);
    Ok(play(asked.records, Dialect::Responses, &facts))
}

fn is_elsewhere(body: &Value) -> bool {
    let model = body["model"].as_str().unwrap_or_default();
    model.ends_with(ELSEWHERE)
}

/// In Responses calls and their results have no role.
fn called(turn: &Value) -> bool {
    turn["role"].is_null() && turn["type"] != "message"
}

/// Who asks, with which program, and whether a person wants to know: that decides what is paid.
fn known(asked: &Asked<'_>, turns: &Value) -> Result<(), Fault> {
    asked.admit("token-copilot")?;
    asked.says(&["editor-version", "editor-plugin-version", "x-request-id"])?;
    if asked.header("openai-intent") != Some("conversation-panel") {
        return Err(Fault::invalid("openai-intent: unknown"));
    }
    let last = turns.as_array().and_then(|turns| turns.last());
    let by_user = last
        .is_none_or(|last| last["role"] != "assistant" && last["role"] != "tool" && !called(last));
    let initiator = if by_user { "user" } else { "agent" };
    if asked.header("x-initiator") != Some(initiator) {
        return Err(Fault::invalid(format!(
            "x-initiator: it is the {initiator}"
        )));
    }
    Ok(())
}
