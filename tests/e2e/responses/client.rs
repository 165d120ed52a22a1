//! Responses clients of Chat and Claude upstreams.

use super::{PATH, Said, THOUGHT, ask, continued, events, post, question, tool_question};
use crate::harness::settings::SCRIPTED;
use crate::harness::{HELLO, Speaks, start};
use modelgate_test_upstream::Script;
use serde_json::{Value, json};

const PATCH: &str = "*** Begin Patch\n*** Add File: a \"b\".txt\n+漢\n*** End Patch\n";

#[tokio::test]
async fn text_comes_whole_and_in_the_usual_events() {
    for speaks in Speaks::BOTH {
        let (upstream, gateway) = start(speaks, "").await;
        for stream in [false, true] {
            let said = Said::read(&ask(&gateway, &question("up-text", stream)).await);
            assert_eq!(said.text, HELLO);
            assert_eq!(said.response["status"], "completed");
            assert_eq!(said.response["model"], "up-text");
            assert_eq!(said.response["usage"]["total_tokens"], 20);
        }
        assert_eq!(upstream.last_request().path, speaks.path());
        let answer = ask(&gateway, &question("up-text", true)).await;
        let mut kinds: Vec<String> = events(&answer)
            .iter()
            .map(|event| event["type"].as_str().unwrap().to_owned())
            .collect();
        kinds.dedup();
        let expected = [
            "response.created",
            "response.in_progress",
            "response.output_item.added",
            "response.content_part.added",
            "response.output_text.delta",
            "response.output_text.done",
            "response.content_part.done",
            "response.output_item.done",
            "response.completed",
        ];
        assert_eq!(kinds, expected);
        let plain = json!({"model": "up-text", "input": "Hi", "instructions": "Be brief."});
        let said = Said::read(&ask(&gateway, &plain).await);
        assert_eq!(said.text, HELLO);
        assert_eq!(said.response["instructions"], "Be brief.");
    }
}

#[tokio::test]
async fn tool_calls_come_one_by_one_and_their_results_go_back() {
    let first = (
        "forecast",
        json!({"city": "Zürich", "days": 3, "exact": true}),
    );
    let second = (
        "history",
        json!({"city": "東京", "days": 1, "exact": false}),
    );
    for speaks in Speaks::BOTH {
        let (_upstream, gateway) = start(speaks, "").await;
        for stream in [false, true] {
            for (model, expected) in [
                ("up-tools", vec![&first]),
                ("up-parallel", vec![&first, &second]),
                ("up-interleaved", vec![&first, &second]),
                ("up-text-tools", vec![&first]),
                ("up-late-id", vec![&first]),
            ] {
                let asked = tool_question(model, stream);
                let said = Said::read(&ask(&gateway, &asked).await);
                assert_eq!(said.calls.len(), expected.len(), "{speaks:?} {model}");
                for (place, (name, arguments)) in expected.iter().enumerate() {
                    assert_eq!(said.calls[place].0, *name);
                    assert_eq!(said.arguments(place), *arguments);
                }
                for item in said.response["output"].as_array().unwrap() {
                    if item["type"] == "function_call" {
                        assert!(item["id"].as_str().unwrap().starts_with("fc_"), "{item}");
                        assert_ne!(item["id"], item["call_id"]);
                        assert_eq!(item["status"], "completed");
                    }
                }
                let body = continued(asked, &said, "sunny ☀️");
                let second = Said::read(&ask(&gateway, &body).await);
                let results = vec!["sunny ☀️"; expected.len()].join(" | ");
                assert_eq!(second.text, format!("The tool said: {results}"));
            }
        }
    }
}

#[tokio::test]
async fn one_call_at_a_time_is_passed_on() {
    for speaks in Speaks::BOTH {
        let (_upstream, gateway) = start(speaks, "").await;
        let mut body = tool_question("up-parallel", false);
        body["parallel_tool_calls"] = json!(false);
        let said = Said::read(&ask(&gateway, &body).await);
        assert_eq!(said.calls.len(), 1);
        assert_eq!(said.response["parallel_tool_calls"], false);
    }
}

