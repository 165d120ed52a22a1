//! Logins to accounts of Google's, from the address that a person opens to the first answers.

use super::accounts::{Scene, expect_hello};
use crate::harness::browser::visit;
use crate::harness::process::Finished;
use crate::harness::stand_in::{Asked, Said, StandIn};
use crate::harness::{Launch, PATIENCE, Speaks, ask, eventually};
use crate::login::challenge;
use serde_json::{Value, json};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::time::timeout;

/// How Google stands to the account.
#[derive(Clone, Debug, Default)]
struct Wish {
    /// What the address said, which the code is bound to.
    redirect: String,
    challenge: String,
    /// The answer to `loadCodeAssist`.
    loaded: Value,
    /// The answers to `onboardUser`, the last one first.
    onboarded: Vec<Value>,
    /// Whether projects have the service.
    disabled: bool,
    /// A project that is nobody's.
    barred: &'static str,
}

/// Google's side of a login, as strict as `providers.md` 6 has it.
async fn google(wish: Arc<Mutex<Wish>>) -> StandIn {
    StandIn::start(move |asked| {
        let mut wish = wish.lock().unwrap();
        if asked.path == "/token" {
            return exchange(asked, &wish);
        }
        if asked.header("authorization") != Some("Bearer access-0") {
            return Said::json(401, &json!({"error": {"code": 401, "message": "no", "status": "UNAUTHENTICATED"}}));
        }
        assert!(asked.user_agent().starts_with("modelgate/"), "{asked:?}");
        const COMPANION: &str = "/services/projects/p-2/services/cloudaicompanion.googleapis.com";
        match (&*asked.method, &*asked.path) {
            ("GET", "/userinfo?alt=json") => Said::json(200, &json!({"id": "1", "email": "ada@example.com"})),
            ("POST", "/v1internal:loadCodeAssist") => {
                let body = asked.json();
                expect_metadata(&body);
                if body["cloudaicompanionProject"].as_str() == Some(wish.barred) {
                    return Said::json(
                        403,
                        &json!({"error": {"code": 403, "message": "Not yours.", "status": "PERMISSION_DENIED"}}),
                    );
                }
                Said::json(200, &wish.loaded)
            }
            ("POST", "/v1internal:onboardUser") => {
                let body = asked.json();
                // Antigravity has words of its own.
                if body.get("tier_id").is_none() {
                    expect_metadata(&body);
                }
                Said::json(200, &wish.onboarded.pop().unwrap())
            }
            ("GET", "/projects") => Said::json(
                200,
                &json!({"projects": [{"projectId": "p-2", "lifecycleState": "ACTIVE"}], "nextPageToken": "2"}),
            ),
            ("GET", "/projects?pageToken=2") => Said::json(
                200,
                &json!({"projects": [{"projectId": "p-3", "lifecycleState": "ACTIVE"}, {"projectId": "p-9", "lifecycleState": "DELETE_REQUESTED"}]}),
            ),
            ("GET", COMPANION) => {
                let state = if wish.disabled { "DISABLED" } else { "ENABLED" };
                Said::json(200, &json!({"state": state}))
            }
            ("POST", path) if path.strip_prefix(COMPANION) == Some(":enable") => {
                wish.disabled = false;
                Said::json(200, &json!({"done": true}))
            }
            // An account may see a project without looking into it.
            ("GET", path) if path.starts_with("/services/") => {
                Said::json(403, &json!({"error": {"code": 403, "message": "no", "status": "PERMISSION_DENIED"}}))
            }
            other => panic!("{other:?}"),
        }
    })
    .await
}

fn exchange(asked: &Asked, wish: &Wish) -> Said {
    let form = asked.form();
    let verifier = form.get("code_verifier").cloned().unwrap_or_default();
    let expected = [
        ("grant_type", "authorization_code"),
        ("code", "code-1"),
        ("client_id", "client-1"),
        ("client_secret", "secret-1"),
        ("redirect_uri", &*wish.redirect),
        ("code_verifier", &*verifier),
    ];
    let fits = expected
        .iter()
        .all(|(name, value)| form.get(*name).is_some_and(|said| said == value));
    if !fits || form.len() != expected.len() || challenge(&verifier) != wish.challenge {
        return Said::json(400, &json!({"error": "invalid_grant"}));
    }
    Said::json(
        200,
        &json!({
            "access_token": "access-0", "refresh_token": "refresh-0", "expires_in": 3599, "token_type": "Bearer",
            "id_token": "x.y.z",
        }),
    )
}

/// No other product's name is told.
fn expect_metadata(body: &Value) {
    let metadata = json!({"ideType": "IDE_UNSPECIFIED", "platform": "PLATFORM_UNSPECIFIED", "pluginType": "GEMINI"});
    assert_eq!(body["metadata"], metadata, "{body}");
}

