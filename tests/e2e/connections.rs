//! Connections: slow ones, many of them, and every version of HTTP.

use crate::harness::wire::{Wire, head, request};
use crate::harness::{Answer, HELLO, KEY, Launch, Settings, Speaks, ask, eventually, start};
use std::time::{Duration, Instant};

#[tokio::test]
async fn a_client_that_does_not_finish_its_head_is_sent_away() {
    let (_upstream, gateway) = start(Speaks::Chat, "timeouts: {header: 300ms}").await;
    for beginning in [
        "",
        "P",
        "PRI * HTTP/2.0",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "GET / HT",
        "GET / HTTP/1.1\r\nhost: gateway\r\nx-slow: ",
        "POST /v1/messages HTTP/1.1\r\n",
    ] {
        let begin = Instant::now();
        let mut wire = Wire::sending(&gateway, beginning).await;
        let closed = wire.is_closed(Duration::from_secs(2)).await;
        assert!(closed, "{beginning:?} keeps a connection");
        let waited = begin.elapsed();
        assert!(
            waited > Duration::from_millis(200),
            "{beginning:?}: {waited:?}"
        );
    }
}

#[tokio::test]
async fn a_client_that_drips_its_head_is_sent_away() {
    let (_upstream, gateway) = start(Speaks::Chat, "timeouts: {header: 400ms}").await;
    let mut wire = Wire::sending(&gateway, "GET / HTTP/1.1\r\nx-drip: ").await;
    let dripped = tokio::time::timeout(Duration::from_secs(3), async {
        while wire.try_send("x").await && !wire.is_closed(Duration::from_millis(50)).await {}
    });
    assert!(
        dripped.await.is_ok(),
        "a drop now and then kept the connection"
    );
}

#[tokio::test]
async fn an_idle_connection_is_closed() {
    let (_upstream, gateway) = start(Speaks::Chat, "timeouts: {header: 300ms}").await;
    let mut wire = Wire::sending(&gateway, "GET /healthz HTTP/1.1\r\nhost: gateway\r\n\r\n").await;
    wire.until("{\"status\":\"ok\"}").await;
    assert!(wire.until_closed().await < Duration::from_secs(3));
}

#[tokio::test]
async fn a_body_that_stops_coming_is_a_408() {
    let (upstream, gateway) = start(Speaks::Chat, "timeouts: {body: 300ms}").await;
    for (dialect, kind) in [
        (Speaks::Chat, "server_error"),
        (Speaks::Claude, "timeout_error"),
    ] {
        for framing in ["content-length: 1000\r\n", "transfer-encoding: chunked\r\n"] {
            let mut wire = Wire::sending(&gateway, head(dialect, framing)).await;
            if framing.starts_with("content") {
                wire.send("{\"model\":").await;
            } else {
                wire.send("9\r\n{\"model\":\r\n").await;
            }
            wire.until("\r\n\r\n{").await;
            wire.until("}}").await;
            assert!(wire.text().starts_with("HTTP/1.1 408"), "{}", wire.text());
            assert!(
                wire.has("request_timeout") && wire.has(kind),
                "{}",
                wire.text()
            );
        }
    }
    assert!(upstream.requests().is_empty());
}

#[tokio::test]
async fn a_client_that_leaves_in_its_body_reaches_no_upstream() {
    let (upstream, gateway) = start(Speaks::Chat, "").await;
    let mut wire = Wire::sending(&gateway, head(Speaks::Chat, "content-length: 1000\r\n")).await;
    wire.send("{\"model\":\"up-text\"").await;
    drop(wire);
    let answer = gateway.question(Speaks::Chat, "up-text", false).await;
    answer.expect_text(Speaks::Chat, HELLO);
    assert_eq!(upstream.requests().len(), 1);
}

