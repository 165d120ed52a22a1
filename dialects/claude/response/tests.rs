//! Answers and failures.

use bytes::Bytes;
use serde_json::{Value, json};

use crate::ir::{Error, ErrorKind, Part, Response, StopReason};
use crate::json::{Document, Str};
use crate::names::Names;
use crate::target::Reply;
use crate::{Dialect, decode_error, decode_response, encode_error, encode_response};

fn reply() -> Reply {
    Reply {
        model: Str::from_static("alias"),
        unique: Str::from_static("u1"),
        created: 7,
        include_usage: true,
        names: Names::default(),
        echo: None,
    }
}

#[track_caller]
fn read(dialect: Dialect, body: &Value, provider: &'static str) -> Response {
    let document = Document::parse(body.to_string().into()).unwrap();
    decode_response(dialect, &document, &Str::from_static(provider)).unwrap()
}

/// The answer a Claude client gets.
#[track_caller]
fn answer(response: &Response) -> Value {
    serde_json::from_slice(&encode_response(Dialect::Claude, response, &reply())).unwrap()
}

fn message(content: Value, stop_reason: &str) -> Value {
    let mut message = json!({
        "id": "msg_up", "type": "message", "role": "assistant", "model": "claude-x",
        "stop_reason": stop_reason, "stop_sequence": null,
        "usage": {"input_tokens": 13, "output_tokens": 4},
    });
    message["content"] = content;
    message
}

