//! What single clients send with every request, with each kind of provider.

use super::sessions::{Kind, Scene, model};
use super::{Client, claude_code, codex, gemini_cli};
use crate::harness::{Answer, KEY, Settings, Speaks};
use crate::responses::Said;
use modelgate_test_upstream::Upstream;
use serde_json::{Value, json};

/// What libraries send although nobody has asked for anything: a path and a body.
fn idle_wishes(model: &str) -> [(String, Value); 4] {
    let path = model.replace('@', "%40");
    [
        // OpenAI's library for agents.
        (
            "/v1/responses".to_owned(),
            json!({"model": model, "input": "Hi", "include": [], "tools": []}),
        ),
        (
            "/v1/chat/completions".to_owned(),
            json!({"model": model, "messages": [{"role": "user", "content": "Hi"}], "store": false}),
        ),
        // LangChain, and Qwen Code with its level that is none.
        (
            format!("/v1beta/models/{path}:generateContent"),
            json!({
                "contents": [{"role": "user", "parts": [{"text": "Hi"}]}],
                "safetySettings": [],
                "generationConfig": {"candidateCount": 1, "thinkingConfig": {"thinkingLevel": "THINKING_LEVEL_UNSPECIFIED"}},
            }),
        ),
        // LiteLLM's spelling of a tool.
        (
            "/v1/messages".to_owned(),
            json!({"model": model, "max_tokens": 64, "messages": [{"role": "user", "content": "Hi"}],
                   "tools": [{"type": "custom", "name": "f", "input_schema": {"type": "object"}}], "tool_choice": {"type": "none"}}),
        ),
    ]
}

#[tokio::test]
async fn what_wants_nothing_is_no_loss() {
    for kind in Kind::ALL {
        let scene = Scene::with(&[kind], "translation: strict").await;
        for (path, body) in idle_wishes(&model(Client::Codex)) {
            let request = scene
                .gateway
                .request("POST", &path)
                .header("anthropic-version", "2023-06-01");
            let answer = Answer::read(request.body(body.to_string())).await;
            assert_eq!(answer.status, 200, "{kind:?} {path} {:?}", answer.body);
            assert_eq!(
                answer.header("x-modelgate-dropped"),
                None,
                "{kind:?} {path}"
            );
        }
    }
}

#[tokio::test]
async fn a_tool_of_a_namespace_comes_back_in_it() {
    for kind in Kind::ALL {
        // The scripted one calls none of a namespace.
        if kind == Kind::Responses {
            continue;
        }
        let scene = Scene::start(&[kind]).await;
        let name = model(Client::Codex);
        let mut history = codex::words("Ask somebody.", true);
        let mut body = codex::body(&name, &history);
        let tools = body["tools"].as_array_mut().unwrap();
        tools.retain(|tool| tool["type"] == "namespace");
        let answer = Answer::read(codex::request(&scene.gateway, &body)).await;
        let said = Said::read(&answer);
        let output = said.response["output"].as_array().unwrap();
        let call = output
            .iter()
            .find(|item| item["type"] == "function_call")
            .unwrap();
        assert_eq!(call["name"], "spawn_agent", "{kind:?} {call}");
        assert_eq!(call["namespace"], "multi_agent_v1", "{kind:?} {call}");
        let calls: Vec<Value> = output
            .iter()
            .filter(|item| item["type"] == "function_call")
            .cloned()
            .collect();
        history.extend(output.iter().cloned());
        for call in calls {
            history.push(json!({"type": "function_call_output", "call_id": call["call_id"], "output": "done"}));
        }
        body["input"] = json!(history);
        let answer = Answer::read(codex::request(&scene.gateway, &body)).await;
        assert_eq!(
            Said::read(&answer).text,
            "Turn 1 said: done | done.",
            "{kind:?}"
        );
    }
}

#[tokio::test]
async fn a_session_is_counted_in_the_clients_own_way() {
    for kind in Kind::ALL {
        let scene = Scene::start(&[kind]).await;
        let name = model(Client::ClaudeCode);
        let mut body = claude_code::body(&name, &claude_code::words("How long is this?", true));
        let counted = [
            "model",
            "messages",
            "system",
            "tools",
            "thinking",
            "output_config",
        ];
        body.as_object_mut()
            .unwrap()
            .retain(|key, _| counted.contains(&key.as_str()));
        let request =
            claude_code::post(&scene.gateway, "/v1/messages/count_tokens?beta=true", &body);
        let answer = Answer::read(request).await;
        assert!(
            answer.json()["input_tokens"].as_u64().unwrap() > 50,
            "{kind:?} {:?}",
            answer.body
        );
        if kind == Kind::Claude {
            let asked = scene.upstreams[0].last_request();
            assert_eq!(asked.query, "beta=true");
            let betas = asked.header("anthropic-beta").unwrap();
            assert!(betas.contains("mid-conversation-"), "{betas}");
        }
        let name = model(Client::GeminiCli).replace('@', "%40");
        let body = json!({"contents": [gemini_cli::words("How long is this text, in tokens?")]});
        let path = format!("/v1beta/models/{name}:countTokens");
        let answer = Answer::read(gemini_cli::post(&scene.gateway, &path, &body)).await;
        assert!(
            answer.json()["totalTokens"].as_u64().unwrap() > 4,
            "{kind:?} {:?}",
            answer.body
        );
    }
}

/// A refusal that its client knows how to go round reaches it as the vendor has said it.
#[tokio::test]
async fn claude_code_is_told_that_a_model_takes_no_system_message_in_between() {
    let scene = Scene::start(&[Kind::Claude]).await;
    let body = claude_code::body(&model(Client::ClaudeCode), &claude_code::words("Hi", true));
    let without = claude_code::request(&scene.gateway, &body).build().unwrap();
    let headers = without
        .headers()
        .iter()
        .filter(|(name, _)| *name != "anthropic-beta");
    let request = headers.fold(
        scene.gateway.keyless("POST", "/v1/messages?beta=true"),
        |request, (name, value)| request.header(name, value),
    );
    let mut plain = body.clone();
    plain.as_object_mut().unwrap().remove("context_management");
    let answer = Answer::read(request.body(plain.to_string())).await;
    let refusal = answer.refusal(Speaks::Claude);
    assert_eq!(
        (refusal.status, &*refusal.kind),
        (400, "invalid_request_error")
    );
    assert!(
        refusal.message.contains("role \"system\""),
        "{}",
        refusal.message
    );
    assert_eq!(scene.upstreams[0].requests().len(), 1);
}

/// Claude Code looks whether anybody is there, with no key, and reports on itself.
#[tokio::test]
async fn what_claude_code_asks_beside_its_questions_is_answered() {
    let upstream = Upstream::start().await;
    let gateway = Settings::upstream(Speaks::Claude, &upstream).start().await;
    let answer = Answer::read(gateway.keyless("HEAD", "/")).await;
    assert_eq!((answer.status, answer.body.len()), (200, 0));
    let report = gateway
        .keyless("POST", "/api/event_logging/batch")
        .header("x-api-key", KEY);
    assert_eq!(
        Answer::read(report.body("{\"events\":[]}")).await.status,
        200
    );
    assert!(upstream.requests().is_empty(), "it stays here");
}
