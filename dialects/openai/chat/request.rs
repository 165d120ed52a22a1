//! Requests.

use crate::error::{DecodeError, EncodeError};
use crate::ir::Request;
use crate::json::Value;
use crate::target::{Encoded, Target};

/// Reads a request.
pub fn decode(_body: Value<'_>) -> Result<Request, DecodeError> {
    todo!()
}

/// Writes a request.
pub fn encode(_request: &Request, _target: &Target) -> Result<Encoded, EncodeError> {
    todo!()
}
