//! A stream, step by step.

use super::{Error, Extensions, Opaque, Part, Stop, Usage};
use crate::json::{RawJson, Str};

/// One step of a streamed answer.
///
/// Items are numbered by the decoder from zero in the order it meets them, over all choices; they may interleave.
/// Well-behaved streams are `Start, (ItemStart, Delta*, ItemEnd)*, Usage?, Stop, End`, but encoders must cope with any
/// order: `End` or `Error` is always the last event a decoder gives.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// The answer begins. Given once, before all others.
    Start {
        /// The upstream's id.
        id: Str,
        /// The upstream's name of the model.
        model: Str,
        /// Seconds since 1970, where the dialect says so.
        created: Option<u64>,
        /// Token counts that are known before the first word (Claude); boxed to keep events small.
        usage: Option<Box<Usage>>,
        /// Unknown fields.
        extensions: Extensions,
    },
    /// A piece of the answer begins.
    ItemStart(ItemStart),
    /// A piece of a piece.
    Delta {
        /// Number of the item.
        item: u32,
        /// What is added.
        delta: Delta,
    },
    /// A piece is complete.
    ItemEnd {
        /// Number of the item.
        item: u32,
        /// The whole piece where the dialect repeats it; it wins over the deltas.
        full: Option<Box<Part>>,
    },
    /// Token counts so far; later counts replace earlier ones field by field.
    Usage(Usage),
    /// A choice ended.
    Stop {
        /// Number of the choice.
        choice: u32,
        /// Why.
        stop: Stop,
    },
    /// The upstream is still there.
    Ping,
    /// The stream failed; nothing follows.
    Error(Error),
    /// The stream ended well; nothing follows.
    End,
}

/// The beginning of a piece.
#[derive(Debug, Clone, PartialEq)]
pub struct ItemStart {
    /// Number of the item.
    pub item: u32,
    /// Number of the choice it belongs to.
    pub choice: u32,
    /// What begins.
    pub kind: ItemKind,
}

/// What begins.
#[derive(Debug, Clone, PartialEq)]
pub enum ItemKind {
    /// Visible text.
    Text,
    /// Thinking; `redacted` when it has no text, only opaque state.
    Reasoning {
        /// There is no text.
        redacted: bool,
    },
    /// A call. Decoders wait with it until id and name are known.
    ToolCall {
        /// Id of the call.
        id: Str,
        /// Name of the tool, as the upstream wrote it.
        name: Str,
        /// Called with free text.
        custom: bool,
        /// Provider-bound state of the call, where it is known from the start (Gemini).
        opaque: Option<Opaque>,
    },
    /// A refusal's text.
    Refusal,
    /// A whole block that only its own dialect understands; no deltas follow.
    Whole(Box<Part>),
}

/// A piece of a piece.
#[derive(Debug, Clone, PartialEq)]
pub enum Delta {
    /// Visible text or refusal.
    Text(Str),
    /// Thinking.
    Reasoning(Str),
    /// The thinking goes on in another part of its summary (Responses), which is another paragraph elsewhere.
    Paragraph,
    /// Argument text of a call.
    Arguments(Str),
    /// Provider-bound state of a thinking item or a call.
    Opaque(Opaque),
    /// A citation or annotation, raw.
    Citation(RawJson),
    /// Token probabilities, raw.
    Logprobs(RawJson),
}

/// What a paragraph begins with where thinking is one text.
pub(crate) const PARAGRAPH: &str = "\n\n";
