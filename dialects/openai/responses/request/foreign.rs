//! What no other dialect can be given without a wrong answer (`dialects.md` 2.3).

use crate::Dialect;
use crate::error::EncodeError;
use crate::ir::{Part, Request, ToolChoice};
use crate::json::Value;

/// Refuses a request that leans on what its own provider keeps.
///
/// # Errors
/// The field that names something only that provider has, and what to send instead.
pub(crate) fn refuse_foreign(request: &Request) -> Result<(), EncodeError> {
    let refuse = |path: &str, reason: &str| Err(EncodeError::new(path, reason));
    if request.state.previous_response.is_some() {
        let reason = "the upstream keeps no answers; send the conversation itself";
        return refuse("previous_response_id", reason);
    }
    if request.state.conversation.is_some() {
        let reason = "the upstream keeps no conversations; send the items themselves";
        return refuse("conversation", reason);
    }
    let own = |key: &str| request.extensions.get(Dialect::Responses, key);
    if own("prompt").is_some() {
        let reason = "the upstream keeps no prompts; send its text as instructions";
        return refuse("prompt", reason);
    }
    let background = own("background").map(|raw| raw.document().root().as_bool() == Some(true));
    if background == Some(true) {
        let reason = "the upstream answers at once only; leave it out";
        return refuse("background", reason);
    }
    if let Some(ToolChoice::Raw(Dialect::Responses, choice)) = &request.tool_choice {
        let document = choice.document();
        let kind = document.root().text_of("type").unwrap_or_default();
        if !kind.is_empty() && kind != "allowed_tools" && !kind.starts_with("web_search") {
            let reason = format!("the upstream has no tool of type `{kind}` that could be forced");
            return Err(EncodeError::new("tool_choice", reason));
        }
    }
    for (turn, said) in request.turns.iter().enumerate() {
        for (part, what) in said.parts.iter().enumerate() {
            let Part::Server(block) = what else { continue };
            if block.dialect != Dialect::Responses {
                continue;
            }
            let reason = match &*block.kind {
                "item_reference" => "the upstream keeps no items; send the item itself",
                "compaction" if has_state(block.raw.document().root()) => {
                    "only the provider that compacted this conversation can read it"
                }
                _ => continue,
            };
            return Err(EncodeError::new(request.part_path(turn, part), reason));
        }
    }
    Ok(())
}

fn has_state(item: Value<'_>) -> bool {
    item.text_of("encrypted_content")
        .is_some_and(|state| !state.is_empty())
}
