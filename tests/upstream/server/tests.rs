//! The server over a socket: routes, recording, delivery and endings.

use super::Upstream;
use crate::script::Script;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

const CHAT: &str = "/v1/chat/completions";
const CLAUDE: &str = "/v1/messages";
const RESPONSES: &str = "/v1/responses";

async fn connect(upstream: &Upstream, method: &str, path: &str, body: &str) -> TcpStream {
    let keys = if path.starts_with(CLAUDE) {
        "x-api-key: k\r\nanthropic-version: 2023-06-01\r\n"
    } else {
        "authorization: Bearer k\r\n"
    };
    connect_with(upstream, method, path, keys, body).await
}

pub(super) async fn connect_with(
    upstream: &Upstream,
    method: &str,
    path: &str,
    keys: &str,
    body: &str,
) -> TcpStream {
    let address = upstream
        .url()
        .strip_prefix("http://")
        .expect("a URL")
        .to_owned();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nhost: x\r\n{keys}connection: close\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    let mut socket = TcpStream::connect(address)
        .await
        .expect("the upstream listens");
    socket
        .write_all(format!("{head}{body}").as_bytes())
        .await
        .expect("the request is sent");
    socket
}

/// The whole answer, head and chunk sizes included.
async fn ask(upstream: &Upstream, path: &str, body: &Value) -> String {
    read(connect(upstream, "POST", path, &body.to_string()).await).await
}

pub(super) async fn read(mut socket: TcpStream) -> String {
    let mut answer = Vec::new();
    socket
        .read_to_end(&mut answer)
        .await
        .expect("the answer is read");
    String::from_utf8_lossy(&answer).into_owned()
}

fn body(model: &str, stream: bool) -> Value {
    json!({"model": model, "max_tokens": 99, "stream": stream, "messages": [{"role": "user", "content": "hi"}]})
}

#[tokio::test]
async fn both_dialects_answer_and_are_recorded() {
    let upstream = Upstream::start().await;
    assert!(
        ask(&upstream, CHAT, &body("up-text", false))
            .await
            .contains("chat.completion")
    );
    assert!(
        ask(&upstream, CLAUDE, &body("up-text", true))
            .await
            .contains("event: message_stop")
    );
    let requests = upstream.requests();
    assert_eq!(requests.len(), 2);
    assert_eq!(requests[0].path, CHAT);
    assert_eq!(requests[1].header("x-api-key"), Some("k"));
    assert_eq!(requests[1].json()["model"], "up-text");
    assert!(upstream.drained(Duration::from_secs(5)).await);
}

#[tokio::test]
async fn unknown_models_and_bad_bodies_are_refused_in_the_vendors_shape() {
    let upstream = Upstream::start().await;
    let answer = ask(&upstream, CHAT, &body("gpt-none", false)).await;
    assert!(
        answer.starts_with("HTTP/1.1 404") && answer.contains("model_not_found"),
        "{answer}"
    );
    let answer = ask(&upstream, CLAUDE, &body("claude-none", false)).await;
    assert!(
        answer.starts_with("HTTP/1.1 404") && answer.contains("not_found_error"),
        "{answer}"
    );
    let answer = ask(&upstream, CLAUDE, &json!({"model": "up-text"})).await;
    assert!(
        answer.starts_with("HTTP/1.1 400") && answer.contains("\"type\":\"error\""),
        "{answer}"
    );
}

#[tokio::test]
async fn a_cut_stream_has_no_end_and_a_clean_cut_has() {
    let upstream = Upstream::start().await;
    for path in [CHAT, CLAUDE] {
        let cut = ask(&upstream, path, &body("up-cut", true)).await;
        assert!(
            cut.contains("Hello") && !cut.ends_with("0\r\n\r\n"),
            "{cut}"
        );
        let clean = ask(&upstream, path, &body("up-cut-clean", true)).await;
        assert!(
            clean.contains("Hello") && clean.ends_with("0\r\n\r\n"),
            "{clean}"
        );
        assert!(!clean.contains("[DONE]") && !clean.contains("message_stop"));
    }
}

