//! The oracle's own table: what is served, and what is refused with which words.
#![expect(
    clippy::needless_pass_by_value,
    reason = "the rows of a table are written as values"
)]

use super::{check, check_count};
use crate::dialect::Dialect;
use crate::signature;
use http::{HeaderMap, HeaderValue};
use serde_json::{Value, json};

/// A minimal body with fields added or removed.
fn body(changes: Value) -> Value {
    let mut body = json!({"model": "up-text", "max_tokens": 4096, "messages": [{"role": "user", "content": "hi"}]});
    for (key, value) in changes.as_object().expect("changes are an object") {
        body[key] = value.clone();
    }
    body.as_object_mut()
        .expect("an object")
        .retain(|_, value| value != "REMOVED");
    body
}

fn messages(messages: Value) -> Value {
    body(json!({"messages": messages}))
}

fn user(content: Value) -> Value {
    json!({"role": "user", "content": content})
}

fn assistant(content: Value) -> Value {
    json!({"role": "assistant", "content": content})
}

fn call(id: &str) -> Value {
    json!({"type": "tool_use", "id": id, "name": "weather", "input": {}})
}

fn result(id: &str) -> Value {
    json!({"type": "tool_result", "tool_use_id": id, "content": "r"})
}

fn thought(text: &str) -> Value {
    json!({"type": "thinking", "thinking": text, "signature": signature::issue(Dialect::Claude, text, false)})
}

fn tool(changes: Value) -> Value {
    let mut tool =
        json!({"name": "weather", "description": "d", "input_schema": {"type": "object"}});
    for (key, value) in changes.as_object().expect("changes are an object") {
        tool[key] = value.clone();
    }
    tool
}

#[track_caller]
fn accepted(body: &Value) {
    assert_eq!(check(body, &HeaderMap::new()), Ok(()), "{body}");
}

#[track_caller]
fn refused(body: &Value, words: &str) {
    let fault = check(body, &HeaderMap::new()).expect_err(&body.to_string());
    assert_eq!(fault.status, 400);
    assert!(
        fault.message.contains(words),
        "{} does not contain {words}",
        fault.message
    );
}

