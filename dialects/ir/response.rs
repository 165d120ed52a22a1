//! An answer, whoever gave it.

use super::{Extensions, Part, Usage};
use crate::Dialect;
use crate::json::{RawJson, Str};

/// An answer in the words of no vendor.
#[derive(Debug, Clone, PartialEq)]
pub struct Response {
    /// The dialect it was decoded from.
    pub dialect: Dialect,
    /// The upstream's id.
    pub id: Str,
    /// The upstream's name of the model.
    pub model: Str,
    /// Seconds since 1970, where the dialect says so.
    pub created: Option<u64>,
    /// The answers; usually one.
    pub choices: Vec<Choice>,
    /// Token counts, where the upstream gave any.
    pub usage: Option<Usage>,
    /// `service_tier` in the upstream's words.
    pub service_tier: Option<Str>,
    /// Unknown fields.
    pub extensions: Extensions,
}

impl Response {
    /// An answer without content.
    #[must_use]
    pub fn new(dialect: Dialect) -> Self {
        Self {
            dialect,
            id: Str::new(),
            model: Str::new(),
            created: None,
            choices: Vec::new(),
            usage: None,
            service_tier: None,
            extensions: Extensions::default(),
        }
    }
}

/// One answer of a response.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Choice {
    /// Its number.
    pub index: u32,
    /// What is said, in order.
    pub parts: Vec<Part>,
    /// Why it ended; `None` while it has not.
    pub stop: Option<Stop>,
    /// Token probabilities, raw.
    pub logprobs: Option<RawJson>,
    /// Unknown fields.
    pub extensions: Extensions,
}

/// Why an answer ended, with what the dialect says beside the reason.
#[derive(Debug, Clone, PartialEq)]
pub struct Stop {
    /// Why.
    pub reason: StopReason,
    /// The stop sequence that was met.
    pub sequence: Option<Str>,
    /// Details, raw (Claude's `stop_details`).
    pub details: Option<RawJson>,
}

impl Stop {
    /// A reason and nothing else.
    #[must_use]
    pub fn new(reason: StopReason) -> Self {
        Self {
            reason,
            sequence: None,
            details: None,
        }
    }

    /// The stop with its reason brought in line with what was said: an answer with calls that merely ended wants the
    /// tools to be called, and one without calls cannot (`dialects.md` 2.6). Limits and filters are left alone.
    #[must_use]
    pub fn settled(mut self, has_calls: bool) -> Self {
        self.reason = match self.reason {
            StopReason::End if has_calls => StopReason::ToolUse,
            StopReason::ToolUse if !has_calls => StopReason::End,
            reason => reason,
        };
        self
    }
}

/// Why an answer ended (`dialects.md` 2.6).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StopReason {
    /// The model was done.
    End,
    /// The output limit was met.
    Length,
    /// A stop sequence was met.
    StopSequence,
    /// Tools are to be called.
    ToolUse,
    /// A filter stepped in.
    Filter,
    /// The model refused.
    Refusal,
    /// A long turn pauses; send it back to go on.
    Pause,
    /// The context window is full.
    ContextExceeded,
    /// The model wrote a call that cannot be read.
    MalformedCall,
    /// A word we do not know.
    Other(Str),
}
