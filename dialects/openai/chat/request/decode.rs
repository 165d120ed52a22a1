//! From a client's body to the IR.

mod messages;
mod parts;
mod tools;

use crate::Dialect;
use crate::error::DecodeError;
use crate::ir::{OutputFormat, ReasoningMode, Request, Tool, ToolKind};
use crate::json::{Str, Value};
use crate::openai::chat::wire::{self, WEB_SEARCH};
use crate::openai::settings::{read_identity, read_sampling, read_schema};

/// Reads a request.
///
/// # Errors
/// The field that has the wrong shape.
pub fn decode(body: Value<'_>) -> Result<Request, DecodeError> {
    if !body.is_object() {
        return Err(wire::expected("body", "a JSON object"));
    }
    let mut request = Request::new(Dialect::Chat);
    let mut parts = Fields::default();
    for (key, value) in body.entries() {
        if value.is_null() || parts.take(&key, value) {
            continue;
        }
        let known = read_identity(&mut request, &key, value)?
            || sampling(&mut request, &key, value)?
            || output(&mut request, &key, value)?;
        if !known {
            request.extensions.push(Dialect::Chat, &key, value.raw());
        }
    }
    let model = parts.model.ok_or_else(|| required("model"))?;
    request.model = wire::text(model, "model")?;
    parts.limits(&mut request)?;
    parts.reasoning(&mut request)?;
    parts.tools(&mut request)?;
    let messages = parts.messages.ok_or_else(|| required("messages"))?;
    let legacy_history = messages::decode(&mut request, messages)?;
    let modern = parts.tools.is_some() || parts.tool_choice.is_some() || legacy_history.modern;
    let legacy =
        parts.functions.is_some() || parts.function_call.is_some() || legacy_history.legacy;
    request.legacy_functions = legacy && !modern;
    Ok(request)
}

fn required(path: &str) -> DecodeError {
    DecodeError::shape(path, "is required")
}

/// Fields that are read together with others, whatever their order.
#[derive(Default)]
struct Fields<'d> {
    model: Option<Value<'d>>,
    messages: Option<Value<'d>>,
    tools: Option<Value<'d>>,
    tool_choice: Option<Value<'d>>,
    functions: Option<Value<'d>>,
    function_call: Option<Value<'d>>,
    web_search: Option<Value<'d>>,
    max_tokens: Option<Value<'d>>,
    max_completion_tokens: Option<Value<'d>>,
    effort: Option<Value<'d>>,
    reasoning: Option<Value<'d>>,
    thinking: Option<Value<'d>>,
    enable_thinking: Option<Value<'d>>,
    thinking_budget: Option<Value<'d>>,
}

impl<'d> Fields<'d> {
    fn take(&mut self, key: &str, value: Value<'d>) -> bool {
        let place = match key {
            "model" => &mut self.model,
            "messages" => &mut self.messages,
            "tools" => &mut self.tools,
            "tool_choice" => &mut self.tool_choice,
            "functions" => &mut self.functions,
            "function_call" => &mut self.function_call,
            WEB_SEARCH => &mut self.web_search,
            "max_tokens" => &mut self.max_tokens,
            "max_completion_tokens" => &mut self.max_completion_tokens,
            "reasoning_effort" => &mut self.effort,
            "reasoning" => &mut self.reasoning,
            "thinking" => &mut self.thinking,
            "enable_thinking" => &mut self.enable_thinking,
            "thinking_budget" => &mut self.thinking_budget,
            _ => return false,
        };
        *place = Some(value);
        true
    }

    /// The newer spelling of the output limit wins (`dialects.md` 2.3, trap 8); the other is kept for the report.
    fn limits(&self, request: &mut Request) -> Result<(), DecodeError> {
        if let Some(value) = self.max_completion_tokens {
            request.limits.max_output = Some(wire::count(value, "max_completion_tokens")?);
            if let Some(value) = self.max_tokens {
                request
                    .extensions
                    .push(Dialect::Chat, "max_tokens", value.raw());
            }
        } else if let Some(value) = self.max_tokens {
            request.limits.max_output = Some(wire::count(value, "max_tokens")?);
            request.limits.legacy_spelling = true;
        }
        Ok(())
    }

    /// `reasoning_effort`, else one of the forms that compatible servers have made up; those are understood, and kept as
    /// they are for the same dialect.
    fn reasoning(&self, request: &mut Request) -> Result<(), DecodeError> {
        let others = [
            ("reasoning", self.reasoning),
            ("thinking", self.thinking),
            ("enable_thinking", self.enable_thinking),
            ("thinking_budget", self.thinking_budget),
        ];
        if let Some(value) = self.effort {
            let effort = wire::text(value, "reasoning_effort")?;
            if effort == "none" {
                request.reasoning.mode = Some(ReasoningMode::Off);
            }
            request.reasoning.effort = Some(effort);
            for (key, value) in others {
                if let Some(value) = value {
                    request.extensions.push(Dialect::Chat, key, value.raw());
                }
            }
            return Ok(());
        }
        for (key, value) in others {
            if let Some(value) = value {
                de_facto_reasoning(request, key, value);
                request
                    .reasoning
                    .extensions
                    .push(Dialect::Chat, key, value.raw());
            }
        }
        Ok(())
    }

