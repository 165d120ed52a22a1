//! The dashboard in a terminal: what a person sees, does, and leaves behind.

mod remote;

use crate::harness::process::PROGRAM;
use crate::harness::screen::Screen;
use crate::harness::{HELLO, Home, Launch, Settings, Speaks, eventually, start};
use modelgate_test_upstream::Upstream;
use serde_json::json;
use std::fs;
use std::process::Command;

/// Models that are named as somebody would who means harm.
const HOSTILE: [&str; 6] = [
    "a\u{1b}[2J",
    "b\u{1b}]8;;http://evil.example\u{7}",
    "c\u{1b}]52;c;aGVsbG8=\u{7}",
    "d\u{1b}P1$r0m\u{1b}\\",
    "e\u{9b}31m\u{202e}txt",
    "f\u{200b}\u{feff}\r\n\u{8}",
];

#[tokio::test]
async fn a_session_from_the_first_look_to_the_shell() {
    let (_upstream, gateway) = start(Speaks::Claude, "").await;
    // A shell that can stop a program and let it go on.
    let mut screen = Screen::open(&gateway.home, "bash", &["--norc", "--noprofile", "-i"]);
    // What the shell itself asks of the terminal must not be taken for the dashboard's.
    screen.press("bind 'set enable-bracketed-paste off'; PS1='ready> '\r");
    screen.shows("ready>").await;
    screen.press(&format!("{PROGRAM} dashboard\r"));
    screen.shows("● live").await;
    screen.shows("nothing is under way").await;

    screen.press("2");
    screen.shows("no requests yet").await;
    gateway.question(Speaks::Chat, "up-text", true).await;
    screen.shows("up-text").await;
    screen.shows("chat→claude").await;
    screen.press("\r");
    screen.shows("candidates, in the order").await;
    screen.shows("claude-api-key[0] as up-text: tried").await;
    screen.press("q");

    gateway.question(Speaks::Claude, "up-401", false).await;
    screen.press("3");
    screen.shows("◔ cooling").await;
    screen.press("c");
    screen.shows("clear-cooldown: claude-api-key[0]").await;
    screen.shows("● ready").await;

    screen.press("4");
    screen.shows("who serves").await;
    screen.press("/up-text\rtSay hello\r");
    screen.shows("asked      Say hello").await;
    screen.shows(HELLO).await;
    screen.press("\r");
    screen.shows("claude-api-key[0] as up-text: tried").await;
    screen.press("qq");

    screen.press("5");
    screen.shows("● good").await;
    screen.press("nphone\r");
    screen.shows("which models").await;
    screen.press("gpt-*\r2099-01-31\r");
    screen.shows("It is shown only now").await;
    screen.shows("2099-01-31").await;
    screen.shows("mg-").await;
    screen.press("\u{1b}");
    screen.shows("gpt-*").await;
    screen.hides("mg-").await;

    screen.press("6");
    screen.shows("up-text").await;
    screen.press("e\r");
    screen.shows("usage-by-model.csv").await;
    screen.shows("✓ written to").await;
    let written = fs::read_to_string(gateway.home.path("work/usage-by-model.csv")).unwrap();
    assert!(written.contains("\r\nup-text,"), "{written}");
    screen.press("5");
    screen.shows("phone").await;

    screen.press("\u{1a}");
    screen.shows("Stopped").await;
    screen.is_given_back().await;
    screen.press("fg\r");
    screen.shows("phone").await;
    screen.press("q");
    screen.is_given_back().await;
    screen.press("exit\r");
    screen.ends().await;
}

#[tokio::test]
async fn nothing_that_a_client_says_reaches_the_terminal() {
    let (_upstream, gateway) = start(Speaks::Chat, "").await;
    let mut screen = Screen::open(&gateway.home, PROGRAM, &["dashboard"]);
    screen.shows("● live").await;
    for model in HOSTILE {
        let body = json!({"model": model, "messages": [{"role": "user", "content": "hi"}]});
        gateway.ask(Speaks::Chat, &body).await;
    }
    screen.press("2");
    screen.shows("6 requests").await;
    screen.shows(r"f\u{200b}").await;
    screen.shows(r"a\u{1b}[2J").await;
    screen.press("\r");
    screen.shows("status     404").await;
    screen.press("q\u{3}");
    screen.ends().await;
    screen.is_given_back().await;
    let sent = String::from_utf8(screen.sent).unwrap();
    for active in [
        // The dashboard itself clears a terminal that has changed its size.
        "a\u{1b}[2J",
        "\u{1b}]8;",
        "\u{1b}]52",
        "\u{1b}P",
        "\u{9b}",
        "\u{202e}",
        "\u{200b}",
        "\u{feff}",
    ] {
        assert!(!sent.contains(active), "{active:?}");
    }
}