#[tokio::test]
async fn connections_over_the_limit_wait_for_a_place() {
    let (_upstream, gateway) = start(Speaks::Chat, "limits: {connections: 2}").await;
    let get = "GET /healthz HTTP/1.1\r\nhost: gateway\r\n\r\n";
    let mut first = Wire::sending(&gateway, get).await;
    let mut second = Wire::sending(&gateway, get).await;
    first.until("{\"status\":\"ok\"}").await;
    second.until("{\"status\":\"ok\"}").await;
    let mut third = Wire::sending(&gateway, get).await;
    assert!(
        third.is_silent(Duration::from_millis(300)).await,
        "{}",
        third.text()
    );
    drop(first);
    third.until("{\"status\":\"ok\"}").await;
}

#[tokio::test]
async fn one_connection_serves_many_requests() {
    let (_upstream, gateway) = start(Speaks::Chat, "").await;
    let mut wire = Wire::connect(&gateway).await;
    for dialect in [Speaks::Chat, Speaks::Claude, Speaks::Chat] {
        for stream in [false, true] {
            wire.seen.clear();
            wire.send(request(dialect, &dialect.question("up-text", stream)))
                .await;
            wire.until("200 OK").await;
            if stream {
                wire.until("\r\n0\r\n\r\n").await;
            } else {
                wire.until("usage").await;
                wire.until("}}").await;
            }
        }
    }
    // Refusals do not cost the connection, although nobody reads what was refused.
    for _ in 0..2 {
        wire.seen.clear();
        let bytes = request(Speaks::Chat, &Speaks::Chat.question("up-text", false));
        let bytes = String::from_utf8(bytes).unwrap().replace(KEY, "mg-wrong");
        wire.send(bytes).await;
        wire.until("401 Unauthorized").await;
        wire.until("invalid_api_key").await;
        wire.until("}}").await;
    }
}

#[tokio::test]
async fn requests_sent_ahead_are_answered_in_order() {
    let (_upstream, gateway) = start(Speaks::Chat, "").await;
    let get = |path: &str| format!("GET {path} HTTP/1.1\r\nhost: gateway\r\n\r\n");
    let ahead = get("/healthz") + &get("/readyz") + &get("/nothing");
    let mut wire = Wire::sending(&gateway, ahead).await;
    wire.until("unknown_route").await;
    let text = wire.text();
    let at = |word: &str| text.find(word).unwrap();
    assert!(at("\"ok\"") < at("\"ready\"") && at("\"ready\"") < at("unknown_route"));
}

#[tokio::test]
async fn http2_is_spoken_without_being_asked() {
    let (upstream, gateway) = start(Speaks::Chat, "").await;
    let http2 = ask::client(reqwest::Client::builder().http2_prior_knowledge());
    for dialect in Speaks::BOTH {
        for stream in [false, true] {
            let body = dialect.question("up-text", stream).to_string();
            let url = format!("{}{}", gateway.url(), dialect.path());
            let response = http2
                .post(&url)
                .bearer_auth(KEY)
                .body(body.clone())
                .send()
                .await;
            assert_eq!(response.unwrap().version(), http::Version::HTTP_2);
            let answer = Answer::read(http2.post(url).bearer_auth(KEY).body(body)).await;
            answer.expect_text(dialect, HELLO);
        }
    }
    assert!(upstream.drained(Duration::from_secs(1)).await);
}

#[tokio::test]
async fn http_1_0_is_answered() {
    let (_upstream, gateway) = start(Speaks::Chat, "").await;
    let bytes = request(Speaks::Chat, &Speaks::Chat.question("up-text", true));
    let bytes = String::from_utf8(bytes)
        .unwrap()
        .replace("HTTP/1.1", "HTTP/1.0");
    let mut wire = Wire::sending(&gateway, bytes).await;
    wire.until_closed().await;
    let text = wire.text();
    assert!(text.starts_with("HTTP/1.0 200"), "{text}");
    assert!(!text.to_lowercase().contains("transfer-encoding"), "{text}");
    assert!(text.ends_with("data: [DONE]\n\n"), "{text}");
}

