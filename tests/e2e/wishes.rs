//! What the operator and the name of a model say beside the body of a request.

use serde_json::{Value, json};

use crate::harness::{Answer, Gateway, HELLO, Settings, Speaks, start};

/// A question with further fields.
fn question(dialect: Speaks, model: &str, more: &Value) -> Value {
    let mut body = dialect.question(model, false);
    let fields = body.as_object_mut().unwrap();
    fields.extend(more.as_object().unwrap().clone());
    body
}

#[tokio::test]
async fn payload_rules_reach_the_upstream_on_both_routes() {
    const RULES: &str = r#"
payload:
  default: [{models: [{name: "up-*", protocol: openai}], params: {seed: 7, "metadata.team": blue}}]
  override: [{models: [{name: "up-text"}], params: {temperature: 0.25}}]
  filter: [{models: [{name: "*"}], params: [user]}]
"#;
    let (upstream, gateway) = start(Speaks::Chat, RULES).await;
    for dialect in Speaks::BOTH {
        let body = question(dialect, "up-text", &json!({"temperature": 1.0}));
        let answer = gateway.ask(dialect, &body).await;
        answer.expect_text(dialect, HELLO);
        let asked = upstream.last_request().json();
        assert_eq!(asked["seed"], 7);
        assert_eq!(asked["metadata"], json!({"team": "blue"}));
        assert_eq!(asked["temperature"], 0.25);
    }
    let body = question(
        Speaks::Chat,
        "up-text",
        &json!({"seed": 1, "user": "someone", "metadata": {"team": "red"}}),
    );
    gateway
        .ask(Speaks::Chat, &body)
        .await
        .expect_text(Speaks::Chat, HELLO);
    let asked = upstream.last_request().json();
    assert_eq!(
        (&asked["seed"], &asked["metadata"]["team"]),
        (&json!(1), &json!("red"))
    );
    assert_eq!(asked.get("user"), None);
}

#[tokio::test]
async fn strict_translation_refuses_what_would_be_lost() {
    let (upstream, gateway) = start(Speaks::Chat, "translation: strict\n").await;
    let lossy = question(Speaks::Claude, "up-text", &json!({"top_k": 5}));
    let answer = gateway.ask(Speaks::Claude, &lossy).await;
    let refusal = answer.refusal(Speaks::Claude);
    assert_eq!((refusal.status, &*refusal.code), (400, "translation_loss"));
    assert!(refusal.message.contains("top_k"), "{}", refusal.message);
    assert!(upstream.requests().is_empty());
    // What can be carried, and what is passed through, is.
    let answer = gateway.question(Speaks::Claude, "up-text", false).await;
    answer.expect_text(Speaks::Claude, HELLO);
    let own = question(Speaks::Chat, "up-text", &json!({"seed": 5}));
    gateway
        .ask(Speaks::Chat, &own)
        .await
        .expect_text(Speaks::Chat, HELLO);
}

async fn thinking_of(gateway: &Gateway, dialect: Speaks, model: &str) -> Answer {
    gateway.question(dialect, model, false).await
}

#[tokio::test]
async fn brackets_behind_a_model_say_how_much_to_think() {
    let (upstream, gateway) = start(Speaks::Chat, "").await;
    for dialect in Speaks::BOTH {
        for (name, effort) in [
            ("up-text(high)", json!("high")),
            ("up-text(1024)", json!("low")),
            ("up-text()", Value::Null),
        ] {
            let answer = thinking_of(&gateway, dialect, name).await;
            answer.expect_text(dialect, HELLO);
            let asked = upstream.last_request().json();
            assert_eq!(asked["model"], "up-text");
            assert_eq!(asked["reasoning_effort"], effort, "{dialect:?} {name}");
            assert_eq!(answer.folded(dialect).model, name);
        }
        let answer = thinking_of(&gateway, dialect, "up-txet(high)").await;
        assert_eq!(answer.refusal(dialect).status, 404);
    }
    let (upstream, gateway) = start(Speaks::Claude, "").await;
    let answer = thinking_of(&gateway, Speaks::Claude, "up-text(none)").await;
    answer.expect_text(Speaks::Claude, HELLO);
    assert_eq!(
        upstream.last_request().json()["thinking"],
        json!({"type": "disabled"})
    );
}

#[tokio::test]
async fn a_model_that_is_listed_with_brackets_is_meant_as_it_stands() {
    let upstream = modelgate_test_upstream::Upstream::start().await;
    let more = "models: [{name: up-text, alias: \"odd(high)\"}]";
    let settings = Settings::new().serving(Speaks::Chat, &upstream.url(), &["sk-good"], more);
    let gateway = settings.start().await;
    let answer = gateway.question(Speaks::Chat, "odd(high)", false).await;
    answer.expect_text(Speaks::Chat, HELLO);
    assert_eq!(upstream.last_request().json().get("reasoning_effort"), None);
}
