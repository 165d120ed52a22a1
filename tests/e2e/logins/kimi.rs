//! Kimi, as strict as `providers.md` 13 has it.

use super::{DEVICE, Scene, hello, refused};
use crate::harness::stand_in::{Asked, Said, StandIn};
use crate::harness::{Answer, Speaks};
use serde_json::json;

const CHAT: &str = "/v1/chat/completions";
const MESSAGES: &str = "/v1/messages";
const COUNT: &str = "/v1/messages/count_tokens";

async fn start() -> Scene {
    let mut polls = 0;
    let server = StandIn::start(move |asked| match &*asked.path {
        _ if !is_known(asked) => refused("no_device"),
        "/device" => Said::json(
            200,
            &json!({
                "device_code": "device-1", "user_code": "AB-CD", "verification_uri": "https://x.example/device",
                "verification_uri_complete": "https://x.example/device?code=AB-CD", "expires_in": 600, "interval": 1,
            }),
        ),
        "/token" => token(asked, &mut polls),
        CHAT => chat(asked),
        MESSAGES => messages(asked),
        COUNT => Said::json(200, &json!({"input_tokens": 42})),
        path => panic!("{path}"),
    });
    let addresses = [
        ("MODELGATE_KIMI_DEVICE_URL", "/device"),
        ("MODELGATE_KIMI_TOKEN_URL", "/token"),
    ];
    Scene::new(server.await, &addresses)
}

/// Who asks says so, and from which device.
fn is_known(asked: &Asked) -> bool {
    let is = |name: &str| asked.header(name) == Some("modelgate");
    is("x-msh-platform")
        && is("x-msh-device-name")
        && is("x-msh-device-model")
        && asked.header("x-msh-version").is_some()
        && asked
            .header("x-msh-device-id")
            .is_some_and(|id| id.len() == 36)
        && asked.user_agent().starts_with("modelgate/")
}

fn token(asked: &Asked, polls: &mut usize) -> Said {
    let form = asked.form();
    let field = |name: &str| form.get(name).map(String::as_str);
    if field("client_id") != Some("17e5f671-d194-4dfb-9706-5516cb48c098") {
        return refused("invalid_client");
    }
    let number = match (
        field("grant_type"),
        field("device_code"),
        field("refresh_token"),
    ) {
        (Some(DEVICE), Some("device-1"), None) => 0,
        (Some("refresh_token"), None, Some("refresh-0")) => 1,
        // Without a word.
        _ => return Said::json(403, &json!({})),
    };
    *polls += 1;
    if number == 0 && *polls == 1 {
        return refused("authorization_pending");
    }
    Said::json(
        200,
        &json!({
            "access_token": format!("access-{number}"), "refresh_token": format!("refresh-{number}"),
            "expires_in": 900.5, "token_type": "Bearer", "scope": "x",
        }),
    )
}

fn chat(asked: &Asked) -> Said {
    let body = asked.json();
    let fault = |what: &str| {
        Said::json(
            400,
            &json!({"error": {"message": what, "type": "invalid_request_error"}}),
        )
    };
    if body.get("reasoning_effort").is_some() {
        return fault("reasoning_effort");
    }
    if body["model"].as_str().unwrap().starts_with("kimi-k") {
        return fault("model");
    }
    let thinks = body["thinking"]["type"] != "disabled";
    for message in body["messages"].as_array().unwrap() {
        let calls = message["tool_calls"].is_array();
        if calls && thinks && !message["reasoning_content"].is_string() {
            return fault("reasoning_content");
        }
    }
    match asked.header("authorization") {
        Some("Bearer access-0" | "Bearer access-1") => hello(asked),
        _ => Said::json(
            401,
            &json!({"error": {"message": "no", "type": "invalid_authentication_error"}}),
        ),
    }
}

/// In Claude's dialect.
fn messages(asked: &Asked) -> Said {
    let body = asked.json();
    assert_eq!(asked.header("anthropic-version"), Some("2023-06-01"));
    assert_eq!(asked.header("authorization"), Some("Bearer access-0"));
    let content = json!([{"type": "text", "text": "Hello there"}]);
    Said::json(
        200,
        &json!({
            "id": "m-1", "type": "message", "role": "assistant", "model": body["model"], "content": content,
            "stop_reason": "end_turn", "stop_sequence": null, "usage": {"input_tokens": 3, "output_tokens": 2},
        }),
    )
}

