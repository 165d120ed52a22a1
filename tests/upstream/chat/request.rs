//! The top level of a Chat request: which fields there are and what they may hold.

use super::{message, sampling, tool};
use crate::fault::Fault;
use crate::json_schema;
use crate::shape::{Object, is_name, present, text, unknown_key};
use crate::strict;
use serde_json::Value;

const FIELDS: &[&str] = &[
    "model",
    "messages",
    "stream",
    "stream_options",
    "max_completion_tokens",
    "max_tokens",
    "stop",
    "n",
    "temperature",
    "top_p",
    "frequency_penalty",
    "presence_penalty",
    "logit_bias",
    "seed",
    "logprobs",
    "top_logprobs",
    "tools",
    "tool_choice",
    "parallel_tool_calls",
    "functions",
    "function_call",
    "response_format",
    "modalities",
    "audio",
    "prediction",
    "verbosity",
    "reasoning_effort",
    "prompt_cache_key",
    "prompt_cache_options",
    "prompt_cache_retention",
    "user",
    "safety_identifier",
    "metadata",
    "store",
    "service_tier",
    "moderation",
    "web_search_options",
];

/// Refuses what the vendor refuses.
pub(crate) fn check(body: &Value) -> Result<(), Fault> {
    let body = body
        .as_object()
        .ok_or_else(|| Fault::invalid("Invalid body: expected a JSON object."))?;
    if let Some(key) = unknown_key(body, FIELDS) {
        return Err(Fault::invalid(format!("Unknown parameter: '{key}'."))
            .param(key)
            .code("unknown_parameter"));
    }
    let Some(model) = text(body, "model").filter(|model| !model.is_empty()) else {
        return Err(Fault::invalid("you must provide a model parameter"));
    };
    stream(body)?;
    limits(body, model)?;
    sampling::check(body)?;
    output(body)?;
    metadata(body)?;
    tool::check(body)?;
    effort(body, model)?;
    let Some(messages) = body.get("messages").and_then(Value::as_array) else {
        return Err(Fault::invalid("Missing required parameter: 'messages'.")
            .param("messages")
            .code("missing_required_parameter"));
    };
    message::check(messages, model)
}

fn stream(body: &Object) -> Result<(), Fault> {
    let stream = match present(body, "stream") {
        None => false,
        Some(Value::Bool(stream)) => *stream,
        Some(_) => return Err(wrong_type("stream", "a boolean")),
    };
    let Some(options) = present(body, "stream_options") else {
        return Ok(());
    };
    if !stream {
        let message = "The 'stream_options' parameter is only allowed when 'stream' is enabled.";
        return Err(Fault::invalid(message).param("stream_options"));
    }
    let options = options
        .as_object()
        .ok_or_else(|| wrong_type("stream_options", "an object"))?;
    match unknown_key(options, &["include_usage", "include_obfuscation"]) {
        Some(key) => Err(unknown(format!("stream_options.{key}"))),
        None => Ok(()),
    }
}

fn limits(body: &Object, model: &str) -> Result<(), Fault> {
    for key in ["max_tokens", "max_completion_tokens", "n"] {
        if present(body, key).is_some_and(|value| value.as_u64().is_none_or(|number| number == 0)) {
            return Err(Fault::invalid(format!(
                "Invalid '{key}': integer below minimum value. Expected a value >= 1."
            ))
            .param(key)
            .code("integer_below_min_value"));
        }
    }
    let old = present(body, "max_tokens").is_some();
    if old && present(body, "max_completion_tokens").is_some() {
        let message =
            "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.";
        return Err(Fault::invalid(message).code("invalid_parameter_combination"));
    }
    if old && model.contains("reasoning-only-mct") {
        let message = "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.";
        return Err(Fault::invalid(message)
            .param("max_tokens")
            .code("unsupported_parameter"));
    }
    let stops: Vec<&Value> = match present(body, "stop") {
        None => Vec::new(),
        Some(Value::Array(stops)) => stops.iter().collect(),
        Some(stop) => vec![stop],
    };
    if stops.len() > 4 {
        return Err(Fault::invalid(
            "Invalid 'stop': array too long. Expected an array with maximum length 4.",
        )
        .param("stop")
        .code("array_above_max_length"));
    }
    if stops
        .iter()
        .any(|stop| stop.as_str().is_none_or(str::is_empty))
    {
        return Err(wrong_type("stop", "non-empty strings"));
    }
    Ok(())
}

/// Some models reason over Chat only without tools.
fn effort(body: &Object, model: &str) -> Result<(), Fault> {
    let reasons = text(body, "reasoning_effort").is_some_and(|effort| effort != "none");
    if !(reasons && present(body, "tools").is_some() && model.contains("effort-or-tools")) {
        return Ok(());
    }
    let message = "Function tools with reasoning_effort are not supported for this model in /v1/chat/completions. Please use /v1/responses instead.";
    Err(Fault::invalid(message).param("reasoning_effort"))
}

