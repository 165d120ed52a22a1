//! The messages of a Claude request, block by block; the order of turns is checked in `turn.rs`.

use super::request::extra;
use super::tool::NAME;
use super::turn;
use crate::dialect::Dialect;
use crate::fault::Fault;
use crate::shape::{IMAGE_TYPES, Image, Object, is_base64, is_name, present, text, unknown_key};
use crate::signature;
use serde_json::Value;

/// What depends on the rest of the request.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules {
    /// Thinking is on with a budget, so a tool loop must keep its thinking.
    pub(super) thinking: bool,
    /// The model continues a final assistant message.
    pub(super) prefill: bool,
    /// The model takes system messages between turns.
    pub(super) mid_system: bool,
}

pub(super) fn check(messages: &[Value], rules: &Rules) -> Result<(), Fault> {
    if messages.is_empty() {
        return Err(Fault::invalid("messages: at least one message is required"));
    }
    for (index, value) in messages.iter().enumerate() {
        let path = format!("messages.{index}");
        let message = value
            .as_object()
            .ok_or_else(|| Fault::invalid(format!("{path}: Input should be a valid dictionary")))?;
        if let Some(key) = unknown_key(message, &["role", "content"]) {
            return Err(extra(&format!("{path}.{key}")));
        }
        let role = text(message, "role")
            .ok_or_else(|| Fault::invalid(format!("{path}.role: Field required")))?;
        match role {
            "user" | "assistant" => {}
            "system" if rules.mid_system && index > 0 => {}
            "system" => {
                let message = "messages: Unexpected role \"system\". The Messages API accepts a top-level `system` parameter, not \"system\" as an input message role.";
                return Err(Fault::invalid(message));
            }
            role => {
                return Err(Fault::invalid(format!(
                    "messages: Unexpected role \"{role}\". Allowed roles are \"user\" or \"assistant\"."
                )));
            }
        }
        let last_assistant = role == "assistant" && index + 1 == messages.len();
        content(message, role, &path, last_assistant)?;
    }
    turn::check(messages, rules)
}

fn content(message: &Object, role: &str, path: &str, last_assistant: bool) -> Result<(), Fault> {
    let blocks = match present(message, "content") {
        None => return Err(Fault::invalid(format!("{path}.content: Field required"))),
        Some(Value::String(text)) => return check_text(text, path, last_assistant),
        Some(Value::Array(blocks)) => blocks,
        Some(_) => {
            return Err(Fault::invalid(format!(
                "{path}.content: Input should be a valid list"
            )));
        }
    };
    if blocks.is_empty() && !last_assistant {
        return Err(empty(path));
    }
    let mut only_blank_text = !blocks.is_empty();
    for (index, block) in blocks.iter().enumerate() {
        let path = format!("{path}.content.{index}");
        let block = block
            .as_object()
            .ok_or_else(|| Fault::invalid(format!("{path}: Input should be a valid dictionary")))?;
        check_block(block, role, &path)?;
        only_blank_text &= text(block, "text").is_some_and(|text| text.trim().is_empty());
    }
    if only_blank_text {
        return Err(Fault::invalid(
            "messages: text content blocks must contain non-whitespace text",
        ));
    }
    match blocks.last().and_then(|block| block["text"].as_str()) {
        Some(text) if last_assistant => check_ending(text),
        _ => Ok(()),
    }
}

fn check_text(text: &str, path: &str, last_assistant: bool) -> Result<(), Fault> {
    if text.is_empty() {
        return if last_assistant {
            Ok(())
        } else {
            Err(empty(path))
        };
    }
    if text.trim().is_empty() {
        return Err(Fault::invalid(
            "messages: text content blocks must contain non-whitespace text",
        ));
    }
    if last_assistant {
        check_ending(text)
    } else {
        Ok(())
    }
}

fn check_ending(text: &str) -> Result<(), Fault> {
    if text.trim_end() == text {
        return Ok(());
    }
    Err(Fault::invalid(
        "messages: final assistant content cannot end with trailing whitespace",
    ))
}

fn empty(path: &str) -> Fault {
    Fault::invalid(format!(
        "{path}: all messages must have non-empty content except for the optional final assistant message"
    ))
}

