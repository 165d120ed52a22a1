//! Log files, the logs of requests, and `modelgate logs`.

use super::run;
use crate::harness::process::Finished;
use crate::harness::settings::SCRIPTED;
use crate::harness::{Answer, Gateway, KEY, Launch, Settings, Speaks, eventually};
use modelgate_test_upstream::{Script, Upstream};
use serde_json::{Value, json};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Child;

/// Logs to a file at the level of every day.
async fn start(settings: &Settings) -> Gateway {
    Launch::with(&settings.text()).start().await
}

fn logging(upstream: &Upstream) -> Settings {
    Settings::upstream(Speaks::Chat, upstream).line("logging-to-file: true")
}

fn directory(gateway: &Gateway) -> PathBuf {
    gateway.home.path("state/modelgate/logs")
}

/// The log files that are whole, by name, in order.
fn files(gateway: &Gateway) -> Vec<(String, PathBuf)> {
    let Ok(entries) = fs::read_dir(directory(gateway)) else {
        return Vec::new();
    };
    let mut files: Vec<(String, PathBuf)> = entries
        .map(|entry| {
            let entry = entry.unwrap();
            (entry.file_name().into_string().unwrap(), entry.path())
        })
        .filter(|(name, _)| name.ends_with(".log"))
        .collect();
    files.sort();
    files
}

/// What `modelgate logs --json` prints with these words.
async fn lines(gateway: &Gateway, words: &[&str]) -> Vec<Value> {
    let finished = run(&gateway.home, &[&["logs", "--json"], words].concat()).await;
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    parsed(&finished)
}

fn parsed(finished: &Finished) -> Vec<Value> {
    let lines = finished.stdout.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// The id of an answer.
fn id(answer: &Answer) -> String {
    answer.header("x-request-id").unwrap().to_owned()
}

async fn until_logged(gateway: &Gateway, id: &str) {
    let words = ["--request", id, "--grep", "total_ms"];
    eventually("the request is in the log", async || {
        lines(gateway, &words)
            .await
            .iter()
            .any(|line| line["text"].is_string())
    })
    .await;
}

#[tokio::test]
async fn lines_are_shown_as_they_are_asked_for() {
    let upstream = Upstream::start().await;
    let gateway = start(&logging(&upstream)).await;
    let good = id(&gateway.question(Speaks::Chat, "up-text", false).await);
    let wrong = id(&gateway
        .question(Speaks::Chat, "nobody-has-this", false)
        .await);
    until_logged(&gateway, &good).await;
    until_logged(&gateway, &wrong).await;

    let all = lines(&gateway, &[]).await;
    let about = |id: &str| all.iter().filter(|line| line["request_id"] == id).count();
    assert_eq!((about(&good), about(&wrong)), (1, 1), "{all:?}");
    let one = &lines(&gateway, &["--request", &good]).await[0];
    assert_eq!(one["level"], "info");
    let text = one["text"].as_str().unwrap();
    assert!(
        text.starts_with("request ") && text.contains("status=200"),
        "{text}"
    );
    let last = lines(&gateway, &["-n", "1", "--grep", "status=404"]).await;
    assert_eq!((last.len(), &last[0]["request_id"]), (1, &json!(wrong)));
    assert_eq!(
        lines(&gateway, &["--level", "error"]).await,
        Vec::<Value>::new()
    );

    let people = run(&gateway.home, &["logs", "--request", &good]).await;
    assert!(people.stdout.starts_with("[20"), "{}", people.stdout);
    assert!(
        people
            .stdout
            .contains(&format!("Z] [{good}] [info ] [modelgate_gateway::record] "))
    );
    // stderr is as it was.
    assert!(gateway.log().contains(&good));
}

#[tokio::test]
async fn without_a_file_it_says_how_to_get_one_and_that_counts_at_once() {
    let upstream = Upstream::start().await;
    let gateway = start(&Settings::upstream(Speaks::Chat, &upstream)).await;
    let off = run(&gateway.home, &["logs"]).await;
    assert_eq!((off.code, &*off.stdout), (Some(1), ""));
    let expected = "error: the gateway does not log to a file\nhint: modelgate config set logging-to-file true\n";
    assert_eq!(off.stderr, expected);
    assert_eq!(files(&gateway), []);

    let set = run(&gateway.home, &["config", "set", "logging-to-file", "true"]).await;
    assert_eq!(set.code, Some(0), "{}", set.stderr);
    let logged = id(&gateway.question(Speaks::Chat, "up-text", false).await);
    until_logged(&gateway, &logged).await;

    let set = run(
        &gateway.home,
        &["config", "set", "logging-to-file", "false"],
    )
    .await;
    assert_eq!(set.code, Some(0), "{}", set.stderr);
    let main = directory(&gateway).join("main.log");
    let unlogged = id(&gateway.question(Speaks::Chat, "up-text", false).await);
    eventually("it is over", async || gateway.log().contains(&unlogged)).await;
    assert!(!fs::read_to_string(&main).unwrap().contains(&unlogged));
    assert_eq!(run(&gateway.home, &["logs"]).await.code, Some(1));
}

/// A command that goes on, and what it has printed.
struct Following {
    _child: Child,
    printed: Arc<Mutex<Vec<Value>>>,
}

impl Following {
    fn start(gateway: &Gateway, words: &[&str]) -> Self {
        let launch = Launch::in_home(&gateway.home);
        let words = [&["logs", "--json", "--follow"], words].concat();
        let (mut child, _) = launch.spawn(&words);
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let printed = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&printed);
        tokio::spawn(async move {
            while let Ok(Some(line)) = lines.next_line().await {
                seen.lock()
                    .unwrap()
                    .push(serde_json::from_str(&line).unwrap());
            }
        });
        Self {
            _child: child,
            printed,
        }
    }

    /// The requests it has told of, each as often as it did.
    fn requests(&self) -> Vec<String> {
        let printed = self.printed.lock().unwrap();
        let ids = printed
            .iter()
            .filter_map(|line| line["request_id"].as_str());
        ids.map(str::to_owned).collect()
    }
}

