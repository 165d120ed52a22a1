//! The traps of `dialects.md` 4.1 that concern the conversation.

use super::*;

fn use_of(id: &str, input: Value) -> Value {
    let mut block = json!({"type": "tool_use", "id": id, "name": "weather"});
    block["input"] = input;
    block
}

fn result_of(id: &str, text: &str) -> Value {
    json!({"type": "tool_result", "tool_use_id": id, "content": text})
}

fn text(text: &str) -> Value {
    json!({"type": "text", "text": text})
}

#[test]
fn trap_01_parallel_results_share_the_next_user_turn_before_its_text() {
    let found = chat_messages(json!([
        {"role": "user", "content": "q"},
        calls(json!([call("a", "{}"), call("b", "{}")])),
        result("b", "2"),
        {"role": "user", "content": "and?"},
        result("a", "1"),
    ]));
    assert_eq!(
        found,
        json!([
            {"role": "user", "content": "q"},
            {"role": "assistant", "content": [use_of("a", json!({})), use_of("b", json!({}))]},
            {"role": "user", "content": [result_of("b", "2"), result_of("a", "1"), text("and?")]},
        ])
    );
}

#[test]
fn calls_in_several_messages_are_one_turn() {
    let found = chat_messages(json!([
        {"role": "user", "content": "q"},
        calls(json!([call("a", "{}")])),
        calls(json!([call("b", "{}")])),
        result("a", "1"),
        result("b", "2"),
    ]));
    assert_eq!(found.as_array().unwrap().len(), 3);
    assert_eq!(found[2]["content"].as_array().unwrap().len(), 2);
}

#[test]
fn trap_02_ids_are_sanitised_in_call_and_result_alike() {
    let found = chat_messages(json!([
        {"role": "user", "content": "q"},
        calls(json!([call("functions.weather:0 x", "{}")])),
        result("functions.weather:0 x", "1"),
    ]));
    let id = found[1]["content"][0]["id"].as_str().unwrap();
    assert!(
        id.bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte)),
        "{id}"
    );
    assert_eq!(found[2]["content"][0]["tool_use_id"], id);
}

