//! `POST /v1/embeddings`.

use super::{EmbedAnswer, EmbedRequest, Input, Shape, Vector};
use crate::error::{DecodeError, EncodeError};
use crate::ir::Usage;
use crate::json::{Kind, Str, Value, Writer};
use crate::losses::Losses;
use crate::openai::chat::wire;

pub(super) fn decode_request(body: Value<'_>) -> Result<EmbedRequest, DecodeError> {
    if !body.is_object() {
        return Err(wire::expected("body", "a JSON object"));
    }
    let mut request = EmbedRequest {
        shape: Shape::OpenAi,
        model: Str::new(),
        inputs: Vec::new(),
        bare: false,
        base64: false,
        user: None,
        rest: Vec::new(),
    };
    let (mut model, mut input, mut dimensions) = (None, None, None);
    for (key, value) in body.entries() {
        if value.is_null() {
            continue;
        }
        match &*key {
            "model" => model = Some(wire::text(value, &key)?),
            "input" => input = Some(value),
            "dimensions" => dimensions = Some(wire::count(value, &key)?),
            "encoding_format" => request.base64 = is_base64(value)?,
            "user" => request.user = Some(wire::text(value, &key)?),
            key => request.rest.push((Str::from(key), value.raw())),
        }
    }
    request.model = model.ok_or_else(|| DecodeError::shape("model", "is required"))?;
    let input = input.ok_or_else(|| DecodeError::shape("input", "is required"))?;
    request.bare = input.kind() == Kind::String;
    request.inputs = inputs(input, dimensions)?;
    Ok(request)
}

fn is_base64(value: Value<'_>) -> Result<bool, DecodeError> {
    match value.text().as_deref() {
        Some("float") => Ok(false),
        Some("base64") => Ok(true),
        _ => Err(wire::expected("encoding_format", "`float` or `base64`")),
    }
}

/// A string, or a list of them.
fn inputs(value: Value<'_>, dimensions: Option<u64>) -> Result<Vec<Input>, DecodeError> {
    let read = |value: Value<'_>| {
        let text = value.text()?;
        Some(Input {
            text,
            dimensions,
            ..Input::default()
        })
    };
    if let Some(one) = read(value) {
        return Ok(vec![one]);
    }
    let mut inputs = Vec::new();
    for (index, item) in value.items().enumerate() {
        inputs.push(read(item).ok_or_else(|| match item.kind() {
            Kind::Number | Kind::Array => DecodeError::shape(
                "input",
                "token numbers mean something to one model only; send the text itself",
            ),
            _ => wire::expected(format_args!("input[{index}]"), "a string"),
        })?);
    }
    if inputs.is_empty() {
        return Err(wire::expected("input", "a string or a list of strings"));
    }
    Ok(inputs)
}

pub(super) fn encode_request(
    request: &EmbedRequest,
    model: &str,
    writer: &mut Writer<'_>,
    losses: &mut Losses,
) -> Result<(), EncodeError> {
    let native = request.shape == Shape::OpenAi;
    let dimensions = dimensions(request)?;
    if !native {
        report(request, losses);
    }
    writer.object(|writer| {
        writer.field("model", model);
        match request.inputs.as_slice() {
            [one] if request.bare => writer.field("input", &one.text),
            inputs => writer.array_field("input", |writer| {
                inputs.iter().for_each(|input| writer.value(&input.text));
            }),
        }
        writer.field_opt("dimensions", dimensions.as_ref());
        if request.base64 {
            writer.field("encoding_format", "base64");
        }
        writer.field_opt("user", request.user.as_ref());
        if native {
            for (key, value) in &request.rest {
                writer.foreign_field(key, value);
            }
        }
    });
    Ok(())
}

/// The length of all vectors, which is one here.
fn dimensions(request: &EmbedRequest) -> Result<Option<u64>, EncodeError> {
    let first = request.inputs.first().and_then(|input| input.dimensions);
    let mut others = request.inputs.iter();
    match others.position(|input| input.dimensions != first) {
        None => Ok(first),
        Some(index) => Err(EncodeError::new(
            format_args!("requests[{index}].outputDimensionality"),
            "all vectors of a request have one length here; send a request for each length",
        )),
    }
}

/// Names what Gemini says beside the texts.
fn report(request: &EmbedRequest, losses: &mut Losses) {
    for (key, _) in &request.rest {
        losses.dropped(&**key, "the upstream's embeddings have no such field");
    }
    for (index, input) in request.inputs.iter().enumerate() {
        let path = |field: &str| super::gemini::path(request.shape, index, field);
        if input.joined {
            losses.changed(path("content.parts"), "the parts are one text");
        }
        if input.task.is_some() {
            let why = "the upstream makes one vector for all purposes";
            losses.dropped(path("taskType"), why);
        }
        if input.title.is_some() {
            losses.dropped(path("title"), "the upstream takes the text alone");
        }
        for (key, value) in &input.rest {
            for field in super::gemini::unread(key, value) {
                let why = "the upstream's embeddings have no such field";
                losses.dropped(path(&field), why);
            }
        }
    }
}

pub(super) fn decode_answer(body: Value<'_>) -> Result<EmbedAnswer, DecodeError> {
    let data = body.field("data").filter(|data| data.is_array());
    let data = data.ok_or_else(|| wire::expected("data", "a list"))?;
    let mut vectors = Vec::new();
    for (place, entry) in data.items().enumerate() {
        let path = format!("data[{place}].embedding");
        let vector = entry.field("embedding");
        let vector = vector.ok_or_else(|| wire::expected(&path, "a list of numbers"))?;
        let index = entry.field("index").and_then(Value::as_u64);
        vectors.push((index.unwrap_or(place as u64), Vector::read(vector, &path)?));
    }
    // Their numbers count, not their places.
    vectors.sort_by_key(|(index, _)| *index);
    if let Some(place) = (0..)
        .zip(&vectors)
        .position(|(place, (index, _))| place != *index)
    {
        let reason = format!("vector {place} is missing, or there twice");
        return Err(DecodeError::shape("data", reason));
    }
    Ok(EmbedAnswer {
        vectors: vectors.into_iter().map(|(_, vector)| vector).collect(),
        usage: body
            .field("usage")
            .map(wire::usage)
            .filter(|usage: &Usage| !usage.is_empty()),
    })
}

/// Writes an answer. Where nothing was counted, `usage` is absent: zeros would be a lie.
pub(super) fn encode_answer(
    answer: &EmbedAnswer,
    base64: bool,
    model: &str,
    writer: &mut Writer<'_>,
) {
    writer.object(|writer| {
        writer.field("object", "list");
        writer.array_field("data", |writer| {
            for (index, vector) in answer.vectors.iter().enumerate() {
                writer.object(|writer| {
                    writer.field("object", "embedding");
                    writer.field("index", &index);
                    writer.key("embedding");
                    if base64 {
                        vector.write_base64(writer);
                    } else {
                        vector.write_numbers(writer);
                    }
                });
            }
        });
        writer.field("model", model);
        if let Some(tokens) = answer.usage.as_ref().and_then(Usage::total_input) {
            writer.object_field("usage", |writer| {
                writer.field("prompt_tokens", &tokens);
                writer.field("total_tokens", &tokens);
            });
        }
    });
}
