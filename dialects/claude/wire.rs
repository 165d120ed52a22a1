//! The vendor's words, and the small readers and writers that requests, answers and streams share.

pub(crate) mod blocks;
pub(crate) mod media;
pub(crate) mod path;
pub(crate) mod usage;

use crate::Dialect;
use crate::error::DecodeError;
use crate::ir::{CacheMark, ErrorKind, Extensions, Opaque, Reasoning, StopReason, Usage};
use crate::json::{RawJson, Str, Value, Writer};
use crate::opaque;

use path::At;

/// Tag of the reasoning state that Anthropic itself signs.
pub(crate) const PROVIDER: &str = "claude";

/// What `stop_reason` says. `sensitive` is a word of compatible servers.
pub(crate) fn stop_reason(word: &str) -> StopReason {
    match word {
        "end_turn" => StopReason::End,
        "max_tokens" => StopReason::Length,
        "stop_sequence" => StopReason::StopSequence,
        "tool_use" => StopReason::ToolUse,
        "pause_turn" => StopReason::Pause,
        "refusal" => StopReason::Refusal,
        "sensitive" => StopReason::Filter,
        "model_context_window_exceeded" => StopReason::ContextExceeded,
        word => StopReason::Other(Str::from(word)),
    }
}

/// The word for a stop. A foreign word that Claude does not have is an ordinary end (`dialects.md` 2.6).
pub(crate) fn stop_word(reason: &StopReason) -> &'static str {
    match reason {
        StopReason::Length => "max_tokens",
        StopReason::StopSequence => "stop_sequence",
        StopReason::ToolUse => "tool_use",
        StopReason::Pause => "pause_turn",
        StopReason::Filter | StopReason::Refusal => "refusal",
        StopReason::ContextExceeded => "model_context_window_exceeded",
        StopReason::Other(word) if word == "compaction" => "compaction",
        StopReason::End | StopReason::MalformedCall | StopReason::Other(_) => "end_turn",
    }
}

/// What an error's `type` says; nothing for a word that is not Claude's.
pub(crate) fn error_kind(word: &str) -> Option<ErrorKind> {
    Some(match word {
        "invalid_request_error" => ErrorKind::InvalidRequest,
        "authentication_error" => ErrorKind::Authentication,
        "billing_error" => ErrorKind::Billing,
        "permission_error" => ErrorKind::Permission,
        "not_found_error" => ErrorKind::NotFound,
        "conflict_error" => ErrorKind::Conflict,
        "request_too_large" => ErrorKind::TooLarge,
        "rate_limit_error" => ErrorKind::RateLimit,
        "timeout_error" => ErrorKind::Timeout,
        "api_error" => ErrorKind::Server,
        "overloaded_error" => ErrorKind::Overloaded,
        _ => return None,
    })
}

/// The word for a kind of error.
pub(crate) fn error_word(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::InvalidRequest => "invalid_request_error",
        ErrorKind::Authentication => "authentication_error",
        ErrorKind::Billing => "billing_error",
        ErrorKind::Permission => "permission_error",
        ErrorKind::NotFound => "not_found_error",
        ErrorKind::Conflict => "conflict_error",
        ErrorKind::TooLarge => "request_too_large",
        ErrorKind::RateLimit => "rate_limit_error",
        ErrorKind::Timeout => "timeout_error",
        ErrorKind::Server => "api_error",
        ErrorKind::Overloaded => "overloaded_error",
    }
}

/// Reads a `usage` object. Part of the contract: the passthrough observer reads usage through it.
pub(crate) fn usage(value: Value<'_>) -> Usage {
    usage::read(value)
}

/// Blocks that only Anthropic's servers write or read.
pub(crate) fn is_server_block(kind: &str) -> bool {
    matches!(
        kind,
        "server_tool_use"
            | "container_upload"
            | "tool_reference"
            | "mcp_tool_use"
            | "mcp_tool_result"
            | "compaction"
    ) || kind.ends_with("_tool_result")
}

/// The `cache_control` of an object.
pub(crate) fn cache_mark(object: Value<'_>, at: &At<'_>) -> Result<Option<CacheMark>, DecodeError> {
    cache_mark_at(object, at.field("cache_control"))
}

