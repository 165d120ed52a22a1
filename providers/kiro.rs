//! Accounts of Kiro, which is AWS CodeWhisperer and Amazon Q (`providers.md` 9): one operation, answered with AWS's event
//! stream.

mod plan;

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use modelgate_config::model::ProviderEntry;
use modelgate_dialects::ir::Error;
use modelgate_dialects::json::{RawJson, Value};
use modelgate_dialects::kiro::response;
use modelgate_dialects::target::{ChatProfile, GeminiProfile, KiroProfile, ModelProfile, Thinking};
use modelgate_dialects::{Losses, Str, Target};
use url::Url;
use uuid::Uuid;

use crate::credential::{self, Credential, Login, Operations, Urls};
use crate::fit::{Fate, list, object, rewritten};
use crate::forge::{Forge, Raw};
use crate::{Account, CallError, CallErrorKind, ProviderKind};
pub(crate) use plan::{About, profile as profile_of, title, windows};

/// Which operation of AWS's is called.
const TARGET: HeaderName = HeaderName::from_static("x-amz-target");
/// Tells one call from another.
const INVOCATION: HeaderName = HeaderName::from_static("amz-sdk-invocation-id");
/// The name of the exception, where the body does not tell it.
const ERROR_TYPE: HeaderName = HeaderName::from_static("x-amzn-errortype");
const AWS_JSON: HeaderValue = HeaderValue::from_static("application/x-amz-json-1.0");
/// Whose reasoning signatures these upstreams accept.
const REASONING_TAG: &str = "kiro";
/// Of all models (`providers.md` 9.6).
const MAX_OUTPUT: u32 = 64_000;

/// Whose quota an account uses. Address, origin and target belong together: AWS answers every other combination with 403.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pool {
    CodeWhisperer,
    AmazonQ,
}

impl Pool {
    /// The one that is asked when the first has no room, where the owner of the account wants that: `both_endpoints` of its
    /// file.
    fn second(account: &Account) -> Option<Self> {
        let wanted = account.extra("both_endpoints")?;
        let other = match Self::of(account) {
            Self::CodeWhisperer => Self::AmazonQ,
            Self::AmazonQ => Self::CodeWhisperer,
        };
        (wanted.expose() == "true").then_some(other)
    }

    /// What the owner of the account wants: `preferred_endpoint` of its file.
    fn of(account: &Account) -> Self {
        let wanted = account.extra("preferred_endpoint");
        let wanted = wanted.map(|wanted| wanted.expose().to_ascii_lowercase());
        match wanted.as_deref() {
            Some("amazonq" | "q" | "cli") => Self::AmazonQ,
            _ => Self::CodeWhisperer,
        }
    }

    const fn base_url(self) -> &'static str {
        match self {
            Self::CodeWhisperer => "https://codewhisperer.us-east-1.amazonaws.com",
            Self::AmazonQ => "https://q.us-east-1.amazonaws.com",
        }
    }

    const fn path(self) -> &'static [&'static str] {
        match self {
            Self::CodeWhisperer => &["generateAssistantResponse"],
            Self::AmazonQ => &[],
        }
    }

    const fn origin(self) -> &'static str {
        match self {
            Self::CodeWhisperer => "AI_EDITOR",
            Self::AmazonQ => "CLI",
        }
    }

    const fn target(self) -> HeaderValue {
        match self {
            Self::CodeWhisperer => HeaderValue::from_static(
                "AmazonCodeWhispererStreamingService.GenerateAssistantResponse",
            ),
            Self::AmazonQ => {
                HeaderValue::from_static("AmazonQDeveloperStreamingService.SendMessage")
            }
        }
    }
}

/// What Kiro must be told of an account.
#[derive(Debug)]
pub(crate) struct Told {
    profile: KiroProfile,
    /// Another place with a quota of its own, and its address.
    second: Option<(Pool, Url)>,
}

/// Where an account is served.
pub(crate) fn base_url(account: &Account) -> String {
    Pool::of(account).base_url().to_owned()
}