#[tokio::test]
async fn a_hanging_answer_is_open_until_the_client_leaves() {
    let upstream = Upstream::start().await;
    for model in ["up-hang", "up-hang-mid"] {
        let socket = connect(&upstream, "POST", CHAT, &body(model, true).to_string()).await;
        while upstream.open_streams() == 0 {
            tokio::task::yield_now().await;
        }
        drop(socket);
        assert!(
            upstream.drained(Duration::from_secs(5)).await,
            "{model} stayed open"
        );
    }
}

#[tokio::test]
async fn what_is_no_answer_of_a_model_is_not_open() {
    let upstream = Upstream::start().await;
    upstream.script("mine", Script::new(503).hang());
    let socket = connect(&upstream, "POST", CHAT, &body("mine", true).to_string()).await;
    while upstream.requests().is_empty() {
        tokio::task::yield_now().await;
    }
    assert_eq!(upstream.open_streams(), 0);
    drop(socket);
}

#[tokio::test]
async fn scripts_play_in_order_and_the_last_one_stays() {
    let upstream = Upstream::start().await;
    upstream.script(
        "mine",
        Script::json(503, &json!({"error": "busy"})).header("retry-after", "1"),
    );
    upstream.script("mine", Script::sse(["data: 1\n\n", "data: 2\n\n"]));
    assert!(
        ask(&upstream, CHAT, &body("mine", true))
            .await
            .starts_with("HTTP/1.1 503")
    );
    for _ in 0..2 {
        assert!(
            ask(&upstream, CHAT, &body("mine", true))
                .await
                .contains("data: 2")
        );
    }
}

#[tokio::test]
async fn a_driver_in_another_process_reads_and_resets_the_record() {
    let upstream = Upstream::start().await;
    ask(&upstream, CHAT, &body("up-text", false)).await;
    let mut answer = String::new();
    let mut socket = connect(&upstream, "GET", "/__requests", "").await;
    socket
        .read_to_string(&mut answer)
        .await
        .expect("the answer is text");
    assert!(
        answer.contains("\"path\":\"/v1/chat/completions\""),
        "{answer}"
    );
    let mut socket = connect(&upstream, "POST", "/__reset", "").await;
    socket
        .read_to_string(&mut answer)
        .await
        .expect("the answer is text");
    assert!(upstream.requests().is_empty());
}

#[tokio::test]
async fn ragged_writes_cut_characters_but_lose_nothing() {
    let upstream = Upstream::start().await;
    let answer = ask(&upstream, CHAT, &body("up-unicode", true)).await;
    assert!(
        answer.contains("\r\n1\r\n") && answer.contains("\r\nB\r\n"),
        "the chunks are small and uneven"
    );
}

#[tokio::test]
async fn keys_are_checked_as_the_vendors_check_them() {
    let version = "anthropic-version: 2023-06-01\r\n";
    for (path, keys, status) in [
        (CHAT, "", 401),
        (CHAT, "x-api-key: k\r\n", 401),
        (CHAT, "authorization: Bearer fail-429\r\n", 429),
        (CLAUDE, version, 401),
        (CLAUDE, "x-api-key: k\r\n", 400),
        (CLAUDE, "x-api-key: k\r\nanthropic-version: 1\r\n", 400),
        (
            CLAUDE,
            &format!("x-api-key: k\r\nauthorization: Bearer k\r\n{version}"),
            400,
        ),
        (
            CLAUDE,
            &format!("authorization: Bearer k\r\n{version}"),
            200,
        ),
        (CLAUDE, &format!("x-api-key: fail-529\r\n{version}"), 529),
    ] {
        let upstream = Upstream::start().await;
        assert_eq!(
            status_of(&upstream, path, keys).await,
            status,
            "{path} with {keys}"
        );
    }
}

#[tokio::test]
async fn a_keyless_server_takes_no_key_and_any_key() {
    let upstream = Upstream::start().await;
    upstream.allow_keyless();
    assert_eq!(status_of(&upstream, CHAT, "").await, 200);
    assert_eq!(
        status_of(&upstream, CHAT, "authorization: Bearer k\r\n").await,
        200
    );
}

async fn status_of(upstream: &Upstream, path: &str, keys: &str) -> u16 {
    let mut answer = String::new();
    let body = body("up-text", false).to_string();
    let mut socket = connect_with(upstream, "POST", path, keys, &body).await;
    socket
        .read_to_string(&mut answer)
        .await
        .expect("the answer is text");
    answer
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok())
        .expect("a status line")
}

