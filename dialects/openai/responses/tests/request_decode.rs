//! From a client's body to the IR.

use serde_json::{Value as Json, json};

use super::{document, items, responses};
use crate::ir::{
    CallKind, OutputFormat, Part, ReasoningMode, Role, SystemRole, ToolChoice, ToolKind,
};

/// Roles of the turns, with a letter for each part.
fn shape(body: &Json) -> Vec<String> {
    let letter = |part: &Part| match part {
        Part::Text(_) => 't',
        Part::Media(_) => 'm',
        Part::ToolCall(_) => 'c',
        Part::ToolResult(_) => 'r',
        Part::Reasoning(_) => 'h',
        Part::Refusal(_) => 'f',
        Part::Server(_) => 's',
        Part::Unknown(_) => 'u',
    };
    let turns = responses(body).turns;
    let turn = |turn: &crate::ir::Turn| {
        let parts: String = turn.parts.iter().map(letter).collect();
        format!("{:?} {parts}", turn.role).to_lowercase()
    };
    turns.iter().map(turn).collect()
}

#[track_caller]
fn check(given: Json, expected: &[&str]) {
    assert_eq!(shape(&items(given)), expected);
}

fn user() -> Json {
    json!({"role": "user", "content": "?"})
}

fn said() -> Json {
    json!({"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "a"}]})
}

fn call(id: &str) -> Json {
    json!({"type": "function_call", "call_id": id, "name": "f", "arguments": "{}"})
}

fn output(id: &str) -> Json {
    json!({"type": "function_call_output", "call_id": id, "output": "x"})
}

fn thought() -> Json {
    json!({"type": "reasoning", "id": "rs_1", "summary": []})
}

#[test]
fn what_the_assistant_did_in_a_row_is_one_turn() {
    check(
        json!([
            user(),
            thought(),
            said(),
            call("1"),
            call("2"),
            output("1"),
            output("2")
        ]),
        &["user t", "assistant htcc", "tool r", "tool r"],
    );
    check(
        json!([user(), thought(), call("1"), output("1"), thought(), said()]),
        &["user t", "assistant hc", "tool r", "assistant ht"],
    );
    // One message for each turn, and none behind a call.
    check(json!([said(), said()]), &["assistant t", "assistant t"]);
    check(
        json!([call("1"), said(), call("2"), output("1"), output("2")]),
        &["assistant c", "assistant tc", "tool r", "tool r"],
    );
    check(
        json!([{"type": "web_search_call", "id": "ws"}, said(), {"type": "brand_new"}]),
        &["assistant sts"],
    );
    check(
        json!([said(), {"type": "local_shell_call_output"}, said()]),
        &["assistant t", "user s", "assistant t"],
    );
    check(
        json!([thought(), {"role": "assistant", "content": []}, call("1"), output("1")]),
        &["assistant h", "assistant ", "assistant c", "tool r"],
    );
}

#[test]
fn paths_name_the_items_of_the_client() {
    let request = responses(&json!({"model": "m", "instructions": "i", "input": [
        {"role": "developer", "content": "d"},
        user(),
        thought(),
        {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "a"},
            {"type": "refusal", "refusal": "no"}]},
        call("1"),
        thought(),
        output("1"),
        {"role": "assistant", "content": "bare"},
    ]}));
    let parts = |turn: usize| -> Vec<String> {
        (0..request.turns[turn].parts.len())
            .map(|part| request.part_path(turn, part))
            .collect()
    };
    assert_eq!(parts(0), ["input[1].content"]);
    assert_eq!(
        parts(1),
        [
            "input[2]",
            "input[3].content[0]",
            "input[3].content[1]",
            "input[4]",
            "input[5]"
        ]
    );
    assert_eq!(parts(2), ["input[6]"]);
    assert_eq!(parts(3), ["input[7].content"]);
    assert_eq!(request.turn_path(1), "input[3]");
    assert_eq!(request.turn_path(2), "input[6]");
    assert_eq!(request.system_path(0, 0), "instructions");
    assert_eq!(request.system_block_path(1, 1, 0), "input[0]");
    let request = responses(&json!({"model": "m", "input": "bare"}));
    assert_eq!(request.part_path(0, 0), "input");
    assert_eq!(request.turn_path(0), "input");
}

