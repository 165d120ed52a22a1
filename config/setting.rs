//! Single settings that stand outside the configuration file too: account files spell them the same way.
//!
//! Every reader answers with the value, or with one sentence about what is wrong. What could be a secret is never
//! repeated in it.

use std::path::Path;
use std::time::SystemTime;

use url::Url;

use crate::model::{ErrorRule, Proxy, Strategy};
use crate::routing;
use crate::values::{self, Complaint};
use crate::{ConfigError, Environment};

/// The value of a `proxy-url`.
pub fn proxy(text: &str) -> Result<Proxy, String> {
    sentence(values::proxy(text))
}

/// The base URL of an upstream, without a slash at the end.
pub fn base_url(text: &str) -> Result<Url, String> {
    sentence(values::base_url(text))
}

/// A name before models; never holds a slash. `None` when nothing is left of it.
pub fn prefix(text: &str) -> Result<Option<String>, String> {
    sentence(values::prefix(text))
}

/// Checks an extra header that can be sent.
pub fn header(name: &str, value: &str) -> Result<(), String> {
    sentence(values::header_name(name).and_then(|()| values::header_value(value)))
}

/// The value of `routing.strategy`, in any of its spellings; nothing is the usual one.
#[must_use]
pub fn strategy(text: &str) -> Option<Strategy> {
    routing::strategy_named(text)
}

/// A moment: RFC 3339 with or without fraction and offset, with a space instead of the `T`, or a date alone (its first
/// second). Without an offset it is UTC.
pub fn moment(text: &str) -> Result<SystemTime, String> {
    sentence(values::moment(text))
}

/// The rules of a `request-scoped-errors` list, which is given as JSON: what is YAML too.
pub fn error_rules(json: &str) -> Result<Vec<ErrorRule>, String> {
    let text = format!("oauth-request-scoped-errors: {{all: {json}}}");
    let read = crate::parse(&text, Path::new("rules"), &Environment::default());
    let channels = read.map(|loaded| loaded.config.channels);
    let rules = channels.map(|channels| channels.into_iter().flat_map(|all| all.error_rules));
    rules.map(Iterator::collect).map_err(|error| match error {
        ConfigError::Invalid { problems, .. } => {
            let first = problems.into_iter().next();
            first.map_or_else(String::new, |first| match first.hint {
                Some(hint) => format!("{}: {hint}", first.message),
                None => first.message,
            })
        }
        other => other.to_string(),
    })
}

fn sentence<T>(read: Result<T, Complaint>) -> Result<T, String> {
    read.map_err(|complaint| format!("{}: {}", complaint.message, complaint.hint))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_read_from_json() {
        let json = r#"[{"status":403,"match":["a: b","\"c\""],"action":"stop"},{"status":500,"match_regexr":"^x\\d","action":"continue_and_cooldown"}]"#;
        let rules = error_rules(json).unwrap();
        assert_eq!(rules.len(), 2);
        assert_eq!(rules[0].texts, ["a: b", "\"c\""]);
        assert!(rules[1].applies(500, "x1") && !rules[1].applies(500, "x"));
        assert!(error_rules("[]").unwrap().is_empty());
        for (json, expected) in [
            (r#"[{"action":"stop"}]"#, "about no status"),
            (r#"[{"status":500,"action":"go"}]"#, "unknown action"),
            (
                r#"[{"status":500,"action":"stop","match-regexr":"("}]"#,
                "regular",
            ),
            ("3", ""),
        ] {
            let reason = error_rules(json).unwrap_err();
            assert!(reason.contains(expected), "{json}: {reason}");
        }
    }

    #[test]
    fn a_mistake_is_one_sentence_without_the_value() {
        let mistakes = [
            proxy("ftp://hush").unwrap_err(),
            base_url("hush").unwrap_err(),
            prefix("hush/hush").unwrap_err(),
            header("hush:", "x").unwrap_err(),
            header("X-A", "hush\n").unwrap_err(),
            moment("hush").unwrap_err(),
        ];
        for mistake in mistakes {
            assert!(
                mistake.contains(": ") && !mistake.contains("hush"),
                "{mistake}"
            );
        }
        assert_eq!(header("X-A", "b"), Ok(()));
        assert_eq!(strategy(" Fill_First "), Some(Strategy::FillFirst));
        assert_eq!(strategy("hush"), None);
        assert_eq!(prefix("/a/"), Ok(Some("a".to_owned())));
        assert_eq!(
            moment("2026-01-02T11:04:05+08:00"),
            moment("2026-01-02 03:04:05")
        );
    }
}
