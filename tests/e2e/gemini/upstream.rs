//! Clients of the other dialects in front of a Gemini upstream.

use super::{THOUGHT, arguments, calls, start};
use crate::harness::{Answer, Ending, HELLO, Speaks};
use serde_json::{Value, json};

#[tokio::test]
async fn text_is_the_same_text() {
    let (_upstream, gateway) = start(&["sk-good"], "").await;
    for client in Speaks::BOTH {
        for stream in [false, true] {
            for (model, text, finish) in [
                ("up-text", HELLO, ["stop", "end_turn"]),
                ("up-crlf", HELLO, ["stop", "end_turn"]),
                ("up-comments", HELLO, ["stop", "end_turn"]),
                ("up-gzip", HELLO, ["stop", "end_turn"]),
                ("up-one-byte", HELLO, ["stop", "end_turn"]),
                ("up-late-usage", HELLO, ["stop", "end_turn"]),
                ("gemini-3-flash-up-text", HELLO, ["stop", "end_turn"]),
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
                let answer = gateway.question(client, model, stream).await;
                answer.expect_text(client, text);
                let folded = answer.folded(client);
                assert_eq!(folded.finish, finish[client as usize], "{model} {stream}");
                assert_eq!(folded.model, model);
            }
        }
    }
}

#[tokio::test]
async fn a_blocked_question_is_no_empty_success() {
    let (_upstream, gateway) = start(&["sk-good"], "").await;
    for client in Speaks::BOTH {
        for stream in [false, true] {
            let answer = gateway.question(client, "up-refusal", stream).await;
            assert_eq!(answer.status, 200);
            let finish = ["content_filter", "refusal"][client as usize];
            assert_eq!(answer.folded(client).finish, finish, "{client:?} {stream}");
        }
    }
}

#[tokio::test]
async fn calls_go_there_and_back_with_their_signatures() {
    let (upstream, gateway) = start(&["sk-good"], "").await;
    for client in Speaks::BOTH {
        for stream in [false, true] {
            for model in [
                "up-tools",
                "up-parallel",
                "gemini-3-flash-up-tools",
                "gemini-3-flash-up-parallel",
            ] {
                let asked = client.tool_question(model, stream);
                let first = gateway.ask(client, &asked).await;
                let folded = first.folded(client);
                first.expect_text(client, "");
                assert_eq!(folded.calls, calls(model), "{client:?} {model} {stream}");
                assert_eq!(folded.finish, ["tool_calls", "tool_use"][client as usize]);
                let body = client.continued(asked, &first, "sunny ☀️");
                let second = gateway.ask(client, &body).await;
                let said = ["sunny ☀️"; 2][..folded.calls.len()].join(" | ");
                second.expect_text(client, &format!("The tool said: {said}"));
                let parts = upstream.last_request().json()["contents"][1]["parts"].clone();
                let signed = |index: usize| {
                    let signature = parts[index]["thoughtSignature"].as_str();
                    signature.is_some_and(|text| text != "skip_thought_signature_validator")
                };
                assert_eq!(signed(0), model.starts_with("gemini-3"), "{parts}");
                assert!(!signed(1), "a sibling has none: {parts}");
            }
        }
    }
}

#[tokio::test]
async fn calls_that_another_model_made_are_taken_too() {
    let (upstream, gateway) = start(&["sk-good"], "").await;
    let mut body = Speaks::Chat.tool_question("gemini-3-flash-up-tools", false);
    let call = json!({"id": "call_1", "type": "function", "function": {"name": "forecast", "arguments": "{}"}});
    let messages = body["messages"].as_array_mut().unwrap();
    messages.push(json!({"role": "assistant", "content": null, "tool_calls": [call]}));
    messages.push(json!({"role": "tool", "tool_call_id": "call_1", "content": "rain"}));
    let answer = gateway.ask(Speaks::Chat, &body).await;
    answer.expect_text(Speaks::Chat, "The tool said: rain");
    let part = &upstream.last_request().json()["contents"][1]["parts"][0];
    assert_eq!(part["thoughtSignature"], "skip_thought_signature_validator");
}

#[tokio::test]
async fn thinking_is_shown_and_its_signature_goes_back() {
    let (upstream, gateway) = start(&["sk-good"], "").await;
    for client in Speaks::BOTH {
        for stream in [false, true] {
            for model in ["up-thinking-tools", "gemini-3-flash-up-thinking-tools"] {
                let asked = client.thinking(client.tool_question(model, stream));
                let first = gateway.ask(client, &asked).await;
                let folded = first.folded(client);
                assert_eq!(folded.thinking, THOUGHT, "{client:?} {model} {stream}");
                assert_eq!(folded.calls[0].1, arguments());
                let body = client.continued(asked, &first, "sunny");
                let second = gateway.ask(client, &body).await;
                second.expect_text(client, "The tool said: sunny");
                let arrived = upstream.last_request().json();
                let parts = arrived["contents"][1]["parts"].as_array().unwrap();
                let call = parts.iter().find(|part| part["functionCall"].is_object());
                let signature = &call.unwrap()["thoughtSignature"];
                assert!(signature.is_string(), "{client:?} {model} {arrived}");
                assert_ne!(*signature, "skip_thought_signature_validator");
            }
        }
    }
}

