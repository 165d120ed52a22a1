//! iFlow, as strict as `providers.md` 10 has it.

use super::{Scene, hello, refused};
use crate::harness::browser::{free_port, pair, visit};
use crate::harness::stand_in::{Asked, Said, StandIn};
use crate::harness::{Speaks, eventually};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader};

const CHAT: &str = "/v1/chat/completions";
const KEY: &str = "/api/openapi/apikey";

async fn start() -> Scene {
    start_where("").await
}

/// The same where the first question whose account this token is, is not answered.
async fn start_where(lost: &'static str) -> Scene {
    let mut lost = (!lost.is_empty()).then_some(lost);
    let server = StandIn::start(move |asked| {
        let (path, query) = asked.path.split_once('?').unwrap_or((&asked.path, ""));
        match path {
            "/oauth/token" => token(asked),
            "/api/oauth/getUserInfo" if lost.is_some_and(|lost| query.ends_with(lost)) => {
                lost = None;
                Said::json(503, &json!({"success": false}))
            }
            "/api/oauth/getUserInfo" => user(query),
            KEY => key(asked),
            CHAT => chat(asked),
            path => panic!("{path}"),
        }
    });
    let addresses = [
        ("MODELGATE_IFLOW_AUTHORIZE_URL", "/oauth"),
        ("MODELGATE_IFLOW_TOKEN_URL", "/oauth/token"),
        ("MODELGATE_IFLOW_PROFILE_URL", "/api/oauth/getUserInfo"),
        ("MODELGATE_IFLOW_API_KEY_URL", KEY),
    ];
    Scene::new(server.await, &addresses)
}

fn token(asked: &Asked) -> Said {
    let form = asked.form();
    let field = |name: &str| form.get(name).map(String::as_str);
    let pair = BASE64_STANDARD.encode("10009311001:s3cret");
    let known = asked.header("authorization") == Some(&format!("Basic {pair}"))
        && field("client_id") == Some("10009311001")
        && field("client_secret") == Some("s3cret");
    if !known {
        return refused("invalid_client");
    }
    let number = match (field("grant_type"), field("code"), field("refresh_token")) {
        (Some("authorization_code"), Some("code-1"), None) if field("redirect_uri").is_some() => 0,
        (Some("refresh_token"), None, Some("refresh-0")) => 1,
        (Some("refresh_token"), None, Some("refresh-1")) => 2,
        // With a good status.
        _ => return Said::json(200, &json!({"error": "invalid_grant"})),
    };
    Said::json(
        200,
        &json!({
            "access_token": format!("access-{number}"), "refresh_token": format!("refresh-{number}"),
            "expires_in": 172_800, "token_type": "bearer", "scope": "x",
        }),
    )
}

fn user(query: &str) -> Said {
    let number = query.strip_prefix("accessToken=access-").unwrap();
    let data = json!({"apiKey": format!("sk-key-{number}"), "email": "", "phone": "+86-1"});
    Said::json(200, &json!({"success": true, "data": data}))
}

/// The name of the key for a `GET`; a new key for a `POST` with it.
fn key(asked: &Asked) -> Said {
    if asked.header("cookie") != Some("BXAuth=abc;") {
        return Said::json(401, &json!({"success": false}));
    }
    let mut data = json!({"name": "ada", "apiKey": "sk-***", "expireTime": "2099-01-02 11:04", "hasExpired": false});
    if asked.method == "POST" {
        assert_eq!(asked.json(), json!({"name": "ada"}));
        data["apiKey"] = json!("sk-key-9");
    }
    Said::json(200, &json!({"success": true, "code": "200", "data": data}))
}

fn chat(asked: &Asked) -> Said {
    if asked
        .json()
        .get("tools")
        .is_some_and(|tools| tools == &json!([]))
    {
        return Said::json(400, &json!({"error": {"message": "tools"}}));
    }
    match asked.header("authorization") {
        // With a good status.
        Some("Bearer sk-key-9") if asked.json()["model"] == "glm-4.6" => Said::json(
            200,
            &json!({"status": "449", "msg": "Your API Token is limited.", "body": null}),
        ),
        Some("Bearer sk-key-0" | "Bearer sk-key-1" | "Bearer sk-key-2" | "Bearer sk-key-9") => {
            hello(asked)
        }
        _ => Said::json(401, &json!({"error": {"message": "no"}})),
    }
}

