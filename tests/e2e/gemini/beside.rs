//! The methods of Code Assist beside those that ask a model, in the name of an account that is here.

use super::accounts::Scene;
use super::{expect_error, post};
use crate::harness::stand_in::{Asked, Said, StandIn};
use crate::harness::{Answer, Gateway, KEY};
use serde_json::{Value, json};
use std::fs;

/// Code Assist, which knows one token.
async fn service(token: &'static str) -> StandIn {
    StandIn::start(move |asked: &Asked| {
        assert!(asked.user_agent().starts_with("modelgate/"), "{asked:?}");
        assert!(
            !format!("{asked:?}").contains(KEY),
            "a key leaked: {asked:?}"
        );
        if asked.path == "/token" {
            return Said::json(
                200,
                &json!({"access_token": "access-1", "expires_in": 3600}),
            );
        }
        if asked.header("authorization") != Some(&format!("Bearer {token}")) {
            let error = json!({"code": 401, "message": "Expired.", "status": "UNAUTHENTICATED"});
            return Said::json(401, &json!({"error": error}));
        }
        match &*asked.path {
            "/v1internal:onboardUser" => {
                let error =
                    json!({"code": 403, "message": "Not eligible.", "status": "PERMISSION_DENIED"});
                Said::json(403, &json!({"error": error}))
            }
            path => Said::json(200, &json!({"path": path, "method": asked.method})),
        }
    })
    .await
}

async fn start(scene: &Scene, service: &StandIn) -> Gateway {
    scene.gemini(&json!({"base_url": service.url}));
    let launch = scene.launch().env(
        "MODELGATE_GEMINI_TOKEN_URL",
        &format!("{}/token", service.url),
    );
    let launch = launch.env("MODELGATE_GEMINI_CLIENT_ID", "client-1");
    launch
        .env("MODELGATE_GEMINI_CLIENT_SECRET", "secret-1")
        .start()
        .await
}

#[tokio::test]
async fn other_methods_are_asked_in_the_name_of_the_account() {
    let scene = Scene::start().await;
    let service = service("access-0").await;
    let gateway = start(&scene, &service).await;
    let body = json!({"metadata": {"pluginType": "GEMINI"}});
    for path in [
        "/v1internal:loadCodeAssist",
        "/v1internal:retrieveUserQuota",
        "/v1internal:embedContent",
    ] {
        let query = format!("{path}?alt=json&key={KEY}");
        let answer = Answer::read(post(&gateway, &query, body.to_string())).await;
        assert_eq!(
            answer.json(),
            json!({"path": format!("{path}?alt=json"), "method": "POST"})
        );
        let asked = service.everything().pop().unwrap();
        assert_eq!(
            (asked.json(), asked.header("x-goog-api-key")),
            (body.clone(), None)
        );
    }
    let operation = "/v1internal/operations/op-1";
    let request = gateway
        .keyless("GET", operation)
        .header("x-goog-api-key", KEY);
    assert_eq!(
        Answer::read(request).await.json(),
        json!({"path": operation, "method": "GET"})
    );
    let refused = Answer::read(post(&gateway, "/v1internal:onboardUser", "{}")).await;
    expect_error(&refused, 403, "PERMISSION_DENIED");
    let request = gateway.request("DELETE", operation);
    assert_eq!(
        Answer::read(request).await.header("allow"),
        Some("GET, POST")
    );
    let request = gateway
        .keyless("GET", "/v0/management/requests")
        .bearer_auth(gateway.token());
    assert_eq!(
        Answer::read(request).await.json()["requests"],
        json!([]),
        "nothing of it is recorded"
    );
}

#[tokio::test]
async fn a_token_that_was_ended_is_renewed_once() {
    let scene = Scene::start().await;
    let service = service("access-1").await;
    let gateway = start(&scene, &service).await;
    for _ in 0..2 {
        let answer = Answer::read(post(&gateway, "/v1internal:loadCodeAssist", "{}")).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
    }
    assert_eq!(service.asked("/token").len(), 1);
}

#[tokio::test]
async fn somebody_must_be_let_in_and_an_account_must_be_there() {
    let scene = Scene::start().await;
    let service = service("access-0").await;
    let path = "/v1internal:loadCodeAssist";
    let gateway = scene.launch().start().await;
    let answer = Answer::read(post(&gateway, path, "{}")).await;
    let error = expect_error(&answer, 404, "NOT_FOUND");
    let message = error["error"]["message"].as_str().unwrap().to_owned();
    assert!(message.contains("modelgate login gemini"), "{message}");

    let gateway = start(&scene, &service).await;
    let keyless = || gateway.keyless("POST", path).body("{}");
    expect_error(&Answer::read(keyless()).await, 401, "UNAUTHENTICATED");
    assert!(service.everything().is_empty());
    let config = scene.home.path("modelgate.yaml");
    let text: String = fs::read_to_string(config).unwrap();
    gateway.rewrite(&format!("{text}enable-gemini-cli-endpoint: true\n"));
    // Google's own token of the client counts for nothing.
    let told = async || Answer::read(keyless().bearer_auth("ya29.theirs")).await;
    crate::harness::eventually("being here is enough", async || told().await.status == 200).await;
    let told: Value = told().await.json();
    assert_eq!(told["path"], path);
}
