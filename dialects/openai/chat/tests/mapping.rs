//! Claude clients on a Chat upstream: `dialects.md` 2 and 4.2.

use serde_json::{Value as Json, json};

use super::{body, claude, encode, target};
use crate::target::Thinking;

fn with(fields: Json) -> Json {
    let mut body =
        json!({"model": "m", "max_tokens": 100, "messages": [{"role": "user", "content": "x"}]});
    for (key, value) in fields.as_object().unwrap() {
        body[key] = value.clone();
    }
    body
}

/// The upstream's messages for a Claude conversation.
#[track_caller]
fn said(messages: Json) -> (Json, Vec<String>) {
    let (mut body, losses) = body(&claude(&with(json!({"messages": messages}))), &target());
    (body["messages"].take(), losses)
}

/// One field of the upstream's body.
#[track_caller]
fn field(fields: Json, key: &str) -> (Json, Vec<String>) {
    let (mut body, losses) = body(&claude(&with(fields)), &target());
    (body[key].take(), losses)
}

const NONE: [&str; 0] = [];

fn call(id: &str) -> Json {
    json!({"type": "tool_use", "id": id, "name": "f", "input": {"a": 1}})
}

fn result(id: &str, content: Json) -> Json {
    json!({"type": "tool_result", "tool_use_id": id, "content": content})
}

#[test]
fn trap_26_results_come_before_the_text_of_their_turn() {
    let (messages, losses) = said(json!([
        {"role": "user", "content": "go"},
        {"role": "assistant", "content": [{"type": "text", "text": "well"}, call("a"), call("b")]},
        {"role": "user", "content": [{"type": "text", "text": "first"}, result("b", json!("rb")), result("a", json!([{"type": "text", "text": "ra"}])), {"type": "text", "text": "last"}]},
    ]));
    let calls = ["a", "b"].map(|id| json!({"id": id, "type": "function", "function": {"name": "f", "arguments": "{\"a\":1}"}}));
    assert_eq!(
        messages,
        json!([
            {"role": "user", "content": "go"},
            {"role": "assistant", "content": "well", "tool_calls": calls},
            {"role": "tool", "tool_call_id": "b", "content": "rb"},
            {"role": "tool", "tool_call_id": "a", "content": "ra"},
            {"role": "user", "content": [{"type": "text", "text": "first"}, {"type": "text", "text": "last"}]},
        ])
    );
    assert_eq!(losses, NONE);
}

#[test]
fn trap_27_text_and_calls_are_one_message() {
    let (messages, _) = said(json!([
        {"role": "user", "content": "go"},
        {"role": "assistant", "content": [{"type": "text", "text": "a"}, call("a"), {"type": "text", "text": "b"}]},
        {"role": "user", "content": [result("a", json!("r"))]},
    ]));
    assert_eq!(
        messages[1]["content"],
        json!([{"type": "text", "text": "a"}, {"type": "text", "text": "b"}])
    );
    assert_eq!(messages[1]["tool_calls"].as_array().unwrap().len(), 1);
    assert_eq!(messages[2]["role"], "tool");
    assert_eq!(messages.as_array().unwrap().len(), 3);
}

#[test]
fn trap_28_pictures_in_results_follow_the_results() {
    let image = json!({"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"}});
    let source = json!([
        {"role": "user", "content": "go"},
        {"role": "assistant", "content": [call("a"), call("b")]},
        {"role": "user", "content": [result("a", json!([{"type": "text", "text": "see"}, image])), result("b", json!("r"))]},
    ]);
    let (messages, losses) = said(source.clone());
    let picture = json!({"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}});
    assert_eq!(
        messages.as_array().unwrap()[2..],
        [
            json!({"role": "tool", "tool_call_id": "a", "content": [{"type": "text", "text": "see"}, {"type": "text", "text": "[image attached below]"}]}),
            json!({"role": "tool", "tool_call_id": "b", "content": "r"}),
            json!({"role": "user", "content": [picture]}),
        ]
    );
    assert_eq!(losses, NONE);
    let (json, _) = body(
        &claude(&with(json!({"messages": source}))),
        &super::generous(),
    );
    assert_eq!(
        json["messages"][2]["content"],
        json!([{"type": "text", "text": "see"}, picture])
    );
}

#[test]
fn trap_29_results_without_content_are_empty() {
    let (messages, _) = said(json!([
        {"role": "user", "content": "go"},
        {"role": "assistant", "content": [call("a"), call("b")]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "a"}, result("b", json!({"k": [1]}))]},
    ]));
    assert_eq!(messages[2]["content"], "");
    assert_eq!(messages[3]["content"], "{\"k\":[1]}");
}

