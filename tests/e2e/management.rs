//! The management API and the commands that ask it.

mod commands;
mod events;
mod logs;
mod panel;
mod plane;

use crate::harness::process::Finished;
use crate::harness::{Answer, Gateway, Home, KEY, Launch, Settings, Speaks};
use modelgate_test_upstream::Upstream;
use serde_json::{Value, json};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;

/// A provider of each dialect; nobody listens there.
const FILE: &str = "\
api-keys: [mg-key-of-the-test-0123456789]
claude-api-key:
  - api-key: sk-ant-0123456789abcdef
    base-url: http://127.0.0.1:9
    models: [{name: claude-sonnet-4-5, alias: sonnet}]
openai-compatibility:
  - name: deep
    base-url: http://127.0.0.1:9/v1
    api-key-entries: [{api-key: sk-0123456789abcdef}]
    models: [{name: deep-sonnet, alias: sonnet}]
";

/// Runs a command in the gateway's home, with no configuration named.
async fn run(home: &Home, words: &[&str]) -> Finished {
    Launch::in_home(home).run(words).await
}

async fn managed(gateway: &Gateway, headers: &[(&str, &str)]) -> Answer {
    let request = gateway.keyless("GET", "/v0/management/accounts");
    let request = headers.iter().fold(request, |request, (name, value)| {
        request.header(*name, *value)
    });
    Answer::read(request).await
}

#[tokio::test]
async fn accounts_of_the_gateway_here_are_shown_without_any_setup() {
    let gateway = Launch::with(FILE).start().await;
    let table = run(&gateway.home, &["accounts"]).await;
    assert_eq!(table.code, Some(0), "{}", table.stderr);
    for word in ["ACCOUNT", "claude-api-key[0]", "deep[0]", "ready"] {
        assert!(table.stdout.contains(word), "{}", table.stdout);
    }
    let view = run(&gateway.home, &["accounts", "--json"]).await.json();
    let ids: Vec<&Value> = view["accounts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|account| &account["id"])
        .collect();
    assert_eq!(ids, ["claude-api-key[0]", "deep[0]"]);
    assert!(!view.to_string().contains("0123456789abcdef"), "{view}");
}

#[tokio::test]
async fn a_decision_is_told_and_nothing_is_sent() {
    let upstream = Upstream::start().await;
    let gateway = Settings::upstream(Speaks::Chat, &upstream).start().await;
    let words = ["route", "up-text", "--session", "s1", "--json"];
    let decision = run(&gateway.home, &words).await.json();
    assert_eq!(
        (
            &decision["model"],
            &decision["session"],
            &decision["chosen"]
        ),
        (&json!("up-text"), &json!("s1"), &json!("chat0[0]"))
    );
    let told = run(&gateway.home, &["route", "up-text"]).await;
    assert!(
        told.stdout
            .contains("up-text would be answered by chat0[0]"),
        "{}",
        told.stdout
    );
    assert!(upstream.requests().is_empty());
    let unknown = run(&gateway.home, &["route", "up-tex"]).await;
    assert_eq!(unknown.code, Some(1));
    assert!(unknown.stderr.contains("up-text"), "{}", unknown.stderr);
}

#[tokio::test]
async fn what_is_not_known_is_a_plain_error() {
    let gateway = Launch::with(FILE).start().await;
    for (words, expected) in [
        (&["why", "no\u{7}such"][..], "no request `nosuch` is known"),
        (&["accounts", "enable", "nobody"], "no account `nobody`"),
        (
            &["accounts", "remove", "nobody", "--yes"],
            "no account `nobody`",
        ),
        (
            &["accounts", "disable", "deep[0]"],
            "cannot disable the account deep[0]: it comes from the config",
        ),
    ] {
        let finished = run(&gateway.home, words).await;
        assert_eq!(finished.code, Some(1), "{words:?}");
        assert_eq!(finished.stdout, "");
        assert!(finished.stderr.contains(expected), "{}", finished.stderr);
    }
    let latest = run(&gateway.home, &["why", "--json"]).await.json();
    assert_eq!(latest, json!({"requests": []}));
    let unsure = run(&gateway.home, &["accounts", "remove", "deep[0]"]).await;
    assert_eq!(unsure.code, Some(2));
    assert!(unsure.stderr.contains("--yes"), "{}", unsure.stderr);
}

#[tokio::test]
async fn only_the_holder_of_the_token_gets_in() {
    let gateway = Launch::with(FILE).start().await;
    let token = gateway.token();
    let bearer = format!("Bearer {token}");
    let key = ("x-management-key", &*token);
    for headers in [&[key][..], &[("authorization", &bearer)]] {
        let answer = managed(&gateway, headers).await;
        assert_eq!(answer.status, 200, "{:?}", answer.body);
        assert!(answer.header("access-control-allow-origin").is_none());
        assert_eq!(answer.header("cache-control"), Some("no-store"));
    }
    let host = format!("evil.example:{}", gateway.address.port());
    for (headers, status, error) in [
        (&[][..], 401, "missing management key"),
        (&[("x-management-key", KEY)], 401, "invalid management key"),
        (
            &[("authorization", KEY), key],
            401,
            "invalid management key",
        ),
        (&[key, ("origin", "null")], 403, "origin not allowed"),
        (&[key, ("host", &host)], 403, "host not allowed"),
    ] {
        let answer = managed(&gateway, headers).await;
        assert_eq!(answer.status, status, "{headers:?}");
        assert_eq!(answer.json()["error"], error, "{headers:?}");
        assert!(answer.header("x-request-id").is_some());
    }
    let models = gateway.keyless("GET", "/v1/models").bearer_auth(&token);
    assert_eq!(
        Answer::read(models).await.status,
        401,
        "the token opens nothing else"
    );
    assert!(!gateway.log().contains(&token));
    assert!(!gateway.started.to_string().contains(&token));
}

#[tokio::test]
async fn the_runtime_file_is_private_and_goes_with_the_gateway() {
    let mut gateway = Launch::with(FILE).start().await;
    let file = gateway.runtime_file();
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&file), 0o600);
    assert_eq!(mode(file.parent().unwrap()), 0o700);
    gateway.signal("TERM");
    assert_eq!(gateway.exit_code().await, Some(0));
    assert!(!file.exists());
    let finished = run(&gateway.home, &["accounts"]).await;
    assert_eq!(finished.code, Some(1));
    assert!(
        finished.stderr.contains("no gateway is running here")
            && finished.stderr.contains("modelgate serve"),
        "{}",
        finished.stderr
    );
}