#[test]
fn ids_that_begin_anew_in_every_turn_become_unique() {
    let found = chat_messages(json!([
        {"role": "user", "content": "q"},
        calls(json!([call("call_0", "{}"), call("call_0", "{}")])),
        result("call_0", "1"),
        result("call_0", "2"),
        calls(json!([call("call_0", "{}")])),
        result("call_0", "3"),
    ]));
    let ids = |message: usize, key: &str| -> Vec<String> {
        let blocks = found[message]["content"].as_array().unwrap();
        blocks
            .iter()
            .map(|block| block[key].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(ids(1, "id"), ["call_0", "call_0_2"]);
    assert_eq!(ids(2, "tool_use_id"), ["call_0", "call_0_2"]);
    assert_eq!(ids(3, "id"), ["call_0_3"]);
    assert_eq!(ids(4, "tool_use_id"), ["call_0_3"]);
}

#[test]
fn trap_03_and_04_arguments_become_objects() {
    for (arguments, input, lost) in [
        ("", json!({}), false),
        ("  ", json!({}), false),
        (r#"{"a": 1}"#, json!({"a": 1}), false),
        ("[1,2]", json!({"input": [1, 2]}), true),
        ("\"x\"", json!({"input": "x"}), true),
        ("null", json!({"input": null}), true),
        (r#"{"a": "#, json!({}), true),
    ] {
        let written = from_chat(&messages(json!([
            {"role": "user", "content": "q"},
            calls(json!([call("a", arguments)])),
            result("a", "1"),
        ])));
        assert_eq!(written.body["messages"][1]["content"][0]["input"], input);
        let path = "messages[1].tool_calls[0].function.arguments";
        assert_eq!(written.lost().contains(&path), lost, "{arguments}");
    }
}

#[test]
fn trap_05_empty_and_blank_texts_are_left_out() {
    let found = chat_messages(json!([
        {"role": "user", "content": "q"},
        {"role": "assistant", "content": "", "tool_calls": [call("a", "{}")]},
        result("a", ""),
        {"role": "assistant", "content": " \n"},
        {"role": "user", "content": [{"type": "text", "text": ""}, {"type": "text", "text": "x"}]},
    ]));
    assert_eq!(
        found,
        json!([
            {"role": "user", "content": "q"},
            {"role": "assistant", "content": [use_of("a", json!({}))]},
            {"role": "user", "content": [
                {"type": "tool_result", "tool_use_id": "a"},
                text("x"),
            ]},
        ])
    );
}

#[test]
fn trap_06_a_system_prompt_alone_gets_a_user() {
    let written = from_chat(&messages(json!([{"role": "system", "content": "be"}])));
    assert_eq!(written.body["system"], "be");
    assert_eq!(
        written.body["messages"],
        json!([{"role": "user", "content": "."}])
    );
}

#[test]
fn a_conversation_begins_with_a_user() {
    let found = chat_messages(json!([
        {"role": "assistant", "content": "hello"},
        {"role": "user", "content": "hi"},
    ]));
    assert_eq!(found[0], json!({"role": "user", "content": "(continued)"}));
    assert_eq!(found[1]["content"], "hello");
}

#[test]
fn trap_07_later_system_messages_keep_their_place() {
    let body = messages(json!([
        {"role": "system", "content": "first"},
        {"role": "user", "content": [{"type": "text", "text": "a", "cache_control": {"type": "ephemeral"}}]},
        {"role": "developer", "content": "later"},
        {"role": "user", "content": "b"},
    ]));
    let written = from_chat(&body);
    assert_eq!(written.body["system"], "first");
    assert_eq!(
        written.body["messages"],
        json!([{"role": "user", "content": [
            {"type": "text", "text": "a", "cache_control": {"type": "ephemeral"}},
            text("<system-reminder>\nlater\n</system-reminder>"),
            text("b"),
        ]}])
    );
    assert_eq!(written.lost(), ["messages[2]"]);

    let written = write(
        Dialect::Chat,
        &body,
        &target_with(|profile| profile.mid_system = true),
    );
    let list = &written.body["messages"];
    assert_eq!(list[1], json!({"role": "system", "content": "later"}));
    assert_eq!(list[2], json!({"role": "user", "content": "b"}));
    assert!(written.lost().is_empty(), "{:?}", written.lost());
}

#[test]
fn a_system_message_between_call_and_result_moves_behind_the_results() {
    let body = messages(json!([
        {"role": "user", "content": "q"},
        calls(json!([call("a", "{}")])),
        {"role": "system", "content": "later"},
        result("a", "1"),
        {"role": "user", "content": "u"},
    ]));
    for (mid_system, roles) in [
        (false, vec!["user", "assistant", "user"]),
        (true, vec!["user", "assistant", "user", "system", "user"]),
    ] {
        let target = target_with(|profile| profile.mid_system = mid_system);
        let written = write(Dialect::Chat, &body, &target);
        let list = written.body["messages"].as_array().unwrap();
        let found: Vec<_> = list.iter().map(|message| &message["role"]).collect();
        assert_eq!(found, roles);
        assert_eq!(list[2]["content"][0], result_of("a", "1"));
    }
}

#[test]
fn system_turns_before_anybody_spoke_join_the_system_prompt() {
    let written = from_claude(&with(json!({
        "system": [{"type": "text", "text": "a"}],
        "messages": [
            {"role": "system", "content": "b"},
            {"role": "user", "content": "q"},
        ],
    })));
    assert_eq!(written.body["system"], json!([text("a"), text("b")]));
    assert_eq!(written.body["messages"][0]["role"], "user");
}

#[test]
fn trap_14_the_last_of_several_results_counts() {
    let written = from_chat(&messages(json!([
        {"role": "user", "content": "q"},
        calls(json!([call("a", "{}")])),
        result("a", "old"),
        result("a", "new"),
    ])));
    let list = &written.body["messages"];
    assert_eq!(list[2]["content"], json!([result_of("a", "new")]));
    assert_eq!(written.lost(), ["messages[2].content"]);
}

#[test]
fn results_without_a_call_are_told_as_text() {
    let written = from_chat(&messages(json!([
        {"role": "user", "content": "q"},
        result("zzz", "42"),
    ])));
    assert_eq!(
        written.body["messages"],
        json!([{"role": "user", "content": [text("q"), text("[result of the call zzz]"), text("42")]}])
    );
    assert_eq!(written.lost(), ["messages[1].content"]);
}

#[test]
fn a_call_without_a_result_is_refused() {
    refused(
        Dialect::Chat,
        &messages(json!([
            {"role": "user", "content": "q"},
            calls(json!([call("a", "{}"), call("b", "{}")])),
            result("a", "1"),
            {"role": "assistant", "content": "x"},
        ])),
        "messages[1].tool_calls[1]",
    );
    refused(
        Dialect::Claude,
        &messages(json!([
            {"role": "user", "content": "q"},
            {"role": "assistant", "content": [text("x"), use_of("a", json!({}))]},
        ])),
        "messages[1].content[1]",
    );
}

#[test]
fn trap_24_foreign_and_unsigned_reasoning_stays_at_home() {
    let written = from_chat(&messages(json!([
        {"role": "user", "content": "q"},
        {"role": "assistant", "content": "a", "reasoning_content": "secret thoughts"},
        {"role": "user", "content": "r"},
    ])));
    assert!(
        !written.body.to_string().contains("secret"),
        "{}",
        written.body
    );
    assert!(written.lost().is_empty(), "{:?}", written.lost());
    assert_eq!(written.quiet(), ["messages[1].reasoning_content"]);
}

#[test]
fn reasoning_comes_back_to_the_provider_that_signed_it() {
    let wrapped = crate::opaque::wrap(&crate::ir::Opaque {
        data: Str::from_static("sig"),
        provider: Str::from_static("claude"),
    });
    let list = json!([
        {"role": "user", "content": "q"},
        {"role": "assistant", "content": "a", "reasoning_details": [
            {"type": "reasoning.text", "text": "thought", "signature": &*wrapped, "index": 0},
        ]},
        {"role": "user", "content": "r"},
    ]);
    let written = from_chat(&messages(list.clone()));
    assert_eq!(
        written.body["messages"][1]["content"][0],
        json!({"type": "thinking", "thinking": "thought", "signature": "sig"})
    );
    let mut other = target();
    other.provider = Str::from_static("bedrock");
    let written = write(Dialect::Chat, &messages(list), &other);
    assert_eq!(
        written.body["messages"][1],
        json!({"role": "assistant", "content": "a"})
    );
}

#[test]
fn names_of_speakers_are_named_as_lost() {
    let written = from_chat(&messages(json!([
        {"role": "system", "content": "s", "name": "boss"},
        {"role": "user", "content": "q", "name": "ann"},
    ])));
    assert_eq!(written.lost(), ["messages[1].name", "messages[0].name"]);
}

#[test]
fn the_end_is_a_user_where_the_model_continues_nobody() {
    let body = messages(json!([
        {"role": "user", "content": "q"},
        {"role": "assistant", "content": "The answer is "},
    ]));
    let written = from_chat(&body);
    assert_eq!(written.body["messages"][1]["content"], "The answer is");
    assert_eq!(written.lost(), ["messages[1]"]);
    let target = target_with(|profile| profile.prefill = false);
    let written = write(Dialect::Chat, &body, &target);
    assert_eq!(written.body["messages"][1]["content"], "The answer is ");
    assert_eq!(
        written.body["messages"][2],
        json!({"role": "user", "content": "(continue)"})
    );
    assert_eq!(written.lost(), ["messages[1]"]);
}

#[test]
fn an_answer_that_pauses_for_server_tools_is_sent_as_it_is() {
    let search = json!({"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "x"}});
    let body = messages(json!([
        {"role": "user", "content": "q"},
        {"role": "assistant", "content": [text("looking"), search]},
    ]));
    let target = target_with(|profile| profile.prefill = false);
    let written = write(Dialect::Claude, &body, &target);
    assert_eq!(written.body["messages"], body["messages"]);
}

#[test]
fn refusals_are_text() {
    let found = chat_messages(json!([
        {"role": "user", "content": "q"},
        {"role": "assistant", "content": null, "refusal": "no"},
        {"role": "user", "content": "why"},
    ]));
    assert_eq!(found[1]["content"].to_string().matches("\"no\"").count(), 1);
}

#[test]
fn media_take_claudes_forms() {
    let part = |url: &str| json!({"type": "image_url", "image_url": {"url": url}});
    let base64 = |mime: &str, data: &str| json!({"type": "image", "source": {"type": "base64", "media_type": mime, "data": data}});
    let file = |data: &str| json!({"type": "file", "file": {"filename": "a.x", "file_data": data}});
    for (given, expected) in [
        (
            part("https://x.org/a.png"),
            json!({"type": "image", "source": {"type": "url", "url": "https://x.org/a.png"}}),
        ),
        (
            part("data:image/png;base64,AAAA"),
            base64("image/png", "AAAA"),
        ),
        (
            part("DATA:image/JPG;charset=x;base64,AAAA"),
            base64("image/jpeg", "AAAA"),
        ),
        (
            part("data:;base64,iVBORw0KGgoAAAA="),
            base64("image/png", "iVBORw0KGgoAAAA="),
        ),
        (
            file("data:application/pdf;base64,JVBERi0="),
            json!({"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": "JVBERi0="}, "title": "a.x"}),
        ),
        (
            file("data:text/markdown;base64,aGVsbG8="),
            json!({"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "hello"}, "title": "a.x"}),
        ),
    ] {
        let found = chat_messages(json!([{"role": "user", "content": [given]}]));
        assert_eq!(found[0]["content"][0], expected);
    }
}

#[test]
fn media_that_claude_cannot_see_are_refused() {
    for part in [
        json!({"type": "image_url", "image_url": {"url": "data:image/tiff;base64,AAAA"}}),
        json!({"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}}),
        json!({"type": "file", "file": {"file_id": "file-1"}}),
        json!({"type": "file", "file": {"file_data": "data:application/zip;base64,AAAA"}}),
    ] {
        let body =
            messages(json!([{"role": "user", "content": [{"type": "text", "text": "x"}, part]}]));
        refused(Dialect::Chat, &body, "messages[0].content[1]");
    }
}

#[test]
fn more_than_four_cache_marks_keep_the_prefix_and_the_latest() {
    let mark = json!({"type": "ephemeral"});
    let marked = |text: &str| json!({"type": "text", "text": text, "cache_control": mark});
    let written = from_claude(&with(json!({
        "system": [marked("s")],
        "tools": [{"name": "t", "input_schema": {"type": "object"}, "cache_control": mark}],
        "messages": [
            {"role": "user", "content": [marked("1"), marked("2")]},
            {"role": "assistant", "content": [marked("3")]},
            {"role": "user", "content": [marked("4")]},
        ],
    })));
    let list = &written.body["messages"];
    assert_eq!(written.body["system"], json!([marked("s")]));
    assert_eq!(written.body["tools"][0]["cache_control"], mark);
    assert_eq!(list[0]["content"], json!([text("1"), text("2")]));
    assert_eq!(list[1]["content"], json!([marked("3")]));
    assert_eq!(list[2]["content"], json!([marked("4")]));
    assert_eq!(written.quiet(), ["cache_control"]);
}

#[test]
fn marks_of_messages_and_blank_texts_move_to_the_block_before() {
    let mark = json!({"type": "ephemeral", "ttl": "1h"});
    let written = from_chat(&messages(json!([
        {"role": "user", "content": "a", "cache_control": mark},
        {"role": "user", "content": [{"type": "text", "text": "b"}, {"type": "text", "text": " ", "cache_control": mark}]},
    ])));
    assert_eq!(
        written.body["messages"][0]["content"],
        json!([
            {"type": "text", "text": "a", "cache_control": mark},
            {"type": "text", "text": "b", "cache_control": mark},
        ])
    );
}
