mod api_call;
mod events;
mod file;
mod keys;
mod logins;
mod logs;
mod methods;
mod metrics;
mod panel;
mod table;
mod usage;

use std::path::Path;
use std::time::Instant;

use http::HeaderMap;
use http_body_util::BodyExt as _;
use modelgate_config::{Environment, Overrides, Secret, Store, parse};
use modelgate_management::{Accounts, Models, RequestDetail, Requests, RouteDecision};
use serde_json::Value;

use super::*;
use crate::logs::Transcript;
use crate::record::Record;
use crate::request::RequestId;

const TOKEN: &str = "token-of-the-test";
const FILE: &str = "\
claude-api-key:
  - api-key: sk-ant-0123456789abcdef
    priority: 1
    models: [{name: claude-sonnet-4-5, alias: sonnet}]
openai-compatibility:
  - name: deep/er
    base-url: https://api.example.com/v1
    api-key-entries: [{api-key: sk-0123456789abcdef}, {api-key: sk-1123456789abcdef}]
    models: [{name: deep-sonnet, alias: sonnet}, {name: chat}]
";

fn state(text: &str) -> Arc<State> {
    let loaded = parse(text, Path::new("c.yaml"), &Environment::default()).unwrap();
    let store = Store::new(loaded, Overrides::default()).unwrap();
    Arc::new(State::new(store).managed_with(&Secret::from(TOKEN)))
}

/// Asks as a command of this machine does, with or without the token.
async fn asked(state: &Arc<State>, ask: &str, key: Option<&str>) -> (u16, HeaderMap, Vec<u8>) {
    let key = key.map(|key| ("x-management-key", key));
    sent(state, ask, key.as_slice(), "").await
}

/// The token, as a header.
const KEY: (&str, &str) = ("x-management-key", TOKEN);

