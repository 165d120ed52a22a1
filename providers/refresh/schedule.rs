//! When tokens are renewed before anybody asks for them.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::sync::Semaphore;
use tokio::time::Instant;

use super::Refresher;
use crate::store::{Account, AccountKind, Snapshot};

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(60 * 60);

/// Refreshes of the background at the same time.
const WORKERS: usize = 16;

/// The longest sleep: timers stand still while a machine is suspended, tokens do not.
const NAP: Duration = Duration::from_secs(10 * 60);

/// How much earlier than the others an account may be renewed, in percent of its lead: those that were made together must
/// not be renewed together for ever.
const JITTER: f64 = 4.0;

/// How long before its end a token is renewed (`providers.md` 1.3); `None`: when it is needed.
fn lead(account: &Account) -> Option<Duration> {
    match account.kind {
        AccountKind::Claude => Some(HOUR.saturating_mul(4)),
        AccountKind::Codex => Some(HOUR.saturating_mul(5 * 24)),
        // A key that was got with a cookie has no token beside it.
        AccountKind::Iflow if account.tokens.refresh.is_none() => Some(HOUR.saturating_mul(48)),
        AccountKind::Iflow => Some(HOUR.saturating_mul(24)),
        AccountKind::Qwen => Some(HOUR.saturating_mul(3)),
        AccountKind::Antigravity | AccountKind::Kiro | AccountKind::Kimi | AccountKind::Xai => {
            Some(MINUTE.saturating_mul(5))
        }
        AccountKind::Gemini | AccountKind::Copilot | AccountKind::Vertex => None,
    }
}

/// When the tokens of an account are to be renewed; `None`: when they are needed.
pub(super) fn due(account: &Account) -> Option<SystemTime> {
    let (lead, expires) = (lead(account)?, account.tokens.expires?);
    // Of a token that lives shorter than is usual, half of its life must be left to be of use.
    let life = account.tokens.last_refresh;
    let life = life.and_then(|begin| expires.duration_since(begin).ok());
    let lead = life.map_or(lead, |life| lead.min(life / 2));
    let mut hasher = DefaultHasher::new();
    (&account.file, expires).hash(&mut hasher);
    let part = (hasher.finish() % 1000) as f64 / 1000.0;
    expires.checked_sub(lead.mul_f64(1.0 + part * JITTER / 100.0))
}

/// What the background does next.
struct Plan {
    due: Vec<Arc<Account>>,
    sleep: Duration,
}

impl Refresher {
    /// Renews the tokens of all accounts that are not switched off, each a while before its end. Runs for ever; dropping it
    /// stops it, but no refresh that is going on.
    pub async fn run(self) {
        let mut changes = self.shared.accounts.subscribe();
        let workers = Arc::new(Semaphore::new(WORKERS));
        loop {
            let snapshot = Arc::clone(&changes.borrow_and_update());
            self.forget_others(&snapshot);
            // Registered before the plan is made, so that a landing during it is not missed.
            let landed = self.shared.landed.notified();
            let plan = self.plan(&snapshot);
            for account in plan.due {
                let Ok(permit) = Arc::clone(&workers).acquire_owned().await else {
                    return;
                };
                let refresher = self.clone();
                tokio::spawn(async move {
                    // What went wrong is logged where it happened.
                    refresher.ahead(&account).await.ok();
                    drop(permit);
                });
            }
            tokio::select! {
                changed = changes.changed() => if changed.is_err() { return },
                () = landed => {}
                () = tokio::time::sleep(plan.sleep) => {}
            }
        }
    }

    fn plan(&self, snapshot: &Snapshot) -> Plan {
        let (now, wall) = (Instant::now(), self.now());
        let mut plan = Plan {
            due: Vec::new(),
            sleep: NAP,
        };
        for account in snapshot.accounts() {
            if account.settings.disabled {
                continue;
            }
            let Some(due) = due(account) else { continue };
            let Ok(earliest) = self.earliest(account) else {
                continue;
            };
            let own = due.duration_since(wall).unwrap_or_default();
            let blocked = earliest.map_or(Duration::ZERO, |earliest| earliest - now);
            let wait = own.max(blocked);
            if wait.is_zero() {
                plan.due.push(Arc::clone(account));
            } else {
                plan.sleep = plan.sleep.min(wait);
            }
        }
        plan
    }
}

#[cfg(test)]
mod tests;
