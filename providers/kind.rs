//! The closed set of providers.

use std::fmt;

use modelgate_dialects::Dialect;

/// A kind of provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ProviderKind {
    /// Antigravity: Google's Code Assist with models of several vendors.
    Antigravity,
    /// OpenAI's Codex, with accounts of ChatGPT.
    ChatGpt,
    /// Anthropic's API, or a server that speaks its dialect.
    Claude,
    /// Google's Code Assist, with accounts of Gemini's command line.
    CodeAssist,
    /// OpenAI's Responses API by key, or a server that speaks it.
    Codex,
    /// A server that speaks OpenAI Chat Completions.
    Compatible,
    /// GitHub Copilot.
    Copilot,
    /// The built-in model that needs no account.
    Demo,
    /// Google's Gemini API by key.
    Gemini,
    /// iFlow.
    Iflow,
    /// Kimi.
    Kimi,
    /// Kiro: AWS CodeWhisperer or Amazon Q.
    Kiro,
    /// Google's Vertex AI.
    Vertex,
    /// xAI.
    Xai,
}

impl ProviderKind {
    /// The dialect its upstream speaks.
    #[must_use]
    pub const fn dialect(self) -> Dialect {
        match self {
            Self::Claude | Self::Demo => Dialect::Claude,
            Self::ChatGpt | Self::Codex => Dialect::Responses,
            Self::Compatible | Self::Copilot | Self::Iflow | Self::Kimi | Self::Xai => {
                Dialect::Chat
            }
            Self::Antigravity | Self::CodeAssist | Self::Gemini | Self::Vertex => Dialect::Gemini,
            Self::Kiro => Dialect::Kiro,
        }
    }

    /// The dialect that its upstream speaks beside that one, for all of its models.
    #[must_use]
    pub const fn second_dialect(self) -> Option<Dialect> {
        match self {
            Self::Kimi => Some(Dialect::Claude),
            Self::Antigravity
            | Self::ChatGpt
            | Self::Claude
            | Self::CodeAssist
            | Self::Codex
            | Self::Compatible
            | Self::Copilot
            | Self::Demo
            | Self::Gemini
            | Self::Iflow
            | Self::Kiro
            | Self::Vertex
            | Self::Xai => None,
        }
    }

    /// Whether its upstream can keep answers, so that a client goes on from one by its id.
    #[must_use]
    pub const fn keeps_answers(self) -> bool {
        !matches!(self, Self::ChatGpt | Self::Copilot)
    }

    /// Whether the beginning of a conversation is found again by a `prompt_cache_key`, which leads to where it is kept
    /// (`providers.md` 3.3, 14).
    #[must_use]
    pub const fn caches_by_key(self) -> bool {
        matches!(self, Self::ChatGpt | Self::Xai)
    }

    /// Whether its streams keep to their dialect only so far: ChatGPT's tell of plans between the events of the answer, and not at
    /// their end what it consists of (`providers.md` 3.3).
    #[must_use]
    pub const fn streams_loosely(self) -> bool {
        matches!(self, Self::ChatGpt)
    }

    /// Whether each account has a list of models of its own, and not all of them the same.
    #[must_use]
    pub(crate) const fn lists_by_account(self) -> bool {
        matches!(self, Self::ChatGpt)
    }

    /// Whether its list says of each model where it is served: some of Copilot's are in Responses only (`providers.md` 12).
    #[must_use]
    pub(crate) const fn lists_dialects(self) -> bool {
        matches!(self, Self::Copilot)
    }

    /// The name used in logs and records.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Antigravity => "antigravity",
            Self::ChatGpt => "chatgpt",
            Self::Claude => "claude",
            Self::CodeAssist => "gemini-cli",
            Self::Codex => "codex",
            Self::Compatible => "openai-compatibility",
            Self::Copilot => "github-copilot",
            Self::Demo => "demo",
            Self::Gemini => "gemini",
            Self::Iflow => "iflow",
            Self::Kimi => "kimi",
            Self::Kiro => "kiro",
            Self::Vertex => "vertex",
            Self::Xai => "xai",
        }
    }
}

impl fmt::Display for ProviderKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