#[tokio::test]
async fn an_account_is_logged_in_to_in_a_browser_and_serves_with_its_key() {
    let mut scene = start().await;
    let redirect = format!("http://localhost:{}/oauth2callback", free_port());
    let variable = ("MODELGATE_IFLOW_REDIRECT_URL".to_owned(), redirect.clone());
    scene.environment.push(variable);

    let words = ["login", "iflow", "--no-browser", "--json"];
    let refused = scene.launch().run(&words).await;
    assert_eq!(refused.code, Some(1), "{}", refused.stderr);
    assert!(
        refused.stderr.contains("`oauth.iflow.client-secret`"),
        "{}",
        refused.stderr
    );

    let secret = (
        "MODELGATE_IFLOW_CLIENT_SECRET".to_owned(),
        "s3cret".to_owned(),
    );
    scene.environment.push(secret);
    let (mut child, stderr) = scene.launch().typing().spawn(&words);
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    out.read_line(&mut line).await.unwrap();
    let line: Value = serde_json::from_str(&line).unwrap();
    let address = reqwest::Url::parse(line["waiting"]["url"].as_str().unwrap()).unwrap();
    let pairs: Vec<(String, String)> = address.query_pairs().into_owned().collect();
    let state = &pairs.iter().find(|(name, _)| name == "state").unwrap().1;
    let expected = [
        ("loginMethod", "phone"),
        ("type", "phone"),
        ("redirect", &*redirect),
    ]
    .into_iter()
    .chain([("state", &**state), ("client_id", "10009311001")]);
    let expected: Vec<(String, String)> = expected
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    assert_eq!(pairs, expected);
    let ended = visit(&format!("{redirect}?code=code-1&state={state}")).await;
    let success = format!("{}/oauth/success", scene.server.url);
    assert_eq!(ended.status, 302);
    assert_eq!(
        ended.header("location"),
        Some(&*success),
        "a page of its own"
    );
    let mut rest = String::new();
    out.read_to_string(&mut rest).await.unwrap();
    let log = std::fs::read_to_string(stderr).unwrap();
    assert!(child.wait().await.unwrap().success(), "{log}");
    let said = [rest, log].concat();
    assert!(
        !said.contains("access-0") && !said.contains("sk-key-0"),
        "{said}"
    );

    let name = "iflow-+86-1";
    let saved = scene.saved(name);
    assert_eq!(saved["api_key"], "sk-key-0");
    assert_eq!(saved["refresh_token"], "refresh-0");
    scene.change(
        name,
        &json!({"base_url": format!("{}/v1", scene.server.url)}),
    );
    let gateway = scene.launch().start().await;
    for dialect in Speaks::BOTH {
        for stream in [false, true] {
            let mut question = dialect.question("qwen3-max", stream);
            question["tools"] = json!([]);
            let answer = gateway.ask(dialect, &question).await;
            answer.expect_text(dialect, "Hello there");
        }
    }
    let asked = scene.last(CHAT);
    assert_eq!(asked.header("authorization"), Some("Bearer sk-key-0"));
    assert!(!gateway.log().contains("access-0"), "{}", gateway.log());
}

#[tokio::test]
async fn a_renewal_brings_another_key() {
    let mut scene = start().await;
    let secret = (
        "MODELGATE_IFLOW_CLIENT_SECRET".to_owned(),
        "s3cret".to_owned(),
    );
    scene.environment.push(secret);
    scene.change(
        "iflow-a",
        &json!({
            "type": "iflow", "access_token": "old", "refresh_token": "refresh-0", "expired": "2020-01-01T00:00:00Z",
            "api_key": "sk-old", "base_url": format!("{}/v1", scene.server.url),
        }),
    );
    let gateway = scene.launch().start().await;
    let answer = gateway.question(Speaks::Claude, "qwen3-max", false).await;
    answer.expect_text(Speaks::Claude, "Hello there");
    let saved = scene.saved("iflow-a");
    assert_eq!(saved["api_key"], "sk-key-1");
    assert_eq!(saved["access_token"], "access-1");
}

