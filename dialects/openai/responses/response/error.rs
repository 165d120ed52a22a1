//! Failures.

use bytes::Bytes;

use crate::framing::sse;
use crate::ir::{Error, ErrorKind};
use crate::json::{Document, Value, Writer};
use crate::openai::chat;
use crate::openai::responses::wire::{self, error_code, error_type};

/// Reads a failure, whatever the body is: OpenAI's shape, the flat event of a stream, or an answer that failed.
#[must_use]
pub fn decode_error(status: u16, body: &Bytes) -> Error {
    let document = Document::parse(body.clone()).ok();
    let inner = document.as_ref().and_then(|document| {
        let answer = document.root().field("response")?;
        Some(answer.field("error").unwrap_or(answer).raw())
    });
    match inner {
        Some(inner) => chat::response::decode_error(status, &inner.to_text().into_bytes()),
        None => chat::response::decode_error(status, body),
    }
}

/// A failure inside of a stream or an answer with status 200.
pub(in crate::openai::responses) fn in_stream(value: Value<'_>) -> Error {
    chat::response::in_stream(value)
}

/// Writes a failure (`dialects.md` 2.9).
pub fn encode_error(error: &Error, out: &mut Vec<u8>) {
    chat::response::encode_error(error, out);
}

/// Writes a failure as an event of a stream: flat, as Responses has it, with the object beside that SDKs raise on.
pub(crate) fn encode_error_event(error: &Error, sequence: u64, out: &mut Vec<u8>) {
    let code = error_code(error);
    sse::write_event(out, "error", |out| {
        Writer::new(out).object(|writer| {
            writer.field("type", "error");
            writer.field("sequence_number", &sequence);
            wire::nullable(writer, "code", code);
            writer.field("message", &error.message);
            wire::nullable(writer, "param", error.param.as_deref());
            writer.object_field("error", |writer| {
                writer.field("message", &error.message);
                writer.field("type", error_type(error.kind));
                wire::nullable(writer, "param", error.param.as_deref());
                wire::nullable(writer, "code", code);
            });
        });
    });
}

/// Writes the `error` of an answer that failed.
pub(in crate::openai::responses) fn write_failure(writer: &mut Writer<'_>, error: &Error) {
    let code = error.code.as_deref().unwrap_or(match error.kind {
        ErrorKind::RateLimit => "rate_limit_exceeded",
        ErrorKind::Billing => "insufficient_quota",
        ErrorKind::Overloaded => "server_is_overloaded",
        ErrorKind::InvalidRequest | ErrorKind::TooLarge => "invalid_prompt",
        _ => "server_error",
    });
    writer.object_field("error", |writer| {
        writer.field("code", code);
        writer.field("message", &error.message);
    });
}
