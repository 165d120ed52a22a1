//! Logins that are begun, asked after, called off and ended over HTTP, as far as no provider is asked.

use super::table::Scene;
use super::*;
use crate::api::callback::callback;

const NOBODY: &str = "\
oauth:
  qwen: {device-url: 'http://127.0.0.1:9/device'}
";

async fn told(scene: &Scene, ask: &str, body: &str) -> (u16, Value) {
    let (status, _, body) = sent(&scene.state, ask, &[KEY], body).await;
    (status, serde_json::from_slice(&body).unwrap())
}

/// Begins a login of Claude; its state.
async fn begun(scene: &Scene) -> String {
    let (status, body) = told(scene, "GET anthropic-auth-url", "").await;
    assert_eq!((status, &body["status"]), (200, &"ok".into()), "{body}");
    body["state"].as_str().unwrap().to_owned()
}

async fn page(scene: &Scene, name: &str, query: &str) -> Option<(u16, String)> {
    let page = callback(&scene.state, name, Some(query))?;
    let (parts, body) = page.into_parts();
    assert_eq!(parts.headers["referrer-policy"], "no-referrer");
    assert!(parts.headers.contains_key("content-security-policy"));
    let body = body.collect().await.unwrap().to_bytes();
    let text = String::from_utf8(body.to_vec()).unwrap();
    Some((parts.status.as_u16(), text))
}

#[tokio::test]
async fn a_login_begins_with_an_address_and_a_state() {
    let scene = Scene::new("");
    let (status, body) = told(&scene, "GET anthropic-auth-url?is_webui=true", "").await;
    assert_eq!(status, 200);
    let url = url::Url::parse(body["url"].as_str().unwrap()).unwrap();
    let pair = |name: &str| {
        let mut pairs = url.query_pairs();
        let found = pairs.find(|(key, _)| key == name);
        found.unwrap().1.into_owned()
    };
    assert_eq!(pair("state"), body["state"].as_str().unwrap());
    assert_eq!(pair("redirect_uri"), "http://localhost:54545/callback");
    assert!(body["warning"].as_str().unwrap().contains("Anthropic"));
    let state = body["state"].as_str().unwrap();
    let (_, body) = told(&scene, &format!("GET get-auth-status?state={state}"), "").await;
    assert_eq!(body, serde_json::json!({"status": "wait"}));
}

#[tokio::test]
async fn kiro_says_where_to_go_when_it_is_asked_after() {
    let scene = Scene::new("");
    let (_, body) = told(&scene, "GET kiro-auth-url?method=github", "").await;
    assert_eq!(body["method"], "social");
    assert!(body["message"].as_str().unwrap().contains("oauth-callback"));
    let state = body["state"].as_str().unwrap();
    let (_, status) = told(&scene, &format!("GET get-auth-status?state={state}"), "").await;
    assert_eq!(
        (&status["status"], &status["url"]),
        (&"auth_url".into(), &body["url"])
    );
}

