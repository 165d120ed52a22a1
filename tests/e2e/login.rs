//! Logins, from the address that a person opens to the first request with the account.

mod terminal;
mod trouble;

use crate::harness::process::Finished;
use crate::harness::{Home, KEY, Launch, PATIENCE, Speaks, ask};
use modelgate_test_upstream::Upstream;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::fs;
use std::net::TcpListener as StdListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::Child;
use tokio::time::timeout;

/// What a browser was given at the provider's page.
#[derive(Clone, Debug, Default)]
struct Asked {
    challenge: String,
    state: String,
    redirect: String,
}

/// Anthropic's side of a login, as strict as `providers.md` 2.5 has it: it wants JSON, the verifier to the challenge, the
/// state, and every code once.
struct Provider {
    url: String,
    asked: Arc<Mutex<Asked>>,
    /// What the answer to an exchange says of whose the account is.
    names: Arc<Mutex<Value>>,
}

impl Provider {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (asked, names) = (
            Arc::new(Mutex::new(Asked::default())),
            Arc::new(Mutex::new(
                json!({"uuid": "u-1", "email_address": "ada@example.com"}),
            )),
        );
        let provider = Self {
            url,
            asked: Arc::clone(&asked),
            names: Arc::clone(&names),
        };
        tokio::spawn(async move {
            let mut used = false;
            while let Ok((mut stream, _)) = listener.accept().await {
                let request = read(&mut stream).await;
                let (status, answer) = if request.starts_with("GET /profile ") {
                    profile(&request)
                } else {
                    let asked = asked.lock().unwrap().clone();
                    let named = names.lock().unwrap().clone();
                    exchange(&request, &asked, &named, std::mem::replace(&mut used, true))
                };
                let answer = answer.to_string();
                let text = format!(
                    "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{answer}",
                    answer.len()
                );
                let _ = stream.write_all(text.as_bytes()).await;
            }
        });
        provider
    }

    /// The person agrees: where their browser is sent then.
    fn agree(&self, address: &str) -> String {
        let address = reqwest::Url::parse(address).unwrap();
        let pair = |name: &str| {
            let found = address.query_pairs().find(|(key, _)| key == name);
            found
                .unwrap_or_else(|| panic!("{name} is missing in {address}"))
                .1
                .into_owned()
        };
        assert_eq!(pair("response_type"), "code");
        assert_eq!(pair("code"), "true");
        assert_eq!(pair("client_id"), "client-1");
        assert_eq!(pair("code_challenge_method"), "S256");
        assert!(pair("scope").contains("user:inference"));
        let asked = Asked {
            challenge: pair("code_challenge"),
            state: pair("state"),
            redirect: pair("redirect_uri"),
        };
        let back = format!("{}?code=code-1&state={}", asked.redirect, asked.state);
        *self.asked.lock().unwrap() = asked;
        back
    }
}

fn exchange(request: &str, asked: &Asked, named: &Value, used: bool) -> (&'static str, Value) {
    let body = request.split_once("\r\n\r\n").unwrap().1;
    let refused = |why: &str| {
        (
            "400 Bad Request",
            json!({"error": "invalid_grant", "error_description": why}),
        )
    };
    let Ok(body) = serde_json::from_str::<Value>(body) else {
        return refused("no JSON");
    };
    let digest = Sha256::digest(body["code_verifier"].as_str().unwrap_or_default());
    let challenge = base64url(&digest);
    let expected = json!({
        "grant_type": "authorization_code", "code": "code-1", "state": asked.state, "redirect_uri": asked.redirect,
        "client_id": "client-1", "code_verifier": body["code_verifier"],
    });
    if used || body != expected || challenge != asked.challenge {
        return refused("not this login");
    }
    let mut answer = json!({
        "access_token": "sk-ant-oat-1", "refresh_token": "refresh-1", "expires_in": 28800, "token_type": "Bearer",
    });
    if named.is_object() {
        answer["account"] = named.clone();
        answer["organization"] = json!({"uuid": "o-1", "name": "Ada's"});
    }
    ("200 OK", answer)
}

fn profile(request: &str) -> (&'static str, Value) {
    if !request
        .to_ascii_lowercase()
        .contains("authorization: bearer sk-ant-oat-1\r\n")
    {
        return ("401 Unauthorized", json!({"error": "no"}));
    }
    let account = json!({"uuid": "u-1", "email": "ada@example.com"});
    (
        "200 OK",
        json!({"account": account, "organization": {"organization_type": "claude_max"}}),
    )
}

/// What is sent ahead of a verifier.
pub(crate) fn challenge(verifier: &str) -> String {
    base64url(&Sha256::digest(verifier))
}

