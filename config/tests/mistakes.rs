//! What is said about mistakes, and where it points.

use std::time::{Duration, Instant};

use super::{lines, problems, read};

/// The first problem of a file that has exactly one, as `line:column key: message`.
#[track_caller]
pub(super) fn check(text: &str, place: &str, key: &str, message: &str) {
    let problems = problems(text);
    assert_eq!(problems.len(), 1, "{text}\n{:#?}", lines(&problems));
    let problem = &problems[0];
    assert_eq!(
        format!("{}:{}", problem.line, problem.column),
        place,
        "{text}\n{problem}"
    );
    assert_eq!(problem.key, key, "{text}\n{problem}");
    assert!(problem.message.contains(message), "{text}\n{problem}");
}

#[test]
fn wrong_types() {
    check("debug: maybe", "1:8", "debug", "must be true or false");
    check("port: http", "1:7", "port", "must be a whole number");
    check("port: 8e3", "1:7", "port", "must be a whole number");
    check("port: 99999999999999999999", "1:7", "port", "too large");
    check(
        "host: [a]",
        "1:7",
        "host",
        "must be a single value, but is a list",
    );
    check(
        "host:\n  a: b",
        "2:3",
        "host",
        "must be a single value, but is a mapping",
    );
    check(
        "api-keys: one",
        "1:11",
        "api-keys",
        "must be a list, but is a single value",
    );
    check(
        "api-keys:\n  - - nested",
        "2:5",
        "api-keys[0]",
        "must be text or a mapping, but is a list",
    );
    check(
        "tls: true",
        "1:6",
        "tls",
        "must be a mapping, but is a single value",
    );
    check(
        "claude-api-key: {api-key: x}",
        "1:17",
        "claude-api-key",
        "must be a list, but is a mapping",
    );
    check(
        "claude-api-key:\n- sk-x",
        "2:3",
        "claude-api-key[0]",
        "must be a mapping",
    );
    check(
        "gemini-api-key:\n- headers: x\n  api-key: k",
        "2:12",
        "gemini-api-key[0].headers",
        "must be a mapping",
    );
    check("- a", "1:1", "", "must be a mapping, but is a list");
    check("words", "1:1", "", "must be a mapping");
    check(
        "routing: {strategy: [x]}",
        "1:21",
        "routing.strategy",
        "must be a single value",
    );
    check(
        "oauth-excluded-models: {claude: x}",
        "1:33",
        "oauth-excluded-models.claude",
        "must be a list",
    );
}

#[test]
fn wrong_values() {
    check("port: 65536", "1:7", "port", "there is no port 65536");
    check("port: -1", "1:7", "port", "there is no port -1");
    check("host: example.com", "1:7", "host", "must be an IP address");
    check("proxy-url: ftp://x", "1:12", "proxy-url", "not a proxy");
    check("request-retry: 101", "1:16", "request-retry", "too large");
    check(
        "limits: {request-body: 1TB}",
        "1:24",
        "limits.request-body",
        "must be a size",
    );
    check(
        "limits: {response-body: 0}",
        "1:25",
        "limits.response-body",
        "too small",
    );
    check(
        "limits: {connections: 0}",
        "1:23",
        "limits.connections",
        "makes no sense",
    );
    check(
        "timeouts:\n  idle: soon",
        "2:9",
        "timeouts.idle",
        "must be a duration",
    );
    check(
        "timeouts:\n  connect: 0",
        "2:12",
        "timeouts.connect",
        "zero refuses everything",
    );
    check("timeouts:\n  body: 48h", "2:9", "timeouts.body", "too long");
    check(
        "streaming: {keepalive-seconds: 90000}",
        "1:32",
        "streaming.keepalive-seconds",
        "too large",
    );
    check(
        "streaming: {bootstrap-retries: 101}",
        "1:32",
        "streaming.bootstrap-retries",
        "too large",
    );
}

#[test]
fn tls_needs_both_paths() {
    check(
        "debug: true\ntls:\n  enable: true\n  key: /k",
        "2:1",
        "tls.cert",
        "`tls.cert` is not set",
    );
    check(
        "tls:\n  enable: true\n  cert: /c\n  key: ''",
        "4:8",
        "tls.key",
        "`tls.key` is not set",
    );
    assert_eq!(problems("tls: {enable: true}").len(), 2);
}

