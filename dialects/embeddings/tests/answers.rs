use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::{document, read};
use crate::embeddings::{EmbedRequest, Shape, decode_answer, encode_answer};
use crate::ir::Usage;
use crate::json::Document;

fn of_openai(count: usize, base64: bool) -> EmbedRequest {
    let format = if base64 { "base64" } else { "float" };
    let input = vec!["x"; count];
    read(
        Shape::OpenAi,
        &json!({"model": "m", "input": input, "encoding_format": format}),
    )
}

fn of_gemini(count: usize, shape: Shape) -> EmbedRequest {
    let one = json!({"content": {"parts": [{"text": "x"}]}});
    match shape {
        Shape::GeminiOne => read(shape, &one),
        _ => read(shape, &json!({"requests": vec![one; count]})),
    }
}

/// The answer for the client, as text.
#[track_caller]
fn text(shape: Shape, body: &str, request: &EmbedRequest) -> String {
    let document = Document::parse(Bytes::copy_from_slice(body.as_bytes())).unwrap();
    let answer = decode_answer(shape, &document, request).unwrap();
    String::from_utf8(encode_answer(&answer, request, "alias").to_vec()).unwrap()
}

fn refused(shape: Shape, body: &Json, request: &EmbedRequest) -> String {
    let answer = decode_answer(shape, &document(body), request);
    answer.map_or_else(|error| error.to_string(), |answer| format!("{answer:?}"))
}

fn base64_of(floats: &[f32]) -> String {
    let bytes: Vec<u8> = floats
        .iter()
        .flat_map(|float| float.to_le_bytes())
        .collect();
    STANDARD.encode(bytes)
}

#[test]
fn numbers_are_kept_as_they_were_written() {
    let gemini =
        r#"{"embeddings":[{"values":[0.10,-1e-3, 0.0123456789012345]},{"values":[1,2,3]}]}"#;
    assert_eq!(
        text(Shape::GeminiBatch, gemini, &of_openai(2, false)),
        r#"{"object":"list","data":[{"object":"embedding","index":0,"embedding":[0.10,-1e-3, 0.0123456789012345]},{"object":"embedding","index":1,"embedding":[1,2,3]}],"model":"alias"}"#
    );
    let openai = r#"{"object":"list","data":[{"object":"embedding","index":0,"embedding":[0.10,-1e-3]}],"model":"up","usage":{"prompt_tokens":5,"total_tokens":5}}"#;
    assert_eq!(
        text(Shape::OpenAi, openai, &of_gemini(1, Shape::GeminiOne)),
        r#"{"embedding":{"values":[0.10,-1e-3]},"usageMetadata":{"promptTokenCount":5}}"#
    );
    assert_eq!(
        text(Shape::OpenAi, openai, &of_gemini(1, Shape::GeminiBatch)),
        r#"{"embeddings":[{"values":[0.10,-1e-3]}],"usageMetadata":{"promptTokenCount":5}}"#
    );
}

#[test]
fn a_client_that_asks_for_base64_gets_it() {
    let gemini = r#"{"embedding":{"values":[0.5,-2,1e-3]},"usageMetadata":{"promptTokenCount":7}}"#;
    let answer = text(Shape::GeminiOne, gemini, &of_openai(1, true));
    let answer: Json = serde_json::from_str(&answer).unwrap();
    assert_eq!(
        answer["data"][0]["embedding"],
        base64_of(&[0.5, -2.0, 0.001])
    );
    assert_eq!(answer["data"][0]["embedding"], "AAAAPwAAAMBvEoM6");
    assert_eq!(
        answer["usage"],
        json!({"prompt_tokens": 7, "total_tokens": 7})
    );
}

#[test]
fn base64_of_an_upstream_becomes_numbers_for_a_client_that_reads_numbers() {
    for data in ["AAAAPwAAAMBvEoM6", "AAAAPwAAAMA=", "AAAAPwAAAMA"] {
        let openai = json!({"data": [{"embedding": data}]}).to_string();
        let answer = text(Shape::OpenAi, &openai, &of_gemini(1, Shape::GeminiOne));
        let whole = r#"{"embedding":{"values":[0.5,-2.0,0.001]}}"#;
        let short = r#"{"embedding":{"values":[0.5,-2.0]}}"#;
        assert_eq!(answer, if data.len() == 16 { whole } else { short });
    }
}

#[test]
fn vectors_stand_in_the_order_of_their_numbers() {
    let openai = r#"{"data":[{"index":1,"embedding":[1]},{"index":2,"embedding":[2]},{"index":0,"embedding":[0]}]}"#;
    assert_eq!(
        text(Shape::OpenAi, openai, &of_gemini(3, Shape::GeminiBatch)),
        r#"{"embeddings":[{"values":[0]},{"values":[1]},{"values":[2]}]}"#
    );
}

