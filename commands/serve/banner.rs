//! What a person sees when the gateway has started: where it is, what it offers, and a line for each client.

use std::fmt;
use std::net::SocketAddr;

use crate::inert::inert;
use crate::occupied::reachable;
use crate::output::{FAINT, STRONG};

/// More providers than this are counted.
const LISTED: usize = 8;

/// The facts of a start.
#[derive(Debug, Clone)]
pub(crate) struct Banner<'a> {
    pub(crate) version: &'a str,
    pub(crate) address: SocketAddr,
    pub(crate) tls: bool,
    /// The configuration file, safe to print.
    pub(crate) config: String,
    pub(crate) key: Key<'a>,
    pub(crate) providers: &'a [String],
    pub(crate) models: usize,
    /// A model to try.
    pub(crate) model: Option<String>,
    /// Nothing but the built-in model answers.
    pub(crate) demo: bool,
}

/// What clients have to present.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Key<'a> {
    /// A key made on this run: the only time it is shown.
    New(&'a str),
    /// One of the keys in the file.
    InFile,
    /// Nothing; only this machine may call.
    None,
}

impl Banner<'_> {
    /// The address clients of this machine use.
    pub(crate) fn url(&self) -> String {
        let scheme = if self.tls { "https" } else { "http" };
        format!("{scheme}://{}", reachable(self.address))
    }

    /// What stands for the key in a line to paste.
    fn pasted_key(&self) -> &str {
        match self.key {
            Key::New(key) => key,
            Key::InFile => "$MODELGATE_KEY",
            Key::None => "unused",
        }
    }

    fn providers(&self) -> String {
        let mut text = self
            .providers
            .iter()
            .take(LISTED)
            .map(|name| inert(name))
            .collect::<Vec<_>>()
            .join(", ");
        if let Some(more @ 1..) = self.providers.len().checked_sub(LISTED) {
            text.push_str(&format!(" and {more} more"));
        }
        text
    }

    fn models(&self) -> String {
        match self.models {
            0 => "any name the providers know".to_owned(),
            1 => "1".to_owned(),
            count => format!("{count}, listed by `modelgate models`"),
        }
    }

    fn key(&self) -> String {
        match self.key {
            Key::New(key) => {
                format!(
                    "{STRONG}{key}{STRONG:#}\n              shown only this once; it stays in the file, under `api-keys`"
                )
            }
            Key::InFile => "set MODELGATE_KEY to one of `api-keys` in the file".to_owned(),
            Key::None => "none needed; only programs on this machine may call".to_owned(),
        }
    }

    fn curl(&self) -> String {
        let model = self.model.as_deref().unwrap_or("MODEL");
        let body = serde_json::json!({
            "model": model,
            "messages": [{ "role": "user", "content": "Hello" }],
        });
        // Inert text has no quotes to end the shell's, except the one that is replaced.
        let body = inert(&body.to_string()).replace('\'', r"'\''");
        let key = match self.key {
            Key::None => String::new(),
            _ => format!(" -H \"Authorization: Bearer {}\"", self.pasted_key()),
        };
        format!(
            "curl {}/v1/chat/completions{key} -H 'Content-Type: application/json' -d '{body}'",
            self.url()
        )
    }
}

impl fmt::Display for Banner<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (url, key) = (self.url(), self.pasted_key());
        let scheme = if self.tls { "https" } else { "http" };
        let new = match self.key {
            Key::New(_) => "  (new)",
            _ => "",
        };
        let version = self.version;
        writeln!(
            f,
            "{STRONG}modelgate {version}{STRONG:#} serving on {STRONG}{scheme}://{}{STRONG:#}\n",
            self.address
        )?;
        for (label, value) in [
            ("config", format!("{}{new}", self.config)),
            ("providers", self.providers()),
            ("models", self.models()),
            ("client key", self.key()),
            (
                "watch",
                "`modelgate` in another terminal, `modelgate panel` in a browser".to_owned(),
            ),
        ] {
            writeln!(f, "  {FAINT}{label:<10}{FAINT:#}  {value}")?;
        }
        let openai = format!("export OPENAI_BASE_URL={url}/v1 OPENAI_API_KEY={key}");
        let anthropic = format!("export ANTHROPIC_BASE_URL={url} ANTHROPIC_API_KEY={key}");
        let google = format!("export GOOGLE_GEMINI_BASE_URL={url} GEMINI_API_KEY={key}");
        for (label, line) in [
            ("OpenAI SDK", openai),
            ("Anthropic SDK, Claude Code", anthropic),
            ("Google SDK, Gemini CLI", google),
            ("curl", self.curl()),
        ] {
            write!(f, "\n  {FAINT}{label}{FAINT:#}\n  {line}\n")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(change: impl FnOnce(&mut Banner<'_>)) -> String {
        let providers = ["demo".to_owned()];
        let mut banner = Banner {
            version: "1.2.3",
            address: "127.0.0.1:8317".parse().unwrap(),
            tls: false,
            config: "/home/me/.config/modelgate/config.yaml".to_owned(),
            key: Key::New("mg-key"),
            providers: &providers,
            models: 1,
            model: Some("demo".to_owned()),
            demo: true,
        };
        change(&mut banner);
        anstream::adapter::strip_str(&banner.to_string()).to_string()
    }

    #[test]
    fn the_first_run() {
        insta::assert_snapshot!(text(|_| {}));
    }

    #[test]
    fn a_later_run_with_providers() {
        let providers: Vec<String> = (0..10).map(|index| format!("p{index}\u{1b}")).collect();
        let printed = text(|banner| {
            banner.key = Key::InFile;
            banner.models = 42;
            banner.model = Some("it's\u{1b}[31m".to_owned());
            banner.demo = false;
            banner.tls = true;
            banner.address = "0.0.0.0:443".parse().unwrap();
            let names: &[String] = Box::leak(providers.into_boxed_slice());
            banner.providers = names;
        });
        insta::assert_snapshot!(printed);
    }

    #[test]
    fn without_keys_nothing_is_sent() {
        let printed = text(|banner| banner.key = Key::None);
        assert!(!printed.contains("Authorization"), "{printed}");
        assert!(printed.contains("OPENAI_API_KEY=unused"));
    }

    #[test]
    fn an_ipv6_address_is_a_url() {
        let printed = text(|banner| banner.address = "[::]:8317".parse().unwrap());
        assert!(printed.contains("serving on http://[::]:8317"), "{printed}");
        assert!(printed.contains("OPENAI_BASE_URL=http://[::1]:8317/v1"));
    }
}
