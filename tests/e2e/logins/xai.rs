//! xAI, as strict as `providers.md` 14 has it.

use super::codex::backend::{sse, tell};
use super::{DEVICE, Scene, hello, refused};
use crate::harness::answer::Answer;
use crate::harness::stand_in::{Asked, Said, StandIn};
use crate::harness::{Gateway, Speaks, eventually};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Value, json};

const CHAT: &str = "/v1/chat/completions";
const RESPONSES: &str = "/v1/responses";
const DISCOVERY: &str = "/.well-known/openid-configuration";

/// A stand-in whose device flow and renewals end at the token endpoint that it tells of.
async fn start(token_host: Option<&'static str>) -> Scene {
    let mut polls = 0;
    let server = StandIn::start(move |asked| match &*asked.path {
        DISCOVERY => {
            let own = format!("http://{}", asked.header("host").unwrap());
            let host = token_host.unwrap_or(&own);
            Said::json(
                200,
                &json!({"device_authorization_endpoint": format!("{own}/device"), "token_endpoint": format!("{host}/token")}),
            )
        }
        "/device" => device(asked),
        "/token" => token(asked, &mut polls),
        CHAT => admit(asked).unwrap_or_else(|| hello(asked)),
        RESPONSES => admit(asked).unwrap_or_else(|| respond(&asked.json())),
        "/v1/models" => Said::json(
            200,
            &json!({"data": [{"id": "grok-4.6"}, {"id": "grok-9"}]}),
        ),
        path => panic!("{path}"),
    });
    Scene::new(server.await, &[("MODELGATE_XAI_DISCOVERY_URL", DISCOVERY)])
}

fn device(asked: &Asked) -> Said {
    let form = asked.form();
    assert_eq!(form["client_id"], "b1a00492-073a-47ea-816f-4c329264a828");
    assert!(form["scope"].contains("api:access"), "{form:?}");
    Said::json(
        200,
        &json!({
            "device_code": "device-1", "user_code": "AB-CD", "verification_uri": "https://x.example/device",
            "expires_in": 1800, "interval": 1,
        }),
    )
}

fn token(asked: &Asked, polls: &mut usize) -> Said {
    let form = asked.form();
    let field = |name: &str| form.get(name).map(String::as_str);
    if field("client_id") != Some("b1a00492-073a-47ea-816f-4c329264a828") {
        return refused("invalid_client");
    }
    let number = match (
        field("grant_type"),
        field("device_code"),
        field("refresh_token"),
    ) {
        (Some(DEVICE), Some("device-1"), None) => 0,
        (Some("refresh_token"), None, Some("refresh-0")) => 1,
        _ => return refused("invalid_grant"),
    };
    *polls += 1;
    if number == 0 && *polls == 1 {
        return refused("authorization_pending");
    }
    let claims = json!({"email": "ada@example.com", "sub": "s-1"}).to_string();
    let id = format!("e30.{}.x", BASE64_URL_SAFE_NO_PAD.encode(claims));
    Said::json(
        200,
        &json!({
            "access_token": format!("access-{number}"), "refresh_token": format!("refresh-{number}"), "id_token": id,
            "expires_in": 21600, "token_type": "Bearer",
        }),
    )
}

/// Nothing where a request is let in.
fn admit(asked: &Asked) -> Option<Said> {
    let body = asked.json();
    for field in ["stop", "safety_identifier", "prompt_cache_retention"] {
        if body.get(field).is_some() {
            return Some(unsupported(field));
        }
    }
    let over = json!({"code": "unauthenticated:bad-credentials", "error": "The token could not be validated."});
    match asked.header("authorization") {
        Some("Bearer access-1") => None,
        Some("Bearer access-0") if body["model"] != "grok-4.5" => None,
        _ => Some(Said::json(403, &over)),
    }
}

fn unsupported(what: &str) -> Said {
    let error = format!("{what} is not supported");
    Said::json(400, &json!({"code": "invalid-argument", "error": error}))
}