/// A field that holds none of the words it may hold.
pub(crate) fn one_of(body: &Object, key: &str, allowed: &[&str]) -> Result<(), Fault> {
    match present(body, key) {
        Some(value) if !value.as_str().is_some_and(|value| allowed.contains(&value)) => {
            Err(Fault::invalid(format!(
                "Invalid value: {value}. Supported values are: {}.",
                allowed.join(", ")
            ))
            .param(key)
            .code("invalid_value"))
        }
        _ => Ok(()),
    }
}

fn output(body: &Object) -> Result<(), Fault> {
    let Some(format) = present(body, "response_format") else {
        return Ok(());
    };
    let format = format
        .as_object()
        .ok_or_else(|| wrong_type("response_format", "an object"))?;
    let path = "response_format";
    match text(format, "type") {
        Some("text") => Ok(()),
        Some("json_object") if body.get("messages").is_some_and(mentions_json) => Ok(()),
        Some("json_object") => {
            let message = "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'.";
            Err(Fault::invalid(message).param("messages"))
        }
        Some("json_schema") => json_schema(format),
        _ => Err(Fault::invalid("Invalid value: 'response_format.type'.")
            .param(path)
            .code("invalid_value")),
    }
}

fn json_schema(format: &Object) -> Result<(), Fault> {
    let path = "response_format.json_schema";
    let schema = format
        .get("json_schema")
        .and_then(Value::as_object)
        .ok_or_else(|| missing(path))?;
    if let Some(key) = unknown_key(schema, &["name", "description", "schema", "strict"]) {
        return Err(unknown(format!("{path}.{key}")));
    }
    let name = text(schema, "name").ok_or_else(|| missing("response_format.json_schema.name"))?;
    if !is_name(name, 64) {
        let message = format!(
            "Invalid '{path}.name': string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'."
        );
        return Err(Fault::invalid(message)
            .param(format!("{path}.name"))
            .code("invalid_value"));
    }
    match present(schema, "schema") {
        None => Ok(()),
        Some(inner) if inner.is_object() => {
            let strict = schema.get("strict") == Some(&Value::Bool(true));
            let checked = json_schema::check(inner, "schema");
            let checked = checked.and_then(|()| match strict {
                true => strict::check(inner),
                false => Ok(()),
            });
            checked.map_err(|why| {
                Fault::invalid(format!(
                    "Invalid schema for response_format '{name}': {why}"
                ))
                .param(path)
                .code("invalid_json_schema")
            })
        }
        Some(_) => Err(wrong_type(path, "a schema object")),
    }
}

fn mentions_json(messages: &Value) -> bool {
    messages.to_string().to_lowercase().contains("json")
}

/// At most 16 pairs of short texts, and short names of who asks.
pub(crate) fn metadata(body: &Object) -> Result<(), Fault> {
    const LONGEST: usize = 64;
    for key in ["user", "safety_identifier"] {
        let length = text(body, key).map_or(0, |name| name.chars().count());
        if length > LONGEST {
            return Err(Fault::invalid(format!(
                "Invalid '{key}': string too long. Expected a string with maximum length {LONGEST}, but got a string with length {length} instead."
            ))
            .param(key)
            .code("string_above_max_length"));
        }
    }
    let Some(metadata) = present(body, "metadata") else {
        return Ok(());
    };
    let metadata = metadata
        .as_object()
        .ok_or_else(|| wrong_type("metadata", "an object"))?;
    let fits = |(key, value): (&String, &Value)| {
        key.chars().count() <= 64
            && value
                .as_str()
                .is_some_and(|value| value.chars().count() <= 512)
    };
    if metadata.len() > 16 || !metadata.iter().all(fits) {
        return Err(Fault::invalid("Invalid 'metadata': at most 16 pairs of a key up to 64 and a string up to 512 characters.").param("metadata"));
    }
    Ok(())
}

/// A field that must be there is not.
pub(crate) fn missing(path: impl Into<String>) -> Fault {
    let path = path.into();
    Fault::invalid(format!("Missing required parameter: '{path}'."))
        .param(path)
        .code("missing_required_parameter")
}

/// A field the vendor does not have.
pub(crate) fn unknown(path: impl Into<String>) -> Fault {
    let path = path.into();
    Fault::invalid(format!("Unknown parameter: '{path}'."))
        .param(path)
        .code("unknown_parameter")
}

/// A field of another type than the vendor's.
pub(crate) fn wrong_type(path: impl Into<String>, expected: &str) -> Fault {
    let path = path.into();
    Fault::invalid(format!("Invalid type for '{path}': expected {expected}."))
        .param(path)
        .code("invalid_type")
}

#[cfg(test)]
mod tests;
