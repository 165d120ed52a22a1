//! `modelgate doctor`, on homes that are well and on homes that are not.

use crate::harness::process::Finished;
use crate::harness::stand_in::{Said, StandIn};
use crate::harness::{Home, KEY, Launch};
use modelgate_test_upstream::Upstream;
use serde_json::{Value, json};
use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;

/// A home with this configuration, for nobody else to read.
fn home(config: &str) -> Home {
    let home = Home::new();
    let path = home.default_config();
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, config).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    home
}

/// A configuration with one key for this upstream.
fn config(upstream: &Upstream, key: &str) -> String {
    let url = upstream.url();
    format!(
        "port: 0\napi-keys: [{KEY}]\nclaude-api-key:\n  - api-key: {key}\n    base-url: {url}\n"
    )
}

async fn doctor(home: &Home) -> (Option<i32>, Vec<Value>) {
    let Finished { code, stdout, .. } = Launch::in_home(home).run(&["doctor", "--json"]).await;
    let report: Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!(report["healthy"], code == Some(0));
    (code, report["checks"].as_array().unwrap().clone())
}

/// The first check of an area that is in this state.
fn find<'c>(checks: &'c [Value], area: &str, state: &str) -> &'c str {
    let mut found = checks
        .iter()
        .filter(|check| check["area"] == area && check["state"] == state);
    let check = found
        .next()
        .unwrap_or_else(|| panic!("{area} {state}: {checks:#?}"));
    check["what"].as_str().unwrap()
}

#[tokio::test]
async fn a_home_that_is_well_is_told_so_and_only_lists_are_asked_for() {
    let upstream = Upstream::start().await;
    let home = home(&config(&upstream, "sk-good"));
    let (code, checks) = doctor(&home).await;
    assert_eq!(code, Some(0), "{checks:#?}");
    assert!(find(&checks, "providers", "ok").contains("claude-api-key[0] is let in"));
    find(&checks, "gateway", "note");
    find(&checks, "files", "ok");
    let asked = upstream.requests();
    assert!(!asked.is_empty());
    for request in asked {
        assert_eq!(
            (request.method.as_str(), &*request.path),
            ("GET", "/v1/models")
        );
    }

    let _gateway = Launch::in_home(&home).start().await;
    let (code, checks) = doctor(&home).await;
    assert_eq!(code, Some(0), "{checks:#?}");
    assert!(find(&checks, "gateway", "ok").contains("runs at http://127.0.0.1:"));
    assert!(find(&checks, "accounts", "ok").contains("1 of 1"));
    let table = Launch::in_home(&home).run(&["doctor"]).await;
    assert!(
        table.stdout.contains("\ngateway\n  ok "),
        "{}",
        table.stdout
    );
}

#[tokio::test]
async fn a_key_that_is_refused_is_broken_and_offline_does_not_ask() {
    let upstream = Upstream::start().await;
    let home = home(&config(&upstream, "fail-401"));
    let (code, checks) = doctor(&home).await;
    assert_eq!(code, Some(1));
    let what = find(&checks, "providers", "broken");
    assert!(what.contains("This key always fails"), "{what}");
    let seen = upstream.requests().len();
    let offline = Launch::in_home(&home).run(&["doctor", "--offline"]).await;
    assert_eq!(offline.code, Some(0), "{}", offline.stdout);
    assert_eq!(upstream.requests().len(), seen);
}

#[tokio::test]
async fn a_login_that_is_over_is_told_with_the_command_for_it() {
    let server = StandIn::start(|_| Said::json(400, &json!({"error": "invalid_grant"}))).await;
    let home = Home::new();
    fs::create_dir_all(home.path("auth")).unwrap();
    let config = home.path("modelgate.yaml");
    let auth = home.path("auth");
    let text = format!("port: 0\napi-keys: [{KEY}]\nauth-dir: {}\n", auth.display());
    fs::write(&config, text).unwrap();
    let kinds = ["claude", "codex", "gemini", "antigravity"];
    for kind in kinds {
        let account = json!({
            "type": kind, "access_token": "old", "refresh_token": "old", "expired": "2020-01-01T00:00:00Z", "project_id": "p-1",
            "client_id": "c", "client_secret": "s", "fetch_models": false,
        });
        fs::write(auth.join(format!("{kind}-a.json")), account.to_string()).unwrap();
    }
    let launch = || {
        let launch = Launch::in_home(&home).arg("--config");
        let launch = launch.arg(config.to_str().unwrap());
        let kinds = ["CLAUDE", "CODEX", "GEMINI", "ANTIGRAVITY"].into_iter();
        let url = format!("{}/token", server.url);
        kinds.fold(launch, |launch, kind| {
            launch.env(&format!("MODELGATE_{kind}_TOKEN_URL"), &url)
        })
    };
    let _gateway = launch().start().await;
    for kind in kinds {
        let id = format!("{kind}-a");
        launch().run(&["accounts", "refresh", &id]).await;
    }
    let doctor = launch().run(&["doctor", "--json"]).await;
    let report: Value = serde_json::from_str(&doctor.stdout).unwrap();
    let checks = report["checks"].as_array().unwrap();
    for kind in kinds {
        let told = format!("{kind}-a needs a new login: invalid_grant");
        let told = checks.iter().find(|check| check["what"] == told.as_str());
        let told = told.unwrap_or_else(|| panic!("{kind}: {report:#}"));
        assert_eq!(told["hint"], format!("modelgate login {kind}"));
    }
}

#[tokio::test]
async fn a_broken_configuration_keeps_nobody_from_looking_further() {
    let home = home("port: many\nhost: [1]\n");
    let path = home.default_config();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    let (code, checks) = doctor(&home).await;
    assert_eq!(code, Some(1));
    let broken = checks.iter().filter(|check| check["state"] == "broken");
    assert_eq!(broken.count(), 2, "{checks:#?}");
    assert!(find(&checks, "configuration", "broken").contains("config.yaml:1:7"));
    assert!(find(&checks, "files", "warning").contains("mode 644"));
    find(&checks, "clients", "note");
}

#[tokio::test]
async fn a_port_that_is_taken_is_broken() {
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = other.local_addr().unwrap().port();
    let home = home(&format!("port: {port}\napi-keys: [{KEY}]\n"));
    let (code, checks) = doctor(&home).await;
    assert_eq!(code, Some(1));
    let what = find(&checks, "gateway", "broken");
    assert!(what.contains("another program is using the port"), "{what}");
}

#[tokio::test]
async fn addresses_in_the_environment_that_miss_the_gateway_are_told() {
    let home = home(&format!("port: 0\napi-keys: [{KEY}]\n"));
    let gateway = Launch::in_home(&home).start().await;
    let told = Launch::in_home(&home)
        .env("OPENAI_BASE_URL", &gateway.url())
        .env("OPENAI_API_KEY", KEY)
        .run(&["doctor", "--offline", "--json"])
        .await;
    let report: Value = serde_json::from_str(&told.stdout).unwrap();
    let checks = report["checks"].as_array().unwrap();
    let what = find(checks, "clients", "warning");
    assert!(what.contains("OPENAI_BASE_URL ends in ``"), "{what}");
    assert!(!told.stdout.contains(KEY));
}
