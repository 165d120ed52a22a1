//! Accounts of providers in front of stand-ins: from a login to answers, and what becomes of them. What is peculiar to a
//! provider is in the file of its name.

mod claude;
mod codex;
mod copilot;
mod devices;
mod iflow;
mod kimi;
mod qwen;
mod vertex;
mod web;
mod xai;

use crate::harness::process::Finished;
use crate::harness::stand_in::{Asked, Said, StandIn};
use crate::harness::{Home, KEY, Launch, Speaks};
use serde_json::{Value, json};
use std::fs;
use std::path::PathBuf;

const DEVICE: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// A home whose accounts are those of a stand-in.
struct Scene {
    server: StandIn,
    home: Home,
    environment: Vec<(String, String)>,
}

impl Scene {
    /// With the addresses of the login: the names of variables, and paths of the stand-in.
    fn new(server: StandIn, addresses: &[(&str, &str)]) -> Self {
        let home = Home::new();
        let text = format!(
            "api-keys: [{KEY}]\nauth-dir: {}\nrequest-retry: 0\n",
            home.path("auth").display()
        );
        fs::write(home.path("modelgate.yaml"), text).unwrap();
        let at =
            |(name, path): &(&str, &str)| ((*name).to_owned(), format!("{}{path}", server.url));
        let environment = addresses.iter().map(at).collect();
        Self {
            server,
            home,
            environment,
        }
    }

    fn launch(&self) -> Launch {
        let config = self.home.path("modelgate.yaml");
        let launch = Launch::in_home(&self.home).arg("--config");
        let launch = launch.arg(config.to_str().unwrap());
        let environment = self.environment.iter();
        environment.fold(launch, |launch, (name, value)| launch.env(name, value))
    }

    /// Logs in with a code, and says what was shown of it.
    async fn log_in(&self, provider: &str) -> Value {
        let words = [
            "login",
            provider,
            "--no-browser",
            "--json",
            "--yes",
            "--label",
            "work",
        ];
        let login = self.launch().run(&words).await;
        assert_eq!(login.code, Some(0), "{}", login.stderr);
        unspoken(&login);
        serde_json::from_str(login.stdout.lines().next().unwrap()).unwrap()
    }

    /// Logs in through the gateway with a code that somebody types elsewhere, to an account that was there before and has its
    /// owner's wishes; then it answers, with its new token.
    async fn log_in_over_http(&self, path: &str, name: &str, wishes: &Value, model: &str) {
        let before = json!({"access_token": "old", "refresh_token": "old", "fetch_models": false});
        for fields in [&before, wishes] {
            self.change(name, fields);
        }
        let gateway = self.launch().start().await;
        let begun = gateway.begin_login(path).await;
        let shown = (&begun["flow"], &begun["user_code"]);
        assert_eq!(shown, (&json!("device"), &json!("AB-CD")));
        let ended = gateway.login_ended(&begun["state"]).await;
        assert_eq!(ended["status"], "ok", "{ended}");
        assert_eq!(self.saved(name)["access_token"], "access-0");
        for dialect in Speaks::BOTH {
            let answer = gateway.question(dialect, model, false).await;
            answer.expect_text(dialect, "Hello there");
        }
        for secret in ["access-0", "refresh-0", "device-1"] {
            assert!(!gateway.log().contains(secret), "{secret} is in the log");
        }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.home.path(&format!("auth/{name}.json"))
    }

    fn saved(&self, name: &str) -> Value {
        serde_json::from_str(&fs::read_to_string(self.file(name)).unwrap()).unwrap()
    }

    /// Changes fields of an account, or makes one of them.
    fn change(&self, name: &str, fields: &Value) {
        let path = self.file(name);
        let known = fs::read_to_string(&path).unwrap_or("{}".to_owned());
        let mut account: Value = serde_json::from_str(&known).unwrap();
        let changed = account.as_object_mut().unwrap();
        changed.extend(fields.as_object().unwrap().clone());
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, account.to_string()).unwrap();
    }

    /// What was asked last at a path.
    fn last(&self, path: &str) -> Asked {
        let asked = self.server.asked(path).pop();
        asked.unwrap_or_else(|| panic!("nobody asked at {path}"))
    }
}

/// No token is on the screen.
fn unspoken(finished: &Finished) {
    for secret in ["access-", "refresh-", "device-1"] {
        let said = [&finished.stdout, &finished.stderr];
        assert!(!said.iter().any(|said| said.contains(secret)), "{said:?}");
    }
}

/// An answer of Chat Completions, as it is asked for.
fn hello(asked: &Asked) -> Said {
    let body = asked.json();
    if body["stream"] != true {
        let message = json!({"role": "assistant", "content": "Hello there"});
        return Said::json(
            200,
            &json!({
                "id": "c-1", "object": "chat.completion", "created": 1, "model": body["model"],
                "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
                "usage": {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5},
            }),
        );
    }
    let chunk = |choices: Value| json!({"id": "c-1", "object": "chat.completion.chunk", "created": 1, "model": body["model"], "choices": choices});
    let chunks = [
        chunk(
            json!([{"index": 0, "delta": {"role": "assistant", "content": "Hello"}, "finish_reason": null}]),
        ),
        chunk(json!([{"index": 0, "delta": {"content": " there"}, "finish_reason": null}])),
        chunk(json!([{"index": 0, "delta": {}, "finish_reason": "stop"}])),
    ];
    let mut text: String = chunks
        .iter()
        .map(|chunk| format!("data: {chunk}\n\n"))
        .collect();
    text.push_str("data: [DONE]\n\n");
    Said::bytes("text/event-stream", text.into_bytes())
}

/// A refusal of a token endpoint.
fn refused(code: &str) -> Said {
    Said::json(400, &json!({"error": code, "error_description": "no"}))
}