/// An answer that calls `apply_patch`, in the upstream's dialect.
fn patching(speaks: Speaks, stream: bool) -> Script {
    let input = json!({"input": PATCH});
    let arguments = input.to_string();
    let (begin, end) = arguments.split_at(9);
    match speaks {
        Speaks::Chat if stream => {
            let chunk = |delta: Value, finish: Value| {
                let chunk = json!({"id": "c", "object": "chat.completion.chunk", "created": 1, "model": SCRIPTED, "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]});
                format!("data: {chunk}\n\n")
            };
            let call = |function: Value| json!({"tool_calls": [{"index": 0, "id": "call_1", "type": "function", "function": function}]});
            let more = json!({"tool_calls": [{"index": 0, "function": {"arguments": end}}]});
            Script::sse([
                chunk(
                    call(json!({"name": "apply_patch", "arguments": begin})),
                    Value::Null,
                ),
                chunk(more, Value::Null),
                chunk(json!({}), json!("tool_calls")),
                "data: [DONE]\n\n".to_owned(),
            ])
        }
        Speaks::Chat => {
            let call = json!({"id": "call_1", "type": "function", "function": {"name": "apply_patch", "arguments": arguments}});
            let message = json!({"role": "assistant", "content": null, "tool_calls": [call]});
            Script::json(
                200,
                &json!({"id": "c", "object": "chat.completion", "created": 1, "model": SCRIPTED, "choices": [{"index": 0, "message": message, "finish_reason": "tool_calls"}]}),
            )
        }
        Speaks::Claude if stream => {
            let event = |data: Value| {
                format!(
                    "event: {}\ndata: {data}\n\n",
                    data["type"].as_str().unwrap()
                )
            };
            let delta = |piece: &str| {
                event(
                    json!({"type": "content_block_delta", "index": 0, "delta": {"type": "input_json_delta", "partial_json": piece}}),
                )
            };
            Script::sse([
                event(
                    json!({"type": "message_start", "message": {"id": "msg_1", "type": "message", "role": "assistant", "model": SCRIPTED, "content": [], "usage": {"input_tokens": 1, "output_tokens": 1}}}),
                ),
                event(
                    json!({"type": "content_block_start", "index": 0, "content_block": {"type": "tool_use", "id": "toolu_1", "name": "apply_patch", "input": {}}}),
                ),
                delta(begin),
                delta(end),
                event(json!({"type": "content_block_stop", "index": 0})),
                event(
                    json!({"type": "message_delta", "delta": {"stop_reason": "tool_use", "stop_sequence": null}, "usage": {"output_tokens": 2}}),
                ),
                event(json!({"type": "message_stop"})),
            ])
        }
        Speaks::Claude => Script::json(
            200,
            &json!({"id": "msg_1", "type": "message", "role": "assistant", "model": SCRIPTED, "content": [{"type": "tool_use", "id": "toolu_1", "name": "apply_patch", "input": input}], "stop_reason": "tool_use", "stop_sequence": null, "usage": {"input_tokens": 1, "output_tokens": 2}}),
        ),
    }
}

#[tokio::test]
async fn a_custom_tool_is_a_function_with_one_text_and_comes_back_as_itself() {
    for speaks in Speaks::BOTH {
        for stream in [false, true] {
            let (upstream, gateway) = start(speaks, "").await;
            upstream.script(SCRIPTED, patching(speaks, stream));
            let mut asked = question(SCRIPTED, stream);
            asked["tools"] = json!([{
                "type": "custom", "name": "apply_patch", "description": "Edits files.",
                "format": {"type": "grammar", "syntax": "lark", "definition": "start: begin hunk+ end"},
            }]);
            let said = Said::read(&ask(&gateway, &asked).await);
            assert_eq!(said.calls, [("apply_patch".to_owned(), PATCH.to_owned())]);
            let item = &said.response["output"][0];
            assert_eq!(item["type"], "custom_tool_call");
            assert!(item["id"].as_str().unwrap().starts_with("ctc_"), "{item}");
            let tool = &upstream.last_request().json()["tools"][0];
            let (schema, description) = match speaks {
                Speaks::Chat => (
                    &tool["function"]["parameters"],
                    &tool["function"]["description"],
                ),
                Speaks::Claude => (&tool["input_schema"], &tool["description"]),
            };
            assert_eq!(schema["properties"]["input"]["type"], "string", "{tool}");
            let description = description.as_str().unwrap();
            assert!(description.contains("Edits files.") && description.contains("start: begin"));
            let body = continued(asked, &said, "Done!");
            ask(&gateway, &body).await;
            let sent = upstream.last_request();
            let text = String::from_utf8(sent.body.to_vec()).unwrap();
            assert!(text.contains("Done!"), "{text}");
            let sent = sent.json();
            let input = match speaks {
                Speaks::Chat => {
                    let arguments = &sent["messages"][1]["tool_calls"][0]["function"]["arguments"];
                    serde_json::from_str(arguments.as_str().unwrap()).unwrap()
                }
                Speaks::Claude => sent["messages"][1]["content"][0]["input"].clone(),
            };
            assert_eq!(input, json!({"input": PATCH}), "{speaks:?}");
        }
    }
}

#[tokio::test]
async fn reasoning_is_shown_and_its_state_goes_back_to_its_maker() {
    for speaks in Speaks::BOTH {
        let (upstream, gateway) = start(speaks, "").await;
        for stream in [false, true] {
            let mut asked = tool_question("up-thinking-tools", stream);
            asked["reasoning"] = json!({"effort": "high", "summary": "auto"});
            asked["include"] = json!(["reasoning.encrypted_content"]);
            asked["store"] = json!(false);
            let said = Said::read(&ask(&gateway, &asked).await);
            assert_eq!(said.thinking, THOUGHT, "{speaks:?} {stream}");
            let item = &said.response["output"][0];
            assert_eq!(item["type"], "reasoning");
            assert!(item["id"].as_str().unwrap().starts_with("rs_"), "{item}");
            assert_eq!(
                said.response["usage"]["output_tokens_details"]["reasoning_tokens"],
                12
            );
            let body = continued(asked, &said, "sunny");
            let second = Said::read(&ask(&gateway, &body).await);
            assert_eq!(second.text, "The tool said: sunny");
            if speaks == Speaks::Claude {
                assert!(item["encrypted_content"].is_string(), "{item}");
                let block = &upstream.last_request().json()["messages"][1]["content"][0];
                assert_eq!(block["type"], "thinking");
                assert_eq!(block["thinking"], THOUGHT);
            }
        }
    }
}

#[tokio::test]
async fn an_answer_that_is_too_long_is_incomplete() {
    for speaks in Speaks::BOTH {
        let (_upstream, gateway) = start(speaks, "").await;
        for stream in [false, true] {
            for (model, reason) in [
                ("up-length", "max_output_tokens"),
                ("up-filter", "content_filter"),
            ] {
                if (speaks, model) == (Speaks::Claude, "up-filter") {
                    continue;
                }
                let said = Said::read(&ask(&gateway, &question(model, stream)).await);
                assert_eq!(said.response["status"], "incomplete", "{model}");
                assert_eq!(said.response["incomplete_details"]["reason"], reason);
                assert!(said.text.starts_with("This answer"), "{}", said.text);
            }
        }
    }
}

#[tokio::test]
async fn a_refusal_is_a_refusal_part() {
    for stream in [false, true] {
        let (_upstream, gateway) = start(Speaks::Chat, "").await;
        let said = Said::read(&ask(&gateway, &question("up-refusal", stream)).await);
        let part = &said.response["output"][0]["content"][0];
        assert_eq!(
            *part,
            json!({"type": "refusal", "refusal": "I cannot help with that."})
        );
        // Claude has no such part, so its text stays text.
        let (_upstream, gateway) = start(Speaks::Claude, "").await;
        let answer = ask(&gateway, &question("up-refusal", stream)).await;
        assert!(answer.text().contains(if stream {
            "cannot"
        } else {
            "I cannot help with that."
        }));
        let said = Said::read(&answer);
        assert_eq!(said.response["status"], "incomplete", "{}", said.response);
        assert_eq!(
            said.response["incomplete_details"]["reason"],
            "content_filter"
        );
    }
}

#[tokio::test]
async fn failures_have_the_vendors_shape() {
    for speaks in Speaks::BOTH {
        for stream in [false, true] {
            for (model, status, kind) in [
                ("up-400", 400, "invalid_request_error"),
                ("up-401", 401, "authentication_error"),
                ("up-429", 429, "rate_limit_error"),
                ("up-503", 503, "server_error"),
            ] {
                let (_upstream, gateway) = start(speaks, "").await;
                let answer = ask(&gateway, &question(model, stream)).await;
                answer.expect_error(status, kind);
                if status == 429 {
                    assert_eq!(answer.header("retry-after"), Some("7"));
                }
            }
        }
    }
    let (upstream, gateway) = start(Speaks::Chat, "").await;
    for (body, word) in [
        ("{\"model\":\"up-text\",\"input\":7}", "input"),
        ("{\"model\":\"up-text\",\"input\":\"x\"", "column"),
        ("{\"input\":\"x\"}", "model"),
    ] {
        let answer = post(&gateway, PATH, body).await;
        let message = answer.expect_error(400, "invalid_request_error");
        assert!(message.contains(word), "{message}");
    }
    let body = question("up-text", false).to_string();
    let answer = crate::harness::Answer::read(gateway.keyless("POST", PATH).body(body)).await;
    answer.expect_error(401, "authentication_error");
    assert!(upstream.requests().is_empty());
}

#[tokio::test]
async fn a_stream_that_fails_or_is_cut_does_not_end_as_a_success() {
    for speaks in Speaks::BOTH {
        let (_upstream, gateway) = start(speaks, "").await;
        for model in [
            "up-cut",
            "up-cut-clean",
            "up-error-in-stream",
            "up-no-finish",
        ] {
            let answer = ask(&gateway, &question(model, true)).await;
            let events = events(&answer);
            let last = events.last().unwrap();
            assert_eq!(
                last["type"], "response.failed",
                "{speaks:?} {model}: {last}"
            );
            let error = &last["response"]["error"];
            assert!(
                error["code"].is_string() && error["message"].is_string(),
                "{last}"
            );
            assert!(answer.text().contains("Hello"), "{}", answer.text());
        }
        let answer = ask(&gateway, &tool_question("up-cut-tools", true)).await;
        assert_eq!(events(&answer).last().unwrap()["type"], "response.failed");
    }
}

#[tokio::test]
async fn tokens_are_counted_or_estimated_and_marked() {
    for speaks in Speaks::BOTH {
        let (upstream, gateway) = start(speaks, "").await;
        let body = json!({"model": "up-text", "input": "What is the weather like in Zürich today, and tomorrow?"});
        let answer = post(&gateway, "/v1/responses/input_tokens", body.to_string()).await;
        assert_eq!(answer.status, 200, "{:?}", answer.body);
        assert_eq!(answer.json()["object"], "response.input_tokens");
        assert!(answer.json()["input_tokens"].as_u64().unwrap() > 5);
        let estimated = speaks == Speaks::Chat;
        let mark = answer.header("x-modelgate-estimated");
        assert_eq!(mark, estimated.then_some("true"));
        assert_eq!(upstream.requests().len(), usize::from(!estimated));
    }
}

impl crate::harness::Answer {
    /// Checks an error in OpenAI's shape, and tells its message.
    #[track_caller]
    fn expect_error(&self, status: u16, kind: &str) -> String {
        assert_eq!(self.header("content-type"), Some("application/json"));
        let body = self.json();
        let seen = (self.status, body["error"]["type"].as_str());
        assert_eq!(seen, (status, Some(kind)), "{body}");
        assert!(body["error"].get("code").is_some() && body["error"].get("param").is_some());
        body["error"]["message"].as_str().unwrap().to_owned()
    }
}
