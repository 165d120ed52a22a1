//! Logins in a terminal, with somebody in front of it.

use super::*;
use crate::harness::eventually;
use crate::harness::process::PROGRAM;
use crate::harness::screen::Screen;
use crate::harness::stand_in::{Said, StandIn};
use std::path::Path;

const WAITING: &str = "waiting for the browser";

/// Somebody at a terminal, and what a browser of this machine is told to open.
struct Terminal {
    screen: Screen,
    opened: PathBuf,
}

impl Scene {
    /// Types a command in a shell that says how it ended, and how the terminal is then.
    fn types(&self, words: &[&str], environment: &[(&str, &str)]) -> Terminal {
        let (bin, opened) = (self.home.path("bin"), self.home.path("opened"));
        let _ = fs::create_dir(&bin);
        let browser = format!("#!/bin/sh\nprintf %s \"$1\" > {}\n", opened.display());
        let path = bin.join("xdg-open");
        fs::write(&path, browser).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        self.types_where(&bin, words, environment)
    }

    /// The same where the programs are in this directory.
    fn types_where(&self, bin: &Path, words: &[&str], environment: &[(&str, &str)]) -> Terminal {
        let url = &self.provider.url;
        let mut variables = vec![
            ("PATH", bin.to_str().unwrap().to_owned()),
            ("MODELGATE_CLAUDE_AUTHORIZE_URL", format!("{url}/authorize")),
            ("MODELGATE_CLAUDE_PROFILE_URL", format!("{url}/profile")),
            ("MODELGATE_CLAUDE_REDIRECT_URL", self.redirect.clone()),
        ];
        let more = environment
            .iter()
            .map(|(name, value)| (*name, (*value).to_owned()));
        variables.extend(more);
        let variables = variables
            .iter()
            .map(|(name, value)| format!("{name}={value}"));
        let script = "trap : INT; stty echo; env \"$@\"; echo \"it ended with $?\"; stty -a | tr ' ' '\\n' | grep -xc 'icanon\\|echo\\|isig'";
        let mut all = vec!["-c".to_owned(), script.to_owned(), "sh".to_owned()];
        all.extend(variables);
        all.extend([PROGRAM.to_owned(), "login".to_owned()]);
        all.extend(words.iter().map(|&word| word.to_owned()));
        all.extend([
            "--config".to_owned(),
            self.config().to_str().unwrap().to_owned(),
        ]);
        let all: Vec<&str> = all.iter().map(String::as_str).collect();
        Terminal {
            screen: Screen::open(&self.home, "sh", &all),
            opened: self.home.path("opened"),
        }
    }

    fn port(&self) -> u16 {
        reqwest::Url::parse(&self.redirect).unwrap().port().unwrap()
    }

    /// Nothing was saved, and nobody is at the port any more.
    fn expect_nothing(&self) {
        assert!(!self.home.path("auth").exists());
        assert!(StdListener::bind(("127.0.0.1", self.port())).is_ok());
    }
}

impl Terminal {
    /// The address that is shown, as it was written: the terminal may break it.
    fn address(&self) -> String {
        let sent = String::from_utf8_lossy(&self.screen.sent).into_owned();
        let mut words = sent.split_whitespace();
        let found = words.find(|word| word.starts_with("http") && word.contains("/authorize?"));
        found.unwrap_or_else(|| panic!("{sent}")).to_owned()
    }

    /// It has ended with this code, and the terminal is as it was.
    async fn ended_with(&mut self, code: i32) {
        self.screen.shows(&format!("it ended with {code}\n3")).await;
        self.screen.ends().await;
        self.screen.is_given_back().await;
    }
}

