//! Requests.

mod encode;
mod fields;
mod media;
mod messages;
mod thinking;
mod tools;

pub use encode::encode;

use super::NO_CLIENT;
use crate::error::DecodeError;
use crate::ir::Request;
use crate::json::Value;

/// Refuses: no client asks in this dialect.
///
/// # Errors
/// Always.
pub fn decode(_: Value<'_>) -> Result<Request, DecodeError> {
    Err(DecodeError::shape("body", NO_CLIENT))
}

#[cfg(test)]
mod tests;
