//! What a scenario needs to know about an accepted request, whichever dialect it came in.

use crate::shape::Image;
use serde_json::Value;

/// The facts of one accepted request.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Facts {
    pub(crate) model: String,
    pub(crate) stream: bool,
    /// Gemini: the stream is one growing list instead of events.
    pub(crate) list: bool,
    /// Gemini 3: the first call of an answer is always signed, and calls have ids.
    pub(crate) signed: bool,
    /// Chat: whether a usage chunk was asked for. The others always report usage.
    pub(crate) include_usage: bool,
    /// The names that may be called now; empty when `tool_choice` forbids calls.
    pub(crate) tools: Vec<String>,
    /// Those among them that take any text instead of arguments.
    pub(crate) custom: Vec<String>,
    /// Whether `parallel_tool_calls: false` or its Claude spelling was sent.
    pub(crate) one_call_only: bool,
    /// How many calls there were before.
    pub(crate) calls: usize,
    /// The texts of the tool results after the last assistant turn.
    pub(crate) results: Vec<String>,
    /// The images after the last assistant turn.
    pub(crate) images: Vec<Image>,
    /// Whether the model may show reasoning.
    pub(crate) thinking: bool,
    /// Whether the client asked for thinking without its text.
    pub(crate) hide_thinking: bool,
    /// Whether the last assistant turn carried its reasoning back.
    pub(crate) reasoning_replayed: bool,
    /// Responses: whether the client asked for the state of the reasoning.
    pub(crate) encrypted: bool,
    /// The first stop sequence.
    pub(crate) stop: Option<String>,
    /// Chat `response_format`, Claude `output_config`, Responses `text.format`, or what Gemini's `generationConfig` says
    /// of the form.
    pub(crate) format: Value,
    /// Responses: the request, whose settings come back in the answer.
    pub(crate) settings: Value,
    /// The body as it arrived.
    pub(crate) raw: String,
}
