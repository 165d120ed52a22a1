use bytes::Bytes;
use http::{HeaderMap, StatusCode};

use super::*;

const SECOND: Duration = Duration::from_secs(1);

fn started(answer: &str) -> Option<Start> {
    let document = Document::parse(Bytes::from(answer.to_owned())).unwrap();
    Start::of(document.root())
}

fn login() -> DeviceLogin {
    let answer = r#"{"device_code":"d","user_code":"AB-CD","verification_uri":"https://x.example/device",
        "verification_uri_complete":"https://x.example/device?code=AB-CD","expires_in":900,"interval":5}"#;
    let url = Url::parse("https://x.example/token").unwrap();
    DeviceLogin {
        kind: AccountKind::Kimi,
        service: OAuth::default().service("kimi").unwrap().clone(),
        state: "state".into(),
        start: started(answer).unwrap(),
        question: Question::new(url, super::super::Encoding::Form, Vec::new()),
        kept: Vec::new(),
        redeemer: None,
    }
}

/// The same whose answers end in one more code.
fn redeemed_login() -> DeviceLogin {
    let answer = r#"{"device_auth_id":"d","usercode":"AB-CD","interval":"5"}"#;
    let answer = Document::parse(Bytes::from_static(answer.as_bytes())).unwrap();
    let place = Url::parse("https://x.example/device").unwrap();
    let start = Start::at(place, answer.root(), "device_auth_id", 900 * SECOND);
    DeviceLogin {
        kind: AccountKind::Codex,
        start: start.unwrap(),
        redeemer: Some(codex::Redeemer::of(&OAuth::default()).unwrap()),
        ..login()
    }
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_falls_silent_holds_nobody_up_for_ever() {
    // It takes connections, and says nothing.
    let server = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/token", server.local_addr().unwrap());
    let url = Url::parse(&url).unwrap();
    let login = DeviceLogin {
        question: Question::new(url, super::super::Encoding::Form, Vec::new()),
        ..login()
    };
    let clients = crate::Clients::default();
    let reach = Reach {
        clients: &clients,
        proxy: &modelgate_config::model::Proxy::Direct,
        connect: SECOND,
    };
    let ended = tokio::time::timeout(login.patience() + EXCHANGE, login.finish(reach)).await;
    let ended = ended.expect("it ends with its code").unwrap_err();
    assert!(matches!(ended, LoginError::Expired), "{ended}");
}

#[tokio::test(start_paused = true)]
async fn nobody_is_asked_before_the_first_interval_is_over() {
    let devices = AccountKind::ALL.into_iter();
    let devices: Vec<_> = devices.filter(|kind| needs(*kind).is_some()).collect();
    assert_eq!(devices.len(), 6, "{devices:?}");
    for kind in devices {
        let server = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        server.set_nonblocking(true).unwrap();
        let url = format!("http://{}/token", server.local_addr().unwrap());
        let question = Question::new(
            Url::parse(&url).unwrap(),
            super::super::Encoding::Form,
            Vec::new(),
        );
        let begun = match kind {
            AccountKind::Codex => redeemed_login(),
            _ => login(),
        };
        let login = DeviceLogin {
            kind,
            question,
            ..begun
        };
        let clients = crate::Clients::default();
        let reach = Reach {
            clients: &clients,
            proxy: &modelgate_config::model::Proxy::Direct,
            connect: SECOND,
        };
        let almost = login.start.interval - Duration::from_millis(1);
        let ended = tokio::time::timeout(almost, login.finish(reach)).await;
        assert!(ended.is_err(), "{kind}");
        assert!(server.accept().is_err(), "{kind} was asked at once");
    }
}

fn answer(status: u16, body: &str) -> Answer {
    Answer {
        status: StatusCode::from_u16(status).unwrap(),
        headers: HeaderMap::new(),
        body: Bytes::from(body.to_owned()),
    }
}

#[test]
fn a_login_begins_with_a_code_and_a_place() {
    let login = login();
    assert_eq!(login.code(), "AB-CD");
    assert_eq!(login.url().as_str(), "https://x.example/device?code=AB-CD");
    assert_eq!(
        (login.start.interval, login.start.patience),
        (5 * SECOND, 900 * SECOND)
    );
    assert!(!format!("{login:?}").contains(r#""d""#));

    let bare = r#"{"device_code":"d","user_code":"1","verification_uri":"http://x.example"}"#;
    let bare = started(bare).unwrap();
    assert_eq!((bare.interval, bare.patience), (INTERVAL, PATIENCE));
    // Numbers as text, absurd ones, and the camelCase of some.
    let odd = r#"{"deviceCode":"d","userCode":"1","verificationUri":"http://x.example","interval":"0","expiresIn":1e12}"#;
    let odd = started(odd).unwrap();
    assert_eq!((odd.interval, odd.patience), (SECOND, LONGEST_PATIENCE));

    for broken in [
        "{}",
        r#"{"device_code":"d","user_code":"1"}"#,
        r#"{"device_code":"","user_code":"1","verification_uri":"http://x.example"}"#,
        r#"{"device_code":"d","user_code":"1","verification_uri":"javascript:alert(1)"}"#,
    ] {
        assert!(started(broken).is_none(), "{broken}");
    }
}

#[test]
fn whoever_asks_too_fast_waits_longer() {
    let login = login();
    let mut interval = login.start.interval;
    let mut after = |status, body: &str| {
        assert!(login.read(answer(status, body), &mut interval).is_none());
        interval
    };
    assert_eq!(
        after(400, r#"{"error":"authorization_pending"}"#),
        5 * SECOND
    );
    assert_eq!(after(400, r#"{"error":"slow_down"}"#), 10 * SECOND);
    // GitHub says so with a good status, and how long.
    assert_eq!(
        after(200, r#"{"error":"slow_down","interval":20}"#),
        20 * SECOND
    );
    assert_eq!(
        after(400, r#"{"error":"slow_down","interval":1}"#),
        25 * SECOND
    );
    assert_eq!(
        after(400, r#"{"error":"slow_down","interval":1e9}"#),
        60 * SECOND
    );
    assert_eq!(
        after(200, r#"{"error":"authorization_pending"}"#),
        60 * SECOND
    );
    // Trouble on the other side is no answer.
    assert_eq!(after(503, "<html>"), 60 * SECOND);
    assert_eq!(after(429, "{}"), 60 * SECOND);
}

#[test]
fn qwen_is_asked_half_as_often_again_and_every_ten_seconds_at_least() {
    let login = DeviceLogin {
        kind: AccountKind::Qwen,
        ..login()
    };
    let mut interval = login.start.interval;
    let mut after = |body: &str| {
        assert!(login.read(answer(429, body), &mut interval).is_none());
        interval.as_secs_f64()
    };
    let slow = r#"{"error":"slow_down"}"#;
    assert_eq!([after(slow), after(slow), after(slow)], [7.5, 10.0, 10.0]);
    // What it asks for counts more.
    assert_eq!(after(r#"{"error":"slow_down","interval":20}"#), 20.0);
    assert_eq!(after(slow), 20.0);
}

#[test]
fn every_end_is_told_apart() {
    let login = login();
    let end = |status, body: &str| {
        let outcome = login.read(answer(status, body), &mut login.start.interval.clone());
        let refused = |refused| LoginError::refused(login.kind, refused);
        let granted = |body| granted(body, SystemTime::now()).map_err(refused);
        outcome
            .unwrap()
            .and_then(granted)
            .map_err(|error| error.to_string())
    };
    let granted = end(
        200,
        r#"{"access_token":"a","refresh_token":"r","resource_url":"portal.example"}"#,
    );
    let fields = granted.unwrap().fields;
    assert_eq!(fields, [("resource_url", Secret::from("portal.example"))]);
    for (status, body, expected) in [
        (400, r#"{"error":"expired_token"}"#, "in time"),
        (
            400,
            r#"{"error":"access_denied"}"#,
            "refused: access_denied",
        ),
        (
            401,
            r#"{"error":"invalid_client"}"#,
            "kimi gave no tokens: invalid_client",
        ),
        (200, "{}", "no access token"),
    ] {
        let error = end(status, body).unwrap_err();
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn a_flow_that_ends_in_one_more_code_is_pending_while_it_is_refused() {
    let login = redeemed_login();
    assert_eq!((login.code(), login.url().path()), ("AB-CD", "/device"));
    assert_eq!(
        (login.start.interval, login.start.patience),
        (5 * SECOND, 900 * SECOND)
    );
    let mut interval = login.start.interval;
    let mut after = |status, body: &str| {
        assert!(login.read(answer(status, body), &mut interval).is_none());
        interval
    };
    assert_eq!(after(403, ""), 5 * SECOND);
    let unknown = r#"{"error":{"code":"deviceauth_authorization_unknown","message":"x"}}"#;
    assert_eq!(after(404, unknown), 5 * SECOND);
    assert_eq!(after(403, r#"{"error":{"code":"slow_down"}}"#), 10 * SECOND);
    assert_eq!(after(429, "{}"), 10 * SECOND);
    let outcome = |status, body: &str| {
        let mut interval = SECOND;
        login.read(answer(status, body), &mut interval).unwrap()
    };
    assert!(outcome(200, r#"{"authorization_code":"c"}"#).is_ok());
    let denied = outcome(403, r#"{"error":"access_denied"}"#).unwrap_err();
    assert!(matches!(denied, LoginError::Denied { .. }), "{denied}");
    let broken = outcome(400, r#"{"error":"invalid_client"}"#).unwrap_err();
    assert!(broken.to_string().contains("invalid_client"), "{broken}");
}
