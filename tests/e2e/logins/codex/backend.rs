//! OpenAI's logins and ChatGPT's backend, as strict as `providers.md` 3.5 has them.

use crate::harness::stand_in::{Asked, Said, StandIn};
use crate::login::challenge;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};

pub(super) const TOKEN: &str = "/oauth/token";
pub(super) const USERCODE: &str = "/deviceauth/usercode";
pub(super) const POLL: &str = "/deviceauth/token";
pub(super) const RESPONSES: &str = "/backend/responses";
pub(super) const COMPACT: &str = "/backend/responses/compact";
pub(super) const WORKSPACE: &str = "ws-1";
const CLIENT: &str = "app_EMoamEEZ73f0CkXaXp7hrann";
const DEVICE_REDIRECT: &str = "https://auth.openai.com/deviceauth/callback";
/// The proof that the provider makes itself where a code is typed.
const OWN_VERIFIER: &str = "verifier-of-its-own";
/// Fields that the public API takes, and this place does not.
const REFUSED: [&str; 16] = [
    "max_output_tokens",
    "max_completion_tokens",
    "max_tokens",
    "temperature",
    "top_p",
    "truncation",
    "user",
    "metadata",
    "safety_identifier",
    "prompt_cache_retention",
    "prompt_cache_options",
    "stream_options",
    "previous_response_id",
    "context_management",
    "background",
    "service_tier",
];

/// What the provider remembers.
#[derive(Debug, Default)]
pub(super) struct Memory {
    /// What the address said that a browser was sent to.
    pub(super) redirect: String,
    pub(super) challenge: String,
    /// Codes and refresh tokens that were used; each counts once.
    used: Vec<String>,
    polls: usize,
    /// Codes may not be typed by this account.
    pub(super) no_device: bool,
}

impl Memory {
    /// Codes can be used anew.
    pub(super) fn forget_codes(&mut self) {
        self.used.clear();
    }
}

pub(super) async fn start(memory: Arc<Mutex<Memory>>) -> StandIn {
    StandIn::start(move |asked| {
        let mut memory = memory.lock().unwrap();
        assert!(asked.user_agent().starts_with("modelgate/"), "{asked:?}");
        match &*asked.path {
            TOKEN => token(asked, &mut memory),
            USERCODE if memory.no_device => Said::json(404, &json!({"detail": "Not Found"})),
            USERCODE => usercode(asked),
            POLL => poll(asked, &mut memory),
            RESPONSES => or_fault(responses(asked)),
            COMPACT => or_fault(compact(asked)),
            path if path.starts_with("/backend/models?") => or_fault(models(asked)),
            path => panic!("{path}"),
        }
    })
    .await
}

fn or_fault(answer: Result<Said, Said>) -> Said {
    answer.unwrap_or_else(|fault| fault)
}

fn token(asked: &Asked, memory: &mut Memory) -> Said {
    let form = asked.form();
    let field = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
    let once = |memory: &mut Memory, what: &str| {
        let first = !memory.used.iter().any(|used| used == what);
        memory.used.push(what.to_owned());
        first
    };
    let refused = |code: &str| Said::json(401, &json!({"error": {"code": code, "message": "no"}}));
    if field("client_id") != CLIENT {
        return refused("invalid_client");
    }
    let (code, verifier, redirect) = (field("code"), field("code_verifier"), field("redirect_uri"));
    let number = match (field("grant_type"), form.len()) {
        ("authorization_code", 5) => {
            let of_browser = code == "code-1"
                && challenge(verifier) == memory.challenge
                && redirect == memory.redirect;
            let of_device =
                code == "code-2" && verifier == OWN_VERIFIER && redirect == DEVICE_REDIRECT;
            if !(of_browser || of_device) || !once(memory, code) {
                return refused("invalid_grant");
            }
            0
        }
        ("refresh_token", 4) if field("scope") == "openid profile email" => {
            let token = field("refresh_token");
            if !once(memory, token) {
                return refused("refresh_token_reused");
            }
            match token {
                "refresh-0" => 1,
                "refresh-1" => 2,
                _ => return refused("refresh_token_expired"),
            }
        }
        _ => return refused("invalid_request"),
    };
    Said::json(
        200,
        &json!({
            "access_token": format!("access-{number}"), "refresh_token": format!("refresh-{number}"), "id_token": id_token("plus"),
            "expires_in": 864_000, "token_type": "Bearer",
        }),
    )
}

/// A token of three parts that nobody has signed.
pub(super) fn id_token(plan: &str) -> String {
    let claims = json!({
        "email": "ada@example.com", "sub": "s-1", "aud": ["x"],
        "https://api.openai.com/auth": {"chatgpt_account_id": WORKSPACE, "chatgpt_plan_type": plan, "organizations": []},
    });
    format!(
        "e30.{}.x",
        BASE64_URL_SAFE_NO_PAD.encode(claims.to_string())
    )
}

