//! Logins of ChatGPT (`providers.md` 3.2): in a browser, or with a code that is typed at OpenAI, in a flow of its own.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::StatusCode;
use modelgate_config::{OAuth, OAuthService, OAuthSetting, Secret, key_digest};
use modelgate_dialects::json::Document;
use url::Url;

use super::browser::Ask;
use super::device::{Begun, Start};
use super::token::{Answer, Encoding, Question};
use super::{Grant, LoginError, NewAccount, Refused, Terms, TokenEndpoint, endpoint, granted};
use crate::AccountKind;
use crate::chatgpt::Person;

const KIND: AccountKind = AccountKind::Codex;
/// What is known of the flow with a code.
const DEVICE: &str = "codex-device";
/// How long a person may take for it.
const PATIENCE: Duration = Duration::from_secs(15 * 60);
/// What renewed tokens are for.
const RENEWED_SCOPE: &str = "openid profile email";

pub(super) const TERMS: Terms = Terms {
    text: "ChatGPT plans are meant for OpenAI's own applications. Other programs may be refused, and the account with them.",
    instead: "an API key from https://platform.openai.com/api-keys as OPENAI_API_KEY",
};

/// What the flow with a code needs of the provider's usual settings.
pub(super) const NEEDS: [OAuthSetting; 2] = [OAuthSetting::TokenUrl, OAuthSetting::ClientId];

/// Where the person is sent.
pub(super) fn authorize(service: &OAuthService, ask: &Ask<'_>) -> Result<Url, LoginError> {
    let mut url = service.url(OAuthSetting::AuthorizeUrl)?;
    url.query_pairs_mut()
        .append_pair("client_id", service.text(OAuthSetting::ClientId)?)
        .append_pair("response_type", "code")
        .append_pair("redirect_uri", ask.redirect)
        .append_pair("scope", service.text(OAuthSetting::Scope)?)
        .append_pair("code_challenge", ask.challenge)
        .append_pair("code_challenge_method", "S256")
        .append_pair("state", ask.state)
        .append_pair("prompt", "login")
        .append_pair("id_token_add_organizations", "true")
        .append_pair("codex_cli_simplified_flow", "true");
    Ok(url)
}

/// What the token endpoint is sent for a code.
pub(super) fn exchange<'a>(
    code: &'a str,
    redirect: &'a str,
    verifier: &'a str,
) -> [(&'a str, &'a str); 4] {
    [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", redirect),
        ("code_verifier", verifier),
    ]
}

/// Where tokens are renewed: the endpoint wants to hear once more what for.
pub(super) fn renewal(oauth: &OAuth) -> Result<TokenEndpoint, LoginError> {
    Ok(TokenEndpoint {
        scope: Some(RENEWED_SCOPE.into()),
        ..endpoint(KIND, oauth)?
    })
}

/// Whose the tokens are, as the tokens say. One person may have several workspaces under one address, and each is an account.
pub(super) fn identify(grant: Grant) -> NewAccount {
    let mut fields = grant.fields.iter();
    let id_token = fields.find(|(name, _)| *name == "id_token");
    let id_token = id_token.map(|(_, token)| token);
    let person = Person::of(id_token, Some(&grant.access));
    let mut account = NewAccount::of(KIND, grant);
    let who = person.email.as_ref().or(person.subject.as_ref());
    account.who = match (who, &person.workspace) {
        (Some(who), Some(workspace)) => Some(format!("{who}-{}", short(workspace))),
        (who, workspace) => who.or(workspace.as_ref()).cloned(),
    };
    account.plan = person.plan;
    let fields = [("email", person.email), ("account_id", person.workspace)];
    for (name, value) in fields {
        account
            .fields
            .extend(value.map(|value| (name, value.into())));
    }
    account
}

/// What tells workspaces apart in the name of a file, in eight digits.
fn short(workspace: &str) -> String {
    let digest = key_digest(workspace);
    let first = digest.iter().take(4);
    first.map(|byte| format!("{byte:02x}")).collect()
}

/// Gets tokens for the code that a person's agreement becomes. The provider makes the proof to it, too.
#[derive(Debug)]
pub(super) struct Redeemer {
    endpoint: TokenEndpoint,
    redirect: Url,
}

/// What keeps somebody from the flow with a code, beside [`NEEDS`].
pub(super) fn ready_for_device(oauth: &OAuth) -> Result<(), LoginError> {
    let device = device(oauth)?;
    let needs = [
        OAuthSetting::DeviceUrl,
        OAuthSetting::TokenUrl,
        OAuthSetting::StartUrl,
        OAuthSetting::RedirectUrl,
    ];
    needs
        .into_iter()
        .try_for_each(|setting| Ok(device.text(setting).map(drop)?))
}

