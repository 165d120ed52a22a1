//! A Claude client's request for a Claude upstream (`dialects.md` 3.5), and what the decoder refuses.

use super::*;

/// The body comes out as it went in, but for the model's name.
#[track_caller]
fn survives(body: Value) {
    let written = from_claude(&body);
    let mut expected = body;
    expected["model"] = json!("claude-x");
    assert_eq!(written.body, expected);
    assert!(
        written.encoded.losses.is_empty(),
        "{:?}",
        written.encoded.losses
    );
}

#[test]
fn every_field_survives() {
    survives(with(json!({
        "max_tokens": 100, "stream": true, "temperature": 0.5, "top_p": 0.5, "top_k": 3,
        "stop_sequences": ["x"], "metadata": {"user_id": "u", "more": [1.0]}, "service_tier": "standard_only",
        "speed": "fast", "inference_geo": "eu", "container": {"id": "c", "skills": []},
        "context_management": {"edits": [{"type": "clear_thinking_20251015"}]}, "mcp_servers": [],
        "cache_control": {"type": "ephemeral", "ttl": "1h"}, "brand_new": {"a": [1e0, 1.0, 1]},
        "output_config": {"effort": "low", "format": {"type": "json_schema", "schema": {"type": "object"}}, "new": 1},
    })));
    survives(with(
        json!({"max_tokens": 5000, "thinking": {"type": "enabled", "budget_tokens": 2048, "display": "updates", "new": 1}}),
    ));
    survives(with(json!({"max_tokens": 0})));
}

#[test]
fn a_thread_is_refused_elsewhere_with_the_word_that_sdks_know() {
    let body = |thread: Value| with(json!({"max_tokens": 9, "thread": thread}));
    let create = body(json!({"type": "create"}));
    for dialect in [Dialect::Chat, Dialect::Gemini, Dialect::Responses] {
        let error = encode_request(dialect, &read(Dialect::Claude, &create), &target())
            .expect_err("nobody else keeps threads");
        assert_eq!(error.path, "thread");
        assert_eq!(error.code, Some("thread_unsupported_request"));
        let none = read(Dialect::Claude, &body(Value::Null));
        assert!(encode_request(dialect, &none, &target()).is_ok());
    }
    survives(create);
}

#[test]
fn system_prompts_keep_their_spelling() {
    let block =
        json!({"type": "text", "text": "a", "cache_control": {"type": "ephemeral", "ttl": "5m"}});
    for system in [
        json!("s"),
        json!([{"type": "text", "text": "a"}]),
        json!([block, {"type": "text", "text": "b"}]),
    ] {
        survives(with(json!({"max_tokens": 1, "system": system})));
    }
}

#[test]
fn tools_survive() {
    survives(with(json!({
        "max_tokens": 1,
        "tools": [
            {"name": "a", "description": "d", "input_schema": {"type": "object", "$schema": "x"}, "strict": false, "defer_loading": true,
             "eager_input_streaming": true, "input_examples": [{}], "allowed_callers": ["direct"], "cache_control": {"type": "ephemeral"}},
            {"type": "web_search_20250305", "name": "web_search", "max_uses": 3, "cache_control": {"type": "ephemeral"}},
            {"type": "brand_new_20300101", "name": "x", "y": {"z": 1}},
        ],
        "tool_choice": {"type": "tool", "name": "a", "disable_parallel_tool_use": true},
    })));
}

#[test]
fn blocks_survive() {
    let mark = json!({"type": "ephemeral"});
    survives(with(json!({
        "max_tokens": 1,
        "messages": [
            {"role": "user", "content": [
                {"type": "text", "text": "t", "citations": [], "cache_control": mark},
                {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"}},
                {"type": "image", "source": {"type": "url", "url": "https://x.org"}},
                {"type": "image", "source": {"type": "file", "file_id": "f"}, "new": 1},
                {"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": "AAAA"}, "title": "t", "context": "c", "citations": {"enabled": true}},
                {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "x"}},
                {"type": "document", "source": {"type": "content", "content": [{"type": "text", "text": "in"}]}, "cache_control": mark},
                {"type": "container_upload", "file_id": "f"},
                {"type": "brand_new", "x": 1},
            ]},
            {"role": "assistant", "content": [
                {"type": "thinking", "thinking": "", "signature": "sig=="},
                {"type": "redacted_thinking", "data": "data=="},
                {"type": "text", "text": "said"},
                {"type": "server_tool_use", "id": "s", "name": "web_search", "input": {"query": "q"}},
                {"type": "web_search_tool_result", "tool_use_id": "s", "content": []},
                {"type": "tool_use", "id": "a", "name": "t", "input": {"b": 1.0, "a": [2e0]}, "caller": {"type": "direct"}},
            ]},
            {"role": "user", "content": [
                {"type": "tool_result", "tool_use_id": "a", "is_error": true, "cache_control": mark, "content": [
                    {"type": "text", "text": "r"},
                    {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"}},
                    {"type": "search_result", "content": [{"type": "text", "text": "f"}], "title": "T", "citations": {"enabled": false}, "source": "https://x.org"},
                    {"type": "tool_reference", "tool_name": "x"},
                ]},
                {"type": "text", "text": "go on"},
            ]},
        ],
    })));
}

