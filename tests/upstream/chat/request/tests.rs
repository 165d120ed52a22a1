//! The oracle's own table: what is served, and what is refused with which words.
#![expect(
    clippy::needless_pass_by_value,
    reason = "the rows of a table are written as values"
)]

use super::check;
use serde_json::{Value, json};

/// A minimal body with fields added or, by `null`, removed.
fn body(changes: Value) -> Value {
    let mut body = json!({"model": "up-text", "messages": [{"role": "user", "content": "hi"}]});
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

fn assistant(calls: Value) -> Value {
    json!({"role": "assistant", "content": null, "tool_calls": calls})
}

fn call(id: &str) -> Value {
    json!({"id": id, "type": "function", "function": {"name": "weather", "arguments": "{}"}})
}

fn tool(changes: Value) -> Value {
    let mut function = json!({"name": "weather", "description": "d", "parameters": {"type": "object", "properties": {}}});
    for (key, value) in changes.as_object().expect("changes are an object") {
        function[key] = value.clone();
    }
    json!({"type": "function", "function": function})
}

#[track_caller]
fn accepted(body: &Value) {
    assert_eq!(check(body), Ok(()), "{body}");
}

#[track_caller]
fn refused(body: &Value, words: &str) {
    let fault = check(body).expect_err(&body.to_string());
    assert_eq!(fault.status, 400);
    assert!(
        fault.message.contains(words),
        "{} does not contain {words}",
        fault.message
    );
}

#[test]
fn ordinary_bodies_are_accepted() {
    let user = json!({"role": "user", "content": "hi"});
    let pixel = "data:image/png;base64,iVBORw0KGgo=";
    for body in [
        body(json!({})),
        body(json!({"stream": true, "stream_options": {"include_usage": true}})),
        body(
            json!({"stop": "END", "temperature": 2, "top_p": null, "seed": 1, "n": 1, "user": "u", "metadata": {"a": "b"}}),
        ),
        body(json!({"max_tokens": 5})),
        body(json!({"max_completion_tokens": 5, "model": "up-text-reasoning-only-mct"})),
        body(
            json!({"tools": [tool(json!({})), {"type": "custom", "custom": {"name": "raw"}}], "tool_choice": "auto", "parallel_tool_calls": false}),
        ),
        body(
            json!({"tools": [tool(json!({}))], "tool_choice": {"type": "function", "function": {"name": "weather"}}}),
        ),
        body(
            json!({"response_format": {"type": "json_schema", "json_schema": {"name": "city", "schema": {"type": "object"}, "strict": true}}}),
        ),
        messages(
            json!([{"role": "system", "content": [{"type": "text", "text": "s"}]}, user, {"role": "developer", "content": ""}]),
        ),
        messages(
            json!([user, assistant(json!([call("a"), call("b")])), {"role": "tool", "tool_call_id": "b", "content": "2"}, {"role": "tool", "tool_call_id": "a", "content": [{"type": "text", "text": "1"}]}, user]),
        ),
        messages(
            json!([user, {"role": "assistant", "content": "x", "reasoning_content": "r", "refusal": null}]),
        ),
        messages(json!([user, {"role": "assistant", "refusal": "no"}])),
        messages(
            json!([{"role": "user", "content": [{"type": "image_url", "image_url": {"url": pixel, "detail": "low"}}, {"type": "text", "text": "t"}]}]),
        ),
    ] {
        accepted(&body);
    }
}

#[test]
fn schemas_are_json_schemas_and_strict_ones_are_strict() {
    let property = |kind: &str| json!({"type": "object", "properties": {"city": {"type": kind}}});
    let parameters =
        |parameters: Value| body(json!({"tools": [tool(json!({"parameters": parameters}))]}));
    let format = |schema: Value, strict: bool| {
        body(
            json!({"response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": schema, "strict": strict}}}),
        )
    };
    accepted(&parameters(property("string")));
    accepted(&format(property("string"), false));
    refused(&parameters(property("STRING")), "no type of JSON Schema");
    refused(&format(property("STRING"), false), "no type of JSON Schema");
    refused(
        &format(property("string"), true),
        "'additionalProperties' is required",
    );
    refused(
        &body(json!({"tools": [tool(json!({"parameters": property("string"), "strict": true}))]})),
        "'additionalProperties' is required",
    );
}