#[test]
fn ordinary_bodies_are_accepted() {
    let on = json!({"type": "enabled", "budget_tokens": 1024});
    let mark = json!({"type": "ephemeral", "ttl": "1h"});
    for body in [
        body(json!({})),
        body(
            json!({"system": [{"type": "text", "text": "s", "cache_control": mark}], "temperature": 1, "top_k": 4, "stop_sequences": ["END"]}),
        ),
        body(
            json!({"metadata": {"user_id": "u"}, "service_tier": "auto", "thinking": {"type": "disabled"}}),
        ),
        body(
            json!({"tools": [tool(json!({"cache_control": mark})), {"type": "web_search_20250305", "name": "web_search", "max_uses": 3}], "tool_choice": {"type": "tool", "name": "weather", "disable_parallel_tool_use": true}}),
        ),
        body(
            json!({"output_config": {"effort": "high", "format": {"type": "json_schema", "schema": {"type": "object", "additionalProperties": false}}}, "thinking": {"type": "adaptive", "display": "omitted"}}),
        ),
        body(
            json!({"thinking": on, "messages": [user(json!("q")), assistant(json!([thought("t"), call("a")])), user(json!([result("a"), {"type": "text", "text": "more"}]))]}),
        ),
        body(
            json!({"thinking": on, "messages": [user(json!("q")), assistant(json!([{"type": "redacted_thinking", "data": signature::REDACTED}, call("a")])), user(json!([result("a")]))]}),
        ),
        // A finished loop without its thinking is history.
        body(
            json!({"thinking": on, "messages": [user(json!("q")), assistant(json!([call("a")])), user(json!([result("a")])), assistant(json!("done")), user(json!("next"))]}),
        ),
        messages(json!([
            user(json!("a")),
            user(json!("b")),
            assistant(json!([call("x"), call("y")])),
            user(json!([result("y")])),
            user(json!([result("x"), {"type": "text", "text": "t"}]))
        ])),
        messages(json!([user(json!("a")), assistant(json!("prefill"))])),
        messages(json!([user(
            json!([{"type": "text", "text": " "}, {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="}}])
        )])),
        messages(json!([user(
            json!([{"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": "JVBERg=="}}])
        )])),
    ] {
        accepted(&body);
    }
}

#[test]
fn top_level_mistakes_are_refused() {
    let mark = json!({"type": "ephemeral"});
    let marked = json!({"type": "text", "text": "x", "cache_control": mark});
    for (changes, words) in [
        (
            json!({"max_tokens": "REMOVED"}),
            "max_tokens: Field required",
        ),
        (json!({"model": "REMOVED"}), "model: Field required"),
        (json!({"messages": []}), "at least one message"),
        (json!({"stop": ["x"]}), "stop: Extra inputs"),
        (
            json!({"reasoning_effort": "low"}),
            "reasoning_effort: Extra inputs",
        ),
        (
            json!({"context_management": {}}),
            "context_management: Extra inputs",
        ),
        (
            json!({"metadata": {"user_id": "a", "k": "v"}}),
            "metadata.k: Extra inputs",
        ),
        (json!({"temperature": 1.5}), "temperature: range"),
        (json!({"temperature": 0.5, "top_p": 0.5}), "cannot both"),
        (
            json!({"temperature": 0.5, "model": "up-text-no-sampling"}),
            "deprecated",
        ),
        (json!({"stop_sequences": ["\n"]}), "non-whitespace"),
        (
            json!({"system": [{"type": "text", "text": ""}]}),
            "non-empty",
        ),
        (
            json!({"thinking": {"type": "enabled", "budget_tokens": 1000}}),
            "greater than or equal to 1024",
        ),
        (
            json!({"thinking": {"type": "enabled", "budget_tokens": 4096}}),
            "must be greater than `thinking.budget_tokens`",
        ),
        (
            json!({"thinking": {"type": "enabled", "budget_tokens": 2000}, "temperature": 0.5}),
            "may only be set to 1",
        ),
        (
            json!({"thinking": {"type": "adaptive"}, "tools": [tool(json!({}))], "tool_choice": {"type": "any"}}),
            "forces tool use",
        ),
        (
            json!({"output_config": {"format": {"type": "json_object"}}}),
            "output_config.format",
        ),
        (
            json!({"output_config": {"effort": "minimal"}}),
            "output_config.effort",
        ),
        (
            json!({"system": [marked, marked, marked], "tools": [tool(json!({"cache_control": mark}))], "cache_control": mark}),
            "Found 5",
        ),
    ] {
        refused(&body(changes), words);
    }
}

#[test]
fn documents_hold_what_they_say() {
    let with = |source: Value| {
        body(
            json!({"messages": [user(json!([{"type": "document", "source": source}, {"type": "text", "text": "t"}]))]}),
        )
    };
    let pdf =
        |data: &str| with(json!({"type": "base64", "media_type": "application/pdf", "data": data}));
    accepted(&pdf("JVBERg=="));
    refused(
        &pdf("data:application/pdf;base64,JVBERg=="),
        "invalid base64",
    );
    let text = |data: &str| with(json!({"type": "text", "media_type": "text/plain", "data": data}));
    accepted(&text("t"));
    refused(&text(""), "cannot be empty");
}

#[test]
fn tool_mistakes_are_refused() {
    for (changes, words) in [
        (json!({"tools": [tool(json!({"name": "a.b"}))]}), "pattern"),
        (
            json!({"tools": [tool(json!({"input_schema": {"type": "array"}}))]}),
            "should be 'object'",
        ),
        (
            json!({"tools": [tool(json!({"input_schema": {}}))]}),
            "input_schema.type",
        ),
        (
            json!({"tools": [tool(json!({"input_schema": {"type": "object", "properties": {"a": {"type": "STRING"}}}}))]}),
            "JSON schema is invalid",
        ),
        (
            json!({"output_config": {"format": {"type": "json_schema", "schema": {"type": "object"}}}}),
            "must be explicitly set to false",
        ),
        (
            json!({"tools": [tool(json!({"strict": true}))]}),
            "must be explicitly set to false",
        ),
        (
            json!({"output_config": {"format": {"type": "json_schema", "schema": {"type": "OBJECT"}}}}),
            "no type of JSON Schema",
        ),
        (
            json!({"tools": [tool(json!({"input_schema": {"type": "object", "anyOf": []}}))]}),
            "top level",
        ),
        (
            json!({"tools": [{"name": "a"}]}),
            "input_schema: Field required",
        ),
        (
            json!({"tools": [tool(json!({"parameters": {}}))]}),
            "parameters: Extra inputs",
        ),
        (
            json!({"tools": [{"type": "function", "function": {"name": "a"}}]}),
            "Input tag 'function'",
        ),
        (
            json!({"tools": [tool(json!({})), tool(json!({}))]}),
            "must be unique",
        ),
        (
            json!({"tool_choice": {"type": "auto"}}),
            "while providing tools",
        ),
        (
            json!({"tools": [tool(json!({}))], "tool_choice": "auto"}),
            "valid dictionary",
        ),
        (
            json!({"tools": [tool(json!({}))], "tool_choice": {"type": "required"}}),
            "Input tag 'required'",
        ),
        (
            json!({"tools": [tool(json!({}))], "tool_choice": {"type": "none", "disable_parallel_tool_use": true}}),
            "Extra inputs",
        ),
        (
            json!({"tools": [tool(json!({}))], "tool_choice": {"type": "tool", "name": "other"}}),
            "not found in provided tools",
        ),
    ] {
        refused(&body(changes), words);
    }
}

#[test]
fn message_mistakes_are_refused() {
    let text = json!({"type": "text", "text": "x"});
    let image = |media_type: &str, data: &str| json!({"type": "image", "source": {"type": "base64", "media_type": media_type, "data": data}});
    for (list, words) in [
        (
            json!([assistant(json!("x")), user(json!("y"))]),
            "first message must use the \"user\" role",
        ),
        (
            json!([user(json!("a")), {"role": "system", "content": "s"}]),
            "Unexpected role \"system\"",
        ),
        (
            json!([{"role": "tool", "content": "s"}]),
            "Unexpected role \"tool\"",
        ),
        (json!([user(json!(""))]), "non-empty content"),
        (json!([user(json!(" \n"))]), "non-whitespace"),
        (
            json!([user(json!([{"type": "text", "text": ""}]))]),
            "must be non-empty",
        ),
        (
            json!([user(json!([{"type": "text", "text": " "}]))]),
            "non-whitespace",
        ),
        (json!([user(json!([]))]), "non-empty content"),
        (
            json!([user(json!("a")), assistant(json!("b "))]),
            "trailing whitespace",
        ),
        (
            json!([user(json!([{"type": "image_url", "image_url": {}}]))]),
            "Input tag 'image_url'",
        ),
        (
            json!([user(json!([image("image/tiff", "AAAA")]))]),
            "media_type",
        ),
        (
            json!([user(json!([image(
                "image/png",
                "data:image/png;base64,AAAA"
            )]))]),
            "invalid base64",
        ),
        (
            json!([user(json!([thought("t")]))]),
            "not permitted in `user`",
        ),
        (
            json!([
                user(json!("a")),
                assistant(json!([image("image/png", "AAAA")]))
            ]),
            "not permitted in `assistant`",
        ),
        (
            json!([user(json!("a")), assistant(json!([call("a")]))]),
            "without `tool_result` blocks immediately after: a",
        ),
        (
            json!([
                user(json!("a")),
                assistant(json!([call("a"), call("b")])),
                user(json!([result("a")]))
            ]),
            "immediately after: b",
        ),
        (
            json!([
                user(json!("a")),
                assistant(json!([call("a")])),
                user(json!([text, result("a")]))
            ]),
            "immediately after: a",
        ),
        (
            json!([user(json!([result("a")]))]),
            "unexpected `tool_use_id`",
        ),
        (
            json!([
                user(json!("a")),
                assistant(json!([call("a")])),
                user(json!([result("a"), result("a")]))
            ]),
            "single result",
        ),
        (
            json!([
                user(json!("a")),
                assistant(json!([call("a"), call("a")])),
                user(json!([result("a")]))
            ]),
            "must be unique",
        ),
        (
            json!([
                user(json!("a")),
                assistant(json!([call("a.b")])),
                user(json!([result("a.b")]))
            ]),
            "pattern",
        ),
        (
            json!([
                user(json!("a")),
                assistant(
                    json!([{"type": "tool_use", "id": "a", "name": "weather", "input": "{}"}])
                )
            ]),
            "tool_use.input",
        ),
        (
            json!([
                user(json!("a")),
                assistant(json!([{"type": "thinking", "thinking": "t"}, text]))
            ]),
            "signature: Field required",
        ),
        (
            json!([
                user(json!("a")),
                assistant(
                    json!([{"type": "thinking", "thinking": "t", "signature": "made up"}, text])
                )
            ]),
            "Invalid `signature`",
        ),
        (
            json!([
                user(json!("a")),
                assistant(
                    json!([{"type": "thinking", "thinking": "edited", "signature": signature::issue(Dialect::Claude, "t", false)}, text])
                )
            ]),
            "Invalid `signature`",
        ),
    ] {
        refused(&messages(list), words);
    }
}

#[test]
fn a_tool_loop_keeps_its_thinking() {
    let body = |blocks: Value| {
        body(json!({
            "thinking": {"type": "enabled", "budget_tokens": 2048},
            "messages": [user(json!("q")), assistant(blocks), user(json!([result("a")]))],
        }))
    };
    refused(
        &body(json!([call("a")])),
        "Expected `thinking` or `redacted_thinking`, but found `tool_use`",
    );
    refused(
        &body(json!([{"type": "text", "text": "x"}, call("a")])),
        "but found `text`",
    );
    accepted(&body(json!([thought("t"), call("a")])));
}

#[test]
fn beta_fields_need_their_header() {
    let mut headers = HeaderMap::new();
    headers.insert(
        "anthropic-beta",
        HeaderValue::from_static("other-1, context-management-2025-06-27"),
    );
    assert_eq!(
        check(
            &body(json!({"context_management": {"edits": []}})),
            &headers
        ),
        Ok(())
    );
    assert!(check(&body(json!({"mcp_servers": []})), &headers).is_err());
}

#[test]
fn counting_takes_no_max_tokens() {
    let headers = HeaderMap::new();
    assert!(check_count(&body(json!({})), &headers).is_err());
    assert_eq!(
        check_count(&body(json!({"max_tokens": "REMOVED"})), &headers),
        Ok(())
    );
    assert!(
        check_count(
            &body(json!({"max_tokens": "REMOVED", "stream": false})),
            &headers
        )
        .is_err()
    );
}
