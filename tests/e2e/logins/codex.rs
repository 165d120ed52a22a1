//! Accounts of ChatGPT, from their logins to answers.

mod answers;
pub(super) mod backend;

use super::{Scene, unspoken};
use crate::harness::browser::visit;
use crate::harness::process::Finished;
use crate::harness::{Answer, Gateway, PATIENCE, Speaks, ask, eventually};
use backend::{Memory, POLL, RESPONSES, TOKEN, USERCODE, WORKSPACE, id_token};
use serde_json::{Value, json};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader};
use tokio::time::timeout;

/// The provider, and what it remembers.
struct ChatGpt {
    scene: Scene,
    memory: Arc<Mutex<Memory>>,
    redirect: String,
}

impl ChatGpt {
    async fn start() -> Self {
        let memory = Arc::new(Mutex::new(Memory::default()));
        let server = backend::start(Arc::clone(&memory)).await;
        let addresses = [
            ("MODELGATE_CODEX_TOKEN_URL", TOKEN),
            ("MODELGATE_CODEX_DEVICE_DEVICE_URL", USERCODE),
            ("MODELGATE_CODEX_DEVICE_TOKEN_URL", POLL),
        ];
        let mut scene = Scene::new(server, &addresses);
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = free.local_addr().unwrap().port();
        let redirect = format!("http://localhost:{port}/auth/callback");
        let name = "MODELGATE_CODEX_REDIRECT_URL".to_owned();
        scene.environment.push((name, redirect.clone()));
        Self {
            scene,
            memory,
            redirect,
        }
    }

    fn base_url(&self) -> Value {
        json!({"base_url": format!("{}/backend", self.scene.server.url)})
    }

    /// An account that was logged in to before, with this number of its tokens.
    fn account(&self, name: &str, token: &str, more: &Value) {
        let account = json!({
            "type": "codex", "access_token": format!("access-{token}"), "refresh_token": format!("refresh-{token}"),
            "id_token": id_token("plus"), "account_id": WORKSPACE, "expired": "2099-01-01T00:00:00Z", "fetch_models": false,
        });
        for fields in [&account, &self.base_url(), more] {
            self.scene.change(name, fields);
        }
    }

    /// The same, and a gateway in front of it.
    async fn serving() -> (Self, Gateway) {
        let chatgpt = Self::start().await;
        chatgpt.account("codex-a", "0", &json!({}));
        let gateway = chatgpt.scene.launch().start().await;
        (chatgpt, gateway)
    }

    /// Logs in as somebody who agrees in a browser.
    async fn log_in(&self) -> Finished {
        let words = ["login", "codex", "--no-browser", "--json", "--yes"];
        let (mut child, stderr) = self.scene.launch().typing().spawn(&words);
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        let read = timeout(PATIENCE, out.read_line(&mut line)).await;
        read.unwrap().unwrap();
        let line: Value = serde_json::from_str(&line).unwrap();
        let back = self.agree(line["waiting"]["url"].as_str().unwrap());
        let client = ask::client(reqwest::Client::builder());
        assert_eq!(client.get(&back).send().await.unwrap().status(), 200);
        let mut stdout = String::new();
        let read = timeout(PATIENCE, out.read_to_string(&mut stdout)).await;
        read.unwrap().unwrap();
        Finished {
            code: child.wait().await.unwrap().code(),
            stdout,
            stderr: std::fs::read_to_string(&stderr).unwrap(),
        }
    }

    /// Where the browser is sent back to.
    fn agree(&self, address: &str) -> String {
        let address = reqwest::Url::parse(address).unwrap();
        let pairs: Vec<(String, String)> = address.query_pairs().into_owned().collect();
        let pair = |name: &str| {
            let mut found = pairs.iter().filter(|(key, _)| key == name);
            let (_, value) = found.next().unwrap_or_else(|| panic!("{name}: {address}"));
            value.clone()
        };
        assert!(
            address
                .as_str()
                .starts_with("https://auth.openai.com/oauth/authorize?")
        );
        for (name, value) in [
            ("client_id", "app_EMoamEEZ73f0CkXaXp7hrann"),
            ("response_type", "code"),
            ("redirect_uri", &self.redirect),
            ("scope", "openid profile email offline_access"),
            ("code_challenge_method", "S256"),
            ("prompt", "login"),
            ("id_token_add_organizations", "true"),
            ("codex_cli_simplified_flow", "true"),
        ] {
            assert_eq!(pair(name), value);
        }
        let mut memory = self.memory.lock().unwrap();
        memory.redirect = pair("redirect_uri");
        memory.challenge = pair("code_challenge");
        format!("{}?code=code-1&state={}", self.redirect, pair("state"))
    }