#[test]
fn client_key_mistakes() {
    check(
        "api-keys: [your-api-key-2]",
        "1:12",
        "api-keys[0]",
        "the example file",
    );
    check(
        "api-keys:\n  - key: your-api-key-1",
        "2:10",
        "api-keys[0].key",
        "the example file",
    );
    check("api-keys:\n  - ok\n  - ''", "3:5", "api-keys[1]", "empty");
    check("api-keys:\n  - ok\n  -", "3:4", "api-keys[1]", "empty");
    check(
        "api-keys:\n  - name: Ann",
        "2:5",
        "api-keys[0].key",
        "no key",
    );
    check(
        "api-keys:\n  - key: a\n    key-hash: b",
        "3:15",
        "api-keys[0].key-hash",
        "not both",
    );
    check(
        "api-keys:\n  - key-hash: sha256:12",
        "2:15",
        "api-keys[0].key-hash",
        "not a key hash",
    );
    check(
        "api-keys:\n  - key: a\n    expires: soon",
        "3:14",
        "api-keys[0].expires",
        "not a date",
    );
    check(
        "api-keys:\n  - key: a\n    disabled: 2",
        "3:15",
        "api-keys[0].disabled",
        "true or false",
    );
    check(
        "auth: {providers: [{api-keys: [your-api-key-3]}]}",
        "1:32",
        "auth.providers[0].api-keys[0]",
        "example",
    );
}

#[test]
fn provider_mistakes() {
    let claude = |rest: &str| format!("claude-api-key:\n  - api-key: k\n{rest}");
    let at = |key: &str| format!("claude-api-key[0].{key}");
    check(
        "claude-api-key:\n  - prefix: a",
        "2:5",
        &at("api-key"),
        "no `api-key`",
    );
    check(
        &claude("    base-url: api.test"),
        "3:15",
        &at("base-url"),
        "not a URL",
    );
    check(
        &claude("    base-url: ws://api.test"),
        "3:15",
        &at("base-url"),
        "must start with http",
    );
    check(
        &claude("    base-url: https://a.test?x=1"),
        "3:15",
        &at("base-url"),
        "?query",
    );
    check(
        &claude("    base-url: https://u:p@a.test"),
        "3:15",
        &at("base-url"),
        "user name or password",
    );
    check(
        &claude("    prefix: a/b"),
        "3:13",
        &at("prefix"),
        "one word",
    );
    check(
        &claude("    priority: 3000000000"),
        "3:15",
        &at("priority"),
        "too large",
    );
    check(
        &claude("    proxy-url: x"),
        "3:16",
        &at("proxy-url"),
        "not a proxy",
    );
    check(
        &claude("    auth-scheme: basic"),
        "3:18",
        &at("auth-scheme"),
        "unknown auth scheme",
    );
    check(
        &claude("    headers:\n      Bad Name: x"),
        "4:7",
        &at("headers.Bad Name"),
        "not a header name",
    );
    check(
        &claude("    headers:\n      Host: x"),
        "4:7",
        &at("headers.Host"),
        "belongs to the connection",
    );
    check(
        &claude("    headers:\n      X-A: \"a\\nb\""),
        "4:12",
        &at("headers.X-A"),
        "cannot be sent",
    );
    check(
        &claude("    models:\n      - alias: ''"),
        "4:9",
        &at("models[0].name"),
        "neither",
    );
    check(
        "openai-compatibility:\n  - base-url: http://h",
        "2:5",
        "openai-compatibility[0].name",
        "no `name`",
    );
    check(
        "openai-compatibility:\n  - name: n",
        "2:5",
        "openai-compatibility[0].base-url",
        "no `base-url`",
    );
    let twice = "openai-compatibility:\n  - {name: One, base-url: http://h}\n  - {name: one, base-url: http://h}";
    check(
        twice,
        "3:12",
        "openai-compatibility[1].name",
        "already a provider `one` on line 2",
    );
    let quirk = "openai-compatibility:\n  - name: n\n    base-url: http://h\n    quirks: {max-tokens: some}";
    check(
        quirk,
        "4:26",
        "openai-compatibility[0].quirks.max-tokens",
        "unknown field",
    );
}

#[test]
fn what_has_the_wrong_type_is_not_also_missing() {
    check(
        "claude_api_key:\n- api_key: [k]",
        "2:12",
        "claude-api-key[0].api-key",
        "single value",
    );
    check(
        "api-keys:\n- key: [k]",
        "2:8",
        "api-keys[0].key",
        "single value",
    );
    check(
        "openai-compatibility:\n- name: n\n  base-url: {}",
        "3:13",
        "openai-compatibility[0].base-url",
        "single value",
    );
}

