//! Upstreams that break the rules: the client gets a clear failure, in time, and never half an answer as a whole one.

use crate::harness::settings::SCRIPTED;
use crate::harness::{Ending, HELLO, Settings, Speaks, each_pair, start};
use modelgate_test_upstream::Script;
use std::time::{Duration, Instant};

const SOON: Duration = Duration::from_secs(4);

/// The beginning of a stream that has said `good`.
fn good(dialect: Speaks) -> &'static str {
    match dialect {
        Speaks::Chat => {
            "data: {\"id\":\"c\",\"model\":\"scripted\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"good\"}}]}\n\n"
        }
        Speaks::Claude => {
            "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"m\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"scripted\",\"content\":[],\"usage\":{\"input_tokens\":1,\"output_tokens\":1}}}\n\nevent: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"good\"}}\n\n"
        }
    }
}

/// Its end.
fn end(dialect: Speaks) -> &'static str {
    match dialect {
        Speaks::Chat => {
            "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n"
        }
        Speaks::Claude => {
            "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\nevent: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":{\"output_tokens\":2}}\n\nevent: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"
        }
    }
}

#[tokio::test]
async fn a_stream_that_is_cut_ends_with_an_error() {
    each_pair("", async |client, _, gateway| {
        for model in ["up-cut", "up-cut-clean", "up-no-finish"] {
            let answer = gateway.question(client, model, true).await;
            answer.expect_failed_stream(client);
            assert!(answer.folded(client).text.starts_with("Hello"), "{model}");
        }
        let body = client.tool_question("up-cut-tools", true);
        gateway
            .ask(client, &body)
            .await
            .expect_failed_stream(client);
    })
    .await;
}

#[tokio::test]
async fn an_answer_that_is_cut_is_a_502() {
    each_pair("", async |client, _, gateway| {
        for model in ["up-cut", "up-cut-clean"] {
            let answer = gateway.question(client, model, false).await;
            assert_eq!(answer.refusal(client).status, 502, "{model}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_stream_without_its_last_event_is_complete_when_it_said_why_it_ended() {
    each_pair("", async |client, upstream, gateway| {
        let answer = gateway.question(client, "up-no-done", true).await;
        assert_eq!(answer.folded(client).text, HELLO);
        let same = upstream.last_request().path == client.path();
        if same {
            assert!(
                !matches!(answer.ending(client), Ending::Failed(_)),
                "{}",
                answer.text()
            );
        } else {
            answer.expect_text(client, HELLO);
        }
    })
    .await;
}

#[tokio::test]
async fn a_web_page_is_no_answer() {
    each_pair("", async |client, _, gateway| {
        for model in ["up-html", "up-html-502", "up-empty"] {
            for stream in [false, true] {
                let answer = gateway.question(client, model, stream).await;
                let refusal = answer.refusal(client);
                assert_eq!(refusal.status, 502, "{model} {stream}");
                assert!(!answer.text().contains("<html"), "{}", answer.text());
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_line_without_end_is_cut_short() {
    each_pair(
        "limits: {response-body: 256KB}",
        async |client, upstream, gateway| {
            gateway
                .question(client, "up-text", false)
                .await
                .expect_text(client, HELLO);
            let before = gateway.memory().unwrap();
            for stream in [false, true] {
                let begin = Instant::now();
                let answer = gateway.question(client, "up-endless", stream).await;
                if answer.is_stream() {
                    answer.expect_failed_stream(client);
                    assert!(answer.body.len() < 1 << 20, "{}", answer.body.len());
                } else {
                    assert_eq!(answer.refusal(client).status, 502);
                }
                assert!(begin.elapsed() < SOON, "{:?}", begin.elapsed());
                assert!(upstream.drained(SOON).await, "the upstream may stop");
            }
            let grown = gateway.memory().unwrap().saturating_sub(before);
            assert!(grown < 32 << 20, "{grown} bytes more");
        },
    )
    .await;
}

#[tokio::test]
async fn an_endless_line_behind_good_events_ends_with_an_error() {
    for dialect in Speaks::BOTH {
        let (upstream, gateway) = start(dialect, "limits: {response-body: 64KB}").await;
        let script = Script::sse([good(dialect)]).chunk("data: {\"x\":\"");
        upstream.script(SCRIPTED, script.chunk(vec![b'x'; 300 << 10]).hang());
        for client in Speaks::BOTH {
            let answer = gateway.question(client, SCRIPTED, true).await;
            answer.expect_failed_stream(client);
            assert_eq!(answer.folded(client).text, "good");
        }
    }
}

#[tokio::test]
async fn a_stream_that_breaks_inside_an_event_shows_whole_events_only() {
    for dialect in Speaks::BOTH {
        for clean in [false, true] {
            let (upstream, gateway) = start(dialect, "").await;
            let half = &end(dialect)[..end(dialect).find("\"index\"").unwrap()];
            let script = Script::sse([good(dialect)]).chunk(half);
            upstream.script(SCRIPTED, if clean { script } else { script.abort() });
            for client in Speaks::BOTH {
                let answer = gateway.question(client, SCRIPTED, true).await;
                answer.expect_failed_stream(client);
                assert_eq!(answer.folded(client).text, "good");
                for frame in answer.frames() {
                    assert!(frame.json().is_object(), "an SDK chokes on {frame:?}");
                }
            }
        }
    }
}

#[tokio::test]
async fn the_form_that_was_not_asked_for_is_understood() {
    each_pair("", async |client, _, gateway| {
        for (model, stream) in [
            ("up-json-for-stream", true),
            ("up-sse-for-plain", false),
            ("up-gzip", true),
            ("up-gzip", false),
        ] {
            let answer = gateway.question(client, model, stream).await;
            assert_eq!(answer.is_stream(), stream, "{client:?} {model}");
            assert_eq!(answer.header("content-encoding"), None);
            answer.expect_text(client, HELLO);
        }
    })
    .await;
}

#[tokio::test]
async fn an_upstream_that_is_not_there_is_a_502() {
    for dialect in Speaks::BOTH {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        drop(listener);
        let gateway = Settings::new()
            .provider(dialect, &url, &["sk-x"], "")
            .start()
            .await;
        for client in Speaks::BOTH {
            for stream in [false, true] {
                let answer = gateway.question(client, "up-text", stream).await;
                let refusal = answer.refusal(client);
                assert_eq!(refusal.status, 502);
                assert!(
                    !refusal.message.contains("127.0.0.1"),
                    "{}",
                    refusal.message
                );
            }
        }
    }
}

#[tokio::test]
async fn nothing_comes_after_the_end() {
    for dialect in Speaks::BOTH {
        for together in [false, true] {
            let (upstream, gateway) = start(dialect, "").await;
            let script = if together {
                Script::sse([format!("{}{}", good(dialect), end(dialect))])
            } else {
                let pause = Duration::from_millis(20);
                Script::sse([good(dialect)]).wait(pause).chunk(end(dialect))
            };
            // A connection that stays open behind the end must not keep the client.
            let script = script.wait(Duration::from_millis(50));
            upstream.script(SCRIPTED, script.chunk("data: {\"late\":1}\n\n").hang());
            for client in Speaks::BOTH {
                let begin = Instant::now();
                let answer = gateway.question(client, SCRIPTED, true).await;
                answer.expect_text(client, "good");
                assert!(!answer.text().contains("late"), "{}", answer.text());
                let waited = begin.elapsed();
                assert!(waited < SOON, "{client:?} {together} {waited:?}");
            }
            assert!(upstream.drained(SOON).await);
        }
    }
}