#[tokio::test]
async fn what_a_renewal_brings_is_kept_though_the_key_is_not_told() {
    for (old, renewals) in [("sk-key-0", 1), ("sk-over", 2)] {
        let mut scene = start_where("access-1").await;
        let secret = "MODELGATE_IFLOW_CLIENT_SECRET".to_owned();
        scene.environment.push((secret, "s3cret".to_owned()));
        scene.change(
            "iflow-a",
            &json!({
                "type": "iflow", "access_token": "old", "refresh_token": "refresh-0", "expired": "2020-01-01T00:00:00Z",
                "api_key": old, "base_url": format!("{}/v1", scene.server.url),
            }),
        );
        let gateway = scene.launch().start().await;
        let answer = gateway.question(Speaks::Claude, "qwen3-max", false).await;
        answer.expect_text(Speaks::Claude, "Hello there");
        let asked = scene.server.asked("/oauth/token");
        let sent: Vec<_> = asked
            .iter()
            .map(|asked| asked.form()["refresh_token"].clone())
            .collect();
        assert_eq!(sent, ["refresh-0", "refresh-1"][..renewals], "each once");
        let saved = scene.saved("iflow-a");
        assert_eq!(saved["refresh_token"], format!("refresh-{renewals}"));
        let key = if renewals == 1 { old } else { "sk-key-2" };
        assert_eq!(saved["api_key"], key);
    }
}

#[tokio::test]
async fn a_cookie_is_a_login_too_and_belongs_to_one_account() {
    let scene = start().await;
    let list = scene.launch().run(&["login", "--list"]).await;
    let rows = list.stdout.lines();
    let row = rows.clone().find(|row| row.starts_with("iflow"));
    let expected = "iflow           0         yes    with the cookie of its page (--cookie); in a browser, once \
                    `oauth.iflow.client-secret` or MODELGATE_IFLOW_CLIENT_SECRET is set";
    assert_eq!(row, Some(expected));
    assert_eq!(rows.count(), 12, "a heading and everybody: {}", list.stdout);
    let words = ["login", "iflow", "--cookie"];
    let without = scene.launch().input("x=1").run(&words).await;
    assert_eq!(without.code, Some(1), "{}", without.stderr);
    assert!(without.stderr.contains("`BXAuth`"), "{}", without.stderr);
    let over = scene.launch().input("BXAuth=over").run(&words).await;
    assert!(
        over.stderr.contains("the cookie is over"),
        "{}",
        over.stderr
    );

    let login = scene
        .launch()
        .input("x=1; BXAuth=abc; y=2\n")
        .run(&words)
        .await;
    assert_eq!(login.code, Some(0), "{}", login.stderr);
    assert!(!login.stderr.contains("abc") && !login.stdout.contains("abc"));
    let saved = scene.saved("iflow-ada");
    assert_eq!(saved["api_key"], "sk-key-9");
    assert_eq!(saved["cookie"], "BXAuth=abc;");
    assert_eq!(saved["expired"], "2099-01-02T03:04:00Z", "of China");

    // Only one account may have it.
    let other = scene.file("iflow-other");
    std::fs::rename(scene.file("iflow-ada"), other).unwrap();
    let again = scene.launch().input("BXAuth=abc").run(&words).await;
    assert_eq!(again.code, Some(1), "{}", again.stderr);
    assert!(
        again.stderr.contains("iflow-other has the same cookie"),
        "{}",
        again.stderr
    );

    // The key is over, and another one is asked for with the cookie.
    let fields = json!({
        "base_url": format!("{}/v1", scene.server.url), "expired": "2020-01-01T00:00:00Z", "api_key": "sk-old",
        "access_token": "sk-old",
    });
    scene.change("iflow-other", &fields);
    let gateway = scene.launch().start().await;
    let answer = gateway.question(Speaks::Chat, "qwen3-max", false).await;
    answer.expect_text(Speaks::Chat, "Hello there");
    assert_eq!(scene.saved("iflow-other")["api_key"], "sk-key-9");

    // A refusal with a good status is one.
    for stream in [false, true] {
        let answer = gateway.question(Speaks::Claude, "glm-4.6", stream).await;
        assert!(answer.status >= 400, "{}", answer.text());
        assert!(answer.text().contains("limited"), "{}", answer.text());
    }
}

