use std::path::Path;

use http::HeaderMap;
use http_body_util::BodyExt as _;
use modelgate_config::{Environment, Overrides, Store, parse};
use modelgate_providers::Moment;
use serde_json::Value;

use super::*;

const FILE: &str = "\
api-keys: [mg-ann]
openai-compatibility:
  - name: one
    base-url: https://api.example.com/v1
    api-key-entries: [{api-key: sk-0123456789abcdef}]
    models: [{name: zeta}, {name: alpha}, {name: mid}]
  - name: two
    base-url: https://api.example.com/v1
    models: [{name: beta}, {name: alpha}]
";

fn state() -> Arc<State> {
    let loaded = parse(FILE, Path::new("c.yaml"), &Environment::default()).unwrap();
    Arc::new(State::new(
        Store::new(loaded, Overrides::default()).unwrap(),
    ))
}

async fn ask(state: &Arc<State>, method: &str, path: &str) -> (u16, Value) {
    let incoming = Incoming {
        id: RequestId::new(),
        started: Instant::now(),
        method: method.parse().unwrap(),
        path: path.to_owned(),
        query: None,
        headers: Arc::new(HeaderMap::from_iter([(
            http::header::AUTHORIZATION,
            "Bearer mg-ann".parse().unwrap(),
        )])),
        peer: Some("127.0.0.1:5000".parse().unwrap()),
        upgrade: None,
        amp: None,
        body: Box::pin(futures_util::stream::empty()),
        transcript: Transcript::default(),
    };
    let (parts, body) = dispatch(Arc::clone(state), incoming).await.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    (
        parts.status.as_u16(),
        serde_json::from_slice(&body).unwrap_or(Value::Null),
    )
}

/// `management-api.md` 9: a socket by which anybody becomes a provider, and a control plane that gets the owner's key.
#[tokio::test]
async fn nobody_registers_as_a_provider_and_without_amps_address_no_control_plane_is_reached() {
    let state = state();
    for method in ["GET", "POST"] {
        let (status, body) = ask(&state, method, "/v1/ws").await;
        assert_eq!(
            (status, &body["error"]["code"]),
            (404, &"unknown_route".into())
        );
    }
    for path in [
        "/api/user",
        "/api/auth/x",
        "/api/internal",
        "/api/threads/1",
        "/api/telemetry",
        "/api/provider/google/v1beta1/x",
        "/auth",
        "/threads/1",
        "/threads.rss",
        "/docs",
        "/settings",
    ] {
        for method in ["GET", "POST"] {
            let (status, body) = ask(&state, method, path).await;
            let said = &body["error"];
            assert!(
                (status, said) == (503, &"amp upstream proxy not available".into())
                    || (status, &said["code"]) == (404, &"unknown_route".into()),
                "{method} {path}: {status} {body}"
            );
        }
    }
}

#[tokio::test]
async fn models_are_listed_in_their_order_and_stay_while_their_keys_rest() {
    let state = state();
    let listed = async || {
        let (status, body) = ask(&state, "GET", "/v1/models").await;
        assert_eq!(status, 200);
        let models = body["data"].as_array().unwrap().iter();
        models
            .map(|model| model["id"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(listed().await, ["alpha", "beta", "mid", "zeta"]);
    for credential in state.snapshot().catalog.credentials() {
        credential.health.shut("refused".into(), Moment::now());
    }
    assert_eq!(listed().await, ["alpha", "beta", "mid", "zeta"]);
}

#[tokio::test]
async fn whether_it_lives_is_told_without_a_key_and_without_the_upstream() {
    let state = state();
    for (method, path, status) in [
        ("GET", "/healthz", 200),
        ("HEAD", "/healthz", 200),
        ("POST", "/healthz", 405),
        ("GET", "/readyz", 200),
    ] {
        assert_eq!(ask(&state, method, path).await.0, status, "{method} {path}");
    }
    assert_eq!(ask(&state, "GET", "/healthz").await.1["status"], "ok");
    state.drain();
    assert_eq!(ask(&state, "GET", "/healthz").await.0, 200);
    assert_eq!(ask(&state, "GET", "/readyz").await.0, 503);
}
