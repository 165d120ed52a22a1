//! Whose turn it is, who is passed over, and when it is asked again.

mod chaos;
mod plans;
mod restart;

use crate::harness::settings::SCRIPTED;
use crate::harness::{Gateway, HELLO, Settings, Speaks};
use modelgate_test_upstream::{Script, Upstream};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::time::{Duration, Instant};

/// A key of a request the upstream saw: `sk-a` of `Bearer sk-a`.
fn key(headers: &http::HeaderMap) -> String {
    let bearer = headers["authorization"].to_str().unwrap();
    bearer.trim_start_matches("Bearer ").to_owned()
}

/// The keys the upstream saw, oldest first, since it was last asked for them.
fn keys(upstream: &Upstream) -> Vec<String> {
    let seen = upstream
        .requests()
        .iter()
        .map(|request| key(&request.headers))
        .collect();
    upstream.clear();
    seen
}

async fn start(keys: &[&str], lines: &str) -> (Upstream, Gateway) {
    let upstream = Upstream::start().await;
    let settings = Settings::new().line(lines);
    let settings = settings.provider(Speaks::Chat, &upstream.url(), keys, "");
    (upstream, settings.start().await)
}

async fn ask(gateway: &Gateway, model: &str) {
    let answer = gateway.question(Speaks::Chat, model, false).await;
    answer.expect_text(Speaks::Chat, HELLO);
}

