//! Every key with a meaning.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::mistakes::check;
use super::{config, read};
use crate::model::{
    ClaudeAuth, ClientKey, Ledger, Limits, MaxTokensField, ModelEntry, Proxy, Quirks,
    ResponsesStore, Streaming, Timeouts, Tls,
};
use crate::{Environment, OAuth, OAuthSetting, Secret, TEMPLATE, parse};

#[test]
fn an_empty_file_has_defaults() {
    for text in [
        "",
        "\n",
        "# nothing but words\n",
        "---\n",
        "{}",
        "api-keys:\nport:\ntls:\n",
    ] {
        let config = config(text);
        assert_eq!(
            config.server.address,
            SocketAddr::from(([127, 0, 0, 1], 8317)),
            "{text:?}"
        );
        assert_eq!(config.server.tls, None);
        assert!(config.client_keys.is_empty());
        assert!(config.claude.is_empty() && config.gemini.is_empty() && config.vertex.is_empty());
        assert!(config.codex.is_empty() && config.compatible.is_empty());
        assert_eq!(
            (config.debug, config.request_retry, config.proxy),
            (false, 0, Proxy::Inherit)
        );
        assert_eq!(config.auth_dir, PathBuf::from(".modelgate/auth"));
        assert_eq!(config.streaming, Streaming::default());
        assert_eq!(config.limits, Limits::default());
        assert_eq!(config.timeouts, Timeouts::default());
        assert!(config.payload.is_empty());
        let store = ResponsesStore {
            max_entries: 1000,
            max_size: 64 << 20,
            ttl: Duration::from_secs(3600),
        };
        assert_eq!(config.responses_store, Some(store));
        assert_eq!(
            (config.strict_translation, config.gemini_cli_endpoint),
            (false, false)
        );
    }
}

#[test]
fn the_template_states_the_defaults() {
    let (template, empty) = (config(TEMPLATE), config(""));
    assert_eq!(format!("{template:?}"), format!("{empty:?}"));
}

#[test]
fn the_examples_of_the_template_are_right() {
    let mut text = String::new();
    for line in TEMPLATE.lines() {
        let example = line.strip_prefix("# ").filter(|rest| {
            rest.starts_with("  ")
                || [
                    "ampcode:",
                    "api-keys:",
                    "auth-dir:",
                    "oauth:",
                    "claude-api-key:",
                    "gemini-api-key:",
                    "vertex-api-key:",
                    "codex-api-key:",
                    "openai-compatibility:",
                    "payload:",
                ]
                .iter()
                .any(|key| rest.starts_with(key))
        });
        let hash = format!("sha256:{}", "0".repeat(64));
        match example {
            Some(example) => text.push_str(&example.replace("sha256:…", &hash)),
            None if line == "api-keys: []" => {}
            None => text.push_str(line),
        }
        text.push('\n');
    }
    let config = config(&text);
    assert_eq!(
        (
            config.client_keys.len(),
            config.claude.len(),
            config.gemini.len(),
            config.vertex.len(),
            config.codex.len(),
            config.compatible.len()
        ),
        (3, 1, 1, 2, 1, 2)
    );
    let payload = &config.payload;
    assert_eq!(
        (
            payload.defaults.len(),
            payload.overrides.len(),
            payload.filters.len()
        ),
        (1, 2, 1)
    );
    assert_eq!(config.compatible[1].quirks, Quirks::default());
    let ampcode = &config.ampcode;
    assert!(ampcode.upstream.is_some() && ampcode.local_only && !ampcode.mappings_first);
    let told = (ampcode.keys_of_clients.len(), ampcode.mappings.len());
    assert_eq!(told, (1, 2));
}

#[test]
fn server_keys() {
    let rows = [
        ("host: \"\"\nport: 80", "[::]:80"),
        ("host: 0.0.0.0", "0.0.0.0:8317"),
        ("host: localhost\nport: 0", "127.0.0.1:0"),
        ("host: \"[::1]\"\nport: 65535", "[::1]:65535"),
        ("host:", "127.0.0.1:8317"),
    ];
    for (text, address) in rows {
        assert_eq!(config(text).server.address.to_string(), address, "{text}");
    }
    let tls = config("tls: {enable: true, cert: /c.pem, key: /k.pem}")
        .server
        .tls;
    assert_eq!(
        tls,
        Some(Tls {
            cert: "/c.pem".into(),
            key: "/k.pem".into()
        })
    );
    assert_eq!(config("tls: {enable: no, cert: /c.pem}").server.tls, None);
}