#[tokio::test]
async fn a_killed_gateway_is_not_asked_and_its_file_is_swept() {
    let mut gateway = Launch::with(FILE).start().await;
    let file = gateway.runtime_file();
    gateway.signal("KILL");
    assert_eq!(gateway.exit_code().await, None);
    assert!(file.exists());
    let finished = run(&gateway.home, &["why", "1"]).await;
    assert!(
        finished.stderr.contains("no gateway is running here"),
        "{}",
        finished.stderr
    );
    let next = Launch::in_home(&gateway.home).start().await;
    assert!(!file.exists() && next.runtime_file().exists());
}

#[tokio::test]
async fn of_several_gateways_the_one_with_the_same_configuration_is_asked() {
    let first = Launch::with(FILE).start().await;
    let mut second = Launch::in_home(&first.home).start().await;
    let named = first.home.path("modelgate.yaml");
    let named = ["accounts", "--json", "--config", named.to_str().unwrap()];
    let accounts = run(&first.home, &named).await.json();
    assert_eq!(accounts["accounts"][0]["id"], "claude-api-key[0]");
    let accounts = run(&first.home, &["accounts", "--json"]).await.json();
    assert_eq!(accounts["accounts"][0]["id"], "demo");
    second.signal("KILL");
    assert_eq!(second.exit_code().await, None);
    let accounts = run(&first.home, &["accounts", "--json"]).await.json();
    assert_eq!(
        accounts["accounts"][0]["id"], "claude-api-key[0]",
        "where none serves with the configuration, another does"
    );
}

#[tokio::test]
async fn a_gateway_can_be_named_with_its_key() {
    let gateway = Launch::with(FILE).start().await;
    let (url, token) = (gateway.url(), gateway.token());
    let elsewhere = Home::new();
    let ask = async |key: &str, words: &[&str]| {
        let launch = Launch::in_home(&elsewhere).env("MODELGATE_URL", &url);
        launch.env("MODELGATE_MANAGEMENT_KEY", key).run(words).await
    };
    let accounts = ask(&token, &["accounts", "--json"]).await.json();
    assert_eq!(accounts["accounts"][1]["id"], "deep[0]");
    let words = ["accounts", "--key", &token, "--url", &url, "--json"];
    ask("wrong", &words).await.json();
    let wrong = ask(KEY, &["accounts"]).await;
    assert_eq!(wrong.code, Some(1));
    assert!(
        wrong.stderr.contains("invalid management key") && !wrong.stderr.contains(KEY),
        "{}",
        wrong.stderr
    );
    let none = ask("", &["accounts"]).await;
    assert_eq!(none.code, Some(2));
    assert!(
        none.stderr.contains("MODELGATE_MANAGEMENT_KEY"),
        "{}",
        none.stderr
    );
}

#[tokio::test]
async fn a_gateway_with_tls_is_found_too() {
    let home = Home::new();
    let made = rcgen::generate_simple_self_signed(vec!["gw.example.com".to_owned()]).unwrap();
    fs::write(home.path("cert.pem"), made.cert.pem()).unwrap();
    fs::write(home.path("key.pem"), made.signing_key.serialize_pem()).unwrap();
    let config = home.path("modelgate.yaml");
    let tls = "tls: {enable: true, cert: cert.pem, key: key.pem}\n";
    let tls = tls.replace("cert.pem", home.path("cert.pem").to_str().unwrap());
    let tls = tls.replace("key.pem", home.path("key.pem").to_str().unwrap());
    fs::write(&config, format!("{tls}{FILE}")).unwrap();
    let launch = Launch::in_home(&home).arg("--config");
    let _gateway = launch.arg(config.to_str().unwrap()).start().await;
    let accounts = run(&home, &["accounts", "--json"]).await.json();
    assert_eq!(accounts["accounts"][0]["id"], "claude-api-key[0]");
}

