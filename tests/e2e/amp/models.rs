//! Models that are served here: under their own names, or standing in for those that Amp asks for.

use super::Scene;
use crate::harness::{Answer, Gateway, HELLO, KEY, Settings, Speaks};
use modelgate_test_upstream::Upstream;
use serde_json::{Value, json};

/// The path of a dialect below the name of a provider.
fn path(dialect: Speaks) -> String {
    let provider = match dialect {
        Speaks::Chat => "openai",
        Speaks::Claude => "anthropic",
    };
    format!("/api/provider/{provider}{}", dialect.path())
}

async fn post(gateway: &Gateway, path: &str, body: &Value) -> Answer {
    Answer::read(gateway.request("POST", path).body(body.to_string())).await
}

async fn ask(gateway: &Gateway, dialect: Speaks, model: &str, stream: bool) -> Answer {
    post(gateway, &path(dialect), &dialect.question(model, stream)).await
}

/// Everything that was recorded, the latest first.
async fn recorded(gateway: &Gateway) -> Vec<Value> {
    let request = gateway.keyless("GET", "/v0/management/requests");
    let answer = Answer::read(request.bearer_auth(gateway.token())).await;
    answer.json()["requests"].as_array().unwrap().clone()
}

/// A question in every other dialect, and where it is asked.
fn questions(model: &str) -> Vec<(String, Value)> {
    let contents = json!({"contents": [{"role": "user", "parts": [{"text": "Hi"}]}]});
    let messages =
        json!({"model": model, "max_tokens": 64, "messages": [{"role": "user", "content": "Hi"}]});
    let below = |tail: &str| format!("/api/provider/{tail}");
    let input = |stream: bool| json!({"model": model, "input": "Hi", "stream": stream});
    vec![
        (below("openai/chat/completions"), messages.clone()),
        (below("openai/v1/chat/completions"), messages.clone()),
        (below("anthropic/v1/messages"), messages),
        (below("openai/responses"), input(false)),
        (below("openai/v1/responses"), input(true)),
        (
            below("fireworks/v1/completions"),
            json!({"model": model, "prompt": "Hi"}),
        ),
        (
            below(&format!("google/v1beta/models/{model}:generateContent")),
            contents.clone(),
        ),
        (
            below(&format!(
                "google/v1beta/models/{model}:streamGenerateContent?alt=sse"
            )),
            contents.clone(),
        ),
        (
            below(&format!(
                "google/v1beta1/publishers/google/models/{model}:generateContent"
            )),
            contents,
        ),
    ]
}

#[tokio::test]
async fn every_route_is_answered_here_where_the_model_is() {
    for dialect in Speaks::BOTH {
        let scene = Scene::start(dialect, &[]).await;
        let questions = questions("up-text");
        for (path, body) in &questions {
            let answer = post(&scene.gateway, path, body).await;
            assert_eq!(answer.status, 200, "{path} {}", answer.text());
            assert!(
                answer.text().contains("scripted"),
                "{path} {}",
                answer.text()
            );
            assert_eq!(scene.upstream.last_request().json()["model"], "up-text");
        }
        let mut body = questions[2].1.clone();
        body.as_object_mut().unwrap().remove("max_tokens");
        let path = "/api/provider/anthropic/v1/messages/count_tokens";
        let count = post(&scene.gateway, path, &body).await;
        assert!(count.json()["input_tokens"].is_u64(), "{}", count.text());
        assert!(scene.amp.everything().is_empty(), "nothing left");
        let records = recorded(&scene.gateway).await;
        assert_eq!(records.len(), questions.len() + 1);
        assert!(
            records.iter().all(|record| record["model"] == "up-text"),
            "{records:?}"
        );
    }
}

#[tokio::test]
async fn clients_need_a_key_of_ours() {
    let scene = Scene::start(Speaks::Chat, &[]).await;
    for dialect in Speaks::BOTH {
        let body = dialect.question("up-text", false).to_string();
        let refused = Answer::read(scene.gateway.keyless("POST", &path(dialect)).body(body)).await;
        refused.expect_refusal(dialect, 401, "authentication_error", "missing_api_key");
        let odd = post(&scene.gateway, &path(dialect), &json!({"model": 7})).await;
        assert_eq!(odd.refusal(dialect).status, 400);
        let get = Answer::read(scene.gateway.request("GET", &path(dialect))).await;
        assert_eq!((get.status, get.header("allow")), (405, Some("POST")));
    }
    assert!(scene.upstream.requests().is_empty() && scene.amp.everything().is_empty());
}

#[tokio::test]
async fn lists_look_as_the_provider_says() {
    let scene = Scene::start(Speaks::Chat, &[]).await;
    for (path, list, first) in [
        ("openai/v1/models", "data", "object"),
        ("anthropic/models", "data", "display_name"),
        ("anthropic/v1/models", "data", "display_name"),
        ("google/v1/models", "models", "supportedGenerationMethods"),
        (
            "google/v1beta/models",
            "models",
            "supportedGenerationMethods",
        ),
    ] {
        let path = format!("/api/provider/{path}");
        let answer = Answer::read(scene.gateway.request("GET", &path)).await;
        assert!(
            !answer.json()[list][0][first].is_null(),
            "{path} {}",
            answer.text()
        );
    }
    let one = Answer::read(
        scene
            .gateway
            .request("GET", "/api/provider/google/v1beta/models/up-text"),
    )
    .await;
    assert_eq!(one.json()["name"], "models/up-text");
}