/// The status and the code of a refusal.
async fn refusal(gateway: &Gateway, model: &str) -> (u16, String) {
    let answer = gateway.question(Speaks::Chat, model, false).await;
    let code = answer.json()["error"]["code"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    (answer.status, code)
}

/// A question in a conversation, which may have a name.
async fn converse(gateway: &Gateway, session: Option<&str>, messages: Value) {
    let body = json!({"model": "up-text", "messages": messages});
    let mut request = gateway
        .request("POST", Speaks::Chat.path())
        .body(body.to_string());
    if let Some(session) = session {
        request = request.header("x-session-id", session);
    }
    assert_eq!(request.send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn keys_take_turns() {
    let (upstream, gateway) = start(&["sk-a", "sk-b", "sk-c"], "").await;
    for _ in 0..6 {
        ask(&gateway, "up-text").await;
    }
    assert_eq!(
        keys(&upstream),
        ["sk-a", "sk-b", "sk-c", "sk-a", "sk-b", "sk-c"]
    );
    let (upstream, gateway) = start(&["sk-a", "sk-b"], "routing: {strategy: fill-first}").await;
    for _ in 0..3 {
        ask(&gateway, "up-text").await;
    }
    assert_eq!(keys(&upstream), ["sk-a", "sk-a", "sk-a"]);
}

#[tokio::test]
async fn weights_share_the_turns() {
    let upstream = Upstream::start().await;
    let provider = format!(
        "routing: {{strategy: weighted-round-robin}}\nopenai-compatibility:\n  - name: weighed\n    base-url: {}/v1\n    models: [{{name: up-text}}]\n    api-key-entries: [{{api-key: sk-a, weight: 3}}, {{api-key: sk-b}}, {{api-key: sk-c, weight: 0}}]",
        upstream.url()
    );
    let gateway = Settings::new().line(&provider).start().await;
    for _ in 0..8 {
        ask(&gateway, "up-text").await;
    }
    let mut counts: HashMap<String, usize> = HashMap::new();
    keys(&upstream)
        .into_iter()
        .for_each(|key| *counts.entry(key).or_default() += 1);
    assert_eq!(
        counts,
        HashMap::from([("sk-a".to_owned(), 6), ("sk-b".to_owned(), 2)])
    );
}

#[tokio::test]
async fn a_conversation_stays_at_its_key() {
    let (upstream, gateway) = start(&["sk-a", "sk-b", "sk-c"], "").await;
    let question = json!([{"role": "user", "content": "What is the weather?"}]);
    for _ in 0..3 {
        converse(&gateway, Some("one"), question.clone()).await;
        converse(&gateway, Some("two"), question.clone()).await;
    }
    let seen = keys(&upstream);
    assert_eq!(seen, ["sk-a", "sk-b", "sk-a", "sk-b", "sk-a", "sk-b"]);
    // Without a name it is known by its first words, once somebody has answered.
    let later = json!([
        {"role": "user", "content": "What is the weather?"},
        {"role": "assistant", "content": "Fine."},
        {"role": "user", "content": "And tomorrow?"},
    ]);
    converse(&gateway, None, question.clone()).await;
    for _ in 0..3 {
        converse(&gateway, None, later.clone()).await;
    }
    assert_eq!(keys(&upstream), ["sk-c", "sk-c", "sk-c", "sk-c"]);
    converse(&gateway, None, question).await;
    assert_eq!(keys(&upstream), ["sk-a"], "a new one may go anywhere");
    let lines = "routing: {session-affinity: false}";
    let (upstream, gateway) = start(&["sk-a", "sk-b"], lines).await;
    for _ in 0..2 {
        converse(&gateway, Some("one"), later.clone()).await;
    }
    assert_eq!(keys(&upstream), ["sk-a", "sk-b"]);
}

#[tokio::test]
async fn a_conversation_leaves_a_key_that_fails() {
    let (upstream, gateway) = start(&["fail-429", "sk-b"], "").await;
    let question = json!([{"role": "user", "content": "What is the weather?"}]);
    for _ in 0..3 {
        converse(&gateway, Some("one"), question.clone()).await;
    }
    assert_eq!(keys(&upstream), ["fail-429", "sk-b", "sk-b", "sk-b"]);
}

#[tokio::test]
async fn a_key_that_failed_is_passed_over_until_it_is_tried_again() {
    let (upstream, gateway) = start(&["fail-429", "sk-b"], "").await;
    for _ in 0..5 {
        ask(&gateway, "up-text").await;
    }
    let seen = keys(&upstream);
    assert_eq!(
        seen.iter().filter(|key| *key == "fail-429").count(),
        1,
        "{seen:?}"
    );
    // A limit of one model says nothing of another.
    for _ in 0..2 {
        let answer = gateway.question(Speaks::Chat, "up-echo", false).await;
        assert_eq!(answer.status, 200);
    }
    assert!(keys(&upstream).contains(&"fail-429".to_owned()));
}

#[tokio::test]
async fn when_everybody_rests_the_client_is_told_for_how_long() {
    let (upstream, gateway) = start(&["sk-a"], "").await;
    let limit = json!({"error": {"message": "Slow down.", "type": "rate_limit_error"}});
    upstream.script(
        SCRIPTED,
        Script::json(429, &limit).header("retry-after", "77"),
    );
    assert_eq!(refusal(&gateway, SCRIPTED).await.0, 429);
    assert_eq!(keys(&upstream).len(), 1);
    let answer = gateway.question(Speaks::Chat, SCRIPTED, false).await;
    assert_eq!(answer.status, 429);
    let wait: u64 = answer.header("retry-after").unwrap().parse().unwrap();
    assert!((70..=77).contains(&wait), "{wait}");
    let error = answer.json()["error"].clone();
    assert_eq!(error["code"], "model_cooldown");
    let message = error["message"].as_str().unwrap();
    assert!(message.contains("chat0[0]: Slow down."), "{message}");
    assert!(keys(&upstream).is_empty(), "nobody was asked");
    let (_upstream, gateway) = start(&["fail-401"], "").await;
    assert_eq!(refusal(&gateway, "up-text").await.0, 401);
    assert_eq!(
        refusal(&gateway, "up-text").await,
        (503, "auth_unavailable".to_owned())
    );
    assert_eq!(
        refusal(&gateway, "up-length").await.0,
        503,
        "a key is wrong for every model"
    );
}

#[tokio::test]
async fn trouble_that_passes_never_stops_the_only_key() {
    let (upstream, gateway) = start(&["sk-a"], "").await;
    upstream.script(SCRIPTED, Script::new(503));
    for _ in 0..3 {
        assert_eq!(refusal(&gateway, SCRIPTED).await.0, 503);
    }
    assert_eq!(keys(&upstream).len(), 3);
}

#[tokio::test]
async fn a_limit_that_is_over_soon_is_waited_for() {
    let (upstream, gateway) = start(&["sk-a"], "max-retry-interval: 5").await;
    let limit = json!({"error": {"message": "Slow down.", "type": "rate_limit_error"}});
    upstream.script(
        SCRIPTED,
        Script::json(429, &limit).header("retry-after", "1"),
    );
    let hello = json!({"id": "c", "object": "chat.completion", "created": 1, "model": SCRIPTED, "choices": [{"index": 0, "message": {"role": "assistant", "content": HELLO}, "finish_reason": "stop"}]});
    upstream.script(SCRIPTED, Script::json(200, &hello));
    assert_eq!(refusal(&gateway, SCRIPTED).await.0, 429);
    let begin = Instant::now();
    ask(&gateway, SCRIPTED).await;
    let waited = begin.elapsed();
    assert!(waited > Duration::from_millis(500), "{waited:?}");
    assert_eq!(keys(&upstream).len(), 2);
}

#[tokio::test]
async fn a_credential_can_have_rounds_of_its_own() {
    for (global, own, expected) in [
        (0, 2, ["sk-a", "sk-b", "sk-a", "sk-a"]),
        (3, 0, ["sk-a", "sk-b", "sk-b", "sk-b"]),
    ] {
        let upstream = Upstream::start().await;
        let settings = Settings::new().line(&format!(
            "request-retry: {global}\nrouting: {{strategy: fill-first}}"
        ));
        let own = format!("request-retry: {own}");
        let settings = settings
            .provider(Speaks::Chat, &upstream.url(), &["sk-a"], &own)
            .provider(Speaks::Chat, &upstream.url(), &["sk-b"], "");
        let gateway = settings.start().await;
        assert_eq!(refusal(&gateway, "up-500").await.0, 500);
        let seen = keys(&upstream);
        assert_eq!(seen[..expected.len()], expected, "{seen:?}");
        assert_eq!(seen.len(), 4 + usize::from(global == 3));
    }
}

#[tokio::test]
async fn a_credential_can_be_spared_from_resting_or_rest_alone() {
    for (global, own, first) in [(false, true, 3), (true, false, 1)] {
        let upstream = Upstream::start().await;
        let settings = Settings::new().line(&format!(
            "disable-cooling: {global}\nrouting: {{strategy: fill-first}}"
        ));
        let own = format!("disable-cooling: {own}");
        let settings = settings
            .provider(Speaks::Chat, &upstream.url(), &["fail-401"], &own)
            .provider(Speaks::Chat, &upstream.url(), &["fail-402"], "")
            .provider(Speaks::Chat, &upstream.url(), &["sk-c"], "");
        let gateway = settings.start().await;
        for _ in 0..3 {
            ask(&gateway, "up-text").await;
        }
        let seen = keys(&upstream);
        let count = |key: &str| seen.iter().filter(|seen| *seen == key).count();
        assert_eq!((count("fail-401"), count("fail-402")), (first, 4 - first));
    }
}

#[tokio::test]
async fn another_model_stands_in_where_that_is_wanted() {
    let lines = "routing:\n  fallbacks: {up-500: [up-404, nobodys, up-text]}";
    let (upstream, gateway) = start(&["sk-a", "sk-b"], lines).await;
    for stream in [false, true] {
        let answer = gateway.question(Speaks::Chat, "up-500", stream).await;
        answer.expect_text(Speaks::Chat, HELLO);
        let shown = if stream {
            answer.frames()[0].json()
        } else {
            answer.json()
        };
        assert_eq!(shown["model"], "up-500", "as it was asked for");
    }
    let asked: Vec<String> = upstream
        .requests()
        .iter()
        .map(|request| request.json()["model"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(
        asked[..5],
        ["up-500", "up-500", "up-404", "up-404", "up-text"]
    );
    let (upstream, gateway) = start(&["sk-a"], "routing:\n  fallbacks: {up-400: [up-text]}").await;
    assert_eq!(
        refusal(&gateway, "up-400").await.0,
        400,
        "a wrong request is wrong everywhere"
    );
    assert_eq!(keys(&upstream).len(), 1);
}

#[tokio::test]
async fn a_preview_stands_in_for_a_model_whose_quota_is_used_up() {
    let upstream = Upstream::start().await;
    let models = "models: [{name: up-429, alias: m}, {name: up-text, alias: m-preview-06}]";
    let settings = Settings::new()
        .line("quota-exceeded: {switch-preview-model: true}")
        .serving(Speaks::Chat, &upstream.url(), &["sk-a"], models);
    ask(&settings.start().await, "m").await;
}

#[tokio::test]
async fn the_operator_can_say_what_a_failure_means() {
    let upstream = Upstream::start().await;
    let rules = "request-scoped-errors:\n  - {status: 429, match: quota of the day, action: stop}\n  - {status: 400, match-regexr: 'model .* is busy', action: continue-and-cooldown}";
    let settings =
        Settings::new().provider(Speaks::Chat, &upstream.url(), &["sk-a", "sk-b"], rules);
    let gateway = settings.start().await;
    let said = |text: &str| json!({"error": {"message": text, "type": "x"}});
    let daily = Script::json(429, &said("the quota of the day is used up"));
    let busy = Script::json(400, &said("the model X is busy"));
    for script in [daily.clone(), daily, busy] {
        upstream.script(SCRIPTED, script);
    }
    for _ in 0..2 {
        assert_eq!(refusal(&gateway, SCRIPTED).await.0, 429);
        assert_eq!(
            keys(&upstream).len(),
            1,
            "shown at once, and nobody is barred"
        );
    }
    assert_eq!(refusal(&gateway, SCRIPTED).await.0, 400);
    assert_eq!(keys(&upstream).len(), 2, "the other key was asked too");
    assert_eq!(
        refusal(&gateway, SCRIPTED).await,
        (503, "auth_unavailable".to_owned())
    );
}

#[tokio::test]
async fn prefixes_can_be_the_only_way() {
    let upstream = Upstream::start().await;
    let entry = "prefix: team\nmodels: [{name: up-text}]";
    let settings = Settings::new().line("force-model-prefix: true").serving(
        Speaks::Chat,
        &upstream.url(),
        &["sk-a"],
        entry,
    );
    let gateway = settings.start().await;
    ask(&gateway, "team/up-text").await;
    assert_eq!(refusal(&gateway, "up-text").await.0, 404);
    ask(&gateway, "auto").await;
}

#[tokio::test]
async fn health_is_the_keys_own_and_outlives_a_new_configuration() {
    let upstream = Upstream::start().await;
    let config = |keys: &[&str]| Settings::new().provider(Speaks::Chat, &upstream.url(), keys, "");
    let gateway = config(&["fail-401", "sk-b"]).start().await;
    for _ in 0..2 {
        ask(&gateway, "up-text").await;
    }
    assert_eq!(keys(&upstream), ["fail-401", "sk-b", "sk-b"]);
    gateway.rewrite(&config(&["sk-c", "fail-401"]).text());
    crate::harness::eventually("the new key is used", async || {
        ask(&gateway, "up-text").await;
        keys(&upstream).contains(&"sk-c".to_owned())
    })
    .await;
    for _ in 0..4 {
        ask(&gateway, "up-text").await;
    }
    assert_eq!(keys(&upstream), ["sk-c", "sk-c", "sk-c", "sk-c"]);
}
