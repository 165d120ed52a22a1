//! Windows of plans that providers tell only when they are asked (`providers.md` 9.6).

use std::time::Duration;

use modelgate_config::model::{Proxy, Timeouts};
use tokio::time::timeout;

use crate::{CallError, Clients, Credential, ProviderKind, inquiry, kiro};

/// Longest time for an answer.
const LIMIT: Duration = Duration::from_secs(30);

impl Credential {
    /// Whether its provider tells how much of its plan is used only when it is asked.
    #[must_use]
    pub fn is_asked_for_quota(&self) -> bool {
        self.kind == ProviderKind::Kiro && self.account.is_some() && self.list_url().is_some()
    }
}

/// Asks how much of a plan is used, and remembers it with the health of the credential.
///
/// # Errors
/// When the provider refuses, takes too long, or is not to be asked.
pub async fn ask(
    clients: &Clients,
    proxy: &Proxy,
    timeouts: &Timeouts,
    credential: &Credential,
) -> Result<(), CallError> {
    let provider = || credential.provider.clone();
    let url = credential
        .list_url()
        .filter(|_| credential.is_asked_for_quota());
    let url = url.ok_or_else(|| CallError::broken(provider(), "is not asked what is used"))?;
    let shape = |request: &mut reqwest::Request| kiro::ask_for_usage(credential, request);
    let asking = inquiry::ask(clients, proxy, timeouts, credential, url.clone(), shape);
    let answer = timeout(LIMIT, asking)
        .await
        .map_err(|_| CallError::timed_out(provider(), "did not say how much is used", LIMIT))??;
    credential.health.on_quota(kiro::windows(answer.body));
    Ok(())
}
