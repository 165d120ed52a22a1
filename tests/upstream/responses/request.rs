//! The top level of a Responses request: which fields there are and what they may hold.

use super::issued::ID;
use super::{item, order, tool};
use crate::chat::{metadata, missing, one_of, unknown, wrong_type};
use crate::fault::Fault;
use crate::json_schema;
use crate::shape::{Object, is_name, present, text, unknown_key};
use crate::strict;
use serde_json::Value;

const FIELDS: &[&str] = &[
    "model",
    "input",
    "instructions",
    "stream",
    "stream_options",
    "include",
    "max_output_tokens",
    "max_tool_calls",
    "truncation",
    "context_management",
    "temperature",
    "top_p",
    "top_logprobs",
    "tools",
    "tool_choice",
    "parallel_tool_calls",
    "text",
    "reasoning",
    "previous_response_id",
    "conversation",
    "store",
    "background",
    "background_options",
    "prompt",
    "prompt_cache_key",
    "prompt_cache_options",
    "prompt_cache_retention",
    "user",
    "safety_identifier",
    "metadata",
    "service_tier",
    "moderation",
    "access_programs",
    // What the vendor's command-line client says of itself.
    "client_metadata",
];

const COUNTED: &[&str] = &[
    "model",
    "input",
    "instructions",
    "tools",
    "tool_choice",
    "reasoning",
    "text",
    "truncation",
    "previous_response_id",
    "conversation",
    "parallel_tool_calls",
];

const COMPACTED: &[&str] = &[
    "model",
    "input",
    "instructions",
    "previous_response_id",
    "prompt_cache_key",
];

/// Words of Chat, and where they went.
const MOVED: &[(&str, &str)] = &[
    ("messages", "input"),
    ("max_tokens", "max_output_tokens"),
    ("max_completion_tokens", "max_output_tokens"),
    ("response_format", "text.format"),
    ("reasoning_effort", "reasoning.effort"),
    ("verbosity", "text.verbosity"),
];

const INCLUDED: &[&str] = &[
    "reasoning.encrypted_content",
    "message.output_text.logprobs",
    "message.input_image.image_url",
    "file_search_call.results",
    "web_search_call.results",
    "web_search_call.action.sources",
    "computer_call_output.output.image_url",
    "code_interpreter_call.outputs",
];

/// The smallest answer that may be asked for.
const LEAST_OUTPUT: u64 = 16;

/// Refuses what the vendor refuses.
pub(crate) fn check(body: &Value) -> Result<(), Fault> {
    let body = object(body, FIELDS)?;
    let model = common(body)?;
    stream(body)?;
    limits(body)?;
    sampling(body, model)?;
    include(body)?;
    state(body)
}

/// The same for `input_tokens`, which has fewer fields.
pub(super) fn check_count(body: &Value) -> Result<(), Fault> {
    common(object(body, COUNTED)?).map(|_| ())
}

/// The same for `compact`.
pub(super) fn check_compact(body: &Value) -> Result<(), Fault> {
    common(object(body, COMPACTED)?).map(|_| ())
}

fn object<'a>(body: &'a Value, fields: &[&str]) -> Result<&'a Object, Fault> {
    let body = body
        .as_object()
        .ok_or_else(|| Fault::invalid("Invalid body: expected a JSON object."))?;
    let Some(key) = unknown_key(body, fields) else {
        return Ok(body);
    };
    match MOVED.iter().find(|(old, _)| *old == key) {
        Some((_, new)) => Err(Fault::invalid(format!(
            "Unsupported parameter: '{key}'. In the Responses API, this parameter has moved to '{new}'."
        ))
        .param(key)
        .code("unsupported_parameter")),
        None => Err(unknown(key)),
    }
}

