//! Text of somebody who means harm, planted wherever this program takes text from, and every command that shows it: on a
//! terminal, to a program, and as JSON nothing of it acts.

mod alone;
mod provider;
mod text;

use crate::harness::process::{Finished, PROGRAM};
use crate::harness::screen::Screen;
use crate::harness::{Answer, Gateway, Home, KEY, Launch, eventually};
use provider::{ANSWERED, FAULT, LIMITED, REFUSED};
use serde_json::json;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use text::{HARM, came_through, hostile, quoted};

/// What a command is to name, so that nothing passes because it says nothing.
type Shown<'s> = (Vec<&'s str>, &'s str);

/// A gateway that has heard everything.
struct Scene {
    home: Home,
    gateway: Gateway,
    /// The requests, in their order.
    ids: Vec<String>,
}

impl Scene {
    async fn start() -> Self {
        let url = provider::start().await.url;
        let home = Home::new();
        let path = home.default_config();
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, config(&url)).unwrap();
        accounts(&home, &url);
        let gateway = Launch::in_home(&home).start().await;
        let mut scene = Self {
            home,
            gateway,
            ids: Vec::new(),
        };
        eventually("the provider's list is there", async || {
            let models = Answer::read(scene.gateway.request("GET", "/v1/models")).await;
            models.text().contains("listed")
        })
        .await;
        for model in [ANSWERED, REFUSED, FAULT, LIMITED, "nobody"] {
            scene.request(&hostile(model)).await;
        }
        eventually("everything is written down", async || {
            let usage = scene.run(&["usage", "--json"]).await.json();
            usage["total"]["requests"] == 5 && usage["ledger"]["queued"] == 0
        })
        .await;
        scene
    }

    /// A request whose head is as bad as its body; HTTP lets bytes of C1 controls through.
    async fn request(&mut self, model: &str) {
        let body =
            json!({"model": model, "messages": [{"role": "user", "content": HARM}], "user": HARM});
        let agent = reqwest::header::HeaderValue::from_bytes(b"agent\x9b5m\xc2\x9b5m").unwrap();
        let request = self.gateway.request("POST", "/v1/chat/completions");
        let request = request.header("user-agent", agent).body(body.to_string());
        let answer = Answer::read(request).await;
        self.ids
            .push(answer.header("x-request-id").unwrap().to_owned());
    }

    async fn run(&self, words: &[&str]) -> Finished {
        Launch::in_home(&self.home).run(words).await
    }

    /// What a command has let through: to a program, as JSON, and to a terminal.
    async fn check(&self, (words, named): &Shown<'_>) -> Vec<String> {
        let mut wrong = Vec::new();
        let mut note = |how: &str, sent: &[u8], on_terminal: bool| {
            let mut found = came_through(sent, on_terminal);
            if !String::from_utf8_lossy(sent).contains(named) {
                let text = String::from_utf8_lossy(sent);
                found.push(format!("`{named}` is not named: {text}"));
            }
            if !found.is_empty() {
                wrong.push(format!("{words:?} {how}: {}", found.join(" ")));
            }
        };
        let piped = self.run(&words[..]).await;
        note("piped", (piped.stdout + &piped.stderr).as_bytes(), false);
        let json = self.run(&[&words[..], &["--json"]].concat()).await;
        note("as JSON", (json.stdout + &json.stderr).as_bytes(), false);
        note("on a terminal", &seen(&self.home, words).await, true);
        wrong
    }

    async fn check_all(&self, commands: &[Shown<'_>]) {
        let mut wrong = Vec::new();
        for command in commands {
            wrong.extend(self.check(command).await);
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
    }
}

fn config(url: &str) -> String {
    let model = |name: &str| {
        let name = quoted(&hostile(name));
        format!("{{name: {name}, alias: {name}}}")
    };
    let models = [ANSWERED, REFUSED, FAULT, LIMITED].map(model).join(", ");
    let (ann, server, lister) = (
        quoted(&hostile("ann")),
        quoted(&hostile("server")),
        quoted(&hostile("lister")),
    );
    format!(
        "port: 0
logging-to-file: true
request-log: true
request-retry: 0
{odd}: 1
api-keys: [{{key: {KEY}, name: {ann}}}]
openai-compatibility:
  - {{name: {server}, base-url: {url}/v1, api-key-entries: [{{api-key: sk-1}}], models: [{models}]}}
  - {{name: {lister}, base-url: {url}/v1, api-key-entries: [{{api-key: sk-2}}]}}
",
        odd = quoted(&hostile("odd")),
    )
}

/// Accounts with names, owners and files that mean harm: one that is over, one that is no JSON, one whose name is no UTF-8.
fn accounts(home: &Home, url: &str) {
    let directory = home.path("data/modelgate/auth");
    fs::create_dir_all(&directory).unwrap();
    let account = json!({
        "type": "claude", "email": hostile("mail"), "label": hostile("label"), "access_token": "a", "base_url": url,
        "expired": "2020-01-01T00:00:00Z", "fetch_models": false,
    });
    let name = HARM.replace(['/', '\\'], "");
    let whole = directory.join(format!("claude-file{name}.json"));
    fs::write(whole, account.to_string()).unwrap();
    let broken = directory.join(format!("claude-broken{name}.json"));
    fs::write(broken, "\u{1b}[5m\u{9b}{").unwrap();
    let unreadable = OsStr::from_bytes(b"claude-\x9b5m\xff.json");
    fs::write(directory.join(unreadable), account.to_string()).unwrap();
}

/// Everything that a command sends to a terminal.
async fn seen(home: &Home, words: &[&str]) -> Vec<u8> {
    let mut screen = Screen::open(home, PROGRAM, words);
    // What is asked is answered with the usual no.
    screen.press("\r");
    screen.ends().await;
    screen.sent
}

#[tokio::test]
async fn nothing_acts_in_what_commands_show() {
    let scene = Scene::start().await;
    let ids = scene.run(&["accounts", "--json"]).await.json();
    let ids = ids["accounts"].as_array().unwrap().iter();
    let ids: Vec<&str> = ids.map(|account| account["id"].as_str().unwrap()).collect();
    let of = |name: &str| *ids.iter().find(|id| id.contains(name)).unwrap();
    let (server, file) = (of("server"), of("file"));
    let (ann, nobody) = (hostile("ann"), hostile("nobody"));
    let (answered, refused) = (hostile(ANSWERED), hostile(REFUSED));
    let mut commands: Vec<Shown<'_>> = vec![
        (vec!["accounts"], "server"),
        (vec!["accounts", "disable", server], "server"),
        (vec!["accounts", "enable", server], "server"),
        (vec!["accounts", "clear-cooldown", server], "server"),
        (vec!["accounts", "refresh", file], ""),
        (vec!["accounts", "enable", &nobody], "nobody"),
        (vec!["keys"], "ann"),
        (vec!["keys", "provider"], "server"),
        (vec!["keys", "revoke", &ann], ""),
        (vec!["keys", "revoke", &nobody, "--yes"], "nobody"),
        (vec!["usage", "export"], ANSWERED),
        (vec!["usage", "export", "--format", "jsonl"], ANSWERED),
        (vec!["usage", "export", "--format", "csv"], ANSWERED),
        (vec!["usage", "--csv"], ANSWERED),
        (vec!["logs"], ANSWERED),
        (vec!["models"], ANSWERED),
        (vec!["models", &nobody], ""),
        (vec!["why"], ANSWERED),
        (vec!["route", &answered], ANSWERED),
        (vec!["route", &nobody], "nobody"),
        (vec!["ask", "-m", &refused, "hello"], "sorry"),
        (vec!["doctor"], "server"),
        (vec!["doctor", "--offline"], "odd"),
        (vec!["env", "opencode", "--key", &ann], "listed"),
        (vec!["launch", &nobody], "nobody"),
        (vec!["launch", "ls", "--key", &ann, "--", "/dev/null"], ""),
        (vec!["config", "get", "openai-compatibility"], ANSWERED),
        (vec!["config", "get", "api-keys[0].name"], "ann"),
        (vec!["config", "get", &nobody], "nobody"),
        (vec!["config", "set", &nobody, "1"], "nobody"),
        (vec![&nobody], "nobody"),
        (vec!["usage", "--by", &nobody], "nobody"),
        (vec!["logs", "--level", &nobody], "nobody"),
        (vec!["login", &nobody], "nobody"),
        (vec!["keys", &nobody], "nobody"),
        (vec!["config", "check"], "odd"),
        (vec!["config", "show"], ANSWERED),
        (vec!["login", "--list"], "claude"),
        (vec!["logout", &nobody], "nobody"),
        (vec!["panel", "--no-browser"], "http"),
    ];
    for by in ["model", "key", "provider", "credential", "hour", "day"] {
        commands.push((vec!["usage", "--by", by], ""));
    }
    for id in &scene.ids {
        commands.push((vec!["why", id], ""));
        commands.push((vec!["logs", "--request", id], "agent"));
    }
    scene.check_all(&commands).await;
}