fn chat(message: Value, finish_reason: &str) -> Value {
    let mut choice = json!({"index": 0, "finish_reason": finish_reason});
    choice["message"] = message;
    let mut body =
        json!({"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "m"});
    body["choices"] = Value::Array(vec![choice]);
    body
}

#[test]
fn an_answer_survives_its_own_dialect() {
    let body = json!({
        "id": "msg_u1", "type": "message", "role": "assistant", "model": "alias",
        "content": [
            {"type": "thinking", "thinking": "t", "signature": "sig=="},
            {"type": "thinking", "thinking": "", "signature": "hidden=="},
            {"type": "redacted_thinking", "data": "data=="},
            {"type": "server_tool_use", "id": "s", "name": "web_search", "input": {"query": "q"}},
            {"type": "web_search_tool_result", "tool_use_id": "s", "content": [{"type": "web_search_result", "url": "u"}]},
            {"type": "text", "text": "said", "citations": [{"type": "web_search_result_location", "url": "u", "title": "t", "cited_text": "c", "encrypted_index": "e"}]},
            {"type": "brand_new", "x": 1.0},
            {"type": "tool_use", "id": "toolu_1", "name": "weather", "input": {"b": 1.0, "a": 2e0}, "caller": {"type": "direct"}},
        ],
        "stop_reason": "tool_use", "stop_sequence": null,
        "usage": {
            "input_tokens": 13, "cache_creation_input_tokens": 31, "cache_read_input_tokens": 22000,
            "cache_creation": {"ephemeral_5m_input_tokens": 30, "ephemeral_1h_input_tokens": 1},
            "output_tokens": 50, "output_tokens_details": {"thinking_tokens": 20},
            "server_tool_use": {"web_search_requests": 1}, "service_tier": "standard",
        },
        "container": {"id": "c"}, "brand_new": [1],
    });
    let response = read(Dialect::Claude, &body, "claude");
    assert_eq!(answer(&response), body);
    let usage = response.usage.unwrap();
    assert_eq!((usage.output, usage.reasoning), (Some(30), Some(20)));
    assert_eq!(usage.total_input(), Some(22_044));
}

#[test]
fn stops_survive_their_own_dialect() {
    for (word, content) in [
        ("end_turn", json!([{"type": "text", "text": "x"}])),
        ("max_tokens", json!([])),
        ("stop_sequence", json!([])),
        ("pause_turn", json!([])),
        ("refusal", json!([])),
        ("model_context_window_exceeded", json!([])),
        ("compaction", json!([])),
    ] {
        let mut body = message(content, word);
        body["stop_details"] = json!({"type": "refusal", "category": "cyber"});
        body["stop_sequence"] = json!("END");
        let found = answer(&read(Dialect::Claude, &body, "claude"));
        for key in ["stop_reason", "stop_sequence", "stop_details"] {
            assert_eq!(found[key], body[key], "{word}");
        }
    }
}

#[test]
fn trap_35_the_stop_follows_from_the_blocks() {
    let call = json!([{"type": "tool_use", "id": "a", "name": "t", "input": {}}]);
    let text = json!([{"type": "text", "text": "x"}]);
    for (content, said, expected) in [
        (&call, "end_turn", StopReason::ToolUse),
        (&text, "tool_use", StopReason::End),
        (&call, "max_tokens", StopReason::Length),
    ] {
        let response = read(Dialect::Claude, &message(content.clone(), said), "claude");
        let stop = response.choices[0].stop.as_ref().unwrap();
        assert_eq!(stop.reason, expected);
    }
    let chat_call = json!({"role": "assistant", "content": null, "tool_calls": [
        {"id": "a", "type": "function", "function": {"name": "t", "arguments": "{\"x\":1}"}},
    ]});
    let found = answer(&read(Dialect::Chat, &chat(chat_call, "stop"), "openai"));
    assert_eq!(found["stop_reason"], "tool_use");
    assert_eq!(
        found["content"],
        json!([{"type": "tool_use", "id": "a", "name": "t", "input": {"x": 1}}])
    );
}

#[test]
fn stops_of_chat_map() {
    for (word, expected) in [
        ("stop", "end_turn"),
        ("length", "max_tokens"),
        ("content_filter", "refusal"),
        ("tool_calls", "end_turn"),
        ("weird", "end_turn"),
    ] {
        let body = chat(json!({"role": "assistant", "content": "x"}), word);
        let found = answer(&read(Dialect::Chat, &body, "openai"));
        assert_eq!(found["stop_reason"], expected, "{word}");
        assert_eq!(found["stop_sequence"], Value::Null);
    }
    let body = chat(
        json!({"role": "assistant", "content": null, "refusal": "no"}),
        "stop",
    );
    let found = answer(&read(Dialect::Chat, &body, "openai"));
    assert_eq!(found["stop_reason"], "refusal");
    assert_eq!(found["content"], json!([{"type": "text", "text": "no"}]));
}

#[test]
fn usage_of_chat_becomes_disjoint_and_unknown_counts_are_zero() {
    let mut body = chat(json!({"role": "assistant", "content": "x"}), "stop");
    let found = answer(&read(Dialect::Chat, &body, "openai"));
    assert_eq!(found["usage"]["input_tokens"], 0);
    assert_eq!(found["usage"]["output_tokens"], 0);
    body["usage"] = json!({"prompt_tokens": 1000, "completion_tokens": 20, "total_tokens": 1020,
        "prompt_tokens_details": {"cached_tokens": 300, "cache_write_tokens": 200},
        "completion_tokens_details": {"reasoning_tokens": 5}});
    let found = answer(&read(Dialect::Chat, &body, "openai"));
    assert_eq!(
        found["usage"],
        json!({"input_tokens": 500, "cache_creation_input_tokens": 200, "cache_read_input_tokens": 300,
            "output_tokens": 20, "output_tokens_details": {"thinking_tokens": 5}})
    );
}

#[test]
fn thinking_of_others_is_signed_for_the_way_back() {
    let message = json!({"role": "assistant", "content": "x", "reasoning_content": "hmm"});
    let found = answer(&read(Dialect::Chat, &chat(message, "stop"), "deepseek"));
    let thinking = &found["content"][0];
    assert_eq!(thinking["thinking"], "hmm");
    let signature = Str::from(thinking["signature"].as_str().unwrap());
    let back = crate::opaque::unwrap(&signature, &Str::from_static("claude"));
    assert_eq!((&*back.provider, &*back.data), ("deepseek", ""));

    let content = json!([{"type": "thinking", "thinking": "t", "signature": "s"}, {"type": "redacted_thinking", "data": "d"}]);
    let body = self::message(content, "end_turn");
    let found = answer(&read(Dialect::Claude, &body, "bedrock"));
    for (block, key, data) in [(0, "signature", "s"), (1, "data", "d")] {
        let wrapped = Str::from(found["content"][block][key].as_str().unwrap());
        let back = crate::opaque::unwrap(&wrapped, &Str::from_static("claude"));
        assert_eq!((&*back.provider, &*back.data), ("bedrock", data));
    }
}

#[test]
fn names_and_ids_are_the_clients() {
    let mut reply = reply();
    let client = Str::from_static("my.tool");
    let upstream = reply.names.upstream(&client, 64);
    let message = json!({"role": "assistant", "tool_calls": [
        {"id": "a.b c", "type": "function", "function": {"name": &*upstream, "arguments": "{}"}},
    ]});
    let response = read(Dialect::Chat, &chat(message, "tool_calls"), "openai");
    let bytes = encode_response(Dialect::Claude, &response, &reply);
    let found: Value = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(found["content"][0]["name"], "my.tool");
    assert_eq!(found["id"], "msg_u1");
    assert_eq!(found["model"], "alias");
    let id = found["content"][0]["id"].as_str().unwrap();
    assert!(
        id.bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte))
    );
}

