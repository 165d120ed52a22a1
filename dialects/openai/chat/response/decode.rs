//! From an upstream's answer to the IR.

use crate::error::DecodeError;
use crate::ir::{
    Arguments, CallKind, Choice, Extensions, Opaque, Part, Reasoning, Response, Stop, StopReason,
    Text, ToolCall, Unknown, Usage,
};
use crate::json::{Str, Value};
use crate::openai::chat::wire::{self, message};
use crate::{Dialect, ids};

/// Reads an answer.
///
/// # Errors
/// When it is no answer.
pub fn decode(body: Value<'_>, provider: &Str) -> Result<Response, DecodeError> {
    let known = [
        "id",
        "object",
        "model",
        "created",
        "service_tier",
        "usage",
        "choices",
    ];
    let [id, _, model, created, tier, usage, choices] = body.fields(known);
    let Some(choices) = choices.filter(|choices| choices.is_array()) else {
        return Err(no_answer(body));
    };
    let mut response = Response::new(Dialect::Chat);
    response.id = id.and_then(Value::text).unwrap_or_default();
    response.model = model.and_then(Value::text).unwrap_or_default();
    response.created = created.and_then(Value::as_u64);
    response.service_tier = tier.and_then(Value::text);
    response.usage = usage
        .map(wire::usage)
        .filter(|usage: &Usage| !usage.is_empty());
    wire::keep_unknown(&mut response.extensions, body, "", &known);
    let mut reader = Reader {
        provider,
        answer: response.id.clone(),
        ordinal: 0,
    };
    for (place, value) in choices.items().enumerate() {
        response.choices.push(reader.choice(place, value)?);
    }
    Ok(response)
}

/// Some servers report a failure with status 200.
fn no_answer(body: Value<'_>) -> DecodeError {
    if body.field("error").is_some() {
        let error = super::in_stream(body);
        return DecodeError::shape("error", error.message);
    }
    wire::expected("choices", "a list")
}

/// A call with arguments but without a name: nobody could answer it, and without it the answer would look complete.
fn nameless_call(choice: usize, said: Value<'_>) -> Result<(), DecodeError> {
    let calls = said.field("tool_calls").into_iter().flat_map(Value::items);
    for (place, entry) in calls.enumerate() {
        let call = message::call(entry);
        if call.name.is_none() && !call.arguments.trim().is_empty() {
            let path = format!("choices[{choice}].message.tool_calls[{place}].function.name");
            return Err(wire::expected(path, "the name of a tool"));
        }
    }
    Ok(())
}

/// Thinking as OpenRouter has it, kept beside its text for clients of the same dialect.
const DETAILS: &str = "reasoning_details";

struct Reader<'p> {
    provider: &'p Str,
    answer: Str,
    /// Number of the next call, for ids of calls that have none.
    ordinal: usize,
}

impl Reader<'_> {
    fn choice(&mut self, place: usize, value: Value<'_>) -> Result<Choice, DecodeError> {
        let said = value
            .field("message")
            .filter(|message| message.is_object())
            .ok_or_else(|| wire::expected(format_args!("choices[{place}].message"), "an object"))?;
        let index = value.field("index").and_then(Value::as_u64);
        let index = index.and_then(|index| u32::try_from(index).ok());
        nameless_call(place, said)?;
        let parts = self.parts(said);
        let mut extensions = Extensions::default();
        let known = ["index", "message", "finish_reason", "logprobs"];
        wire::keep_unknown(&mut extensions, value, "", &known);
        Ok(Choice {
            index: index.unwrap_or(u32::try_from(place).unwrap_or(u32::MAX)),
            stop: Some(stop(value.text_of("finish_reason"), &parts)),
            parts,
            logprobs: value.field("logprobs").map(Value::raw),
            extensions,
        })
    }

    fn parts(&mut self, said: Value<'_>) -> Vec<Part> {
        let mut parts = Vec::new();
        let (text, thoughts) = message::content(said);
        let present = |text: &Str| !text.is_empty();
        if let Some(text) = message::thinking(said).or(thoughts).filter(present) {
            parts.push(Part::Reasoning(Reasoning {
                text,
                opaque: Some(origin(self.provider)),
                ..Reasoning::default()
            }));
        }
        let unknown = |key: &str, value: Value<'_>| {
            Part::Unknown(Unknown {
                dialect: Dialect::Chat,
                kind: Str::from(key),
                raw: value.raw(),
            })
        };
        let details = said.field(DETAILS).map(|value| unknown(DETAILS, value));
        parts.extend(details);
        if let Some(text) = text.filter(present) {
            let annotations = said.field("annotations");
            parts.push(Part::Text(Text {
                citations: annotations
                    .filter(|list| list.items().next().is_some())
                    .map(Value::raw),
                ..Text::new(text)
            }));
        }
        if let Some(text) = said.text_of("refusal").filter(present) {
            parts.push(Part::Refusal(text));
        }
        for entry in said.field("tool_calls").into_iter().flat_map(Value::items) {
            let mut extensions = Extensions::default();
            let known = ["id", "type", "index", "function", "custom"];
            wire::keep_unknown(&mut extensions, entry, "", &known);
            parts.extend(self.call(message::call(entry), extensions));
        }
        if let Some(call) = said.field("function_call") {
            parts.extend(self.call(message::function(call), Extensions::default()));
        }
        for (key, value) in said.entries() {
            if !value.is_null() && key != DETAILS && !message::FIELDS.contains(&&*key) {
                parts.push(unknown(&key, value));
            }
        }
        parts
    }

    /// A call without a name and without arguments is none.
    fn call(&mut self, piece: message::CallPiece, extensions: Extensions) -> Option<Part> {
        let name = piece.name?;
        let id = piece
            .id
            .unwrap_or_else(|| made_up_id(&name, &self.answer, self.ordinal));
        self.ordinal += 1;
        Some(Part::ToolCall(ToolCall {
            id,
            name,
            kind: if piece.custom {
                CallKind::Custom
            } else {
                CallKind::Function
            },
            arguments: Arguments(piece.arguments),
            opaque: None,
            cache: None,
            extensions,
        }))
    }
}

/// The tag of thinking that comes without state, so that it is known whose it was when the client sends it back.
pub(in crate::openai::chat) fn origin(provider: &Str) -> Opaque {
    Opaque {
        data: Str::new(),
        provider: provider.clone(),
    }
}

/// The id of a call that came without one. The answer's id is part of it: clients keep calls of many answers apart.
pub(in crate::openai) fn made_up_id(name: &str, answer: &str, ordinal: usize) -> Str {
    if answer.is_empty() {
        return ids::generated(name, ordinal);
    }
    ids::generated(&format!("{name}_{answer}"), ordinal)
}

fn stop(word: Option<Str>, parts: &[Part]) -> Stop {
    let word = word.filter(|word| !word.is_empty());
    let reason = word.map_or(StopReason::End, |word| wire::stop_reason(&word));
    let refused = parts.iter().any(|part| matches!(part, Part::Refusal(_)));
    let called = parts.iter().any(|part| matches!(part, Part::ToolCall(_)));
    settled(reason, refused, called)
}

/// The reason in line with what was said (`dialects.md` 2.6).
pub(in crate::openai::chat) fn settled(reason: StopReason, refused: bool, called: bool) -> Stop {
    let stop = Stop::new(reason).settled(called);
    if refused && stop.reason == StopReason::End {
        return Stop::new(StopReason::Refusal);
    }
    stop
}
