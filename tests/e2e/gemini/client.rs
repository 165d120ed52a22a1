//! Google's clients in front of upstreams of the other dialects.

use super::{
    Form, Said, THOUGHT, arguments, calls, continued, expect_error, post, question, tool_question,
};
use crate::harness::{Answer, HELLO, Speaks, scene};
use serde_json::json;

#[tokio::test]
async fn text_is_the_same_text_in_every_form() {
    for dialect in Speaks::BOTH {
        let (_upstream, gateway) = scene::start(dialect, "").await;
        for form in Form::ALL {
            for (model, text, finish) in [
                ("up-text", HELLO, "STOP"),
                ("up-one-byte", HELLO, "STOP"),
                ("up-length", "This answer is cut off by the", "MAX_TOKENS"),
            ] {
                let answer = form.ask(&gateway, model, &question()).await;
                let said = Said::read(form, &answer);
                let seen = (&*said.text, &*said.finish, &*said.model);
                assert_eq!(seen, (text, finish, model), "{dialect:?} {form:?}");
                let kind = answer.header("content-type").unwrap();
                let events = form == Form::Events;
                assert_eq!(kind.starts_with("text/event-stream"), events, "{kind}");
            }
        }
    }
}

#[tokio::test]
async fn calls_go_there_and_back() {
    for dialect in Speaks::BOTH {
        let (_upstream, gateway) = scene::start(dialect, "").await;
        for form in Form::ALL {
            for model in ["up-tools", "up-parallel", "up-interleaved"] {
                let asked = tool_question();
                let first = Said::read(form, &form.ask(&gateway, model, &asked).await);
                let two = model != "up-tools";
                let expected = calls(if two { "up-parallel" } else { model });
                assert_eq!(first.calls, expected, "{dialect:?} {form:?} {model}");
                assert_eq!(first.finish, "STOP");
                let body = continued(asked, &first, "sunny ☀️");
                let second = Said::read(form, &form.ask(&gateway, model, &body).await);
                let said = ["sunny ☀️"; 2][..expected.len()].join(" | ");
                assert_eq!(second.text, format!("The tool said: {said}"));
            }
        }
    }
}

#[tokio::test]
async fn results_without_ids_find_their_calls() {
    for dialect in Speaks::BOTH {
        let (_upstream, gateway) = scene::start(dialect, "").await;
        let asked = tool_question();
        let answer = Form::Whole.ask(&gateway, "up-parallel", &asked).await;
        let mut first = Said::read(Form::Whole, &answer);
        for part in &mut first.parts {
            let call = part["functionCall"].as_object_mut();
            call.map(|call| call.remove("id"));
        }
        let body = continued(asked, &first, "wet");
        let answer = Form::Whole.ask(&gateway, "up-parallel", &body).await;
        let second = Said::read(Form::Whole, &answer);
        assert_eq!(second.text, "The tool said: wet | wet", "{dialect:?}");
    }
}

#[tokio::test]
async fn thinking_is_shown_and_can_be_sent_back() {
    let (_upstream, gateway) = scene::start(Speaks::Claude, "").await;
    for form in Form::ALL {
        let mut asked = tool_question();
        asked["generationConfig"] = json!({
            "maxOutputTokens": 4096,
            "thinkingConfig": {"includeThoughts": true, "thinkingBudget": 2048},
        });
        let model = "up-thinking-tools";
        let first = Said::read(form, &form.ask(&gateway, model, &asked).await);
        assert_eq!(first.thinking, THOUGHT, "{form:?}");
        assert_eq!(first.calls[0].1, arguments());
        // Claude refuses the continuation unless its thinking came back with its signature.
        let body = continued(asked, &first, "sunny");
        let second = Said::read(form, &form.ask(&gateway, model, &body).await);
        assert_eq!(second.text, "The tool said: sunny", "{form:?}");
    }
}

#[tokio::test]
async fn tokens_are_counted_in_googles_way() {
    for (dialect, expected) in [
        (Speaks::Chat, [1000, 300, 4, 1004]),
        (Speaks::Claude, [22_044, 22_000, 4, 22_048]),
    ] {
        let (_upstream, gateway) = scene::start(dialect, "").await;
        for form in Form::ALL {
            let answer = form.ask(&gateway, "up-usage-cache", &question()).await;
            let usage = Said::read(form, &answer).usage;
            let seen = [
                "promptTokenCount",
                "cachedContentTokenCount",
                "candidatesTokenCount",
                "totalTokenCount",
            ]
            .map(|key| usage[key].as_u64());
            assert_eq!(seen, expected.map(Some), "{dialect:?} {form:?} {usage}");
        }
    }
}

#[tokio::test]
async fn a_count_is_asked_for_or_estimated_and_marked() {
    for dialect in Speaks::BOTH {
        let (upstream, gateway) = scene::start(dialect, "").await;
        let mut inner = tool_question();
        inner["model"] = json!("models/up-text");
        for body in [question(), json!({"generateContentRequest": inner})] {
            upstream.clear();
            let path = "/v1beta/models/up-text:countTokens";
            let answer = Answer::read(post(&gateway, path, body.to_string())).await;
            assert_eq!(answer.status, 200, "{:?}", answer.body);
            assert!(answer.json()["totalTokens"].as_u64().unwrap() > 5);
            let estimated = dialect == Speaks::Chat;
            let mark = answer.header("x-modelgate-estimated");
            assert_eq!(mark, estimated.then_some("true"), "{dialect:?}");
            assert_eq!(upstream.requests().len(), usize::from(!estimated));
        }
    }
}

#[tokio::test]
async fn refusals_have_googles_shape() {
    for dialect in Speaks::BOTH {
        for form in Form::ALL {
            for (model, status, word) in [
                ("up-400", 400, "INVALID_ARGUMENT"),
                ("up-401", 401, "UNAUTHENTICATED"),
                ("up-403", 403, "PERMISSION_DENIED"),
                ("up-429", 429, "RESOURCE_EXHAUSTED"),
                ("up-503", 503, "UNAVAILABLE"),
                ("up-none", 404, "NOT_FOUND"),
            ] {
                let (_upstream, gateway) = scene::start(dialect, "request-retry: 0").await;
                let answer = form.ask(&gateway, model, &question()).await;
                let body = expect_error(&answer, status, word);
                assert_eq!(body.is_array(), form == Form::List, "{body}");
                if model == "up-429" {
                    assert_eq!(answer.header("retry-after"), Some("7"));
                }
            }
        }
    }
}

#[tokio::test]
async fn a_cut_stream_is_never_a_success() {
    for dialect in Speaks::BOTH {
        let (_upstream, gateway) = scene::start(dialect, "request-retry: 0").await;
        for form in [Form::Events, Form::List] {
            for model in [
                "up-cut",
                "up-cut-clean",
                "up-cut-tools",
                "up-error-in-stream",
            ] {
                let answer = form.ask(&gateway, model, &tool_question()).await;
                assert_eq!(answer.status, 200, "{:?}", answer.body);
                // A list is closed after the error, so that it can be read.
                let responses = form.responses(&answer);
                let (last, before) = responses.split_last().unwrap();
                assert!(last["error"]["code"].is_u64(), "{form:?} {model} {last}");
                for response in before {
                    let finish = &response["candidates"][0]["finishReason"];
                    assert!(finish.is_null(), "{form:?} {model} {response}");
                }
            }
        }
    }
}
