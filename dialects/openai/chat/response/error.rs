//! Failures.

use std::time::{Duration, SystemTime};

use bytes::Bytes;

use crate::ir::{Error, ErrorKind};
use crate::json::{Document, RawJson, Str, Value, Writer};
use crate::openai::chat::wire;

/// Longest message that is passed on, in characters.
const MESSAGE_LIMIT: usize = 2000;

/// Reads a failure, whatever the body is (`providers.md` 4).
#[must_use]
pub fn decode_error(status: u16, body: &Bytes) -> Error {
    let found = match Document::parse(body.clone()) {
        Ok(document) => Found::read(document.root()),
        Err(_) => Found {
            message: plain(&String::from_utf8_lossy(body)),
            ..Found::default()
        },
    };
    if status < 400 {
        return found.within_stream();
    }
    found.with_status(status)
}

/// A failure inside an answer with status 200.
pub(in crate::openai) fn in_stream(value: Value<'_>) -> Error {
    Found::read(value).within_stream()
}

/// Writes a failure (`dialects.md` 2.9).
pub fn encode_error(error: &Error, out: &mut Vec<u8>) {
    let code = wire::error_code(error);
    Writer::new(out).object(|writer| {
        writer.object_field("error", |writer| {
            writer.field("message", &error.message);
            writer.field("type", wire::error_type(error.kind));
            nullable(writer, "param", error.param.as_deref());
            nullable(writer, "code", code);
        });
    });
}

fn nullable(writer: &mut Writer<'_>, key: &'static str, value: Option<&str>) {
    match value {
        Some(value) => writer.field(key, value),
        None => writer.null_field(key),
    }
}

/// What a body says about a failure.
#[derive(Default)]
struct Found {
    message: Option<String>,
    word: Option<Str>,
    code: Option<Str>,
    param: Option<Str>,
    status: Option<u16>,
    details: Option<RawJson>,
    resets: Resets,
}

/// When the window of a plan begins anew (`providers.md` 3.3).
#[derive(Default, Clone, Copy)]
struct Resets {
    within: Option<Duration>,
    at: Option<SystemTime>,
}

impl Found {
    /// Reads a body; a message that is itself a body is opened once.
    fn read(value: Value<'_>) -> Self {
        let mut found = Self::outer(value);
        let nested = found
            .message
            .as_deref()
            .filter(|message| message.trim_start().starts_with(['{', '[']))
            .and_then(|message| Document::parse(Bytes::copy_from_slice(message.as_bytes())).ok());
        if let Some(nested) = nested {
            let inner = Self::outer(nested.root());
            if inner.message.is_some() {
                found = Self {
                    message: inner.message,
                    word: inner.word.or(found.word),
                    code: inner.code.or(found.code),
                    param: inner.param.or(found.param),
                    status: found.status.or(inner.status),
                    details: inner.details.or(found.details),
                    resets: Resets {
                        within: inner.resets.within.or(found.resets.within),
                        at: inner.resets.at.or(found.resets.at),
                    },
                };
            }
        }
        found
    }

    /// `{"error":{…}}`, `{"error":"text"}`, `{"message"}`, `{"detail"}` with a text or all of it, Claude's form, a list of one of
    /// them.
    fn outer(value: Value<'_>) -> Self {
        let value = match value.items().next() {
            Some(first) => first,
            None => value,
        };
        if let Some(text) = value.text() {
            return Self {
                message: plain(&text),
                ..Self::default()
            };
        }
        let detail = || value.field("detail").filter(|detail| detail.is_object());
        match value.field("error").or_else(detail) {
            Some(error) if error.is_object() => {
                let mut found = Self::inner(error);
                found.status = found.status.or_else(|| status_of(value));
                found
            }
            Some(error) => {
                let mut found = Self::inner(value);
                found.message = error.text().and_then(|text| plain(&text)).or(found.message);
                found
            }
            None => Self::inner(value),
        }
    }

