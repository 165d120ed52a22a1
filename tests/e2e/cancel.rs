//! Clients that leave: the upstream is told at once, and nothing stays behind.

use crate::harness::settings::SCRIPTED;
use crate::harness::wire::{Wire, request};
use crate::harness::{Gateway, Settings, Speaks, ask, eventually};
use modelgate_test_upstream::{Script, Upstream};
use std::time::{Duration, Instant};

/// A client that is gone is noticed within this. It takes a few milliseconds; a busy machine gets more, and what would only be
/// noticed by a sign of life takes longer still.
const AT_ONCE: Duration = Duration::from_secs(2);

async fn start(dialect: Speaks) -> (Upstream, Gateway) {
    let upstream = Upstream::start().await;
    let gateway = Settings::upstream(dialect, &upstream).start().await;
    // A first request makes connections, which then no longer count as new.
    let warm = gateway.question(dialect, "up-text", true).await;
    assert_eq!(warm.status, 200);
    assert!(upstream.drained(AT_ONCE).await);
    (upstream, gateway)
}

/// Drops what the client holds, and measures until the upstream knows.
async fn leave<T>(what: &str, client: T, upstream: &Upstream) {
    assert!(upstream.open_streams() > 0, "{what}: nothing is open");
    let begin = Instant::now();
    drop(client);
    assert!(
        upstream.drained(AT_ONCE).await,
        "{what}: still open after {AT_ONCE:?}"
    );
    eprintln!("{what}: closed after {:?}", begin.elapsed());
}

#[tokio::test]
async fn a_client_that_leaves_a_stream_ends_the_upstreams() {
    for dialect in Speaks::BOTH {
        let (upstream, gateway) = start(dialect).await;
        for client in Speaks::BOTH {
            let body = client.question("up-hang-mid", true);
            let mut wire = Wire::sending(&gateway, request(client, &body)).await;
            wire.until("Hello").await;
            leave(&format!("{client:?} -> {dialect:?}"), wire, &upstream).await;
        }
    }
}

#[tokio::test]
async fn a_client_that_leaves_before_the_head_ends_the_call() {
    for dialect in Speaks::BOTH {
        let (upstream, gateway) = start(dialect).await;
        for client in Speaks::BOTH {
            for stream in [false, true] {
                let body = client.question("up-hang", stream);
                let wire = Wire::sending(&gateway, request(client, &body)).await;
                eventually("the upstream is asked", async || {
                    upstream.open_streams() > 0
                })
                .await;
                leave(
                    &format!("{client:?} -> {dialect:?} {stream}"),
                    wire,
                    &upstream,
                )
                .await;
            }
        }
    }
}

#[tokio::test]
async fn a_client_that_leaves_half_an_answer_ends_the_call() {
    let (upstream, gateway) = start(Speaks::Chat).await;
    for client in Speaks::BOTH {
        let wire = Wire::sending(
            &gateway,
            request(client, &client.question("up-hang-mid", false)),
        );
        let wire = wire.await;
        eventually("the upstream is asked", async || {
            upstream.open_streams() > 0
        })
        .await;
        leave(&format!("{client:?}, plain"), wire, &upstream).await;
    }
}

#[tokio::test]
async fn a_stream_that_is_reset_ends_the_upstreams_and_leaves_its_neighbours() {
    let (upstream, gateway) = start(Speaks::Chat).await;
    let http2 = ask::client(reqwest::Client::builder().http2_prior_knowledge());
    let open = async || {
        let body = Speaks::Claude.question("up-hang-mid", true).to_string();
        let url = format!("{}/v1/messages", gateway.url());
        let request = http2.post(url).bearer_auth(crate::harness::KEY).body(body);
        let mut response = request.send().await.unwrap();
        response.chunk().await.unwrap().unwrap();
        response
    };
    let (kept, left) = (open().await, open().await);
    assert_eq!(upstream.open_streams(), 2);
    let begin = Instant::now();
    drop(left);
    eventually("one of two is closed", async || {
        upstream.open_streams() == 1
    })
    .await;
    assert!(begin.elapsed() < AT_ONCE, "{:?}", begin.elapsed());
    leave("the other one", kept, &upstream).await;
}

#[tokio::test]
async fn two_hundred_streams_that_were_left_leave_nothing() {
    for dialect in Speaks::BOTH {
        let (upstream, gateway) = start(dialect).await;
        let files = gateway.open_files();
        for round in 0..10 {
            let client = Speaks::BOTH[round % 2];
            let bytes = request(client, &client.question("up-hang-mid", true));
            let mut wires = Vec::new();
            for _ in 0..20 {
                wires.push(Wire::sending(&gateway, &bytes).await);
            }
            for wire in &mut wires {
                wire.until("Hello").await;
            }
            assert_eq!(upstream.open_streams(), 20);
            drop(wires);
            assert!(upstream.drained(AT_ONCE).await, "round {round}");
        }
        assert_eq!(upstream.requests().len(), 201);
        eventually("every file is closed", async || {
            gateway.open_files() <= files + 2
        })
        .await;
        let log = gateway.log();
        let left = log.matches("complete=false").count();
        assert_eq!(
            left, 200,
            "each has its record, which says that the client left"
        );
    }
}

#[tokio::test]
async fn a_client_that_leaves_between_tries_ends_them() {
    let upstream = Upstream::start().await;
    let settings = Settings::upstream(Speaks::Chat, &upstream).line("request-retry: 10");
    let gateway = settings.start().await;
    let body = Speaks::Chat.question("up-500", true);
    let wire = Wire::sending(&gateway, request(Speaks::Chat, &body)).await;
    eventually("the first try", async || !upstream.requests().is_empty()).await;
    drop(wire);
    // The record is written when the request is given up.
    eventually("the request ends", async || {
        gateway.log().contains("complete=false")
    })
    .await;
    let tries = upstream.requests().len();
    assert!(tries < 5, "{tries}");
}

#[tokio::test]
async fn a_client_that_reads_slowly_slows_the_upstream_down() {
    let upstream = Upstream::start().await;
    let gateway = Settings::upstream(Speaks::Chat, &upstream).start().await;
    // 64 MiB in events of 64 KiB, to a client that reads nothing after the head.
    let text = "x".repeat(64 << 10);
    let event = format!(
        "data: {{\"id\":\"c\",\"model\":\"scripted\",\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\"{text}\"}}}}]}}\n\n"
    );
    let repeat = modelgate_test_upstream::Step::Repeat {
        bytes: event.into(),
        times: 1024,
    };
    upstream.script(SCRIPTED, Script::sse(Vec::<&str>::new()).step(repeat));
    let before = gateway.memory().unwrap();
    for client in Speaks::BOTH {
        let body = client.question(SCRIPTED, true);
        let mut wire = Wire::sending(&gateway, request(client, &body)).await;
        wire.until("200 OK").await;
        let end = Instant::now() + Duration::from_millis(700);
        while Instant::now() < end {
            let grown = gateway.memory().unwrap().saturating_sub(before);
            assert!(
                grown < 24 << 20,
                "{client:?}: {grown} bytes wait for a client that does not read"
            );
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        assert_eq!(upstream.open_streams(), 1, "the upstream waits");
        leave(&format!("slow {client:?}"), wire, &upstream).await;
    }
}