/// An answer of Responses: a thought, and a call of the first function or a greeting. A stream does not say at its end what it
/// consists of.
fn respond(body: &Value) -> Said {
    let tools = body["tools"].as_array().cloned().unwrap_or_default();
    for tool in &tools {
        let kind = tool["type"].as_str().unwrap();
        if !matches!(kind, "function" | "web_search" | "x_search") {
            return unsupported(kind);
        }
    }
    for field in ["previous_response_id", "stream_options"] {
        if body.get(field).is_some() {
            return unsupported(field);
        }
    }
    if body["store"] != false {
        return unsupported("store");
    }
    let function = tools.iter().find(|tool| tool["type"] == "function");
    let part = json!({"type": "output_text", "text": "Hello there", "annotations": []});
    let items = [
        json!({"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "sealed"}),
        match function {
            Some(tool) => json!({
                "type": "function_call", "id": "fc_1", "call_id": "call_1", "name": tool["name"], "status": "completed",
                "arguments": "{\"input\":\"*** Begin\"}",
            }),
            None => {
                json!({"type": "message", "id": "msg_1", "role": "assistant", "status": "completed", "content": [part]})
            }
        },
    ];
    let response = |status: &str, output: &[Value]| {
        json!({
            "id": "resp_up", "object": "response", "created_at": 1, "model": body["model"], "status": status, "output": output,
            "error": null, "usage": {"input_tokens": 7, "output_tokens": 2, "total_tokens": 9},
        })
    };
    if body["stream"] != true {
        return Said::json(200, &response("completed", &items));
    }
    let mut events =
        vec![json!({"type": "response.created", "response": response("in_progress", &[])})];
    for (index, item) in items.iter().enumerate() {
        tell(&mut events, index, item);
    }
    events.push(json!({"type": "response.completed", "response": response("completed", &[])}));
    sse(&events)
}

#[tokio::test]
async fn an_account_is_logged_in_to_and_what_it_refuses_is_left_out_and_named() {
    let scene = start(None).await;
    let shown = scene.log_in("xai").await;
    assert_eq!(shown["waiting"]["code"], "AB-CD");
    let name = "xai-ada@example.com";
    let saved = scene.saved(name);
    assert_eq!(saved["email"], "ada@example.com");
    assert_eq!(saved["sub"], "s-1");
    assert_eq!(saved["auth_kind"], "oauth");
    assert_eq!(
        saved["token_endpoint"],
        format!("{}/token", scene.server.url)
    );
    scene.change(
        name,
        &json!({"base_url": format!("{}/v1", scene.server.url)}),
    );

    let gateway = scene.launch().start().await;
    eventually("the list is there", async || {
        let answer = gateway.request("GET", "/v1/models").send().await.unwrap();
        answer.text().await.unwrap().contains("grok-9")
    })
    .await;
    for dialect in Speaks::BOTH {
        for stream in [false, true] {
            let mut question = dialect.question("grok-4.6", stream);
            let stops = match dialect {
                Speaks::Chat => "stop",
                Speaks::Claude => "stop_sequences",
            };
            question[stops] = json!(["END"]);
            let answer = gateway.ask(dialect, &question).await;
            answer.expect_text(dialect, "Hello there");
            let dropped = answer.header("x-modelgate-dropped").unwrap_or_default();
            assert!(dropped.contains("stop"), "{dropped:?}");
        }
    }
    let mut question = Speaks::Chat.question("grok-4.6", false);
    question["prompt_cache_key"] = json!("c-1");
    gateway.ask(Speaks::Chat, &question).await;
    let asked = scene.last(CHAT);
    assert_eq!(asked.header("x-grok-conv-id"), Some("c-1"));
    assert!(asked.user_agent().starts_with("modelgate/"));
}

/// A gateway in front of an account, and the last answer to a client of Responses, whole or as its stream ends.
async fn responded(gateway: &Gateway, body: &Value) -> Value {
    let request = gateway.request("POST", RESPONSES);
    let request = request.header("content-type", "application/json");
    let answer = Answer::read(request.body(body.to_string())).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    match answer.is_stream() {
        true => answer.frames().pop().unwrap().json()["response"].clone(),
        false => answer.json(),
    }
}

#[tokio::test]
async fn clients_of_responses_are_passed_on_in_it() {
    let scene = start(None).await;
    scene.change("xai-a", &account(&scene));
    let gateway = scene.launch().start().await;
    for stream in [false, true] {
        let body = json!({
            "model": "grok-4.6", "stream": stream, "store": false, "prompt_cache_key": "c-1", "truncation": "auto",
            "input": [{"role": "user", "content": "Hi"}], "tools": [{"type": "x_search"}, {"type": "image_generation"}],
        });
        let response = responded(&gateway, &body).await;
        assert_eq!(response["output"][0]["encrypted_content"], "sealed");
        assert_eq!(response["output"][1]["content"][0]["text"], "Hello there");
        let asked = scene.last(RESPONSES);
        assert_eq!(asked.header("x-grok-conv-id"), Some("c-1"));
        let sent = asked.json();
        assert_eq!(sent["tools"], json!([{"type": "x_search"}]));
        assert_eq!(sent["include"], json!(["reasoning.encrypted_content"]));
        assert_eq!(sent.get("truncation"), None);
    }
}

#[tokio::test]
async fn tools_that_only_openai_has_are_functions_there_and_themselves_for_their_client() {
    let scene = start(None).await;
    scene.change("xai-a", &account(&scene));
    let gateway = scene.launch().start().await;
    for stream in [false, true] {
        let body = json!({
            "model": "grok-4.6", "stream": stream, "store": false, "input": [{"role": "user", "content": "Hi"}],
            "tools": [{"type": "custom", "name": "apply_patch", "description": "Patches."}],
        });
        let response = responded(&gateway, &body).await;
        let call = &response["output"][1];
        let told = (&call["type"], &call["name"], &call["input"]);
        let expected = (
            &json!("custom_tool_call"),
            &json!("apply_patch"),
            &json!("*** Begin"),
        );
        assert_eq!(told, expected, "{response}");
    }
}

#[tokio::test]
async fn a_conversation_goes_on_by_its_id_with_what_was_thought() {
    let scene = start(None).await;
    scene.change("xai-a", &account(&scene));
    let gateway = scene.launch().start().await;
    let first = json!({"model": "grok-4.6", "input": [{"role": "user", "content": "Hi"}]});
    let id = responded(&gateway, &first).await["id"].clone();
    let next = json!({"model": "grok-4.6", "input": "And?", "previous_response_id": id});
    responded(&gateway, &next).await;
    let sent = scene.last(RESPONSES).json();
    let input = sent["input"].as_array().unwrap();
    let sealed = input
        .iter()
        .any(|item| item["encrypted_content"] == "sealed");
    assert!(sealed && input.len() == 4, "{sent}");
}

#[tokio::test]
async fn a_token_that_is_over_is_told_with_403_and_renewed() {
    let scene = start(None).await;
    scene.change("xai-a", &account(&scene));
    let gateway = scene.launch().start().await;
    let answer = gateway.question(Speaks::Claude, "grok-4.5", true).await;
    answer.expect_text(Speaks::Claude, "Hello there");
    let saved = scene.saved("xai-a");
    assert_eq!(saved["access_token"], "access-1");
    assert_eq!(saved["refresh_token"], "refresh-1");
    // The file had no place for it: it was asked for.
    assert_eq!(scene.server.asked(DISCOVERY).len(), 1);
}

#[tokio::test]
async fn tokens_go_nowhere_else() {
    let scene = start(Some("https://token.example")).await;
    let words = ["login", "xai", "--no-browser", "--label", "work"];
    let login = scene.launch().run(&words).await;
    assert_eq!(login.code, Some(1), "{}", login.stderr);
    assert!(
        login.stderr.contains("where logins go at x.ai"),
        "{}",
        login.stderr
    );
    scene.change("xai-a", &account(&scene));
    let gateway = scene.launch().start().await;
    let answer = gateway.question(Speaks::Claude, "grok-4.5", false).await;
    assert_eq!(answer.status, 401, "{}", answer.text());
}

fn account(scene: &Scene) -> Value {
    json!({
        "type": "xai", "access_token": "access-0", "refresh_token": "refresh-0", "expired": "2099-01-01T00:00:00Z",
        "base_url": format!("{}/v1", scene.server.url), "fetch_models": false,
    })
}

#[tokio::test]
async fn an_account_is_logged_in_to_over_http() {
    let scene = start(None).await;
    let wishes = json!({"type": "xai", "base_url": format!("{}/v1", scene.server.url)});
    let name = "xai-ada@example.com";
    scene
        .log_in_over_http("xai-auth-url", name, &wishes, "grok-4.6")
        .await;
    for path in [CHAT, RESPONSES] {
        let asked = scene.last(path);
        assert_eq!(asked.header("authorization"), Some("Bearer access-0"));
    }
}
