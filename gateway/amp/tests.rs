use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use http::HeaderMap;
use http_body_util::BodyExt as _;
use modelgate_config::{Environment, Overrides, Store, parse};
use serde_json::{Value, json};

use super::*;
use crate::logs::Transcript;
use crate::request::RequestId;

const KEY: &str = "mg-0123456789abcdef";
const HERE: [&str; 3] = ["127.0.0.1:5000", "[::1]:5000", "[::ffff:127.0.0.1]:5000"];
const ELSEWHERE: [&str; 3] = [
    "192.168.1.2:5000",
    "[2001:db8::1]:5000",
    "[::ffff:10.0.0.1]:5000",
];

/// Nobody listens at Amp's own server: who is let through gets a 502.
fn state(lines: &str) -> State {
    let text =
        format!("api-keys: [{KEY}]\nampcode: {{upstream-url: 'http://127.0.0.1:1', {lines}}}\n");
    let loaded = parse(&text, Path::new("c.yaml"), &Environment::default()).unwrap();
    State::new(Store::new(loaded, Overrides::default()).unwrap())
}

fn incoming(method: &str, path: &str, peer: &str, body: &'static str) -> Box<Incoming> {
    let mut headers = HeaderMap::new();
    headers.insert("x-api-key", KEY.parse().unwrap());
    // What a header says of the place counts for nothing.
    let claimed = if HERE.contains(&peer) {
        "192.168.1.2"
    } else {
        "127.0.0.1"
    };
    headers.insert("x-forwarded-for", claimed.parse().unwrap());
    Box::new(Incoming {
        id: RequestId::new(),
        started: Instant::now(),
        method: method.parse().unwrap(),
        path: path.to_owned(),
        query: None,
        headers: Arc::new(headers),
        peer: Some(peer.parse().unwrap()),
        upgrade: None,
        amp: None,
        body: Box::pin(futures_util::stream::iter([Ok(body.into())])),
        transcript: Transcript::default(),
    })
}

async fn entered(state: &State, incoming: Box<Incoming>) -> Entered {
    let place = Place::of(&incoming.method, &incoming.path).unwrap();
    enter(state, incoming, place).await
}

async fn answered(state: &State, method: &str, path: &str, peer: &str) -> (u16, Value) {
    let Entered::Answered(response) = entered(state, incoming(method, path, peer, "{}")).await
    else {
        panic!("{path} is Amp's");
    };
    let status = response.status().as_u16();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, serde_json::from_slice(&body).unwrap_or_default())
}

#[tokio::test]
async fn only_this_machine_reaches_amps_server_and_the_socket_tells_which_it_is() {
    let refused = json!({"error": "Access denied: management routes restricted to localhost"});
    let paths = [
        "/api/user",
        "/auth/x",
        "/threads/T-1",
        "/news.rss",
        "/settings",
    ];
    let (closed, open) = (state(""), state("restrict-management-to-localhost: false"));
    for path in paths {
        for peer in ELSEWHERE {
            assert_eq!(
                answered(&closed, "GET", path, peer).await,
                (403, refused.clone()),
                "{path} {peer}"
            );
            assert_eq!(
                answered(&open, "GET", path, peer).await.0,
                502,
                "{path} {peer}"
            );
        }
        for peer in HERE {
            assert_eq!(
                answered(&closed, "GET", path, peer).await.0,
                502,
                "{path} {peer}"
            );
        }
    }
}

#[tokio::test]
async fn models_are_asked_from_everywhere() {
    let state = state("model-mappings: [{from: a, to: demo(high)}]");
    let body = r#"{"model":"a","messages":[]}"#;
    let path = "/api/provider/anthropic/v1/messages";
    let Entered::Ours(ours) = entered(&state, incoming("POST", path, ELSEWHERE[0], body)).await
    else {
        panic!("the demo answers");
    };
    assert_eq!(ours.path, "/v1/messages");
    let amp = ours.amp.unwrap();
    assert_eq!(
        (amp.lists, amp.instead.as_deref()),
        (Dialect::Claude, Some("demo(high)"))
    );
    let there = r#"{"model":"nobody-has-it","messages":[]}"#;
    let Entered::Answered(there) =
        entered(&state, incoming("POST", path, ELSEWHERE[0], there)).await
    else {
        panic!("nobody here has it");
    };
    assert_eq!(there.status(), 502);
}
