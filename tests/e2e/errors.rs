//! Requests that are wrong: each is refused for what it is, in the client's dialect, without harm.

use crate::harness::settings::SCRIPTED;
use crate::harness::stand_in::{Said, StandIn};
use crate::harness::{Answer, Gateway, Settings, Speaks, start};
use serde_json::json;

/// Sends a body as it is and reads the answer.
async fn post(gateway: &Gateway, dialect: Speaks, body: impl Into<reqwest::Body>) -> Answer {
    Answer::read(gateway.post(dialect, body)).await
}

#[tokio::test]
async fn a_model_nobody_serves_is_a_404_that_names_the_nearest() {
    let (upstream, gateway) = start(Speaks::Chat, "").await;
    for (dialect, kind) in [
        (Speaks::Chat, "invalid_request_error"),
        (Speaks::Claude, "not_found_error"),
    ] {
        for stream in [false, true] {
            let answer = gateway.question(dialect, "up-txet", stream).await;
            let refusal = answer.expect_refusal(dialect, 404, kind, "model_not_found");
            assert!(refusal.message.contains("`up-txet`"), "{}", refusal.message);
            assert!(refusal.message.contains("`up-text`"), "{}", refusal.message);
        }
    }
    assert!(upstream.requests().is_empty());
}

#[tokio::test]
async fn broken_json_is_refused_with_the_place() {
    let (upstream, gateway) = start(Speaks::Chat, "").await;
    for dialect in Speaks::BOTH {
        for (body, place) in [
            (
                "{\"model\": \"up-text\",\n  \"messages\": [}",
                ["line 2", "column 16"],
            ),
            ("{\"model\": \"up-text\"", ["line 1", "column 20"]),
            ("{'model': 'up-text'}", ["line 1", "column 2"]),
            ("{\"model\": \"up-text\"} x", ["line 1", "column 22"]),
            ("{\"model\": \"up\u{1}text\"}", ["line 1", "column 14"]),
            ("", ["line 1", "column 1"]),
        ] {
            let answer = post(&gateway, dialect, body).await;
            let refusal = answer.refusal(dialect);
            assert_eq!(
                (refusal.status, &*refusal.kind),
                (400, "invalid_request_error")
            );
            for word in place {
                assert!(
                    refusal.message.contains(word),
                    "{body:?} {}",
                    refusal.message
                );
            }
        }
    }
    assert!(upstream.requests().is_empty());
}

#[tokio::test]
async fn a_body_that_is_no_request_is_refused_with_the_field() {
    let (upstream, gateway) = start(Speaks::Chat, "").await;
    for dialect in Speaks::BOTH {
        for (body, word) in [
            ("[]", "object"),
            ("\"up-text\"", "object"),
            ("null", "object"),
            ("{\"messages\": []}", "model"),
            ("{\"model\": null, \"messages\": []}", "model"),
            ("{\"model\": 5, \"messages\": []}", "model"),
            ("{\"model\": \"\", \"messages\": []}", "model"),
            (
                "{\"model\": \"up-text\", \"messages\": [], \"model\": \"up-tools\"}",
                "twice",
            ),
            ("{\"model\": \"up-text\", \"stream\": \"yes\"}", "stream"),
        ] {
            let answer = post(&gateway, dialect, body).await;
            let refusal = answer.refusal(dialect);
            assert_eq!(
                (refusal.status, &*refusal.kind),
                (400, "invalid_request_error")
            );
            assert!(refusal.message.contains(word), "{body} {}", refusal.message);
        }
    }
    assert!(upstream.requests().is_empty());
}

#[tokio::test]
async fn what_cannot_be_translated_is_refused_with_its_path() {
    let (_upstream, gateway) = start(Speaks::Chat, "").await;
    let body =
        "{\"model\":\"up-text\",\"max_tokens\":9,\"messages\":[{\"role\":\"user\",\"content\":7}]}";
    let answer = post(&gateway, Speaks::Claude, body).await;
    let refusal = answer.refusal(Speaks::Claude);
    assert_eq!(refusal.status, 400);
    assert!(refusal.message.contains("messages"), "{}", refusal.message);
}

/// A message list with something in the place of a content.
fn with_content(model: &str, content: &str) -> String {
    format!(
        "{{\"model\":\"{model}\",\"max_tokens\":64,\"messages\":[{{\"role\":\"user\",\"content\":{content}}}]}}"
    )
}

#[tokio::test]
async fn deep_nesting_is_refused_and_costs_no_memory() {
    let (_upstream, gateway) = start(Speaks::Chat, "").await;
    let warm = gateway.question(Speaks::Chat, "up-text", false).await;
    assert_eq!(warm.status, 200);
    let before = gateway.memory().unwrap();
    let depth = 100_000;
    for dialect in Speaks::BOTH {
        for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
            let middle = if open == "[" { "" } else { "1" };
            let deep = format!("{}{middle}{}", open.repeat(depth), close.repeat(depth));
            for body in [with_content("up-text", &deep), open.repeat(depth)] {
                let answer = post(&gateway, dialect, body).await;
                assert_eq!(answer.refusal(dialect).status, 400);
            }
        }
    }
    let grown = gateway.memory().unwrap().saturating_sub(before);
    assert!(grown < 32 << 20, "{grown} bytes more");
    let after = gateway.question(Speaks::Chat, "up-text", false).await;
    assert_eq!(after.status, 200, "the gateway lives");
}

