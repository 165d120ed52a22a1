//! What a shell offers: the values of now, in time, and nothing is started for them.

use crate::harness::process::PROGRAM;
use crate::harness::screen::Screen;
use crate::harness::{Home, KEY, Launch, PATIENCE};
use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::time::{Duration, Instant};

const CONFIG: &str = "\
port: 0
api-keys: [{key: mg-key-of-the-test-0123456789, name: ann}, mg-another-0123456789]
claude-api-key:
  - api-key: sk-ant-0123456789abcdef
    base-url: http://127.0.0.1:9
    models: [{name: claude-sonnet-4-5, alias: sonnet}, {name: llama, alias: 'llama3:8b'}]
";

fn home() -> Home {
    let home = Home::new();
    let path = home.default_config();
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, CONFIG).unwrap();
    home
}

/// What is offered for the last of these words.
async fn offered(home: &Home, words: &[&str]) -> Vec<String> {
    let last = words.len().to_string();
    let launch = Launch::in_home(home)
        .env("COMPLETE", "bash")
        .env("_CLAP_COMPLETE_INDEX", &last)
        .env("_CLAP_COMPLETE_COMP_TYPE", "9")
        .env("_CLAP_COMPLETE_SPACE", "true")
        .env("_CLAP_IFS", "\n");
    let finished = launch.run(&[&["--", "modelgate"], words].concat()).await;
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    assert_eq!(finished.stderr, "");
    let lines = finished.stdout.lines().map(str::trim);
    lines
        .filter(|line| !line.is_empty() && !line.starts_with('-'))
        .map(str::to_owned)
        .collect()
}

#[tokio::test]
async fn values_are_those_of_now() {
    let home = home();
    assert_eq!(
        offered(&home, &["route", ""]).await,
        ["llama3:8b", "sonnet"]
    );
    assert_eq!(offered(&home, &["ask", "--model", "s"]).await, ["sonnet"]);
    let keys = offered(&home, &["keys", "revoke", ""]).await;
    assert_eq!(keys.len(), 2, "{keys:?}");
    assert_eq!(keys[0], "ann");
    assert!(
        !keys.join(" ").contains("mg-"),
        "never a key itself: {keys:?}"
    );
    assert_eq!(offered(&home, &["launch", "ge"]).await, ["gemini"]);
    let accounts = offered(&home, &["accounts", "disable", ""]).await;
    assert!(accounts.is_empty(), "nobody runs: {accounts:?}");

    let gateway = Launch::in_home(&home).start().await;
    let accounts = offered(&home, &["accounts", "disable", ""]).await;
    assert_eq!(accounts, ["claude-api-key[0]"]);
    let question = gateway.request("POST", "/v1/chat/completions").body("{}");
    assert_eq!(question.send().await.unwrap().status(), 400);
    assert_eq!(offered(&home, &["why", ""]).await.len(), 1);
}

#[tokio::test]
async fn nobody_waits_for_a_gateway_that_does_not_answer_and_none_is_started() {
    let home = home();
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = silent.local_addr().unwrap();
    let config = home.default_config();
    let runtime = serde_json::json!({
        "address": address.to_string(),
        "tls": false,
        "pid": std::process::id(),
        "started": "2026-03-04T12:00:00Z",
        "config": config,
        "token": "t",
    });
    let state = home.path("state/modelgate");
    fs::create_dir_all(&state).unwrap();
    let file = state.join(format!("runtime-{}.json", address.port()));
    fs::write(&file, runtime.to_string()).unwrap();
    let begin = Instant::now();
    let accounts = offered(&home, &["accounts", "disable", ""]).await;
    assert!(accounts.is_empty(), "{accounts:?}");
    assert!(begin.elapsed() < Duration::from_secs(5) && PATIENCE > Duration::from_secs(5));
    let left: Vec<_> = fs::read_dir(&state).unwrap().collect();
    assert_eq!(left.len(), 1, "nothing was started");
}