fn common(body: &Object) -> Result<&str, Fault> {
    let model = text(body, "model")
        .filter(|model| !model.is_empty())
        .ok_or_else(|| missing("model"))?;
    if present(body, "instructions").is_some_and(|value| !value.is_string()) {
        return Err(wrong_type("instructions", "a string"));
    }
    reasoning(body)?;
    output(body)?;
    tool::check(body)?;
    one_of(body, "truncation", &["auto", "disabled"])?;
    let continued = match present(body, "previous_response_id") {
        None => false,
        Some(value) if value == ID => true,
        Some(value) => {
            let id = value.as_str().unwrap_or_default();
            let message = format!("Previous response with id '{id}' not found.");
            return Err(Fault::invalid(message)
                .param("previous_response_id")
                .code("previous_response_not_found"));
        }
    };
    match present(body, "input") {
        None => Err(missing("input")),
        Some(Value::String(text)) if text.is_empty() => Err(empty_input()),
        Some(Value::String(_)) => Ok(model),
        Some(Value::Array(items)) if items.is_empty() && !continued => Err(empty_input()),
        Some(Value::Array(items)) => {
            let mut places = items.iter().enumerate();
            places.try_for_each(|(index, value)| item::check(value, &format!("input[{index}]")))?;
            order::check(items, continued)?;
            Ok(model)
        }
        Some(_) => Err(wrong_type(
            "input",
            "one of a string or array of input items",
        )),
    }
}

fn empty_input() -> Fault {
    Fault::invalid(
        "One of \"input\" or \"previous_response_id\" or 'prompt' or 'conversation' must be provided.",
    )
    .param("input")
    .code("missing_required_parameter")
}

fn stream(body: &Object) -> Result<(), Fault> {
    for key in ["stream", "store", "background"] {
        if present(body, key).is_some_and(|value| !value.is_boolean()) {
            return Err(wrong_type(key, "a boolean"));
        }
    }
    let Some(options) = present(body, "stream_options") else {
        return Ok(());
    };
    if body.get("stream") != Some(&Value::Bool(true)) {
        let message = "The 'stream_options' parameter is only allowed when 'stream' is enabled.";
        return Err(Fault::invalid(message).param("stream_options"));
    }
    let options = options
        .as_object()
        .ok_or_else(|| wrong_type("stream_options", "an object"))?;
    match unknown_key(options, &["include_obfuscation"]) {
        Some(key) => Err(unknown(format!("stream_options.{key}"))),
        None => Ok(()),
    }
}

fn limits(body: &Object) -> Result<(), Fault> {
    for (key, least) in [("max_output_tokens", LEAST_OUTPUT), ("max_tool_calls", 1)] {
        let Some(value) = present(body, key) else {
            continue;
        };
        let number = value
            .as_u64()
            .ok_or_else(|| wrong_type(key, "an integer"))?;
        if number < least {
            return Err(Fault::invalid(format!("Invalid '{key}': integer below minimum value. Expected a value >= {least}, but got {number} instead."))
                .param(key)
                .code("integer_below_min_value"));
        }
    }
    Ok(())
}

fn sampling(body: &Object, model: &str) -> Result<(), Fault> {
    for (key, high) in [("temperature", 2.0), ("top_p", 1.0), ("top_logprobs", 20.0)] {
        let Some(value) = present(body, key) else {
            continue;
        };
        if model.contains("no-sampling") {
            let message =
                format!("Unsupported parameter: '{key}' is not supported with this model.");
            return Err(Fault::invalid(message)
                .param(key)
                .code("unsupported_parameter"));
        }
        let number = value
            .as_f64()
            .ok_or_else(|| wrong_type(key, "a decimal number"))?;
        if !(0.0..=high).contains(&number) {
            return Err(Fault::invalid(format!(
                "Invalid '{key}': expected a value between 0 and {high}, but got {number} instead."
            ))
            .param(key));
        }
    }
    one_of(
        body,
        "service_tier",
        &["auto", "default", "flex", "scale", "priority", "fast"],
    )
}

fn reasoning(body: &Object) -> Result<(), Fault> {
    let Some(reasoning) = present(body, "reasoning") else {
        return Ok(());
    };
    let reasoning = reasoning
        .as_object()
        .ok_or_else(|| wrong_type("reasoning", "an object"))?;
    let fields = ["effort", "summary", "generate_summary", "context", "mode"];
    if let Some(key) = unknown_key(reasoning, &fields) {
        return Err(unknown(format!("reasoning.{key}")));
    }
    one_of(
        reasoning,
        "effort",
        &["none", "minimal", "low", "medium", "high", "xhigh", "max"],
    )?;
    one_of(reasoning, "summary", &["auto", "concise", "detailed"])
}