#[tokio::test]
async fn odd_json_is_refused_or_carried_but_never_altered() {
    let (upstream, gateway) = start(Speaks::Chat, "").await;
    for content in [
        "\"lone \\ud83d surrogate\"",
        "\"\\udc00\\ud800\"",
        "\"nul \\u0000 and \\u2028\"",
        "[{\"type\":\"text\",\"text\":\"a\",\"text\":\"b\"}]",
    ] {
        for dialect in Speaks::BOTH {
            upstream.clear();
            let body = with_content("up-text", content);
            let answer = post(&gateway, dialect, body.clone()).await;
            match (answer.status, dialect) {
                (400, _) => drop(answer.refusal(dialect)),
                (200, _) => {}
                other => panic!("{content}: {other:?} {:?}", answer.body),
            }
            if let (Speaks::Chat, Some(arrived)) = (dialect, upstream.requests().pop()) {
                assert_eq!(arrived.body, body, "passed through as it is");
            }
        }
    }
    for number in ["1e999", "-0", "123456789012345678901234567890", "0.1e-400"] {
        for dialect in Speaks::BOTH {
            let body = with_content("up-text", "\"x\"").replacen(
                '{',
                &format!("{{\"temperature\":{number},"),
                1,
            );
            let answer = post(&gateway, dialect, body).await;
            assert!(
                [200, 400].contains(&answer.status),
                "{number} {:?}",
                answer.body
            );
        }
    }
}

#[tokio::test]
async fn bytes_that_are_no_utf8_are_refused() {
    let (upstream, gateway) = start(Speaks::Chat, "").await;
    for dialect in Speaks::BOTH {
        let mut body = with_content("up-text", "\"_\"").into_bytes();
        let at = body.iter().position(|byte| *byte == b'_').unwrap();
        body[at] = 0xff;
        let answer = post(&gateway, dialect, body).await;
        let refusal = answer.refusal(dialect);
        assert_eq!(refusal.status, 400);
        assert!(refusal.message.contains("UTF-8"), "{}", refusal.message);
        assert!(refusal.message.contains("line 1"), "{}", refusal.message);
    }
    // What is passed on as it came is judged by the upstream; what is translated never gets there.
    assert!(upstream.requests().len() <= 1);
}

#[tokio::test]
async fn a_wrong_method_is_told_the_right_one() {
    let (_upstream, gateway) = start(Speaks::Chat, "").await;
    for (method, path, allow, dialect) in [
        ("GET", "/v1/chat/completions", "POST", Speaks::Chat),
        ("PUT", "/v1/chat/completions", "POST", Speaks::Chat),
        ("GET", "/v1/messages", "POST", Speaks::Claude),
        (
            "DELETE",
            "/v1/messages/count_tokens",
            "POST",
            Speaks::Claude,
        ),
        ("POST", "/v1/models", "GET", Speaks::Chat),
        ("POST", "/", "GET", Speaks::Chat),
        ("OPTIONS", "/v1/messages", "POST", Speaks::Claude),
    ] {
        let answer = Answer::read(gateway.request(method, path)).await;
        let refusal = answer.refusal(dialect);
        assert_eq!(
            (refusal.status, &*refusal.code),
            (405, "method_not_allowed")
        );
        let allowed = answer.header("allow").unwrap_or_default();
        assert!(
            allowed.split(", ").any(|one| one == allow),
            "{path}: {allowed}"
        );
        assert_eq!(answer.header("access-control-allow-origin"), None);
    }
}

#[tokio::test]
async fn an_unknown_route_is_a_404() {
    let (_upstream, gateway) = start(Speaks::Chat, "").await;
    for (path, dialect) in [
        ("/v1/chat", Speaks::Chat),
        ("/v2/messages", Speaks::Chat),
        ("/v1/messages/batches", Speaks::Claude),
        ("/favicon.ico", Speaks::Chat),
        ("/v1/chat/completions/x", Speaks::Chat),
        ("/%00%0d%0aset-cookie:x", Speaks::Chat),
    ] {
        for method in ["GET", "POST"] {
            let answer = Answer::read(gateway.request(method, path)).await;
            let refusal = answer.refusal(dialect);
            assert_eq!(
                (refusal.status, &*refusal.code),
                (404, "unknown_route"),
                "{path}"
            );
            assert!(answer.header("x-request-id").is_some());
        }
    }
}

#[tokio::test]
async fn a_slash_at_the_end_is_forgiven_and_a_missing_content_type_too() {
    let (_upstream, gateway) = start(Speaks::Chat, "").await;
    for dialect in Speaks::BOTH {
        let request = gateway
            .request("POST", &format!("{}/", dialect.path()))
            .body(dialect.question("up-text", false).to_string());
        assert_eq!(Answer::read(request).await.status, 200);
    }
    let question = gateway.question(Speaks::Chat, SCRIPTED, false).await;
    assert_eq!(
        question.refusal(Speaks::Chat).status,
        404,
        "the upstream's own 404"
    );
}

#[tokio::test]
async fn a_provider_that_repeats_our_key_does_not_tell_it_to_anybody() {
    const OURS: &str = "sk-ours-0123456789abcdef";
    for client in Speaks::BOTH {
        let server = StandIn::start(|asked| {
            let key = asked.header("authorization").unwrap();
            let message = format!("I do not like {key} at all");
            let error = json!({"type": "invalid_request_error", "message": message});
            Said::json(400, &json!({"type": "error", "error": error}))
        })
        .await;
        let settings = Settings::new().provider(Speaks::Claude, &server.url, &[OURS], "");
        let gateway = settings.start().await;
        for stream in [false, true] {
            let answer = gateway.question(client, SCRIPTED, stream).await;
            let refusal = answer.refusal(client);
            assert_eq!(refusal.message, "I do not like Bearer sk-o…cdef at all");
        }
        assert!(!gateway.log().contains(OURS), "{}", gateway.log());
    }
}
