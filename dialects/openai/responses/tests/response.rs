//! Answers.

use serde_json::{Value as Json, json};

use super::{document, reply};
use crate::Dialect;
use crate::ir::{Part, Response, StopReason};
use crate::json::Str;

fn decode(body: Json) -> Result<Response, crate::DecodeError> {
    super::super::response::decode(document(&body).root(), &Str::from_static("openai"), true)
}

fn text(text: &str) -> Json {
    json!({"type": "message", "content": [{"type": "output_text", "text": text}]})
}

#[test]
fn endings() {
    #[track_caller]
    fn check(body: Json, expected: StopReason) {
        let stop = decode(body).unwrap().choices.remove(0).stop.unwrap();
        assert_eq!(stop.reason, expected);
    }
    let call = json!({"type": "function_call", "call_id": "1", "name": "f", "arguments": "{}"});
    let refusal = json!({"type": "message", "content": [{"type": "refusal", "refusal": "no"}]});
    let cut = |reason: &str, item: &Json| json!({"status": "incomplete", "incomplete_details": {"reason": reason}, "output": [item]});
    check(
        json!({"status": "completed", "output": [text("a")]}),
        StopReason::End,
    );
    check(json!({"output": [text("a")]}), StopReason::End);
    check(
        json!({"status": "completed", "output": [call]}),
        StopReason::ToolUse,
    );
    check(
        json!({"status": "completed", "output": [refusal]}),
        StopReason::Refusal,
    );
    check(cut("max_output_tokens", &call), StopReason::Length);
    check(cut("content_filter", &text("a")), StopReason::Filter);
    check(
        cut("steered", &text("a")),
        StopReason::Other("steered".into()),
    );
    check(
        json!({"status": "incomplete", "output": []}),
        StopReason::Length,
    );
}

#[test]
fn what_is_no_answer_is_refused_with_its_reason() {
    let reason = |body: Json| decode(body).unwrap_err().to_string();
    assert!(reason(json!({"error": {"message": "quota", "code": "x"}})).contains("quota"));
    assert!(
        reason(
            json!({"status": "failed", "output": [], "error": {"code": "c", "message": "broke"}})
        )
        .contains("broke")
    );
    assert!(reason(json!({"status": "queued", "output": []})).contains("queued"));
    assert!(reason(json!({"choices": []})).contains("output"));
}

#[test]
fn ids_are_ours_and_each_is_there_once() {
    let response = decode(json!({"id": "resp_up", "output": [
        {"type": "reasoning", "id": "rs_up", "summary": [{"type": "summary_text", "text": "hm"}], "encrypted_content": "S"},
        text("a"), {"type": "function_call", "call_id": "call_up", "name": "f", "arguments": "{}"}]})).unwrap();
    let mut out = Vec::new();
    super::super::response::encode(&response, &reply(), &mut out);
    let body: Json = serde_json::from_slice(&out).unwrap();
    assert_eq!(body["id"], "resp_u1");
    let ids: Vec<&str> = body["output"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["id"].as_str().unwrap())
        .collect();
    assert_eq!(ids, ["rs_modelgate_u1_0", "msg_u1_1", "fc_u1_2"]);
    assert_eq!(body["output"][2]["call_id"], "call_up");
    assert_eq!(
        body["output"][0]["encrypted_content"], "S",
        "its own vendor's bytes as they are"
    );
}

#[test]
fn only_the_last_item_was_cut() {
    let item = |arguments: &str| json!({"type": "function_call", "call_id": "1", "name": "f", "arguments": arguments});
    let response = decode(
        json!({"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"},
        "output": [item(""), item("")]}),
    )
    .unwrap();
    let mut out = Vec::new();
    super::super::response::encode(&response, &reply(), &mut out);
    let body: Json = serde_json::from_slice(&out).unwrap();
    let told: Vec<(&str, &str)> = body["output"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| {
            (
                item["status"].as_str().unwrap(),
                item["arguments"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(told, [("completed", "{}"), ("incomplete", "")]);
}

#[test]
fn unknown_usage_is_null_and_known_usage_has_its_details() {
    let usage = |usage: Json| {
        let response = decode(json!({"output": [text("a")], "usage": usage})).unwrap();
        let mut out = Vec::new();
        super::super::response::encode(&response, &reply(), &mut out);
        serde_json::from_slice::<Json>(&out).unwrap()["usage"].clone()
    };
    assert_eq!(usage(Json::Null), Json::Null);
    assert_eq!(
        usage(json!({"input_tokens": 5, "output_tokens": 3})),
        json!({"input_tokens": 5, "input_tokens_details": {"cached_tokens": 0}, "output_tokens": 3,
            "output_tokens_details": {"reasoning_tokens": 0}, "total_tokens": 8})
    );
}

#[test]
fn summaries_are_joined_and_raw_thinking_is_read_where_there_is_none() {
    let thought = |item: Json| match decode(json!({"output": [item]}))
        .unwrap()
        .choices
        .remove(0)
        .parts
        .remove(0)
    {
        Part::Reasoning(reasoning) => reasoning.text.to_string(),
        other => panic!("{other:?}"),
    };
    let part = |kind: &str, text: &str| json!({"type": kind, "text": text});
    assert_eq!(
        thought(
            json!({"type": "reasoning", "summary": [part("summary_text", "a"), part("summary_text", "b")]})
        ),
        "a\n\nb"
    );
    assert_eq!(
        thought(
            json!({"type": "reasoning", "summary": [], "content": [part("reasoning_text", "c")]})
        ),
        "c"
    );
}

#[test]
fn the_parts_of_a_summary_stay_apart() {
    let part = |text: &str| json!({"type": "summary_text", "text": text});
    let summary = json!([part("**One**"), part("**Two**\n\nand more")]);
    let item = json!({"type": "reasoning", "summary": summary, "encrypted_content": "S"});
    let response = decode(json!({"output": [item, text("a")]})).unwrap();
    let encoded = |dialect| -> Json {
        let body = crate::encode_response(dialect, &response, &reply());
        serde_json::from_slice(&body).unwrap()
    };
    assert_eq!(encoded(Dialect::Responses)["output"][0]["summary"], summary);
    let paragraphs = "**One**\n\n**Two**\n\nand more";
    let chat = encoded(Dialect::Chat);
    assert_eq!(
        chat["choices"][0]["message"]["reasoning_content"],
        paragraphs
    );
    assert_eq!(
        encoded(Dialect::Claude)["content"][0]["thinking"],
        paragraphs
    );
    let input = json!({"model": "m", "input": [item, {"role": "assistant", "content": "a"}]});
    let (again, _) = super::body(&super::responses(&input), &super::target());
    assert_eq!(again["input"][0]["summary"], summary);
}

#[test]
fn a_field_that_is_there_twice_is_written_once() {
    let body = br#"{"output":[],"tools":[1],"note":1,"tools":[],"note":2}"#;
    let document = crate::json::Document::parse(body.as_slice().into()).unwrap();
    let provider = Str::from_static("openai");
    let read = |client| {
        crate::decode_response_for(client, Dialect::Responses, &document, &provider).unwrap()
    };
    assert!(
        read(Dialect::Chat).extensions.is_empty(),
        "nobody else is told"
    );
    let response = read(Dialect::Responses);
    let mut out = Vec::new();
    super::super::response::encode(&response, &reply(), &mut out);
    let text = String::from_utf8(out).unwrap();
    assert_eq!(text.matches("\"tools\":[").count(), 1, "{text}");
    assert_eq!(text.matches("\"note\":2").count(), 1, "{text}");
}