fn output(body: &Object) -> Result<(), Fault> {
    let Some(output) = present(body, "text") else {
        return Ok(());
    };
    let output = output
        .as_object()
        .ok_or_else(|| wrong_type("text", "an object"))?;
    if let Some(key) = unknown_key(output, &["format", "verbosity"]) {
        return Err(unknown(format!("text.{key}")));
    }
    one_of(output, "verbosity", &["low", "medium", "high"])?;
    let Some(format) = present(output, "format") else {
        return Ok(());
    };
    let format = format
        .as_object()
        .ok_or_else(|| wrong_type("text.format", "an object"))?;
    let fields: &[&str] = match text(format, "type") {
        Some("text" | "json_object") => &["type"],
        Some("json_schema") => &["type", "name", "description", "schema", "strict"],
        _ => {
            return Err(Fault::invalid("Invalid value: 'text.format.type'.")
                .param("text.format.type")
                .code("invalid_value"));
        }
    };
    if let Some(key) = unknown_key(format, fields) {
        return Err(unknown(format!("text.format.{key}")));
    }
    match text(format, "type") {
        Some("json_object") if !mentions_json(body) => {
            let message = "Response input messages must contain the word 'json' in some form to use 'text.format' of type 'json_object'.";
            Err(Fault::invalid(message).param("input"))
        }
        Some("json_schema") => json_schema(format),
        _ => Ok(()),
    }
}

fn json_schema(format: &Object) -> Result<(), Fault> {
    let name = text(format, "name").ok_or_else(|| missing("text.format.name"))?;
    if !is_name(name, 64) {
        let message = "Invalid 'text.format.name': string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'.";
        return Err(Fault::invalid(message)
            .param("text.format.name")
            .code("invalid_value"));
    }
    let schema = present(format, "schema").ok_or_else(|| missing("text.format.schema"))?;
    if !schema.is_object() {
        return Err(wrong_type("text.format.schema", "a schema object"));
    }
    let strict = format.get("strict") == Some(&Value::Bool(true));
    let checked = json_schema::check(schema, "schema");
    let checked = checked.and_then(|()| match strict {
        true => strict::check(schema),
        false => Ok(()),
    });
    checked.map_err(|why| {
        Fault::invalid(format!(
            "Invalid schema for response_format '{name}': {why}"
        ))
        .param("text.format.schema")
        .code("invalid_json_schema")
    })
}

fn mentions_json(body: &Object) -> bool {
    let said = ["input", "instructions"];
    let mut said = said.iter().filter_map(|key| body.get(*key));
    said.any(|value| value.to_string().to_lowercase().contains("json"))
}

fn include(body: &Object) -> Result<(), Fault> {
    let values = match present(body, "include") {
        None => return Ok(()),
        Some(Value::Array(values)) => values,
        Some(_) => return Err(wrong_type("include", "an array of strings")),
    };
    for (index, value) in values.iter().enumerate() {
        if !value
            .as_str()
            .is_some_and(|value| INCLUDED.contains(&value))
        {
            return Err(Fault::invalid(format!(
                "Invalid value: {value}. Supported values are: '{}'.",
                INCLUDED.join("', '")
            ))
            .param(format!("include[{index}]"))
            .code("invalid_value"));
        }
    }
    Ok(())
}

/// This server keeps nothing, so nothing kept can be named.
fn state(body: &Object) -> Result<(), Fault> {
    if body.get("background") == Some(&Value::Bool(true)) {
        let message = "Background mode is not available for this organization.";
        return Err(Fault::invalid(message).param("background"));
    }
    for (key, what) in [("conversation", "Conversation"), ("prompt", "Prompt")] {
        if present(body, key).is_some() {
            return Err(Fault::new(404, format!("{what} not found.")).param(key));
        }
    }
    metadata(body)
}

#[cfg(test)]
mod tests;
