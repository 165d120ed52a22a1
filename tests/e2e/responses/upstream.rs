//! Chat and Claude clients of an upstream that speaks Responses.

use super::{Scene, THOUGHT};
use crate::harness::{Answer, HELLO, Speaks};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

fn arguments() -> Value {
    json!({"city": "Zürich", "days": 3, "exact": true})
}

#[tokio::test]
async fn text_is_the_same_text() {
    let scene = Scene::start().await;
    for client in Speaks::BOTH {
        for stream in [false, true] {
            for (model, text, finish) in [
                ("up-text", HELLO, ["stop", "end_turn"]),
                ("up-crlf", HELLO, ["stop", "end_turn"]),
                ("up-comments", HELLO, ["stop", "end_turn"]),
                ("up-gzip", HELLO, ["stop", "end_turn"]),
                ("up-one-byte", HELLO, ["stop", "end_turn"]),
                ("up-no-done", HELLO, ["stop", "end_turn"]),
                ("up-json-for-stream", HELLO, ["stop", "end_turn"]),
                ("up-sse-for-plain", HELLO, ["stop", "end_turn"]),
                ("up-tool-calls-empty-array", HELLO, ["stop", "end_turn"]),
                ("up-usage-everywhere", HELLO, ["stop", "end_turn"]),
                (
                    "up-length",
                    "This answer is cut off by the",
                    ["length", "max_tokens"],
                ),
                (
                    "up-filter",
                    "This answer was",
                    ["content_filter", "refusal"],
                ),
            ] {
                let answer = scene.gateway.question(client, model, stream).await;
                answer.expect_text(client, text);
                let folded = answer.folded(client);
                assert_eq!(folded.finish, finish[client as usize], "{model}");
                assert_eq!(folded.model, model);
            }
        }
        let arrived = scene.upstream.last_request();
        assert_eq!(arrived.path, super::PATH);
        assert_eq!(arrived.header("authorization"), Some("Bearer sk-good"));
    }
}

#[tokio::test]
async fn a_refusal_is_told_as_one() {
    let scene = Scene::start().await;
    for stream in [false, true] {
        let claude = scene
            .gateway
            .question(Speaks::Claude, "up-refusal", stream)
            .await;
        claude.expect_text(Speaks::Claude, "I cannot help with that.");
        assert_eq!(claude.folded(Speaks::Claude).finish, "refusal");
        let chat = scene
            .gateway
            .question(Speaks::Chat, "up-refusal", stream)
            .await;
        assert_eq!(
            chat.turn(Speaks::Chat)["refusal"],
            "I cannot help with that."
        );
    }
}

#[tokio::test]
async fn tool_calls_keep_names_arguments_and_order() {
    let scene = Scene::start().await;
    let history = json!({"city": "東京", "days": 1, "exact": false});
    let forecast = || ("forecast".to_owned(), arguments());
    let both = vec![forecast(), ("history".to_owned(), history)];
    for client in Speaks::BOTH {
        let finish = ["tool_calls", "tool_use"][client as usize];
        for stream in [false, true] {
            for (model, expected) in [
                ("up-tools", vec![forecast()]),
                ("up-text-tools", vec![forecast()]),
                ("up-whole-call", vec![forecast()]),
                ("up-missing-index", vec![forecast()]),
                ("up-noargs", vec![("forecast".to_owned(), json!({}))]),
                ("up-parallel", both.clone()),
                ("up-interleaved", both.clone()),
            ] {
                let body = client.tool_question(model, stream);
                let answer = scene.gateway.ask(client, &body).await;
                let says = model == "up-text-tools";
                answer.expect_text(client, if says { "Let me look. " } else { "" });
                let folded = answer.folded(client);
                assert_eq!(folded.calls, expected, "{client:?} {model} {stream}");
                assert_eq!(folded.finish, finish, "{client:?} {model} {stream}");
            }
        }
    }
}

#[tokio::test]
async fn results_go_back_to_their_calls() {
    let scene = Scene::start().await;
    for client in Speaks::BOTH {
        for stream in [false, true] {
            for (model, count) in [("up-tools", 1), ("up-parallel", 2)] {
                let asked = client.tool_question(model, stream);
                let first = scene.gateway.ask(client, &asked).await;
                let body = client.continued(asked, &first, "sunny ☀️");
                let second = scene.gateway.ask(client, &body).await;
                let said = ["sunny ☀️"; 2][..count].join(" | ");
                second.expect_text(client, &format!("The tool said: {said}"));
            }
        }
    }
}

