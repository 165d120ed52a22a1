//! What is asked of Amp's own server: who may, with which key, and how the answers come back.

use super::{OWNER, STAYS, Scene, block};
use crate::harness::{Answer, KEY, Settings, Speaks, eventually};
use serde_json::json;

#[tokio::test]
async fn the_owner_is_let_in_however_the_client_presents_its_key() {
    let scene = Scene::start(Speaks::Chat, &[]).await;
    let bearer = format!("Bearer {KEY}");
    let path = "/api/internal?getUserInfo";
    let query = format!("{path}&key={KEY}");
    for (path, name, value) in [
        (path, "authorization", &*bearer),
        (path, "authorization", KEY),
        (path, "x-api-key", KEY),
        (path, "api-key", KEY),
        (path, "x-goog-api-key", KEY),
        (&*query, "accept", "*/*"),
    ] {
        let request = STAYS
            .iter()
            .filter(|stays| **stays != name && !stays.contains("api-key"));
        let request = request.fold(scene.gateway.keyless("GET", path), |request, stays| {
            request.header(*stays, "x")
        });
        let request = request
            .header(name, value)
            .header("x-also", format!("a {KEY}"))
            .header("x-amp-client-application", "CLI");
        let answer = Answer::read(request).await;
        assert_eq!(
            (answer.status, &answer.json()["ok"]),
            (200, &json!(true)),
            "{name} {}",
            answer.text()
        );
        for hidden in ["access-control-allow-origin", "set-cookie"] {
            assert_eq!(answer.header(hidden), None);
        }
    }
    let asked = scene.amp.asked(path);
    assert_eq!(asked.len(), 6, "each reached the same address");
    for asked in asked {
        assert_eq!(
            asked.header("authorization"),
            Some(&*format!("Bearer {OWNER}"))
        );
        assert_eq!(asked.header("x-amp-client-application"), Some("CLI"));
    }
    let usage = Answer::read(
        scene
            .gateway
            .keyless("GET", "/v0/management/requests")
            .bearer_auth(scene.gateway.token()),
    );
    let requests = usage.await.json();
    assert_eq!(requests["requests"], json!([]), "nothing of it is recorded");
}

#[tokio::test]
async fn methods_paths_and_bodies_arrive_as_they_are() {
    let scene = Scene::start(Speaks::Chat, &[]).await;
    for (method, path, body) in [
        ("POST", "/api/telemetry", "{\"a\" : 1}"),
        ("PUT", "/api/threads/T%201/labels?b=2&c", "\u{0}raw"),
        ("DELETE", "/api/user/keys/1/", ""),
        ("PATCH", "/api/meta", "x"),
        ("GET", "/threads/T-1.md", ""),
        ("GET", "/news.rss", ""),
        ("POST", "/auth/callback", "code=1"),
        ("GET", "/api/provider/google/v1beta1/operations/7", ""),
    ] {
        let answer = Answer::read(scene.gateway.request(method, path).body(body)).await;
        let expected = json!({"path": path, "method": method, "body": body.as_bytes()});
        assert_eq!(answer.json(), expected, "{}", answer.text());
    }
    let packed = super::packed(b"{\"unpacked\":1}");
    let request = scene.gateway.request("POST", "/api/otel/v1/traces");
    let request = request.header("content-encoding", "gzip").body(packed);
    let body = Answer::read(request).await.json()["body"].clone();
    assert_eq!(body, json!(b"{\"unpacked\":1}"));
    assert_eq!(
        scene.amp.asked("/api/otel/v1/traces")[0].header("content-encoding"),
        None
    );
}

