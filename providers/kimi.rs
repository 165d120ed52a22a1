//! Accounts of Kimi (`providers.md` 13): Claude's dialect for clients that speak it, and Chat Completions with wishes of its own
//! for all others.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use modelgate_config::model::{ProviderEntry, Quirks};
use modelgate_dialects::json::{Document, RawJson, Value, Writer};
use modelgate_dialects::{Dialect, Str, Target};

use crate::credential::{self, Credential, Login, Operations, Urls};
use crate::forge::{Forge, Raw};
use crate::{Account, ProviderKind, claude, compatible};

pub(crate) const BASE_URL: &str = "https://api.kimi.com/coding/v1";
const PLATFORM: HeaderName = HeaderName::from_static("x-msh-platform");
const VERSION: HeaderName = HeaderName::from_static("x-msh-version");
const DEVICE_NAME: HeaderName = HeaderName::from_static("x-msh-device-name");
const DEVICE_MODEL: HeaderName = HeaderName::from_static("x-msh-device-model");
const DEVICE_ID: HeaderName = HeaderName::from_static("x-msh-device-id");
const NAME: HeaderValue = HeaderValue::from_static("modelgate");
/// Before the names of its models, where clients use them.
const PREFIX: &str = "kimi-";

/// The credential of an account that somebody logged in to.
pub(crate) fn account(
    account: &Account,
    entry: &ProviderEntry,
    login: Login,
    forge: &mut Forge<'_>,
) -> Credential {
    let raw = Raw {
        quirks: Quirks {
            replay_reasoning: true,
            ..Quirks::default()
        },
        ..Raw::of_account(ProviderKind::Kimi, "kimi", account, entry, login)
    };
    let mut headers = credential::common_headers();
    let device = account.extra("device_id");
    headers.extend(identity(device.as_ref().map(|device| device.expose())));
    let url = |path: &[&str]| Some(credential::join(&entry.base_url, path));
    let urls = Urls::Operations(Box::new(Operations {
        generate: url(&["chat", "completions"]),
        messages: url(&["messages"]),
        count_tokens: url(&["messages", "count_tokens"]),
        ..Operations::default()
    }));
    forge.make(raw, urls, headers)
}

/// Who asks, from which device: its number is made at the login and stays. Nothing is told of the machine.
pub(crate) fn identity(device: Option<&str>) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(PLATFORM, NAME);
    headers.insert(VERSION, HeaderValue::from_static(env!("CARGO_PKG_VERSION")));
    headers.insert(DEVICE_NAME, NAME);
    headers.insert(DEVICE_MODEL, NAME);
    let device = device.and_then(|device| credential::secret(DEVICE_ID, device));
    headers.extend(device);
    headers
}

/// What an encoder must know of one of its models.
pub(crate) fn target(credential: &Credential, model: &str) -> Target {
    Target {
        model: Str::from(upstream_name(model)),
        ..compatible::target(credential, model)
    }
}

/// The name of a model as Kimi has it.
fn upstream_name(model: &str) -> String {
    let own = model.strip_prefix(PREFIX).unwrap_or(model);
    match own.strip_prefix("k2.7-code") {
        Some(rest) => format!("kimi-for-coding{rest}"),
        None if own.starts_with("for-coding") => model.to_owned(),
        None => own.to_owned(),
    }
}

/// The headers a client of the same dialect may set: those of Claude's.
pub(crate) fn forward(from: &HeaderMap, to: &mut HeaderMap) {
    claude::forward(from, to);
}

/// The version of Claude's dialect, where a client that speaks it has not said one.
pub(crate) fn describe(dialect: Dialect, headers: &mut HeaderMap) {
    if dialect == Dialect::Claude {
        let version = HeaderValue::from_static("2023-06-01");
        headers.entry(claude::VERSION).or_insert(version);
    }
}

/// A request in Chat Completions as Kimi takes it: how much to think is said in `thinking`; no assistant message is empty; and where the model
/// thinks, one that calls tools says what was thought, if only nothing.
pub(crate) fn fit(body: &Bytes) -> Bytes {
    let Ok(document) = Document::parse(body.clone()) else {
        return body.clone();
    };
    let root = document.root();
    let effort = root.text_of("reasoning_effort");
    let told = root.field("thinking");
    let off = match told {
        Some(told) => told.text_of("type").is_some_and(|kind| kind == "disabled"),
        None => effort.as_deref() == Some("none"),
    };
    let fitted = RawJson::build(|writer| {
        writer.object(|writer| {
            for (key, value) in root.entries() {
                match &*key {
                    "reasoning_effort" => {}
                    "messages" if value.is_array() => {
                        writer.array_field("messages", |writer| messages(writer, value, off));
                    }
                    _ => {
                        writer.foreign_key(&key);
                        value.write_compact(writer);
                    }
                }
            }
            if let (Some(effort), None) = (&effort, told) {
                writer.object_field("thinking", |writer| think(writer, effort));
            }
        });
    });
    fitted.to_text().into_bytes()
}

