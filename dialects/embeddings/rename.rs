//! The upstream's name of the model in a client's own bytes.

use std::ops::Range;

use bytes::Bytes;

use super::Shape;
use crate::gemini::wire::field;
use crate::json::{Document, Value, write_string};

/// The body that an upstream of the client's own shape gets: the same bytes, with the upstream's name wherever the body
/// names the model. A batch names it in every request of the list, where Google wants the one of the URL; a body that
/// leaves it to the URL is not changed.
#[must_use]
pub fn rename_model(shape: Shape, bytes: &Bytes, body: &Document, model: &str) -> Bytes {
    let root = body.root();
    let qualified = super::gemini::qualified(model);
    let (model, spans): (&str, Vec<Range<usize>>) = match shape {
        Shape::OpenAi => (model, span(root).into_iter().collect()),
        Shape::GeminiOne => (&qualified, span(root).into_iter().collect()),
        Shape::GeminiBatch => {
            let requests = field(root, "requests");
            let requests = requests.into_iter().flat_map(Value::items);
            (&qualified, requests.filter_map(span).collect())
        }
    };
    if spans.is_empty() {
        return bytes.clone();
    }
    let mut out = Vec::with_capacity(bytes.len() + spans.len() * model.len());
    let mut from = 0;
    for span in spans {
        out.extend_from_slice(&bytes[from..span.start]);
        write_string(&mut out, model);
        from = span.end;
    }
    out.extend_from_slice(&bytes[from..]);
    out.into()
}

fn span(object: Value<'_>) -> Option<Range<usize>> {
    object.field("model").map(Value::span)
}
