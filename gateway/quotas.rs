//! Asks providers how much of an account's plan is used, where they do not tell it with their answers.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{StreamExt as _, stream};
use modelgate_providers::{Credential, CredentialKey, Moment, ask_for_quota};
use tokio::time::{MissedTickBehavior, interval};

use crate::state::State;

/// Between two looks at who is to be asked about.
const LOOK: Duration = Duration::from_secs(5);
/// Between two questions about an account, and only if it was used since.
const FRESH: Duration = Duration::from_secs(10 * 60);
/// Accounts that are asked about at the same time.
const AT_ONCE: usize = 4;

/// What an account was when it was asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Asked {
    at: Moment,
    /// The calls that it had made.
    calls: u64,
}

/// Keeps what is known of plans up to date for ever.
pub(crate) async fn follow(state: &State) {
    let mut asked = HashMap::new();
    let mut looks = interval(LOOK);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        looks.tick().await;
        let snapshot = state.snapshot();
        let credentials = snapshot.catalog.credentials().iter();
        let told: Vec<&Arc<Credential>> = credentials
            .filter(|credential| credential.is_asked_for_quota())
            .collect();
        asked.retain(|key, _| told.iter().any(|credential| credential.key == *key));
        let now = Moment::now();
        let due = told.into_iter().filter(|credential| {
            is_due(asked.get(&credential.key).copied(), calls(credential), now)
        });
        let due: Vec<Arc<Credential>> = due.cloned().collect();
        let questions = stream::iter(due.clone()).map(|credential| ask(state, credential));
        let questions = questions.buffer_unordered(AT_ONCE);
        questions.collect::<Vec<()>>().await;
        remember(&mut asked, &due, now);
    }
}

fn remember(asked: &mut HashMap<CredentialKey, Asked>, due: &[Arc<Credential>], at: Moment) {
    for credential in due {
        let calls = calls(credential);
        asked.insert(credential.key, Asked { at, calls });
    }
}

fn calls(credential: &Credential) -> u64 {
    let report = credential.health.report();
    report.succeeded.saturating_add(report.failed)
}

/// Whether an account with so many calls is to be asked about.
fn is_due(asked: Option<Asked>, calls: u64, now: Moment) -> bool {
    asked.is_none_or(|asked| calls != asked.calls && now.since(asked.at) >= FRESH)
}

async fn ask(state: &State, credential: Arc<Credential>) {
    let snapshot = state.snapshot();
    let config = &snapshot.config;
    let asking = ask_for_quota(&state.clients, &config.proxy, &config.timeouts, &credential);
    if let Err(error) = asking.await {
        // Nobody is served worse for not knowing it.
        tracing::debug!(
            credential = %credential.id,
            error = %error.error.message,
            "how much is used is not told"
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_who_was_used_is_asked_about_again_and_not_too_often() {
        let asked = |calls| {
            let at = Moment::at(1000);
            Some(Asked { at, calls })
        };
        let soon = Moment::at(1000 + 599_999);
        let later = Moment::at(1000 + 600_000);
        assert!(is_due(None, 0, soon));
        assert!(!is_due(asked(3), 4, soon));
        assert!(is_due(asked(3), 4, later));
        assert!(!is_due(asked(3), 3, later));
    }
}
