//! `modelgate launch` and `modelgate env`: clients that are pointed at the gateway.

use crate::harness::process::Finished;
use crate::harness::{Home, KEY, Launch, PATIENCE, eventually};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::Command;
use tokio::time::timeout;

/// What a fake client prints: the variables that matter, and its arguments.
const PRINTS: &str = "#!/bin/sh
env | grep -E '^(OPENAI|ANTHROPIC|GOOGLE|GEMINI|MODELGATE|CLAUDE|CODEX|AIDER|OPENROUTER|DEEPSEEK|OPENCODE)' | sort
for word in \"$@\"; do echo \"argument=$word\"; done
cat /proc/$$/cmdline | tr '\\0' ' ' | sed 's/^/line=/'
echo
";

/// A home with this configuration, where `client` and the programs of the system are on the path.
fn home(config: &str, client: &str, script: &str) -> Home {
    let home = Home::new();
    let path = home.default_config();
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, config).unwrap();
    let bin = home.path("bin");
    fs::create_dir_all(&bin).unwrap();
    let program = bin.join(client);
    fs::write(&program, script).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    home
}

/// A start in this home that finds the client.
fn launch(home: &Home) -> Launch {
    let path = format!("{}:/usr/bin:/bin", home.path("bin").display());
    Launch::in_home(home).env("PATH", &path)
}

fn config() -> String {
    format!("port: 0\napi-keys: [{KEY}]\n")
}

fn value<'a>(finished: &'a Finished, name: &str) -> Option<&'a str> {
    let prefix = format!("{name}=");
    let mut lines = finished.stdout.lines();
    lines.find_map(|line| line.strip_prefix(&*prefix))
}

/// The files by which commands find gateways.
fn runtime_files(home: &Home) -> Vec<PathBuf> {
    let files = home.files().into_iter();
    files
        .filter(|path| path.to_string_lossy().contains("/runtime-"))
        .collect()
}

#[tokio::test]
async fn a_client_is_started_with_a_gateway_of_its_own_that_ends_with_it() {
    let script = format!("{PRINTS}exit 7\n");
    let home = home(&config(), "claude", &script);
    let finished = launch(&home)
        .env("ANTHROPIC_API_KEY", "sk-ant-mine-0123456789")
        .env("ANTHROPIC_BASE_URL", "https://elsewhere.example.com")
        .env("CLAUDE_CODE_USE_BEDROCK", "1")
        .env("OPENAI_API_KEY", "sk-mine-0123456789")
        .run(&["launch", "claude", "--model", "demo", "--", "-p", "a b"])
        .await;
    assert_eq!(finished.code, Some(7), "{}", finished.stderr);
    let url = value(&finished, "ANTHROPIC_BASE_URL").unwrap();
    assert!(url.starts_with("http://127.0.0.1:"), "{url}");
    for (name, expected) in [
        ("ANTHROPIC_AUTH_TOKEN", Some(KEY)),
        ("ANTHROPIC_API_KEY", None),
        ("CLAUDE_CODE_USE_BEDROCK", None),
        ("ANTHROPIC_MODEL", Some("demo")),
        // It is the key of the programs that the client starts, and the client does not look at it.
        ("OPENAI_API_KEY", Some("sk-mine-0123456789")),
    ] {
        assert_eq!(value(&finished, name), expected, "{name}");
    }
    assert!(
        finished.stdout.contains("argument=-p\nargument=a b\n"),
        "{}",
        finished.stdout
    );
    let line = value(&finished, "line").unwrap();
    assert!(
        !line.contains(KEY),
        "no key in the list of processes: {line}"
    );
    for words in [
        "it ends with claude",
        "not in effect for it, though set here: ANTHROPIC_BASE_URL, ANTHROPIC_API_KEY, CLAUDE_CODE_USE_BEDROCK",
    ] {
        assert!(finished.stderr.contains(words), "{}", finished.stderr);
    }
    assert!(!finished.stderr.contains(KEY), "{}", finished.stderr);
    assert_eq!(
        runtime_files(&home),
        [PathBuf::new(); 0],
        "the gateway has ended"
    );
    let log = fs::metadata(home.path("state/modelgate/launch.log")).unwrap();
    assert_eq!(log.permissions().mode() & 0o777, 0o600);
}

