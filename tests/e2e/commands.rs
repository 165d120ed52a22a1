//! The other commands, as scripts and people run them.

use crate::harness::process::PROGRAM;
use crate::harness::{Home, Launch};
use assert_cmd::Command;
use predicates::prelude::*;
use predicates::str::{contains, is_empty, starts_with};
use serde_json::Value;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Stdio;

/// The program in an empty home.
fn modelgate(home: &Home, words: &[&str]) -> Command {
    let mut command = Command::new(PROGRAM);
    command
        .args(words)
        .env_clear()
        .env("HOME", home.path("home"))
        .env("XDG_CONFIG_HOME", home.path("config"))
        .current_dir(home.path("work"));
    command
}

/// A home with this file as its configuration.
fn configured(text: &str) -> Home {
    let home = Home::new();
    let path = home.default_config();
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
    home
}

fn json(command: &mut Command) -> Value {
    let output = command.output().unwrap();
    serde_json::from_slice(&output.stdout).expect("stdout is JSON and nothing else")
}

#[test]
fn every_mistake_of_a_configuration_is_listed_at_once() {
    let home = configured(
        "host: example.com\nport: 99999\nproxy-url: ftp://x\nclaude-api-key:\n  - base-url: http://x\nprot: 1\n",
    );
    let checked = modelgate(&home, &["config", "check"]).assert().code(2);
    let text = String::from_utf8(checked.get_output().stdout.clone()).unwrap();
    for place in [":1:7", ":2:7", ":3:12", ":5:5", ":6:1"] {
        assert!(
            text.contains(&format!("config.yaml{place}")),
            "{place} is not in {text}"
        );
    }
    assert!(
        text.contains("did you mean") || text.contains("port"),
        "{text}"
    );
    let view = json(&mut modelgate(&home, &["config", "check", "--json"]));
    assert_eq!(view["valid"], false);
    assert_eq!(view["problems"].as_array().unwrap().len(), 4, "{view}");
    assert_eq!(view["warnings"].as_array().unwrap().len(), 1, "{view}");
    let refused = modelgate(&home, &["serve", "--port", "0"]).assert().code(2);
    refused
        .stdout(is_empty())
        .stderr(contains("config.yaml:2:7"));
}

#[test]
fn a_good_configuration_is_called_good() {
    let home = configured("port: 8000\n");
    let good = modelgate(&home, &["config", "check"]).assert().success();
    good.stdout(contains("good"));
    let missing = modelgate(&Home::new(), &["config", "check"])
        .assert()
        .code(2);
    missing.stderr(contains("hint: ").and(contains("config init")));
}

#[test]
fn a_configuration_is_made_once_and_read_back() {
    let home = Home::new();
    let made = modelgate(&home, &["config", "init"]).assert().success();
    let key = String::from_utf8(made.get_output().stdout.clone()).unwrap();
    let key = key.trim();
    assert!(
        key.starts_with("mg-"),
        "stdout is the key and nothing else: {key}"
    );
    let path = home.default_config();
    assert_eq!(
        fs::metadata(&path).unwrap().permissions().mode() & 0o777,
        0o600
    );
    assert!(fs::read_to_string(&path).unwrap().contains(key));
    modelgate(&home, &["config", "init"])
        .assert()
        .code(1)
        .stderr(contains("exists already"));
    modelgate(&home, &["config", "check"]).assert().success();

    let shown = modelgate(&home, &["config", "show"]).assert().success();
    shown.stdout(contains(key).not().and(contains("8317")));
    let view = json(&mut modelgate(&home, &["config", "show", "--json"]));
    assert_eq!(view["port"], 8317);
    assert!(!view.to_string().contains(key));
}