#[tokio::test]
async fn thinking_is_shown_and_its_state_survives_with_claude_clients() {
    let scene = Scene::start().await;
    for client in Speaks::BOTH {
        for stream in [false, true] {
            let asked = client.thinking(client.tool_question("up-thinking-tools", stream));
            let first = scene.gateway.ask(client, &asked).await;
            let folded = first.folded(client);
            assert_eq!(folded.thinking, THOUGHT, "{client:?} {stream}");
            assert_eq!(folded.calls[0].1, arguments());
            let body = client.continued(asked, &first, "sunny");
            let second = scene.gateway.ask(client, &body).await;
            second.expect_text(client, "The tool said: sunny");
            if client == Speaks::Chat {
                continue;
            }
            let sent = scene.upstream.last_request().json();
            let kinds = sent["input"].as_array().unwrap().iter();
            let kinds: Vec<_> = kinds.map(|item| item["type"].clone()).collect();
            let kinds = json!(kinds[1..]);
            assert_eq!(
                kinds,
                json!(["reasoning", "function_call", "function_call_output"]),
                "{sent}"
            );
            let thought = &sent["input"][1];
            assert_eq!(thought["summary"][0]["text"], THOUGHT);
            assert!(thought["encrypted_content"].is_string(), "{sent}");
            // Nobody but its maker gives it an id.
            assert!(thought.get("id").is_none(), "{sent}");
        }
    }
}

#[tokio::test]
async fn reasoning_without_words_survives_too() {
    let scene = Scene::start().await;
    let client = Speaks::Claude;
    for stream in [false, true] {
        let asked = client.thinking(client.tool_question("up-redacted", stream));
        let first = scene.gateway.ask(client, &asked).await;
        let body = client.continued(asked, &first, "sunny");
        let second = scene.gateway.ask(client, &body).await;
        second.expect_text(client, "The tool said: sunny");
        let sent = scene.upstream.last_request().json();
        assert_eq!(sent["input"][1]["type"], "reasoning", "{sent}");
        assert!(sent["input"][1]["encrypted_content"].is_string(), "{sent}");
    }
}

#[tokio::test]
async fn failures_keep_their_status_and_words() {
    let scene = Scene::start().await;
    for (client, unavailable) in [
        (Speaks::Chat, (503, "server_error")),
        (Speaks::Claude, (529, "overloaded_error")),
    ] {
        for stream in [false, true] {
            for (model, (status, kind), words) in [
                (
                    "up-400",
                    (400, "invalid_request_error"),
                    "The scripted upstream refuses this request.",
                ),
                (
                    "up-401",
                    (401, "authentication_error"),
                    "Incorrect API key provided.",
                ),
                ("up-429", (429, "rate_limit_error"), "Rate limit reached."),
                ("up-503", unavailable, "currently overloaded"),
            ] {
                // A gateway of its own: a failed key rests.
                let scene = match status {
                    400 => &scene,
                    _ => &Scene::start().await,
                };
                let answer = scene.gateway.question(client, model, stream).await;
                let refusal = answer.refusal(client);
                let seen = (refusal.status, &*refusal.kind);
                assert_eq!(seen, (status, kind), "{client:?} {refusal:?}");
                assert!(refusal.message.contains(words), "{refusal:?}");
                if status == 429 {
                    assert_eq!(answer.header("retry-after"), Some("7"));
                }
            }
        }
    }
}

#[tokio::test]
async fn a_stream_that_fails_or_is_cut_ends_with_an_error() {
    let scene = Scene::start().await;
    for client in Speaks::BOTH {
        for model in [
            "up-cut",
            "up-cut-clean",
            "up-no-finish",
            "up-error-in-stream",
        ] {
            let answer = scene.gateway.question(client, model, true).await;
            answer.expect_failed_stream(client);
            assert!(answer.folded(client).text.starts_with("Hello"), "{model}");
        }
        let body = client.tool_question("up-cut-tools", true);
        let answer = scene.gateway.ask(client, &body).await;
        answer.expect_failed_stream(client);
        let answer = scene
            .gateway
            .question(client, "up-error-in-stream", true)
            .await;
        let refusal = answer.refusal(client);
        assert!(refusal.message.contains("overloaded"), "{refusal:?}");
        for model in ["up-cut", "up-cut-clean"] {
            let answer = scene.gateway.question(client, model, false).await;
            assert_eq!(answer.refusal(client).status, 502, "{model}");
        }
        // Nothing was sent yet, so it is a failure like any other.
        let answer = scene.gateway.question(client, "up-error-first", true).await;
        let refusal = answer.refusal(client);
        assert!(refusal.status >= 500, "{refusal:?}");
        assert!(refusal.message.contains("overloaded"), "{refusal:?}");
    }
}

