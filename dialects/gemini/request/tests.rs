use std::time::{Duration, Instant};

use bytes::Bytes;
use serde_json::{Value as Json, json};

use crate::error::EncodeError;
use crate::ir::{Part, Request};
use crate::json::{Document, Str};
use crate::target::{
    ChatProfile, Encoded, GeminiProfile, KiroProfile, ModelProfile, Target, Thinking,
};
use crate::{Dialect, codec};

fn target() -> Target {
    Target {
        model: Str::from_static("gemini-x"),
        provider: Str::from_static("gemini"),
        model_profile: ModelProfile::default(),
        chat: ChatProfile::default(),
        gemini: GeminiProfile::default(),
        kiro: KiroProfile::default(),
    }
}

#[track_caller]
fn request(dialect: Dialect, body: &Json) -> Request {
    let document = Document::parse(Bytes::from(body.to_string())).expect("JSON");
    codec::decode_request(dialect, &document).expect("a request")
}

fn encode(dialect: Dialect, body: &Json, target: &Target) -> Result<Encoded, EncodeError> {
    codec::encode_request(Dialect::Gemini, &request(dialect, body), target)
}

#[track_caller]
fn encoded(dialect: Dialect, body: &Json, target: &Target) -> (Json, Vec<String>) {
    let encoded = encode(dialect, body, target).expect("a body");
    let losses = encoded.losses.iter().map(|loss| loss.path.clone());
    let body = serde_json::from_slice(&encoded.body.to_bytes()).expect("JSON");
    (body, losses.collect())
}

fn chat(messages: &Json) -> Json {
    json!({"model": "m", "messages": messages})
}

#[test]
fn results_stand_together_in_the_order_of_their_calls() {
    let call = |id: &str, name: &str| json!({"id": id, "type": "function", "function": {"name": name, "arguments": "{}"}});
    let body = chat(&json!([
        {"role": "user", "content": "go"},
        {"role": "assistant", "content": null, "tool_calls": [call("a", "one"), call("b", "two"), call("c", "one")]},
        {"role": "tool", "tool_call_id": "c", "content": "3"},
        {"role": "user", "content": "hurry"},
        {"role": "tool", "tool_call_id": "a", "content": "1"},
        {"role": "tool", "tool_call_id": "b", "content": "2"},
    ]));
    let (body, _) = encoded(Dialect::Chat, &body, &target());
    let result = |name: &str, text: &str| json!({"functionResponse": {"name": name, "response": {"output": text}}});
    let expected = json!({"role": "user", "parts": [
        result("one", "1"), result("two", "2"), result("one", "3"), {"text": "hurry"}]});
    assert_eq!(body["contents"][2], expected);
    assert_eq!(body["contents"].as_array().map(Vec::len), Some(3));
}

#[test]
fn a_call_without_its_result_is_refused() {
    let body = json!({"contents": [{"role": "user", "parts": [{"text": "x"}]},
        {"role": "model", "parts": [{"functionCall": {"name": "f", "args": {}}}]}]});
    let error = encode(Dialect::Gemini, &body, &target()).expect_err("refused");
    assert_eq!(error.path, "contents[1].parts[0]");
}

#[test]
fn a_schema_of_the_answer_is_said_once() {
    let format = json!({"type": "json_schema", "json_schema": {"name": "n", "schema": {"type": "object", "title": "T"}}});
    let body = json!({"model": "m", "messages": [{"role": "user", "content": "x"}], "response_format": format});
    let (real, _) = encoded(Dialect::Chat, &body, &target());
    let config = &real["generationConfig"];
    assert_eq!(config["responseMimeType"], "application/json");
    assert_eq!(
        config["responseJsonSchema"],
        json!({"type": "object", "title": "T"})
    );
    assert!(config.get("responseSchema").is_none());
    let mut older = target();
    older.gemini.json_schema = false;
    let (subset, _) = encoded(Dialect::Chat, &body, &older);
    assert!(
        subset["generationConfig"]
            .get("responseJsonSchema")
            .is_none()
    );
    assert_eq!(subset["generationConfig"]["responseSchema"]["title"], "T");
}

