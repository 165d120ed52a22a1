//! What belongs to what: outputs to calls, reasoning to the item it led to.

use super::issued::{REASONED, call_of, is_call_id, kind};
use crate::fault::Fault;
use serde_json::Value;
use std::borrow::Cow;
use std::collections::HashMap;

/// `continued`: earlier items are with the vendor, so a call may be there.
pub(super) fn check(items: &[Value], continued: bool) -> Result<(), Fault> {
    outputs(items, continued)?;
    reasoning(items)
}

fn outputs(items: &[Value], continued: bool) -> Result<(), Fault> {
    // By kind and id: whether the call was answered.
    let mut calls: HashMap<(&str, Cow<'_, str>), bool> = HashMap::new();
    let mut order = Vec::new();
    for item in items {
        let id = call_of(item);
        match kind(item) {
            Some(kind @ ("function_call" | "custom_tool_call")) => {
                if calls.insert((kind, id.clone()), false).is_some() {
                    return Err(refusal(format!("Duplicate tool call with call_id {id}.")));
                }
                order.push((kind, id));
            }
            Some(kind @ ("function_call_output" | "custom_tool_call_output")) => {
                let kind = kind.strip_suffix("_output").unwrap_or(kind);
                match calls.get_mut(&(kind, id.clone())) {
                    Some(answered) if *answered => {
                        return Err(refusal(format!(
                            "Multiple outputs found for tool call with call_id {id}."
                        )));
                    }
                    Some(answered) => *answered = true,
                    None if continued && is_call_id(&id) => {}
                    None => {
                        let what = kind.replace('_', " ");
                        return Err(refusal(format!(
                            "No tool call found for {what} output with call_id {id}."
                        )));
                    }
                }
            }
            _ => {}
        }
    }
    match order.iter().find(|call| !calls[*call]) {
        Some((kind, id)) => {
            let what = kind.replace('_', " ");
            Err(refusal(format!("No tool output found for {what} {id}.")))
        }
        None => Ok(()),
    }
}

/// A reasoning item is followed by the item it led to; what was made after reasoning comes with it.
fn reasoning(items: &[Value]) -> Result<(), Fault> {
    let mut reasoned = false;
    for (index, item) in items.iter().enumerate() {
        let id = item["id"].as_str().unwrap_or_default();
        match kind(item) {
            Some("reasoning") => {
                reasoned = true;
                if !items.get(index + 1).is_some_and(follows) {
                    return Err(refusal(format!(
                        "Item '{id}' of type 'reasoning' was provided without its required following item."
                    )));
                }
            }
            kind if id.contains(REASONED) && !reasoned => {
                let kind = kind.unwrap_or("message");
                return Err(refusal(format!(
                    "Item '{id}' of type '{kind}' was provided without its required 'reasoning' item."
                )));
            }
            _ if !follows(item) => reasoned = false,
            _ => {}
        }
    }
    Ok(())
}

/// Whether the model makes such items after it has reasoned.
fn follows(item: &Value) -> bool {
    item["role"] == "assistant"
        || item["type"] == "item_reference"
        || matches!(
            kind(item),
            Some("reasoning" | "function_call" | "custom_tool_call" | "web_search_call")
        )
}

fn refusal(message: String) -> Fault {
    Fault::invalid(message).param("input")
}