#[tokio::test]
async fn a_provider_is_chosen_and_its_terms_are_asked_about() {
    let scene = Scene::start().await;
    let mut terminal = scene.types(&[], &[]);
    terminal.screen.shows("Whose account is it?").await;
    for provider in [
        "❯ claude",
        "codex",
        "gemini",
        "iflow",
        "qwen",
        "xai",
        "vertex",
    ] {
        terminal.screen.shows(provider).await;
    }
    terminal.screen.press("\u{1b}[B");
    terminal.screen.shows("❯ codex").await;
    terminal.screen.press("\u{1b}[A");
    terminal.screen.shows("❯ claude").await;
    terminal.screen.press("\r");
    terminal.screen.shows("Anthropic means subscriptions").await;
    terminal.screen.shows("instead: ").await;
    terminal.screen.shows("Log in all the same? [y/N]").await;
    terminal.screen.press("yes\r");
    terminal.screen.shows(WAITING).await;
    let back = scene.provider.agree(&terminal.address());
    assert_eq!(visit(&back).await.status(), 200);
    terminal.ended_with(0).await;
    assert_eq!(scene.account()["email"], "ada@example.com");

    // Nobody is chosen.
    let mut terminal = scene.types(&[], &[]);
    terminal.screen.shows("Whose account is it?").await;
    terminal.screen.press("q");
    terminal.screen.shows("no provider was chosen").await;
    terminal.ended_with(2).await;
}

#[tokio::test]
async fn only_yes_agrees_to_the_terms() {
    let scene = Scene::start().await;
    for answer in ["\r", "no\r", "yesterday\r", "\u{4}"] {
        let mut terminal = scene.types(&["claude"], &[]);
        terminal.screen.shows("Log in all the same? [y/N]").await;
        terminal.screen.press(answer);
        terminal.screen.shows("nothing was changed").await;
        terminal.ended_with(1).await;
        assert!(!terminal.opened.exists());
        scene.expect_nothing();
    }
    // Whoever has agreed beforehand is told all the same, and not asked.
    let mut terminal = scene.types(&["claude", "--yes"], &[]);
    terminal.screen.shows(WAITING).await;
    let shown = terminal.screen.contents();
    assert!(shown.contains("Anthropic means subscriptions"), "{shown}");
    assert!(!shown.contains("[y/N]"), "{shown}");
    terminal.screen.press("\u{3}");
    terminal.ended_with(130).await;
}

#[tokio::test]
async fn a_spinner_turns_until_the_browser_is_back_and_the_end_says_everything() {
    let scene = Scene::start().await;
    *scene.provider.names.lock().unwrap() = serde_json::Value::Null;
    let mut terminal = scene.types(&["claude", "--yes"], &[]);
    terminal.screen.shows(&format!("{WAITING} 1s")).await;
    let address = terminal.address();
    eventually("the browser is opened", async || {
        fs::read_to_string(&terminal.opened).is_ok_and(|opened| opened == address)
    })
    .await;
    assert_eq!(visit(&scene.provider.agree(&address)).await.status(), 200);
    terminal.ended_with(0).await;
    let shown = terminal.screen.contents();
    let said: Vec<&str> = shown.lines().map(str::trim_end).collect();
    // Paths may be longer than a line.
    let said = said.concat();
    let (file, config) = (scene.file(), scene.config());
    for told in [
        "logged in to claude as ada@example.com (claude_max)",
        "it serves 1",
        " models: claude-",
        " and others; `modelgate models claude --config ",
        &format!("kept in {}", file.display()),
        &format!("next: `modelgate serve --config {}`", config.display()),
    ] {
        assert!(said.contains(told), "{told}:\n{shown}");
    }
    assert!(!shown.contains(WAITING), "{shown}");
}

