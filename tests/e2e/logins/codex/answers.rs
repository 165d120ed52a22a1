//! What the backend is asked, and what comes of its refusals.

use super::backend::{COMPACT, RESPONSES, TOKEN, id_token};
use super::{ChatGpt, post, respond, response, text_of};
use crate::harness::{Answer, Speaks, eventually};
use crate::responses::socket::Socket;
use serde_json::{Value, json};

#[tokio::test]
async fn the_account_and_the_conversation_are_named_and_nobody_else() {
    let (chatgpt, gateway) = ChatGpt::serving().await;
    let body = json!({"model": "gpt-5.5", "input": "Hi", "store": false, "stream": true, "prompt_cache_key": "c-1"});
    let request = gateway
        .request("POST", "/v1/responses")
        .header("content-type", "application/json")
        .header("originator", "codex_exec")
        .header("x-codex-turn-metadata", "m")
        .header("thread-id", "t");
    let answer = crate::harness::Answer::read(request.body(body.to_string())).await;
    assert_eq!(text_of(&answer), "Hello there");
    let asked = chatgpt.scene.last(RESPONSES);
    assert_eq!(asked.header("originator"), Some("modelgate"));
    assert_eq!(asked.header("chatgpt-account-id"), Some("ws-1"));
    assert_eq!(asked.header("session-id"), Some("c-1"));
    assert_eq!(asked.header("x-codex-turn-metadata"), Some("m"));
    assert_eq!(asked.header("thread-id"), Some("t"));
    assert!(asked.header("openai-beta").is_none());
    // What the backend says of the plan is not for clients; some refuse a stream that begins so.
    let first = answer.frames().remove(0);
    assert_eq!(first.event, "response.created");
    assert!(!answer.text().contains("codex.rate_limits"));
}

#[tokio::test]
async fn what_is_not_taken_is_left_out_and_named() {
    let (chatgpt, gateway) = ChatGpt::serving().await;
    let mut question = Speaks::Chat.question("gpt-5.5", true);
    for (field, value) in [
        ("temperature", json!(0.5)),
        ("top_p", json!(0.9)),
        ("user", json!("ada")),
        ("metadata", json!({"a": "b"})),
        ("service_tier", json!("flex")),
        ("parallel_tool_calls", json!(true)),
    ] {
        question[field] = value;
    }
    question["messages"][0] = json!({"role": "system", "content": "Be brief."});
    let user = json!({"role": "user", "content": "Hi"});
    question["messages"].as_array_mut().unwrap().push(user);
    let answer = gateway.ask(Speaks::Chat, &question).await;
    answer.expect_text(Speaks::Chat, "Hello there");
    let dropped = answer.header("x-modelgate-dropped").unwrap();
    for field in ["max_tokens", "temperature", "top_p"] {
        assert!(dropped.contains(field), "{dropped}");
    }
    assert!(!dropped.contains("metadata"), "{dropped}");
    assert_eq!(chatgpt.last()["instructions"], "Be brief.");

    let body = json!({
        "model": "gpt-5.5", "store": false, "temperature": 1, "max_output_tokens": 100, "truncation": "auto", "metadata": {},
        "service_tier": "priority", "parallel_tool_calls": false,
        "tools": [{"type": "web_search_preview"}], "tool_choice": "none",
        "input": [{"role": "system", "content": "Be brief."}, {"type": "function_call_output", "call_id": "c", "output": "x"}],
    });
    let answer = respond(&gateway, &body).await;
    assert_eq!(text_of(&answer), "The tool said: x");
    assert_eq!(
        answer.header("x-modelgate-dropped"),
        Some("temperature, max_output_tokens, truncation")
    );
    let sent = chatgpt.last();
    assert_eq!(sent["input"][0]["role"], "developer");
    assert_eq!(sent["tools"][0]["type"], "web_search");
    assert_eq!(sent["service_tier"], "priority");
    assert_eq!(sent["parallel_tool_calls"], false);
}

