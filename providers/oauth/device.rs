//! A login with a code that is typed at the provider, on whatever device has a browser (RFC 8628).

use std::time::{Duration, SystemTime};

use modelgate_config::{OAuth, OAuthService, OAuthSetting, Secret};
use modelgate_dialects::json::{Document, Value};
use tokio::time::{Instant, sleep};
use url::Url;

use super::token::Answer;
use super::{Encoding, LoginError, NewAccount, Reach, Refused, TokenEndpoint, granted, pkce, qwen};
use crate::AccountKind;
use crate::store::lookup;

/// What tells the flow from others.
const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";
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
    endpoint: TokenEndpoint,
    device_code: Secret,
    verifier: Secret,
    code: String,
    url: Url,
    interval: Duration,
    patience: Duration,
}

/// Where a login begins; its client is part of the question, as everywhere.
pub(super) fn start(service: &OAuthService) -> Result<TokenEndpoint, LoginError> {
    service.text(OAuthSetting::Scope)?;
    Ok(TokenEndpoint {
        url: service.url(OAuthSetting::DeviceUrl)?,
        encoding: Encoding::Form,
        client_id: service.text(OAuthSetting::ClientId)?.into(),
        client_secret: None,
        scope: None,
    })
}

impl DeviceLogin {
    /// Begins a login to an account of a kind.
    ///
    /// # Errors
    /// When the kind has no such login, the configuration lacks something that it needs, or the provider refuses.
    pub async fn begin(
        kind: AccountKind,
        oauth: &OAuth,
        reach: Reach<'_>,
    ) -> Result<Self, LoginError> {
        let service = super::service(kind, oauth)?;
        let (start, endpoint) = (start(service)?, super::endpoint(kind, oauth)?);
        let verifier = pkce::random::<32>()?;
        let challenge = pkce::challenge(&verifier);
        let client = reach.client(kind)?;
        let fields = qwen::start(service, &challenge)?;
        let answer = start.ask(&client, kind, &fields).await;
        let answer = answer.map_err(|refused| LoginError::refused(kind, refused))?;
        let answer = Document::parse(answer).unwrap_or_default();
        let begun = begun(kind, endpoint, verifier, answer.root());
        begun.ok_or_else(|| {
            let reason = "it did not say which code to type where".to_owned();
            LoginError::refused(kind, Refused::Failed(reason))
        })
    }

    /// Whose login it is.
    #[must_use]
    pub fn kind(&self) -> AccountKind {
        self.kind
    }

    /// What the person types; text from outside.
    #[must_use]
    pub fn code(&self) -> &str {
        &self.code
    }

    /// Where; it may hold the code already.
    #[must_use]
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// Waits until the person is done. Asks no more often than the provider wants, and past failures on the way there.
    ///
    /// # Errors
    /// When the provider or the person refuses, or nobody has typed the code in time.
    pub async fn finish(&self, reach: Reach<'_>) -> Result<NewAccount, LoginError> {
        let client = reach.client(self.kind)?;
        let fields = [
            ("grant_type", GRANT),
            ("device_code", self.device_code.expose()),
            ("code_verifier", self.verifier.expose()),
        ];
        let end = Instant::now() + self.patience;
        let mut interval = self.interval;
        loop {
            if Instant::now() + interval > end {
                return Err(LoginError::TimedOut);
            }
            sleep(interval).await;
            match self.endpoint.post(&client, self.kind, &fields).await {
                Ok(answer) => {
                    if let Some(outcome) = self.read(answer, &mut interval) {
                        return outcome;
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
    fn read(
        &self,
        answer: Answer,
        interval: &mut Duration,
    ) -> Option<Result<NewAccount, LoginError>> {
        match answer.error().as_deref() {
            Some("authorization_pending") => return None,
            Some("slow_down") => {
                let answer = Document::parse(answer.body).unwrap_or_default();
                let wanted = seconds(answer.root(), "interval").unwrap_or_default();
                *interval = wanted.max(*interval + INTERVAL).min(LONGEST_INTERVAL);
                return None;
            }
            Some("expired_token") => return Some(Err(LoginError::TimedOut)),
            Some(reason @ "access_denied") => {
                let reason = reason.to_owned();
                return Some(Err(LoginError::Denied { reason }));
            }
            _ => {}
        }
        let grant = answer
            .good()
            .and_then(|body| granted(body, SystemTime::now()));
        match grant {
            // The provider is in trouble, and may be well again before the code ends.
            Err(Refused::Unavailable(_) | Refused::RateLimited(_)) => None,
            Err(refused) => Some(Err(LoginError::refused(self.kind, refused))),
            Ok(grant) => Some(Ok(qwen::identify(grant))),
        }
    }
}

/// The answer to the beginning of a login.
fn begun(
    kind: AccountKind,
    endpoint: TokenEndpoint,
    verifier: Secret,
    answer: Value<'_>,
) -> Option<DeviceLogin> {
    let text = |name| {
        let text = lookup(answer, name)?.text()?;
        (!text.is_blank()).then_some(text)
    };
    let url = text("verification_uri_complete").or_else(|| text("verification_uri"))?;
    let url = Url::parse(&url).ok()?;
    if !matches!(url.scheme(), "http" | "https") {
        return None;
    }
    Some(DeviceLogin {
        kind,
        endpoint,
        device_code: Secret::from(&*text("device_code")?),
        verifier,
        code: text("user_code")?.to_string(),
        url,
        interval: seconds(answer, "interval")
            .unwrap_or(INTERVAL)
            .min(LONGEST_INTERVAL),
        patience: seconds(answer, "expires_in")
            .unwrap_or(PATIENCE)
            .min(LONGEST_PATIENCE),
    })
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