#[test]
fn system_messages_between_turns_survive() {
    let body = with(json!({
        "max_tokens": 1,
        "messages": [
            {"role": "user", "content": "q"},
            {"role": "system", "content": [{"type": "text", "text": "s", "cache_control": {"type": "ephemeral"}}]},
            {"role": "assistant", "content": "a"},
            {"role": "system", "content": "s"},
            {"role": "user", "content": "q"},
        ],
    }));
    let written = write(
        Dialect::Claude,
        &body,
        &target_with(|profile| profile.mid_system = true),
    );
    assert_eq!(written.body["messages"], body["messages"]);
    assert!(written.encoded.losses.is_empty());
}

#[test]
fn foreign_reasoning_of_a_claude_client_is_dropped() {
    let signature = crate::opaque::wrap(&crate::ir::Opaque {
        data: Str::new(),
        provider: Str::from_static("deepseek"),
    });
    let written = from_claude(&messages(json!([
        {"role": "user", "content": "q"},
        {"role": "assistant", "content": [
            {"type": "thinking", "thinking": "t", "signature": &*signature},
            {"type": "text", "text": "a"},
        ]},
        {"role": "user", "content": "r"},
    ])));
    assert_eq!(
        written.body["messages"][1]["content"],
        json!([{"type": "text", "text": "a"}])
    );
    assert_eq!(written.quiet(), ["messages[1].content[0]"]);
}

#[test]
fn lenient_input_is_understood() {
    let request = read(
        Dialect::Claude,
        &with(json!({
            "max_tokens": 5.0, "stream": null, "system": null, "tools": null, "stop_sequences": "x", "temperature": 1,
            "output_format": {"type": "json_schema", "schema": {}},
        })),
    );
    assert_eq!(request.limits.max_output, Some(5));
    assert_eq!(request.limits.stop, ["x"]);
    assert!(request.output.format.is_some());
    assert!(request.extensions.is_empty());
    let written = from_claude(&messages(json!([
        {"role": "user", "content": ["plain"]},
        {"role": "assistant", "content": [{"type": "tool_use", "name": "t"}]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "call_t_1", "content": {"ok": true}}]},
    ])));
    let list = &written.body["messages"];
    assert_eq!(list[1]["content"][0]["id"], "call_t_1");
    assert_eq!(list[2]["content"][0]["content"], r#"{"ok":true}"#);
}

#[test]
fn wrong_shapes_name_their_place() {
    for (fields, path) in [
        (json!({"model": 1}), "model"),
        (json!({"messages": "x"}), "messages"),
        (json!({"messages": [1]}), "messages[0]"),
        (
            json!({"messages": [{"role": "tool", "content": "x"}]}),
            "messages[0].role",
        ),
        (
            json!({"messages": [{"role": "user"}]}),
            "messages[0].content",
        ),
        (
            json!({"messages": [{"role": "user", "content": [{"type": "text", "text": 1}]}]}),
            "messages[0].content[0].text",
        ),
        (
            json!({"messages": [{"role": "user", "content": [{"text": "x"}]}]}),
            "messages[0].content[0].type",
        ),
        (
            json!({"messages": [{"role": "user", "content": [{"type": "tool_result", "tool_use_id": "a", "content": [{"type": "image"}]}]}]}),
            "messages[0].content[0].content[0].source",
        ),
        (json!({"max_tokens": -1}), "max_tokens"),
        (json!({"tools": [{"description": "x"}]}), "tools[0].name"),
        (json!({"tool_choice": "auto"}), "tool_choice"),
        (json!({"system": [{"type": "text"}]}), "system[0].text"),
        (
            json!({"thinking": {"type": "enabled", "budget_tokens": "x"}}),
            "thinking.budget_tokens",
        ),
        (json!({"cache_control": 1}), "cache_control"),
    ] {
        let document = Document::parse(with(fields.clone()).to_string().into()).unwrap();
        let error = decode_request(Dialect::Claude, &document).unwrap_err();
        assert_eq!(error.path(), Some(path), "{fields}");
    }
}
