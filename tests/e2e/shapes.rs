//! What `--json` prints is a promise: every field that a script may read is pinned here, and told in the command's help.

use crate::harness::process::Finished;
use crate::harness::stand_in::{Said, StandIn};
use crate::harness::{Home, Launch, Settings, Speaks};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use modelgate_test_upstream::Upstream;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs;

/// The fields of a command: what stands before them, and their names.
type Shape<'s> = &'s [(&'s str, &'s str)];

/// Every field, as a path: `models[].id`. Elements of a list count together.
fn fields(value: &Value) -> BTreeSet<String> {
    fn walk(path: &str, value: &Value, found: &mut BTreeSet<String>) {
        match value {
            Value::Object(fields) => {
                for (name, value) in fields {
                    let dot = if path.is_empty() { "" } else { "." };
                    let path = format!("{path}{dot}{name}");
                    found.insert(path.clone());
                    walk(&path, value, found);
                }
            }
            Value::Array(items) => {
                for item in items {
                    walk(&format!("{path}[]"), item, found);
                }
            }
            _ => {}
        }
    }
    let mut found = BTreeSet::new();
    walk("", value, &mut found);
    found
}

/// The words of a command without its flags and values: what `--help` is asked of.
async fn help(home: &Home, command: &str) -> String {
    let words: Vec<&str> = command.split(' ').chain(["--help"]).collect();
    let finished = Launch::in_home(home).run(&words).await;
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    finished.stdout
}

/// What is wrong with what a command printed: it has other fields than these, or its help does not name one of them.
async fn check(home: &Home, command: &str, printed: &Finished, shape: Shape<'_>) -> Vec<String> {
    let Ok(value) = serde_json::from_str::<Value>(&printed.stdout) else {
        return vec![format!("{command} prints no JSON: {printed:?}")];
    };
    let found = fields(&value);
    let names = |(before, names): &(&str, &str)| -> Vec<String> {
        let names = names.split_whitespace();
        names.map(|name| format!("{before}{name}")).collect()
    };
    let expected: BTreeSet<String> = shape.iter().flat_map(names).collect();
    let (new, gone) = (found.difference(&expected), expected.difference(&found));
    let new = new.map(|path| format!("{command} also prints {path}"));
    let gone = gone.map(|path| format!("{command} does not print {path}"));
    let help = help(home, command).await;
    let elsewhere = help.contains("the same as");
    // Variables of clients are no fields, and an account is told of where all are.
    let own = found
        .iter()
        .filter(|path| !elsewhere && !path.starts_with("set.") && !path.starts_with("account."));
    let names = own.map(|path| path.rsplit('.').next().unwrap_or_default());
    let untold = names.filter(|name| !help.contains(&format!("\"{name}\"")));
    let untold = untold.map(|name| format!("{command} --help does not name {name}"));
    new.chain(gone).chain(untold).collect()
}

/// Runs a command in this home, with what it is given on its standard input.
async fn run(home: &Home, words: &[&str], input: &str) -> Finished {
    let launch = Launch::in_home(home).input(input);
    launch.run(&[words, &["--json"]].concat()).await
}

