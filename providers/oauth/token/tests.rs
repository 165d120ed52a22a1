//! What is sent to a token endpoint, and what its answers mean.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

use super::*;
use crate::store::Accounts;

const CONNECT: Duration = Duration::from_secs(5);

/// A token endpoint on this machine that gives one answer for each connection, and keeps what it was sent.
struct Endpoint {
    url: Url,
    sent: Arc<Mutex<Vec<String>>>,
}

impl Endpoint {
    async fn new(answers: &'static [&'static str]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let sent = Arc::new(Mutex::new(Vec::new()));
        let keep = Arc::clone(&sent);
        tokio::spawn(async move {
            for answer in answers {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut request = Vec::new();
                while !complete(&request) {
                    let mut piece = [0; 4096];
                    let length = stream.read(&mut piece).await.unwrap();
                    assert!(length > 0, "the client left");
                    request.extend_from_slice(&piece[..length]);
                }
                keep.lock()
                    .unwrap()
                    .push(String::from_utf8(request).unwrap());
                let (head, body) = answer.split_once("\n\n").unwrap();
                let length = body.len();
                let answer =
                    format!("HTTP/1.1 {head}\nconnection: close\ncontent-length: {length}\n\n");
                let answer = answer.replace('\n', "\r\n") + body;
                stream.write_all(answer.as_bytes()).await.unwrap();
            }
        });
        let url = Url::parse(&format!("http://127.0.0.1:{port}/token")).unwrap();
        Self { url, sent }
    }

    async fn ask(&self, encoding: Encoding, account: &Account) -> Result<Grant, Refused> {
        let endpoint = TokenEndpoint {
            url: self.url.clone(),
            encoding,
            client_id: "client 1".into(),
            client_secret: (encoding == Encoding::Form).then(|| Secret::from("s&s")),
            scope: (encoding == Encoding::Form).then(|| "openid email".into()),
        };
        let clients = Clients::default();
        endpoint
            .refresh(&clients, &Proxy::Direct, CONNECT, account)
            .await
    }

    fn sent(&self) -> (String, String) {
        let request = self.sent.lock().unwrap().remove(0);
        let (head, body) = request.split_once("\r\n\r\n").unwrap();
        (head.to_ascii_lowercase(), body.to_owned())
    }
}

/// Whether a request has all of its body.
fn complete(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request);
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        return false;
    };
    let head = head.to_ascii_lowercase();
    let length = head.split_once("content-length: ").unwrap().1;
    body.len() >= length.lines().next().unwrap().parse().unwrap()
}

fn account(json: &str) -> Arc<Account> {
    let directory = tempfile::tempdir().unwrap();
    let accounts = Accounts::open(directory.path()).unwrap();
    accounts.add("a.json", json.as_bytes()).unwrap()
}

