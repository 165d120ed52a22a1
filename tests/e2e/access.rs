//! Who may call.

use crate::harness::{Answer, Gateway, KEY, Launch, Settings, Speaks};
use modelgate_test_upstream::Upstream;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

/// Asks with these headers only.
async fn ask(gateway: &Gateway, dialect: Speaks, query: &str, headers: &[(&str, &str)]) -> Answer {
    let path = format!("{}{query}", dialect.path());
    let request = gateway
        .keyless("POST", &path)
        .body(dialect.question("up-text", false).to_string());
    let request = headers.iter().fold(request, |request, (name, value)| {
        request.header(*name, *value)
    });
    Answer::read(request).await
}

#[tokio::test]
async fn a_key_is_accepted_wherever_clients_put_it() {
    let upstream = Upstream::start().await;
    let gateway = Settings::upstream(Speaks::Chat, &upstream).start().await;
    let bearer = format!("Bearer {KEY}");
    let query = format!("?alt=sse&key={KEY}");
    for dialect in Speaks::BOTH {
        for (query, header) in [
            ("", ("authorization", &*bearer)),
            (
                "",
                (
                    "authorization",
                    &*bearer.to_lowercase().replace(&KEY.to_lowercase(), KEY),
                ),
            ),
            ("", ("authorization", KEY)),
            ("", ("api-key", KEY)),
            ("", ("x-api-key", KEY)),
            ("", ("x-goog-api-key", KEY)),
            (&*query, ("accept", "*/*")),
        ] {
            let answer = ask(&gateway, dialect, query, &[header]).await;
            assert_eq!(answer.status, 200, "{dialect:?} {query} {header:?}");
        }
    }
    for arrived in upstream.requests() {
        let told = format!("{:?} {} {:?}", arrived.headers, arrived.query, arrived.body);
        assert!(
            !told.contains(KEY),
            "the client's key went upstream: {told}"
        );
    }
}

#[tokio::test]
async fn the_first_of_two_keys_decides() {
    let upstream = Upstream::start().await;
    let gateway = Settings::upstream(Speaks::Chat, &upstream).start().await;
    let wrong_first = [("authorization", "Bearer sk-other"), ("x-api-key", KEY)];
    let right_first = [("authorization", KEY), ("x-api-key", "sk-other")];
    let status =
        async |headers: &[(&str, &str)]| ask(&gateway, Speaks::Chat, "", headers).await.status;
    assert_eq!(status(&wrong_first).await, 401);
    assert_eq!(status(&right_first).await, 200);
}

#[tokio::test]
async fn a_wrong_key_is_refused_in_the_shape_of_the_route() {
    let upstream = Upstream::start().await;
    let gateway = Settings::upstream(Speaks::Chat, &upstream).start().await;
    for dialect in Speaks::BOTH {
        let refused = ask(&gateway, dialect, "", &[("x-api-key", "mg-wrong")]).await;
        refused.expect_refusal(dialect, 401, "authentication_error", "invalid_api_key");
        let refused = ask(&gateway, dialect, "", &[]).await;
        refused.expect_refusal(dialect, 401, "authentication_error", "missing_api_key");
    }
    for (path, header, dialect) in [
        ("/v1/models", ("x", "y"), Speaks::Chat),
        (
            "/v1/models",
            ("anthropic-version", "2023-06-01"),
            Speaks::Claude,
        ),
        ("/v1/models/up-text", ("x", "y"), Speaks::Chat),
    ] {
        let request = gateway.keyless("GET", path).header(header.0, header.1);
        let refused = Answer::read(request).await;
        refused.expect_refusal(dialect, 401, "authentication_error", "missing_api_key");
    }
    let counting = gateway
        .keyless("POST", "/v1/messages/count_tokens")
        .body(Speaks::Claude.question("up-text", false).to_string());
    assert_eq!(Answer::read(counting).await.status, 401);
    assert!(upstream.requests().is_empty(), "nothing went upstream");
}