#[tokio::test]
async fn a_gateway_that_cannot_write_its_runtime_file_serves_all_the_same() {
    let launch = Launch::with(FILE);
    let home = Home::new();
    fs::write(home.path("state"), "no directory").unwrap();
    let gateway = launch
        .env("XDG_STATE_HOME", home.path("state").to_str().unwrap())
        .start()
        .await;
    let models = Answer::read(gateway.request("GET", "/v1/models")).await;
    assert_eq!(models.status, 200);
    let log = gateway.log();
    assert!(log.contains("runtime file cannot be written"), "{log}");
}

#[tokio::test]
async fn why_tells_what_became_of_a_request() {
    let upstream = Upstream::start().await;
    let gateway = Settings::new()
        .provider(Speaks::Chat, &upstream.url(), &["fail-429", "sk-good"], "")
        .start()
        .await;
    let mut ids = Vec::new();
    for _ in 0..2 {
        let body = json!({"model": "up-text", "top_k": 5, "max_tokens": 10, "messages": [{"role": "user", "content": "hi"}]});
        let request = gateway
            .request("POST", Speaks::Claude.path())
            .header("x-session-id", "s-1");
        let answer = Answer::read(request.body(body.to_string())).await;
        assert_eq!(answer.status, 200);
        ids.push(answer.header("x-request-id").unwrap().to_owned());
    }
    let first = run(&gateway.home, &["why", &ids[0], "--json"]).await.json();
    let attempts = first["attempts"].as_array().unwrap();
    let told: Vec<_> = attempts
        .iter()
        .map(|attempt| (&attempt["credential"], &attempt["status"]))
        .collect();
    assert_eq!(
        told,
        [
            (&json!("chat0[0]"), &json!(429)),
            (&json!("chat0[1]"), &json!(200))
        ]
    );
    assert_eq!(first["served"]["credential"], "chat0[1]");
    assert_eq!(first["affinity"]["outcome"], "new");
    assert_eq!(first["affinity"]["source"], "x-session-id");
    assert_eq!(first["losses"][0]["path"], "top_k");
    assert_eq!(first["usage"]["output"], 7);
    let second = run(&gateway.home, &["why", &ids[1], "--json"]).await.json();
    assert_eq!(second["affinity"]["outcome"], "bound");
    assert_eq!(second["attempts"].as_array().unwrap().len(), 1);
    let skipped = second["candidates"]
        .as_array()
        .unwrap()
        .iter()
        .find(|candidate| candidate["outcome"] == "skipped")
        .expect("the one that rests is named");
    assert_eq!(skipped["credential"], "chat0[0]");
    assert!(
        skipped["reason"]
            .as_str()
            .unwrap()
            .starts_with("rate_limited (429)")
    );
    let story = run(&gateway.home, &["why", &ids[0]]).await;
    for word in ["chat0[0]", "chat0[1]", "429", "top_k", "x-session-id"] {
        assert!(story.stdout.contains(word), "{word}: {}", story.stdout);
    }
    let latest = run(&gateway.home, &["why"]).await;
    assert!(latest.stdout.contains(&ids[1][..12]), "{}", latest.stdout);
    let words = ["route", "up-text", "--session", "s-1", "--json"];
    let decision = run(&gateway.home, &words).await.json();
    assert_eq!(decision["chosen"], "chat0[1]");
    assert_eq!(decision["why"], "the conversation is there");
}

#[tokio::test]
async fn a_cooldown_is_shown_and_cleared() {
    let upstream = Upstream::start().await;
    let gateway = Settings::new()
        .provider(Speaks::Chat, &upstream.url(), &["fail-401"], "")
        .start()
        .await;
    let status = async || {
        gateway
            .question(Speaks::Chat, "up-text", false)
            .await
            .status
    };
    assert_eq!((status().await, status().await), (401, 503));
    let accounts = run(&gateway.home, &["accounts", "--json"]).await.json();
    let account = &accounts["accounts"][0];
    assert_eq!(
        (&account["state"], &account["failed"]),
        (&json!("cooling"), &json!(1))
    );
    assert!(account["next_try"].is_string(), "{account}");
    let table = run(&gateway.home, &["accounts"]).await;
    assert!(table.stdout.contains("cooling until"), "{}", table.stdout);
    let cleared = run(&gateway.home, &["accounts", "clear-cooldown", "chat0[0]"]).await;
    assert_eq!(cleared.code, Some(0), "{}", cleared.stderr);
    assert_eq!(status().await, 401, "it is asked again");
    assert_eq!(upstream.requests().len(), 2);
}