#[test]
fn what_comes_before_the_conversation_is_the_system_prompt() {
    let request = responses(&json!({"model": "m", "instructions": "i", "input": [
        {"role": "system", "content": "s"},
        {"role": "developer", "content": [{"type": "input_text", "text": "d1"}, {"type": "input_text", "text": "d2"}]},
        user(), {"role": "developer", "content": "later"}]}));
    let blocks: Vec<(&str, SystemRole, bool)> = request
        .system
        .iter()
        .map(|block| (&*block.text, block.role, block.starts_message))
        .collect();
    assert_eq!(
        blocks,
        [
            ("i", SystemRole::Instructions, true),
            ("s", SystemRole::System, true),
            ("d1", SystemRole::Developer, true),
            ("d2", SystemRole::Developer, false),
        ]
    );
    assert_eq!(request.turns[1].role, Role::Developer);
}

#[test]
fn calls_keep_their_kind_and_results_find_it() {
    let request = responses(&items(json!([
        {"type": "custom_tool_call", "call_id": "1", "name": "patch", "input": "free"},
        {"type": "custom_tool_call_output", "call_id": "1", "output": "ok"},
        {"type": "custom_tool_call_output", "call_id": "stored", "output": "ok"},
        {"type": "function_call", "id": "fc_9", "name": "f", "arguments": {"a": 1}},
    ])));
    let Part::ToolCall(call) = &request.turns[0].parts[0] else {
        panic!("no call")
    };
    assert_eq!((call.kind, &*call.arguments.0), (CallKind::Custom, "free"));
    let own_type = |turn: usize| {
        let Part::ToolResult(result) = &request.turns[turn].parts[0] else {
            panic!("no result")
        };
        result
            .extensions
            .get(crate::Dialect::Responses, "type")
            .is_some()
    };
    assert!(!own_type(1), "its call tells the type");
    assert!(own_type(2), "its call is stored elsewhere");
    let Part::ToolCall(call) = &request.turns[3].parts[0] else {
        panic!("no call")
    };
    assert_eq!((&*call.id, &*call.arguments.0), ("fc_9", r#"{"a":1}"#));
}

#[test]
fn tools_of_namespaces_stand_beside_the_others() {
    let function =
        |name: &str| json!({"type": "function", "name": name, "parameters": {"type": "object"}});
    let request = responses(&json!({"model": "m", "input": [
            {"type": "function_call", "call_id": "1", "namespace": "ns", "name": "b", "arguments": "{}"},
            {"type": "function_call", "call_id": "2", "namespace": "gone", "name": "x", "arguments": "{}"}],
        "tools": [function("a"), {"type": "namespace", "name": "ns", "tools": [function("b"), function("c")]},
            function("d"), function("ns__c")]}));
    let names: Vec<&str> = request.tools.iter().map(|tool| &*tool.name).collect();
    assert_eq!(names[..2], ["a", "ns__b"]);
    assert!(
        names[2].starts_with("ns_c_"),
        "kept apart from {}",
        names[4]
    );
    assert_eq!(names[3..], ["d", "ns__c"]);
    let paths: Vec<String> = (0..5).map(|tool| request.tool_path(tool)).collect();
    assert_eq!(
        paths,
        [
            "tools[0]",
            "tools[1].tools[0]",
            "tools[1].tools[1]",
            "tools[2]",
            "tools[3]"
        ]
    );
    let called: Vec<&str> = request.turns[0]
        .parts
        .iter()
        .map(|part| match part {
            Part::ToolCall(call) => &*call.name,
            _ => "",
        })
        .collect();
    assert_eq!(called, ["ns__b", "gone__x"]);
}

#[test]
fn settings_have_their_places() {
    let request = responses(
        &json!({"model": "m", "input": "x", "max_output_tokens": 50, "temperature": 1, "top_p": 0.5,
        "include": ["reasoning.encrypted_content", "message.output_text.logprobs"], "top_logprobs": 2,
        "reasoning": {"effort": "none", "summary": "concise", "context": "auto"}, "text": {"verbosity": "low",
        "format": {"type": "json_schema", "name": "n", "schema": {"type": "object"}, "strict": true}, "new": 1},
        "store": false, "previous_response_id": "resp_1", "truncation": "auto"}),
    );
    assert_eq!(request.limits.max_output, Some(50));
    assert!(request.reasoning.keep_state);
    assert_eq!(request.sampling.logprobs, Some(true));
    assert_eq!(request.reasoning.mode, Some(ReasoningMode::Off));
    assert_eq!(request.reasoning.display.as_deref(), Some("concise"));
    assert!(matches!(&request.output.format,
        Some(OutputFormat::JsonSchema { name: Some(name), strict: Some(true), .. }) if name == "n"));
    assert_eq!(request.state.store, Some(false));
    let own = |key: &str| {
        request
            .extensions
            .get(crate::Dialect::Responses, key)
            .is_some()
    };
    assert!(own("text.new") && own("truncation") && !own("include"));
}

#[test]
fn choices_among_tools() {
    let choice = |choice: Json| {
        responses(&json!({"model": "m", "input": "x", "tool_choice": choice})).tool_choice
    };
    let named = |name: &str| Some(ToolChoice::Named(name.to_owned().into()));
    assert_eq!(choice(json!("required")), Some(ToolChoice::Required));
    assert_eq!(choice(json!({"type": "function", "name": "f"})), named("f"));
    assert_eq!(choice(json!({"type": "custom", "name": "p"})), named("p"));
    assert!(matches!(
        choice(json!({"type": "mcp", "server_label": "x"})),
        Some(ToolChoice::Raw(..))
    ));
    let allowed = json!({"type": "allowed_tools", "mode": "auto", "tools": [{"type": "function", "name": "f"}]});
    assert!(
        matches!(choice(allowed), Some(ToolChoice::Allowed { required: false, names }) if names.len() == 1)
    );
    let mixed = json!({"type": "allowed_tools", "mode": "auto", "tools": [{"type": "web_search"}]});
    assert!(matches!(choice(mixed), Some(ToolChoice::Raw(..))));
}

#[test]
fn hosted_tools_are_kept_whole() {
    let request = responses(
        &json!({"model": "m", "input": "x", "tools": [{"type": "file_search", "vector_store_ids": ["v"]}]}),
    );
    assert!(
        matches!(&request.tools[0].kind, ToolKind::Server { kind, .. } if kind == "file_search")
    );
}

#[test]
fn the_wrong_field_is_named() {
    #[track_caller]
    fn check(body: Json, path: &str) {
        let error = super::super::request::decode(document(&body).root()).unwrap_err();
        assert_eq!(error.path(), Some(path), "{error}");
    }
    check(json!([]), "body");
    check(json!({"input": "x"}), "model");
    check(json!({"model": "m", "input": 5}), "input");
    check(items(json!(["x"])), "input[0]");
    check(items(json!([{"x": 1}])), "input[0].type");
    check(
        items(json!([{"role": "tool", "content": "x"}])),
        "input[0].role",
    );
    check(
        items(json!([{"role": "user", "content": 5}])),
        "input[0].content",
    );
    check(
        items(json!([user(), {"type": "function_call"}])),
        "input[1].name",
    );
    check(
        items(json!([{"type": "function_call_output", "output": ""}])),
        "input[0].call_id",
    );
    check(
        items(json!([{"type": "function_call_output", "call_id": "1", "output": [5]}])),
        "input[0].output[0]",
    );
    check(
        items(json!([{"type": "reasoning", "encrypted_content": 5}])),
        "input[0].encrypted_content",
    );
    check(json!({"model": "m", "input": "x", "tools": {}}), "tools");
    check(
        json!({"model": "m", "input": "x", "tools": [{"type": "function"}]}),
        "tools[0].name",
    );
    check(
        json!({"model": "m", "input": "x", "tools": [{"type": "namespace", "name": "n", "tools": [{}]}]}),
        "tools[0].tools[0].name",
    );
    check(
        json!({"model": "m", "input": "x", "reasoning": "high"}),
        "reasoning",
    );
    check(
        json!({"model": "m", "input": "x", "text": {"format": 1}}),
        "text.format",
    );
    check(
        json!({"model": "m", "input": "x", "max_output_tokens": -1}),
        "max_output_tokens",
    );
}

/// A hostile turn has a hundred thousand items, each with something to report.
#[test]
fn a_hundred_thousand_items_take_linear_time() {
    let item = |number: usize| json!({"type": "function_call", "call_id": format!("c{number}"), "name": "f", "arguments": "{}", "new": 1});
    let output = |number: usize| output(&format!("c{number}"));
    let count = 30_000;
    let all: Vec<Json> = (0..count).map(item).chain((0..count).map(output)).collect();
    let request = responses(&items(Json::Array(all)));
    for to in crate::Dialect::UPSTREAM {
        let encoded = crate::encode_request(to, &request, &super::target()).unwrap();
        let foreign = to != crate::Dialect::Responses;
        assert_eq!(encoded.losses.iter().count() >= count, foreign, "{to}");
    }
}
