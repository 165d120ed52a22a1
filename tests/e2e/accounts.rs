//! Accounts in the directory of accounts: used, renewed, switched off, and never given away.

use crate::harness::process::Finished;
use crate::harness::{Answer, Gateway, HELLO, Home, KEY, Launch, Settings, Speaks, eventually};
use modelgate_test_upstream::Upstream;
use serde_json::{Value, json};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

/// A token endpoint that gives every caller a new pair, and takes each refresh token once.
struct TokenEndpoint {
    url: String,
    calls: Arc<AtomicUsize>,
    refuse: Arc<Mutex<bool>>,
}

impl TokenEndpoint {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/token", listener.local_addr().unwrap());
        let calls = Arc::new(AtomicUsize::new(0));
        let refuse = Arc::new(Mutex::new(false));
        let (counted, refused) = (Arc::clone(&calls), Arc::clone(&refuse));
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut seen = Vec::new();
                let mut piece = [0; 4096];
                while !String::from_utf8_lossy(&seen).contains("client_id") {
                    match stream.read(&mut piece).await {
                        Ok(0) | Err(_) => break,
                        Ok(read) => seen.extend_from_slice(&piece[..read]),
                    }
                }
                let number = counted.fetch_add(1, Ordering::SeqCst) + 1;
                let expected = format!("refresh-{}", number - 1);
                let (status, body) = if *refused.lock().unwrap()
                    || !String::from_utf8_lossy(&seen).contains(&expected)
                {
                    ("400 Bad Request", json!({"error": "invalid_grant"}))
                } else {
                    let pair = json!({"access_token": "sk-good", "refresh_token": format!("refresh-{number}"), "expires_in": 28800});
                    ("200 OK", pair)
                };
                let body = body.to_string();
                let answer = format!(
                    "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
                    body.len()
                );
                let _ = stream.write_all(answer.as_bytes()).await;
            }
        });
        Self { url, calls, refuse }
    }

    fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }
}

/// A home with one account whose access token is old or not known to the provider.
struct Scene {
    upstream: Upstream,
    endpoint: TokenEndpoint,
    gateway: Gateway,
}

fn file(home: &Home) -> PathBuf {
    home.path("auth/claude-ada@example.com.json")
}

fn write(home: &Home, upstream: &Upstream, access: &str, expired: &str) {
    let account = json!({
        "type": "claude", "email": "ada@example.com", "access_token": access, "refresh_token": "refresh-0",
        "expired": expired, "base_url": upstream.url(), "note": "kept as it is",
        "model_aliases": [{"name": "up-text", "alias": "ada"}], "fetch_models": false,
    });
    let path = file(home);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, account.to_string()).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
}

impl Scene {
    async fn start(access: &str, expired: &str) -> Self {
        let (upstream, endpoint) = (Upstream::start().await, TokenEndpoint::start().await);
        let home = Home::new();
        write(&home, &upstream, access, expired);
        let directory = home.path("auth");
        let config = home.path("modelgate.yaml");
        let text = format!("api-keys: [{KEY}]\nauth-dir: {}\n", directory.display());
        fs::write(&config, text).unwrap();
        let gateway = Launch::in_home(&home)
            .arg("--config")
            .arg(config.to_str().unwrap())
            .env("MODELGATE_CLAUDE_TOKEN_URL", &endpoint.url)
            .start()
            .await;
        Self {
            upstream,
            endpoint,
            gateway,
        }
    }

    async fn ask(&self) -> u16 {
        self.gateway
            .question(Speaks::Claude, "ada", false)
            .await
            .status
    }

    async fn run(&self, words: &[&str]) -> Finished {
        Launch::in_home(&self.gateway.home).run(words).await
    }

    async fn account(&self) -> Value {
        let finished = self.run(&["accounts", "--json"]).await;
        let view: Value = serde_json::from_str(&finished.stdout).unwrap();
        let accounts = view["accounts"].as_array().unwrap();
        let is_adas = |account: &&Value| account["email"] == "ada@example.com";
        accounts.iter().find(is_adas).unwrap().clone()
    }
}

const FUTURE: &str = "2099-01-01T00:00:00Z";
const PAST: &str = "2020-01-01T00:00:00Z";

#[tokio::test]
async fn an_account_answers_with_its_own_token() {
    let scene = Scene::start("sk-good", FUTURE).await;
    let answer = scene.gateway.question(Speaks::Chat, "ada", true).await;
    answer.expect_text(Speaks::Chat, HELLO);
    let sent = scene.upstream.last_request();
    assert_eq!(sent.header("authorization"), Some("Bearer sk-good"));
    assert_eq!(sent.header("x-api-key"), None, "both together are refused");
    assert_eq!(sent.header("anthropic-beta"), Some("oauth-2025-04-20"));
    assert_eq!(scene.endpoint.calls(), 0);
    let account = scene.account().await;
    assert_eq!(account["id"], "claude-ada@example.com");
    assert_eq!(account["email"], "ada@example.com");
    assert_eq!(
        (&account["state"], &account["source"]),
        (&json!("ready"), &json!("file"))
    );
    assert_eq!(account["succeeded"], 1);
    assert!(!scene.gateway.log().contains("refresh-0"));
}