#[test]
fn plain_keys() {
    let config = config(
        "debug: true\nproxy-url: socks5h://u:p@proxy:1\nrequest-retry: 3\nauth-dir: /accounts\n",
    );
    assert!(config.debug);
    assert_eq!(
        config.proxy,
        Proxy::Url(Secret::from("socks5h://u:p@proxy:1"))
    );
    assert_eq!(
        (config.request_retry, config.auth_dir),
        (3, PathBuf::from("/accounts"))
    );
}

#[test]
fn words_of_translation() {
    for (text, strict) in [
        ("translation: strict", true),
        ("translation: Strict", true),
        ("translation: lenient", false),
        ("translation:", false),
    ] {
        assert_eq!(config(text).strict_translation, strict, "{text}");
    }
    for (word, served) in [
        ("true", true),
        ("false", false),
        ("off", false),
        ("", false),
    ] {
        let text = format!("enable-gemini-cli-endpoint: {word}");
        assert_eq!(config(&text).gemini_cli_endpoint, served, "{text}");
    }
    check("translation: exact", "1:14", "translation", "unknown kind");
}

#[test]
fn the_store_of_responses() {
    let store = |text: &str| config(&format!("responses-store: {text}")).responses_store;
    assert_eq!(
        store("{max-entries: 5, max_size_mb: 2, ttl: 30d}"),
        Some(ResponsesStore {
            max_entries: 5,
            max_size: 2 << 20,
            ttl: Duration::from_secs(30 * 86_400),
        })
    );
    let ninety = ResponsesStore {
        ttl: Duration::from_secs(90),
        ..ResponsesStore::default()
    };
    assert_eq!(store("{ttl: 90}"), Some(ninety));
    assert_eq!(store("{ttl: }"), Some(ResponsesStore::default()));
    for off in [
        "{max-entries: 0}",
        "{max-entries: -1}",
        "{max-size-mb: 0}",
        "{ttl: 0}",
        "{ttl: 0s}",
    ] {
        assert_eq!(store(off), None, "{off}");
    }
    check(
        "responses-store: {max-entries: 1000001}",
        "1:32",
        "responses-store.max-entries",
        "too large",
    );
    check(
        "responses-store:\n  ttl: 31d",
        "2:8",
        "responses-store.ttl",
        "too long",
    );
    check(
        "responses-store:\n  max-size-mb: 1GB",
        "2:16",
        "responses-store.max-size-mb",
        "must be a whole number",
    );
}

#[test]
fn what_is_written_down_of_requests() {
    let none = config("").ledger;
    assert!(none.enabled && none.path.ends_with("ledger.db"));
    assert_eq!((none.row_days, none.sum_days), (Some(90), Some(730)));
    let some = config(
        "usage-statistics-enabled: false
redis-usage-queue-retention-seconds: 5
ledger: {path: /data/l.db, keep-days: 7, keep_sums_days: 0, max-file-size-mb: 3, prices: /p.json}
",
    );
    let expected = Ledger {
        enabled: false,
        path: "/data/l.db".into(),
        row_days: Some(7),
        sum_days: None,
        max_bytes: Some(3 << 20),
        queue: Duration::from_secs(5),
        prices: Some("/p.json".into()),
    };
    assert_eq!(some.ledger, expected);
    let for_ever = config("ledger: {keep-days: 0, keep-sums-days: 0, max-file-size-mb: 0}").ledger;
    assert_eq!((for_ever.row_days, for_ever.max_bytes), (None, None));
    check(
        "ledger: {keep-days: 40000}",
        "1:21",
        "ledger.keep-days",
        "too large",
    );
    for shorter in ["{keep-sums-days: 30}", "{keep-days: 0}"] {
        let warnings = read(&format!("ledger: {shorter}")).unwrap().warnings;
        assert!(
            warnings[0].message.contains("at least as long"),
            "{shorter}"
        );
    }
}

#[test]
fn blocks_of_numbers() {
    let config = config(
        "streaming: {keepalive-seconds: 0, bootstrap-retries: 4}
limits: {request-body: 1MB, response-body: 2048, connections: 7}
timeouts: {connect: 1, first-byte: 2m, idle: 90s, header: 500ms, body: 5, drain: 0}
",
    );
    assert_eq!(
        config.streaming,
        Streaming {
            keepalive: None,
            bootstrap_retries: 4
        }
    );
    assert_eq!(
        config.limits,
        Limits {
            request_body: 1 << 20,
            response_body: 2048,
            connections: 7
        }
    );
    let expected = Timeouts {
        connect: Duration::from_secs(1),
        first_byte: Duration::from_secs(120),
        idle: Duration::from_secs(90),
        header: Duration::from_millis(500),
        body: Duration::from_secs(5),
        drain: Duration::ZERO,
    };
    assert_eq!(config.timeouts, expected);
}

