//! `modelgate ask`: one question, as any client would put it.

use crate::harness::process::Finished;
use crate::harness::{Gateway, HELLO, Home, KEY, Launch, PATIENCE, Speaks, eventually, start};
use modelgate_test_upstream::Script;
use std::process::Command;
use std::time::Duration;
use tokio::io::AsyncReadExt as _;
use tokio::time::timeout;

use crate::harness::settings::SCRIPTED;

/// Asks with the configuration of the gateway, which has the key.
async fn ask(gateway: &Gateway, words: &[&str]) -> Finished {
    launch(&gateway.home).run(&[&["ask"], words].concat()).await
}

fn launch(home: &Home) -> Launch {
    let path = home.path("modelgate.yaml");
    Launch::in_home(home)
        .arg("--config")
        .arg(path.to_str().unwrap())
}

#[tokio::test]
async fn a_model_answers_whoever_serves_it() {
    for dialect in Speaks::BOTH {
        let (upstream, gateway) = start(dialect, "").await;
        let answer = ask(&gateway, &["--model", "up-text", "hello", "there"]).await;
        assert_eq!(answer.code, Some(0), "{}", answer.stderr);
        assert_eq!(answer.stdout, format!("{HELLO}\n"));
        assert!(
            answer.stderr.contains("modelgate why "),
            "{}",
            answer.stderr
        );
        let asked = String::from_utf8(upstream.last_request().body.to_vec()).unwrap();
        assert!(asked.contains("hello there"), "{asked}");
    }
}

#[tokio::test]
async fn stdin_stands_behind_the_question_and_system_before_it() {
    let (upstream, gateway) = start(Speaks::Chat, "").await;
    let answer = launch(&gateway.home)
        .input("a line\n")
        .run(&["ask", "-m", "up-text", "-s", "Be short.", "What is this?"])
        .await;
    assert_eq!(answer.code, Some(0), "{}", answer.stderr);
    let asked: serde_json::Value = serde_json::from_slice(&upstream.last_request().body).unwrap();
    let messages = asked["messages"].to_string();
    assert!(messages.contains("Be short."), "{messages}");
    assert!(
        messages.contains(r"What is this?\n\na line\n"),
        "{messages}"
    );

    let nothing = ask(&gateway, &[]).await;
    assert_eq!(nothing.code, Some(2));
    assert!(nothing.stderr.contains("there is no question"));
}

#[tokio::test]
async fn an_answer_that_is_cut_is_a_failure_and_what_came_is_shown() {
    let (_upstream, gateway) = start(Speaks::Chat, "").await;
    let cut = ask(&gateway, &["--model", "up-cut", "x"]).await;
    assert_eq!(cut.code, Some(1));
    assert!(cut.stdout.starts_with("Hello"), "{}", cut.stdout);
    assert!(cut.stderr.contains("error: "), "{}", cut.stderr);
    assert!(cut.stderr.contains("modelgate why "), "{}", cut.stderr);
    let json = ask(&gateway, &["--model", "up-cut", "x", "--json"]).await;
    assert_eq!((json.code, &*json.stdout), (Some(1), ""));
}

#[tokio::test]
async fn refusals_are_the_gateways_words_and_the_next_command() {
    let (_upstream, gateway) = start(Speaks::Chat, "").await;
    let unknown = ask(&gateway, &["--model", "nobody-has-it", "x"]).await;
    assert_eq!(unknown.code, Some(1));
    for words in [
        "error: no provider serves the model `nobody-has-it`",
        "hint: `modelgate models`",
    ] {
        assert!(unknown.stderr.contains(words), "{}", unknown.stderr);
    }
    let wrong = launch(&gateway.home)
        .env("MODELGATE_KEY", "mg-wrong")
        .run(&["ask", "x"])
        .await;
    assert_eq!(wrong.code, Some(1));
    assert!(
        wrong
            .stderr
            .contains("is not one of modelgate's client keys")
    );
    let elsewhere = Launch::bare()
        .env("MODELGATE_URL", &gateway.url())
        .env("MODELGATE_KEY", KEY)
        .run(&["ask", "-m", "up-text", "x"])
        .await;
    assert_eq!(
        elsewhere.stdout,
        format!("{HELLO}\n"),
        "{}",
        elsewhere.stderr
    );
    let nobody = Launch::bare().run(&["ask", "x"]).await;
    assert_eq!(nobody.code, Some(1));
    assert!(nobody.stderr.contains("no gateway is running here"));
}

#[tokio::test]
async fn ctrl_c_ends_the_question_and_the_request() {
    let (upstream, gateway) = start(Speaks::Chat, "").await;
    let begun =
        "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"begun\"}}]}\n\n";
    let script = Script::sse([begun]).wait(Duration::from_secs(60));
    upstream.script(SCRIPTED, script);
    let (mut child, _) = launch(&gateway.home).spawn(&["ask", "-m", SCRIPTED, "x"]);
    let mut stdout = child.stdout.take().unwrap();
    let mut word = [0; 5];
    let read = timeout(PATIENCE, stdout.read_exact(&mut word)).await;
    read.expect("the beginning is shown before the end")
        .unwrap();
    assert_eq!(&word, b"begun");
    let pid = child.id().unwrap().to_string();
    Command::new("kill").args(["-INT", &pid]).status().unwrap();
    let status = timeout(PATIENCE, child.wait()).await.unwrap().unwrap();
    assert_eq!(status.code(), Some(130));
    eventually("the request has ended", async || {
        gateway.log().contains("complete=false")
    })
    .await;
}

#[tokio::test]
async fn what_a_model_says_is_passed_on_as_it_is_where_no_terminal_shows_it() {
    let (upstream, gateway) = start(Speaks::Chat, "").await;
    let odd = "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\\u001b[31mb\\r\\n\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";
    upstream.script(SCRIPTED, Script::sse([odd]));
    let answer = ask(&gateway, &["-m", SCRIPTED, "x"]).await;
    assert_eq!(answer.stdout, "a\u{1b}[31mb\r\n", "{}", answer.stderr);
}
