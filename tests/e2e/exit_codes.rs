//! How commands fail: 1 for what did not work, 2 for what was wrongly asked, and each time a word about what to do.

use crate::harness::process::Finished;
use crate::harness::{Home, KEY, Launch};
use std::fs;

const MANAGED: &str = "\
port: 0
api-keys: [mg-key-of-the-test-0123456789]
remote-management: {secret-key: a-management-key-of-the-test}
claude-api-key:
  - api-key: sk-ant-0123456789abcdef
    base-url: http://127.0.0.1:9
    models: [{name: claude-sonnet-4-5, alias: sonnet}]
";

/// Commands that ask the management of a gateway.
const ASKING: [&[&str]; 14] = [
    &["accounts"],
    &["accounts", "enable", "x"],
    &["accounts", "disable", "x"],
    &["accounts", "refresh", "x"],
    &["accounts", "clear-cooldown", "x"],
    &["accounts", "remove", "x", "--yes"],
    &["usage"],
    &["usage", "--watch"],
    &["usage", "export"],
    &["why"],
    &["why", "x"],
    &["route", "x"],
    &["logs"],
    &["panel", "--no-browser"],
];
/// Commands that change or show a configuration, wherever it is.
const CONFIGURING: [&[&str]; 9] = [
    &["keys"],
    &["keys", "add"],
    &["keys", "revoke", "x", "--yes"],
    &["keys", "rotate", "x"],
    &["keys", "provider"],
    &["keys", "provider", "remove", "x", "--yes"],
    &["config", "get", "port"],
    &["config", "set", "port", "1"],
    &["config", "unset", "port"],
];
/// Every command, as the help of those above it names them.
async fn every_command(home: &Home) -> Vec<String> {
    let (mut found, mut above) = (Vec::new(), vec![String::new()]);
    while let Some(command) = above.pop() {
        let words: Vec<&str> = command.split_whitespace().chain(["--help"]).collect();
        let help = run(home, &words).await.stdout;
        let below = help.split("Commands:\n").nth(1).unwrap_or_default();
        let below = below.lines().take_while(|line| line.starts_with("  "));
        // What goes on in a further line is no name.
        let names = below.filter(|line| !line.starts_with("   "));
        let names = names.filter_map(|line| line.split_whitespace().next());
        for name in names.filter(|name| *name != "help") {
            let command = format!("{command} {name}").trim().to_owned();
            above.push(command.clone());
            found.push(command);
        }
    }
    found
}

async fn run(home: &Home, words: &[&str]) -> Finished {
    Launch::in_home(home).run(words).await
}

/// A home whose file says this.
fn configured(text: &str) -> Home {
    let home = Home::new();
    let path = home.default_config();
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
    home
}

/// What is wrong with how a command has failed.
fn wrong(words: &[&str], finished: &Finished, code: i32, said: &str) -> Option<String> {
    let stderr = &finished.stderr;
    let well = finished.code == Some(code)
        && stderr.lines().any(|line| line.starts_with("error: "))
        && stderr.contains(said)
        && !stderr.contains("panicked")
        && finished.stdout.is_empty();
    (!well).then(|| format!("{words:?} is to be {code} with `{said}`: {finished:?}"))
}

/// Runs each, and tells all that is wrong.
async fn check(home: &Home, rows: &[(&[&str], i32, &str)]) {
    let mut mistakes = Vec::new();
    for (words, code, said) in rows {
        let finished = run(home, words).await;
        mistakes.extend(wrong(words, &finished, *code, said));
    }
    assert!(mistakes.is_empty(), "{mistakes:#?}");
}

#[tokio::test]
async fn where_no_gateway_runs() {
    let home = Home::new();
    let start = "hint: start it with: modelgate serve";
    let mut rows: Vec<(&[&str], i32, &str)> = ASKING.map(|words| (words, 1, start)).to_vec();
    rows.extend([
        (&["ask", "hello"][..], 1, start),
        (&["env", "claude"], 1, start),
    ]);
    rows.extend(CONFIGURING.map(|words| (words, 1, "hint: modelgate config init writes one")));
    check(&home, &rows).await;
}

#[tokio::test]
async fn where_the_gateway_elsewhere_does_not_answer_or_does_not_know_the_key() {
    let home = Home::new();
    let gateway = Launch::in_home(&configured(MANAGED)).start().await;
    let mut mistakes = Vec::new();
    let url = gateway.url();
    // Every mistake counts, and after a few nobody from here is told of more than that.
    let key = "the key must be the management key of that gateway";
    for (url, code, said) in [
        ("http://127.0.0.1:9", 1, "hint: is it running there"),
        ("ftp://x", 2, "hint: write it like http://"),
        (&*url, 1, ""),
    ] {
        for words in ASKING.iter().chain(&CONFIGURING) {
            // The page is there for everybody; it asks for a key itself.
            if url == gateway.url() && words[0] == "panel" {
                continue;
            }
            let words = [*words, &["--url", url, "--key", "wrong"]].concat();
            let finished = run(&home, &words).await;
            let banned = finished.stderr.contains("banned");
            let said = if said.is_empty() && !banned {
                key
            } else {
                said
            };
            mistakes.extend(wrong(&words, &finished, code, said));
        }
    }
    for words in ASKING.iter().chain(&CONFIGURING) {
        let words = [*words, &["--key", "k"]].concat();
        let finished = run(&home, &words).await;
        mistakes.extend(wrong(&words, &finished, 2, "hint: name it with --url"));
        let words = [&words[..words.len() - 2], &["--url", &url]].concat();
        let finished = run(&home, &words).await;
        mistakes.extend(wrong(
            &words,
            &finished,
            2,
            "hint: set MODELGATE_MANAGEMENT_KEY",
        ));
    }
    assert!(mistakes.is_empty(), "{mistakes:#?}");
}