struct Login {
    scene: Scene,
    google: StandIn,
    wish: Arc<Mutex<Wish>>,
    provider: &'static str,
    redirect: String,
}

impl Login {
    async fn start(provider: &'static str, loaded: Value, onboarded: &[Value]) -> Self {
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = free.local_addr().unwrap().port();
        let mut onboarded = onboarded.to_vec();
        onboarded.reverse();
        let wish = Arc::new(Mutex::new(Wish {
            loaded,
            onboarded,
            ..Wish::default()
        }));
        Self {
            scene: Scene::start().await,
            google: google(Arc::clone(&wish)).await,
            wish,
            provider,
            redirect: format!("http://localhost:{port}/back"),
        }
    }

    fn launch(&self) -> Launch {
        let (url, name) = (&self.google.url, self.provider.to_ascii_uppercase());
        let mut launch = self.scene.launch();
        for (key, value) in [
            ("TOKEN_URL", format!("{url}/token")),
            ("PROFILE_URL", format!("{url}/userinfo")),
            ("API_URL", url.clone()),
            ("FIRST_URL", url.clone()),
            ("PROJECTS_URL", format!("{url}/projects")),
            ("SERVICES_URL", format!("{url}/services")),
            ("REDIRECT_URL", self.redirect.clone()),
            ("CLIENT_ID", "client-1".to_owned()),
            ("CLIENT_SECRET", "secret-1".to_owned()),
        ] {
            launch = launch.env(&format!("MODELGATE_{name}_{key}"), &value);
        }
        launch
    }

    /// A whole login of somebody who agrees.
    async fn run(&self, words: &[&str], paste: bool) -> Finished {
        let words = [
            &["login", self.provider, "--no-browser", "--json", "--yes"],
            words,
        ]
        .concat();
        let (mut child, stderr) = self.launch().typing().spawn(&words);
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        let read = timeout(PATIENCE, out.read_line(&mut line)).await;
        read.unwrap().unwrap();
        let line: Value = serde_json::from_str(&line).unwrap();
        let back = self.agree(line["waiting"]["url"].as_str().unwrap());
        if paste {
            let text = format!("{back}\n");
            let stdin = child.stdin.as_mut().unwrap();
            stdin.write_all(text.as_bytes()).await.unwrap();
        } else {
            let client = ask::client(reqwest::Client::builder());
            let page = client.get(&back).send().await.unwrap();
            assert_eq!(page.status(), 200);
        }
        let mut stdout = String::new();
        let read = timeout(PATIENCE, out.read_to_string(&mut stdout)).await;
        read.unwrap().unwrap();
        Finished {
            code: child.wait().await.unwrap().code(),
            stdout,
            stderr: std::fs::read_to_string(&stderr).unwrap(),
        }
    }

    fn agree(&self, address: &str) -> String {
        let address = reqwest::Url::parse(address).unwrap();
        let pair = |name: &str| {
            let mut pairs = address.query_pairs();
            let found = pairs.find(|(key, _)| key == name);
            let missing = || panic!("{name} is missing in {address}");
            found.unwrap_or_else(missing).1.into_owned()
        };
        assert!(address.as_str().starts_with("https://accounts.google.com/"));
        assert_eq!(pair("access_type"), "offline");
        assert_eq!(pair("prompt"), "consent");
        assert_eq!(pair("redirect_uri"), self.redirect);
        let mut wish = self.wish.lock().unwrap();
        wish.redirect = pair("redirect_uri");
        wish.challenge = pair("code_challenge");
        format!(
            "{}?state={}&code=code-1&scope=x",
            self.redirect,
            pair("state")
        )
    }
}

#[tokio::test]
async fn a_gemini_account_gets_the_project_that_google_gives_it() {
    let tiers = json!([{"id": "legacy-tier"}, {"id": "free-tier", "isDefault": true}]);
    let done = json!({"done": true, "response": {"cloudaicompanionProject": {"id": "p-1"}}});
    let onboarded = [json!({"name": "operations/1", "done": false}), done];
    let login = Login::start("gemini", json!({"allowedTiers": tiers}), &onboarded).await;
    let finished = login.run(&[], false).await;
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    assert!(
        finished.stderr.contains("for its own command line"),
        "{}",
        finished.stderr
    );
    for secret in ["access-0", "refresh-0", "code-1", "secret-1"] {
        assert!(!finished.stdout.contains(secret) && !finished.stderr.contains(secret));
    }
    let asked = login.google.asked("/v1internal:onboardUser");
    assert_eq!(asked.len(), 2, "asked again until it is done");
    assert_eq!(asked[0].json()["tierId"], "free-tier");
    assert!(asked[0].json().get("cloudaicompanionProject").is_none());

    let name = "gemini-ada@example.com-p-1";
    let saved = login.scene.saved(name);
    assert_eq!(saved["type"], "gemini");
    assert_eq!(saved["email"], "ada@example.com");
    assert_eq!(saved["project_id"], "p-1");
    assert_eq!(saved["token"]["access_token"], "access-0");
    assert_eq!(saved["token"]["refresh_token"], "refresh-0");
    assert!(!saved.to_string().contains("secret-1"), "{saved}");

    login
        .scene
        .change(name, &json!({"base_url": login.scene.upstream.url()}));
    let gateway = login.launch().start().await;
    expect_hello(&gateway, "gemini-2.5-flash-up-text").await;
}