    fn inner(value: Value<'_>) -> Self {
        // AWS writes it with a capital at times.
        let message = ["message", "Message", "detail", "msg", "error_description"]
            .into_iter()
            .find_map(|key| message_of(value.field(key)?));
        Self {
            message,
            word: value.text_of("type"),
            code: value.text_of("code").filter(|code| !code.is_empty()),
            param: value.text_of("param"),
            status: status_of(value),
            details: value
                .field("details")
                .or_else(|| value.field("metadata"))
                .map(Value::raw),
            resets: Resets::read(value),
        }
    }

    fn with_status(self, status: u16) -> Error {
        let message = self
            .message
            .unwrap_or_else(|| format!("the upstream answered {status} without a message"));
        let by_status = ErrorKind::of_status(status);
        let word = |word: &Option<Str>| specific(word.as_deref()?);
        let kind = word(&self.code).or_else(|| word(&self.word));
        let full = is_full(&message);
        let kind = kind
            .or(full.then_some(ErrorKind::RateLimit))
            .or_else(|| by_message(by_status, &message))
            .unwrap_or(by_status);
        // ChatGPT's backend has words of its own in `type`, and says them with any status (`providers.md` 3.3).
        let of_plan = self.word.filter(|word| is_of_plan(word));
        let code = self.code.or(of_plan);
        let limit = full || code.as_deref() == Some(USED_UP);
        Error {
            status: if limit {
                ErrorKind::RateLimit.status()
            } else {
                status
            },
            kind,
            retry_after: self.resets.within.or_else(|| retry_after(&message)),
            retry_at: self.resets.at,
            message: Str::from(message),
            code,
            param: self.param,
            details: self.details,
        }
    }

    /// The status a failure would have had, from its number or its words.
    fn within_stream(mut self) -> Error {
        let word = |word: &Option<Str>| specific(word.as_deref()?);
        let general = match self.word.as_deref() {
            Some("invalid_request_error") => Some(ErrorKind::InvalidRequest),
            _ => None,
        };
        let kind = word(&self.code).or_else(|| word(&self.word)).or(general);
        let status = self.status.or(kind.map(ErrorKind::status)).unwrap_or(502);
        if self.message.is_none() {
            self.message = Some("the upstream reported a failure in its stream".to_owned());
        }
        let mut error = self.with_status(status);
        if let Some(kind) = general.filter(|_| status == 400) {
            error.kind = kind;
        }
        error
    }
}

fn message_of(value: Value<'_>) -> Option<String> {
    if let Some(text) = value.text() {
        return plain(&text);
    }
    // FastAPI: a list of what is wrong with the request.
    if let Some(first) = value.items().next() {
        return plain(&first.text_of("msg")?);
    }
    plain(&value.text_of("message")?)
}

/// A number that can be an HTTP status, where servers put it.
fn status_of(value: Value<'_>) -> Option<u16> {
    ["code", "status", "status_code"]
        .into_iter()
        .filter_map(|key| {
            let value = value.field(key)?;
            let number = value.as_u64().or_else(|| value.as_str()?.parse().ok())?;
            u16::try_from(number).ok()
        })
        .find(|status| (400..600).contains(status))
}

/// The window of a plan is used up.
const USED_UP: &str = "usage_limit_reached";
/// The plan has nothing of this.
const NOT_INCLUDED: &str = "usage_not_included";

fn is_of_plan(word: &str) -> bool {
    matches!(word, USED_UP | NOT_INCLUDED)
}

/// A model has too much to do, in the words of ChatGPT's backend, which has no code for it.
fn is_full(message: &str) -> bool {
    let message = message.to_ascii_lowercase();
    message.contains("selected model is at capacity")
}

impl Resets {
    fn read(value: Value<'_>) -> Self {
        let duration = |name: &str| {
            let seconds = value.field(name)?.as_f64()?;
            Duration::try_from_secs_f64(seconds).ok()
        };
        let at = duration("resets_at").and_then(|since| SystemTime::UNIX_EPOCH.checked_add(since));
        Self {
            within: duration("resets_in_seconds"),
            at,
        }
    }
}

