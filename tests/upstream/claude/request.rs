//! The top level of a Claude request: which fields there are and what they may hold.

use super::{enforced, message, tool};
use crate::fault::Fault;
use crate::json_schema;
use crate::shape::{Object, present, text, unknown_key};
use http::HeaderMap;
use serde_json::Value;

const FIELDS: &[&str] = &[
    "model",
    "messages",
    "max_tokens",
    "stream",
    "system",
    "temperature",
    "top_p",
    "top_k",
    "stop_sequences",
    "tools",
    "tool_choice",
    "output_config",
    "thinking",
    "cache_control",
    "metadata",
    "service_tier",
    "speed",
    "inference_geo",
    "container",
    "diagnostics",
    "user_profile_id",
    "workspace_id",
];

const COUNTED: &[&str] = &[
    "model",
    "messages",
    "system",
    "tools",
    "tool_choice",
    "thinking",
    "output_config",
    "cache_control",
];

/// Fields that are unknown unless the header `anthropic-beta` names a feature that begins so.
const BETA_FIELDS: &[(&str, &str)] = &[
    ("context_management", "context-management-"),
    ("mcp_servers", "mcp-client-"),
    ("output_format", "structured-outputs-"),
    ("thread", "message-threads-"),
];

/// The most cache marks in one request.
const CACHE_MARKS: usize = 4;

/// Refuses what the vendor refuses.
pub(crate) fn check(body: &Value, headers: &HeaderMap) -> Result<(), Fault> {
    let body = object(body, FIELDS, headers)?;
    if present(body, "thread").is_some() {
        let message = "thread: This request cannot be part of a thread.";
        return Err(Fault::invalid(message).code("thread_unsupported_request"));
    }
    let model = common(body, headers)?;
    let max_tokens = match present(body, "max_tokens") {
        None => return Err(Fault::invalid("max_tokens: Field required")),
        Some(value) => value
            .as_u64()
            .ok_or_else(|| Fault::invalid("max_tokens: Input should be a valid integer"))?,
    };
    match present(body, "stream") {
        None | Some(Value::Bool(_)) => {}
        Some(_) => return Err(Fault::invalid("stream: Input should be a valid boolean")),
    }
    if thinking(body)?.is_some_and(|budget| budget >= max_tokens) {
        return Err(Fault::invalid(
            "`max_tokens` must be greater than `thinking.budget_tokens`. Please consult our documentation.",
        ));
    }
    sampling(body, model)?;
    stop_sequences(body)?;
    metadata(body)
}

/// The same for `count_tokens`, which has fewer fields and no `max_tokens`.
pub(crate) fn check_count(body: &Value, headers: &HeaderMap) -> Result<(), Fault> {
    let body = object(body, COUNTED, headers)?;
    common(body, headers)?;
    thinking(body).map(|_| ())
}

fn object<'a>(body: &'a Value, fields: &[&str], headers: &HeaderMap) -> Result<&'a Object, Fault> {
    let body = body
        .as_object()
        .ok_or_else(|| Fault::invalid("Input should be a valid dictionary"))?;
    let beta = |key: &str| {
        BETA_FIELDS
            .iter()
            .any(|(field, feature)| *field == key && has_beta(headers, feature))
    };
    match body
        .keys()
        .find(|key| !fields.contains(&key.as_str()) && !beta(key))
    {
        Some(key) => Err(extra(key)),
        None => Ok(body),
    }
}

fn common<'a>(body: &'a Object, headers: &HeaderMap) -> Result<&'a str, Fault> {
    let model = text(body, "model").ok_or_else(|| Fault::invalid("model: Field required"))?;
    if model.is_empty() {
        return Err(Fault::invalid(
            "model: String should have at least 1 character",
        ));
    }
    system(body)?;
    tool::check(body)?;
    output(body)?;
    let messages = body
        .get("messages")
        .ok_or_else(|| Fault::invalid("messages: Field required"))?;
    let messages = messages
        .as_array()
        .ok_or_else(|| Fault::invalid("messages: Input should be a valid list"))?;
    let rules = message::Rules {
        thinking: body
            .get("thinking")
            .is_some_and(|thinking| thinking["type"] == "enabled"),
        prefill: !model.contains("no-prefill"),
        mid_system: model.contains("mid-system") || has_beta(headers, "mid-conversation-"),
    };
    message::check(messages, &rules)?;
    let marks = count_marks(body.get("system"))
        + count_marks(body.get("tools"))
        + count_marks(body.get("messages"));
    let marks = marks + usize::from(present(body, "cache_control").is_some());
    if marks > CACHE_MARKS {
        return Err(Fault::invalid(format!(
            "A maximum of 4 blocks with cache_control may be provided. Found {marks}."
        )));
    }
    Ok(model)
}

