//! From a client's body to the request.

use crate::Dialect;
use crate::claude::wire::blocks::Blocks;
use crate::claude::wire::path::{self, At};
use crate::claude::wire::{cache_mark, cache_mark_at, keep_rest};
use crate::error::DecodeError;
use crate::ir::{
    Extensions, OutputFormat, Part, ReasoningMode, ReasoningWish, Request, Role, SystemBlock,
    SystemRole, Text, Tool, ToolChoice, ToolKind, Turn,
};
use crate::json::{RawJson, Str, Value};

/// The fields of a body that have a typed place.
const KNOWN: &[&str] = &[
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
    "thinking",
    "output_config",
    "output_format",
    "cache_control",
    "metadata",
    "service_tier",
    "speed",
    "container",
];

/// Reads a request, or the body of `count_tokens`, which is one without `max_tokens`.
pub fn decode(body: Value<'_>) -> Result<Request, DecodeError> {
    if !body.is_object() {
        return Err(DecodeError::shape("body", "expected an object"));
    }
    let mut request = Request::new(Dialect::Claude);
    request.model = body
        .text_of("model")
        .ok_or_else(|| DecodeError::shape("model", "expected a string"))?;
    let stream = path::optional_bool(body, "stream", At::key("stream"))?;
    request.stream = stream.unwrap_or(false);
    system(body, &mut request)?;
    request.turns = turns(body)?;
    request.tools = tools(body)?;
    tool_choice(body, &mut request)?;
    limits(body, &mut request)?;
    request.reasoning = thinking(body)?;
    output(body, &mut request)?;
    identity(body, &mut request)?;
    request.caching.mark = cache_mark_at(body, At::key("cache_control"))?;
    request.state.container = body.field("container").map(Value::raw);
    keep_rest(body, KNOWN, &mut request.extensions);
    Ok(request)
}

fn system(body: Value<'_>, request: &mut Request) -> Result<(), DecodeError> {
    let Some(system) = body.field("system") else {
        return Ok(());
    };
    if let Some(text) = system.text() {
        request.system_bare = true;
        request.system.push(SystemBlock {
            text,
            starts_message: true,
            bare: true,
            ..SystemBlock::default()
        });
        return Ok(());
    }
    if !system.is_array() {
        return Err(DecodeError::shape("system", "expected a string or a list"));
    }
    let at = At::key("system");
    for (index, block) in system.items().enumerate() {
        let at = at.item(index);
        let mut extensions = Extensions::default();
        keep_rest(block, &["type", "text", "cache_control"], &mut extensions);
        let text = block
            .text()
            .map_or_else(|| path::required_text(block, "text", &at), Ok)?;
        request.system.push(SystemBlock {
            text,
            role: SystemRole::System,
            starts_message: index == 0,
            cache: cache_mark(block, &at)?,
            extensions,
            ..SystemBlock::default()
        });
    }
    Ok(())
}

fn turns(body: Value<'_>) -> Result<Vec<Turn>, DecodeError> {
    let at = At::key("messages");
    let messages = path::optional_list(body, "messages", at)?
        .ok_or_else(|| DecodeError::shape("messages", "expected a list"))?;
    let mut blocks = Blocks::of_client();
    messages
        .items()
        .enumerate()
        .map(|(index, message)| turn(message, &mut blocks, &at.item(index)))
        .collect()
}

fn turn(message: Value<'_>, blocks: &mut Blocks, at: &At<'_>) -> Result<Turn, DecodeError> {
    if !message.is_object() {
        return Err(DecodeError::shape(at, "expected an object"));
    }
    let role = match &*path::required_text(message, "role", at)? {
        "user" => Role::User,
        "assistant" => Role::Assistant,
        "system" => Role::System,
        _ => {
            let reason = "expected `user`, `assistant` or `system`";
            return Err(DecodeError::shape(at.field("role"), reason));
        }
    };
    let at_content = at.field("content");
    let content = message
        .field("content")
        .ok_or_else(|| DecodeError::shape(at_content, "expected a string or a list of blocks"))?;
    let mut turn = Turn::new(role, Vec::new());
    if let Some(text) = content.text() {
        turn.bare = true;
        turn.parts = vec![Part::Text(Text::new(text))];
    } else if content.is_array() {
        turn.parts = blocks.read(content, &at_content)?;
    } else {
        let reason = "expected a string or a list of blocks";
        return Err(DecodeError::shape(at_content, reason));
    }
    turn.cache = cache_mark(message, at)?;
    keep_rest(
        message,
        &["role", "content", "cache_control"],
        &mut turn.extensions,
    );
    Ok(turn)
}

fn tools(body: Value<'_>) -> Result<Vec<Tool>, DecodeError> {
    let at = At::key("tools");
    let Some(tools) = path::optional_list(body, "tools", at)? else {
        return Ok(Vec::new());
    };
    tools
        .items()
        .enumerate()
        .map(|(index, tool)| self::tool(tool, &at.item(index)))
        .collect()
}

fn tool(tool: Value<'_>, at: &At<'_>) -> Result<Tool, DecodeError> {
    if !tool.is_object() {
        return Err(DecodeError::shape(at, "expected an object"));
    }
    let kind = path::optional_text(tool, "type", at.field("type"))?;
    let cache = cache_mark(tool, at)?;
    let mut extensions = Extensions::default();
    if let Some(kind) = kind.filter(|kind| kind != "custom") {
        return Ok(Tool {
            name: tool.text_of("name").unwrap_or_default(),
            description: None,
            kind: ToolKind::Server {
                dialect: Dialect::Claude,
                kind,
                raw: tool.raw(),
            },
            strict: None,
            cache,
            extensions,
        });
    }
    let known = [
        "type",
        "name",
        "description",
        "input_schema",
        "strict",
        "cache_control",
    ];
    keep_rest(tool, &known, &mut extensions);
    Ok(Tool {
        name: path::required_text(tool, "name", at)?,
        description: path::optional_text(tool, "description", at.field("description"))?,
        kind: ToolKind::Function {
            schema: tool.field("input_schema").map(Value::raw),
        },
        strict: path::optional_bool(tool, "strict", at.field("strict"))?,
        cache,
        extensions,
    })
}

