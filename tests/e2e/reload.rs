//! Edits of the configuration while the gateway runs.

use crate::harness::{Answer, Gateway, HELLO, KEY, Settings, Speaks, eventually, start};
use modelgate_test_upstream::Upstream;
use std::fs;

/// Whether a key is let in.
async fn admits(gateway: &Gateway, key: &str) -> bool {
    let request = gateway.keyless("GET", "/v1/models").bearer_auth(key);
    Answer::read(request).await.status == 200
}

#[tokio::test]
async fn an_edit_counts_without_a_restart() {
    let upstream = Upstream::start().await;
    let settings = Settings::upstream(Speaks::Chat, &upstream);
    let gateway = settings.start().await;
    assert!(!admits(&gateway, "mg-key-of-a-colleague").await);
    gateway.rewrite(&settings.text().replace(KEY, "mg-key-of-a-colleague"));
    eventually("the new key works", async || {
        admits(&gateway, "mg-key-of-a-colleague").await
    })
    .await;
    assert!(!admits(&gateway, KEY).await, "the old one is gone");
}

#[tokio::test]
async fn an_edit_in_place_counts_too() {
    let upstream = Upstream::start().await;
    let settings = Settings::upstream(Speaks::Chat, &upstream);
    let gateway = settings.start().await;
    let text = settings.text().replace(KEY, "mg-key-of-a-colleague");
    fs::write(gateway.home.path("modelgate.yaml"), text).unwrap();
    eventually("the new key works", async || {
        admits(&gateway, "mg-key-of-a-colleague").await
    })
    .await;
}

#[tokio::test]
async fn a_request_keeps_the_configuration_it_began_with() {
    let upstream = Upstream::start().await;
    let settings = Settings::upstream(Speaks::Chat, &upstream);
    let gateway = settings.start().await;
    let body = Speaks::Claude.question("up-slow", true).to_string();
    let mut response = gateway.post(Speaks::Claude, body).send().await.unwrap();
    let mut text = response.chunk().await.unwrap().unwrap().to_vec();
    gateway.rewrite("api-keys: [mg-another]\n");
    eventually("the edit counts", async || {
        admits(&gateway, "mg-another").await
    })
    .await;
    while let Some(chunk) = response.chunk().await.unwrap() {
        text.extend_from_slice(&chunk);
    }
    let text = String::from_utf8(text).unwrap();
    assert!(text.contains("message_stop"), "{text}");
}

#[tokio::test]
async fn a_broken_edit_keeps_what_is_in_use_and_says_so() {
    let upstream = Upstream::start().await;
    let settings = Settings::upstream(Speaks::Chat, &upstream);
    let gateway = settings.start().await;
    for (broken, word) in [
        ("api-keys: [mg-x\n", "modelgate.yaml:"),
        ("api-keys: [mg-x]\nport: many\n", "modelgate.yaml:2:7"),
    ] {
        gateway.rewrite(broken);
        eventually("the mistake is told", async || {
            let log = gateway.log();
            log.contains("was not reloaded") && log.contains(word)
        })
        .await;
        gateway
            .question(Speaks::Chat, "up-text", false)
            .await
            .expect_text(Speaks::Chat, HELLO);
        assert!(!admits(&gateway, "mg-x").await);
    }
    gateway.rewrite(&settings.text().replace(KEY, "mg-key-of-a-colleague"));
    eventually("the repaired file counts", async || {
        admits(&gateway, "mg-key-of-a-colleague").await
    })
    .await;
}

#[tokio::test]
async fn a_hang_up_reads_the_configuration_again() {
    let (_upstream, gateway) = start(Speaks::Chat, "").await;
    gateway.signal("HUP");
    eventually("the reload is told", async || {
        gateway.log().contains("already in use")
    })
    .await;
    gateway
        .question(Speaks::Chat, "up-text", true)
        .await
        .expect_text(Speaks::Chat, HELLO);
}
