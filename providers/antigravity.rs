//! Accounts of Antigravity (`providers.md` 8): Code Assist with models of several vendors, which want their requests in a
//! way of their own.

mod tools;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http::Method;
use memchr::memmem;
use modelgate_dialects::json::{Document, RawJson, Value, Writer};
use modelgate_dialects::target::{GeminiProfile, ModelProfile, Thinking};
use modelgate_dialects::{Losses, Str, Target};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::credential::Credential;
use crate::store::{lookup, same};
use crate::{CallError, ProviderKind, gemini, models};

/// The method that lists its models.
pub(crate) const LIST: &str = "fetchAvailableModels";
/// Whose thought signatures these upstreams accept: a model's are those of its vendor.
const REASONING_TAG: &str = "antigravity";
const CLAUDE_TAG: &str = "antigravity-claude";
/// The least and the most that its Claude models think.
const LEAST_BUDGET: u32 = 1024;
const MOST_BUDGET: u32 = 64_000;

/// Names that clients use, and those that the service has.
const NAMES: [(&str, &str); 6] = [
    ("gemini-3-pro-preview", "gemini-3-pro-high"),
    ("gemini-3-pro-image-preview", "gemini-3-pro-image"),
    ("gemini-2.5-computer-use-preview-10-2025", "rev19-uic3-1p"),
    ("gemini-claude-sonnet-4-5", "claude-sonnet-4-5"),
    (
        "gemini-claude-sonnet-4-5-thinking",
        "claude-sonnet-4-5-thinking",
    ),
    (
        "gemini-claude-opus-4-5-thinking",
        "claude-opus-4-5-thinking",
    ),
];

/// Names of its list that are no models for clients.
const HIDDEN: [&str; 3] = [
    "gemini-2.5-pro",
    "gemini-3-pro-low",
    "gemini-2.5-flash-thinking",
];
const HIDDEN_BEGINNING: &str = "chat_";

/// Limits that end sooner are waited for.
const SOON: Duration = Duration::from_secs(3);

/// Where a request says which conversation it belongs to.
const SESSION: &str = "sessionId";

/// The name of a model as the service has it.
fn upstream_name(model: &str) -> &str {
    let known = NAMES.iter().find(|(public, _)| *public == model);
    known.map_or(model, |(_, upstream)| upstream)
}

/// The name that clients use for a model of the service's list; nothing for one that they do not use.
pub(crate) fn public_name(model: &str) -> Option<&str> {
    if HIDDEN.contains(&model) || model.starts_with(HIDDEN_BEGINNING) {
        return None;
    }
    let known = NAMES.iter().find(|(_, upstream)| *upstream == model);
    Some(known.map_or(model, |(public, _)| public))
}

fn is_claude(model: &str) -> bool {
    model.starts_with("claude-")
}

/// What an encoder must know of one of its models.
pub(crate) fn target(credential: &Credential, model: &str) -> Target {
    let model = upstream_name(model);
    let target = gemini::target(credential, model);
    if !is_claude(model) {
        return Target {
            provider: Str::from_static(REASONING_TAG),
            model_profile: ModelProfile {
                output_limit: false,
                ..target.model_profile
            },
            ..target
        };
    }
    Target {
        provider: Str::from_static(CLAUDE_TAG),
        model_profile: ModelProfile {
            thinking: Thinking::Budget {
                min: LEAST_BUDGET,
                max: MOST_BUDGET,
            },
            ..target.model_profile
        },
        gemini: GeminiProfile {
            json_schema: false,
            signatures: false,
            ..target.gemini
        },
        ..target
    }
}

/// What is wanted of a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wanted {
    Answer,
    Search,
    Image,
}

impl Wanted {
    fn of(model: &str, request: &Bytes) -> Self {
        if model.contains("image") {
            return Self::Image;
        }
        let names = ["googleSearch", "google_search"];
        if names.map(|name| memmem::find(request, name.as_bytes())) == [None; 2] {
            return Self::Answer;
        }
        let document = Document::parse(request.clone()).unwrap_or_default();
        let tools = lookup(document.root(), "tools");
        let mut tools = tools.into_iter().flat_map(Value::items);
        if tools.any(|tool| lookup(tool, "googleSearch").is_some()) {
            Self::Search
        } else {
            Self::Answer
        }
    }

