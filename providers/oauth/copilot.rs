//! Logins of GitHub, and the tokens that are made from them for Copilot (`providers.md` 12). GitHub's token does not end; that
//! of Copilot stays in memory.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http::header::AUTHORIZATION;
use modelgate_config::{OAuthService, OAuthSetting, Secret};
use modelgate_dialects::json::Document;
use url::Url;

use super::device::{Begun, GRANT, Start};
use super::token::{Answer, Encoding, Question, send, send_briefly};
use super::{Grant, LoginError, NewAccount, Refused, Terms};
use crate::credential::{self, is_trusted};
use crate::{Account, AccountKind, copilot};

const KIND: AccountKind = AccountKind::Copilot;

/// A token of which nobody says when it ends.
const LIFE: Duration = Duration::from_secs(25 * 60);
/// So long before its end a token is no longer used; a minute of it is everybody's.
const MARGIN: Duration = Duration::from_secs(4 * 60);

pub(super) const TERMS: Terms = Terms {
    text: "Copilot is meant for GitHub's own clients and for editors. Other programs may be refused, and the account with them.",
    instead: "an API key: OPENAI_API_KEY or ANTHROPIC_API_KEY",
};

pub(super) const NEEDS: [OAuthSetting; 6] = [
    OAuthSetting::DeviceUrl,
    OAuthSetting::TokenUrl,
    OAuthSetting::RefreshUrl,
    OAuthSetting::ProfileUrl,
    OAuthSetting::ClientId,
    OAuthSetting::Scope,
];

/// Begins a login.
pub(super) async fn begin(
    service: &OAuthService,
    client: &reqwest::Client,
) -> Result<Begun, LoginError> {
    let client_id = service.secret(OAuthSetting::ClientId)?;
    let first = Question::new(
        service.url(OAuthSetting::DeviceUrl)?,
        Encoding::Form,
        vec![
            ("client_id", client_id.clone()),
            ("scope", service.secret(OAuthSetting::Scope)?.clone()),
        ],
    );
    let start = Start::read(KIND, first.begin(client, KIND).await?)?;
    let question = Question::new(
        service.url(OAuthSetting::TokenUrl)?,
        Encoding::Form,
        vec![
            ("client_id", client_id.clone()),
            ("device_code", start.device_code.clone()),
            ("grant_type", GRANT.into()),
        ],
    );
    Ok(Begun {
        start,
        question,
        kept: Vec::new(),
        redeemer: None,
    })
}

/// Whose the token is: GitHub says so when it is asked. If it does not, the account is called by its label.
pub(super) async fn identify(
    service: &OAuthService,
    client: &reqwest::Client,
    grant: Grant,
) -> NewAccount {
    let access = grant.access.clone();
    let mut account = NewAccount::of(KIND, grant);
    let Ok(url) = service.url(OAuthSetting::ProfileUrl) else {
        return account;
    };
    let request = client.get(url).bearer_auth(access.expose());
    match send_briefly(request, KIND).await.and_then(Answer::good) {
        Ok(body) => {
            let profile = Document::parse(body).unwrap_or_default();
            let login = profile.root().text_of("login");
            account.who = login.map(|login| login.trim().to_owned());
            let name = account.who.as_deref().map(Secret::from);
            account.fields.extend(name.map(|name| ("username", name)));
        }
        Err(refused) => tracing::debug!(?refused, "github does not say whose account it is"),
    }
    account
}

/// Makes a token for Copilot.
pub(super) async fn mint(
    account: &Account,
    service: &OAuthService,
    http: &reqwest::Client,
) -> Result<Grant, Refused> {
    let missing = || Refused::LoginAgain("the file has no access token".to_owned());
    let github = account.tokens.access.as_ref().ok_or_else(missing)?;
    let value = format!("token {}", github.expose());
    let (name, value) = credential::secret(AUTHORIZATION, &value).ok_or_else(missing)?;
    let url = service.url(OAuthSetting::RefreshUrl)?;
    let request = http.get(url).header(name, value);
    let request = request.headers(copilot::identity().into_iter().collect());
    let answer = send(request, KIND).await?;
    match answer.status.as_u16() {
        401 => Err(Refused::LoginAgain("GitHub has ended it".to_owned())),
        status @ (403 | 404) => Err(Refused::Failed(format!(
            "GitHub answered {status}: the account has no Copilot, or not for this program"
        ))),
        _ => {
            let broken = || Refused::Failed("the answer holds no token".to_owned());
            minted(answer.good()?, SystemTime::now()).ok_or_else(broken)
        }
    }
}

fn minted(body: Bytes, now: SystemTime) -> Option<Grant> {
    let answer = Document::parse(body).ok()?;
    let root = answer.root();
    let token = root.text_of("token").filter(|token| !token.is_blank())?;
    let end = root.field("expires_at").and_then(|end| end.as_u64());
    let end = end.and_then(|end| UNIX_EPOCH.checked_add(Duration::from_secs(end)));
    let end = end.map(|end| end - MARGIN);
    // Where GitHub says how long it is good, its clock need not go as ours does.
    let seconds = root.field("refresh_in").and_then(|rest| rest.as_u64());
    let rest = seconds
        .filter(|seconds| *seconds > 0)
        .map(Duration::from_secs);
    let rest = rest.and_then(|rest| now.checked_add(rest));
    let base = root.field("endpoints").and_then(|all| all.text_of("api"));
    let base = base.and_then(|base| Url::parse(&base).ok());
    Some(Grant {
        access: Secret::from(&*token),
        refresh: None,
        expires: Some(rest.or(end).unwrap_or(now + LIFE)),
        base: base.filter(is_trusted),
        fields: Vec::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_comes_with_its_end_and_its_place() {
        let now = UNIX_EPOCH + Duration::from_secs(1_000);
        let read = |body: &'static str| minted(Bytes::from_static(body.as_bytes()), now);
        let grant = read(
            r#"{"token":"t","expires_at":2800,"endpoints":{"api":"https://api.business.example"}}"#,
        );
        let grant = grant.unwrap();
        assert_eq!(grant.expires, Some(UNIX_EPOCH + Duration::from_secs(2_560)));
        assert_eq!(
            grant.base.unwrap().as_str(),
            "https://api.business.example/"
        );
        let bare =
            read(r#"{"token":"t","endpoints":{"api":"http://api.business.example"}}"#).unwrap();
        assert_eq!((bare.expires, bare.base), (Some(now + LIFE), None));
        assert!(read(r#"{"token":""}"#).is_none() && read("x").is_none());
        // However far its clock is from ours.
        for end in [10, 1_000_000] {
            let body = format!(r#"{{"token":"t","expires_at":{end},"refresh_in":1500}}"#);
            let skewed = minted(Bytes::from(body), now).unwrap();
            assert_eq!(skewed.expires, Some(now + Duration::from_secs(1_500)));
        }
    }
}