/// The same, where the mark itself stands at `at`.
pub(crate) fn cache_mark_at(
    object: Value<'_>,
    at: At<'_>,
) -> Result<Option<CacheMark>, DecodeError> {
    let mark = path::optional_object(object, "cache_control", at)?;
    Ok(mark.map(|mark| CacheMark {
        ttl: mark.text_of("ttl"),
    }))
}

/// Writes `cache_control`, when there is a mark.
pub(crate) fn write_cache_mark(writer: &mut Writer<'_>, mark: Option<&CacheMark>) {
    if let Some(mark) = mark {
        writer.object_field("cache_control", |writer| {
            writer.field("type", "ephemeral");
            writer.field_opt("ttl", mark.ttl.as_ref());
        });
    }
}

/// Keeps every field of `object` that is not `known`; `null` is as good as absent.
pub(crate) fn keep_rest(object: Value<'_>, known: &[&str], rest: &mut Extensions) {
    for (key, value) in object.rest(known) {
        if !value.is_null() {
            rest.push(Dialect::Claude, &key, value.raw());
        }
    }
}

/// Writes the fields that Claude's own dialect kept, each on one line since this may be a frame of a stream.
pub(crate) fn write_rest(writer: &mut Writer<'_>, rest: &Extensions) {
    for extension in rest.of(Dialect::Claude) {
        writer.foreign_key(&extension.key);
        write_line(writer, &extension.value);
    }
}

/// Writes the entries of a raw object beside those named.
pub(crate) fn write_without(writer: &mut Writer<'_>, raw: &RawJson, keys: &[&str]) {
    for (key, value) in raw.document().root().rest(keys) {
        writer.foreign_field(&key, &value.raw());
    }
}

/// Writes a raw value on one line, as frames of a stream need it.
pub(crate) fn write_line(writer: &mut Writer<'_>, raw: &RawJson) {
    if raw.is_one_line() {
        writer.value(raw);
    } else {
        raw.document().root().write_compact(writer);
    }
}

/// Reasoning state in the form a Claude client returns it: its own vendor's bytes as they are, any other wrapped. A
/// client needs the field even when there is no state (`dialects.md` 2.4).
pub(crate) fn signature(state: Option<&Opaque>) -> Str {
    match state {
        Some(state) if state.provider == PROVIDER && !state.data.is_empty() => state.data.clone(),
        Some(state) => opaque::wrap(state),
        None => opaque::wrap(&Opaque {
            data: Str::new(),
            provider: Str::new(),
        }),
    }
}

/// Whether thinking says anything to anybody.
pub(crate) fn says_something(reasoning: &Reasoning) -> bool {
    let state = reasoning.opaque.as_ref();
    !reasoning.text.is_empty() || state.is_some_and(|state| !state.data.is_empty())
}

/// A citation in Claude's form. OpenAI's are of one kind, an address, whose span counts characters of the text.
pub(crate) fn write_citation(writer: &mut Writer<'_>, citation: Value<'_>, text: &str) {
    // Responses has flat what Chat nests.
    let flat = citation
        .text_of("type")
        .is_some_and(|kind| kind == "url_citation");
    let nested = citation.field("url_citation");
    let Some(cited) = nested.or(flat.then_some(citation)) else {
        return citation.write_compact(writer);
    };
    let position = |key| cited.field(key).and_then(Value::as_u64);
    let span = position("start_index").zip(position("end_index"));
    let quote: String = span.map_or_else(String::new, |(start, end)| {
        let length = end.saturating_sub(start);
        let (start, length) = (usize::try_from(start), usize::try_from(length));
        text.chars()
            .skip(start.unwrap_or(usize::MAX))
            .take(length.unwrap_or_default())
            .collect()
    });
    writer.object(|writer| {
        writer.field("type", "web_search_result_location");
        writer.field("cited_text", &quote);
        writer.field("encrypted_index", "");
        writer.field("title", &cited.text_of("title").unwrap_or_default());
        writer.field("url", &cited.text_of("url").unwrap_or_default());
    });
}
