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
    state_of(FILE)
}

fn state_of(file: &str) -> Arc<State> {
    let loaded = parse(file, Path::new("c.yaml"), &Environment::default()).unwrap();
    Arc::new(State::new(
        Store::new(loaded, Overrides::default()).unwrap(),
    ))
}

async fn ask(state: &Arc<State>, method: &str, path: &str) -> (u16, Value) {
    ask_from(state, "127.0.0.1:5000", method, path, &[]).await
}

/// Asks from an address, with these headers beside the key.
async fn ask_from(
    state: &Arc<State>,
    peer: &str,
    method: &str,
    path: &str,
    more: &[(&'static str, &str)],
) -> (u16, Value) {
    let mut headers = HeaderMap::new();
    for (name, value) in [("authorization", "Bearer mg-ann")].iter().chain(more) {
        headers.append(*name, value.parse().unwrap());
    }
    let incoming = Incoming {
        id: RequestId::new(),
        started: Instant::now(),
        method: method.parse().unwrap(),
        path: path.to_owned(),
        query: None,
        headers: Arc::new(headers),
        peer: Some(peer.parse().unwrap()),
        upgrade: None,
        amp: None,
        body: Box::pin(futures_util::stream::empty()),
        transcript: Transcript::default(),
    };
    let (parts, body) = dispatch(Arc::clone(state), Box::new(incoming))
        .await
        .into_parts();
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

/// `/v1internal` is for this machine alone: what counts is the socket, not what somebody says of it, nor a good key.
#[tokio::test]
async fn the_methods_of_code_assist_are_refused_to_other_machines() {
    let state = state_of(&format!("{FILE}enable-gemini-cli-endpoint: true\n"));
    let here = [
        ("x-forwarded-for", "127.0.0.1"),
        ("forwarded", "for=127.0.0.1"),
        ("x-real-ip", "::1"),
        ("host", "localhost:8317"),
    ];
    for path in [
        "/v1internal:loadCodeAssist",
        "/v1internal:generateContent",
        "/v1internal:streamGenerateContent",
        "/v1internal:countTokens",
        "/v1internal/operations/op-1",
    ] {
        for peer in ["192.0.2.2:5000", "[2001:db8::1]:5000"] {
            for method in ["GET", "POST"] {
                let (status, body) = ask_from(&state, peer, method, path, &here).await;
                let wrong_method = status == 405 && method == "GET";
                // A stream is a list.
                let told = body.to_string();
                assert!(
                    wrong_method
                        || (status == 403 && told.contains("programs on this machine only")),
                    "{method} {path} {peer}: {status} {body}"
                );
            }
        }
        for peer in ["127.0.0.1:5000", "[::1]:5000", "[::ffff:127.0.0.1]:5000"] {
            let (status, body) = ask_from(&state, peer, "POST", path, &[]).await;
            assert_ne!(status, 403, "{path} {peer}: {body}");
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
