//! The oracle's own table: what is served, and what is refused with which words.
#![expect(
    clippy::needless_pass_by_value,
    reason = "the rows of a table are written as values"
)]

use super::super::answer::seal;
use super::super::issued::{REASONED, call_id, item_id, reasoning_id, response_id};
use super::{check, check_compact, check_count};
use serde_json::{Value, json};

/// A minimal body with fields added or, by `REMOVED`, removed.
fn body(changes: Value) -> Value {
    let mut body = json!({"model": "up-text", "input": "hi"});
    for (key, value) in changes.as_object().expect("changes are an object") {
        body[key] = value.clone();
    }
    body.as_object_mut()
        .expect("an object")
        .retain(|_, value| value != "REMOVED");
    body
}

fn input(items: Value) -> Value {
    body(json!({"input": items}))
}

fn user() -> Value {
    json!({"role": "user", "content": "hi"})
}

fn call(id: &str) -> Value {
    json!({"type": "function_call", "id": "fc_1", "call_id": id, "name": "weather", "arguments": "{}"})
}

fn output(id: &str) -> Value {
    json!({"type": "function_call_output", "call_id": id, "output": "sunny"})
}

fn reasoning(id: &str, shown: &str, state: &str) -> Value {
    json!({"type": "reasoning", "id": id, "summary": [{"type": "summary_text", "text": shown}], "encrypted_content": state})
}

fn tool(changes: Value) -> Value {
    let mut tool = json!({"type": "function", "name": "weather", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}});
    for (key, value) in changes.as_object().expect("changes are an object") {
        tool[key] = value.clone();
    }
    tool
}

#[track_caller]
fn accepted(body: &Value) {
    assert_eq!(check(body), Ok(()), "{body}");
}

#[track_caller]
fn refused(body: &Value, words: &str) {
    let fault = check(body).expect_err(&body.to_string());
    assert!(matches!(fault.status, 400 | 404), "{fault:?}");
    assert!(
        fault.message.contains(words),
        "{} does not contain {words}",
        fault.message
    );
}

#[test]
fn ordinary_bodies_are_accepted() {
    let strict = json!({"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"], "additionalProperties": false});
    for changes in [
        json!({}),
        json!({"max_output_tokens": 16, "temperature": 1.2, "top_p": 0.5, "store": false}),
        json!({"stream": true, "stream_options": {"include_obfuscation": false}}),
        json!({"reasoning": {"effort": "low", "summary": "auto"}, "include": ["reasoning.encrypted_content"]}),
        json!({"tools": [tool(json!({}))], "tool_choice": {"type": "function", "name": "weather"}}),
        json!({"tools": [tool(json!({"strict": true, "parameters": strict}))], "tool_choice": "required"}),
        json!({"tools": [{"type": "custom", "name": "apply_patch", "format": {"type": "grammar", "syntax": "lark", "definition": "start: /x/"}}]}),
        json!({"tools": [{"type": "web_search"}], "client_metadata": {"x-codex-installation-id": "i"}}),
        json!({"text": {"format": {"type": "json_schema", "name": "place", "schema": strict, "strict": true}}}),
        json!({"input": [user(), {"role": "assistant", "content": [{"type": "output_text", "text": "yes"}]}, user()]}),
        json!({"input": [user(), call("c"), output("c")]}),
        json!({"input": [{"role": "user", "content": [{"type": "input_image", "image_url": "data:image/png;base64,iVBORw0KGgo="}]}]}),
    ] {
        accepted(&body(changes));
    }
}

#[test]
fn the_words_of_chat_are_refused_by_name() {
    for (changes, words) in [
        (
            json!({"messages": []}),
            "'messages'. In the Responses API, this parameter has moved to 'input'",
        ),
        (json!({"max_tokens": 99}), "moved to 'max_output_tokens'"),
        (json!({"response_format": {}}), "moved to 'text.format'"),
        (
            json!({"reasoning_effort": "low"}),
            "moved to 'reasoning.effort'",
        ),
        (json!({"stop": ["x"]}), "Unknown parameter: 'stop'"),
        (json!({"seed": 1}), "Unknown parameter: 'seed'"),
        (
            json!({"stream_options": {"include_usage": true}, "stream": true}),
            "stream_options.include_usage",
        ),
        (
            json!({"tools": [{"type": "function", "function": {"name": "weather"}}]}),
            "Missing required parameter: 'tools[0].name'",
        ),
        (
            json!({"tools": [tool(json!({}))], "tool_choice": {"type": "function", "function": {"name": "weather"}}}),
            "'tool_choice.name'",
        ),
        (
            json!({"text": {"format": {"type": "json_schema", "json_schema": {}}}}),
            "text.format.json_schema",
        ),
    ] {
        refused(&body(changes), words);
    }
}

