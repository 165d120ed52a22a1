//! OpenAI's dialects.

pub mod chat;
pub(crate) mod data_url;
pub(crate) mod document;
pub mod responses;