#[test]
fn client_keys_in_every_form() {
    let hash = ClientKey::new("third").key_hash();
    let config = config(&format!(
        "api-keys:
  - first
  - key: second
    name: Ann
    models: [gpt-*, Claude-*]
    expires: 1970-01-02
  - key-hash: {hash}
    disabled: true
  - 12345
auth:
  providers:
    - name: config-inline
      type: config-api-key
      api-keys: [fifth]
"
    ));
    let digests: Vec<_> = config.client_keys.iter().map(|key| key.digest).collect();
    assert_eq!(
        digests,
        ["first", "second", "third", "12345", "fifth"].map(crate::key_digest)
    );
    let second = &config.client_keys[1];
    assert_eq!(second.id, ClientKey::new("second").id);
    assert_eq!(second.name.as_deref(), Some("Ann"));
    assert_eq!(
        second.expires,
        Some(SystemTime::UNIX_EPOCH + Duration::from_secs(86_400))
    );
    assert!(
        second
            .models
            .iter()
            .any(|pattern| pattern.matches("claude-opus"))
    );
    assert_eq!(second.models.len(), 2);
    let disabled: Vec<_> = config.client_keys.iter().map(|key| key.disabled).collect();
    assert_eq!(disabled, [false, false, true, false, false]);
}

#[test]
fn claude_entries() {
    let config = config(
        "claude-api-key:
  - api-key: sk-ant-1
  - api-key: sk-ant-2
    base-url: https://proxy.test/anthropic/
    prefix: /team/
    priority: -5
    auth-scheme: bearer
    proxy-url: none
    models:
      - {name: claude-a, alias: a}
      - {name: claude-b}
      - {alias: c}
    excluded-models: ['*-Preview', '']
    headers: {X-Team: research, X-Empty: ''}
    cloak: {mode: auto}
  - api-key: sk-ant-3
    disabled: true
",
    );
    assert_eq!(config.claude.len(), 2);
    let (first, second) = (&config.claude[0], &config.claude[1]);
    assert_eq!(first.entry.origin, "claude-api-key[0]");
    assert_eq!(first.entry.base_url.as_str(), "https://api.anthropic.com/");
    assert_eq!(
        (first.auth, &first.proxy, first.entry.priority),
        (ClaudeAuth::Auto, &Proxy::Inherit, 0)
    );
    assert_eq!(second.api_key.expose(), "sk-ant-2");
    assert_eq!(
        second.entry.base_url.as_str(),
        "https://proxy.test/anthropic"
    );
    assert_eq!(second.entry.prefix.as_deref(), Some("team"));
    assert_eq!(
        (second.auth, &second.proxy, second.entry.priority),
        (ClaudeAuth::Bearer, &Proxy::Direct, -5)
    );
    let model = |name: &str, alias: &str| ModelEntry {
        name: name.into(),
        alias: alias.into(),
        responses: None,
    };
    assert_eq!(
        second.entry.models,
        [
            model("claude-a", "a"),
            model("claude-b", "claude-b"),
            model("c", "c")
        ]
    );
    assert_eq!(second.entry.excluded_models.len(), 1);
    assert!(second.entry.excluded_models[0].matches("x-preview"));
    assert_eq!(
        second.entry.headers,
        [("X-Team".to_owned(), Secret::from("research"))]
    );
}

