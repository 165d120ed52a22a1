//! OpenAI Embeddings, as strict as the vendor: small vectors that depend on nothing but the text.

use crate::chat::{missing, one_of, unknown, wrong_type};
use crate::fault::Fault;
use crate::shape::{Object, present, text, unknown_key};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// Numbers in a vector when nobody says otherwise, which is also the most.
const DIMENSIONS: usize = 8;
/// Most tokens of one text.
const TOKENS: usize = 8192;
/// Most texts in one request.
const INPUTS: usize = 2048;

/// Refuses what the vendor refuses.
pub(crate) fn check(body: &Value) -> Result<(), Fault> {
    let body = body
        .as_object()
        .ok_or_else(|| Fault::invalid("Invalid body: expected a JSON object."))?;
    let fields = ["model", "input", "encoding_format", "dimensions", "user"];
    if let Some(key) = unknown_key(body, &fields) {
        return Err(unknown(key));
    }
    text(body, "model")
        .filter(|model| !model.is_empty())
        .ok_or_else(|| Fault::invalid("you must provide a model parameter"))?;
    one_of(body, "encoding_format", &["float", "base64"])?;
    if present(body, "user").is_some_and(|user| !user.is_string()) {
        return Err(wrong_type("user", "a string"));
    }
    let least = 1..=DIMENSIONS as u64;
    if present(body, "dimensions")
        .is_some_and(|value| !value.as_u64().is_some_and(|number| least.contains(&number)))
    {
        return Err(wrong_type("dimensions", "an integer the model supports"));
    }
    input(body)
}

/// The `list` object.
pub(crate) fn whole(body: &Value) -> Value {
    let inputs: Vec<&Value> = match &body["input"] {
        Value::Array(inputs) if !inputs.iter().all(Value::is_number) => inputs.iter().collect(),
        one => vec![one],
    };
    let dimensions = body["dimensions"]
        .as_u64()
        .and_then(|number| usize::try_from(number).ok())
        .unwrap_or(DIMENSIONS);
    let encoded = body["encoding_format"] == "base64";
    let data: Vec<Value> = inputs
        .iter()
        .enumerate()
        .map(|(index, input)| {
            let vector = vector(input, dimensions);
            let embedding = if encoded {
                let bytes: Vec<u8> = vector.iter().flat_map(|one| one.to_le_bytes()).collect();
                json!(STANDARD.encode(bytes))
            } else {
                json!(vector)
            };
            json!({"object": "embedding", "index": index, "embedding": embedding})
        })
        .collect();
    let tokens = body["input"].to_string().len() / 4 + 1;
    json!({
        "object": "list",
        "data": data,
        "model": body["model"],
        "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
    })
}

fn input(body: &Object) -> Result<(), Fault> {
    let says = |value: &Value| value.as_str().is_some_and(|text| !text.is_empty());
    let tokens = |value: &Value| {
        let tokens = value.as_array();
        tokens.is_some_and(|tokens| !tokens.is_empty() && tokens.iter().all(Value::is_u64))
    };
    match present(body, "input") {
        None => Err(missing("input")),
        Some(value) if says(value) || tokens(value) && is_short(value) => Ok(()),
        Some(Value::Array(inputs))
            if (1..=INPUTS).contains(&inputs.len())
                && (inputs.iter().all(says)
                    || inputs.iter().all(|input| tokens(input) && is_short(input))) =>
        {
            Ok(())
        }
        Some(_) => Err(Fault::invalid("'$.input' is invalid.").param("input")),
    }
}

/// Whether a text of tokens is no longer than any model reads.
fn is_short(tokens: &Value) -> bool {
    tokens
        .as_array()
        .is_some_and(|tokens| tokens.len() <= TOKENS)
}

/// Numbers between -1 and 1 that single precision holds exactly.
fn vector(input: &Value, dimensions: usize) -> Vec<f32> {
    let digest = Sha256::digest(input.to_string());
    let signed = digest.iter().map(|byte| f32::from(*byte) - 128.0);
    signed
        .map(|number| number / 128.0)
        .take(dimensions)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_encodings_hold_the_same_numbers() {
        let floats = whole(&json!({"model": "m", "input": ["one", "two"]}));
        let encoded =
            whole(&json!({"model": "m", "input": ["one", "two"], "encoding_format": "base64"}));
        for index in 0..2 {
            let text = encoded["data"][index]["embedding"].as_str().expect("text");
            let bytes = STANDARD.decode(text).expect("base64");
            let numbers: Vec<f32> = bytes
                .chunks_exact(4)
                .map(|four| f32::from_le_bytes(four.try_into().expect("four bytes")))
                .collect();
            assert_eq!(floats["data"][index]["embedding"], json!(numbers));
        }
        assert_ne!(
            floats["data"][0]["embedding"],
            floats["data"][1]["embedding"]
        );
    }

    #[test]
    fn what_is_no_text_is_refused() {
        for (input, served) in [
            (json!("one"), true),
            (json!(["one", "two"]), true),
            (json!([1, 2]), true),
            (json!([[1], [2]]), true),
            (json!(""), false),
            (json!([]), false),
            (json!(["one", ""]), false),
            (json!(["one", 2]), false),
            (json!({}), false),
        ] {
            let checked = check(&json!({"model": "m", "input": input}));
            assert_eq!(checked.is_ok(), served, "{input}");
        }
        assert!(check(&json!({"model": "m", "input": vec![1; 8193]})).is_err());
        assert!(check(&json!({"model": "m", "input": vec!["x"; 2049]})).is_err());
        assert!(check(&json!({"model": "m", "input": "x", "user": 7})).is_err());
        assert!(check(&json!({"model": "m", "input": "x", "dimensions": 9})).is_err());
        assert!(check(&json!({"model": "m", "input": "x", "messages": []})).is_err());
    }
}