fn think(writer: &mut Writer<'_>, effort: &str) {
    let level = match effort {
        "none" => return writer.field("type", "disabled"),
        "minimal" | "low" => "low",
        "max" => "max",
        _ => "high",
    };
    writer.field("type", "enabled");
    writer.field("effort", level);
}

fn messages(writer: &mut Writer<'_>, messages: Value<'_>, off: bool) {
    for message in messages.items() {
        let own = message
            .text_of("role")
            .is_some_and(|role| role == "assistant");
        let calls = message.field("tool_calls");
        let calls = calls.is_some_and(|calls| calls.items().next().is_some());
        if own && !calls && is_blank(message.field("content")) {
            continue;
        }
        if !own || !calls || off || message.field("reasoning_content").is_some() {
            message.write_compact(writer);
            continue;
        }
        writer.object(|writer| {
            for (key, value) in message.entries() {
                if key != "reasoning_content" {
                    writer.foreign_key(&key);
                    value.write_compact(writer);
                }
            }
            writer.field("reasoning_content", "");
        });
    }
}

fn is_blank(content: Option<Value<'_>>) -> bool {
    let Some(content) = content else { return true };
    if content.is_array() {
        return content.items().next().is_none();
    }
    content.as_str().is_some_and(|text| text.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_provider() {
        for (name, upstream) in [
            ("kimi-k2.5", "k2.5"),
            ("k3", "k3"),
            ("kimi-k2.7-code", "kimi-for-coding"),
            ("kimi-k2.7-code-highspeed", "kimi-for-coding-highspeed"),
            ("kimi-for-coding", "kimi-for-coding"),
        ] {
            assert_eq!(upstream_name(name), upstream);
        }
    }

    #[test]
    fn claudes_dialect_always_has_a_version() {
        let described = |dialect, before: &[&'static str]| {
            let values = before.iter().copied().map(HeaderValue::from_static);
            let mut headers: HeaderMap = values.map(|value| (claude::VERSION, value)).collect();
            describe(dialect, &mut headers);
            headers.remove(claude::VERSION)
        };
        assert_eq!(described(Dialect::Chat, &[]), None);
        assert_eq!(described(Dialect::Claude, &[]).unwrap(), "2023-06-01");
        assert_eq!(described(Dialect::Claude, &["own"]).unwrap(), "own");
    }

    #[track_caller]
    fn check(body: &'static str, expected: &str) {
        let fitted = fit(&Bytes::from_static(body.as_bytes()));
        assert_eq!(std::str::from_utf8(&fitted).unwrap(), expected);
    }

    #[test]
    fn how_much_to_think_is_said_in_the_providers_words() {
        check(
            r#"{"model":"k3","reasoning_effort":"medium","n":1.0}"#,
            r#"{"model":"k3","n":1.0,"thinking":{"type":"enabled","effort":"high"}}"#,
        );
        check(
            r#"{"reasoning_effort":"max"}"#,
            r#"{"thinking":{"type":"enabled","effort":"max"}}"#,
        );
        check(
            r#"{"reasoning_effort":"none"}"#,
            r#"{"thinking":{"type":"disabled"}}"#,
        );
        check(
            r#"{"thinking":{"type":"disabled"},"reasoning_effort":"low"}"#,
            r#"{"thinking":{"type":"disabled"}}"#,
        );
        check("no JSON", "no JSON");
    }

    #[test]
    fn assistant_messages_are_never_empty_and_calls_never_without_thoughts() {
        check(
            r#"{"messages":[{"role":"user","content":""},{"role":"assistant","content":" "},{"role":"assistant","tool_calls":[]},
                {"role":"assistant","content":null,"tool_calls":[{"id":"1"}]},
                {"role":"assistant","tool_calls":[{"id":"2"}],"reasoning_content":"hm"},{"role":"assistant","content":"x"}]}"#,
            r#"{"messages":[{"role":"user","content":""},{"role":"assistant","content":null,"tool_calls":[{"id":"1"}],"reasoning_content":""},{"role":"assistant","tool_calls":[{"id":"2"}],"reasoning_content":"hm"},{"role":"assistant","content":"x"}]}"#,
        );
        check(
            r#"{"thinking":{"type":"disabled"},"messages":[{"role":"assistant","tool_calls":[{"id":"1"}]}]}"#,
            r#"{"thinking":{"type":"disabled"},"messages":[{"role":"assistant","tool_calls":[{"id":"1"}]}]}"#,
        );
    }
}
