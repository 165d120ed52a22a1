//! The words of Responses, and small readers and writers that its parts share.

pub(crate) mod citation;
pub(crate) mod usage;

use crate::Dialect;
use crate::ir::{Extensions, Opaque, PARAGRAPH, Reasoning, Stop, StopReason, Usage};
use crate::json::{RawJson, Str, Value, Writer};
use crate::openai::extensions;
use crate::{ids, opaque};

pub(crate) use crate::openai::chat::wire::message::free_text;
pub(crate) use crate::openai::chat::wire::{
    BILLING_BLOCK, WEB_SEARCH as CHAT_WEB_SEARCH, boolean, cache_mark, count, error_code,
    error_type, expected, number, text, write_cache_mark,
};

/// Tag of the reasoning state that OpenAI itself encrypts.
pub(crate) const PROVIDER: &str = "openai";

/// Asks for the state of thinking, so that it can be sent back without the provider storing it.
pub(crate) const INCLUDE_STATE: &str = "reasoning.encrypted_content";

/// Asks for token probabilities.
pub(crate) const INCLUDE_LOGPROBS: &str = "message.output_text.logprobs";

/// Reads a `usage` object. Part of the contract: the passthrough observer reads usage through it.
pub(crate) fn usage(value: Value<'_>) -> Usage {
    usage::read(value)
}

/// How an answer is said to have ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    Completed,
    /// With the reason of `incomplete_details`.
    Incomplete(&'static str),
    /// With the message of `error`.
    Failed(&'static str),
}

impl Ending {
    /// The `status` of the answer.
    pub(crate) fn status(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Incomplete(_) => "incomplete",
            Self::Failed(_) => "failed",
        }
    }

    /// The `status` of the item that was written last: it is the one that was cut off.
    pub(crate) fn last_item(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Incomplete(_) | Self::Failed(_) => "incomplete",
        }
    }

    /// What a stop is called (`dialects.md` 2.6); `refused` when the text of a refusal tells it already.
    pub(crate) fn of(stop: Option<&Stop>, refused: bool) -> Self {
        match stop.map(|stop| &stop.reason) {
            Some(StopReason::Length | StopReason::ContextExceeded) => {
                Self::Incomplete("max_output_tokens")
            }
            Some(StopReason::Filter) => Self::Incomplete("content_filter"),
            Some(StopReason::Refusal) if !refused => Self::Incomplete("content_filter"),
            // Reasons of OpenAI's own that nobody else has.
            Some(StopReason::Other(word)) if word == "max_messages" => {
                Self::Incomplete("max_messages")
            }
            Some(StopReason::Other(word)) if word == "steered" => Self::Incomplete("steered"),
            Some(StopReason::MalformedCall) => {
                Self::Failed("the model wrote a tool call that cannot be read")
            }
            None
            | Some(
                StopReason::End
                | StopReason::StopSequence
                | StopReason::ToolUse
                | StopReason::Refusal
                | StopReason::Pause
                | StopReason::Other(_),
            ) => Self::Completed,
        }
    }
}

/// Why an answer ended, from its `status` and `incomplete_details`.
pub(crate) fn stop_reason(status: &str, details: Option<Value<'_>>) -> StopReason {
    if status != "incomplete" {
        return StopReason::End;
    }
    match details.and_then(|details| details.text_of("reason")) {
        None => StopReason::Length,
        Some(reason) => match &*reason {
            "max_output_tokens" | "max_tokens" | "length" => StopReason::Length,
            "content_filter" => StopReason::Filter,
            _ => StopReason::Other(reason),
        },
    }
}

/// The reason in line with what was said (`dialects.md` 2.6).
pub(crate) fn settled(reason: StopReason, refused: bool, called: bool) -> Stop {
    let stop = Stop::new(reason).settled(called);
    if refused && stop.reason == StopReason::End {
        return Stop::new(StopReason::Refusal);
    }
    stop
}

