//! What Anthropic's refusals mean, beside what those of every server do (`providers.md` 2.1, 2.3).

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::StatusCode;
use modelgate_dialects::ir::{Error, ErrorKind};
use modelgate_dialects::{Dialect, Str};

use crate::CallError;
use crate::error::NOT_FOR_CLIENT;
use crate::quota;

/// The token was ended before its time.
const REVOKED: &str = "token_revoked";
/// The code of a limit in money that nobody but the calendar lifts.
const SPENT: &str = "enforced_spend_limit_reached";
/// How its messages say what they have no code for, in lower case.
const FOR_OWN_CLIENT: [&str; 2] = ["only authorized for use with", "may only be used with"];
const IS_REVOKED: &str = "token has been revoked";
const SPENT_UNTIL: &str = "you will regain access on ";
const SPENT_IN_WORDS: [&str; 4] = [
    "specified api usage limits",
    "specified workspace api usage limits",
    "monthly spend limit",
    "out of extra usage",
];
const PLAN_IS_USED_UP: &str = "usage limit reached|";

/// What a failure means. Some are of the account or the key, though their status says that they are of the request.
pub(crate) fn failure(
    is_account: bool,
    status: StatusCode,
    body: &Bytes,
    now: SystemTime,
) -> Error {
    let error = modelgate_dialects::decode_error(Dialect::Claude, status.as_u16(), body);
    let said = error.message.to_ascii_lowercase();
    let says = |signs: &[&str]| signs.iter().any(|sign| said.contains(sign));
    let doubtful = matches!(
        error.kind,
        ErrorKind::InvalidRequest | ErrorKind::Permission | ErrorKind::RateLimit
    );
    if is_account && doubtful && says(&FOR_OWN_CLIENT) {
        return not_for_client(&error);
    }
    if is_account && doubtful && says(&[IS_REVOKED]) {
        return of_kind(ErrorKind::Authentication, error).with_code(REVOKED);
    }
    if let Some(reset) = plan_reset(&said) {
        let error = of_kind(ErrorKind::RateLimit, error);
        return resting_until(Some(reset), now, error).with_code(quota::USED_UP);
    }
    let spent = error.code.as_deref() == Some(SPENT);
    if spent || (doubtful && says(&SPENT_IN_WORDS)) {
        let month = || spent.then(|| next_month(now)).flatten();
        let reset = regained(&said).or_else(month);
        return resting_until(reset, now, of_kind(ErrorKind::Billing, error));
    }
    if error.kind == ErrorKind::Billing {
        return of_kind(ErrorKind::Billing, error);
    }
    error
}

/// Whether only a new login helps.
pub(crate) fn is_revoked(error: &CallError) -> bool {
    error.error.code.as_deref() == Some(REVOKED)
}

/// The same failure, of a kind of which its status is none.
fn of_kind(kind: ErrorKind, error: Error) -> Error {
    Error {
        kind,
        status: kind.status(),
        ..error
    }
}

/// A subscription is let in with the vendor's own programs only. We are none and do not say so; a key has no such limit.
fn not_for_client(told: &Error) -> Error {
    let message = format!(
        "Anthropic takes this login from its own programs only; use an API key, which has no such limit: \
         `modelgate keys provider add claude`. Anthropic said: {}",
        told.message
    );
    Error::new(ErrorKind::Permission, Str::from(message)).with_code(NOT_FOR_CLIENT)
}

fn resting_until(reset: Option<SystemTime>, now: SystemTime, mut error: Error) -> Error {
    let wait = reset.map(|reset| reset.duration_since(now).unwrap_or_default());
    error.retry_after = wait.or(error.retry_after);
    error
}

/// `Claude AI usage limit reached|1790000000`.
fn plan_reset(said: &str) -> Option<SystemTime> {
    let (_, rest) = said.split_once(PLAN_IS_USED_UP)?;
    let end = rest.find(|char: char| !char.is_ascii_digit());
    let seconds = rest.get(..end.unwrap_or(rest.len()))?.parse().ok()?;
    SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(seconds))
}

/// `You will regain access on 2026-12-01 at 00:00 UTC.`
fn regained(said: &str) -> Option<SystemTime> {
    let (_, rest) = said.split_once(SPENT_UNTIL)?;
    let (day, rest) = rest.split_once(" at ")?;
    let (time, _) = rest.split_once(" utc")?;
    humantime::parse_rfc3339(&format!("{day}T{time}:00Z")).ok()
}

