//! OpenAI's dialects.

pub mod chat;
pub(crate) mod data_url;
