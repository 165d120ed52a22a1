//! GitHub's device flow and Copilot, as strict as `providers.md` 12 has them.

use super::{DEVICE, Scene, hello};
use crate::harness::stand_in::{Asked, Said, StandIn};
use crate::harness::{Speaks, eventually};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

const CHAT: &str = "/business/chat/completions";
const RESPONSES: &str = "/business/responses";
const MINT: &str = "/copilot_internal/v2/token";

/// GitHub, and what it does in a test.
struct GitHub {
    scene: Scene,
    /// The status of the next mints; 200 where nothing is said.
    mint: Arc<Mutex<Vec<u16>>>,
    /// Answers of the API with this number of its token are refused.
    over: Arc<AtomicUsize>,
}

impl GitHub {
    async fn start() -> Self {
        let (mint, over) = (
            Arc::new(Mutex::new(Vec::new())),
            Arc::new(AtomicUsize::new(0)),
        );
        let (statuses, ended) = (Arc::clone(&mint), Arc::clone(&over));
        let (mut polls, mut minted) = (0, 0);
        let server = StandIn::start(move |asked| {
            assert!(asked.user_agent().starts_with("modelgate/"), "{asked:?}");
            match &*asked.path {
                "/login/device/code" => begin(asked),
                "/login/oauth/access_token" => token(asked, &mut polls),
                "/user" => user(asked),
                MINT => {
                    let status = statuses.lock().unwrap().pop().unwrap_or(200);
                    minted += usize::from(status == 200);
                    api_token(asked, status, minted)
                }
                "/business/models" => list(asked),
                RESPONSES => respond(asked),
                CHAT => chat(asked, ended.load(Ordering::SeqCst)),
                path => panic!("{path}"),
            }
        });
        let addresses = [
            ("MODELGATE_GITHUB_COPILOT_DEVICE_URL", "/login/device/code"),
            (
                "MODELGATE_GITHUB_COPILOT_TOKEN_URL",
                "/login/oauth/access_token",
            ),
            ("MODELGATE_GITHUB_COPILOT_PROFILE_URL", "/user"),
            ("MODELGATE_GITHUB_COPILOT_REFRESH_URL", MINT),
        ];
        Self {
            scene: Scene::new(server.await, &addresses),
            mint,
            over,
        }
    }

    /// An account that was logged in to before.
    fn account(&self) {
        let account =
            json!({"type": "github-copilot", "access_token": "access-0", "fetch_models": false});
        self.scene.change("github-copilot-ada", &account);
    }
}

fn begin(asked: &Asked) -> Said {
    let form = asked.form();
    assert_eq!(asked.header("accept"), Some("application/json"));
    assert_eq!(form["client_id"], "Iv1.b507a08c87ecfe98");
    assert_eq!(form["scope"], "read:user");
    Said::json(
        200,
        &json!({
            "device_code": "device-1", "user_code": "AB-CD", "verification_uri": "https://github.example/login/device",
            "expires_in": 900, "interval": 1,
        }),
    )
}

/// Every answer has a good status.
fn token(asked: &Asked, polls: &mut usize) -> Said {
    let form = asked.form();
    let known = form["device_code"] == "device-1" && form["grant_type"] == DEVICE;
    *polls += 1;
    let answer = match (known, *polls) {
        (false, _) => json!({"error": "incorrect_device_code"}),
        (true, 1) => json!({"error": "authorization_pending"}),
        (true, _) => {
            json!({"access_token": "access-0", "token_type": "bearer", "scope": "read:user"})
        }
    };
    Said::json(200, &answer)
}

fn user(asked: &Asked) -> Said {
    // GitHub answers nobody who does not say who asks.
    assert!(asked.user_agent().starts_with("modelgate/"), "{asked:?}");
    match asked.header("authorization") {
        Some("Bearer access-0") => Said::json(200, &json!({"login": "ada", "id": 1})),
        _ => Said::json(401, &json!({"message": "Bad credentials"})),
    }
}

fn api_token(asked: &Asked, status: u16, number: usize) -> Said {
    assert_eq!(asked.method, "GET");
    if asked.header("authorization") != Some("token access-0") {
        return Said::json(401, &json!({"message": "Bad credentials"}));
    }
    if status != 200 {
        return Said::json(status, &json!({"message": "no"}));
    }
    let api = format!("http://{}/business", asked.header("host").unwrap());
    Said::json(
        200,
        &json!({"token": format!("tid={number};x"), "expires_at": 4_000_000_000_u64, "refresh_in": 1500, "endpoints": {"api": api}}),
    )
}

