use super::*;

const KEY_OF_TEST: &str = "mg-key-of-the-test-0123456789";

fn setup(client: Client, model: Option<&str>) -> Setup {
    client.setup(Wiring {
        url: "http://127.0.0.1:8317",
        key: &Secret::from(KEY_OF_TEST),
        model,
        models: &["demo".to_owned(), "gpt-5".to_owned()],
        directory: Path::new("/state"),
    })
}

fn value(setup: &Setup, name: &str) -> String {
    let found = setup.set.iter().find(|(known, _)| *known == name);
    found.map_or_else(String::new, |(_, value)| value.clear().to_owned())
}

fn everybody() -> impl Iterator<Item = Client> {
    Client::KNOWN.into_iter().chain([Client::Other])
}

#[test]
fn a_program_is_known_by_its_name() {
    for (program, expected) in [
        ("claude", Client::Claude),
        ("/usr/local/bin/codex", Client::Codex),
        ("./gemini.sh", Client::Gemini),
        ("claude-wrapper", Client::Other),
        ("", Client::Other),
        ("/", Client::Other),
    ] {
        assert_eq!(Client::of(program), expected, "{program}");
    }
}

#[test]
fn every_client_gets_the_key_and_never_as_an_argument() {
    for client in everybody() {
        for model in [None, Some("gpt-5")] {
            let setup = setup(client, model);
            let keys = setup
                .set
                .iter()
                .filter(|(_, value)| matches!(value, Value::Key(_)));
            assert!(keys.count() > 0, "{client:?}");
            let arguments = setup.arguments.join(" ");
            assert!(!arguments.contains(KEY_OF_TEST), "{client:?}: {arguments}");
            for (name, value) in &setup.set {
                let hidden = matches!(value, Value::Plain(text) if text.contains(KEY_OF_TEST));
                assert!(!hidden, "{client:?}: {name} hides the key");
                assert!(!setup.unset.contains(name), "{client:?}: {name}");
                assert!(!value.masked().contains(KEY_OF_TEST));
            }
        }
    }
}

#[test]
fn every_variable_is_looked_at_for_what_it_replaces() {
    for client in everybody() {
        let setup = setup(client, Some("gpt-5"));
        let names = setup.set.iter().map(|(name, _)| name);
        for name in names.chain(setup.unset) {
            assert!(Environment::reads(name), "{name}");
        }
    }
}

#[test]
fn addresses_have_what_the_client_expects_behind_the_port() {
    for (client, name, expected) in [
        (Client::Claude, "ANTHROPIC_BASE_URL", ""),
        (Client::Gemini, "GOOGLE_GEMINI_BASE_URL", ""),
        (Client::Qwen, "OPENAI_BASE_URL", "/v1"),
        (Client::Aider, "OPENAI_API_BASE", "/v1"),
        (Client::Aider, "ANTHROPIC_API_BASE", ""),
        (Client::Other, "OPENAI_BASE_URL", "/v1"),
        (Client::Other, "ANTHROPIC_BASE_URL", ""),
        (Client::Other, "GOOGLE_GEMINI_BASE_URL", ""),
    ] {
        let expected = format!("http://127.0.0.1:8317{expected}");
        assert_eq!(value(&setup(client, None), name), expected, "{name}");
    }
    let codex = setup(Client::Codex, Some("a\"b")).arguments.join(" ");
    for words in [
        r#"-c model_provider="modelgate""#,
        r#"-c model_providers.modelgate.base_url="http://127.0.0.1:8317/v1""#,
        r#"-c model_providers.modelgate.env_key="MODELGATE_KEY""#,
        r#"-c model_providers.modelgate.wire_api="responses""#,
        r#"-c model="a\"b""#,
    ] {
        assert!(codex.contains(words), "{words}: {codex}");
    }
}

#[test]
fn gemini_is_told_in_a_file_how_to_log_in() {
    let home = tempfile::tempdir().unwrap();
    let setup = Client::Gemini.setup(Wiring {
        url: "http://127.0.0.1:8317",
        key: &Secret::from(KEY_OF_TEST),
        model: None,
        models: &[],
        directory: home.path(),
    });
    setup.file.as_ref().unwrap().write().unwrap();
    let path = value(&setup, "GEMINI_CLI_SYSTEM_SETTINGS_PATH");
    let text = std::fs::read_to_string(path).unwrap();
    let settings: Json = serde_json::from_str(&text).unwrap();
    assert_eq!(settings["security"]["auth"]["selectedType"], GEMINI_LOGIN);
    assert!(!text.contains(KEY_OF_TEST));
}

#[test]
fn opencode_is_told_every_model() {
    let setup = setup(Client::Opencode, Some("sonnet"));
    let settings: Json = serde_json::from_str(&value(&setup, "OPENCODE_CONFIG_CONTENT")).unwrap();
    assert_eq!(settings["model"], "modelgate/sonnet");
    let provider = &settings["provider"]["modelgate"];
    assert_eq!(
        provider["models"],
        json!({"sonnet": {}, "demo": {}, "gpt-5": {}})
    );
    assert_eq!(provider["options"]["apiKey"], "{env:MODELGATE_KEY}");
}

#[test]
fn the_helpers_of_claude_follow_only_a_model_of_somebody_else() {
    let helper = "ANTHROPIC_DEFAULT_HAIKU_MODEL";
    assert_eq!(
        value(&setup(Client::Claude, Some("gpt-5")), helper),
        "gpt-5"
    );
    assert_eq!(
        value(&setup(Client::Claude, Some("claude-opus-5")), helper),
        ""
    );
    assert_eq!(value(&setup(Client::Claude, None), "ANTHROPIC_MODEL"), "");
}

#[test]
fn what_is_replaced_is_told_and_what_is_the_same_is_not() {
    let environment = Environment::from_map([
        ("ANTHROPIC_BASE_URL", "http://127.0.0.1:8317"),
        ("ANTHROPIC_AUTH_TOKEN", "mine"),
        ("ANTHROPIC_API_KEY", "sk-ant-mine"),
        ("OPENAI_API_KEY", "sk-mine"),
    ]);
    assert_eq!(
        setup(Client::Claude, None).replaced(&environment),
        ["ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_API_KEY"]
    );
}
