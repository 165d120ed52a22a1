use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value as Json, json};

use crate::ir::fold::{fold, unfold};
use crate::ir::{Error, ErrorKind, Opaque, Part, Request, Response};
use crate::json::{Document, Str};
use crate::names::Names;
use crate::target::{ChatProfile, GeminiProfile, KiroProfile, ModelProfile, Reply, Target};
use crate::{Dialect, EventEncoder, codec};

fn document(body: &Json) -> Document {
    Document::parse(Bytes::from(body.to_string())).expect("JSON")
}

#[track_caller]
fn decode(body: &Json) -> Response {
    codec::decode_response(
        Dialect::Gemini,
        &document(body),
        &Str::from_static("gemini"),
    )
    .expect("an answer")
}

fn reply() -> Reply {
    Reply {
        model: Str::from_static("client-model"),
        unique: Str::from_static("u"),
        created: 1,
        include_usage: true,
        names: Names::default(),
        echo: None,
    }
}

fn encode(dialect: Dialect, response: &Response) -> Json {
    serde_json::from_slice(&codec::encode_response(dialect, response, &reply())).expect("JSON")
}

fn answer(parts: &Json) -> Json {
    json!({"candidates": [{"content": {"role": "model", "parts": parts}, "finishReason": "STOP", "index": 0}],
        "usageMetadata": {"promptTokenCount": 1, "candidatesTokenCount": 1, "totalTokenCount": 2},
        "modelVersion": "m", "responseId": "r"})
}

fn signed_answer() -> Json {
    answer(&json!([
        {"text": "Hm.", "thought": true, "thoughtSignature": "dGhvdWdodA=="},
        {"text": "I look.", "thoughtSignature": "dGV4dA=="},
        {"functionCall": {"name": "f", "args": {"a": 1}}, "thoughtSignature": "Y2FsbA=="},
        {"functionCall": {"name": "f", "args": {"a": 2}}},
    ]))
}

/// The request in which a client sends an answer back, with results for its calls.
fn replay(dialect: Dialect, answer: &Json) -> Json {
    match dialect {
        Dialect::Chat | Dialect::Completions => {
            let said = &answer["choices"][0]["message"];
            let result =
                |call: &Json| json!({"role": "tool", "tool_call_id": call["id"], "content": "ok"});
            let results = said["tool_calls"]
                .as_array()
                .into_iter()
                .flatten()
                .map(result);
            let mut messages = vec![json!({"role": "user", "content": "?"}), said.clone()];
            messages.extend(results);
            json!({"model": "m", "messages": messages})
        }
        Dialect::Claude => {
            let blocks = answer["content"].as_array().into_iter().flatten();
            let calls = blocks.filter(|block| block["type"] == "tool_use");
            let results: Vec<Json> = calls
                .map(|call| json!({"type": "tool_result", "tool_use_id": call["id"], "content": "ok"}))
                .collect();
            json!({"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "?"},
                {"role": "assistant", "content": answer["content"]}, {"role": "user", "content": results}]})
        }
        Dialect::Responses => {
            let items = answer["output"].as_array().cloned().unwrap_or_default();
            let calls = items.iter().filter(|item| item["type"] == "function_call");
            let results: Vec<Json> = calls
                .map(|call| json!({"type": "function_call_output", "call_id": call["call_id"], "output": "ok"}))
                .collect();
            let mut input = vec![json!({"role": "user", "content": "?"})];
            input.extend(items.iter().cloned().chain(results));
            json!({"model": "m", "input": input})
        }
        Dialect::Kiro => panic!("no client speaks it"),
        Dialect::Gemini => {
            let content = &answer["candidates"][0]["content"];
            let parts = content["parts"].as_array().into_iter().flatten();
            let calls = parts.filter_map(|part| part.get("functionCall"));
            let results: Vec<Json> = calls
                .map(|call| json!({"functionResponse": {"name": call["name"], "id": call["id"], "response": {"output": "ok"}}}))
                .collect();
            json!({"contents": [{"role": "user", "parts": [{"text": "?"}]}, content, {"role": "user", "parts": results}]})
        }
    }
}