    /// How the service calls it.
    const fn name(self) -> &'static str {
        match self {
            Self::Answer => "agent",
            Self::Search => "web_search",
            Self::Image => "image_gen",
        }
    }

    /// A name for one request.
    fn number(self) -> String {
        let id = Uuid::now_v7();
        match self {
            Self::Answer | Self::Search => format!("agent-{id}"),
            Self::Image => {
                let since = SystemTime::now().duration_since(UNIX_EPOCH);
                let millis = since.unwrap_or_default().as_millis();
                format!("image_gen/{millis}/{id}/12")
            }
        }
    }
}

/// What an envelope says beside its request: a number, what is wanted, and how the program is called where somebody wants that
/// said.
pub(crate) fn beside(model: &str, request: &Bytes, agent: Option<&Str>) -> Vec<(Str, RawJson)> {
    let wanted = Wanted::of(model, request);
    let text = |text: &str| RawJson::build(|writer| writer.value(text));
    let mut rest = vec![
        (Str::from_static("requestId"), text(&wanted.number())),
        (Str::from_static("requestType"), text(wanted.name())),
    ];
    rest.extend(agent.map(|agent| (Str::from_static("userAgent"), text(agent))));
    rest
}

/// The number of a conversation: a negative one, made from the first words of its user, so that it stays while the conversation
/// goes on.
fn session(request: Value<'_>) -> Option<String> {
    let contents = lookup(request, "contents")?;
    let is_users = |content: &Value<'_>| {
        let role = lookup(*content, "role").and_then(Value::text);
        role.is_none_or(|role| role.eq_ignore_ascii_case("user"))
    };
    let first = contents.items().find(is_users)?;
    let parts = lookup(first, "parts").into_iter().flat_map(Value::items);
    let words: Vec<Str> = parts.filter_map(|part| part.text_of("text")).collect();
    let digest = if words.is_empty() {
        Sha256::digest(first.source())
    } else {
        Sha256::digest(words.concat())
    };
    let bytes = digest.iter().take(8);
    let number = bytes.fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    Some(format!("-{}", number >> 1))
}

/// How long to wait before an account is asked again, where its limit is over so soon that going to another one is not worth it.
pub(crate) fn pause(credential: &Credential, error: &CallError) -> Option<Duration> {
    let is_limit = error.error.code.as_deref() == Some("RATE_LIMIT_EXCEEDED");
    let wait = error.error.retry_after.filter(|wait| *wait < SOON)?;
    (is_limit && credential.kind == ProviderKind::Antigravity).then_some(wait)
}

/// Makes a request the one for the list of its models.
pub(crate) fn ask_for_list(request: &mut reqwest::Request) {
    *request.method_mut() = Method::POST;
    let json = http::HeaderValue::from_static("application/json");
    request
        .headers_mut()
        .insert(http::header::CONTENT_TYPE, json);
    *request.body_mut() = Some("{}".into());
}

