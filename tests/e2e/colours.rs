//! Colour is for terminals that have it and people who want it; nobody else gets a byte of it.

use crate::harness::process::PROGRAM;
use crate::harness::screen::Screen;
use crate::harness::{Home, KEY, Launch};
use std::fs;

const FILE: &str = "\
api-keys: [mg-key-of-the-test-0123456789]
port: 0
claude-api-key:
  - api-key: sk-ant-0123456789abcdef
    base-url: http://127.0.0.1:9
    models: [{name: claude-sonnet-4-5, alias: sonnet}]
";

/// Commands that show something, of which these show it in colour where there is some.
const COLOURED: [&[&str]; 6] = [
    &["route", "sonnet"],
    &["doctor", "--offline"],
    &["panel", "--no-browser"],
    &["accounts", "enable", "nobody"],
    &["--help"],
    &["serve", "--nonsense"],
];
const PLAIN: [&[&str]; 11] = [
    &["accounts"],
    &["keys"],
    &["keys", "provider"],
    &["models"],
    &["usage"],
    &["why"],
    &["config", "show"],
    &["config", "check"],
    &["env", "claude"],
    &["login", "--list"],
    &["version"],
];

fn home() -> Home {
    let home = Home::new();
    let path = home.default_config();
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, FILE).unwrap();
    home
}

/// What a command sends to a terminal with these variables.
async fn seen(home: &Home, words: &[&str], environment: &[(&str, &str)]) -> Vec<u8> {
    let mut screen = Screen::open_with(home, PROGRAM, words, environment);
    screen.ends().await;
    screen.sent
}

fn is_coloured(sent: &[u8]) -> bool {
    sent.contains(&0x1b)
}

#[tokio::test]
async fn nobody_gets_colour_who_does_not_want_it() {
    let home = home();
    let _gateway = Launch::in_home(&home).start().await;
    for words in COLOURED {
        let plainly = seen(&home, words, &[]).await;
        assert!(is_coloured(&plainly), "{words:?} has no colour at all");
        let asked = [&["--color", "always"], words].concat();
        let always = Launch::in_home(&home).run(&asked).await;
        let printed = (always.stdout + &always.stderr).into_bytes();
        assert!(is_coloured(&printed), "{words:?} --color always");
    }
    for words in COLOURED.iter().chain(&PLAIN) {
        let never = [&["--color", "never"], *words].concat();
        let piped = Launch::in_home(&home).run(words).await;
        for (how, sent) in [
            ("to a pipe", (piped.stdout + &piped.stderr).into_bytes()),
            ("--color never", seen(&home, &never, &[]).await),
            ("NO_COLOR", seen(&home, words, &[("NO_COLOR", "1")]).await),
            ("TERM=dumb", seen(&home, words, &[("TERM", "dumb")]).await),
        ] {
            let text = String::from_utf8_lossy(&sent);
            assert!(!is_coloured(&sent), "{words:?} {how}: {text:?}");
        }
    }
}

#[tokio::test]
async fn a_dashboard_without_colour_has_none_in_any_view() {
    let home = home();
    let gateway = Launch::in_home(&home).start().await;
    let question = gateway.request("POST", "/v1/chat/completions");
    question.bearer_auth(KEY).body("{}").send().await.unwrap();
    for (words, environment, coloured) in [
        (&["dashboard"][..], &[][..], true),
        (&["dashboard"], &[("NO_COLOR", "1")], false),
        (&["dashboard", "--color", "never"], &[], false),
    ] {
        let mut screen = Screen::open_with(&home, PROGRAM, words, environment);
        screen.shows("● live").await;
        for (view, named) in [
            "under way",
            "400",
            "claude-api-key[0]",
            "sonnet",
            "good",
            "",
            "",
            "strategy",
        ]
        .iter()
        .enumerate()
        {
            screen.press(&(view + 1).to_string());
            screen.shows(named).await;
            assert_eq!(
                !screen.colours().is_empty(),
                coloured,
                "{words:?} {environment:?} view {}",
                view + 1
            );
        }
        screen.press("?");
        screen.shows("everywhere").await;
        assert_eq!(!screen.colours().is_empty(), coloured, "{words:?} help");
        screen.press("\u{3}");
        screen.ends().await;
        screen.is_given_back().await;
    }
}

#[tokio::test]
async fn a_light_terminal_gets_colours_of_its_own() {
    let home = home();
    let _gateway = Launch::in_home(&home).start().await;
    let mut seen = Vec::new();
    for ground in ["15;0", "0;15"] {
        let environment = [("COLORFGBG", ground)];
        let mut screen = Screen::open_with(&home, PROGRAM, &["dashboard"], &environment);
        screen.shows("● live").await;
        screen.shows("● ready").await;
        seen.push(screen.colours());
        screen.press("q");
        screen.ends().await;
    }
    assert_ne!(seen[0], seen[1]);
}

#[tokio::test]
async fn a_terminal_that_is_dumb_is_no_place_for_a_dashboard() {
    let home = home();
    let dumb = [("TERM", "dumb")];
    let alone = String::from_utf8(seen(&home, &[], &dumb).await).unwrap();
    assert!(
        alone.contains("Usage: modelgate") && !alone.contains('\u{1b}'),
        "{alone}"
    );
    let named = String::from_utf8(seen(&home, &["dashboard"], &dumb).await).unwrap();
    assert!(
        named.contains("TERM says `dumb`") && named.contains("hint: "),
        "{named}"
    );
}
