//! Accounts of ChatGPT (`providers.md` 3.3): Responses, in streams only, with fewer fields than the public API has.

mod body;
mod person;

use bytes::Bytes;
use http::header::ACCEPT;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use modelgate_config::model::ProviderEntry;
use modelgate_config::{OAuth, OAuthSetting};
use modelgate_dialects::ir::{Error, ErrorKind};
use modelgate_dialects::json::Document;
use modelgate_dialects::target::ModelProfile;
use modelgate_dialects::{Dialect, Str, Target};

pub(crate) use body::{fit, takes};
pub(crate) use person::Person;

use crate::credential::{self, Credential, Login, Operations, Urls};
use crate::forge::{Forge, Raw};
use crate::{Account, Operation, ProviderKind, codex, models};

pub(crate) const BASE_URL: &str = "https://chatgpt.com/backend-api/codex";
const WORKSPACE: HeaderName = HeaderName::from_static("chatgpt-account-id");
const ORIGINATOR: HeaderName = HeaderName::from_static("originator");
const SESSION: HeaderName = HeaderName::from_static("session-id");
/// Whose encrypted reasoning it accepts: not that of the public API.
const REASONING_TAG: &str = "chatgpt";
/// What clients tell of themselves, beside all that begins as Codex's own headers do.
const FORWARDED: [&str; 3] = ["version", "thread-id", "x-client-request-id"];
const CODEX: &str = "x-codex-";
/// How a client can spell its session.
const SESSIONS: [&str; 2] = ["session-id", "session_id"];

/// The credential of an account that somebody logged in to. Its own headers win, `originator` among them.
pub(crate) fn account(
    account: &Account,
    entry: &ProviderEntry,
    login: Login,
    forge: &mut Forge<'_>,
) -> Credential {
    let raw = Raw::of_account(ProviderKind::ChatGpt, "codex", account, entry, login);
    let mut headers = credential::common_headers();
    headers.insert(ORIGINATOR, originator(forge.oauth));
    let workspace = Person::of_account(account).workspace;
    headers.extend(workspace.and_then(|id| credential::secret(WORKSPACE, &id)));
    let url = |path: &[&str]| credential::join(&entry.base_url, path);
    let mut models = url(&["models"]);
    let version = account.extra("client_version");
    let version = version.as_ref().map(|version| version.expose());
    models.query_pairs_mut().append_pair(
        "client_version",
        version.unwrap_or(env!("CARGO_PKG_VERSION")),
    );
    let urls = Urls::Operations(Box::new(Operations {
        generate: Some(url(&["responses"])),
        compact: Some(url(&["responses", "compact"])),
        models: Some(models),
        ..Operations::default()
    }));
    forge.make(raw, urls, headers)
}

/// How we call ourselves there: by our own name, unless the operator says otherwise.
fn originator(oauth: Option<&OAuth>) -> HeaderValue {
    let codex = oauth.and_then(|oauth| oauth.service("codex"));
    let said = codex.and_then(|codex| codex.text(OAuthSetting::Originator).ok());
    let said = said.and_then(|said| HeaderValue::from_str(said).ok());
    said.unwrap_or(HeaderValue::from_static("modelgate"))
}

/// The models of an account, as its plan has them.
pub(crate) fn catalogue(account: &Account) -> &'static [String] {
    models::chatgpt_catalogue(Person::of_account(account).plan.as_deref())
}

/// What an encoder must know of one of its models.
pub(crate) fn target(credential: &Credential, model: &str) -> Target {
    let target = codex::target(credential, model);
    Target {
        provider: Str::from_static(REASONING_TAG),
        model_profile: ModelProfile {
            sampling: false,
            output_limit: false,
            ..target.model_profile
        },
        ..target
    }
}

/// The headers a client of the same dialect may set: its conversation, and what Codex tells of itself.
pub(crate) fn forward(from: &HeaderMap, to: &mut HeaderMap) {
    for (name, value) in from {
        let known = FORWARDED.contains(&name.as_str()) || name.as_str().starts_with(CODEX);
        if known && !to.contains_key(name) {
            to.insert(name, value.clone());
        }
    }
    let session = SESSIONS.iter().find_map(|name| from.get(*name));
    if let Some(session) = session {
        to.entry(SESSION).or_insert_with(|| session.clone());
    }
}

/// The headers that depend on the request: the form of its answer, and the key that leads a conversation to where its beginning
/// is kept.
pub(crate) fn describe(operation: Operation, body: &Bytes, headers: &mut HeaderMap) {
    let form = match operation {
        Operation::Generate => "text/event-stream",
        Operation::CountTokens
        | Operation::Compact
        | Operation::Embed
        | Operation::EmbedBatch
        | Operation::Predict => "application/json",
    };
    headers
        .entry(ACCEPT)
        .or_insert(HeaderValue::from_static(form));
    if headers.contains_key(SESSION) {
        return;
    }
    let document = Document::outline(body.clone()).unwrap_or_default();
    let key = document.root().text_of("prompt_cache_key");
    let key = key.and_then(|key| HeaderValue::from_str(&key).ok());
    headers.extend(key.map(|key| (SESSION, key)));
}

