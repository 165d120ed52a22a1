//! Embeddings: vectors that depend on the text and on nothing else.

use super::fields::{EMBED, EMBED_BATCH};
use super::route::{Method, Route};
use super::{invalid, list, proto};
use crate::fault::Fault;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// Values of a vector when nobody asks for another number.
const DIMENSIONS: usize = 4;
/// The most values that are made here; the vendor makes thousands.
const MOST: u64 = 32;
/// The most texts in one batch.
const BATCH: usize = 100;

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
        if requests.len() > BATCH {
            return Err(invalid(format!(
                "* BatchEmbedContentsRequest.requests: at most {BATCH} requests can be in one batch"
            )));
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
    let count = match &request["outputDimensionality"] {
        Value::Null => DIMENSIONS,
        asked => asked
            .as_u64()
            .filter(|count| (1..=MOST).contains(count))
            .and_then(|count| usize::try_from(count).ok())
            .ok_or_else(|| {
                invalid(format!(
                    "* EmbedContentRequest.output_dimensionality: {asked} must be in the range [1, {MOST}]"
                ))
            })?,
    };
    let digest = Sha256::digest(text);
    let values: Vec<f64> = digest
        .iter()
        .take(count)
        .map(|byte| f64::from(*byte) / 256.0 - 0.5)
        .collect();
    Ok(json!({"values": values}))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn route(method: &str) -> Route {
        Route::read(&format!("/v1beta/models/m:{method}"), "").expect("a route")
    }

    fn text(text: &str) -> Value {
        json!({"model": "models/m", "content": {"parts": [{"text": text}]}})
    }

    #[test]
    fn each_text_has_a_vector_of_the_length_that_was_asked_for() {
        let mut one = text("a");
        one["outputDimensionality"] = json!(8);
        one["taskType"] = json!("retrieval_query");
        let answer = answer(&one, &route("embedContent")).expect("a vector");
        assert_eq!(
            answer["embedding"]["values"].as_array().map(Vec::len),
            Some(8)
        );
        let batch = json!({"requests": [text("a"), text("b"), text("a")]});
        let answer = super::answer(&batch, &route("batchEmbedContents")).expect("vectors");
        assert_eq!(answer["embeddings"][0], answer["embeddings"][2]);
        assert_ne!(answer["embeddings"][0], answer["embeddings"][1]);
    }

    #[test]
    fn mistakes_are_refused() {
        let with = |key: &str, value: Value| {
            let mut body = text("a");
            body[key] = value;
            body
        };
        for (method, body, words) in [
            ("embedContent", text(""), "contents is not specified"),
            (
                "embedContent",
                with("outputDimensionality", json!(0)),
                "output_dimensionality",
            ),
            (
                "embedContent",
                with("taskType", json!("SEARCH")),
                "TYPE_ENUM",
            ),
            (
                "embedContent",
                with("dimensions", json!(8)),
                "Unknown name \"dimensions\"",
            ),
            (
                "batchEmbedContents",
                json!({"requests": []}),
                "requests is not specified",
            ),
            (
                "batchEmbedContents",
                json!({"requests": vec![text("a"); 101]}),
                "at most 100",
            ),
            (
                "batchEmbedContents",
                json!({"requests": [with("model", json!("models/x"))]}),
                "must be models/m",
            ),
        ] {
            let fault = answer(&body, &route(method)).expect_err(words);
            assert!(fault.message.contains(words), "{}", fault.message);
        }
    }
}
