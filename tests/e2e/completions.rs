//! What a shell offers: the values of now, in time, and nothing is started for them.

use crate::harness::{Home, KEY, Launch, PATIENCE};
use std::fs;
use std::net::TcpListener;
use std::time::{Duration, Instant};

const CONFIG: &str = "\
port: 0
api-keys: [{key: mg-key-of-the-test-0123456789, name: ann}, mg-another-0123456789]
claude-api-key:
  - api-key: sk-ant-0123456789abcdef
    base-url: http://127.0.0.1:9
    models: [{name: claude-sonnet-4-5, alias: sonnet}]
";

fn home() -> Home {
    let home = Home::new();
    let path = home.default_config();
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, CONFIG).unwrap();
    home
}

/// What is offered for the last of these words.
async fn offered(home: &Home, words: &[&str]) -> Vec<String> {
    let last = words.len().to_string();
    let launch = Launch::in_home(home)
        .env("COMPLETE", "bash")
        .env("_CLAP_COMPLETE_INDEX", &last)
        .env("_CLAP_COMPLETE_COMP_TYPE", "9")
        .env("_CLAP_COMPLETE_SPACE", "true")
        .env("_CLAP_IFS", "\n");
    let finished = launch.run(&[&["--", "modelgate"], words].concat()).await;
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    assert_eq!(finished.stderr, "");
    let lines = finished.stdout.lines().map(str::trim);
    lines
        .filter(|line| !line.is_empty() && !line.starts_with('-'))
        .map(str::to_owned)
        .collect()
}

#[tokio::test]
async fn values_are_those_of_now() {
    let home = home();
    assert_eq!(offered(&home, &["route", ""]).await, ["sonnet"]);
    assert_eq!(offered(&home, &["ask", "--model", "s"]).await, ["sonnet"]);
    let keys = offered(&home, &["keys", "revoke", ""]).await;
    assert_eq!(keys.len(), 2, "{keys:?}");
    assert_eq!(keys[0], "ann");
    assert!(
        !keys.join(" ").contains("mg-"),
        "never a key itself: {keys:?}"
    );
    assert_eq!(offered(&home, &["launch", "ge"]).await, ["gemini"]);
    let accounts = offered(&home, &["accounts", "disable", ""]).await;
    assert!(accounts.is_empty(), "nobody runs: {accounts:?}");

    let gateway = Launch::in_home(&home).start().await;
    let accounts = offered(&home, &["accounts", "disable", ""]).await;
    assert_eq!(accounts, ["claude-api-key[0]"]);
    let question = gateway.request("POST", "/v1/chat/completions").body("{}");
    assert_eq!(question.send().await.unwrap().status(), 400);
    assert_eq!(offered(&home, &["why", ""]).await.len(), 1);
}

#[tokio::test]
async fn nobody_waits_for_a_gateway_that_does_not_answer_and_none_is_started() {
    let home = home();
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = silent.local_addr().unwrap();
    let config = home.default_config();
    let runtime = serde_json::json!({
        "address": address.to_string(),
        "tls": false,
        "pid": std::process::id(),
        "started": "2026-03-04T12:00:00Z",
        "config": config,
        "token": "t",
    });
    let state = home.path("state/modelgate");
    fs::create_dir_all(&state).unwrap();
    let file = state.join(format!("runtime-{}.json", address.port()));
    fs::write(&file, runtime.to_string()).unwrap();
    let begin = Instant::now();
    let accounts = offered(&home, &["accounts", "disable", ""]).await;
    assert!(accounts.is_empty(), "{accounts:?}");
    assert!(begin.elapsed() < Duration::from_secs(5) && PATIENCE > Duration::from_secs(5));
    let left: Vec<_> = fs::read_dir(&state).unwrap().collect();
    assert_eq!(left.len(), 1, "nothing was started");
}

#[tokio::test]
async fn a_shell_that_is_not_known_is_told() {
    let unknown = Launch::bare().env("COMPLETE", "tcsh");
    let finished = unknown.run(&["--", "modelgate", ""]).await;
    assert_eq!(finished.code, Some(2), "{}", finished.stderr);
    assert!(finished.stderr.contains("tcsh"), "{}", finished.stderr);
    assert!(!finished.stderr.contains(KEY));
}