#[tokio::test]
async fn what_a_token_needs_is_said_everywhere_beside_what_the_client_wishes() {
    let scene = Scene::start("sk-good", FUTURE).await;
    let body = Speaks::Claude.question("ada", false).to_string();
    for (path, body) in [
        ("/v1/messages", body.clone()),
        (
            "/v1/messages/count_tokens",
            body.replace("\"max_tokens\":4096,", ""),
        ),
    ] {
        let request = scene.gateway.request("POST", path).body(body);
        let request = request.header("anthropic-beta", "context-1m-2025-08-07");
        let answer = Answer::read(request).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        let sent = scene.upstream.last_request();
        assert_eq!(sent.path, path);
        assert_eq!(sent.header("x-api-key"), None);
        assert_eq!(sent.header("anthropic-version"), Some("2023-06-01"));
        let betas = sent.header("anthropic-beta").unwrap();
        assert_eq!(betas, "context-1m-2025-08-07,oauth-2025-04-20");
    }
    // Its list of models is asked for as soon as its owner wants that.
    let path = file(&scene.gateway.home);
    let text = fs::read_to_string(&path).unwrap();
    let wanted = text.replace("\"fetch_models\":false", "\"fetch_models\":true");
    assert_ne!(text, wanted);
    fs::write(&path, wanted).unwrap();
    eventually("its list is asked for", async || {
        let requests = scene.upstream.requests();
        let list = requests.iter().find(|sent| sent.path == "/v1/models");
        list.is_some_and(|sent| {
            sent.header("authorization") == Some("Bearer sk-good")
                && sent.header("anthropic-beta") == Some("oauth-2025-04-20")
        })
    })
    .await;
}

#[tokio::test]
async fn an_old_token_is_renewed_once_and_kept() {
    let scene = Scene::start("old", PAST).await;
    let asked = (0..20).map(|_| scene.ask());
    let statuses = futures_util::future::join_all(asked).await;
    assert_eq!(statuses, [200; 20]);
    assert_eq!(scene.endpoint.calls(), 1);
    let kept = fs::read_to_string(file(&scene.gateway.home)).unwrap();
    assert!(
        kept.contains("refresh-1") && kept.contains("kept as it is"),
        "{kept}"
    );
    let log = scene.gateway.log();
    assert!(
        !log.contains("sk-good") && !log.contains("refresh-"),
        "{log}"
    );
}

#[tokio::test]
async fn a_token_that_is_refused_is_renewed_and_tried_again() {
    let scene = Scene::start("fail-401", FUTURE).await;
    assert_eq!(scene.ask().await, 200);
    assert_eq!(scene.endpoint.calls(), 1);
    let seen = scene.upstream.requests();
    let keys: Vec<_> = seen
        .iter()
        .map(|request| request.header("authorization").unwrap())
        .collect();
    assert_eq!(keys, ["Bearer fail-401", "Bearer sk-good"]);
}

#[tokio::test]
async fn a_login_that_is_over_says_so_until_somebody_logs_in_again() {
    let scene = Scene::start("old", PAST).await;
    *scene.endpoint.refuse.lock().unwrap() = true;
    let answer = scene.gateway.question(Speaks::Claude, "ada", false).await;
    assert_eq!(answer.status, 401);
    assert!(
        answer.text().contains("modelgate login claude"),
        "{}",
        answer.text()
    );
    assert_eq!(scene.account().await["state"], "log_in_again");
    assert_eq!(scene.ask().await, 529, "it rests");
    write(&scene.gateway.home, &scene.upstream, "sk-good", FUTURE);
    eventually("the new login is used", async || scene.ask().await == 200).await;
    assert_eq!(scene.account().await["state"], "ready");
}

#[tokio::test]
async fn accounts_are_switched_off_and_on_renewed_and_removed() {
    let scene = Scene::start("sk-good", FUTURE).await;
    let id = "claude-ada@example.com";
    let changed = scene.run(&["accounts", "disable", id]).await;
    assert_eq!(changed.code, Some(0), "{}", changed.stderr);
    eventually("nothing is asked of it", async || scene.ask().await == 404).await;
    assert_eq!(scene.account().await["state"], "disabled");
    assert_eq!(scene.run(&["accounts", "enable", id]).await.code, Some(0));
    eventually("it is asked again", async || scene.ask().await == 200).await;
    assert_eq!(scene.run(&["accounts", "refresh", id]).await.code, Some(0));
    assert_eq!(scene.endpoint.calls(), 1);
    assert_eq!(
        scene.run(&["accounts", "remove", id, "--yes"]).await.code,
        Some(0)
    );
    assert!(!file(&scene.gateway.home).exists());
    eventually("it is gone", async || scene.ask().await == 404).await;
}

