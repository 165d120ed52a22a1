//! Anthropic Messages (`dialects.md` 1.4): what Claude clients send and read, and what Claude upstreams do.

pub mod request;
pub mod response;
pub mod stream;
pub(crate) mod wire;
