//! Answers and errors.

mod error;

pub(crate) use error::of_event;
pub use error::{decode_error, decode_named_error, encode_error};

use super::NO_CLIENT;
use crate::error::DecodeError;
use crate::ir::{Error, ErrorKind, Response};
use crate::json::{Str, Value};
use crate::target::Reply;

/// Refuses: an answer is a stream of events.
///
/// # Errors
/// Always.
pub fn decode(_: Value<'_>, _: &Str) -> Result<Response, DecodeError> {
    let reason = "Kiro answers with a stream of events, never with JSON";
    Err(DecodeError::shape("body", reason))
}

/// Writes the failure that an answer is for nobody.
pub fn encode(_: &Response, _: &Reply, out: &mut Vec<u8>) {
    encode_error(&no_client(), out);
}

/// What a client of this dialect would be told.
pub(super) fn no_client() -> Error {
    Error::new(ErrorKind::InvalidRequest, Str::from_static(NO_CLIENT))
}

#[cfg(test)]
mod tests;
