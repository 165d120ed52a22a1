//! Google generateContent (`dialects.md` 1.5): what Gemini clients send and read, and what Gemini upstreams do.

pub mod envelope;
pub mod request;
pub mod response;
pub(crate) mod schema;
pub mod stream;
pub(crate) mod wire;