fn usercode(asked: &Asked) -> Said {
    assert_eq!(asked.json(), json!({"client_id": CLIENT}));
    Said::json(
        200,
        &json!({"device_auth_id": "device-1", "usercode": "AB-CD", "interval": "1"}),
    )
}

/// Too fast the first time, then done.
fn poll(asked: &Asked, memory: &mut Memory) -> Said {
    assert_eq!(
        asked.json(),
        json!({"device_auth_id": "device-1", "user_code": "AB-CD"})
    );
    memory.polls += 1;
    if memory.polls == 1 {
        return Said::json(
            403,
            &json!({"error": {"code": "slow_down", "message": "x"}}),
        );
    }
    Said::json(
        200,
        &json!({
            "authorization_code": "code-2", "code_verifier": OWN_VERIFIER, "code_challenge": challenge(OWN_VERIFIER),
        }),
    )
}

fn detail(text: impl Into<String>) -> Said {
    Said::json(400, &json!({"detail": text.into()}))
}

/// Who asks, and for whom.
fn admit(asked: &Asked) -> Result<(), Said> {
    let is = |name: &str, value: &str| asked.header(name) == Some(value);
    if !is("originator", "modelgate") {
        return Err(Said::bytes(
            "text/html",
            b"<html><head><title>Just a moment...</title></head></html>".to_vec(),
        )
        .with_status(403));
    }
    match asked.header("authorization").unwrap_or_default() {
        "Bearer access-limited" => {
            let error = json!({
                "type": "usage_limit_reached", "message": "The usage limit has been reached", "plan_type": "plus",
                "resets_in_seconds": 7200,
            });
            Err(Said::json(429, &json!({"error": error})))
        }
        "Bearer access-0" | "Bearer access-1" | "Bearer access-2"
            if is("chatgpt-account-id", WORKSPACE) =>
        {
            Ok(())
        }
        _ => Err(Said::json(
            401,
            &json!({"error": {"message": "Provided authentication token is expired.", "code": "token_expired"}}),
        )),
    }
}

fn models(asked: &Asked) -> Result<Said, Said> {
    admit(asked)?;
    // What there is depends on who asks, and for which version.
    let version = asked.path.split_once('=').unwrap().1;
    let own = match (asked.header("authorization"), version) {
        (Some("Bearer access-0"), env!("CARGO_PKG_VERSION")) => "gpt-new-9",
        (Some("Bearer access-1"), "9.9.9") => "gpt-of-others",
        other => panic!("{other:?}"),
    };
    let models = ["gpt-5.5", own].map(|slug| json!({"slug": slug, "visibility": "list"}));
    Ok(Said::json(200, &json!({"models": models})))
}

/// What every body must be and must not be.
fn check(body: &Value) -> Result<(), Said> {
    for field in REFUSED {
        if body.get(field).is_some() && body[field] != "priority" {
            return Err(detail(format!("Unsupported parameter: {field}")));
        }
    }
    if !body["instructions"].is_string() {
        return Err(detail("Instructions are required"));
    }
    let Some(input) = body["input"].as_array() else {
        return Err(detail("Input must be a list"));
    };
    if input.iter().any(|item| item["role"] == "system") {
        return Err(detail("System messages are not allowed"));
    }
    let tools = body["tools"].as_array().cloned().unwrap_or_default();
    if tools.is_empty() && body.get("parallel_tool_calls").is_some() {
        return Err(detail("parallel_tool_calls without tools"));
    }
    for tool in &tools {
        let kind = tool["type"].as_str().unwrap();
        let name = tool["name"].as_str().unwrap_or_default();
        if !matches!(kind, "function" | "custom" | "web_search") || name.len() > 64 {
            return Err(detail(format!("Invalid tool: {tool}")));
        }
    }
    if body.to_string().contains("prompt_cache_breakpoint") {
        return Err(detail("Unsupported parameter: prompt_cache_breakpoint"));
    }
    Ok(())
}

fn compact(asked: &Asked) -> Result<Said, Said> {
    admit(asked)?;
    let body = asked.json();
    check(&body)?;
    for field in ["stream", "store", "include"] {
        if body.get(field).is_some() {
            return Err(detail(format!("Unsupported parameter: {field}")));
        }
    }
    assert_eq!(asked.header("accept"), Some("application/json"));
    let output = json!([{"type": "compaction", "encrypted_content": "short"}]);
    Ok(Said::json(
        200,
        &json!({"id": "resp_c", "object": "response.compaction", "created_at": 1, "output": output}),
    ))
}