/// Whether an account belongs to Google or GitHub and not to AWS. Only those have a profile, and they are renewed elsewhere.
pub(crate) fn is_social(account: &Account) -> bool {
    match account.extra("auth_method") {
        Some(method) => method.expose().eq_ignore_ascii_case("social"),
        None => account.extra("client_id").is_none(),
    }
}

/// The credential of an account that somebody logged in to.
pub(crate) fn account(
    account: &Account,
    entry: &ProviderEntry,
    login: Login,
    forge: &mut Forge<'_>,
) -> Credential {
    let pool = Pool::of(account);
    let raw = Raw::of_account(ProviderKind::Kiro, "kiro", account, entry, login);
    let mut headers = credential::common_headers();
    headers.insert(CONTENT_TYPE, AWS_JSON);
    headers.insert(ACCEPT, HeaderValue::from_static("*/*"));
    headers.insert(TARGET, pool.target());
    let urls = Urls::Operations(Box::new(Operations {
        generate: Some(credential::join(&entry.base_url, pool.path())),
        // Nothing is known of a list at Amazon Q.
        models: (pool == Pool::CodeWhisperer).then(|| entry.base_url.clone()),
        ..Operations::default()
    }));
    let arn = account.extra("profile_arn");
    let arn = arn.filter(|_| is_social(account));
    Credential {
        kiro: Some(Box::new(Told {
            profile: KiroProfile {
                origin: Str::from_static(pool.origin()),
                profile_arn: arn.map(|arn| Str::from(arn.expose())),
                ..KiroProfile::default()
            },
            second: second(account, entry),
        })),
        ..forge.make(raw, urls, headers)
    }
}

/// The second place, where the account may be asked at both. Whoever names a place in the file means it for both.
fn second(account: &Account, entry: &ProviderEntry) -> Option<(Pool, Url)> {
    let pool = Pool::second(account)?;
    let base = match &account.settings.base_url {
        Some(_) => entry.base_url.clone(),
        None => Url::parse(pool.base_url()).ok()?,
    };
    Some((pool, credential::join(&base, pool.path())))
}

fn profile(credential: &Credential) -> KiroProfile {
    let told = credential.kiro.as_deref();
    told.map(|told| told.profile.clone()).unwrap_or_default()
}

impl Credential {
    /// The address of the second place, where it is one of Kiro's that has one.
    pub(crate) fn second_url(&self) -> Option<&Url> {
        let (_, url) = self.second()?;
        Some(url)
    }

    fn second(&self) -> Option<&(Pool, Url)> {
        self.kiro.as_deref()?.second.as_ref()
    }
}

/// A request as the second place takes it: its target in the headers, and its origin ([`moved_to_second`]).
pub(crate) fn move_to_second(credential: &Credential, headers: &mut HeaderMap) {
    if let Some((pool, _)) = credential.second() {
        headers.insert(TARGET, pool.target());
    }
}

/// The body with the origin of the second place, which stands beside everything the user said.
pub(crate) fn moved_to_second(credential: &Credential, body: &Bytes) -> Bytes {
    let Some((pool, _)) = credential.second() else {
        return body.clone();
    };
    let changed = |change: Option<RawJson>| change.map_or(Fate::Kept, Fate::Is);
    let turn = |turn: Value<'_>| {
        object(turn, &[], |key, said| match key {
            "userInputMessage" => changed(object(said, &[], |key, _| match key {
                "origin" => Fate::Is(RawJson::build(|writer| writer.value(pool.origin()))),
                _ => Fate::Kept,
            })),
            _ => Fate::Kept,
        })
    };
    rewritten(body.clone(), &[], |_, key, state| match key {
        "conversationState" => changed(object(state, &[], |key, value| match key {
            "currentMessage" => changed(turn(value)),
            "history" => {
                let unchanged = &mut Losses::default();
                list(key, value, unchanged, |_, value, _| turn(value))
            }
            _ => Fate::Kept,
        })),
        _ => Fate::Kept,
    })
}