#[test]
fn what_completions_say_otherwise_is_refused() {
    accepted(&body(
        json!({"logprobs": true, "top_logprobs": 5, "logit_bias": {"50256": -100}, "n": 2, "seed": -1}),
    ));
    for (changes, words) in [
        (json!({"logprobs": 5}), "'logprobs'"),
        (json!({"top_logprobs": 5}), "only allowed when 'logprobs'"),
        (
            json!({"logprobs": true, "top_logprobs": 21}),
            "'top_logprobs'",
        ),
        (json!({"logit_bias": {"50256": -101}}), "'logit_bias'"),
        (json!({"logit_bias": {"word": 1}}), "'logit_bias'"),
        (json!({"logit_bias": [1]}), "'logit_bias'"),
        (json!({"n": 129}), "'n'"),
        (json!({"seed": "7"}), "'seed'"),
        (json!({"prompt": "x"}), "'prompt'"),
        (json!({"suffix": "x"}), "'suffix'"),
        (json!({"echo": true}), "'echo'"),
        (json!({"best_of": 2}), "'best_of'"),
    ] {
        refused(&body(changes), words);
    }
}

#[test]
fn some_models_reason_only_without_tools() {
    let with = |model: &str, effort: &str| {
        body(json!({"model": model, "reasoning_effort": effort, "tools": [tool(json!({}))]}))
    };
    accepted(&with("up-text", "low"));
    accepted(&with("up-text-effort-or-tools", "none"));
    accepted(&body(
        json!({"model": "up-text-effort-or-tools", "reasoning_effort": "low"}),
    ));
    refused(&with("up-text-effort-or-tools", "low"), "use /v1/responses");
}

#[test]
fn the_allowed_tools_are_among_the_tools() {
    let choosing = |choice: Value| {
        body(
            json!({"tools": [tool(json!({})), {"type": "custom", "custom": {"name": "raw"}}], "tool_choice": choice}),
        )
    };
    let allowed =
        |allowed: Value| choosing(json!({"type": "allowed_tools", "allowed_tools": allowed}));
    let weather = json!({"type": "function", "function": {"name": "weather"}});
    accepted(&allowed(
        json!({"mode": "required", "tools": [weather, {"type": "custom", "custom": {"name": "raw"}}]}),
    ));
    for (body, words) in [
        (
            choosing(json!({"type": "allowed_tools", "mode": "auto", "tools": [weather]})),
            "tool_choice.mode",
        ),
        (
            choosing(json!({"type": "custom", "custom": {"name": "weather"}})),
            "no tool named",
        ),
        (allowed(json!({"tools": [weather]})), "allowed_tools.mode"),
        (
            allowed(json!({"mode": "any", "tools": [weather]})),
            "Supported values",
        ),
        (
            allowed(json!({"mode": "auto", "tools": []})),
            "allowed_tools.tools",
        ),
        (
            allowed(json!({"mode": "auto", "tools": [{"type": "function", "name": "weather"}]})),
            "allowed_tools.tools",
        ),
        (
            allowed(
                json!({"mode": "auto", "tools": [{"type": "function", "function": {"name": "news"}}]}),
            ),
            "allowed_tools.tools",
        ),
    ] {
        refused(&body, words);
    }
}

