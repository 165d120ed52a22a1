//! The one place that turns a failure into an answer.

use std::time::Duration;

use bytes::Bytes;
use http::header::{ALLOW, RETRY_AFTER};
use http::{HeaderValue, StatusCode};
use modelgate_dialects::ir::{Error, ErrorKind};
use modelgate_dialects::json::RawJson;
use modelgate_dialects::{DecodeError, Dialect, EncodeError, Loss, Str, encode_error};
use modelgate_management::FlatAnswer;
use modelgate_providers::CallError;
use warp::reply::Response;

use crate::management::gate::Refusal;
use crate::reply;

/// A request that gets no answer of a model, with what the client is told.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) error: Box<Error>,
    /// Methods that the route has.
    pub(crate) allow: Option<&'static str>,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self {
            error: Box::new(error),
            allow: None,
        }
    }
}

impl From<DecodeError> for Failure {
    fn from(error: DecodeError) -> Self {
        let param = error.path().map(|path| Str::from(path.to_owned()));
        let mut failure = Error::new(ErrorKind::InvalidRequest, Str::from(error.to_string()));
        failure.param = param;
        failure.into()
    }
}

impl From<EncodeError> for Failure {
    fn from(error: EncodeError) -> Self {
        let mut failure = Error::new(ErrorKind::InvalidRequest, Str::from(error.to_string()));
        failure.details = error.code.map(|code| {
            RawJson::build(|writer| writer.object(|writer| writer.field("error_code", code)))
        });
        failure.with_param(Str::from(error.path)).into()
    }
}

impl From<CallError> for Failure {
    fn from(error: CallError) -> Self {
        Self {
            error: error.error,
            allow: None,
        }
    }
}

impl Failure {
    fn new(kind: ErrorKind, code: &'static str, message: impl Into<String>) -> Self {
        Error::new(kind, Str::from(message.into()))
            .with_code(code)
            .into()
    }

    pub(crate) fn missing_key() -> Self {
        let message = "no API key: send a modelgate client key as `Authorization: Bearer <key>` or `x-api-key: <key>` \
                       (your keys are in the config file under `api-keys`; `modelgate config path` names it)";
        Self::new(ErrorKind::Authentication, "missing_api_key", message)
    }

    pub(crate) fn wrong_key() -> Self {
        let message = "this API key is not one of modelgate's client keys (see `api-keys` in the config file; \
                       `modelgate config path` names it)";
        Self::new(ErrorKind::Authentication, "invalid_api_key", message)
    }

    pub(crate) fn disabled_key() -> Self {
        Self::new(
            ErrorKind::Authentication,
            "disabled_api_key",
            "this API key is disabled in the config file",
        )
    }

    pub(crate) fn expired_key() -> Self {
        let message = "this API key has expired; set a later `expires` or make a new key";
        Self::new(ErrorKind::Authentication, "expired_api_key", message)
    }

    pub(crate) fn not_loopback() -> Self {
        let message =
            "no client key is configured, so only this machine may call; add one under `api-keys`";
        Self::new(ErrorKind::Authentication, "missing_api_key", message)
    }

    pub(crate) fn from_a_page() -> Self {
        let message = "web pages need a client key, on this machine too; add one under `api-keys`";
        Self::new(ErrorKind::Permission, "missing_api_key", message)
    }

    pub(crate) fn model_not_allowed(model: &str) -> Self {
        let message = format!("this API key may not use the model `{}`", shown(model));
        Self::new(ErrorKind::Permission, "model_not_allowed", message)
    }

    pub(crate) fn unknown_model(model: &str, nearest: &[&str]) -> Self {
        let hint = match nearest {
            [] => "GET /v1/models lists what is served".to_owned(),
            names => format!(
                "did you mean {}? GET /v1/models lists what is served",
                either(names)
            ),
        };
        let message = format!("no provider serves the model `{}`; {hint}", shown(model));
        let error =
            Error::new(ErrorKind::NotFound, Str::from(message)).with_code("model_not_found");
        error.with_param(Str::from_static("model")).into()
    }

    /// A translation that is not wanted because it loses something; `more` counts the further losses.
    pub(crate) fn meaning_lost(first: &Loss, more: usize) -> Self {
        let and = match more {
            0 => String::new(),
            more => format!(" (and {more} more)"),
        };
        let message = format!(
            "this model's provider speaks another dialect, and `translation: strict` allows no loss: {first}{and}; \
             leave the field out, or ask for a model whose provider speaks yours"
        );
        let mut failure = Self::new(ErrorKind::InvalidRequest, "translation_loss", message);
        failure.error.param = Some(Str::from(first.path.clone()));
        failure
    }

    pub(crate) fn too_large(limit: usize) -> Self {
        let message = format!(
            "the request body is larger than {limit} bytes; `limits.request-body` allows more"
        );
        Self::new(ErrorKind::TooLarge, "request_too_large", message)
    }