#[test]
fn values_out_of_range_are_refused() {
    for (changes, words) in [
        (json!({"model": "REMOVED"}), "'model'"),
        (json!({"input": "REMOVED"}), "'input'"),
        (json!({"input": ""}), "must be provided"),
        (json!({"input": []}), "must be provided"),
        (json!({"max_output_tokens": 15}), "Expected a value >= 16"),
        (json!({"temperature": 2.1}), "'temperature'"),
        (
            json!({"model": "up-text-no-sampling", "temperature": 1}),
            "is not supported with this model",
        ),
        (
            json!({"model": "up-text-no-sampling", "top_p": 1}),
            "is not supported with this model",
        ),
        (json!({"include": ["usage"]}), "Supported values"),
        (json!({"reasoning": {"effort": "some"}}), "Supported values"),
        (json!({"reasoning": {"budget": 1}}), "reasoning.budget"),
        (json!({"tool_choice": "required"}), "'required'"),
        (
            json!({"text": {"format": {"type": "json_object"}}}),
            "the word 'json'",
        ),
        (json!({"previous_response_id": "resp_other"}), "not found"),
        (json!({"background": true}), "Background"),
        (
            json!({"tools": [tool(json!({"strict": true}))]}),
            "'additionalProperties' is required",
        ),
        (
            json!({"tools": [tool(json!({"strict": true, "parameters": {"type": "object", "properties": {"a": {}}, "additionalProperties": false}}))]}),
            "Missing 'a'",
        ),
        (
            json!({"text": {"format": {"type": "json_schema", "name": "n", "strict": true, "schema": {"type": "object", "properties": {"list": {"type": "array", "items": {"type": "object", "properties": {}}}}, "required": ["list"], "additionalProperties": false}}}}),
            "'properties', 'list'",
        ),
        (
            json!({"tools": [tool(json!({})), tool(json!({}))]}),
            "Duplicate tool name",
        ),
        (
            json!({"tools": [tool(json!({"name": "a b"}))]}),
            "does not match pattern",
        ),
        (
            json!({"tools": [{"type": "custom", "name": "x", "format": {"type": "grammar", "grammar": {}}}]}),
            "format.grammar",
        ),
    ] {
        refused(&body(changes), words);
    }
}

#[test]
fn items_are_what_they_say() {
    let mut wrong_call = call("c");
    wrong_call["id"] = json!("call_1");
    let mut wrong_reasoning = reasoning("msg_1", "", "");
    wrong_reasoning["encrypted_content"] = json!(seal(""));
    for (items, words) in [
        (json!([{"role": "tool", "content": "x"}]), "'tool'"),
        (
            json!([{"role": "user", "content": [{"type": "output_text", "text": "x"}]}]),
            "'output_text'",
        ),
        (
            json!([{"role": "user", "content": [{"type": "text", "text": "x"}]}]),
            "'text'",
        ),
        (
            json!([{"role": "assistant", "content": [{"type": "input_text", "text": "x"}]}]),
            "'input_text'",
        ),
        (
            json!([{"role": "assistant", "content": "x", "id": "chatcmpl-1"}]),
            "begins with 'msg'",
        ),
        (
            json!([{"role": "assistant", "content": "x", "tool_calls": []}]),
            "tool_calls",
        ),
        (
            json!([{"role": "user", "content": [{"type": "input_image", "image_url": {"url": "https://x.example/"}}]}]),
            "image_url",
        ),
        (json!([wrong_call, output("c")]), "begins with 'fc'"),
        (
            json!([wrong_reasoning, call("c"), output("c")]),
            "begins with 'rs'",
        ),
        (
            json!([call(&"c".repeat(65)), output(&"c".repeat(65))]),
            "string too long",
        ),
        (
            json!([{"type": "function_call", "call_id": "c", "name": "weather", "arguments": {}}]),
            "arguments",
        ),
        (json!([{"type": "tool_use"}]), "'tool_use'"),
        (
            json!([{"role": "user", "content": [{"type": "input_file", "filename": "a.pdf", "file_data": "data:application/pdf;base64,?"}]}]),
            "file_data",
        ),
    ] {
        refused(&input(items), words);
    }
}

