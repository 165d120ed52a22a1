//! The providers' own lists of their models.

use crate::harness::{Answer, Gateway, HELLO, Home, KEY, Launch, Speaks, eventually};
use modelgate_test_upstream::{SCENARIOS, Upstream};
use serde_json::Value;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;

/// One entry of each kind, without models or with these further lines.
fn entries(upstream: &Upstream, key: &str, more: &str) -> Vec<(&'static str, String)> {
    let url = upstream.url();
    let entry = |path: &str| format!("  - api-key: {key}\n    base-url: {url}{path}\n    {more}\n");
    let compatible = format!(
        "  - name: local\n    base-url: {url}/v1\n    api-key-entries: [{{api-key: {key}}}]\n    {more}\n"
    );
    vec![
        ("claude-api-key", entry("")),
        ("gemini-api-key", entry("")),
        ("codex-api-key", entry("/v1")),
        ("openai-compatibility", compatible),
    ]
}

/// A gateway in this home with one entry.
async fn start(home: &Home, (list, entry): &(&str, String)) -> Gateway {
    let text = format!("api-keys: [{KEY}]\n{list}:\n{entry}");
    let path = home.path("modelgate.yaml");
    fs::write(&path, text).unwrap();
    let launch = Launch::in_home(home).arg("--config");
    launch.arg(path.to_str().unwrap()).start().await
}

/// The models that clients are told of.
async fn listed(gateway: &Gateway) -> Vec<String> {
    let answer = Answer::read(gateway.request("GET", "/v1/models"))
        .await
        .json();
    let models = answer["data"].as_array().unwrap().iter();
    models
        .map(|model| model["id"].as_str().unwrap().to_owned())
        .collect()
}

/// The names of the upstream's list, as clients are to see them.
fn all() -> Vec<String> {
    let mut names: Vec<String> = SCENARIOS.iter().map(|name| (*name).to_owned()).collect();
    names.sort();
    names
}

/// The requests for the list that an upstream saw.
fn asked(upstream: &Upstream) -> usize {
    let seen = upstream.requests();
    seen.iter()
        .filter(|request| request.method == "GET")
        .count()
}

async fn until_listed(gateway: &Gateway) {
    eventually("the list is there", async || listed(gateway).await == all()).await;
}

#[tokio::test]
async fn a_list_is_fetched_served_and_there_at_once_after_a_restart() {
    for kind in 0..4 {
        let upstream = Upstream::start().await;
        let entry = &entries(&upstream, "sk-good", "")[kind];
        let home = Home::new();
        let mut gateway = start(&home, entry).await;
        until_listed(&gateway).await;
        let answer = gateway.question(Speaks::Chat, "up-text", true).await;
        answer.expect_text(Speaks::Chat, HELLO);
        let first = upstream.requests().remove(0);
        assert_eq!((first.method.as_str(), &*first.body), ("GET", &b""[..]));
        let file = home.path("state/modelgate/models.json");
        eventually("it is kept", async || file.exists()).await;
        let mode = fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert!(!fs::read_to_string(&file).unwrap().contains("sk-good"));
        gateway.signal("TERM");
        gateway.exit_code().await;
        upstream.clear();
        let gateway = start(&home, entry).await;
        assert_eq!(listed(&gateway).await, all(), "{}", entry.0);
        assert_eq!(asked(&upstream), 0, "it is fresh");
    }
}

#[tokio::test]
async fn a_list_that_cannot_be_fetched_is_told_of_and_the_known_models_stay() {
    let upstream = Upstream::start().await;
    for entry in entries(&upstream, "fail-500", "") {
        let gateway = start(&Home::new(), &entry).await;
        let mut account = Value::Null;
        eventually("it was tried", async || {
            let command = Launch::in_home(&gateway.home);
            let view = command.run(&["accounts", "--json"]).await;
            let view: Value = serde_json::from_str(&view.stdout).unwrap();
            account = view["accounts"][0].clone();
            account["model_list"].is_object()
        })
        .await;
        assert_eq!(account["model_list"]["models"], 0);
        assert_eq!(account["model_list"]["error"], "This key always fails.");
        assert_eq!(account["state"], "ready", "that says nothing of answers");
        let known = listed(&gateway).await;
        assert_eq!(known.is_empty(), entry.0 == "openai-compatibility");
        assert!(gateway.log().contains("cannot be fetched"));
    }
}

#[tokio::test]
async fn an_entry_says_whether_its_list_is_fetched() {
    let upstream = Upstream::start().await;
    let named = "models: [{name: up-text, alias: mine}]";
    let both = "models: [{name: up-text, alias: mine}]\n    fetch-models: true";
    let other = Upstream::start().await;
    for (more, fetched) in [(named, false), ("fetch-models: false", false), (both, true)] {
        for (list, entry) in entries(&upstream, "sk-good", more) {
            upstream.clear();
            other.clear();
            // The list of another entry is fetched at the same time.
            let (beside, asking) = entries(&other, "sk-good", "").pop().unwrap();
            let text = match list == beside {
                true => entry + &asking.replace("local", "other"),
                false => format!("{entry}{beside}:\n{asking}"),
            };
            let gateway = start(&Home::new(), &(list, text)).await;
            eventually("the list of the other is there", async || {
                let listed = listed(&gateway).await;
                all().iter().all(|name| listed.contains(name))
            })
            .await;
            let named = listed(&gateway).await.contains(&"mine".to_owned());
            assert_eq!(named, more.contains("mine"));
            eventually("it is asked if it is to be", async || {
                (asked(&upstream) > 0) == fetched
            })
            .await;
        }
    }
}