#[test]
fn media_types_are_canonical() {
    let body = json!({"contents": [{"parts": [
        {"inline_data": {"mime_type": "image/jpg", "data": "AAAA"}},
        {"inlineData": {"mimeType": "AUDIO/MP3", "data": "AAAA"}}]}]});
    let (body, _) = encoded(Dialect::Gemini, &body, &target());
    let parts = &body["contents"][0]["parts"];
    assert_eq!(parts[0]["inlineData"]["mimeType"], "image/jpeg");
    assert_eq!(parts[1]["inlineData"]["mimeType"], "audio/mpeg");
}

#[test]
fn both_alphabets_of_base64_are_understood() {
    let cases = [
        ("+/+/AA==", "+/+/AA=="),
        ("-_-_AA==", "+/+/AA=="),
        ("-_-_AA", "+/+/AA=="),
        ("-_-_AAA", "+/+/AAA="),
        ("AAAA", "AAAA"),
    ];
    for (sent, expected) in cases {
        let body = json!({"contents": [{"role": "user", "parts": [
            {"inlineData": {"mimeType": "image/png", "data": sent}}]}]});
        let (body, _) = encoded(Dialect::Gemini, &body, &target());
        let data = &body["contents"][0]["parts"][0]["inlineData"]["data"];
        assert_eq!(data, expected, "of {sent}");
    }
}

#[test]
fn names_begin_with_a_letter_and_come_back() {
    let names = ["1st", "_1st", "a/b", "-x", "fine", "ns.tool:x"];
    let tools: Vec<Json> = names
        .iter()
        .map(|name| json!({"type": "function", "function": {"name": name}}))
        .collect();
    let body =
        json!({"model": "m", "messages": [{"role": "user", "content": "x"}], "tools": tools});
    let encoded = encode(Dialect::Chat, &body, &target()).expect("a body");
    let body: Json = serde_json::from_slice(&encoded.body.to_bytes()).expect("JSON");
    let declared = body["tools"][0]["functionDeclarations"]
        .as_array()
        .expect("a list");
    let mut upstream: Vec<&str> = declared
        .iter()
        .filter_map(|tool| tool["name"].as_str())
        .collect();
    for (name, fit) in names.iter().zip(&upstream) {
        assert!(
            fit.starts_with(|char: char| char.is_ascii_alphabetic() || char == '_'),
            "{fit}"
        );
        assert_eq!(encoded.names.client(&Str::from(*fit)), *name);
    }
    upstream.sort_unstable();
    upstream.dedup();
    assert_eq!(upstream.len(), names.len());
}

#[test]
fn names_of_a_gemini_client_are_kept() {
    let body = json!({"contents": [{"parts": [{"text": "x"}]}], "tools": [{"functionDeclarations": [{"name": "ns.tool:x"}]}]});
    let (body, _) = encoded(Dialect::Gemini, &body, &target());
    assert_eq!(
        body["tools"][0]["functionDeclarations"][0]["name"],
        "ns.tool:x"
    );
}

#[test]
fn a_last_text_of_the_model_is_never_deleted() {
    let body = chat(
        &json!([{"role": "user", "content": "Count."}, {"role": "assistant", "content": "One,"}]),
    );
    let (continued, losses) = encoded(Dialect::Chat, &body, &target());
    assert_eq!(continued["contents"][1]["parts"][0]["text"], "One,");
    assert_eq!(continued["contents"][2]["role"], "user");
    assert_eq!(losses, ["messages[1]"]);
    let own = json!({"contents": [{"role": "user", "parts": [{"text": "Count."}]}, {"role": "model", "parts": [{"text": "One,"}]}]});
    let (kept, losses) = encoded(Dialect::Gemini, &own, &target());
    assert_eq!(kept["contents"].as_array().map(Vec::len), Some(2));
    assert!(losses.is_empty());
}

