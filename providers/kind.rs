//! The closed set of providers.

use std::fmt;

use modelgate_dialects::Dialect;

/// A kind of provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ProviderKind {
    /// Anthropic's API, or a server that speaks its dialect.
    Claude,
    /// A server that speaks OpenAI Chat Completions.
    Compatible,
    /// The built-in model that needs no account.
    Demo,
}

impl ProviderKind {
    /// The dialect its upstream speaks.
    #[must_use]
    pub const fn dialect(self) -> Dialect {
        match self {
            Self::Claude | Self::Demo => Dialect::Claude,
            Self::Compatible => Dialect::Chat,
        }
    }

    /// The name used in logs and records.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Claude => "claude",
            Self::Compatible => "openai-compatibility",
            Self::Demo => "demo",
        }
    }
}

impl fmt::Display for ProviderKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
