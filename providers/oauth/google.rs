//! Logins of Google, to accounts of Gemini's command line and of Antigravity (`providers.md` 6.1, 8). Their clients have a
//! secret, which is not ours to ship: the operator gives it.

mod onboard;

use std::time::{Duration, SystemTime};

use modelgate_config::{OAuthService, OAuthSetting, OAuthUnset, Secret};
use modelgate_dialects::json::Document;
use url::Url;

use super::browser::Ask;
use super::token::{Answer, send_briefly};
use super::{Encoding, Grant, LoginError, NewAccount, Reach, Refused, Terms, TokenEndpoint};
use crate::{Account, AccountKind};
use onboard::Onboarding;

pub(super) const GEMINI_TERMS: Terms = Terms {
    text: "Google means these accounts for its own command line. Other programs may be refused, and the account with them.",
    instead: "an API key from https://aistudio.google.com/apikey as GEMINI_API_KEY",
};

pub(super) const ANTIGRAVITY_TERMS: Terms = Terms {
    text: "Google means these accounts for Antigravity alone. Other programs may be refused, and the account with them.",
    instead: "an API key from https://aistudio.google.com/apikey as GEMINI_API_KEY",
};

/// How long it may take until an account has its project.
pub(super) const LONGEST: Duration = Duration::from_secs(3 * 60);

/// Stands for every project of an account, where projects are named.
const ALL: &str = "all";

/// Where the person is sent. Without `offline` and `consent` a second login gets no refresh token.
pub(super) fn authorize(service: &OAuthService, ask: &Ask<'_>) -> Result<Url, LoginError> {
    let mut url = service.url(OAuthSetting::AuthorizeUrl)?;
    url.query_pairs_mut()
        .append_pair("client_id", service.text(OAuthSetting::ClientId)?)
        .append_pair("response_type", "code")
        .append_pair("redirect_uri", ask.redirect)
        .append_pair("scope", service.text(OAuthSetting::Scope)?)
        .append_pair("access_type", "offline")
        .append_pair("prompt", "consent")
        .append_pair("code_challenge", ask.challenge)
        .append_pair("code_challenge_method", "S256")
        .append_pair("state", ask.state);
    Ok(url)
}

/// What the token endpoint is sent for a code.
pub(super) fn exchange<'a>(
    code: &'a str,
    redirect: &'a str,
    verifier: &'a str,
) -> Vec<(&'a str, &'a str)> {
    vec![
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", redirect),
        ("code_verifier", verifier),
    ]
}

/// Where tokens are granted and renewed.
pub(super) fn endpoint(service: &OAuthService) -> Result<TokenEndpoint, OAuthUnset> {
    Ok(TokenEndpoint {
        url: service.url(OAuthSetting::TokenUrl)?,
        encoding: Encoding::Form,
        client_id: service.text(OAuthSetting::ClientId)?.into(),
        client_secret: Some(service.secret(OAuthSetting::ClientSecret)?.clone()),
        scope: None,
    })
}

/// The same for an account, whose file may say itself whom it was granted to: the family's files do.
fn endpoint_of(account: &Account, service: &OAuthService) -> Result<TokenEndpoint, OAuthUnset> {
    let own = account
        .extra("client_id")
        .zip(account.extra("client_secret"));
    let Some((client_id, secret)) = own else {
        return endpoint(service);
    };
    Ok(TokenEndpoint {
        url: service.url(OAuthSetting::TokenUrl)?,
        encoding: Encoding::Form,
        client_id: client_id.expose().into(),
        client_secret: Some(secret),
        scope: None,
    })
}

/// New tokens for an account. One of Antigravity that has no project yet gets it with them, or with those that it still has.
pub(super) async fn renew(
    account: &Account,
    service: &OAuthService,
    reach: Reach<'_>,
) -> Result<Grant, Refused> {
    let renewed = async || {
        let endpoint = endpoint_of(account, service)?;
        let Reach {
            clients,
            proxy,
            connect,
        } = reach;
        endpoint.refresh(clients, proxy, connect, account).await
    };
    if !account.lacks_project() {
        return renewed().await;
    }
    let http = reach.client_of(account)?;
    let mut refused = None;
    if let Some(grant) = held(account, SystemTime::now()) {
        match with_project(account.kind, service, &http, grant).await {
            Ok(grant) => return Ok(grant),
            Err(error) => refused = Some(error),
        }
    }
    let grant = renewed().await;
    let grant = grant.map_err(|error| refused.unwrap_or(error))?;
    with_project(account.kind, service, &http, grant).await
}

