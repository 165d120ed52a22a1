//! The vendor's words, and the small readers and writers that requests, answers and streams share.
//!
//! Google's JSON is that of protocol buffers: names are read in camelCase and in snake_case, words of a closed set in any
//! case, whole numbers also as strings; they are written in camelCase.

pub(crate) mod citations;
pub(crate) mod logprobs;
pub(crate) mod media;
pub(crate) mod parts;
pub(crate) mod pieces;
pub(crate) mod usage;

use std::borrow::Cow;

use crate::Dialect;
use crate::ir::{ErrorKind, Extensions, Opaque, Stop, StopReason, Usage};
use crate::json::{RawJson, Str, Value, Writer};
use crate::opaque;

/// Tag of the reasoning state that Google's own API signs.
pub(crate) const PROVIDER: &str = "gemini";

/// The signature that Gemini 3 takes on the first call of a turn that another model wrote (`dialects.md` 1.5).
pub(crate) const FOREIGN_SIGNATURE: &str = "skip_thought_signature_validator";

/// Begins the `kind` of a part that stands for a field of a candidate, not of its content.
pub(crate) const CANDIDATE: &str = "candidate.";

/// A name in camelCase: `system_instruction` is `systemInstruction`. Leading underscores are kept.
pub(crate) fn camel(key: &str) -> Cow<'_, str> {
    let inner = key.trim_start_matches('_');
    if !inner.contains('_') || inner.is_empty() {
        return Cow::Borrowed(key);
    }
    let mut name = String::with_capacity(key.len());
    name.push_str(&key[..key.len() - inner.len()]);
    let mut raise = false;
    for char in inner.chars() {
        match char {
            '_' => raise = true,
            char if raise => {
                name.push(char.to_ascii_uppercase());
                raise = false;
            }
            char => name.push(char),
        }
    }
    Cow::Owned(name)
}

/// The value of a key in either spelling, with `null` counted as absent; the last one where it is repeated.
pub(crate) fn field<'d>(object: Value<'d>, camel_key: &str) -> Option<Value<'d>> {
    object.field_or(camel_key, |key| is_snake_of(key, camel_key))
}

/// The values of several keys, each as by [`field`].
pub(crate) fn fields<'d, const N: usize>(
    object: Value<'d>,
    camel_keys: [&str; N],
) -> [Option<Value<'d>>; N] {
    let mut snakes = false;
    let mut found = object.fields_beside(camel_keys, |key, _| {
        snakes |= key.spelling().contains(&b'_');
    });
    if snakes {
        for (place, key) in found.iter_mut().zip(camel_keys) {
            *place = place.or_else(|| field(object, key));
        }
    }
    found
}

/// Whether a key is a name in snake_case; names of one word have one spelling.
fn is_snake_of(key: &[u8], camel_key: &str) -> bool {
    key.contains(&b'_')
        && camel_key.bytes().any(|byte| byte.is_ascii_uppercase())
        && std::str::from_utf8(key).is_ok_and(|key| camel(key) == camel_key)
}

/// The string of a key in either spelling.
pub(crate) fn text_of(object: Value<'_>, camel_key: &str) -> Option<Str> {
    field(object, camel_key)?.text()
}

/// A whole number, also as a string (64-bit numbers are written so).
pub(crate) fn count(value: Value<'_>) -> Option<u64> {
    value
        .as_u64()
        .or_else(|| value.as_str()?.trim().parse().ok())
}

/// A word of a closed set, in capitals.
pub(crate) fn word(value: Value<'_>) -> Option<String> {
    Some(value.as_str()?.trim().to_ascii_uppercase())
}

/// What `finishReason` says (`dialects.md` 2.6); nothing while the candidate goes on.
pub(crate) fn stop_reason(word: &str) -> Option<StopReason> {
    Some(match word {
        "" | "FINISH_REASON_UNSPECIFIED" => return None,
        "STOP" => StopReason::End,
        "MAX_TOKENS" => StopReason::Length,
        "CONTINUATION" => StopReason::Pause,
        "SAFETY"
        | "RECITATION"
        | "LANGUAGE"
        | "BLOCKLIST"
        | "PROHIBITED_CONTENT"
        | "SPII"
        | "MODEL_ARMOR"
        | "ESCALATION"
        | "PUP_LIMITED_DISABLED" => StopReason::Filter,
        "NO_IMAGE" => StopReason::Other(Str::from_static("NO_IMAGE")),
        word if word.starts_with("IMAGE_") => StopReason::Filter,
        word if word.starts_with("MALFORMED_") => StopReason::MalformedCall,
        "UNEXPECTED_TOOL_CALL" | "TOO_MANY_TOOL_CALLS" | "MISSING_THOUGHT_SIGNATURE" => {
            StopReason::MalformedCall
        }
        word => StopReason::Other(Str::from(word)),
    })
}

