//! Anthropic, as strict with accounts as `providers.md` 2.3 and 2.5 have it. The logins themselves are in `login.rs`.

use super::{Scene, refused};
use crate::harness::answer::Answer;
use crate::harness::stand_in::{Asked, Said, StandIn};
use crate::harness::{Gateway, KEY, Speaks, eventually};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use std::fs;
use std::io::Write as _;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

const MESSAGES: &str = "/v1/messages";
const COUNT: &str = "/v1/messages/count_tokens";
const LIST: &str = "/v1/models?limit=1000";
const MODEL: &str = "claude-haiku-4-5-20251001";
const ACCOUNT: &str = "claude-ada@example.com";
const FOR_CLAUDE_CODE: &str = "This credential is only authorized for use with Claude Code and cannot be used for other API requests.";
const REVOKED: &str = "OAuth token has been revoked. Please obtain a new token.";

/// What the stand-in holds against an account.
#[derive(Clone, Copy, PartialEq)]
enum Holds {
    Nothing,
    /// The request is not that of the vendor's own program.
    Client,
    /// The first token was revoked.
    FirstToken,
    /// Every token is revoked.
    Tokens,
    /// And the login with them.
    Login,
    /// The month's money is spent.
    Money,
    /// The window of the plan for some models is used up.
    Family,
    /// The token may not see the list of models.
    List,
    /// Whose it is, is told with new tokens.
    Secrecy,
}

/// An account before a stand-in; `more` are further lines of the configuration.
async fn start(holds: Holds, more: &str) -> (Scene, Gateway) {
    let server = StandIn::start(move |asked| match &*asked.path {
        "/token" if holds == Holds::Login => refused("invalid_grant"),
        "/token" if holds == Holds::Secrecy => Said::json(
            200,
            &json!({
                "access_token": "access-1", "refresh_token": "refresh-1", "expires_in": 28800,
                "account": {"uuid": "u-1", "email_address": "eve@example.com"},
            }),
        ),
        "/profile" if holds == Holds::Secrecy => Said::json(403, &json!({"error": {}})),
        "/profile" => {
            // A token that is replaced may not be good any more.
            assert_eq!(asked.header("authorization"), Some("Bearer access-0"));
            let account = json!({"uuid": "u-1", "email": "eve@example.com"});
            Said::json(200, &json!({"account": account}))
        }
        "/token" => Said::json(
            200,
            &json!({"access_token": "access-1", "refresh_token": "refresh-1", "expires_in": 28800}),
        ),
        path if asked.header("x-api-key").is_some() => with_key(asked, path),
        _ => admit(asked, holds).unwrap_or_else(|| answer(asked)),
    });
    let addresses = [
        ("MODELGATE_CLAUDE_TOKEN_URL", "/token"),
        ("MODELGATE_CLAUDE_PROFILE_URL", "/profile"),
    ];
    let scene = Scene::new(server.await, &addresses);
    let config = scene.home.path("modelgate.yaml");
    let text = fs::read_to_string(&config).unwrap();
    let more = more.replace("URL", &scene.server.url);
    fs::write(&config, format!("{text}{more}")).unwrap();
    scene.change(ACCOUNT, &account("access-0", &scene.server.url));
    let gateway = scene.launch().start().await;
    (scene, gateway)
}

fn account(access: &str, url: &str) -> Value {
    json!({
        "type": "claude", "email": "ada@example.com", "access_token": access, "refresh_token": "refresh-0",
        "expired": "2099-01-01T00:00:00Z", "base_url": url, "fetch_models": false,
    })
}