fn has_beta(headers: &HeaderMap, feature: &str) -> bool {
    let values = headers.get_all("anthropic-beta");
    values
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|value| value.trim().starts_with(feature))
}

fn system(body: &Object) -> Result<(), Fault> {
    match present(body, "system") {
        None | Some(Value::String(_)) => Ok(()),
        Some(Value::Array(blocks)) => blocks.iter().enumerate().try_for_each(|(index, block)| {
            let path = format!("system.{index}");
            let block = block.as_object().ok_or_else(|| {
                Fault::invalid(format!("{path}: Input should be a valid dictionary"))
            })?;
            if text(block, "type") != Some("text") {
                return Err(Fault::invalid(format!(
                    "{path}.type: Input should be 'text'"
                )));
            }
            message::check_block(block, "system", &path)
        }),
        Some(_) => Err(Fault::invalid(
            "system: Input should be a valid string or list",
        )),
    }
}

/// Checks `thinking` and returns its budget.
fn thinking(body: &Object) -> Result<Option<u64>, Fault> {
    let Some(thinking) = present(body, "thinking") else {
        return Ok(None);
    };
    let thinking = thinking
        .as_object()
        .ok_or_else(|| Fault::invalid("thinking: Input should be a valid dictionary"))?;
    let kind =
        text(thinking, "type").ok_or_else(|| Fault::invalid("thinking.type: Field required"))?;
    let fields: &[&str] = match kind {
        "enabled" => &["type", "budget_tokens", "display"],
        "adaptive" => &["type", "display"],
        "disabled" | "between_tools" => &["type"],
        _ => {
            return Err(Fault::invalid(format!(
                "thinking: Input tag '{kind}' found using 'type' does not match any of the expected tags: 'adaptive', 'disabled', 'enabled'"
            )));
        }
    };
    if let Some(key) = unknown_key(thinking, fields) {
        return Err(extra(&format!("thinking.{kind}.{key}")));
    }
    if matches!(kind, "disabled" | "between_tools") {
        return Ok(None);
    }
    if body
        .get("tool_choice")
        .is_some_and(|choice| choice["type"] == "any" || choice["type"] == "tool")
    {
        return Err(Fault::invalid(
            "Thinking may not be enabled when tool_choice forces tool use.",
        ));
    }
    if present(body, "temperature").is_some_and(|value| value.as_f64() != Some(1.0)) {
        return Err(Fault::invalid(
            "`temperature` may only be set to 1 when thinking is enabled or in adaptive mode.",
        ));
    }
    if present(body, "top_k").is_some() {
        return Err(Fault::invalid(
            "`top_k` must be unset when thinking is enabled or in adaptive mode.",
        ));
    }
    if present(body, "top_p").is_some_and(|value| value.as_f64().is_none_or(|top_p| top_p < 0.95)) {
        return Err(Fault::invalid(
            "`top_p` must be greater than or equal to 0.95 or unset when thinking is enabled or in adaptive mode.",
        ));
    }
    if kind == "adaptive" {
        return Ok(None);
    }
    match thinking.get("budget_tokens").and_then(Value::as_u64) {
        None => Err(Fault::invalid(
            "thinking.enabled.budget_tokens: Field required",
        )),
        Some(..1024) => Err(Fault::invalid(
            "thinking.enabled.budget_tokens: Input should be greater than or equal to 1024",
        )),
        budget => Ok(budget),
    }
}

