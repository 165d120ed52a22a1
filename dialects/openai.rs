//! OpenAI's dialects.

pub mod chat;
pub mod completions;
pub(crate) mod counts;
pub(crate) mod data_url;
pub(crate) mod document;
pub(crate) mod envelope;
pub(crate) mod extensions;
pub(crate) mod parts;
pub mod responses;
pub(crate) mod scope;
pub(crate) mod settings;
pub(crate) mod tools;