/// The token with the word for it and without a key; nothing where that lets in.
fn admit(asked: &Asked, holds: Holds) -> Option<Said> {
    let token = asked.header("authorization").unwrap_or_default();
    let betas = asked.header("anthropic-beta").unwrap_or_default();
    if !token.starts_with("Bearer access-")
        || !betas.split(',').any(|beta| beta == "oauth-2025-04-20")
    {
        return Some(refusal(
            401,
            "authentication_error",
            "OAuth authentication is currently not supported.",
        ));
    }
    if asked.header("anthropic-version").is_none() {
        return Some(refusal(
            400,
            "invalid_request_error",
            "anthropic-version: header is required",
        ));
    }
    let first = token == "Bearer access-0";
    match holds {
        Holds::Client => Some(refusal(400, "invalid_request_error", FOR_CLAUDE_CODE)),
        Holds::FirstToken if first => Some(refusal(403, "permission_error", REVOKED)),
        Holds::Tokens | Holds::Login => Some(refusal(403, "permission_error", REVOKED)),
        Holds::Money => Some(refusal(
            400,
            "invalid_request_error",
            "You have reached your specified API usage limits. You will regain access on 2099-01-01 at 00:00 UTC.",
        )),
        Holds::Family if asked.json()["model"] == MODEL => Some(family_is_used_up()),
        Holds::List if asked.path == LIST => Some(refusal(401, "authentication_error", "No.")),
        Holds::Nothing | Holds::FirstToken | Holds::Family | Holds::List | Holds::Secrecy => None,
    }
}

/// A refusal, compressed, as its servers send them.
fn refusal(status: u16, kind: &str, message: &str) -> Said {
    let body = json!({"type": "error", "error": {"type": kind, "message": message}, "request_id": "req_1"});
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    packed.write_all(body.to_string().as_bytes()).unwrap();
    let said = Said::bytes("application/json", packed.finish().unwrap());
    said.with_status(status).header("content-encoding", "gzip")
}

fn family_is_used_up() -> Said {
    let message = "This request would exceed your account's rate limit. Please try again later.";
    let reset = (SystemTime::now() + Duration::from_secs(600)).duration_since(UNIX_EPOCH);
    let reset = reset.unwrap().as_secs().to_string();
    let windows = [
        ("status", "rejected"),
        ("5h-status", "allowed"),
        ("7d-status", "allowed"),
        ("7d_oi-status", "rejected"),
        ("7d_oi-reset", &*reset),
    ];
    let said = refusal(429, "rate_limit_error", message).header("retry-after", "5");
    windows.into_iter().fold(said, |said, (name, value)| {
        said.header(&format!("anthropic-ratelimit-unified-{name}"), value)
    })
}

fn with_key(asked: &Asked, path: &str) -> Said {
    let key = asked.header("x-api-key");
    assert_eq!(
        (key, asked.header("authorization"), path),
        (Some("sk-key"), None, MESSAGES)
    );
    answer(asked)
}

fn answer(asked: &Asked) -> Said {
    match &*asked.path {
        LIST => Said::json(
            200,
            &json!({"data": [{"type": "model", "id": "claude-of-the-list"}], "has_more": false}),
        ),
        COUNT | MESSAGES if asked.json().get("betas").is_some() => refusal(
            400,
            "invalid_request_error",
            "betas: Extra inputs are not permitted",
        ),
        COUNT => Said::json(200, &json!({"input_tokens": 7})),
        MESSAGES => Said::json(
            200,
            &json!({
                "id": "msg_1", "type": "message", "role": "assistant", "model": asked.json()["model"], "stop_reason": "end_turn",
                "stop_sequence": null, "content": [{"type": "text", "text": "Hello there"}], "usage": {"input_tokens": 3, "output_tokens": 2},
            }),
        ),
        path => panic!("{path}"),
    }
}

async fn ask(gateway: &Gateway) -> Answer {
    gateway.question(Speaks::Claude, MODEL, false).await
}

/// The account as `modelgate accounts` shows it.
async fn shown(scene: &Scene) -> Value {
    let view = scene.launch().run(&["accounts", "--json"]).await;
    let view: Value = serde_json::from_str(&view.stdout).unwrap();
    let accounts = view["accounts"].as_array().unwrap();
    accounts
        .iter()
        .find(|account| account["id"] == ACCOUNT)
        .unwrap()
        .clone()
}

