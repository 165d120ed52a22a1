//! Logins that are begun over HTTP: `GET {provider}-auth-url`, `GET get-auth-status`, `POST oauth-callback`,
//! `DELETE oauth-session`; and those that are over at once: `POST iflow-auth-url`, `POST vertex/import`.

use modelgate_config::Secret;
use serde::Deserialize;

/// A way to log in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LoginWay {
    /// Whose account it is, as `modelgate login` names it.
    pub name: &'static str,
    /// What people know it as.
    pub words: &'static str,
    /// Logins begin at `{it}-auth-url`.
    pub(crate) path: &'static str,
    /// To whom the account belongs, where there are several.
    pub(crate) method: Option<&'static str>,
    /// What it takes.
    pub takes: Takes,
    /// It can be wanted for projects of Google Cloud.
    pub projects: bool,
}

/// What a login takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Takes {
    /// Somebody who goes to a page of the provider's.
    Page,
    /// The cookie of that page.
    Cookie,
    /// The file with the key of a service account.
    KeyFile,
}

/// What somebody wants of an account beside the account.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LoginWishes {
    /// What people shall call it.
    pub label: Option<String>,
    /// The projects that it is wanted for, with commas between; `all` for every one. None: the provider's choice.
    pub projects: Option<String>,
}

const fn way(name: &'static str, path: &'static str, words: &'static str) -> LoginWay {
    LoginWay {
        name,
        words,
        path,
        method: None,
        takes: Takes::Page,
        projects: false,
    }
}

const fn for_projects(way: LoginWay) -> LoginWay {
    LoginWay {
        projects: true,
        ..way
    }
}

impl LoginWay {
    /// Every way, by its name.
    pub const ALL: [Self; 14] = [
        for_projects(way("antigravity", "antigravity", "Google Antigravity")),
        way("claude", "anthropic", "Anthropic Claude"),
        way("codex", "codex", "OpenAI ChatGPT (Codex)"),
        way("github-copilot", "github-copilot", "GitHub Copilot"),
        for_projects(way("gemini", "gemini-cli", "Google Gemini (Code Assist)")),
        way("iflow", "iflow", "iFlow"),
        LoginWay {
            takes: Takes::Cookie,
            ..way("iflow", "iflow", "iFlow, with the cookie of its page")
        },
        way("kimi", "kimi", "Moonshot Kimi"),
        way("kiro", "kiro", "Kiro, with an AWS Builder ID"),
        LoginWay {
            method: Some("github"),
            ..way("kiro", "kiro", "Kiro, with GitHub")
        },
        LoginWay {
            method: Some("google"),
            ..way("kiro", "kiro", "Kiro, with Google")
        },
        way("qwen", "qwen", "Alibaba Qwen"),
        LoginWay {
            takes: Takes::KeyFile,
            ..way(
                "vertex",
                "vertex",
                "Google Vertex, with the key file of a service account",
            )
        },
        way("xai", "xai", "xAI Grok"),
    ];

    /// The last segment of the path at which it begins, where somebody goes to a page.
    #[must_use]
    pub fn begins(&self) -> String {
        format!("{}-auth-url", self.path)
    }
}

/// A login that has begun: what the person is to be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoginBegun {
    /// Where the person has to go.
    pub url: String,
    /// By which the login is known; whoever has it can end the login.
    pub state: Secret,
    /// What has to be typed there.
    pub code: Option<String>,
    /// How many seconds the code counts.
    pub expires_in: Option<u64>,
    /// What the terms of the provider say of it.
    pub warning: Option<String>,
    /// Why the browser does not find its way back by itself.
    pub message: Option<String>,
}

/// How a login stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LoginStatus {
    /// The person, or the provider, is waited for.
    Waiting,
    /// There is an account, of this name where the gateway tells it.
    Done(Option<String>),
    /// There is none, and why.
    Failed(String),
}

#[derive(Deserialize)]
pub(crate) struct BegunAnswer {
    url: String,
    state: String,
    user_code: Option<String>,
    expires_in: Option<u64>,
    warning: Option<String>,
    message: Option<String>,
}

impl From<BegunAnswer> for LoginBegun {
    fn from(answer: BegunAnswer) -> Self {
        Self {
            url: answer.url,
            state: answer.state.into(),
            code: answer.user_code,
            expires_in: answer.expires_in,
            warning: answer.warning,
            message: answer.message,
        }
    }
}

/// The answer to an account that was made at once.
#[derive(Deserialize)]
pub(crate) struct MadeAnswer {
    pub(crate) email: Option<String>,
}

#[derive(Deserialize)]
pub(crate) struct StatusAnswer {
    status: String,
    account: Option<String>,
    error: Option<String>,
}

impl From<StatusAnswer> for LoginStatus {
    fn from(answer: StatusAnswer) -> Self {
        match &*answer.status {
            "ok" => Self::Done(answer.account),
            "error" => Self::Failed(answer.error.unwrap_or_else(|| "it failed".to_owned())),
            // `wait`, and what Kiro's logins say instead.
            _ => Self::Waiting,
        }
    }
}
