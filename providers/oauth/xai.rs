//! Logins of xAI (`providers.md` 14): a device flow whose places the provider tells itself.

use modelgate_config::{OAuthService, OAuthSetting, Secret};
use modelgate_dialects::json::Document;
use url::Url;

use super::device::{Begun, GRANT, Start};
use super::token::{Answer, Encoding, Question, refresh_token, send};
use super::{Grant, LoginError, NewAccount, Refused, granted};
use crate::store::claims;
use crate::{Account, AccountKind};

const KIND: AccountKind = AccountKind::Xai;
const DOMAIN: &str = "x.ai";

pub(super) const NEEDS: [OAuthSetting; 3] = [
    OAuthSetting::DiscoveryUrl,
    OAuthSetting::ClientId,
    OAuthSetting::Scope,
];

/// Where a login goes.
struct Places {
    device: Url,
    token: Url,
}

/// Begins a login.
pub(super) async fn begin(
    service: &OAuthService,
    client: &reqwest::Client,
) -> Result<Begun, LoginError> {
    let client_id = service.secret(OAuthSetting::ClientId)?;
    let scope = service.secret(OAuthSetting::Scope)?;
    let places = discover(service.url(OAuthSetting::DiscoveryUrl)?, client).await;
    let places = places.map_err(|refused| LoginError::refused(KIND, refused))?;
    let fields = vec![("client_id", client_id.clone()), ("scope", scope.clone())];
    let first = Question::new(places.device, Encoding::Form, fields);
    let start = Start::read(KIND, first.begin(client, KIND).await?)?;
    let endpoint = Secret::from(places.token.as_str());
    let question = Question::new(
        places.token,
        Encoding::Form,
        vec![
            ("grant_type", GRANT.into()),
            ("device_code", start.device_code.clone()),
            ("client_id", client_id.clone()),
        ],
    );
    Ok(Begun {
        start,
        question,
        kept: vec![("token_endpoint", endpoint), ("auth_kind", "oauth".into())],
        redeemer: None,
    })
}

/// Asks the provider where its logins go.
async fn discover(at: Url, client: &reqwest::Client) -> Result<Places, Refused> {
    let body = send(client.get(at.clone()), KIND)
        .await
        .and_then(Answer::good)?;
    let document = Document::parse(body).unwrap_or_default();
    let place = |name: &str| {
        let text = document.root().text_of(name)?;
        Url::parse(&text).ok().filter(|url| is_its_own(url, &at))
    };
    let unknown = || {
        let reason = format!("it does not say where logins go at {DOMAIN}");
        Refused::Failed(reason)
    };
    Ok(Places {
        device: place("device_authorization_endpoint").ok_or_else(unknown)?,
        token: place("token_endpoint").ok_or_else(unknown)?,
    })
}

/// Whether a place is one of xAI's, or of whoever is asked instead of it.
fn is_its_own(url: &Url, asked: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let of_domain = host
        .strip_suffix(DOMAIN)
        .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
    (url.scheme() == "https" && of_domain) || url.origin() == asked.origin()
}

/// Whose the tokens are.
pub(super) fn identify(grant: Grant) -> NewAccount {
    let mut fields = grant.fields.iter();
    let token = fields.find(|(name, _)| *name == "id_token");
    let claims = token.and_then(|(_, token)| claims(token.expose()));
    let claim = |name: &str| {
        let text = claims.as_ref()?.root().text_of(name)?;
        (!text.is_blank()).then(|| text.trim().to_owned())
    };
    let (email, subject) = (claim("email"), claim("sub"));
    let mut account = NewAccount::of(KIND, grant);
    account.who = email.clone().or_else(|| subject.clone());
    for (name, value) in [("email", email), ("sub", subject)] {
        account
            .fields
            .extend(value.map(|value| (name, value.into())));
    }
    account
}

/// Asks for new tokens where the login went, or else where logins go now.
pub(super) async fn renew(
    account: &Account,
    service: &OAuthService,
    http: &reqwest::Client,
) -> Result<Grant, Refused> {
    let client_id = service.secret(OAuthSetting::ClientId)?;
    let at = service.url(OAuthSetting::DiscoveryUrl)?;
    let kept = account.extra("token_endpoint");
    let kept = kept.and_then(|kept| Url::parse(kept.expose()).ok());
    let url = match kept.filter(|url| is_its_own(url, &at)) {
        Some(url) => url,
        None => discover(at, http).await?.token,
    };
    let fields = vec![
        ("grant_type", "refresh_token".into()),
        ("refresh_token", refresh_token(account)?),
        ("client_id", client_id.clone()),
    ];
    let answer = Question::new(url, Encoding::Form, fields)
        .ask(http, KIND)
        .await?;
    granted(answer.good()?, std::time::SystemTime::now())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_go_to_the_provider_only() {
        let asked = Url::parse("https://auth.x.ai/.well-known/openid-configuration").unwrap();
        for (url, expected) in [
            ("https://auth.x.ai/token", true),
            ("https://x.ai/token", true),
            ("https://a.b.x.ai/token", true),
            ("http://auth.x.ai/token", false),
            ("https://max.ai/token", false),
            ("https://x.ai.example/token", false),
            ("https://x.example/token", false),
        ] {
            assert_eq!(
                is_its_own(&Url::parse(url).unwrap(), &asked),
                expected,
                "{url}"
            );
        }
        let here = Url::parse("http://127.0.0.1:9/discovery").unwrap();
        assert!(is_its_own(
            &Url::parse("http://127.0.0.1:9/token").unwrap(),
            &here
        ));
        assert!(!is_its_own(
            &Url::parse("http://127.0.0.1:8/token").unwrap(),
            &here
        ));
    }
}
