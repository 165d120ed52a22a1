//! A client's request to another vendor, and the answer back: names, kinds and settings are restored.

use serde_json::{Value as Json, json};

use super::{document, encoded, reply, responses, target, told};
use crate::Dialect;
use crate::ir::fold::unfold;
use crate::target::Reply;

/// The item that a call of a Claude upstream becomes, whole and streamed.
fn call(tools: Json, name: &str, input: Json) -> (Json, Json) {
    let request = responses(&json!({"model": "m", "input": "x", "tools": tools}));
    let mut target = target();
    target.provider = "claude".into();
    let names = encoded(&request, Dialect::Claude, &target).names;
    let answer = json!({"id": "msg", "type": "message", "role": "assistant", "model": "m", "stop_reason": "tool_use",
        "content": [{"type": "tool_use", "id": "toolu_1", "name": name, "input": input}]});
    let response =
        crate::decode_response(Dialect::Claude, &document(&answer), &"claude".into()).unwrap();
    let reply = Reply { names, ..reply() };
    let body = crate::encode_response(Dialect::Responses, &response, &reply);
    let body: Json = serde_json::from_slice(&body).unwrap();
    let frames = told(unfold(response), reply);
    let last = frames.last().unwrap()["response"].clone();
    assert_eq!(body, last);
    let deltas: String = frames
        .iter()
        .filter(|frame| frame["type"].as_str().unwrap().ends_with(".delta"))
        .map(|frame| frame["delta"].as_str().unwrap())
        .collect();
    (body["output"][0].clone(), json!(deltas))
}

#[test]
fn a_free_text_tool_is_called_with_free_text() {
    let tools = json!([{"type": "custom", "name": "apply_patch"}]);
    let (item, deltas) = call(tools, "apply_patch", json!({"input": "*** Begin"}));
    assert_eq!(item["type"], "custom_tool_call");
    assert_eq!(item["input"], "*** Begin");
    assert_eq!(deltas, "*** Begin");
    assert_eq!(item["id"], "ctc_u1_0");
}

#[test]
fn a_tool_of_a_namespace_is_called_by_it() {
    let tool = json!({"type": "function", "name": "spawn", "parameters": {"type": "object"}});
    let tools = json!([{"type": "namespace", "name": "agents", "tools": [tool]}]);
    let (item, _) = call(tools, "agents__spawn", json!({"a": 1}));
    assert_eq!(item["namespace"], "agents");
    assert_eq!(item["name"], "spawn");
    let long = "s".repeat(70);
    let tool = json!({"type": "function", "name": long, "parameters": {"type": "object"}});
    let tools = json!([{"type": "namespace", "name": "agents", "tools": [tool]}]);
    let fit = crate::ids::sanitise(&format!("agents__{long}").into(), 64);
    let (item, _) = call(tools, &fit, json!({}));
    assert_eq!(item["name"], long);
}

#[test]
fn the_answer_repeats_the_settings_of_the_request() {
    let tools = json!([{"type": "function", "name": "f", "parameters": {"type": "object"}, "strict": true}]);
    let request = responses(
        &json!({"model": "m", "input": "x", "instructions": "Be brief.", "tools": tools,
        "tool_choice": "required", "temperature": 0.5, "reasoning": {"effort": "low", "summary": "auto"},
        "text": {"format": {"type": "json_object"}}, "metadata": {"a": "b"}, "max_output_tokens": 99}),
    );
    let names = encoded(&request, Dialect::Chat, &target()).names;
    let chat = json!({"id": "c", "object": "chat.completion", "choices": [{"index": 0, "finish_reason": "stop",
        "message": {"role": "assistant", "content": "ok"}}]});
    let response = crate::decode_response(Dialect::Chat, &document(&chat), &"x".into()).unwrap();
    let body = crate::encode_response(Dialect::Responses, &response, &Reply { names, ..reply() });
    let body: Json = serde_json::from_slice(&body).unwrap();
    assert_eq!(body["instructions"], "Be brief.");
    assert_eq!(body["tools"], tools);
    assert_eq!(body["tool_choice"], "required");
    assert_eq!(body["temperature"], 0.5);
    assert_eq!(
        body["reasoning"],
        json!({"effort": "low", "summary": "auto"})
    );
    assert_eq!(body["text"], json!({"format": {"type": "json_object"}}));
    assert_eq!(body["metadata"], json!({"a": "b"}));
    assert_eq!(body["max_output_tokens"], 99);
    assert_eq!(body["model"], "alias");
    assert_eq!(body["store"], false, "nobody keeps it");
}