#[tokio::test]
async fn what_cannot_begin_says_why() {
    let scene = Scene::new(NOBODY);
    for (ask, status, message) in [
        (
            "GET gemini-cli-auth-url",
            500,
            "MODELGATE_GEMINI_CLIENT_SECRET",
        ),
        (
            "GET anthropic-auth-url?project_id=p-1",
            400,
            "have no projects",
        ),
        ("GET gemini-cli-auth-url?project_id=a,..%2Fb", 400, "`../b`"),
        ("GET kiro-auth-url?method=myspace", 400, "google"),
        ("GET qwen-auth-url", 502, "qwen gave no tokens"),
        ("POST iflow-auth-url", 400, "BXAuth"),
    ] {
        let (got, body) = told(&scene, ask, r#"{"cookie":"x=y"}"#).await;
        assert_eq!(got, status, "{ask}: {body}");
        assert!(
            body["message"].as_str().unwrap().contains(message),
            "{ask}: {body}"
        );
    }
    for (ask, status) in [
        ("POST anthropic-auth-url", 405),
        ("DELETE iflow-auth-url", 405),
        ("GET claude-auth-url", 404),
        ("GET -auth-url", 404),
        ("POST get-auth-status", 405),
        ("GET oauth-callback", 405),
        ("GET oauth-session", 405),
    ] {
        let (got, body) = told(&scene, ask, "").await;
        assert_eq!(got, status, "{ask}: {body}");
    }
}

#[tokio::test]
async fn a_state_that_nobody_knows_is_an_error_and_never_a_success() {
    let scene = Scene::new("");
    let long = "x".repeat(129);
    for (query, status, expected) in [
        ("", 200, serde_json::json!({"status": "ok"})),
        (
            "?state=unknown",
            200,
            serde_json::json!({"status": "error", "error": "unknown or expired state"}),
        ),
        (
            "?state=a..b",
            400,
            serde_json::json!({"error": "invalid state"}),
        ),
        (
            "?state=a%2Fb",
            400,
            serde_json::json!({"error": "invalid state"}),
        ),
        (
            &format!("?state={long}"),
            400,
            serde_json::json!({"error": "invalid state"}),
        ),
    ] {
        let (got, body) = told(&scene, &format!("GET get-auth-status{query}"), "").await;
        assert_eq!((got, body), (status, expected), "{query}");
    }
}

#[tokio::test]
async fn what_somebody_pastes_is_told_apart() {
    let scene = Scene::new("");
    let (one, other) = (begun(&scene).await, begun(&scene).await);
    let denied = format!(
        "http://localhost:54545/callback?error=access_denied&error_description=no&state={one}"
    );
    for (body, status, error) in [
        ("x".to_owned(), 400, "invalid body"),
        (
            r#"{"provider":"myspace"}"#.to_owned(),
            400,
            "unsupported provider",
        ),
        (
            r#"{"provider":"claude","redirect_url":"hello"}"#.to_owned(),
            400,
            "invalid redirect_url",
        ),
        (
            r#"{"provider":"claude","code":"c"}"#.to_owned(),
            400,
            "state is required",
        ),
        (
            r#"{"provider":"claude","code":"c","state":"a/b"}"#.to_owned(),
            400,
            "invalid state",
        ),
        (
            format!(r#"{{"provider":"claude","state":"{one}"}}"#),
            400,
            "code or error is required",
        ),
        (
            r#"{"provider":"claude","code":"c","state":"guessed"}"#.to_owned(),
            404,
            "unknown or expired state",
        ),
        (
            format!(r#"{{"provider":"google","code":"c","state":"{one}"}}"#),
            400,
            "provider does not match state",
        ),
        (
            format!(r#"{{"provider":"Anthropic","redirect_url":"{denied}"}}"#),
            200,
            "",
        ),
        (
            format!(r#"{{"redirect_url":"{denied}"}}"#),
            409,
            "the login was refused: access_denied: no",
        ),
        (
            format!(r#"{{"error":"access_denied","state":"{other}"}}"#),
            200,
            "",
        ),
    ] {
        let (got, said) = told(&scene, "POST oauth-callback", &body).await;
        let expected = match error {
            "" => serde_json::json!({"status": "ok"}),
            error => serde_json::json!({"status": "error", "error": error}),
        };
        assert_eq!((got, said), (status, expected), "{body}");
    }
    let (_, said) = told(&scene, &format!("GET get-auth-status?state={one}"), "").await;
    assert_eq!(said["error"], "the login was refused: access_denied: no");
}

#[tokio::test]
async fn a_login_that_is_called_off_is_unknown() {
    let scene = Scene::new("");
    let state = begun(&scene).await;
    for cancelled in [true, false] {
        let (_, said) = told(&scene, &format!("DELETE oauth-session?state={state}"), "").await;
        assert_eq!(
            said,
            serde_json::json!({"status": "ok", "cancelled": cancelled})
        );
    }
    let (status, text) = page(&scene, "anthropic", &format!("code=c&state={state}"))
        .await
        .unwrap();
    assert_eq!(status, 400);
    assert!(text.contains("No login waits for this"), "{text}");
    assert_eq!(told(&scene, "DELETE oauth-session", "").await.0, 400);
}

#[tokio::test]
async fn a_callback_shows_the_refusal_as_text_and_strangers_learn_nothing() {
    let scene = Scene::new("");
    let state = begun(&scene).await;
    let stray = page(&scene, "anthropic", "").await.unwrap();
    assert_eq!(stray.0, 400);
    for (name, query) in [
        ("anthropic", "code=c&state=guessed".to_owned()),
        ("anthropic", "error=%3Cscript%3E&state=guessed".to_owned()),
        ("anthropic", format!("state={state}")),
        ("google", format!("code=c&state={state}")),
        ("codex", format!("code=c&state={state}")),
    ] {
        let page = page(&scene, name, &query).await.unwrap();
        assert_eq!(page, stray, "{name} {query}");
    }
    assert!(page(&scene, "qwen", "").await.is_none());
    let query = format!("error=access_denied&error_description=%3Cscript%3Ex&state={state}");
    let (status, text) = page(&scene, "anthropic", &query).await.unwrap();
    assert_eq!(status, 400);
    assert!(text.contains("access_denied: &lt;script&gt;x"), "{text}");
    assert_eq!(page(&scene, "anthropic", &query).await.unwrap(), stray);
}
