//! The vendor's words.

use crate::ir::Usage;
use crate::json::Value;

/// Reads a `usage` object. Part of the contract: the passthrough observer reads usage through it.
pub(crate) fn usage(_value: Value<'_>) -> Usage {
    todo!()
}
