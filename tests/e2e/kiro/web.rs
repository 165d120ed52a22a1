//! Accounts of Kiro that are logged in to over HTTP: with a code, and by what a browser ended on.

use super::{HELLO, MODEL, Scene};
use crate::harness::browser::visit;
use crate::harness::{Speaks, eventually};
use serde_json::json;

#[tokio::test]
async fn a_code_is_shown_and_the_account_is_there_when_it_has_been_typed() {
    let scene = Scene::start().await;
    let gateway = scene.launch().start().await;
    let begun = gateway.begin_login("kiro-auth-url?label=work").await;
    assert_eq!(begun["method"], "device_code");
    assert_eq!(
        (&begun["flow"], &begun["user_code"]),
        (&json!("device"), &json!("ABCD-EFGH"))
    );
    assert_eq!(begun["expires_in"], 600);
    let state = begun["state"].as_str().unwrap();
    let path = format!("get-auth-status?state={state}");
    let waiting = gateway.manage("GET", &path, "").await.json();
    let expected = json!({
        "status": "device_code", "verification_url": "https://device.example/?user_code=ABCD-EFGH",
        "user_code": "ABCD-EFGH",
    });
    assert_eq!(waiting, expected);
    // No browser comes back from this one.
    let address = format!("{}/kiro/callback?code=code-1&state={state}", gateway.url());
    assert_eq!(visit(&address).await.status, 400);
    let ended = gateway.login_ended(&begun["state"]).await;
    assert_eq!(ended["status"], "ok", "{ended}");
    assert_eq!(scene.saved("kiro-work")["client_secret"], "secret-1");

    scene.place("kiro-work");
    eventually("the account answers", async || {
        scene.aws.say_stream(HELLO);
        let answer = gateway.question(Speaks::Claude, MODEL, false).await;
        answer.status == 200 && answer.text().contains("Hello there")
    })
    .await;
    let log = gateway.log();
    for secret in ["access-0", "refresh-0", "secret-1", "device-1", state] {
        assert!(!log.contains(secret), "{secret} in {log}");
    }
}

#[tokio::test]
async fn an_address_that_no_browser_opens_is_pasted() {
    let scene = Scene::start().await;
    let gateway = scene.launch().start().await;
    for pasted in [true, false] {
        let begun = gateway
            .begin_login("kiro-auth-url?method=github&is_webui=true")
            .await;
        assert_eq!(begun["method"], "social");
        let message = begun["message"].as_str().unwrap();
        assert!(message.contains("oauth-callback"), "{message}");
        let back = scene.aws.agree(begun["url"].as_str().unwrap());
        assert!(back.starts_with("kiro://"), "{back}");
        if pasted {
            let body = json!({"provider": "kiro", "redirect_url": back}).to_string();
            let taken = gateway.manage("POST", "oauth-callback", &body).await;
            assert_eq!(taken.status, 200, "{}", taken.text());
        } else {
            let query = back.split_once('?').unwrap().1;
            let address = format!("{}/kiro/callback?{query}", gateway.url());
            assert_eq!(visit(&address).await.status, 200);
        }
        let ended = gateway.login_ended(&begun["state"]).await;
        assert_eq!(ended["status"], "ok", "{ended}");
    }
    let saved = scene.saved("kiro-github-ABC");
    assert_eq!(
        (&saved["auth_method"], &saved["provider"]),
        (&json!("social"), &json!("Github"))
    );
}