#[test]
fn arguments_that_are_no_object_are_not_lost() {
    for (arguments, input) in [
        ("", json!({})),
        ("[1]", json!({"input": [1]})),
        ("{\"a\":", json!({"input": "{\"a\":"})),
    ] {
        let message = json!({"role": "assistant", "tool_calls": [
            {"id": "a", "type": "function", "function": {"name": "t", "arguments": arguments}},
        ]});
        let found = answer(&read(Dialect::Chat, &chat(message, "length"), "openai"));
        assert_eq!(found["content"][0]["input"], input);
        assert_eq!(found["stop_reason"], "max_tokens");
    }
}

#[test]
fn empty_parts_are_no_blocks() {
    let found = answer(&read(
        Dialect::Chat,
        &chat(json!({"role": "assistant", "content": ""}), "stop"),
        "x",
    ));
    assert_eq!(found["content"], json!([]));
}

#[test]
fn annotations_are_citations() {
    let message = json!({"role": "assistant", "content": "see here now", "annotations": [
        {"type": "url_citation", "url_citation": {"start_index": 4, "end_index": 8, "title": "T", "url": "https://x.org"}},
    ]});
    let found = answer(&read(Dialect::Chat, &chat(message, "stop"), "x"));
    assert_eq!(
        found["content"][0]["citations"],
        json!([{"type": "web_search_result_location", "cited_text": "here", "encrypted_index": "", "title": "T", "url": "https://x.org"}])
    );
}

#[test]
fn lenient_answers_are_read_and_others_refused() {
    let body = json!({"content": [{"type": "text", "text": null}, {"type": "tool_use", "name": "t", "input": null}, {"type": "thinking", "thinking": "x"}]});
    let response = read(Dialect::Claude, &body, "kimi");
    let parts = &response.choices[0].parts;
    assert!(
        matches!(&parts[1], Part::ToolCall(call) if call.id == "call_t_1" && &*call.arguments.0 == "{}")
    );
    assert!(
        matches!(&parts[2], Part::Reasoning(reasoning) if reasoning.opaque.as_ref().unwrap().provider == "kimi")
    );
    assert!(response.usage.is_none());
    for body in ["[]", "{}", r#"{"content":"x"}"#, r#"{"content":[1]}"#] {
        let document = Document::parse(Bytes::from_static(body.as_bytes())).unwrap();
        assert!(decode_response(Dialect::Claude, &document, &Str::new()).is_err());
    }
}

fn failure(status: u16, body: &str) -> Error {
    decode_error(
        Dialect::Claude,
        status,
        &Bytes::copy_from_slice(body.as_bytes()),
    )
}