#[tokio::test]
async fn a_shell_that_is_not_known_is_told() {
    let unknown = Launch::bare().env("COMPLETE", "tcsh");
    let finished = unknown.run(&["--", "modelgate", ""]).await;
    assert_eq!(finished.code, Some(2), "{}", finished.stderr);
    assert!(finished.stderr.contains("tcsh"), "{}", finished.stderr);
    assert!(!finished.stderr.contains(KEY));
}

/// What is typed at a prompt becomes what is meant, and works.
#[tokio::test]
async fn a_shell_completes_what_is_typed() {
    let home = home();
    let accounts = home.path("data/modelgate/auth");
    fs::create_dir_all(&accounts).unwrap();
    let account = r#"{"type": "claude", "access_token": "a", "refresh_token": "r", "fetch_models": false, "disabled": true}"#;
    fs::write(accounts.join("claude-ada@example.com.json"), account).unwrap();
    let _gateway = Launch::in_home(&home).start().await;
    let script = "stty echo; exec bash --norc --noprofile -i";
    let mut screen = Screen::open(&home, "bash", &["-c", script]);
    let directory = Path::new(PROGRAM).parent().unwrap().display();
    screen.press(&format!("PATH='{directory}':$PATH; PS1='ready> '\r"));
    screen.shows("ready>").await;
    screen.press("source <(modelgate completions bash); echo sour''ced\r");
    screen.shows("sourced").await;
    for (typed, expected) in [
        ("modelgate route so\t", "modelgate route sonnet"),
        ("modelgate route lla\t", "modelgate route llama3:8b"),
        // Bash breaks words here, and we do not.
        ("modelgate route llama3:8\t", "modelgate route llama3:8b"),
        ("modelgate route llama3:\t", "modelgate route llama3:8b"),
        ("modelgate ask --model=so\t", "modelgate ask --model=sonnet"),
        (
            "modelgate logout claude-ada@\t",
            "modelgate logout claude-ada@example.com",
        ),
        ("modelgate ask --model so\t", "modelgate ask --model sonnet"),
        ("modelgate keys revoke a\t", "modelgate keys revoke ann"),
        (
            "modelgate accounts disable claude-ap\t",
            "modelgate accounts disable claude-api-key[0]",
        ),
        ("modelgate acc\t", "modelgate accounts"),
    ] {
        screen.press(typed);
        screen.shows(expected).await;
        screen.press("\u{15}");
    }
    screen.press("modelgate route so\t\r");
    screen
        .shows("sonnet would be answered by claude-api-key[0]")
        .await;
    screen.press("exit\r");
    screen.ends().await;
}

/// zsh and fish show beside a value what it is.
#[tokio::test]
async fn every_shell_is_told_in_its_own_words() {
    let home = home();
    let _gateway = Launch::in_home(&home).start().await;
    for (shell, words, expected) in [
        ("zsh", &["route", ""][..], r"llama3\:8b:claude"),
        ("zsh", &["route", ""], "sonnet:claude"),
        ("zsh", &["keys", "revoke", ""], "ann:"),
        (
            "zsh",
            &["accounts", "disable", ""],
            "claude-api-key[0]:ready",
        ),
        ("fish", &["route", ""], "llama3:8b\tclaude"),
        ("fish", &["keys", "revoke", ""], "ann\t"),
        (
            "fish",
            &["accounts", "disable", ""],
            "claude-api-key[0]\tready",
        ),
        ("elvish", &["route", ""], "llama3:8b"),
        ("powershell", &["route", ""], "llama3:8b"),
    ] {
        let last = words.len().to_string();
        let launch = Launch::in_home(&home)
            .env("COMPLETE", shell)
            .env("_CLAP_COMPLETE_INDEX", &last)
            .env("_CLAP_IFS", "\n");
        let finished = launch.run(&[&["--", "modelgate"], words].concat()).await;
        let mut lines = finished.stdout.lines();
        assert!(
            lines.any(|line| line.starts_with(expected)),
            "{shell} {words:?}: {finished:?}"
        );
        assert!(!finished.stdout.contains("mg-"), "{shell}: {finished:?}");
    }
}