fn to_upstream(provider: &'static str, request: &Request) -> Json {
    let target = Target {
        model: Str::from_static("m"),
        provider: Str::from_static(provider),
        model_profile: ModelProfile::default(),
        chat: ChatProfile::default(),
        gemini: GeminiProfile::default(),
        kiro: KiroProfile::default(),
    };
    let encoded = codec::encode_request(Dialect::Gemini, request, &target).expect("a body");
    serde_json::from_slice(&encoded.body.to_bytes()).expect("JSON")
}

#[test]
fn signatures_survive_clients_of_every_dialect() {
    let response = decode(&signed_answer());
    for dialect in Dialect::BOTH {
        let body = replay(dialect, &encode(dialect, &response));
        let request = codec::decode_request(dialect, &document(&body)).expect("a request");
        let parts = to_upstream("gemini", &request)["contents"][1]["parts"].clone();
        let signature = |part: &Json| part["thoughtSignature"].as_str().map(str::to_owned);
        let calls = parts
            .as_array()
            .expect("parts")
            .iter()
            .filter(|part| part.get("functionCall").is_some());
        let of_calls: Vec<Option<String>> = calls.map(signature).collect();
        assert_eq!(
            of_calls,
            [Some("Y2FsbA==".to_owned()), None],
            "{dialect}: {parts}"
        );
        let text = parts.to_string();
        for kept in ["dGhvdWdodA==", "dGV4dA=="] {
            assert!(text.contains(kept), "{dialect}: {parts}");
        }
        // Nobody else's upstream sees any of it.
        let elsewhere = to_upstream("vertex", &request).to_string();
        assert!(!elsewhere.contains("ignature"), "{dialect}: {elsewhere}");
        for other in [Dialect::Chat, Dialect::Claude] {
            let target = Target {
                model: Str::from_static("m"),
                provider: Str::from_static("other"),
                model_profile: ModelProfile::default(),
                chat: ChatProfile::default(),
                gemini: GeminiProfile::default(),
                kiro: KiroProfile::default(),
            };
            let encoded = codec::encode_request(other, &request, &target).expect("a body");
            let body = String::from_utf8_lossy(&encoded.body.to_bytes()).into_owned();
            for state in ["dGhvdWdodA", "dGV4dA", "Y2FsbA", "modelgate"] {
                assert!(!body.contains(state), "{dialect} to {other}: {body}");
            }
        }
    }
}

#[test]
fn signatures_survive_streams_too() {
    let response = decode(&signed_answer());
    for dialect in Dialect::BOTH {
        let mut encoder = EventEncoder::new(dialect, reply());
        let mut out = Vec::new();
        unfold(response.clone())
            .into_iter()
            .for_each(|event| encoder.on(event, &mut out));
        let text = String::from_utf8(out).expect("text");
        let marks = match dialect {
            Dialect::Gemini => ["Y2FsbA==", "dGV4dA=="],
            _ => ["modelgate1-", "modelgate~1."],
        };
        for mark in marks {
            assert!(text.contains(mark), "{dialect}: {text}");
        }
    }
    assert_eq!(
        fold(Dialect::Gemini, unfold(response.clone())),
        Ok(response)
    );
}

#[test]
fn state_of_claude_survives_a_gemini_client() {
    let body = json!({"id": "msg_1", "type": "message", "role": "assistant", "model": "c", "stop_reason": "tool_use",
        "content": [{"type": "thinking", "thinking": "Hm.", "signature": "SIG"}, {"type": "redacted_thinking", "data": "DATA"},
            {"type": "text", "text": "So."}, {"type": "tool_use", "id": "toolu_1", "name": "f", "input": {}}],
        "usage": {"input_tokens": 1, "output_tokens": 1}});
    let provider = Str::from_static("claude");
    let response =
        codec::decode_response(Dialect::Claude, &document(&body), &provider).expect("an answer");
    let seen = encode(Dialect::Gemini, &response);
    assert!(!seen.to_string().contains("SIG") && !seen.to_string().contains("DATA"));
    let back = replay(Dialect::Gemini, &seen);
    let request = codec::decode_request(Dialect::Gemini, &document(&back)).expect("a request");
    let target = Target {
        model: Str::from_static("c"),
        provider,
        model_profile: ModelProfile::default(),
        chat: ChatProfile::default(),
        gemini: GeminiProfile::default(),
        kiro: KiroProfile::default(),
    };
    let encoded = codec::encode_request(Dialect::Claude, &request, &target).expect("a body");
    let again: Json = serde_json::from_slice(&encoded.body.to_bytes()).expect("JSON");
    assert_eq!(again["messages"][1]["content"], body["content"]);
}

