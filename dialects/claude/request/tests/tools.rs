//! Tools and the choice among them.

use super::*;

fn function(name: &str, parameters: Value) -> Value {
    let mut tool = json!({"type": "function", "function": {"name": name}});
    tool["function"]["parameters"] = parameters;
    tool
}

fn two_tools(fields: Value) -> Value {
    let mut body = with(
        json!({"tools": [function("a", json!({"type": "object"})), function("b", json!({"type": "object"}))]}),
    );
    extend(&mut body, fields);
    body
}

#[test]
fn trap_13_schemas_get_an_object_at_the_root() {
    let written = from_chat(&with(json!({"tools": [
        {"type": "function", "function": {"name": "bare", "description": "d"}},
        function("untyped", json!({"properties": {"x": {}}})),
        function("union", json!({"anyOf": [{"properties": {"x": {}}, "required": ["x"]}]})),
    ]})));
    assert_eq!(
        written.body["tools"],
        json!([
            {"name": "bare", "description": "d", "input_schema": {"type": "object", "properties": {}}},
            {"name": "untyped", "input_schema": {"type": "object", "properties": {"x": {}}}},
            {"name": "union", "input_schema": {"type": "object", "properties": {"x": {}}}},
        ])
    );
    assert_eq!(written.lost(), ["tools[2].function.parameters"]);
}

#[test]
fn names_are_made_fit_everywhere_and_remembered() {
    let name = "my.tool/with spaces";
    let written = from_chat(&with(json!({
        "tools": [function(name, json!({"type": "object"}))],
        "tool_choice": {"type": "function", "function": {"name": name}},
        "messages": [
            {"role": "user", "content": "q"},
            {"role": "assistant", "tool_calls": [{"id": "a", "type": "function", "function": {"name": name, "arguments": "{}"}}]},
            result("a", "1"),
        ],
    })));
    let upstream = written.body["tools"][0]["name"].as_str().unwrap();
    assert_ne!(upstream, name);
    assert_eq!(written.body["tool_choice"]["name"], upstream);
    assert_eq!(written.body["messages"][1]["content"][0]["name"], upstream);
    assert_eq!(written.encoded.names.client(&Str::from(upstream)), name);
}

#[test]
fn choices_map() {
    for (choice, expected) in [
        (json!("auto"), json!({"type": "auto"})),
        (json!("required"), json!({"type": "any"})),
        (json!("none"), json!({"type": "none"})),
        (
            json!({"type": "function", "function": {"name": "b"}}),
            json!({"type": "tool", "name": "b"}),
        ),
    ] {
        let written = from_chat(&two_tools(json!({"tool_choice": choice})));
        assert_eq!(written.body["tool_choice"], expected);
        assert_eq!(written.body["tools"].as_array().unwrap().len(), 2);
    }
}

#[test]
fn one_call_at_a_time_needs_a_choice() {
    let flag = "disable_parallel_tool_use";
    let written = from_chat(&two_tools(json!({"parallel_tool_calls": false})));
    assert_eq!(
        written.body["tool_choice"],
        json!({"type": "auto", flag: true})
    );
    let written = from_chat(&two_tools(
        json!({"parallel_tool_calls": false, "tool_choice": "none"}),
    ));
    assert_eq!(written.body["tool_choice"], json!({"type": "none"}));
    let written = from_chat(&two_tools(json!({"parallel_tool_calls": true})));
    assert_eq!(written.body["tool_choice"], Value::Null);
    let written = from_chat(&with(
        json!({"parallel_tool_calls": false, "tool_choice": "auto"}),
    ));
    assert_eq!(written.body["tool_choice"], Value::Null);
    assert_eq!(written.lost(), ["tool_choice", "parallel_tool_calls"]);
}

#[test]
fn an_allowed_subset_is_all_that_is_sent() {
    let written = from_chat(&two_tools(json!({"tool_choice": {
        "type": "allowed_tools",
        "allowed_tools": {"mode": "required", "tools": [{"type": "function", "function": {"name": "b"}}]},
    }})));
    assert_eq!(written.body["tools"].as_array().unwrap().len(), 1);
    assert_eq!(written.body["tools"][0]["name"], "b");
    assert_eq!(written.body["tool_choice"], json!({"type": "any"}));
    assert_eq!(written.lost(), ["tool_choice"]);
}