#[tokio::test]
async fn calls_make_the_round_with_the_thoughts_before_them() {
    let (chatgpt, gateway) = ChatGpt::serving().await;
    for dialect in Speaks::BOTH {
        for stream in [false, true] {
            let question = dialect.thinking(dialect.tool_question("gpt-5.5", stream));
            let answer = gateway.ask(dialect, &question).await;
            let turn = answer.turn(dialect).to_string();
            assert!(turn.contains("Oslo"), "{turn}");
            let next = dialect.continued(question, &answer, "Rain.");
            let answer = gateway.ask(dialect, &next).await;
            answer.expect_text(dialect, "The tool said: Rain.");
            let sent = chatgpt.last();
            let input = sent["input"].as_array().unwrap();
            let thought = input.iter().find(|item| item["type"] == "reasoning");
            if dialect == Speaks::Claude {
                assert_eq!(thought.unwrap()["encrypted_content"], "sealed");
            }
        }
    }
    // A name that is too long for the backend, of a client that has them so.
    let name = "x".repeat(70);
    let tool = json!({"type": "function", "name": name, "parameters": {"type": "object"}, "strict": false});
    for stream in [false, true] {
        let body = json!({"model": "gpt-5.5", "input": "Rain?", "store": false, "stream": stream, "tools": [tool]});
        let answer = respond(&gateway, &body).await;
        let call = response(&answer)["output"][0].clone();
        assert_eq!(call["name"], *name, "{call}");
    }
}

#[tokio::test]
async fn a_conversation_goes_on_by_its_id_though_the_backend_keeps_nothing() {
    let (chatgpt, gateway) = ChatGpt::serving().await;
    for stream in [false, true] {
        let body = json!({"model": "gpt-5.5", "input": "Hi", "stream": stream});
        let first = response(&respond(&gateway, &body).await);
        let body = json!({
            "model": "gpt-5.5", "input": "And now?", "stream": stream, "previous_response_id": first["id"],
        });
        let answer = respond(&gateway, &body).await;
        assert_eq!(text_of(&answer), "Hello there");
        let sent = chatgpt.last();
        let input = sent["input"].as_array().unwrap();
        let said: Vec<&Value> = input.iter().map(|item| &item["role"]).collect();
        assert_eq!(said, ["user", "assistant", "user"], "{sent}");
    }
    let before = chatgpt.scene.server.asked(RESPONSES).len();
    let body = json!({"model": "gpt-5.5", "input": "Hi", "store": false, "previous_response_id": "resp_nobody"});
    let answer = respond(&gateway, &body).await;
    assert_eq!(answer.status, 404, "{}", answer.text());
    assert_eq!(
        answer.json()["error"]["code"],
        "previous_response_not_found"
    );
    assert_eq!(chatgpt.scene.server.asked(RESPONSES).len(), before);
}

#[tokio::test]
async fn a_conversation_goes_on_over_a_socket_too() {
    let (chatgpt, gateway) = ChatGpt::serving().await;
    let mut socket = Socket::open(&gateway).await;
    let body =
        json!({"model": "gpt-5.5", "store": false, "input": [{"role": "user", "content": "Hi"}]});
    socket.create(body.clone()).await;
    let events = socket.events().await;
    assert_eq!(events[0]["type"], "response.created");
    let first = &events.last().unwrap()["response"];
    assert_eq!(first["output"][0]["content"][0]["text"], "Hello there");
    let mut next = body;
    next["previous_response_id"] = first["id"].clone();
    socket.create(next).await;
    let last = socket.events().await.pop().unwrap();
    assert_eq!(last["type"], "response.completed", "{last}");
    let sent = chatgpt.last();
    let input = sent["input"].as_array().unwrap();
    let said: Vec<&Value> = input.iter().map(|item| &item["role"]).collect();
    assert_eq!(said, ["user", "assistant", "user"], "{sent}");
}

#[tokio::test]
async fn a_conversation_is_compacted() {
    let (chatgpt, gateway) = ChatGpt::serving().await;
    let body =
        json!({"model": "gpt-5.5", "input": "Hi", "instructions": "Be brief.", "store": false});
    let answer = post(&gateway, "/v1/responses/compact", &body).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.json()["output"][0]["encrypted_content"], "short");
    assert_eq!(
        chatgpt.scene.last(COMPACT).json()["instructions"],
        "Be brief."
    );
}

