//! Logins of Anthropic (`providers.md` 2.2).

use std::time::SystemTime;

use modelgate_config::{OAuthService, OAuthSetting, Secret};
use modelgate_dialects::json::{Document, Value};
use url::Url;

use super::browser::Ask;
use super::token::{Answer, send_briefly};
use super::{Grant, LoginError, NewAccount, Refused, Terms, TokenEndpoint, granted};
use crate::{Account, AccountKind};

pub(super) const TERMS: Terms = Terms {
    text: "Anthropic means subscriptions for its own applications. Other programs may be refused, and the account with them.",
    instead: "an API key from https://console.anthropic.com/settings/keys as ANTHROPIC_API_KEY",
};

/// The field of an account's file that says which account it is, also where nobody knows its address.
pub(super) const ACCOUNT_UUID: &str = "account_uuid";

/// Where the person is sent.
pub(super) fn authorize(service: &OAuthService, ask: &Ask<'_>) -> Result<Url, LoginError> {
    let mut url = service.url(OAuthSetting::AuthorizeUrl)?;
    url.query_pairs_mut()
        .append_pair("code", "true")
        .append_pair("client_id", service.text(OAuthSetting::ClientId)?)
        .append_pair("response_type", "code")
        .append_pair("redirect_uri", ask.redirect)
        .append_pair("scope", service.text(OAuthSetting::Scope)?)
        .append_pair("code_challenge", ask.challenge)
        .append_pair("code_challenge_method", "S256")
        .append_pair("state", ask.state);
    Ok(url)
}

/// What the token endpoint is sent for a code; the state is a part of it.
pub(super) fn exchange<'a>(
    code: &'a str,
    state: &'a str,
    redirect: &'a str,
    verifier: &'a str,
) -> Vec<(&'a str, &'a str)> {
    vec![
        ("grant_type", "authorization_code"),
        ("code", code),
        ("state", state),
        ("redirect_uri", redirect),
        ("code_verifier", verifier),
    ]
}

/// Whose the tokens are: what came with them, and what the provider says when it is asked, where no address came. A token that may
/// not know ("setup tokens" of the vendor's own program) is an account all the same.
pub(super) async fn identify(
    service: &OAuthService,
    client: &reqwest::Client,
    grant: Grant,
    answer: &Document,
) -> NewAccount {
    let mut account = NewAccount::of(AccountKind::Claude, grant.clone());
    if read(&mut account, answer.root()).is_none() {
        ask_whose(&mut account, service, client, &grant.access).await;
    }
    account
}

/// Asks for new tokens. An account whose address nobody knows is asked for it first: the token that it has may end with them.
pub(super) async fn renew(
    account: &Account,
    service: &OAuthService,
    endpoint: &TokenEndpoint,
    client: &reqwest::Client,
) -> Result<Grant, Refused> {
    let mut told = NewAccount::without_tokens(account.kind);
    let nameless = account.settings.email.is_none();
    let tokens = &account.tokens;
    let good = tokens.expires.is_none_or(|end| end > SystemTime::now());
    if let (true, Some(access)) = (nameless && good, &tokens.access) {
        ask_whose(&mut told, service, client, access).await;
    }
    let body = endpoint.renew(client, account).await?;
    let mut grant = granted(body.clone(), SystemTime::now())?;
    if nameless {
        read(&mut told, Document::parse(body).unwrap_or_default().root());
        grant.fields.extend(told.fields);
    }
    Ok(grant)
}

/// Asks whose a token is.
async fn ask_whose(
    account: &mut NewAccount,
    service: &OAuthService,
    client: &reqwest::Client,
    access: &Secret,
) {
    let Ok(url) = service.url(OAuthSetting::ProfileUrl) else {
        return;
    };
    let request = client.get(url).bearer_auth(access.expose());
    let answer = send_briefly(request, AccountKind::Claude).await;
    match answer.and_then(Answer::good) {
        Ok(body) => {
            let profile = Document::parse(body).unwrap_or_default();
            read(account, profile.root());
        }
        Err(refused) => tracing::debug!(?refused, "claude does not say whose account it is"),
    }
}

/// `account` and `organization`, which the token endpoint and the profile spell alike but for the address, which is given back.
fn read(account: &mut NewAccount, answer: Value<'_>) -> Option<String> {
    let text = |object: &str, name: &str| {
        let text = answer.field(object)?.text_of(name)?;
        let text = text.trim();
        (!text.is_empty()).then(|| text.to_owned())
    };
    let email = text("account", "email_address").or_else(|| text("account", "email"));
    let fields = [
        ("email", email.clone()),
        (ACCOUNT_UUID, text("account", "uuid")),
        ("organization_uuid", text("organization", "uuid")),
        ("organization_name", text("organization", "name")),
    ];
    for (name, value) in fields {
        if let Some(value) = value {
            account.fields.push((name, Secret::from(value)));
        }
    }
    let who = email.clone().or_else(|| text("account", "uuid"));
    account.who = who.or(account.who.take());
    let plan = text("organization", "organization_type");
    account.plan = plan.or(account.plan.take());
    email
}
