//! Commands that go on until somebody has enough: who asked with Ctrl-C, who reads by leaving.

use crate::harness::process::PROGRAM;
use crate::harness::stand_in::{Said, StandIn};
use crate::harness::{Gateway, Home, KEY, Launch, PATIENCE, Speaks, eventually};
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};
use std::sync::Arc;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Child;
use tokio::sync::Semaphore;
use tokio::time::timeout;

/// A gateway that logs to a file and has served a request, and the id of that.
async fn start() -> (Gateway, String) {
    let home = Home::new();
    let path = home.default_config();
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let text = format!("port: 0\nlogging-to-file: true\nrequest-log: true\napi-keys: [{KEY}]\n");
    fs::write(path, text).unwrap();
    let gateway = Launch::in_home(&home).start().await;
    let answer = gateway.question(Speaks::Chat, "demo", false).await;
    assert_eq!(answer.status, 200);
    let id = answer.header("x-request-id").unwrap().to_owned();
    eventually("it is written down", async || {
        let usage = run(&gateway, &["usage", "--json"]).await;
        usage.contains("\"requests\": 1")
    })
    .await;
    (gateway, id)
}

async fn run(gateway: &Gateway, words: &[&str]) -> String {
    let finished = Launch::in_home(&gateway.home).run(words).await;
    assert_eq!(finished.code, Some(0), "{words:?} {}", finished.stderr);
    finished.stdout
}

fn signal(child: &Child, name: &str) {
    let pid = child.id().unwrap().to_string();
    let sent = Command::new("kill").args([name, &pid]).status();
    assert!(sent.unwrap().success());
}

async fn code(child: &mut Child) -> Option<i32> {
    let status = timeout(PATIENCE, child.wait()).await;
    status.expect("it ends").unwrap().code()
}

/// What it said on stderr until it ended.
fn said(stderr: PathBuf) -> String {
    fs::read_to_string(stderr).unwrap()
}

#[tokio::test]
async fn ctrl_c_ends_what_has_no_end() {
    let (gateway, _) = start().await;
    for words in [
        &["logs", "-f"][..],
        &["logs", "-f", "--json"],
        &["usage", "--watch"],
        &["usage", "--watch", "--json"],
    ] {
        let (mut child, stderr) = Launch::in_home(&gateway.home).spawn(words);
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let line = timeout(PATIENCE, lines.next_line()).await;
        assert!(
            line.unwrap().unwrap().is_some(),
            "{words:?} shows something"
        );
        signal(&child, "-INT");
        assert_eq!(code(&mut child).await, Some(130), "{words:?}");
        assert_eq!(said(stderr), "", "{words:?}");
    }
}

/// A gateway that answers no more keeps nobody at the terminal.
#[tokio::test]
async fn ctrl_c_ends_it_while_the_gateway_is_silent() {
    let (gateway, _) = start().await;
    let usage = run(&gateway, &["usage", "--json"]).await;
    let logs = gateway.manage("GET", "logs", "").await.text().to_owned();
    for (words, answer) in [(&["logs", "-f"], logs), (&["usage", "--watch"], usage)] {
        let never = Arc::new(Semaphore::new(0));
        let mut first = true;
        let server = StandIn::start(move |_| {
            let said = Said::bytes("application/json", answer.clone().into_bytes());
            match std::mem::replace(&mut first, false) {
                true => said,
                false => said.in_pieces(1).waiting_at(&never),
            }
        })
        .await;
        let launch = Launch::in_home(&gateway.home).env("MODELGATE_URL", &server.url);
        let launch = launch.env("MODELGATE_MANAGEMENT_KEY", "k");
        let (mut child, stderr) = launch.spawn(words);
        eventually("it has asked again", async || server.everything().len() > 1).await;
        signal(&child, "-INT");
        assert_eq!(code(&mut child).await, Some(130), "{words:?}");
        assert_eq!(said(stderr), "", "{words:?}");
    }
}

#[tokio::test]
async fn what_is_logged_is_followed_and_a_request_is_told_alone() {
    let (gateway, id) = start().await;
    let told = run(&gateway, &["logs", "--request", &id]).await;
    assert!(
        told.contains("=== REQUEST INFO ===") && told.contains(&id),
        "{told}"
    );
    let (mut child, _) = Launch::in_home(&gateway.home).spawn(&["logs", "-f", "-n", "1"]);
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    timeout(PATIENCE, lines.next_line()).await.unwrap().unwrap();
    let answer = gateway.question(Speaks::Claude, "demo", false).await;
    let id = answer.header("x-request-id").unwrap().to_owned();
    loop {
        let line = timeout(PATIENCE, lines.next_line()).await.unwrap();
        if line.unwrap().expect("it goes on").contains(&id) {
            break;
        }
    }
    // Whoever reads it goes; nothing more is logged.
    drop(lines);
    assert_eq!(code(&mut child).await, Some(0));
}

/// What a shell makes of a command whose reader has enough after the first line.
fn headed(home: &Home, words: &str) -> Output {
    let script = format!("{PROGRAM} {words} | head -n 1; exit ${{PIPESTATUS[0]}}");
    let mut shell = Command::new("bash");
    shell
        .args(["-c", &script])
        .env("XDG_CONFIG_HOME", home.path("config"))
        .env("XDG_DATA_HOME", home.path("data"))
        .env("XDG_STATE_HOME", home.path("state"))
        .env("HOME", home.path("home"))
        .current_dir(home.path("work"));
    shell.output().unwrap()
}

#[tokio::test]
async fn a_reader_that_has_enough_ends_it_without_a_word() {
    let (gateway, id) = start().await;
    let home = gateway.home.clone();
    for words in [
        "models",
        "accounts --json",
        "keys --json",
        "usage",
        "usage --csv",
        "usage --watch",
        "usage export",
        "logs",
        "logs -f",
        &format!("logs --request {id}"),
        "why",
        &format!("why {id}"),
        "route demo",
        "doctor --offline",
        "config show",
        "completions bash",
        "man",
        "--help",
        "ask -m demo hello < /dev/null",
    ] {
        let (home, line) = (home.clone(), words.to_owned());
        let ended = tokio::task::spawn_blocking(move || headed(&home, &line));
        let output = timeout(PATIENCE, ended).await.expect(words).unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(0), "{words}: {stderr}");
        assert!(!output.stdout.is_empty(), "{words}");
        for word in ["panicked", "error", "roken"] {
            assert!(!stderr.contains(word), "{words}: {stderr}");
        }
    }
}