#[tokio::test]
async fn a_stream_that_breaks_off_or_fails_is_no_answer() {
    let (_chatgpt, gateway) = ChatGpt::serving().await;
    for dialect in Speaks::BOTH {
        let answer = gateway.question(dialect, "gpt-cut", true).await;
        answer.expect_failed_stream(dialect);
        let answer = gateway.question(dialect, "gpt-cut", false).await;
        assert!(answer.refusal(dialect).status >= 500);
    }
    let body = json!({"model": "gpt-failed", "input": "Hi", "store": false, "stream": true});
    let answer = respond(&gateway, &body).await;
    assert_eq!(answer.status, 503, "{}", answer.text());
}

#[tokio::test]
async fn a_plan_that_is_used_up_leaves_its_place_to_the_next_account() {
    let chatgpt = ChatGpt::start().await;
    chatgpt.account("codex-a", "limited", &json!({"priority": 1}));
    chatgpt.account("codex-b", "0", &json!({}));
    let gateway = chatgpt.scene.launch().start().await;
    for stream in [true, false] {
        let answer = gateway.question(Speaks::Claude, "gpt-5.5", stream).await;
        answer.expect_text(Speaks::Claude, "Hello there");
    }
    assert_eq!(chatgpt.scene.server.asked(RESPONSES).len(), 3, "it rests");
    let accounts = chatgpt.scene.launch().run(&["accounts", "--json"]).await;
    let accounts = accounts.json();
    let find = |id: &str| {
        let mut all = accounts["accounts"].as_array().unwrap().iter();
        all.find(|account| account["id"] == id).unwrap().clone()
    };
    let (limited, other) = (find("codex-a"), find("codex-b"));
    assert_eq!(limited["state"], "cooling", "{limited}");
    assert_eq!(other["kind"], "chatgpt");
    assert_eq!(other["quota"][0]["name"], "primary", "{other}");
    assert_eq!(other["quota"][0]["used_percent"], 12.5);
}

#[tokio::test]
async fn a_token_that_is_over_is_renewed_once_and_a_login_that_is_over_is_said() {
    for (expired, more) in [("2020-01-01T00:00:00Z", "0"), ("2099-01-01T00:00:00Z", "x")] {
        let chatgpt = ChatGpt::start().await;
        let old = json!({"expired": expired, "access_token": format!("access-{more}-old")});
        chatgpt.account("codex-a", "0", &old);
        let gateway = chatgpt.scene.launch().start().await;
        let ask = || gateway.question(Speaks::Chat, "gpt-5.5", false);
        for answer in futures_util::future::join_all((0..10).map(|_| ask())).await {
            answer.expect_text(Speaks::Chat, "Hello there");
        }
        assert_eq!(chatgpt.scene.server.asked(TOKEN).len(), 1);
        let saved = chatgpt.scene.saved("codex-a");
        assert_eq!(saved["access_token"], "access-1");
        assert_eq!(saved["refresh_token"], "refresh-1");
        assert_eq!(saved["account_id"], "ws-1");
    }
    let chatgpt = ChatGpt::start().await;
    let over = json!({"expired": "2020-01-01T00:00:00Z", "refresh_token": "refresh-x"});
    chatgpt.account("codex-a", "0", &over);
    let gateway = chatgpt.scene.launch().start().await;
    let answer = gateway.question(Speaks::Chat, "gpt-5.5", false).await;
    assert_eq!(answer.status, 401, "{}", answer.text());
    assert!(
        answer.text().contains("modelgate login codex"),
        "{}",
        answer.text()
    );
    assert_eq!(chatgpt.scene.server.asked(TOKEN).len(), 1, "it is final");
}

#[tokio::test]
async fn who_is_turned_away_by_the_guard_is_not_out_of_a_login() {
    let chatgpt = ChatGpt::start().await;
    chatgpt.account("codex-a", "0", &json!({"headers": {"originator": "other"}}));
    let gateway = chatgpt.scene.launch().start().await;
    let answer = gateway.question(Speaks::Chat, "gpt-5.5", false).await;
    assert_eq!(answer.status, 502, "{}", answer.text());
    assert!(answer.text().contains("Just a moment"), "{}", answer.text());
    assert!(chatgpt.scene.server.asked(TOKEN).is_empty());
    assert_eq!(
        chatgpt.scene.last(RESPONSES).header("originator"),
        Some("other")
    );
}

