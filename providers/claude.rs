//! Anthropic's API by key, and servers that speak its dialect (`providers.md` 2.1).

mod failure;

use http::{HeaderMap, HeaderName, HeaderValue};
use modelgate_config::Secret;
use modelgate_config::model::{ClaudeAuth, ClaudeKey, ProviderEntry, Quirks};
use modelgate_dialects::target::{ChatProfile, GeminiProfile, KiroProfile};
use modelgate_dialects::{Str, Target};
use url::Url;

pub(crate) use failure::{failure, is_revoked};

use crate::credential::{self, Credential, Login, Operations, Urls};
use crate::forge::{Forge, Raw};
use crate::{Account, ProviderKind, models};

const X_API_KEY: HeaderName = HeaderName::from_static("x-api-key");
pub(crate) const VERSION: HeaderName = HeaderName::from_static("anthropic-version");
const BETA: HeaderName = HeaderName::from_static("anthropic-beta");
/// What a token of a login needs beside itself.
const OAUTH_BETA: &str = "oauth-2025-04-20";
/// Where accounts are asked.
pub(crate) const BASE_URL: &str = "https://api.anthropic.com";
const VENDOR_HOST: &str = "anthropic.com";
/// Whose reasoning signatures these upstreams accept.
const REASONING_TAG: &str = "claude";

/// The credential of a `claude-api-key` entry.
pub(crate) fn credential(key: &ClaudeKey, index: usize, forge: &mut Forge<'_>) -> Credential {
    let base = &key.entry.base_url;
    let mut headers = credential::common_headers();
    headers.insert(VERSION, HeaderValue::from_static("2023-06-01"));
    let vendor = base
        .host_str()
        .is_some_and(|host| host == VENDOR_HOST || host.ends_with(".anthropic.com"));
    let auth = match key.auth {
        ClaudeAuth::ApiKey => credential::secret(X_API_KEY, key.api_key.expose()),
        ClaudeAuth::Auto if vendor => credential::secret(X_API_KEY, key.api_key.expose()),
        ClaudeAuth::Auto | ClaudeAuth::Bearer => credential::bearer(&key.api_key),
    };
    let raw = Raw {
        id: format!("claude-api-key[{index}]"),
        kind: ProviderKind::Claude,
        provider: "claude",
        entry: &key.entry,
        secret: key.api_key.expose(),
        weight: key.entry.weight,
        proxy: &key.proxy,
        quirks: Quirks::default(),
        auth,
        account: None,
    };
    forge.make(raw, urls(base), headers)
}

/// The credential of an account that somebody logged in to (`providers.md` 2.3).
pub(crate) fn account(
    account: &Account,
    entry: &ProviderEntry,
    login: Login,
    forge: &mut Forge<'_>,
) -> Credential {
    let mut headers = credential::common_headers();
    headers.insert(VERSION, HeaderValue::from_static("2023-06-01"));
    headers.insert(BETA, HeaderValue::from_static(OAUTH_BETA));
    let entry = &beside_oauth(entry.clone());
    let raw = Raw::of_account(ProviderKind::Claude, "claude", account, entry, login);
    forge.make(raw, urls(&entry.base_url), headers)
}

/// The same entry, whose owner names features beside what a token needs and not instead of it.
fn beside_oauth(mut entry: ProviderEntry) -> ProviderEntry {
    let own = entry.headers.iter_mut();
    for (_, betas) in own.filter(|(name, _)| name.eq_ignore_ascii_case(BETA.as_str())) {
        *betas = Secret::from(format!("{},{OAUTH_BETA}", betas.expose()));
    }
    entry
}

fn urls(base: &Url) -> Urls {
    Urls::Operations(Box::new(Operations {
        generate: Some(credential::join(base, &["v1", "messages"])),
        count_tokens: Some(credential::join(base, &["v1", "messages", "count_tokens"])),
        models: Some(credential::join(base, &["v1", "models"])),
        ..Operations::default()
    }))
}

/// What an encoder must know of one of its models.
pub(crate) fn target(_credential: &Credential, model: &str) -> Target {
    Target {
        model: Str::from(model),
        provider: Str::from_static(REASONING_TAG),
        model_profile: models::profile(model),
        chat: ChatProfile::default(),
        gemini: GeminiProfile::default(),
        kiro: KiroProfile::default(),
    }
}

/// The headers a client of the same dialect may set: the API version it was written for and the features it uses.
pub(crate) fn forward(from: &HeaderMap, to: &mut HeaderMap) {
    if let Some(version) = from.get(&VERSION) {
        to.insert(VERSION, version.clone());
    }
    let mut named = from.get_all(&BETA).iter();
    if let (Some(only), None, false) = (named.next(), named.next(), to.contains_key(&BETA)) {
        to.insert(BETA, only.clone());
        return;
    }
    let named = from.get_all(&BETA).iter().chain(to.get_all(&BETA).iter());
    let named = named.filter_map(|value| value.to_str().ok());
    let mut betas: Vec<&str> = Vec::new();
    for beta in named.flat_map(|value| value.split(',')).map(str::trim) {
        if !beta.is_empty() && !betas.contains(&beta) {
            betas.push(beta);
        }
    }
    let joined = HeaderValue::from_str(&betas.join(","));
    if let Some(value) = joined.ok().filter(|_| !betas.is_empty()) {
        to.insert(BETA, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_token_needs_is_named_beside_what_its_owner_wants() {
        let directory = tempfile::tempdir().unwrap();
        let accounts = crate::Accounts::open(directory.path()).unwrap();
        for (headers, expected) in [
            ("{}", "oauth-2025-04-20"),
            (
                r#"{"Anthropic-Beta":"context-1m-2025-08-07"}"#,
                "context-1m-2025-08-07,oauth-2025-04-20",
            ),
        ] {
            let file = format!(r#"{{"type":"claude","access_token":"a","headers":{headers}}}"#);
            let account = accounts.add("a.json", file.as_bytes()).unwrap();
            let config = modelgate_config::Config::default();
            let catalog = crate::Catalog::of_account(&config, &account);
            assert_eq!(catalog.credentials()[0].headers()[BETA], expected);
        }
    }

    #[test]
    fn a_clients_features_are_named_once_beside_what_the_account_needs() {
        let mut client = HeaderMap::new();
        client.append(BETA, HeaderValue::from_static("one-1, oauth-2025-04-20"));
        client.append(BETA, HeaderValue::from_static("two-2,,one-1"));
        client.insert(VERSION, HeaderValue::from_static("2026-10-21"));
        client.insert(X_API_KEY, HeaderValue::from_static("mg-1"));
        let mut to = HeaderMap::new();
        to.insert(BETA, HeaderValue::from_static(OAUTH_BETA));
        forward(&client, &mut to);
        assert_eq!(to[BETA], "one-1,oauth-2025-04-20,two-2");
        assert_eq!(to[VERSION], "2026-10-21");
        assert!(!to.contains_key(X_API_KEY));
        let mut alone = HeaderMap::new();
        forward(&HeaderMap::new(), &mut alone);
        assert!(alone.is_empty());
        client.insert(BETA, HeaderValue::from_static("one-1, two-2"));
        forward(&client, &mut alone);
        assert_eq!(alone[BETA], "one-1, two-2", "as it was written");
    }
}