#[test]
fn failures_are_read_in_any_form() {
    use ErrorKind as Kind;
    let claude = |word: &str, message: &str| {
        json!({"type": "error", "error": {"type": word, "message": message}}).to_string()
    };
    for (status, body, kind, message) in [
        (
            400,
            claude("invalid_request_error", "bad"),
            Kind::InvalidRequest,
            "bad",
        ),
        (
            400,
            claude("invalid_request_error", "Your credit balance is too low"),
            Kind::Billing,
            "Your credit balance is too low",
        ),
        (
            401,
            claude("authentication_error", "k"),
            Kind::Authentication,
            "k",
        ),
        (402, claude("billing_error", "k"), Kind::Billing, "k"),
        (403, claude("permission_error", "k"), Kind::Permission, "k"),
        (404, claude("not_found_error", "k"), Kind::NotFound, "k"),
        (413, claude("request_too_large", "k"), Kind::TooLarge, "k"),
        (429, claude("rate_limit_error", "k"), Kind::RateLimit, "k"),
        (500, claude("api_error", "k"), Kind::Server, "k"),
        (500, claude("overloaded_error", "k"), Kind::Overloaded, "k"),
        (504, claude("timeout_error", "k"), Kind::Timeout, "k"),
        (529, claude("overloaded_error", "k"), Kind::Overloaded, "k"),
        (
            400,
            r#"{"error":"text"}"#.to_owned(),
            Kind::InvalidRequest,
            "text",
        ),
        (
            422,
            r#"{"message":"m"}"#.to_owned(),
            Kind::InvalidRequest,
            "m",
        ),
        (403, r#"{"detail":"d"}"#.to_owned(), Kind::Permission, "d"),
    ] {
        let error = failure(status, &body);
        assert_eq!(
            (error.status, error.kind, &*error.message),
            (status, kind, message),
            "{body}"
        );
    }
    for body in [
        "",
        "<html><head><title>502 Bad Gateway</title>",
        "\u{0}\u{1}garbage",
        "[[[",
        "\"x\"",
        "null",
    ] {
        let error = failure(502, body);
        assert_eq!((error.status, error.kind), (502, ErrorKind::Server));
        assert!(
            !error.message.is_empty() && !error.message.contains('<'),
            "{}",
            error.message
        );
        assert!(!error.message.chars().any(char::is_control));
    }
    let nested = claude(
        "invalid_request_error",
        &claude("invalid_request_error", "inner"),
    );
    assert_eq!(failure(400, &nested).message, "inner");
    let spent = json!({"type": "error", "error": {"type": "rate_limit_error", "message": "m", "details": {"error_code": "enforced_spend_limit_reached"}}});
    let error = failure(429, &spent.to_string());
    assert_eq!(error.code.as_deref(), Some("enforced_spend_limit_reached"));
    assert!(error.details.is_some());
}

#[test]
fn failures_inside_a_stream_have_the_status_they_would_have_had() {
    let error = failure(
        200,
        r#"{"type":"error","error":{"type":"rate_limit_error","message":"m"}}"#,
    );
    assert_eq!((error.status, error.kind), (429, ErrorKind::RateLimit));
    let error = failure(
        200,
        r#"{"type":"error","error":{"type":"invalid_request_error","message":"m"}}"#,
    );
    assert_eq!((error.status, error.kind), (400, ErrorKind::InvalidRequest));
}

#[test]
fn trap_100_failures_have_claudes_shape() {
    for (kind, word) in [
        (ErrorKind::InvalidRequest, "invalid_request_error"),
        (ErrorKind::Authentication, "authentication_error"),
        (ErrorKind::Billing, "billing_error"),
        (ErrorKind::Permission, "permission_error"),
        (ErrorKind::NotFound, "not_found_error"),
        (ErrorKind::Conflict, "conflict_error"),
        (ErrorKind::TooLarge, "request_too_large"),
        (ErrorKind::RateLimit, "rate_limit_error"),
        (ErrorKind::Timeout, "timeout_error"),
        (ErrorKind::Server, "api_error"),
        (ErrorKind::Overloaded, "overloaded_error"),
    ] {
        let error = Error::new(kind, "m").with_code("c").with_param("p");
        let found: Value = serde_json::from_slice(&encode_error(Dialect::Claude, &error)).unwrap();
        assert_eq!(
            found,
            json!({"type": "error", "error": {"type": word, "message": "m", "code": "c", "param": "p"}})
        );
        let bytes = encode_error(Dialect::Claude, &error);
        let back = decode_error(Dialect::Claude, error.status, &bytes);
        assert_eq!(back, error);
    }
}