#[tokio::test]
async fn nobody_comes_near_the_owners_key_without_one_of_ours() {
    let scene = Scene::start(Speaks::Chat, &[]).await;
    for path in ["/api/internal?getUserInfo", "/api/user", "/news.rss"] {
        let missing = Answer::read(scene.gateway.keyless("GET", path)).await;
        missing.expect_refusal(Speaks::Chat, 401, "authentication_error", "missing_api_key");
        let wrong = scene.gateway.keyless("GET", path).bearer_auth(OWNER);
        let wrong = Answer::read(wrong).await;
        wrong.expect_refusal(Speaks::Chat, 401, "authentication_error", "invalid_api_key");
    }
    assert!(scene.amp.everything().is_empty());
    // Pages for browsers are open, and the owner's key is not lent to them.
    let page = scene
        .gateway
        .keyless("GET", "/docs/a?key=mg-wrong")
        .header("x-api-key", "mg-wrong");
    assert_eq!(Answer::read(page).await.status, 200);
    let asked = scene.amp.asked("/docs/a");
    assert_eq!(
        (
            asked[0].header("authorization"),
            asked[0].header("x-api-key")
        ),
        (None, None)
    );
    assert_eq!(
        Answer::read(scene.gateway.keyless("POST", "/docs/a"))
            .await
            .status,
        405
    );
}

#[tokio::test]
async fn pages_of_others_get_nothing() {
    let scene = Scene::start(Speaks::Chat, &[]).await;
    for path in ["/api/internal", "/auth/sign-in", "/threads/T-1"] {
        let asks = scene.gateway.request("OPTIONS", path);
        let asks = asks
            .header("origin", "https://evil.example")
            .header("access-control-request-method", "POST");
        let answer = Answer::read(asks).await;
        assert_eq!((answer.status, answer.text()), (403, ""));
        assert_eq!(answer.header("access-control-allow-origin"), None);
    }
    assert!(scene.amp.everything().is_empty());
}

/// What a gateway asks with that was told no key, where Amp's own program keeps this one for the server.
async fn asks_with_kept(key: &str) -> (u16, Option<String>) {
    let scene = Scene::start(Speaks::Chat, &[]).await;
    let kept = scene
        .gateway
        .home
        .path("home/.local/share/amp/secrets.json");
    std::fs::create_dir_all(kept.parent().unwrap()).unwrap();
    let of_others = (
        "apiKey@https://ampcode.com/",
        "apiKey@http://127.0.0.1:8317/",
    );
    let keys = json!({of_others.0: "sgamp-of-another", of_others.1: KEY, format!("apiKey@{}/", scene.amp.url): key});
    std::fs::write(&kept, keys.to_string()).unwrap();
    let told = format!("  upstream-api-key: {OWNER}\n");
    let text = scene.settings.text().replace(&told, "");
    scene.gateway.rewrite(&text);
    let path = "/api/user";
    let mut last = (0, None);
    eventually("the key of the file counts no more", async || {
        last.0 = Answer::read(scene.gateway.request("GET", path))
            .await
            .status;
        let asked = scene.amp.asked(path).pop().unwrap();
        last.1 = asked.header("x-api-key").map(str::to_owned);
        last.1.as_deref() != Some(OWNER)
    })
    .await;
    last
}

#[tokio::test]
async fn a_key_that_amps_own_program_keeps_is_used_where_none_is_told() {
    let kept = "sgamp-kept-by-amp-itself".to_owned();
    assert_eq!(asks_with_kept(&kept).await, (200, Some(kept)));
    // It is one of ours: nobody is let in with that there.
    assert_eq!(asks_with_kept(KEY).await, (401, None));
}

