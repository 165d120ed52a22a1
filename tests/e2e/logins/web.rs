//! Logins that are begun and ended over HTTP: through the gateway's own callback, by way of the port that the provider knows,
//! and by what somebody pastes.

use super::Scene;
use crate::harness::browser::{free_port, pair, visit};
use crate::harness::process::PROGRAM;
use crate::harness::screen::Screen;
use crate::harness::stand_in::{Asked, Said, StandIn};
use crate::harness::{Answer, Gateway, HELLO, Launch, Speaks, eventually};
use crate::login::challenge;
use futures_util::StreamExt as _;
use modelgate_test_upstream::Upstream;
use serde_json::{Value, json};
use std::collections::HashSet;
use std::fs;
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use tokio::io::AsyncWriteExt as _;

const ADA: &str = "ada@example.com";

/// What people have agreed to at Anthropic: challenges, and whose account it is.
#[derive(Debug)]
struct Agreed {
    challenges: HashSet<String>,
    email: String,
}

/// Anthropic, a home, and the port that Anthropic sends browsers to.
struct Web {
    scene: Scene,
    agreed: Arc<Mutex<Agreed>>,
    redirect: String,
}

impl Web {
    async fn start() -> Self {
        let agreed = Arc::new(Mutex::new(Agreed {
            challenges: HashSet::new(),
            email: ADA.to_owned(),
        }));
        let known = Arc::clone(&agreed);
        let server = StandIn::start(move |asked| exchange(asked, &mut known.lock().unwrap()));
        let addresses = [
            ("MODELGATE_CLAUDE_AUTHORIZE_URL", "/authorize"),
            ("MODELGATE_CLAUDE_TOKEN_URL", "/token"),
            ("MODELGATE_CLAUDE_PROFILE_URL", "/profile"),
        ];
        Self {
            scene: Scene::new(server.await, &addresses),
            agreed,
            redirect: format!("http://localhost:{}/callback", free_port()),
        }
    }

    fn launch(&self) -> Launch {
        let launch = self.scene.launch();
        launch.env("MODELGATE_CLAUDE_REDIRECT_URL", &self.redirect)
    }

    async fn gateway(&self) -> Gateway {
        self.launch().env("MODELGATE_LOG", "debug").start().await
    }

    /// The person agrees: where their browser is sent then.
    fn agree(&self, begun: &Value) -> String {
        let address = begun["url"].as_str().unwrap();
        assert_eq!(pair(address, "redirect_uri"), self.redirect);
        assert_eq!(pair(address, "state"), begun["state"].as_str().unwrap());
        let mut agreed = self.agreed.lock().unwrap();
        agreed.challenges.insert(pair(address, "code_challenge"));
        format!(
            "{}?code=code-1&state={}",
            self.redirect,
            pair(address, "state")
        )
    }

    /// The new account answers.
    async fn expect_answer(&self, gateway: &Gateway, account: &str) {
        let upstream = Upstream::start().await;
        let aliases = json!([{"name": "up-text", "alias": "ada"}]);
        let place = json!({"base_url": upstream.url(), "model_aliases": aliases});
        self.scene.change(account, &place);
        eventually("the account is at the upstream", async || {
            gateway.question(Speaks::Claude, "ada", false).await.status == 200
        })
        .await;
        let answer = gateway.question(Speaks::Claude, "ada", false).await;
        answer.expect_text(Speaks::Claude, HELLO);
        let sent = upstream.last_request();
        assert_eq!(sent.header("authorization"), Some("Bearer access-1"));
    }
}

/// Every verifier counts once. Whose an account is only comes with its tokens.
fn exchange(asked: &Asked, agreed: &mut Agreed) -> Said {
    if asked.path != "/token" {
        return Said::json(403, &json!({"error": {"type": "permission_error"}}));
    }
    let body = asked.json();
    let verifier = body["code_verifier"].as_str().unwrap_or_default();
    if body["code"] != "code-1" || !agreed.challenges.remove(&challenge(verifier)) {
        return Said::json(400, &json!({"error": "invalid_grant"}));
    }
    let mut answer = json!({
        "access_token": "access-1", "refresh_token": "refresh-1", "expires_in": 28800, "token_type": "Bearer",
    });
    if !agreed.email.is_empty() {
        answer["account"] = json!({"uuid": "u-1", "email_address": agreed.email});
    }
    Said::json(200, &answer)
}