#[tokio::test]
async fn tokens_are_counted_in_the_clients_way() {
    let (_upstream, gateway) = start(&["sk-good"], "").await;
    for client in Speaks::BOTH {
        for stream in [false, true] {
            let answer = gateway.question(client, "up-usage-cache", stream).await;
            let usage = answer.folded(client).usage;
            let number = |pointer: &str| usage.pointer(pointer).and_then(Value::as_u64);
            let (seen, expected) = match client {
                Speaks::Chat => (
                    [
                        number("/prompt_tokens"),
                        number("/prompt_tokens_details/cached_tokens"),
                        number("/completion_tokens"),
                        number("/completion_tokens_details/reasoning_tokens"),
                    ],
                    [100, 30, 70, 20],
                ),
                Speaks::Claude => (
                    [
                        number("/input_tokens"),
                        number("/cache_read_input_tokens"),
                        number("/output_tokens"),
                        Some(0),
                    ],
                    [70, 30, 70, 0],
                ),
            };
            assert_eq!(seen, expected.map(Some), "{client:?} {stream} {usage}");
        }
    }
}

#[tokio::test]
async fn a_count_is_asked_for() {
    let (upstream, gateway) = start(&["sk-good"], "").await;
    let body = Speaks::Claude.tool_question("up-text", false).to_string();
    let request = gateway
        .request("POST", "/v1/messages/count_tokens")
        .header("anthropic-version", "2023-06-01")
        .body(body.replace("\"max_tokens\":4096,", ""));
    let answer = Answer::read(request).await;
    assert_eq!(answer.status, 200, "{:?}", answer.body);
    assert!(answer.json()["input_tokens"].as_u64().unwrap() > 10);
    assert_eq!(answer.header("x-modelgate-estimated"), None);
    let path = upstream.last_request().path;
    assert_eq!(path, "/v1beta/models/up-text:countTokens");
}

#[tokio::test]
async fn refusals_have_the_clients_shape() {
    for stream in [false, true] {
        for (model, status, kinds) in [
            ("up-400", [400, 400], ["invalid_request_error"; 2]),
            ("up-401", [401, 401], ["authentication_error"; 2]),
            ("up-429", [429, 429], ["rate_limit_error"; 2]),
            ("up-503", [503, 529], ["server_error", "overloaded_error"]),
        ] {
            for client in Speaks::BOTH {
                let (_upstream, gateway) = start(&["sk-good"], "request-retry: 0").await;
                let answer = gateway.question(client, model, stream).await;
                let refusal = answer.refusal(client);
                let seen = (refusal.status, &*refusal.kind);
                let side = client as usize;
                assert_eq!(seen, (status[side], kinds[side]), "{refusal:?}");
                let wait = answer.header("retry-after");
                assert_eq!(wait, (model == "up-429").then_some("7"), "{model}");
            }
        }
    }
}

#[tokio::test]
async fn a_bad_key_gives_way_to_the_next() {
    for client in Speaks::BOTH {
        let (upstream, gateway) = start(&["fail-400", "sk-good"], "").await;
        let answer = gateway.question(client, "up-text", false).await;
        answer.expect_text(client, HELLO);
        let keys: Vec<_> = upstream
            .requests()
            .iter()
            .map(|request| request.header("x-goog-api-key").unwrap().to_owned())
            .collect();
        assert_eq!(keys, ["fail-400", "sk-good"]);
    }
}

#[tokio::test]
async fn a_cut_stream_is_never_a_success() {
    let (_upstream, gateway) = start(&["sk-good"], "request-retry: 0").await;
    for client in Speaks::BOTH {
        for model in [
            "up-cut",
            "up-cut-clean",
            "up-cut-tools",
            "up-no-finish",
            "up-error-in-stream",
        ] {
            let body = client.tool_question(model, true);
            let answer = gateway.ask(client, &body).await;
            assert_eq!(answer.status, 200, "{model} {:?}", answer.body);
            let ending = answer.ending(client);
            assert!(
                matches!(ending, Ending::Failed(_)),
                "{client:?} {model} {ending:?}"
            );
        }
    }
}

#[tokio::test]
async fn the_upstream_gets_its_own_key_and_events_are_asked_for() {
    let (upstream, gateway) = start(&["sk-good"], "").await;
    for client in Speaks::BOTH {
        gateway.question(client, "up-text", true).await;
        let arrived = upstream.last_request();
        let path = "/v1beta/models/up-text:streamGenerateContent";
        assert_eq!((&*arrived.path, &*arrived.query), (path, "alt=sse"));
        assert_eq!(arrived.header("x-goog-api-key"), Some("sk-good"));
        assert_eq!(arrived.header("authorization"), None);
    }
}
