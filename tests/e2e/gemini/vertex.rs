//! What Vertex AI wants to be told that the Gemini API does not.

use super::{expect_error, post};
use crate::harness::{Answer, HELLO, Settings};
use modelgate_test_upstream::Upstream;
use serde_json::json;

#[tokio::test]
async fn a_question_without_a_role_is_the_users() {
    let upstream = Upstream::start().await;
    let entry = format!(
        "vertex-api-key:\n  - api-key: sk-good\n    base-url: {}\n    models: [{{name: up-text}}]",
        upstream.url()
    );
    let gateway = Settings::new()
        .line("request-retry: 0")
        .line(&entry)
        .start()
        .await;
    let path = "/v1beta/models/up-text:generateContent";
    let ask = async |contents: serde_json::Value| {
        let body = json!({"contents": contents}).to_string();
        Answer::read(post(&gateway, path, body)).await
    };
    let answer = ask(json!([{"parts": [{"text": "Hi"}]}])).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert!(answer.text().contains(HELLO), "{}", answer.text());
    let sent = upstream.last_request();
    assert_eq!(
        sent.path,
        "/v1/publishers/google/models/up-text:generateContent"
    );
    assert_eq!(sent.json()["contents"][0]["role"], "user");
    // A role that is none stays what the client said.
    let odd = ask(json!([{"role": "somebody", "parts": [{"text": "Hi"}]}])).await;
    expect_error(&odd, 400, "INVALID_ARGUMENT");
}