#[tokio::test]
async fn head_is_get_without_a_body() {
    let (_upstream, gateway) = start(Speaks::Chat, "").await;
    for path in [
        "/",
        "/healthz",
        "/readyz",
        "/v1/models",
        "/v1/models/up-text",
    ] {
        let got = Answer::read(gateway.request("GET", path)).await;
        let head = Answer::read(gateway.request("HEAD", path)).await;
        assert_eq!((head.status, head.body.len()), (200, 0), "{path}");
        assert_eq!(
            head.header("content-length"),
            Some(&*got.body.len().to_string())
        );
        assert_eq!(head.header("content-type"), got.header("content-type"));
    }
    let wrong = Answer::read(gateway.request("HEAD", "/v1/messages")).await;
    assert_eq!(wrong.status, 405);
}

#[tokio::test]
async fn a_client_that_asks_first_is_told_to_send_or_not_to() {
    let (_upstream, gateway) = start(Speaks::Chat, "limits: {request-body: 64KB}").await;
    let expecting = |length: usize| {
        head(
            Speaks::Chat,
            &format!("expect: 100-continue\r\ncontent-length: {length}\r\n"),
        )
    };
    let body = Speaks::Chat.question("up-text", false).to_string();
    let mut wire = Wire::sending(&gateway, expecting(body.len())).await;
    wire.until("100 Continue\r\n\r\n").await;
    wire.send(body).await;
    wire.until("200 OK").await;

    let mut wire = Wire::sending(&gateway, expecting(1 << 20)).await;
    wire.until("request_too_large").await;
    assert!(wire.text().starts_with("HTTP/1.1 413"), "{}", wire.text());
}

#[tokio::test]
async fn what_is_no_http_is_refused() {
    let (_upstream, gateway) = start(Speaks::Chat, "").await;
    for bytes in [
        "hello\r\n\r\n".to_owned(),
        "GET / HTTP/1.1\r\nbad header\r\n\r\n".to_owned(),
        "GET / HTTP/9.9\r\n\r\n".to_owned(),
        "\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}\u{0}".to_owned(),
        head(Speaks::Chat, "content-length: 5\r\ncontent-length: 6\r\n"),
        head(Speaks::Chat, "content-length: -1\r\n"),
        head(
            Speaks::Chat,
            &format!("x-large: {}\r\n", "x".repeat(200_000)),
        ),
    ] {
        let mut wire = Wire::connect(&gateway).await;
        wire.try_send(&bytes).await;
        wire.until_closed().await;
        let text = wire.text();
        let refused =
            text.is_empty() || text.starts_with("HTTP/1.1 4") || text.starts_with("HTTP/1.0 4");
        assert!(refused, "{text}");
    }
    assert_eq!(
        Answer::read(gateway.keyless("GET", "/healthz"))
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn a_hundred_clients_at_once_are_all_answered() {
    let (upstream, gateway) = start(Speaks::Chat, "").await;
    let gateway = &gateway;
    let asking = (0..100).map(|index| async move {
        let client = Speaks::BOTH[index % 2];
        let answer = gateway.question(client, "up-slow", index % 3 != 0).await;
        answer.expect_text(client, HELLO);
    });
    futures_util::future::join_all(asking).await;
    assert_eq!(upstream.requests().len(), 100);
}

#[tokio::test]
async fn both_loopbacks_can_be_served() {
    let gateway = Launch::with(&Settings::new().text())
        .arg("--host")
        .arg("::1")
        .start()
        .await;
    assert!(gateway.address.is_ipv6());
    assert!(
        gateway.started["url"]
            .as_str()
            .unwrap()
            .starts_with("http://[::1]:")
    );
    eventually("it answers", async || {
        let answer = gateway.keyless("GET", "/healthz").send().await;
        answer.is_ok_and(|answer| answer.status() == 200)
    })
    .await;
}
