//! What is known of one account.

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use modelgate_config::model::{ErrorRule, ModelEntry, Proxy};
use modelgate_config::{Pattern, Secret};
use modelgate_dialects::json::{Document, RawJson};

use super::file::Stamp;
use super::read::{lookup, scalar};

/// The provider that an account belongs to, by the `type` of its file (`providers.md` 1.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AccountKind {
    /// A Claude subscription.
    Claude,
    /// A ChatGPT subscription.
    Codex,
    /// A Google account of the Gemini CLI.
    Gemini,
    /// A Google account of Antigravity.
    Antigravity,
    /// An AWS account of Kiro.
    Kiro,
    /// An iFlow account.
    Iflow,
    /// A Qwen account.
    Qwen,
    /// A GitHub account with Copilot.
    Copilot,
    /// A Kimi account.
    Kimi,
    /// An xAI account.
    Xai,
    /// A service account of Google Cloud.
    Vertex,
}

/// One account, as its file says.
#[derive(Debug, Clone)]
pub struct Account {
    /// The name of its file, which is what the management interface knows it by: `claude-me@example.com.json`.
    pub file: Arc<str>,
    /// Whose account it is.
    pub kind: AccountKind,
    /// What its owner wants of it.
    pub settings: Settings,
    /// What it presents to the provider.
    pub tokens: Tokens,
    /// Every other field; see [`Account::extra`].
    pub(super) extra: Secret,
    /// Which writing of the file this is.
    pub(super) stamp: Stamp,
}

/// What the owner of an account wants of it (`management-api.md` 4.3).
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// The address the account was made with.
    pub email: Option<Box<str>>,
    /// A name for people.
    pub label: Option<Box<str>>,
    /// Not to be used.
    pub disabled: bool,
    /// Models are asked for as `prefix/model`.
    pub prefix: Option<Box<str>>,
    /// Higher is tried first.
    pub priority: i32,
    /// Share among equals.
    pub weight: Option<u32>,
    /// How its provider is reached, for inference and for refreshes.
    pub proxy: Proxy,
    /// Extra headers, applied last. They can be sent.
    pub headers: Vec<(Box<str>, Secret)>,
    /// Never served by this account.
    pub excluded_models: Vec<Pattern>,
    /// Names that clients use for the provider's models; wins over the global table.
    pub model_aliases: Vec<ModelEntry>,
    /// What its failures mean, where its owner knows better; before the global table.
    pub error_rules: Vec<ErrorRule>,
    /// A remark.
    pub note: Option<Box<str>>,
    /// Extra rounds after a failure, in place of the global number.
    pub request_retry: Option<u32>,
    /// Whether failures never pause the account, in place of the global switch.
    pub disable_cooling: Option<bool>,
    /// Whether its provider is asked for the list of its models; `None`: it is.
    pub fetch_models: Option<bool>,
    /// Where its provider is, if not at the usual place.
    pub base_url: Option<url::Url>,
    /// The project or projects of a Google account; a comma between several.
    pub project_id: Option<Box<str>>,
}

/// What an account presents to its provider.
#[derive(Debug, Clone, Default)]
pub struct Tokens {
    /// For requests.
    pub access: Option<Secret>,
    /// For a new access token.
    pub refresh: Option<Secret>,
    /// When the access token ends; `None`: not said.
    pub expires: Option<SystemTime>,
    /// When the tokens were last renewed.
    pub last_refresh: Option<SystemTime>,
}

impl AccountKind {
    /// All kinds, in the order of `providers.md`.
    pub const ALL: [Self; 11] = [
        Self::Claude,
        Self::Codex,
        Self::Gemini,
        Self::Antigravity,
        Self::Kiro,
        Self::Iflow,
        Self::Qwen,
        Self::Copilot,
        Self::Kimi,
        Self::Xai,
        Self::Vertex,
    ];

    /// The `type` of its files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Claude => "claude",
            Self::Codex => "codex",
            Self::Gemini => "gemini",
            Self::Antigravity => "antigravity",
            Self::Kiro => "kiro",
            Self::Iflow => "iflow",
            Self::Qwen => "qwen",
            Self::Copilot => "github-copilot",
            Self::Kimi => "kimi",
            Self::Xai => "xai",
            Self::Vertex => "vertex",
        }
    }

    /// The file holds what a token is made from, and tokens live in memory only: Copilot's for its API, and those of a
    /// service account.
    #[must_use]
    pub const fn mints(self) -> bool {
        matches!(self, Self::Copilot | Self::Vertex)
    }

    /// The kind of a `type`.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

impl fmt::Display for AccountKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Account {
    /// Whether new tokens can be had without a new login: for a refresh token, for what is kept to make them from, or for a cookie.
    #[must_use]
    pub fn is_renewable(&self) -> bool {
        self.tokens.refresh.is_some() || self.kind.mints() || self.extra("cookie").is_some()
    }

    /// The name for logs and records: that of the file without `.json`.
    #[must_use]
    pub fn id(&self) -> &str {
        self.file.strip_suffix(".json").unwrap_or(&self.file)
    }

    /// A field that is particular to its kind, in clear: `account_id`, `profile_arn`, `api_key`, `client_secret`. Of a
    /// nested `token` too. Text, number or truth value; `None` when it is absent, empty, a list or an object. Reads the
    /// fields again each time, so take it once and keep it.
    #[must_use]
    pub fn extra(&self, name: &str) -> Option<Secret> {
        let document = self.extras()?;
        let value = lookup(document.root(), name)?;
        let text = scalar(value)?;
        (!text.is_empty()).then(|| Secret::from(&*text))
    }

    /// As [`Account::extra`], for objects and lists: `service_account` of a Vertex account. The text is a secret.
    #[must_use]
    pub fn extra_json(&self, name: &str) -> Option<RawJson> {
        Some(lookup(self.extras()?.root(), name)?.raw())
    }

    /// Whether it needs a project that its provider has to be asked for: an account of Antigravity that another program has
    /// written can be without (`providers.md` 8).
    pub(crate) fn lacks_project(&self) -> bool {
        let named = self.settings.project_id.as_deref().unwrap_or_default();
        self.kind == AccountKind::Antigravity && named.split(',').all(|name| name.trim().is_empty())
    }

    /// Which writing of the file this is.
    pub(crate) fn stamp(&self) -> Stamp {
        self.stamp
    }

    fn extras(&self) -> Option<Document> {
        Document::parse(Bytes::copy_from_slice(self.extra.expose().as_bytes())).ok()
    }
}