#[tokio::test]
async fn features_are_named_in_the_header_beside_the_word_for_the_token() {
    let (scene, gateway) = start(Holds::Nothing, "").await;
    for (path, expected) in [
        (MESSAGES, "one-1,two-2,three-3,oauth-2025-04-20"),
        (COUNT, "one-1,two-2,three-3,oauth-2025-04-20"),
    ] {
        let mut body = Speaks::Claude.question(MODEL, false);
        body["betas"] = json!(["two-2", "three-3"]);
        let request = gateway
            .request("POST", path)
            .header("anthropic-version", "2023-06-01");
        let request = request
            .header("anthropic-beta", "one-1")
            .body(body.to_string());
        let answer = Answer::read(request.header("content-type", "application/json")).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert_eq!(scene.last(path).header("anthropic-beta"), Some(expected));
        assert_eq!(answer.header("x-modelgate-estimated"), None);
    }
    // A client of another dialect names none.
    gateway
        .question(Speaks::Chat, MODEL, false)
        .await
        .expect_text(Speaks::Chat, "Hello there");
    assert_eq!(
        scene.last(MESSAGES).header("anthropic-beta"),
        Some("oauth-2025-04-20")
    );
    scene.change(ACCOUNT, &json!({"fetch_models": true}));
    eventually("the account's own list is known", async || {
        let listed = Answer::read(gateway.request("GET", "/v1/models")).await;
        listed.text().contains("claude-of-the-list")
    })
    .await;
    assert_eq!(
        scene.last(LIST).header("anthropic-beta"),
        Some("oauth-2025-04-20")
    );
}

#[tokio::test]
async fn an_account_for_other_clients_says_how_to_go_on_and_does_not_rest() {
    let (scene, gateway) = start(Holds::Client, "").await;
    for _ in 0..2 {
        let answer = ask(&gateway).await;
        assert_eq!(answer.status, 403, "{}", answer.text());
        assert_eq!(answer.json()["error"]["type"], "permission_error");
        assert_eq!(answer.json()["error"]["code"], "account_not_for_client");
        for part in [
            ACCOUNT,
            "modelgate keys provider add claude",
            FOR_CLAUDE_CODE,
        ] {
            assert!(answer.text().contains(part), "{}", answer.text());
        }
    }
    assert_eq!(
        scene.server.asked(MESSAGES).len(),
        2,
        "its own program may still use it"
    );
    assert_eq!(shown(&scene).await["state"], "ready");
    assert!(gateway.log().contains("unwelcome"), "{}", gateway.log());
}

#[tokio::test]
async fn a_key_answers_where_the_account_may_not() {
    let key = "claude-api-key: [{api-key: sk-key, auth-scheme: api-key, base-url: URL, priority: -1, models: [{name: claude-haiku-4-5-20251001}]}]\n";
    let (scene, gateway) = start(Holds::Client, key).await;
    ask(&gateway)
        .await
        .expect_text(Speaks::Claude, "Hello there");
    let asked = scene.server.asked(MESSAGES);
    assert_eq!(asked.len(), 2, "the account first");
    assert_eq!(asked[1].header("anthropic-beta"), None);
}

#[tokio::test]
async fn a_token_that_was_revoked_is_renewed_once() {
    let (scene, gateway) = start(Holds::FirstToken, "").await;
    ask(&gateway)
        .await
        .expect_text(Speaks::Claude, "Hello there");
    assert_eq!(scene.server.asked("/token").len(), 1);
    assert_eq!(scene.saved(ACCOUNT)["access_token"], "access-1");
    assert_eq!(shown(&scene).await["state"], "ready");
}

#[tokio::test]
async fn a_login_that_was_revoked_is_over_until_somebody_logs_in() {
    for (holds, calls) in [(Holds::Login, 1), (Holds::Tokens, 2)] {
        let (scene, gateway) = start(holds, "").await;
        let answer = ask(&gateway).await;
        assert_eq!(answer.status, 401, "{}", answer.text());
        assert!(
            answer.text().contains("modelgate login claude"),
            "{}",
            answer.text()
        );
        assert_eq!(shown(&scene).await["state"], "log_in_again");
        let clear = ["accounts", "clear-cooldown", ACCOUNT];
        assert_eq!(scene.launch().run(&clear).await.code, Some(0));
        assert_eq!(ask(&gateway).await.status, 401);
        assert_eq!(
            scene.server.asked(MESSAGES).len(),
            calls,
            "nobody is asked in vain"
        );
        assert_eq!(scene.server.asked("/token").len(), 1);
    }
}