#[test]
fn a_user_begins_and_contents_are_never_empty() {
    let (body, _) = encoded(
        Dialect::Chat,
        &chat(&json!([{"role": "system", "content": "s"}])),
        &target(),
    );
    assert_eq!(
        body["contents"],
        json!([{"role": "user", "parts": [{"text": "."}]}])
    );
    let hello = json!([{"role": "assistant", "content": "hi"}, {"role": "user", "content": ""}, {"role": "user", "content": "x"}]);
    let (body, _) = encoded(Dialect::Chat, &chat(&hello), &target());
    assert_eq!(
        body["contents"][0]["parts"],
        json!([{"text": "(continued)"}])
    );
    assert_eq!(body["contents"][2]["parts"], json!([{"text": "x"}]));
}

#[test]
fn an_unknown_model_gets_no_more_than_any_model_takes() {
    let body = json!({"model": "m", "max_tokens": 64_000, "messages": [{"role": "user", "content": "x"}], "thinking": {"type": "enabled", "budget_tokens": 60_000}});
    let (body, losses) = encoded(Dialect::Claude, &body, &target());
    let thinking = &body["generationConfig"]["thinkingConfig"];
    assert_eq!(thinking["thinkingBudget"], 32_768);
    assert_eq!(losses, ["thinking.budget_tokens"]);
}

#[test]
fn a_model_without_a_low_level_thinks_minimally() {
    let mut small = target();
    small.model_profile.thinking = Thinking::Levels {
        xhigh: false,
        max: false,
    };
    small.gemini.low = false;
    small.gemini.medium = false;
    for (effort, level) in [
        ("low", "MINIMAL"),
        ("minimal", "MINIMAL"),
        ("medium", "HIGH"),
    ] {
        let mut body = chat(&json!([{"role": "user", "content": "x"}]));
        body["reasoning_effort"] = json!(effort);
        let (body, _) = encoded(Dialect::Chat, &body, &small);
        let thinking = &body["generationConfig"]["thinkingConfig"];
        assert_eq!(thinking["thinkingLevel"], level, "{effort}");
    }
}

#[test]
fn only_addresses_with_tls_are_sent() {
    let mut newer = target();
    newer.gemini.addresses = true;
    for (url, sent) in [
        ("https://x.example/a.png", true),
        ("http://x.example/a.png", false),
    ] {
        let body = chat(
            &json!([{"role": "user", "content": [{"type": "image_url", "image_url": {"url": url}}]}]),
        );
        assert_eq!(encode(Dialect::Chat, &body, &newer).is_ok(), sent, "{url}");
    }
}

#[test]
fn older_models_are_told_of_the_form_beside_functions() {
    let mut older = target();
    older.gemini.mixed_tools = false;
    let mut body = chat(&json!([{"role": "user", "content": "x"}]));
    body["response_format"] = json!({"type": "json_object"});
    let (alone, losses) = encoded(Dialect::Chat, &body, &older);
    assert_eq!(
        alone["generationConfig"]["responseMimeType"],
        "application/json"
    );
    assert!(losses.is_empty(), "{losses:?}");
    body["tools"] = json!([{"type": "function", "function": {"name": "f"}}]);
    let (beside, losses) = encoded(Dialect::Chat, &body, &older);
    assert!(beside["generationConfig"]["responseMimeType"].is_null());
    assert!(beside["systemInstruction"].to_string().contains("JSON"));
    assert_eq!(losses, ["response_format"]);
    let (newer, _) = encoded(Dialect::Chat, &body, &target());
    assert_eq!(
        newer["generationConfig"]["responseMimeType"],
        "application/json"
    );
}