/// What an encoder must know of one of its models.
pub(crate) fn target(credential: &Credential, model: &str) -> Target {
    Target {
        model: Str::from(model),
        provider: Str::from_static(REASONING_TAG),
        model_profile: ModelProfile {
            max_output: Some(MAX_OUTPUT),
            thinking: Thinking::Budget {
                min: 1024,
                max: 32_000,
            },
            ..ModelProfile::default()
        },
        chat: ChatProfile::default(),
        gemini: GeminiProfile::default(),
        kiro: profile(credential),
    }
}

/// The headers that no two calls have in common.
pub(crate) fn number(headers: &mut HeaderMap) {
    let id = Uuid::now_v7().to_string();
    if let Ok(id) = HeaderValue::from_str(&id) {
        headers.insert(INVOCATION, id);
    }
}

/// What a failure means.
pub(crate) fn failure(status: StatusCode, headers: &HeaderMap, body: &Bytes) -> Error {
    let name = headers
        .get(ERROR_TYPE)
        .and_then(|value| value.to_str().ok());
    response::decode_named_error(status.as_u16(), body, name)
}

/// How long an account rests whose month is used up, which it says without a time: until its plan begins anew, as far as that is
/// known.
pub(crate) fn until_next_month(
    credential: &Credential,
    error: &CallError,
    now: SystemTime,
) -> Option<Duration> {
    if (credential.kind, error.kind) != (ProviderKind::Kiro, CallErrorKind::Billing) {
        return None;
    }
    let windows = credential.health.report().quota.into_iter();
    let ends = windows.filter_map(|window| window.resets_at?.duration_since(now).ok());
    ends.min()
}

/// Makes a request the one for the list of its models (`providers.md` 9.6).
pub(crate) fn ask_for_list(credential: &Credential, request: &mut reqwest::Request) {
    ask(About::Models, credential, request);
}

/// Makes a request the one for how much of its plan is used.
pub(crate) fn ask_for_usage(credential: &Credential, request: &mut reqwest::Request) {
    ask(About::Usage, credential, request);
}

fn ask(about: About, credential: &Credential, request: &mut reqwest::Request) {
    let kiro = profile(credential);
    *request.method_mut() = Method::POST;
    request.headers_mut().extend(headers_about(about));
    let body = about.body(&kiro.origin, kiro.profile_arn.as_deref());
    *request.body_mut() = Some(body.into());
}

/// The headers of a question about an account.
pub(crate) fn headers_about(about: About) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, AWS_JSON);
    headers.insert(TARGET, about.target());
    number(&mut headers);
    headers
}

#[cfg(test)]
mod tests {
    use http::header::AUTHORIZATION;

    use super::*;
    use crate::Healths;

    #[test]
    fn at_the_second_place_everything_is_of_that_place() {
        let healths = Healths::default();
        let mut forge = Forge::new(&healths);
        let url = Url::parse("https://q.example/").unwrap();
        let made = |forge: &mut Forge<'_>, second| Credential {
            kiro: Some(Box::new(Told {
                profile: KiroProfile::default(),
                second,
            })),
            ..forge.built_in("c", ProviderKind::Kiro, Urls::Models(url.clone()))
        };
        let body = Bytes::from_static(
            br#"{"conversationState":{"currentMessage":{"userInputMessage":{"content":"\"origin\"","origin":"AI_EDITOR"}},"history":[{"userInputMessage":{"origin":"AI_EDITOR"}},{"assistantResponseMessage":{"toolUses":[{"input":{"origin":"x"}}]}}]},"profileArn":"a"}"#,
        );
        let alone = made(&mut forge, None);
        assert_eq!(moved_to_second(&alone, &body), body);
        let both = made(&mut forge, Some((Pool::AmazonQ, url.clone())));
        assert_eq!(both.second_url(), Some(&url));
        let moved = moved_to_second(&both, &body);
        let expected = String::from_utf8(body.to_vec()).unwrap();
        assert_eq!(moved, expected.replace("AI_EDITOR", "CLI"));
        let mut headers = HeaderMap::from_iter([
            (TARGET, Pool::CodeWhisperer.target()),
            (AUTHORIZATION, HeaderValue::from_static("Bearer x")),
        ]);
        move_to_second(&both, &mut headers);
        assert_eq!(headers[TARGET], Pool::AmazonQ.target());
        assert_eq!(headers.len(), 2);
    }
}