#[test]
fn disabled_entries_are_checked_too() {
    check(
        "claude-api-key: [{api-key: k, disabled: true, prefix: a/b}]",
        "1:55",
        "claude-api-key[0].prefix",
        "one word",
    );
}

#[test]
fn keys_given_twice() {
    check(
        "port: 1\ndebug: true\nport: 2",
        "3:1",
        "port",
        "already set on line 1",
    );
    check(
        "tls:\n  key: a\n  key: b",
        "3:3",
        "tls.key",
        "already set on line 2",
    );
    check(
        "api_keys: []\napi-keys: []",
        "2:1",
        "api-keys",
        "already set on line 1",
    );
    check(
        "claude-api-key:\n- headers: {A: b, A: c}\n  api-key: x",
        "2:19",
        "claude-api-key[0].headers.A",
        "already",
    );
}

#[test]
fn syntax_errors_have_the_position_of_the_parser() {
    let rows = [
        ("port: 1\na: b: c\n", "2:5"),
        ("port: 1\n\tdebug: true\n", "2:1"),
        ("debug: @x\n", "1:8"),
        ("host: 'open\n", "1:7"),
        ("host: *nobody\n", "1:7"),
        ("api-keys: [a\nport: 1\n", "2:5"),
        ("port: 1\n---\nport: 2\n", "2:1"),
        ("? [a]\n: b\n", "1:3"),
        ("api-keys: &a [*a]\n", "1:15"),
    ];
    for (text, place) in rows {
        let problems = problems(text);
        let last = problems.last().unwrap();
        assert_eq!(
            format!("{}:{}", last.line, last.column),
            place,
            "{text}\n{last}"
        );
    }
}

#[test]
fn all_mistakes_are_reported_at_once_and_in_order() {
    let text = "port: 70000
host: nowhere
tls:
  enable: true
api-keys:
  - your-api-key-1
  - key: a
    expires: never
claude-api-key:
  - base-url: nothing
debug: 7
";
    let expected = [
        "modelgate.yaml:1:7: there is no port 70000 (hint: write a number from 1 to 65535)",
        "modelgate.yaml:2:7: host must be an IP address or `localhost` (hint: write `127.0.0.1` for this machine only, or `\"\"` for all interfaces; the port goes to `port`)",
        "modelgate.yaml:3:1: TLS is on, but `tls.cert` is not set (hint: add `cert: /path/to/cert.pem`, or set `enable: false`)",
        "modelgate.yaml:3:1: TLS is on, but `tls.key` is not set (hint: add `key: /path/to/key.pem`, or set `enable: false`)",
        "modelgate.yaml:6:5: this is the key of the example file, which everybody knows (hint: replace it by a long random value)",
        "modelgate.yaml:8:14: this is not a date (hint: write `2027-01-31` or `2027-01-31T18:00:00Z`)",
        "modelgate.yaml:10:5: this entry has no `api-key` (hint: add `api-key: sk-ant-…`, or remove the entry)",
        "modelgate.yaml:10:15: this is not a URL (hint: write it like `https://api.example.com/v1`)",
        "modelgate.yaml:11:8: must be true or false (hint: for example `debug: true`)",
    ];
    assert_eq!(lines(&problems(text)), expected);
    assert_eq!(read(text).unwrap_err().to_string(), expected.join("\n"));
}

#[test]
fn very_many_mistakes_are_counted() {
    let text = format!("api-keys:\n{}", "  - ''\n".repeat(250));
    let problems = problems(&text);
    assert_eq!(problems.len(), 100);
    assert!(
        problems[99]
            .message
            .ends_with("and 150 more problems after this one"),
        "{}",
        problems[99]
    );
}

