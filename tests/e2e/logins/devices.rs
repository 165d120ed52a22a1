//! Codes that are typed elsewhere and come to nothing: a person says no, or takes too long. One stand-in for everybody who has
//! such logins; each provider says so in its own way.

use super::{Scene, unspoken};
use crate::harness::stand_in::{Said, StandIn};
use serde_json::json;
use std::fs;
use std::sync::{Arc, Mutex};

/// Who has logins with a code, the words for one, and with which status it says no.
const PROVIDERS: [(&str, &[&str], u16); 6] = [
    ("github-copilot", &["login", "github-copilot"], 200),
    ("kimi", &["login", "kimi"], 401),
    ("qwen", &["login", "qwen"], 400),
    ("xai", &["login", "xai"], 400),
    ("kiro", &["login", "kiro"], 400),
    // Where 403 alone means that the person is not done.
    ("codex-device", &["login", "codex", "--device"], 403),
];

/// What becomes of the code.
#[derive(Clone, Copy, Debug)]
enum Fate {
    /// The provider says this when it is asked.
    Ends(&'static str),
    /// The code counts for no time at all.
    Short,
}

async fn start() -> (Scene, Arc<Mutex<Fate>>) {
    let fate = Arc::new(Mutex::new(Fate::Short));
    let now = Arc::clone(&fate);
    let server = StandIn::start(move |asked| {
        let mut steps = asked.path.trim_start_matches('/').split('/');
        let (provider, what) = (steps.next().unwrap(), steps.next().unwrap());
        let known = PROVIDERS.iter().find(|(name, ..)| *name == provider);
        let (.., refusal) = known.unwrap_or_else(|| panic!("{}", asked.path));
        let fate = *now.lock().unwrap();
        let host = asked.header("host").unwrap();
        match (what, fate) {
            ("discovery", _) => Said::json(
                200,
                &json!({
                    "device_authorization_endpoint": format!("http://{host}/xai/device"),
                    "token_endpoint": format!("http://{host}/xai/token"),
                }),
            ),
            ("register", _) => Said::json(200, &json!({"clientId": "c-1", "clientSecret": "s-1"})),
            ("device", _) => Said::json(
                200,
                &json!({
                    "device_code": "device-1", "device_auth_id": "device-1", "user_code": "AB-CD",
                    "verification_uri": "https://x.example/device", "interval": 1,
                    "expires_in": if matches!(fate, Fate::Short) { 1 } else { 600 },
                }),
            ),
            ("token", Fate::Ends(code)) => Said::json(*refusal, &json!({"error": code})),
            ("token", Fate::Short) => {
                Said::json(*refusal, &json!({"error": "authorization_pending"}))
            }
            (what, _) => panic!("{what}"),
        }
    });
    let addresses = [
        (
            "MODELGATE_GITHUB_COPILOT_DEVICE_URL",
            "/github-copilot/device",
        ),
        (
            "MODELGATE_GITHUB_COPILOT_TOKEN_URL",
            "/github-copilot/token",
        ),
        ("MODELGATE_KIMI_DEVICE_URL", "/kimi/device"),
        ("MODELGATE_KIMI_TOKEN_URL", "/kimi/token"),
        ("MODELGATE_QWEN_DEVICE_URL", "/qwen/device"),
        ("MODELGATE_QWEN_TOKEN_URL", "/qwen/token"),
        ("MODELGATE_XAI_DISCOVERY_URL", "/xai/discovery"),
        ("MODELGATE_KIRO_REGISTER_URL", "/kiro/register"),
        ("MODELGATE_KIRO_DEVICE_URL", "/kiro/device"),
        ("MODELGATE_KIRO_TOKEN_URL", "/kiro/token"),
        ("MODELGATE_CODEX_DEVICE_DEVICE_URL", "/codex-device/device"),
        ("MODELGATE_CODEX_DEVICE_TOKEN_URL", "/codex-device/token"),
    ];
    (Scene::new(server.await, &addresses), fate)
}

const FATES: [(Fate, &str, &str); 3] = [
    (
        Fate::Ends("access_denied"),
        "the login was refused: access_denied",
        "nothing was saved",
    ),
    (
        Fate::Ends("expired_token"),
        "the code was not typed in time, and is over",
        "type the code that it shows then",
    ),
    (
        Fate::Short,
        "the code was not typed in time, and is over",
        "type the code that it shows then",
    ),
];

#[tokio::test]
async fn a_code_that_is_denied_or_expired_says_so_and_saves_nothing() {
    let (scene, fate) = start().await;
    for (now, error, hint) in FATES {
        *fate.lock().unwrap() = now;
        for (provider, words, _) in PROVIDERS {
            let words = [words, &["--no-browser", "--yes", "--label", "me"]].concat();
            let login = scene.launch().run(&words).await;
            assert_eq!(login.code, Some(1), "{provider} {now:?}: {}", login.stderr);
            for told in [error, hint] {
                assert!(
                    login.stderr.contains(told),
                    "{provider} {now:?}: {}",
                    login.stderr
                );
            }
            unspoken(&login);
            assert!(login.stdout.is_empty(), "{}", login.stdout);
            assert!(!scene.home.path("auth").exists(), "{provider} {now:?}");
        }
    }
}

#[tokio::test]
async fn a_code_that_is_denied_or_expired_is_told_over_http_too() {
    let (scene, fate) = start().await;
    let gateway = scene.launch().start().await;
    for (now, error, _) in FATES {
        *fate.lock().unwrap() = now;
        for name in ["copilot", "kimi", "qwen", "xai", "kiro"] {
            let begun = gateway.begin_login(&format!("{name}-auth-url")).await;
            assert_eq!(begun["user_code"], "AB-CD", "{name}");
            let ended = gateway.login_ended(&begun["state"]).await;
            assert_eq!(
                (&ended["status"], &ended["error"]),
                (&json!("error"), &json!(error)),
                "{name}"
            );
        }
    }
    assert_eq!(fs::read_dir(scene.home.path("auth")).unwrap().count(), 0);
}
