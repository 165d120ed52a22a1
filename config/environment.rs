//! The environment, captured once. The only place that reads environment variables.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::oauth;
use crate::secret::Secret;

/// Every variable with a meaning, beside those of logins and clients.
const NAMES: &[&str] = &[
    "AMP_API_KEY",
    "ANTHROPIC_API_KEY",
    "ANTHROPIC_BASE_URL",
    "COLORFGBG",
    "DISPLAY",
    "EDITOR",
    "GEMINI_API_KEY",
    "GOOGLE_GEMINI_BASE_URL",
    "HOME",
    "MANAGEMENT_PASSWORD",
    "MODELGATE_CONFIG",
    "MODELGATE_KEY",
    "MODELGATE_MANAGEMENT_KEY",
    "MODELGATE_PASSWORD",
    "MODELGATE_URL",
    "OPENAI_API_KEY",
    "OPENAI_BASE_URL",
    "OPENROUTER_API_KEY",
    "OPENROUTER_BASE_URL",
    "PATH",
    "SHELL",
    "SSH_CONNECTION",
    "TERM",
    "USERPROFILE",
    "VISUAL",
    "WAYLAND_DISPLAY",
    "XDG_CONFIG_HOME",
    "XDG_DATA_HOME",
    "XDG_STATE_HOME",
];

/// What clients read, beside the above: whether they are set is asked where a client is pointed at the gateway.
const OF_CLIENTS: &[&str] = &[
    "AIDER_ANTHROPIC_API_KEY",
    "AIDER_MODEL",
    "AIDER_OPENAI_API_BASE",
    "AIDER_OPENAI_API_KEY",
    "ANTHROPIC_API_BASE",
    "ANTHROPIC_AUTH_TOKEN",
    "ANTHROPIC_DEFAULT_HAIKU_MODEL",
    "ANTHROPIC_DEFAULT_OPUS_MODEL",
    "ANTHROPIC_DEFAULT_SONNET_MODEL",
    "ANTHROPIC_MODEL",
    "CLAUDE_CODE_OAUTH_TOKEN",
    "CLAUDE_CODE_USE_BEDROCK",
    "CLAUDE_CODE_USE_FOUNDRY",
    "CLAUDE_CODE_USE_VERTEX",
    "CLAUDE_CONFIG_DIR",
    "CODEX_API_KEY",
    "DEEPSEEK_API_KEY",
    "GEMINI_CLI_SYSTEM_SETTINGS_PATH",
    "GEMINI_MODEL",
    "GOOGLE_API_KEY",
    "GOOGLE_GENAI_USE_GCA",
    "GOOGLE_GENAI_USE_VERTEXAI",
    "OPENAI_API_BASE",
    "OPENAI_MODEL",
    "OPENCODE_CONFIG_CONTENT",
];

/// Provider keys and directories of the environment. `Debug` masks every value.
#[derive(Debug, Clone, Default)]
pub struct Environment {
    variables: BTreeMap<String, Secret>,
    working_dir: PathBuf,
}

impl Environment {
    /// The variables of this process, as they are now.
    #[must_use]
    pub fn from_process() -> Self {
        let names = NAMES.iter().chain(OF_CLIENTS);
        let names = names.map(|name| (*name).to_owned());
        let value = |name: String| std::env::var(&name).ok().map(|value| (name, value));
        Self::from_map(names.chain(oauth::variables()).filter_map(value))
    }

    /// Whether a variable of the process is looked at.
    #[must_use]
    pub fn reads(name: &str) -> bool {
        NAMES.contains(&name) || OF_CLIENTS.contains(&name)
    }

    /// An environment of its own, for tests.
    pub fn from_map<N: Into<String>, V: Into<String>>(
        variables: impl IntoIterator<Item = (N, V)>,
    ) -> Self {
        let variables = variables
            .into_iter()
            .map(|(name, value)| (name.into(), Secret::from(value.into())));
        Self {
            variables: variables.collect(),
            working_dir: PathBuf::new(),
        }
    }

    /// The same environment as seen from another working directory.
    #[must_use]
    pub fn with_working_dir(mut self, directory: impl Into<PathBuf>) -> Self {
        self.working_dir = directory.into();
        self
    }

    /// The value of a variable; blank counts as unset.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.variables
            .get(name)
            .map(|value| value.expose().trim())
            .filter(|value| !value.is_empty())
    }

    /// The user's home.
    #[must_use]
    pub fn home(&self) -> Option<PathBuf> {
        self.get("HOME")
            .or_else(|| self.get("USERPROFILE"))
            .map(PathBuf::from)
    }

    /// Where relative paths start; empty stands for the process's own.
    #[must_use]
    pub fn working_dir(&self) -> &std::path::Path {
        &self.working_dir
    }

    /// A path from the file, with `~` replaced by the home.
    #[must_use]
    pub fn expand(&self, path: &str) -> PathBuf {
        let rest = match path.strip_prefix('~') {
            Some("") => Some(""),
            Some(rest) => rest.strip_prefix(['/', '\\']),
            None => None,
        };
        match (rest, self.home()) {
            (Some(rest), Some(home)) => home.join(rest),
            _ => PathBuf::from(path),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blank_is_unset_and_values_are_masked() {
        let environment = Environment::from_map([
            ("OPENAI_API_KEY", "  "),
            ("ANTHROPIC_API_KEY", " sk-ant-secret-secret "),
        ]);
        assert_eq!(environment.get("OPENAI_API_KEY"), None);
        assert_eq!(
            environment.get("ANTHROPIC_API_KEY"),
            Some("sk-ant-secret-secret")
        );
        assert!(!format!("{environment:?}").contains("secret-secret"));
    }

    #[test]
    fn tilde_is_the_home() {
        let environment = Environment::from_map([("HOME", "/home/me")]);
        for (path, expected) in [
            ("~", "/home/me"),
            ("~/a", "/home/me/a"),
            ("~you/a", "~you/a"),
            ("/a/~", "/a/~"),
            ("a", "a"),
        ] {
            assert_eq!(environment.expand(path), PathBuf::from(expected), "{path}");
        }
    }
}
