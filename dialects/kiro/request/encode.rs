//! From the request to an upstream's body.

use super::fields::{self, Fields};
use super::messages;
use super::thinking;
use super::tools::Tools;
use crate::Dialect;
use crate::error::EncodeError;
use crate::ir::{Extensions, Request};
use crate::json::{Str, Writer};
use crate::losses::Losses;
use crate::names::Names;
use crate::target::{Asked, Encoded, Target};
use crate::tokens;

/// Begins the system block that Claude Code adds for its own vendor (trap 42).
const BILLING_BLOCK: &str = "x-anthropic-billing-header:";

/// Writes a request. Whether to stream is not said: Kiro always does.
///
/// # Errors
/// What Kiro cannot be asked without a wrong answer: a call without its result, a file that it cannot see.
pub fn encode(request: &Request, target: &Target) -> Result<Encoded, EncodeError> {
    let mut scope = Scope {
        request,
        target,
        names: Names::default(),
        losses: Losses::default(),
    };
    fields::refuse(request)?;
    let tools = Tools::of(&mut scope)?;
    let mut conversation = messages::arrange(&mut scope)?;
    let mut system = system(&mut scope);
    system.append(&mut conversation.leading);
    let fields = Fields::of(&mut scope);
    system.extend(fields.instruction.clone());
    let thinking = thinking::plan(&mut scope);
    // Behind the prompt, with no blank line: the tags are no words of it.
    if let Some(length) = thinking {
        let tags = thinking::tags(length);
        match system.last_mut() {
            Some(last) => *last = Str::from(format!("{last}\n{tags}")),
            None => system.push(Str::from(tags)),
        }
    }
    conversation.settle(system);
    let mut body = request.draft();
    Writer::of_body(&mut body).object(|writer| {
        writer.object_field("conversationState", |writer| {
            writer.field("chatTriggerType", "MANUAL");
            let id = target.kiro.conversation.clone();
            writer.field("conversationId", &id.unwrap_or_else(|| conversation.id()));
            conversation.write(writer, target, &tools);
        });
        writer.field_opt("profileArn", target.kiro.profile_arn.as_ref());
        fields.write(writer);
    });
    Ok(Encoded {
        body: body.finish(),
        losses: scope.losses,
        names: scope.names,
        asked: Asked {
            input: Some(tokens::estimate_request(request)),
            thinking: thinking.is_some(),
        },
    })
}

/// What every part of the encoder needs.
pub(super) struct Scope<'r> {
    pub(super) request: &'r Request,
    pub(super) target: &'r Target,
    pub(super) names: Names,
    pub(super) losses: Losses,
}

impl Scope<'_> {
    /// The name of a tool as Kiro takes it.
    pub(super) fn name(&mut self, name: &Str) -> Str {
        self.names.upstream(name, self.target.kiro.tool_name_limit)
    }

    /// Reports the fields that only another dialect has. Reasoning that its own dialect could not type is nobody else's.
    pub(super) fn foreign(&mut self, extensions: &Extensions, path: impl Fn() -> String) {
        for extension in extensions.foreign(Dialect::Kiro) {
            let level = path();
            let dot = if level.is_empty() { "" } else { "." };
            let key = extension.key.strip_prefix("message.");
            let key = key.unwrap_or(&extension.key);
            let path = format!("{level}{dot}{key}");
            let why = "Kiro has no such field";
            match key {
                "reasoning_details" | "reasoning" | "extra_content" | "annotations" | "caller"
                | "id" | "status" | "phase" | "thoughtSignature" => {
                    self.losses.quietly_dropped(path, why);
                }
                _ if extension.is_idle() => self.losses.quietly_dropped(path, why),
                _ => self.losses.dropped(path, why),
            }
        }
    }

    /// Kiro has no cache marks.
    pub(super) fn unmark(&mut self, marked: bool, path: impl FnOnce() -> String) {
        if marked {
            let path = format!("{}.cache_control", path());
            let why = "Kiro takes no cache marks";
            self.losses.quietly_dropped(path, why);
        }
    }
}

/// The system prompt, for which Kiro has no place of its own: it stands before the user's first words.
fn system(scope: &mut Scope<'_>) -> Vec<Str> {
    let request = scope.request;
    let mut texts = Vec::new();
    for (index, message, part, block) in request.system_blocks() {
        let path = || request.system_block_path(index, message, part);
        if block.text.begins_with(BILLING_BLOCK) {
            let why = "the billing block is for its own vendor only";
            scope.losses.quietly_dropped(path(), why);
            continue;
        }
        if block.name.is_some() {
            let path = format!("{}.name", request.system_path(index, message));
            scope.losses.dropped(path, "Kiro's messages have no name");
        }
        scope.foreign(&block.extensions, path);
        scope.unmark(block.cache.is_some(), path);
        if !block.text.is_blank() {
            if texts.is_empty() {
                let why = "Kiro has no system prompt: it stands before the user's first words";
                let path = request.system_path(index, message);
                scope.losses.quietly_changed(path, why);
            }
            texts.push(block.text.clone());
        }
    }
    texts
}
