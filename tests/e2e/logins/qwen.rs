//! Qwen, as strict as `providers.md` 11 has it.

use super::{DEVICE, Scene, hello, refused};
use crate::harness::Speaks;
use crate::harness::stand_in::{Asked, Said, StandIn};
use crate::login::challenge;
use serde_json::{Value, json};

const CHAT: &str = "/v1/chat/completions";
/// Where accounts are served once their tokens were renewed.
const MOVED: &str = "/moved/v1/chat/completions";
const MODEL: &str = "qwen3-coder-plus";

async fn start() -> Scene {
    let (mut proof, mut polls) = (String::new(), 0);
    let server = StandIn::start(move |asked| match &*asked.path {
        "/device" => device(asked, &mut proof),
        "/token" => token(asked, &proof, &mut polls),
        CHAT | MOVED => chat(asked),
        path => panic!("{path}"),
    });
    let addresses = [
        ("MODELGATE_QWEN_DEVICE_URL", "/device"),
        ("MODELGATE_QWEN_TOKEN_URL", "/token"),
    ];
    Scene::new(server.await, &addresses)
}

fn device(asked: &Asked, proof: &mut String) -> Said {
    let form = asked.form();
    assert_eq!(form["client_id"], "f0304373b74a44d2b584a3fb70ca9e56");
    assert_eq!(form["scope"], "openid profile email model.completion");
    assert_eq!(form["code_challenge_method"], "S256");
    *proof = form["code_challenge"].clone();
    Said::json(
        200,
        &json!({
            "device_code": "device-1", "user_code": "AB-CD", "verification_uri": "https://x.example/authorize",
            "verification_uri_complete": "https://x.example/authorize?code=AB-CD", "expires_in": 300, "interval": 1,
        }),
    )
}

/// Who asks for the first time comes too early. Tokens say where they are good, and that changes.
fn token(asked: &Asked, proof: &str, polls: &mut usize) -> Said {
    let form = asked.form();
    let field = |name: &str| form.get(name).map(String::as_str);
    if field("client_id") != Some("f0304373b74a44d2b584a3fb70ca9e56") {
        return refused("invalid_client");
    }
    let verifier = field("code_verifier").unwrap_or_default();
    let (number, place) = match (field("grant_type"), field("refresh_token")) {
        (Some(DEVICE), None) => {
            if field("device_code") != Some("device-1") || challenge(verifier) != proof {
                return refused("invalid_grant");
            }
            *polls += 1;
            if *polls == 1 {
                return Said::json(429, &json!({"error": "slow_down"}));
            }
            (0, "")
        }
        (Some("refresh_token"), Some("refresh-0")) => (1, "/moved"),
        _ => return refused("invalid_grant"),
    };
    let host = asked.header("host").unwrap();
    Said::json(
        200,
        &json!({
            "access_token": format!("access-{number}"), "refresh_token": format!("refresh-{number}"),
            "token_type": "Bearer", "expires_in": 21600, "resource_url": format!("http://{host}{place}"),
        }),
    )
}

/// Nothing was made up, and counts were asked for. One model's tokens are over, and of another nothing is left today.
fn chat(asked: &Asked) -> Said {
    let body = asked.json();
    assert!(body.get("tools").is_none(), "{body}");
    assert_eq!(
        body["stream"] == true,
        body["stream_options"]["include_usage"] == true,
        "{body}"
    );
    let fault = |status, code: &str, message: &str| {
        let error = json!({"code": code, "message": message, "type": code});
        Said::json(status, &json!({"error": error}))
    };
    let token = asked.header("authorization").unwrap();
    if body["model"] == "qwen-used-up" {
        return fault(403, "insufficient_quota", "Free allocated quota exceeded.");
    }
    match (&*asked.path, token) {
        (CHAT, "Bearer access-0") if body["model"] == MODEL => hello(asked),
        (MOVED, "Bearer access-1") => hello(asked),
        _ => fault(
            403,
            "access_denied",
            "invalid access token or token expired",
        ),
    }
}

/// An account that has been logged in to.
fn account(scene: &Scene) -> Value {
    json!({
        "type": "qwen", "access_token": "access-0", "refresh_token": "refresh-0", "expired": "2099-01-01T00:00:00Z",
        "resource_url": scene.server.url,
    })
}

#[tokio::test]
async fn an_account_is_logged_in_to_and_serves_where_its_tokens_say() {
    let scene = start().await;
    let shown = scene.log_in("qwen").await;
    assert_eq!(shown["waiting"]["code"], "AB-CD");
    let place = "https://x.example/authorize?code=AB-CD";
    assert_eq!(shown["waiting"]["url"], place);
    assert_eq!(scene.server.asked("/token").len(), 2, "once too early");
    let saved = scene.saved("qwen-work");
    assert_eq!(saved["type"], "qwen");
    assert_eq!(saved["resource_url"], scene.server.url);
    assert_eq!(saved["refresh_token"], "refresh-0");

    let gateway = scene.launch().start().await;
    for dialect in Speaks::BOTH {
        for stream in [false, true] {
            let answer = gateway.question(dialect, MODEL, stream).await;
            answer.expect_text(dialect, "Hello there");
        }
    }
    assert!(scene.last(CHAT).user_agent().starts_with("modelgate/"));
    let log = gateway.log();
    assert!(!log.contains("access-0") && !log.contains("refresh-0"));
}

#[tokio::test]
async fn an_account_is_logged_in_to_over_http() {
    let scene = start().await;
    let wishes = json!({"type": "qwen"});
    scene
        .log_in_over_http("qwen-auth-url?label=work", "qwen-work", &wishes, MODEL)
        .await;
}

#[tokio::test]
async fn a_refusal_renews_the_token_once_and_the_account_moves_with_it() {
    let scene = start().await;
    scene.change("qwen-a", &account(&scene));
    let gateway = scene.launch().start().await;
    for stream in [true, false] {
        let answer = gateway
            .question(Speaks::Claude, "qwen3-coder-flash", stream)
            .await;
        answer.expect_text(Speaks::Claude, "Hello there");
    }
    assert_eq!(scene.server.asked("/token").len(), 1);
    assert_eq!(scene.server.asked(CHAT).len(), 1, "it was refused there");
    assert_eq!(scene.server.asked(MOVED).len(), 2);
    let saved = scene.saved("qwen-a");
    assert_eq!(saved["refresh_token"], "refresh-1");
    let moved = format!("{}/moved", scene.server.url);
    assert_eq!(saved["resource_url"], moved);
}

#[tokio::test]
async fn a_quota_that_is_used_up_is_no_matter_of_tokens_and_waited_for() {
    let scene = start().await;
    scene.change("qwen-a", &account(&scene));
    let gateway = scene.launch().start().await;
    for _ in 0..2 {
        let answer = gateway.question(Speaks::Chat, "qwen-used-up", false).await;
        assert_eq!(answer.status, 429, "{}", answer.text());
        let wait: u64 = answer.header("retry-after").unwrap().parse().unwrap();
        assert!((1..=24 * 60 * 60).contains(&wait), "until tomorrow: {wait}");
    }
    assert_eq!(scene.server.asked(CHAT).len(), 1, "it rests");
    assert!(scene.server.asked("/token").is_empty());
}