#[test]
fn an_answer_that_is_none_is_refused() {
    let (one, two) = (of_openai(1, true), of_openai(2, false));
    let numbers = "expected a list of numbers";
    let base64 = "data[0].embedding: expected base64 of 32-bit floats";
    let data = |embedding: Json| json!({"data": [{"index": 0, "embedding": embedding}]});
    for (shape, body, request, expected) in [
        (
            Shape::OpenAi,
            json!({}),
            &one,
            "data: expected a list".to_owned(),
        ),
        (
            Shape::OpenAi,
            json!({"data": [{}]}),
            &one,
            format!("data[0].embedding: {numbers}"),
        ),
        (
            Shape::OpenAi,
            data(json!([1, "2"])),
            &one,
            format!("data[0].embedding: {numbers}"),
        ),
        (
            Shape::OpenAi,
            data(json!([1, 1e300])),
            &one,
            format!("data[0].embedding: {numbers}"),
        ),
        (
            Shape::OpenAi,
            data(json!({"a": 1})),
            &one,
            format!("data[0].embedding: {numbers}"),
        ),
        (Shape::OpenAi, data(json!("AAA=")), &one, base64.to_owned()),
        (Shape::OpenAi, data(json!("!")), &one, base64.to_owned()),
        // Not a number.
        (
            Shape::OpenAi,
            data(json!("AADAfw==")),
            &one,
            base64.to_owned(),
        ),
        (
            Shape::OpenAi,
            data(json!([1])),
            &two,
            "body: 1 vectors for 2 texts".to_owned(),
        ),
        (
            Shape::OpenAi,
            json!({"data": [{"index": 0, "embedding": []}, {"index": 0, "embedding": []}]}),
            &two,
            "data: vector 1 is missing, or there twice".to_owned(),
        ),
        (
            Shape::GeminiOne,
            json!({}),
            &one,
            "embedding: expected an object".to_owned(),
        ),
        (
            Shape::GeminiOne,
            json!({"embedding": {}}),
            &one,
            format!("embedding.values: {numbers}"),
        ),
        (
            Shape::GeminiBatch,
            json!({"embeddings": [{"values": [1]}, {"values": null}]}),
            &two,
            format!("embeddings[1].values: {numbers}"),
        ),
        (
            Shape::GeminiBatch,
            json!({"embeddings": []}),
            &one,
            "body: 0 vectors for 1 texts".to_owned(),
        ),
    ] {
        assert_eq!(refused(shape, &body, request), expected, "{body}");
    }
}

proptest! {
    #[test]
    fn base64_names_the_same_floats_as_the_numbers(floats in prop::collection::vec(-1e6f32..1e6, 0..20)) {
        let body = json!({"data": [{"index": 0, "embedding": base64_of(&floats)}]}).to_string();
        let numbers = text(Shape::OpenAi, &body, &of_gemini(1, Shape::GeminiOne));
        let back = text(Shape::GeminiOne, &numbers, &of_openai(1, true));
        let back: Json = serde_json::from_str(&back).unwrap();
        prop_assert_eq!(back["data"][0]["embedding"].as_str().unwrap(), base64_of(&floats));
    }
}

#[test]
fn what_the_upstream_does_not_count_is_estimated_for_clients_that_read_a_count() {
    let estimated = |shape: Shape, body: &str, request: &EmbedRequest| {
        let body = document(&serde_json::from_str(body).unwrap());
        let mut answer = decode_answer(shape, &body, request).unwrap();
        let estimated = answer.estimate_usage(request);
        let usage = answer.usage.as_ref().and_then(Usage::total_input);
        (estimated, usage)
    };
    let uncounted = r#"{"embedding":{"values":[0.5]}}"#;
    let openai = of_openai(1, false);
    assert_eq!(
        estimated(Shape::GeminiOne, uncounted, &openai),
        (true, Some(openai.estimate()))
    );
    let counted = r#"{"embedding":{"values":[0.5]},"usageMetadata":{"promptTokenCount":7}}"#;
    assert_eq!(
        estimated(Shape::GeminiOne, counted, &openai),
        (false, Some(7))
    );
    let uncounted = r#"{"data":[{"embedding":[0.5]}]}"#;
    let gemini = of_gemini(1, Shape::GeminiOne);
    assert_eq!(estimated(Shape::OpenAi, uncounted, &gemini), (false, None));
}

#[test]
fn pieces_are_as_large_as_the_upstream_takes_and_their_answers_one_again() {
    let request = of_openai(250, false);
    let sizes = |shape| {
        let pieces = request.pieces(shape).into_iter();
        pieces.map(|piece| piece.inputs.len()).collect::<Vec<_>>()
    };
    assert_eq!(sizes(Shape::GeminiBatch), [100, 100, 50]);
    assert_eq!(sizes(Shape::OpenAi), [250]);
    let answer = |usage: &str| {
        let body = format!(r#"{{"embeddings":[{{"values":[1]}}]{usage}}}"#);
        let document = Document::parse(Bytes::from(body)).unwrap();
        decode_answer(Shape::GeminiBatch, &document, &of_openai(1, false)).unwrap()
    };
    let counted = r#","usageMetadata":{"promptTokenCount":3}"#;
    for (first, second, input) in [
        (counted, counted, Some(6)),
        (counted, "", None),
        ("", counted, None),
    ] {
        let mut whole = answer(first);
        whole.append(answer(second));
        assert_eq!(whole.vectors.len(), 2);
        assert_eq!(whole.usage.and_then(|usage| usage.input), input);
    }
}
