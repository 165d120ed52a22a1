//! The order of turns: who begins, which results answer which calls, and what a tool loop must keep.

use super::message::Rules;
use crate::fault::Fault;
use serde_json::Value;

/// Adjacent messages of one role, combined as the vendor combines them.
struct Turn<'a> {
    role: &'a str,
    /// The index of its first message.
    index: usize,
    /// Its blocks; a content string is a block of type text without fields.
    blocks: Vec<&'a Value>,
}

pub(super) fn check(messages: &[Value], rules: &Rules) -> Result<(), Fault> {
    let turns = turns(messages);
    if turns.first().is_some_and(|turn| turn.role != "user") {
        return Err(Fault::invalid(
            "messages: first message must use the \"user\" role",
        ));
    }
    let mut seen: Vec<&str> = Vec::new();
    for (position, turn) in turns.iter().enumerate() {
        let earlier = position.checked_sub(1).map(|before| &turns[before]);
        results_have_calls(turn, earlier)?;
        if turn.role == "assistant" {
            let calls = calls(turn);
            if calls
                .iter()
                .enumerate()
                .any(|(index, id)| seen.contains(id) || calls[..index].contains(id))
            {
                return Err(Fault::invalid(format!(
                    "messages.{}: `tool_use` ids must be unique",
                    turn.index
                )));
            }
            calls_have_results(turn, &calls, turns.get(position + 1))?;
            seen.extend(calls);
        }
    }
    ending(&turns, rules)
}

fn turns(messages: &[Value]) -> Vec<Turn<'_>> {
    let mut turns: Vec<Turn<'_>> = Vec::new();
    for (index, message) in messages.iter().enumerate() {
        let role = message["role"].as_str().unwrap_or_default();
        let blocks = match &message["content"] {
            Value::Array(blocks) => blocks.iter().collect(),
            text => vec![text],
        };
        match turns.last_mut() {
            Some(turn) if turn.role == role => turn.blocks.extend(blocks),
            _ => turns.push(Turn {
                role,
                index,
                blocks,
            }),
        }
    }
    turns
}

fn calls<'a>(turn: &Turn<'a>) -> Vec<&'a str> {
    turn.blocks
        .iter()
        .filter(|block| block["type"] == "tool_use")
        .filter_map(|block| block["id"].as_str())
        .collect()
}

fn results<'a>(blocks: &[&'a Value]) -> Vec<&'a str> {
    blocks
        .iter()
        .filter(|block| block["type"] == "tool_result")
        .filter_map(|block| block["tool_use_id"].as_str())
        .collect()
}

/// The results at the very start of a turn, before any other block.
fn leading_results<'a>(turn: &Turn<'a>) -> Vec<&'a str> {
    let count = turn
        .blocks
        .iter()
        .take_while(|block| block["type"] == "tool_result")
        .count();
    results(&turn.blocks[..count])
}

fn results_have_calls(turn: &Turn<'_>, earlier: Option<&Turn<'_>>) -> Result<(), Fault> {
    let calls = earlier
        .filter(|turn| turn.role == "assistant")
        .map(calls)
        .unwrap_or_default();
    let results = results(&turn.blocks);
    for (index, id) in results.iter().enumerate() {
        if !calls.contains(id) {
            return Err(Fault::invalid(format!(
                "messages.{}.content.{index}: unexpected `tool_use_id` found in `tool_result` blocks: {id}. Each `tool_result` block must have a corresponding `tool_use` block in the previous message.",
                turn.index
            )));
        }
        if results[..index].contains(id) {
            return Err(Fault::invalid(format!(
                "messages.{}.content.{index}: each tool_use must have a single result. Found multiple `tool_result` blocks with id: {id}",
                turn.index
            )));
        }
    }
    Ok(())
}

fn calls_have_results(
    turn: &Turn<'_>,
    calls: &[&str],
    next: Option<&Turn<'_>>,
) -> Result<(), Fault> {
    let answered = next
        .filter(|next| next.role == "user")
        .map(leading_results)
        .unwrap_or_default();
    let missing: Vec<&str> = calls
        .iter()
        .copied()
        .filter(|id| !answered.contains(id))
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(Fault::invalid(format!(
        "messages.{}: `tool_use` ids were found without `tool_result` blocks immediately after: {}. Each `tool_use` block must have a corresponding `tool_result` block in the next message.",
        turn.index,
        missing.join(", ")
    )))
}

fn ending(turns: &[Turn<'_>], rules: &Rules) -> Result<(), Fault> {
    match turns {
        [.., last] if last.role == "assistant" && !rules.prefill => Err(Fault::invalid(
            "This model does not support assistant message prefill. The conversation must end with a user message.",
        )),
        [.., last] if last.role == "assistant" && rules.thinking => Err(Fault::invalid(
            "When `thinking` is enabled, the final message must not be an assistant prefill.",
        )),
        [.., assistant, last] if rules.thinking && !leading_results(last).is_empty() => {
            let found = assistant.blocks[0]["type"].as_str().unwrap_or("text");
            if found == "thinking" || found == "redacted_thinking" {
                return Ok(());
            }
            Err(Fault::invalid(format!(
                "messages.{}.content.0.type: Expected `thinking` or `redacted_thinking`, but found `{found}`. When `thinking` is enabled, a final `assistant` message must start with a thinking block (preceeding the lastmost set of `tool_use` and `tool_result` blocks). To avoid this requirement, disable `thinking`.",
                assistant.index
            )))
        }
        _ => Ok(()),
    }
}
