//! Requests in the name of an account.

use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::table::Scene;
use super::*;

/// What a provider is asked, when it answers so.
async fn asked_of(answer: &'static [u8], call: impl Fn(&str) -> Value) -> (u16, Value, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let scene = Scene::new(&format!(
        "claude-api-key: [{{api-key: sk-secret, base-url: '{url}'}}]\n"
    ));
    let body = call(&url).to_string();
    let serve = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut head = vec![0; 4096];
        let read = stream.read(&mut head).await.unwrap();
        stream.write_all(answer).await.unwrap();
        String::from_utf8(head[..read].to_vec()).unwrap()
    };
    let ask = sent(&scene.state, "POST api-call", &[KEY], &body);
    tokio::pin!(serve, ask);
    let (head, (status, _, body)) = tokio::select! {
        head = &mut serve => (head, ask.await),
        refused = &mut ask => (String::new(), refused),
    };
    (status, serde_json::from_slice(&body).unwrap(), head)
}

const ANSWER: &[u8] =
    b"HTTP/1.1 429 Too Many\r\nx-left: 1\r\nx-left: 2\r\ncontent-length: 2\r\n\r\n{}";

#[tokio::test]
async fn the_provider_of_the_account_is_asked_with_its_key() {
    let (status, body, head) = asked_of(ANSWER, |url| {
        json!({
            "auth_index": "claude-api-key[0]", "method": "post", "url": format!("{url}/usage?a=1"), "data": "{\"b\":2}",
            "header": {"Authorization": "Bearer $TOKEN$", "User-Agent": "somebody else", "Host": "evil.example", "X-A": "b"},
        })
    })
    .await;
    assert_eq!(
        (status, &body["status_code"], &body["body"]),
        (200, &json!(429), &json!("{}"))
    );
    assert_eq!(body["header"]["x-left"], json!(["1", "2"]));
    assert!(head.starts_with("POST /usage?a=1 HTTP/1.1\r\n"), "{head}");
    for line in [
        "authorization: Bearer sk-secret\r\n",
        "x-a: b\r\n",
        "user-agent: modelgate/",
    ] {
        assert!(head.contains(line), "{line}: {head}");
    }
    assert!(
        head.ends_with("{\"b\":2}") && !head.contains("evil.example") && !head.contains("somebody"),
        "{head}"
    );
}

#[tokio::test]
async fn nobody_else_is_asked() {
    for (call, status, error) in [
        (json!({}), 400, "missing method"),
        (json!({"method": "GET"}), 400, "missing url"),
        (
            json!({"method": "G T", "url": "http://x"}),
            400,
            "invalid method",
        ),
        (
            json!({"method": "GET", "url": "/relative"}),
            400,
            "invalid url",
        ),
        (
            json!({"method": "GET", "url": "file:///etc/passwd"}),
            400,
            "invalid url",
        ),
        (
            json!({"method": "GET", "url": "http://169.254.169.254/latest"}),
            403,
            "url not allowed",
        ),
        (
            json!({"method": "GET", "url": "http://127.0.0.1:1/", "auth_index": "claude-api-key[0]"}),
            403,
            "url not allowed",
        ),
        (
            json!({"method": "GET", "url": "http://x", "auth_index": "nobody"}),
            400,
            "auth token not found",
        ),
        (
            json!({"method": "GET", "url": "http://x", "header": {"A": "$TOKEN$"}}),
            400,
            "auth token not found",
        ),
    ] {
        let (got, body, head) = asked_of(b"", |_| call.clone()).await;
        assert_eq!(
            (got, &body["error"], &*head),
            (status, &json!(error), ""),
            "{call}"
        );
    }
    let at = |url: &str| json!({"method": "GET", "url": url, "auth_index": "claude-api-key[0]", "header": {"A": "$TOKEN$\n"}});
    let (status, body, _) = asked_of(b"", at).await;
    assert_eq!(status, 400);
    assert!(!body.to_string().contains("sk-secret"), "{body}");
    let plain = |url: &str| json!({"method": "GET", "url": url});
    let (status, body, _) = asked_of(b"", plain).await;
    assert_eq!((status, &body["error"]), (502, &json!("request failed")));
}

#[tokio::test]
async fn an_answer_that_does_not_end_is_refused() {
    let mut answer = b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n".to_vec();
    answer.resize(answer.len() + (8 << 20) + 1, b'x');
    let call = |url: &str| json!({"method": "GET", "url": url, "auth_index": "claude-api-key[0]"});
    let (status, body, _) = asked_of(Box::leak(answer.into_boxed_slice()), call).await;
    assert_eq!(
        (status, &body["error"]),
        (502, &json!("failed to read response"))
    );
}

#[tokio::test]
async fn a_proxy_of_its_own_is_used_for_the_one_request() {
    // The stand-in is the proxy; the provider's name leads nowhere.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let proxy = format!("http://{}", listener.local_addr().unwrap());
    let scene =
        Scene::new("claude-api-key: [{api-key: sk-secret, base-url: 'http://p.example'}]\n");
    let body = json!({"method": "GET", "url": "http://p.example/plan", "proxy_url": proxy});
    let serve = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut head = vec![0; 4096];
        let read = stream.read(&mut head).await.unwrap();
        stream.write_all(ANSWER).await.unwrap();
        String::from_utf8(head[..read].to_vec()).unwrap()
    };
    let body = body.to_string();
    let ask = sent(&scene.state, "POST api-call", &[KEY], &body);
    let (head, (status, _, _)) = tokio::join!(serve, ask);
    assert_eq!(status, 200);
    assert!(
        head.starts_with("GET http://p.example/plan HTTP/1.1\r\n"),
        "{head}"
    );
}
