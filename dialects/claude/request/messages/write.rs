//! Writing messages.

use super::{Block, Content, Message, Speaker};
use crate::Dialect;
use crate::claude::wire::{media, write_cache_mark, write_rest};
use crate::json::{Str, Writer};

/// Writes a message; `dialect` is the client's.
pub(in crate::claude::request) fn write(
    writer: &mut Writer<'_>,
    message: &Message<'_>,
    dialect: Dialect,
) {
    writer.object(|writer| {
        let role = match message.speaker {
            Speaker::User => "user",
            Speaker::Assistant => "assistant",
            Speaker::System => "system",
        };
        writer.field("role", role);
        match bare(message) {
            Some(text) => writer.field("content", text),
            None => writer.array_field("content", |writer| {
                let blocks = message.results.iter().chain(&message.blocks);
                blocks.for_each(|block| write_block(writer, block, dialect));
            }),
        }
        for extensions in &message.extensions {
            write_rest(writer, extensions);
        }
    });
}

/// The text of a message that was a bare string and can be one again.
fn bare<'m>(message: &'m Message<'_>) -> Option<&'m Str> {
    match &message.blocks[..] {
        [
            Block {
                content: Content::Text { text, .. },
                cache: None,
                ..
            },
        ] if message.bare && message.results.is_empty() => Some(text),
        _ => None,
    }
}

fn write_block(writer: &mut Writer<'_>, block: &Block<'_>, dialect: Dialect) {
    if let Content::Raw(raw) = &block.content {
        writer.value(*raw);
        return;
    }
    writer.object(|writer| {
        match &block.content {
            Content::Text { text, of } => {
                writer.field("type", "text");
                writer.field("text", text);
                if let Some(of) = of.filter(|_| dialect == Dialect::Claude) {
                    writer.field_opt("citations", of.citations.as_ref());
                    write_rest(writer, &of.extensions);
                }
            }
            Content::Media {
                media,
                form,
                source,
            } => {
                media::write(writer, media, *form, source, |writer, block| {
                    write_block(writer, block, dialect);
                });
                write_rest(writer, &media.extensions);
            }
            Content::Call {
                call,
                id,
                name,
                input,
            } => {
                writer.field("type", "tool_use");
                writer.field("id", id);
                writer.field("name", name);
                writer.field("input", input);
                write_rest(writer, &call.extensions);
            }
            Content::Result {
                result,
                id,
                content,
            } => {
                writer.field("type", "tool_result");
                writer.field("tool_use_id", id);
                write_result(writer, content, result.bare, dialect);
                writer.field_opt("is_error", result.is_error.as_ref());
                write_rest(writer, &result.extensions);
            }
            Content::Thinking(reasoning) => {
                let state = reasoning.opaque.as_ref().map(|state| &state.data);
                if reasoning.redacted {
                    writer.field("type", "redacted_thinking");
                    writer.field_opt("data", state);
                } else {
                    writer.field("type", "thinking");
                    writer.field("thinking", &reasoning.text);
                    writer.field_opt("signature", state);
                }
                write_rest(writer, &reasoning.extensions);
            }
            Content::Raw(_) => {}
        }
        write_cache_mark(writer, block.cache.as_ref());
    });
}

fn write_result(writer: &mut Writer<'_>, content: &[Block<'_>], bare: bool, dialect: Dialect) {
    match content {
        [] => {}
        [
            Block {
                content: Content::Text { text, .. },
                cache: None,
                ..
            },
        ] if bare => writer.field("content", text),
        blocks => writer.array_field("content", |writer| {
            blocks
                .iter()
                .for_each(|block| write_block(writer, block, dialect));
        }),
    }
}