fn claude() -> Arc<Account> {
    account(r#"{"type":"claude","refresh_token":"R+0","access_token":"A0"}"#)
}

const GRANT: &str = "200 OK\ncontent-type: application/json\n\n\
    {\"access_token\":\"A1\",\"refresh_token\":\"R1\",\"expires_in\":3600,\"id_token\":\"I1\",\"scope\":\"s\",\"email\":\"\"}";

#[tokio::test]
async fn both_ways_of_asking_are_spoken() {
    let endpoint = Endpoint::new(&[GRANT, GRANT]).await;
    let before = SystemTime::now();
    let grant = endpoint.ask(Encoding::Json, &claude()).await.unwrap();
    let (head, body) = endpoint.sent();
    assert!(head.starts_with("post /token http/1.1"), "{head}");
    assert!(head.contains("content-type: application/json"), "{head}");
    assert!(head.contains("user-agent: modelgate/"), "{head}");
    let expected = r#"{"grant_type":"refresh_token","refresh_token":"R+0","client_id":"client 1"}"#;
    assert_eq!(body, expected);
    assert_eq!(grant.access.expose(), "A1");
    assert_eq!(grant.refresh.unwrap().expose(), "R1");
    let life = grant
        .expires
        .unwrap()
        .duration_since(before)
        .unwrap()
        .as_secs();
    assert!((3600..3660).contains(&life), "{life}");
    let fields: Vec<_> = grant
        .fields
        .iter()
        .map(|(name, value)| (*name, value.expose()))
        .collect();
    assert_eq!(fields, [("id_token", "I1")]);
    endpoint.ask(Encoding::Form, &claude()).await.unwrap();
    let (head, body) = endpoint.sent();
    assert!(
        head.contains("content-type: application/x-www-form-urlencoded"),
        "{head}"
    );
    let expected = "grant_type=refresh_token&refresh_token=R%2B0&client_id=client+1&client_secret=s%26s&scope=openid+email";
    assert_eq!(body, expected);
}

#[tokio::test]
async fn the_proxy_of_the_account_is_used() {
    let proxy = Endpoint::new(&[GRANT]).await;
    let own = account(&format!(
        r#"{{"type":"qwen","refresh_token":"R0","proxy_url":"{}"}}"#,
        proxy.url.origin().ascii_serialization()
    ));
    let nowhere = Endpoint {
        url: Url::parse("http://token.invalid/x").unwrap(),
        sent: Arc::default(),
    };
    nowhere.ask(Encoding::Form, &own).await.unwrap();
    assert!(proxy.sent().0.starts_with("post http://token.invalid/x"));
}

#[tokio::test]
async fn answers_of_an_endpoint_are_told_apart() {
    let endpoint = Endpoint::new(&[
        "400 Bad Request\n\n{\"error\":\"invalid_grant\",\"error_description\":\"R+0 is over\"}",
        "429 Too Many Requests\nretry-after: 17\n\n",
        "503 Unavailable\n\n<html>",
        "200 OK\n\n{\"token\":\"x\"}",
        "302 Found\nlocation: http://elsewhere/\n\n",
    ])
    .await;
    let expected = [
        Refused::LoginAgain("invalid_grant".to_owned()),
        Refused::RateLimited(Some(Duration::from_secs(17))),
        Refused::Unavailable("it answered 503".to_owned()),
        Refused::Failed("the answer holds no access token".to_owned()),
        Refused::Failed("it answered 302".to_owned()),
    ];
    for expected in expected {
        let refused = endpoint.ask(Encoding::Json, &claude()).await.unwrap_err();
        assert_eq!(refused, expected);
    }
    let refused = endpoint.ask(Encoding::Json, &claude()).await.unwrap_err();
    assert!(
        matches!(&refused, Refused::Unavailable(reason) if reason.contains("claude")),
        "{refused:?}"
    );
}

#[tokio::test]
async fn without_a_refresh_token_nobody_is_asked() {
    let endpoint = Endpoint::new(&[]).await;
    let refused = endpoint
        .ask(Encoding::Json, &account(r#"{"type":"claude"}"#))
        .await;
    assert!(
        matches!(refused, Err(Refused::LoginAgain(_))),
        "{refused:?}"
    );
    assert!(endpoint.sent.lock().unwrap().is_empty());
}

#[test]
fn only_some_refusals_end_a_login() {
    let over = |code: &str| Refused::LoginAgain(code.to_owned());
    let failed = |reason: &str| Refused::Failed(reason.to_owned());
    let rows = [
        (400, r#"{"error":"invalid_grant"}"#, over("invalid_grant")),
        (401, r#"{"error":"invalid_client"}"#, over("invalid_client")),
        (
            403,
            r#"{"code":"unauthorized_client"}"#,
            over("unauthorized_client"),
        ),
        (
            401,
            r#"{"error":{"type":"invalid_request_error","code":"refresh_token_reused","message":"R0"}}"#,
            over("refresh_token_reused"),
        ),
        (
            400,
            r#"{"error":{"code":400,"type":"invalid_grant"}}"#,
            over("invalid_grant"),
        ),
        (
            404,
            r#"{"error":"invalid_grant"}"#,
            failed("it answered 404 invalid_grant"),
        ),
        (
            400,
            r#"{"error":"slow_down"}"#,
            failed("it answered 400 slow_down"),
        ),
        (401, r#"{"error":"rt-Secret1"}"#, failed("it answered 401")),
        (403, "<html>", failed("it answered 403")),
    ];
    for (status, body, expected) in rows {
        let status = StatusCode::from_u16(status).unwrap();
        let body = Bytes::from_static(body.as_bytes());
        assert_eq!(
            refused(status, &HeaderMap::new(), body, SystemTime::now()),
            expected
        );
    }
}

#[test]
fn the_life_of_a_token_is_read_as_text_too() {
    let rows = [
        (r#"3599"#, Some(3599)),
        (r#""3599""#, Some(3599)),
        (r#"3599.9"#, Some(3599)),
        (r#"0"#, None),
        (r#"-1"#, None),
        (r#"1e300"#, None),
        (r#"null"#, None),
        (r#"{}"#, None),
    ];
    let now = SystemTime::UNIX_EPOCH;
    for (json, expected) in rows {
        let body = Bytes::from(format!(r#"{{"access_token":"A","expires_in":{json}}}"#));
        let expires = granted(body, now).unwrap().expires;
        let seconds = expires.map(|expires| expires.duration_since(now).unwrap().as_secs());
        assert_eq!(seconds, expected, "{json}");
    }
}

#[test]
fn answers_in_camel_case_are_read() {
    let body =
        br#"{"accessToken":"A","refreshToken":"R","expiresIn":10,"profileArn":"P","email":""}"#;
    let grant = granted(Bytes::from_static(body), SystemTime::UNIX_EPOCH).unwrap();
    assert_eq!(grant.access.expose(), "A");
    assert_eq!(grant.refresh.unwrap().expose(), "R");
    assert!(grant.expires.is_some());
    assert_eq!(grant.fields, [("profile_arn", Secret::from("P"))]);
}

#[test]
fn a_refusal_with_status_200_is_one() {
    let rows = [
        (
            r#"{"error":"invalid_grant"}"#,
            Refused::LoginAgain("invalid_grant".to_owned()),
        ),
        (
            r#"{"success":false}"#,
            Refused::Failed("the answer holds no access token".to_owned()),
        ),
        (
            "<html>",
            Refused::Failed("the answer holds no access token".to_owned()),
        ),
    ];
    for (body, expected) in rows {
        let answer = granted(Bytes::from_static(body.as_bytes()), SystemTime::UNIX_EPOCH);
        assert_eq!(answer.unwrap_err(), expected, "{body}");
    }
}

#[test]
fn a_token_without_a_said_end_may_name_its_own() {
    let body = br#"{"access_token":"e30.eyJleHAiOjE3NjczMjMwNDV9.x"}"#;
    let grant = granted(Bytes::from_static(body), SystemTime::UNIX_EPOCH).unwrap();
    let end = SystemTime::UNIX_EPOCH + Duration::from_secs(1_767_323_045);
    assert_eq!(grant.expires, Some(end));
}

/// Clock skew: the provider's clock and ours need not agree for a token that was granted just now.
#[test]
fn clock_skew_does_not_shorten_or_lengthen_the_life_of_a_new_token() {
    let (hour, now) = (3_600, 1_767_323_045);
    let moment = |seconds| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
    for theirs in [now - 30 * hour, now, now + 30 * hour] {
        let claims = format!(r#"{{"iat":{theirs},"exp":{}}}"#, theirs + 2 * hour);
        let token = format!("e30.{}.x", BASE64_URL_SAFE_NO_PAD.encode(claims));
        // What the answer says counts, then what the token says of its life.
        for (said, life) in [(r#","expires_in":3600"#, hour), ("", 2 * hour)] {
            let body = format!(r#"{{"access_token":"{token}"{said}}}"#);
            let grant = granted(Bytes::from(body), moment(now)).unwrap();
            assert_eq!(grant.expires, Some(moment(now + life)), "{theirs} {said}");
        }
    }
}