fn tool_choice(body: Value<'_>, request: &mut Request) -> Result<(), DecodeError> {
    let at = At::key("tool_choice");
    let Some(choice) = path::optional_object(body, "tool_choice", at)? else {
        return Ok(());
    };
    request.tool_choice = Some(match &*path::required_text(choice, "type", &at)? {
        "auto" => ToolChoice::Auto,
        "any" => ToolChoice::Required,
        "none" => ToolChoice::None,
        "tool" => ToolChoice::Named(path::required_text(choice, "name", &at)?),
        _ => ToolChoice::Raw(Dialect::Claude, choice.raw()),
    });
    if !matches!(request.tool_choice, Some(ToolChoice::Raw(..))) {
        let key = "disable_parallel_tool_use";
        let disabled = path::optional_bool(choice, key, at.field(key))?;
        request.parallel_tool_calls = disabled.map(|disabled| !disabled);
    }
    Ok(())
}

fn limits(body: Value<'_>, request: &mut Request) -> Result<(), DecodeError> {
    request.limits.max_output = path::optional_count(body, "max_tokens", At::key("max_tokens"))?;
    request.sampling.temperature =
        path::optional_number(body, "temperature", At::key("temperature"))?;
    request.sampling.top_p = path::optional_number(body, "top_p", At::key("top_p"))?;
    request.sampling.top_k = path::optional_count(body, "top_k", At::key("top_k"))?;
    let at = At::key("stop_sequences");
    match body.field("stop_sequences") {
        None => {}
        Some(stop) if stop.is_array() => {
            for (index, text) in stop.items().enumerate() {
                request.limits.stop.push(path::text(text, at.item(index))?);
            }
        }
        Some(stop) => request.limits.stop.push(path::text(stop, at)?),
    }
    Ok(())
}

fn thinking(body: Value<'_>) -> Result<ReasoningWish, DecodeError> {
    let mut wish = ReasoningWish::default();
    let at = At::key("thinking");
    if let Some(thinking) = path::optional_object(body, "thinking", at)? {
        wish.mode = Some(match &*path::required_text(thinking, "type", &at)? {
            "enabled" => ReasoningMode::On,
            "adaptive" => ReasoningMode::Adaptive,
            "disabled" => ReasoningMode::Off,
            word => ReasoningMode::Other(Str::from(word)),
        });
        let key = "budget_tokens";
        wish.budget = path::optional_count(thinking, key, at.field(key))?;
        wish.display = path::optional_text(thinking, "display", at.field("display"))?;
        keep_rest(
            thinking,
            &["type", "budget_tokens", "display"],
            &mut wish.extensions,
        );
    }
    let at = At::key("output_config");
    if let Some(config) = path::optional_object(body, "output_config", at)? {
        wish.effort = path::optional_text(config, "effort", at.field("effort"))?;
    }
    Ok(wish)
}

/// Reads the wanted form of the answer. Fields of `output_config` without a typed place are kept together under its
/// own name.
fn output(body: Value<'_>, request: &mut Request) -> Result<(), DecodeError> {
    let at = At::key("output_config");
    if let Some(config) = path::optional_object(body, "output_config", at)? {
        request.output.format = format(config, "format", at.field("format"))?;
        let rest = unknown(config, &["effort", "format"]);
        if let Some(rest) = rest {
            request
                .extensions
                .push(Dialect::Claude, "output_config", rest);
        }
    }
    if request.output.format.is_none() {
        request.output.format = format(body, "output_format", At::key("output_format"))?;
    }
    Ok(())
}

fn format(object: Value<'_>, key: &str, at: At<'_>) -> Result<Option<OutputFormat>, DecodeError> {
    let Some(format) = path::optional_object(object, key, at)? else {
        return Ok(None);
    };
    let schema = format.field("schema");
    let is_schema = format.field("type").and_then(Value::as_str).as_deref() == Some("json_schema");
    Ok(Some(match schema {
        Some(schema) if is_schema => OutputFormat::JsonSchema {
            name: format.text_of("name"),
            description: format.text_of("description"),
            schema: schema.raw(),
            strict: None,
        },
        _ => OutputFormat::Raw(Dialect::Claude, format.raw()),
    }))
}

fn identity(body: Value<'_>, request: &mut Request) -> Result<(), DecodeError> {
    let at = At::key("metadata");
    if let Some(metadata) = path::optional_object(body, "metadata", at)? {
        request.identity.user = path::optional_text(metadata, "user_id", at.field("user_id"))?;
        request.identity.metadata = unknown(metadata, &["user_id"]);
    }
    request.identity.service_tier =
        path::optional_text(body, "service_tier", At::key("service_tier"))?;
    request.identity.speed = path::optional_text(body, "speed", At::key("speed"))?;
    Ok(())
}

/// The entries of an object beside those known, as an object of their own.
fn unknown(object: Value<'_>, known: &[&str]) -> Option<RawJson> {
    let mut rest = object
        .entries()
        .filter(|(key, value)| !known.contains(&&**key) && !value.is_null())
        .peekable();
    rest.peek()?;
    Some(RawJson::build(|writer| {
        writer.object(|writer| {
            rest.for_each(|(key, value)| writer.foreign_field(&key, &value.raw()));
        });
    }))
}
