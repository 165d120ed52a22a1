//! The closed set of providers.

use std::fmt;
use std::time::Duration;

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
    /// Qwen.
    Qwen,
    /// Google's Vertex AI.
    Vertex,
    /// xAI.
    Xai,
}

/// What the kinds are told apart by, but for what their own modules do.
struct Traits {
    name: &'static str,
    dialect: Dialect,
    second_dialect: Option<Dialect>,
    keeps_answers: bool,
    caches_by_key: bool,
    streams_loosely: bool,
    lists_by_account: bool,
    lists_dialects: bool,
    page_size: Option<&'static str>,
    pauses: Pauses,
}

/// The pauses before a provider is asked again that failed for reasons which go away by themselves: each is twice as long as the one
/// before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pauses {
    first: Duration,
    longest: Duration,
}

impl Pauses {
    /// For whoever wants no others.
    const USUAL: Self = Self {
        first: Duration::from_millis(200),
        longest: Duration::from_secs(2),
    };

    /// The pause after so many.
    #[must_use]
    pub fn after(self, earlier: u32) -> Duration {
        let times = 1_u32.checked_shl(earlier).unwrap_or(u32::MAX);
        self.first.saturating_mul(times).min(self.longest)
    }
}

impl Traits {
    /// Nothing peculiar.
    const fn new(name: &'static str, dialect: Dialect) -> Self {
        Self {
            name,
            dialect,
            second_dialect: None,
            keeps_answers: true,
            caches_by_key: false,
            streams_loosely: false,
            lists_by_account: false,
            lists_dialects: false,
            page_size: None,
            pauses: Pauses::USUAL,
        }
    }
}

impl ProviderKind {
    /// The one table of them.
    const fn traits(self) -> Traits {
        match self {
            Self::Antigravity => Traits {
                lists_by_account: true,
                ..Traits::new("antigravity", Dialect::Gemini)
            },
            Self::ChatGpt => Traits {
                keeps_answers: false,
                caches_by_key: true,
                streams_loosely: true,
                lists_by_account: true,
                ..Traits::new("chatgpt", Dialect::Responses)
            },
            Self::Claude => Traits {
                page_size: Some("limit"),
                ..Traits::new("claude", Dialect::Claude)
            },
            Self::CodeAssist => Traits::new("gemini-cli", Dialect::Gemini),
            Self::Codex => Traits::new("codex", Dialect::Responses),
            Self::Compatible => Traits::new("openai-compatibility", Dialect::Chat),
            Self::Copilot => Traits {
                keeps_answers: false,
                lists_by_account: true,
                lists_dialects: true,
                ..Traits::new("github-copilot", Dialect::Chat)
            },
            Self::Demo => Traits::new("demo", Dialect::Claude),
            Self::Gemini => Traits {
                page_size: Some("pageSize"),
                ..Traits::new("gemini", Dialect::Gemini)
            },
            Self::Iflow => Traits::new("iflow", Dialect::Chat),
            Self::Kimi => Traits {
                second_dialect: Some(Dialect::Claude),
                ..Traits::new("kimi", Dialect::Chat)
            },
            Self::Kiro => Traits {
                lists_by_account: true,
                pauses: Pauses {
                    first: Duration::from_secs(1),
                    longest: Duration::from_secs(4),
                },
                ..Traits::new("kiro", Dialect::Kiro)
            },
            Self::Qwen => Traits::new("qwen", Dialect::Chat),
            Self::Vertex => Traits::new("vertex", Dialect::Gemini),
            Self::Xai => Traits {
                keeps_answers: false,
                caches_by_key: true,
                streams_loosely: true,
                lists_by_account: true,
                ..Traits::new("xai", Dialect::Chat)
            },
        }
    }

    /// The dialect its upstream speaks.
    #[must_use]
    pub const fn dialect(self) -> Dialect {
        self.traits().dialect
    }

    /// The dialect that its upstream speaks beside that one, for all of its models.
    #[must_use]
    pub const fn second_dialect(self) -> Option<Dialect> {
        self.traits().second_dialect
    }

    /// Whether its upstream can keep answers, so that a client goes on from one by its id.
    #[must_use]
    pub const fn keeps_answers(self) -> bool {
        self.traits().keeps_answers
    }

    /// Whether the beginning of a conversation is found again by a `prompt_cache_key`, which leads to where it is kept
    /// (`providers.md` 3.3, 14).
    #[must_use]
    pub const fn caches_by_key(self) -> bool {
        self.traits().caches_by_key
    }

    /// Whether its streams of Responses keep to their dialect only so far: ChatGPT's tell of plans between the events of the answer,
    /// and neither they nor xAI's always say at their end what it consists of (`providers.md` 3.3, 14).
    #[must_use]
    pub const fn streams_loosely(self) -> bool {
        self.traits().streams_loosely
    }

    /// Whether each account has a list of models of its own, and not all of them the same: what is on it depends on the plan, the
    /// profile or the server of the account (`providers.md` 3.4, 8, 9.6, 12, 14).
    #[must_use]
    pub(crate) const fn lists_by_account(self) -> bool {
        self.traits().lists_by_account
    }

    /// Whether its list says of each model where it is served: some of Copilot's are in Responses only (`providers.md` 12).
    #[must_use]
    pub(crate) const fn lists_dialects(self) -> bool {
        self.traits().lists_dialects
    }

    /// The parameter that says how many models a page of its list has.
    #[must_use]
    pub(crate) const fn page_size(self) -> Option<&'static str> {
        self.traits().page_size
    }

    /// How long it is left alone before another round, after failures that go away by themselves (`providers.md` 9.6).
    #[must_use]
    pub const fn pauses(self) -> Pauses {
        self.traits().pauses
    }

    /// The name used in logs and records.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.traits().name
    }
}

impl fmt::Display for ProviderKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_and_kiros_are_longer() {
        let milliseconds = |kind: ProviderKind| {
            [0, 1, 2, 3, 9, 99].map(|earlier| kind.pauses().after(earlier).as_millis())
        };
        let usual = [200, 400, 800, 1600, 2000, 2000];
        assert_eq!(milliseconds(ProviderKind::Claude), usual);
        let kiros = [1000, 2000, 4000, 4000, 4000, 4000];
        assert_eq!(milliseconds(ProviderKind::Kiro), kiros);
    }
}