/// Rows: what the client says, the model, what the upstream is told.
#[test]
fn thinking_by_capability() {
    let budget = Thinking::Budget {
        min: 128,
        max: 32_768,
    };
    let levels = Thinking::Levels {
        xhigh: false,
        max: false,
    };
    let rows = [
        (
            json!({"thinkingBudget": 100}),
            budget,
            json!({"thinkingBudget": 128}),
        ),
        (
            json!({"thinkingBudget": 99_999}),
            budget,
            json!({"thinkingBudget": 32_768}),
        ),
        (
            json!({"thinkingBudget": -1}),
            budget,
            json!({"thinkingBudget": -1}),
        ),
        (
            json!({"thinkingBudget": 0}),
            budget,
            json!({"thinkingBudget": 0}),
        ),
        (
            json!({"thinkingLevel": "LOW"}),
            budget,
            json!({"thinkingBudget": 1024}),
        ),
        (
            json!({"thinkingLevel": "LOW"}),
            levels,
            json!({"thinkingLevel": "LOW"}),
        ),
        (
            json!({"thinkingLevel": "XHIGH"}),
            levels,
            json!({"thinkingLevel": "HIGH"}),
        ),
        (
            json!({"thinkingLevel": "NEWER"}),
            levels,
            json!({"thinkingLevel": "NEWER"}),
        ),
        (
            json!({"thinkingBudget": 8000}),
            levels,
            json!({"thinkingLevel": "MEDIUM"}),
        ),
        (
            json!({"thinkingBudget": 0}),
            levels,
            json!({"thinkingLevel": "MINIMAL"}),
        ),
        (
            json!({"thinkingBudget": -1, "includeThoughts": true}),
            levels,
            json!({"includeThoughts": true}),
        ),
        (
            json!({"thinkingBudget": 500, "thinkingLevel": "HIGH"}),
            budget,
            json!({"thinkingBudget": 500}),
        ),
        (
            json!({"thinkingBudget": 500, "thinkingLevel": "HIGH"}),
            levels,
            json!({"thinkingLevel": "HIGH"}),
        ),
        (
            json!({"includeThoughts": false}),
            budget,
            json!({"includeThoughts": false}),
        ),
        (json!({"thinkingBudget": 500}), Thinking::None, Json::Null),
    ];
    for (config, thinking, expected) in rows {
        let body = json!({"contents": [{"parts": [{"text": "x"}]}], "generationConfig": {"thinkingConfig": config}});
        let mut target = target();
        target.model_profile.thinking = thinking;
        let (body, losses) = encoded(Dialect::Gemini, &body, &target);
        let found = &body["generationConfig"]["thinkingConfig"];
        assert_eq!(*found, expected, "{config} {thinking:?}");
        let inside = |path: &String| path.starts_with("generationConfig.thinkingConfig");
        assert!(losses.iter().all(inside), "{losses:?}");
    }
}

#[test]
fn thoughts_are_shown_as_the_client_wishes() {
    let shown = |thinking: Json| {
        let body = json!({"model": "m", "max_tokens": 9000, "thinking": thinking,
            "messages": [{"role": "user", "content": "x"}]});
        let (body, _) = encoded(Dialect::Claude, &body, &target());
        body["generationConfig"]["thinkingConfig"]["includeThoughts"].clone()
    };
    assert_eq!(
        shown(json!({"type": "enabled", "budget_tokens": 2000})),
        true
    );
    let hidden = json!({"type": "enabled", "budget_tokens": 2000, "display": "omitted"});
    assert_eq!(shown(hidden), Json::Null);
    assert_eq!(shown(json!({"type": "disabled"})), Json::Null);
}

#[test]
fn losses_elsewhere_are_told_in_geminis_words() {
    let body = json!({
        "contents": [{"parts": [{"text": "x", "videoMetadata": {"fps": 1}}, {"executableCode": {"code": "x"}}]}],
        "tools": [{"functionDeclarations": [{"name": "f", "behavior": "BLOCKING"}]}, {"codeExecution": {}}],
        "generationConfig": {"seed": 7, "topK": 3, "speechConfig": {}},
        "safetySettings": [{"category": "c"}],
    });
    let request = request(Dialect::Gemini, &body);
    let mut claude = target();
    claude.model_profile.sampling = false;
    let encoded = codec::encode_request(Dialect::Claude, &request, &claude).expect("a body");
    let paths: Vec<&str> = encoded.losses.iter().map(|loss| &*loss.path).collect();
    for path in [
        "contents[0].parts[0].videoMetadata",
        "contents[0].parts[1]",
        "tools[0].functionDeclarations[0].behavior",
        "tools[1].codeExecution",
        "generationConfig.seed",
        "generationConfig.topK",
        "generationConfig.speechConfig",
        "safetySettings",
    ] {
        assert!(paths.contains(&path), "{path} in {paths:?}");
    }
}