#[tokio::test]
async fn a_model_that_stands_in_answers_under_the_name_that_was_asked_for() {
    let mappings = "model-mappings: [{from: 'opus-\\d', to: up-unicode, regex: true}, {from: Claude-Opus-4, to: up-text}]";
    for upstream in Speaks::BOTH {
        let scene = Scene::start(upstream, &[mappings]).await;
        for client in Speaks::BOTH {
            for stream in [false, true] {
                let answer = ask(&scene.gateway, client, "claude-opus-4", stream).await;
                answer.expect_text(client, HELLO);
                assert_eq!(answer.folded(client).model, "claude-opus-4");
                assert_eq!(scene.upstream.last_request().json()["model"], "up-text");
                let answer = ask(&scene.gateway, client, "claude-OPUS-5-latest", stream).await;
                assert_eq!(answer.folded(client).model, "claude-OPUS-5-latest");
                assert_eq!(scene.upstream.last_request().json()["model"], "up-unicode");
            }
        }
        for (path, body) in questions("claude-opus-4") {
            let answer = post(&scene.gateway, &path, &body).await;
            let text = answer.text();
            assert!(
                text.contains("scripted") && text.contains("claude-opus-4"),
                "{path} {text}"
            );
            assert!(!text.contains("up-text"), "{path} {text}");
        }
        assert!(scene.amp.everything().is_empty());
        let records = recorded(&scene.gateway).await;
        assert_eq!(
            (&records[0]["model"], records[0]["credential"].is_string()),
            (&json!("claude-opus-4"), true)
        );
    }
}

#[tokio::test]
async fn names_are_written_back_where_nothing_is_translated() {
    let upstream = Upstream::start().await;
    let url = upstream.url();
    let models = "models: [{name: up-text}]";
    let settings = Settings::new()
        .line(&format!("gemini-api-key: [{{api-key: sk-good, base-url: '{url}', {models}}}]"))
        .line(&format!("codex-api-key: [{{api-key: sk-good, base-url: '{url}/v1', prefix: c, {models}}}]"))
        .line("force-model-prefix: true")
        .line("ampcode: {model-mappings: [{from: gemini-x, to: up-text}, {from: gpt-x, to: c/up-text}]}");
    let gateway = settings.start().await;
    let mut asked = questions("gemini-x").split_off(6);
    let at = asked.len();
    asked.extend(questions("gpt-x").drain(3..5));
    for (index, (path, body)) in asked.iter().enumerate() {
        let answer = post(&gateway, path, body).await;
        let name = if index < at {
            "\"modelVersion\":\"gemini-x\""
        } else {
            "\"model\":\"gpt-x\""
        };
        let text = answer.text().replace(": ", ":");
        assert!(text.contains(name), "{path} {text}");
        assert!(!text.contains("up-text"), "{path} {text}");
        let sent = upstream.last_request();
        let same = if index < at { ":" } else { "/v1/responses" };
        assert!(
            sent.path.contains(same),
            "{path} was translated to {}",
            sent.path
        );
    }
}

#[tokio::test]
async fn a_model_of_ours_comes_first_unless_mappings_are_forced() {
    let mapping = "model-mappings: [{from: up-text, to: up-unicode}]";
    for (forced, expected) in [(false, "up-text"), (true, "up-unicode")] {
        let force = format!("force-model-mappings: {forced}");
        let scene = Scene::start(Speaks::Chat, &[mapping, &force]).await;
        let answer = ask(&scene.gateway, Speaks::Claude, "up-text", false).await;
        assert_eq!(answer.folded(Speaks::Claude).model, "up-text");
        assert_eq!(scene.upstream.last_request().json()["model"], expected);
        // Others ask for what they name.
        scene
            .gateway
            .question(Speaks::Claude, "up-text", false)
            .await;
        assert_eq!(scene.upstream.last_request().json()["model"], "up-text");
    }
}

#[tokio::test]
async fn how_much_to_think_is_what_the_mapping_says_or_the_client() {
    let mappings = "model-mappings: [{from: a, to: up-text}, {from: b, to: up-text(low)}]";
    let scene = Scene::start(Speaks::Chat, &[mappings]).await;
    for (model, expected) in [
        ("a", Value::Null),
        ("a(high)", json!("high")),
        ("b(high)", json!("low")),
        ("b", json!("low")),
        ("up-text(medium)", json!("medium")),
    ] {
        let answer = ask(&scene.gateway, Speaks::Chat, model, false).await;
        assert_eq!(answer.folded(Speaks::Chat).model, model);
        let sent = scene.upstream.last_request().json();
        assert_eq!(
            (&sent["model"], &sent["reasoning_effort"]),
            (&json!("up-text"), &expected),
            "{model}"
        );
    }
}

