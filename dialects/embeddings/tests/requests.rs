use bytes::Bytes;
use serde_json::{Value as Json, json};

use super::{document, read};
use crate::Dialect;
use crate::embeddings::{Shape, decode_request, encode_request, rename_model};
use crate::json::Document;

/// The body for an upstream, and the losses as `path action`; quiet ones in brackets.
#[track_caller]
fn sent(from: Shape, body: &Json, to: Shape) -> (Json, Vec<String>) {
    let encoded = encode_request(to, &read(from, body), "up-model").unwrap();
    let losses = encoded.losses.iter().map(|loss| {
        let line = format!("{} {:?}", loss.path, loss.action).to_lowercase();
        if loss.quiet {
            format!("({line})")
        } else {
            line
        }
    });
    let losses = losses.collect();
    (serde_json::from_slice(&encoded.body).unwrap(), losses)
}

#[track_caller]
fn check(from: Shape, body: &Json, to: Shape, expected: &Json, losses: &[&str]) {
    let (written, lost) = sent(from, body, to);
    assert_eq!(&written, expected);
    assert_eq!(lost, losses);
}

fn refused(shape: Shape, body: &Json) -> String {
    let read = decode_request(shape, &document(body));
    read.map_or_else(|error| error.to_string(), |request| format!("{request:?}"))
}

#[test]
fn one_text_of_openai_is_one_content() {
    for input in [json!("hello"), json!(["hello"])] {
        let body = json!({"model": "m", "input": input, "dimensions": 256, "encoding_format": "base64", "user": "u"});
        let request = read(Shape::OpenAi, &body);
        assert_eq!(Shape::of_gemini(&request), Shape::GeminiOne);
        assert!(request.base64);
        check(
            Shape::OpenAi,
            &body,
            Shape::GeminiOne,
            &json!({"model": "models/up-model", "content": {"parts": [{"text": "hello"}]}, "outputDimensionality": 256}),
            &["(user dropped)"],
        );
    }
}

#[test]
fn several_texts_of_openai_are_a_batch() {
    let body =
        json!({"model": "m", "input": ["a", "", "c"], "dimensions": 8.0, "input_type": "query"});
    assert_eq!(
        Shape::of_gemini(&read(Shape::OpenAi, &body)),
        Shape::GeminiBatch
    );
    let item = |text: &str| json!({"model": "models/up-model", "content": {"parts": [{"text": text}]}, "outputDimensionality": 8});
    check(
        Shape::OpenAi,
        &body,
        Shape::GeminiBatch,
        &json!({"requests": [item("a"), item(""), item("c")]}),
        &["input_type dropped"],
    );
}

#[test]
fn a_content_is_one_text_of_openai() {
    let body = json!({"content": {"role": "user", "parts": [{"text": "hello"}]}, "taskType": "RETRIEVAL_DOCUMENT", "title": "T",
        "output_dimensionality": "64", "newField": 1});
    check(
        Shape::GeminiOne,
        &body,
        Shape::OpenAi,
        &json!({"model": "up-model", "input": "hello", "dimensions": 64}),
        &["tasktype dropped", "title dropped", "newfield dropped"],
    );
}

#[test]
fn a_batch_is_a_list_of_openai() {
    let body = json!({"requests": [
        {"model": "models/m", "content": {"parts": [{"text": "a"}, {"text": "b"}]}, "outputDimensionality": 4},
        {"model": "models/m", "content": {"parts": [{"text": "c"}]}, "outputDimensionality": 4, "taskType": "CLUSTERING"}],
        "batchField": true});
    assert_eq!(read(Shape::GeminiBatch, &body).model, "m");
    check(
        Shape::GeminiBatch,
        &body,
        Shape::OpenAi,
        &json!({"model": "up-model", "input": ["ab", "c"], "dimensions": 4}),
        &[
            "batchfield dropped",
            "requests[0].content.parts changed",
            "requests[1].tasktype dropped",
        ],
    );
}

