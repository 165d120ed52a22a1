//! From a client's body to the IR.

mod items;
mod parts;
mod tools;

use crate::Dialect;
use crate::error::DecodeError;
use crate::ir::{OutputFormat, ReasoningMode, Request, SystemBlock, SystemRole};
use crate::json::Value;
use crate::openai::responses::wire::{self, INCLUDE_LOGPROBS, INCLUDE_STATE};
use crate::openai::settings::{read_identity, read_schema};

/// Reads a request, or the body of `input_tokens`, which is one with fewer fields.
///
/// # Errors
/// The field that has the wrong shape.
pub fn decode(body: Value<'_>) -> Result<Request, DecodeError> {
    if !body.is_object() {
        return Err(wire::expected("body", "a JSON object"));
    }
    let mut request = Request::new(Dialect::Responses);
    let mut fields = Fields::default();
    for (key, value) in body.entries() {
        if value.is_null() || fields.take(&key, value) {
            continue;
        }
        let known = identity(&mut request, &key, value)?
            || settings(&mut request, &key, value)?
            || form(&mut request, &key, value)?;
        if !known {
            request
                .extensions
                .push(Dialect::Responses, &key, value.raw());
        }
    }
    let model = fields
        .model
        .ok_or_else(|| DecodeError::shape("model", "is required"))?;
    request.model = wire::text(model, "model")?;
    if let Some(value) = fields.instructions {
        instructions(&mut request, value)?;
    }
    if let Some(value) = fields.tools {
        tools::decode(&mut request, value)?;
    }
    request.tool_choice = fields.tool_choice.map(tools::choice);
    if let Some(value) = fields.input {
        items::decode(&mut request, value)?;
    }
    Ok(request)
}

/// Fields that are read together with others, whatever their order.
#[derive(Default)]
struct Fields<'d> {
    model: Option<Value<'d>>,
    input: Option<Value<'d>>,
    instructions: Option<Value<'d>>,
    tools: Option<Value<'d>>,
    tool_choice: Option<Value<'d>>,
}

impl<'d> Fields<'d> {
    fn take(&mut self, key: &str, value: Value<'d>) -> bool {
        let place = match key {
            "model" => &mut self.model,
            "input" => &mut self.input,
            "instructions" => &mut self.instructions,
            "tools" => &mut self.tools,
            "tool_choice" => &mut self.tool_choice,
            _ => return false,
        };
        *place = Some(value);
        true
    }
}

fn instructions(request: &mut Request, value: Value<'_>) -> Result<(), DecodeError> {
    request.system_bare = true;
    request.system.push(SystemBlock {
        text: wire::text(value, "instructions")?,
        role: SystemRole::Instructions,
        starts_message: true,
        bare: true,
        ..SystemBlock::default()
    });
    Ok(())
}

fn identity(request: &mut Request, key: &str, value: Value<'_>) -> Result<bool, DecodeError> {
    let state = &mut request.state;
    match key {
        "previous_response_id" => state.previous_response = Some(wire::text(value, key)?),
        "conversation" => state.conversation = Some(value.raw()),
        _ => return read_identity(request, key, value),
    }
    Ok(true)
}

fn settings(request: &mut Request, key: &str, value: Value<'_>) -> Result<bool, DecodeError> {
    let sampling = &mut request.sampling;
    match key {
        "temperature" => sampling.temperature = Some(wire::number(value, key)?),
        "top_p" => sampling.top_p = Some(wire::number(value, key)?),
        "top_logprobs" => sampling.top_logprobs = Some(wire::count(value, key)?),
        "max_output_tokens" => request.limits.max_output = Some(wire::count(value, key)?),
        "stream" => request.stream = wire::boolean(value, key)?,
        "stream_options" => wire::keep_unknown(&mut request.extensions, value, key, &[]),
        "parallel_tool_calls" => request.parallel_tool_calls = Some(wire::boolean(value, key)?),
        "include" => include(request, value),
        "reasoning" => reasoning(request, value)?,
        _ => return Ok(false),
    }
    Ok(true)
}

/// What every other dialect has a word for is typed; with anything else in it the list is kept as it is.
fn include(request: &mut Request, value: Value<'_>) {
    let mut all_known = value.is_array();
    for word in value.items() {
        match word.as_str().as_deref() {
            Some(INCLUDE_STATE) => request.reasoning.keep_state = true,
            Some(INCLUDE_LOGPROBS) => request.sampling.logprobs = Some(true),
            _ => all_known = false,
        }
    }
    if !all_known {
        request
            .extensions
            .push(Dialect::Responses, "include", value.raw());
    }
}

fn reasoning(request: &mut Request, value: Value<'_>) -> Result<(), DecodeError> {
    if !value.is_object() {
        return Err(wire::expected("reasoning", "an object"));
    }
    let wish = &mut request.reasoning;
    if let Some(effort) = value.field("effort") {
        let effort = wire::text(effort, "reasoning.effort")?;
        if effort == "none" {
            wish.mode = Some(ReasoningMode::Off);
        }
        wish.effort = Some(effort);
    }
    if let Some(summary) = value.field("summary") {
        wish.display = Some(wire::text(summary, "reasoning.summary")?);
    }
    wire::keep_unknown(&mut wish.extensions, value, "", &["effort", "summary"]);
    Ok(())
}

/// `text`: the form of the answer.
fn form(request: &mut Request, key: &str, value: Value<'_>) -> Result<bool, DecodeError> {
    if key != "text" {
        return Ok(false);
    }
    if !value.is_object() {
        return Err(wire::expected("text", "an object"));
    }
    if let Some(format) = value.field("format") {
        request.output.format = Some(self::format(format)?);
    }
    if let Some(verbosity) = value.field("verbosity") {
        request.output.verbosity = Some(wire::text(verbosity, "text.verbosity")?);
    }
    let known = ["format", "verbosity"];
    wire::keep_unknown(&mut request.extensions, value, key, &known);
    Ok(true)
}

/// Flat, where Chat nests (trap 89).
fn format(value: Value<'_>) -> Result<OutputFormat, DecodeError> {
    if !value.is_object() {
        return Err(wire::expected("text.format", "an object"));
    }
    // Chat's nested form is understood.
    let inner = value.field("json_schema").unwrap_or(value);
    Ok(
        match (value.text_of("type").as_deref(), inner.field("schema")) {
            (Some("text"), _) => OutputFormat::Text,
            (Some("json_object"), _) => OutputFormat::JsonObject,
            (Some("json_schema"), Some(schema)) => read_schema(inner, schema),
            _ => OutputFormat::Raw(Dialect::Responses, value.raw()),
        },
    )
}
