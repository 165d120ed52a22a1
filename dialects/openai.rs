//! OpenAI's dialects.

pub mod chat;
