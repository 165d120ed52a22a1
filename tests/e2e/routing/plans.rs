//! What ChatGPT's backend says of the limits of a plan, and what comes of it (`providers.md` 3.3).

use super::{keys, refusal};
use crate::harness::settings::SCRIPTED;
use crate::harness::{Answer, Gateway, HELLO, Settings, Speaks};
use modelgate_test_upstream::{Script, Upstream};
use serde_json::{Value, json};
use std::time::{SystemTime, UNIX_EPOCH};

async fn start(lines: &str) -> (Upstream, Gateway) {
    let upstream = Upstream::start().await;
    let entry = format!(
        "{lines}\ncodex-api-key:\n  - api-key: sk-a\n    base-url: {}/v1\n    models: [{{name: {SCRIPTED}}}, {{name: up-text}}]",
        upstream.url()
    );
    let gateway = Settings::new().line(&entry).start().await;
    (upstream, gateway)
}

fn limit(resets: (&str, u64)) -> Value {
    let mut error = json!({"type": "usage_limit_reached", "message": "The usage limit has been reached", "plan_type": "plus"});
    error[resets.0] = resets.1.into();
    json!({"error": error})
}

/// The same inside a stream, before its first content.
fn failed(body: &Value) -> Script {
    let event = |kind: &str, response: Value| {
        let event = json!({"type": kind, "sequence_number": 0, "response": response});
        format!("event: {kind}\ndata: {event}\n\n")
    };
    let begun = json!({"id": "resp_1", "object": "response", "created_at": 1, "model": SCRIPTED, "status": "in_progress", "output": []});
    let mut ended = begun.clone();
    ended["status"] = "failed".into();
    ended["error"] = body["error"].clone();
    Script::sse([
        event("response.created", begun),
        event("response.failed", ended),
    ])
}

/// Asks for the scripted model, then for another one, and gives the seconds that the second is to wait.
async fn wait_for_another_model(upstream: &Upstream, gateway: &Gateway, status: u16) -> u64 {
    let answer = gateway.question(Speaks::Chat, SCRIPTED, true).await;
    assert_eq!(answer.status, status, "{:?}", answer.body);
    assert_eq!(keys(upstream).len(), 1);
    let answer = gateway.question(Speaks::Chat, "up-text", true).await;
    assert!(matches!(answer.status, 429 | 503), "{:?}", answer.body);
    assert!(keys(upstream).is_empty(), "nobody was asked");
    answer.header("retry-after").unwrap().parse().unwrap()
}

#[tokio::test]
async fn a_window_that_is_used_up_rests_the_credential_until_it_begins_anew() {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let resets = [("resets_in_seconds", 90), ("resets_at", now.as_secs() + 90)];
    let mut scripts = Vec::new();
    for body in resets.map(limit) {
        // A header about something else does not shorten it.
        scripts.push(Script::json(429, &body).header("retry-after", "1"));
        scripts.push(Script::json(403, &body));
        scripts.push(failed(&body));
    }
    for script in scripts {
        let (upstream, gateway) = start("").await;
        upstream.script(SCRIPTED, script);
        let wait = wait_for_another_model(&upstream, &gateway, 429).await;
        assert!((60..=91).contains(&wait), "{wait}");
    }
    let (upstream, gateway) = start("routing: {max-cooldown: 30}").await;
    upstream.script(SCRIPTED, failed(&limit(("resets_in_seconds", 90_000))));
    let wait = wait_for_another_model(&upstream, &gateway, 429).await;
    assert!((20..=30).contains(&wait), "{wait}");
}

#[tokio::test]
async fn a_plan_without_it_rests_for_long() {
    let (upstream, gateway) = start("").await;
    let body = json!({"error": {"type": "usage_not_included", "message": "Not in your plan"}});
    upstream.script(SCRIPTED, Script::json(429, &body));
    let wait = wait_for_another_model(&upstream, &gateway, 429).await;
    assert!((290..=300).contains(&wait), "{wait}");
}

#[tokio::test]
async fn state_that_cannot_be_read_is_left_out_once_and_said_to_be() {
    let state =
        |kind: &str| json!({"type": kind, "summary": [], "encrypted_content": "bm90IG91cnM="});
    let question = json!({"type": "message", "role": "user", "content": "What is the weather?"});
    let ask = async |gateway: &Gateway, first: Value, stream: bool| {
        let body = json!({"model": "up-text", "store": false, "stream": stream, "input": [first, question]});
        let request = gateway.request("POST", "/v1/responses");
        Answer::read(request.body(body.to_string())).await
    };
    for stream in [false, true] {
        let (upstream, gateway) = start("").await;
        let answer = ask(&gateway, state("reasoning"), stream).await;
        assert_eq!(answer.status, 200, "{:?}", answer.body);
        assert!(answer.text().contains(HELLO));
        let seen = upstream.requests();
        assert_eq!(seen.len(), 2, "the same credential, once more");
        let sent = seen[1].json();
        assert!(!sent.to_string().contains("encrypted_content\""), "{sent}");
        assert!(sent.to_string().contains("What is the weather?"), "{sent}");
        let dropped = answer.header("x-modelgate-dropped").unwrap();
        assert!(dropped.contains("encrypted_content"), "{dropped}");
    }
    let (upstream, gateway) = start("").await;
    let mut compaction = state("compaction");
    compaction.as_object_mut().unwrap().remove("summary");
    let answer = ask(&gateway, compaction, false).await;
    assert_eq!(answer.status, 400, "a conversation is not left out");
    assert_eq!(upstream.requests().len(), 1);
}

#[tokio::test]
async fn a_model_without_room_is_a_limit_of_that_model() {
    let full = json!({"error": {"message": "Selected model is at capacity. Please try a different model."}});
    for script in [Script::json(500, &full), failed(&full)] {
        let (upstream, gateway) = start("").await;
        upstream.script(SCRIPTED, script);
        let answer = gateway.question(Speaks::Chat, SCRIPTED, true).await;
        answer.expect_refusal(Speaks::Chat, 429, "rate_limit_error", "rate_limit_exceeded");
        let answer = gateway.question(Speaks::Chat, "up-text", true).await;
        answer.expect_text(Speaks::Chat, HELLO);
        let (status, code) = refusal(&gateway, SCRIPTED).await;
        assert_eq!((status, &*code), (429, "model_cooldown"));
    }
}