#[test]
fn settings_below_a_key_of_their_own_are_read() {
    let body = json!({"content": {"parts": [{"text": "a"}]},
        "embed_content_config": {"output_dimensionality": 16, "taskType": "CLUSTERING", "autoTruncate": true}});
    check(
        Shape::GeminiOne,
        &body,
        Shape::OpenAi,
        &json!({"model": "up-model", "input": "a", "dimensions": 16}),
        &[
            "embedcontentconfig.tasktype dropped",
            "embedcontentconfig.autotruncate dropped",
        ],
    );
    let (batch, losses) = sent(Shape::GeminiOne, &body, Shape::GeminiBatch);
    assert!(losses.is_empty(), "{losses:?}");
    let item = &batch["requests"][0];
    assert_eq!(item["embedContentConfig"], body["embed_content_config"]);
    assert!(item.get("outputDimensionality").is_none(), "{item}");
}

#[test]
fn a_request_of_the_same_shape_is_kept() {
    for (shape, body) in [
        (
            Shape::OpenAi,
            json!({"model": "up-model", "input": "a", "dimensions": 3, "encoding_format": "base64", "user": "u", "x": [1]}),
        ),
        (
            Shape::OpenAi,
            json!({"model": "up-model", "input": ["a", "b"]}),
        ),
        (
            Shape::GeminiOne,
            json!({"model": "models/up-model", "content": {"parts": [{"text": "a"}]}, "taskType": "T", "title": "x",
            "outputDimensionality": 3, "newField": {"a": 1}}),
        ),
        (
            Shape::GeminiBatch,
            json!({"requests": [{"model": "models/up-model", "content": {"parts": [{"text": "a"}]}, "taskType": "T"},
            {"model": "models/up-model", "content": {"parts": [{"text": "b"}]}, "outputDimensionality": 9}], "newField": 1}),
        ),
    ] {
        let (written, losses) = sent(shape, &body, shape);
        assert_eq!(written, body);
        assert!(losses.is_empty(), "{losses:?}");
    }
}

#[test]
fn what_cannot_be_embedded_elsewhere_is_refused_with_advice() {
    let tokens = "input: token numbers mean something to one model only; send the text itself";
    let pictures = "only texts can be embedded by an upstream of another kind";
    let content = |parts: Json| json!({"content": {"parts": parts}});
    for (shape, body, expected) in [
        (
            Shape::OpenAi,
            json!([]),
            "body: expected a JSON object".to_owned(),
        ),
        (
            Shape::OpenAi,
            json!({"input": "x"}),
            "model: is required".to_owned(),
        ),
        (
            Shape::OpenAi,
            json!({"model": "m"}),
            "input: is required".to_owned(),
        ),
        (
            Shape::OpenAi,
            json!({"model": "m", "input": null}),
            "input: is required".to_owned(),
        ),
        (
            Shape::OpenAi,
            json!({"model": "m", "input": []}),
            "input: expected a string or a list of strings".to_owned(),
        ),
        (
            Shape::OpenAi,
            json!({"model": "m", "input": {"a": 1}}),
            "input: expected a string or a list of strings".to_owned(),
        ),
        (
            Shape::OpenAi,
            json!({"model": "m", "input": [1, 2]}),
            tokens.to_owned(),
        ),
        (
            Shape::OpenAi,
            json!({"model": "m", "input": [[1], [2]]}),
            tokens.to_owned(),
        ),
        (
            Shape::OpenAi,
            json!({"model": "m", "input": ["a", null]}),
            "input[1]: expected a string".to_owned(),
        ),
        (
            Shape::OpenAi,
            json!({"model": "m", "input": "a", "encoding_format": "int8"}),
            "encoding_format: expected `float` or `base64`".to_owned(),
        ),
        (
            Shape::OpenAi,
            json!({"model": "m", "input": "a", "dimensions": -1}),
            "dimensions: expected a whole number that is not negative".to_owned(),
        ),
        (
            Shape::GeminiOne,
            json!(1),
            "body: expected an object".to_owned(),
        ),
        (
            Shape::GeminiOne,
            json!({}),
            "content: is required".to_owned(),
        ),
        (
            Shape::GeminiOne,
            content(json!([])),
            "content.parts: expected at least one text".to_owned(),
        ),
        (
            Shape::GeminiOne,
            content(json!([{"text": "a"}, {"inlineData": {}}])),
            format!("content.parts[1]: {pictures}"),
        ),
        (
            Shape::GeminiBatch,
            json!({}),
            "requests: expected a list".to_owned(),
        ),
        (
            Shape::GeminiBatch,
            json!({"requests": []}),
            "requests: expected at least one request".to_owned(),
        ),
        (
            Shape::GeminiBatch,
            json!({"requests": [1]}),
            "requests[0]: expected an object".to_owned(),
        ),
        (
            Shape::GeminiBatch,
            json!({"requests": [content(json!([{"text": 1}]))]}),
            format!("requests[0].content.parts[0]: {pictures}"),
        ),
        (
            Shape::GeminiBatch,
            json!({"requests": [{"content": {"parts": [{"text": "a"}]}, "outputDimensionality": "x"}]}),
            "requests[0].outputDimensionality: expected a whole number that is not negative"
                .to_owned(),
        ),
        (
            Shape::GeminiBatch,
            json!({"requests": [{"model": "a", "content": {"parts": [{"text": "a"}]}}, {"model": "b", "content": {"parts": [{"text": "a"}]}}]}),
            "requests[1].model: is not the model of the first; send a batch for each model"
                .to_owned(),
        ),
    ] {
        assert_eq!(refused(shape, &body), expected, "{body}");
    }
}