#[tokio::test]
async fn named_projects_count_and_get_the_service_they_need() {
    let loaded = json!({"currentTier": {"id": "standard-tier"}, "cloudaicompanionProject": "p-8"});
    let login = Login::start("gemini", loaded, &[]).await;
    login.wish.lock().unwrap().disabled = true;
    let finished = login.run(&["--project", "p-2"], true).await;
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    assert!(!login.wish.lock().unwrap().disabled);
    let asked = login.google.asked("/v1internal:loadCodeAssist");
    assert_eq!(asked[0].json()["cloudaicompanionProject"], "p-2");
    let saved = login.scene.saved("gemini-ada@example.com-p-2");
    assert_eq!(saved["project_id"], "p-2", "what was chosen counts");

    let finished = login.run(&["--project", "all"], true).await;
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    let saved = login.scene.saved("gemini-ada@example.com-all");
    assert_eq!(saved["project_id"], "p-2,p-3");
    login.wish.lock().unwrap().barred = "p-2";
    let finished = login.run(&["--project", "all"], true).await;
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    let left_out = "the project p-2 is left out: gemini does not serve this account: Not yours.";
    assert!(finished.stderr.contains(left_out), "{}", finished.stderr);
    let done: Value = serde_json::from_str(&finished.stdout).unwrap();
    assert_eq!(done["account"]["project_id"], "p-3");
    assert_eq!(done["account"]["plan"], "standard-tier");
}

#[tokio::test]
async fn a_gemini_account_is_logged_in_to_over_http_for_every_project() {
    let loaded = json!({"currentTier": {"id": "standard-tier"}, "cloudaicompanionProject": "p-8"});
    let login = Login::start("gemini", loaded, &[]).await;
    let gateway = login.launch().start().await;
    let begun = gateway
        .begin_login("gemini-cli-auth-url?project_id=ALL&is_webui=on")
        .await;
    let warning = begun["warning"].as_str().unwrap();
    assert!(warning.contains("for its own command line"), "{warning}");
    let back = login.agree(begun["url"].as_str().unwrap());
    let onward = visit(&back).await;
    assert_eq!(onward.status, 302);
    let callback = onward.header("location").unwrap();
    let place = format!("{}/google/callback?", gateway.url());
    assert!(callback.starts_with(&place), "{callback}");
    assert_eq!(visit(callback).await.status, 200);
    let ended = gateway.login_ended(&begun["state"]).await;
    assert_eq!(ended["status"], "ok", "{ended}");
    let name = "gemini-ada@example.com-all";
    assert_eq!(login.scene.saved(name)["project_id"], "p-2,p-3");
    let place = json!({"base_url": login.scene.upstream.url()});
    login.scene.change(name, &place);
    eventually("the account is at the upstream", async || {
        let asked = gateway.question(Speaks::Chat, "gemini-2.5-flash-up-text", false);
        asked.await.status == 200
    })
    .await;
    expect_hello(&gateway, "gemini-2.5-flash-up-text").await;
}

#[tokio::test]
async fn an_antigravity_account_is_logged_in_to_and_answers() {
    let loaded = json!({"currentTier": {"id": "free-tier"}, "paidTier": {"id": "g1-pro-tier"}, "cloudaicompanionProject": "p-5"});
    let login = Login::start("antigravity", loaded, &[]).await;
    let finished = login.run(&[], false).await;
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    let done: Value = serde_json::from_str(&finished.stdout).unwrap();
    assert_eq!(done["account"]["plan"], "g1-pro-tier");
    assert!(
        finished.stderr.contains("for Antigravity alone"),
        "{}",
        finished.stderr
    );
    let name = "antigravity-ada@example.com";
    let saved = login.scene.saved(name);
    assert_eq!(saved["access_token"], "access-0");
    assert_eq!(saved["project_id"], "p-5");
    login.scene.change(
        name,
        &json!({
            "base_url": login.scene.upstream.url(), "fetch_models": false,
            "model_aliases": {"ag": "gemini-3-flash-up-text"},
        }),
    );
    let gateway = login.launch().start().await;
    expect_hello(&gateway, "ag").await;
}

