//! A client of one dialect, an upstream of the other.

use crate::harness::{Gateway, HELLO, Settings, Speaks, start};
use modelgate_test_upstream::Upstream;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

const UNICODE: &str = "Grüße 👩‍👩‍👧‍👦🇨🇭 漢字かな交じり文 שלום \u{2028}line\u{2029}paragraph NUL[\u{0}] quote\" back\\slash tab\tnew\nline end";
const THOUGHT: &str = "The user asks; I first think about it – carefully.";

/// A client of this dialect in front of an upstream of the other one.
struct Foreign {
    upstream: Upstream,
    gateway: Gateway,
}

impl Foreign {
    async fn start(client: Speaks) -> Self {
        Self::with(client, "").await
    }

    /// `more` are further lines of the provider's entry.
    async fn with(client: Speaks, more: &str) -> Self {
        let upstream = Upstream::start().await;
        let url = upstream.url();
        let settings = Settings::new().provider(client.other(), &url, &["sk-good"], more);
        Self {
            gateway: settings.start().await,
            upstream,
        }
    }
}

fn arguments() -> Value {
    json!({"city": "Zürich", "days": 3, "exact": true})
}

#[tokio::test]
async fn text_is_the_same_text() {
    for client in Speaks::BOTH {
        let foreign = Foreign::start(client).await;
        for stream in [false, true] {
            for (model, text, finish) in [
                ("up-text", HELLO, ["stop", "end_turn"]),
                ("up-crlf", HELLO, ["stop", "end_turn"]),
                ("up-comments", HELLO, ["stop", "end_turn"]),
                ("up-gzip", HELLO, ["stop", "end_turn"]),
                ("up-no-done", HELLO, ["stop", "end_turn"]),
                (
                    "up-length",
                    "This answer is cut off by the",
                    ["length", "max_tokens"],
                ),
            ] {
                let answer = foreign.gateway.question(client, model, stream).await;
                answer.expect_text(client, text);
                let folded = answer.folded(client);
                assert_eq!(folded.finish, finish[client as usize], "{model}");
                assert_eq!(folded.model, model);
            }
        }
    }
}

#[tokio::test]
async fn characters_survive_however_the_stream_is_cut() {
    for client in Speaks::BOTH {
        let foreign = Foreign::start(client).await;
        for (model, text) in [("up-unicode", UNICODE), ("up-one-byte", HELLO)] {
            for stream in [false, true] {
                let answer = foreign.gateway.question(client, model, stream).await;
                answer.expect_text(client, text);
                assert!(!answer.text().contains('\u{fffd}'));
            }
        }
    }
}

#[tokio::test]
async fn tool_calls_keep_names_arguments_and_order() {
    for client in Speaks::BOTH {
        let foreign = Foreign::start(client).await;
        let history = json!({"city": "東京", "days": 1, "exact": false});
        let forecast = || ("forecast".to_owned(), arguments());
        let both = vec![forecast(), ("history".to_owned(), history)];
        let finish = ["tool_calls", "tool_use"][client as usize];
        for stream in [false, true] {
            for (model, expected) in [
                ("up-tools", vec![forecast()]),
                ("up-text-tools", vec![forecast()]),
                ("up-name-repeats", vec![forecast()]),
                ("up-late-id", vec![forecast()]),
                ("up-whole-call", vec![forecast()]),
                ("up-missing-index", vec![forecast()]),
                ("up-noargs", vec![("forecast".to_owned(), json!({}))]),
                ("up-parallel", both.clone()),
                ("up-interleaved", both.clone()),
            ] {
                let body = client.tool_question(model, stream);
                let answer = foreign.gateway.ask(client, &body).await;
                let folded = answer.folded(client);
                answer.expect_text(client, &folded.text);
                assert_eq!(folded.calls, expected, "{client:?} {model} {stream}");
                assert_eq!(folded.finish, finish, "{client:?} {model} {stream}");
                let says = model == "up-text-tools";
                assert_eq!(folded.text, if says { "Let me look. " } else { "" });
            }
        }
    }
}

#[tokio::test]
async fn results_go_back_to_their_calls() {
    for client in Speaks::BOTH {
        let foreign = Foreign::start(client).await;
        for stream in [false, true] {
            for (model, count) in [("up-tools", 1), ("up-parallel", 2)] {
                let asked = client.tool_question(model, stream);
                let first = foreign.gateway.ask(client, &asked).await;
                let body = client.continued(asked, &first, "sunny ☀️");
                let second = foreign.gateway.ask(client, &body).await;
                let said = ["sunny ☀️"; 2][..count].join(" | ");
                second.expect_text(client, &format!("The tool said: {said}"));
            }
        }
    }
}

#[tokio::test]
async fn thinking_is_shown_and_can_be_sent_back() {
    for client in Speaks::BOTH {
        for stream in [false, true] {
            // A Chat upstream takes its reasoning back only when it is known to want that.
            let quirks = match client {
                Speaks::Chat => "",
                Speaks::Claude => "quirks: {replay-reasoning: true}",
            };
            let foreign = Foreign::with(client, quirks).await;
            let asked = client.thinking(client.tool_question("up-thinking-tools", stream));
            let first = foreign.gateway.ask(client, &asked).await;
            assert_eq!(
                first.folded(client).thinking,
                THOUGHT,
                "{client:?} {stream}"
            );
            assert_eq!(first.folded(client).calls[0].1, arguments());
            let body = client.continued(asked, &first, "sunny");
            let second = foreign.gateway.ask(client, &body).await;
            second.expect_text(client, "The tool said: sunny");
            let replayed = String::from_utf8(foreign.upstream.last_request().body.to_vec());
            assert!(
                replayed.unwrap().contains(THOUGHT),
                "{client:?} {stream}: the thought did not go back"
            );
        }
    }
}

