//! What the codecs refuse.

use std::fmt;

use crate::json::JsonError;

/// A body that is not of its dialect. For a client's request this is a 400; for an upstream's answer a 502.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// Not JSON.
    #[error("the body is not valid JSON: {0}")]
    Json(#[from] JsonError),
    /// JSON of the wrong shape.
    #[error("{path}: {reason}")]
    Shape {
        /// Where, as `messages[2].content[0].text`.
        path: String,
        /// What was expected there.
        reason: String,
    },
}

impl DecodeError {
    /// A shape error.
    pub fn shape(path: impl fmt::Display, reason: impl fmt::Display) -> Self {
        Self::Shape {
            path: path.to_string(),
            reason: reason.to_string(),
        }
    }

    /// The path of the wrong field, where one is known.
    #[must_use]
    pub fn path(&self) -> Option<&str> {
        match self {
            Self::Json(_) => None,
            Self::Shape { path, .. } => Some(path),
        }
    }
}

/// A request that cannot be said in the target's dialect without a wrong answer; a 400 for the client.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {reason}")]
pub struct EncodeError {
    /// Field of the client's request.
    pub path: String,
    /// Why it cannot be carried, and what to do.
    pub reason: String,
    /// The word by which the client's SDK knows what to do instead, where its vendor has one.
    pub code: Option<&'static str>,
}

impl EncodeError {
    /// A refusal.
    pub fn new(path: impl fmt::Display, reason: impl fmt::Display) -> Self {
        Self {
            path: path.to_string(),
            reason: reason.to_string(),
            code: None,
        }
    }

    /// The same with a word for the client's SDK.
    #[must_use]
    pub fn with_code(mut self, code: &'static str) -> Self {
        self.code = Some(code);
        self
    }
}