fn base64url(bytes: &[u8]) -> String {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let mut group = [0; 3];
        group[..chunk.len()].copy_from_slice(chunk);
        let bits = u32::from(group[0]) << 16 | u32::from(group[1]) << 8 | u32::from(group[2]);
        for digit in 0..=chunk.len() {
            let index = bits >> (18 - 6 * digit) & 63;
            text.push(char::from(DIGITS[index as usize]));
        }
    }
    text
}

async fn read(stream: &mut TcpStream) -> String {
    let (mut seen, mut piece) = (Vec::new(), [0; 4096]);
    loop {
        let text = String::from_utf8_lossy(&seen).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| {
                let (name, value) = line.split_once(": ")?;
                name.eq_ignore_ascii_case("content-length")
                    .then(|| value.parse::<usize>().unwrap())
            });
            if body.len() >= length.unwrap_or(0) {
                return text;
            }
        }
        match stream.read(&mut piece).await {
            Ok(0) | Err(_) => return text,
            Ok(read) => seen.extend_from_slice(&piece[..read]),
        }
    }
}

/// A home whose logins go to the stand-in.
struct Scene {
    provider: Provider,
    home: Home,
    redirect: String,
}

impl Scene {
    async fn start() -> Self {
        let free = StdListener::bind("127.0.0.1:0").unwrap();
        let port = free.local_addr().unwrap().port();
        let scene = Self {
            provider: Provider::start().await,
            home: Home::new(),
            redirect: format!("http://localhost:{port}/callback"),
        };
        let text = format!(
            "api-keys: [{KEY}]\nauth-dir: {}\noauth:\n  claude:\n    client-id: client-1\n    token-url: {}/token\n",
            scene.home.path("auth").display(),
            scene.provider.url,
        );
        fs::write(scene.config(), text).unwrap();
        scene
    }

    fn config(&self) -> PathBuf {
        self.home.path("modelgate.yaml")
    }

    fn launch(&self) -> Launch {
        let url = &self.provider.url;
        Launch::in_home(&self.home)
            .arg("--config")
            .arg(self.config().to_str().unwrap())
            .env(
                "MODELGATE_CLAUDE_AUTHORIZE_URL",
                &format!("{url}/authorize"),
            )
            .env("MODELGATE_CLAUDE_PROFILE_URL", &format!("{url}/profile"))
            .env("MODELGATE_CLAUDE_REDIRECT_URL", &self.redirect)
    }

    /// Begins a login, and where the person's browser is sent after they agreed.
    async fn begin(&self, words: &[&str]) -> (Login, String) {
        self.begin_by(self.launch(), words).await
    }

    /// The same with a launch of one's own.
    async fn begin_by(&self, launch: Launch, words: &[&str]) -> (Login, String) {
        let words = [&["login", "claude", "--no-browser", "--json"], words].concat();
        let (mut child, stderr) = launch.typing().spawn(&words);
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        timeout(PATIENCE, out.read_line(&mut line))
            .await
            .unwrap()
            .unwrap();
        let line: Value = serde_json::from_str(&line)
            .unwrap_or_else(|_| panic!("{line:?} {}", fs::read_to_string(&stderr).unwrap()));
        assert_eq!(line["waiting"]["provider"], "claude");
        assert_eq!(line["waiting"]["redirect_url"], *self.redirect);
        let back = self
            .provider
            .agree(line["waiting"]["url"].as_str().unwrap());
        (Login { child, out, stderr }, back)
    }

    fn file(&self) -> PathBuf {
        self.home.path("auth/claude-ada@example.com.json")
    }

    fn account(&self) -> Value {
        serde_json::from_str(&fs::read_to_string(self.file()).unwrap()).unwrap()
    }
}

/// The browser goes somewhere.
async fn visit(address: &str) -> reqwest::Response {
    let client = ask::client(reqwest::Client::builder());
    client.get(address).send().await.unwrap()
}

/// A login that waits.
struct Login {
    child: Child,
    out: BufReader<tokio::process::ChildStdout>,
    stderr: PathBuf,
}

impl Login {
    async fn paste(&mut self, text: &str) {
        let stdin = self.child.stdin.as_mut().unwrap();
        stdin
            .write_all(format!("{text}\n").as_bytes())
            .await
            .unwrap();
    }

