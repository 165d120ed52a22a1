//! The command line, the environment, and the rules that hold only after both.

use super::{lines, resolve};
use crate::model::Config;
use crate::{Environment, Overrides, Problem};

const KEYS: [(&str, &str); 4] = [
    ("ANTHROPIC_API_KEY", "sk-ant"),
    ("OPENAI_API_KEY", "sk-oai"),
    ("GEMINI_API_KEY", "AIza"),
    ("OPENROUTER_API_KEY", "sk-or"),
];

fn environment(more: &[(&str, &str)]) -> Environment {
    Environment::from_map(KEYS.iter().chain(more).copied())
}

#[track_caller]
fn providers(text: &str, environment: &Environment) -> (Config, Vec<Problem>) {
    let loaded =
        resolve(text, &Overrides::default(), environment).unwrap_or_else(|error| panic!("{error}"));
    (loaded.config, loaded.warnings)
}

#[test]
fn keys_of_the_environment_follow_those_of_the_file() {
    let text = "claude-api-key: [{api-key: mine}]\nopenai-compatibility: [{name: local, base-url: 'http://h/v1'}]";
    let (config, warnings) = providers(text, &environment(&[]));
    assert_eq!(warnings, []);
    let claude: Vec<_> = config
        .claude
        .iter()
        .map(|key| (key.entry.origin.as_str(), key.api_key.expose()))
        .collect();
    assert_eq!(
        claude,
        [
            ("claude-api-key[0]", "mine"),
            ("ANTHROPIC_API_KEY", "sk-ant")
        ]
    );
    assert_eq!(
        config.claude[1].entry.base_url.as_str(),
        "https://api.anthropic.com/"
    );
    let compatible: Vec<_> = config
        .compatible
        .iter()
        .map(|p| {
            (
                p.name.as_str(),
                p.entry.base_url.as_str(),
                p.quirks.developer_role,
                p.responses,
            )
        })
        .collect();
    let expected = [
        ("local", "http://h/v1", false, false),
        ("openai", "https://api.openai.com/v1", true, true),
        ("openrouter", "https://openrouter.ai/api/v1", false, false),
    ];
    assert_eq!(compatible, expected);
    for provider in &config.compatible[1..] {
        assert!(provider.entry.origin.ends_with("_API_KEY") && provider.keys.len() == 1);
    }
}

#[test]
fn a_gemini_key_of_the_environment_is_one_of_the_native_api() {
    let text = "gemini-api-key: [{api-key: mine}]\ngenerative-language-api-key: [old]";
    let (config, warnings) = providers(text, &environment(&[]));
    assert_eq!(warnings, []);
    let gemini: Vec<_> = config
        .gemini
        .iter()
        .map(|key| {
            let entry = &key.entry;
            (
                entry.origin.as_str(),
                key.api_key.expose(),
                entry.base_url.as_str(),
            )
        })
        .collect();
    let url = "https://generativelanguage.googleapis.com/";
    assert_eq!(
        gemini,
        [
            ("gemini-api-key[0]", "mine", url),
            ("generative-language-api-key[0]", "old", url),
            ("GEMINI_API_KEY", "AIza", url)
        ]
    );
    // The same key at the same address is one credential, at another address another one.
    for (text, origins) in [
        (
            "gemini-api-key: [{api-key: AIza}]",
            vec!["gemini-api-key[0]"],
        ),
        (
            "generative-language-api-key: [AIza]",
            vec!["generative-language-api-key[0]"],
        ),
        (
            "gemini-api-key: [{api-key: AIza, base-url: 'https://g.test'}]",
            vec!["gemini-api-key[0]", "GEMINI_API_KEY"],
        ),
    ] {
        let (config, _) = providers(text, &environment(&[]));
        let found: Vec<_> = config
            .gemini
            .iter()
            .map(|key| key.entry.origin.as_str())
            .collect();
        assert_eq!(found, origins, "{text}");
    }
}

#[test]
fn a_bad_address_costs_a_gemini_key_too() {
    let (config, warnings) = providers("", &environment(&[("GOOGLE_GEMINI_BASE_URL", "g.test")]));
    assert!(config.gemini.is_empty());
    assert_eq!(
        lines(&warnings),
        [
            "GOOGLE_GEMINI_BASE_URL: this is not a URL, so GEMINI_API_KEY is not used (hint: write it like `https://api.example.com/v1`)"
        ]
    );
}