/// Asks with these headers and this body.
async fn sent(
    state: &Arc<State>,
    ask: &str,
    pairs: &[(&'static str, &str)],
    body: &str,
) -> (u16, HeaderMap, Vec<u8>) {
    sent_bytes(state, ask, pairs, body.as_bytes().to_vec()).await
}

async fn sent_bytes(
    state: &Arc<State>,
    ask: &str,
    pairs: &[(&'static str, &str)],
    body: Vec<u8>,
) -> (u16, HeaderMap, Vec<u8>) {
    let (method, whole) = ask.split_once(' ').unwrap();
    let (path, query) = match whole.split_once('?') {
        Some((path, query)) => (path, Some(query.to_owned())),
        None => (whole, None),
    };
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        headers.append(*name, value.parse().unwrap());
    }
    let incoming = Incoming {
        id: RequestId::new(),
        started: Instant::now(),
        method: method.parse().unwrap(),
        path: format!("/v0/management/{path}"),
        query,
        headers: Arc::new(headers),
        peer: Some("127.0.0.1:5000".parse().unwrap()),
        upgrade: None,
        amp: None,
        body: Box::pin(futures_util::stream::iter([Ok(Bytes::from(body))])),
        transcript: Transcript::default(),
    };
    let (parts, body) = answer(state, Box::new(incoming), path).await.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    (parts.status.as_u16(), parts.headers, body.to_vec())
}

async fn view<T: serde::de::DeserializeOwned>(state: &Arc<State>, ask: &str) -> T {
    let (status, _, body) = asked(state, ask, Some(TOKEN)).await;
    assert_eq!(status, 200, "{ask} {body:?}");
    serde_json::from_slice(&body).unwrap()
}

/// A request of a model that is over.
fn remember(state: &State, model: &str) -> String {
    let id = RequestId::new();
    let telemetry = std::sync::Arc::clone(&state.telemetry);
    let mut record = Record::new(id.clone(), Instant::now(), Dialect::Chat, telemetry);
    record.asked(&model.into(), false);
    drop(record);
    id.to_string()
}

#[tokio::test]
async fn accounts_are_those_of_the_configuration_without_their_keys() {
    let state = state(FILE);
    let (_, headers, body) = asked(&state, "GET accounts", Some(TOKEN)).await;
    assert_eq!(headers["cache-control"], "no-store");
    assert!(
        !String::from_utf8(body)
            .unwrap()
            .contains("0123456789abcdef")
    );
    let accounts: Accounts = view(&state, "GET accounts").await;
    let told: Vec<(&str, &str, i32)> = accounts
        .accounts
        .iter()
        .map(|account| (&*account.id, &*account.kind, account.priority))
        .collect();
    let kind = "openai-compatibility";
    assert_eq!(
        told,
        [
            ("claude-api-key[0]", "claude", 1),
            ("deep/er[0]", kind, 0),
            ("deep/er[1]", kind, 0)
        ]
    );
}

#[tokio::test]
async fn models_are_told_with_who_serves_them_and_what_they_cost() {
    let state = state(FILE);
    let models: Models = view(&state, "GET models").await;
    let told: Vec<(&str, Vec<&str>)> = models
        .models
        .iter()
        .map(|model| {
            let servers = model.servers.iter().map(|server| &*server.credential);
            (&*model.id, servers.collect())
        })
        .collect();
    let deep = ["deep/er[0]", "deep/er[1]"];
    assert_eq!(
        told,
        [
            ("chat", deep.to_vec()),
            ("sonnet", vec!["claude-api-key[0]", deep[0], deep[1]])
        ]
    );
    let [chat, sonnet] = &models.models[..] else {
        panic!("{models:?}");
    };
    assert_eq!(chat.price, None);
    let price = sonnet.price.unwrap();
    assert_eq!((price.input, price.output), (3_000_000, 15_000_000));
    assert!(
        sonnet
            .servers
            .iter()
            .all(|server| server.state.name() == "ready")
    );
    assert_eq!(asked(&state, "PUT models", Some(TOKEN)).await.0, 405);
}

#[tokio::test]
async fn a_decision_names_everybody_in_order() {
    let state = state(FILE);
    for model in ["sonnet", "sonnet(high)"] {
        let query = format!("GET route?session=s1&model={model}");
        let decision: RouteDecision = view(&state, &query).await;
        assert_eq!(decision.model, model);
        assert_eq!(decision.session.as_deref(), Some("s1"));
        assert_eq!(decision.chosen.as_deref(), Some("claude-api-key[0]"));
        assert_eq!(decision.why, "it would be its turn");
        let order: Vec<&str> = decision
            .candidates
            .iter()
            .map(|candidate| &*candidate.credential)
            .collect();
        assert_eq!(order, ["claude-api-key[0]", "deep/er[0]", "deep/er[1]"]);
    }
}

#[tokio::test]
async fn requests_are_found_by_their_id() {
    let state = state(FILE);
    let ids = ["a", "b", "c"].map(|model| remember(&state, model));
    let requests: Requests = view(&state, "GET requests?limit=2").await;
    let told: Vec<&str> = requests
        .requests
        .iter()
        .map(|request| &*request.model)
        .collect();
    assert_eq!(told, ["c", "b"]);
    let detail: RequestDetail = view(&state, &format!("GET requests/{}", ids[0])).await;
    assert_eq!((&*detail.id, &*detail.model), (&*ids[0], "a"));
    assert_eq!((detail.status, detail.complete), (499, false));
}

#[tokio::test]
async fn what_cannot_be_answered_says_why_in_shape() {
    let state = state(FILE);
    for (ask, status, code) in [
        ("GET nothing", 404, "unknown_route"),
        ("GET accounts/deep%2Fer%5B0%5D", 404, "unknown_route"),
        ("POST accounts", 405, "method_not_allowed"),
        ("DELETE requests/a", 405, "method_not_allowed"),
        ("GET accounts/demo/disable", 405, "method_not_allowed"),
        ("POST accounts/demo/explode", 404, "unknown_action"),
        ("POST accounts/demo/disable", 404, "unknown_account"),
        (
            "POST accounts/deep%2Fer%5B0%5D/disable",
            501,
            "not_implemented",
        ),
        ("GET requests/a", 404, "unknown_request"),
        ("GET requests?limit=0", 400, "invalid_parameter"),
        ("GET requests?limit=-1", 400, "invalid_parameter"),
        ("GET route", 400, "invalid_parameter"),
        ("GET route?model=", 400, "invalid_parameter"),
        ("GET route?model=sonet", 404, "model_not_found"),
    ] {
        let (got, headers, body) = asked(&state, ask, Some(TOKEN)).await;
        let body: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(
            (got, &body["error"]["code"]),
            (status, &code.into()),
            "{ask}"
        );
        assert!(body["error"]["message"].is_string() && body["error"]["type"].is_string());
        assert_eq!(headers.contains_key("allow"), status == 405, "{ask}");
    }
}

#[tokio::test]
async fn without_the_token_nothing_is_told_not_even_what_there_is() {
    for ask in [
        "GET accounts",
        "POST accounts",
        "PUT debug",
        "GET config.yaml",
        "GET nothing",
        "GET requests/a",
    ] {
        let state = state(FILE);
        for (key, expected) in [
            (None, "missing management key"),
            (Some("other"), "invalid management key"),
        ] {
            let (status, _, body) = asked(&state, ask, key).await;
            let body: Value = serde_json::from_slice(&body).unwrap();
            assert_eq!((status, &body["error"]), (401, &expected.into()), "{ask}");
        }
    }
}
