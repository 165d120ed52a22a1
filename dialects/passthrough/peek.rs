//! The few fields of a request that routing needs.

use std::ops::Range;

use bytes::Bytes;
use memchr::memmem;

use crate::error::DecodeError;
use crate::json::{Document, Kind, Str, Value};
use crate::{ids, opaque};

/// What routing needs of a request body.
#[derive(Debug, Clone)]
pub struct Peek {
    /// The model as the client named it.
    pub model: Str,
    /// Where the model's value stands in the body, quotes included.
    pub model_span: Range<usize>,
    /// The client wants a stream.
    pub stream: bool,
    /// The client wants usage at the end of a stream (Chat).
    pub include_usage: bool,
    /// The body holds reasoning state of another dialect's provider, or thinking under an id of the gateway's own, which
    /// only a translation can take out again.
    pub foreign_state: bool,
}

/// Reads what routing needs.
///
/// # Errors
/// When the body is no object, `model` is missing, or one of the fields read here stands twice: which one counts would
/// be the upstream's guess.
pub fn peek(body: &Document) -> Result<Peek, DecodeError> {
    let root = body.root();
    if !root.is_object() {
        return Err(DecodeError::shape("body", "expected a JSON object"));
    }
    let (mut model, mut stream): (Option<Value<'_>>, Option<Value<'_>>) = (None, None);
    let mut include_usage = false;
    for (key, value) in root.entries() {
        let place = match &*key {
            "stream_options" => {
                include_usage = value.field("include_usage").and_then(Value::as_bool) == Some(true);
                continue;
            }
            "model" => &mut model,
            "stream" => &mut stream,
            _ => continue,
        };
        if place.replace(value).is_some() {
            return Err(DecodeError::shape(
                key,
                "this field stands twice in the body; send it once",
            ));
        }
    }
    let model = model
        .ok_or_else(|| DecodeError::shape("model", "missing; name a model, see GET /v1/models"))?;
    let name = model.text().filter(|name| !name.trim().is_empty());
    let name = name
        .ok_or_else(|| DecodeError::shape("model", "expected the name of a model as a string"))?;
    Ok(Peek {
        model: name,
        model_span: model.span(),
        stream: stream_flag(stream)?,
        include_usage,
        foreign_state: [opaque::PREFIX, ids::REASONING_PREFIX]
            .iter()
            .any(|mark| memmem::find(root.source_bytes(), mark.as_bytes()).is_some()),
    })
}

fn stream_flag(value: Option<Value<'_>>) -> Result<bool, DecodeError> {
    match value {
        None => Ok(false),
        Some(value) if value.kind() == Kind::Null => Ok(false),
        Some(value) => value
            .as_bool()
            .ok_or_else(|| DecodeError::shape("stream", "expected true or false")),
    }
}

/// `body` with another model name at `span`; nothing else changes.
#[must_use]
pub fn splice_model(body: &Bytes, span: Range<usize>, model: &str) -> Bytes {
    let mut out = Vec::with_capacity(body.len() + model.len());
    out.extend_from_slice(&body[..span.start]);
    crate::json::write_string(&mut out, model);
    out.extend_from_slice(&body[span.end..]);
    Bytes::from(out)
}