#[tokio::test]
async fn a_gateway_that_runs_is_used_and_the_client_takes_our_place() {
    let script = "#!/bin/sh\necho pid=$$\necho base=$OPENAI_BASE_URL\nkill -TERM $$\n";
    let home = home(&config(), "anything", script);
    let gateway = Launch::in_home(&home).start().await;
    let (child, _) = launch(&home).spawn(&["launch", "anything"]);
    let pid = child.id().unwrap();
    let output = timeout(PATIENCE, child.wait_with_output()).await;
    let output = output.unwrap().unwrap();
    let stdout = String::from_utf8(output.stdout).unwrap();
    assert_eq!(stdout, format!("pid={pid}\nbase={}/v1\n", gateway.url()));
    let signal = std::os::unix::process::ExitStatusExt::signal(&output.status);
    assert_eq!(signal, Some(15), "the client ended as it ended");
    assert_eq!(runtime_files(&home).len(), 1, "the gateway goes on");
}

#[tokio::test]
async fn signals_reach_the_client_and_its_gateway_ends_after_it() {
    let script = "#!/bin/sh\ntrap 'echo told; exit 3' TERM\necho ready > \"$HOME.ready\"\nwhile :; do sleep 0.05; done\n";
    let home = home(&config(), "waits", script);
    let (child, _) = launch(&home).spawn(&["launch", "waits"]);
    let ready = home.path("home.ready");
    eventually("the client runs", async || ready.exists()).await;
    assert_eq!(runtime_files(&home).len(), 1);
    let pid = child.id().unwrap().to_string();
    Command::new("kill").args(["-TERM", &pid]).status().unwrap();
    let output = timeout(PATIENCE, child.wait_with_output()).await;
    let output = output.unwrap().unwrap();
    assert_eq!(output.status.code(), Some(3));
    assert_eq!(output.stdout, b"told\n");
    assert_eq!(runtime_files(&home).len(), 0, "the gateway has ended");
}

#[tokio::test]
async fn a_client_that_a_signal_ended_is_told_as_shells_tell_it() {
    let home = home(&config(), "dies", "#!/bin/sh\nkill -KILL $$\n");
    let finished = launch(&home).run(&["launch", "dies"]).await;
    assert_eq!(finished.code, Some(137), "{}", finished.stderr);
}

#[tokio::test]
async fn what_is_missing_is_said_before_anything_is_started() {
    let home = home(&config(), "other", PRINTS);
    let finished = launch(&home).run(&["launch", "codex"]).await;
    assert_eq!(finished.code, Some(1));
    for words in ["codex is not installed", "hint: install it: npm install"] {
        assert!(finished.stderr.contains(words), "{}", finished.stderr);
    }
    assert!(!home.path("state").exists(), "no gateway was started");

    let home = self::home("port: many\n", "claude", PRINTS);
    let finished = launch(&home).run(&["launch", "claude"]).await;
    assert_eq!(finished.code, Some(1));
    for words in ["the gateway did not start", "config.yaml:1:7"] {
        assert!(finished.stderr.contains(words), "{}", finished.stderr);
    }
}

#[tokio::test]
async fn a_key_that_cannot_be_read_is_asked_for() {
    let hash = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    let config = format!("port: 0\napi-keys: [{{key-hash: '{hash}', name: abc}}]\n");
    let home = home(&config, "claude", PRINTS);
    let finished = launch(&home).run(&["launch", "claude"]).await;
    assert_eq!(finished.code, Some(1));
    for words in ["only hashes", "MODELGATE_KEY", "modelgate keys add"] {
        assert!(finished.stderr.contains(words), "{}", finished.stderr);
    }
    assert_eq!(runtime_files(&home).len(), 0, "the gateway has ended");
    let given = launch(&home).env("MODELGATE_KEY", "abc");
    let named = given.run(&["launch", "claude"]).await;
    assert!(named.stderr.contains("only the hash"), "{}", named.stderr);
    let given = launch(&home).env("MODELGATE_KEY", "the-key-itself");
    let finished = given.run(&["launch", "claude"]).await;
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    let token = value(&finished, "ANTHROPIC_AUTH_TOKEN");
    assert_eq!(token, Some("the-key-itself"));
}

