//! Provider keys by what became of their calls, by their index, and as things to be switched off.

use std::time::{Duration, SystemTime};

use modelgate_dialects::Str;
use modelgate_dialects::ir::{Error, ErrorKind};
use modelgate_providers::health::Cooling;
use modelgate_providers::{CallError, Moment};
use serde_json::json;

use super::table::{SETTINGS, Scene};
use super::*;

/// So many answers, and so many failures, of a credential.
fn called(state: &State, id: &str, answers: u32, failures: u32) {
    let snapshot = state.snapshot();
    let mut all = snapshot.catalog.credentials().iter();
    let health = &all.find(|one| one.id.as_str() == id).unwrap().health;
    for _ in 0..answers {
        health.on_success("m");
    }
    let cooling = Cooling {
        max: Duration::ZERO,
        transient: Duration::ZERO,
        disabled: true,
    };
    let error = Error::new(ErrorKind::RateLimit, Str::from_static("slow down"));
    let error = CallError::answered(Str::from_static("p"), error);
    for _ in 0..failures {
        health.on_failure(&"m".into(), &error, Moment::now(), &cooling, Moment::now());
    }
}

async fn told(state: &State, ask: &str) -> Value {
    view(state, ask).await
}

#[tokio::test]
async fn calls_are_told_by_provider_address_and_key() {
    let scene = Scene::new(SETTINGS);
    let state = &scene.state;
    called(state, "claude-api-key[0]", 3, 2);
    called(state, "gemini-api-key[1]", 1, 0);
    called(state, "deep[1]", 0, 4);
    let usage = told(state, "GET api-key-usage").await;
    let counts = |provider: &str, name: &str| {
        let one = &usage[provider][name];
        (one["success"].as_u64(), one["failed"].as_u64())
    };
    for (provider, name, expected) in [
        ("claude", "https://c1.example|sk-ant-1", (3, 2)),
        ("claude", "|sk-ant-2", (0, 0)),
        ("gemini", "https://g1.example|AIza-1", (0, 0)),
        ("gemini", "https://g2.example|AIza-1", (1, 0)),
        ("codex", "https://x.example/v1|sk-codex", (0, 0)),
        ("deep", "https://d.example/v1|sk-d1", (0, 0)),
        ("deep", "https://d.example/v1|sk-d2", (0, 4)),
    ] {
        let expected = (Some(expected.0), Some(expected.1));
        assert_eq!(counts(provider, name), expected, "{provider} {name}");
    }
    let recent = &usage["claude"]["https://c1.example|sk-ant-1"]["recent_requests"];
    let recent = recent.as_array().unwrap();
    assert_eq!(recent.len(), 20);
    let sum = |field: &str| -> u64 { recent.iter().map(|one| one[field].as_u64().unwrap()).sum() };
    assert_eq!((sum("success"), sum("failed")), (3, 2));
    for pair in recent.windows(2) {
        let [before, after] = [&pair[0], &pair[1]].map(|one| one["time"].as_str().unwrap());
        assert_eq!(
            before.split_once('-').unwrap().1,
            after.split_once('-').unwrap().0
        );
        assert!(
            before.len() == 11 && before.as_bytes()[4] == b'0',
            "{before}"
        );
    }
}

#[tokio::test]
async fn the_same_key_at_the_same_address_is_one() {
    let key = "{api-key: sk-1, base-url: 'https://a.example'}";
    let again = "{api-key: sk-1, base-url: 'https://a.example', prefix: p}";
    let scene = Scene::new(&format!("claude-api-key: [{key}, {again}]\n"));
    called(&scene.state, "claude-api-key[0]", 1, 1);
    let usage = told(&scene.state, "GET api-key-usage").await;
    let keys = usage["claude"].as_object().unwrap();
    assert_eq!(keys.keys().collect::<Vec<_>>(), ["https://a.example|sk-1"]);
    let none = Scene::new("");
    assert_eq!(told(&none.state, "GET api-key-usage").await, json!({}));
}

#[tokio::test]
async fn keys_of_the_environment_are_not_told() {
    let environment = Environment::from_map([("ANTHROPIC_API_KEY", "sk-ant-of-the-environment")]);
    let path = tempfile::tempdir().unwrap();
    let path = path.path().join("c.yaml");
    std::fs::write(&path, "claude-api-key: []").unwrap();
    let loaded = modelgate_config::load(&path, &environment).unwrap();
    let store = Store::new(loaded, Overrides::default()).unwrap();
    let state = State::new(store).managed_with(&Secret::from(TOKEN));
    assert_eq!(told(&state, "GET api-key-usage").await, json!({}));
    assert_eq!(state.providers(), ["claude"]);
}

