//! Google's routes: keys, methods, paths of models, lists, and the envelope of Code Assist.

use super::{Form, Said, expect_error, post, question};
use crate::harness::wire::Wire;
use crate::harness::{Answer, Gateway, HELLO, KEY, Speaks, scene};
use serde_json::{Value, json};

#[tokio::test]
async fn keys_come_as_googles_clients_send_them() {
    let (_upstream, gateway) = scene::start(Speaks::Chat, "").await;
    let path = Form::Whole.path("up-text");
    let body = question().to_string();
    let query = format!("{path}?key={KEY}");
    for request in [
        post(&gateway, &path, body.clone()),
        gateway.keyless("POST", &query).body(body.clone()),
        gateway.request("POST", &path).body(body.clone()),
    ] {
        let answer = Answer::read(request).await;
        assert_eq!(Said::read(Form::Whole, &answer).text, HELLO);
    }
    let missing = Answer::read(gateway.keyless("POST", &path).body(body.clone())).await;
    expect_error(&missing, 401, "UNAUTHENTICATED");
    let wrong = gateway
        .keyless("POST", &path)
        .header("x-goog-api-key", "no");
    expect_error(
        &Answer::read(wrong.body(body)).await,
        401,
        "UNAUTHENTICATED",
    );
}

#[tokio::test]
async fn both_versions_of_the_path_are_served() {
    let (upstream, gateway) = scene::start(Speaks::Claude, "").await;
    for path in [
        "/v1/models/up-text:generateContent",
        "/v1beta/models/up-text:generateContent",
        "/v1beta/models/models/up-text:generateContent",
        "/v1beta/models/up-text%3AgenerateContent",
    ] {
        let answer = Answer::read(post(&gateway, path, question().to_string())).await;
        assert_eq!(Said::read(Form::Whole, &answer).text, HELLO, "{path}");
        assert_eq!(upstream.last_request().json()["model"], "up-text");
    }
}

#[tokio::test]
async fn unknown_methods_are_not_found() {
    let (upstream, gateway) = scene::start(Speaks::Chat, "").await;
    for path in [
        "/v1beta/models/up-text:predictAll",
        "/v1beta/models/up-text",
        "/v1beta/models/up-text:",
        "/v1beta/cachedContents",
        "/v1internal:loadEverything",
    ] {
        let answer = Answer::read(post(&gateway, path, question().to_string())).await;
        expect_error(&answer, 404, "NOT_FOUND");
    }
    assert!(upstream.requests().is_empty());
    let path = Form::Whole.path("up-text");
    let wrong = Answer::read(gateway.request("PUT", &path).body("{}")).await;
    assert_eq!((wrong.status, wrong.header("allow")), (405, Some("POST")));
}

/// The status of a path that an HTTP library would have tidied.
async fn status_of(gateway: &Gateway, path: &str) -> String {
    let body = question().to_string();
    let length = body.len();
    let mut wire = Wire::sending(
        gateway,
        format!("POST {path} HTTP/1.1\r\nhost: gateway\r\nx-goog-api-key: {KEY}\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}"),
    )
    .await;
    wire.until_closed().await;
    wire.text()
}

#[tokio::test]
async fn odd_names_of_models_are_refused() {
    let (upstream, gateway) = scene::start(Speaks::Chat, "").await;
    for name in [
        "..",
        "../up-text",
        "a/../up-text",
        "%2e%2e/up-text",
        "..%2fup-text",
        "a%2fup-text",
        "a%2Fup-text",
        "a%5cup-text",
        "a%23b",
        "a%3fb",
        "%00",
        "a//b",
        "",
    ] {
        let path = format!("/v1beta/models/{name}:generateContent");
        let answer = status_of(&gateway, &path).await;
        assert!(answer.starts_with("HTTP/1.1 400"), "{name}: {answer}");
        assert!(answer.contains("INVALID_ARGUMENT"), "{name}: {answer}");
    }
    assert!(upstream.requests().is_empty());
}

#[tokio::test]
async fn models_are_listed_in_googles_shape() {
    let (_upstream, gateway) = scene::start(Speaks::Chat, "").await;
    for path in ["/v1beta/models", "/v1/models", "/v1beta/models?pageSize=50"] {
        let request = gateway.keyless("GET", path).header("x-goog-api-key", KEY);
        let answer = Answer::read(request).await;
        assert_eq!(answer.status, 200, "{:?}", answer.body);
        let body = answer.json();
        let models = body["models"].as_array().expect("a list");
        let found = models
            .iter()
            .find(|model| model["name"] == "models/up-text");
        let methods = &found.expect("the model is listed")["supportedGenerationMethods"];
        let methods = methods.as_array().unwrap();
        assert!(methods.contains(&json!("generateContent")), "{methods:?}");
    }
    let one = gateway
        .keyless("GET", "/v1beta/models/up-text")
        .header("x-goog-api-key", KEY);
    assert_eq!(Answer::read(one).await.json()["name"], "models/up-text");
    let none = gateway
        .keyless("GET", "/v1beta/models/nothing")
        .header("x-goog-api-key", KEY);
    expect_error(&Answer::read(none).await, 404, "NOT_FOUND");
}

/// The responses in the envelopes of an answer.
fn opened(answer: &Answer) -> Vec<Value> {
    assert_eq!(answer.status, 200, "{:?}", answer.body);
    let envelopes = if answer.is_stream() {
        let frames = answer.frames();
        frames
            .iter()
            .map(crate::harness::answer::Frame::json)
            .collect()
    } else {
        match answer.json() {
            Value::Array(items) => items,
            one => vec![one],
        }
    };
    envelopes
        .iter()
        .map(|envelope| {
            assert!(envelope["candidates"].is_null(), "{envelope}");
            envelope["response"].clone()
        })
        .collect()
}

#[tokio::test]
async fn code_assist_has_its_envelope() {
    for dialect in Speaks::BOTH {
        let (upstream, gateway) = scene::start(dialect, "").await;
        let body = json!({"model": "up-text", "project": "p", "user_prompt_id": "u", "request": question()});
        for method in [
            "generateContent",
            "streamGenerateContent?alt=sse",
            "streamGenerateContent",
        ] {
            let path = format!("/v1internal:{method}");
            let answer = Answer::read(post(&gateway, &path, body.to_string())).await;
            let text: String = opened(&answer)
                .iter()
                .flat_map(|response| response["candidates"][0]["content"]["parts"].as_array())
                .flatten()
                .filter_map(|part| part["text"].as_str())
                .collect();
            assert_eq!(text, HELLO, "{dialect:?} {method}");
            assert_eq!(upstream.last_request().json()["model"], "up-text");
        }
    }
}

#[tokio::test]
async fn code_assist_goes_through_to_a_gemini_upstream() {
    let (upstream, gateway) = super::start(&["sk-good"], "").await;
    let body = json!({"model": "up-text", "project": "p", "request": question()});
    let path = "/v1internal:generateContent";
    let answer = Answer::read(post(&gateway, path, body.to_string())).await;
    let said = &opened(&answer)[0]["candidates"][0]["content"]["parts"][0]["text"];
    assert_eq!(*said, HELLO);
    assert_eq!(upstream.last_request().json(), question());
    let empty = Answer::read(post(&gateway, path, "{\"model\":\"up-text\"}")).await;
    expect_error(&empty, 400, "INVALID_ARGUMENT");
}
