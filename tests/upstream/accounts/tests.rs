//! What each provider refuses of its accounts.

use super::*;
use http::Request;

fn text(provider: &str, path: &str, headers: &[(&str, &str)], body: &Value) -> (u16, String) {
    let path = format!("/accounts/{provider}/{path}");
    let request = headers.iter().fold(
        Request::post(path).header("host", "h"),
        |request, (name, value)| request.header(*name, *value),
    );
    let (parts, ()) = request.body(()).expect("it is a request").into_parts();
    let body = Bytes::from(body.to_string());
    let script = answer(&Records::default(), &parts, &body).expect("a provider");
    (script.status, script.text())
}

/// With all of these headers it is answered, and without any one of them it is not.
#[track_caller]
fn needs_all(provider: &str, path: &str, headers: &[(&str, &str)], body: &Value) {
    let (status, said) = text(provider, path, headers, body);
    assert_eq!(status, 200, "{provider}: {said}");
    for left_out in headers {
        let others: Vec<_> = headers
            .iter()
            .filter(|one| one != &left_out)
            .copied()
            .collect();
        let (status, _) = text(provider, path, &others, body);
        assert_ne!(status, 200, "{provider} without {}", left_out.0);
    }
}

fn chat() -> Value {
    json!({"model": "up-text", "messages": [{"role": "user", "content": "hi"}]})
}

const IDENTITY: [(&str, &str); 6] = [
    ("authorization", "Bearer token-copilot"),
    ("editor-version", "modelgate/1"),
    ("editor-plugin-version", "modelgate/1"),
    ("x-request-id", "1"),
    ("openai-intent", "conversation-panel"),
    ("x-initiator", "user"),
];

#[test]
fn every_header_that_a_provider_needs_is_looked_for() {
    let completions = "v1/chat/completions";
    needs_all(
        "iflow",
        completions,
        &[("authorization", "Bearer key-iflow")],
        &chat(),
    );
    needs_all(
        "qwen",
        completions,
        &[("authorization", "Bearer token-qwen")],
        &chat(),
    );
    needs_all(
        "xai",
        completions,
        &[("authorization", "Bearer token-xai")],
        &chat(),
    );
    needs_all("copilot", "business/chat/completions", &IDENTITY, &chat());
    let device = [
        ("authorization", "Bearer token-kimi"),
        ("x-msh-device-id", "device-1"),
        ("x-msh-platform", "modelgate"),
        ("x-msh-version", "1"),
        ("x-msh-device-name", "modelgate"),
        ("x-msh-device-model", "modelgate"),
    ];
    needs_all("kimi", completions, &device, &chat());
    let mut message = chat();
    message["max_tokens"] = json!(9);
    let claude = [
        ("authorization", "Bearer token-claude"),
        ("anthropic-beta", "a,oauth-2025-04-20"),
        ("anthropic-version", "2023-06-01"),
    ];
    needs_all("claude", "v1/messages", &claude, &message);
    let contents = json!({"contents": [{"role": "user", "parts": [{"text": "hi"}]}]});
    let models = "v1/projects/project-1/locations/europe-west4/publishers/google/models";
    let path = format!("{models}/up-text:generateContent");
    needs_all(
        "vertex",
        &path,
        &[("authorization", "Bearer token-vertex")],
        &contents,
    );
    let elsewhere = path.replace("europe-west4", "us-central1");
    let token = [("authorization", "Bearer token-vertex")];
    assert_eq!(text("vertex", &elsewhere, &token, &contents).0, 404);
}

#[test]
fn fields_that_a_provider_does_not_take_are_refused() {
    let with = |name: &str, value: Value| {
        let mut body = chat();
        body[name] = value;
        body
    };
    for (provider, token, field, value) in [
        ("iflow", "key-iflow", "tools", json!([])),
        ("qwen", "token-qwen", "stream", json!(true)),
        ("xai", "token-xai", "stop", json!("x")),
        ("xai", "token-xai", "prompt_cache_key", json!("unsaid")),
    ] {
        let bearer = format!("Bearer {token}");
        let headers = [("authorization", bearer.as_str())];
        let (status, _) = text(
            provider,
            "v1/chat/completions",
            &headers,
            &with(field, value),
        );
        assert_eq!(status, 400, "{provider}: {field}");
    }
    let of_tool = json!([{"role": "user", "content": "hi"}, {"role": "assistant", "content": "x"}]);
    let path = "business/chat/completions";
    assert_eq!(
        text("copilot", path, &IDENTITY, &with("messages", of_tool)).0,
        400
    );
}

