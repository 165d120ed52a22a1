//! Failures.

use std::time::{Duration, UNIX_EPOCH};

use bytes::Bytes;
use serde_json::{Value as Json, json};

use super::frames;
use crate::ir::{Error, ErrorKind};
use crate::{Dialect, decode_error, decode_stream_error, encode_error, encode_error_frame};

#[track_caller]
fn check(status: u16, body: Json, kind: ErrorKind, message: &str) {
    let error = decode_error(Dialect::Responses, status, &Bytes::from(body.to_string()));
    assert_eq!(
        (error.status, error.kind, &*error.message),
        (status, kind, message)
    );
}

#[test]
fn every_form_of_a_failure_is_read() {
    check(
        400,
        json!({"error": {"message": "bad", "type": "invalid_request_error", "param": "x"}}),
        ErrorKind::InvalidRequest,
        "bad",
    );
    check(
        429,
        json!({"error": {"message": "slow", "code": "rate_limit_exceeded"}}),
        ErrorKind::RateLimit,
        "slow",
    );
    check(
        502,
        json!({"type": "error", "code": "server_error", "message": "flat"}),
        ErrorKind::Server,
        "flat",
    );
    check(
        502,
        json!({"response": {"error": {"code": "server_error", "message": "inner"}}}),
        ErrorKind::Server,
        "inner",
    );
    check(
        503,
        json!({"error": {"message": "busy", "code": "server_is_overloaded"}}),
        ErrorKind::Overloaded,
        "busy",
    );
    check(
        400,
        json!({"detail": "backend"}),
        ErrorKind::InvalidRequest,
        "backend",
    );
}

#[test]
fn a_failure_inside_of_a_stream_has_the_status_of_its_code() {
    let body = json!({"type": "response.failed", "response": {"error": {"code": "rate_limit_exceeded", "message": "slow"}}});
    let error = decode_stream_error(Dialect::Responses, &Bytes::from(body.to_string()));
    assert_eq!((error.status, error.kind), (429, ErrorKind::RateLimit));
}

/// `providers.md` 3.3.
#[test]
fn the_words_of_chatgpts_backend_are_read_with_any_status() {
    let limit = json!({"error": {"type": "usage_limit_reached", "message": "used up", "plan_type": "plus", "resets_at": 1_790_000_600, "resets_in_seconds": 90}});
    let bytes = |body: &Json| Bytes::from(body.to_string());
    let failed = json!({"type": "response.failed", "response": {"error": limit["error"]}});
    let mut errors: Vec<Error> = [400, 403, 429, 503]
        .map(|status| decode_error(Dialect::Responses, status, &bytes(&limit)))
        .into();
    errors.push(decode_stream_error(Dialect::Responses, &bytes(&failed)));
    for error in errors {
        assert_eq!((error.status, error.kind), (429, ErrorKind::RateLimit));
        assert_eq!(error.code.as_deref(), Some("usage_limit_reached"));
        assert_eq!(error.retry_after, Some(Duration::from_secs(90)));
        let at = UNIX_EPOCH + Duration::from_secs(1_790_000_600);
        assert_eq!(error.retry_at, Some(at));
    }
    let missing = json!({"error": {"type": "usage_not_included", "message": "not in your plan"}});
    let error = decode_error(Dialect::Responses, 429, &bytes(&missing));
    assert_eq!((error.status, error.kind), (429, ErrorKind::Billing));
    assert_eq!(error.code.as_deref(), Some("usage_not_included"));
    let full = json!({"detail": "Selected model is at capacity. Please try a different model."});
    for status in [400, 429, 500] {
        let error = decode_error(Dialect::Responses, status, &bytes(&full));
        assert_eq!((error.status, error.kind), (429, ErrorKind::RateLimit));
    }
    let failed = json!({"type": "response.failed", "response": {"error": {"code": "server_error", "message": full["detail"]}}});
    let error = decode_stream_error(Dialect::Responses, &bytes(&failed));
    assert_eq!((error.status, error.kind), (429, ErrorKind::RateLimit));
}

#[test]
fn failures_are_written_in_openais_shape() {
    let error = Error::new(ErrorKind::NotFound, "no such model").with_param("model");
    let body: Json = serde_json::from_slice(&encode_error(Dialect::Responses, &error)).unwrap();
    assert_eq!(
        body,
        json!({"error": {"message": "no such model", "type": "invalid_request_error", "param": "model", "code": "model_not_found"}})
    );
}

#[test]
fn the_event_is_flat_with_the_object_that_sdks_raise_on() {
    let mut out = Vec::new();
    encode_error_frame(
        Dialect::Responses,
        &Error::new(ErrorKind::Server, "broke"),
        &mut out,
    );
    let frame = frames(&out).remove(0);
    assert_eq!(frame["type"], "error");
    assert_eq!(frame["message"], "broke");
    assert_eq!(frame["code"], Json::Null);
    assert_eq!(frame["error"]["type"], "server_error");
}