/// The word for a stop; there is none for calls or stop sequences.
pub(crate) fn stop_word(reason: &StopReason) -> &'static str {
    match reason {
        StopReason::End | StopReason::StopSequence | StopReason::ToolUse | StopReason::Pause => {
            "STOP"
        }
        StopReason::Length | StopReason::ContextExceeded => "MAX_TOKENS",
        StopReason::Filter | StopReason::Refusal => "SAFETY",
        StopReason::MalformedCall => "MALFORMED_FUNCTION_CALL",
        StopReason::Other(_) => "OTHER",
    }
}

/// Why a candidate says it ended. What the reason leaves out (one filter of many, a message) is kept as details.
pub(crate) fn stop(candidate: Value<'_>) -> Option<Stop> {
    let word = word(field(candidate, "finishReason")?)?;
    let message = text_of(candidate, "finishMessage");
    let reason = stop_reason(&word)?;
    let is_word = word.len() <= 64
        && word
            .bytes()
            .all(|byte| byte == b'_' || byte.is_ascii_uppercase());
    let told = stop_word(&reason) == word && message.is_none();
    Some(Stop {
        details: (!told).then(|| {
            RawJson::build(|writer| {
                writer.object(|writer| {
                    writer.field_opt("finishReason", is_word.then_some(&word));
                    writer.field_opt("finishMessage", message.as_ref());
                });
            })
        }),
        ..Stop::new(reason)
    })
}

/// Writes `finishReason` and `finishMessage`.
pub(crate) fn write_stop(writer: &mut Writer<'_>, stop: &Stop) {
    let details = stop.details.as_ref().map(RawJson::document);
    let details = details.as_ref().map(|details| details.root());
    let own = details.and_then(|details| details.text_of("finishReason"));
    let agrees = |word: &Str| stop_reason(word).is_some_and(|reason| same_end(&reason, stop));
    match own.filter(agrees) {
        Some(word) => writer.field("finishReason", &word),
        None => writer.field("finishReason", stop_word(&stop.reason)),
    }
    let message = details.and_then(|details| details.text_of("finishMessage"));
    writer.field_opt("finishMessage", message.as_ref());
}

fn same_end(reason: &StopReason, stop: &Stop) -> bool {
    let plain = |reason: &StopReason| match reason {
        StopReason::ToolUse => StopReason::End,
        reason => reason.clone(),
    };
    plain(reason) == plain(&stop.reason)
}

/// The `status` of an error by its kind (`dialects.md` 2.9).
pub(crate) fn error_status(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::InvalidRequest | ErrorKind::TooLarge => "INVALID_ARGUMENT",
        ErrorKind::Authentication => "UNAUTHENTICATED",
        ErrorKind::Billing => "FAILED_PRECONDITION",
        ErrorKind::Permission => "PERMISSION_DENIED",
        ErrorKind::NotFound => "NOT_FOUND",
        ErrorKind::Conflict => "ABORTED",
        ErrorKind::RateLimit => "RESOURCE_EXHAUSTED",
        ErrorKind::Timeout => "DEADLINE_EXCEEDED",
        ErrorKind::Server => "INTERNAL",
        ErrorKind::Overloaded => "UNAVAILABLE",
    }
}

