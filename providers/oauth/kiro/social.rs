//! Logins of Kiro through Google and GitHub (`providers.md` 9.2). The browser comes back to an address that only Kiro's own
//! application opens, so a person pastes it.

use std::time::SystemTime;

use modelgate_config::{OAuthService, OAuthSetting, Secret};
use url::Url;

use super::{KIND, ask, last, mail};
use crate::oauth::browser::Ask;
use crate::oauth::token::{Encoding, Question};
use crate::oauth::{Grant, LoginError, NewAccount, Refused, granted};
use crate::store::claims;

/// What is known of these logins is called so in the configuration.
pub(in crate::oauth) const SERVICE: &str = "kiro-social";

/// Whose accounts they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Social {
    /// Google's.
    Google,
    /// GitHub's.
    GitHub,
}

impl Social {
    /// Both of them.
    pub const ALL: [Self; 2] = [Self::Google, Self::GitHub];

    /// How a person calls it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Google => "google",
            Self::GitHub => "github",
        }
    }

    /// How Kiro calls it.
    const fn provider(self) -> &'static str {
        match self {
            Self::Google => "Google",
            Self::GitHub => "Github",
        }
    }

    /// Where the person is sent.
    pub(in crate::oauth) fn authorize(
        self,
        service: &OAuthService,
        ask: &Ask<'_>,
    ) -> Result<Url, LoginError> {
        let mut url = service.url(OAuthSetting::AuthorizeUrl)?;
        url.query_pairs_mut()
            .append_pair("idp", self.provider())
            .append_pair("redirect_uri", ask.redirect)
            .append_pair("code_challenge", ask.challenge)
            .append_pair("code_challenge_method", "S256")
            .append_pair("state", ask.state)
            .append_pair("prompt", "select_account");
        Ok(url)
    }

    /// Turns a code into an account.
    pub(in crate::oauth) async fn finish(
        self,
        service: &OAuthService,
        http: &reqwest::Client,
        code: &Secret,
        redirect: &Url,
        verifier: &Secret,
    ) -> Result<NewAccount, Refused> {
        let fields = vec![
            ("code", code.clone()),
            ("code_verifier", verifier.clone()),
            ("redirect_uri", redirect.as_str().into()),
        ];
        let url = service.url(OAuthSetting::TokenUrl)?;
        let question = Question::new(url, Encoding::Json, fields);
        let answer = question.ask(http, KIND).await?;
        let grant = granted(answer.good()?, SystemTime::now())?;
        let email = claims(grant.access.expose()).and_then(|claims| mail(claims.root()));
        let profile = profile(&grant);
        let last = profile.as_deref().and_then(last);
        let who = email.clone().or_else(|| last.map(str::to_owned));
        let plan = ask::plan(service, http, &grant.access, profile.as_deref()).await;
        let mut account = NewAccount::of(KIND, grant);
        account.plan = plan;
        account.who = who.map(|who| format!("{}-{who}", self.name()));
        account.fields.push(("auth_method", "social".into()));
        account.fields.push(("provider", self.provider().into()));
        account
            .fields
            .extend(email.map(|email| ("email", email.into())));
        Ok(account)
    }
}

/// The name of the account's profile.
fn profile(grant: &Grant) -> Option<String> {
    let mut fields = grant.fields.iter();
    let (_, arn) = fields.find(|(name, _)| *name == "profile_arn")?;
    Some(arn.expose().to_owned())
}
