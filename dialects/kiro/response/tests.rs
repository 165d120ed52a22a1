use bytes::Bytes;

use super::{decode_error, decode_named_error};
use crate::ir::{ErrorKind, Response};
use crate::json::{Document, Str};
use crate::names::Names;
use crate::target::Reply;
use crate::{Dialect, codec};

#[track_caller]
fn check(status: u16, body: &'static str, kind: ErrorKind, shown: u16, code: Option<&str>) {
    let error = decode_error(status, &Bytes::from_static(body.as_bytes()));
    let found = (error.kind, error.status, error.code.as_deref());
    assert_eq!(found, (kind, shown, code), "{body}");
}

#[test]
fn failures_mean_what_their_names_and_reasons_say() {
    use ErrorKind::*;
    let throttled =
        r#"{"__type":"com.amazon.aws.codewhisperer#ThrottlingException","message":"slow down"}"#;
    check(429, throttled, RateLimit, 429, Some("ThrottlingException"));
    check(200, throttled, RateLimit, 429, Some("ThrottlingException"));
    check(400, throttled, RateLimit, 429, Some("ThrottlingException"));
    let month =
        r#"{"__type":"x#ThrottlingException","message":"m","reason":"MONTHLY_REQUEST_COUNT"}"#;
    check(429, month, Billing, 402, Some("insufficient_quota"));
    let long = r#"{"__type":"x#ValidationException","message":"m","reason":"CONTENT_LENGTH_EXCEEDS_THRESHOLD"}"#;
    check(
        400,
        long,
        InvalidRequest,
        400,
        Some("context_length_exceeded"),
    );
    let in_stream = r#"{"_type":"x#ValidationException","message":"m"}"#;
    check(
        200,
        in_stream,
        InvalidRequest,
        400,
        Some("ValidationException"),
    );
    let unknown = r#"{"message":"m","reason":"SOMETHING_NEW"}"#;
    check(400, unknown, InvalidRequest, 400, Some("SOMETHING_NEW"));
    let internal = r#"{"__type":"InternalServerException","message":"m"}"#;
    check(500, internal, Server, 500, Some("InternalServerException"));
    check(200, internal, Server, 502, Some("InternalServerException"));
    check(503, "busy", Overloaded, 503, None);
    check(401, "{}", Authentication, 401, None);
}

/// A 403 is a suspended account, a token that is over, or final (`providers.md` 9.6).
#[test]
fn a_refusal_is_final_unless_the_token_is_over() {
    use ErrorKind::*;
    let suspended = r#"{"message":"Your account is TEMPORARILY_SUSPENDED, the token is invalid"}"#;
    check(403, suspended, Permission, 403, Some("account_suspended"));
    let reason = r#"{"message":"no","reason":"SUSPENDED"}"#;
    check(403, reason, Permission, 403, Some("account_suspended"));
    for over in [
        r#"{"message":"The bearer token included in the request is invalid."}"#,
        r#"{"message":"expired"}"#,
        r#"{"__type":"AccessDeniedException","Message":"Invalid token"}"#,
    ] {
        check(403, over, Authentication, 401, Some("invalid_token"));
    }
    check(
        403,
        r#"{"message":"not authorized"}"#,
        Permission,
        403,
        None,
    );
    // Only a refusal is looked into.
    let elsewhere = r#"{"message":"invalid tokens in max_tokens"}"#;
    check(400, elsewhere, InvalidRequest, 400, None);
}

#[test]
fn the_name_of_a_failure_may_stand_in_a_header() {
    let named = |body: &'static str| {
        let name = "ThrottlingException:http://internal.amazon.com/coral/com.amazon.coral/";
        let body = Bytes::from_static(body.as_bytes());
        decode_named_error(400, &body, Some(name))
    };
    let error = named(r#"{"message":"slow down"}"#);
    assert_eq!(error.kind, ErrorKind::RateLimit);
    assert_eq!(error.code.as_deref(), Some("ThrottlingException"));
    assert_eq!(error.message, "slow down");
    let error = named(r#"{"__type":"ValidationException","message":"no"}"#);
    assert_eq!(error.kind, ErrorKind::InvalidRequest);
    assert_eq!(error.code.as_deref(), Some("ValidationException"));
}

#[test]
fn no_client_speaks_kiro() {
    let document = Document::parse(Bytes::from_static(b"{}")).unwrap();
    let read = codec::decode_request(Dialect::Kiro, &document);
    assert!(read.is_err_and(|error| error.to_string().contains("no client speaks Kiro")));
    let read = codec::decode_response(Dialect::Kiro, &document, &Str::new());
    assert!(read.is_err_and(|error| error.to_string().contains("stream of events")));
    let reply = Reply {
        model: Str::new(),
        unique: Str::new(),
        created: 0,
        include_usage: false,
        names: Names::default(),
        echo: None,
    };
    let answer = codec::encode_response(Dialect::Kiro, &Response::new(Dialect::Chat), &reply);
    let error = decode_error(400, &answer);
    assert_eq!(error.kind, ErrorKind::InvalidRequest);
    assert!(error.message.contains("no client speaks Kiro"));
}
