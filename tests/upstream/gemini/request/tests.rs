//! The oracle's own table: what is served, and what is refused with which words.
#![expect(
    clippy::needless_pass_by_value,
    reason = "the rows of a table are written as values"
)]

use super::super::{call_subject, text_subject};
use super::{check, check_count};
use crate::dialect::Dialect;
use crate::gemini::route::Route;
use crate::signature;
use serde_json::{Value, json};

fn route(model: &str) -> Route {
    let path = format!("/v1beta/models/{model}:generateContent");
    Route::read(&path, "").expect("a route")
}

fn user(parts: Value) -> Value {
    json!({"role": "user", "parts": parts})
}

fn model(parts: Value) -> Value {
    json!({"role": "model", "parts": parts})
}

fn said(text: &str) -> Value {
    json!({"text": text})
}

fn body(changes: Value) -> Value {
    let mut body = json!({"contents": [user(json!([said("hi")]))]});
    for (key, value) in changes.as_object().expect("changes are an object") {
        body[key] = value.clone();
    }
    body
}

fn config(config: Value) -> Value {
    body(json!({"generationConfig": config}))
}

fn contents(contents: Value) -> Value {
    body(json!({"contents": contents}))
}

fn declared(declaration: Value) -> Value {
    body(json!({"tools": [{"functionDeclarations": [declaration]}]}))
}

fn parameters(schema: Value) -> Value {
    declared(json!({"name": "f", "parameters": schema}))
}

fn call(name: &str) -> Value {
    json!({"functionCall": {"name": name, "args": {"a": 1, "b": 2}}})
}

fn signed(name: &str) -> Value {
    let mut part = call(name);
    let subject = call_subject(&part["functionCall"]);
    part["thoughtSignature"] = json!(signature::issue(Dialect::Gemini, &subject, false));
    part
}

fn signed_text(before: &str, text: &str) -> Value {
    let subject = text_subject(before, text);
    json!({"text": text, "thoughtSignature": signature::issue(Dialect::Gemini, &subject, false)})
}

fn response(name: &str) -> Value {
    json!({"functionResponse": {"name": name, "response": {"output": "r"}}})
}

fn loop_of(calls: Value, responses: Value) -> Value {
    contents(json!([
        user(json!([said("q")])),
        model(calls),
        user(responses)
    ]))
}

#[track_caller]
fn accepted(name: &str, body: &Value) {
    if let Err(fault) = check(body, &route(name)) {
        panic!("{}: {body}", fault.message);
    }
}

#[track_caller]
fn refused(name: &str, body: &Value, words: &str) {
    let fault = check(body, &route(name)).expect_err(&body.to_string());
    assert_eq!(fault.status, 400);
    assert!(
        fault.message.contains(words),
        "{} does not contain {words}",
        fault.message
    );
}

#[test]
fn ordinary_bodies_are_accepted() {
    let schema = json!({"type": "object", "properties": {"title": {"type": "STRING", "nullable": true}, "n": {"anyOf": [{"type": "INTEGER"}, {"type": "NUMBER"}]}}, "required": ["title"]});
    for body in [
        body(json!({})),
        contents(json!([{"parts": [said("no role")]}])),
        body(json!({"system_instruction": {"parts": [said("s")]}, "safetySettings": []})),
        config(
            json!({"temperature": 2, "top_p": 1, "topK": "64", "maxOutputTokens": 9, "stopSequences": ["END"], "candidateCount": 1, "thinkingConfig": {"include_thoughts": true, "thinkingBudget": -1}}),
        ),
        config(json!({"responseMimeType": "application/json", "responseSchema": schema})),
        config(
            json!({"responseMimeType": "application/json", "responseJsonSchema": {"$defs": {}}}),
        ),
        parameters(schema),
        declared(
            json!({"name": "f.g-h_1", "description": "d", "parametersJsonSchema": {"type": "object", "additionalProperties": false}}),
        ),
        body(
            json!({"tools": [{"functionDeclarations": [{"name": "f"}]}, {"googleSearch": {}}], "toolConfig": {"functionCallingConfig": {"mode": "any", "allowedFunctionNames": ["f"]}}}),
        ),
        loop_of(
            json!([said("t"), call("f"), call("f")]),
            json!([response("f"), response("f"), said("more")]),
        ),
        contents(json!([user(
            json!([{"inlineData": {"mimeType": "image/png", "data": "iVBORw0KGgo="}}, {"file_data": {"mime_type": "video/mp4", "file_uri": "https://x/y"}}])
        )])),
        contents(json!([
            user(json!([said("q")])),
            model(
                json!([{"text": "t", "thought": true}, said("a"), said("b"), signed_text("ab", "")])
            ),
            user(json!([said("n")]))
        ])),
    ] {
        accepted("up-text", &body);
    }
}

