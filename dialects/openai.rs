//! OpenAI's dialects.

pub mod chat;
pub mod completions;
pub(crate) mod data_url;
pub(crate) mod document;
pub(crate) mod envelope;
pub mod responses;
pub(crate) mod scope;
pub(crate) mod settings;
