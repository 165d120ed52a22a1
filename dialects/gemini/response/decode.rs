//! From an upstream's body to the answer.

use crate::Dialect;
use crate::claude::wire::path::At;
use crate::error::DecodeError;
use crate::gemini::wire::parts::Parts;
use crate::gemini::wire::{
    self, CANDIDATE, camel, citations, field, fields, keep_rest, logprobs, text_of,
};
use crate::ir::{Choice, Extensions, Opaque, Part, Reasoning, Response, Stop, StopReason, Unknown};
use crate::json::{RawJson, Str, Value};

/// The fields of an answer that have a typed place.
const KNOWN: &[&str] = &["candidates", "usageMetadata", "modelVersion", "responseId"];

/// Reads an answer; `provider` is the tag of its reasoning state. The envelope of Code Assist is opened.
///
/// # Errors
/// When it is no answer.
pub fn decode(body: Value<'_>, provider: &Str) -> Result<Response, DecodeError> {
    let body = wire::unwrapped(body);
    if !body.is_object() {
        return Err(DecodeError::shape("body", "expected an object"));
    }
    let keys = [
        "error",
        "responseId",
        "modelVersion",
        "usageMetadata",
        "candidates",
    ];
    let [error, id, model, usage, candidates] = fields(body, keys);
    if let Some(error) = error {
        let message = error.text_of("message").unwrap_or_default();
        return Err(DecodeError::shape("error", message));
    }
    let mut response = Response::new(Dialect::Gemini);
    response.id = id.and_then(Value::text).unwrap_or_default();
    response.model = model.and_then(Value::text).unwrap_or_default();
    response.usage = usage.map(wire::usage);
    response.extensions = answer_rest(body);
    let mut parts = Parts::of_upstream(provider.clone());
    parts.of_answer(&response.id);
    let at = At::key("candidates");
    let candidates = candidates.into_iter().flat_map(Value::items);
    for (place, candidate) in candidates.enumerate() {
        let choice = choice(candidate, place, &mut parts, &at.item(place))?;
        response.choices.push(choice);
    }
    if response.choices.is_empty() {
        let blocked = blocked(body)
            .ok_or_else(|| DecodeError::shape(at, "expected a list with a candidate"))?;
        response.choices.push(Choice {
            parts: vec![Part::Refusal(blocked)],
            stop: Some(Stop::new(StopReason::Filter)),
            ..Choice::default()
        });
    }
    Ok(response)
}

/// Reads the answer of `countTokens`.
#[must_use]
pub fn decode_count(body: Value<'_>) -> Option<u64> {
    field(wire::unwrapped(body), "totalTokens").and_then(wire::count)
}

/// What an answer, or the first frame of one, says beside what has a typed place.
pub(in crate::gemini) fn answer_rest(body: Value<'_>) -> Extensions {
    let mut rest = Extensions::default();
    keep_rest(body, KNOWN, &mut rest);
    rest
}

/// What a client is told of a prompt that was blocked: there is no candidate then, and it is no success (trap 73).
pub(in crate::gemini) fn blocked(body: Value<'_>) -> Option<Str> {
    let feedback = field(body, "promptFeedback")?;
    let reason = field(feedback, "blockReason").and_then(wire::word)?;
    let message = text_of(feedback, "blockReasonMessage").filter(|text| !text.is_empty());
    Some(Str::from(match message {
        Some(message) => format!("The prompt was blocked ({reason}): {message}"),
        None => format!("The prompt was blocked: {reason}"),
    }))
}

fn choice(
    candidate: Value<'_>,
    place: usize,
    reader: &mut Parts,
    at: &At<'_>,
) -> Result<Choice, DecodeError> {
    let content = candidate.field("content");
    let list = content.and_then(|content| content.field("parts"));
    let at_content = at.field("content");
    let at_parts = at_content.field("parts");
    let mut parts = Vec::new();
    let mut text = String::new();
    for (index, value) in list.into_iter().flat_map(Value::items).enumerate() {
        let part = reader.part(value, &at_parts.item(index))?;
        let signed = late_state(reader, &part, value);
        if let Part::Text(said) = &part {
            text.push_str(&said.text);
        }
        if !says_nothing(&part) {
            parts.push(part);
        }
        parts.extend(signed.map(signed_part));
    }
    cite(&mut parts, &citations::read(candidate, &text));
    parts.extend(candidate_parts(candidate));
    let has_calls = parts.iter().any(|part| matches!(part, Part::ToolCall(_)));
    let stop = wire::stop(candidate).unwrap_or_else(|| Stop::new(StopReason::End));
    let index = field(candidate, "index").and_then(wire::count);
    let index = index.and_then(|index| u32::try_from(index).ok());
    Ok(Choice {
        index: index.unwrap_or(u32::try_from(place).unwrap_or(u32::MAX)),
        parts,
        stop: Some(stop.settled(has_calls)),
        // They are those of the text.
        logprobs: logprobs::read(candidate).filter(|_| !text.is_empty()),
        ..Choice::default()
    })
}

fn says_nothing(part: &Part) -> bool {
    matches!(part, Part::Text(text) if text.text.is_empty() && text.extensions.is_empty())
}

/// The state behind a part that has no place for it: text and media. It follows as thinking without text, which clients
/// of every dialect send back.
pub(in crate::gemini) fn late_state(
    reader: &Parts,
    part: &Part,
    value: Value<'_>,
) -> Option<Opaque> {
    match part {
        Part::Text(text) if text.text.is_empty() => reader.state(value).map(wire::alone),
        Part::Text(_) | Part::Media(_) => reader.state(value),
        _ => None,
    }
}

fn signed_part(state: Opaque) -> Part {
    Part::Reasoning(Reasoning {
        opaque: Some(state),
        ..Reasoning::default()
    })
}

/// Sources belong to the text they were found for.
fn cite(parts: &mut [Part], found: &[RawJson]) {
    if found.is_empty() {
        return;
    }
    let texts = parts.iter_mut().rev().filter_map(|part| match part {
        Part::Text(text) => Some(text),
        _ => None,
    });
    for text in texts.take(1) {
        text.citations = Some(RawJson::build(|writer| {
            writer.array(|writer| found.iter().for_each(|citation| writer.value(citation)));
        }));
    }
}

/// The fields of a candidate without a typed place (grounding, ratings, probabilities), each as a part of its own: streams
/// have no other place for them.
pub(in crate::gemini) fn candidate_parts(candidate: Value<'_>) -> impl Iterator<Item = Part> {
    let known = ["index", "content", "finishReason", "finishMessage"];
    let kept = candidate
        .entries()
        .filter(move |(key, value)| !value.is_null() && !known.contains(&&*camel(key)));
    kept.map(|(key, value)| {
        Part::Unknown(Unknown {
            dialect: Dialect::Gemini,
            kind: Str::from(format!("{CANDIDATE}{}", camel(&key))),
            raw: value.raw(),
        })
    })
}