#[test]
fn top_level_mistakes_are_refused() {
    let schema = json!({"type": "OBJECT", "properties": {"a": {"type": "STRING"}}});
    for (body, words) in [
        (
            body(json!({"session_id": "x"})),
            "Unknown name \"session_id\"",
        ),
        (
            body(json!({"labels": {"a": "b"}})),
            "Unknown name \"labels\"",
        ),
        (body(json!({"contents": []})), "contents is not specified"),
        (
            body(json!({"model": "models/other"})),
            "not the model of the path",
        ),
        (
            body(json!({"cachedContent": "c", "tools": []})),
            "CachedContent",
        ),
        (config(json!({"max_tokens": 5})), "at 'generation_config'"),
        (
            config(json!({"temperature": 2.5})),
            "temperature must be in the range",
        ),
        (config(json!({"maxOutputTokens": 0})), "maxOutputTokens"),
        (
            config(json!({"stopSequences": ["1", "2", "3", "4", "5", "6"]})),
            "up to 5",
        ),
        (
            config(json!({"responseSchema": schema})),
            "application/json",
        ),
        (
            config(
                json!({"responseMimeType": "application/json", "responseSchema": schema, "responseJsonSchema": {}}),
            ),
            "mutually exclusive",
        ),
        (
            config(json!({"responseMimeType": "application/json", "responseSchema": {"const": 1}})),
            "Unknown name \"const\"",
        ),
        (
            config(json!({"thinkingConfig": {"thinkingBudget": 1, "thinkingLevel": "LOW"}})),
            "only one of thinking budget",
        ),
        (
            config(json!({"thinkingConfig": {"thinkingBudget": 0, "includeThoughts": true}})),
            "include_thoughts",
        ),
        (
            config(json!({"thinkingConfig": {"thinkingBudget": 40_000}})),
            "thinking budget 40000",
        ),
    ] {
        refused("up-text", &body, words);
    }
    for (model, budget) in [("gemini-2.5-pro-up-text", 127), ("gemini-3-pro-up-text", 0)] {
        let body = config(json!({"thinkingConfig": {"thinkingBudget": budget}}));
        refused(model, &body, "is invalid");
    }
    refused(
        "up-text",
        &config(
            json!({"responseMimeType": "application/json", "responseJsonSchema": {"properties": {"a": {"type": "STRING"}}}}),
        ),
        "response_json_schema.properties[a].type",
    );
    refused(
        "up-text",
        &declared(
            json!({"name": "f", "parametersJsonSchema": {"type": "object", "properties": {"a": {"$ref": "#/x"}}}}),
        ),
        "undefined schema",
    );
    let level = config(json!({"thinkingConfig": {"thinkingLevel": "LOW"}}));
    refused("gemini-2.5-flash-up-text", &level, "Thinking level");
    accepted("gemini-3-flash-up-text", &level);
}