fn sampling(body: &Object, model: &str) -> Result<(), Fault> {
    for key in ["temperature", "top_p"] {
        let Some(value) = present(body, key) else {
            continue;
        };
        if !value
            .as_f64()
            .is_some_and(|number| (0.0..=1.0).contains(&number))
        {
            return Err(Fault::invalid(format!("{key}: range: 0..1")));
        }
    }
    if present(body, "top_k").is_some_and(|value| value.as_u64().is_none()) {
        return Err(Fault::invalid("top_k: Input should be a valid integer"));
    }
    if present(body, "temperature").is_some() && present(body, "top_p").is_some() {
        return Err(Fault::invalid(
            "`temperature` and `top_p` cannot both be specified for this model. Please use only one.",
        ));
    }
    match ["temperature", "top_p", "top_k"]
        .iter()
        .find(|key| present(body, key).is_some())
    {
        Some(key) if model.contains("no-sampling") => Err(Fault::invalid(format!(
            "`{key}` is deprecated for this model."
        ))),
        _ => Ok(()),
    }
}

fn stop_sequences(body: &Object) -> Result<(), Fault> {
    let Some(stops) = present(body, "stop_sequences") else {
        return Ok(());
    };
    let stops = stops
        .as_array()
        .ok_or_else(|| Fault::invalid("stop_sequences: Input should be a valid list"))?;
    for (index, stop) in stops.iter().enumerate() {
        match stop.as_str() {
            None => {
                return Err(Fault::invalid(format!(
                    "stop_sequences.{index}: Input should be a valid string"
                )));
            }
            Some(stop) if stop.trim().is_empty() => {
                return Err(Fault::invalid(
                    "stop_sequences: each stop sequence must contain non-whitespace",
                ));
            }
            Some(_) => {}
        }
    }
    Ok(())
}

fn metadata(body: &Object) -> Result<(), Fault> {
    let Some(metadata) = present(body, "metadata") else {
        return Ok(());
    };
    let metadata = metadata
        .as_object()
        .ok_or_else(|| Fault::invalid("metadata: Input should be a valid dictionary"))?;
    if let Some(key) = unknown_key(metadata, &["user_id"]) {
        return Err(extra(&format!("metadata.{key}")));
    }
    match present(metadata, "user_id") {
        None | Some(Value::String(_)) => Ok(()),
        Some(_) => Err(Fault::invalid(
            "metadata.user_id: Input should be a valid string",
        )),
    }
}

fn output(body: &Object) -> Result<(), Fault> {
    let Some(config) = present(body, "output_config") else {
        return Ok(());
    };
    let config = config
        .as_object()
        .ok_or_else(|| Fault::invalid("output_config: Input should be a valid dictionary"))?;
    if let Some(key) = unknown_key(config, &["effort", "format"]) {
        return Err(extra(&format!("output_config.{key}")));
    }
    let efforts = ["low", "medium", "high", "xhigh", "max"];
    if present(config, "effort").is_some_and(|effort| {
        !effort
            .as_str()
            .is_some_and(|effort| efforts.contains(&effort))
    }) {
        return Err(Fault::invalid(
            "output_config.effort: Input should be 'low', 'medium', 'high', 'xhigh' or 'max'",
        ));
    }
    let Some(format) = present(config, "format") else {
        return Ok(());
    };
    let format = format.as_object().ok_or_else(|| {
        Fault::invalid("output_config.format: Input should be a valid dictionary")
    })?;
    if let Some(key) = unknown_key(format, &["type", "schema"]) {
        return Err(extra(&format!("output_config.format.{key}")));
    }
    if text(format, "type") != Some("json_schema")
        || !format.get("schema").is_some_and(Value::is_object)
    {
        return Err(Fault::invalid(
            "output_config.format: Input should have the type 'json_schema' and a schema",
        ));
    }
    json_schema::check(&format["schema"], "schema")
        .and_then(|()| enforced::check(&format["schema"]))
        .map_err(|why| Fault::invalid(format!("output_config.format.schema: {why}")))
}

/// Counts the cache marks on blocks; tool inputs and schemas are data, not blocks.
fn count_marks(value: Option<&Value>) -> usize {
    match value {
        Some(Value::Array(items)) => items.iter().map(|item| count_marks(Some(item))).sum(),
        Some(Value::Object(block)) => {
            usize::from(present(block, "cache_control").is_some())
                + count_marks(block.get("content"))
        }
        _ => 0,
    }
}

/// A field the vendor does not have.
pub(super) fn extra(path: &str) -> Fault {
    Fault::invalid(format!("{path}: Extra inputs are not permitted"))
}

#[cfg(test)]
mod tests;