    /// The name of the account that logins end in.
    fn logged_in(&self) -> String {
        let directory = std::fs::read_dir(self.scene.home.path("auth")).unwrap();
        let names = directory.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = names.filter(|name| name.ends_with(".json")).collect();
        assert_eq!(names.len(), 1, "{names:?}");
        names.remove(0).trim_end_matches(".json").to_owned()
    }

    fn last(&self) -> Value {
        self.scene.last(RESPONSES).json()
    }
}

/// Asks as a client of Responses.
async fn post(gateway: &Gateway, path: &str, body: &Value) -> Answer {
    let request = gateway.request("POST", path);
    let request = request.header("content-type", "application/json");
    Answer::read(request.body(body.to_string())).await
}

async fn respond(gateway: &Gateway, body: &Value) -> Answer {
    post(gateway, "/v1/responses", body).await
}

/// The whole answer to a client of Responses, however it came.
fn response(answer: &Answer) -> Value {
    assert_eq!(answer.status, 200, "{}", answer.text());
    if !answer.is_stream() {
        return answer.json();
    }
    let last = answer.frames().pop().unwrap().json();
    assert_eq!(last["type"], "response.completed", "{}", answer.text());
    last["response"].clone()
}

fn text_of(answer: &Answer) -> String {
    let response = response(answer);
    let output = response["output"].as_array().unwrap();
    let message = output.iter().find(|item| item["type"] == "message");
    let message = message.unwrap_or_else(|| panic!("{response}"));
    message["content"][0]["text"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn an_account_is_logged_in_to_in_a_browser_and_answers_every_client() {
    let chatgpt = ChatGpt::start().await;
    let scene = &chatgpt.scene;
    let finished = chatgpt.log_in().await;
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    assert!(finished.stderr.contains("OpenAI's own applications"));
    unspoken(&finished);
    let done: Value = serde_json::from_str(&finished.stdout).unwrap();
    assert_eq!(done["account"]["plan"], "plus");
    let name = chatgpt.logged_in();
    assert!(name.starts_with("codex-ada@example.com-"), "{name}");
    let saved = scene.saved(&name);
    assert_eq!(saved["account_id"], WORKSPACE);
    assert_eq!(saved["email"], "ada@example.com");
    assert_eq!(saved["refresh_token"], "refresh-0");
    assert_eq!(saved["id_token"], id_token("plus"));
    scene.change(&name, &chatgpt.base_url());

    let gateway = scene.launch().start().await;
    eventually("the list is there", async || {
        let answer = gateway.request("GET", "/v1/models").send().await.unwrap();
        answer.text().await.unwrap().contains("gpt-new-9")
    })
    .await;
    for dialect in Speaks::BOTH {
        for stream in [false, true] {
            let answer = gateway.question(dialect, "gpt-5.5", stream).await;
            answer.expect_text(dialect, "Hello there");
            assert_eq!(answer.is_stream(), stream);
            assert_eq!(answer.header("x-modelgate-dropped"), Some("max_tokens"));
        }
    }
    for stream in [false, true] {
        for store in [None, Some(false)] {
            let mut body = json!({"model": "gpt-5.5", "input": "Hi", "stream": stream});
            if let Some(store) = store {
                body["store"] = store.into();
            }
            let answer = respond(&gateway, &body).await;
            assert_eq!(answer.is_stream(), stream);
            assert_eq!(text_of(&answer), "Hello there");
            assert_eq!(response(&answer)["usage"]["total_tokens"], 9);
        }
    }
    // A second login is one to the same account.
    chatgpt.memory.lock().unwrap().forget_codes();
    let finished = chatgpt.log_in().await;
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    assert_eq!(chatgpt.logged_in(), name);
    assert_eq!(
        scene.saved(&name)["base_url"],
        chatgpt.base_url()["base_url"]
    );
}

#[tokio::test]
async fn an_account_is_logged_in_to_with_a_code_and_not_too_fast() {
    let chatgpt = ChatGpt::start().await;
    // The same account, as another program of the family has named it.
    let before = json!({"email": "ada@example.com", "note": "mine"});
    chatgpt.account("codex-0a1b2c3d-ada@example.com-plus", "9", &before);
    let words = [
        "login",
        "codex",
        "--device",
        "--no-browser",
        "--json",
        "--yes",
    ];
    let login = chatgpt.scene.launch().run(&words).await;
    assert_eq!(login.code, Some(0), "{}", login.stderr);
    unspoken(&login);
    let shown: Value = serde_json::from_str(login.stdout.lines().next().unwrap()).unwrap();
    assert_eq!(shown["waiting"]["code"], "AB-CD");
    let place = "https://auth.openai.com/codex/device";
    assert_eq!(shown["waiting"]["url"], place);
    assert_eq!(chatgpt.scene.server.asked(POLL).len(), 2);
    let saved = chatgpt.scene.saved(&chatgpt.logged_in());
    assert_eq!(saved["account_id"], WORKSPACE);
    assert_eq!(saved["access_token"], "access-0");
    assert_eq!(saved["note"], "mine");

    let gateway = chatgpt.scene.launch().start().await;
    for dialect in Speaks::BOTH {
        for stream in [false, true] {
            let answer = gateway.question(dialect, "gpt-5.5", stream).await;
            answer.expect_text(dialect, "Hello there");
        }
    }
    let asked = chatgpt.scene.last(RESPONSES);
    assert_eq!(asked.header("authorization"), Some("Bearer access-0"));
}

#[tokio::test]
async fn why_there_is_no_login_with_a_code_is_said() {
    let chatgpt = ChatGpt::start().await;
    chatgpt.memory.lock().unwrap().no_device = true;
    let words = ["login", "codex", "--device", "--no-browser", "--yes"];
    let login = chatgpt.scene.launch().run(&words).await;
    assert_eq!(login.code, Some(1), "{}", login.stderr);
    assert!(
        login.stderr.contains("without --device"),
        "{}",
        login.stderr
    );
    let words = ["login", "claude", "--device", "--yes"];
    let login = chatgpt.scene.launch().run(&words).await;
    assert_eq!(login.code, Some(2), "{}", login.stderr);
    assert!(login.stderr.contains("not logged in to with a code"));
    let list = chatgpt.scene.launch().run(&["login", "--list", "--json"]);
    let list = list.await.json();
    let providers = list["providers"].as_array().unwrap();
    let codex = providers.iter().find(|one| one["provider"] == "codex");
    assert_eq!(codex.unwrap()["ready"], true);
}

#[tokio::test]
async fn an_account_is_logged_in_to_over_http_and_answers_with_its_new_token() {
    let chatgpt = ChatGpt::start().await;
    let before = json!({"email": "ada@example.com", "note": "mine"});
    chatgpt.account("codex-0a1b2c3d-ada@example.com-plus", "9", &before);
    let gateway = chatgpt.scene.launch().start().await;
    let begun = gateway.begin_login("codex-auth-url?is_webui=true").await;
    let warning = begun["warning"].as_str().unwrap();
    assert!(warning.contains("OpenAI's own applications"), "{warning}");
    let onward = visit(&chatgpt.agree(begun["url"].as_str().unwrap())).await;
    assert_eq!(onward.status, 302);
    let callback = onward.header("location").unwrap();
    let place = format!("{}/codex/callback?", gateway.url());
    assert!(callback.starts_with(&place), "{callback}");
    assert_eq!(visit(callback).await.status, 200);
    let ended = gateway.login_ended(&begun["state"]).await;
    assert_eq!(ended["status"], "ok", "{ended}");
    let saved = chatgpt.scene.saved(&chatgpt.logged_in());
    assert_eq!(
        (&saved["access_token"], &saved["note"]),
        (&json!("access-0"), &json!("mine"))
    );
    let answer = gateway.question(Speaks::Claude, "gpt-5.5", true).await;
    answer.expect_text(Speaks::Claude, "Hello there");
    let asked = chatgpt.scene.last(RESPONSES);
    assert_eq!(asked.header("authorization"), Some("Bearer access-0"));
}