/// Whether an item stands on the client's side of a conversation: outcomes, approvals, references to what is stored.
pub(crate) fn is_clients(kind: &str) -> bool {
    kind.ends_with("_output")
        || matches!(
            kind,
            "mcp_approval_response"
                | "item_reference"
                | "additional_tools"
                | "compaction"
                | "compaction_trigger"
                | "configuration_update"
        )
}

/// State of thinking in the form a Responses client returns it: its own vendor's bytes as they are, any other wrapped.
pub(crate) fn state(reasoning: &Reasoning) -> Option<Str> {
    let state = reasoning.opaque.as_ref()?;
    Some(match state.provider == PROVIDER && !reasoning.redacted {
        true if state.data.is_empty() => return None,
        true => state.data.clone(),
        false if reasoning.redacted => opaque::wrap_redacted(state),
        false => opaque::wrap(state),
    })
}

/// The inverse, for what a client sends back.
pub(crate) fn state_of_client(text: &Str) -> (Opaque, bool) {
    let opaque = opaque::unwrap(text, &Str::from_static(PROVIDER));
    (opaque, opaque::is_redacted(text))
}

/// Whether an id of an item of thinking is one the gateway gave, of which no upstream knows.
pub(crate) fn is_own_id(id: &str) -> bool {
    id.starts_with(ids::REASONING_PREFIX)
}

/// The text of thinking: its summary, else its own words; and where in it further parts begin.
pub(crate) fn thinking(item: Value<'_>) -> (Str, Vec<usize>) {
    let texts = |key: &str| -> Vec<Str> {
        let parts = item.field(key).into_iter().flat_map(Value::items);
        parts.filter_map(|part| part.text_of("text")).collect()
    };
    let mut found = texts(SUMMARY);
    if found.iter().all(|text| text.is_empty()) {
        found = texts("content");
    }
    // Parts that say nothing are not streamed either, and what was told is counted in bytes.
    found.retain(|text| !text.is_empty());
    if let [text] = found.as_slice() {
        return (text.clone(), Vec::new());
    }
    let mut whole = String::new();
    let mut begins = Vec::new();
    for (index, text) in found.iter().enumerate() {
        if index > 0 {
            whole.push_str(PARAGRAPH);
            begins.push(whole.len());
        }
        whole.push_str(text);
    }
    (Str::from(whole), begins)
}

/// Holds the parts of a summary.
pub(crate) const SUMMARY: &str = "summary";

/// Keeps the fields of `value` that are not in `known`, under `object.key` when it is a level below.
pub(crate) fn keep_unknown(
    extensions: &mut Extensions,
    value: Value<'_>,
    object: &str,
    known: &[&str],
) {
    extensions::keep(Dialect::Responses, extensions, value, object, known);
}

/// Writes the unknown fields that Responses wrote at this level. Fields of an object below it are kept as `object.key`.
pub(crate) fn write_extensions(writer: &mut Writer<'_>, extensions: &Extensions, below: &[&str]) {
    for (key, value) in extensions::outer(Dialect::Responses, extensions, below) {
        writer.foreign_key(key);
        write_line(writer, value);
    }
}

/// Writes the unknown fields of the object `object` below the level of `extensions`.
pub(crate) fn write_inner(writer: &mut Writer<'_>, extensions: &Extensions, object: &str) {
    for (key, value) in extensions::inner(Dialect::Responses, extensions, object) {
        writer.foreign_key(key);
        write_line(writer, value);
    }
}

/// Whether there are any such.
pub(crate) fn has_inner(extensions: &Extensions, object: &str) -> bool {
    let mut own = extensions::inner(Dialect::Responses, extensions, object);
    own.next().is_some()
}

/// Writes a raw value on one line, as frames of a stream need it.
pub(crate) fn write_line(writer: &mut Writer<'_>, raw: &RawJson) {
    if raw.is_one_line() {
        writer.value(raw);
    } else {
        raw.document().root().write_compact(writer);
    }
}

/// Writes a value or `null`.
pub(crate) fn nullable(writer: &mut Writer<'_>, key: &'static str, value: Option<&str>) {
    match value {
        Some(value) => writer.field(key, value),
        None => writer.null_field(key),
    }
}