    pub(crate) fn unreadable_body(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::InvalidRequest, "unreadable_body", message)
    }

    pub(crate) fn slow_body() -> Self {
        let mut failure = Self::new(
            ErrorKind::Timeout,
            "request_timeout",
            "the request body did not arrive in time",
        );
        failure.error.status = StatusCode::REQUEST_TIMEOUT.as_u16();
        failure
    }

    pub(crate) fn unknown_encoding(encoding: &str) -> Self {
        let message = format!(
            "unknown content-encoding `{}`; gzip, br, zstd and deflate are understood",
            shown(encoding)
        );
        let mut failure = Self::new(ErrorKind::InvalidRequest, "unsupported_encoding", message);
        failure.error.status = StatusCode::UNSUPPORTED_MEDIA_TYPE.as_u16();
        failure
    }

    pub(crate) fn unknown_route(path: &str) -> Self {
        let message = format!(
            "there is nothing at {}; GET / lists the endpoints",
            shown(path)
        );
        Self::new(ErrorKind::NotFound, "unknown_route", message)
    }

    pub(crate) fn unknown_response(id: &str) -> Self {
        let message = format!(
            "there is no response `{}` of this key's to go on from: it was too long ago, was not stored, or its model's \
             provider keeps none; send the whole conversation in `input`",
            shown(id)
        );
        let mut failure = Self::new(ErrorKind::NotFound, "previous_response_not_found", message);
        failure.error.param = Some(Str::from_static("previous_response_id"));
        failure
    }

    pub(crate) fn no_websocket() -> Self {
        let message = "GET /v1/responses opens a WebSocket; for an ordinary request use POST";
        let mut failure = Self::new(ErrorKind::InvalidRequest, "upgrade_required", message);
        failure.error.status = StatusCode::UPGRADE_REQUIRED.as_u16();
        failure.allow = Some("POST");
        failure
    }

    pub(crate) fn unknown_message(kind: &str) -> Self {
        let message = format!(
            "there is no message of the type `{}`; send `response.create`",
            shown(kind)
        );
        let mut failure = Self::new(ErrorKind::InvalidRequest, "unknown_event_type", message);
        failure.error.param = Some(Str::from_static("type"));
        failure
    }

    pub(crate) fn odd_stream_id() -> Self {
        let message = "a stream_id has 1 to 256 letters, digits, underscores, hyphens and periods";
        let mut failure = Self::new(ErrorKind::InvalidRequest, "invalid_stream_id", message);
        failure.error.param = Some(Str::from_static("stream_id"));
        failure
    }

    pub(crate) fn too_many_lanes(limit: usize) -> Self {
        let message = format!(
            "this connection has used {limit} different stream_ids already; use one of them again, or open another connection"
        );
        let code = "websocket_stream_limit_reached";
        let mut failure = Self::new(ErrorKind::InvalidRequest, code, message);
        failure.error.param = Some(Str::from_static("stream_id"));
        failure
    }

    pub(crate) fn too_many_waiting() -> Self {
        let message =
            "too much is waiting on this connection already; send it again after the next answer";
        Self::new(ErrorKind::RateLimit, "websocket_queue_full", message)
    }

    pub(crate) fn no_such_operation(model: &str) -> Self {
        let message = format!("no provider of `{}` has this operation", shown(model));
        Self::new(ErrorKind::NotFound, "operation_not_found", message)
    }

    /// Nothing is fetched by id: answers go to whoever asked, once.
    pub(crate) fn response_not_kept(id: &str) -> Self {
        let message = format!("no response `{}` is kept here", shown(id));
        Self::new(ErrorKind::NotFound, "response_not_found", message)
    }

    pub(crate) fn unknown_method(method: &str) -> Self {
        let message = format!(
            "models have no method `{}` here; they have generateContent, streamGenerateContent, countTokens, \
             embedContent, batchEmbedContents and predict",
            shown(method)
        );
        Self::new(ErrorKind::NotFound, "unknown_method", message)
    }

    pub(crate) fn odd_model_path(model: &str) -> Self {
        let message = format!(
            "`{}` is no name of a model; write it as GET /v1beta/models lists it",
            shown(model)
        );
        let mut failure = Self::new(ErrorKind::InvalidRequest, "invalid_model", message);
        failure.error.param = Some(Str::from_static("model"));
        failure
    }

    pub(crate) fn no_code_assist() -> Self {
        let message = "no account of Gemini's command line is here to ask in the name of; `modelgate login gemini` adds one";
        Self::new(ErrorKind::NotFound, "no_account", message)
    }

    pub(crate) fn not_from_here() -> Self {
        let message = "/v1internal is for programs on this machine only; others use /v1beta/models/{model}:generateContent";
        Self::new(ErrorKind::Permission, "loopback_only", message)
    }

    pub(crate) fn wrong_method(path: &str, allow: &'static str) -> Self {
        let message = format!("{} takes {allow} only", shown(path));
        let mut failure = Self::new(ErrorKind::InvalidRequest, "method_not_allowed", message);
        failure.error.status = StatusCode::METHOD_NOT_ALLOWED.as_u16();
        failure.allow = Some(allow);
        failure
    }

    pub(crate) fn draining() -> Self {
        Self::new(
            ErrorKind::Overloaded,
            "shutting_down",
            "modelgate is shutting down; try again",
        )
    }
}