#[test]
fn calls_and_outputs_belong_together() {
    accepted(&input(json!([user(), call("c"), user(), output("c")])));
    accepted(&body(
        json!({"previous_response_id": response_id(true), "input": [output(&call_id(0))]}),
    ));
    refused(
        &body(json!({"previous_response_id": response_id(true), "input": [output("c")]})),
        "No tool call found",
    );
    refused(
        &body(json!({"previous_response_id": response_id(false), "input": [output(&call_id(0))]})),
        "not found",
    );
    for (items, words) in [
        (
            json!([user(), output("c")]),
            "No tool call found for function call output with call_id c.",
        ),
        (
            json!([user(), call("c")]),
            "No tool output found for function call c.",
        ),
        (json!([output("c"), call("c")]), "No tool call found"),
        (json!([call("c"), call("c"), output("c")]), "Duplicate"),
        (
            json!([call("c"), output("c"), output("c")]),
            "Multiple outputs",
        ),
        (
            json!([call("c"), {"type": "custom_tool_call_output", "call_id": "c", "output": "x"}]),
            "No tool call found for custom tool call output",
        ),
    ] {
        refused(&input(items), words);
    }
}

#[test]
fn reasoning_comes_back_whole_with_what_it_led_to() {
    let (id, state) = (reasoning_id("first", false), seal("first"));
    let thought = || reasoning(&id, "first", &state);
    let mut nameless = thought();
    nameless.as_object_mut().expect("an item").remove("id");
    accepted(&input(json!([user(), nameless, call("c"), output("c")])));
    let mut led_to = call("c");
    led_to["id"] = json!(format!("fc_{REASONED}"));
    accepted(&input(json!([user(), thought(), led_to, output("c")])));
    accepted(&input(json!([user(), thought(), call("c"), output("c")])));
    accepted(&input(
        json!([user(), thought(), {"role": "assistant", "content": "x"}, user()]),
    ));
    for (items, words) in [
        (
            json!([user(), thought()]),
            "without its required following item",
        ),
        (
            json!([user(), thought(), user()]),
            "without its required following item",
        ),
        (
            json!([user(), led_to, output("c")]),
            "without its required 'reasoning' item",
        ),
        (
            json!([reasoning("rs_2", "first", &state), call("c"), output("c")]),
            "could not be verified",
        ),
        (
            json!([
                reasoning(&reasoning_id("other", true), "other", &state),
                call("c"),
                output("c")
            ]),
            "could not be verified",
        ),
        (
            json!([reasoning(&id, "first", &state[4..]), call("c"), output("c")]),
            "could not be verified",
        ),
    ] {
        refused(&input(items), words);
    }
    let mut stateless = input(json!([user(), thought(), call("c"), output("c")]));
    stateless["store"] = json!(false);
    accepted(&stateless);
    stateless["input"][1]
        .as_object_mut()
        .expect("an item")
        .remove("encrypted_content");
    refused(&stateless, "Items are not persisted");
}

#[test]
fn only_what_was_made_and_kept_can_be_named() {
    let reference = |id: &str| json!({"type": "item_reference", "id": id});
    let call_item = |kept| reference(&item_id("fc", kept, "AfterReasoning0000"));
    let thought = |kept| reference(&reasoning_id("first", kept));
    let answer = output(&call_id(0));
    accepted(&input(json!([
        user(),
        thought(true),
        call_item(true),
        answer
    ])));
    accepted(&input(json!([
        user(),
        reference(&item_id("msg", true, "0000")),
        user()
    ])));
    let mut bare = reasoning(&reasoning_id("first", true), "first", "");
    bare["encrypted_content"] = json!(null);
    accepted(&input(json!([user(), bare, call("c"), output("c")])));
    let mut nameless = bare.clone();
    nameless["id"] = json!(null);
    let mut invented = bare;
    invented["id"] = json!("rs_0123456789");
    for (items, words) in [
        (
            json!([user(), reference("msg_1"), user()]),
            "Item with id 'msg_1' not found.",
        ),
        (
            json!([user(), thought(false), call_item(false), answer]),
            "Items are not persisted",
        ),
        (
            json!([user(), call_item(true), answer]),
            "without its required 'reasoning' item",
        ),
        (
            json!([user(), thought(true), call_item(true)]),
            "No tool output found for function call call_Scripted0000.",
        ),
        (json!([{"type": "item_reference"}]), "'input[0].id'"),
        (
            json!([user(), nameless, call("c"), output("c")]),
            "'input[1].id'",
        ),
        (
            json!([user(), invented, call("c"), output("c")]),
            "Item with id 'rs_0123456789' not found.",
        ),
        (json!([user(), {"type": "guess_call"}]), "'guess_call'"),
        (json!([user(), {"type": "mcp_guess"}]), "'mcp_guess'"),
    ] {
        refused(&input(items), words);
    }
    accepted(&input(json!([user(), {"type": "web_search_call"}, user()])));
}