#[test]
fn xai_keeps_nothing_and_knows_no_tools_of_others() {
    let body =
        json!({"model": "up-text", "input": [{"role": "user", "content": "hi"}], "store": false});
    let token = [("authorization", "Bearer token-xai")];
    needs_all("xai", "v1/responses", &token, &body);
    for (field, value) in [
        ("store", json!(true)),
        ("stop", json!("x")),
        ("previous_response_id", json!("resp_1")),
        ("tools", json!([{"type": "custom", "name": "f"}])),
        (
            "tools",
            json!([{"type": "namespace", "name": "f", "tools": []}]),
        ),
        ("prompt_cache_key", json!("unsaid")),
    ] {
        let mut odd = body.clone();
        odd[field] = value;
        let (status, said) = text("xai", "v1/responses", &token, &odd);
        assert_eq!(status, 400, "{field}: {said}");
    }
}

#[test]
fn some_models_of_copilot_are_elsewhere() {
    let message =
        |model: &str| json!({"model": model, "messages": [{"role": "user", "content": "hi"}]});
    let input = |model: &str| json!({"model": model, "input": [{"role": "user", "content": "hi"}]});
    let (there, elsewhere) = ("up-text", "up-text@responses");
    for (path, body, status) in [
        ("business/chat/completions", message(there), 200),
        ("business/chat/completions", message(elsewhere), 400),
        ("business/responses", input(there), 400),
        ("business/responses", input(elsewhere), 200),
    ] {
        let (found, said) = text("copilot", path, &IDENTITY, &body);
        assert_eq!(found, status, "{path} {body}: {said}");
    }
}

#[test]
fn chatgpt_answers_loosely_and_takes_little() {
    let input = json!([{"role": "user", "content": "hi"}]);
    let body = json!({
        "model": "up-text", "input": input, "instructions": "", "stream": true, "store": false,
        "include": ["reasoning.encrypted_content"],
    });
    let headers = [
        ("authorization", "Bearer token-codex"),
        ("chatgpt-account-id", "workspace-1"),
        ("originator", "modelgate"),
        ("accept", "text/event-stream"),
    ];
    needs_all("codex", "responses", &headers, &body);
    let (_, said) = text("codex", "responses", &headers, &body);
    assert!(said.starts_with("event: codex.rate_limits"), "{said}");
    let end = said.rsplit("data: ").next().expect("an event");
    let end: Value = serde_json::from_str(end).expect("JSON");
    assert_eq!(end["response"]["output"], json!([]));
    for (field, value) in [
        ("stream", json!(false)),
        ("store", json!(true)),
        ("instructions", json!(null)),
        ("input", json!("hi")),
        ("include", json!([])),
        ("temperature", json!(1)),
        ("parallel_tool_calls", json!(true)),
        ("prompt_cache_key", json!("unsaid")),
    ] {
        let mut odd = body.clone();
        odd[field] = value;
        let (status, said) = text("codex", "responses", &headers, &odd);
        assert_eq!(status, 400, "{field}: {said}");
        assert!(said.contains("detail"), "{said}");
    }
}

#[test]
fn kiro_wants_turns_that_take_turns() {
    let turn = |content: &str| json!({"userInputMessage": {"content": content, "modelId": "up-text", "origin": "AI_EDITOR"}});
    let body = |current: Value, history: Value| {
        json!({
            "profileArn": "arn:aws:codewhisperer:us-east-1:1:profile/A",
            "conversationState": {"conversationId": "x".repeat(36), "currentMessage": current, "history": history},
        })
    };
    let headers = [
        ("authorization", "Bearer token-kiro"),
        (
            "x-amz-target",
            "AmazonCodeWhispererStreamingService.GenerateAssistantResponse",
        ),
        ("content-type", "application/x-amz-json-1.0"),
        ("accept", "*/*"),
        ("amz-sdk-invocation-id", "1"),
    ];
    let path = "generateAssistantResponse";
    needs_all("kiro", path, &headers, &body(turn("hi"), json!([])));
    let called =
        json!({"assistantResponseMessage": {"content": "x", "toolUses": [{"toolUseId": "1"}]}});
    for (current, history) in [
        (turn(" "), json!([])),
        (turn("hi"), json!([turn("hi")])),
        (turn("hi"), json!([turn("hi"), called])),
    ] {
        let (status, said) = text("kiro", path, &headers, &body(current, history));
        assert_eq!(status, 400, "{said}");
    }
}

#[test]
fn the_service_of_code_assist_tells_its_clients_apart() {
    let request = json!({"contents": [{"role": "user", "parts": [{"text": "hi"}]}]});
    let cli = json!({"model": "up-text", "project": "p-1", "request": request});
    let mut other = cli.clone();
    other["requestId"] = json!("agent-1");
    other["requestType"] = json!("agent");
    other["request"]["sessionId"] = json!("-1");
    let path = "v1internal:generateContent";
    needs_all(
        "gemini",
        path,
        &[("authorization", "Bearer token-gemini")],
        &cli,
    );
    needs_all(
        "antigravity",
        path,
        &[("authorization", "Bearer token-antigravity")],
        &other,
    );
    let token = [("authorization", "Bearer token-antigravity")];
    assert_eq!(text("antigravity", path, &token, &cli).0, 400);
}