#[tokio::test]
async fn keys_can_be_disabled_expired_hashed_and_bound_to_models() {
    let upstream = Upstream::start().await;
    let digest = Sha256::digest("mg-hashed-key-0123456789");
    let hash: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    let keys = format!(
        "api-keys:
  - {{key: mg-disabled-key-0123456789, disabled: true}}
  - {{key: mg-expired-key-0123456789, expires: 2020-01-31}}
  - {{key: mg-future-key-0123456789, expires: 2999-01-31}}
  - {{key: mg-limited-key-0123456789, models: [\"up-te*\", up-image]}}
  - {{key-hash: \"sha256:{hash}\", name: hashed}}\n"
    );
    let text = Settings::upstream(Speaks::Chat, &upstream).text();
    let text = text.replace(&format!("api-keys: [{KEY}]\n"), &keys);
    let gateway = Launch::with(&text).start().await;
    let with = async |key: &str, model: &str| {
        let body = Speaks::Chat.question(model, false).to_string();
        let request = gateway.keyless("POST", Speaks::Chat.path());
        Answer::read(request.bearer_auth(key).body(body)).await
    };
    let refused = |answer: &Answer, status, kind, code| {
        answer.expect_refusal(Speaks::Chat, status, kind, code);
    };
    let disabled = with("mg-disabled-key-0123456789", "up-text").await;
    refused(&disabled, 401, "authentication_error", "disabled_api_key");
    let expired = with("mg-expired-key-0123456789", "up-text").await;
    refused(&expired, 401, "authentication_error", "expired_api_key");
    for key in ["mg-future-key-0123456789", "mg-hashed-key-0123456789"] {
        assert_eq!(with(key, "up-text").await.status, 200, "{key}");
    }
    let limited = "mg-limited-key-0123456789";
    assert_eq!(with(limited, "up-text").await.status, 200);
    refused(
        &with(limited, "up-tools").await,
        403,
        "permission_error",
        "model_not_allowed",
    );

    let list = gateway.keyless("GET", "/v1/models").bearer_auth(limited);
    let list = Answer::read(list).await.json();
    let listed: Vec<&str> = list["data"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|model| model["id"].as_str())
        .collect();
    assert_eq!(listed, ["up-image", "up-text", "up-text-tools"]);
    let hidden = gateway
        .keyless("GET", "/v1/models/up-tools")
        .bearer_auth(limited);
    assert_eq!(Answer::read(hidden).await.status, 404);
    let typo = with(limited, "up-tex").await.refusal(Speaks::Chat).message;
    assert!(
        !typo.contains("up-tools"),
        "names it may not use are not told: {typo}"
    );
}

#[tokio::test]
async fn without_keys_this_machine_may_call() {
    let upstream = Upstream::start().await;
    let text = Settings::upstream(Speaks::Chat, &upstream).text();
    let text = text.replace(&format!("[{KEY}]"), "[]");
    let gateway = Launch::with(&text).start().await;
    assert_eq!(ask(&gateway, Speaks::Chat, "", &[]).await.status, 200);
    assert_eq!(
        ask(&gateway, Speaks::Claude, "", &[("x-api-key", "any")])
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn an_open_door_is_refused() {
    for (config, words) in [
        ("host: 0.0.0.0\n", &["serve", "--port", "0"][..]),
        ("host: \"\"\n", &["serve", "--port", "0"]),
        ("{}\n", &["serve", "--port", "0", "--host", "0.0.0.0"]),
    ] {
        let finished = Launch::with(config).run(words).await;
        assert_eq!(finished.code, Some(2), "{config} {}", finished.stderr);
        assert_eq!(finished.stdout, "");
        assert!(finished.stderr.contains("api-keys"), "{}", finished.stderr);
    }
}

#[tokio::test]
async fn with_keys_every_interface_may_be_served() {
    let gateway = Launch::with(&Settings::new().text())
        .arg("--host")
        .arg("0.0.0.0");
    let gateway = gateway.start().await;
    let url = format!("http://127.0.0.1:{}/v1/models", gateway.address.port());
    let answer = gateway
        .client
        .get(url)
        .bearer_auth(KEY)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 200);
    let shown: Value = gateway.started["url"].clone();
    assert!(
        shown.as_str().unwrap().starts_with("http://127.0.0.1:"),
        "{shown}"
    );
}
