//! Models that nobody here has: Amp's own server answers, and its owner pays.

use super::{OWNER, Scene, block};
use crate::harness::{Answer, Settings, Speaks};
use serde_json::{Value, json};

const PATH: &str = "/api/provider/anthropic/v1/messages";

async fn recorded(scene: &Scene, index: usize) -> Value {
    let request = scene.gateway.keyless("GET", "/v0/management/requests");
    let answer = Answer::read(request.bearer_auth(scene.gateway.token())).await;
    answer.json()["requests"][index].clone()
}

#[tokio::test]
async fn the_body_goes_on_as_it_came() {
    let scene = Scene::start(
        Speaks::Chat,
        &["model-mappings: [{from: a, to: nobody-has-it}]"],
    )
    .await;
    let body = "{ \"model\" : \"a(high)\",\"zz\":[1.0e0], \"messages\":[] }\n";
    let request = scene
        .gateway
        .request("POST", &format!("{PATH}?beta=true"))
        .body(body);
    let betas = "context-1m-2025-08-07,other";
    let answer = Answer::read(request.header("anthropic-beta", betas)).await;
    assert_eq!(answer.json(), json!({"from": "amp", "model": "a(high)"}));
    let asked = scene.amp.everything();
    let [asked] = &*asked else {
        panic!("{asked:?}")
    };
    assert_eq!(
        (&*asked.path, &*asked.body),
        (&*format!("{PATH}?beta=true"), body.as_bytes())
    );
    assert_eq!(asked.header("anthropic-beta"), Some(betas));
    assert_eq!(
        asked.header("authorization"),
        Some(&*format!("Bearer {OWNER}"))
    );
    assert!(scene.upstream.requests().is_empty());
    let record = recorded(&scene, 0).await;
    assert_eq!(
        (&record["model"], &record["status"], &record["complete"]),
        (&json!("a(high)"), &json!(200), &json!(true))
    );
    assert!(record["credential"].is_null(), "{record}");
}

#[tokio::test]
async fn googles_paths_go_on_too() {
    let scene = Scene::start(Speaks::Chat, &[]).await;
    for path in [
        "/api/provider/google/v1beta/models/gone:generateContent",
        "/api/provider/google/v1beta1/publishers/google/models/gone:streamGenerateContent?alt=sse",
    ] {
        let answer = Answer::read(scene.gateway.request("POST", path).body("{}")).await;
        assert_eq!(answer.json()["from"], "amp");
        assert_eq!(scene.amp.asked(path).len(), 1);
    }
}

#[tokio::test]
async fn streams_pass_event_by_event_and_are_recorded_at_their_end() {
    let scene = Scene::start(Speaks::Chat, &[]).await;
    let body = Speaks::Claude.question("gone", true).to_string();
    let mut response = scene
        .gateway
        .request("POST", PATH)
        .body(body)
        .send()
        .await
        .unwrap();
    for at in 1..=3 {
        let chunk = response.chunk().await.unwrap().expect("an event comes");
        assert_eq!(chunk, format!("data: {{\"at\":{at}}}\n\n"));
        assert!(at == 3 || recorded(&scene, 0).await.is_null(), "it goes on");
        scene.gate.add_permits(1);
    }
    assert!(response.chunk().await.unwrap().is_none());
    let record = recorded(&scene, 0).await;
    assert_eq!(
        (&record["stream"], &record["complete"]),
        (&json!(true), &json!(true)),
        "{record}"
    );
}

#[tokio::test]
async fn refusals_of_amps_server_are_told_as_they_are() {
    let scene = Scene::start(Speaks::Chat, &[]).await;
    let body = Speaks::Claude.question("no-credits", false).to_string();
    let answer = Answer::read(scene.gateway.request("POST", PATH).body(body)).await;
    assert_eq!(
        (answer.status, answer.json()),
        (402, json!({"error": "no credits"}))
    );
    assert_eq!(recorded(&scene, 0).await["status"], 402);
}

#[tokio::test]
async fn a_server_that_is_down_is_told_and_recorded() {
    let settings = Settings::new().line(&block("http://127.0.0.1:9", &[]));
    let gateway = settings.start().await;
    let body = Speaks::Claude.question("gone", true).to_string();
    let answer = Answer::read(gateway.request("POST", PATH).body(body)).await;
    assert_eq!(
        (answer.status, &answer.json()["error"]),
        (502, &json!("amp_upstream_proxy_error"))
    );
    let request = gateway
        .keyless("GET", "/v0/management/requests")
        .bearer_auth(gateway.token());
    let record = Answer::read(request).await.json()["requests"][0].clone();
    assert_eq!(
        (&record["status"], &record["model"]),
        (&json!(502), &json!("gone"))
    );
}