#[test]
fn a_blocked_prompt_is_told_as_one() {
    let body = json!({"promptFeedback": {"blockReason": "SAFETY", "blockReasonMessage": "Too bold."},
        "usageMetadata": {"promptTokenCount": 8, "totalTokenCount": 8}, "modelVersion": "m", "responseId": "r"});
    let response = decode(&body);
    let claude = encode(Dialect::Claude, &response);
    assert_eq!(claude["stop_reason"], "refusal");
    assert_eq!(
        claude["content"][0]["text"],
        "The prompt was blocked (SAFETY): Too bold."
    );
    let chat = encode(Dialect::Chat, &response);
    assert_eq!(chat["choices"][0]["finish_reason"], "content_filter");
    let own = encode(Dialect::Gemini, &response);
    assert_eq!(own["promptFeedback"], body["promptFeedback"]);
    assert!(own.get("candidates").is_none());
}

#[test]
fn what_gemini_says_beside_its_text_is_kept() {
    let body = json!({"candidates": [{"content": {"role": "model", "parts": [{"text": "x"}, {"newPart": {"a": 1}}]},
        "finishReason": "RECITATION", "finishMessage": "a poem", "index": 0, "avgLogprobs": -0.5,
        "safetyRatings": [{"category": "c"}], "groundingMetadata": {"groundingChunks": []}}],
        "usageMetadata": {"promptTokenCount": 1, "candidatesTokenCount": 1, "totalTokenCount": 2,
            "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 1}], "trafficType": "ON_DEMAND"},
        "modelVersion": "m", "responseId": "r", "createTime": "2026-01-01T00:00:00Z"});
    let again = encode(Dialect::Gemini, &decode(&body));
    assert_eq!(again["candidates"], body["candidates"]);
    assert_eq!(again["usageMetadata"], body["usageMetadata"]);
    assert_eq!(again["createTime"], body["createTime"]);
}

fn rated_answer() -> Json {
    let mut body = answer(&json!([{"text": "Hé"}]));
    body["candidates"][0]["avgLogprobs"] = json!(-0.05);
    body["candidates"][0]["logprobsResult"] = json!({
        "topCandidates": [{"candidates": [{"token": "H", "tokenId": 7, "logProbability": -0.1},
            {"token": "J", "logProbability": -2.5}]}],
        "chosenCandidates": [{"token": "H", "tokenId": 7, "logProbability": -0.1}, {"token": "é"}]});
    body
}

#[test]
fn probabilities_of_tokens_are_told_in_the_form_of_each_client() {
    let body = rated_answer();
    let response = decode(&body);
    let expected = json!([
        {"token": "H", "logprob": -0.1, "bytes": [72], "top_logprobs": [
            {"token": "H", "logprob": -0.1, "bytes": [72]}, {"token": "J", "logprob": -2.5, "bytes": [74]}]},
        {"token": "é", "logprob": 0, "bytes": [195, 169], "top_logprobs": []},
    ]);
    let chat = encode(Dialect::Chat, &response);
    assert_eq!(chat["choices"][0]["logprobs"]["content"], expected);
    let responses = encode(Dialect::Responses, &response);
    assert_eq!(
        responses["output"][0]["content"][0]["logprobs"], expected,
        "{responses}"
    );
    let legacy = encode(Dialect::Completions, &response);
    let expected = json!({"tokens": ["H", "é"], "token_logprobs": [-0.1, 0],
        "top_logprobs": [{"H": -0.1, "J": -2.5}, {}], "text_offset": [0, 1]});
    assert_eq!(legacy["choices"][0]["logprobs"], expected);
    let own = encode(Dialect::Gemini, &response);
    assert_eq!(own["candidates"], body["candidates"]);
}

#[test]
fn probabilities_of_other_vendors_tokens_are_told_in_googles_form() {
    let body = json!({"id": "c", "object": "chat.completion", "created": 1, "model": "m", "choices": [{"index": 0,
        "message": {"role": "assistant", "content": "H"}, "finish_reason": "stop", "logprobs": {"content": [
            {"token": "H", "logprob": -0.1, "bytes": [72], "top_logprobs": [{"token": "J", "logprob": -2.5}]}]}}]});
    let provider = Str::from_static("openai");
    let response = codec::decode_response(Dialect::Chat, &document(&body), &provider).unwrap();
    let own = encode(Dialect::Gemini, &response);
    let expected = json!({
        "topCandidates": [{"candidates": [{"token": "J", "logProbability": -2.5}]}],
        "chosenCandidates": [{"token": "H", "logProbability": -0.1}]});
    assert_eq!(own["candidates"][0]["logprobsResult"], expected);
}

#[test]
fn failures_are_read() {
    let rows = [
        (400, "INVALID_ARGUMENT", ErrorKind::InvalidRequest),
        (401, "UNAUTHENTICATED", ErrorKind::Authentication),
        (403, "PERMISSION_DENIED", ErrorKind::Permission),
        (404, "NOT_FOUND", ErrorKind::NotFound),
        (429, "RESOURCE_EXHAUSTED", ErrorKind::RateLimit),
        (500, "INTERNAL", ErrorKind::Server),
        (503, "UNAVAILABLE", ErrorKind::Overloaded),
        (504, "DEADLINE_EXCEEDED", ErrorKind::Timeout),
    ];
    for (code, status, kind) in rows {
        // Google tells of every limit as of a quota.
        let message = if code == 429 {
            "You exceeded your current quota."
        } else {
            "no"
        };
        let body = json!({"error": {"code": code, "message": message, "status": status}});
        for body in [body.clone(), json!([body])] {
            let bytes = Bytes::from(body.to_string());
            let error = codec::decode_error(Dialect::Gemini, code, &bytes);
            assert_eq!((error.status, error.kind), (code, kind), "{body}");
            let inside = codec::decode_stream_error(Dialect::Gemini, &bytes);
            assert_eq!(inside.kind, kind, "{body}");
        }
    }
}

#[test]
fn counts_are_read_and_written() {
    let body = json!({"totalTokens": "31", "promptTokensDetails": []});
    assert_eq!(
        codec::decode_count(Dialect::Gemini, &document(&body)),
        Some(31)
    );
    let body = json!({"input_tokens": 7});
    assert_eq!(
        codec::decode_count(Dialect::Claude, &document(&body)),
        Some(7)
    );
    assert_eq!(codec::decode_count(Dialect::Gemini, &document(&body)), None);
    assert_eq!(
        codec::encode_count(Dialect::Gemini, 5),
        br#"{"totalTokens":5}"#.as_slice()
    );
    assert_eq!(
        codec::encode_count(Dialect::Claude, 5),
        br#"{"input_tokens":5}"#.as_slice()
    );
}

#[test]
fn details_are_read() {
    let body = json!({"error": {"code": 429, "message": "wait", "status": "RESOURCE_EXHAUSTED", "details": [
        {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "RATE_LIMIT_EXCEEDED"},
        {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "1.5s"}]}});
    let error = codec::decode_error(Dialect::Gemini, 429, &Bytes::from(body.to_string()));
    assert_eq!(error.retry_after, Some(Duration::from_millis(1500)));
    assert_eq!(error.code.as_deref(), Some("RATE_LIMIT_EXCEEDED"));
    let again = codec::encode_error(Dialect::Gemini, &error);
    let again: Json = serde_json::from_slice(&again).expect("JSON");
    assert_eq!(again["error"]["details"], body["error"]["details"]);
    let wrong_key = json!({"error": {"code": 400, "message": "bad key", "status": "INVALID_ARGUMENT", "details": [
        {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID"}]}});
    let error = codec::decode_error(Dialect::Gemini, 400, &Bytes::from(wrong_key.to_string()));
    assert_eq!((error.status, error.kind), (401, ErrorKind::Authentication));
}

#[test]
fn where_an_account_is_and_whether_it_pays_is_no_fault_of_a_request() {
    for (message, kind) in [
        (
            "User location is not supported for the API use.",
            ErrorKind::Permission,
        ),
        (
            "Gemini API free tier is not available in your country. Please enable billing.",
            ErrorKind::Billing,
        ),
        (
            "The File abc is not in an ACTIVE state and usage is not allowed.",
            ErrorKind::InvalidRequest,
        ),
    ] {
        let body =
            json!({"error": {"code": 400, "message": message, "status": "FAILED_PRECONDITION"}});
        let error = codec::decode_error(Dialect::Gemini, 400, &Bytes::from(body.to_string()));
        assert_eq!(
            (error.kind, error.code.as_deref()),
            (kind, Some("FAILED_PRECONDITION")),
            "{message}"
        );
    }
}

#[test]
fn the_wait_is_read_where_google_tells_it() {
    let info = |metadata: Json| json!({"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "QUOTA_EXHAUSTED", "metadata": metadata});
    let retry =
        json!({"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "34.07s"});
    for (details, message, expected) in [
        (
            json!([info(json!({"quotaResetDelay": "1h16m0.6s"})), retry]),
            "after 5s.",
            34_070,
        ),
        (
            json!([info(json!({"quotaResetDelay": "1h16m0.6s"}))]),
            "reset after 5s.",
            4_560_600,
        ),
        (
            json!([info(json!({"quotaResetDelay": "373.8ms"}))]),
            "",
            373,
        ),
        (
            json!([info(json!({}))]),
            "Your quota will reset after 1h2m3s.",
            3_723_000,
        ),
        (json!([]), "Try again after 5s, or after lunch", 0),
    ] {
        let body = json!({"error": {"code": 429, "message": message, "status": "RESOURCE_EXHAUSTED", "details": details}});
        let error = codec::decode_error(Dialect::Gemini, 429, &Bytes::from(body.to_string()));
        let told = error.retry_after.map_or(0, |wait| wait.as_millis());
        assert_eq!(told, expected, "{body}");
        assert_eq!(error.kind, ErrorKind::RateLimit);
    }
}

#[test]
fn failures_are_written_in_googles_shape() {
    let mut error = Error::new(ErrorKind::RateLimit, "slow down").with_param("contents");
    error.retry_after = Some(Duration::from_secs(17));
    error.code = Some(Str::from_static("too_many"));
    let body: Json =
        serde_json::from_slice(&codec::encode_error(Dialect::Gemini, &error)).expect("JSON");
    assert_eq!(body["error"]["code"], 429);
    assert_eq!(body["error"]["status"], "RESOURCE_EXHAUSTED");
    assert_eq!(body["error"]["type"], "rate_limit_error");
    let again = codec::decode_error(
        Dialect::Gemini,
        429,
        &codec::encode_error(Dialect::Gemini, &error),
    );
    assert_eq!(again.retry_after, error.retry_after);
    assert_eq!(again.code, error.code);
    assert_eq!(again.param, error.param);
    let mut overloaded = Error::new(ErrorKind::Overloaded, "busy");
    overloaded.status = 529;
    let body: Json =
        serde_json::from_slice(&codec::encode_error(Dialect::Gemini, &overloaded)).expect("JSON");
    assert_eq!(
        (&body["error"]["code"], &body["error"]["status"]),
        (&json!(503), &json!("UNAVAILABLE"))
    );
}

#[test]
fn a_streamed_thought_of_another_vendor_comes_back_whole() {
    let state = |data: &str, provider: &'static str| {
        let (data, provider) = (Str::from(data), Str::from_static(provider));
        crate::opaque::wrap_base64(&Opaque { data, provider }, false)
    };
    let signed = state("SIG", "claude");
    let parts = json!([{"text": "I think ", "thought": true}, {"text": "so.", "thought": true},
        {"text": "", "thought": true, "thoughtSignature": &*signed}, {"text": "Yes."}]);
    let body = json!({"contents": [{"role": "user", "parts": [{"text": "?"}]}, {"role": "model", "parts": parts}]});
    let request = codec::decode_request(Dialect::Gemini, &document(&body)).expect("a request");
    let thoughts: Vec<_> = request.turns[1]
        .parts
        .iter()
        .filter_map(|part| match part {
            Part::Reasoning(thought) => Some((&*thought.text, thought.opaque.is_some())),
            _ => None,
        })
        .collect();
    assert_eq!(thoughts, [("I think so.", true)]);
}