#[tokio::test]
async fn the_operator_says_how_the_program_calls_itself_there() {
    let mut chatgpt = ChatGpt::start().await;
    let config = chatgpt.scene.home.path("modelgate.yaml");
    let text = std::fs::read_to_string(&config).unwrap();
    std::fs::write(
        &config,
        format!("{text}oauth: {{codex: {{originator: of-the-file}}}}\n"),
    )
    .unwrap();
    chatgpt.account("codex-a", "0", &json!({}));
    let asked_as = async |chatgpt: &ChatGpt| {
        let gateway = chatgpt.scene.launch().start().await;
        gateway.question(Speaks::Chat, "gpt-5.5", false).await;
        let asked = chatgpt.scene.last(RESPONSES);
        assert!(asked.user_agent().starts_with("modelgate/"), "{asked:?}");
        asked.header("originator").map(str::to_owned)
    };
    assert_eq!(asked_as(&chatgpt).await.as_deref(), Some("of-the-file"));
    let variable = (
        "MODELGATE_CODEX_ORIGINATOR".to_owned(),
        "of-the-environment".to_owned(),
    );
    chatgpt.scene.environment.push(variable);
    assert_eq!(
        asked_as(&chatgpt).await.as_deref(),
        Some("of-the-environment")
    );
}

#[tokio::test]
async fn every_account_serves_what_its_plan_has() {
    let chatgpt = ChatGpt::start().await;
    chatgpt.account("codex-a", "0", &json!({"fetch_models": true}));
    let newer = json!({"fetch_models": true, "client_version": "9.9.9"});
    chatgpt.account("codex-b", "1", &newer);
    let free = json!({"id_token": id_token("free")});
    chatgpt.account("codex-c", "2", &free);
    let gateway = chatgpt.scene.launch().start().await;
    let names = async || {
        let answer = gateway.request("GET", "/v1/models").send().await.unwrap();
        answer.text().await.unwrap()
    };
    eventually("both lists are there", async || {
        let names = names().await;
        names.contains("gpt-new-9") && names.contains("gpt-of-others")
    })
    .await;
    let names = names().await;
    assert!(names.contains("gpt-5.4-mini"), "{names}");
    assert!(
        !names.contains("gpt-5.6-sol"),
        "not in the free plan: {names}"
    );
    for (model, token) in [
        ("gpt-new-9", "Bearer access-0"),
        ("gpt-of-others", "Bearer access-1"),
        ("gpt-5.4-mini", "Bearer access-2"),
    ] {
        for _ in 0..3 {
            let answer = gateway.question(Speaks::Chat, model, false).await;
            answer.expect_text(Speaks::Chat, "Hello there");
            let asked = chatgpt.scene.last(RESPONSES);
            assert_eq!(asked.header("authorization"), Some(token), "{model}");
        }
    }
}

#[tokio::test]
async fn a_session_of_a_claude_client_is_led_to_its_beginning() {
    let (chatgpt, gateway) = ChatGpt::serving().await;
    let mut keys = Vec::new();
    for session in ["s-1", "s-1", "s-2"] {
        let body = Speaks::Claude.question("gpt-5.5", false).to_string();
        let request = gateway.request("POST", "/v1/messages");
        let request = request.header("content-type", "application/json");
        let request = request.header("x-claude-code-session-id", session);
        let answer = Answer::read(request.body(body)).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        let asked = chatgpt.scene.last(RESPONSES);
        let key = asked.json()["prompt_cache_key"]
            .as_str()
            .unwrap()
            .to_owned();
        assert_eq!(asked.header("session-id"), Some(&*key));
        keys.push(key);
    }
    assert!(keys[0] == keys[1] && keys[0] != keys[2], "{keys:?}");
    let body = Speaks::Claude.question("gpt-5.5", false);
    gateway.ask(Speaks::Claude, &body).await;
    let asked = chatgpt.scene.last(RESPONSES);
    assert_eq!(asked.header("session-id"), None, "nobody named one");
}
