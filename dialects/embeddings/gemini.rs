//! `:embedContent` and `:batchEmbedContents`.

use super::{EmbedAnswer, EmbedRequest, Input, Shape, Vector};
use crate::error::{DecodeError, EncodeError};
use crate::gemini::wire::{camel, count, field, usage};
use crate::ir::Usage;
use crate::json::{RawJson, Str, Value, Writer};
use crate::losses::Losses;

/// Newer clients say `taskType` and the others below this key. Only the length of the vector is read there.
const CONFIG: &str = "embedContentConfig";
const DIMENSIONS: &str = "outputDimensionality";

/// Where a field of one text stands in the client's own body.
pub(super) fn path(shape: Shape, index: usize, field: &str) -> String {
    match shape {
        Shape::GeminiBatch => format!("requests[{index}].{field}"),
        Shape::GeminiOne | Shape::OpenAi => field.to_owned(),
    }
}

/// The fields below an unknown one that were not read.
pub(super) fn unread(key: &str, value: &RawJson) -> Vec<String> {
    if key != CONFIG {
        return vec![key.to_owned()];
    }
    let document = value.document();
    let keys = document
        .root()
        .entries()
        .map(|(key, _)| camel(&key).into_owned());
    keys.filter(|key| key != DIMENSIONS)
        .map(|key| format!("{CONFIG}.{key}"))
        .collect()
}

fn expected(path: impl std::fmt::Display, what: &str) -> DecodeError {
    DecodeError::shape(path, format_args!("expected {what}"))
}

fn request(shape: Shape) -> EmbedRequest {
    EmbedRequest {
        shape,
        model: Str::new(),
        inputs: Vec::new(),
        bare: shape == Shape::GeminiOne,
        base64: false,
        user: None,
        rest: Vec::new(),
    }
}

pub(super) fn decode_one(body: Value<'_>) -> Result<EmbedRequest, DecodeError> {
    let mut request = request(Shape::GeminiOne);
    let (input, model) = input(body, Shape::GeminiOne, 0)?;
    request.model = model.unwrap_or_default();
    request.inputs.push(input);
    Ok(request)
}

pub(super) fn decode_batch(body: Value<'_>) -> Result<EmbedRequest, DecodeError> {
    let mut request = request(Shape::GeminiBatch);
    let list = field(body, "requests").filter(|list| list.is_array());
    let list = list.ok_or_else(|| expected("requests", "a list"))?;
    for (index, item) in list.items().enumerate() {
        let (input, model) = input(item, Shape::GeminiBatch, index)?;
        match model {
            Some(model) if index == 0 => request.model = model,
            Some(model) if model != request.model => {
                return Err(DecodeError::shape(
                    path(Shape::GeminiBatch, index, "model"),
                    "is not the model of the first; send a batch for each model",
                ));
            }
            _ => {}
        }
        request.inputs.push(input);
    }
    if request.inputs.is_empty() {
        return Err(expected("requests", "at least one request"));
    }
    for (key, value) in body.entries().filter(|(_, value)| !value.is_null()) {
        match &*camel(&key) {
            "requests" | "model" => {}
            key => request.rest.push((Str::from(key), value.raw())),
        }
    }
    Ok(request)
}

/// One request, and the model that it names.
fn input(
    value: Value<'_>,
    shape: Shape,
    index: usize,
) -> Result<(Input, Option<Str>), DecodeError> {
    let path = |field: &str| path(shape, index, field);
    if !value.is_object() {
        let place = format!("requests[{index}]");
        let place = if shape == Shape::GeminiOne {
            "body"
        } else {
            &place
        };
        return Err(expected(place, "an object"));
    }
    let text = |value: Value<'_>, key: &str| {
        let text = value.text();
        text.ok_or_else(|| expected(path(key), "a string"))
    };
    let dimensions = |value: Value<'_>, key: &str| {
        count(value).ok_or_else(|| expected(path(key), "a whole number that is not negative"))
    };
    let mut input = Input::default();
    let (mut model, mut content, mut nested) = (None, None, None);
    for (key, value) in value.entries().filter(|(_, value)| !value.is_null()) {
        match &*camel(&key) {
            "model" => model = Some(text(value, "model")?),
            "content" => content = Some(value),
            "taskType" => input.task = Some(text(value, "taskType")?),
            "title" => input.title = Some(text(value, "title")?),
            DIMENSIONS => input.dimensions = Some(dimensions(value, DIMENSIONS)?),
            key => {
                if key == CONFIG
                    && let Some(length) = field(value, DIMENSIONS)
                {
                    nested = Some(dimensions(length, &format!("{CONFIG}.{DIMENSIONS}"))?);
                }
                input.rest.push((Str::from(key), value.raw()));
            }
        }
    }
    input.dimensions = input.dimensions.or(nested);
    let content = content.ok_or_else(|| DecodeError::shape(path("content"), "is required"))?;
    (input.text, input.joined) = words(content, || path("content.parts"))?;
    let model = model.map(|model| match model.strip_prefix("models/") {
        Some(bare) => model.slice_ref(bare),
        None => model.clone(),
    });
    Ok((input, model))
}