#[tokio::test]
async fn all_accounts_of_a_provider_share_names_and_exclusions() {
    let scene = Scene::start("sk-good", FUTURE).await;
    let path = file(&scene.gateway.home);
    let text = fs::read_to_string(&path).unwrap();
    let plain = text.replace("model_aliases", "not_aliases");
    fs::write(&path, plain).unwrap();
    let auth = scene.gateway.home.path("auth");
    let config = format!(
        "api-keys: [{KEY}]\nauth-dir: {}\noauth-model-alias: {{claude: [{{name: up-text, alias: shared}}]}}\noauth-excluded-models: {{claude: ['claude-haiku-*']}}\n",
        auth.display()
    );
    scene.gateway.rewrite(&config);
    eventually("the common name is known", async || {
        let answer = scene
            .gateway
            .question(Speaks::Claude, "shared", false)
            .await;
        answer.status == 200
    })
    .await;
    assert_eq!(scene.ask().await, 404);
    let listed = scene
        .gateway
        .request("GET", "/v1/models")
        .send()
        .await
        .unwrap();
    let listed = listed.text().await.unwrap();
    assert!(
        listed.contains("claude-sonnet") && !listed.contains("claude-haiku"),
        "{listed}"
    );
}

#[tokio::test]
async fn an_account_can_have_rounds_of_its_own_and_no_rest() {
    let scene = Scene::start("sk-good", FUTURE).await;
    let path = file(&scene.gateway.home);
    let account = |more: &str| {
        format!(
            r#"{{"type": "claude", "access_token": "fail-500", "base_url": "{}", {more} "fetch_models": false, "model_aliases": [{{"name": "up-text", "alias": "bob"}}]}}"#,
            scene.upstream.url()
        )
    };
    fs::write(&path, account(r#""request_retry": 2,"#)).unwrap();
    eventually("the account is known", async || {
        scene.upstream.clear();
        let answer = scene.gateway.question(Speaks::Claude, "bob", false).await;
        answer.status == 500
    })
    .await;
    assert_eq!(scene.upstream.requests().len(), 3);
    // An account of its own: a call of the old one that is still open would make it rest.
    let spared = account(r#""disable_cooling": true,"#).replace("fail-500", "fail-402");
    let path = path.with_file_name("claude-eve@example.com.json");
    fs::write(&path, spared.replace("bob", "eve")).unwrap();
    let asked = async || {
        scene.upstream.clear();
        let answer = scene.gateway.question(Speaks::Claude, "eve", false).await;
        (answer.status, scene.upstream.requests().len())
    };
    eventually("it is known", async || asked().await == (402, 1)).await;
    assert_eq!(asked().await, (402, 1), "it was asked again at once");
}

#[tokio::test]
async fn an_account_can_have_rules_of_its_own_for_its_failures() {
    let scene = Scene::start("sk-good", FUTURE).await;
    let path = file(&scene.gateway.home);
    let good = fs::read_to_string(&path).unwrap();
    let eve = good.replace("ada@example.com", "eve@example.com");
    for (action, status) in [("stop", 500), ("continue", 200)] {
        let mut account: Value = serde_json::from_str(&good).unwrap();
        account["access_token"] = json!("fail-500");
        account["priority"] = json!(1);
        account["request_scoped_errors"] = json!([{"status": 500, "action": action}]);
        fs::write(&path, account.to_string()).unwrap();
        fs::write(path.with_file_name("claude-eve@example.com.json"), &eve).unwrap();
        eventually("the rule counts", async || {
            scene.upstream.clear();
            let answered = scene.ask().await == status;
            let requests = scene.upstream.requests();
            let keys = requests.iter().map(|sent| sent.header("authorization"));
            let expected = [Some("Bearer fail-500"), Some("Bearer sk-good")];
            let asked = if status == 200 { 2 } else { 1 };
            answered && keys.eq(expected.into_iter().take(asked))
        })
        .await;
        assert_eq!(
            scene.account().await["state"],
            "ready",
            "it does not rest: {action}"
        );
    }
}

#[tokio::test]
async fn keys_and_accounts_serve_together() {
    let scene = Scene::start("sk-good", FUTURE).await;
    let auth = scene.gateway.home.path("auth");
    let more = Settings::new()
        .line(&format!("auth-dir: {}", auth.display()))
        .serving(
            Speaks::Claude,
            &scene.upstream.url(),
            &["sk-key"],
            "models: [{name: up-text, alias: ada}]",
        );
    scene.gateway.rewrite(&more.text());
    eventually("both are asked", async || {
        scene.upstream.clear();
        for _ in 0..2 {
            assert_eq!(scene.ask().await, 200);
        }
        let seen = scene.upstream.requests();
        let keyed = seen.iter().filter(|request| {
            request.header("x-api-key").is_some()
                || request.header("authorization") == Some("Bearer sk-key")
        });
        keyed.count() == 1
    })
    .await;
}
