//! Accounts of Qwen (`providers.md` 11): Chat Completions, at an address that comes with the tokens.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http::StatusCode;
use modelgate_config::model::ProviderEntry;
use modelgate_dialects::ir::{Error, ErrorKind};
use modelgate_dialects::{Dialect, Target};
use url::Url;

use crate::credential::{self, Credential, Login, Operations, Urls};
use crate::forge::{Forge, Raw};
use crate::refresh::Token;
use crate::{Account, ProviderKind, compatible};

const BASE_URL: &str = "https://portal.qwen.ai/v1";
/// What is free of charge is counted by days, which begin at midnight in China.
const DAY: u64 = 24 * 60 * 60;
const EAST: u64 = 8 * 60 * 60;

/// The credential of an account that somebody logged in to.
pub(crate) fn account(
    account: &Account,
    entry: &ProviderEntry,
    login: Login,
    forge: &mut Forge<'_>,
) -> Credential {
    let raw = Raw::of_account(ProviderKind::Qwen, "qwen", account, entry, login);
    let urls = Urls::Operations(Box::new(Operations {
        generate: Some(completions(&entry.base_url)),
        ..Operations::default()
    }));
    forge.make(raw, urls, credential::common_headers())
}

fn completions(base: &Url) -> Url {
    credential::join(base, &["chat", "completions"])
}

/// Where a call goes with a token: to the place that came with it, which may be another one than before, unless the owner of the
/// account says where.
pub(crate) fn moved(address: String, token: Option<&Token>) -> String {
    let account = token.map(|token| &token.account);
    let account = account.filter(|account| account.settings.base_url.is_none());
    let place = account.and_then(|account| Url::parse(&base_url(account)).ok());
    place.map_or(address, |place| completions(&place).into())
}

/// What an encoder must know of one of its models.
pub(crate) fn target(credential: &Credential, model: &str) -> Target {
    compatible::target(credential, model)
}

/// What a failure means: a quota of the day that is used up, or else, where it is a refusal, a token that is over.
pub(crate) fn failure(status: StatusCode, body: &Bytes) -> Error {
    let mut error = modelgate_dialects::decode_error(Dialect::Chat, status.as_u16(), body);
    let refused = status == StatusCode::FORBIDDEN;
    if (refused || status == StatusCode::TOO_MANY_REQUESTS) && is_of_quota(&error) {
        error.kind = ErrorKind::RateLimit;
        error.retry_at = Some(next_day(SystemTime::now()));
    } else if refused {
        error.kind = ErrorKind::Authentication;
    } else {
        return error;
    }
    error.status = error.kind.status();
    error
}

fn is_of_quota(error: &Error) -> bool {
    let says = |word| error.message.to_ascii_lowercase().contains(word);
    error.code.as_deref() == Some("insufficient_quota") || says("free allocated quota exceeded")
}

fn next_day(now: SystemTime) -> SystemTime {
    let since = now.duration_since(UNIX_EPOCH).unwrap_or_default();
    let left = DAY - (since.as_secs() + EAST) % DAY;
    now + Duration::from_secs(left)
}

/// Where an account is served: `resource_url` of its file, a host with or without a scheme and a path. Only TLS is trusted
/// with a token, but for this machine.
pub(crate) fn base_url(account: &Account) -> String {
    let place = account.extra("resource_url");
    let place = place.as_ref().map(|place| place.expose().trim());
    let url = place.filter(|place| !place.is_empty()).and_then(read);
    url.map_or_else(|| BASE_URL.to_owned(), |url| url.to_string())
}

