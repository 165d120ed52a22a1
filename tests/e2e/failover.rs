//! Who is asked next when somebody does not answer.

use crate::harness::settings::SCRIPTED;
use crate::harness::{Ending, Gateway, HELLO, Settings, Speaks};
use modelgate_test_upstream::{Script, Upstream};
use serde_json::json;

/// The keys the upstream saw, oldest first.
fn keys(upstream: &Upstream) -> Vec<String> {
    let arrived = upstream.requests();
    let key = |headers: &http::HeaderMap| headers["authorization"].to_str().unwrap().to_owned();
    arrived
        .iter()
        .map(|request| key(&request.headers).replace("Bearer ", ""))
        .collect()
}

/// Two upstreams with one provider each: the first is asked first, however often it has failed.
async fn pair(dialects: [Speaks; 2]) -> (Upstream, Upstream, Gateway) {
    let (first, second) = (Upstream::start().await, Upstream::start().await);
    let settings = Settings::new()
        .line("disable-cooling: true")
        .provider(dialects[1], &second.url(), &["sk-second"], "priority: 1")
        .provider(dialects[0], &first.url(), &["sk-first"], "priority: 10");
    let gateway = settings.start().await;
    (first, second, gateway)
}

#[tokio::test]
async fn a_key_that_fails_is_followed_by_the_next_one() {
    for dialect in Speaks::BOTH {
        for status in [401, 402, 403, 429, 500, 502, 503, 529] {
            let upstream = Upstream::start().await;
            let failing = format!("fail-{status}");
            let gateway = Settings::new()
                .provider(dialect, &upstream.url(), &[&failing, "sk-good"], "")
                .start()
                .await;
            for client in Speaks::BOTH {
                for stream in [false, true] {
                    let answer = gateway.question(client, "up-text", stream).await;
                    answer.expect_text(client, HELLO);
                }
            }
            let seen = keys(&upstream);
            assert_eq!(
                seen.iter().filter(|key| *key == "sk-good").count(),
                4,
                "{seen:?}"
            );
            assert!(seen.contains(&failing), "{status}: it was never tried");
            assert_eq!(seen.last().unwrap(), "sk-good");
        }
    }
}

#[tokio::test]
async fn the_provider_with_the_higher_priority_is_asked_first() {
    let (first, second, gateway) = pair([Speaks::Chat, Speaks::Chat]).await;
    for _ in 0..3 {
        gateway.question(Speaks::Chat, "up-text", false).await;
    }
    assert_eq!((first.requests().len(), second.requests().len()), (3, 0));
}

#[tokio::test]
async fn another_dialect_can_stand_in() {
    for dialects in [
        [Speaks::Chat, Speaks::Claude],
        [Speaks::Claude, Speaks::Chat],
    ] {
        let (first, second, gateway) = pair(dialects).await;
        first.script("up-text", Script::new(500));
        for client in Speaks::BOTH {
            for stream in [false, true] {
                first.clear();
                second.clear();
                let answer = gateway.question(client, "up-text", stream).await;
                answer.expect_text(client, HELLO);
                assert_eq!((first.requests().len(), second.requests().len()), (1, 1));
            }
        }
    }
}

#[tokio::test]
async fn a_request_that_is_wrong_is_asked_once() {
    for dialect in Speaks::BOTH {
        let upstream = Upstream::start().await;
        let gateway = Settings::new()
            .line("request-retry: 3")
            .provider(dialect, &upstream.url(), &["sk-a", "sk-b", "sk-c"], "")
            .start()
            .await;
        for client in Speaks::BOTH {
            for (model, status) in [("up-400", 400), ("up-413", 413)] {
                for stream in [false, true] {
                    upstream.clear();
                    let answer = gateway.question(client, model, stream).await;
                    assert_eq!(answer.refusal(client).status, status);
                    assert_eq!(upstream.requests().len(), 1, "{client:?} {model} {stream}");
                }
            }
        }
    }
    let upstream = Upstream::start().await;
    let gateway = Settings::new()
        .provider(Speaks::Chat, &upstream.url(), &["fail-422", "sk-b"], "")
        .start()
        .await;
    let answer = gateway.question(Speaks::Chat, "up-text", false).await;
    assert_eq!(answer.refusal(Speaks::Chat).status, 422);
    assert_eq!(upstream.requests().len(), 1);
}

#[tokio::test]
async fn an_error_before_the_first_content_of_a_stream_is_followed_by_the_next() {
    let error = json!({"error": {"message": "Overloaded", "type": "overloaded_error"}});
    for dialect in Speaks::BOTH {
        let greeting = match dialect {
            Speaks::Chat => "",
            Speaks::Claude => {
                "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"m\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"scripted\",\"content\":[],\"usage\":{\"input_tokens\":1,\"output_tokens\":1}}}\n\n"
            }
        };
        let frame = match dialect {
            Speaks::Chat => format!(": hi\n\ndata: {error}\n\n"),
            Speaks::Claude => {
                let error = json!({"type": "error", "error": error["error"]});
                format!("{greeting}event: error\ndata: {error}\n\n")
            }
        };
        let (first, second, gateway) = pair([dialect, dialect]).await;
        first.script(SCRIPTED, Script::sse([frame]));
        second.script(SCRIPTED, hello(dialect));
        for client in Speaks::BOTH {
            first.clear();
            second.clear();
            let answer = gateway.question(client, SCRIPTED, true).await;
            answer.expect_text(client, "hello");
            assert_eq!((first.requests().len(), second.requests().len()), (1, 1));
        }
    }
}

