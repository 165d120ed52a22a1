use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use http::HeaderMap;
use http_body_util::BodyExt as _;
use modelgate_config::{Environment, Overrides, Secret, Store, parse};
use tokio::time::{self, sleep};

use super::*;
use crate::logs::Transcript;
use crate::request::RequestId;

const WORD: &str = "the-word-of-the-parent";
const BEARER: (&str, &str) = ("authorization", "Bearer the-word-of-the-parent");

fn state(password: bool) -> State {
    let text = "remote-management: {secret-key: another-word, allow-remote: true}";
    let loaded = parse(text, Path::new("c.yaml"), &Environment::default()).unwrap();
    let state = State::new(Store::new(loaded, Overrides::default()).unwrap());
    match password {
        true => state.kept_alive_with(&Secret::from(WORD)),
        false => state,
    }
}

async fn asked(
    state: &State,
    method: &str,
    peer: &str,
    pairs: &[(&'static str, &str)],
) -> (u16, String) {
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        headers.append(*name, value.parse().unwrap());
    }
    let incoming = Incoming {
        id: RequestId::new(),
        started: Instant::now(),
        method: method.parse().unwrap(),
        path: PATH.to_owned(),
        query: None,
        headers: Arc::new(headers),
        peer: Some(peer.parse().unwrap()),
        upgrade: None,
        amp: None,
        body: Box::pin(futures_util::stream::empty()),
        transcript: Transcript::default(),
    };
    let (parts, body) = answer(state, &incoming).into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    let body = String::from_utf8(body.to_vec()).unwrap();
    (parts.status.as_u16(), body)
}

#[tokio::test]
async fn the_word_is_taken_in_either_header_from_this_machine_only() {
    let state = state(true);
    let here = "127.0.0.1:5000";
    for (peer, pairs, status) in [
        (here, &[BEARER][..], 200),
        ("[::1]:5000", &[BEARER], 200),
        (here, &[("authorization", WORD)], 200),
        (here, &[("x-local-password", WORD)], 200),
        (
            here,
            &[
                ("authorization", "Bearer other"),
                ("x-local-password", WORD),
            ],
            401,
        ),
        (here, &[("x-local-password", "the-word-of-the-paren")], 401),
        (here, &[("x-management-key", WORD)], 401),
        // The key of the file is not the word of this run.
        (here, &[("x-local-password", "another-word")], 401),
        (here, &[], 401),
        ("192.0.2.7:5000", &[BEARER], 404),
        (here, &[BEARER, ("x-forwarded-for", "127.0.0.1")], 404),
        (here, &[BEARER, ("origin", "http://127.0.0.1:8317")], 404),
        (here, &[BEARER, ("host", "evil.example")], 404),
    ] {
        let (got, body) = asked(&state, "GET", peer, pairs).await;
        assert_eq!(got, status, "{peer} {pairs:?} {body}");
        match status {
            200 => assert_eq!(body, r#"{"status":"ok"}"#),
            401 => assert!(body.contains(r#""error":"invalid password""#), "{body}"),
            _ => assert!(body.contains("unknown_route"), "{body}"),
        }
        assert!(!body.contains(WORD), "{body}");
    }
    assert_eq!(asked(&state, "POST", here, &[BEARER]).await.0, 405);
}

#[tokio::test]
async fn without_a_password_there_is_no_such_path() {
    let (status, body) = asked(&state(false), "GET", "127.0.0.1:1", &[BEARER]).await;
    assert_eq!(status, 404, "{body}");
}

#[tokio::test(start_paused = true)]
async fn the_gateway_ends_ten_seconds_after_the_last_right_word() {
    let state = Arc::new(state(true));
    let begin = time::Instant::now();
    let watched = Arc::clone(&state);
    let ended = tokio::spawn(async move {
        watched.abandoned().await;
        begin.elapsed()
    });
    for _ in 0..6 {
        sleep(SILENCE - Duration::from_secs(1)).await;
        assert_eq!(asked(&state, "GET", "127.0.0.1:1", &[BEARER]).await.0, 200);
    }
    sleep(Duration::from_secs(5)).await;
    let wrong = [("x-local-password", "wrong")];
    assert_eq!(asked(&state, "GET", "127.0.0.1:1", &wrong).await.0, 401);
    assert!(!ended.is_finished());
    assert_eq!(ended.await.unwrap().as_secs(), 6 * 9 + 10);
}

#[tokio::test(start_paused = true)]
async fn a_parent_that_never_speaks_has_ten_seconds_and_nobody_waits_without_one() {
    let begin = time::Instant::now();
    state(true).abandoned().await;
    assert_eq!(begin.elapsed(), SILENCE);
    let waited = timeout(Duration::from_secs(86_400), state(false).abandoned()).await;
    assert!(waited.is_err());
}
