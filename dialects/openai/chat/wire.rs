//! The words of Chat, and small readers and writers that its parts share.

pub(crate) mod message;
pub(crate) mod usage;

use crate::Dialect;
use crate::error::DecodeError;
use crate::ir::{CacheMark, Error, ErrorKind, Extensions, StopReason, Usage};
use crate::json::{Str, Value, Writer};
use crate::openai::extensions;

/// Most stop texts of a request.
pub(crate) const STOP_LIMIT: usize = 4;

/// The `kind` of the server tool that stands for `web_search_options`; its `raw` is that object.
pub(crate) const WEB_SEARCH: &str = "web_search_options";

/// Begins the system block that Claude Code adds for its own vendor (trap 42).
pub(crate) const BILLING_BLOCK: &str = "x-anthropic-billing-header:";

/// Reads a `usage` object. Part of the contract: the passthrough observer reads usage through it.
pub(crate) fn usage(value: Value<'_>) -> Usage {
    usage::read(value)
}

/// `finish_reason`, with the words that compatible servers borrow from others.
pub(crate) fn stop_reason(word: &Str) -> StopReason {
    match &**word {
        "stop" | "end_turn" | "eos" | "completed" => StopReason::End,
        "length" | "max_tokens" => StopReason::Length,
        "tool_calls" | "function_call" | "tool_use" => StopReason::ToolUse,
        "content_filter" => StopReason::Filter,
        _ => StopReason::Other(word.clone()),
    }
}

/// What an answer holds, as far as it decides about its `finish_reason`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Held {
    /// The text of a refusal.
    pub(crate) refusal: bool,
    /// Calls.
    pub(crate) calls: bool,
    /// The client knows calls by their deprecated name.
    pub(crate) legacy: bool,
}

/// The `finish_reason` of a reason (`dialects.md` 2.6). Calls are to be made whatever the word, but for limits and
/// filters (trap 35).
pub(crate) fn finish_reason(reason: &StopReason, held: Held) -> &'static str {
    match reason {
        StopReason::Length | StopReason::ContextExceeded => "length",
        StopReason::Filter => "content_filter",
        StopReason::Refusal if !held.refusal => "content_filter",
        _ if held.calls && held.legacy => "function_call",
        _ if held.calls => "tool_calls",
        StopReason::End
        | StopReason::ToolUse
        | StopReason::StopSequence
        | StopReason::Refusal
        | StopReason::Pause
        | StopReason::MalformedCall
        | StopReason::Other(_) => "stop",
    }
}

/// `error.type` of a kind (`dialects.md` 2.9).
pub(crate) fn error_type(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::Authentication => "authentication_error",
        ErrorKind::Billing => "insufficient_quota",
        ErrorKind::Permission => "permission_error",
        ErrorKind::RateLimit => "rate_limit_error",
        ErrorKind::Timeout | ErrorKind::Server | ErrorKind::Overloaded => "server_error",
        ErrorKind::InvalidRequest
        | ErrorKind::NotFound
        | ErrorKind::Conflict
        | ErrorKind::TooLarge => "invalid_request_error",
    }
}

/// `error.code` where the failure has none of its own. A 404 may be about an address or a stored answer as well as about a
/// model.
pub(crate) fn error_code(error: &Error) -> Option<&str> {
    error.code.as_deref().or(match error.kind {
        ErrorKind::NotFound if is_about_model(error) => Some("model_not_found"),
        ErrorKind::Billing => Some("insufficient_quota"),
        ErrorKind::RateLimit => Some("rate_limit_exceeded"),
        _ => None,
    })
}

fn is_about_model(error: &Error) -> bool {
    match error.param.as_deref() {
        Some(param) => param == "model",
        None => error.message.to_ascii_lowercase().contains("model"),
    }
}

/// Reads `cache_control` or `prompt_cache_breakpoint`. A breakpoint without a lifetime has Chat's default of 30m, by
/// which it can be told from Claude's marks.
pub(crate) fn cache_mark(key: &str, value: Value<'_>) -> Option<CacheMark> {
    let ttl = value.text_of("ttl");
    match key {
        _ if !value.is_object() => None,
        "cache_control" => Some(CacheMark { ttl }),
        "prompt_cache_breakpoint" => Some(CacheMark {
            ttl: ttl.or(Some(Str::from_static("30m"))),
        }),
        _ => None,
    }
}

/// Writes a cache mark in the spelling it has in Chat: breakpoints for lifetimes that only Chat knows.
pub(crate) fn write_cache_mark(writer: &mut Writer<'_>, mark: &CacheMark) {
    match mark.ttl.as_deref() {
        Some(ttl @ ("30m" | "12h")) => writer.object_field("prompt_cache_breakpoint", |writer| {
            writer.field("mode", "explicit");
            writer.field("ttl", ttl);
        }),
        ttl => writer.object_field("cache_control", |writer| {
            writer.field("type", "ephemeral");
            writer.field_opt("ttl", ttl.as_ref());
        }),
    }
}

/// Keeps the fields of `value` that are not in `known`, under `object.key` when it is a level below.
pub(crate) fn keep_unknown(
    extensions: &mut Extensions,
    value: Value<'_>,
    object: &str,
    known: &[&str],
) {
    extensions::keep(Dialect::Chat, extensions, value, object, known);
}

/// Writes the unknown fields that Chat wrote at this level. Fields of an object below it are kept as `object.key`.
pub(crate) fn write_extensions(writer: &mut Writer<'_>, extensions: &Extensions, below: &[&str]) {
    for (key, value) in extensions::outer(Dialect::Chat, extensions, below) {
        writer.foreign_field(key, value);
    }
}

/// Writes the unknown fields of the object `object` below the level of `extensions`.
pub(crate) fn write_inner(writer: &mut Writer<'_>, extensions: &Extensions, object: &str) {
    for (key, value) in extensions::inner(Dialect::Chat, extensions, object) {
        writer.foreign_field(key, value);
    }
}

pub(crate) fn text(value: Value<'_>, path: &str) -> Result<Str, DecodeError> {
    value.text().ok_or_else(|| expected(path, "a string"))
}

pub(crate) fn boolean(value: Value<'_>, path: &str) -> Result<bool, DecodeError> {
    value
        .as_bool()
        .ok_or_else(|| expected(path, "true or false"))
}

pub(crate) fn count(value: Value<'_>, path: &str) -> Result<u64, DecodeError> {
    value
        .as_u64()
        .ok_or_else(|| expected(path, "a whole number that is not negative"))
}

pub(crate) fn number(value: Value<'_>, path: &str) -> Result<f64, DecodeError> {
    value.as_f64().ok_or_else(|| expected(path, "a number"))
}

pub(crate) fn expected(path: impl std::fmt::Display, what: &str) -> DecodeError {
    DecodeError::shape(path, format_args!("expected {what}"))
}

/// `stop`: a string or a list of them (trap 9).
pub(crate) fn stop_texts(value: Value<'_>) -> Result<Vec<Str>, DecodeError> {
    if value.is_array() {
        let texts = value.items().enumerate();
        texts
            .map(|(index, stop)| text(stop, &format!("stop[{index}]")))
            .collect()
    } else {
        let stop = value.text();
        let stop = stop.ok_or_else(|| expected("stop", "a string or a list of strings"))?;
        Ok(vec![stop])
    }
}