#[test]
fn what_the_model_said_in_pieces_is_one_turn() {
    let said = |part: Json| json!({"role": "model", "parts": [part]});
    let wrapped = crate::opaque::wrap_base64(
        &crate::ir::Opaque {
            data: Str::from_static("state"),
            provider: Str::from_static("claude"),
        },
        false,
    );
    let body = json!({"contents": [
        {"role": "user", "parts": [{"text": "go"}]},
        said(json!({"text": "I ", "thought": true})),
        said(json!({"text": "think", "thought": true})),
        said(json!({"text": "", "thought": true, "thoughtSignature": &*wrapped})),
        said(json!({"functionCall": {"id": "1", "name": "look", "args": {}}})),
        said(json!({"text": ""})),
        {"role": "user", "parts": [{"functionResponse": {"id": "1", "name": "look", "response": {"output": "x"}}}]}]});
    let request = request(Dialect::Gemini, &body);
    let [_, model, _] = &request.turns[..] else {
        panic!("{:?}", request.turns);
    };
    let Some(Part::Reasoning(thought)) = model.parts.first() else {
        panic!("{model:?}");
    };
    assert_eq!(thought.text, "I think");
    assert_eq!(model.parts.len(), 3, "thought, call and empty text");
    assert_eq!(request.turn_path(1), "contents[1]");
    assert_eq!(request.turn_path(2), "contents[6]");
}

#[test]
fn what_google_keeps_is_refused_elsewhere() {
    let body =
        json!({"contents": [{"parts": [{"text": "x"}]}], "cachedContent": "cachedContents/1"});
    let request = request(Dialect::Gemini, &body);
    for dialect in [Dialect::Chat, Dialect::Claude] {
        let error = codec::encode_request(dialect, &request, &target()).expect_err("refused");
        assert_eq!(error.path, "cachedContent");
    }
    let (body, _) = encoded(Dialect::Gemini, &body, &target());
    assert_eq!(body["cachedContent"], "cachedContents/1");
    let several = json!({"contents": [{"parts": [{"text": "x"}]}], "generationConfig": {"candidateCount": 2}});
    let request = self::request(Dialect::Gemini, &several);
    let error = codec::encode_request(Dialect::Claude, &request, &target()).expect_err("refused");
    assert_eq!(error.path, "generationConfig.candidateCount");
}

#[test]
fn the_url_says_model_and_stream() {
    let body = json!({"contents": [{"parts": [{"text": "x"}]}]});
    let mut request = request(Dialect::Gemini, &body);
    assert_eq!(request.model, "");
    request.model = Str::from_static("client-model");
    request.stream = true;
    let encoded = codec::encode_request(Dialect::Gemini, &request, &target()).expect("a body");
    let again: Json = serde_json::from_slice(&encoded.body.to_bytes()).expect("JSON");
    assert_eq!(
        again,
        json!({"contents": [{"role": "user", "parts": [{"text": "x"}]}]})
    );
}

#[test]
fn counting_takes_the_whole_prompt_and_the_model() {
    let body = json!({"model": "m", "max_tokens": 10, "system": "s", "messages": [{"role": "user", "content": "x"}],
        "tools": [{"name": "f", "input_schema": {"type": "object"}}]});
    let request = request(Dialect::Claude, &body);
    let encoded =
        codec::encode_count_request(Dialect::Gemini, &request, &target()).expect("a body");
    let body: Json = serde_json::from_slice(&encoded.body.to_bytes()).expect("JSON");
    let inner = &body["generateContentRequest"];
    assert_eq!(inner["model"], "models/gemini-x");
    assert_eq!(inner["systemInstruction"]["parts"][0]["text"], "s");
    assert_eq!(inner["tools"][0]["functionDeclarations"][0]["name"], "f");
    assert!(inner.get("generationConfig").is_none());
}

