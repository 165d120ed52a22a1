//! Answers.

use serde_json::{Value as Json, json};

use super::{document, reply};
use crate::ir::{
    Arguments, CallKind, Choice, Extensions, Opaque, Part, Reasoning, Response, Stop, StopReason,
    Text, ToolCall, Usage,
};
use crate::json::{RawJson, Str};
use crate::openai::chat::response::{decode, encode};
use crate::target::Reply;
use crate::{Dialect, opaque};

#[track_caller]
fn read(body: &Json) -> Response {
    decode(document(body).root(), &Str::from_static("openai")).unwrap()
}

fn message(message: Json, reason: Json) -> Json {
    json!({"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "m",
        "choices": [{"index": 0, "message": message, "finish_reason": reason}]})
}

fn reason(said: Json, word: Json) -> StopReason {
    read(&message(said, word)).choices[0]
        .stop
        .clone()
        .unwrap()
        .reason
}

fn written(response: &Response, reply: &Reply) -> Json {
    let mut out = Vec::new();
    encode(response, reply, &mut out);
    serde_json::from_slice(&out).unwrap()
}

fn answer(parts: Vec<Part>, reason: StopReason) -> Response {
    let mut response = Response::new(Dialect::Claude);
    response.choices = vec![Choice {
        parts,
        stop: Some(Stop::new(reason)),
        ..Choice::default()
    }];
    response
}

fn text(text: &'static str) -> Part {
    Part::Text(Text::new(Str::from_static(text)))
}

fn call(arguments: &'static str) -> Part {
    Part::ToolCall(ToolCall {
        id: Str::from_static("a.b"),
        name: Str::from_static("f"),
        kind: CallKind::Function,
        arguments: Arguments(Str::from_static(arguments)),
        opaque: None,
        cache: None,
        extensions: Extensions::default(),
    })
}

#[test]
fn an_answer_survives_its_own_dialect() {
    let source = json!({"id": "chatcmpl-u1", "object": "chat.completion", "created": 7, "model": "alias",
        "choices": [
            {"index": 0, "message": {"role": "assistant", "content": "hi", "refusal": null,
                "annotations": [{"type": "url_citation", "url_citation": {"start_index": 0, "end_index": 2, "title": "t", "url": "u"}}],
                "audio": {"id": "a", "data": "AAAA"}, "images": [{"x": 1}]},
                "logprobs": {"content": [{"token": "hi", "logprob": -0.5, "bytes": [104, 105], "top_logprobs": []}], "refusal": null},
                "finish_reason": "stop", "content_filter_results": {"hate": {}}},
            {"index": 1, "message": {"role": "assistant", "content": null, "refusal": null, "reasoning_content": "why", "tool_calls": [
                {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{\"a\": 1}"}, "extra_content": {"google": {"thought_signature": "s"}}},
                {"id": "c2", "type": "custom", "custom": {"name": "g", "input": "free"}}]}, "logprobs": null, "finish_reason": "tool_calls"},
            {"index": 2, "message": {"role": "assistant", "content": null, "refusal": "no"}, "logprobs": null, "finish_reason": "stop"},
            {"index": 3, "message": {"role": "assistant", "content": "cut", "refusal": null}, "logprobs": null, "finish_reason": "length"},
            {"index": 4, "message": {"role": "assistant", "content": "", "refusal": null}, "logprobs": null, "finish_reason": "content_filter"},
        ],
        "usage": {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15, "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 1},
            "completion_tokens_details": {"reasoning_tokens": 2, "accepted_prediction_tokens": 0}, "cost": 0.1},
        "service_tier": "default", "system_fingerprint": "fp"});
    assert_eq!(written(&read(&source), &reply()), source);
}

#[test]
fn reasons_follow_what_was_said() {
    let calls = json!({"tool_calls": [{"id": "a", "function": {"name": "f", "arguments": "{}"}}]});
    let said = json!({"content": "x"});
    assert_eq!(reason(said.clone(), json!("stop")), StopReason::End);
    assert_eq!(reason(said.clone(), Json::Null), StopReason::End);
    assert_eq!(reason(said.clone(), json!("tool_calls")), StopReason::End);
    assert_eq!(reason(calls.clone(), json!("stop")), StopReason::ToolUse);
    assert_eq!(reason(calls.clone(), json!("length")), StopReason::Length);
    assert_eq!(reason(calls, Json::Null), StopReason::ToolUse);
    assert_eq!(
        reason(said.clone(), json!("content_filter")),
        StopReason::Filter
    );
    assert_eq!(
        reason(said, json!("newer")),
        StopReason::Other(Str::from("newer"))
    );
    assert_eq!(
        reason(json!({"refusal": "no"}), json!("stop")),
        StopReason::Refusal
    );
}