#[test]
fn pictures_sound_and_files_are_what_they_say() {
    let says = |part: Value| messages(json!([{"role": "user", "content": [part]}]));
    let image = |detail: &str| {
        says(
            json!({"type": "image_url", "image_url": {"url": "https://x.example/a.png", "detail": detail}}),
        )
    };
    let sound = |data: &str, format: &str| {
        says(json!({"type": "input_audio", "input_audio": {"data": data, "format": format}}))
    };
    let file = |file: Value| says(json!({"type": "file", "file": file}));
    accepted(&image("original"));
    accepted(&sound("UklGRg==", "mp3"));
    accepted(&file(
        json!({"file_data": "data:application/pdf;base64,JVBERi0=", "filename": "a.pdf"}),
    ));
    accepted(&file(json!({"file_id": "file-1"})));
    for (body, words) in [
        (image("medium"), "Supported values"),
        (sound("UklGRg==", "audio/mpeg"), "'wav' and 'mp3'"),
        (
            sound("data:audio/wav;base64,UklGRg==", "wav"),
            "base64-encoded",
        ),
        (
            file(json!({"file_data": "JVBERi0="})),
            "base64-encoded data URL",
        ),
        (
            file(json!({"file_data": "data:application/pdf;base64,?"})),
            "base64-encoded data URL",
        ),
        (file(json!({"filename": "a.pdf"})), "file_id"),
    ] {
        refused(&body, words);
    }
}

#[test]
fn top_level_mistakes_are_refused() {
    for (changes, words) in [
        (json!({"model": "REMOVED"}), "you must provide a model"),
        (json!({"messages": "REMOVED"}), "'messages'"),
        (json!({"messages": []}), "empty array"),
        (
            json!({"thinking": {"type": "enabled"}}),
            "Unknown parameter: 'thinking'",
        ),
        (json!({"system": "x"}), "Unknown parameter: 'system'"),
        (
            json!({"stop_sequences": ["x"]}),
            "Unknown parameter: 'stop_sequences'",
        ),
        (json!({"top_k": 4}), "Unknown parameter: 'top_k'"),
        (
            json!({"user": "u".repeat(65)}),
            "Invalid 'user': string too long",
        ),
        (
            json!({"metadata": {"user_id": {"a": 1}}}),
            "Invalid 'metadata'",
        ),
        (
            json!({"stream_options": {"include_usage": true}}),
            "only allowed when 'stream'",
        ),
        (json!({"stream": "yes"}), "expected a boolean"),
        (json!({"max_tokens": 0}), "below minimum"),
        (
            json!({"max_tokens": 4, "max_completion_tokens": 4}),
            "at the same time",
        ),
        (
            json!({"max_tokens": 4, "model": "up-text-reasoning-only-mct"}),
            "Use 'max_completion_tokens'",
        ),
        (
            json!({"stop": ["a", "b", "c", "d", "e"]}),
            "maximum length 4",
        ),
        (json!({"stop": [""]}), "non-empty"),
        (json!({"temperature": 2.5}), "between 0 and 2"),
        (json!({"top_logprobs": 3}), "only allowed when 'logprobs'"),
        (json!({"reasoning_effort": "huge"}), "Supported values"),
        (
            json!({"response_format": {"type": "json_object"}}),
            "the word 'json'",
        ),
        (
            json!({"response_format": {"type": "json_schema", "json_schema": {"schema": {}}}}),
            "json_schema.name",
        ),
        (
            json!({"response_format": {"type": "json_schema", "json_schema": {"name": "a b"}}}),
            "pattern",
        ),
    ] {
        refused(&body(changes), words);
    }
}

#[test]
fn tool_mistakes_are_refused() {
    for (changes, words) in [
        (json!({"tool_choice": "auto"}), "only allowed when 'tools'"),
        (
            json!({"parallel_tool_calls": true}),
            "only allowed when 'tools'",
        ),
        (json!({"tools": []}), "empty array"),
        (json!({"tools": [tool(json!({"name": "a.b"}))]}), "pattern"),
        (
            json!({"tools": [tool(json!({"name": "x".repeat(65)}))]}),
            "pattern",
        ),
        (
            json!({"tools": [tool(json!({"parameters": {"type": "string"}}))]}),
            "type: \"object\"",
        ),
        (
            json!({"tools": [tool(json!({"parameters": {}}))]}),
            "type: \"None\"",
        ),
        (
            json!({"tools": [tool(json!({"input_schema": {}}))]}),
            "Unknown parameter: 'tools[0].function.input_schema'",
        ),
        (
            json!({"tools": [tool(json!({"cache_control": {}}))]}),
            "cache_control",
        ),
        (
            json!({"tools": [{"name": "a", "input_schema": {}}]}),
            "tools[0].type",
        ),
        (
            json!({"tools": [{"type": "web_search_20250305", "name": "web_search"}]}),
            "Supported values",
        ),
        (
            json!({"tools": [tool(json!({})), tool(json!({}))]}),
            "Duplicate",
        ),
        (
            json!({"tools": [tool(json!({}))], "tool_choice": "any"}),
            "tool_choice",
        ),
        (
            json!({"tools": [tool(json!({}))], "tool_choice": {"type": "tool", "name": "weather"}}),
            "tool_choice",
        ),
        (
            json!({"tools": [tool(json!({}))], "tool_choice": {"type": "function", "function": {"name": "other"}}}),
            "no tool named",
        ),
    ] {
        refused(&body(changes), words);
    }
}

