//! What Antigravity wants of an account beside what Code Assist does: a project before the first request, and numbers.

use super::accounts::Scene;
use super::{Form, question};
use crate::harness::stand_in::{Asked, Said, StandIn};
use crate::harness::{HELLO, Launch, Speaks};
use serde_json::{Value, json};

const OVER: &str = "2020-01-01T00:00:00Z";

/// Google's side for accounts without a project: it gives `p-7` to those that ask twice for it.
async fn google(tier: &'static str) -> StandIn {
    let mut asked_for = 0;
    StandIn::start(move |asked: &Asked| {
        if asked.path == "/token" {
            let renewed = json!({"access_token": "access-1", "expires_in": 3599, "token_type": "Bearer"});
            return Said::json(200, &renewed);
        }
        let token = asked.header("authorization").unwrap();
        assert!(matches!(token, "Bearer access-0" | "Bearer access-1"), "{token}");
        match &*asked.path {
            "/v1internal:loadCodeAssist" if tier == "none" => {
                let tiers = json!([{"reasonMessage": "Not in your country."}]);
                Said::json(200, &json!({"ineligibleTiers": tiers}))
            }
            "/v1internal:loadCodeAssist" => Said::json(200, &json!({"allowedTiers": []})),
            "/daily/v1internal:onboardUser" => {
                let metadata = json!({
                    "ide_type": "IDE_UNSPECIFIED", "ide_name": "modelgate", "ide_version": env!("CARGO_PKG_VERSION"),
                });
                assert_eq!(asked.json(), json!({"tier_id": tier, "metadata": metadata}));
                asked_for += 1;
                let done = json!({"done": true, "response": {"project": "p-7"}});
                Said::json(200, if asked_for == 1 { &Value::Null } else { &done })
            }
            other => panic!("{other}"),
        }
    })
    .await
}

fn launch(scene: &Scene, google: &StandIn) -> Launch {
    let url = &google.url;
    let settings = [
        ("TOKEN_URL", format!("{url}/token")),
        ("API_URL", url.clone()),
        ("FIRST_URL", format!("{url}/daily")),
        ("CLIENT_ID", "client-1".to_owned()),
        ("CLIENT_SECRET", "secret-1".to_owned()),
    ];
    settings
        .iter()
        .fold(scene.launch(), |launch, (key, value)| {
            launch.env(&format!("MODELGATE_ANTIGRAVITY_{key}"), value)
        })
}

#[tokio::test]
async fn an_account_without_a_project_gets_one_before_its_first_request() {
    for (end, token) in [("2999-01-01T00:00:00Z", "access-0"), (OVER, "access-1")] {
        let scene = Scene::start().await;
        scene.antigravity(&json!({"project_id": null, "expired": end}));
        let google = google("free-tier").await;
        let gateway = launch(&scene, &google).start().await;
        let ask = || gateway.question(Speaks::Chat, "ag", false);
        let answers = tokio::join!(ask(), ask(), ask());
        for answer in [answers.0, answers.1, answers.2] {
            answer.expect_text(Speaks::Chat, HELLO);
        }
        let renewed = google.asked("/token").len();
        assert_eq!(
            renewed,
            usize::from(token == "access-1"),
            "only one that is over"
        );
        assert_eq!(google.asked("/daily/v1internal:onboardUser").len(), 2);
        let saved = scene.saved("antigravity-a");
        assert_eq!(saved["project_id"], "p-7");
        assert_eq!(
            (&saved["access_token"], &saved["refresh_token"]),
            (&json!(token), &json!("refresh-0"))
        );
        for sent in scene.upstream.requests() {
            assert_eq!(sent.json()["project"], "p-7");
            assert_eq!(
                sent.header("authorization"),
                Some(&*format!("Bearer {token}"))
            );
        }
    }
}

#[tokio::test]
async fn an_account_that_gets_no_project_says_why_and_has_none_made_up() {
    let scene = Scene::start().await;
    scene.antigravity(&json!({"project_id": " , "}));
    let google = google("none").await;
    let gateway = launch(&scene, &google).start().await;
    for _ in 0..2 {
        let answer = gateway.question(Speaks::Chat, "ag", false).await;
        let text = answer.text();
        assert_eq!(answer.status, 503, "{text}");
        assert!(text.contains("Not in your country."), "{text}");
        assert!(text.contains("`project_id`"), "{text}");
    }
    // With the token that it had, and with a new one; then Google is left alone for a while.
    assert_eq!(google.asked("/v1internal:loadCodeAssist").len(), 2);
    assert!(scene.upstream.requests().is_empty());
    assert_eq!(scene.saved("antigravity-a")["project_id"], " , ");
}

