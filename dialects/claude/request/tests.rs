//! Requests: what is read, what is written, what is named as lost.

mod fields;
mod messages;
mod same_dialect;
mod thinking;
mod tools;

use serde_json::{Value, json};

use crate::ir::Request;
use crate::json::{Document, Str};
use crate::losses::Losses;
use crate::target::{ChatProfile, Encoded, GeminiProfile, KiroProfile, ModelProfile, Target};
use crate::{Dialect, EncodeError, decode_request, encode_request};

/// Reads a client's request.
#[track_caller]
fn read(dialect: Dialect, body: &Value) -> Request {
    let document = Document::parse(body.to_string().into()).unwrap();
    decode_request(dialect, &document).unwrap()
}

/// Adds fields to an object.
fn extend(object: &mut Value, fields: Value) {
    let Value::Object(fields) = fields else {
        panic!("fields are an object");
    };
    object.as_object_mut().unwrap().extend(fields);
}

/// A request of one user message with some more fields.
fn with(fields: Value) -> Value {
    let mut body = json!({
        "model": "m",
        "messages": [{"role": "user", "content": "hi"}],
    });
    extend(&mut body, fields);
    body
}

fn messages(list: Value) -> Value {
    let mut body = with(json!({}));
    body["messages"] = list;
    body
}

fn target() -> Target {
    Target {
        model: Str::from_static("claude-x"),
        provider: Str::from_static("claude"),
        model_profile: ModelProfile::default(),
        chat: ChatProfile::default(),
        gemini: GeminiProfile::default(),
        kiro: KiroProfile::default(),
    }
}

fn target_with(change: impl FnOnce(&mut ModelProfile)) -> Target {
    let mut target = target();
    change(&mut target.model_profile);
    target
}

/// What a request became.
struct Written {
    body: Value,
    encoded: Encoded,
}

impl Written {
    /// Paths of the losses a client is told of.
    fn lost(&self) -> Vec<&str> {
        paths(&self.encoded.losses, false)
    }

    /// Paths of the losses that do not matter.
    fn quiet(&self) -> Vec<&str> {
        paths(&self.encoded.losses, true)
    }
}

fn paths(losses: &Losses, quiet: bool) -> Vec<&str> {
    losses
        .iter()
        .filter(|loss| loss.quiet == quiet)
        .map(|loss| loss.path.as_str())
        .collect()
}

fn try_write(dialect: Dialect, body: &Value, target: &Target) -> Result<Written, EncodeError> {
    let encoded = encode_request(Dialect::Claude, &read(dialect, body), target)?;
    Ok(Written {
        body: serde_json::from_slice(&encoded.body.to_bytes()).unwrap(),
        encoded,
    })
}

#[track_caller]
fn write(dialect: Dialect, body: &Value, target: &Target) -> Written {
    try_write(dialect, body, target).unwrap()
}

#[track_caller]
fn from_chat(body: &Value) -> Written {
    write(Dialect::Chat, body, &target())
}

#[track_caller]
fn from_claude(body: &Value) -> Written {
    write(Dialect::Claude, body, &target())
}

/// The messages of a Chat conversation, as Claude gets them.
#[track_caller]
fn chat_messages(list: Value) -> Value {
    from_chat(&messages(list)).body["messages"].clone()
}

#[track_caller]
fn refused(dialect: Dialect, body: &Value, path: &str) {
    match try_write(dialect, body, &target()) {
        Ok(written) => panic!("accepted: {}", written.body),
        Err(error) => assert_eq!(error.path, path, "{error}"),
    }
}

fn call(id: &str, arguments: &str) -> Value {
    json!({"id": id, "type": "function", "function": {"name": "weather", "arguments": arguments}})
}

fn calls(list: Value) -> Value {
    let mut message = json!({"role": "assistant", "content": null});
    message["tool_calls"] = list;
    message
}

fn result(id: &str, text: &str) -> Value {
    json!({"role": "tool", "tool_call_id": id, "content": text})
}