/// Checks one block at `path` in a message of `role` (`tool_result` inside a result).
pub(super) fn check_block(block: &Object, role: &str, path: &str) -> Result<(), Fault> {
    let kind = text(block, "type")
        .ok_or_else(|| Fault::invalid(format!("{path}.type: Field required")))?;
    let (fields, allowed): (&[&str], &[&str]) = match kind {
        "text" => (
            &["text", "citations"],
            &["user", "assistant", "system", "tool_result"],
        ),
        "image" => (&["source"], &["user", "tool_result"]),
        "document" => (
            &["source", "title", "context", "citations"],
            &["user", "tool_result"],
        ),
        "search_result" => (
            &["source", "title", "content", "citations"],
            &["user", "tool_result"],
        ),
        "tool_reference" => (&["tool_name"], &["tool_result"]),
        "thinking" => (&["thinking", "signature"], &["assistant"]),
        "redacted_thinking" => (&["data"], &["assistant"]),
        "tool_use" => (
            &["id", "name", "input", "caller", "toolset_name"],
            &["assistant"],
        ),
        "tool_result" => (&["tool_use_id", "content", "is_error"], &["user"]),
        "container_upload" => (&["file_id"], &["user"]),
        // What the vendor's own tools left in a conversation is opaque to this server.
        kind if kind == "server_tool_use" || kind.ends_with("_tool_result") => return Ok(()),
        kind => {
            return Err(Fault::invalid(format!(
                "{path}: Input tag '{kind}' found using 'type' does not match any of the expected tags"
            )));
        }
    };
    if !allowed.contains(&role) {
        return Err(Fault::invalid(format!(
            "{path}: `{kind}` blocks are not permitted in `{role}` messages"
        )));
    }
    let mark = |key: &str| key == "cache_control" && !kind.ends_with("thinking");
    if let Some(key) = block
        .keys()
        .find(|key| *key != "type" && !fields.contains(&key.as_str()) && !mark(key))
    {
        return Err(extra(&format!("{path}.{kind}.{key}")));
    }
    cache_control(block, &format!("{path}.{kind}"))?;
    match kind {
        "text" => match text(block, "text") {
            None => Err(Fault::invalid(format!("{path}.text.text: Field required"))),
            Some("") => Err(Fault::invalid(
                "messages: text content blocks must be non-empty",
            )),
            Some(_) => Ok(()),
        },
        "image" => image(block, path),
        "document" => document(block, path),
        "thinking" => thinking(block, path),
        "redacted_thinking" if text(block, "data") != Some(signature::REDACTED) => {
            Err(Fault::invalid(format!(
                "{path}: Invalid `data` in `redacted_thinking` block"
            )))
        }
        "tool_use" => tool_use(block, path),
        "tool_result" => tool_result(block, path),
        _ => Ok(()),
    }
}

fn cache_control(block: &Object, path: &str) -> Result<(), Fault> {
    let Some(mark) = present(block, "cache_control") else {
        return Ok(());
    };
    let ttl = mark.get("ttl").is_none_or(|ttl| ttl == "5m" || ttl == "1h");
    let known = mark
        .as_object()
        .is_some_and(|mark| unknown_key(mark, &["type", "ttl"]).is_none());
    if mark["type"] == "ephemeral" && ttl && known {
        return Ok(());
    }
    Err(Fault::invalid(format!(
        "{path}.cache_control: Input should be of the type 'ephemeral' with a ttl of '5m' or '1h'"
    )))
}

fn source<'a>(block: &'a Object, path: &str) -> Result<(&'a Object, &'a str), Fault> {
    let source = block.get("source").and_then(Value::as_object);
    let source = source.ok_or_else(|| Fault::invalid(format!("{path}.source: Field required")))?;
    let kind = text(source, "type")
        .ok_or_else(|| Fault::invalid(format!("{path}.source.type: Field required")))?;
    Ok((source, kind))
}

fn image(block: &Object, path: &str) -> Result<(), Fault> {
    let (source, kind) = source(block, path)?;
    match kind {
        "base64" => {
            let media_type = text(source, "media_type").unwrap_or_default();
            if !IMAGE_TYPES.contains(&media_type) {
                return Err(Fault::invalid(format!(
                    "{path}.image.source.base64.media_type: Input should be 'image/jpeg', 'image/png', 'image/gif' or 'image/webp'"
                )));
            }
            match Image::from_base64(media_type, text(source, "data").unwrap_or_default()) {
                Some(_) => Ok(()),
                None => Err(Fault::invalid(format!(
                    "{path}.image.source.base64: invalid base64 data"
                ))),
            }
        }
        "url" => https(source, path),
        "file" => Ok(()),
        kind => Err(Fault::invalid(format!(
            "{path}.image.source: Input tag '{kind}' found using 'type' does not match any of the expected tags: 'base64', 'file', 'url'"
        ))),
    }
}