#[test]
fn trap_30_thinking_never_becomes_visible() {
    let source = json!([
        {"role": "user", "content": "go"},
        {"role": "assistant", "content": [{"type": "thinking", "thinking": "secret", "signature": "sig"}, {"type": "redacted_thinking", "data": "red"}, {"type": "text", "text": "a"}]},
        {"role": "user", "content": "more"},
    ]);
    let (messages, losses) = said(source.clone());
    assert_eq!(messages[1], json!({"role": "assistant", "content": "a"}));
    assert_eq!(
        losses,
        [
            "(messages[1].content[0] dropped)",
            "(messages[1].content[1] dropped)"
        ]
    );
    let (json, _) = body(
        &claude(&with(json!({"messages": source}))),
        &super::generous(),
    );
    assert_eq!(
        json["messages"][1],
        json!({"role": "assistant", "content": "a", "reasoning_content": "secret"})
    );
}

#[test]
fn trap_31_server_tools_are_mapped_or_dropped() {
    let search = json!({"type": "web_search_20250305", "name": "web_search", "max_uses": 3, "allowed_domains": ["a.b"],
        "user_location": {"type": "approximate", "city": "Bern", "country": "CH"}});
    let bash = json!({"type": "bash_20250124", "name": "bash"});
    let (json, losses) = body(
        &claude(&with(
            json!({"tools": [search, bash], "tool_choice": {"type": "tool", "name": "web_search"}}),
        )),
        &target(),
    );
    assert_eq!(
        json["web_search_options"],
        json!({"user_location": {"type": "approximate", "approximate": {"city": "Bern", "country": "CH"}}})
    );
    assert_eq!(json.get("tools"), None);
    assert_eq!(
        losses,
        [
            "tools[1] dropped",
            "tools[0].max_uses dropped",
            "tools[0].allowed_domains dropped",
            "tool_choice dropped",
        ]
    );
    let forced = with(json!({"tools": [bash], "tool_choice": {"type": "tool", "name": "bash"}}));
    assert_eq!(
        encode(&claude(&forced), &target()).unwrap_err().path,
        "tools[0]"
    );
}

#[test]
fn trap_41_effort_beside_tools_is_left_out_where_refused() {
    let mut target = target();
    target.chat.reasoning_effort_with_tools = false;
    let source = with(
        json!({"thinking": {"type": "enabled", "budget_tokens": 2000}, "tools": [{"name": "f", "input_schema": {"type": "object"}}]}),
    );
    let (json, losses) = body(&claude(&source), &target);
    assert_eq!(json.get("reasoning_effort"), None);
    assert_eq!(losses, ["thinking dropped"]);
}

#[test]
fn trap_42_the_billing_block_is_stripped() {
    let (messages, losses) = field(
        json!({"system": [{"type": "text", "text": "x-anthropic-billing-header: cc_version=1"}, {"type": "text", "text": "be kind"}]}),
        "messages",
    );
    assert_eq!(messages[0], json!({"role": "system", "content": "be kind"}));
    assert_eq!(losses, ["(system[0] dropped)"]);
}

#[test]
fn trap_43_the_user_id_stays() {
    assert_eq!(
        field(json!({"metadata": {"user_id": "u_1"}}), "user"),
        (json!("u_1"), vec![])
    );
}

#[test]
fn trap_44_fields_of_other_vendors_stay_out_of_tools() {
    let (tools, losses) = field(
        json!({"tools": [{"name": "f", "description": "d", "input_schema": {"type": "object", "$schema": "s"}, "strict": true,
            "defer_loading": true, "eager_input_streaming": true, "cache_control": {"type": "ephemeral"}}]}),
        "tools",
    );
    assert_eq!(
        tools,
        json!([{"type": "function", "function": {"name": "f", "description": "d", "parameters": {"type": "object", "$schema": "s", "properties": {}}, "strict": true}}])
    );
    assert_eq!(
        losses,
        [
            "(tools[0].cache_control dropped)",
            "tools[0].defer_loading dropped",
            "(tools[0].eager_input_streaming dropped)",
        ]
    );
}