/// A request as the service takes it for a model; what is left out or changed is in `losses`.
pub(crate) fn fit(body: &Bytes, model: &str, losses: &mut Losses) -> Bytes {
    let Ok(document) = Document::parse(body.clone()) else {
        return body.clone();
    };
    let root = document.root();
    let claude = is_claude(model);
    let has_tools = lookup(root, "tools").is_some_and(|tools| tools.items().next().is_some());
    let fitted = RawJson::build(|writer| {
        writer.object(|writer| {
            for (key, value) in root.entries() {
                if same(&key, "safetySettings") {
                    losses.dropped("safetySettings", "Antigravity takes no safety settings");
                } else if same(&key, "generationConfig") && value.is_object() {
                    writer.foreign_key(&key);
                    writer.object(|writer| config(writer, value, model, losses));
                } else if claude && same(&key, "contents") && value.is_array() {
                    writer.foreign_key(&key);
                    writer.array(|writer| turns(writer, value, losses));
                } else if claude && same(&key, "tools") && value.is_array() {
                    writer.foreign_key(&key);
                    writer.array(|writer| tools::write(writer, value, losses));
                } else if claude && has_tools && same(&key, "toolConfig") {
                    continue;
                } else {
                    writer.foreign_key(&key);
                    value.write_compact(writer);
                }
            }
            if claude && has_tools {
                let config = lookup(root, "toolConfig");
                writer.object_field("toolConfig", |writer| tools::write_config(writer, config));
            }
            if lookup(root, SESSION).is_none() {
                writer.field_opt(SESSION, session(root).as_ref());
            }
        });
    });
    fitted.to_text().into_bytes()
}

/// The turns without thoughts that nobody has signed, which Claude's models refuse.
fn turns(writer: &mut Writer<'_>, contents: Value<'_>, losses: &mut Losses) {
    for (index, content) in contents.items().enumerate() {
        let parts = lookup(content, "parts").filter(|parts| parts.is_array());
        let Some(parts) = parts.filter(|parts| parts.items().any(is_unsigned)) else {
            content.write_compact(writer);
            continue;
        };
        let why = "Claude's models take no thoughts that they have not signed";
        losses.quietly_dropped(format!("contents[{index}].parts"), why);
        if parts.items().all(is_unsigned) {
            continue;
        }
        writer.object(|writer| {
            for (key, value) in content.entries() {
                if same(&key, "parts") {
                    writer.foreign_key(&key);
                    writer.array(|writer| {
                        let kept = parts.items().filter(|part| !is_unsigned(*part));
                        kept.for_each(|part| part.write_compact(writer));
                    });
                } else {
                    writer.foreign_key(&key);
                    value.write_compact(writer);
                }
            }
        });
    }
}

fn is_unsigned(part: Value<'_>) -> bool {
    let thought = lookup(part, "thought").and_then(Value::as_bool);
    let signature = lookup(part, "thoughtSignature").and_then(Value::text);
    thought == Some(true) && signature.is_none_or(|signature| signature.is_blank())
}

/// Only Claude's models take a limit of the answer, and none above their own; their thinking must leave room for it.
fn config(writer: &mut Writer<'_>, config: Value<'_>, model: &str, losses: &mut Losses) {
    const LIMIT: &str = "generationConfig.maxOutputTokens";
    let claude = is_claude(model);
    let most = models::profile(model).max_output.map(u64::from);
    let wished = lookup(config, "maxOutputTokens").and_then(Value::as_u64);
    let limit = wished.map(|limit| most.map_or(limit, |most| limit.min(most)));
    for (key, value) in config.entries() {
        if same(&key, "maxOutputTokens") {
            if !claude {
                losses.dropped(LIMIT, "this model takes no limit of its answer");
            } else if let Some(limit) = limit {
                if limit != wished.unwrap_or(limit) {
                    losses.clamped(LIMIT, "this model gives no longer answers");
                }
                writer.foreign_field(&key, &limit);
            }
        } else if claude && same(&key, "thinkingConfig") && !is_thinkable(value, limit) {
            let why =
                "this model thinks with 1024 tokens or more, and fewer than the answer may have";
            losses.dropped("generationConfig.thinkingConfig", why);
        } else {
            writer.foreign_key(&key);
            value.write_compact(writer);
        }
    }
}

/// Whether a Claude model takes this much thinking.
fn is_thinkable(thinking: Value<'_>, limit: Option<u64>) -> bool {
    let Some(budget) = lookup(thinking, "thinkingBudget") else {
        return true;
    };
    let room = limit.unwrap_or(u64::MAX);
    budget
        .as_u64()
        .is_some_and(|budget| (u64::from(LEAST_BUDGET)..room).contains(&budget))
}

#[cfg(test)]
mod tests;
