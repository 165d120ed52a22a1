//! The many spellings of a moment in account files (`providers.md` 1.2).

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use bytes::Bytes;
use modelgate_config::setting;
use modelgate_dialects::json::{Document, Value};

/// Greater numbers are milliseconds: as seconds they would be after the year 5000.
const LARGEST_SECONDS: f64 = 1e11;

/// A moment as text (RFC 3339, `YYYY-MM-DD HH:MM[:SS]`, digits) or as a number of seconds or milliseconds. Go's moment
/// that was never set, and everything else before 1970, is none.
pub(super) fn moment(value: Value<'_>) -> Option<SystemTime> {
    if let Some(number) = value.as_f64() {
        return unix(number);
    }
    let text = value.as_str()?;
    let text = text.trim();
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        return unix(text.parse().ok()?);
    }
    let moment = match text.len() {
        16 => setting::moment(&format!("{text}:00")),
        _ => setting::moment(text),
    };
    moment.ok().filter(|moment| *moment > UNIX_EPOCH)
}

/// `timestamp` in milliseconds and `expires_in` in seconds.
pub(super) fn sum(timestamp: Value<'_>, expires_in: Value<'_>) -> Option<SystemTime> {
    let seconds = match expires_in.as_f64() {
        Some(seconds) => seconds,
        None => expires_in.as_str()?.trim().parse().ok()?,
    };
    moment(timestamp)?.checked_add(Duration::try_from_secs_f64(seconds).ok()?)
}

/// The end that a token names itself, if it is a JWT (RFC 7519). Nothing is verified: whoever forges the end of a token of
/// his own only makes us renew it at another time.
pub(crate) fn of_jwt(token: &str) -> Option<SystemTime> {
    moment(claims(token)?.root().field("exp")?)
}

/// How long a token says that it lives, if it is a JWT that says so: by the clock of its provider alone, which may go otherwise
/// than ours.
pub(crate) fn life_of_jwt(token: &str) -> Option<Duration> {
    let claims = claims(token)?;
    let at = |name| moment(claims.root().field(name)?);
    let life = at("exp")?.duration_since(at("iat")?).ok()?;
    (!life.is_zero()).then_some(life)
}

/// What a token says, if it is a JWT. Nothing is verified.
pub(crate) fn claims(token: &str) -> Option<Document> {
    let mut parts = token.split('.');
    let (_, claims, _, None) = (parts.next()?, parts.next()?, parts.next()?, parts.next()) else {
        return None;
    };
    let claims = BASE64_URL_SAFE_NO_PAD.decode(claims.trim_end_matches('='));
    Document::parse(Bytes::from(claims.ok()?)).ok()
}

fn unix(number: f64) -> Option<SystemTime> {
    let milliseconds = if number > LARGEST_SECONDS {
        number
    } else {
        number * 1000.0
    };
    let sensible = (1.0..LARGEST_SECONDS * 1000.0).contains(&milliseconds);
    sensible.then(|| UNIX_EPOCH + Duration::from_millis(milliseconds as u64))
}

/// The moment in the spelling that `old` has: seconds, milliseconds, or RFC 3339.
pub(super) fn spell_like(old: Option<Value<'_>>, moment: SystemTime) -> String {
    let since = moment.duration_since(UNIX_EPOCH).unwrap_or_default();
    let number = old.and_then(Value::as_f64);
    match number {
        Some(number) if number > LARGEST_SECONDS => since.as_millis().to_string(),
        Some(_) => since.as_secs().to_string(),
        None => format!("\"{}\"", humantime::format_rfc3339_seconds(moment)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Option<u128> {
        let document = Document::parse(Bytes::copy_from_slice(json.as_bytes())).unwrap();
        let since = moment(document.root())?.duration_since(UNIX_EPOCH).unwrap();
        Some(since.as_millis())
    }

    #[test]
    fn every_spelling_of_a_moment_is_read() {
        let rows = [
            (r#""2026-01-02T03:04:05Z""#, Some(1_767_323_045_000)),
            (r#""2026-01-02T03:04:05.5Z""#, Some(1_767_323_045_500)),
            (r#""2026-01-02T11:04:05+08:00""#, Some(1_767_323_045_000)),
            (
                r#""2026-01-02T11:04:05.123456789+08:00""#,
                Some(1_767_323_045_123),
            ),
            (r#""2026-01-02 03:04:05""#, Some(1_767_323_045_000)),
            (r#"" 2026-01-02 03:04 ""#, Some(1_767_323_040_000)),
            (r#""2026-01-02T03:04Z""#, None),
            ("1767323045", Some(1_767_323_045_000)),
            ("1767323045.0", Some(1_767_323_045_000)),
            (r#""1767323045""#, Some(1_767_323_045_000)),
            ("1767323045123", Some(1_767_323_045_123)),
            (r#""1767323045123""#, Some(1_767_323_045_123)),
            (r#""0001-01-01T00:00:00Z""#, None),
            ("0", None),
            ("-5", None),
            ("1e300", None),
            (r#""""#, None),
            (r#""soon""#, None),
            ("null", None),
            ("{}", None),
        ];
        for (json, expected) in rows {
            assert_eq!(read(json), expected, "{json}");
        }
    }

    #[test]
    fn a_jwt_names_its_life_without_our_clock() {
        let life = |claims: &str| {
            let token = format!("x.{}.y", BASE64_URL_SAFE_NO_PAD.encode(claims));
            life_of_jwt(&token).map(|life| life.as_secs())
        };
        assert_eq!(life(r#"{"iat":1767323045,"exp":1767326645}"#), Some(3600));
        for claims in [
            "{}",
            r#"{"exp":1767326645}"#,
            r#"{"iat":1767326645,"exp":1767326645}"#,
            r#"{"iat":1767326645,"exp":1767323045}"#,
        ] {
            assert_eq!(life(claims), None, "{claims}");
        }
    }

    #[test]
    fn a_jwt_names_its_own_end() {
        let jwt = |claims: &str| format!("x.{}.y", BASE64_URL_SAFE_NO_PAD.encode(claims));
        let end = UNIX_EPOCH + Duration::from_secs(1_767_323_045);
        assert_eq!(of_jwt(&jwt(r#"{"exp":1767323045}"#)), Some(end));
        for token in [
            &*jwt("{}"),
            &*jwt("x"),
            "a.b",
            "a.b.c.d",
            "",
            "sk-ant-oat01",
            "a.é.c",
        ] {
            assert_eq!(of_jwt(token), None, "{token}");
        }
    }

    #[test]
    fn a_moment_is_written_as_it_was_spelt() {
        let moment = UNIX_EPOCH + Duration::from_secs(1_767_323_045);
        let rows = [
            ("1", "1767323045"),
            ("1767000000000", "1767323045000"),
            (r#""1""#, r#""2026-01-02T03:04:05Z""#),
        ];
        for (old, expected) in rows {
            let document = Document::parse(Bytes::from_static(old.as_bytes())).unwrap();
            assert_eq!(spell_like(Some(document.root()), moment), expected);
        }
        assert_eq!(spell_like(None, moment), r#""2026-01-02T03:04:05Z""#);
    }
}