#[test]
fn results_are_paired_or_refused() {
    let missing = with(json!({"messages": [
        {"role": "user", "content": "go"},
        {"role": "assistant", "content": [call("a"), call("b")]},
        {"role": "user", "content": [result("b", json!("r"))]},
    ]}));
    let error = encode(&claude(&missing), &target()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "messages[1].content[0]: the tool call `a` has no result"
    );
    // Trap 14: one result for each call, the later one; orphans are text.
    let (messages, losses) = said(json!([
        {"role": "user", "content": [result("lost", json!("found"))]},
        {"role": "assistant", "content": [call("a")]},
        {"role": "user", "content": "wait"},
        {"role": "user", "content": [result("a", json!("early")), result("a", json!("late"))]},
    ]));
    assert_eq!(
        messages
            .as_array()
            .unwrap()
            .iter()
            .map(|message| message["content"].clone())
            .collect::<Json>(),
        json!([
            [{"type": "text", "text": "[result of the tool call lost]"}, {"type": "text", "text": "found"}],
            null,
            "late",
            "wait",
        ])
    );
    assert_eq!(
        losses,
        [
            "messages[3].content[0] dropped",
            "messages[0].content[0] changed",
            "messages[2] changed",
        ]
    );
}

#[test]
fn an_id_may_be_used_again_in_a_later_turn() {
    let turn = |text: &str| {
        [
            json!({"role": "assistant", "content": [call("a")]}),
            json!({"role": "user", "content": [result("a", json!(text))]}),
        ]
    };
    let mut source = vec![json!({"role": "user", "content": "go"})];
    source.extend(turn("one"));
    source.extend(turn("two"));
    let (messages, losses) = said(Json::from(source));
    assert_eq!(
        (&messages[2]["content"], &messages[4]["content"]),
        (&json!("one"), &json!("two"))
    );
    assert_eq!(losses, NONE);
}

#[test]
fn failed_tools_are_reported() {
    let mut failed = result("a", json!("boom"));
    failed["is_error"] = json!(true);
    let (messages, losses) = said(json!([
        {"role": "user", "content": "go"},
        {"role": "assistant", "content": [call("a")]},
        {"role": "user", "content": [failed]},
    ]));
    assert_eq!(messages[2]["content"], "boom");
    assert_eq!(losses, ["messages[2].content[0].is_error dropped"]);
}

#[test]
fn documents_and_pictures() {
    let (messages, losses) = said(json!([{"role": "user", "content": [
        {"type": "image", "source": {"type": "url", "url": "https://x/a.png"}},
        {"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": "AAAA"}, "title": "T"},
        {"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": "AAAA"}},
        {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "plain"}, "title": "N"},
        {"type": "search_result", "source": "https://s", "title": "S", "content": [{"type": "text", "text": "found"}]},
    ]}]));
    let file = |name: &str| json!({"type": "file", "file": {"file_data": "data:application/pdf;base64,AAAA", "filename": name}});
    assert_eq!(
        messages[0]["content"],
        json!([
            {"type": "image_url", "image_url": {"url": "https://x/a.png"}},
            file("T"),
            file("document.pdf"),
            {"type": "text", "text": "<document title=\"N\">\nplain\n</document>"},
            {"type": "text", "text": "<document title=\"S\" source=\"https://s\">\nfound\n</document>"},
        ])
    );
    assert_eq!(
        losses,
        [
            "messages[0].content[3] changed",
            "messages[0].content[4] changed"
        ]
    );
    for source in [
        json!({"type": "file", "file_id": "f"}),
        json!({"type": "url", "url": "https://x/a.pdf"}),
    ] {
        let source = with(
            json!({"messages": [{"role": "user", "content": [{"type": "document", "source": source}]}]}),
        );
        let error = encode(&claude(&source), &target()).unwrap_err();
        assert_eq!(error.path, "messages[0].content[0]");
    }
}

#[test]
fn thinking_becomes_an_effort() {
    let effort = |fields: Json| field(fields, "reasoning_effort");
    let budget = |tokens: u64| json!({"thinking": {"type": "enabled", "budget_tokens": tokens}, "max_tokens": 64000});
    for (tokens, word) in [(1024, "low"), (8192, "medium"), (24576, "high")] {
        assert_eq!(effort(budget(tokens)), (json!(word), vec![]));
    }
    assert_eq!(
        effort(budget(31999)),
        (json!("high"), vec!["thinking clamped".to_owned()])
    );
    assert_eq!(
        effort(json!({"thinking": {"type": "disabled"}})),
        (json!("none"), vec![])
    );
    assert_eq!(
        effort(json!({"thinking": {"type": "adaptive"}})),
        (json!("high"), vec![])
    );
    assert_eq!(
        effort(
            json!({"thinking": {"type": "adaptive", "display": "omitted"}, "output_config": {"effort": "low"}})
        ),
        (json!("low"), vec!["(thinking.display dropped)".to_owned()])
    );
    assert_eq!(effort(json!({})), (Json::Null, vec![]));
    let levels = |thinking| {
        let mut target = target();
        target.model_profile.thinking = thinking;
        let (json, losses) = body(&claude(&with(budget(31999))), &target);
        (json.get("reasoning_effort").cloned(), losses.len())
    };
    assert_eq!(
        levels(Thinking::Levels {
            xhigh: true,
            max: false
        }),
        (Some(json!("xhigh")), 0)
    );
    assert_eq!(
        levels(Thinking::Levels {
            xhigh: false,
            max: false
        }),
        (Some(json!("high")), 1)
    );
    assert_eq!(levels(Thinking::None), (None, 1));
}

