//! From an upstream's message to the answer.

use crate::Dialect;
use crate::claude::wire::blocks::Blocks;
use crate::claude::wire::path::{self, At};
use crate::claude::wire::{self, keep_rest};
use crate::error::DecodeError;
use crate::ir::{Choice, Extensions, Part, Response, Stop, StopReason};
use crate::json::{Str, Value};

/// The fields of a message that have a typed place.
const KNOWN: &[&str] = &[
    "id",
    "type",
    "role",
    "model",
    "content",
    "stop_reason",
    "stop_sequence",
    "stop_details",
    "usage",
];

/// Reads an answer; `provider` is the tag of its reasoning state.
pub fn decode(body: Value<'_>, provider: &Str) -> Result<Response, DecodeError> {
    if !body.is_object() {
        return Err(DecodeError::shape("body", "expected an object"));
    }
    let at = At::key("content");
    let content = path::optional_list(body, "content", at)?
        .ok_or_else(|| DecodeError::shape(at, "expected a list of blocks"))?;
    let parts = Blocks::of_upstream(provider.clone()).read(content, &at)?;
    let has_calls = parts.iter().any(|part| matches!(part, Part::ToolCall(_)));
    let stop = stop(body).unwrap_or_else(|| Stop::new(StopReason::End));
    let usage = body.field("usage");
    Ok(Response {
        id: body.text_of("id").unwrap_or_default(),
        model: body.text_of("model").unwrap_or_default(),
        choices: vec![Choice {
            parts,
            stop: Some(stop.settled(has_calls)),
            ..Choice::default()
        }],
        usage: usage.map(wire::usage),
        service_tier: usage.and_then(|usage| usage.text_of("service_tier")),
        extensions: message_rest(body),
        ..Response::new(Dialect::Claude)
    })
}

/// The fields of a message without a typed place: `container`, `diagnostics` and newer ones.
pub(in crate::claude) fn message_rest(message: Value<'_>) -> Extensions {
    let mut rest = Extensions::default();
    keep_rest(message, KNOWN, &mut rest);
    rest
}

/// Why a message, or the delta that ends one, says it ended.
pub(in crate::claude) fn stop(object: Value<'_>) -> Option<Stop> {
    Some(Stop {
        reason: wire::stop_reason(&object.text_of("stop_reason")?),
        sequence: object.text_of("stop_sequence"),
        details: object.field("stop_details").map(Value::raw),
    })
}