/// The beginning of the next month, by which such limits go.
fn next_month(now: SystemTime) -> Option<SystemTime> {
    let today = humantime::format_rfc3339_seconds(now).to_string();
    let year: u32 = today.get(..4)?.parse().ok()?;
    let month: u32 = today.get(5..7)?.parse().ok()?;
    let (year, month) = if month == 12 {
        (year + 1, 1)
    } else {
        (year, month + 1)
    };
    humantime::parse_rfc3339(&format!("{year:04}-{month:02}-01T00:00:00Z")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: &str = "2026-12-30T12:00:00Z";
    const FOR_CLAUDE_CODE: &str = "This credential is only authorized for use with Claude Code and cannot be used for other API requests.";

    fn read(is_account: bool, status: u16, word: &str, message: &str, more: &str) -> Error {
        let body = format!(
            r#"{{"type":"error","error":{{"type":"{word}","message":"{message}"{more}}}}}"#
        );
        let status = StatusCode::from_u16(status).unwrap();
        let now = humantime::parse_rfc3339(NOW).unwrap();
        failure(is_account, status, &Bytes::from(body), now)
    }

    #[track_caller]
    fn check(error: &Error, kind: ErrorKind, status: u16, code: Option<&str>) {
        let read = (error.kind, error.status, error.code.as_deref());
        assert_eq!(read, (kind, status, code), "{}", error.message);
    }

    const HOUR: u64 = 3600;

    #[track_caller]
    fn rests(error: &Error, hours: u64) {
        let expected = Duration::from_secs(hours * HOUR);
        assert_eq!(error.retry_after, Some(expected), "{}", error.message);
    }

    #[test]
    fn a_login_for_the_vendors_own_programs_names_the_way_with_a_key() {
        let error = read(true, 400, "invalid_request_error", FOR_CLAUDE_CODE, "");
        check(&error, ErrorKind::Permission, 403, Some(NOT_FOR_CLIENT));
        let way = "modelgate keys provider add claude";
        assert!(error.message.contains(way), "{}", error.message);
        assert!(error.message.contains(FOR_CLAUDE_CODE), "{}", error.message);
        // A key that says so is nothing that we know.
        let error = read(false, 400, "invalid_request_error", FOR_CLAUDE_CODE, "");
        check(&error, ErrorKind::InvalidRequest, 400, None);
    }

    #[test]
    fn a_token_that_was_revoked_is_no_question_of_permission() {
        let said = "OAuth token has been revoked. Please obtain a new token.";
        let error = read(true, 403, "permission_error", said, "");
        check(&error, ErrorKind::Authentication, 401, Some(REVOKED));
        let error = read(false, 403, "permission_error", said, "");
        check(&error, ErrorKind::Permission, 403, None);
        let error = read(true, 403, "permission_error", "Not allowed here.", "");
        check(&error, ErrorKind::Permission, 403, None);
    }

    #[test]
    fn limits_in_money_are_no_fault_of_the_request_and_end_with_the_month() {
        for said in [
            "specified API usage limits",
            "specified workspace API usage limits",
        ] {
            let said = format!(
                "You have reached your {said}. You will regain access on 2027-01-01 at 00:00 UTC."
            );
            let error = read(false, 400, "invalid_request_error", &said, "");
            check(&error, ErrorKind::Billing, 402, None);
            rests(&error, 36);
        }
        let details = r#","details":{"error_code":"enforced_spend_limit_reached"}"#;
        let error = read(false, 429, "rate_limit_error", "Monthly limit.", details);
        check(&error, ErrorKind::Billing, 402, Some(SPENT));
        rests(&error, 36);
        let said =
            "You're out of extra usage. Add more at claude.ai/settings/usage and keep going.";
        let error = read(true, 400, "invalid_request_error", said, "");
        check(&error, ErrorKind::Billing, 402, None);
        assert_eq!(error.retry_after, None);
        let error = read(
            false,
            400,
            "invalid_request_error",
            "Your credit balance is too low",
            "",
        );
        check(&error, ErrorKind::Billing, 402, None);
    }

    #[test]
    fn the_window_of_a_plan_says_when_it_begins_anew() {
        let at = humantime::parse_rfc3339("2026-12-30T15:00:00Z").unwrap();
        let at = at.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
        let said = format!("Claude AI usage limit reached|{at}");
        for status in [429, 400] {
            let error = read(true, status, "rate_limit_error", &said, "");
            check(&error, ErrorKind::RateLimit, 429, Some(quota::USED_UP));
            rests(&error, 3);
        }
    }

    #[test]
    fn all_else_means_what_it_means_elsewhere() {
        let error = read(true, 429, "rate_limit_error", "Slow down.", "");
        check(&error, ErrorKind::RateLimit, 429, None);
        let error = read(true, 400, "invalid_request_error", "messages: is empty", "");
        check(&error, ErrorKind::InvalidRequest, 400, None);
        let error = read(true, 529, "overloaded_error", "monthly spend limit", "");
        check(&error, ErrorKind::Overloaded, 529, None);
        for said in [
            "You will regain access on soon.",
            "usage limit reached|",
            "You will regain access on 2027-13-01 at 00:00 UTC",
        ] {
            let error = read(true, 400, "invalid_request_error", said, "");
            check(&error, ErrorKind::InvalidRequest, 400, None);
        }
    }

    #[test]
    fn months_end_in_all_years() {
        for (now, next) in [
            ("2026-11-27T21:00:00Z", "2026-12-01T00:00:00Z"),
            ("2026-12-31T23:59:59Z", "2027-01-01T00:00:00Z"),
            ("2028-02-01T00:00:00Z", "2028-03-01T00:00:00Z"),
        ] {
            let now = humantime::parse_rfc3339(now).unwrap();
            assert_eq!(next_month(now), humantime::parse_rfc3339(next).ok());
        }
    }
}
