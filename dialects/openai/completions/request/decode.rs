//! From a client's body to the IR.
//!
//! The prompt becomes the one message of a user. `max_tokens` that is absent stays absent: the vendor's default of 16 is
//! of the time before chat models, whose answers it would cut in their first sentence.

use crate::Dialect;
use crate::error::DecodeError;
use crate::ir::{Legacy, Part, Request, Role, Text, Turn};
use crate::json::{Kind, Str, Value};
use crate::openai::chat::wire;
use crate::openai::settings::read_sampling;

/// Reads a request.
///
/// # Errors
/// The field that has the wrong shape, or that no chat model can be asked.
pub fn decode(body: Value<'_>) -> Result<Request, DecodeError> {
    if !body.is_object() {
        return Err(wire::expected("body", "a JSON object"));
    }
    let mut request = Request::new(Dialect::Completions);
    let mut legacy = Legacy::default();
    let (mut model, mut prompt) = (None, None);
    for (key, value) in body.entries() {
        if value.is_null() {
            continue;
        }
        match &*key {
            "model" => model = Some(wire::text(value, &key)?),
            "prompt" => prompt = Some(self::prompt(value)?),
            _ => {
                let known = only_here(&mut legacy, &key, value)?
                    || settings(&mut request, &key, value)?
                    || sampling(&mut request, &key, value)?;
                if !known {
                    request
                        .extensions
                        .push(Dialect::Completions, &key, value.raw());
                }
            }
        }
    }
    request.model = model.ok_or_else(|| DecodeError::shape("model", "is required"))?;
    // The vendor goes on from nothing then; a chat model answers.
    let prompt = prompt.filter(|text| !text.is_empty()).ok_or_else(|| {
        DecodeError::shape("prompt", "is required: a chat model needs words to answer")
    })?;
    let mut turn = Turn::new(Role::User, vec![Part::Text(Text::new(prompt))]);
    turn.bare = true;
    request.turns.push(turn);
    request.legacy = Some(legacy);
    Ok(request)
}

/// A string, or a list of just one. Several prompts are several conversations, which one call of an upstream cannot hold.
fn prompt(value: Value<'_>) -> Result<Str, DecodeError> {
    if let Some(text) = value.text() {
        return Ok(text);
    }
    let mut list = value.items();
    let (first, more) = (list.next(), list.count());
    match first.map(Value::kind) {
        Some(Kind::Number | Kind::Array) => Err(DecodeError::shape(
            "prompt",
            "token numbers mean something to one model only; send the text itself",
        )),
        Some(Kind::String) if more > 0 => {
            let count = more.saturating_add(1);
            let reason = format!("send each of the {count} prompts in a request of its own");
            Err(DecodeError::shape("prompt", reason))
        }
        _ => first
            .and_then(Value::text)
            .ok_or_else(|| wire::expected("prompt", "a string")),
    }
}

fn only_here(legacy: &mut Legacy, key: &str, value: Value<'_>) -> Result<bool, DecodeError> {
    match key {
        "suffix" => legacy.suffix = Some(wire::text(value, key)?).filter(|text| !text.is_empty()),
        "echo" => legacy.echo = wire::boolean(value, key)?,
        "best_of" => legacy.best_of = Some(wire::count(value, key)?),
        _ => return Ok(false),
    }
    Ok(true)
}

fn settings(request: &mut Request, key: &str, value: Value<'_>) -> Result<bool, DecodeError> {
    match key {
        "stream" => request.stream = wire::boolean(value, key)?,
        "stream_options" => stream_options(request, value)?,
        "user" => request.identity.user = Some(wire::text(value, key)?),
        "stop" => request.limits.stop = wire::stop_texts(value)?,
        "max_tokens" => request.limits.max_output = Some(max_tokens(value)?),
        _ => return Ok(false),
    }
    Ok(true)
}

/// With 0 the vendor gives the prompt's own probabilities, which no chat model tells.
fn max_tokens(value: Value<'_>) -> Result<u64, DecodeError> {
    match wire::count(value, "max_tokens")? {
        0 => Err(DecodeError::shape(
            "max_tokens",
            "must be at least 1: a chat model answers a prompt and cannot rate it",
        )),
        count => Ok(count),
    }
}

fn stream_options(request: &mut Request, value: Value<'_>) -> Result<(), DecodeError> {
    for (key, value) in value.entries() {
        if value.is_null() {
            continue;
        }
        let path = format!("stream_options.{key}");
        if key == "include_usage" {
            request.include_usage = Some(wire::boolean(value, &path)?);
        } else {
            request
                .extensions
                .push(Dialect::Completions, &path, value.raw());
        }
    }
    Ok(())
}

fn sampling(request: &mut Request, key: &str, value: Value<'_>) -> Result<bool, DecodeError> {
    let sampling = &mut request.sampling;
    match key {
        "logprobs" => {
            let alternatives = wire::count(value, key)?;
            sampling.logprobs = Some(true);
            sampling.top_logprobs = Some(alternatives).filter(|count| *count > 0);
        }
        _ => return read_sampling(sampling, key, value),
    }
    Ok(true)
}