#[tokio::test]
async fn a_browser_comes_back_by_way_of_the_port_that_the_provider_knows() {
    let web = Web::start().await;
    let gateway = web.gateway().await;
    let watching = gateway
        .keyless("GET", "/v0/management/events?types=account_changed")
        .header("x-management-key", gateway.token());
    let mut events = watching.send().await.unwrap().bytes_stream();
    let begun = gateway
        .begin_login("anthropic-auth-url?is_webui=true&label=work")
        .await;
    assert!(begun.get("message").is_none(), "{begun}");
    let back = web.agree(&begun);
    let onward = visit(&back).await;
    assert_eq!(onward.status, 302);
    let query = back.split_once('?').unwrap().1;
    let callback = format!("{}/anthropic/callback?{query}", gateway.url());
    assert_eq!(onward.header("location"), Some(&*callback));
    let page = visit(&callback).await;
    assert_eq!(page.status, 200);
    assert!(page.text().contains("Almost done"), "{}", page.text());
    let ended = gateway.login_ended(&begun["state"]).await;
    let account = "claude-ada@example.com";
    assert_eq!(ended, json!({"status": "ok", "account": account}));

    let saved = web.scene.saved(account);
    assert_eq!(
        (&saved["access_token"], &saved["label"]),
        (&json!("access-1"), &json!("work"))
    );
    let mut told = String::new();
    while !told.contains("claude-ada@example.com") {
        told += &String::from_utf8_lossy(&events.next().await.unwrap().unwrap());
    }
    assert!(told.contains("event: account_changed"), "{told}");
    drop(events);

    // Once is once, and nobody is at the port any more.
    let replayed = visit(&callback).await;
    assert_eq!(replayed.status, 400);
    assert!(replayed.text().contains("No login waits for this"));
    let pasted = json!({"provider": "anthropic", "redirect_url": back}).to_string();
    let replayed = gateway.manage("POST", "oauth-callback", &pasted).await;
    assert_eq!(replayed.status, 409, "{}", replayed.text());
    let port = pair(begun["url"].as_str().unwrap(), "redirect_uri");
    let port = reqwest::Url::parse(&port).unwrap().port().unwrap();
    eventually("the port is free", async || {
        TcpListener::bind(("127.0.0.1", port)).is_ok()
    })
    .await;

    web.expect_answer(&gateway, "claude-ada@example.com").await;
    let log = gateway.log();
    for line in [
        "a login was begun through",
        "logged in through the management API",
    ] {
        let line = log.lines().find(|known| known.contains(line)).unwrap();
        assert!(
            line.contains("by=\"the token of this run\" address=127.0.0.1"),
            "{line}"
        );
    }
    for secret in [
        "code-1",
        "access-1",
        "refresh-1",
        begun["state"].as_str().unwrap(),
    ] {
        assert!(!log.contains(secret), "{secret} in {log}");
    }
}

#[tokio::test]
async fn an_account_that_may_not_say_whose_it_is_is_one_all_the_same() {
    let web = Web::start().await;
    web.agreed.lock().unwrap().email = String::new();
    let gateway = web.gateway().await;
    let begun = gateway
        .begin_login("anthropic-auth-url?is_webui=true&label=work")
        .await;
    let onward = visit(&web.agree(&begun)).await;
    visit(onward.header("location").unwrap()).await;
    let ended = gateway.login_ended(&begun["state"]).await;
    assert_eq!(ended, json!({"status": "ok", "account": "claude-work"}));
    assert_eq!(web.scene.server.asked("/profile").len(), 1);
    web.expect_answer(&gateway, "claude-work").await;
}