#[test]
fn compatible_entries() {
    let config = config(
        "openai-compatibility:
  - name: local
    base-url: http://127.0.0.1:11434/v1/
  - name: pool
    base-url: https://pool.test/v1
    api-key-entries:
      - api-key: sk-1
        proxy-url: direct
      - api-key: ''
    api-keys: [sk-2]
    models: [{name: a, alias: best}, {name: b, alias: best}]
    quirks:
      stream-options: false
      max-tokens: max_completion_tokens
      developer-role: true
      image-in-tool: true
      cache-control: true
      replay-reasoning: true
      reasoning-effort: false
  - {name: off, base-url: 'https://off.test', disabled: true}
",
    );
    assert_eq!(config.compatible.len(), 2);
    let (local, pool) = (&config.compatible[0], &config.compatible[1]);
    assert_eq!(
        (local.name.as_str(), local.entry.base_url.as_str()),
        ("local", "http://127.0.0.1:11434/v1")
    );
    assert_eq!(
        (local.keys.len(), &local.keys[0].api_key, local.quirks),
        (1, &None, Quirks::default())
    );
    assert!(local.accepts[0].matches("anything/at:all"));
    let keys: Vec<_> = pool
        .keys
        .iter()
        .map(|key| (key.api_key.as_ref().map(Secret::expose), key.proxy.clone()))
        .collect();
    assert_eq!(
        keys,
        [
            (Some("sk-1"), Proxy::Direct),
            (None, Proxy::Inherit),
            (Some("sk-2"), Proxy::Inherit)
        ]
    );
    assert_eq!(
        pool.entry
            .models
            .iter()
            .map(|model| model.alias.as_str())
            .collect::<Vec<_>>(),
        ["best", "best"]
    );
    let expected = Quirks {
        stream_options: false,
        max_tokens: MaxTokensField::MaxCompletionTokens,
        developer_role: true,
        image_in_tool: true,
        cache_control: true,
        replay_reasoning: true,
        reasoning_effort: false,
    };
    assert_eq!(pool.quirks, expected);
}

#[test]
fn snake_case_is_the_same() {
    let kebab = "api-keys: [a]\nrequest-retry: 2\nremote-management: {secret-key: x}\nopenai-compatibility:\n  - name: n\n    base-url: http://h/v1\n    api-key-entries: [{api-key: k}]\n    quirks: {max-tokens: max-tokens}\n";
    let snake = kebab
        .replace("max-tokens}", "max_tokens}")
        .replace('-', "_")
        .replace("  _ name", "  - name");
    assert!(
        snake.contains("\n  - name")
            && snake.contains("api_key_entries")
            && snake.contains("secret_key")
    );
    assert_eq!(
        format!("{:?}", config(kebab)),
        format!("{:?}", config(&snake))
    );
}

#[test]
fn anchors_and_merge_keys_are_followed() {
    let config = config(
        "x-common: &common
  headers: {X-Team: a}
  priority: 3
claude-api-key:
  - <<: *common
    api-key: k1
  - <<: [*common]
    api-key: k2
    priority: 4
",
    );
    let priorities: Vec<_> = config
        .claude
        .iter()
        .map(|key| (key.entry.priority, key.entry.headers.len()))
        .collect();
    assert_eq!(priorities, [(3, 1), (4, 1)]);
}

/// The keys of the product family, of all its generations.
#[test]
fn a_file_of_the_family_loads_without_a_word() {
    let loaded = read(include_str!("family.yaml")).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(loaded.warnings, []);
    assert_eq!(loaded.config.server.address.port(), 8317);
    let config = loaded.config;
    assert_eq!(config.compatible[0].keys.len(), 2);
    assert_eq!(
        (config.gemini.len(), config.vertex.len(), config.codex.len()),
        (2, 1, 1)
    );
    assert!(!config.gemini_cli_endpoint);
    let payload = config.payload;
    assert_eq!(
        (
            payload.defaults.len(),
            payload.overrides.len(),
            payload.filters.len()
        ),
        (1, 1, 1)
    );
}

#[test]
fn logins_are_told_by_the_file_and_more_strongly_by_the_environment() {
    let text = "oauth:\n  claude:\n    client-id: mine\n    token_url: http://127.0.0.1:1/token/";
    let variables = [
        ("MODELGATE_CLAUDE_CLIENT_ID", "stronger"),
        ("MODELGATE_CLAUDE_CLIENT_SECRET", "hush-hush-hush-hush"),
    ];
    let environment = Environment::from_map(variables);
    let loaded = parse(text, Path::new("modelgate.yaml"), &environment).unwrap();
    let claude = loaded.config.oauth.service("claude").unwrap();
    assert_eq!(claude.text(OAuthSetting::ClientId), Ok("stronger"));
    assert_eq!(
        claude.url(OAuthSetting::TokenUrl).unwrap().as_str(),
        "http://127.0.0.1:1/token"
    );
    assert_eq!(
        claude.text(OAuthSetting::ClientSecret),
        Ok("hush-hush-hush-hush")
    );
    assert!(!format!("{claude:?}").contains("hush-hush"));

    check(
        "oauth: {claude: {token-url: x}}",
        "1:29",
        "oauth.claude.token-url",
        "not a URL",
    );
    let codex = OAuth::default();
    let codex = codex.service("codex").unwrap();
    assert_eq!(codex.text(OAuthSetting::Originator), Ok("modelgate"));
    let text = r#"oauth: {codex: {originator: "a\nb"}}"#;
    check(text, "1:29", "oauth.codex.originator", "cannot be sent");
}
