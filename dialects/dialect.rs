//! The closed set of API shapes.

use std::fmt;

/// An API shape that a client or an upstream speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Dialect {
    /// OpenAI Chat Completions.
    Chat,
    /// Anthropic Messages.
    Claude,
    /// Google generateContent.
    Gemini,
    /// OpenAI Responses.
    Responses,
    /// OpenAI's legacy Completions. Clients only: it is answered, and never asked of an upstream.
    Completions,
    /// Kiro, which is AWS CodeWhisperer and Amazon Q. Upstreams only: no client speaks it.
    Kiro,
}

impl Dialect {
    /// Every dialect.
    pub const ALL: [Self; 6] = [
        Self::Chat,
        Self::Claude,
        Self::Gemini,
        Self::Responses,
        Self::Completions,
        Self::Kiro,
    ];

    /// Those that a client may speak.
    pub const CLIENT: [Self; 5] = [
        Self::Chat,
        Self::Claude,
        Self::Gemini,
        Self::Responses,
        Self::Completions,
    ];

    /// Those that an upstream may be asked in.
    pub const UPSTREAM: [Self; 5] = [
        Self::Chat,
        Self::Claude,
        Self::Gemini,
        Self::Responses,
        Self::Kiro,
    ];

    /// Those that are spoken on both sides: what a client says may be passed to an upstream as it is.
    pub const BOTH: [Self; 4] = [Self::Chat, Self::Claude, Self::Gemini, Self::Responses];

    /// The name used in logs and records.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Chat => "chat",
            Self::Claude => "claude",
            Self::Gemini => "gemini",
            Self::Responses => "responses",
            Self::Completions => "completions",
            Self::Kiro => "kiro",
        }
    }
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
