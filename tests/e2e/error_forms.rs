//! What an upstream's failure looks like to the client: status kept, body in the client's dialect, message said once.

use crate::harness::settings::SCRIPTED;
use crate::harness::{Ending, Settings, Speaks};
use modelgate_test_upstream::{Script, Upstream};
use serde_json::json;

/// A failure, and how the two kinds of clients must see it: status and type.
struct Form {
    model: &'static str,
    chat: (u16, &'static str),
    claude: (u16, &'static str),
    /// What the upstreams say; one of these must be told, once. Nothing when the upstream said nothing readable.
    says: &'static [&'static str],
}

const fn form(
    model: &'static str,
    chat: (u16, &'static str),
    claude: (u16, &'static str),
    says: &'static [&'static str],
) -> Form {
    Form {
        model,
        chat,
        claude,
        says,
    }
}

const FORMS: &[Form] = &[
    form(
        "up-400",
        (400, "invalid_request_error"),
        (400, "invalid_request_error"),
        &["The scripted upstream refuses this request."],
    ),
    form(
        "up-401",
        (401, "authentication_error"),
        (401, "authentication_error"),
        &["Incorrect API key provided.", "invalid x-api-key"],
    ),
    form(
        "up-403",
        (403, "permission_error"),
        (403, "permission_error"),
        &["Your account does not have permission"],
    ),
    form(
        "up-404",
        (404, "invalid_request_error"),
        (404, "not_found_error"),
        &["up-404"],
    ),
    form(
        "up-413",
        (413, "invalid_request_error"),
        (413, "request_too_large"),
        &["Request exceeds the maximum size."],
    ),
    form(
        "up-429",
        (429, "rate_limit_error"),
        (429, "rate_limit_error"),
        &[
            "Rate limit reached. Please try again in 7s.",
            "This request would exceed your rate limit.",
        ],
    ),
    form(
        "up-500",
        (500, "server_error"),
        (500, "api_error"),
        &["Internal server error"],
    ),
    form(
        "up-502",
        (502, "server_error"),
        (502, "api_error"),
        &["Bad gateway"],
    ),
    form(
        "up-503",
        (503, "server_error"),
        (529, "overloaded_error"),
        &["The engine is currently overloaded"],
    ),
    form(
        "up-529",
        (503, "server_error"),
        (529, "overloaded_error"),
        &["Overloaded"],
    ),
    form(
        "up-html-502",
        (502, "server_error"),
        (502, "api_error"),
        &[],
    ),
];

#[tokio::test]
async fn a_failure_before_the_answer_keeps_status_and_message() {
    for dialect in Speaks::BOTH {
        let upstream = Upstream::start().await;
        let gateway = Settings::upstream(dialect, &upstream)
            .line("disable-cooling: true")
            .start()
            .await;
        for client in Speaks::BOTH {
            for form in FORMS {
                for stream in [false, true] {
                    let case = format!("{client:?} -> {dialect:?} {} {stream}", form.model);
                    let answer = gateway.question(client, form.model, stream).await;
                    assert!(!answer.is_stream(), "{case}");
                    let refusal = answer.refusal(client);
                    let expected = match client {
                        Speaks::Chat => form.chat,
                        Speaks::Claude => form.claude,
                    };
                    assert_eq!(
                        (refusal.status, &*refusal.kind),
                        expected,
                        "{case} {refusal:?}"
                    );
                    let text = answer.text();
                    if form.says.is_empty() {
                        assert!(!text.contains('<'), "{case}: no HTML for a client: {text}");
                    } else {
                        let count = |word: &&str| refusal.message.matches(*word).count();
                        let times: usize = form.says.iter().map(count).sum();
                        assert_eq!(times, 1, "{case} {}", refusal.message);
                        assert_eq!(text.matches(&*refusal.message).count(), 1, "{case} {text}");
                    }
                    let leaks = [upstream.url(), "sk-good".to_owned()];
                    assert!(
                        !leaks.iter().any(|leak| text.contains(leak)),
                        "{case} {text}"
                    );
                    let wait = answer.header("retry-after");
                    assert_eq!(wait, (form.model == "up-429").then_some("7"), "{case}");
                }
            }
        }
    }
}

#[tokio::test]
async fn a_failure_inside_a_stream_is_the_dialects_own_last_event() {
    for dialect in Speaks::BOTH {
        let upstream = Upstream::start().await;
        let gateway = Settings::upstream(dialect, &upstream).start().await;
        for client in Speaks::BOTH {
            let case = format!("{client:?} -> {dialect:?}");
            let answer = gateway.question(client, "up-error-in-stream", true).await;
            assert_eq!(answer.status, 200, "{case}");
            let refusal = answer.refusal(client);
            assert!(answer.folded(client).text.starts_with("Hello"), "{case}");
            // A Chat stream has no place for a status, and its word for all of these is one.
            let kind = match (client, dialect) {
                (Speaks::Chat, _) => "server_error",
                (Speaks::Claude, Speaks::Chat) => "api_error",
                (Speaks::Claude, Speaks::Claude) => "overloaded_error",
            };
            assert_eq!(refusal.kind, kind, "{case}");
            let says = match dialect {
                Speaks::Chat => "The server is overloaded or not ready yet.",
                Speaks::Claude => "Overloaded",
            };
            assert_eq!(refusal.message, says, "{case}");
            let times = answer.text().matches(&format!("\"{says}\"")).count();
            assert_eq!(times, 1, "{case} {}", answer.text());
        }
    }
}

#[tokio::test]
async fn a_failure_as_the_first_event_is_a_real_status() {
    for dialect in Speaks::BOTH {
        let upstream = Upstream::start().await;
        let gateway = Settings::upstream(dialect, &upstream).start().await;
        let mut refusals = Vec::new();
        for client in Speaks::BOTH {
            let answer = gateway.question(client, "up-error-first", true).await;
            assert!(!answer.is_stream());
            refusals.push(answer.refusal(client));
        }
        let seen = [0, 1].map(|index| (refusals[index].status, &*refusals[index].kind));
        match dialect {
            // A Chat stream has no place for a status: both clients see the same one.
            Speaks::Chat => {
                assert_eq!(seen[0].0, seen[1].0);
                assert!([500, 502].contains(&seen[0].0), "{seen:?}");
                assert_eq!([seen[0].1, seen[1].1], ["server_error", "api_error"]);
            }
            Speaks::Claude => {
                assert_eq!(seen, [(503, "server_error"), (529, "overloaded_error")]);
            }
        }
    }
}

#[tokio::test]
async fn an_error_with_status_200_is_no_answer() {
    for dialect in Speaks::BOTH {
        let upstream = Upstream::start().await;
        let gateway = Settings::upstream(dialect, &upstream)
            .line("disable-cooling: true")
            .start()
            .await;
        let error = json!({"type": "rate_limit_error", "message": "Slow down, please."});
        let body = json!({"type": "error", "error": error});
        upstream.script(SCRIPTED, Script::json(200, &body));
        for client in Speaks::BOTH {
            for stream in [false, true] {
                let answer = gateway.question(client, SCRIPTED, stream).await;
                let refusal = answer.refusal(client);
                assert_eq!(
                    (refusal.status, &*refusal.message),
                    (429, "Slow down, please.")
                );
            }
        }
    }
}

#[tokio::test]
async fn an_error_inside_an_error_is_said_once() {
    let inner = json!({"error": {"message": "The real reason.", "type": "invalid_request_error", "code": "real"}});
    let outer = json!({"error": {"message": inner.to_string(), "type": "invalid_request_error", "code": null}});
    for dialect in Speaks::BOTH {
        let upstream = Upstream::start().await;
        let gateway = Settings::upstream(dialect, &upstream).start().await;
        upstream.script(SCRIPTED, Script::json(400, &outer));
        for client in Speaks::BOTH {
            let answer = gateway.question(client, SCRIPTED, true).await;
            let refusal = answer.refusal(client);
            assert_eq!(
                (refusal.status, &*refusal.message),
                (400, "The real reason.")
            );
        }
    }
}

#[tokio::test]
async fn statuses_that_are_no_answer_and_no_error_are_a_502() {
    for dialect in Speaks::BOTH {
        let upstream = Upstream::start().await;
        let gateway = Settings::upstream(dialect, &upstream).start().await;
        for (index, script) in [
            Script::new(204),
            Script::new(301).header("location", &format!("{}/v1/messages", upstream.url())),
            Script::whole(307, "text/plain", "elsewhere").header("location", "http://127.0.0.1:1/"),
        ]
        .into_iter()
        .enumerate()
        {
            // Every case has a model of its own, because a model's last script stays.
            let model = ["up-text", "up-tools", "up-json"][index];
            upstream.script(model, script);
            for client in Speaks::BOTH {
                for stream in [false, true] {
                    upstream.clear();
                    let answer = gateway.question(client, model, stream).await;
                    assert_eq!(answer.refusal(client).status, 502, "{model}");
                    assert_eq!(upstream.requests().len(), 1, "a key follows no redirect");
                }
            }
        }
    }
}

#[tokio::test]
async fn retry_after_is_kept_in_every_spelling() {
    for (header, value, expected) in [
        ("retry-after", "3", "3"),
        ("retry-after-ms", "1500", "2"),
        ("retry-after", "0.2", "1"),
        ("x-ratelimit-reset-requests", "1m2s", "62"),
    ] {
        let upstream = Upstream::start().await;
        let gateway = Settings::upstream(Speaks::Chat, &upstream).start().await;
        let error = json!({"error": {"message": "Slow.", "type": "rate_limit_error"}});
        upstream.script(SCRIPTED, Script::json(429, &error).header(header, value));
        for client in Speaks::BOTH {
            let answer = gateway.question(client, SCRIPTED, false).await;
            assert_eq!(answer.status, 429);
            assert_eq!(
                answer.header("retry-after"),
                Some(expected),
                "{header}: {value}"
            );
        }
    }
}

#[tokio::test]
async fn every_answer_has_a_name() {
    let upstream = Upstream::start().await;
    let gateway = Settings::upstream(Speaks::Chat, &upstream).start().await;
    let mut seen = Vec::new();
    for client in Speaks::BOTH {
        for model in ["up-text", "up-400", "nothing"] {
            for stream in [false, true] {
                let answer = gateway.question(client, model, stream).await;
                let id = answer.header("x-request-id").unwrap().to_owned();
                if client == Speaks::Claude {
                    assert_eq!(answer.header("request-id"), Some(&*id));
                }
                assert!(!seen.contains(&id) && id.len() >= 16, "{id}");
                assert!(gateway.log().contains(&id), "the log knows {id}");
                seen.push(id);
            }
        }
    }
    let answer = gateway
        .question(Speaks::Chat, "up-error-in-stream", true)
        .await;
    assert!(matches!(answer.ending(Speaks::Chat), Ending::Failed(_)));
}