#[test]
fn free_text_tools_become_functions_with_one_string() {
    let written = from_chat(&with(json!({
        "tools": [{"type": "custom", "custom": {"name": "shell", "description": "runs", "format": {"type": "grammar", "grammar": {"syntax": "lark", "definition": "start: x"}}}}],
        "messages": [
            {"role": "user", "content": "q"},
            {"role": "assistant", "tool_calls": [{"id": "a", "type": "custom", "custom": {"name": "shell", "input": "ls -l"}}]},
            result("a", "1"),
        ],
    })));
    let tool = &written.body["tools"][0];
    assert_eq!(
        tool["input_schema"],
        json!({"type": "object", "properties": {"input": {"type": "string"}}, "required": ["input"]})
    );
    assert!(tool["description"].as_str().unwrap().contains("start: x"));
    assert_eq!(written.lost(), ["tools[0].custom.format"]);
    assert_eq!(
        written.body["messages"][1]["content"][0]["input"],
        json!({"input": "ls -l"})
    );
    assert!(written.encoded.names.is_custom("shell"));
}

#[test]
fn strictness_needs_a_model_that_knows_it() {
    let body = with(json!({"tools": [
        {"type": "function", "function": {"name": "a", "parameters": {"type": "object"}, "strict": true}},
        {"type": "function", "function": {"name": "b", "parameters": {"type": "object"}, "strict": false}},
    ]}));
    let written = from_chat(&body);
    assert_eq!(written.body["tools"][0]["strict"], true);
    assert_eq!(written.body["tools"][1]["strict"], Value::Null);
    let target = target_with(|profile| profile.json_schema = false);
    let written = write(Dialect::Chat, &body, &target);
    assert_eq!(written.body["tools"][0]["strict"], Value::Null);
    assert_eq!(written.lost(), ["tools[0].function.strict"]);
}

#[test]
fn a_strict_tool_says_what_claude_enforces_and_no_more() {
    let schema = json!({
        "type": "object",
        "properties": {
            "a": {"type": "string", "minLength": 1},
            "b": {"type": "object", "additionalProperties": {"type": "number"}},
        },
    });
    let tool = |strict: bool| {
        let mut tool = function("f", schema.clone());
        tool["function"]["strict"] = json!(strict);
        with(json!({"tools": [tool]}))
    };
    let written = from_chat(&tool(true));
    let closed = json!({
        "type": "object",
        "properties": {
            "a": {"type": "string"},
            "b": {"type": "object", "additionalProperties": false},
        },
        "additionalProperties": false,
    });
    assert_eq!(written.body["tools"][0]["strict"], true);
    assert_eq!(written.body["tools"][0]["input_schema"], closed);
    assert_eq!(
        written.lost(),
        [
            "tools[0].function.parameters.properties.a.minLength",
            "tools[0].function.parameters.properties.b.additionalProperties",
        ]
    );
    let loose = from_chat(&tool(false));
    assert_eq!(loose.body["tools"][0]["input_schema"], schema);
    let target = target_with(|profile| profile.json_schema = false);
    let older = write(Dialect::Chat, &tool(true), &target);
    assert_eq!(older.body["tools"][0]["input_schema"], schema);
    let mut own = with(
        json!({"max_tokens": 9, "tools": [{"name": "f", "input_schema": schema, "strict": true}]}),
    );
    own["messages"][0]["content"] = json!([{"type": "text", "text": "hi"}]);
    let written = write(Dialect::Claude, &own, &target_with(|_| {}));
    assert_eq!(written.body["tools"], own["tools"]);
}

#[test]
fn web_search_is_claudes_own_tool() {
    let written = from_chat(&with(json!({"web_search_options": {
        "search_context_size": "high",
        "user_location": {"type": "approximate", "approximate": {"city": "Bern", "country": "CH"}},
    }})));
    assert_eq!(
        written.body["tools"],
        json!([{
            "type": "web_search_20250305",
            "name": "web_search",
            "user_location": {"type": "approximate", "city": "Bern", "country": "CH"},
        }])
    );
    assert_eq!(written.lost(), ["web_search_options.search_context_size"]);
}

#[test]
fn forced_tools_stop_thinking() {
    let written = from_chat(&two_tools(
        json!({"tool_choice": "required", "reasoning_effort": "high"}),
    ));
    assert_eq!(written.body["tool_choice"], json!({"type": "any"}));
    assert_eq!(written.body["thinking"], Value::Null);
    assert_eq!(written.lost(), ["reasoning_effort"]);
}
