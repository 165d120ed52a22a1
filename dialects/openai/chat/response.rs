//! Answers and errors.

use bytes::Bytes;

use crate::error::DecodeError;
use crate::ir::{Error, Response};
use crate::json::{Str, Value};
use crate::target::Reply;

/// Reads an answer.
pub fn decode(_body: Value<'_>, _provider: &Str) -> Result<Response, DecodeError> {
    todo!()
}

/// Writes an answer.
pub fn encode(_response: &Response, _reply: &Reply, _out: &mut Vec<u8>) {
    todo!()
}

/// Reads a failure.
pub fn decode_error(_status: u16, _body: &Bytes) -> Error {
    todo!()
}

/// Writes a failure.
pub fn encode_error(_error: &Error, _out: &mut Vec<u8>) {
    todo!()
}
