//! OpenAI Responses, as strict as the vendor.
//!
//! Nothing is stored: what this server made and was to keep, it knows again by its id (`issued.rs`).

mod answer;
mod choice;
mod facts;
mod issued;
mod item;
mod message;
mod order;
mod request;
mod stream;
mod tool;

pub(crate) use crate::chat::authenticate;
pub(crate) use answer::whole;
pub(crate) use facts::facts;
pub(crate) use request::check;
pub(crate) use stream::{failed, stream};

use crate::aside::Aside;
use crate::chat::CREATED;
use crate::dialect::Dialect;
use crate::fault::Fault;
use bytes::Bytes;
use http::HeaderMap;
use serde_json::{Value, json};

/// Answers `input_tokens` with a quarter of the bytes of everything that counts.
pub(crate) fn count(headers: &HeaderMap, body: &Bytes) -> Result<Aside, Fault> {
    authenticate(headers)?;
    let body = read(body)?;
    request::check_count(&body)?;
    let tokens = size(&body);
    Ok(Aside::new(
        Dialect::Responses,
        &body["model"],
        &json!({"object": "response.input_tokens", "input_tokens": tokens}),
    ))
}

/// Answers `compact` with the user's messages and one item in place of all others.
pub(crate) fn compact(headers: &HeaderMap, body: &Bytes) -> Result<Aside, Fault> {
    authenticate(headers)?;
    let body = read(body)?;
    request::check_compact(&body)?;
    let mut output: Vec<Value> = match &body["input"] {
        Value::String(text) => vec![json!({"role": "user", "content": text})],
        items => items.as_array().cloned().unwrap_or_default(),
    };
    output.retain(|item| item["role"] == "user");
    output.push(json!({
        "id": answer::COMPACTION,
        "type": "compaction",
        "encrypted_content": answer::seal(""),
    }));
    let tokens = size(&body);
    Ok(Aside::new(
        Dialect::Responses,
        &body["model"],
        &json!({
            "id": issued::ID,
            "object": "response.compaction",
            "created_at": CREATED,
            "output": output,
            "usage": {
                "input_tokens": tokens,
                "input_tokens_details": {"cached_tokens": 0},
                "output_tokens": 7,
                "output_tokens_details": {"reasoning_tokens": 0},
                "total_tokens": tokens + 7,
            },
        }),
    ))
}

fn read(body: &Bytes) -> Result<Value, Fault> {
    serde_json::from_slice(body)
        .map_err(|_| Fault::invalid("We could not parse the JSON body of your request."))
}

fn size(body: &Value) -> usize {
    let counted = ["instructions", "tools", "input"];
    let counted = counted.iter().filter_map(|key| body.get(key));
    counted.map(|value| value.to_string().len()).sum::<usize>() / 4
}