#[test]
fn what_a_shape_cannot_say_is_refused() {
    let two = read(Shape::OpenAi, &json!({"model": "m", "input": ["a", "b"]}));
    let error = encode_request(Shape::GeminiOne, &two, "m").unwrap_err();
    assert_eq!(error.path, "input");
    let item = |length: u64| json!({"content": {"parts": [{"text": "a"}]}, "outputDimensionality": length});
    let lengths = read(
        Shape::GeminiBatch,
        &json!({"requests": [item(3), item(3), item(4)]}),
    );
    let error = encode_request(Shape::OpenAi, &lengths, "m").unwrap_err();
    assert_eq!(error.path, "requests[2].outputDimensionality");
}

#[test]
fn a_qualified_model_is_not_qualified_again() {
    let one = read(Shape::OpenAi, &json!({"model": "m", "input": "a"}));
    for (model, expected) in [
        ("gemini-embedding-001", "models/gemini-embedding-001"),
        ("models/x", "models/x"),
        ("tunedModels/x", "tunedModels/x"),
    ] {
        let encoded = encode_request(Shape::GeminiOne, &one, model).unwrap();
        let body: Json = serde_json::from_slice(&encoded.body).unwrap();
        assert_eq!(body["model"], expected);
    }
}

#[test]
fn a_shape_knows_its_address_and_its_dialect() {
    for (shape, action, dialect) in [
        (Shape::OpenAi, "embeddings", Dialect::Chat),
        (Shape::GeminiOne, "embedContent", Dialect::Gemini),
        (Shape::GeminiBatch, "batchEmbedContents", Dialect::Gemini),
    ] {
        assert_eq!((shape.action(), shape.dialect()), (action, dialect));
    }
}

#[test]
fn tokens_are_estimated_over_all_texts() {
    let one = read(Shape::OpenAi, &json!({"model": "m", "input": "some words"})).estimate();
    let two = json!({"model": "m", "input": ["some words", "some words"]});
    assert!(one > 0);
    assert_eq!(read(Shape::OpenAi, &two).estimate(), 2 * one);
}

#[test]
fn a_forwarded_body_names_the_upstreams_model_and_is_the_same_otherwise() {
    for (shape, body, expected) in [
        (
            Shape::OpenAi,
            r#"{ "model" : "alias", "input":[1,2] }"#,
            r#"{ "model" : "up", "input":[1,2] }"#,
        ),
        (
            Shape::GeminiOne,
            r#"{"model":"models/alias","content":{"parts":[{"inlineData":{}}]}}"#,
            r#"{"model":"models/up","content":{"parts":[{"inlineData":{}}]}}"#,
        ),
        (
            Shape::GeminiOne,
            r#"{"content":{"model":"x"}}"#,
            r#"{"content":{"model":"x"}}"#,
        ),
        (
            Shape::GeminiBatch,
            r#"{"requests":[{"model":"models/alias","a":1.0},{"b":2},{"model":"models/alias"}],"model":"x"}"#,
            r#"{"requests":[{"model":"models/up","a":1.0},{"b":2},{"model":"models/up"}],"model":"x"}"#,
        ),
    ] {
        let bytes = Bytes::from_static(body.as_bytes());
        let document = Document::parse(bytes.clone()).unwrap();
        let renamed = rename_model(shape, &bytes, &document, "up");
        assert_eq!(renamed, expected.as_bytes());
    }
}
