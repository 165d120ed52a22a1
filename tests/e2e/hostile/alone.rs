//! Commands that need a scene of their own: they go on, ask somebody, or are told of a file.

use super::text::{HARM, came_through, hostile};
use super::{ANSWERED, Scene, accounts, config, provider};
use crate::harness::process::PROGRAM;
use crate::harness::screen::Screen;
use crate::harness::stand_in::{Said, StandIn};
use crate::harness::{Home, KEY, Launch, Speaks, ask, eventually};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use std::fs;
use std::path::PathBuf;

#[track_caller]
fn harmless(what: &str, sent: &[u8], on_terminal: bool) {
    let found = came_through(sent, on_terminal);
    let text = String::from_utf8_lossy(sent);
    assert!(found.is_empty(), "{what}: {found:?} in {text}");
}

/// Prose has lines, and what holds letters and signs together.
fn without_prose(text: &str) -> String {
    let text = text.replace("\r\nEVIL", "").replace("\nEVIL", "");
    text.replace(['\u{200b}', '\u{200d}', '\u{ad}', '\u{e0041}'], "")
}

#[tokio::test]
async fn an_answer_is_prose_to_a_person_and_itself_to_a_program() {
    let scene = Scene::start().await;
    let model = hostile(ANSWERED);
    let words = ["ask", "--thinking", "-m", &model, "hello"];
    let mut screen = Screen::open(&scene.home, PROGRAM, &words);
    screen.ends().await;
    let sent = String::from_utf8(screen.sent).unwrap();
    assert!(sent.contains("said") && sent.contains("thought"), "{sent}");
    let sent = without_prose(&sent);
    harmless("ask", sent.as_bytes(), true);

    let piped = scene.run(&words).await;
    assert_eq!(piped.stdout, format!("{}\n", hostile("said")));
    let beside = without_prose(&piped.stderr);
    harmless("ask's stderr", beside.as_bytes(), false);
    let json = scene.run(&[&words[..], &["--json"]].concat()).await;
    harmless("ask --json", json.stdout.as_bytes(), false);
    assert_eq!(json.json()["text"], hostile("said"));
}

#[tokio::test]
async fn lines_for_a_shell_are_exact_and_shown_harmless() {
    let scene = Scene::start().await;
    let model = hostile("mine");
    let words = ["env", "claude", "--shell", "bash", "--model", &model];
    let piped = scene.run(&words).await;
    assert!(
        piped.stdout.contains(&format!("ANTHROPIC_MODEL='{model}'")),
        "{}",
        piped.stdout
    );
    harmless("env", piped.stderr.as_bytes(), false);
    let mut screen = Screen::open(&scene.home, PROGRAM, &words);
    screen.ends().await;
    let sent = String::from_utf8(screen.sent).unwrap();
    let sent = without_prose(&sent);
    harmless("env", sent.as_bytes(), true);
}

#[tokio::test]
async fn a_gateway_that_serves_says_nothing_that_acts() {
    let url = provider::start().await.url;
    let home = Home::new();
    let path = home.default_config();
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, config(&url)).unwrap();
    accounts(&home, &url);
    let mut screen = Screen::open(&home, PROGRAM, &["serve"]);
    screen.shows("serving on").await;
    screen.shows("curl http").await;
    let runtime = fs::read_dir(home.path("state/modelgate")).unwrap();
    let runtime = runtime.map(|entry| entry.unwrap().path());
    let mut runtime = runtime.filter(|path| path.to_string_lossy().contains("runtime-"));
    let runtime: Value =
        serde_json::from_str(&fs::read_to_string(runtime.next().unwrap()).unwrap()).unwrap();
    let address = runtime["address"].as_str().unwrap();
    let client = ask::client(reqwest::Client::builder());
    for model in [ANSWERED, provider::REFUSED, provider::FAULT] {
        let request = client.post(format!("http://{address}/v1/chat/completions"));
        let body = Speaks::Chat.question(&hostile(model), true);
        let request = request.bearer_auth(KEY).body(body.to_string());
        request.send().await.unwrap().bytes().await.unwrap();
    }
    screen.shows("status=502").await;
    screen.press("\u{3}");
    screen.ends().await;
    // What the person types is shown by the terminal.
    let sent = String::from_utf8(screen.sent).unwrap().replace("^C", "");
    for named in ["server", "lister", "broken", ANSWERED, "sorry"] {
        assert!(sent.contains(named), "{named}: {sent}");
    }
    harmless("serve", sent.as_bytes(), true);
}