/// The failure as an answer in the client's dialect.
pub(crate) fn answer(dialect: Dialect, failure: &Failure) -> Response {
    let error = &*failure.error;
    let mut response = reply::json(status(dialect, error), encode_error(dialect, error));
    if let Some(wait) = error.retry_after {
        let seconds = HeaderValue::from(whole_seconds(wait));
        response.headers_mut().insert(RETRY_AFTER, seconds);
    }
    if let Some(allow) = failure.allow {
        response
            .headers_mut()
            .insert(ALLOW, HeaderValue::from_static(allow));
    }
    response
}

/// A failure for a client of Google's that reads streams as a list: a list of one.
pub(crate) fn listed(dialect: Dialect, failure: &Failure) -> Response {
    let (parts, _) = answer(dialect, failure).into_parts();
    let body = encode_error(dialect, &failure.error);
    let list = [b"[", &*body, b"]"].concat();
    Response::from_parts(parts, Bytes::from(list).into())
}

/// Why somebody may not manage the gateway, in the shape that the family's programs read.
pub(crate) fn not_admitted(refusal: Refusal) -> Response {
    let Some(answer) = refusal.answer() else {
        let mut response = Response::default();
        *response.status_mut() = refusal.status();
        return response;
    };
    let mut response = flat(refusal.status(), &answer);
    if let Some(wait) = refusal.retry_after() {
        let seconds = HeaderValue::from(whole_seconds(wait));
        response.headers_mut().insert(RETRY_AFTER, seconds);
    }
    response
}

/// A refusal in the shape that the family's programs read.
pub(crate) fn flat(status: StatusCode, answer: &FlatAnswer) -> Response {
    reply::json(status, serde_json::to_vec(answer).unwrap_or_default())
}

/// Rounded up: who comes early is refused again.
fn whole_seconds(wait: Duration) -> u64 {
    wait.as_secs() + u64::from(wait.subsec_nanos() > 0)
}

/// The status by which the dialect's SDKs tell the kind of failure: overload is 529 for Claude's and 503 for the others
/// (`dialects.md` 2.9).
fn status(dialect: Dialect, error: &Error) -> StatusCode {
    let status = match (error.kind, dialect) {
        (ErrorKind::Overloaded, Dialect::Claude) => 529,
        (ErrorKind::Overloaded, Dialect::Chat | Dialect::Gemini | Dialect::Responses) => 503,
        _ => error.status,
    };
    StatusCode::from_u16(status)
        .ok()
        .filter(|status| !status.is_success())
        .unwrap_or(StatusCode::BAD_GATEWAY)
}

/// Text of a client, short and without control characters.
pub(crate) fn shown(text: &str) -> String {
    text.chars()
        .filter(|char| !char.is_control())
        .take(120)
        .collect()
}

fn either(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    quoted.join(" or ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(dialect: Dialect, failure: &Failure, expected: u16) {
        assert_eq!(
            answer(dialect, failure).status().as_u16(),
            expected,
            "{failure:?}"
        );
    }

    #[test]
    fn every_failure_has_its_status() {
        for dialect in Dialect::CLIENT {
            check(dialect, &Failure::missing_key(), 401);
            check(dialect, &Failure::wrong_key(), 401);
            check(dialect, &Failure::model_not_allowed("m"), 403);
            check(dialect, &Failure::unknown_model("m", &[]), 404);
            check(dialect, &Failure::unknown_route("/x"), 404);
            check(dialect, &Failure::wrong_method("/x", "POST"), 405);
            check(dialect, &Failure::slow_body(), 408);
            check(dialect, &Failure::too_large(1), 413);
            check(dialect, &Failure::unknown_encoding("x"), 415);
        }
        check(Dialect::Claude, &Failure::draining(), 529);
        check(Dialect::Chat, &Failure::draining(), 503);
    }

    #[test]
    fn a_success_status_never_carries_a_failure() {
        let mut failure = Failure::missing_key();
        failure.error.status = 200;
        check(Dialect::Chat, &failure, 502);
    }

    #[test]
    fn waits_are_rounded_up() {
        let mut failure = Failure::draining();
        failure.error.retry_after = Some(Duration::from_millis(1200));
        assert_eq!(answer(Dialect::Chat, &failure).headers()[RETRY_AFTER], "2");
    }

    #[test]
    fn allowed_methods_are_named() {
        assert_eq!(
            answer(Dialect::Chat, &Failure::wrong_method("/x", "GET, HEAD")).headers()[ALLOW],
            "GET, HEAD"
        );
    }

    #[test]
    fn unknown_models_name_the_nearest() {
        let failure = Failure::unknown_model("gpt-4\u{1b}[31m", &["gpt-4o", "gpt-5"]);
        assert!(
            failure.error.message.contains("`gpt-4[31m`"),
            "{}",
            failure.error.message
        );
        assert!(
            failure
                .error
                .message
                .contains("did you mean `gpt-4o` or `gpt-5`?"),
            "{}",
            failure.error.message
        );
    }
}