#[tokio::test]
async fn a_dashboard_waits_for_a_gateway_and_finds_it_again() {
    let upstream = Upstream::start().await;
    let settings = Settings::upstream(Speaks::Chat, &upstream);
    let gateway = settings.start().await;
    let home = gateway.home.clone();
    let script = format!("{PROGRAM}; stty -a | tr ' ' '\\n' | grep -x 'icanon\\|opost'");
    let mut screen = Screen::open(&home, "sh", &["-c", &script]);
    screen.shows("● live").await;
    drop(gateway);
    screen.shows("✗ lost").await;
    let gateway = crate::harness::Launch::in_home(&home).start().await;
    screen.shows("● live").await;
    drop(gateway);
    screen.press("q");
    screen.shows("icanon").await;
    screen.shows("opost").await;
    screen.ends().await;
}

#[tokio::test]
async fn a_gateway_that_is_shown_stops_with_its_dashboard() {
    let home = Home::new();
    let words = ["serve", "--port", "0", "--tui"];
    let mut screen = Screen::open(&home, PROGRAM, &words);
    screen.shows("● live").await;
    screen.press("4");
    screen.shows("demo").await;
    screen.press("q");
    screen.ends().await;
    screen.is_given_back().await;
    assert!(
        fs::read_dir(home.path("state/modelgate"))
            .unwrap()
            .all(|entry| {
                let name = entry.unwrap().file_name().into_string().unwrap();
                !name.starts_with("runtime")
            })
    );
}

/// `serve`, the line that it prints for curl, `modelgate`: as the beginning of the README says.
#[tokio::test]
async fn from_nothing_to_ones_own_request_takes_three_commands() {
    let home = Home::new();
    let (_child, printed) = Launch::in_home(&home).spawn(&["serve", "--port", "0"]);
    eventually("the banner is printed", async || {
        fs::read_to_string(&printed).unwrap().contains("curl http")
    })
    .await;
    let printed = fs::read_to_string(&printed).unwrap();
    let pasted = printed.lines().find_map(|line| {
        let line = line.trim_start();
        line.starts_with("curl http").then_some(line)
    });
    let mut shell = Command::new("sh");
    shell.args(["-c", pasted.unwrap()]).env("NO_PROXY", "*");
    let asked = shell.output();
    let answer = String::from_utf8(asked.unwrap().stdout).unwrap();
    assert!(answer.contains("\"choices\""), "{answer}");
    let mut screen = Screen::open(&home, PROGRAM, &[]);
    screen.shows("● live").await;
    screen.press("2");
    // Only a row of this view says so.
    screen.shows("chat→claude").await;
    screen.press("\r");
    screen.shows("candidates, in the order").await;
    screen.press("q");
    screen.press("q");
    screen.ends().await;
}

#[tokio::test]
async fn a_dashboard_that_is_ended_gives_the_terminal_back() {
    let home = Home::new();
    let pid = home.path("pid");
    let script = format!("echo $$ > {}; exec {PROGRAM} dashboard", pid.display());
    let mut screen = Screen::open(&home, "sh", &["-c", &script]);
    screen.shows("no gateway is running here").await;
    let pid = fs::read_to_string(pid).unwrap();
    let killed = Command::new("kill").args(["-TERM", pid.trim()]).status();
    assert!(killed.unwrap().success());
    screen.ends().await;
    screen.is_given_back().await;
}

/// In a session of its own it gets no signal when the terminal goes.
#[tokio::test]
async fn a_dashboard_whose_terminal_is_gone_ends() {
    let home = Home::new();
    let pid = home.path("pid");
    let script = format!(
        "exec 3<&0; setsid {PROGRAM} dashboard <&3 & echo $! > {}; wait",
        pid.display()
    );
    let mut screen = Screen::open(&home, "sh", &["-c", &script]);
    screen.shows("no gateway is running here").await;
    let pid = fs::read_to_string(pid).unwrap();
    drop(screen);
    eventually("the dashboard ends", async || {
        let alive = Command::new("kill").args(["-0", pid.trim()]).output();
        !alive.unwrap().status.success()
    })
    .await;
}
