//! Accounts of xAI (`providers.md` 14), at its public API, which speaks Responses and Chat Completions. Clients of Chat are passed
//! on in that; all others are asked for in Responses, which carries reasoning, and searches of xAI's own.

mod responses;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use modelgate_config::model::ProviderEntry;
use modelgate_dialects::ir::{Error, ErrorKind};
use modelgate_dialects::json::{Document, Value};
use modelgate_dialects::target::ChatProfile;
use modelgate_dialects::{Dialect, Losses, Target};

pub(crate) use responses::{fit_responses, takes};

use crate::credential::{self, Credential, Login, Operations, Urls};
use crate::fit::{Fate, rewritten};
use crate::forge::{Forge, Raw};
use crate::{Account, ProviderKind, compatible};

pub(crate) const BASE_URL: &str = "https://api.x.ai/v1";
const CONVERSATION: HeaderName = HeaderName::from_static("x-grok-conv-id");
/// What its models refuse.
const REFUSED: [&str; 3] = ["stop", "safety_identifier", "prompt_cache_retention"];
/// How the codes end of a token that is over, and of an account that has used up what is free for a day.
const TOKEN_IS_OVER: &str = "bad-credentials";
const USED_UP: &str = "free-usage-exhausted";

/// The credential of an account that somebody logged in to.
pub(crate) fn account(
    account: &Account,
    entry: &ProviderEntry,
    login: Login,
    forge: &mut Forge<'_>,
) -> Credential {
    let raw = Raw::of_account(ProviderKind::Xai, "xai", account, entry, login);
    let url = |path: &[&str]| Some(credential::join(&entry.base_url, path));
    let urls = Urls::Operations(Box::new(Operations {
        generate: url(&["chat", "completions"]),
        responses: url(&["responses"]),
        compact: url(&["responses", "compact"]),
        models: url(&["models"]),
        ..Operations::default()
    }));
    forge.make(raw, urls, credential::common_headers())
}

/// What an encoder must know of one of its models.
pub(crate) fn target(credential: &Credential, model: &str) -> Target {
    let target = compatible::target(credential, model);
    Target {
        chat: ChatProfile {
            openai_tools: false,
            ..target.chat
        },
        ..target
    }
}

/// The header that leads a conversation to where its beginning is kept.
pub(crate) fn describe(body: &Bytes, headers: &mut HeaderMap) {
    let document = Document::parse(body.clone()).unwrap_or_default();
    let key = document.root().text_of("prompt_cache_key");
    let key = key.and_then(|key| HeaderValue::from_str(&key).ok());
    headers.extend(key.map(|key| (CONVERSATION, key)));
}

/// A request in Chat Completions without what is refused.
pub(crate) fn fit(body: Bytes, losses: &mut Losses) -> Bytes {
    let rule = |_: Value<'_>, field: &str, _: Value<'_>| {
        if !REFUSED.contains(&field) {
            return Fate::Kept;
        }
        losses.dropped(field, "xAI refuses it");
        Fate::Gone
    };
    rewritten(body, &[], rule)
}

/// What a failure means.
pub(crate) fn failure(status: StatusCode, body: &Bytes) -> Error {
    let mut error = modelgate_dialects::decode_error(Dialect::Chat, status.as_u16(), body);
    let document = Document::parse(body.clone()).unwrap_or_default();
    let code = document.root().text_of("code").or(error.code.clone());
    let ends = |with: &str| code.as_deref().is_some_and(|code| code.ends_with(with));
    if ends(TOKEN_IS_OVER) {
        error.kind = ErrorKind::Authentication;
        error.status = error.kind.status();
    } else if ends(USED_UP) {
        error.kind = ErrorKind::Billing;
    }
    error
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_refused_is_left_out_and_named() {
        let mut losses = Losses::default();
        let body = Bytes::from_static(
            br#"{"model":"grok-4.6","stop":["x"],"n":1.0,"safety_identifier":"u"}"#,
        );
        let fitted = fit(body, &mut losses);
        assert_eq!(&fitted[..], br#"{"model":"grok-4.6","n":1.0}"#);
        let paths: Vec<&str> = losses.iter().map(|loss| &*loss.path).collect();
        assert_eq!(paths, ["stop", "safety_identifier"]);
    }

    #[track_caller]
    fn check(status: u16, body: &'static str, kind: ErrorKind, shown: u16) {
        let status = StatusCode::from_u16(status).unwrap();
        let error = failure(status, &Bytes::from_static(body.as_bytes()));
        assert_eq!((error.kind, error.status), (kind, shown), "{body}");
    }

    #[test]
    fn failures_are_told_by_the_ends_of_their_codes() {
        let over = r#"{"code":"unauthenticated:bad-credentials","error":"The OAuth2 access token could not be validated."}"#;
        check(403, over, ErrorKind::Authentication, 401);
        let used = r#"{"code":"subscription:free-usage-exhausted","error":"You have used it up."}"#;
        check(429, used, ErrorKind::Billing, 429);
        let other = r#"{"code":"permission-denied","error":"No."}"#;
        check(403, other, ErrorKind::Permission, 403);
        let busy = r#"{"error":{"message":"slow down","type":"rate_limit_error"}}"#;
        check(429, busy, ErrorKind::RateLimit, 429);
        assert_eq!(
            &*failure(StatusCode::FORBIDDEN, &Bytes::from(other)).message,
            "No."
        );
    }
}