#[tokio::test]
async fn following_goes_on_over_rotation_and_misses_nothing() {
    let upstream = Upstream::start().await;
    let long = json!({"error": {"message": "y".repeat(4_000), "type": "invalid_request_error"}});
    upstream.script(SCRIPTED, Script::json(400, &long));
    let gateway =
        start(&logging(&upstream).line("logs-max-total-size-mb: 2\ncommercial-mode: true")).await;
    let first = id(&gateway.question(Speaks::Chat, "up-text", false).await);
    until_logged(&gateway, &first).await;
    let following = Following::start(&gateway, &["--grep", "total_ms"]);
    eventually("it has begun", async || following.requests() == [&*first]).await;

    let mut asked = vec![first];
    // Each leaves lines of more than 3 kB; the file is put aside at a megabyte.
    for _ in 0..350 {
        asked.push(id(&gateway.question(Speaks::Chat, SCRIPTED, false).await));
    }
    eventually("everything is told", async || {
        following.requests().len() >= asked.len()
    })
    .await;
    assert_eq!(following.requests(), asked);
    let names: Vec<String> = files(&gateway).into_iter().map(|(name, _)| name).collect();
    assert!(
        names.len() == 2 && names[0].starts_with("main-20"),
        "{names:?}"
    );
    let sizes = files(&gateway)
        .into_iter()
        .map(|(_, path)| fs::metadata(path).unwrap().len());
    assert!(sizes.sum::<u64>() <= 2 << 20);
    // What was put aside is searched too.
    let first = lines(&gateway, &["--request", &asked[1]]).await;
    assert_eq!(first.len(), 2);
    let last = lines(&gateway, &["--request", asked.last().unwrap()]).await;
    assert_eq!(last.len(), 2, "{last:?}");
}

#[tokio::test]
async fn only_a_request_that_a_provider_refused_leaves_a_log() {
    let upstream = Upstream::start().await;
    let refusal = json!({"error": {"message": "not today", "type": "invalid_request_error"}});
    upstream.script(SCRIPTED, Script::json(400, &refusal));
    let gateway = start(&Settings::upstream(Speaks::Claude, &upstream)).await;
    gateway.question(Speaks::Chat, "up-text", false).await;
    gateway
        .question(Speaks::Chat, "nobody-has-this", false)
        .await;
    let refused = id(&gateway.question(Speaks::Chat, SCRIPTED, true).await);
    eventually("it is written", async || !files(&gateway).is_empty()).await;
    let [(name, path)] = &files(&gateway)[..] else {
        panic!("{:?}", files(&gateway))
    };
    assert!(name.starts_with("error-v1-chat-completions-20"), "{name}");
    assert!(name.ends_with(&format!("-{refused}.log")), "{name}");
    let mode = |path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(path), mode(&directory(&gateway))), (0o600, 0o700));
    let text = fs::read_to_string(path).unwrap();
    for part in [
        "=== API REQUEST ===",
        "/v1/messages\n",
        "HTTP Status: 400",
        "not today",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }

    // The command shows it though there are no lines.
    let shown = run(&gateway.home, &["logs", "--request", &refused]).await;
    assert_eq!(
        (shown.code, &shown.stdout),
        (Some(0), &text),
        "{}",
        shown.stderr
    );
    let listed = Answer::read(
        gateway
            .keyless("GET", "/v0/management/request-error-logs")
            .header("x-management-key", gateway.token()),
    )
    .await;
    assert_eq!(listed.json()["files"][0]["name"], **name);
}