#[tokio::test]
async fn every_entry_names_its_credential_by_an_index_that_stays() {
    let scene = Scene::new(SETTINGS);
    let lists = async |state: &State| {
        let (claude, gemini) = (
            told(state, "GET claude-api-key").await,
            told(state, "GET gemini-api-key").await,
        );
        let servers = told(state, "GET openai-compatibility").await;
        let servers = servers["openai-compatibility"][0]["api-key-entries"].clone();
        let all = [
            &claude["claude-api-key"],
            &gemini["gemini-api-key"],
            &servers,
        ];
        let indices = all.map(|list| {
            let entries = list.as_array().unwrap().iter();
            let indices = entries.map(|entry| entry["auth-index"].as_str().unwrap().to_owned());
            indices.collect::<Vec<_>>()
        });
        indices.concat()
    };
    let indices = lists(&scene.state).await;
    let mut once = indices.clone();
    once.sort();
    once.dedup();
    assert_eq!((indices.len(), once.len()), (6, 6), "{indices:?}");
    assert_eq!(lists(&Scene::new(SETTINGS).state).await, indices);
    for index in &indices {
        let body = json!({ "auth_index": index }).to_string();
        let (status, _, _) = sent(&scene.state, "POST reset-quota", &[KEY], &body).await;
        assert_eq!(status, 200, "{index}");
    }
    let alone =
        Scene::new("openai-compatibility: [{name: own, base-url: 'http://127.0.0.1:1/v1'}]\n");
    let servers = told(&alone.state, "GET openai-compatibility").await;
    assert!(
        servers["openai-compatibility"][0]["auth-index"].is_string(),
        "{servers}"
    );
}

#[tokio::test]
async fn a_key_of_the_file_is_switched_off_and_on_by_its_index() {
    let scene = Scene::new(SETTINGS);
    let serves = |state: &State| {
        let snapshot = state.snapshot();
        let route = snapshot.catalog.route("sonnet");
        route.is_some_and(|route| {
            let mut members = route.members();
            members.any(|one| one.credential.id.as_str() == "claude-api-key[0]")
        })
    };
    let before = scene.text();
    let list = told(&scene.state, "GET claude-api-key").await;
    let index = list["claude-api-key"][0]["auth-index"].clone();
    for disabled in [true, true, false] {
        let body = json!({ "auth_index": index, "disabled": disabled }).to_string();
        let (status, _, answer) =
            sent(&scene.state, "PATCH auth-files/status", &[KEY], &body).await;
        let answer: Value = serde_json::from_slice(&answer).unwrap();
        assert_eq!(
            (status, answer),
            (
                200,
                json!({"status": "ok", "disabled": disabled, "via": "config:excluded-models", "excluded_pattern": "*"})
            )
        );
        assert_eq!(serves(&scene.state), !disabled);
    }
    assert_eq!(scene.text(), before, "nothing is left behind");
}

#[tokio::test]
async fn an_account_is_switched_off_by_its_index_too() {
    let scene = Scene::new(SETTINGS);
    let files = told(&scene.state, "GET auth-files?name=qwen-1.json").await;
    let file = &files["files"][0];
    let body = json!({ "auth_index": file["auth_index"], "disabled": false }).to_string();
    let (status, _, answer) = sent(&scene.state, "PATCH auth-files/status", &[KEY], &body).await;
    assert_eq!(status, 200, "{answer:?}");
    let files = told(&scene.state, "GET auth-files?name=qwen-1.json").await;
    assert_eq!(files["files"][0]["disabled"], false);
    let files = told(
        &scene.state,
        "GET auth-files?name=claude-ada@example.com.json",
    )
    .await;
    let recent = files["files"][0]["recent_requests"].as_array().unwrap();
    assert_eq!(recent.len(), 20);
}

#[test]
fn stretches_are_told_by_the_clock_of_the_zone() {
    let scene = state("claude-api-key: [{api-key: sk-1}]\n");
    let snapshot = scene.snapshot();
    let mut all = snapshot.catalog.credentials().iter();
    let credential = all
        .find(|one| one.id.as_str() == "claude-api-key[0]")
        .unwrap();
    let noon = SystemTime::UNIX_EPOCH + Duration::from_secs(1_772_625_600);
    let calls = key_usage::Calls::of(credential, noon);
    let zone = jiff::tz::TimeZone::fixed(jiff::tz::offset(2));
    let told = calls.stretches(&zone);
    assert_eq!(told[19]["time"], "14:00-14:10");
    assert_eq!(told[0]["time"], "10:50-11:00");
}