#[tokio::test]
async fn what_the_browser_ended_on_is_pasted_where_the_port_is_somebody_elses() {
    let web = Web::start().await;
    let gateway = web.gateway().await;
    let port = reqwest::Url::parse(&web.redirect).unwrap().port().unwrap();
    let _other = TcpListener::bind(("127.0.0.1", port)).unwrap();
    let begun = gateway.begin_login("anthropic-auth-url?is_webui=1").await;
    let message = begun["message"].as_str().unwrap();
    assert!(
        message.contains(&port.to_string()) && message.contains("oauth-callback"),
        "{message}"
    );
    let back = web.agree(&begun);
    let pasted = json!({"provider": "claude", "redirect_url": back}).to_string();
    let taken = gateway.manage("POST", "oauth-callback", &pasted).await;
    assert_eq!((taken.status, taken.json()), (200, json!({"status": "ok"})));
    let ended = gateway.login_ended(&begun["state"]).await;
    assert_eq!(ended["status"], "ok");

    // The code and the state that Anthropic shows count as well, and another login the same.
    let begun = gateway.begin_login("anthropic-auth-url").await;
    let state = begun["state"].as_str().unwrap();
    web.agree(&begun);
    let pasted = json!({"redirect_url": format!("code-1#{state}")}).to_string();
    let taken = gateway.manage("POST", "oauth-callback", &pasted).await;
    assert_eq!(taken.status, 200, "{}", taken.text());
    let ended = gateway.login_ended(&begun["state"]).await;
    assert_eq!(ended["status"], "ok");
    web.expect_answer(&gateway, "claude-ada@example.com").await;
}

#[tokio::test]
async fn a_login_is_begun_and_ended_in_the_dashboard() {
    let web = Web::start().await;
    let gateway = web.gateway().await;
    let mut screen = Screen::open(&gateway.home, PROGRAM, &["dashboard"]);
    screen.shows("● live").await;
    screen.press("3lclaude\r");
    screen.shows("log in to Anthropic Claude").await;
    screen.shows("code#state").await;
    // The address fills whole lines, so that they can be put together again.
    let shown = screen.contents();
    let mut url = String::new();
    for line in shown.lines().skip_while(|line| !line.starts_with("http")) {
        let line = line.trim_end();
        url.push_str(line);
        if line.len() < 120 {
            break;
        }
    }
    let begun = json!({"url": url, "state": pair(&url, "state")});
    let back = web.agree(&begun);
    screen.press("phello\r");
    screen.shows("it begins with http").await;
    screen.press("\u{15}");
    screen.press(&format!("{back}\r"));
    screen.shows("✓ logged in: claude-ada@example.com").await;
    screen.hides("log in to Anthropic Claude").await;
    web.scene.saved("claude-ada@example.com");

    screen.press("lclaude\r");
    screen.shows("log in to Anthropic Claude").await;
    screen.shows("code#state").await;
    screen.press("\u{1b}");
    screen.shows("was called off").await;
    screen.press("q");
    screen.ends().await;
    screen.is_given_back().await;
}

#[tokio::test]
async fn strangers_end_no_login_however_many_come() {
    let web = Web::start().await;
    let gateway = web.gateway().await;
    for path in ["anthropic-auth-url", "get-auth-status?state=x"] {
        let path = format!("/v0/management/{path}");
        let keyless = gateway.keyless("GET", &path).send().await.unwrap();
        assert_eq!(keyless.status(), 401, "{path}");
    }
    let begun = gateway
        .begin_login("anthropic-auth-url?is_webui=true")
        .await;
    let back = web.agree(&begun);
    let at = |query: &str| format!("{}/anthropic/callback?{query}", gateway.url());
    let stray = visit(&at("")).await;
    let guesses = futures_util::stream::iter(0..500).map(|number| {
        let path = format!("/anthropic/callback?code=code-1&state=%3Cb%3E{number}");
        Answer::read(gateway.keyless("GET", &path))
    });
    let pages: Vec<Answer> = guesses.buffer_unordered(20).collect().await;
    for page in &pages {
        assert_eq!((page.status, page.text()), (400, stray.text()));
    }
    // A browser that only looks, and one that posts.
    let query = back.split_once('?').unwrap().1;
    for method in ["HEAD", "POST"] {
        let path = format!("/anthropic/callback?{query}");
        let answer = gateway.keyless(method, &path).send().await.unwrap();
        assert_eq!(answer.status(), 405, "{method}");
    }
    let google = visit(&at(query).replace("/anthropic/", "/google/")).await;
    assert_eq!((google.status, google.text()), (400, stray.text()));
    assert_eq!(visit(&at(query)).await.status, 200);
    let ended = gateway.login_ended(&begun["state"]).await;
    assert_eq!(ended["status"], "ok");
}