#[test]
fn the_place_of_the_configuration_is_told() {
    let home = Home::new();
    let path = format!("{}\n", home.default_config().display());
    modelgate(&home, &["config", "path"])
        .assert()
        .success()
        .stdout(path);
    let elsewhere = home.path("elsewhere.yaml");
    let view =
        json(modelgate(&home, &["config", "path", "--json"]).env("MODELGATE_CONFIG", &elsewhere));
    assert_eq!(view["path"], elsewhere.to_str().unwrap());
    assert_eq!(view["exists"], false);
}

#[test]
fn models_are_listed_without_a_gateway() {
    let home = Home::new();
    let view = json(&mut modelgate(&home, &["models", "--json"]));
    assert_eq!(view["models"][0]["id"], "demo");
    let with_key = json(
        modelgate(&home, &["models", "--json", "claude"]).env("ANTHROPIC_API_KEY", "sk-ant-x"),
    );
    let models = with_key["models"].as_array().unwrap();
    assert!(models.len() > 3, "{with_key}");
    assert!(models.iter().all(|model| model["providers"][0] == "claude"));
    assert!(!with_key.to_string().contains("sk-ant-x"));
}

#[test]
fn completions_and_man_pages_are_printed() {
    let home = Home::new();
    for shell in ["bash", "zsh", "fish"] {
        let printed = modelgate(&home, &["completions", shell]).assert().success();
        printed
            .stdout(contains("modelgate").and(contains("COMPLETE")))
            .stderr(is_empty());
    }
    let version = modelgate(&home, &["--version"]).assert().success();
    version.stdout(starts_with("modelgate ").and(contains(env!("CARGO_PKG_VERSION"))));
}

#[test]
fn help_is_there_for_every_command() {
    let home = Home::new();
    for words in [
        &["--help"][..],
        &[],
        &["help"],
        &["serve", "--help"],
        &["models", "--help"],
        &["config", "--help"],
        &["config", "check", "--help"],
    ] {
        let help = modelgate(&home, words).assert().success();
        help.stdout(contains("Usage: modelgate")).stderr(is_empty());
    }
}

#[test]
fn wrong_usage_is_a_2_on_stderr() {
    let home = Home::new();
    for words in [
        &["nonsense"][..],
        &["serve", "--nonsense"],
        &["serve", "--port", "many"],
        &["serve", "--port", "70000"],
        &["serve", "--host", "example.com"],
        &["serve", "--log", "loud"],
        &["completions", "tcsh-or-so"],
    ] {
        let refused = modelgate(&home, words).assert().code(2);
        refused.stdout(is_empty()).stderr(starts_with("error: "));
    }
    assert!(
        !home.default_config().exists(),
        "a mistake leaves nothing behind"
    );
}

#[test]
fn a_reader_that_has_enough_is_no_error() {
    let home = Home::new();
    for words in [
        &["--help"][..],
        &["completions", "zsh"],
        &["models"],
        &["config", "show"],
    ] {
        let mut child = std::process::Command::new(PROGRAM)
            .args(words)
            .env_clear()
            .env("HOME", home.path("home"))
            .current_dir(home.path("work"))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(0), "{words:?} {stderr}");
        assert!(
            !stderr.contains("panicked") && !stderr.contains("error"),
            "{stderr}"
        );
    }
}

#[test]
fn colour_is_for_terminals_and_for_those_who_ask() {
    let home = Home::new();
    let plain = |words: &[&str]| modelgate(&home, words).assert().get_output().clone();
    for words in [&["models"][..], &["--help"], &["nonsense"]] {
        let output = plain(words);
        assert!(
            !output.stdout.contains(&0x1b) && !output.stderr.contains(&0x1b),
            "{words:?}"
        );
    }
    let coloured = plain(&["--color", "always", "--help"]);
    assert!(coloured.stdout.contains(&0x1b));
}

#[tokio::test]
async fn a_warning_does_not_keep_the_gateway_from_starting() {
    let gateway = Launch::with("prot: 1\n").start().await;
    assert!(
        gateway.log().contains("modelgate.yaml:1:1"),
        "{}",
        gateway.log()
    );
    assert!(gateway.log().contains("`port`"), "{}", gateway.log());
}