fn responses(asked: &Asked) -> Result<Said, Said> {
    admit(asked)?;
    let body = asked.json();
    check(&body)?;
    if body["stream"] != true {
        return Err(detail("Stream must be set to true"));
    }
    if body["store"] != false {
        return Err(detail("Store must be set to false"));
    }
    if asked.header("accept") != Some("text/event-stream") {
        return Err(detail("It comes in a stream"));
    }
    let include = body["include"].as_array().cloned().unwrap_or_default();
    if !include
        .iter()
        .any(|item| item == "reasoning.encrypted_content")
    {
        return Err(detail("Nobody would remember"));
    }
    Ok(answer(&body))
}

/// A stream, whose last event says nothing of what was said.
fn answer(body: &Value) -> Said {
    let model = body["model"].as_str().unwrap();
    let response = |status: &str, more: Value| {
        let mut response = json!({
            "id": "resp_up", "object": "response", "created_at": 1, "model": model, "status": status, "output": [],
            "error": null, "instructions": body["instructions"],
        });
        let fields = response.as_object_mut().unwrap();
        fields.extend(more.as_object().unwrap().clone());
        response
    };
    let mut events = vec![
        json!({"type": "codex.rate_limits", "plan_type": "plus"}),
        json!({"type": "response.created", "response": response("in_progress", json!({}))}),
    ];
    if model == "gpt-failed" {
        let error = json!({"code": "server_is_overloaded", "message": "Too much to do."});
        let failed = response("failed", json!({"error": error}));
        events.push(json!({"type": "response.failed", "response": failed}));
        return sse(&events);
    }
    for (index, item) in items(body).into_iter().enumerate() {
        tell(&mut events, index, &item);
    }
    if model != "gpt-cut" {
        let usage = json!({"input_tokens": 7, "output_tokens": 2, "total_tokens": 9});
        let completed = response("completed", json!({"usage": usage}));
        events.push(json!({"type": "response.completed", "response": completed}));
    }
    sse(&events)
}

/// What is answered: a call, what came of one, or a greeting; with a thought where one was wanted.
fn items(body: &Value) -> Vec<Value> {
    let last = body["input"].as_array().unwrap().last().unwrap();
    let said = |text: String| {
        let part = json!({"type": "output_text", "text": text, "annotations": []});
        json!({"type": "message", "id": "msg_1", "role": "assistant", "status": "completed", "content": [part]})
    };
    let mut items = Vec::new();
    if body["reasoning"]["effort"].is_string() {
        items.push(json!({"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "sealed"}));
    }
    let tool = body["tools"].as_array().and_then(|tools| tools.first());
    items.push(match (tool, last["type"].as_str()) {
        (_, Some("function_call_output")) => {
            said(format!("The tool said: {}", last["output"].as_str().unwrap()))
        }
        (Some(tool), _) => json!({
            "type": "function_call", "id": "fc_1", "call_id": "call_1", "name": tool["name"], "status": "completed",
            "arguments": "{\"city\":\"Oslo\"}",
        }),
        (None, _) => said("Hello there".to_owned()),
    });
    items
}

pub(in crate::logins) fn tell(events: &mut Vec<Value>, index: usize, item: &Value) {
    let mut begun = item.clone();
    match item["type"].as_str().unwrap() {
        "message" => begun["content"] = json!([]),
        "function_call" => begun["arguments"] = json!(""),
        _ => {}
    }
    events
        .push(json!({"type": "response.output_item.added", "output_index": index, "item": begun}));
    let text = item["content"][0]["text"].as_str().unwrap_or_default();
    if !text.is_empty() {
        let part = json!({"type": "output_text", "text": "", "annotations": []});
        events.push(json!({
            "type": "response.content_part.added", "output_index": index, "item_id": item["id"], "content_index": 0,
            "part": part,
        }));
    }
    for half in [&text[..text.len() / 2], &text[text.len() / 2..]] {
        if !half.is_empty() {
            events.push(json!({
                "type": "response.output_text.delta", "output_index": index, "item_id": item["id"], "content_index": 0,
                "delta": half,
            }));
        }
    }
    events.push(json!({"type": "response.output_item.done", "output_index": index, "item": item}));
}

pub(in crate::logins) fn sse(events: &[Value]) -> Said {
    let mut text = String::new();
    let mut number = 0;
    for event in events {
        let mut event = event.clone();
        if event["type"].as_str().unwrap().starts_with("response.") {
            event["sequence_number"] = json!(number);
            number += 1;
        }
        let kind = event["type"].as_str().unwrap();
        text.push_str(&format!("event: {kind}\ndata: {event}\n\n"));
    }
    Said::bytes("text/event-stream", text.into_bytes())
        .header("x-codex-primary-used-percent", "12.5")
        .header("x-codex-primary-reset-after-seconds", "3600")
}
