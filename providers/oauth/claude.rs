//! Logins of Anthropic (`providers.md` 2.2).

use modelgate_config::{OAuthService, OAuthSetting, Secret};
use modelgate_dialects::json::{Document, Value};
use url::Url;

use super::browser::Ask;
use super::token::{Answer, send_briefly};
use super::{Grant, LoginError, NewAccount, Terms};
use crate::AccountKind;

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
    let access = grant.access.clone();
    let mut account = NewAccount::of(AccountKind::Claude, grant);
    if read(&mut account, answer.root()).is_some() {
        return account;
    }
    let Ok(url) = service.url(OAuthSetting::ProfileUrl) else {
        return account;
    };
    let request = client.get(url).bearer_auth(access.expose());
    let answer = send_briefly(request, AccountKind::Claude).await;
    match answer.and_then(Answer::good) {
        Ok(body) => {
            if let Ok(profile) = Document::parse(body) {
                read(&mut account, profile.root());
            }
        }
        Err(refused) => tracing::debug!(?refused, "claude does not say whose account it is"),
    }
    account
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