/// The events of a stream, without chunk sizes.
fn events(answer: &str) -> Vec<Value> {
    let lines = answer
        .lines()
        .filter_map(|line| line.strip_prefix("data: "));
    lines
        .map(|line| serde_json::from_str(line).expect("an event is JSON"))
        .collect()
}

#[tokio::test]
async fn responses_count_their_events_and_end_with_what_was_said() {
    let upstream = Upstream::start().await;
    for model in [
        "up-text",
        "up-thinking-tools",
        "up-parallel",
        "up-interleaved",
        "up-length",
    ] {
        let body = json!({
            "model": model, "input": "hi", "stream": true,
            "reasoning": {"summary": "auto"}, "include": ["reasoning.encrypted_content"],
            "tools": [{"type": "function", "name": "one"}, {"type": "custom", "name": "two"}],
        });
        let events = events(&ask(&upstream, RESPONSES, &body).await);
        let numbers: Vec<_> = events
            .iter()
            .map(|event| event["sequence_number"].clone())
            .collect();
        assert_eq!(
            json!(numbers),
            json!((0..events.len()).collect::<Vec<_>>()),
            "{model}"
        );
        let done = events
            .iter()
            .filter(|event| event["type"] == "response.output_item.done");
        let done: Vec<_> = done.map(|event| event["item"].clone()).collect();
        let last = events.last().expect("there are events");
        assert_eq!(last["response"]["output"], json!(done), "{model}");
        let mut plain = body;
        plain["stream"] = json!(false);
        let answer = ask(&upstream, RESPONSES, &plain).await;
        let (_, whole) = answer.split_once("\r\n\r\n").expect("a body");
        let whole: Value = serde_json::from_str(whole).expect("the body is JSON");
        assert_eq!(whole, last["response"], "{model}");
    }
}

#[tokio::test]
async fn responses_fail_inside_the_stream() {
    let upstream = Upstream::start().await;
    for (model, kind) in [
        ("up-error-in-stream", "response.failed"),
        ("up-error-first", "error"),
    ] {
        let body = json!({"model": model, "input": "hi", "stream": true});
        let events = events(&ask(&upstream, RESPONSES, &body).await);
        assert_eq!(events.last().expect("there are events")["type"], kind);
    }
}

#[tokio::test]
async fn responses_are_counted_and_compacted_and_texts_embedded() {
    let upstream = Upstream::start().await;
    let body = json!({"model": "up-text", "input": "hi"});
    for (path, word) in [
        ("/v1/responses/input_tokens", "response.input_tokens"),
        ("/v1/responses/compact", "\"compaction\""),
        ("/v1/embeddings", "\"embedding\""),
    ] {
        let answer = ask(&upstream, path, &body).await;
        assert!(
            answer.starts_with("HTTP/1.1 200") && answer.contains(word),
            "{answer}"
        );
    }
}

#[tokio::test]
async fn what_is_asked_beside_answers_fails_with_the_model() {
    for (path, body, refused) in [
        ("/v1/embeddings", json!({"input": "hi"}), "model_not_found"),
        (
            "/v1/responses/input_tokens",
            json!({"input": "hi"}),
            "model_not_found",
        ),
        (
            "/v1/responses/compact",
            json!({"input": "hi"}),
            "model_not_found",
        ),
        (
            "/v1/messages/count_tokens",
            json!({"messages": [{"role": "user", "content": "hi"}]}),
            "not_found_error",
        ),
    ] {
        let upstream = Upstream::start().await;
        for (model, status, words) in [
            ("up-429", 429, "retry-after: 7"),
            ("up-400", 400, "refuses this request"),
            ("up-html-502", 502, "<!doctype html>"),
            ("none", 404, refused),
            ("up-429-once", 429, "rate"),
            ("up-429-once", 200, "application/json"),
            ("up-cut", 200, "application/json"),
        ] {
            let mut body = body.clone();
            body["model"] = json!(model);
            let answer = ask(&upstream, path, &body).await;
            assert!(
                answer.starts_with(&format!("HTTP/1.1 {status}")) && answer.contains(words),
                "{path} {model} {answer}"
            );
        }
    }
}