#[test]
fn wrong_shapes_are_refused_with_their_place() {
    let rows = [
        (json!([]), "body"),
        (json!({}), "contents"),
        (json!({"contents": 7}), "contents"),
        (json!({"contents": [7]}), "contents[0]"),
        (
            json!({"contents": [{"role": "nobody"}]}),
            "contents[0].role",
        ),
        (
            json!({"contents": [{"parts": [{"text": 7}]}]}),
            "contents[0].parts[0].text",
        ),
        (
            json!({"contents": [{"parts": [{"functionCall": {}}]}]}),
            "contents[0].parts[0].functionCall.name",
        ),
        (json!({"contents": [], "tools": 1}), "tools"),
        (
            json!({"contents": [], "tools": [{"functionDeclarations": [{}]}]}),
            "tools[0].functionDeclarations[0].name",
        ),
        (
            json!({"contents": [], "generationConfig": {"topK": "x"}}),
            "generationConfig.topK",
        ),
    ];
    for (body, path) in rows {
        let document = Document::parse(Bytes::from(body.to_string())).expect("JSON");
        let error = codec::decode_request(Dialect::Gemini, &document).expect_err("refused");
        assert_eq!(error.path(), Some(path), "{body}");
    }
}

#[test]
fn many_parts_take_linear_time() {
    let calls: Vec<Json> = (0..10_000)
        .map(|_| json!({"functionCall": {"name": "f", "args": {}}}))
        .collect();
    let results: Vec<Json> = (0..10_000)
        .map(|_| json!({"functionResponse": {"name": "f", "response": {"output": "x"}}}))
        .collect();
    let texts: Vec<Json> = (0..20_000)
        .map(|_| json!({"text": "x", "unknown": 1, "executableCode": {}}))
        .collect();
    let body = json!({"contents": [{"role": "user", "parts": texts}, {"role": "model", "parts": calls},
        {"role": "user", "parts": results}]});
    let begun = Instant::now();
    let request = request(Dialect::Gemini, &body);
    for dialect in Dialect::UPSTREAM {
        codec::encode_request(dialect, &request, &target()).expect("a body");
    }
    assert!(
        begun.elapsed() < Duration::from_secs(20),
        "{:?}",
        begun.elapsed()
    );
}

#[test]
fn a_thought_in_contents_of_its_own_is_one_thought() {
    let state = crate::ir::Opaque {
        data: Str::from_static("c2ln"),
        provider: Str::from_static("claude"),
    };
    let state = crate::opaque::wrap_base64(&state, false);
    let model = |part: Json| json!({"role": "model", "parts": [part]});
    let body = json!({"contents": [
        {"role": "user", "parts": [{"text": "?"}]},
        model(json!({"text": "Let me ", "thought": true})),
        model(json!({"text": "see.", "thought": true})),
        model(json!({"text": "", "thought": true, "thoughtSignature": state.to_string()})),
        model(json!({"text": "Yes"})),
        model(json!({"text": "."})),
        {"role": "user", "parts": [{"text": "Sure?"}]},
    ]});
    let request = request(Dialect::Gemini, &body);
    let encoded = |dialect: Dialect, provider: &'static str| -> Json {
        let provider = Str::from_static(provider);
        let target = Target {
            provider,
            ..target()
        };
        let encoded = codec::encode_request(dialect, &request, &target).expect("a body");
        serde_json::from_slice(&encoded.body.to_bytes()).expect("JSON")
    };
    let claude = encoded(Dialect::Claude, "claude");
    let expected = json!([
        {"role": "user", "content": [{"type": "text", "text": "?"}]},
        {"role": "assistant", "content": [{"type": "thinking", "thinking": "Let me see.", "signature": "c2ln"},
            {"type": "text", "text": "Yes"}, {"type": "text", "text": "."}]},
        {"role": "user", "content": [{"type": "text", "text": "Sure?"}]},
    ]);
    assert_eq!(claude["messages"], expected, "{claude}");
    for dialect in [Dialect::Chat, Dialect::Responses, Dialect::Gemini] {
        let body = encoded(dialect, "other").to_string();
        assert!(!body.contains("\"content\":\"\""), "{body}");
        assert!(!body.contains("\"content\":[]"), "{body}");
        assert!(!body.contains("\"parts\":[]"), "{body}");
    }
}