#[test]
fn unknown_keys_warn_with_a_suggestion() {
    let rows = [
        (
            "prot: 1",
            "modelgate.yaml:1:1: unknown key `prot`; it has no effect (hint: did you mean `port`?)",
        ),
        (
            "api_key: []",
            "modelgate.yaml:1:1: unknown key `api_key`; it has no effect (hint: did you mean `api-keys`?)",
        ),
        (
            "Host: x",
            "modelgate.yaml:1:1: unknown key `Host`; it has no effect (hint: did you mean `host`?)",
        ),
        (
            "keepalive-seconds: 3",
            "modelgate.yaml:1:1: unknown key `keepalive-seconds`; it has no effect (hint: did you mean `streaming.keepalive-seconds`?)",
        ),
        (
            "zzzzzz: 3",
            "modelgate.yaml:1:1: unknown key `zzzzzz`; it has no effect",
        ),
        (
            "tls:\n  enabled: no",
            "modelgate.yaml:2:3: unknown key `enabled`; it has no effect (hint: did you mean `enable`?)",
        ),
        (
            "openai-compatibility:\n- name: n\n  base-url: http://h\n  quirks: {steam-options: no}",
            "modelgate.yaml:4:12: unknown key `steam-options`; it has no effect (hint: did you mean `stream-options`?)",
        ),
    ];
    for (text, expected) in rows {
        assert_eq!(lines(&read(text).unwrap().warnings), [expected], "{text}");
    }
    assert_eq!(read("x-mine: &a {b: c}").unwrap().warnings, []);
    assert_eq!(read("tls: {x-mine: 1}").unwrap().warnings.len(), 1);
}

#[test]
fn a_key_listed_twice_warns_and_the_first_counts() {
    let loaded = read("api-keys:\n  - key: a\n    disabled: true\n  - a\n").unwrap();
    assert_eq!(loaded.config.client_keys.len(), 1);
    assert!(loaded.config.client_keys[0].disabled);
    assert!(
        lines(&loaded.warnings)[0]
            .starts_with("modelgate.yaml:4:5: this key is already listed on line 2")
    );
}

#[test]
fn secrets_are_not_repeated() {
    let secret = "sk-secret-0123456789-abcdef";
    let texts = [
        format!("proxy-url: ftp://user:{secret}@x"),
        format!("api-keys: {secret}"),
        format!("api-keys:\n  - {secret}:\n"),
        format!("api-keys:\n  - key-hash: {secret}"),
        format!("api-keys:\n  - {secret}\n  - {secret}"),
        format!("debug: {secret}"),
        format!("port: {secret}"),
        format!("{secret}: x"),
        secret.to_owned(),
        format!("claude-api-key:\n  - api-key: [{secret}]"),
        format!("claude-api-key:\n  - {secret}"),
        format!("claude-api-key:\n  - api-key: x\n    base-url: https://u:{secret}@h"),
        format!("claude-api-key:\n  - api-key: {secret}\n    headers: {{X-Key: \"{secret}\\n\"}}"),
        format!("a: {secret}: b"),
        format!("{secret}: b: c"),
        format!("{secret}: 1\n{secret}: 2"),
        format!("a: '{secret}"),
        format!("a: *{secret}"),
    ];
    for text in texts {
        let said = match read(&text) {
            Ok(loaded) => format!("{:?} {:?}", loaded.config, loaded.warnings),
            Err(error) => format!("{error} {error:?}"),
        };
        assert!(!said.contains(secret), "{text}\n{said}");
    }
}

#[track_caller]
fn refused_quickly(text: &str, message: &str) {
    let start = Instant::now();
    let problems = problems(text);
    assert!(problems[0].message.contains(message), "{}", problems[0]);
    assert!(
        start.elapsed() < Duration::from_secs(20),
        "took {:?}",
        start.elapsed()
    );
}

#[test]
fn files_that_multiply_themselves_are_refused() {
    let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..30 {
        let below = format!("*a{}", level - 1);
        bomb.push_str(&format!(
            "a{level}: &a{level} [{}]\n",
            [below.as_str(); 10].join(", ")
        ));
    }
    refused_quickly(&bomb, "aliases");
    let wide = format!(
        "api-keys: &k [{}]\nx: [{}]",
        "k, ".repeat(10_000),
        "*k, ".repeat(10_000)
    );
    refused_quickly(&wide, "aliases");
}

#[test]
fn deep_and_huge_files_are_refused() {
    refused_quickly(&format!("a: {}", "[".repeat(1_000_000)), "deep");
    refused_quickly(&"- ".repeat(1_000_000), "deep");
    refused_quickly(&"{a: ".repeat(300_000), "deep");
    refused_quickly(
        &format!("api-keys:\n{}", "  - some-key\n".repeat(2_500_000)),
        "too large for a configuration (30 MB",
    );
}
