//! Google's quotas of a day, and what of a request is not for Google.

use super::{question, start};
use crate::harness::stand_in::{Said, StandIn};
use crate::harness::{Answer, Gateway, HELLO, Settings, Speaks};
use serde_json::{Value, json};
use std::time::{SystemTime, UNIX_EPOCH};

const HOUR: u64 = 60 * 60;

/// A Gemini upstream where nothing is left of any quota of a day.
async fn used_up() -> StandIn {
    StandIn::start(|_| {
        let violation = json!({"quotaId": "GenerateRequestsPerDayPerProjectPerModel-FreeTier", "quotaValue": "20"});
        let details = json!([
            {"@type": "type.googleapis.com/google.rpc.QuotaFailure", "violations": [violation]},
            // Google tells the wait of the minute even so.
            {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "7s"},
        ]);
        let error = json!({"code": 429, "message": "You exceeded your current quota.", "status": "RESOURCE_EXHAUSTED", "details": details});
        Said::json(429, &json!({"error": error}))
    })
    .await
}

async fn in_front_of(upstream: &StandIn, lines: &str) -> Gateway {
    let url = &upstream.url;
    let entry =
        format!("  - api-key: sk-a\n    base-url: {url}\n    models: [{{name: m}}, {{name: n}}]");
    let settings = Settings::new().line(lines).line("request-retry: 0");
    settings
        .line(&format!("gemini-api-key:\n{entry}"))
        .start()
        .await
}

async fn wait(gateway: &Gateway, model: &str) -> u64 {
    let answer = gateway.question(Speaks::Chat, model, false).await;
    assert_eq!(answer.status, 429, "{}", answer.text());
    answer.header("retry-after").unwrap().parse().unwrap()
}

#[tokio::test]
async fn a_quota_of_a_day_rests_its_model_until_midnight_in_california() {
    let upstream = used_up().await;
    let gateway = in_front_of(&upstream, "routing: {max-cooldown: 48h}").await;
    for asked in [1, 1] {
        let told = wait(&gateway, "m").await;
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        // Midnight there is at seven or eight in the morning of UTC; a header has whole seconds.
        let end = (now.as_secs() + told) % (24 * HOUR);
        let is_midnight = |hour: u64| end.abs_diff(hour * HOUR) <= 2;
        assert!(is_midnight(7) || is_midnight(8), "{told} {end}");
        assert_eq!(upstream.everything().len(), asked, "it rests");
    }
    // Another model has a quota of its own.
    wait(&gateway, "n").await;
    assert_eq!(upstream.everything().len(), 2);

    // Nobody rests longer than the operator wants.
    let gateway = in_front_of(&upstream, "routing: {max-cooldown: 90}").await;
    wait(&gateway, "m").await;
    assert!(wait(&gateway, "m").await <= 90);
}

#[tokio::test]
async fn the_name_of_a_conversation_does_not_reach_google() {
    let (upstream, gateway) = start(&["sk-good"], "").await;
    for name in ["session_id", "sessionId"] {
        let mut body = question();
        body[name] = json!("conversation-1");
        let wrapped = json!({"model": "up-text", "project": "p", "request": body});
        for (path, body) in [
            ("/v1beta/models/up-text:generateContent", &body),
            ("/v1internal:generateContent", &wrapped),
        ] {
            let answer = Answer::read(super::post(&gateway, path, body.to_string())).await;
            let said: Value = answer.json();
            assert!(said.to_string().contains(HELLO), "{said}");
            assert_eq!(upstream.last_request().json(), question());
        }
        let path = "/v1beta/models/up-text:countTokens";
        let count = Answer::read(super::post(&gateway, path, body.to_string())).await;
        assert_eq!(count.status, 200, "{}", count.text());
        assert_eq!(upstream.last_request().path, path);
        assert_eq!(upstream.last_request().json(), question());
    }
}