/// Begins a login with a code.
pub(super) async fn begin(oauth: &OAuth, client: &reqwest::Client) -> Result<Begun, LoginError> {
    let (service, redeemer) = (device(oauth)?, Redeemer::of(oauth)?);
    let client_id = Secret::from(&*redeemer.endpoint.client_id);
    let url = service.url(OAuthSetting::DeviceUrl)?;
    let first = Question::new(url, Encoding::Json, vec![("client_id", client_id)]);
    let answer = first.ask(client, KIND).await.and_then(offered);
    let answer = answer.map_err(|refused| LoginError::refused(KIND, refused))?;
    let answer = Document::parse(answer).unwrap_or_default();
    let place = service.url(OAuthSetting::StartUrl)?;
    let start = Start::at(place, answer.root(), "device_auth_id", PATIENCE);
    let start = start.ok_or_else(|| Start::unsaid(KIND))?;
    let fields = vec![
        ("device_auth_id", start.device_code.clone()),
        ("user_code", start.code().into()),
    ];
    let url = service.url(OAuthSetting::TokenUrl)?;
    Ok(Begun {
        start,
        question: Question::new(url, Encoding::Json, fields),
        kept: Vec::new(),
        redeemer: Some(redeemer),
    })
}

/// The answer to the beginning, which is not there for everybody.
fn offered(answer: Answer) -> Result<Bytes, Refused> {
    if answer.status == StatusCode::NOT_FOUND {
        let reason = "logins with a code are switched off for this account or workspace, see the security settings of ChatGPT; \
                      log in without --device";
        return Err(Refused::Failed(reason.to_owned()));
    }
    answer.good()
}

/// Whether a status says that the person is not done.
pub(super) fn is_pending(status: StatusCode) -> bool {
    matches!(status, StatusCode::FORBIDDEN | StatusCode::NOT_FOUND)
}

fn device(oauth: &OAuth) -> Result<&OAuthService, LoginError> {
    let service = oauth.service(DEVICE);
    service.ok_or(LoginError::NotByDevice { kind: KIND })
}

impl Redeemer {
    pub(super) fn of(oauth: &OAuth) -> Result<Self, LoginError> {
        Ok(Self {
            endpoint: endpoint(KIND, oauth)?,
            redirect: device(oauth)?.url(OAuthSetting::RedirectUrl)?,
        })
    }

    /// Exchanges the code of an answer for tokens.
    pub(super) async fn redeem(
        &self,
        client: &reqwest::Client,
        answer: Bytes,
    ) -> Result<Grant, Refused> {
        let answer = Document::parse(answer).unwrap_or_default();
        let text = |name: &str| {
            let text = answer.root().text_of(name);
            let missing = || Refused::Failed(format!("its answer has no `{name}`"));
            text.filter(|text| !text.is_blank()).ok_or_else(missing)
        };
        let (code, verifier) = (text("authorization_code")?, text("code_verifier")?);
        let fields = exchange(&code, self.redirect.as_str(), &verifier);
        let body = self.endpoint.ask(client, KIND, &fields).await?;
        granted(body, SystemTime::now())
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::prelude::BASE64_URL_SAFE_NO_PAD;

    use super::*;

    fn account(claims: &str) -> NewAccount {
        let token = format!("e30.{}.e30", BASE64_URL_SAFE_NO_PAD.encode(claims));
        identify(Grant {
            access: "opaque".into(),
            refresh: None,
            expires: None,
            base: None,
            fields: vec![("id_token", token.into())],
        })
    }

    #[test]
    fn workspaces_of_one_person_are_accounts_of_their_own() {
        let of = |workspace: &str| {
            let claims = format!(
                r#"{{"email":"ada@example.com","https://api.openai.com/auth":{{"chatgpt_account_id":"{workspace}","chatgpt_plan_type":"team"}}}}"#
            );
            account(&claims)
        };
        let (one, other) = (of("ws-1"), of("ws-2"));
        assert_eq!(one.who, of("ws-1").who);
        assert_ne!(one.who, other.who);
        assert!(one.who.as_ref().unwrap().starts_with("ada@example.com-"));
        assert_eq!(one.plan(), Some("team"));
        let fields: Vec<(&str, &str)> = one
            .fields
            .iter()
            .map(|(name, value)| (*name, value.expose()))
            .collect();
        assert_eq!(
            fields,
            [("email", "ada@example.com"), ("account_id", "ws-1")]
        );
    }

    #[test]
    fn an_account_that_says_nothing_is_one_all_the_same() {
        let account = account("no JSON");
        assert!(account.who.is_none() && account.fields.is_empty());
    }

    #[test]
    fn a_renewal_says_what_for_and_a_login_does_not() {
        let oauth = OAuth::default();
        assert_eq!(
            renewal(&oauth).unwrap().scope.as_deref(),
            Some("openid profile email")
        );
        assert_eq!(endpoint(KIND, &oauth).unwrap().scope, None);
    }
}