fn read(place: &str) -> Option<Url> {
    let whole = if place.contains("://") {
        place.to_owned()
    } else {
        format!("https://{place}")
    };
    let mut url = Url::parse(&whole).ok()?;
    if !credential::is_trusted(&url) {
        return None;
    }
    url.set_query(None);
    url.set_fragment(None);
    let path = url.path().trim_end_matches('/').to_owned();
    let end = if path.ends_with("/v1") { "" } else { "/v1" };
    url.set_path(&format!("{path}{end}"));
    Some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(status: u16, body: &'static str, kind: ErrorKind, shown: u16, waits: bool) {
        let status = StatusCode::from_u16(status).unwrap();
        let error = failure(status, &Bytes::from_static(body.as_bytes()));
        let seen = (error.kind, error.status, error.retry_at.is_some());
        assert_eq!(seen, (kind, shown, waits), "{body}");
    }

    #[test]
    fn a_refusal_is_a_token_that_is_over_unless_a_quota_is() {
        use ErrorKind::{Authentication, InvalidRequest, RateLimit};
        let over = r#"{"error":{"message":"invalid access token or token expired"}}"#;
        check(403, over, Authentication, 401, false);
        check(401, over, Authentication, 401, false);
        check(403, "<html>", Authentication, 401, false);
        let quota = r#"{"error":{"code":"insufficient_quota","message":"You exceeded your current quota."}}"#;
        check(403, quota, RateLimit, 429, true);
        check(429, quota, RateLimit, 429, true);
        let text = r#"{"error":{"message":"Free allocated quota exceeded."}}"#;
        check(403, text, RateLimit, 429, true);
        check(429, text, RateLimit, 429, true);
        check(400, text, InvalidRequest, 400, false);
        let busy =
            r#"{"error":{"message":"Requests rate limit exceeded, please try again later."}}"#;
        check(429, busy, RateLimit, 429, false);
    }

    #[test]
    fn a_call_goes_where_its_token_is_good() {
        let directory = tempfile::tempdir().unwrap();
        let accounts = crate::Accounts::open(directory.path()).unwrap();
        let known = "https://old.example/v1/chat/completions".to_owned();
        for (fields, expected) in [
            (
                r#","resource_url":"new.example""#,
                "https://new.example/v1/chat/completions",
            ),
            ("", "https://portal.qwen.ai/v1/chat/completions"),
            (
                r#","resource_url":"new.example","base_url":"https://old.example/v1""#,
                known.as_str(),
            ),
        ] {
            let file = format!(r#"{{"type":"qwen","access_token":"a"{fields}}}"#);
            let token = Token {
                access: "a".into(),
                account: accounts.add("a.json", file.as_bytes()).unwrap(),
                base: None,
            };
            assert_eq!(moved(known.clone(), Some(&token)), expected);
        }
        assert_eq!(moved(known.clone(), None), known);
    }

    #[test]
    fn a_day_ends_at_midnight_in_china() {
        let at = |text: &str| humantime::parse_rfc3339(text).unwrap();
        for (now, end) in [
            ("2026-01-01T15:59:59Z", "2026-01-01T16:00:00Z"),
            ("2026-01-01T16:00:00Z", "2026-01-02T16:00:00Z"),
            ("2026-01-02T03:00:00Z", "2026-01-02T16:00:00Z"),
        ] {
            assert_eq!(next_day(at(now)), at(end), "{now}");
        }
    }

    #[test]
    fn an_address_is_read_in_every_spelling_and_only_trusted_with_tls() {
        for (place, expected) in [
            ("portal.qwen.ai", Some("https://portal.qwen.ai/v1")),
            ("portal.qwen.ai/", Some("https://portal.qwen.ai/v1")),
            ("https://x.example/v1/", Some("https://x.example/v1")),
            ("x.example/api?a=b#c", Some("https://x.example/api/v1")),
            ("http://127.0.0.1:9/v1", Some("http://127.0.0.1:9/v1")),
            ("http://x.example", None),
            ("ftp://x.example", None),
            ("", None),
            ("//", None),
        ] {
            let read = read(place).map(|url| url.to_string());
            assert_eq!(read.as_deref(), expected, "{place}");
        }
    }
}