    fn tools(&self, request: &mut Request) -> Result<(), DecodeError> {
        if let Some(value) = self.tools {
            request.tools = tools::decode(value, "tools", tools::tool)?;
        }
        if let Some(value) = self.functions {
            request
                .tools
                .extend(tools::decode(value, "functions", tools::function)?);
        }
        if let Some(value) = self.web_search {
            request.tools.push(Tool {
                name: Str::new(),
                description: None,
                kind: ToolKind::Server {
                    dialect: Dialect::Chat,
                    kind: Str::from_static(WEB_SEARCH),
                    raw: value.raw(),
                },
                strict: None,
                cache: None,
                extensions: Default::default(),
            });
        }
        request.tool_choice = match (self.tool_choice, self.function_call) {
            (Some(value), _) => Some(tools::choice(value)),
            (None, Some(value)) => Some(tools::legacy_choice(value)?),
            (None, None) => None,
        };
        Ok(())
    }
}

/// OpenRouter's `reasoning`, Claude's `thinking` as DeepSeek, Kimi and GLM take it, Qwen's `enable_thinking` and
/// `thinking_budget`.
fn de_facto_reasoning(request: &mut Request, key: &str, value: Value<'_>) {
    let wish = &mut request.reasoning;
    let switch = |on: bool| {
        Some(if on {
            ReasoningMode::On
        } else {
            ReasoningMode::Off
        })
    };
    match key {
        "reasoning" => {
            wish.effort = value.text_of("effort");
            wish.budget = value.field("max_tokens").and_then(Value::as_u64);
            if let Some(on) = value.field("enabled").and_then(Value::as_bool) {
                wish.mode = switch(on);
            }
            if wish.effort.as_deref() == Some("none") {
                wish.mode = Some(ReasoningMode::Off);
            }
            if value.field("exclude").and_then(Value::as_bool) == Some(true) {
                wish.display = Some(Str::from_static("omitted"));
            }
        }
        "thinking" => {
            wish.mode = match value.text_of("type").as_deref() {
                Some("enabled") => Some(ReasoningMode::On),
                Some("disabled") => Some(ReasoningMode::Off),
                Some("adaptive" | "auto") => Some(ReasoningMode::Adaptive),
                _ => wish.mode.take(),
            };
            let budget = value.field("budget_tokens").and_then(Value::as_u64);
            wish.budget = budget.or(wish.budget);
            wish.effort = value.text_of("effort").or(wish.effort.take());
        }
        "enable_thinking" => {
            if let Some(on) = value.as_bool() {
                wish.mode = switch(on);
            }
        }
        _ => wish.budget = value.as_u64().or(wish.budget),
    }
}

fn sampling(request: &mut Request, key: &str, value: Value<'_>) -> Result<bool, DecodeError> {
    let sampling = &mut request.sampling;
    match key {
        "logprobs" => sampling.logprobs = Some(wire::boolean(value, key)?),
        "top_logprobs" => sampling.top_logprobs = Some(wire::count(value, key)?),
        "stop" => request.limits.stop = wire::stop_texts(value)?,
        _ => return read_sampling(sampling, key, value),
    }
    Ok(true)
}

fn output(request: &mut Request, key: &str, value: Value<'_>) -> Result<bool, DecodeError> {
    let output = &mut request.output;
    match key {
        "stream" => request.stream = wire::boolean(value, key)?,
        "stream_options" => {
            if let Some(include) = value.field("include_usage") {
                let include = wire::boolean(include, "stream_options.include_usage")?;
                request.include_usage = Some(include);
            }
            wire::keep_unknown(&mut request.extensions, value, key, &["include_usage"]);
        }
        "parallel_tool_calls" => request.parallel_tool_calls = Some(wire::boolean(value, key)?),
        "response_format" => output.format = Some(format(value)?),
        "verbosity" => output.verbosity = Some(wire::text(value, key)?),
        "modalities" => output.modalities = Some(value.raw()),
        "audio" => output.audio = Some(value.raw()),
        "prediction" => output.prediction = Some(value.raw()),
        _ => return Ok(false),
    }
    Ok(true)
}

fn format(value: Value<'_>) -> Result<OutputFormat, DecodeError> {
    if !value.is_object() {
        return Err(wire::expected("response_format", "an object"));
    }
    Ok(match value.text_of("type").as_deref() {
        Some("text") => OutputFormat::Text,
        Some("json_object") => OutputFormat::JsonObject,
        Some("json_schema") => {
            let path = "response_format.json_schema";
            let inner = value
                .field("json_schema")
                .filter(|inner| inner.is_object())
                .ok_or_else(|| wire::expected(path, "an object"))?;
            let Some(schema) = inner.field("schema") else {
                // Allowed by the vendor, and without meaning for anyone else.
                return Ok(OutputFormat::Raw(Dialect::Chat, value.raw()));
            };
            read_schema(inner, schema)
        }
        _ => OutputFormat::Raw(Dialect::Chat, value.raw()),
    })
}
