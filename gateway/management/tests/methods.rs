//! Every resource and its methods: what is not one of them is a 405 that names them, and nothing is done.

use super::table::{SETTINGS, Scene};
use super::*;

const SCALAR: &str = "GET, PUT, PATCH";
const LIST: &str = "GET, PUT, PATCH, DELETE";

/// Resources and what they may be asked (`management-api.md` 1.5 to 1.10, 2, 3, 4.1 and 4.2, and our own).
const RESOURCES: [(&str, &str); 69] = [
    ("config", SCALAR),
    ("config.yaml", "GET, PUT"),
    ("latest-version", "GET"),
    ("debug", SCALAR),
    ("logging-to-file", SCALAR),
    ("usage-statistics-enabled", SCALAR),
    ("request-log", SCALAR),
    ("ws-auth", SCALAR),
    ("request-retry", SCALAR),
    ("max-retry-interval", SCALAR),
    ("max-retry-credentials", SCALAR),
    ("proxy-url", LIST),
    ("quota-exceeded/switch-project", SCALAR),
    ("quota-exceeded/switch-preview-model", SCALAR),
    ("logs-max-total-size-mb", SCALAR),
    ("error-logs-max-files", SCALAR),
    ("force-model-prefix", SCALAR),
    ("routing/strategy", SCALAR),
    ("reset-quota", "POST"),
    ("model-definitions", "GET"),
    ("model-definitions/codex", "GET"),
    ("api-call", "POST"),
    ("api-keys", LIST),
    ("keys", "GET, POST"),
    ("keys/ann", "PATCH, DELETE"),
    ("keys/ann/rotate", "POST"),
    ("gemini-api-key", LIST),
    ("interactions-api-key", LIST),
    ("claude-api-key", LIST),
    ("codex-api-key", LIST),
    ("xai-api-key", LIST),
    ("openai-compatibility", LIST),
    ("vertex-api-key", LIST),
    ("oauth-excluded-models", LIST),
    ("oauth-model-alias", LIST),
    ("oauth-request-scoped-errors", LIST),
    ("api-key-usage", "GET"),
    ("ampcode", "GET"),
    ("ampcode/upstream-url", LIST),
    ("ampcode/upstream-api-key", LIST),
    ("ampcode/restrict-management-to-localhost", SCALAR),
    ("ampcode/force-model-mappings", SCALAR),
    ("ampcode/model-mappings", LIST),
    ("ampcode/upstream-api-keys", LIST),
    ("usage", "GET"),
    ("usage/summary", "GET"),
    ("usage/export", "GET"),
    ("usage/import", "POST"),
    ("usage-queue", "GET"),
    ("logs", "GET, DELETE"),
    ("request-error-logs", "GET"),
    ("request-error-logs/error-a.log", "GET"),
    ("request-log-by-id", "GET"),
    ("request-log-by-id/0a", "GET"),
    ("auth-files", "GET, POST, DELETE"),
    ("auth-files/download", "GET"),
    ("auth-files/models", "GET"),
    ("auth-files/status", "PATCH"),
    ("auth-files/fields", "PATCH"),
    ("accounts", "GET"),
    ("accounts/claude-api-key%5B0%5D/disable", "POST"),
    ("accounts/claude-api-key%5B0%5D/enable", "POST"),
    ("accounts/claude-api-key%5B0%5D/remove", "POST"),
    ("accounts/claude-api-key%5B0%5D/refresh", "POST"),
    ("accounts/claude-api-key%5B0%5D/clear_cooldown", "POST"),
    ("requests", "GET"),
    ("requests/0a", "GET"),
    ("route", "GET"),
    // Where the types are right, the answer has no end.
    ("events?types=news", "GET"),
];

const METHODS: [&str; 7] = ["GET", "HEAD", "PUT", "PATCH", "POST", "DELETE", "OPTIONS"];

#[tokio::test]
async fn every_resource_has_its_methods_and_no_others() {
    let mut pairs = 0;
    for (path, allow) in RESOURCES {
        let scene = Scene::new(SETTINGS);
        for method in METHODS {
            pairs += 1;
            let before = scene.text();
            let asked = if method == "HEAD" { "GET" } else { method };
            let is_allowed = allow.split(", ").any(|known| known == asked);
            // A body that nothing takes, so that nothing is changed where the method is right.
            let (status, headers, body) = sent(
                &scene.state,
                &format!("{method} {path}"),
                &[KEY],
                "nonsense",
            )
            .await;
            let ask = format!("{method} {path}: {status}");
            assert_eq!(headers["x-cpa-version"], env!("CARGO_PKG_VERSION"), "{ask}");
            assert_eq!(headers["cache-control"], "no-store", "{ask}");
            // Not even the question of a browser before a request of a page is answered.
            let mut names = headers.keys();
            assert!(
                names.all(|name| !name.as_str().starts_with("access-control-")),
                "{ask}"
            );
            if is_allowed {
                assert_ne!(status, 405, "{ask}");
                continue;
            }
            let body: Value = serde_json::from_slice(&body).unwrap();
            assert_eq!(status, 405, "{ask}");
            assert_eq!(body["error"]["code"], "method_not_allowed", "{ask}");
            assert_eq!(headers["allow"], allow, "{ask}");
            assert_eq!(scene.text(), before, "{ask}");
        }
    }
    assert!(pairs >= 400, "{pairs}");
}

/// Without a key nobody learns which of them there are.
#[tokio::test]
async fn every_resource_needs_a_key() {
    for (path, _) in RESOURCES {
        // Of one address, five failures are too many.
        let scene = Scene::new("");
        for method in ["GET", "PUT", "DELETE"] {
            let (status, headers, body) =
                sent(&scene.state, &format!("{method} {path}"), &[], "").await;
            let body: Value = serde_json::from_slice(&body).unwrap();
            assert_eq!(status, 401, "{method} {path}");
            assert!(body["error"].is_string(), "{method} {path}");
            assert_eq!(headers["x-cpa-support-plugin"], "false");
        }
    }
}