#[test]
fn each_provider_of_the_environment_accepts_its_own_models() {
    let (config, _) = providers("", &environment(&[]));
    let rows = [
        ("gpt-5", vec!["openai"]),
        ("o1-mini", vec!["openai"]),
        ("o3", vec!["openai"]),
        ("o4-mini", vec!["openai"]),
        ("chatgpt-4o-latest", vec!["openai"]),
        ("gemini-2.5-pro", vec![]),
        ("meta/llama-3", vec!["openrouter"]),
        ("claude-opus", vec![]),
    ];
    for (model, expected) in rows {
        let accepting = config
            .compatible
            .iter()
            .filter(|p| p.accepts.iter().any(|pattern| pattern.matches(model)));
        assert_eq!(
            accepting.map(|p| p.name.as_str()).collect::<Vec<_>>(),
            expected,
            "{model}"
        );
    }
}

#[test]
fn addresses_of_the_environment_replace_the_usual_ones() {
    let more = [
        ("ANTHROPIC_BASE_URL", "https://a.test/"),
        ("OPENAI_BASE_URL", "https://o.test/v1/"),
        ("GOOGLE_GEMINI_BASE_URL", "https://g.test/"),
        ("OPENROUTER_BASE_URL", "https://r.test"),
    ];
    let (config, warnings) = providers("", &environment(&more));
    assert_eq!(warnings, []);
    assert_eq!(config.claude[0].entry.base_url.as_str(), "https://a.test/");
    let urls: Vec<_> = config
        .compatible
        .iter()
        .map(|p| p.entry.base_url.as_str())
        .collect();
    assert_eq!(urls, ["https://o.test/v1", "https://r.test/"]);
    assert_eq!(config.gemini[0].entry.base_url.as_str(), "https://g.test/");
}

#[test]
fn a_bad_address_of_the_environment_costs_only_its_provider() {
    let (config, warnings) = providers("", &environment(&[("OPENAI_BASE_URL", "nonsense")]));
    assert_eq!(
        config
            .compatible
            .iter()
            .map(|p| p.name.as_str())
            .collect::<Vec<_>>(),
        ["openrouter"]
    );
    assert_eq!((config.claude.len(), config.gemini.len()), (1, 1));
    assert_eq!(
        lines(&warnings),
        [
            "OPENAI_BASE_URL: this is not a URL, so OPENAI_API_KEY is not used (hint: write it like `https://api.example.com/v1`)"
        ]
    );
}

#[test]
fn the_gateway_is_never_its_own_provider() {
    let own = [
        "http://127.0.0.1:8317",
        "http://localhost:8317/v1",
        "http://[::1]:8317",
        "http://127.1.2.3:8317",
        "http://0.0.0.0:8317",
    ];
    for url in own {
        let (config, warnings) = providers(
            "",
            &environment(&[
                ("ANTHROPIC_BASE_URL", url),
                ("GOOGLE_GEMINI_BASE_URL", url),
                ("OPENAI_BASE_URL", url),
            ]),
        );
        assert!(
            config.claude.is_empty() && config.gemini.is_empty(),
            "{url}"
        );
        assert!(
            config.compatible.iter().all(|p| p.name != "openai"),
            "{url}"
        );
        assert_eq!(
            warnings.iter().map(|w| w.key.as_str()).collect::<Vec<_>>(),
            [
                "ANTHROPIC_BASE_URL",
                "GOOGLE_GEMINI_BASE_URL",
                "OPENAI_BASE_URL"
            ]
        );
        assert!(
            lines(&warnings)[0].starts_with("ANTHROPIC_BASE_URL: points at modelgate itself"),
            "{warnings:?}"
        );
    }
    for url in [
        "http://127.0.0.1:8318",
        "http://10.0.0.1:8317",
        "https://localhost",
    ] {
        let (config, warnings) = providers("", &environment(&[("ANTHROPIC_BASE_URL", url)]));
        assert_eq!((config.claude.len(), warnings.len()), (1, 0), "{url}");
    }
    // An entry of the file is the owner's own decision.
    let (config, _) = providers(
        "claude-api-key: [{api-key: k, base-url: 'http://127.0.0.1:8317'}]",
        &Environment::default(),
    );
    assert_eq!(config.claude.len(), 1);
}

