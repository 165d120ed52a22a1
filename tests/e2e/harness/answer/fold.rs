//! What an answer says, put together the way the official SDKs do it, whether it was streamed or not.

use super::{Answer, Frame};
use crate::harness::Speaks;
use serde_json::{Map, Value, json};

/// What an answer says.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Folded {
    pub(crate) text: String,
    pub(crate) thinking: String,
    /// Names and arguments.
    pub(crate) calls: Vec<(String, Value)>,
    pub(crate) finish: String,
    /// The usage as it was spelled.
    pub(crate) usage: Value,
    pub(crate) model: String,
}

impl Answer {
    /// What the answer says.
    pub(crate) fn folded(&self, dialect: Speaks) -> Folded {
        let whole = self.whole(dialect);
        match dialect {
            Speaks::Chat => chat(&whole),
            Speaks::Claude => claude(&whole),
        }
    }

    /// The assistant's turn, as a client sends it back.
    pub(crate) fn turn(&self, dialect: Speaks) -> Value {
        let whole = self.whole(dialect);
        match dialect {
            Speaks::Chat => whole["choices"][0]["message"].clone(),
            Speaks::Claude => json!({"role": "assistant", "content": whole["content"]}),
        }
    }

    /// The answer in the form that is not streamed.
    fn whole(&self, dialect: Speaks) -> Value {
        assert_eq!(self.status, 200, "{:?}", self.body);
        match dialect {
            _ if !self.is_stream() => self.json(),
            Speaks::Chat => joined_chunks(&self.frames()),
            Speaks::Claude => joined_events(&self.frames()),
        }
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn chat(whole: &Value) -> Folded {
    let choice = &whole["choices"][0];
    let message = &choice["message"];
    let calls = message["tool_calls"].as_array().into_iter().flatten();
    let call = |call: &Value| {
        let arguments = text(&call["function"]["arguments"]);
        let parsed = serde_json::from_str(&arguments).unwrap_or(Value::String(arguments));
        (text(&call["function"]["name"]), parsed)
    };
    Folded {
        text: text(&message["content"]),
        thinking: text(&message["reasoning_content"]),
        calls: calls.map(call).collect(),
        finish: text(&choice["finish_reason"]),
        usage: whole["usage"].clone(),
        model: text(&whole["model"]),
    }
}

fn claude(whole: &Value) -> Folded {
    let mut folded = Folded {
        finish: text(&whole["stop_reason"]),
        usage: whole["usage"].clone(),
        model: text(&whole["model"]),
        ..Folded::default()
    };
    for block in whole["content"].as_array().into_iter().flatten() {
        match block["type"].as_str() {
            Some("text") => folded.text.push_str(&text(&block["text"])),
            Some("thinking") => folded.thinking.push_str(&text(&block["thinking"])),
            Some("tool_use") => folded
                .calls
                .push((text(&block["name"]), block["input"].clone())),
            _ => {}
        }
    }
    folded
}

fn joined_chunks(frames: &[Frame]) -> Value {
    let mut whole = json!({"choices": [{"message": {"role": "assistant", "content": null}}]});
    for chunk in frames.iter().map(Frame::json) {
        for key in ["model", "usage"] {
            if !chunk[key].is_null() {
                whole[key] = chunk[key].clone();
            }
        }
        let from = &chunk["choices"][0];
        let choice = &mut whole["choices"][0];
        if !from["finish_reason"].is_null() {
            choice["finish_reason"] = from["finish_reason"].clone();
        }
        let message = choice["message"].as_object_mut().unwrap();
        for (key, value) in from["delta"].as_object().into_iter().flatten() {
            match (key.as_str(), value) {
                ("role", _) | (_, Value::Null) => {}
                ("tool_calls", _) => join_calls(message, value),
                (_, Value::Array(items)) => {
                    let list = message.entry(key).or_insert_with(|| json!([]));
                    list.as_array_mut().unwrap().extend(items.iter().cloned());
                }
                (_, Value::String(piece)) => append(message, key, piece),
                _ => {}
            }
        }
    }
    whole
}

fn join_calls(message: &mut Map<String, Value>, deltas: &Value) {
    let calls = message.entry("tool_calls").or_insert_with(|| json!([]));
    let calls = calls.as_array_mut().unwrap();
    for delta in deltas.as_array().into_iter().flatten() {
        let index = usize::try_from(delta["index"].as_u64().expect("a tool call has an index"));
        let index = index.unwrap();
        assert!(index <= calls.len(), "tool calls are counted: {deltas}");
        if index == calls.len() {
            let mut call = delta.clone();
            call.as_object_mut().unwrap().remove("index");
            calls.push(call);
            continue;
        }
        assert!(
            delta["id"].is_null(),
            "the id of a call comes once: {deltas}"
        );
        let function = calls[index]["function"].as_object_mut().unwrap();
        let piece = text(&delta["function"]["arguments"]);
        append(function, "arguments", &piece);
    }
}

fn append(object: &mut Map<String, Value>, key: &str, piece: &str) {
    let value = object.entry(key).or_insert(Value::Null);
    *value = json!(value.as_str().unwrap_or_default().to_owned() + piece);
}

fn joined_events(frames: &[Frame]) -> Value {
    let mut whole = Value::Null;
    let mut arguments = String::new();
    for frame in frames {
        let event = frame.json();
        assert_eq!(event["type"], frame.event.as_str(), "SDKs go by both names");
        match frame.event.as_str() {
            "message_start" => whole = event["message"].clone(),
            "content_block_start" => {
                let blocks = whole["content"].as_array_mut().unwrap();
                assert_eq!(event["index"], blocks.len(), "blocks are counted");
                blocks.push(event["content_block"].clone());
                arguments.clear();
            }
            "content_block_delta" => {
                let blocks = whole["content"].as_array_mut().unwrap();
                assert_eq!(event["index"], blocks.len() - 1, "one block at a time");
                let block = blocks.last_mut().unwrap().as_object_mut().unwrap();
                let delta = &event["delta"];
                match delta["type"].as_str().unwrap() {
                    "text_delta" => append(block, "text", &text(&delta["text"])),
                    "thinking_delta" => append(block, "thinking", &text(&delta["thinking"])),
                    "signature_delta" => append(block, "signature", &text(&delta["signature"])),
                    "input_json_delta" => {
                        arguments.push_str(&text(&delta["partial_json"]));
                        if let Ok(input) = serde_json::from_str(&arguments) {
                            block.insert("input".to_owned(), input);
                        }
                    }
                    _ => {}
                }
            }
            "message_delta" => {
                for (key, value) in event["delta"].as_object().into_iter().flatten() {
                    whole[key] = value.clone();
                }
                for (key, value) in event["usage"].as_object().into_iter().flatten() {
                    whole["usage"][key] = value.clone();
                }
            }
            _ => {}
        }
    }
    whole
}
