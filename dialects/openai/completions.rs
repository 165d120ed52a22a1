//! The legacy completions dialect (`dialects.md` 1.2): text goes on from a prompt.
//!
//! Clients only. A prompt is asked of a chat model as the one message of a user, so no upstream need speak this dialect:
//! what reads an upstream's words refuses here.

pub mod request;
pub mod response;
pub mod stream;
pub(crate) mod wire;

#[cfg(test)]
mod tests;
