//! Management keys, and what the plane gives away and logs.

use super::{FILE, run};
use crate::harness::{Answer, Gateway, Home, KEY, Launch, eventually};
use serde_json::{Value, json};
use std::fs;

const SECRET: &str = "a-management-key-of-the-test";

async fn ask(gateway: &Gateway, method: &str, path: &str, key: &str, body: &str) -> Answer {
    let path = format!("/v0/management/{path}");
    let request = gateway
        .keyless(method, &path)
        .header("x-management-key", key);
    Answer::read(request.body(body.to_owned())).await
}

#[tokio::test]
async fn a_key_in_the_file_opens_and_is_replaced_by_its_hash() {
    let managed =
        format!("# who manages\nremote-management:\n  secret-key: {SECRET}   # ours\n{FILE}");
    let gateway = Launch::with(&managed).start().await;
    assert_eq!(
        ask(&gateway, "GET", "debug", SECRET, "").await.json(),
        json!({"debug": false})
    );
    let path = gateway.home.path("modelgate.yaml");
    let text = || fs::read_to_string(&path).unwrap();
    eventually("the key is hashed", async || !text().contains(SECRET)).await;
    let start = text().find("$2b$10$").expect("there is a hash");
    let hash = text()[start..start + 60].to_owned();
    let quoted = [hash.clone(), format!("\"{hash}\""), format!("'{hash}'")];
    assert!(
        quoted
            .iter()
            .any(|hash| text() == managed.replace(SECRET, hash)),
        "the rest of the file stays: {}",
        text()
    );
    for (key, expected) in [(SECRET, 200), (&*hash, 401), ("wrong", 401)] {
        assert_eq!(
            ask(&gateway, "GET", "debug", key, "").await.status,
            expected,
            "{key}"
        );
    }
    let changed = ask(&gateway, "PUT", "debug", SECRET, r#"{"value":true}"#).await;
    assert_eq!(changed.status, 200, "{:?}", changed.text());
    let log = gateway.log();
    assert!(
        log.contains("by=\"remote-management.secret-key\" address=127.0.0.1 changed=\"debug\""),
        "{log}"
    );
    assert!(!log.contains(SECRET) && !log.contains(&hash), "{log}");
}

#[tokio::test]
async fn a_proxy_here_needs_a_key_for_other_machines() {
    let gateway = Launch::with(FILE)
        .env("MODELGATE_MANAGEMENT_KEY", SECRET)
        .start()
        .await;
    let through = async |gateway: &Gateway, key: &str| {
        let request = gateway.keyless("GET", "/v0/management/debug");
        let request = request.header("x-forwarded-for", "203.0.113.9");
        Answer::read(request.header("x-management-key", key)).await
    };
    assert_eq!(ask(&gateway, "GET", "debug", SECRET, "").await.status, 200);
    let refused = through(&gateway, SECRET).await;
    assert_eq!(
        (refused.status, &refused.json()["error"]),
        (403, &json!("remote management disabled"))
    );
    gateway.rewrite(&format!(
        "remote-management: {{allow-remote: true}}\n{FILE}"
    ));
    eventually("others are let in", async || {
        through(&gateway, SECRET).await.status == 200
    })
    .await;
    assert_eq!(
        through(&gateway, &gateway.token()).await.status,
        401,
        "the token is for here"
    );

    let closed = Launch::with(FILE).start().await;
    let off = through(&closed, SECRET).await;
    assert_eq!(
        (off.status, off.text()),
        (404, ""),
        "as if there were nothing"
    );
    assert!(off.header("x-cpa-version").is_none());
    let family = Launch::with(FILE)
        .env("MANAGEMENT_PASSWORD", SECRET)
        .start()
        .await;
    let open = through(&family, SECRET).await;
    assert_eq!(open.status, 200);
    assert!(open.header("x-cpa-version").is_some());
}

#[tokio::test]
async fn who_guesses_is_banned_and_the_owner_is_not() {
    let gateway = Launch::with(FILE).start().await;
    let token = gateway.token();
    for _ in 0..5 {
        assert_eq!(ask(&gateway, "GET", "debug", "guess", "").await.status, 401);
    }
    let banned = ask(&gateway, "GET", "debug", "guess", "").await;
    assert_eq!(banned.status, 403);
    let error = banned.json()["error"].as_str().unwrap().to_owned();
    assert!(
        error.starts_with("IP banned due to too many failed attempts. Try again in "),
        "{error}"
    );
    assert!(banned.header("retry-after").is_some());
    assert_eq!(ask(&gateway, "GET", "debug", &token, "").await.status, 200);
    assert_eq!(
        ask(&gateway, "GET", "debug", "guess", "").await.status,
        401,
        "and forgiven"
    );
}

#[tokio::test]
async fn nothing_that_is_secret_is_logged_or_shown_where_it_is_masked() {
    const PLANTED: &str = "planted-0123456789-secret";
    let config = format!(
        "api-keys: [{KEY}, mg-{PLANTED}]\nproxy-url: http://user:{PLANTED}@127.0.0.1:9\nremote-management: {{secret-key: {PLANTED}}}\n\
         claude-api-key:\n  - api-key: sk-{PLANTED}\n    base-url: http://127.0.0.1:9\n    headers: {{X-Team: {PLANTED}}}\n"
    );
    let home = Home::new();
    let path = home.path("modelgate.yaml");
    fs::write(&path, config).unwrap();
    let launch = Launch::in_home(&home)
        .arg("--config")
        .arg(path.to_str().unwrap());
    let gateway = launch.env("MODELGATE_LOG", "trace").start().await;
    for (method, path, body) in [
        ("GET", "config", String::new()),
        ("GET", "config.yaml", String::new()),
        ("PUT", "api-keys", format!("[\"{KEY}\",\"mg-{PLANTED}-2\"]")),
        (
            "PATCH",
            "claude-api-key",
            format!("{{\"index\":0,\"value\":{{\"api-key\":\"sk-{PLANTED}-3\"}}}}"),
        ),
        (
            "PATCH",
            "claude-api-key",
            format!("{{\"index\":0,\"value\":\"{PLANTED}\"}}"),
        ),
        (
            "PUT",
            "claude-api-key",
            format!("[{{\"api-key\":\"sk-{PLANTED}\",\"base-url\":\"{PLANTED}\"}}]"),
        ),
        ("PUT", "proxy-url", format!("{{\"value\":\"{PLANTED}\"}}")),
        (
            "DELETE",
            "api-keys?value=mg-planted-0123456789-secret-2",
            String::new(),
        ),
        ("PUT", "config.yaml", format!("api-keys: [{PLANTED}\n")),
        (
            "POST",
            "auth-files?name=x.json",
            format!("{{\"type\":\"claude\",\"access_token\":\"{PLANTED}\"}}"),
        ),
        ("GET", "auth-files", String::new()),
        ("GET", PLANTED, String::new()),
    ] {
        let answer = ask(&gateway, method, path, PLANTED, &body).await;
        if answer.status >= 400 && path != PLANTED {
            assert!(
                !answer.text().contains(PLANTED),
                "{method} {path}: {}",
                answer.text()
            );
        }
    }
    for words in [
        &["keys", "--json"][..],
        &["keys", "provider", "--json"],
        &["config", "get", "claude-api-key"],
        &["config", "get", "api-keys"],
        &["config", "get", "proxy-url"],
        &["config", "get", "remote-management"],
        &["accounts", "--json"],
    ] {
        let finished = run(&home, words).await;
        assert_eq!(finished.code, Some(0), "{words:?}: {}", finished.stderr);
        let said = format!("{}{}", finished.stdout, finished.stderr);
        assert!(!said.contains(PLANTED), "{words:?}: {said}");
    }
    let log = gateway.log();
    let line = log.lines().find(|line| line.contains("planted-0123"));
    assert_eq!(line, None);
}

#[tokio::test]
async fn a_setting_that_is_changed_from_here_counts_for_the_log_too() {
    let gateway = Launch::with(FILE).start().await;
    let token = gateway.token();
    let debug = async || ask(&gateway, "GET", "nothing", "wrong-key", "").await;
    debug().await;
    assert!(!gateway.log().contains("DEBUG"));
    ask(&gateway, "PUT", "debug", &token, r#"{"value":true}"#).await;
    eventually("more is logged", async || {
        debug().await;
        gateway.log().contains("DEBUG")
    })
    .await;
    let told: Value = run(&gateway.home, &["config", "get", "debug", "--json"])
        .await
        .json();
    assert_eq!(told, true);
}