fn document(block: &Object, path: &str) -> Result<(), Fault> {
    let (source, kind) = source(block, path)?;
    let data = text(source, "data");
    match (kind, text(source, "media_type")) {
        ("base64", Some("application/pdf")) if !data.is_some_and(is_base64) => Err(Fault::invalid(
            format!("{path}.document.source.base64.data: invalid base64 data"),
        )),
        ("text", Some("text/plain")) if data.is_none_or(str::is_empty) => Err(Fault::invalid(
            format!("{path}.document.source.text.data: document content cannot be empty"),
        )),
        ("base64", Some("application/pdf"))
        | ("text", Some("text/plain"))
        | ("content" | "file", _) => Ok(()),
        ("url", _) => https(source, path),
        (kind, media_type) => Err(Fault::invalid(format!(
            "{path}.document.source.{kind}: unknown type or media type {media_type:?}"
        ))),
    }
}

fn https(source: &Object, path: &str) -> Result<(), Fault> {
    match text(source, "url") {
        Some(url) if url.starts_with("https://") => Ok(()),
        _ => Err(Fault::invalid(format!(
            "{path}.source.url: Only HTTPS URLs are supported."
        ))),
    }
}

fn thinking(block: &Object, path: &str) -> Result<(), Fault> {
    let Some(thought) = text(block, "thinking") else {
        return Err(Fault::invalid(format!(
            "{path}.thinking.thinking: Field required"
        )));
    };
    let Some(signature) = text(block, "signature") else {
        return Err(Fault::invalid(format!(
            "{path}.thinking.signature: Field required"
        )));
    };
    if signature::is_issued(Dialect::Claude, thought, signature) {
        return Ok(());
    }
    Err(Fault::invalid(format!(
        "{path}: Invalid `signature` in `thinking` block"
    )))
}

fn tool_use(block: &Object, path: &str) -> Result<(), Fault> {
    let id = text(block, "id")
        .ok_or_else(|| Fault::invalid(format!("{path}.tool_use.id: Field required")))?;
    if !is_name(id, usize::MAX) {
        return Err(Fault::invalid(format!(
            "{path}.tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'"
        )));
    }
    let name = text(block, "name")
        .ok_or_else(|| Fault::invalid(format!("{path}.tool_use.name: Field required")))?;
    if !is_name(name, NAME) {
        return Err(Fault::invalid(format!(
            "{path}.tool_use.name: String should match pattern '^[a-zA-Z0-9_-]{{1,128}}$'"
        )));
    }
    match block.get("input") {
        Some(Value::Object(_)) => Ok(()),
        Some(_) => Err(Fault::invalid(format!(
            "{path}.tool_use.input: Input should be a valid dictionary"
        ))),
        None => Err(Fault::invalid(format!(
            "{path}.tool_use.input: Field required"
        ))),
    }
}

fn tool_result(block: &Object, path: &str) -> Result<(), Fault> {
    let id = text(block, "tool_use_id")
        .ok_or_else(|| Fault::invalid(format!("{path}.tool_result.tool_use_id: Field required")))?;
    if !is_name(id, usize::MAX) {
        return Err(Fault::invalid(format!(
            "{path}.tool_result.tool_use_id: String should match pattern '^[a-zA-Z0-9_-]+$'"
        )));
    }
    if present(block, "is_error").is_some_and(|value| !value.is_boolean()) {
        return Err(Fault::invalid(format!(
            "{path}.tool_result.is_error: Input should be a valid boolean"
        )));
    }
    match present(block, "content") {
        None | Some(Value::String(_)) => Ok(()),
        Some(Value::Array(blocks)) => blocks.iter().enumerate().try_for_each(|(index, inner)| {
            let path = format!("{path}.tool_result.content.{index}");
            let inner = inner.as_object().ok_or_else(|| {
                Fault::invalid(format!("{path}: Input should be a valid dictionary"))
            })?;
            check_block(inner, "tool_result", &path)
        }),
        Some(_) => Err(Fault::invalid(format!(
            "{path}.tool_result.content: Input should be a valid string or list"
        ))),
    }
}
