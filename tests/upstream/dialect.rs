//! Which of the APIs is being played.

/// The API shape a request arrived in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// OpenAI Chat Completions.
    Chat,
    /// Anthropic Messages.
    Claude,
    /// Google's Gemini API.
    Gemini,
    /// OpenAI Responses.
    Responses,
}