#[tokio::test]
async fn what_is_not_there() {
    let home = configured(MANAGED);
    let _gateway = Launch::in_home(&home).start().await;
    let known = |action| ["accounts", action, "nobody"];
    let actions = ["enable", "disable", "refresh", "clear-cooldown"].map(known);
    let mut rows: Vec<(&[&str], i32, &str)> = actions
        .iter()
        .map(|words| (&words[..], 1, "nobody"))
        .collect();
    rows.extend([
        (&["accounts", "remove", "nobody", "--yes"][..], 1, "nobody"),
        (
            &["keys", "revoke", "nobody"],
            1,
            "hint: modelgate keys lists them",
        ),
        (
            &["keys", "rotate", "nobody"],
            1,
            "hint: modelgate keys lists them",
        ),
        (
            &["keys", "provider", "remove", "nobody"],
            1,
            "hint: modelgate keys provider",
        ),
        (&["why", "nobody"], 1, ""),
        (
            &["ask", "-m", "nobody", "hello"],
            1,
            "hint: `modelgate models`",
        ),
        (
            &["config", "get", "debug"],
            1,
            "hint: modelgate config show",
        ),
        (
            &["config", "get", "debgu"],
            2,
            "hint: modelgate config show",
        ),
        (
            &["config", "set", "debgu", "1"],
            2,
            "hint: modelgate config show",
        ),
        (&["config", "set", "debug", "maybe"], 2, ""),
        (
            &["config", "unset", "debug"],
            1,
            "hint: modelgate config show",
        ),
        (&["config", "init"], 1, "hint: modelgate config show"),
        (&["logout", "nobody"], 1, "hint: `modelgate login --list`"),
        (
            &["logs"],
            1,
            "hint: modelgate config set logging-to-file true",
        ),
        (&["launch", "no-such-program"], 1, "is not installed"),
        (&["launch", "claude"], 1, "hint: install it: "),
        (
            &["usage", "import", "no-such-file"],
            1,
            "cannot open no-such-file",
        ),
        (
            &["usage", "--since", "yesteryear"],
            2,
            "`since` is an instant",
        ),
        (
            &["login", "vertex", "--import", "no-such-file", "--yes"],
            1,
            "no-such-file",
        ),
        (&["dashboard"], 2, "hint: for scripts"),
        (&["login"], 2, "hint: name one of"),
        (&["ask"], 2, "hint: modelgate ask"),
        (&["keys", "revoke", KEY], 1, ""),
        (
            &["keys", "provider", "remove", "claude-api-key[0]"],
            2,
            "hint: --yes confirms it",
        ),
        (&["keys", "add", "--expires", "someday"], 2, ""),
        (
            &["serve", "--password", " "],
            2,
            "hint: leave --password out",
        ),
    ]);
    check(&home, &rows).await;
}

#[tokio::test]
async fn what_is_wrongly_asked() {
    let home = Home::new();
    let mut mistakes = Vec::new();
    let every = every_command(&home).await;
    assert!(
        every.len() > 40 && every.contains(&"keys provider add".to_owned()),
        "{every:?}"
    );
    for command in every {
        let words: Vec<&str> = command.split(' ').chain(["--nonsense"]).collect();
        let finished = run(&home, &words).await;
        mistakes.extend(wrong(&words, &finished, 2, "--help"));
    }
    for words in [
        &["nonsense"][..],
        &["keys", "nonsense"],
        &["config", "nonsense"],
        &["usage", "--by", "moon"],
        &["usage", "--watch", "--csv"],
        &["usage", "export", "--format", "xml"],
        &["why", "--limit", "0"],
        &["logs", "-n", "0"],
        &["logs", "--level", "loud"],
        &["login", "nobody"],
        &["completions", "tcsh"],
        &["env", "claude", "--shell", "tcsh"],
        &["--color", "perhaps", "version"],
        &["route"],
        &["logout"],
        &["launch"],
        &["accounts", "enable"],
    ] {
        let finished = run(&home, words).await;
        mistakes.extend(wrong(words, &finished, 2, ""));
    }
    assert!(mistakes.is_empty(), "{mistakes:#?}");
    assert!(
        !home.default_config().exists(),
        "a mistake leaves nothing behind"
    );
}

#[tokio::test]
async fn where_the_configuration_is_broken() {
    let home = configured("port: many\n");
    let broken = "config.yaml:1:7";
    check(
        &home,
        &[
            (&["serve"], 2, broken),
            (&["models"], 2, broken),
            (&["config", "show"], 2, broken),
            (&["keys"], 2, "1:7"),
            (&["login", "--list"], 2, broken),
            (&["login", "claude", "--yes"], 2, broken),
            (&["logout", "x"], 2, broken),
            (&["env", "claude"], 2, broken),
            (&["launch", "/bin/sh"], 2, broken),
        ],
    )
    .await;
}
