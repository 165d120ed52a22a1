//! From a client's body to the request.

mod config;
mod tools;
mod turns;

use crate::Dialect;
use crate::claude::wire::path::{self, At};
use crate::error::DecodeError;
use crate::gemini::wire::{camel, field, keep_rest};
use crate::ir::{Extensions, Request, SystemBlock};
use crate::json::{Str, Value};

/// Reads a request, or the body of `countTokens`, which may hold one in `generateContentRequest`.
///
/// The model and whether to stream stand in the URL: the caller sets [`Request::model`] and [`Request::stream`]
/// afterwards. A `model` in the body is read all the same.
///
/// # Errors
/// The field that has the wrong shape.
pub fn decode(body: Value<'_>) -> Result<Request, DecodeError> {
    if !body.is_object() {
        return Err(DecodeError::shape("body", "expected an object"));
    }
    if let Some(inner) = field(body, "generateContentRequest") {
        return decode_one(inner);
    }
    decode_one(body)
}

fn decode_one(body: Value<'_>) -> Result<Request, DecodeError> {
    let mut request = Request::new(Dialect::Gemini);
    let mut contents = None;
    for (key, value) in body.entries() {
        if value.is_null() {
            continue;
        }
        match &*camel(&key) {
            "model" => request.model = path::text(value, At::key("model"))?,
            "contents" => contents = Some(value),
            "systemInstruction" => system(value, &mut request)?,
            "tools" => tools::tools(value, &mut request)?,
            "toolConfig" => tools::config(value, &mut request)?,
            "generationConfig" => config::config(value, &mut request)?,
            "serviceTier" => request.identity.service_tier = value.text(),
            "store" => request.state.store = value.as_bool(),
            // LangChain sends an empty list with every request.
            "safetySettings" if value.items().next().is_none() => {}
            key => request.extensions.push(Dialect::Gemini, key, value.raw()),
        }
    }
    let contents =
        contents.ok_or_else(|| DecodeError::shape("contents", "expected a list of contents"))?;
    request.turns = turns::turns(contents)?;
    Ok(request)
}

/// Reads the system prompt: a content of text parts. Its role says nothing.
fn system(value: Value<'_>, request: &mut Request) -> Result<(), DecodeError> {
    let at = At::key("systemInstruction");
    if let Some(text) = value.text() {
        request.system.push(SystemBlock {
            text,
            starts_message: true,
            ..SystemBlock::default()
        });
        return Ok(());
    }
    let at_parts = at.field("parts");
    let parts = match value.is_array() {
        true => value,
        false => match value.field("parts") {
            Some(parts) => parts,
            None if value.is_object() => return Ok(()),
            None => return Err(DecodeError::shape(at, "expected a content with parts")),
        },
    };
    // One part may stand without its list.
    let single = parts.is_object().then_some(parts);
    for (index, part) in single.into_iter().chain(parts.items()).enumerate() {
        let at = at_parts.item(index);
        let mut extensions = Extensions::default();
        keep_rest(part, &["text"], &mut extensions);
        let text: Str = match part.text() {
            Some(text) => text,
            None => path::required_text(part, "text", &at)?,
        };
        request.system.push(SystemBlock {
            text,
            starts_message: request.system.is_empty(),
            extensions,
            ..SystemBlock::default()
        });
    }
    Ok(())
}
