//! Answers and errors.

mod encode;

use bytes::Bytes;

pub use encode::encode;

use crate::error::DecodeError;
use crate::ir::{Error, Response};
use crate::json::{Str, Value};
use crate::openai::chat;

/// Refuses: no upstream answers in this dialect.
///
/// # Errors
/// Always.
pub fn decode(_: Value<'_>, _: &Str) -> Result<Response, DecodeError> {
    Err(DecodeError::shape("body", NO_UPSTREAM))
}

/// Why nothing of an upstream is read.
pub(super) const NO_UPSTREAM: &str = "no upstream answers in legacy completions";

/// Reads a failure, which is Chat's (`dialects.md` 1.2).
#[must_use]
pub fn decode_error(status: u16, body: &Bytes) -> Error {
    chat::response::decode_error(status, body)
}

/// Writes a failure, as Chat does.
pub fn encode_error(error: &Error, out: &mut Vec<u8>) {
    chat::response::encode_error(error, out);
}