#[tokio::test]
async fn a_session_over_ssh_is_told_how_the_browser_gets_here_and_opens_none() {
    let scene = Scene::start().await;
    let port = scene.port();
    let forward = format!("run `ssh -L {port}:127.0.0.1:{port} <this machine>` there first,");
    let here = [("SSH_CONNECTION", "192.0.2.1 50000 192.0.2.2 22")];
    let mut terminal = scene.types(&["claude", "--yes"], &here);
    let told = format!("The browser is on another machine: {forward}");
    terminal.screen.shows(&told).await;
    terminal
        .screen
        .shows("or paste the address that it ends on here.")
        .await;
    terminal
        .screen
        .shows("comes over ssh, so no browser is opened here")
        .await;
    terminal.screen.shows(WAITING).await;
    assert!(!terminal.opened.exists());
    // What is pasted beside the point is said above the spinner, which goes on.
    terminal.screen.press("what now?\r");
    terminal
        .screen
        .shows("not the address that the browser ended on")
        .await;
    terminal.screen.shows(WAITING).await;
    let back = scene.provider.agree(&terminal.address());
    terminal.screen.press(&format!("{back}\r"));
    terminal.ended_with(0).await;

    // Where there is a screen, it may be this machine's.
    let screen = [here[0], ("DISPLAY", ":0")];
    let mut terminal = scene.types(&["claude", "--yes"], &screen);
    let told = format!("If the browser is on another machine, {forward}");
    terminal.screen.shows(&told).await;
    eventually("the browser is opened", async || terminal.opened.exists()).await;
    terminal.screen.press("\u{3}");
    terminal.ended_with(130).await;
}

#[tokio::test]
async fn ctrl_c_ends_the_wait_and_leaves_nothing() {
    let scene = Scene::start().await;
    let mut terminal = scene.types(&["claude", "--yes", "--no-browser"], &[]);
    terminal.screen.shows(WAITING).await;
    assert!(StdListener::bind(("127.0.0.1", scene.port())).is_err());
    terminal.screen.press("\u{3}");
    terminal.ended_with(130).await;
    let shown = terminal.screen.contents();
    assert!(!shown.contains("error"), "{shown}");
    assert!(!terminal.opened.exists());
    scene.expect_nothing();

    // A code that is typed elsewhere is waited for in the same way.
    let provider = StandIn::start(|asked| match &*asked.path {
        "/code" => Said::json(
            200,
            &json!({
                "device_code": "d-1", "user_code": "AB-CD", "verification_uri": "https://x.example/authorize",
                "expires_in": 300, "interval": 1,
            }),
        ),
        _ => Said::json(400, &json!({"error": "authorization_pending"})),
    });
    let provider = provider.await.url;
    let (device, token) = (format!("{provider}/code"), format!("{provider}/never"));
    let environment = [
        ("MODELGATE_QWEN_DEVICE_URL", &*device),
        ("MODELGATE_QWEN_TOKEN_URL", &*token),
    ];
    let mut terminal = scene.types(&["qwen", "--no-browser", "--label", "me"], &environment);
    terminal.screen.shows("AB-CD").await;
    terminal
        .screen
        .shows("waiting for the code to be typed")
        .await;
    terminal.screen.press("\u{3}");
    terminal.ended_with(130).await;
    scene.expect_nothing();
}

#[tokio::test]
async fn ctrl_c_leaves_every_question() {
    let scene = Scene::start().await;
    for (words, question) in [
        (&[][..], "Whose account is it?"),
        (&["claude"], "Log in all the same? [y/N]"),
        (&["iflow", "--cookie"], "Cookie of the provider's page"),
    ] {
        let mut terminal = scene.types(words, &[]);
        terminal.screen.shows(question).await;
        terminal.screen.press("\u{3}");
        terminal.ended_with(130).await;
        scene.expect_nothing();
    }
    // Also after another one was answered.
    let mut terminal = scene.types(&[], &[]);
    terminal.screen.shows("Whose account is it?").await;
    terminal.screen.press("\r");
    terminal.screen.shows("Log in all the same? [y/N]").await;
    terminal.screen.press("\u{3}");
    terminal.ended_with(130).await;
    scene.expect_nothing();
}

#[tokio::test]
async fn where_no_browser_is_found_it_says_what_to_do() {
    let scene = Scene::start().await;
    let nothing = scene.home.path("nothing");
    fs::create_dir(&nothing).unwrap();
    let mut terminal = scene.types_where(&nothing, &["claude", "--yes"], &[]);
    terminal
        .screen
        .shows("no browser was found here; open the address yourself")
        .await;
    terminal.screen.shows(WAITING).await;
    assert_eq!(
        visit(&scene.provider.agree(&terminal.address()))
            .await
            .status(),
        200
    );
    terminal.ended_with(0).await;
}