#[tokio::test]
async fn a_stream_that_breaks_off_leaves_a_log() {
    let upstream = Upstream::start().await;
    let frame = json!({"id": "c", "object": "chat.completion.chunk", "created": 1, "model": SCRIPTED,
        "choices": [{"index": 0, "delta": {"role": "assistant", "content": "Hel"}, "finish_reason": null}]});
    let events = Script::sse([format!("data: {frame}\n\n")]).abort();
    upstream.script(SCRIPTED, events);
    let gateway = start(&Settings::upstream(Speaks::Chat, &upstream)).await;
    let broken = id(&gateway.question(Speaks::Chat, SCRIPTED, true).await);
    eventually("it is written", async || !files(&gateway).is_empty()).await;
    let (name, path) = &files(&gateway)[0];
    assert!(
        name.starts_with("error-") && name.contains(&broken),
        "{name}"
    );
    let text = fs::read_to_string(path).unwrap();
    assert!(
        text.contains("=== API ERROR RESPONSE ===") && text.contains("Status: 200"),
        "{text}"
    );
}

#[tokio::test]
async fn no_planted_secret_is_in_any_log_file() {
    const PROVIDER: &str = "sk-good";
    const MANAGEMENT: &str = "planted-management-key-0123";
    const ACCESS: &str = "planted-access-token-0123";
    const REFRESH: &str = "planted-refresh-token-0123";
    let upstream = Upstream::start().await;
    // An upstream that repeats what it should not.
    let said = format!("{KEY} and Bearer {PROVIDER} and {ACCESS} and {REFRESH}");
    let refusal = json!({"error": {"message": said, "type": "invalid_request_error"}});
    upstream.script(SCRIPTED, Script::json(400, &refusal));
    let settings = logging(&upstream)
        .line("request-log: true")
        .line(&format!("remote-management: {{secret-key: {MANAGEMENT}}}"));
    let launch = Launch::with(&settings.text());
    let account = json!({"type": "claude", "email": "ada@example.com", "access_token": ACCESS, "refresh_token": REFRESH,
        "expired": "2099-01-01T00:00:00Z", "base_url": upstream.url(), "fetch_models": false,
        "model_aliases": [{"name": "up-text", "alias": "ada"}]});
    let accounts = launch.home().path("data/modelgate/auth");
    fs::create_dir_all(&accounts).unwrap();
    fs::write(accounts.join("claude-ada.json"), account.to_string()).unwrap();
    let gateway = launch.env("MODELGATE_LOG", "trace").start().await;

    let mut asked = Vec::new();
    for stream in [false, true] {
        for model in [SCRIPTED, "ada", "up-text", "nobody-has-this"] {
            asked.push(id(&gateway.question(Speaks::Chat, model, stream).await));
            let query = format!("/v1/chat/completions?key={KEY}");
            let body = json!({"model": model, "messages": [{"role": "user", "content": said}], "stream": stream});
            let request = gateway.keyless("POST", &query).body(body.to_string());
            asked.push(id(&Answer::read(request).await));
        }
    }
    // The gateway has but a hash of this one; it is a secret because of where it stands.
    for key in [MANAGEMENT, "planted-guess-0123"] {
        let logs = gateway.keyless("GET", "/v0/management/logs");
        Answer::read(logs.header("x-management-key", key)).await;
        let body = json!({"model": "up-text", "messages": [{"role": "user", "content": key}]});
        let request = gateway.keyless("POST", "/v1/chat/completions");
        let answer = Answer::read(request.bearer_auth(key).body(body.to_string())).await;
        assert_eq!(answer.status, 401);
        asked.push(id(&answer));
    }
    eventually("all are written", async || {
        let requests = fs::read_to_string(directory(&gateway).join("requests.log"));
        let requests = requests.unwrap_or_default();
        asked
            .iter()
            .all(|id| requests.contains(&format!("Request ID: {id}\n")))
    })
    .await;
    until_logged(&gateway, asked.last().unwrap()).await;
    for (name, path) in files(&gateway) {
        let text = fs::read_to_string(&path).unwrap();
        for secret in [
            KEY,
            PROVIDER,
            MANAGEMENT,
            ACCESS,
            REFRESH,
            &gateway.token(),
            "planted-guess-0123",
        ] {
            let line = text.lines().find(|line| line.contains(secret));
            assert_eq!(line, None, "{secret} in {name}");
        }
        let mode = fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{name}");
    }
}