#[tokio::test]
async fn a_long_context_is_not_asked_of_our_providers() {
    let scene = Scene::start(Speaks::Claude, &[]).await;
    let body = Speaks::Claude.question("up-text", false).to_string();
    for (sent, expected) in [
        (
            "interleaved-thinking-2025-05-14, context-1m-2025-08-07",
            Some("interleaved-thinking-2025-05-14"),
        ),
        ("context-1m-2025-08-07", None),
    ] {
        let ask = |path: &str| {
            scene
                .gateway
                .request("POST", path)
                .header("anthropic-beta", sent)
                .body(body.clone())
        };
        assert_eq!(Answer::read(ask(&path(Speaks::Claude))).await.status, 200);
        assert_eq!(
            scene.upstream.last_request().header("anthropic-beta"),
            expected
        );
        assert_eq!(Answer::read(ask("/v1/messages")).await.status, 200);
        assert_eq!(
            scene.upstream.last_request().header("anthropic-beta"),
            Some(sent)
        );
    }
}

#[tokio::test]
async fn a_long_context_that_stands_in_the_body_is_not_asked_for_either() {
    let scene = Scene::start(Speaks::Claude, &[]).await;
    for (sent, header, expected) in [
        (json!(["context-1m-2025-08-07"]), None, None),
        (
            json!(["one-1", "context-1m-2025-08-07"]),
            None,
            Some("one-1"),
        ),
        (
            json!(["context-1m-2025-08-07"]),
            Some("two-2"),
            Some("two-2"),
        ),
    ] {
        let mut body = Speaks::Claude.question("up-text", false);
        body["betas"] = sent;
        let mut request = scene.gateway.request("POST", &path(Speaks::Claude));
        if let Some(header) = header {
            request = request.header("anthropic-beta", header);
        }
        let answer = Answer::read(request.body(body.to_string())).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        let asked = scene.upstream.last_request();
        assert_eq!(asked.header("anthropic-beta"), expected);
        assert!(asked.json().get("betas").is_none(), "{}", asked.json());
    }
}

#[tokio::test]
async fn packed_bodies_are_read() {
    let scene = Scene::start(Speaks::Chat, &["model-mappings: [{from: a, to: up-text}]"]).await;
    let body = super::packed(Speaks::Chat.question("a", false).to_string().as_bytes());
    let request = scene
        .gateway
        .request("POST", &path(Speaks::Chat))
        .header("content-encoding", "gzip");
    Answer::read(request.body(body))
        .await
        .expect_text(Speaks::Chat, HELLO);
}

#[tokio::test]
async fn mappings_change_while_it_runs() {
    let scene = Scene::start(Speaks::Chat, &[]).await;
    let manage = async |method: &str, path: &str, body: &str| {
        let request = scene
            .gateway
            .keyless(method, &format!("/v0/management/ampcode/{path}"));
        let answer = Answer::read(
            request
                .bearer_auth(scene.gateway.token())
                .body(body.to_owned()),
        )
        .await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()
    };
    assert_eq!(
        ask(&scene.gateway, Speaks::Chat, "new", false).await.json()["from"],
        "amp"
    );
    let mapping = r#"{"value":[{"from":"NE","to":"up-text","regex":true}]}"#;
    manage("PATCH", "model-mappings", mapping).await;
    ask(&scene.gateway, Speaks::Chat, "new", false)
        .await
        .expect_text(Speaks::Chat, HELLO);
    let told = manage("GET", "model-mappings", "").await;
    assert_eq!(told["model-mappings"][0]["to"], "up-text");
    manage("DELETE", "model-mappings", "").await;
    assert_eq!(
        ask(&scene.gateway, Speaks::Chat, "new", false).await.json()["from"],
        "amp"
    );
    manage("DELETE", "upstream-url", "").await;
    let refused = ask(&scene.gateway, Speaks::Chat, "new", false).await;
    refused.expect_refusal(
        Speaks::Chat,
        404,
        "invalid_request_error",
        "model_not_found",
    );
}

#[tokio::test]
async fn a_key_for_some_models_reaches_no_others_this_way() {
    let scene = Scene::start(
        Speaks::Chat,
        &["model-mappings: [{from: a, to: up-text}, {from: b, to: up-unicode}]"],
    )
    .await;
    let limited = "mg-key-for-some-models-0123456789";
    let keys = format!("api-keys: [{KEY}, {{key: {limited}, models: [up-unicode, b]}}]\n");
    let text = scene
        .settings
        .text()
        .replace(&format!("api-keys: [{KEY}]\n"), &keys);
    scene.gateway.rewrite(&text);
    let status = async |model: &str| {
        let body = Speaks::Chat.question(model, false).to_string();
        let request = scene
            .gateway
            .keyless("POST", &path(Speaks::Chat))
            .bearer_auth(limited);
        Answer::read(request.body(body)).await.status
    };
    crate::harness::eventually("the new key counts", async || {
        status("up-unicode").await == 200
    })
    .await;
    assert_eq!(status("b").await, 200);
    for model in ["up-text", "a", "on-amps-server"] {
        assert_eq!(status(model).await, 403, "{model}");
    }
    assert!(scene.amp.everything().is_empty());
}
