//! Upstreams that take their time: clients are kept waiting, but not for ever.

use crate::harness::settings::SCRIPTED;
use crate::harness::{Gateway, Speaks, each_pair, start};
use modelgate_test_upstream::Script;
use serde_json::json;
use std::time::{Duration, Instant};

const SOON: Duration = Duration::from_secs(4);

#[tokio::test]
async fn an_upstream_that_never_answers_is_a_504() {
    each_pair(
        "timeouts: {first-byte: 300ms}",
        async |client, upstream, gateway| {
            for stream in [false, true] {
                let begin = Instant::now();
                let answer = gateway.question(client, "up-hang", stream).await;
                let refusal = answer.refusal(client);
                let kind = ["server_error", "timeout_error"][client as usize];
                assert_eq!((refusal.status, &*refusal.kind), (504, kind));
                let waited = begin.elapsed();
                assert!(
                    waited >= Duration::from_millis(300) && waited < SOON,
                    "{waited:?}"
                );
                assert!(upstream.drained(SOON).await);
            }
        },
    )
    .await;
}

#[tokio::test]
async fn an_upstream_that_falls_silent_ends_with_an_error() {
    each_pair(
        "timeouts: {idle: 300ms}",
        async |client, upstream, gateway| {
            let begin = Instant::now();
            let answer = gateway.question(client, "up-hang-mid", true).await;
            answer.expect_failed_stream(client);
            assert!(answer.folded(client).text.starts_with("Hello"));
            let plain = gateway.question(client, "up-hang-mid", false).await;
            assert_eq!(plain.refusal(client).status, 504);
            let waited = begin.elapsed();
            assert!(
                waited >= Duration::from_millis(600) && waited < SOON,
                "{waited:?}"
            );
            assert!(upstream.drained(SOON).await);
        },
    )
    .await;
}

#[tokio::test]
async fn the_head_waits_for_the_first_content() {
    let wait = Duration::from_millis(200);
    let error = json!({"error": {"message": "Slow down.", "type": "rate_limit_error"}});
    each_pair("", async |client, upstream, gateway| {
        upstream.script(SCRIPTED, Script::json(429, &error).wait_before_head(wait));
        let answer = gateway.question(client, SCRIPTED, true).await;
        assert_eq!(answer.refusal(client).status, 429);
    })
    .await;
    let (upstream, gateway) = start(Speaks::Chat, "").await;
    let frames = Script::sse([": waiting\n\n"]).wait(wait);
    upstream.script(SCRIPTED, frames.chunk(format!("data: {error}\n\n")));
    for client in Speaks::BOTH {
        let answer = gateway.question(client, SCRIPTED, true).await;
        assert_eq!(answer.refusal(client).status, 429);
    }
}

#[tokio::test]
async fn a_client_that_waits_is_told_so() {
    let lines = "streaming: {keepalive-seconds: 1}\ntimeouts: {first-byte: 2500ms}";
    for dialect in Speaks::BOTH {
        let (_upstream, gateway) = start(dialect, lines).await;
        let ask = async |client: Speaks| {
            let begin = Instant::now();
            let request = gateway.post(client, client.question("up-hang", true).to_string());
            let mut response = request.send().await.unwrap();
            assert_eq!(response.status(), 200);
            let first = response.chunk().await.unwrap().unwrap();
            let waited = begin.elapsed();
            assert!(
                first.starts_with(b":"),
                "a comment keeps any client waiting: {first:?}"
            );
            assert!(
                waited >= Duration::from_millis(900) && waited < SOON,
                "{waited:?}"
            );
            let mut rest = String::new();
            while let Some(chunk) = response.chunk().await.unwrap() {
                rest.push_str(std::str::from_utf8(&chunk).unwrap());
            }
            assert!(rest.contains("upstream_timeout"), "{rest}");
            assert!(
                !rest.contains("[DONE]") && !rest.contains("message_stop"),
                "{rest}"
            );
        };
        tokio::join!(ask(Speaks::Chat), ask(Speaks::Claude));
    }
}

#[tokio::test]
async fn a_client_is_kept_company_in_a_silent_stream() {
    let lines = "streaming: {keepalive-seconds: 1}\ntimeouts: {idle: 2500ms}";
    let pairs = each_pair_at_once(lines, async |client, gateway: Gateway| {
        let answer = gateway.question(client, "up-hang-mid", true).await;
        answer.expect_failed_stream(client);
        let signs = match client {
            Speaks::Chat => answer.comments(),
            Speaks::Claude => {
                let frames = answer.frames();
                frames.iter().filter(|frame| frame.event == "ping").count()
            }
        };
        assert!(signs >= 2, "{client:?} {}", answer.text());
    });
    pairs.await;
}

/// Every pair at the same time, for tests that wait for a clock.
async fn each_pair_at_once(lines: &str, check: impl AsyncFn(Speaks, Gateway)) {
    let pair = async |client, dialect| {
        let (_upstream, gateway) = start(dialect, lines).await;
        check(client, gateway).await;
    };
    tokio::join!(
        pair(Speaks::Chat, Speaks::Chat),
        pair(Speaks::Chat, Speaks::Claude),
        pair(Speaks::Claude, Speaks::Chat),
        pair(Speaks::Claude, Speaks::Claude),
    );
}
