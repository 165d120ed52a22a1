//! A login with a code that is typed at the provider, on whatever device has a browser (RFC 8628).

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use modelgate_config::{OAuth, OAuthService, OAuthSetting, Secret};
use modelgate_dialects::json::{Document, Value};
use tokio::time::{Instant, sleep};
use url::Url;

use super::token::{Answer, Question};
use super::{
    EXCHANGE, Grant, LoginError, NewAccount, Reach, Refused, codex, copilot, granted, in_time,
    kimi, kiro, pkce, qwen, token, xai,
};
use crate::AccountKind;
use crate::store::lookup;

/// What tells the flow from others.
pub(super) const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";
/// Between two questions, where the provider does not say; and what is added when it says that this was too fast.
const INTERVAL: Duration = Duration::from_secs(5);
/// The longest wait between two questions that a provider can ask for.
const LONGEST_INTERVAL: Duration = Duration::from_secs(60);
/// How long a person may take, where the provider does not say, and at most.
const PATIENCE: Duration = Duration::from_secs(5 * 60);
const LONGEST_PATIENCE: Duration = Duration::from_secs(30 * 60);

/// A login that has begun: a person types [`DeviceLogin::code`] at [`DeviceLogin::url`], while [`DeviceLogin::finish`] waits.
#[derive(Debug)]
pub struct DeviceLogin {
    kind: AccountKind,
    service: OAuthService,
    /// The provider does not hear of it.
    state: Secret,
    start: Start,
    question: Question,
    kept: Vec<(&'static str, Secret)>,
    redeemer: Option<codex::Redeemer>,
}

/// What a provider says when a login begins.
#[derive(Debug)]
pub(super) struct Start {
    pub(super) device_code: Secret,
    code: String,
    url: Url,
    interval: Duration,
    patience: Duration,
}

/// A login of a kind that has begun.
pub(super) struct Begun {
    pub(super) start: Start,
    /// What is asked until the person is done.
    pub(super) question: Question,
    /// Fields of the account's file that do not come with the tokens.
    pub(super) kept: Vec<(&'static str, Secret)>,
    /// Who has tokens for what the question ends in, where that is no tokens but one more code.
    pub(super) redeemer: Option<codex::Redeemer>,
}

/// Without which of the settings nothing can begin.
fn needs(kind: AccountKind) -> Option<&'static [OAuthSetting]> {
    match kind {
        AccountKind::Codex => Some(&codex::NEEDS),
        AccountKind::Copilot => Some(&copilot::NEEDS),
        AccountKind::Kimi => Some(&kimi::NEEDS),
        AccountKind::Kiro => Some(&kiro::NEEDS),
        AccountKind::Qwen => Some(&qwen::NEEDS),
        AccountKind::Xai => Some(&xai::NEEDS),
        AccountKind::Claude
        | AccountKind::Gemini
        | AccountKind::Antigravity
        | AccountKind::Iflow
        | AccountKind::Vertex => None,
    }
}

/// What keeps somebody from such a login.
pub(super) fn ready(kind: AccountKind, oauth: &OAuth) -> Result<(), LoginError> {
    let service = super::service(kind, oauth)?;
    for setting in needs(kind).ok_or(LoginError::NotByDevice { kind })? {
        service.text(*setting)?;
    }
    match kind {
        AccountKind::Codex => codex::ready_for_device(oauth),
        _ => Ok(()),
    }
}

impl DeviceLogin {
    /// Begins a login to an account of a kind.
    ///
    /// # Errors
    /// When the kind has no such login, the configuration lacks something that it needs, or the provider refuses or takes too
    /// long.
    pub(super) async fn begin(
        kind: AccountKind,
        oauth: &OAuth,
        reach: Reach<'_>,
    ) -> Result<Self, LoginError> {
        in_time(kind, EXCHANGE, Self::ask(kind, oauth, reach)).await
    }

    async fn ask(kind: AccountKind, oauth: &OAuth, reach: Reach<'_>) -> Result<Self, LoginError> {
        ready(kind, oauth)?;
        let service = super::service(kind, oauth)?;
        let client = reach.client(kind)?;
        let begun = match kind {
            AccountKind::Codex => codex::begin(oauth, &client).await?,
            AccountKind::Copilot => copilot::begin(service, &client).await?,
            AccountKind::Kimi => kimi::begin(service, &client).await?,
            AccountKind::Kiro => kiro::begin(service, &client).await?,
            AccountKind::Qwen => qwen::begin(service, &client).await?,
            AccountKind::Xai => xai::begin(service, &client).await?,
            AccountKind::Claude
            | AccountKind::Gemini
            | AccountKind::Antigravity
            | AccountKind::Iflow
            | AccountKind::Vertex => return Err(LoginError::NotByDevice { kind }),
        };
        Ok(Self {
            kind,
            service: service.clone(),
            state: pkce::random::<32>()?,
            start: begun.start,
            question: begun.question,
            kept: begun.kept,
            redeemer: begun.redeemer,
        })
    }

    /// Whose login it is.
    #[must_use]
    pub fn kind(&self) -> AccountKind {
        self.kind
    }

    /// A word that tells it from all others, and that nobody can guess.
    #[must_use]
    pub fn state(&self) -> &Secret {
        &self.state
    }

    /// How long the person may take.
    #[must_use]
    pub fn patience(&self) -> Duration {
        self.start.patience
    }

    /// What the person types; text from outside.
    #[must_use]
    pub fn code(&self) -> &str {
        &self.start.code
    }

    /// Where; it may hold the code already.
    #[must_use]
    pub fn url(&self) -> &Url {
        &self.start.url
    }