#[tokio::test]
async fn an_antigravity_account_without_a_project_is_given_one_when_it_is_logged_in_to() {
    let done = json!({"done": true, "response": {"cloudaicompanionProject": {"id": "p-6"}}});
    let onboarded = [json!({"done": false}), done];
    let login = Login::start("antigravity", json!({}), &onboarded).await;
    let finished = login.run(&["--project", "p-4"], true).await;
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    let asked = login.google.asked("/v1internal:onboardUser");
    assert_eq!(asked.len(), 2, "asked again until it is done");
    let body = asked[0].json();
    assert_eq!(
        (&body["tier_id"], &body["cloudaicompanion_project"]),
        (&json!("free-tier"), &json!("p-4"))
    );
    assert_eq!(body["metadata"]["ide_name"], "modelgate");
    assert!(body.get("tierId").is_none(), "{body}");
    // What somebody has chosen counts.
    assert_eq!(
        login.scene.saved("antigravity-ada@example.com")["project_id"],
        "p-4"
    );
}

#[tokio::test]
async fn an_antigravity_account_is_logged_in_to_over_http() {
    let loaded = json!({"currentTier": {"id": "free-tier"}, "cloudaicompanionProject": "p-5"});
    let login = Login::start("antigravity", loaded, &[]).await;
    let name = "antigravity-ada@example.com";
    let before = json!({
        "type": "antigravity", "access_token": "old", "refresh_token": "old", "fetch_models": false,
        "base_url": login.scene.upstream.url(), "model_aliases": {"ag": "gemini-3-flash-up-text"},
    });
    login.scene.change(name, &before);
    let gateway = login.launch().start().await;
    let begun = gateway
        .begin_login("antigravity-auth-url?is_webui=true")
        .await;
    let onward = visit(&login.agree(begun["url"].as_str().unwrap())).await;
    assert_eq!(onward.status, 302);
    let callback = onward.header("location").unwrap();
    let place = format!("{}/antigravity/callback?", gateway.url());
    assert!(callback.starts_with(&place), "{callback}");
    assert_eq!(visit(callback).await.status, 200);
    let ended = gateway.login_ended(&begun["state"]).await;
    assert_eq!(ended["status"], "ok", "{ended}");
    assert_eq!(login.scene.saved(name)["project_id"], "p-5");
    expect_hello(&gateway, "ag").await;
    let sent = login.scene.upstream.last_request();
    assert_eq!(sent.header("authorization"), Some("Bearer access-0"));
    assert_eq!(sent.json()["project"], "p-5");
}

#[tokio::test]
async fn what_keeps_an_account_from_a_project_is_told() {
    let wants = json!({"allowedTiers": [{"id": "standard-tier", "isDefault": true, "userDefinedCloudaicompanionProject": true}]});
    let barred = json!({"ineligibleTiers": [{"reasonMessage": "Not in your country."}]});
    for (loaded, reason) in [
        (wants, "`standard-tier` wants a project of your own"),
        (barred, "Not in your country."),
    ] {
        let login = Login::start("gemini", loaded, &[]).await;
        let finished = login.run(&[], true).await;
        assert_eq!(finished.code, Some(1), "{}", finished.stderr);
        assert!(finished.stderr.contains(reason), "{}", finished.stderr);
        assert!(finished.stderr.contains("--project"), "{}", finished.stderr);
        assert!(!login.scene.home.path("auth").exists());
    }
}

#[tokio::test]
async fn nothing_begins_without_the_secret() {
    let scene = Scene::start().await;
    for (provider, name) in [("gemini", "GEMINI"), ("antigravity", "ANTIGRAVITY")] {
        let refused = scene.launch().run(&["login", provider, "--json"]).await;
        assert_eq!(refused.code, Some(1), "{}", refused.stderr);
        assert_eq!(refused.stdout, "", "no address is shown");
        let key = format!("`oauth.{provider}.client-secret`");
        let variable = format!("MODELGATE_{name}_CLIENT_SECRET");
        assert!(refused.stderr.contains(&key), "{}", refused.stderr);
        assert!(refused.stderr.contains(&variable), "{}", refused.stderr);
    }
    let list = scene.launch().run(&["login", "--list", "--json"]).await;
    let list = list.json();
    let providers = list["providers"].as_array().unwrap();
    let gemini = providers
        .iter()
        .find(|one| one["provider"] == "gemini")
        .unwrap();
    assert_eq!(gemini["ready"], false);
    assert!(
        gemini["missing"]
            .as_str()
            .unwrap()
            .contains("client-secret")
    );
    for (words, said) in [
        (
            ["login", "kimi", "--project", "p", "--yes"],
            "kimi have no projects",
        ),
        (
            ["login", "claude", "--project", "p", "--yes"],
            "claude have no projects",
        ),
    ] {
        let refused = scene.launch().run(&words).await;
        assert_eq!(refused.code, Some(2), "{}", refused.stderr);
        assert!(refused.stderr.contains(said), "{}", refused.stderr);
    }
}
