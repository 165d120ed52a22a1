//! Failures.

use std::time::Duration;

use bytes::Bytes;

use crate::duration::go_duration;
use crate::gemini::wire::{error_kind, error_status};
use crate::ir::{Error, ErrorKind};
use crate::json::{Document, Str, Value, Writer};
use crate::openai::chat;

const RETRY_INFO: &str = "type.googleapis.com/google.rpc.RetryInfo";
const ERROR_INFO: &str = "type.googleapis.com/google.rpc.ErrorInfo";
const BAD_REQUEST: &str = "type.googleapis.com/google.rpc.BadRequest";

/// Reads a failure. Everything that servers have in common is read in one place; Google's status words and details are
/// added. A status below 400 stands for a failure inside a stream.
#[must_use]
pub fn decode_error(status: u16, body: &Bytes) -> Error {
    let mut error = chat::response::decode_error(status, body);
    let Ok(document) = Document::parse(body.clone()) else {
        return error;
    };
    let root = document.root();
    // Streams that are a list have the failure in it.
    let root = root.items().next().unwrap_or(root);
    let Some(inner) = root.field("error") else {
        return error;
    };
    let word = inner.text_of("status");
    if let Some(kind) = word.as_deref().and_then(error_kind) {
        // Google tells of every limit as of a quota, also of those that are free again in a minute.
        let is_billing = error.kind == ErrorKind::Billing && kind != ErrorKind::RateLimit;
        if !is_billing && !is_telling(status) {
            error.kind = kind;
            if status < 400 {
                error.status = inner_status(inner).unwrap_or(kind.status());
            }
        }
    }
    let details = inner.field("details");
    let of_type = |name: &str| {
        let mut found = details.into_iter().flat_map(Value::items);
        found.find(|detail| detail.text_of("@type").as_deref() == Some(name))
    };
    let reason = of_type(ERROR_INFO).and_then(|info| info.text_of("reason"));
    // A wrong key is a 400.
    if reason.as_deref() == Some("API_KEY_INVALID") {
        error.kind = ErrorKind::Authentication;
        error.status = ErrorKind::Authentication.status();
    }
    if word.as_deref() == Some("FAILED_PRECONDITION") && error.kind == ErrorKind::InvalidRequest {
        error.kind = precondition(&error.message);
    }
    error.code = reason.or(word).or(error.code);
    error.param = error.param.or_else(|| {
        let violations = of_type(BAD_REQUEST)?.field("fieldViolations")?;
        violations.items().next()?.text_of("field")
    });
    let info = |name: &str| of_type(ERROR_INFO)?.field("metadata")?.text_of(name);
    let delay = of_type(RETRY_INFO).and_then(|info| info.text_of("retryDelay"));
    let told = |delay: Option<Str>| go_duration(delay?.trim());
    error.retry_after = told(delay)
        .or_else(|| told(info("quotaResetDelay")))
        .or(error.retry_after)
        .or_else(|| delay_in(&error.message));
    error
}

/// What has to be otherwise before the request can be served: mostly something of the request, but Google says the same where
/// an account is used from, and that it has to pay (`providers.md` 5).
fn precondition(message: &str) -> ErrorKind {
    let message = message.to_ascii_lowercase();
    let says = |words: &[&str]| words.iter().any(|words| message.contains(words));
    if says(&["billing", "free tier"]) {
        ErrorKind::Billing
    } else if says(&["user location", "your country", "your region"]) {
        ErrorKind::Permission
    } else {
        ErrorKind::InvalidRequest
    }
}

/// Statuses that say more than Google's words do.
fn is_telling(status: u16) -> bool {
    matches!(status, 402 | 413)
}

fn inner_status(error: Value<'_>) -> Option<u16> {
    let code = error.field("code").and_then(Value::as_u64)?;
    u16::try_from(code)
        .ok()
        .filter(|code| (400..600).contains(code))
}

/// The wait that a sentence tells: `Your quota will reset after 1h2m3s.`
fn delay_in(message: &str) -> Option<Duration> {
    let (_, rest) = message.rsplit_once(" after ")?;
    let word = rest.split_whitespace().next()?;
    go_duration(word.trim_end_matches(['.', ',', ';']))
}

/// Writes a failure (`dialects.md` 2.9): Google's shape, with the type that the specification asks for.
pub fn encode_error(error: &Error, out: &mut Vec<u8>) {
    let status = match error.status {
        // A number that only Anthropic has.
        529 => 503,
        status => status,
    };
    Writer::new(out).object(|writer| {
        writer.object_field("error", |writer| {
            writer.field("code", &u32::from(status));
            writer.field("message", &error.message);
            writer.field("status", error_status(error.kind));
            writer.field("type", chat::wire::error_type(error.kind));
            write_details(writer, error);
        });
    });
}

fn write_details(writer: &mut Writer<'_>, error: &Error) {
    let own = error.details.as_ref().map(|details| details.document());
    let own = own
        .as_ref()
        .map(|own| own.root())
        .filter(|own| own.is_array());
    let has = |name: &str| {
        let mut details = own.into_iter().flat_map(Value::items);
        details.any(|detail| detail.text_of("@type").as_deref() == Some(name))
    };
    let status = error_status(error.kind);
    let reason = error
        .code
        .as_ref()
        .filter(|code| *code != status && !has(ERROR_INFO));
    let delay = error.retry_after.filter(|_| !has(RETRY_INFO));
    let param = error.param.as_ref().filter(|_| !has(BAD_REQUEST));
    if own.is_none() && reason.is_none() && delay.is_none() && param.is_none() {
        return;
    }
    writer.array_field("details", |writer| {
        for detail in own.into_iter().flat_map(Value::items) {
            detail.write_compact(writer);
        }
        if let Some(reason) = reason {
            writer.object(|writer| {
                writer.field("@type", ERROR_INFO);
                writer.field("reason", reason);
            });
        }
        if let Some(param) = param {
            writer.object(|writer| {
                writer.field("@type", BAD_REQUEST);
                writer.array_field("fieldViolations", |writer| {
                    writer.object(|writer| writer.field("field", param));
                });
            });
        }
        if let Some(delay) = delay {
            writer.object(|writer| {
                writer.field("@type", RETRY_INFO);
                writer.field("retryDelay", &format!("{}s", delay.as_secs_f64()));
            });
        }
    });
}