    async fn end(mut self) -> Finished {
        let mut stdout = String::new();
        let read = timeout(PATIENCE, self.out.read_to_string(&mut stdout)).await;
        let stderr = fs::read_to_string(&self.stderr).unwrap();
        read.unwrap_or_else(|_| panic!("the login does not end: {stderr}"))
            .unwrap();
        Finished {
            code: self.child.wait().await.unwrap().code(),
            stdout,
            stderr: fs::read_to_string(&self.stderr).unwrap(),
        }
    }
}

#[tokio::test]
async fn an_account_is_logged_in_to_and_serves_the_next_request() {
    let scene = Scene::start().await;
    let (login, back) = scene.begin(&["--yes", "--label", "work"]).await;
    let page = visit(&back).await;
    assert_eq!(page.status(), 200);
    let finished = login.end().await;
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    let done: Value = serde_json::from_str(&finished.stdout).unwrap();
    assert_eq!(done["account"]["email"], "ada@example.com");
    assert_eq!(done["account"]["label"], "work");
    assert_eq!(done["account"]["file"], *scene.file().to_str().unwrap());
    let models = done["account"]["models"].as_array().unwrap();
    assert!(models.contains(&json!("claude-sonnet-5")), "{models:?}");
    assert_eq!(done["account"]["other_names"], json!(["claude-*"]));
    let config = scene.config();
    let next = format!("modelgate serve --config {}", config.display());
    assert_eq!(done["next"], next);
    for secret in ["sk-ant-oat-1", "refresh-1", "code-1"] {
        assert!(!finished.stdout.contains(secret) && !finished.stderr.contains(secret));
    }
    assert!(
        finished.stderr.contains("Anthropic means subscriptions"),
        "{}",
        finished.stderr
    );

    let account = scene.account();
    assert_eq!(account["type"], "claude");
    assert_eq!(account["access_token"], "sk-ant-oat-1");
    assert_eq!(account["refresh_token"], "refresh-1");
    assert_eq!(account["account_uuid"], "u-1");
    assert_eq!(account["label"], "work");
    let mode = fs::metadata(scene.file()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);

    // The owner has wishes; the next login leaves them alone.
    let upstream = Upstream::start().await;
    let mut account = account;
    account["base_url"] = json!(upstream.url());
    account["model_aliases"] = json!([{"name": "up-text", "alias": "ada"}]);
    fs::write(scene.file(), account.to_string()).unwrap();
    let gateway = scene.launch().start().await;
    let answer = gateway.question(Speaks::Claude, "ada", false).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let sent = upstream.requests().pop().unwrap();
    assert_eq!(sent.header("authorization"), Some("Bearer sk-ant-oat-1"));

    let refused = scene.launch().run(&["logout", "ada@example.com"]).await;
    assert_eq!(refused.code, Some(2), "{}", refused.stderr);
    let removed = scene.launch().run(&["logout", "work", "--yes"]).await;
    assert_eq!(removed.code, Some(0), "{}", removed.stderr);
    assert!(!scene.file().exists());
}

#[tokio::test]
async fn the_address_can_be_pasted_and_everything_else_is_waited_past() {
    let scene = Scene::start().await;
    *scene.provider.names.lock().unwrap() = Value::Null;
    let (mut login, back) = scene.begin(&["--yes"]).await;
    login.paste("what now?").await;
    login.paste(&back.replace("state=", "state=x")).await;
    login.paste(&back).await;
    let finished = login.end().await;
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    assert!(
        finished
            .stderr
            .contains("not the address that the browser ended on")
    );
    assert!(finished.stderr.contains("the answer to another login"));
    let done: Value = serde_json::from_str(&finished.stdout).unwrap();
    assert_eq!(done["account"]["plan"], "claude_max", "the profile says so");
    assert_eq!(scene.account()["email"], "ada@example.com");
}

#[tokio::test]
async fn an_account_of_which_only_a_number_is_told_is_asked_for_its_address() {
    for known in [false, true] {
        let scene = Scene::start().await;
        *scene.provider.names.lock().unwrap() = json!({"uuid": "u-1"});
        let numbered = scene.home.path("auth/claude-u-1.json");
        if known {
            let old = json!({"type": "claude", "account_uuid": "u-1", "access_token": "old", "note": "mine"});
            fs::create_dir(scene.home.path("auth")).unwrap();
            fs::write(&numbered, old.to_string()).unwrap();
        }
        let (mut login, back) = scene.begin(&["--yes"]).await;
        login.paste(&back).await;
        let finished = login.end().await;
        assert_eq!(finished.code, Some(0), "{}", finished.stderr);
        let done: Value = serde_json::from_str(&finished.stdout).unwrap();
        assert_eq!(done["account"]["email"], "ada@example.com");
        assert_eq!((numbered.exists(), scene.file().exists()), (known, !known));
        let file = if known { numbered } else { scene.file() };
        let saved: Value = serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap();
        assert_eq!(saved["email"], "ada@example.com");
        assert_eq!(saved["account_uuid"], "u-1");
        assert_eq!(saved["organization_name"], "Ada's");
        assert_eq!(saved["access_token"], "sk-ant-oat-1");
        assert_eq!(
            saved["note"],
            if known { json!("mine") } else { Value::Null }
        );
    }
}

