//! Kiro, which is AWS CodeWhisperer: one operation with words of its own, always answered with AWS's binary event stream.

use self::frames::{ended, events};
use super::Asked;
use crate::dialect::Dialect;
use crate::facts::Facts;
use crate::fault::Fault;
use crate::plan::Plan;
use crate::scenario;
use crate::script::Script;
use crate::server::parse;
use serde_json::{Value, json};

mod frames;

pub(super) fn answer(asked: &Asked<'_>) -> Script {
    generate(asked).unwrap_or_else(|fault| refuse(&fault))
}

fn generate(asked: &Asked<'_>) -> Result<Script, Fault> {
    asked.at("generateAssistantResponse")?;
    asked.admit("token-kiro")?;
    let target = "AmazonCodeWhispererStreamingService.GenerateAssistantResponse";
    for (name, value) in [
        ("x-amz-target", target),
        ("content-type", "application/x-amz-json-1.0"),
        ("accept", "*/*"),
    ] {
        if asked.header(name) != Some(value) {
            return Err(Fault::new(403, format!("{name}: is not {value}")));
        }
    }
    asked.says(&["amz-sdk-invocation-id"])?;
    let body = parse(asked.body)?;
    let facts = check(&body)?;
    match scenario::plan(Dialect::Claude, &facts, 0) {
        None => Err(Fault::new(404, "There is no such model.")),
        Some(Plan::Fault(fault)) => Err(fault),
        Some(Plan::Script(script)) => Ok(script),
        Some(Plan::Reply(reply)) => Ok(ended(events(&reply.answer), reply.ending)),
    }
}

/// AWS names the kind of a failure, and does not always give it a status of its own.
fn refuse(fault: &Fault) -> Script {
    let kind = match fault.status {
        400 => "ValidationException",
        401 | 403 => "AccessDeniedException",
        404 => "ResourceNotFoundException",
        429 => "ThrottlingException",
        _ => "InternalServerException",
    };
    let body =
        json!({"__type": format!("com.amazon.aws.codewhisperer#{kind}"), "message": fault.message});
    let script = Script::json(fault.status, &body);
    match fault.status {
        429 => script.header("retry-after", "7"),
        _ => script,
    }
}

/// Turns take turns, none is empty, and every call has its result; what is in them.
fn check(body: &Value) -> Result<Facts, Fault> {
    let wrong = |what: &str| Fault::invalid(format!("Improperly formed request: {what}"));
    if body["profileArn"] != "arn:aws:codewhisperer:us-east-1:1:profile/A" {
        return Err(wrong("profileArn"));
    }
    let state = &body["conversationState"];
    let history = state["history"].as_array().cloned().unwrap_or_default();
    let current = &state["currentMessage"]["userInputMessage"];
    if state["conversationId"]
        .as_str()
        .is_none_or(|id| id.len() != 36)
    {
        return Err(wrong("conversationId"));
    }
    let mut called: Vec<Value> = Vec::new();
    for (number, turn) in history.iter().chain([&state["currentMessage"]]).enumerate() {
        let by_user = number.is_multiple_of(2);
        let name = ["assistantResponseMessage", "userInputMessage"][usize::from(by_user)];
        let said = &turn[name];
        if said["content"]
            .as_str()
            .is_none_or(|text| text.trim().is_empty())
        {
            return Err(wrong(&format!("{name} {number}: content")));
        }
        if !by_user {
            called = ids(&said["toolUses"]);
            continue;
        }
        if said["origin"] != "AI_EDITOR" || !said["modelId"].is_string() {
            return Err(wrong("origin"));
        }
        if ids(&said["userInputMessageContext"]["toolResults"]) != std::mem::take(&mut called) {
            return Err(wrong("the results are not those of the calls"));
        }
    }
    if history.len() % 2 != 0 || !current.is_object() {
        return Err(wrong("it is not the user's turn"));
    }
    Ok(facts(body, current))
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn ids(uses: &Value) -> Vec<Value> {
    list(uses).map(|one| one["toolUseId"].clone()).collect()
}

fn facts(body: &Value, current: &Value) -> Facts {
    let context = &current["userInputMessageContext"];
    let name = |tool: &Value| Some(tool["toolSpecification"]["name"].as_str()?.to_owned());
    let text = |result: &Value| -> String {
        let texts = list(&result["content"]).filter_map(|part| part["text"].as_str());
        texts.collect()
    };
    Facts {
        model: current["modelId"].as_str().unwrap_or_default().to_owned(),
        stream: true,
        tools: list(&context["tools"]).filter_map(name).collect(),
        results: list(&context["toolResults"]).map(text).collect(),
        // It is asked for in the prompt.
        thinking: body
            .to_string()
            .contains("<thinking_mode>interleaved</thinking_mode>"),
        ..Facts::default()
    }
}
