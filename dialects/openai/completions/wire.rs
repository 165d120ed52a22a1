//! The words of legacy completions: token probabilities, visible text, and why it ended.

use std::collections::HashSet;

use crate::Dialect;
use crate::ir::{Extensions, Part, Stop, StopReason, Usage};
use crate::json::{Kind, RawJson, Str, Value, Writer};
use crate::openai::chat;

/// What Chat and legacy completions alike say about the machine that answered.
const FINGERPRINT: &str = "system_fingerprint";

/// Reads a `usage` object, which is Chat's. Part of the contract: the passthrough observer reads usage through it.
pub(crate) fn usage(value: Value<'_>) -> Usage {
    chat::wire::usage(value)
}

/// The text of a part that a client of this dialect sees.
///
/// A refusal is text here, since there is no other place for it. Thinking is not what the prompt goes on with, and the
/// dialect has no field beside `text`, not even one that compatible servers have made up: it is dropped, as are calls,
/// media and blocks that only one vendor knows.
pub(crate) fn visible(part: &Part) -> Option<&Str> {
    match part {
        Part::Text(text) => Some(&text.text),
        Part::Refusal(text) => Some(text),
        Part::Media(_)
        | Part::ToolCall(_)
        | Part::ToolResult(_)
        | Part::Reasoning(_)
        | Part::Server(_)
        | Part::Unknown(_) => None,
    }
}

/// The `finish_reason` of a stop: `stop`, `length` or `content_filter` (`dialects.md` 2.6). There is no word for calls; an
/// answer that wants one has merely ended.
pub(crate) fn finish_reason(stop: Option<&Stop>) -> &'static str {
    let reason = stop.map_or(&StopReason::End, |stop| &stop.reason);
    let held = chat::wire::Held {
        refusal: false,
        calls: false,
        legacy: false,
    };
    chat::wire::finish_reason(reason, held)
}

/// `system_fingerprint`, where a Chat upstream gave it.
pub(crate) fn write_fingerprint(writer: &mut Writer<'_>, extensions: &Extensions) {
    writer.field_opt(FINGERPRINT, extensions.get(Dialect::Chat, FINGERPRINT));
}

/// Writes `logprobs`: Chat's list of tokens as four lists side by side, or `null` where there is no such list.
///
/// `offset` is the place of the first token in the choice's text, in characters; it is moved behind the last one.
pub(crate) fn write_logprobs(writer: &mut Writer<'_>, raw: Option<&RawJson>, offset: &mut usize) {
    let document = raw.map(RawJson::document);
    let tokens = || {
        let root = document.iter().map(|document| document.root());
        root.flat_map(|root| ["content", "refusal"].map(|key| root.field(key)))
            .flatten()
            .flat_map(Value::items)
            .filter(|entry| entry.is_object())
    };
    if tokens().next().is_none() {
        return writer.null_field("logprobs");
    }
    let alternatives = |entry: Value<'_>| {
        let list = entry.field("top_logprobs");
        list.is_some_and(|list| list.items().next().is_some())
    };
    writer.object_field("logprobs", |writer| {
        writer.array_field("tokens", |writer| {
            tokens().for_each(|entry| writer.value(&entry.text_of("token").unwrap_or_default()));
        });
        writer.array_field("token_logprobs", |writer| {
            tokens().for_each(|entry| write_number(writer, entry));
        });
        // `logprobs: 0` asks for none.
        if tokens().any(alternatives) {
            writer.array_field("top_logprobs", |writer| {
                tokens().for_each(|entry| write_alternatives(writer, entry));
            });
        } else {
            writer.null_field("top_logprobs");
        }
        writer.array_field("text_offset", |writer| {
            for entry in tokens() {
                writer.value(&*offset);
                *offset += length(entry);
            }
        });
    });
}

/// `logprob` as it was written.
fn write_number(writer: &mut Writer<'_>, entry: Value<'_>) {
    let number = entry.field("logprob");
    match number.filter(|number| number.kind() == Kind::Number) {
        Some(number) => writer.value(&number.raw()),
        None => writer.verbatim("null"),
    }
}

/// The likeliest tokens in the place of one, by their text. Of two that look the same the likelier one is first.
fn write_alternatives(writer: &mut Writer<'_>, entry: Value<'_>) {
    let mut seen = HashSet::new();
    writer.object(|writer| {
        for other in entry
            .field("top_logprobs")
            .into_iter()
            .flat_map(Value::items)
        {
            if let Some(token) = other.text_of("token")
                && seen.insert(token.clone())
            {
                writer.foreign_key(&token);
                write_number(writer, other);
            }
        }
    });
}

/// Characters that begin in a token. A character may be cut among several tokens, of which only the bytes tell.
fn length(entry: Value<'_>) -> usize {
    let Some(bytes) = entry.field("bytes").filter(|bytes| bytes.is_array()) else {
        return entry
            .text_of("token")
            .map_or(0, |token| token.chars().count());
    };
    let begins = |byte: &u64| byte & 0xc0 != 0x80;
    bytes
        .items()
        .filter_map(Value::as_u64)
        .filter(begins)
        .count()
}