#[test]
fn message_mistakes_are_refused() {
    let user = json!({"role": "user", "content": "hi"});
    let result = |id: &str| json!({"role": "tool", "tool_call_id": id, "content": "r"});
    let changed = |pointer: &str, value: Value| {
        let mut call = call("a");
        *call.pointer_mut(pointer).expect("the pointer exists") = value;
        json!([user, assistant(json!([call])), result("a")])
    };
    for (list, words) in [
        (
            json!([user, assistant(json!([call("a")]))]),
            "did not have response messages: a",
        ),
        (
            json!([
                user,
                assistant(json!([call("a"), call("b")])),
                result("a"),
                user,
                result("b")
            ]),
            "did not have response messages: b",
        ),
        (
            json!([user, assistant(json!([call("a")])), result("x")]),
            "'tool_call_id' of 'x' not found",
        ),
        (
            json!([
                user,
                assistant(json!([call("a")])),
                result("a"),
                result("a")
            ]),
            "'tool_call_id' of 'a' not found",
        ),
        (
            json!([user, result("a")]),
            "must be a response to a preceeding message",
        ),
        (
            json!([user, assistant(json!([call("a"), call("a")])), result("a")]),
            "duplicate id",
        ),
        (json!([user, assistant(json!([]))]), "empty array"),
        (
            changed("/function/arguments", json!({})),
            "expected a string",
        ),
        (changed("/function/name", json!("a b")), "pattern"),
        (changed("/id", json!("")), "id"),
        (changed("/id", json!("x".repeat(41))), "maximum length 40"),
        (
            json!([user, {"role": "assistant", "content": null}]),
            "expected a string, got null",
        ),
        (
            json!([user, {"role": "assistant", "content": [{"type": "thinking", "thinking": "t"}]}]),
            "Supported values",
        ),
        (json!([{"role": "user"}]), "expected a string, got null"),
        (json!([{"role": "user", "content": []}]), "empty array"),
        (
            json!([{"role": "user", "content": "x", "cache_control": {"type": "ephemeral"}}]),
            "messages[0].cache_control",
        ),
        (
            json!([{"role": "user", "content": [{"type": "text", "text": "x", "cache_control": {}}]}]),
            "content[0].cache_control",
        ),
        (
            json!([{"role": "user", "content": [{"type": "image", "source": {}}]}]),
            "Supported values",
        ),
        (
            json!([{"role": "user", "content": [{"type": "image_url", "image_url": "https://x"}]}]),
            "image_url",
        ),
        (
            json!([{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:image/tiff;base64,AAAA"}}]}]),
            "Invalid image data",
        ),
        (
            json!([{"role": "model", "content": "x"}]),
            "Supported values",
        ),
    ] {
        refused(&messages(list), words);
    }
}

#[test]
fn images_in_results_need_a_capable_model() {
    let image =
        json!([{"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}}]);
    let mut body = messages(json!([
        {"role": "user", "content": "hi"}, assistant(json!([call("a")])), {"role": "tool", "tool_call_id": "a", "content": image},
    ]));
    refused(&body, "Supported values are: 'text'");
    body["model"] = json!("up-tool-image-tool-images");
    accepted(&body);
}
