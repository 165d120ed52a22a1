//! From the IR to an answer for a client.

use crate::ids;
use crate::ir::{
    CallKind, Choice, Media, Part, Reasoning, Response, StopReason, Text, ToolCall, Unknown,
};
use crate::json::{Value, Writer};
use crate::openai::chat::wire::{self, message};
use crate::openai::envelope::{Form, write_answer};
use crate::target::Reply;
use crate::{Dialect, opaque};

/// Writes an answer.
pub fn encode(response: &Response, reply: &Reply, out: &mut Vec<u8>) {
    let form = Form {
        id: "chatcmpl",
        object: "chat.completion",
    };
    Writer::new(out).object(|writer| {
        write_answer(writer, form, response, reply, write_choice);
        if response.dialect == Dialect::Chat {
            writer.field_opt("service_tier", response.service_tier.as_ref());
        }
        wire::write_extensions(writer, &response.extensions, &[]);
    });
}

fn write_choice(writer: &mut Writer<'_>, choice: &Choice, reply: &Reply) {
    let said = Said::of(choice);
    let held = wire::Held {
        refusal: !said.refusals.is_empty(),
        calls: !said.calls.is_empty(),
        legacy: reply.names.has_legacy_functions(),
    };
    let reason = choice.stop.as_ref().map(|stop| &stop.reason);
    let reason = wire::finish_reason(reason.unwrap_or(&StopReason::End), held);
    writer.field("index", &choice.index);
    writer.object_field("message", |writer| said.write(writer, reply));
    writer.field_opt("logprobs", choice.logprobs.as_ref());
    if choice.logprobs.is_none() {
        writer.null_field("logprobs");
    }
    writer.field("finish_reason", reason);
    wire::write_extensions(writer, &choice.extensions, &[]);
}

/// The parts of an answer by what they become. Chat has one place for each kind: texts are joined, calls come after
/// them (`dialects.md` 2.1, trap 18).
#[derive(Default)]
struct Said<'a> {
    texts: Vec<&'a Text>,
    refusals: Vec<&'a str>,
    calls: Vec<&'a ToolCall>,
    thoughts: Vec<&'a Reasoning>,
    others: Vec<&'a Unknown>,
    images: Vec<&'a Media>,
}

impl<'a> Said<'a> {
    fn of(choice: &'a Choice) -> Self {
        let mut said = Self::default();
        for part in &choice.parts {
            match part {
                Part::Text(text) => said.texts.push(text),
                Part::Refusal(text) => said.refusals.push(text),
                Part::ToolCall(call) => said.calls.push(call),
                Part::Reasoning(reasoning) => said.thoughts.push(reasoning),
                Part::Unknown(unknown) if unknown.dialect == Dialect::Chat => {
                    said.others.push(unknown);
                }
                Part::Media(media) if message::is_image(media) => said.images.push(media),
                Part::Unknown(_) | Part::Server(_) | Part::Media(_) | Part::ToolResult(_) => {}
            }
        }
        said
    }

    fn write(&self, writer: &mut Writer<'_>, reply: &Reply) {
        writer.field("role", "assistant");
        if self.texts.is_empty() && !(self.calls.is_empty() && self.refusals.is_empty()) {
            writer.null_field("content");
        } else {
            let texts = self.texts.iter().map(|text| &*text.text);
            writer.field("content", &message::concat(texts));
        }
        if self.refusals.is_empty() {
            writer.null_field("refusal");
        } else {
            let refusals = self.refusals.iter().copied();
            writer.field("refusal", &message::concat(refusals));
        }
        self.write_thoughts(writer);
        self.write_annotations(writer);
        self.write_calls(writer, reply);
        if !self.images.is_empty() {
            message::write_images(writer, &self.images);
        }
        for other in &self.others {
            writer.foreign_field(&other.kind, &other.raw);
        }
    }

    fn write_thoughts(&self, writer: &mut Writer<'_>) {
        let texts = self.thoughts.iter().map(|thought| &*thought.text);
        let text = message::concat(texts);
        if !text.is_empty() {
            writer.field("reasoning_content", &text);
        }
        let states: Vec<&Reasoning> = self
            .thoughts
            .iter()
            .copied()
            .filter(|thought| has_state(thought))
            .collect();
        if states.is_empty() {
            return;
        }
        writer.array_field("reasoning_details", |writer| {
            for (index, thought) in states.into_iter().enumerate() {
                write_details(writer, thought, index);
            }
        });
    }

    fn write_annotations(&self, writer: &mut Writer<'_>) {
        let mut at = 0;
        let mut lists = Vec::new();
        for text in &self.texts {
            let end = at + text.text.chars().count();
            if let Some(citations) = &text.citations {
                lists.push((citations.document(), at, end));
            }
            at = end;
        }
        let found = |value: Value<'_>| message::is_annotation(value);
        if !lists
            .iter()
            .any(|(list, ..)| list.root().items().any(found))
        {
            return;
        }
        writer.array_field("annotations", |writer| {
            for (list, start, end) in &lists {
                for citation in list.root().items() {
                    message::write_annotation(writer, citation, *start, *end);
                }
            }
        });
    }

    fn write_calls(&self, writer: &mut Writer<'_>, reply: &Reply) {
        if let (true, Some(call)) = (reply.names.has_legacy_functions(), self.calls.first()) {
            writer.object_field("function_call", |writer| {
                writer.field("name", &reply.names.client(&call.name));
                writer.field("arguments", &call.arguments.to_text());
            });
            return;
        }
        if self.calls.is_empty() {
            return;
        }
        writer.array_field("tool_calls", |writer| {
            for call in &self.calls {
                writer.object(|writer| write_call(writer, call, reply));
            }
        });
    }
}

fn write_call(writer: &mut Writer<'_>, call: &ToolCall, reply: &Reply) {
    let name = reply.names.client(&call.name);
    let mapped = call.kind == CallKind::Function && reply.names.is_custom(&name);
    let (key, field, text) = match call.kind {
        CallKind::Function if mapped => ("custom", "input", message::free_text(&call.arguments)),
        CallKind::Function => ("function", "arguments", call.arguments.to_text()),
        CallKind::Custom => ("custom", "input", call.arguments.0.clone()),
    };
    let id = ids::sanitise(&call.id, ids::CALL_ID_LIMIT);
    writer.field("id", &opaque::into_id(&id, call.opaque.as_ref()));
    writer.field("type", key);
    writer.object_field(key, |writer| {
        writer.field("name", &name);
        writer.field(field, &text);
    });
    wire::write_extensions(writer, &call.extensions, &[]);
}

/// Whether thinking carries state that must come back.
pub(in crate::openai::chat) fn has_state(reasoning: &Reasoning) -> bool {
    let opaque = reasoning.opaque.as_ref();
    opaque.is_some_and(|opaque| !opaque.data.is_empty())
}

/// Writes an entry of `reasoning_details`: thinking with its provider's state, wrapped (`dialects.md` 2.4).
pub(in crate::openai::chat) fn write_details(
    writer: &mut Writer<'_>,
    reasoning: &Reasoning,
    index: usize,
) {
    let Some(state) = reasoning.opaque.as_ref().map(opaque::wrap) else {
        return;
    };
    writer.object(|writer| {
        if reasoning.redacted {
            writer.field("type", "reasoning.encrypted");
            writer.field("data", &state);
        } else {
            writer.field("type", "reasoning.text");
            writer.field("text", &reasoning.text);
            writer.field("signature", &state);
        }
        writer.field("index", &index);
    });
}
