//! Writing the conversation: its last message is the current one, the others are its history.

use super::{Answer, Conversation, Message, NO_OUTPUT, Speaker};
use crate::json::Writer;
use crate::kiro::request::tools::Tools;
use crate::target::Target;

impl Conversation {
    /// Writes `currentMessage` and `history`. Tools are declared in the current message only.
    pub(in crate::kiro::request) fn write(
        &self,
        writer: &mut Writer<'_>,
        target: &Target,
        tools: &Tools,
    ) {
        let Some((current, history)) = self.messages.split_last() else {
            return;
        };
        writer.object_field("currentMessage", |writer| {
            write_user(writer, current, target, Some(tools));
        });
        if history.is_empty() {
            return;
        }
        writer.array_field("history", |writer| {
            for message in history {
                writer.object(|writer| match message.speaker {
                    Speaker::User => write_user(writer, message, target, None),
                    Speaker::Assistant => write_assistant(writer, message),
                });
            }
        });
    }
}

fn write_user(writer: &mut Writer<'_>, message: &Message, target: &Target, tools: Option<&Tools>) {
    let tools = tools.filter(|tools| !tools.is_empty());
    writer.object_field("userInputMessage", |writer| {
        writer.field("content", &message.content());
        writer.field("modelId", &target.model);
        writer.field("origin", &target.kiro.origin);
        if !message.images.is_empty() {
            writer.array_field("images", |writer| {
                for image in &message.images {
                    writer.object(|writer| {
                        writer.field("format", image.format);
                        writer.object_field("source", |writer| writer.field("bytes", &image.data));
                    });
                }
            });
        }
        if tools.is_none() && message.results.is_empty() {
            return;
        }
        writer.object_field("userInputMessageContext", |writer| {
            if let Some(tools) = tools {
                tools.write(writer);
            }
            if !message.results.is_empty() {
                writer.array_field("toolResults", |writer| {
                    let results = message.results.iter();
                    results.for_each(|answer| write_answer(writer, answer));
                });
            }
        });
    });
}

fn write_answer(writer: &mut Writer<'_>, answer: &Answer) {
    writer.object(|writer| {
        writer.field("toolUseId", &answer.id);
        let status = if answer.failed { "error" } else { "success" };
        writer.field("status", status);
        writer.array_field("content", |writer| {
            if answer.texts.is_empty() {
                writer.object(|writer| writer.field("text", NO_OUTPUT));
            }
            for text in &answer.texts {
                writer.object(|writer| writer.field("text", text));
            }
        });
    });
}

fn write_assistant(writer: &mut Writer<'_>, message: &Message) {
    writer.object_field("assistantResponseMessage", |writer| {
        writer.field("content", &message.content());
        if message.calls.is_empty() {
            return;
        }
        writer.array_field("toolUses", |writer| {
            for call in &message.calls {
                writer.object(|writer| {
                    writer.field("toolUseId", &call.id);
                    writer.field("name", &call.name);
                    writer.field("input", &call.input);
                });
            }
        });
    });
}
