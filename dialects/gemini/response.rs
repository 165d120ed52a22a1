//! Answers and errors.

pub(super) mod decode;
pub(super) mod encode;
pub(super) mod error;

pub use decode::{decode, decode_count};
pub use encode::encode;
pub use error::{decode_error, encode_error};

#[cfg(test)]
mod tests;