fn is_let_in(asked: &Asked, over: usize) -> bool {
    let token = asked.header("authorization").unwrap_or_default();
    token.starts_with("Bearer tid=") && token != format!("Bearer tid={over};x")
}

fn list(asked: &Asked) -> Said {
    assert!(is_let_in(asked, 0), "{asked:?}");
    let mut models = ["gpt-5-mini", "claude-new-9.9"]
        .map(|id| json!({"id": id, "vendor": "x"}))
        .to_vec();
    models.push(json!({"id": "gpt-5-codex", "supported_endpoints": ["/responses"]}));
    models.push(json!({"id": "gpt-5", "supported_endpoints": ["/chat/completions", "/responses"]}));
    Said::json(200, &json!({"data": models}))
}

/// In one piece.
fn respond(asked: &Asked) -> Said {
    assert!(is_let_in(asked, 0), "{asked:?}");
    let body = asked.json();
    assert!(
        body["input"].is_array() || body["input"].is_string(),
        "{body}"
    );
    assert!(body.get("messages").is_none(), "{body}");
    let part = json!({"type": "output_text", "text": "Hello there", "annotations": []});
    let said = json!({"type": "message", "id": "msg_1", "role": "assistant", "status": "completed", "content": [part]});
    Said::json(
        200,
        &json!({
            "id": "resp_up", "object": "response", "created_at": 1, "model": body["model"], "status": "completed",
            "output": [said], "error": null, "usage": {"input_tokens": 3, "output_tokens": 2, "total_tokens": 5},
        }),
    )
}

fn chat(asked: &Asked, over: usize) -> Said {
    let fault = |what: &str| Said::json(400, &json!({"error": {"message": what}}));
    for name in ["editor-version", "editor-plugin-version"] {
        if !asked
            .header(name)
            .is_some_and(|value| value.starts_with("modelgate/"))
        {
            return fault(name);
        }
    }
    if asked.header("openai-intent") != Some("conversation-panel")
        || asked.header("x-request-id").is_none()
    {
        return fault("headers");
    }
    if !is_let_in(asked, over) {
        return Said::bytes("text/plain", b"unauthorized: token expired".to_vec()).with_status(401);
    }
    let body = asked.json();
    // As it answers for some models.
    if body["model"] == "claude-sonnet-4.5" && body["stream"] != true {
        let call = json!({"id": "t-1", "type": "function", "function": {"name": "forecast", "arguments": "{\"city\":\"Oslo\"}"}});
        let choice =
            |message: Value| json!({"index": 0, "message": message, "finish_reason": "tool_calls"});
        let choices = [
            choice(json!({"role": "assistant", "content": "Let me see."})),
            choice(json!({"role": "assistant", "content": null, "tool_calls": [call]})),
        ];
        return Said::json(
            200,
            &json!({"id": "c-1", "object": "chat.completion", "created": 1, "model": "x", "choices": choices}),
        );
    }
    hello(asked)
}

#[tokio::test]
async fn an_account_is_logged_in_to_and_serves_where_its_plan_is_served() {
    let github = GitHub::start().await;
    let scene = &github.scene;
    scene.log_in("github-copilot").await;
    let saved = scene.saved("github-copilot-ada");
    assert_eq!(saved["username"], "ada");
    assert_eq!(saved["access_token"], "access-0");
    assert_eq!(saved.get("expired"), None, "GitHub's token does not end");
    let headers = json!({"headers": {"copilot-integration-id": "mine"}});
    scene.change("github-copilot-ada", &headers);

    let gateway = scene.launch().start().await;
    eventually("the list is there", async || {
        let answer = gateway.request("GET", "/v1/models").send().await.unwrap();
        answer.text().await.unwrap().contains("claude-new-9.9")
    })
    .await;
    for dialect in Speaks::BOTH {
        for stream in [false, true] {
            let answer = gateway.question(dialect, "gpt-5-mini", stream).await;
            answer.expect_text(dialect, "Hello there");
        }
    }
    let asked = scene.last(CHAT);
    assert_eq!(asked.header("authorization"), Some("Bearer tid=1;x"));
    assert_eq!(asked.header("copilot-integration-id"), Some("mine"));
    assert_eq!(asked.header("x-initiator"), Some("user"));
    assert_eq!(scene.server.asked(MINT).len(), 1, "one token for all");
    // Nothing of it is on the disk.
    let text = std::fs::read_to_string(scene.file("github-copilot-ada")).unwrap();
    assert!(!text.contains("tid="), "{text}");
}

