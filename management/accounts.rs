//! Accounts: every way to be let in by an upstream, and how it is.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

/// `GET accounts`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Accounts {
    /// Every account, in the order of the configuration, then of the files.
    pub accounts: Vec<Account>,
    /// The share of requests in a known conversation that found its account still bound, from 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_hit_rate: Option<f64>,
}

/// One API key, or one account that somebody logged in to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Account {
    /// Stable name: `claude-api-key[0]`, `codex-ada@example.com.json`.
    pub id: String,
    /// Whose entry it is: `claude`, `openrouter`.
    pub provider: String,
    /// How the provider is spoken to: `claude`, `openai-compatibility`.
    pub kind: String,
    /// What `modelgate login` calls accounts like it, where it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub login: Option<String>,
    /// Where it was found.
    pub source: Source,
    /// What people call it, where it has such a name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// The address of the one who logged in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// What the provider calls the plan it belongs to, where the account itself tells: `plus`, `team`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<String>,
    /// Its file, relative to the directory of accounts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// Whether requests are sent with it.
    pub state: State,
    /// Why not, where they are not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// When it is tried again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_try: Option<Timestamp>,
    /// Higher is tried first.
    pub priority: i32,
    /// Its share among those of the same priority.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight: Option<u32>,
    /// Models are also served under names that begin with this and a slash.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prefix: Option<String>,
    /// Attempts that gave an answer, since the gateway started; absent where they are not counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub succeeded: Option<u64>,
    /// Attempts that gave none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed: Option<u64>,
    /// When its access token expires; it is renewed before that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_expires: Option<Timestamp>,
    /// How much of its limits is used up, as far as the provider tells.
    #[serde(default)]
    pub quota: Vec<QuotaWindow>,
    /// The provider's own list of its models, where it is asked for one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model_list: Option<ModelList>,
    /// Models whose state is another than the account's.
    #[serde(default)]
    pub models: Vec<ModelState>,
}

/// Where an account was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Source {
    /// A key in the configuration file.
    #[serde(rename = "config")]
    Config,
    /// A file in the directory of accounts.
    #[serde(rename = "file")]
    File,
    /// A variable of the environment.
    #[serde(rename = "environment")]
    Environment,
    /// Part of the program.
    #[serde(rename = "built-in")]
    BuiltIn,
    /// What a later version may say.
    #[serde(other, rename = "unknown")]
    Unknown,
}

/// Whether requests are sent with an account, or for a model of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// They are.
    Ready,
    /// Not until [`Account::next_try`].
    Cooling,
    /// One is, and its outcome decides.
    OnTrial,
    /// Not until somebody enables it.
    Disabled,
    /// Not until somebody logs in again.
    LogInAgain,
    /// What a later version may say.
    #[serde(other)]
    Unknown,
}

/// A limit of the provider's and how much of it is used up.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct QuotaWindow {
    /// What the provider calls it: `5h`, `weekly`, `requests`.
    pub name: String,
    /// 0 to 100.
    pub used_percent: f64,
    /// When it is whole again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resets_at: Option<Timestamp>,
}

/// How the list of models is that a provider is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelList {
    /// Models on it; 0 before it came for the first time.
    pub models: usize,
    /// When it came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fetched: Option<Timestamp>,
    /// Why it did not come the last time; what came before is used on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// How a single model of an account is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelState {
    /// The upstream's name of the model.
    pub model: String,
    /// Whether requests for it are sent.
    pub state: State,
    /// Why not, where they are not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// When it is tried again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_try: Option<Timestamp>,
}

/// What can be done with an account: `POST accounts/{id}/{action}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountAction {
    /// Requests are sent with it again.
    Enable,
    /// No more requests are sent with it.
    Disable,
    /// It is tried again at once, and its models too.
    ClearCooldown,
    /// Its access token is renewed now.
    Refresh,
    /// It is forgotten, and its file deleted.
    Remove,
}

impl Source {
    /// The word for people, which is the contract's.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Config => "config",
            Self::File => "file",
            Self::Environment => "environment",
            Self::BuiltIn => "built-in",
            Self::Unknown => "unknown",
        }
    }
}

impl State {
    /// The words for people.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Cooling => "cooling",
            Self::OnTrial => "on trial",
            Self::Disabled => "disabled",
            Self::LogInAgain => "log in again",
            Self::Unknown => "unknown",
        }
    }
}

impl AccountAction {
    /// Every action.
    pub const ALL: [Self; 5] = [
        Self::Enable,
        Self::Disable,
        Self::ClearCooldown,
        Self::Refresh,
        Self::Remove,
    ];

    /// Its word in the path and on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Enable => "enable",
            Self::Disable => "disable",
            Self::ClearCooldown => "clear-cooldown",
            Self::Refresh => "refresh",
            Self::Remove => "remove",
        }
    }

    /// The action of a word in the path; an underscore is as good as a hyphen.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        let name = name.replace('_', "-");
        Self::ALL.into_iter().find(|action| action.name() == name)
    }
}

impl fmt::Display for AccountAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The answer to an action that was done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ActionDone {
    /// The account.
    pub id: String,
    /// What was done.
    pub action: AccountAction,
    /// How the account is now; absent once it is removed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<Account>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_known_is_absent() {
        let text = r#"{"id":"a","provider":"p","kind":"k","source":"built-in","state":"log_in_again","priority":0,"quota":[],"models":[]}"#;
        let account: Account = serde_json::from_str(text).unwrap();
        assert_eq!(account.source, Source::BuiltIn);
        assert_eq!(account.state, State::LogInAgain);
        assert_eq!(serde_json::to_string(&account).unwrap(), text);
    }

    #[test]
    fn words_of_a_later_version_are_no_error() {
        let text = r#"{"id":"a","provider":"p","kind":"k","source":"cloud","state":"resting","priority":0,"more":1}"#;
        let account: Account = serde_json::from_str(text).unwrap();
        assert_eq!(
            (account.source, account.state),
            (Source::Unknown, State::Unknown)
        );
    }

    #[test]
    fn every_action_has_its_word() {
        for action in AccountAction::ALL {
            assert_eq!(AccountAction::from_name(action.name()), Some(action));
        }
        assert_eq!(
            AccountAction::from_name("clear_cooldown"),
            Some(AccountAction::ClearCooldown)
        );
        assert_eq!(AccountAction::from_name("delete"), None);
    }
}
