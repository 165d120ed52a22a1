//! Whatever a client wishes, each family of Google's models gets what it takes: the upstream refuses everything else.

use super::{entry, families};
use crate::harness::{Answer, Gateway, Settings, Speaks};
use modelgate_test_upstream::Upstream;
use serde_json::{Value, json};

/// A gateway with one model of each family.
async fn start() -> (Upstream, Gateway) {
    let upstream = Upstream::start().await;
    let entry = entry(&upstream, "sk-good");
    let names: String = families()
        .map(|name| format!("{{name: {name}}}, "))
        .collect();
    let entry = entry.replace("models: [", &format!("models: [{names}"));
    let settings = Settings::new().line(&format!("gemini-api-key:\n{}", entry.trim_end()));
    (upstream, settings.start().await)
}

/// The request was served, or the gateway itself refused it.
#[track_caller]
fn expect_no_refusal_by_the_upstream(upstream: &Upstream, answer: &Answer, body: &Value) {
    if answer.status == 200 {
        return;
    }
    let arrived = upstream.requests();
    let sent = arrived.last().map(|request| request.json().to_string());
    assert!(
        answer.status == 400 && arrived.is_empty(),
        "{:?}\nasked {body}\nsent {sent:?}",
        answer.body
    );
}

async fn ask_all(clients: &[Speaks], wish: impl Fn(Speaks, Value) -> Vec<Value>) {
    let (upstream, gateway) = start().await;
    for client in clients {
        for model in families() {
            for body in wish(*client, client.question(&model, false)) {
                upstream.clear();
                let answer = gateway.ask(*client, &body).await;
                expect_no_refusal_by_the_upstream(&upstream, &answer, &body);
            }
        }
    }
}

fn with(body: &Value, changes: &[(&str, Value)]) -> Value {
    let mut body = body.clone();
    for (key, value) in changes {
        body[*key] = value.clone();
    }
    body
}

#[tokio::test]
async fn every_family_thinks_as_much_as_it_can() {
    ask_all(&Speaks::BOTH, |client, body| match client {
        Speaks::Chat => ["none", "minimal", "low", "medium", "high", "xhigh", "max"]
            .iter()
            .map(|effort| with(&body, &[("reasoning_effort", json!(effort))]))
            .collect(),
        Speaks::Claude => {
            let budgets = [1024, 4096, 30_000, 60_000].map(|tokens| {
                let thinking = json!({"type": "enabled", "budget_tokens": tokens});
                with(
                    &body,
                    &[("thinking", thinking), ("max_tokens", json!(64_000))],
                )
            });
            let efforts = ["low", "medium", "high", "xhigh", "max"].map(|effort| {
                let thinking = json!({"type": "adaptive"});
                with(
                    &body,
                    &[
                        ("thinking", thinking),
                        ("output_config", json!({"effort": effort})),
                    ],
                )
            });
            let off = with(&body, &[("thinking", json!({"type": "disabled"}))]);
            budgets.into_iter().chain(efforts).chain([off]).collect()
        }
    })
    .await;
}

#[tokio::test]
async fn every_family_gets_the_pictures_it_can_fetch() {
    ask_all(&Speaks::BOTH, |client, body| {
        ["http://x.example/a.png", "https://x.example/a.png"]
            .iter()
            .map(|url| {
                let part = match client {
                    Speaks::Chat => json!({"type": "image_url", "image_url": {"url": url}}),
                    Speaks::Claude => {
                        json!({"type": "image", "source": {"type": "url", "url": url}})
                    }
                };
                with(
                    &body,
                    &[("messages", json!([{"role": "user", "content": [part]}]))],
                )
            })
            .collect()
    })
    .await;
}

#[tokio::test]
async fn every_family_is_asked_for_more_behind_its_own_words() {
    ask_all(&Speaks::BOTH, |_, body| {
        let messages = json!([{"role": "user", "content": "Count."}, {"role": "assistant", "content": "One,"}]);
        vec![with(&body, &[("messages", messages)])]
    })
    .await;
}

#[tokio::test]
async fn every_family_calls_functions_beside_other_wishes() {
    ask_all(&[Speaks::Chat], |client, body| {
        let model = body["model"].as_str().unwrap();
        let body = client.tool_question(model, false);
        let schema = json!({"type": "object", "properties": {"a": {"type": "string"}}});
        let format = json!({"type": "json_schema", "json_schema": {"name": "n", "schema": schema}});
        vec![
            with(&body, &[("response_format", format)]),
            with(&body, &[("web_search_options", json!({}))]),
        ]
    })
    .await;
}