#[tokio::test]
async fn a_login_that_fails_says_why_and_saves_nothing() {
    let web = Web::start().await;
    let gateway = web.gateway().await;
    let begun = gateway.begin_login("anthropic-auth-url?is_webui=yes").await;
    let query = format!(
        "error=access_denied&error_description=%3Cscript%3E&state={}",
        begun["state"].as_str().unwrap()
    );
    let onward = visit(&format!("{}?{query}", web.redirect)).await;
    let page = visit(onward.header("location").unwrap()).await;
    assert_eq!(page.status, 400);
    assert!(
        page.text().contains("access_denied: &lt;script&gt;"),
        "{}",
        page.text()
    );
    let ended = gateway.login_ended(&begun["state"]).await;
    assert_eq!(
        ended["error"],
        "the login was refused: access_denied: <script>"
    );

    // Nobody has agreed to this one.
    let begun = gateway.begin_login("anthropic-auth-url").await;
    let state = begun["state"].as_str().unwrap();
    let address = format!(
        "{}/anthropic/callback?code=code-1&state={state}",
        gateway.url()
    );
    assert_eq!(visit(&address).await.status, 200);
    let ended = gateway.login_ended(&begun["state"]).await;
    assert_eq!(
        (&ended["status"], &ended["error"]),
        (
            &json!("error"),
            &json!("claude gave no tokens: invalid_grant")
        )
    );
    let files = fs::read_dir(web.scene.home.path("auth")).unwrap();
    assert_eq!(files.count(), 0);
}

#[tokio::test]
async fn a_mail_address_leads_nowhere_else() {
    let web = Web::start().await;
    let gateway = web.gateway().await;
    web.agreed.lock().unwrap().email = "../../../<b>%2fetc\u{7}@x".to_owned();
    let begun = gateway.begin_login("anthropic-auth-url").await;
    let back = web.agree(&begun);
    let query = back.split_once('?').unwrap().1;
    let address = format!("{}/anthropic/callback?{query}", gateway.url());
    assert_eq!(visit(&address).await.status, 200);
    let ended = gateway.login_ended(&begun["state"]).await;
    assert_eq!(ended["status"], "ok");
    let files = web.scene.home.files();
    let holds = |path: &&std::path::PathBuf| {
        fs::read_to_string(path).is_ok_and(|text| text.contains("refresh-1"))
    };
    let found: Vec<_> = files.iter().filter(holds).collect();
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].parent(), Some(&*web.scene.home.path("auth")));
    let name = found[0].file_name().unwrap().to_str().unwrap();
    assert_eq!(name, "claude-.._.._..__b__etc_@x.json");
}

#[tokio::test]
async fn a_login_that_is_called_off_while_the_provider_is_asked_saves_nothing() {
    let web = Web::start().await;
    let slow = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let token_url = format!("http://{}/token", slow.local_addr().unwrap());
    let launch = web.launch().env("MODELGATE_CLAUDE_TOKEN_URL", &token_url);
    let gateway = launch.start().await;
    let begun = gateway.begin_login("anthropic-auth-url").await;
    let pasted = json!({"redirect_url": web.agree(&begun)}).to_string();
    let taken = gateway.manage("POST", "oauth-callback", &pasted).await;
    assert_eq!(taken.status, 200, "{}", taken.text());
    let (mut asking, _) = slow.accept().await.unwrap();
    let path = format!("oauth-session?state={}", begun["state"].as_str().unwrap());
    let called_off = gateway.manage("DELETE", &path, "").await;
    assert_eq!(
        called_off.json(),
        json!({"status": "ok", "cancelled": true})
    );
    let granted = json!({"access_token": "access-1", "refresh_token": "refresh-1"}).to_string();
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n",
        granted.len()
    );
    let said = [head, granted].concat();
    asking.write_all(said.as_bytes()).await.unwrap();
    eventually("it is called off", async || {
        gateway.log().contains("nothing was saved")
    })
    .await;
    assert_eq!(
        fs::read_dir(web.scene.home.path("auth")).unwrap().count(),
        0
    );
    let unknown = gateway.login_ended(&begun["state"]).await;
    assert_eq!(unknown["error"], "unknown or expired state");
}

#[tokio::test]
async fn a_login_that_waits_does_not_hold_up_the_end() {
    let web = Web::start().await;
    let mut gateway = web.gateway().await;
    gateway
        .begin_login("anthropic-auth-url?is_webui=true")
        .await;
    let _silent = tokio::net::TcpStream::connect(gateway.address).await;
    gateway.signal("TERM");
    assert_eq!(gateway.exit_code().await, Some(0));
}