#[tokio::test]
async fn a_cookie_is_sent_over_http_and_belongs_to_one_account() {
    let scene = start().await;
    let gateway = scene.launch().start().await;
    let cookie = json!({"cookie": "x=1; BXAuth=abc; y=2"}).to_string();
    let login = gateway.manage("POST", "iflow-auth-url", &cookie).await;
    assert_eq!(login.status, 200, "{}", login.text());
    let path = scene.file("iflow-ada");
    let expected = json!({
        "status": "ok", "saved_path": path, "email": "ada", "expired": "2099-01-02T03:04:00Z", "type": "iflow",
    });
    assert_eq!(login.json(), expected);
    let over = json!({"cookie": "BXAuth=over"}).to_string();
    let over = gateway.manage("POST", "iflow-auth-url", &over).await;
    assert_eq!(over.status, 502, "{}", over.text());
    std::fs::rename(path, scene.file("iflow-other")).unwrap();
    eventually("the gateway has seen it", async || {
        let again = gateway.manage("POST", "iflow-auth-url", &cookie).await;
        let expected = json!({
            "status": "error", "error": "duplicate BXAuth found", "existing_file": "iflow-other.json",
        });
        again.status == 409 && again.json() == expected
    })
    .await;
    let log = gateway.log();
    assert!(log.contains("logged in with a cookie"), "{log}");
    for secret in ["BXAuth=abc", "sk-key-9"] {
        assert!(!log.contains(secret), "{secret} in {log}");
    }
}

#[tokio::test]
async fn an_account_is_logged_in_to_over_http_and_serves_with_its_key() {
    let mut scene = start().await;
    let redirect = format!("http://localhost:{}/oauth2callback", free_port());
    for (name, value) in [
        ("MODELGATE_IFLOW_CLIENT_SECRET", "s3cret"),
        ("MODELGATE_IFLOW_REDIRECT_URL", &redirect),
    ] {
        scene.environment.push((name.to_owned(), value.to_owned()));
    }
    let gateway = scene.launch().start().await;
    let success = format!("{}/oauth/success", scene.server.url);
    let failure = format!("{}/oauth/error", scene.server.url);

    let begun = gateway.begin_login("iflow-auth-url?is_webui=true").await;
    let address = begun["url"].as_str().unwrap();
    assert_eq!(pair(address, "redirect"), redirect);
    let state = begun["state"].as_str().unwrap();
    let onward = visit(&format!("{redirect}?error=access_denied&state={state}")).await;
    let callback = onward.header("location").unwrap();
    assert!(callback.starts_with(&format!("{}/iflow/callback?", gateway.url())));
    let ended = visit(callback).await;
    assert_eq!(
        (ended.status, ended.header("location")),
        (302, Some(&*failure))
    );
    let ended = gateway.login_ended(&begun["state"]).await;
    assert_eq!(ended["error"], "the login was refused: access_denied");

    let begun = gateway.begin_login("iflow-auth-url").await;
    let state = begun["state"].as_str().unwrap();
    let waiting = format!("get-auth-status?state={state}");
    let waiting = gateway.manage("GET", &waiting, "").await;
    assert_eq!(waiting.json(), json!({"status": "wait"}));
    let callback = format!("{}/iflow/callback?code=code-1&state={state}", gateway.url());
    let ended = visit(&callback).await;
    assert_eq!(
        (ended.status, ended.header("location")),
        (302, Some(&*success))
    );
    let name = "iflow-+86-1";
    let ended = gateway.login_ended(&begun["state"]).await;
    assert_eq!(ended, json!({"status": "ok", "account": name}));
    assert_eq!(visit(&callback).await.status, 400, "once");

    let place = json!({"base_url": format!("{}/v1", scene.server.url)});
    scene.change(name, &place);
    eventually("the account is at the stand-in", async || {
        gateway
            .question(Speaks::Chat, "qwen3-max", false)
            .await
            .status
            == 200
    })
    .await;
    for dialect in Speaks::BOTH {
        let answer = gateway.question(dialect, "qwen3-max", true).await;
        answer.expect_text(dialect, "Hello there");
    }
    let asked = scene.last(CHAT);
    assert_eq!(asked.header("authorization"), Some("Bearer sk-key-0"));
    for secret in ["access-0", "refresh-0", "sk-key-0", "code-1", state] {
        assert!(!gateway.log().contains(secret), "{secret} is in the log");
    }
}
