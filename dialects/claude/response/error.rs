//! Failures.

use bytes::Bytes;

use crate::claude::wire::{error_kind, error_word};
use crate::ir::{Error, ErrorKind};
use crate::json::{Document, Value, Writer};
use crate::openai::chat;

/// Reads a failure. Everything that servers have in common is read in one place; Claude's words for kinds and its
/// `details.error_code` are added. A status below 400 stands for a failure inside a stream.
pub fn decode_error(status: u16, body: &Bytes) -> Error {
    let mut error = chat::response::decode_error(status, body);
    let Ok(document) = Document::parse(body.clone()) else {
        return error;
    };
    let Some(inner) = document.root().field("error") else {
        return error;
    };
    let word = inner.text_of("type");
    let kind = word.as_deref().and_then(error_kind);
    if let Some(kind) = kind.filter(|_| is_general(error.kind)) {
        error.kind = kind;
        if status < 400 {
            error.status = kind.status();
        }
    }
    let details = inner.field("details");
    error.code = error.code.or_else(|| details?.text_of("error_code"));
    error.details = error.details.or_else(|| details.map(Value::raw));
    error
}

/// Kinds that a status or nothing at all stands behind; the others were read from something more telling.
fn is_general(kind: ErrorKind) -> bool {
    kind != ErrorKind::Billing
}

/// Writes a failure (`dialects.md` 2.9): Claude's shape, with the code that the specification asks for.
pub fn encode_error(error: &Error, out: &mut Vec<u8>) {
    let kind = match error.status {
        // A compatible server may say more with its status than with its words.
        529 => ErrorKind::Overloaded,
        _ => error.kind,
    };
    Writer::new(out).object(|writer| {
        writer.field("type", "error");
        writer.object_field("error", |writer| {
            writer.field("type", error_word(kind));
            writer.field("message", &error.message);
            writer.field_opt("code", error.code.as_ref());
            writer.field_opt("param", error.param.as_ref());
            if let Some(details) = &error.details {
                writer.key("details");
                details.document().root().write_compact(writer);
            }
        });
    });
}