/// What a `status` says; nothing for a word that is not Google's.
pub(crate) fn error_kind(status: &str) -> Option<ErrorKind> {
    Some(match status {
        "INVALID_ARGUMENT" | "FAILED_PRECONDITION" | "OUT_OF_RANGE" => ErrorKind::InvalidRequest,
        "UNAUTHENTICATED" => ErrorKind::Authentication,
        "PERMISSION_DENIED" => ErrorKind::Permission,
        "NOT_FOUND" => ErrorKind::NotFound,
        "ABORTED" | "ALREADY_EXISTS" => ErrorKind::Conflict,
        "RESOURCE_EXHAUSTED" => ErrorKind::RateLimit,
        "DEADLINE_EXCEEDED" => ErrorKind::Timeout,
        "INTERNAL" | "UNKNOWN" | "DATA_LOSS" | "CANCELLED" => ErrorKind::Server,
        "UNAVAILABLE" => ErrorKind::Overloaded,
        _ => return None,
    })
}

/// Reads a `usageMetadata` object. Part of the contract: the passthrough observer reads usage through it.
pub(crate) fn usage(value: Value<'_>) -> Usage {
    usage::read(value)
}

/// The answer in a frame or a body: what Code Assist sends is wrapped in `response` (trap 74).
pub(crate) fn unwrapped(root: Value<'_>) -> Value<'_> {
    let inner = root.field("response").filter(|inner| inner.is_object());
    inner.unwrap_or(root)
}

/// Ends state that stood on an empty text of its own, so that it goes back there and not onto the text before it. No
/// signature ends like this: it is no digit of base64.
const ALONE: char = '~';

/// State that stands on an empty text of its own.
pub(crate) fn alone(state: Opaque) -> Opaque {
    Opaque {
        data: Str::from(format!("{}{ALONE}", state.data)),
        provider: state.provider,
    }
}

/// The signature in state, and whether it stands on an empty text of its own.
pub(crate) fn placed(data: &Str) -> (Str, bool) {
    match data.strip_suffix(ALONE) {
        Some(signature) => (data.slice_ref(signature), true),
        None => (data.clone(), false),
    }
}

/// Reasoning state in the form a Gemini client returns it: its own vendor's bytes as they are, any other wrapped, in
/// base64 since SDKs decode the field.
pub(crate) fn signature(state: &Opaque, redacted: bool) -> Option<Str> {
    if state.provider == PROVIDER && !redacted {
        return (!state.data.is_empty()).then(|| placed(&state.data).0);
    }
    Some(opaque::wrap_base64(state, redacted))
}

/// The state that a client sent in the form of [`signature`], and whether there was no text beside it.
pub(crate) fn state(signature: &Str) -> (Opaque, bool) {
    opaque::unwrap_base64(signature, &Str::from_static(PROVIDER))
}

/// Keeps every field of `object` that is not `known`; `null` is as good as absent.
pub(crate) fn keep_rest(object: Value<'_>, known: &[&str], rest: &mut Extensions) {
    for (key, value) in object.rest(known) {
        let key = camel(&key);
        if !known.contains(&&*key) && !value.is_null() {
            rest.push(Dialect::Gemini, &key, value.raw());
        }
    }
}

/// Writes the fields that Gemini's own dialect kept, each on one line since this may be a frame of a stream.
pub(crate) fn write_rest(writer: &mut Writer<'_>, rest: &Extensions) {
    for extension in rest.of(Dialect::Gemini).filter(|kept| !kept.spelling) {
        writer.foreign_key(&extension.key);
        write_line(writer, &extension.value);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_in_both_spellings() {
        let names = [
            ("system_instruction", "systemInstruction"),
            ("systemInstruction", "systemInstruction"),
            ("top_p", "topP"),
            ("_response_json_schema", "_responseJsonSchema"),
            ("text", "text"),
            ("_", "_"),
            ("a__b_", "aB"),
        ];
        for (given, expected) in names {
            assert_eq!(camel(given), expected, "{given}");
        }
    }

    #[test]
    fn every_stop_word_comes_back() {
        for word in ["STOP", "MAX_TOKENS", "SAFETY", "MALFORMED_FUNCTION_CALL"] {
            let reason = stop_reason(word).expect("a reason");
            assert_eq!(stop_word(&reason), word);
        }
        assert_eq!(stop_reason("FINISH_REASON_UNSPECIFIED"), None);
        assert_eq!(stop_reason("IMAGE_RECITATION"), Some(StopReason::Filter));
        let newer = StopReason::Other(Str::from_static("NEWER"));
        assert_eq!(stop_reason("NEWER"), Some(newer));
    }
}