#[tokio::test]
async fn a_login_that_was_revoked_is_told_by_the_doctor_before_anybody_asked() {
    for (holds, state) in [
        (Holds::FirstToken, "ready"),
        (Holds::Login, "log_in_again"),
        (Holds::Tokens, "log_in_again"),
    ] {
        let (scene, _gateway) = start(holds, "").await;
        scene.change(ACCOUNT, &json!({"fetch_models": true}));
        eventually("its list was asked for, and with a new token", async || {
            let asked = scene.server.asked(LIST).len();
            let renewed = scene.server.asked("/token").len() == 1;
            renewed
                && (asked == 2 || holds == Holds::Login)
                && shown(&scene).await["state"] == state
        })
        .await;
        let doctor = scene.launch().run(&["doctor", "--json"]).await;
        let report: Value = serde_json::from_str(&doctor.stdout).unwrap();
        let checks = report["checks"].as_array().unwrap().iter();
        let told: Vec<&Value> = checks
            .filter(|check| {
                check["what"]
                    .as_str()
                    .unwrap()
                    .contains("needs a new login")
            })
            .collect();
        if state == "ready" {
            assert_eq!((doctor.code, told.len()), (Some(0), 0), "{report:#}");
            continue;
        }
        assert_eq!((doctor.code, told.len()), (Some(1), 1), "{report:#}");
        assert_eq!(told[0]["state"], "broken");
        assert_eq!(told[0]["hint"], "modelgate login claude");
        assert_eq!(scene.server.asked(MESSAGES).len(), 0);
    }
}

#[tokio::test]
async fn a_token_that_cannot_be_renewed_serves_though_its_list_is_refused() {
    let (scene, gateway) = start(Holds::List, "").await;
    let lists = json!({"refresh_token": "", "fetch_models": true});
    scene.change(ACCOUNT, &lists);
    eventually("its list is asked for", async || {
        !scene.server.asked(LIST).is_empty()
    })
    .await;
    ask(&gateway)
        .await
        .expect_text(Speaks::Claude, "Hello there");
    assert_eq!(shown(&scene).await["state"], "ready");
    assert!(scene.server.asked("/token").is_empty());
}

#[tokio::test]
async fn an_account_without_an_address_gets_it_with_its_next_tokens() {
    for holds in [Holds::Nothing, Holds::Secrecy] {
        let (scene, _gateway) = start(holds, "").await;
        let refresh = ["accounts", "refresh", ACCOUNT];
        for (asked, email) in [(0, "ada@example.com"), (1, "eve@example.com")] {
            let renewed = scene.launch().run(&refresh).await;
            assert_eq!(renewed.code, Some(0), "{}", renewed.stderr);
            assert_eq!(scene.saved(ACCOUNT)["access_token"], "access-1");
            assert_eq!(scene.saved(ACCOUNT)["email"], email);
            assert_eq!(scene.server.asked("/profile").len(), asked);
            let nameless = json!({"email": "", "account_uuid": "u-1", "access_token": "access-0"});
            scene.change(ACCOUNT, &nameless);
            eventually("the change is seen", async || {
                shown(&scene).await.get("email").is_none()
            })
            .await;
        }
    }
}

#[tokio::test]
async fn money_that_is_spent_is_said_with_the_day_it_comes_back() {
    let (scene, gateway) = start(Holds::Money, "").await;
    let answer = ask(&gateway).await;
    assert_eq!(answer.status, 402, "{}", answer.text());
    assert_eq!(answer.json()["error"]["type"], "billing_error");
    let wait: u64 = answer.header("retry-after").unwrap().parse().unwrap();
    assert!(wait > 365 * 24 * 3600, "{wait}");
    let shown = shown(&scene).await;
    assert_eq!(shown["state"], "cooling");
    assert!(
        shown["reason"]
            .as_str()
            .unwrap()
            .starts_with("billing (402)"),
        "{shown}"
    );
    for secret in [KEY, "access-0", "refresh-0"] {
        assert!(!gateway.log().contains(secret), "{secret} is in the log");
    }
}

#[tokio::test]
async fn a_window_for_some_models_leaves_the_others_alone() {
    let (scene, gateway) = start(Holds::Family, "").await;
    let answer = ask(&gateway).await;
    assert_eq!(answer.status, 429, "{}", answer.text());
    let wait: u64 = answer.header("retry-after").unwrap().parse().unwrap();
    assert!((500..=600).contains(&wait), "{wait}");
    let other = gateway.question(Speaks::Claude, "claude-sonnet-4-6", false);
    other.await.expect_text(Speaks::Claude, "Hello there");
    assert_eq!(ask(&gateway).await.status, 429);
    assert_eq!(scene.server.asked(MESSAGES).len(), 2, "that model rests");
}