#[tokio::test]
async fn a_second_login_renews_the_tokens_and_leaves_the_rest() {
    let scene = Scene::start().await;
    fs::create_dir(scene.home.path("auth")).unwrap();
    let old = json!({
        "type": "claude", "email": "ada@example.com", "access_token": "old", "refresh_token": "old", "note": "mine",
        "expired": "2020-01-01T00:00:00Z", "priority": 7, "unknown": {"kept": true},
    });
    fs::write(scene.file(), old.to_string()).unwrap();
    let (mut login, back) = scene.begin(&["--yes"]).await;
    let state = back.split_once("state=").unwrap().1;
    login.paste(&format!("code-1#{state}")).await;
    assert_eq!(login.end().await.code, Some(0));
    let account = scene.account();
    assert_eq!(account["access_token"], "sk-ant-oat-1");
    assert_eq!(account["refresh_token"], "refresh-1");
    assert_eq!(
        (&account["note"], &account["priority"]),
        (&json!("mine"), &json!(7))
    );
    assert_eq!(account["unknown"]["kept"], true);
    assert!(account["expired"].as_str().unwrap() > "2026");
}

#[tokio::test]
async fn a_refusal_saves_nothing_and_says_what_to_do() {
    let scene = Scene::start().await;
    let (login, back) = scene.begin(&["--yes"]).await;
    let state = back.split_once("state=").unwrap().1;
    let denied = format!("{}?error=access_denied&state={state}", scene.redirect);
    assert_eq!(visit(&denied).await.status(), 400);
    let finished = login.end().await;
    assert_eq!(finished.code, Some(1));
    assert!(
        finished
            .stderr
            .contains("the login was refused: access_denied"),
        "{}",
        finished.stderr
    );
    assert!(
        finished.stderr.contains("hint: run the command again"),
        "{}",
        finished.stderr
    );

    // The provider does not know this code.
    let (mut login, back) = scene.begin(&["--yes"]).await;
    login.paste(&back.replace("code-1", "code-2")).await;
    let finished = login.end().await;
    assert_eq!(finished.code, Some(1));
    assert!(
        finished
            .stderr
            .contains("claude gave no tokens: invalid_grant"),
        "{}",
        finished.stderr
    );
    assert!(!scene.home.path("auth").exists());
}

#[tokio::test]
async fn nobody_is_logged_in_by_accident() {
    let scene = Scene::start().await;
    let unasked = scene.launch().run(&["login", "claude"]).await;
    assert_eq!(unasked.code, Some(2), "{}", unasked.stderr);
    assert!(unasked.stderr.contains("--yes"), "{}", unasked.stderr);
    assert!(
        unasked.stderr.contains("ANTHROPIC_API_KEY"),
        "{}",
        unasked.stderr
    );
    let unnamed = scene.launch().run(&["login"]).await;
    assert_eq!(unnamed.code, Some(2), "{}", unnamed.stderr);
    assert!(
        unnamed.stderr.contains("name one of: claude"),
        "{}",
        unnamed.stderr
    );

    let port = scene
        .redirect
        .split(':')
        .nth(2)
        .unwrap()
        .split('/')
        .next()
        .unwrap();
    let _taken = StdListener::bind(format!("127.0.0.1:{port}")).unwrap();
    let busy = scene.launch().run(&["login", "claude", "--yes"]).await;
    assert_eq!(busy.code, Some(1), "{}", busy.stderr);
    assert!(
        busy.stderr.contains(&format!("port {port}")),
        "{}",
        busy.stderr
    );
    assert!(busy.stderr.contains("--no-browser"), "{}", busy.stderr);
    // Pasting still works.
    let (mut login, back) = scene.begin(&["--yes"]).await;
    login.paste(&back).await;
    assert_eq!(login.end().await.code, Some(0));

    let list = scene.launch().run(&["login", "--list", "--json"]).await;
    let list: Value = serde_json::from_str(&list.stdout).unwrap();
    let ways = json!([{"method": "browser", "ready": true}]);
    assert_eq!(
        list["providers"][0],
        json!({"provider": "claude", "ready": true, "accounts": 1, "ways": ways})
    );
}