/// Somebody else's server may say anything to whoever logs in there.
#[tokio::test]
async fn a_login_shows_nothing_that_acts() {
    let server = StandIn::start(|asked| match &*asked.path {
        "/known" => {
            let own = format!("http://{}", asked.header("host").unwrap());
            Said::json(200, &json!({"device_authorization_endpoint": format!("{own}/device"), "token_endpoint": format!("{own}/token")}))
        }
        "/device" => Said::json(
            200,
            &json!({"device_code": "d", "user_code": hostile("AB-CD"), "verification_uri": format!("https://x.example/{HARM}"),
                    "expires_in": 60, "interval": 1}),
        ),
        _ => {
            let claims = json!({"email": hostile("mail"), "sub": HARM}).to_string();
            let id = format!("e30.{}.x", BASE64_URL_SAFE_NO_PAD.encode(claims));
            Said::json(200, &json!({"access_token": "a", "refresh_token": "r", "id_token": id, "expires_in": 60}))
        }
    })
    .await;
    let home = Home::new();
    let known = format!("{}/known", server.url);
    let launch = || Launch::in_home(&home).env("MODELGATE_XAI_DISCOVERY_URL", &known);
    let words = ["login", "xai", "--no-browser", "--yes", "--label", HARM];
    let piped = launch().run(&words).await;
    assert_eq!(piped.code, Some(0), "{}", piped.stderr);
    assert!(piped.stdout.contains("mail"), "{}", piped.stdout);
    harmless("login", (piped.stdout + &piped.stderr).as_bytes(), false);
    let json = launch().run(&[&words[..], &["--json"]].concat()).await;
    let account = json.stdout.lines().last().unwrap();
    let account: Value = serde_json::from_str(account).unwrap();
    assert_eq!(account["account"]["email"], hostile("mail"));
    harmless(
        "login --json",
        (json.stdout + &json.stderr).as_bytes(),
        false,
    );
    // What shows that it waits moves the cursor itself.
    let quiet = [&words[..], &["--quiet"]].concat();
    let mut screen = Screen::open_with(
        &home,
        PROGRAM,
        &quiet,
        &[("MODELGATE_XAI_DISCOVERY_URL", &known)],
    );
    screen.ends().await;
    assert!(String::from_utf8_lossy(&screen.sent).contains("logged in to xai"));
    harmless("login on a terminal", &screen.sent, true);

    let name = |path: &PathBuf| path.file_name().unwrap().to_string_lossy().into_owned();
    let names: Vec<String> = home.files().iter().map(name).collect();
    let of_account = names.iter().find(|name| name.starts_with("xai-mail"));
    assert!(!of_account.unwrap().contains(char::is_control), "{names:?}");
    let mut screen = Screen::open(&home, PROGRAM, &["logout", HARM]);
    screen.shows("Remove the account xai-mail").await;
    screen.press("\r");
    screen.ends().await;
    harmless("logout on a terminal", &screen.sent, true);
    for (more, code) in [(&[][..], 2), (&["--yes"], 0), (&["--yes"], 1)] {
        let piped = launch().run(&[&["logout", HARM], more].concat()).await;
        assert_eq!(piped.code, Some(code), "{}", piped.stderr);
        harmless("logout", (piped.stdout + &piped.stderr).as_bytes(), false);
    }
}

#[tokio::test]
async fn what_shells_offer_is_harmless() {
    let scene = Scene::start().await;
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        for (words, named) in [
            (&["route", ""][..], ANSWERED),
            (&["accounts", "disable", ""], "server"),
            (&["keys", "revoke", ""], "ann"),
            (&["logout", ""], "file"),
            (&["why", ""], "200"),
        ] {
            let last = words.len().to_string();
            let launch = Launch::in_home(&scene.home)
                .env("COMPLETE", shell)
                .env("_CLAP_COMPLETE_INDEX", &last)
                .env("_CLAP_COMPLETE_COMP_TYPE", "9")
                .env("_CLAP_COMPLETE_SPACE", "true")
                .env("_CLAP_IFS", "\n");
            let offered = launch.run(&[&["--", "modelgate"], words].concat()).await;
            // Only some shells are told what stands behind a value.
            if named != "200" {
                assert!(
                    offered.stdout.contains(named),
                    "{shell} {words:?}: {offered:?}"
                );
            }
            let text = offered.stdout + &offered.stderr;
            harmless(
                &format!("{shell} {words:?}"),
                text.replace('\t', " ").as_bytes(),
                false,
            );
        }
    }
}

#[tokio::test]
async fn a_file_with_such_a_name_is_told_harmless() {
    let home = Home::new();
    let path = home.path(&HARM.replace('/', ""));
    fs::write(&path, "port: many\n").unwrap();
    let path = path.to_str().unwrap();
    for words in [
        &["config", "path"][..],
        &["config", "check"],
        &["config", "show"],
        &["models"],
        &["serve"],
        &["doctor", "--offline"],
        &["launch", "ls"],
        &["usage", "import", path],
    ] {
        for json in [&[][..], &["--json"]] {
            let words = [words, &["--config", path], json].concat();
            let piped = Launch::in_home(&home).run(&words).await;
            harmless(
                &format!("{words:?}"),
                (piped.stdout + &piped.stderr).as_bytes(),
                false,
            );
            let mut screen = Screen::open(&home, PROGRAM, &words);
            screen.ends().await;
            harmless(&format!("{words:?} on a terminal"), &screen.sent, true);
        }
    }
    let runs = |path: &PathBuf| path.to_string_lossy().contains("/runtime-");
    eventually("nothing is left running", async || {
        !home.files().iter().any(runs)
    })
    .await;
}