#[test]
fn settings_of_claude() {
    let (json, losses) = body(
        &claude(&with(
            json!({"stop_sequences": ["1", "2", "3", "4", "5"], "temperature": 0.5, "top_k": 9, "stream": true,
            "tools": [{"name": "f", "input_schema": {"type": "object"}}], "tool_choice": {"type": "any", "disable_parallel_tool_use": true},
            "output_config": {"format": {"type": "json_schema", "schema": {"type": "object"}}},
            "speed": "fast", "service_tier": "standard_only", "container": "c", "cache_control": {"type": "ephemeral"},
            "context_management": {"edits": []}}),
        )),
        &target(),
    );
    assert_eq!(
        json,
        json!({"model": "upstream-model", "messages": [{"role": "user", "content": "x"}],
            "tools": [{"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {}}}}],
            "tool_choice": "required", "parallel_tool_calls": false,
            "max_tokens": 100, "stop": ["1", "2", "3", "4"], "temperature": 0.5,
            "response_format": {"type": "json_schema", "json_schema": {"name": "response", "schema": {"type": "object"}}},
            "service_tier": "priority", "stream": true, "stream_options": {"include_usage": true}})
    );
    assert_eq!(
        losses,
        [
            "stop_sequences clamped",
            "top_k dropped",
            "(cache_control dropped)",
            "container dropped",
            "context_management dropped",
        ]
    );
}

#[test]
fn a_model_without_schemas_is_asked_in_words() {
    let mut target = target();
    target.model_profile.json_schema = false;
    let source = with(
        json!({"system": "be kind", "output_config": {"format": {"type": "json_schema", "schema": {"type": "object"}}}}),
    );
    let (json, losses) = body(&claude(&source), &target);
    assert_eq!(json["response_format"], json!({"type": "json_object"}));
    assert_eq!(
        json["messages"][1],
        json!({"role": "system", "content": "Answer with one JSON object that follows this JSON schema:\n{\"type\":\"object\"}"})
    );
    assert_eq!(losses, ["output_config.format changed"]);
}

#[test]
fn system_blocks_keep_their_boundaries() {
    let (messages, _) = field(
        json!({"system": [{"type": "text", "text": "a", "cache_control": {"type": "ephemeral"}}, {"type": "text", "text": "b"}],
            "messages": [{"role": "user", "content": "x"}, {"role": "system", "content": "mid"}]}),
        "messages",
    );
    assert_eq!(
        messages,
        json!([
            {"role": "system", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]},
            {"role": "user", "content": "x"},
            {"role": "system", "content": "mid"},
        ])
    );
}

#[test]
fn a_begun_answer_is_kept_and_continued() {
    let source = with(
        json!({"messages": [{"role": "user", "content": "x"}, {"role": "assistant", "content": "begun"}]}),
    );
    let (json, losses) = body(&claude(&source), &target());
    assert_eq!(json["messages"].as_array().unwrap().len(), 2);
    assert_eq!(losses, NONE);
    let mut target = target();
    target.model_profile.prefill = false;
    let (json, losses) = body(&claude(&source), &target);
    assert_eq!(json["messages"][1]["content"], "begun");
    assert_eq!(json["messages"][2]["role"], "user");
    assert_eq!(losses, ["messages[1] changed"]);
}

#[test]
fn server_blocks_in_history_are_dropped_by_name() {
    let (messages, losses) = said(json!([
        {"role": "user", "content": "go"},
        {"role": "assistant", "content": [{"type": "server_tool_use", "id": "s", "name": "web_search", "input": {}}, {"type": "text", "text": "found"}]},
        {"role": "user", "content": "more"},
    ]));
    assert_eq!(
        messages[1],
        json!({"role": "assistant", "content": "found"})
    );
    assert_eq!(losses, ["messages[1].content[0] dropped"]);
}