    /// Waits until the person is done. Asks no more often than the provider wants, and past failures on the way there.
    ///
    /// # Errors
    /// When the provider or the person refuses, or nobody has typed the code in time.
    pub async fn finish(&self, reach: Reach<'_>) -> Result<NewAccount, LoginError> {
        let client = reach.client(self.kind)?;
        let end = Instant::now() + self.start.patience;
        let mut interval = self.start.interval;
        loop {
            if Instant::now() + interval > end {
                return Err(LoginError::Expired);
            }
            sleep(interval).await;
            let asking = self.question.ask(&client, self.kind);
            match token::within(EXCHANGE, asking).await {
                Ok(answer) => {
                    if let Some(outcome) = self.read(answer, &mut interval) {
                        let redeeming = self.redeem(&client, outcome?);
                        let grant = token::within(EXCHANGE, redeeming).await;
                        let grant =
                            grant.map_err(|refused| LoginError::refused(self.kind, refused))?;
                        return Ok(self.identify(&client, grant).await);
                    }
                }
                Err(Refused::Unavailable(reason)) => {
                    tracing::debug!(reason, "the login is asked for again");
                }
                Err(refused) => return Err(LoginError::refused(self.kind, refused)),
            }
        }
    }

    /// What an answer means; nothing while the person is not done.
    fn read(&self, answer: Answer, interval: &mut Duration) -> Option<Result<Bytes, LoginError>> {
        match answer.error().as_deref() {
            Some("authorization_pending") => return None,
            Some("slow_down") => {
                let answer = Document::parse(answer.body).unwrap_or_default();
                let wanted = seconds(answer.root(), "interval").unwrap_or_default();
                let slower = match self.kind {
                    AccountKind::Qwen => qwen::slower(*interval),
                    _ => *interval + INTERVAL,
                };
                *interval = wanted.max(slower).min(LONGEST_INTERVAL);
                return None;
            }
            Some("expired_token") => return Some(Err(LoginError::Expired)),
            Some(reason @ "access_denied") => {
                let reason = reason.to_owned();
                return Some(Err(LoginError::Denied { reason }));
            }
            _ => {}
        }
        if self.redeemer.is_some() && codex::is_pending(answer.status) {
            return None;
        }
        match answer.good() {
            // The provider is in trouble, and may be well again before the code ends.
            Err(Refused::Unavailable(_) | Refused::RateLimited(_)) => None,
            Err(refused) => Some(Err(LoginError::refused(self.kind, refused))),
            Ok(body) => Some(Ok(body)),
        }
    }

    /// The tokens of a good answer, or for the code that it holds.
    async fn redeem(&self, client: &reqwest::Client, body: Bytes) -> Result<Grant, Refused> {
        match &self.redeemer {
            Some(redeemer) => redeemer.redeem(client, body).await,
            None => granted(body, SystemTime::now()),
        }
    }

    /// Whose the tokens are.
    async fn identify(&self, client: &reqwest::Client, grant: Grant) -> NewAccount {
        let mut account = match self.kind {
            AccountKind::Codex => codex::identify(grant),
            AccountKind::Copilot => copilot::identify(&self.service, client, grant).await,
            AccountKind::Kiro => kiro::identify(&self.service, client, grant).await,
            AccountKind::Xai => xai::identify(grant),
            kind => NewAccount::of(kind, grant),
        };
        account.fields.extend(self.kept.iter().cloned());
        account
    }
}

impl Start {
    /// The answer to the beginning of a login.
    pub(super) fn read(kind: AccountKind, answer: Bytes) -> Result<Self, LoginError> {
        let answer = Document::parse(answer).unwrap_or_default();
        Self::of(answer.root()).ok_or_else(|| Self::unsaid(kind))
    }

    /// What the person types.
    pub(super) fn code(&self) -> &str {
        &self.code
    }

    /// The failure of an answer that does not begin a login.
    pub(super) fn unsaid(kind: AccountKind) -> LoginError {
        let reason = "it did not say which code to type where".to_owned();
        LoginError::refused(kind, Refused::Failed(reason))
    }

    fn of(answer: Value<'_>) -> Option<Self> {
        let text = |name| {
            let text = lookup(answer, name)?.text()?;
            (!text.is_blank()).then_some(text)
        };
        let url = text("verification_uri_complete").or_else(|| text("verification_uri"))?;
        let url = Url::parse(&url).ok()?;
        if !matches!(url.scheme(), "http" | "https") {
            return None;
        }
        Self::at(url, answer, "device_code", PATIENCE)
    }

    /// The same with a place that the answer need not say; `id` is how it calls the login. `patience` is for a provider that does
    /// not say how long a person may take.
    pub(super) fn at(url: Url, answer: Value<'_>, id: &str, patience: Duration) -> Option<Self> {
        let text = |name| {
            let text = lookup(answer, name)?.text()?;
            (!text.is_blank()).then_some(text)
        };
        Some(Self {
            device_code: Secret::from(&*text(id)?),
            code: text("user_code")?.to_string(),
            url,
            interval: seconds(answer, "interval")
                .unwrap_or(INTERVAL)
                .min(LONGEST_INTERVAL),
            patience: seconds(answer, "expires_in")
                .unwrap_or(patience)
                .min(LONGEST_PATIENCE),
        })
    }
}

/// A number of seconds, which some providers spell as text or with a fraction; never less than one.
fn seconds(answer: Value<'_>, name: &str) -> Option<Duration> {
    let value = lookup(answer, name)?;
    let text = value.as_str().unwrap_or_else(|| value.source().into());
    let seconds = text.trim().parse::<f64>().ok()?;
    let seconds = Duration::try_from_secs_f64(seconds.max(1.0)).ok()?;
    Some(seconds)
}

#[cfg(test)]
mod tests;
