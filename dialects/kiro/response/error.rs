//! Failures (`providers.md` 9.6).

use bytes::Bytes;

use crate::ir::{Error, ErrorKind};
use crate::json::{Document, RawJson, Str, Value, Writer};
use crate::kiro::wire::{error_kind, error_reason, shape};
use crate::openai::chat;

/// Reads a failure. Everything that servers have in common is read in one place; AWS's names of exceptions and Kiro's reasons
/// are added. A status below 400 stands for a failure inside a stream.
#[must_use]
pub fn decode_error(status: u16, body: &Bytes) -> Error {
    decode_named_error(status, body, None)
}

/// The same where the name of the exception stands beside the body: in the header `x-amzn-errortype`, or in the name of a
/// frame. A name in the body wins.
#[must_use]
pub fn decode_named_error(status: u16, body: &Bytes, name: Option<&str>) -> Error {
    let mut error = chat::response::decode_error(status, body);
    let document = Document::parse(body.clone());
    let document = document.unwrap_or_else(|_| RawJson::empty_object().document());
    let root = document.root();
    let own = exception(root);
    let name = own.as_deref().or(name).map(shape);
    let name = name.filter(|name| !name.is_empty());
    let reason = root.text_of("reason").filter(|reason| !reason.is_empty());
    // That money is missing is read from a message, which says more than a name.
    if let Some(kind) = name.and_then(error_kind)
        && error.kind != ErrorKind::Billing
    {
        error.kind = kind;
    }
    if let Some((kind, code)) = reason
        .as_deref()
        .and_then(error_reason)
        .or_else(|| told(&error))
    {
        error.kind = kind;
        error.status = kind.status();
        error.code = Some(Str::from_static(code));
    } else {
        error.code = reason.or(name.map(Str::from)).or(error.code);
    }
    match error.kind {
        // A token that is over is told with a 403.
        ErrorKind::Authentication => error.status = error.kind.status(),
        ErrorKind::Server if status < 400 => error.status = 502,
        // AWS's JSON protocol has 400 for most exceptions: the name tells more.
        kind if status <= 400 => error.status = kind.status(),
        _ => {}
    }
    error
}

/// The failure that the payload of an ordinary event tells of, if it does.
pub(crate) fn of_event(root: Value<'_>) -> Option<Error> {
    exception(root)?;
    Some(decode_error(200, &root.raw().to_text().into_bytes()))
}

/// The name of an exception in a payload.
fn exception(root: Value<'_>) -> Option<Str> {
    let named = ["__type", "_type"]
        .into_iter()
        .find_map(|key| root.text_of(key));
    let typed = || {
        let word = root.text_of("type")?;
        shape(&word).ends_with("Exception").then_some(word)
    };
    named.or_else(typed).filter(|name| !name.is_empty())
}

/// What only the words of a message tell: a 403 may be a suspended account, a token that is over, or final.
fn told(error: &Error) -> Option<(ErrorKind, &'static str)> {
    if error.kind != ErrorKind::Permission {
        return None;
    }
    let upper = error.message.to_ascii_uppercase();
    let has = |word: &str| upper.contains(word);
    if has("SUSPENDED") {
        return Some((ErrorKind::Permission, "account_suspended"));
    }
    let over = has("TOKEN") || has("EXPIRED") || has("INVALID");
    over.then_some((ErrorKind::Authentication, "invalid_token"))
}

/// Writes a failure as AWS does.
pub fn encode_error(error: &Error, out: &mut Vec<u8>) {
    let name = match error.kind {
        ErrorKind::InvalidRequest => "ValidationException",
        ErrorKind::Authentication => "UnauthorizedException",
        ErrorKind::Billing => "ServiceQuotaExceededException",
        ErrorKind::Permission => "AccessDeniedException",
        ErrorKind::NotFound => "ResourceNotFoundException",
        ErrorKind::Conflict => "ConflictException",
        ErrorKind::TooLarge => "RequestEntityTooLargeException",
        ErrorKind::RateLimit => "ThrottlingException",
        ErrorKind::Timeout => "RequestTimeoutException",
        ErrorKind::Server => "InternalServerException",
        ErrorKind::Overloaded => "ServiceUnavailableException",
    };
    Writer::new(out).object(|writer| {
        writer.field("__type", name);
        writer.field("message", &error.message);
    });
}