#[tokio::test]
async fn an_image_arrives_whole() {
    const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";
    const ENCODED: &str = "iVBORw0KGgo=";
    let digest = Sha256::digest(PNG);
    let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    let scene = Scene::start().await;
    for client in Speaks::BOTH {
        let image = match client {
            Speaks::Chat => {
                json!({"type": "image_url", "image_url": {"url": format!("data:image/png;base64,{ENCODED}")}})
            }
            Speaks::Claude => {
                json!({"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": ENCODED}})
            }
        };
        let mut body = client.question("up-image", false);
        body["messages"][0]["content"] = json!([{"type": "text", "text": "What is it?"}, image]);
        let answer = scene.gateway.ask(client, &body).await;
        let expected = json!([{"media_type": "image/png", "sha256": digest}]);
        answer.expect_text(client, &expected.to_string());
    }
}

#[tokio::test]
async fn tokens_are_counted_in_the_clients_way() {
    let scene = Scene::start().await;
    for client in Speaks::BOTH {
        for stream in [false, true] {
            let answer = scene
                .gateway
                .question(client, "up-usage-cache", stream)
                .await;
            let usage = answer.folded(client).usage;
            let (pointers, expected) = match client {
                Speaks::Chat => (
                    [
                        "/prompt_tokens",
                        "/prompt_tokens_details/cached_tokens",
                        "/completion_tokens",
                    ],
                    [1000, 300, 4],
                ),
                Speaks::Claude => (
                    [
                        "/input_tokens",
                        "/cache_read_input_tokens",
                        "/output_tokens",
                    ],
                    [500, 300, 4],
                ),
            };
            let seen = pointers.map(|pointer| usage.pointer(pointer).and_then(Value::as_u64));
            assert_eq!(seen, expected.map(Some), "{client:?} {stream} {usage}");
        }
    }
}

#[tokio::test]
async fn what_cannot_be_carried_is_named() {
    let scene = Scene::start().await;
    for (client, field, value) in [
        (Speaks::Chat, "seed", json!(7)),
        (Speaks::Chat, "stop", json!(["END"])),
        (Speaks::Claude, "top_k", json!(5)),
        (Speaks::Claude, "stop_sequences", json!(["END"])),
    ] {
        let mut body = client.question("up-text", false);
        body[field] = value;
        let answer = scene.gateway.ask(client, &body).await;
        answer.expect_text(client, HELLO);
        assert_eq!(answer.header("x-modelgate-dropped"), Some(field));
    }
}

#[tokio::test]
async fn a_small_limit_is_raised_to_what_the_vendor_takes() {
    let scene = Scene::start().await;
    for client in Speaks::BOTH {
        let mut body = client.question("up-text", false);
        body["max_tokens"] = json!(5);
        scene
            .gateway
            .ask(client, &body)
            .await
            .expect_text(client, HELLO);
        assert_eq!(
            scene.upstream.last_request().json()["max_output_tokens"],
            16
        );
    }
}

#[tokio::test]
async fn a_claude_clients_count_is_asked_for() {
    let scene = Scene::start().await;
    let body = Speaks::Claude.tool_question("up-text", false).to_string();
    let request = scene
        .gateway
        .request("POST", "/v1/messages/count_tokens")
        .header("anthropic-version", "2023-06-01")
        .body(body.replace("\"max_tokens\":4096,", ""));
    let answer = Answer::read(request).await;
    assert_eq!(answer.status, 200, "{:?}", answer.body);
    assert!(answer.json()["input_tokens"].as_u64().unwrap() > 10);
    assert_eq!(answer.header("x-modelgate-estimated"), None);
    let arrived = scene.upstream.last_request();
    assert_eq!(arrived.path, "/v1/responses/input_tokens");
}