/// Runs commands one after the other, and tells what is wrong with what they print.
async fn check_all(home: &Home, commands: &[(&str, &[&str], Shape<'_>)]) {
    let mut wrong = Vec::new();
    for (command, more, shape) in commands {
        let words: Vec<&str> = command.split(' ').chain(more.iter().copied()).collect();
        let printed = run(home, &words, "sk-ant-0123456789abcdef\n").await;
        assert_eq!(printed.code, Some(0), "{command}: {}", printed.stderr);
        wrong.extend(check(home, command, &printed, shape).await);
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

async fn check_one(home: &Home, command: &str, printed: &Finished, shape: Shape<'_>) {
    let wrong = check(home, command, printed, shape).await;
    assert!(wrong.is_empty(), "{wrong:#?}");
}

const KEYS: Shape<'static> = &[("", "keys"), ("keys[].", "id name models disabled expires")];
const PROVIDERS: Shape<'static> = &[
    ("", "providers"),
    ("providers[].", "id name keys base-url models disabled"),
];
const ACCOUNT: &str = "id provider kind source state priority weight succeeded failed quota models";
const SUMS: &str = "requests failed aborted uncounted unpriced estimated input cache_read cache_write output reasoning \
                    tokens cost_nanodollars latency_ms first_byte_ms first_bytes bytes_in bytes_out";

#[tokio::test]
async fn commands_that_need_no_gateway() {
    let home = Home::new();
    check_all(
        &home,
        &[
            ("version", &[], &[("", "name version")]),
            ("config path", &[], &[("", "path exists")]),
            ("config init", &[], &[("", "path client_key")]),
            ("config check", &[], &[("", "path valid problems warnings")]),
            ("config set", &["debug", "true"], &[("", "path")]),
            ("config get", &["debug"], &[]),
            ("config unset", &["debug"], &[("", "path")]),
            (
                "models",
                &[],
                &[
                    ("", "models other_names"),
                    ("models[].", "id providers context_window max_output"),
                ],
            ),
            ("keys", &[], KEYS),
            ("keys list", &[], KEYS),
            (
                "keys add",
                &["--name", "ann", "--models", "m"],
                &[("", "id key name models expires")],
            ),
            ("keys set", &["ann", "--models", "m,n"], &[("", "id")]),
            ("keys rotate", &["ann"], &[("", "id key replaces")]),
            ("keys revoke", &["ann", "--yes"], &[("", "id")]),
            ("keys provider add", &["claude"], &[("", "id")]),
            ("keys provider", &[], PROVIDERS),
            ("keys provider list", &[], PROVIDERS),
            (
                "keys provider remove",
                &["claude-api-key[0]", "--yes"],
                &[("", "id")],
            ),
            (
                "login",
                &["--list"],
                &[
                    ("", "providers"),
                    ("providers[].", "provider ready missing ways accounts"),
                    ("providers[].ways[].", "method flag ready setting variable"),
                ],
            ),
            (
                "env",
                &["claude"],
                &[
                    ("", "client url set unset arguments"),
                    ("set.", "ANTHROPIC_BASE_URL ANTHROPIC_AUTH_TOKEN"),
                ],
            ),
            (
                "doctor",
                &["--offline"],
                &[
                    ("", "healthy checks"),
                    ("checks[].", "area state what hint"),
                ],
            ),
        ],
    )
    .await;
    fs::write(home.default_config(), "port: many\n").unwrap();
    let printed = run(&home, &["config", "check"], "").await;
    let shape = [
        ("", "path valid problems warnings"),
        ("problems[].", "line column key message hint"),
    ];
    check_one(&home, "config check", &printed, &shape).await;
}

/// A home in which somebody has logged in to an account.
fn logged_in() -> Home {
    let home = Home::new();
    let directory = home.path("data/modelgate/auth");
    fs::create_dir_all(&directory).unwrap();
    let account = json!({
        "type": "claude", "access_token": "a", "refresh_token": "r", "email": "ada@example.com",
        "expired": "2099-01-01T00:00:00Z", "fetch_models": false,
    });
    fs::write(directory.join("claude-ada.json"), account.to_string()).unwrap();
    home
}

/// What a provider says to a login with a code, and to whoever wants a new token.
async fn provider() -> StandIn {
    StandIn::start(|asked| {
        let own = format!("http://{}", asked.header("host").unwrap());
        let claims = json!({"email": "ada@example.com"}).to_string();
        let id = format!("e30.{}.x", BASE64_URL_SAFE_NO_PAD.encode(claims));
        let said = match &*asked.path {
            "/known" => json!({"device_authorization_endpoint": format!("{own}/device"), "token_endpoint": format!("{own}/token")}),
            "/device" => json!({"device_code": "d", "user_code": "AB-CD", "verification_uri": "https://x.example/", "expires_in": 60, "interval": 1}),
            _ => json!({"access_token": "a", "refresh_token": "r", "id_token": id, "expires_in": 28800}),
        };
        Said::json(200, &said)
    })
    .await
}

#[tokio::test]
async fn a_login_and_what_is_done_with_an_account() {
    let (home, provider) = (logged_in(), provider().await);
    let url = |path: &str| format!("{}/{path}", provider.url);
    let launch = Launch::in_home(&home).env("MODELGATE_XAI_DISCOVERY_URL", &url("known"));
    let words = [
        "login",
        "xai",
        "--no-browser",
        "--yes",
        "--label",
        "work",
        "--json",
    ];
    let login = launch.run(&words).await;
    let mut lines = login.stdout.lines().map(|line| Finished {
        code: login.code,
        stdout: line.to_owned(),
        stderr: login.stderr.clone(),
    });
    let shape = [("", "waiting"), ("waiting.", "provider url code")];
    check_one(&home, "login", &lines.next().unwrap(), &shape).await;
    let shape = [
        ("", "account next"),
        (
            "account.",
            "provider id email label file models other_names",
        ),
    ];
    check_one(&home, "login", &lines.next().unwrap(), &shape).await;

    let gateway = Launch::in_home(&home).env("MODELGATE_CLAUDE_TOKEN_URL", &url("token"));
    let _gateway = gateway.start().await;
    let of = "id provider kind login source email file state priority succeeded failed token_expires quota models weight";
    let off =
        "id provider kind login source email file state reason priority token_expires quota models";
    let on: Shape<'_> = &[("", "id action account"), ("account.", of)];
    let off: Shape<'_> = &[("", "id action account"), ("account.", off)];
    let id: &[&str] = &["claude-ada"];
    check_all(
        &home,
        &[
            ("accounts disable", id, off),
            ("accounts enable", id, on),
            ("accounts clear-cooldown", id, on),
            ("accounts refresh", id, on),
            (
                "accounts remove",
                &["claude-ada", "--yes"],
                &[("", "id action")],
            ),
            (
                "logout",
                &["work", "--yes"],
                &[("", "removed"), ("removed.", "provider id")],
            ),
        ],
    )
    .await;
}

#[tokio::test]
async fn an_account_that_is_removed() {
    let home = logged_in();
    let removed = run(&home, &["logout", "ada@example.com", "--yes"], "").await;
    let shape = [("", "removed"), ("removed.", "provider id")];
    check_one(&home, "logout", &removed, &shape).await;
}

#[tokio::test]
async fn commands_that_ask_the_gateway() {
    let upstream = Upstream::start().await;
    let settings = Settings::upstream(Speaks::Chat, &upstream)
        .line("logging-to-file: true\nrequest-log: true");
    let home = Home::new();
    let path = home.default_config();
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, settings.text()).unwrap();
    let gateway = Launch::in_home(&home).start().await;
    let started = Finished {
        code: Some(0),
        stdout: gateway.started.to_string(),
        stderr: String::new(),
    };
    let shape = [("", "address url pid version config providers models")];
    check_one(&home, "serve", &started, &shape).await;

    let asked = run(&home, &["ask", "-m", "up-thinking", "hello"], "").await;
    let shape = [(
        "",
        "model text thinking finish_reason input output request_id",
    )];
    check_one(&home, "ask", &asked, &shape).await;
    let asked = asked.json();
    let id = asked["request_id"].as_str().unwrap();
    check_all(
        &home,
        &[
            ("accounts", &[], &[("", "accounts"), ("accounts[].", ACCOUNT)]),
            (
                "accounts clear-cooldown",
                &["chat0[0]"],
                &[("", "id action account"), ("account.", ACCOUNT)],
            ),
            ("panel", &[], &[("", "url key")]),
            (
                "route",
                &["up-text"],
                &[
                    ("", "model strategy chosen why candidates"),
                    ("candidates[].", "credential model outcome"),
                ],
            ),
            (
                "why",
                &[],
                &[
                    ("", "requests"),
                    (
                        "requests[].",
                        "id time client_key dialect model stream status complete credential provider upstream_dialect \
                         upstream_model attempts first_byte_ms total_ms usage cost",
                    ),
                    ("requests[].usage.", "input cached output"),
                    ("requests[].cost.", "basis"),
                ],
            ),
            (
                "why",
                &[id],
                &[
                    (
                        "",
                        "id time client_key dialect model stream status complete served candidates more_candidates attempts losses \
                         times usage cost",
                    ),
                    ("served.", "credential provider dialect model"),
                    ("candidates[].", "credential model outcome reason"),
                    ("attempts[].", "credential model status ms"),
                    ("times.", "total_ms own_us queue_ms first_byte_ms stream_ms"),
                    ("usage.", "input cached output"),
                    ("cost.", "basis"),
                ],
            ),
            (
                "usage",
                &[],
                &[
                    ("", "since by total groups ledger"),
                    ("total.", SUMS),
                    ("groups[].", SUMS),
                    ("groups[].", "name"),
                    ("ledger.", "recording open written queued lost"),
                ],
            ),
        ],
    )
    .await;
    let exported = Launch::in_home(&home).run(&["usage", "export"]).await;
    let imported = run(&home, &["usage", "import", "-"], &exported.stdout).await;
    let shape = [("", "added skipped total_requests failed_requests")];
    check_one(&home, "usage import", &imported, &shape).await;
    let logs = run(&home, &["logs", "--request", id, "-n", "1"], "").await;
    let lines: Vec<&str> = logs.stdout.lines().collect();
    for (line, names) in [
        (lines[0], "time request_id level target text"),
        (lines[lines.len() - 1], "request_log"),
    ] {
        let line = Finished {
            code: logs.code,
            stdout: line.to_owned(),
            stderr: String::new(),
        };
        check_one(&home, "logs", &line, &[("", names)]).await;
    }
}