/// Words that say more than the status.
fn specific(word: &str) -> Option<ErrorKind> {
    Some(match word {
        "insufficient_quota"
        | "billing_error"
        | "billing_not_active"
        | "insufficient_balance"
        | "billing_hard_limit_reached"
        | NOT_INCLUDED => ErrorKind::Billing,
        "rate_limit_error" | "rate_limit_exceeded" | USED_UP => ErrorKind::RateLimit,
        "overloaded_error" | "engine_overloaded" | "slow_down" | "server_is_overloaded" => {
            ErrorKind::Overloaded
        }
        "authentication_error" | "invalid_api_key" => ErrorKind::Authentication,
        "permission_error" => ErrorKind::Permission,
        "not_found_error" | "model_not_found" => ErrorKind::NotFound,
        "request_too_large" => ErrorKind::TooLarge,
        "timeout_error" => ErrorKind::Timeout,
        "context_length_exceeded" | "invalid_prompt" => ErrorKind::InvalidRequest,
        _ => return None,
    })
}

/// Money is missing, in the words of vendors that have no code for it (`providers.md` 2.1).
fn by_message(by_status: ErrorKind, message: &str) -> Option<ErrorKind> {
    let doubtful = matches!(
        by_status,
        ErrorKind::InvalidRequest | ErrorKind::Permission | ErrorKind::RateLimit
    );
    if !doubtful {
        return None;
    }
    let message = message.to_ascii_lowercase();
    let signs = [
        "credit balance",
        "insufficient balance",
        "exceeded your current quota",
        "insufficient credits",
    ];
    signs
        .iter()
        .any(|sign| message.contains(sign))
        .then_some(ErrorKind::Billing)
}

/// A message fit to be shown: short, without control characters, and never a page of HTML.
fn plain(text: &str) -> Option<String> {
    let text = text.trim();
    let head = text.get(..text.len().min(512)).unwrap_or(text);
    let head = head.to_ascii_lowercase();
    if head.starts_with("<!doctype") || head.starts_with("<html") || head.contains("<head>") {
        let title = title(text).unwrap_or_default();
        let page = "the upstream answered with an HTML page";
        return Some(if title.is_empty() {
            page.to_owned()
        } else {
            format!("{page}: {title}")
        });
    }
    let clean = clean(text, MESSAGE_LIMIT);
    (!clean.is_empty()).then_some(clean)
}

fn title(page: &str) -> Option<String> {
    let page = page.get(..page.len().min(16_384)).unwrap_or(page);
    let lower = page.to_ascii_lowercase();
    let start = lower.find("<title>")? + "<title>".len();
    let end = start + lower[start..].find("</title>")?;
    Some(clean(&page[start..end], 200))
}

fn clean(text: &str, limit: usize) -> String {
    let mut clean: String = text
        .trim()
        .chars()
        .filter_map(|char| match char {
            '\n' | '\t' => Some(' '),
            char if char.is_control() => None,
            char => Some(char),
        })
        .take(limit + 1)
        .collect();
    if let Some((cut, _)) = clean.char_indices().nth(limit) {
        clean.truncate(cut);
        clean.push('…');
    }
    clean
}

/// `Please try again in 1.2s`, `6m0s`, `20ms`, `3 seconds`.
fn retry_after(message: &str) -> Option<Duration> {
    const HINT: &str = "try again in ";
    let lower = message.to_ascii_lowercase();
    let mut rest = &lower[lower.find(HINT)? + HINT.len()..];
    let mut seconds = 0.0;
    let mut any = false;
    loop {
        let digits = rest
            .find(|char: char| !char.is_ascii_digit() && char != '.')
            .unwrap_or(rest.len());
        // A full stop behind the unit ends the sentence.
        let Ok(number) = rest[..digits].parse::<f64>() else {
            break;
        };
        rest = rest[digits..].trim_start();
        let letters = rest
            .find(|char: char| !char.is_ascii_alphabetic())
            .unwrap_or(rest.len());
        let unit = match &rest[..letters] {
            "ms" | "milliseconds" => 0.001,
            "s" | "sec" | "second" | "seconds" => 1.0,
            "m" | "min" | "minute" | "minutes" => 60.0,
            "h" | "hour" | "hours" => 3600.0,
            _ => break,
        };
        seconds += number * unit;
        any = true;
        rest = &rest[letters..];
    }
    any.then(|| Duration::try_from_secs_f64(seconds).ok())
        .flatten()
}
