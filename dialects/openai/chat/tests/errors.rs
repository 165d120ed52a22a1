//! Failures, in every form that servers have (`providers.md` 4).

use std::time::Duration;

use bytes::Bytes;
use serde_json::json;

use crate::ir::{Error, ErrorKind};
use crate::json::Str;
use crate::openai::chat::response::{decode_error, encode_error};

fn read(status: u16, body: &str) -> Error {
    decode_error(status, &Bytes::copy_from_slice(body.as_bytes()))
}

#[track_caller]
fn check(status: u16, body: &str, kind: ErrorKind, message: &str) {
    let error = read(status, body);
    assert_eq!(
        (error.status, error.kind, &*error.message),
        (status, kind, message)
    );
}

#[test]
fn every_form_of_body_is_understood() {
    use ErrorKind::{InvalidRequest, NotFound, RateLimit, Server};
    check(
        400,
        r#"{"error":{"message":"m","type":"t"}}"#,
        InvalidRequest,
        "m",
    );
    check(400, r#"{"error":"text"}"#, InvalidRequest, "text");
    check(404, r#"{"message":"m"}"#, NotFound, "m");
    check(422, r#"{"detail":"d"}"#, InvalidRequest, "d");
    check(
        422,
        r#"{"detail":[{"loc":["body"],"msg":"wrong"}]}"#,
        InvalidRequest,
        "wrong",
    );
    let detail = r#"{"detail":{"code":"usage_not_included","message":"d"}}"#;
    check(429, detail, ErrorKind::Billing, "d");
    check(
        400,
        r#"[{"error":{"code":400,"message":"list"}}]"#,
        InvalidRequest,
        "list",
    );
    check(
        429,
        r#"{"type":"error","error":{"type":"rate_limit_error","message":"slow"}}"#,
        RateLimit,
        "slow",
    );
    check(500, "plain text", Server, "plain text");
    check(
        500,
        "",
        Server,
        "the upstream answered 500 without a message",
    );
    check(
        500,
        "{}",
        Server,
        "the upstream answered 500 without a message",
    );
    check(500, r#""a string""#, Server, "a string");
    let nested = json!({"error": {"message": json!({"error": {"message": "inner", "code": "c"}}).to_string()}});
    check(400, &nested.to_string(), InvalidRequest, "inner");
    assert_eq!(read(400, &nested.to_string()).code.as_deref(), Some("c"));
}

#[test]
fn pages_are_not_dumped() {
    let page =
        "<!DOCTYPE html><html><head><title>502 Bad\nGateway</title></head><body>lots</body></html>";
    let message = "the upstream answered with an HTML page: 502 Bad Gateway";
    check(502, page, ErrorKind::Server, message);
    check(
        502,
        "<html>",
        ErrorKind::Server,
        "the upstream answered with an HTML page",
    );
}

#[test]
fn messages_are_short_and_printable() {
    let error = read(
        500,
        &json!({"error": {"message": format!("\u{1b}[31mred\u{7}{}", "é".repeat(5000))}})
            .to_string(),
    );
    assert!(error.message.starts_with("[31mred"));
    assert_eq!(error.message.chars().count(), 2001);
    let garbage = decode_error(500, &Bytes::from_static(b"\xff\xfe\x00abc"));
    assert_eq!(&*garbage.message, "\u{fffd}\u{fffd}abc");
}

#[test]
fn words_say_more_than_the_status() {
    let kind =
        |status, body: serde_json::Value| read(status, &json!({"error": body}).to_string()).kind;
    assert_eq!(
        kind(429, json!({"message": "m", "code": "insufficient_quota"})),
        ErrorKind::Billing
    );
    assert_eq!(
        kind(429, json!({"message": "m", "type": "insufficient_quota"})),
        ErrorKind::Billing
    );
    assert_eq!(
        kind(400, json!({"message": "Your credit balance is too low"})),
        ErrorKind::Billing
    );
    assert_eq!(
        kind(400, json!({"message": "m", "code": "model_not_found"})),
        ErrorKind::NotFound
    );
    assert_eq!(
        kind(
            401,
            json!({"message": "m", "type": "invalid_request_error", "code": "invalid_api_key"})
        ),
        ErrorKind::Authentication
    );
    assert_eq!(
        kind(
            500,
            json!({"message": "m", "type": "invalid_request_error"})
        ),
        ErrorKind::Server
    );
    assert_eq!(
        kind(500, json!({"message": "m", "type": "overloaded_error"})),
        ErrorKind::Overloaded
    );
    let error = read(
        400,
        r#"{"error":{"message":"m","code":"c","param":"p","metadata":{"a":1}}}"#,
    );
    assert_eq!(
        (error.code.as_deref(), error.param.as_deref()),
        (Some("c"), Some("p"))
    );
    assert_eq!(error.details.unwrap().as_str(), r#"{"a":1}"#);
}

#[test]
fn the_message_may_say_when_to_try_again() {
    let after =
        |text: &str| read(429, &json!({"error": {"message": text}}).to_string()).retry_after;
    assert_eq!(
        after("Please try again in 1.2s."),
        Some(Duration::from_millis(1200))
    );
    assert_eq!(
        after("Try again in 20ms. Visit"),
        Some(Duration::from_millis(20))
    );
    assert_eq!(after("try again in 6m0s"), Some(Duration::from_secs(360)));
    assert_eq!(
        after("try again in 1h2m3s"),
        Some(Duration::from_secs(3723))
    );
    assert_eq!(
        after("try again in 3 seconds"),
        Some(Duration::from_secs(3))
    );
    assert_eq!(after("try again in a moment"), None);
    assert_eq!(after("try again in 99999999999999999999999999999h"), None);
    assert_eq!(after("no hint"), None);
}

#[test]
fn clients_read_the_vendors_form() {
    let written = |error: &Error| {
        let mut out = Vec::new();
        encode_error(error, &mut out);
        String::from_utf8(out).unwrap()
    };
    assert_eq!(
        written(&Error::new(ErrorKind::InvalidRequest, "m").with_param("messages")),
        r#"{"error":{"message":"m","type":"invalid_request_error","param":"messages","code":null}}"#
    );
    let rows = [
        (ErrorKind::Authentication, "authentication_error", None),
        (
            ErrorKind::Billing,
            "insufficient_quota",
            Some("insufficient_quota"),
        ),
        (ErrorKind::Permission, "permission_error", None),
        (ErrorKind::NotFound, "invalid_request_error", None),
        (ErrorKind::Conflict, "invalid_request_error", None),
        (ErrorKind::TooLarge, "invalid_request_error", None),
        (
            ErrorKind::RateLimit,
            "rate_limit_error",
            Some("rate_limit_exceeded"),
        ),
        (ErrorKind::Timeout, "server_error", None),
        (ErrorKind::Server, "server_error", None),
        (ErrorKind::Overloaded, "server_error", None),
    ];
    for (kind, word, code) in rows {
        let json: serde_json::Value =
            serde_json::from_str(&written(&Error::new(kind, "m"))).unwrap();
        assert_eq!(json["error"]["type"], word);
        assert_eq!(json["error"]["code"], json!(code));
    }
    let own = Error::new(ErrorKind::NotFound, Str::from("m")).with_code("own");
    assert!(written(&own).contains(r#""code":"own""#));
}

#[test]
fn only_a_missing_model_is_called_one() {
    let code = |error: Error| {
        let mut out = Vec::new();
        encode_error(&error, &mut out);
        let json: serde_json::Value = serde_json::from_slice(&out).unwrap();
        json["error"]["code"].clone()
    };
    let missing = |message: &'static str| Error::new(ErrorKind::NotFound, message);
    assert_eq!(code(missing("model: claude-9")), "model_not_found");
    assert_eq!(code(missing("The Model `m` is gone")), "model_not_found");
    assert_eq!(
        code(missing("`m` was not found").with_param("model")),
        "model_not_found"
    );
    for other in [
        missing("Not Found"),
        missing("Invalid URL (POST /v1/chat)"),
        missing("Response with id 'resp_1' not found."),
        missing("the answer of that model is gone").with_param("response_id"),
    ] {
        assert_eq!(code(other), serde_json::Value::Null);
    }
}