#[tokio::test]
async fn an_image_arrives_whole() {
    const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";
    const ENCODED: &str = "iVBORw0KGgo=";
    let digest: String = Sha256::digest(PNG)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    for client in Speaks::BOTH {
        let foreign = Foreign::start(client).await;
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
        let answer = foreign.gateway.ask(client, &body).await;
        let expected = json!([{"media_type": "image/png", "sha256": digest}]);
        answer.expect_text(client, &expected.to_string());
    }
}

#[tokio::test]
async fn tokens_are_counted_in_the_clients_way() {
    for client in Speaks::BOTH {
        let foreign = Foreign::start(client).await;
        for stream in [false, true] {
            let answer = foreign
                .gateway
                .question(client, "up-usage-cache", stream)
                .await;
            let usage = answer.folded(client).usage;
            let number = |pointer: &str| usage.pointer(pointer).and_then(Value::as_u64);
            let (seen, expected) = match client {
                Speaks::Chat => (
                    [
                        number("/prompt_tokens"),
                        number("/prompt_tokens_details/cached_tokens"),
                        number("/completion_tokens"),
                        number("/total_tokens"),
                    ],
                    [22_044, 22_000, 4, 22_048],
                ),
                Speaks::Claude => (
                    [
                        number("/input_tokens"),
                        number("/cache_read_input_tokens"),
                        number("/cache_creation_input_tokens"),
                        number("/output_tokens"),
                    ],
                    [500, 300, 200, 4],
                ),
            };
            assert_eq!(seen, expected.map(Some), "{client:?} {stream} {usage}");
        }
    }
}

#[tokio::test]
async fn what_cannot_be_carried_is_named() {
    for (client, field, value) in [
        (Speaks::Chat, "seed", json!(7)),
        (Speaks::Chat, "logit_bias", json!({"50256": -100})),
        (Speaks::Claude, "top_k", json!(5)),
    ] {
        let foreign = Foreign::start(client).await;
        for stream in [false, true] {
            let mut body = client.question("up-text", stream);
            let clean = foreign.gateway.ask(client, &body).await;
            assert_eq!(clean.header("x-modelgate-dropped"), None);
            body[field] = value.clone();
            let answer = foreign.gateway.ask(client, &body).await;
            answer.expect_text(client, HELLO);
            assert_eq!(answer.header("x-modelgate-dropped"), Some(field));
            assert!(foreign.upstream.last_request().json().get(field).is_none());
        }
    }
}

#[tokio::test]
async fn the_key_is_the_upstreams_own() {
    for client in Speaks::BOTH {
        let foreign = Foreign::start(client).await;
        foreign.gateway.question(client, "up-text", false).await;
        let arrived = foreign.upstream.last_request();
        assert_eq!(arrived.path, client.other().path());
        assert_eq!(arrived.header("authorization"), Some("Bearer sk-good"));
    }
}

#[tokio::test]
async fn a_count_is_asked_for_or_estimated_and_marked() {
    let body = Speaks::Claude.tool_question("up-text", false).to_string();
    for upstream_dialect in Speaks::BOTH {
        let upstream = Upstream::start().await;
        let gateway = Settings::upstream(upstream_dialect, &upstream)
            .start()
            .await;
        let request = gateway
            .request("POST", "/v1/messages/count_tokens")
            .header("anthropic-version", "2023-06-01")
            .body(body.replace("\"max_tokens\":4096,", ""));
        let answer = crate::harness::Answer::read(request).await;
        assert_eq!(answer.status, 200, "{:?}", answer.body);
        assert!(answer.json()["input_tokens"].as_u64().unwrap() > 10);
        let estimated = upstream_dialect == Speaks::Chat;
        let mark = answer.header("x-modelgate-estimated");
        assert_eq!(mark, estimated.then_some("true"));
        assert_eq!(upstream.requests().len(), usize::from(!estimated));
    }
}

#[tokio::test]
async fn forms_of_answers_are_what_claude_enforces() {
    let (upstream, gateway) = start(Speaks::Claude, "").await;
    let schema = json!({"type": "object", "properties": {"n": {"type": "integer", "minimum": 1}}});
    let mut body = Speaks::Chat.question("up-text", false);
    body["response_format"] =
        json!({"type": "json_schema", "json_schema": {"name": "n", "schema": schema}});
    let answer = gateway.ask(Speaks::Chat, &body).await;
    answer.expect_text(Speaks::Chat, HELLO);
    let sent = upstream.last_request().json()["output_config"]["format"]["schema"].clone();
    assert_eq!(sent["additionalProperties"], false);
    let dropped = answer.header("x-modelgate-dropped").unwrap();
    assert!(dropped.contains("properties.n.minimum"), "{dropped}");
    // An open object is no schema for it.
    body["response_format"] = json!({"type": "json_object"});
    let answer = gateway.ask(Speaks::Chat, &body).await;
    answer.expect_text(Speaks::Chat, HELLO);
    let sent = upstream.last_request().json();
    assert_eq!(sent.get("output_config"), None);
    assert!(sent["system"].to_string().contains("JSON"), "{sent}");
}