/// The text of a content, and whether it was in several parts. The speaker makes no difference to a vector.
fn words(content: Value<'_>, path: impl Fn() -> String) -> Result<(Str, bool), DecodeError> {
    let mut texts = Vec::new();
    let parts = field(content, "parts");
    for (index, part) in parts.into_iter().flat_map(Value::items).enumerate() {
        texts.push(part.text_of("text").ok_or_else(|| {
            let place = format!("{}[{index}]", path());
            DecodeError::shape(
                place,
                "only texts can be embedded by an upstream of another kind",
            )
        })?);
    }
    match texts.as_slice() {
        [] => Err(expected(path(), "at least one text")),
        [one] => Ok((one.clone(), false)),
        several => {
            let joined: String = several.iter().map(|text| &**text).collect();
            Ok((Str::from(joined), true))
        }
    }
}

pub(super) fn encode_one(
    request: &EmbedRequest,
    model: &str,
    writer: &mut Writer<'_>,
    losses: &mut Losses,
) -> Result<(), EncodeError> {
    let [input] = request.inputs.as_slice() else {
        let path = if request.shape == Shape::OpenAi {
            "input"
        } else {
            "requests"
        };
        return Err(EncodeError::new(path, "one text is embedded at a time"));
    };
    report(request, Shape::GeminiOne, losses);
    writer.object(|writer| write(request, input, &qualified(model), writer));
    Ok(())
}

pub(super) fn encode_batch(
    request: &EmbedRequest,
    model: &str,
    writer: &mut Writer<'_>,
    losses: &mut Losses,
) {
    report(request, Shape::GeminiBatch, losses);
    let model = qualified(model);
    writer.object(|writer| {
        writer.array_field("requests", |writer| {
            for input in &request.inputs {
                writer.object(|writer| write(request, input, &model, writer));
            }
        });
        if request.shape == Shape::GeminiBatch {
            for (key, value) in &request.rest {
                writer.foreign_field(key, value);
            }
        }
    });
}

/// A model as Google names it in a body.
pub(super) fn qualified(model: &str) -> String {
    if model.contains('/') {
        model.to_owned()
    } else {
        format!("models/{model}")
    }
}

fn write(request: &EmbedRequest, input: &Input, model: &str, writer: &mut Writer<'_>) {
    let native = request.shape != Shape::OpenAi;
    writer.field("model", model);
    writer.object_field("content", |writer| {
        writer.array_field("parts", |writer| {
            writer.object(|writer| writer.field("text", &input.text));
        });
    });
    writer.field_opt("taskType", input.task.as_ref());
    writer.field_opt("title", input.title.as_ref());
    let nested = input.rest.iter().any(|(key, _)| key == CONFIG);
    let dimensions = input.dimensions.filter(|_| !nested);
    writer.field_opt(DIMENSIONS, dimensions.as_ref());
    if native {
        for (key, value) in &input.rest {
            writer.foreign_field(key, value);
        }
    }
}

/// Names what Gemini has no place for. How the vectors are spelt is the answer's business.
fn report(request: &EmbedRequest, to: Shape, losses: &mut Losses) {
    if request.user.is_some() {
        losses.quietly_dropped("user", "Gemini does not ask who asks");
    }
    if request.shape != to {
        for (key, _) in &request.rest {
            losses.dropped(&**key, "Gemini's embeddings have no such field");
        }
    }
    for (index, _) in request
        .inputs
        .iter()
        .enumerate()
        .filter(|(_, input)| input.joined)
    {
        let place = path(request.shape, index, "content.parts");
        losses.changed(place, "the parts are one text");
    }
}

/// Reads an answer in either form: a single vector, or a list of them.
pub(super) fn decode_answer(body: Value<'_>) -> Result<EmbedAnswer, DecodeError> {
    let read = |value: Value<'_>, path: String| {
        let values = field(value, "values");
        let values = values.ok_or_else(|| expected(&path, "a list of numbers"))?;
        Vector::read(values, &path)
    };
    let one = field(body, "embedding").filter(|one| one.is_object());
    let list = field(body, "embeddings").filter(|list| list.is_array());
    let vectors = match (list, one) {
        (Some(list), _) => list
            .items()
            .enumerate()
            .map(|(index, entry)| read(entry, format!("embeddings[{index}].values")))
            .collect::<Result<_, _>>()?,
        (None, Some(one)) => vec![read(one, "embedding.values".to_owned())?],
        (None, None) => return Err(expected("embedding", "an object")),
    };
    Ok(EmbedAnswer {
        vectors,
        usage: field(body, "usageMetadata")
            .map(usage::read)
            .filter(|usage| usage.total_input().is_some()),
    })
}

pub(super) fn encode_answer_of_one(answer: &EmbedAnswer, writer: &mut Writer<'_>) {
    writer.object(|writer| {
        if let Some(vector) = answer.vectors.first() {
            writer.key("embedding");
            write_vector(vector, writer);
        }
        write_usage(answer, writer);
    });
}

pub(super) fn encode_answer_of_batch(answer: &EmbedAnswer, writer: &mut Writer<'_>) {
    writer.object(|writer| {
        writer.array_field("embeddings", |writer| {
            let vectors = answer.vectors.iter();
            vectors.for_each(|vector| write_vector(vector, writer));
        });
        write_usage(answer, writer);
    });
}

fn write_vector(vector: &Vector, writer: &mut Writer<'_>) {
    writer.object(|writer| {
        writer.key("values");
        vector.write_numbers(writer);
    });
}

fn write_usage(answer: &EmbedAnswer, writer: &mut Writer<'_>) {
    if let Some(tokens) = answer.usage.as_ref().and_then(Usage::total_input) {
        writer.object_field("usageMetadata", |writer| {
            writer.field("promptTokenCount", &tokens);
        });
    }
}
