mod answers;
mod requests;

use bytes::Bytes;
use serde_json::Value as Json;

use super::{EmbedRequest, Shape, decode_request};
use crate::json::Document;

fn document(json: &Json) -> Document {
    Document::parse(Bytes::from(json.to_string())).unwrap()
}

#[track_caller]
fn read(shape: Shape, json: &Json) -> EmbedRequest {
    decode_request(shape, &document(json)).unwrap_or_else(|error| panic!("{error}: {json}"))
}