#[test]
fn tool_mistakes_are_refused() {
    let properties = json!({"a": {"type": "STRING"}});
    for (body, words) in [
        (declared(json!({"name": "1f"})), "Invalid function name"),
        (declared(json!({"name": "f/g"})), "Invalid function name"),
        (declared(json!({"name": "f:g"})), "maximum length of 64"),
        (
            declared(json!({"name": "f".repeat(65)})),
            "maximum length of 64",
        ),
        (
            declared(json!({"name": "f", "strict": true})),
            "Unknown name \"strict\" at 'tools[0].function_declarations[0]'",
        ),
        (
            declared(
                json!({"name": "f", "parameters": {"type": "OBJECT", "properties": properties}, "parametersJsonSchema": {"type": "object"}}),
            ),
            "only one of",
        ),
        (
            body(json!({"tools": [{"functionDeclarations": [{"name": "f"}, {"name": "f"}]}]})),
            "Duplicate function",
        ),
        (body(json!({"tools": [{}]})), "tool_type"),
        (
            parameters(
                json!({"type": "OBJECT", "properties": properties, "additionalProperties": false}),
            ),
            "additionalProperties",
        ),
        (
            parameters(json!({"type": "OBJECT", "properties": properties, "$schema": "x"})),
            "$schema",
        ),
        (
            parameters(json!({"type": ["OBJECT", "NULL"], "properties": properties})),
            "TYPE_ENUM",
        ),
        (
            parameters(json!({"type": "OBJECT", "properties": {"a": {"type": "ARRAY"}}})),
            "items: missing field",
        ),
        (
            parameters(
                json!({"type": "OBJECT", "properties": {"a": {"type": "INTEGER", "enum": ["1"]}}}),
            ),
            "only allowed for STRING",
        ),
        (
            parameters(
                json!({"type": "OBJECT", "properties": {"a": {"type": "STRING", "enum": [1]}}}),
            ),
            "TYPE_STRING",
        ),
        (
            parameters(
                json!({"type": "OBJECT", "properties": {"a": {"type": "STRING", "format": "uri"}}}),
            ),
            "'date-time'",
        ),
        (
            parameters(json!({"type": "OBJECT", "properties": properties, "required": ["b"]})),
            "property is not defined",
        ),
        (
            parameters(json!({"type": "OBJECT", "properties": {}})),
            "should be non-empty",
        ),
        (
            body(json!({"toolConfig": {"functionCallingConfig": {"mode": "ANY"}}})),
            "without function_declarations",
        ),
        (
            body(
                json!({"tools": [{"functionDeclarations": [{"name": "f"}]}], "toolConfig": {"functionCallingConfig": {"mode": "AUTO", "allowedFunctionNames": ["f"]}}}),
            ),
            "mode is ANY",
        ),
        (
            body(
                json!({"tools": [{"functionDeclarations": [{"name": "f"}]}], "toolConfig": {"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["g"]}}}),
            ),
            "not declared",
        ),
    ] {
        refused("up-text", &body, words);
    }
    let mixed =
        body(json!({"tools": [{"functionDeclarations": [{"name": "f"}], "googleSearch": {}}]}));
    refused("gemini-2.5-flash-up-text", &mixed, "cannot be combined");
    accepted("gemini-3-flash-up-text", &mixed);
}

#[test]
fn part_and_turn_mistakes_are_refused() {
    for (body, words) in [
        (contents(json!([user(json!([]))])), "must not be empty"),
        (
            contents(json!([user(json!([said("")]))])),
            "must not be empty",
        ),
        (contents(json!([user(json!([{}]))])), "oneof field 'data'"),
        (
            contents(json!([user(
                json!([{"text": "a", "inlineData": {"mimeType": "image/png", "data": "QQ=="}}])
            )])),
            "Cannot set 'inlineData'",
        ),
        (
            contents(json!([{"role": "tool", "parts": [said("a")]}])),
            "valid role",
        ),
        (
            contents(json!([{"role": "function", "parts": [said("a")]}])),
            "valid role",
        ),
        (
            contents(json!([model(json!([said("a")]))])),
            "begin with a user turn",
        ),
        (
            contents(json!([user(json!([said("a")])), user(json!([said("b")]))])),
            "alternate",
        ),
        (
            contents(json!([user(json!([call("f")]))])),
            "not allowed in a content of role user",
        ),
        (
            contents(json!([user(json!([{"text": "t", "thought": true}]))])),
            "only a model thinks",
        ),
        (
            contents(json!([user(
                json!([{"inlineData": {"mimeType": "image/jpg", "data": "QQ=="}}])
            )])),
            "Unsupported MIME",
        ),
        (
            contents(json!([user(
                json!([{"inlineData": {"mimeType": "image/png", "data": "!"}}])
            )])),
            "TYPE_BYTES",
        ),
        (
            loop_of(json!([call("f"), call("g")]), json!([response("f")])),
            "number of function response parts",
        ),
        (
            loop_of(json!([call("f")]), json!([said("no")])),
            "number of function response parts",
        ),
        (
            loop_of(json!([said("t")]), json!([response("f")])),
            "comes immediately after",
        ),
        (
            loop_of(json!([call("f")]), json!([response("g")])),
            "does not match",
        ),
        (
            loop_of(
                json!([call("f")]),
                json!([{"functionResponse": {"name": "f", "response": "text"}}]),
            ),
            "TYPE_MESSAGE",
        ),
        (
            loop_of(
                json!([call("f")]),
                json!([{"functionResponse": {"name": "f"}}]),
            ),
            "Response cannot be empty",
        ),
        (
            loop_of(
                json!([call("f")]),
                json!([{"functionResponse": {"response": {}}}]),
            ),
            "Name cannot be empty",
        ),
        (
            loop_of(
                json!([call("f")]),
                json!([{"functionResponse": {"name": "f", "id": "x", "response": {}}}]),
            ),
            "name and id",
        ),
        (
            contents(json!([user(json!([response("f")]))])),
            "comes immediately after",
        ),
    ] {
        refused("up-text", &body, words);
    }
}

#[test]
fn signatures_are_demanded_and_recognised() {
    const THIRD: &str = "gemini-3-flash-up-tools";
    let answers = json!([response("f"), response("g")]);
    let steps = |first: Value, second: Value| loop_of(json!([first, second]), answers.clone());
    let mut dummy = call("f");
    dummy["thoughtSignature"] = json!("skip_thought_signature_validator");
    accepted(THIRD, &steps(signed("f"), call("g")));
    accepted(THIRD, &steps(dummy, call("g")));
    accepted("up-tools", &steps(call("f"), call("g")));
    refused(
        THIRD,
        &steps(call("f"), signed("g")),
        "missing a thought_signature",
    );
    let mut moved = call("g");
    moved["thoughtSignature"] = signed("f")["thoughtSignature"].clone();
    refused(THIRD, &steps(signed("f"), moved), "Corrupted");
    let mut altered = signed("f");
    altered["functionCall"]["args"]["a"] = json!(2);
    refused("up-tools", &steps(altered, call("g")), "Corrupted");
    // The order of keys is no change.
    let mut turned = signed("f");
    turned["functionCall"]["args"] = json!({"b": 2, "a": 1});
    accepted(THIRD, &steps(turned, call("g")));
    // What was before the user's last words is history.
    let history = contents(json!([
        user(json!([said("q")])),
        model(json!([call("f")])),
        user(json!([response("f")])),
        model(json!([said("done")])),
        user(json!([said("next")]))
    ]));
    accepted(THIRD, &history);
}

#[test]
fn signatures_of_texts_stay_with_their_texts() {
    let turn = |parts: Value| {
        contents(json!([
            user(json!([said("q")])),
            model(parts),
            user(json!([said("n")]))
        ]))
    };
    let mut swapped = signed("f");
    let mut text = signed_text("ab", "");
    std::mem::swap(
        &mut swapped["thoughtSignature"],
        &mut text["thoughtSignature"],
    );
    accepted("up-text", &turn(json!([said("ab"), signed_text("ab", "")])));
    accepted("up-text", &turn(json!([signed_text("", "ab")])));
    let mut foreign = said("ab");
    foreign["thoughtSignature"] = json!(signature::issue(
        Dialect::Claude,
        &text_subject("", "ab"),
        false
    ));
    let mut onto = said("ab");
    onto["thoughtSignature"] = signed_text("ab", "")["thoughtSignature"].clone();
    for parts in [
        json!([said("ac"), signed_text("ab", "")]),
        json!([signed_text("ab", ""), said("ab")]),
        json!([said("ab"), text]),
        json!([onto]),
        json!([foreign]),
    ] {
        refused("up-text", &turn(parts), "Corrupted");
    }
    refused(
        "up-tools",
        &loop_of(json!([swapped]), json!([response("f")])),
        "Corrupted",
    );
}

#[test]
fn files_come_from_where_the_model_can_fetch_them() {
    let of = |uri: &str| {
        contents(json!([user(
            json!([{"fileData": {"mimeType": "image/png", "fileUri": uri}}])
        )]))
    };
    let older = "gemini-2.5-flash-up-text";
    let newer = "gemini-3-flash-up-text";
    for uri in [
        "gs://bucket/a.png",
        "https://generativelanguage.googleapis.com/v1beta/files/a",
        "https://www.youtube.com/watch?v=a",
    ] {
        accepted(older, &of(uri));
        accepted(newer, &of(uri));
    }
    accepted(newer, &of("https://x.example/a.png"));
    refused(
        older,
        &of("https://x.example/a.png"),
        "Unsupported file uri",
    );
    for uri in [
        "http://x.example/a.png",
        "data:image/png;base64,QQ==",
        "file-1",
    ] {
        refused(newer, &of(uri), "Unsupported file uri");
    }
}

#[test]
fn a_request_ends_with_the_user() {
    let body = contents(json!([user(json!([said("q")])), model(json!([said("a")]))]));
    refused("up-text", &body, "end with a user role");
    assert!(check_count(&body, &route("up-text")).is_ok());
}

#[test]
fn older_models_do_not_call_functions_and_answer_in_a_form() {
    let body = body(
        json!({"tools": [{"functionDeclarations": [{"name": "f"}]}], "generationConfig": {"responseMimeType": "application/json"}}),
    );
    refused("gemini-2.5-flash-up-text", &body, "response mime type");
    accepted("gemini-3-flash-up-text", &body);
}

#[test]
fn counting_takes_contents_or_a_request() {
    let route = route("up-text");
    let inner =
        json!({"model": "models/up-text", "contents": [user(json!([said("a")]))], "tools": []});
    for body in [body(json!({})), json!({"generateContentRequest": inner})] {
        assert!(check_count(&body, &route).is_ok(), "{body}");
    }
    for body in [
        body(json!({"tools": []})),
        body(json!({"generateContentRequest": inner})),
        json!({"generateContentRequest": {"contents": inner["contents"]}}),
        json!({}),
    ] {
        assert!(check_count(&body, &route).is_err(), "{body}");
    }
    let vertex = Route::read("/v1/publishers/google/models/m:countTokens", "").expect("a route");
    assert!(check_count(&body(json!({"tools": []})), &vertex).is_ok());
}
