//! Gemini over a socket: both doors, both forms of streams, keys, counting, vectors, errors.

use super::Upstream;
use super::tests::{connect_with, read};
use serde_json::{Value, json};

const KEY: &str = "x-goog-api-key: k\r\n";

async fn ask(path: &str, keys: &str, body: &Value) -> String {
    let upstream = Upstream::start().await;
    let method = if body.is_null() { "GET" } else { "POST" };
    let body = if body.is_null() {
        String::new()
    } else {
        body.to_string()
    };
    read(connect_with(&upstream, method, path, keys, &body).await).await
}

fn question() -> Value {
    json!({"contents": [{"role": "user", "parts": [{"text": "hi"}]}]})
}

#[tokio::test]
async fn every_method_answers_at_both_doors() {
    for door in ["/v1beta/models", "/v1/publishers/google/models"] {
        for (method, body, words) in [
            ("generateContent", question(), "\"finishReason\":\"STOP\""),
            (
                "streamGenerateContent?alt=sse",
                question(),
                "data: {\"usageMetadata\"",
            ),
            ("streamGenerateContent", question(), "\r\n[{\n"),
            ("countTokens", question(), "\"totalTokens\":"),
            (
                "embedContent",
                json!({"content": {"parts": [{"text": "a"}]}}),
                "{\"embedding\":{\"values\":[",
            ),
            (
                "batchEmbedContents",
                json!({"requests": [{"model": "models/up-text", "content": {"parts": [{"text": "a"}]}}]}),
                "{\"embeddings\":[{\"values\":[",
            ),
        ] {
            let answer = ask(&format!("{door}/up-text:{method}"), KEY, &body).await;
            assert!(
                answer.starts_with("HTTP/1.1 200") && answer.contains(words),
                "{answer}"
            );
        }
    }
    let list = ask("/v1beta/models", KEY, &Value::Null).await;
    assert!(list.contains("\"name\":\"models/up-text\""), "{list}");
}

#[tokio::test]
async fn keys_are_checked_as_google_checks_them() {
    let path = "/v1beta/models/up-text:generateContent";
    for (path, keys, status, words) in [
        (path, "", 403, "PERMISSION_DENIED"),
        (&format!("{path}?key=k"), "", 200, "candidates"),
        (path, "authorization: Bearer k\r\n", 200, "candidates"),
        (path, "x-goog-api-key: fail-400\r\n", 400, "API_KEY_INVALID"),
        (path, "x-goog-api-key: fail-503\r\n", 503, "UNAVAILABLE"),
    ] {
        let answer = ask(path, keys, &question()).await;
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status}")) && answer.contains(words),
            "{answer}"
        );
    }
}

#[tokio::test]
async fn refusals_have_googles_shape_in_the_form_that_was_asked_for() {
    for (path, status, words) in [
        (
            "up-none:generateContent",
            404,
            "\r\n\r\n{\"error\":{\"code\":404",
        ),
        (
            "up-429:streamGenerateContent?alt=sse",
            429,
            "\"retryDelay\":\"7s\"",
        ),
        (
            "up-429:streamGenerateContent",
            429,
            "\r\n\r\n[{\"error\":{\"code\":429",
        ),
        (
            "up-error-first:streamGenerateContent",
            200,
            "[{\"error\":{\"code\":503",
        ),
        (
            "up-error-in-stream:streamGenerateContent",
            200,
            ",\r\n{\"error\":{\"code\":503",
        ),
        ("up-text:predict", 404, "NOT_FOUND"),
    ] {
        let answer = ask(&format!("/v1beta/models/{path}"), KEY, &question()).await;
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status}")) && answer.contains(words),
            "{answer}"
        );
    }
}

#[tokio::test]
async fn what_is_asked_beside_answers_fails_with_the_model() {
    let text = json!({"parts": [{"text": "a"}]});
    for (method, body) in [
        ("countTokens", question()),
        ("embedContent", json!({"content": text})),
        (
            "batchEmbedContents",
            json!({"requests": [{"model": "models/MODEL", "content": text}]}),
        ),
    ] {
        for (model, status, words) in [
            ("up-429", 429, "\"retryDelay\":\"7s\""),
            ("up-503", 503, "UNAVAILABLE"),
            ("up-401", 400, "API_KEY_INVALID"),
            ("none", 404, "NOT_FOUND"),
            ("up-cut", 200, "application/json"),
        ] {
            let body = body.to_string().replace("MODEL", model);
            let body: Value = serde_json::from_str(&body).expect("a body");
            let answer = ask(&format!("/v1beta/models/{model}:{method}"), KEY, &body).await;
            assert!(
                answer.starts_with(&format!("HTTP/1.1 {status}")) && answer.contains(words),
                "{method} {model} {answer}"
            );
        }
    }
}
