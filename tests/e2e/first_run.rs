//! The first minutes with the program: nothing configured, and everything works.

use crate::harness::{Answer, Home, Launch, Speaks, eventually};
use modelgate_test_upstream::{Script, Upstream};
use serde_json::json;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;

fn mode(path: &std::path::Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[tokio::test]
async fn a_configuration_with_a_new_key_is_written_and_shown_once() {
    let home = Home::new();
    let gateway = Launch::in_home(&home).start().await;
    let key = gateway.started["client_key"].as_str().unwrap().to_owned();
    assert!(key.starts_with("mg-") && key.len() > 40, "{key}");
    let config = home.default_config();
    assert_eq!(gateway.started["config"], config.to_str().unwrap());
    let text = fs::read_to_string(&config).unwrap();
    assert!(text.contains(&key) && text.contains("# The keys clients present"));
    assert_eq!(mode(&config), 0o600);
    assert_eq!(mode(config.parent().unwrap()), 0o700);
    let asked = gateway.keyless("GET", "/v1/models").bearer_auth(&key);
    assert_eq!(Answer::read(asked).await.status, 200);
    drop(gateway);

    let second = Launch::in_home(&home).start().await;
    assert!(second.started.get("client_key").is_none());
    assert_eq!(fs::read_to_string(&config).unwrap(), text);
    assert!(!second.log().contains(&key));
    let asked = second.keyless("GET", "/v1/models").bearer_auth(&key);
    assert_eq!(Answer::read(asked).await.status, 200);
}

#[tokio::test]
async fn a_person_sees_the_address_the_key_and_lines_to_paste() {
    let home = Home::new();
    let shown = async |words: &[&str]| {
        let (child, stderr) = Launch::in_home(&home).spawn(words);
        eventually("the banner is printed", async || {
            fs::read_to_string(&stderr).unwrap().contains("curl ")
        })
        .await;
        drop(child);
        fs::read_to_string(&stderr).unwrap()
    };
    let first = shown(&["serve", "--port", "0"]).await;
    let config = fs::read_to_string(home.default_config()).unwrap();
    let key = first
        .split_whitespace()
        .find(|word| word.starts_with("mg-"))
        .unwrap();
    assert!(config.contains(key));
    for line in [
        "serving on http://127.0.0.1:",
        "shown only this once",
        &format!("OPENAI_API_KEY={key}"),
        &format!("ANTHROPIC_API_KEY={key}"),
        &format!("Authorization: Bearer {key}"),
    ] {
        assert!(first.contains(line), "{line} is not in {first}");
    }
    assert!(!shown(&["serve", "--port", "0"]).await.contains(key));
}

#[tokio::test]
async fn the_demo_model_answers_in_every_dialect() {
    let gateway = Launch::bare().start().await;
    let key = gateway.started["client_key"].as_str().unwrap();
    for dialect in Speaks::BOTH {
        for stream in [false, true] {
            let body = dialect.question("demo", stream).to_string();
            let request = gateway.keyless("POST", dialect.path()).bearer_auth(key);
            let answer = Answer::read(request.body(body)).await;
            assert_eq!(answer.status, 200, "{:?}", answer.body);
            let said = answer.folded(dialect);
            answer.expect_text(dialect, &said.text);
            assert!(said.text.contains("What is the weather?"), "{}", said.text);
            assert_eq!(said.model, "demo");
        }
    }
}

#[tokio::test]
async fn anybody_may_ask_what_this_is() {
    let gateway = Launch::bare().start().await;
    let get = async |path: &str| Answer::read(gateway.keyless("GET", path)).await;
    let root = get("/").await;
    assert_eq!(root.status, 200);
    assert_eq!(root.json()["message"], "modelgate");
    let endpoints = root.json()["endpoints"].to_string();
    for dialect in Speaks::BOTH {
        assert!(endpoints.contains(&format!("POST {}", dialect.path())));
    }
    assert_eq!(get("/healthz").await.status, 200);
    let ready = get("/readyz").await;
    assert_eq!((ready.status, &ready.json()["models"]), (200, &json!(1)));
    for answer in [root, ready] {
        assert!(
            answer
                .header("x-request-id")
                .is_some_and(|id| !id.is_empty())
        );
        assert!(answer.header("access-control-allow-origin").is_none());
    }
}

#[tokio::test]
async fn models_are_listed_in_the_shape_of_the_reader() {
    let gateway = Launch::bare().start().await;
    let key = gateway.started["client_key"].as_str().unwrap();
    let get = async |path: &str, header: (&str, &str)| {
        let request = gateway.keyless("GET", path).bearer_auth(key);
        Answer::read(request.header(header.0, header.1))
            .await
            .json()
    };
    let openai = get("/v1/models", ("user-agent", "OpenAI/Python 1.0")).await;
    assert_eq!(openai["object"], "list");
    assert_eq!(openai["data"][0]["id"], "demo");
    assert_eq!(openai["data"][0]["object"], "model");
    assert!(openai["data"][0]["created"].is_u64() && openai["data"][0]["owned_by"].is_string());
    for header in [
        ("anthropic-version", "2023-06-01"),
        ("user-agent", "claude-cli/2.1.0 (external, cli)"),
        ("user-agent", "Anthropic/Python 0.70"),
    ] {
        let claude = get("/v1/models", header).await;
        assert_eq!(claude["data"][0]["type"], "model", "{header:?}");
        assert_eq!(
            (&claude["first_id"], &claude["last_id"]),
            (&json!("demo"), &json!("demo"))
        );
        assert_eq!(claude["has_more"], false);
        assert!(claude["data"][0]["display_name"].is_string());
    }
    assert_eq!(get("/v1/models/demo", ("x", "y")).await["object"], "model");
    let claude = get("/v1/models/demo", ("anthropic-version", "2023-06-01")).await;
    assert_eq!(claude["type"], "model");
}

#[tokio::test]
async fn keys_of_the_environment_are_used_and_never_written() {
    const OPENAI: &str = "sk-openai-from-the-environment";
    const ANTHROPIC: &str = "sk-ant-from-the-environment";
    let upstream = Upstream::start().await;
    for model in ["gpt-4o", "claude-sonnet-4-5"] {
        upstream.script(
            model,
            Script::json(200, &json!({"model": model, "choices": []})),
        );
    }
    let home = Home::new();
    let gateway = Launch::in_home(&home)
        .env("OPENAI_API_KEY", OPENAI)
        .env("OPENAI_BASE_URL", &format!("{}/v1", upstream.url()))
        .env("ANTHROPIC_API_KEY", ANTHROPIC)
        .env("ANTHROPIC_BASE_URL", &upstream.url())
        .start()
        .await;
    let key = gateway.started["client_key"].as_str().unwrap();
    for (dialect, model, upstream_key) in [
        (Speaks::Chat, "gpt-4o", OPENAI),
        (Speaks::Claude, "claude-sonnet-4-5", ANTHROPIC),
    ] {
        let body = dialect.question(model, false).to_string();
        let request = gateway.keyless("POST", dialect.path()).bearer_auth(key);
        let answer = Answer::read(request.body(body)).await;
        assert_eq!(answer.status, 200, "{:?}", answer.body);
        // The lists of models are asked for too.
        let mut arrived = upstream.requests().into_iter();
        let arrived = arrived.rfind(|request| request.method == "POST").unwrap();
        let sent = arrived
            .header("authorization")
            .or(arrived.header("x-api-key"));
        assert_eq!(sent.unwrap().trim_start_matches("Bearer "), upstream_key);
    }
    drop(gateway);
    let files = home.files();
    assert!(files.contains(&home.default_config()));
    for file in files {
        let text = String::from_utf8_lossy(&fs::read(&file).unwrap()).into_owned();
        assert!(
            !text.contains(OPENAI) && !text.contains(ANTHROPIC),
            "a key was written to {}",
            file.display()
        );
    }
}
