//! Embeddings: vectors that depend on the text and on nothing else.

use super::fields::{EMBED, EMBED_BATCH};
use super::route::{Method, Route};
use super::{invalid, list, proto};
use crate::fault::Fault;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// Values of a vector when nobody asks for another number.
const DIMENSIONS: usize = 4;

/// Answers `embedContent` and `batchEmbedContents`.
pub(super) fn answer(body: &Value, route: &Route) -> Result<Value, Fault> {
    let answer = if route.method == Method::Embed {
        json!({"embedding": embedding(&proto::read(body, &EMBED)?)?})
    } else {
        let body = proto::read(body, &EMBED_BATCH)?;
        let requests = list(&body["requests"]);
        if requests.is_empty() {
            return Err(invalid(
                "* BatchEmbedContentsRequest.requests: requests is not specified",
            ));
        }
        let expected = format!("models/{}", route.model);
        if requests.iter().any(|request| request["model"] != expected) {
            return Err(invalid(format!(
                "* BatchEmbedContentsRequest.requests[0].model: must be {expected}"
            )));
        }
        let vectors: Result<Vec<Value>, Fault> = requests.iter().map(embedding).collect();
        json!({"embeddings": vectors?})
    };
    Ok(answer)
}

fn embedding(request: &Value) -> Result<Value, Fault> {
    let parts = list(&request["content"]["parts"]);
    let text: String = parts
        .iter()
        .filter_map(|part| part["text"].as_str())
        .collect();
    if text.is_empty() {
        return Err(invalid(
            "* EmbedContentRequest.content: contents is not specified",
        ));
    }
    let asked = request["outputDimensionality"].as_u64();
    let count = asked.map_or(DIMENSIONS, |count| {
        usize::try_from(count).unwrap_or(DIMENSIONS).clamp(1, 32)
    });
    let digest = Sha256::digest(text);
    let values: Vec<f64> = digest
        .iter()
        .take(count)
        .map(|byte| f64::from(*byte) / 256.0 - 0.5)
        .collect();
    Ok(json!({"values": values}))
}