#[test]
fn the_own_address_is_the_one_of_the_command_line() {
    let environment = environment(&[("ANTHROPIC_BASE_URL", "http://localhost:9000")]);
    for (port, claude) in [(None, 1), (Some(9000), 0), (Some(9001), 1)] {
        let overrides = Overrides {
            port,
            ..Overrides::default()
        };
        assert_eq!(
            resolve("", &overrides, &environment)
                .unwrap()
                .config
                .claude
                .len(),
            claude,
            "{port:?}"
        );
    }
}

#[test]
fn a_provider_of_the_file_wins_over_its_namesake() {
    for disabled in ["false", "true"] {
        let text = format!(
            "openai-compatibility: [{{name: OpenAI, base-url: 'http://h/v1', disabled: {disabled}}}]"
        );
        let (config, warnings) = providers(&text, &Environment::from_map([KEYS[1]]));
        assert!(
            config
                .compatible
                .iter()
                .all(|p| p.entry.origin != "OPENAI_API_KEY")
        );
        assert_eq!(
            lines(&warnings),
            ["OPENAI_API_KEY: not used, because the file has a provider named `openai`"]
        );
    }
    // Before the Gemini API had a list of its own, its OpenAI-compatible address was written so.
    let text = "openai-compatibility: [{name: Gemini, base-url: 'http://h/v1'}]";
    let (config, warnings) = providers(text, &Environment::from_map([KEYS[2]]));
    assert!(config.gemini.is_empty());
    assert_eq!(
        lines(&warnings),
        ["GEMINI_API_KEY: not used, because the file has a provider named `gemini`"]
    );
    let (config, _) = providers(
        "claude-api-key: [{api-key: sk-ant}]",
        &Environment::from_map([KEYS[0]]),
    );
    assert_eq!(config.claude.len(), 1);
}

#[test]
fn an_open_door_needs_a_key() {
    let none = Environment::default();
    let rows = [
        (
            "host: \"\"",
            "modelgate.yaml:1:7: refused to listen on [::]:8317",
        ),
        (
            "debug: true\nhost: 192.168.1.5",
            "modelgate.yaml:2:7: refused to listen on 192.168.1.5:8317",
        ),
        (
            "host: 0.0.0.0\napi-keys: [{key: a, disabled: true}]",
            "modelgate.yaml:1:7: refused",
        ),
    ];
    for (text, expected) in rows {
        let error = resolve(text, &Overrides::default(), &none).unwrap_err();
        let said = error.to_string();
        assert!(said.starts_with(expected), "{text}\n{said}");
        assert!(
            said.contains("api-keys") && said.contains("host: 127.0.0.1"),
            "{said}"
        );
    }
    for text in [
        "",
        "host: ::1",
        "host: 127.9.9.9",
        "host: \"\"\napi-keys: [a]",
        "host: 0.0.0.0\napi-keys: [{key: a}]",
    ] {
        assert!(
            resolve(text, &Overrides::default(), &none).is_ok(),
            "{text}"
        );
    }
}

#[test]
fn the_open_door_rule_holds_after_the_command_line() {
    let none = Environment::default();
    let host = |host: &str| Overrides {
        host: Some(host.to_owned()),
        ..Overrides::default()
    };
    let closed = resolve("host: \"\"", &host("127.0.0.1"), &none).unwrap();
    assert_eq!(closed.config.server.address.to_string(), "127.0.0.1:8317");
    let said = resolve("", &host("0.0.0.0"), &none)
        .unwrap_err()
        .to_string();
    assert!(
        said.starts_with("--host: refused to listen on 0.0.0.0:8317"),
        "{said}"
    );
    let said = resolve("", &host("nowhere"), &none)
        .unwrap_err()
        .to_string();
    assert!(
        said.starts_with("--host: host must be an IP address"),
        "{said}"
    );
}

#[test]
fn the_command_line_is_stronger_than_the_file() {
    let overrides = Overrides {
        host: Some("::1".into()),
        port: Some(1),
        debug: Some(false),
    };
    let config = resolve(
        "host: 127.0.0.1\nport: 2\ndebug: true",
        &overrides,
        &Environment::default(),
    )
    .unwrap()
    .config;
    assert_eq!(
        (config.server.address.to_string().as_str(), config.debug),
        ("[::1]:1", false)
    );
}
