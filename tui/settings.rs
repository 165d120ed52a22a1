//! The settings of the gateway that can be changed here: one table says what there is, what it does, and how it is changed.

use serde_json::{Map, Value, json};

use crate::app::Known;
use crate::list::Cursor;

/// A setting.
#[derive(Debug)]
pub(crate) struct Setting {
    /// Its dotted path in the configuration.
    pub(crate) path: &'static str,
    pub(crate) kind: Kind,
    /// What it does.
    pub(crate) help: &'static str,
}

/// What values it can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Flag,
    Number,
    Text,
    /// One of these words.
    Words(&'static [&'static str]),
}

const fn setting(path: &'static str, kind: Kind, help: &'static str) -> Setting {
    Setting { path, kind, help }
}

/// The table.
#[rustfmt::skip]
pub(crate) const SETTINGS: &[Setting] = &[
    setting("routing.strategy", Kind::Words(&["round-robin", "weighted-round-robin", "fill-first"]),
        "how accounts of the same priority take turns: one after the other, by their weight, or the first until it rests"),
    setting("request-retry", Kind::Number, "further rounds over all accounts when a round failed"),
    setting("max-retry-credentials", Kind::Number, "accounts that are tried in a round; 0: all that serve the model"),
    setting("max-retry-interval", Kind::Number, "seconds that a request waits for an account that rests; 0: the client is told at once"),
    setting("force-model-prefix", Kind::Flag, "models of an account with a prefix are served under names with the prefix only"),
    setting("proxy-url", Kind::Text, "the proxy on the way to providers (http, https, socks5), or direct; empty: what the environment says"),
    setting("debug", Kind::Flag, "log why things happen, not only what happens"),
    setting("request-log", Kind::Flag, "keep a log of every request, with what was asked and answered; secrets are masked"),
    setting("logging-to-file", Kind::Flag, "log to files that are rotated, which this dashboard and `modelgate logs` read"),
    setting("logs-max-total-size-mb", Kind::Number, "the oldest log files are deleted beyond this size; 0: never"),
    setting("error-logs-max-files", Kind::Number, "how many logs of failed requests are kept"),
    setting("usage-statistics-enabled", Kind::Flag, "write a row for each request in the ledger"),
];

/// The settings as they are.
#[derive(Debug, Default)]
pub(crate) struct Settings {
    /// Only what is in the table; the rest of a configuration has secrets and is not kept.
    pub(crate) known: Known<Vec<(&'static str, Value)>>,
    pub(crate) cursor: Cursor,
}

/// What a configuration says of the settings in the table.
pub(crate) fn pick(config: &Map<String, Value>) -> Vec<(&'static str, Value)> {
    let said = SETTINGS.iter().filter_map(|setting| {
        let mut at = config.get(setting.path.split('.').next()?)?;
        for key in setting.path.split('.').skip(1) {
            at = at.get(key)?;
        }
        Some((setting.path, at.clone()))
    });
    said.collect()
}

impl Settings {
    /// The value of a setting, if it is known.
    pub(crate) fn value(&self, setting: &Setting) -> Option<&Value> {
        let known = self.known.value.as_ref()?;
        let (_, value) = known.iter().find(|(path, _)| *path == setting.path)?;
        Some(value)
    }

    /// The same for a person. What may hold a password is shown without it.
    pub(crate) fn shown(&self, setting: &Setting) -> Option<String> {
        Some(match self.value(setting)? {
            Value::Bool(true) => "on".to_owned(),
            Value::Bool(false) => "off".to_owned(),
            Value::String(text) if text.is_empty() => "(empty)".to_owned(),
            Value::String(text) => without_password(text),
            other => other.to_string(),
        })
    }
}

impl Setting {
    /// The value that one key press makes of another; none where it must be typed.
    pub(crate) fn turned(&self, value: Option<&Value>) -> Option<Value> {
        match self.kind {
            Kind::Flag => Some(json!(value != Some(&json!(true)))),
            Kind::Words(words) => {
                let said = value.and_then(Value::as_str).unwrap_or_default();
                let place = words.iter().position(|word| *word == said);
                let next = place.map_or(0, |place| (place + 1) % words.len());
                Some(json!(words[next]))
            }
            Kind::Number | Kind::Text => None,
        }
    }

    /// The value that was typed.
    pub(crate) fn typed(&self, text: &str) -> Result<Value, String> {
        let text = text.trim();
        match self.kind {
            Kind::Number => match text.parse::<u32>() {
                Ok(number) => Ok(json!(number)),
                Err(_) => Err(format!("{} is a whole number", self.path)),
            },
            Kind::Text | Kind::Flag | Kind::Words(_) => Ok(json!(text)),
        }
    }
}

fn without_password(url: &str) -> String {
    match (url.find("://"), url.rfind('@')) {
        (Some(scheme), Some(at)) if scheme + 3 <= at => {
            format!("{}…{}", &url[..scheme + 3], &url[at..])
        }
        _ => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_press_turns_flags_and_words() {
        let [strategy, retry] = [&SETTINGS[0], &SETTINGS[1]];
        assert_eq!(
            strategy.turned(Some(&json!("fill-first"))),
            Some(json!("round-robin"))
        );
        assert_eq!(strategy.turned(None), Some(json!("round-robin")));
        assert_eq!(retry.turned(Some(&json!(1))), None);
        assert_eq!(retry.typed(" 3 "), Ok(json!(3)));
        assert!(retry.typed("-1").is_err() && retry.typed("many").is_err());
        let debug = SETTINGS
            .iter()
            .find(|setting| setting.path == "debug")
            .unwrap();
        assert_eq!(debug.turned(Some(&json!(true))), Some(json!(false)));
        assert_eq!(debug.turned(None), Some(json!(true)));
    }

    #[test]
    fn only_what_is_in_the_table_is_kept() {
        let config =
            json!({"debug": true, "routing": {"strategy": "fill-first"}, "api-keys": ["secret"]});
        let known = pick(config.as_object().unwrap());
        assert_eq!(known.len(), 2);
        assert!(!format!("{known:?}").contains("secret"));
        let mut settings = Settings::default();
        settings.known.learn(known);
        assert_eq!(settings.shown(&SETTINGS[0]).as_deref(), Some("fill-first"));
        assert_eq!(settings.shown(&SETTINGS[1]), None);
    }

    #[test]
    fn a_proxy_is_shown_without_its_password() {
        for (url, expected) in [
            ("http://me:secret@proxy:1", "http://…@proxy:1"),
            ("socks5://proxy:1", "socks5://proxy:1"),
            ("direct", "direct"),
            ("@://", "@://"),
        ] {
            assert_eq!(without_password(url), expected);
        }
    }
}