#[tokio::test]
async fn a_token_that_is_over_is_made_anew_once() {
    let github = GitHub::start().await;
    github.account();
    let gateway = github.scene.launch().start().await;
    github.over.store(1, Ordering::SeqCst);
    let answer = gateway.question(Speaks::Claude, "gpt-5", false).await;
    answer.expect_text(Speaks::Claude, "Hello there");
    let asked = github.scene.last(CHAT);
    assert_eq!(asked.header("authorization"), Some("Bearer tid=2;x"));
    assert_eq!(github.scene.server.asked(MINT).len(), 2);
}

#[tokio::test]
async fn without_a_seat_and_without_a_login_it_is_said_so() {
    for (status, expected) in [
        (403, "no Copilot"),
        (404, "no Copilot"),
        (401, "modelgate login github-copilot"),
    ] {
        let github = GitHub::start().await;
        github.account();
        github.mint.lock().unwrap().push(status);
        let gateway = github.scene.launch().start().await;
        let answer = gateway.question(Speaks::Chat, "gpt-5", false).await;
        assert!(answer.status >= 400, "{}", answer.text());
        assert!(
            answer.text().contains(expected),
            "{status}: {}",
            answer.text()
        );
        assert_eq!(github.scene.server.asked(MINT).len(), 1);
        assert!(github.scene.server.asked(CHAT).is_empty());
    }
}

#[tokio::test]
async fn an_answer_in_two_choices_is_one_for_every_client() {
    let github = GitHub::start().await;
    github.account();
    let gateway = github.scene.launch().start().await;
    for dialect in Speaks::BOTH {
        let question = dialect.tool_question("claude-sonnet-4.5", false);
        let answer = gateway.ask(dialect, &question).await;
        let turn = answer.turn(dialect).to_string();
        assert!(
            turn.contains("Let me see.") && turn.contains("Oslo"),
            "{turn}"
        );
        let next = dialect.continued(question, &answer, "Rain.");
        let answer = gateway.ask(dialect, &next).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert_eq!(github.scene.last(CHAT).header("x-initiator"), Some("agent"));
    }
}

#[tokio::test]
async fn an_account_is_logged_in_to_over_http() {
    let github = GitHub::start().await;
    let wishes = json!({"type": "github-copilot"});
    let name = "github-copilot-ada";
    let login = github
        .scene
        .log_in_over_http("copilot-auth-url", name, &wishes, "gpt-5");
    login.await;
    let asked = github.scene.last(CHAT);
    assert_eq!(asked.header("authorization"), Some("Bearer tid=1;x"));
}

#[tokio::test]
async fn a_model_that_its_list_has_in_responses_only_is_asked_there_by_every_client() {
    let github = GitHub::start().await;
    let account = json!({
        "type": "github-copilot", "access_token": "access-0",
        "model_aliases": [{"name": "gpt-5-codex", "alias": "coder"}],
    });
    github.scene.change("github-copilot-ada", &account);
    let gateway = github.scene.launch().start().await;
    eventually("the list is there", async || {
        let answer = gateway.request("GET", "/v1/models").send().await.unwrap();
        answer.text().await.unwrap().contains("claude-new-9.9")
    })
    .await;
    for dialect in Speaks::BOTH {
        let answer = gateway.question(dialect, "coder", false).await;
        answer.expect_text(dialect, "Hello there");
        let asked = github.scene.last(RESPONSES);
        assert_eq!(asked.json()["model"], "gpt-5-codex");
        assert_eq!(asked.header("x-initiator"), Some("user"));
    }
    let body = json!({"model": "coder", "input": "Hi"}).to_string();
    let request = gateway.request("POST", "/v1/responses");
    let request = request
        .header("content-type", "application/json")
        .body(body);
    let answer = crate::harness::Answer::read(request).await;
    assert!(answer.text().contains("Hello there"), "{}", answer.text());
    assert_eq!(github.scene.server.asked(RESPONSES).len(), 3);
    assert!(github.scene.server.asked(CHAT).is_empty());
    // One that is at both places stays where it was.
    gateway.question(Speaks::Chat, "gpt-5", false).await;
    assert_eq!(github.scene.server.asked(CHAT).len(), 1);
}