/// A short stream.
fn hello(dialect: Speaks) -> Script {
    Script::sse(match dialect {
        Speaks::Chat => vec![
            "data: {\"id\":\"c\",\"model\":\"scripted\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"hello\"}}]}\n\n",
            "data: {\"id\":\"c\",\"model\":\"scripted\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n",
            "data: [DONE]\n\n",
        ],
        Speaks::Claude => vec![
            "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"m\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"scripted\",\"content\":[],\"stop_reason\":null,\"usage\":{\"input_tokens\":1,\"output_tokens\":1}}}\n\n",
            "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n",
            "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"hello\"}}\n\n",
            "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\n",
            "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\",\"stop_sequence\":null},\"usage\":{\"output_tokens\":2}}\n\n",
            "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n",
        ],
    })
}

#[tokio::test]
async fn a_stream_that_ends_without_a_word_is_asked_again() {
    for dialect in Speaks::BOTH {
        for client in Speaks::BOTH {
            for empty in [vec![], vec![": nothing to say\n\n"]] {
                let upstream = Upstream::start().await;
                upstream.script(SCRIPTED, Script::sse(empty));
                upstream.script(SCRIPTED, hello(dialect));
                let gateway = Settings::upstream(dialect, &upstream).start().await;
                let answer = gateway.question(client, SCRIPTED, true).await;
                answer.expect_text(client, "hello");
                assert_eq!(upstream.requests().len(), 2);
            }
        }
    }
}

#[tokio::test]
async fn a_stream_that_stays_empty_is_a_502() {
    for dialect in Speaks::BOTH {
        let upstream = Upstream::start().await;
        let gateway = Settings::upstream(dialect, &upstream).start().await;
        for client in Speaks::BOTH {
            upstream.clear();
            let answer = gateway.question(client, "up-empty", true).await;
            assert_eq!(answer.refusal(client).status, 502);
            assert_eq!(upstream.requests().len(), 2, "one bootstrap retry");
        }
    }
}

#[tokio::test]
async fn a_failure_that_passes_is_tried_in_another_round() {
    for (rounds, status) in [(0, 500), (1, 200)] {
        let upstream = Upstream::start().await;
        let gateway = Settings::upstream(Speaks::Chat, &upstream)
            .line(&format!("request-retry: {rounds}"))
            .start()
            .await;
        let answer = gateway.question(Speaks::Claude, "up-500-once", true).await;
        assert_eq!(answer.status, status, "{:?}", answer.body);
        assert_eq!(upstream.requests().len(), rounds + 1);
    }
}

#[tokio::test]
async fn when_everybody_fails_the_client_learns_why_and_when_to_return() {
    for dialect in Speaks::BOTH {
        for keys in [
            ["fail-429", "fail-429"],
            ["fail-401", "fail-429"],
            ["fail-429", "fail-401"],
        ] {
            let upstream = Upstream::start().await;
            let gateway = Settings::new()
                .provider(dialect, &upstream.url(), &keys, "")
                .start()
                .await;
            for client in Speaks::BOTH {
                let answer = gateway.question(client, "up-text", true).await;
                let refusal = answer.refusal(client);
                assert_eq!((refusal.status, &*refusal.kind), (429, "rate_limit_error"));
                let wait: u64 = answer.header("retry-after").unwrap().parse().unwrap();
                assert!((1..=7).contains(&wait), "{wait}");
            }
        }
    }
}

#[tokio::test]
async fn nothing_is_retried_after_the_first_byte() {
    for dialect in Speaks::BOTH {
        let (first, second, gateway) = pair([dialect, dialect]).await;
        for client in Speaks::BOTH {
            first.clear();
            let answer = gateway.question(client, "up-error-in-stream", true).await;
            assert!(
                matches!(answer.ending(client), Ending::Failed(_)),
                "{}",
                answer.text()
            );
            assert_eq!((first.requests().len(), second.requests().len()), (1, 0));
        }
    }
}

#[tokio::test]
async fn a_provider_that_is_not_there_is_followed_by_the_next() {
    let upstream = Upstream::start().await;
    for dialect in Speaks::BOTH {
        let gateway = Settings::new()
            .provider(dialect, &closed_port().await, &["sk-first"], "priority: 10")
            .provider(dialect, &upstream.url(), &["sk-second"], "")
            .start()
            .await;
        for client in Speaks::BOTH {
            let answer = gateway.question(client, "up-text", true).await;
            answer.expect_text(client, HELLO);
        }
    }
}

/// An address where nobody listens.
async fn closed_port() -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}