#[tokio::test]
async fn clients_with_settings_of_their_own_get_them() {
    let home = home(&config(), "codex", PRINTS);
    fs::copy(home.path("bin/codex"), home.path("bin/opencode")).unwrap();
    fs::copy(home.path("bin/codex"), home.path("bin/gemini")).unwrap();
    let gateway = Launch::in_home(&home).start().await;
    let codex = launch(&home)
        .run(&["launch", "codex", "--", "exec", "hello"])
        .await;
    let base = format!(
        "argument=model_providers.modelgate.base_url=\"{}/v1\"",
        gateway.url()
    );
    assert!(codex.stdout.contains(&base), "{}", codex.stdout);
    assert!(codex.stdout.contains("argument=exec\nargument=hello\n"));
    assert_eq!(value(&codex, "MODELGATE_KEY"), Some(KEY));
    assert!(!value(&codex, "line").unwrap().contains(KEY));

    let opencode = launch(&home).run(&["launch", "opencode"]).await;
    let settings = value(&opencode, "OPENCODE_CONFIG_CONTENT").unwrap();
    let settings: serde_json::Value = serde_json::from_str(settings).unwrap();
    let models = &settings["provider"]["modelgate"]["models"];
    assert!(models.get("demo").is_some(), "{settings}");

    let gemini = launch(&home).run(&["launch", "gemini"]).await;
    assert_eq!(value(&gemini, "GEMINI_API_KEY"), Some(KEY));
    let file = value(&gemini, "GEMINI_CLI_SYSTEM_SETTINGS_PATH").unwrap();
    assert!(fs::read_to_string(file).unwrap().contains("gemini-api-key"));
}

#[tokio::test]
async fn the_lines_of_env_work_in_a_shell_and_in_scripts() {
    let home = home(&config(), "unused", PRINTS);
    let gateway = Launch::in_home(&home).start().await;
    let lines = launch(&home)
        .run(&["env", "claude", "--shell", "bash"])
        .await;
    assert_eq!(lines.code, Some(0), "{}", lines.stderr);
    let script = format!(
        "eval \"$1\"; echo \"$ANTHROPIC_BASE_URL $ANTHROPIC_AUTH_TOKEN ${{ANTHROPIC_API_KEY-gone}}\""
    );
    let shell = Command::new("sh")
        .args(["-c", &script, "sh", &lines.stdout])
        .env("ANTHROPIC_API_KEY", "sk-ant-mine")
        .output()
        .unwrap();
    let told = String::from_utf8(shell.stdout).unwrap();
    assert_eq!(told, format!("{} {KEY} gone\n", gateway.url()));

    let fish = launch(&home)
        .run(&["env", "aider", "--shell", "fish", "--model", "demo"])
        .await;
    assert!(
        fish.stdout.contains("set -gx AIDER_MODEL 'openai/demo'\n"),
        "{}",
        fish.stdout
    );
    // The shell in use is none here, so it is the person's own.
    let own = launch(&home).env("SHELL", "/usr/bin/fish");
    let own = own.run(&["env", "claude"]).await;
    assert!(own.stdout.starts_with("set -gx "), "{}", own.stdout);
}

#[tokio::test]
async fn env_names_the_address_of_the_configuration_where_nobody_serves() {
    let config = format!("port: 8999\napi-keys: [{KEY}]\n");
    let home = home(&config, "unused", PRINTS);
    let lines = launch(&home)
        .run(&["env", "python", "--shell", "zsh"])
        .await;
    assert_eq!(lines.code, Some(0), "{}", lines.stderr);
    let line = "export OPENAI_BASE_URL='http://127.0.0.1:8999/v1'\n";
    assert!(lines.stdout.starts_with(line), "{}", lines.stdout);
    assert!(lines.stderr.contains("warning: no gateway is running"));

    let nothing = Launch::bare().run(&["env", "claude"]).await;
    assert_eq!(nothing.code, Some(1));
    assert!(
        nothing
            .stderr
            .contains("hint: start it with: modelgate serve")
    );
}