#[test]
fn schemas_are_json_schemas() {
    let schema = json!({"type": "object", "properties": {"city": {"type": "STRING"}}});
    let format = json!({"format": {"type": "json_schema", "name": "n", "schema": schema}});
    for changes in [
        json!({"tools": [tool(json!({"parameters": schema}))]}),
        json!({"text": format}),
    ] {
        refused(&body(changes), "no type of JSON Schema");
    }
}

#[test]
fn the_choice_is_among_the_tools() {
    let tools = json!([
        tool(json!({})),
        {"type": "custom", "name": "patch"},
        {"type": "web_search"},
        {"type": "mcp", "server_label": "docs", "server_url": "https://x.example/"},
    ]);
    let choosing = |choice: Value| body(json!({"tools": tools, "tool_choice": choice}));
    let allowed =
        |tools: Value| choosing(json!({"type": "allowed_tools", "mode": "auto", "tools": tools}));
    let function = json!({"type": "function", "name": "weather"});
    accepted(&allowed(
        json!([function, {"type": "custom", "name": "patch"}, {"type": "web_search"}, {"type": "mcp", "server_label": "docs"}]),
    ));
    accepted(&choosing(
        json!({"type": "mcp", "server_label": "docs", "name": "find"}),
    ));
    for (body, words) in [
        (allowed(json!([])), "empty array"),
        (allowed(json!(["weather"])), "tool_choice.tools[0]"),
        (
            allowed(json!([{"type": "function", "name": "news"}])),
            "'news' not found",
        ),
        (
            allowed(json!([{"type": "custom", "name": "weather"}])),
            "'weather' not found",
        ),
        (
            allowed(json!([{"type": "function", "function": {"name": "weather"}}])),
            "'tool_choice.tools[0].name'",
        ),
        (
            allowed(json!([{"type": "file_search"}])),
            "'file_search' not found",
        ),
        (
            choosing(json!({"type": "allowed_tools", "tools": [function]})),
            "'tool_choice.mode'",
        ),
        (
            choosing(json!({"type": "allowed_tools", "mode": "any", "tools": [function]})),
            "Supported values",
        ),
        (
            choosing(
                json!({"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": [function]}}),
            ),
            "tool_choice.allowed_tools",
        ),
        (
            choosing(json!({"type": "function", "name": "patch"})),
            "'patch' not found",
        ),
        (
            choosing(json!({"type": "mcp", "server_label": "other"})),
            "'other' not found",
        ),
    ] {
        refused(&body, words);
    }
}

#[test]
fn users_send_sound_and_tools_do_not() {
    let sound =
        json!({"type": "input_audio", "input_audio": {"data": "UklGRg==", "format": "wav"}});
    let says = |part: &Value| input(json!([{"role": "user", "content": [part]}]));
    accepted(&says(&sound));
    for (key, value) in [("format", "flac"), ("data", "not base64"), ("voice", "x")] {
        let mut wrong = sound.clone();
        wrong["input_audio"][key] = json!(value);
        refused(&says(&wrong), key);
    }
    let mut result = output("c");
    result["output"] = json!([sound]);
    refused(&input(json!([call("c"), result])), "'input_audio'");
}

#[test]
fn metadata_is_small() {
    let pairs =
        |count: usize| -> Value { (0..count).map(|index| (format!("k{index}"), "v")).collect() };
    accepted(&body(json!({"metadata": pairs(16)})));
    for metadata in [
        pairs(17),
        json!({"k".repeat(65): "v"}),
        json!({"k": "v".repeat(513)}),
        json!({"k": 1}),
        json!([]),
    ] {
        refused(&body(json!({"metadata": metadata})), "'metadata'");
    }
}

#[test]
fn counting_and_compacting_have_fewer_fields() {
    assert_eq!(
        check_count(&body(json!({"instructions": "Be brief."}))),
        Ok(())
    );
    assert!(check_count(&body(json!({"stream": true}))).is_err());
    assert_eq!(check_compact(&body(json!({}))), Ok(()));
    assert!(check_compact(&body(json!({"tools": []}))).is_err());
}
