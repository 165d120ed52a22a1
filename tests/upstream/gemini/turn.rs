//! The order of turns: who begins, which responses answer which calls, and what a tool loop must keep.

use super::request::Rules;
use super::{invalid, list};
use crate::fault::Fault;
use serde_json::Value;

pub(super) fn check(contents: &[Value], rules: Rules) -> Result<(), Fault> {
    for (index, content) in contents.iter().enumerate() {
        let model = content["role"] == "model";
        if model != (index % 2 == 1) {
            return Err(invalid(
                "Please ensure that multiturn requests begin with a user turn and alternate between user and model.",
            ));
        }
        let earlier = index.checked_sub(1).map(|before| &contents[before]);
        if model {
            let next = contents.get(index + 1);
            calls_have_responses(&parts(content, "functionCall"), next)?;
        } else {
            let calls = earlier.map(|content| parts(content, "functionCall"));
            responses_have_calls(content, &calls.unwrap_or_default())?;
        }
    }
    if rules.third {
        signed(contents)?;
    }
    Ok(())
}

/// The parts of a content with this data.
fn parts<'a>(content: &'a Value, data: &str) -> Vec<&'a Value> {
    let parts = list(&content["parts"]).iter();
    parts.filter(|part| part.get(data).is_some()).collect()
}

fn calls_have_responses(calls: &[&Value], next: Option<&Value>) -> Result<(), Fault> {
    let responses = next.map_or(0, |next| parts(next, "functionResponse").len());
    if calls.len() == responses {
        return Ok(());
    }
    Err(invalid(if calls.is_empty() {
        "Please ensure that function response turn comes immediately after a function call turn."
    } else {
        "Please ensure that the number of function response parts is equal to the number of function call parts of the function call turn."
    }))
}

fn responses_have_calls(content: &Value, calls: &[&Value]) -> Result<(), Fault> {
    let responses = parts(content, "functionResponse");
    if responses.len() > calls.len() {
        return Err(invalid(
            "Please ensure that function response turn comes immediately after a function call turn.",
        ));
    }
    let mut open: Vec<&Value> = calls.iter().map(|part| &part["functionCall"]).collect();
    for response in responses.iter().map(|part| &part["functionResponse"]) {
        let fits = |call: &&Value| {
            let same_id = response.get("id").is_none() || response["id"] == call["id"];
            call["name"] == response["name"] && same_id
        };
        let Some(place) = open.iter().position(fits) else {
            return Err(invalid(format!(
                "Function response {} does not match a function call of the previous turn by name and id.",
                response["name"]
            )));
        };
        open.remove(place);
    }
    Ok(())
}

/// Since the user's last words the first call of every step must be signed; what was before is history.
fn signed(contents: &[Value]) -> Result<(), Fault> {
    let speaks = |content: &Value| {
        content["role"] != "model" && parts(content, "functionResponse").is_empty()
    };
    let asked = contents.iter().rposition(speaks).unwrap_or_default();
    for content in &contents[asked..] {
        let calls = parts(content, "functionCall");
        let Some(first) = calls.first() else {
            continue;
        };
        if first.get("thoughtSignature").is_none() {
            return Err(invalid(format!(
                "Function call is missing a thought_signature in functionCall parts. This is required for tools to work correctly, and missing thought_signature may lead to degraded model performance. Additional data, function call `{}`.",
                first["functionCall"]["name"].as_str().unwrap_or_default()
            )));
        }
    }
    Ok(())
}