/// What a failure means. A web page is the word of whoever guards the backend, and says nothing of the account.
pub(crate) fn failure(status: StatusCode, body: &Bytes) -> Error {
    let error = modelgate_dialects::decode_error(Dialect::Responses, status.as_u16(), body);
    if status != StatusCode::FORBIDDEN || !body.trim_ascii_start().starts_with(b"<") {
        return error;
    }
    let message = format!(
        "ChatGPT's guard turned the request away, which has nothing to do with the account: {}",
        error.message
    );
    let mut blocked = Error::new(ErrorKind::Server, Str::from(message));
    blocked.status = 502;
    blocked.with_code("upstream_blocked")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let pair = |(name, value): &(&'static str, &'static str)| {
            (
                HeaderName::from_static(name),
                HeaderValue::from_static(value),
            )
        };
        pairs.iter().map(pair).collect()
    }

    #[test]
    fn only_what_a_client_says_of_itself_is_passed_on() {
        let client = headers(&[
            ("version", "0.169.0"),
            ("thread-id", "t"),
            ("x-client-request-id", "r"),
            ("x-codex-turn-metadata", "m"),
            ("session_id", "s"),
            ("originator", "codex_exec"),
            ("user-agent", "codex_exec/0.169.0"),
            ("authorization", "Bearer mg-1"),
            ("openai-beta", "responses=experimental"),
            ("cookie", "c"),
        ]);
        let mut to = headers(&[("originator", "modelgate"), ("version", "mine")]);
        forward(&client, &mut to);
        let expected = headers(&[
            ("originator", "modelgate"),
            ("version", "mine"),
            ("thread-id", "t"),
            ("x-client-request-id", "r"),
            ("x-codex-turn-metadata", "m"),
            ("session-id", "s"),
        ]);
        assert_eq!(to, expected);
    }

    #[test]
    fn a_conversation_is_led_to_its_beginning() {
        let body = Bytes::from_static(br#"{"prompt_cache_key":"c-1"}"#);
        let described = |operation, before: &[(&'static str, &'static str)]| {
            let mut headers = headers(before);
            describe(operation, &body, &mut headers);
            headers
        };
        let expected = headers(&[("accept", "text/event-stream"), ("session-id", "c-1")]);
        assert_eq!(described(Operation::Generate, &[]), expected);
        let own = [("session-id", "own"), ("accept", "application/json")];
        assert_eq!(
            described(Operation::Compact, &[("session-id", "own")]),
            headers(&own)
        );
    }

    #[track_caller]
    fn check(status: u16, body: &'static str, kind: ErrorKind, shown: u16) -> Error {
        let status = StatusCode::from_u16(status).unwrap();
        let error = failure(status, &Bytes::from_static(body.as_bytes()));
        assert_eq!((error.kind, error.status), (kind, shown), "{body}");
        error
    }

    #[test]
    fn failures_come_in_several_shapes() {
        let detail = r#"{"detail":"Unsupported parameter: top_p"}"#;
        let error = check(400, detail, ErrorKind::InvalidRequest, 400);
        assert_eq!(&*error.message, "Unsupported parameter: top_p");
        let nested = r#"{"detail":{"code":"usage_not_included","message":"No."}}"#;
        let error = check(429, nested, ErrorKind::Billing, 429);
        assert_eq!(error.code.as_deref(), Some("usage_not_included"));
        let used =
            r#"{"error":{"type":"usage_limit_reached","message":"x","resets_in_seconds":90}}"#;
        let error = check(403, used, ErrorKind::RateLimit, 429);
        assert_eq!(error.retry_after, Some(std::time::Duration::from_secs(90)));
        let full = r#"{"detail":"The selected model is at capacity. Try another one."}"#;
        check(500, full, ErrorKind::RateLimit, 429);
        let over = r#"{"error":{"message":"Your token has expired.","code":"token_expired"}}"#;
        check(401, over, ErrorKind::Authentication, 401);
    }

    #[test]
    fn a_page_of_the_guard_is_no_word_of_the_account() {
        let page = "\n<!DOCTYPE html><html><head><title>Just a moment...</title></head></html>";
        let error = check(403, page, ErrorKind::Server, 502);
        assert!(error.message.contains("Just a moment"), "{}", error.message);
        assert_eq!(error.code.as_deref(), Some("upstream_blocked"));
        check(403, r#"{"detail":"no"}"#, ErrorKind::Permission, 403);
    }
}