/// The access token that an account has, where it lasts for a while.
fn held(account: &Account, now: SystemTime) -> Option<Grant> {
    let tokens = &account.tokens;
    let lasts = |end: SystemTime| end > now + LONGEST;
    Some(Grant {
        access: tokens.access.clone()?,
        refresh: None,
        expires: Some(tokens.expires.filter(|end| lasts(*end))?),
        base: None,
        fields: Vec::new(),
    })
}

/// The tokens, with the project that Google gives their account.
async fn with_project(
    kind: AccountKind,
    service: &OAuthService,
    http: &reqwest::Client,
    mut grant: Grant,
) -> Result<Grant, Refused> {
    let onboarding = Onboarding {
        kind,
        service,
        http,
        access: &grant.access,
    };
    let settled = onboarding.named(&[]).await.map_err(|error| {
        let reason = format!("{error}; a project can be named as `project_id` in its file");
        Refused::Failed(reason)
    })?;
    let project = Secret::from(settled.projects.join(","));
    grant.fields.push(("project_id", project));
    Ok(grant)
}

/// Whether somebody can mean a project by this. It becomes a step of a path.
pub(super) fn is_project(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b':' | b'.');
    name.starts_with(|char: char| char.is_ascii_alphanumeric()) && name.bytes().all(plain)
}

/// Whose the tokens are, and for which projects: those that somebody named, else the one that Google gives the account.
pub(super) async fn identify(
    kind: AccountKind,
    service: &OAuthService,
    http: &reqwest::Client,
    grant: Grant,
    named: &[String],
) -> Result<NewAccount, LoginError> {
    let email = email(kind, service, http, &grant).await;
    let onboarding = Onboarding {
        kind,
        service,
        http,
        access: &grant.access,
    };
    let settled = if named.iter().any(|name| name.eq_ignore_ascii_case(ALL)) {
        onboarding.all().await?
    } else {
        onboarding.named(named).await?
    };
    let mut account = NewAccount::of(kind, grant);
    account.plan = settled.plan;
    account.left_out = settled.left_out;
    account.who = who(kind, email.as_deref(), &settled.projects);
    account
        .fields
        .extend(email.map(|email| ("email", Secret::from(email))));
    let projects = Secret::from(settled.projects.join(","));
    account.fields.push(("project_id", projects));
    if kind == AccountKind::Gemini {
        account.nested = vec![
            ("token_type", "Bearer".into()),
            ("token_uri", service.secret(OAuthSetting::TokenUrl)?.clone()),
        ];
    }
    Ok(account)
}

/// The name of the account's file (`providers.md` 1.2).
fn who(kind: AccountKind, email: Option<&str>, projects: &[String]) -> Option<String> {
    let email = email?;
    Some(match (kind, projects) {
        (AccountKind::Gemini, [project]) => format!("{email}-{project}"),
        (AccountKind::Gemini, _) => format!("{email}-{ALL}"),
        _ => email.to_owned(),
    })
}

/// The address of the account. One that Google does not tell is an account all the same.
async fn email(
    kind: AccountKind,
    service: &OAuthService,
    http: &reqwest::Client,
    grant: &Grant,
) -> Option<String> {
    let mut url = service.url(OAuthSetting::ProfileUrl).ok()?;
    url.query_pairs_mut().append_pair("alt", "json");
    let request = http.get(url).bearer_auth(grant.access.expose());
    let answer: Result<_, Refused> = send_briefly(request, kind).await.and_then(Answer::good);
    let body = answer
        .inspect_err(
            |refused| tracing::debug!(?refused, %kind, "it is not said whose account it is"),
        )
        .ok()?;
    let profile = Document::parse(body).ok()?;
    let email = profile.root().text_of("email")?;
    let email = email.trim();
    (!email.is_empty()).then(|| email.to_owned())
}

#[cfg(test)]
mod tests;
