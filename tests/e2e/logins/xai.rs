//! xAI, as strict as `providers.md` 14 has it.

use super::{DEVICE, Scene, hello, refused};
use crate::harness::stand_in::{Asked, Said, StandIn};
use crate::harness::{Speaks, eventually};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Value, json};

const CHAT: &str = "/v1/chat/completions";
const DISCOVERY: &str = "/.well-known/openid-configuration";

/// A stand-in whose device flow and renewals end at the token endpoint that it tells of.
async fn start(token_host: Option<&'static str>) -> Scene {
    let mut polls = 0;
    let server = StandIn::start(move |asked| match &*asked.path {
        DISCOVERY => {
            let own = format!("http://{}", asked.header("host").unwrap());
            let host = token_host.unwrap_or(&own);
            Said::json(
                200,
                &json!({"device_authorization_endpoint": format!("{own}/device"), "token_endpoint": format!("{host}/token")}),
            )
        }
        "/device" => device(asked),
        "/token" => token(asked, &mut polls),
        CHAT => chat(asked),
        "/v1/models" => Said::json(
            200,
            &json!({"data": [{"id": "grok-4.6"}, {"id": "grok-9"}]}),
        ),
        path => panic!("{path}"),
    });
    Scene::new(server.await, &[("MODELGATE_XAI_DISCOVERY_URL", DISCOVERY)])
}

fn device(asked: &Asked) -> Said {
    let form = asked.form();
    assert_eq!(form["client_id"], "b1a00492-073a-47ea-816f-4c329264a828");
    assert!(form["scope"].contains("api:access"), "{form:?}");
    Said::json(
        200,
        &json!({
            "device_code": "device-1", "user_code": "AB-CD", "verification_uri": "https://x.example/device",
            "expires_in": 1800, "interval": 1,
        }),
    )
}

fn token(asked: &Asked, polls: &mut usize) -> Said {
    let form = asked.form();
    let field = |name: &str| form.get(name).map(String::as_str);
    if field("client_id") != Some("b1a00492-073a-47ea-816f-4c329264a828") {
        return refused("invalid_client");
    }
    let number = match (
        field("grant_type"),
        field("device_code"),
        field("refresh_token"),
    ) {
        (Some(DEVICE), Some("device-1"), None) => 0,
        (Some("refresh_token"), None, Some("refresh-0")) => 1,
        _ => return refused("invalid_grant"),
    };
    *polls += 1;
    if number == 0 && *polls == 1 {
        return refused("authorization_pending");
    }
    let claims = json!({"email": "ada@example.com", "sub": "s-1"}).to_string();
    let id = format!("e30.{}.x", BASE64_URL_SAFE_NO_PAD.encode(claims));
    Said::json(
        200,
        &json!({
            "access_token": format!("access-{number}"), "refresh_token": format!("refresh-{number}"), "id_token": id,
            "expires_in": 21600, "token_type": "Bearer",
        }),
    )
}

fn chat(asked: &Asked) -> Said {
    let body = asked.json();
    for field in ["stop", "safety_identifier", "prompt_cache_retention"] {
        if body.get(field).is_some() {
            return Said::json(
                400,
                &json!({"code": "invalid-argument", "error": format!("{field} is not supported")}),
            );
        }
    }
    match asked.header("authorization") {
        Some("Bearer access-1") => hello(asked),
        Some("Bearer access-0") if body["model"] != "grok-4.5" => hello(asked),
        _ => Said::json(
            403,
            &json!({"code": "unauthenticated:bad-credentials", "error": "The token could not be validated."}),
        ),
    }
}

#[tokio::test]
async fn an_account_is_logged_in_to_and_what_it_refuses_is_left_out_and_named() {
    let scene = start(None).await;
    let shown = scene.log_in("xai").await;
    assert_eq!(shown["waiting"]["code"], "AB-CD");
    let name = "xai-ada@example.com";
    let saved = scene.saved(name);
    assert_eq!(saved["email"], "ada@example.com");
    assert_eq!(saved["sub"], "s-1");
    assert_eq!(saved["auth_kind"], "oauth");
    assert_eq!(
        saved["token_endpoint"],
        format!("{}/token", scene.server.url)
    );
    scene.change(
        name,
        &json!({"base_url": format!("{}/v1", scene.server.url)}),
    );

    let gateway = scene.launch().start().await;
    eventually("the list is there", async || {
        let answer = gateway.request("GET", "/v1/models").send().await.unwrap();
        answer.text().await.unwrap().contains("grok-9")
    })
    .await;
    for dialect in Speaks::BOTH {
        for stream in [false, true] {
            let mut question = dialect.question("grok-4.6", stream);
            let stops = match dialect {
                Speaks::Chat => "stop",
                Speaks::Claude => "stop_sequences",
            };
            question[stops] = json!(["END"]);
            let answer = gateway.ask(dialect, &question).await;
            answer.expect_text(dialect, "Hello there");
            let dropped = answer.header("x-modelgate-dropped").unwrap_or_default();
            assert!(dropped.contains("stop"), "{dropped:?}");
        }
    }
    let mut question = Speaks::Chat.question("grok-4.6", false);
    question["prompt_cache_key"] = json!("c-1");
    gateway.ask(Speaks::Chat, &question).await;
    let asked = scene.last(CHAT);
    assert_eq!(asked.header("x-grok-conv-id"), Some("c-1"));
    assert!(asked.user_agent().starts_with("modelgate/"));
}

#[tokio::test]
async fn a_token_that_is_over_is_told_with_403_and_renewed() {
    let scene = start(None).await;
    scene.change("xai-a", &account(&scene));
    let gateway = scene.launch().start().await;
    let answer = gateway.question(Speaks::Claude, "grok-4.5", true).await;
    answer.expect_text(Speaks::Claude, "Hello there");
    let saved = scene.saved("xai-a");
    assert_eq!(saved["access_token"], "access-1");
    assert_eq!(saved["refresh_token"], "refresh-1");
    // The file had no place for it: it was asked for.
    assert_eq!(scene.server.asked(DISCOVERY).len(), 1);
}

#[tokio::test]
async fn tokens_go_nowhere_else() {
    let scene = start(Some("https://token.example")).await;
    let words = ["login", "xai", "--no-browser", "--label", "work"];
    let login = scene.launch().run(&words).await;
    assert_eq!(login.code, Some(1), "{}", login.stderr);
    assert!(
        login.stderr.contains("where logins go at x.ai"),
        "{}",
        login.stderr
    );
    scene.change("xai-a", &account(&scene));
    let gateway = scene.launch().start().await;
    let answer = gateway.question(Speaks::Claude, "grok-4.5", false).await;
    assert_eq!(answer.status, 401, "{}", answer.text());
}

fn account(scene: &Scene) -> Value {
    json!({
        "type": "xai", "access_token": "access-0", "refresh_token": "refresh-0", "expired": "2099-01-01T00:00:00Z",
        "base_url": format!("{}/v1", scene.server.url), "fetch_models": false,
    })
}

#[tokio::test]
async fn an_account_is_logged_in_to_over_http() {
    let scene = start(None).await;
    let wishes = json!({"type": "xai", "base_url": format!("{}/v1", scene.server.url)});
    let name = "xai-ada@example.com";
    scene
        .log_in_over_http("xai-auth-url", name, &wishes, "grok-4.6")
        .await;
    let asked = scene.last(CHAT);
    assert_eq!(asked.header("authorization"), Some("Bearer access-0"));
}