#[tokio::test]
async fn a_client_of_claudes_dialect_is_served_in_its_own_words() {
    let scene = start().await;
    scene.change(
        "kimi-a",
        &json!({
            "type": "kimi", "access_token": "access-0", "refresh_token": "refresh-0", "expired": "2099-01-01T00:00:00Z",
            "device_id": "01234567-89ab-cdef-0123-456789abcdef", "base_url": format!("{}/v1", scene.server.url),
        }),
    );
    let gateway = scene.launch().start().await;
    let question = Speaks::Claude.thinking(Speaks::Claude.question("kimi-k3", false));
    let answer = gateway.ask(Speaks::Claude, &question).await;
    answer.expect_text(Speaks::Claude, "Hello there");
    assert_eq!(answer.json()["model"], "kimi-k3");
    let mut expected = question.clone();
    expected["model"] = json!("k3");
    assert_eq!(scene.last(MESSAGES).json(), expected, "but for the name");
    let request = gateway
        .request("POST", COUNT)
        .header("anthropic-version", "2023-06-01");
    let counted = Answer::read(request.body(question.to_string())).await;
    assert_eq!(counted.json()["input_tokens"], 42);
    // Nobody else can have it counted.
    let body = json!({"model": "kimi-k3", "input": "Hi"}).to_string();
    let request = gateway
        .request("POST", "/v1/responses/input_tokens")
        .body(body);
    let counted = Answer::read(request).await;
    assert_eq!(counted.status, 200, "{}", counted.text());
    assert_eq!(scene.server.asked(COUNT).len(), 1);
}

#[tokio::test]
async fn an_account_is_logged_in_to_and_serves_in_the_words_of_its_provider() {
    let scene = start().await;
    let shown = scene.log_in("kimi").await;
    assert_eq!(
        shown["waiting"]["url"],
        "https://x.example/device?code=AB-CD"
    );
    let saved = scene.saved("kimi-work");
    let device = saved["device_id"].as_str().unwrap();
    assert_eq!(scene.last("/token").header("x-msh-device-id"), Some(device));
    scene.change(
        "kimi-work",
        &json!({"base_url": format!("{}/v1", scene.server.url)}),
    );

    let gateway = scene.launch().start().await;
    for stream in [false, true] {
        let question = Speaks::Chat.question("kimi-k2.7-code", stream);
        let answer = gateway
            .ask(Speaks::Chat, &Speaks::Chat.thinking(question))
            .await;
        answer.expect_text(Speaks::Chat, "Hello there");
        let asked = scene.last(CHAT);
        assert_eq!(asked.header("x-msh-device-id"), Some(device));
        let body = asked.json();
        assert_eq!(body["model"], "kimi-for-coding");
        assert_eq!(body["thinking"]["type"], "enabled");
    }
    // A loop of tools of a client that keeps no thoughts.
    let call = json!({"id": "t-1", "type": "function", "function": {"name": "forecast", "arguments": "{}"}});
    let mut question = Speaks::Chat.tool_question("kimi-k3", false);
    question["messages"] = json!([
        {"role": "user", "content": "Rain?"}, {"role": "assistant", "content": null, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "t-1", "content": "Yes."},
    ]);
    let answer = gateway.ask(Speaks::Chat, &question).await;
    answer.expect_text(Speaks::Chat, "Hello there");
    assert_eq!(scene.last(CHAT).json()["model"], "k3");
    let request = gateway.request("POST", "/v1/responses");
    let request = request.header("content-type", "application/json");
    let body = json!({"model": "kimi-k3", "input": "Hi"});
    let answer = Answer::read(request.body(body.to_string())).await;
    assert!(answer.text().contains("Hello there"), "{}", answer.text());
}

#[tokio::test]
async fn tokens_are_renewed_and_a_bare_refusal_ends_the_login() {
    for (refresh, renewed) in [("refresh-0", true), ("refresh-x", false)] {
        let scene = start().await;
        scene.change(
            "kimi-a",
            &json!({
                "type": "kimi", "access_token": "old", "refresh_token": refresh, "expired": "2020-01-01T00:00:00Z",
                "device_id": "01234567-89ab-cdef-0123-456789abcdef", "base_url": format!("{}/v1", scene.server.url),
            }),
        );
        let gateway = scene.launch().start().await;
        let answer = gateway.question(Speaks::Chat, "kimi-k3", false).await;
        if renewed {
            answer.expect_text(Speaks::Chat, "Hello there");
            assert_eq!(scene.saved("kimi-a")["refresh_token"], "refresh-1");
        } else {
            assert_eq!(answer.status, 401, "{}", answer.text());
            assert!(
                answer.text().contains("modelgate login kimi"),
                "{}",
                answer.text()
            );
            assert_eq!(scene.server.asked("/token").len(), 1, "it is final");
        }
    }
}

#[tokio::test]
async fn an_account_is_logged_in_to_over_http() {
    let scene = start().await;
    let wishes = json!({"type": "kimi", "base_url": format!("{}/v1", scene.server.url)});
    scene
        .log_in_over_http("kimi-auth-url?label=work", "kimi-work", &wishes, "kimi-k3")
        .await;
    let device = scene.saved("kimi-work")["device_id"].clone();
    for place in ["/token", CHAT, MESSAGES] {
        let asked = scene.last(place);
        assert_eq!(asked.header("x-msh-device-id"), device.as_str(), "{place}");
    }
}
