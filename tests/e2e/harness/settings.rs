//! Configuration files, put together from lines.

use super::Speaks;
use modelgate_test_upstream::{SCENARIOS, Upstream};

/// The client key of every configuration here.
pub(crate) const KEY: &str = "mg-key-of-the-test-0123456789";
/// A model that no scenario answers; tests script it.
pub(crate) const SCRIPTED: &str = "scripted";

/// A configuration file in the making.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    head: String,
    claude: String,
    compatible: String,
}

impl Settings {
    /// One client key, no provider.
    pub(crate) fn new() -> Self {
        Self {
            head: format!("api-keys: [{KEY}]\n"),
            claude: String::new(),
            compatible: String::new(),
        }
    }

    /// One provider of this dialect with one good key, serving every scenario under its own name.
    pub(crate) fn upstream(dialect: Speaks, upstream: &Upstream) -> Self {
        Self::new().provider(dialect, &upstream.url(), &["sk-good"], "")
    }

    /// Adds a top-level line or block.
    pub(crate) fn line(mut self, text: &str) -> Self {
        self.head.push_str(text);
        self.head.push('\n');
        self
    }

    /// Adds a provider with several keys, tried in this order. `more` are further lines of its entries.
    pub(crate) fn provider(self, dialect: Speaks, url: &str, keys: &[&str], more: &str) -> Self {
        let models: String = SCENARIOS
            .iter()
            .chain(&[SCRIPTED])
            .map(|name| format!("{{name: {name}}}, "))
            .collect();
        self.serving(dialect, url, keys, &format!("models: [{models}]\n{more}"))
    }

    /// Adds a provider whose lines are all given.
    pub(crate) fn serving(mut self, dialect: Speaks, url: &str, keys: &[&str], more: &str) -> Self {
        let more: String = more.lines().map(|line| format!("    {line}\n")).collect();
        match dialect {
            Speaks::Claude => keys.iter().for_each(|key| {
                let entry = format!("  - api-key: {key}\n    base-url: {url}\n{more}");
                self.claude.push_str(&entry);
            }),
            Speaks::Chat => {
                let name = format!("chat{}", self.compatible.matches("- name:").count());
                let keys: String = keys
                    .iter()
                    .map(|key| format!("{{api-key: {key}}}, "))
                    .collect();
                let entry = format!(
                    "  - name: {name}\n    base-url: {url}/v1\n    api-key-entries: [{keys}]\n{more}"
                );
                self.compatible.push_str(&entry);
            }
        }
        self
    }

    /// The file.
    pub(crate) fn text(&self) -> String {
        let mut text = self.head.clone();
        for (key, entries) in [
            ("claude-api-key", &self.claude),
            ("openai-compatibility", &self.compatible),
        ] {
            if !entries.is_empty() {
                text.push_str(&format!("{key}:\n{entries}"));
            }
        }
        text
    }

    /// Starts a gateway with it.
    pub(crate) async fn start(&self) -> super::Gateway {
        super::Launch::with(&self.text())
            .arg("--log")
            .arg("debug")
            .start()
            .await
    }
}