#[tokio::test]
async fn a_conversation_keeps_its_number_and_every_request_says_what_it_wants() {
    let scene = Scene::start().await;
    let aliases =
        json!({"ag": "gemini-3-flash-up-text", "picture": "gemini-2.5-flash-image-up-text"});
    scene.antigravity(&json!({"model_aliases": aliases}));
    let gateway = scene.launch().start().await;
    let ask = async |model: &str, body: &Value| {
        let answer = Form::Whole.ask(&gateway, model, body).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        let sent = scene.upstream.last_request().json();
        let number = sent["request"]["sessionId"].as_str().unwrap().to_owned();
        (number, sent["requestType"].clone())
    };
    let (number, wanted) = ask("ag", &question()).await;
    assert!(number.starts_with('-'), "{number}");
    assert_eq!(wanted, "agent");
    let mut searching = question();
    let contents = searching["contents"].as_array_mut().unwrap();
    contents.push(json!({"role": "model", "parts": [{"text": HELLO}]}));
    contents.push(json!({"role": "user", "parts": [{"text": "And today?"}]}));
    searching["tools"] = json!([{"googleSearch": {}}]);
    let again = ask("ag", &searching).await;
    assert_eq!(again, (number.clone(), json!("web_search")));
    let other = json!({"contents": [{"role": "user", "parts": [{"text": "Something else."}]}]});
    let (another, wanted) = ask("picture", &other).await;
    assert_ne!(another, number);
    assert_eq!(wanted, "image_gen");
}

#[tokio::test]
async fn a_limit_at_one_place_is_asked_about_at_the_other_before_another_account_is() {
    let scene = Scene::start().await;
    scene.antigravity(&json!({"base_url": null, "priority": 2}));
    let other = scene.saved("antigravity-a");
    scene.change("antigravity-b", &other);
    scene.change(
        "antigravity-b",
        &json!({"access_token": "access-b", "priority": 1}),
    );
    let busy = StandIn::start(|_| {
        let info = json!({"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "RATE_LIMIT_EXCEEDED"});
        let error = json!({"code": 429, "message": "Slow down.", "status": "RESOURCE_EXHAUSTED", "details": [info]});
        Said::json(429, &json!({"error": error}))
    })
    .await;
    let gateway = scene
        .launch()
        .env("MODELGATE_ANTIGRAVITY_FIRST_URL", &busy.url)
        .env("MODELGATE_ANTIGRAVITY_API_URL", &scene.upstream.url())
        .start()
        .await;
    for stream in [false, true] {
        let answer = gateway.question(Speaks::Chat, "ag", stream).await;
        answer.expect_text(Speaks::Chat, HELLO);
    }
    let tokens = |requests: Vec<String>| assert_eq!(requests, ["Bearer access-0"; 2]);
    let everything = busy.everything();
    tokens(
        everything
            .iter()
            .map(|asked| asked.header("authorization").unwrap().to_owned())
            .collect(),
    );
    let sent = scene.upstream.requests();
    tokens(
        sent.iter()
            .map(|sent| sent.header("authorization").unwrap().to_owned())
            .collect(),
    );
}

#[tokio::test]
async fn a_limit_that_is_over_in_a_moment_is_waited_for() {
    let scene = Scene::start().await;
    let mut asked = 0;
    let service = StandIn::start(move |_| {
        asked += 1;
        if asked == 1 {
            let details = json!([
                {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "RATE_LIMIT_EXCEEDED"},
                {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "0.05s"},
            ]);
            let error = json!({"code": 429, "message": "Slow down.", "status": "RESOURCE_EXHAUSTED", "details": details});
            return Said::json(429, &json!({"error": error}));
        }
        let content = json!({"role": "model", "parts": [{"text": HELLO}]});
        let candidate = json!({"content": content, "finishReason": "STOP"});
        Said::json(200, &json!({"response": {"candidates": [candidate]}}))
    })
    .await;
    scene.antigravity(&json!({"base_url": service.url}));
    let gateway = scene.launch().start().await;
    let answer = gateway.question(Speaks::Chat, "ag", false).await;
    answer.expect_text(Speaks::Chat, HELLO);
    assert_eq!(service.everything().len(), 2);
}