#[tokio::test]
async fn a_client_may_have_a_key_of_its_own_and_changes_count_at_once() {
    let other = "mg-key-of-another-client-0123456789";
    let own = format!("upstream-api-keys: [{{upstream-api-key: sgamp-own, api-keys: [{KEY}]}}]");
    let scene = Scene::start(Speaks::Chat, &[&own]).await;
    let path = "/api/user";
    let key_of = async |key: &str| {
        let request = scene.gateway.keyless("GET", path).bearer_auth(key);
        let status = Answer::read(request).await.status;
        let asked = scene.amp.asked(path);
        (
            status,
            asked
                .last()
                .and_then(|asked| asked.header("x-api-key").map(str::to_owned)),
        )
    };
    assert_eq!(key_of(KEY).await, (200, Some("sgamp-own".to_owned())));
    let text = scene.settings.text().replace(
        &format!("api-keys: [{KEY}]\n"),
        &format!("api-keys: [{KEY}, {other}]\n"),
    );
    scene.gateway.rewrite(&text);
    eventually("the other client is let in", async || {
        key_of(other).await.0 == 200
    })
    .await;
    assert_eq!(key_of(other).await.1.as_deref(), Some(OWNER));
    assert_eq!(key_of(KEY).await.1.as_deref(), Some("sgamp-own"));

    let put = scene
        .gateway
        .keyless("PUT", "/v0/management/ampcode/upstream-api-key");
    let put = put
        .bearer_auth(scene.gateway.token())
        .body(r#"{"value":"sgamp-new"}"#);
    assert_eq!(Answer::read(put).await.status, 200);
    assert_eq!(key_of(other).await.1.as_deref(), Some("sgamp-new"));
    // A key of ours is never taken for one of theirs.
    let put = scene
        .gateway
        .keyless("PUT", "/v0/management/ampcode/upstream-api-key");
    let put = put
        .bearer_auth(scene.gateway.token())
        .body(json!({"value": other}).to_string());
    assert_eq!(Answer::read(put).await.status, 422);
    assert_eq!(key_of(other).await.1.as_deref(), Some("sgamp-new"));
}

#[tokio::test]
async fn what_is_packed_without_a_word_is_unpacked() {
    let scene = Scene::start(Speaks::Chat, &[]).await;
    let answer = Answer::read(scene.gateway.request("GET", "/api/user/packed")).await;
    assert_eq!(answer.json(), json!({"packed": true}));
    assert!(!answer.broken);
}

#[tokio::test]
async fn events_pass_one_by_one() {
    let scene = Scene::start(Speaks::Chat, &[]).await;
    let request = scene.gateway.request("GET", "/api/threads/events");
    let mut response = request.send().await.unwrap();
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    for at in 1..=3 {
        let chunk = response.chunk().await.unwrap().expect("an event comes");
        assert_eq!(chunk, format!("data: {{\"at\":{at}}}\n\n"));
        scene.gate.add_permits(1);
    }
    assert!(response.chunk().await.unwrap().is_none());
}

#[tokio::test]
async fn no_redirect_is_followed_with_the_key() {
    let scene = Scene::start(Speaks::Chat, &[]).await;
    let answer = Answer::read(scene.gateway.request("GET", "/auth/sign-in")).await;
    assert_eq!(
        (answer.status, answer.header("location")),
        (302, Some("https://elsewhere.example/"))
    );
    assert_eq!(scene.amp.everything().len(), 1);
}

#[tokio::test]
async fn bodies_are_bounded() {
    let scene = Scene::start(Speaks::Chat, &[]).await;
    let text = format!("limits: {{request-body: 1KB}}\n{}", scene.settings.text());
    scene.gateway.rewrite(&text);
    let post = async |path: &str| {
        let request = scene.gateway.request("POST", path).body("x".repeat(2000));
        Answer::read(request).await.status
    };
    eventually("a large body is refused", async || {
        post("/api/user").await == 413
    })
    .await;
    assert_eq!(post("/api/provider/openai/v1/chat/completions").await, 413);
}

#[tokio::test]
async fn an_upstream_that_is_down_or_not_named_is_told() {
    let settings = Settings::new().line(&block("http://127.0.0.1:9", &[]));
    let gateway = settings.start().await;
    let answer = Answer::read(gateway.request("GET", "/api/user")).await;
    assert_eq!(
        (answer.status, &answer.json()["error"]),
        (502, &json!("amp_upstream_proxy_error"))
    );
    let message = answer.json()["message"].as_str().unwrap().to_owned();
    assert!(
        message.contains("cannot reach ampcode") && !message.contains("sgamp"),
        "{message}"
    );
    gateway.rewrite(&Settings::new().text());
    let mut last = None;
    eventually("the upstream is gone", async || {
        let answer = Answer::read(gateway.request("GET", "/api/user")).await;
        last = (answer.status == 503).then(|| answer.json());
        last.is_some()
    })
    .await;
    assert_eq!(
        last,
        Some(json!({"error": "amp upstream proxy not available"}))
    );
}