#[test]
fn deviations_of_compatible_servers() {
    // Mistral: a list of parts, thinking among them.
    let list = json!({"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}, {"type": "text", "text": "a"}, {"type": "text", "text": "b"}]});
    let parts = read(&message(list, json!("stop"))).choices[0].parts.clone();
    let origin = Opaque {
        data: Str::new(),
        provider: Str::from("openai"),
    };
    assert!(
        matches!(&parts[0], Part::Reasoning(reasoning) if reasoning.text == "hm" && reasoning.opaque == Some(origin))
    );
    assert_eq!(parts[1], text("ab"));
    // Calls without ids, arguments as an object, the deprecated call, calls without names.
    let said = json!({"content": "", "tool_calls": [{"function": {"name": "f", "arguments": {"a": 1}}}, {"id": "", "function": {"name": "f"}}, {"id": "x", "function": {}}],
        "function_call": {"name": "g", "arguments": "{}"}});
    let calls: Vec<_> = read(&message(said, json!("stop"))).choices[0]
        .parts
        .iter()
        .map(|part| match part {
            Part::ToolCall(call) => (call.id.to_string(), call.arguments.0.to_string()),
            other => panic!("{other:?}"),
        })
        .collect();
    let expected = [
        ("call_f_chatcmpl-1_0", r#"{"a":1}"#),
        ("call_f_chatcmpl-1_1", ""),
        ("call_g_chatcmpl-1_2", "{}"),
    ];
    assert_eq!(
        calls,
        expected.map(|(id, arguments)| (id.to_owned(), arguments.to_owned()))
    );
}

#[test]
fn what_is_no_answer_is_refused() {
    let refused = |body: Json| {
        decode(document(&body).root(), &Str::new())
            .unwrap_err()
            .to_string()
    };
    assert_eq!(refused(json!({"x": 1})), "choices: expected a list");
    assert_eq!(refused(json!([])), "choices: expected a list");
    assert_eq!(refused(json!({"error": {"message": "no"}})), "error: no");
    assert_eq!(
        refused(json!({"choices": [{}]})),
        "choices[0].message: expected an object"
    );
}

#[track_caller]
fn usage(body: Json) -> Usage {
    let mut source = message(json!({"content": "x"}), json!("stop"));
    source["usage"] = body;
    let mut usage = read(&source).usage.unwrap_or_default();
    usage.own = None;
    usage
}

#[test]
fn trap_19_counts_do_not_overlap() {
    let counts = |input, read, write, output, reasoning| Usage {
        input,
        cache_read: read,
        cache_write: write,
        output,
        reasoning,
        ..Usage::default()
    };
    assert_eq!(
        usage(
            json!({"prompt_tokens": 1000, "completion_tokens": 9, "prompt_tokens_details": {"cached_tokens": 300, "cache_write_tokens": 200}})
        ),
        counts(Some(500), Some(300), Some(200), Some(9), None)
    );
    assert_eq!(
        usage(
            json!({"prompt_tokens": 5, "completion_tokens": 3, "prompt_tokens_details": {"cached_tokens": 9}, "completion_tokens_details": {"reasoning_tokens": 8}})
        ),
        counts(Some(0), Some(9), None, Some(0), Some(8))
    );
    // DeepSeek; a total that counts thinking beside the completion (xAI).
    assert_eq!(
        usage(
            json!({"prompt_tokens": 10, "completion_tokens": 1, "total_tokens": 15, "prompt_cache_hit_tokens": 4, "completion_tokens_details": {"reasoning_tokens": 4}})
        ),
        counts(Some(6), Some(4), None, Some(1), Some(4))
    );
    assert_eq!(usage(json!({})), Usage::default());
    assert_eq!(usage(Json::Null), Usage::default());
}

#[test]
fn claudes_counts_are_summed() {
    let mut response = answer(vec![text("x")], StopReason::End);
    response.usage = Some(Usage {
        input: Some(13),
        cache_read: Some(22000),
        cache_write: Some(31),
        output: Some(4),
        ..Usage::default()
    });
    let usage = &written(&response, &reply())["usage"];
    assert_eq!(
        *usage,
        json!({"prompt_tokens": 22044, "completion_tokens": 4, "total_tokens": 22048, "prompt_tokens_details": {"cached_tokens": 22000, "cache_write_tokens": 31}})
    );
    response.usage = None;
    assert_eq!(written(&response, &reply()).get("usage"), None);
    response.usage = Some(Usage::default());
    assert_eq!(written(&response, &reply()).get("usage"), None);
}

#[test]
fn trap_18_all_texts_are_joined_and_calls_follow() {
    let parts = vec![text("a"), call(""), text("b")];
    let json = written(&answer(parts, StopReason::ToolUse), &reply());
    let message = &json["choices"][0]["message"];
    assert_eq!(message["content"], "ab");
    // Trap 16 and 2: empty arguments are an object, ids are made fit.
    assert_eq!(message["tool_calls"][0]["function"]["arguments"], "{}");
    assert_eq!(
        message["tool_calls"][0]["id"],
        crate::ids::sanitise(&Str::from("a.b"), 64).to_string()
    );
    assert_eq!(json["choices"][0]["finish_reason"], "tool_calls");
    assert_eq!(
        (
            json["id"].as_str(),
            json["model"].as_str(),
            json["created"].as_u64()
        ),
        (Some("chatcmpl-u1"), Some("alias"), Some(7))
    );
}

#[test]
fn trap_22_reasons_of_claude() {
    let word = |reason| {
        written(&answer(vec![text("x")], reason), &reply())["choices"][0]["finish_reason"].clone()
    };
    assert_eq!(word(StopReason::Refusal), "content_filter");
    assert_eq!(word(StopReason::Filter), "content_filter");
    assert_eq!(word(StopReason::StopSequence), "stop");
    assert_eq!(word(StopReason::Pause), "stop");
    assert_eq!(word(StopReason::ContextExceeded), "length");
    assert_eq!(word(StopReason::MalformedCall), "stop");
    assert_eq!(word(StopReason::ToolUse), "stop");
    let with_call = written(&answer(vec![call("{}")], StopReason::End), &reply());
    assert_eq!(with_call["choices"][0]["finish_reason"], "tool_calls");
}

#[test]
fn trap_24_state_of_thinking_is_wrapped_and_never_text() {
    let state = Opaque {
        data: Str::from("sig"),
        provider: Str::from("claude"),
    };
    let redacted = Opaque {
        data: Str::from("red"),
        provider: Str::from("claude"),
    };
    let plain = Opaque {
        data: Str::new(),
        provider: Str::from("deepseek"),
    };
    let thought = |text: &'static str, opaque: &Opaque, redacted| {
        Part::Reasoning(Reasoning {
            text: Str::from_static(text),
            opaque: Some(opaque.clone()),
            redacted,
            ..Reasoning::default()
        })
    };
    let parts = vec![
        thought("one", &state, false),
        thought("", &redacted, true),
        thought("two", &plain, false),
        text("x"),
    ];
    let json = written(&answer(parts, StopReason::End), &reply());
    let message = &json["choices"][0]["message"];
    assert_eq!(message["content"], "x");
    assert_eq!(message["reasoning_content"], "onetwo");
    assert_eq!(
        message["reasoning_details"],
        json!([
            {"type": "reasoning.text", "text": "one", "signature": opaque::wrap(&state).to_string(), "index": 0},
            {"type": "reasoning.encrypted", "data": opaque::wrap(&redacted).to_string(), "index": 1},
        ])
    );
}

#[test]
fn citations_become_annotations() {
    let cited = Part::Text(Text {
        citations: Some(RawJson::parse(Str::from_static(r#"[{"type":"web_search_result_location","url":"u","title":"t"},{"type":"char_location"}]"#)).unwrap()),
        ..Text::new(Str::from_static("déjà"))
    });
    let json = written(&answer(vec![text("ab"), cited], StopReason::End), &reply());
    assert_eq!(
        json["choices"][0]["message"]["annotations"],
        json!([{"type": "url_citation", "url_citation": {"start_index": 2, "end_index": 6, "title": "t", "url": "u"}}])
    );
}

#[test]
fn names_and_kinds_are_the_clients() {
    let mut reply = reply();
    reply.names.mark_custom(&Str::from("f"));
    let json = written(
        &answer(vec![call(r#"{"input":"free text"}"#)], StopReason::ToolUse),
        &reply,
    );
    assert_eq!(
        json["choices"][0]["message"]["tool_calls"][0]["custom"],
        json!({"name": "f", "input": "free text"})
    );
    let json = written(&answer(vec![call("{cut")], StopReason::Length), &reply);
    assert_eq!(
        json["choices"][0]["message"]["tool_calls"][0]["custom"]["input"],
        "{cut"
    );
    let mut reply = super::reply();
    reply.names.mark_legacy_functions();
    let json = written(&answer(vec![call("{}")], StopReason::ToolUse), &reply);
    assert_eq!(
        json["choices"][0]["message"]["function_call"],
        json!({"name": "f", "arguments": "{}"})
    );
    assert_eq!(json["choices"][0]["finish_reason"], "function_call");
}

#[test]
fn an_answer_without_choices_is_one_silent_choice() {
    let json = written(&Response::new(Dialect::Claude), &reply());
    assert_eq!(
        json["choices"],
        json!([{"index": 0, "message": {"role": "assistant", "content": "", "refusal": null}, "logprobs": null, "finish_reason": "stop"}])
    );
}
