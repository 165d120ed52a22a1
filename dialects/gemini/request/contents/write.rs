//! Writing contents.

use super::{Content, Form, Piece, Speaker};
use crate::Dialect;
use crate::gemini::request::media;
use crate::gemini::wire::parts::SIGNATURE;
use crate::gemini::wire::{camel, write_rest};
use crate::ir::{Extensions, ToolResult};
use crate::json::{Str, Writer};

/// Keys of calls and results that stand inside of their object, not beside it.
const INNER: [&str; 2] = ["willContinue", "scheduling"];

/// Writes a content.
pub(super) fn write(writer: &mut Writer<'_>, content: &Content<'_>) {
    writer.object(|writer| {
        let role = match content.speaker {
            Speaker::User => "user",
            Speaker::Model => "model",
        };
        writer.field("role", role);
        writer.array_field("parts", |writer| {
            let results = content.results.iter().map(|(_, piece)| piece);
            results
                .chain(&content.pieces)
                .for_each(|piece| write_piece(writer, piece));
        });
        for extensions in &content.extensions {
            write_rest(writer, extensions);
        }
    });
}

fn write_piece(writer: &mut Writer<'_>, piece: &Piece<'_>) {
    writer.object(|writer| {
        match &piece.form {
            Form::Text(text) => writer.field("text", text),
            Form::Thought(text) => {
                writer.field("text", text);
                writer.field("thought", &true);
            }
            Form::Media { media, source } => media::write(writer, media, source),
            Form::Call {
                call,
                id,
                name,
                args,
            } => {
                writer.object_field("functionCall", |writer| {
                    writer.field_opt("id", id.as_ref());
                    writer.field("name", name);
                    writer.field("args", args);
                    write_inner(writer, &call.extensions, true);
                });
                write_inner(writer, &call.extensions, false);
            }
            Form::Result {
                result,
                id,
                name,
                text,
                media,
            } => {
                writer.object_field("functionResponse", |writer| {
                    writer.field_opt("id", id.as_ref());
                    writer.field("name", name);
                    write_response(writer, result, text);
                    if !media.is_empty() {
                        writer.array_field("parts", |writer| {
                            media.iter().for_each(|piece| write_piece(writer, piece));
                        });
                    }
                    write_inner(writer, &result.extensions, true);
                });
                write_inner(writer, &result.extensions, false);
            }
            Form::Raw(raw) => {
                for (key, value) in raw.document().root().entries() {
                    if camel(&key) != SIGNATURE && !value.is_null() {
                        writer.foreign_field(&camel(&key), &value.raw());
                    }
                }
            }
        }
        writer.field_opt(SIGNATURE, piece.signature.as_ref());
        if let Some(extensions) = piece.extensions {
            write_rest(writer, extensions);
        }
    });
}

/// Writes the object that a result must be: a Gemini client's own, else the text under the key that Gemini understands.
fn write_response(writer: &mut Writer<'_>, result: &ToolResult, text: &Str) {
    let own = result.extensions.get(Dialect::Gemini, "response");
    let key = match result.is_error {
        Some(true) => "error",
        _ => "output",
    };
    match own {
        Some(own) if own.is_object() => writer.field("response", own),
        Some(own) => writer.object_field("response", |writer| writer.field(key, own)),
        None => writer.object_field("response", |writer| writer.field(key, text)),
    }
}

/// Writes the unknown fields of a call or result, either those inside of its object or those beside it.
fn write_inner(writer: &mut Writer<'_>, extensions: &Extensions, inside: bool) {
    let kept = extensions.of(Dialect::Gemini).filter(|kept| !kept.spelling);
    for extension in kept {
        if INNER.contains(&&*extension.key) == inside {
            writer.foreign_field(&extension.key, &extension.value);
        }
    }
}
