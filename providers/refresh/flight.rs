//! One refresh, from the lock to the disk.

use std::sync::Arc;
use std::time::Duration;

use modelgate_config::Secret;
use tokio::time::{Instant, sleep, timeout};

use super::error::{self, RefreshError};
use super::slot::{Block, Minted, Slot};
use super::{BACK_OFF, Refresher, SKEW, Token};
use crate::oauth::{Grant, Refused};
use crate::store::{Account, AccountKind, Accounts, Lock, StoreError};

/// For a provider to give new tokens, all tries together.
const LIMIT: Duration = Duration::from_secs(30);

/// Between the tries while a provider is unavailable.
const PAUSES: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(2)];

/// What a provider may ask for after a 429.
const SHORTEST_WAIT: Duration = Duration::from_secs(5);
const LONGEST_WAIT: Duration = Duration::from_secs(5 * 60);

/// Until new tokens are saved again that the disk has refused: they are all there is of the login.
const DISK_PAUSE: Duration = Duration::from_secs(5);

/// For another process to finish its refresh of the same account, which has the same limit, and how often that is looked at.
const PATIENCE: Duration = Duration::from_secs(35);
const GLANCE: Duration = Duration::from_millis(100);

/// The life of a token whose provider does not say.
const USUAL_LIFE: Duration = Duration::from_secs(60 * 60);

impl Refresher {
    /// New tokens, or those that another process has got in the meantime.
    pub(super) async fn fly(
        &self,
        file: &Arc<str>,
        kind: AccountKind,
        slot: &Slot,
        stale: Option<Secret>,
    ) -> Result<Token, RefreshError> {
        // What stays in memory is of no concern to other processes.
        let lock = if kind.mints() {
            None
        } else {
            Some(self.lock(file, slot).await?)
        };
        // Another process may have been here while we waited.
        let account = self.read(file, slot).await?;
        let current = self.current(&account);
        if let Some(access) = self.good(current.as_ref(), SKEW)
            && stale.is_none_or(|stale| stale != access)
        {
            return Ok(self.given(access, account));
        }
        let unsaved = slot.state().unsaved.take();
        let sent = account.tokens.refresh.clone();
        let grant = match unsaved {
            Some((for_refresh, grant)) if for_refresh == sent => grant,
            _ => self.ask(&account, slot).await?,
        };
        let token = if account.kind.mints() {
            Ok(self.keep(account, slot, grant))
        } else {
            self.save(&account, slot, sent, grant).await
        };
        drop(lock);
        token
    }

    /// The lock against other processes.
    async fn lock(&self, file: &Arc<str>, slot: &Slot) -> Result<Lock, RefreshError> {
        let end = Instant::now() + PATIENCE;
        loop {
            let name = Arc::clone(file);
            let lock = self.on_disk(file, move |accounts| accounts.lock_for_refresh(&name));
            let lock = lock
                .await?
                .map_err(|error| failed(slot, file, &error, BACK_OFF))?;
            if let Some(lock) = lock {
                return Ok(lock);
            }
            if Instant::now() >= end {
                return Err(RefreshError::Busy {
                    account: error::id(file),
                });
            }
            sleep(GLANCE).await;
        }
    }

    async fn read(&self, file: &Arc<str>, slot: &Slot) -> Result<Arc<Account>, RefreshError> {
        let name = Arc::clone(file);
        let account = self
            .on_disk(file, move |accounts| accounts.reload(&name))
            .await?;
        account.map_err(|error| failed(slot, file, &error, BACK_OFF))
    }

    /// Asks the provider, up to three times, and remembers when it is not to be asked again.
    async fn ask(&self, account: &Arc<Account>, slot: &Slot) -> Result<Grant, RefreshError> {
        let tries = async {
            for pause in PAUSES {
                match (self.shared.exchange)(Arc::clone(account)).await {
                    Err(Refused::Unavailable(_)) => sleep(pause).await,
                    answer => return answer,
                }
            }
            (self.shared.exchange)(Arc::clone(account)).await
        };
        let answer = timeout(LIMIT, tries).await.unwrap_or_else(|_| {
            let reason = format!(
                "{} gave no answer within {} s",
                account.kind,
                LIMIT.as_secs()
            );
            Err(Refused::Unavailable(reason))
        });
        let refused = match answer {
            Ok(grant) => return Ok(grant),
            Err(refused) => refused,
        };
        let until = |wait: Duration, reason| Block::Until(Instant::now() + wait, reason);
        let block = match refused {
            Refused::LoginAgain(reason) => Block::LoginAgain(account.stamp(), reason),
            Refused::Unavailable(reason) | Refused::Failed(reason) => until(BACK_OFF, reason),
            Refused::RateLimited(wait) => {
                let wait = wait.unwrap_or(BACK_OFF).clamp(SHORTEST_WAIT, LONGEST_WAIT);
                until(wait, format!("{} has had too many requests", account.kind))
            }
        };
        let mut state = slot.state();
        state.block = Some(block);
        let error = state
            .blocked(account)
            .unwrap_or_else(|| RefreshError::Stopped {
                account: account.id().to_owned(),
            });
        tracing::warn!(account = account.id(), provider = %account.kind, "{error}");
        Err(error)
    }

    /// Puts new tokens on the disk, and only then gives them away.
    async fn save(
        &self,
        account: &Arc<Account>,
        slot: &Slot,
        sent: Option<Secret>,
        grant: Grant,
    ) -> Result<Token, RefreshError> {
        let (now, file) = (self.now(), Arc::clone(&account.file));
        let (given, for_refresh) = (grant.clone(), sent.clone());
        let saved = self.on_disk(&account.file, move |accounts| {
            accounts.update(&file, |edit| {
                // Somebody has logged in anew in the meantime: those tokens are the better ones.
                if edit.tokens().refresh != for_refresh {
                    return;
                }
                let expires = given.expires.unwrap_or(now + USUAL_LIFE);
                edit.set_tokens(&given.access, given.refresh.as_ref(), expires, now);
                for (name, value) in &given.fields {
                    edit.set_secret(name, value);
                }
            })
        });
        match saved.await? {
            Ok(account) => {
                tracing::info!(account = account.id(), provider = %account.kind, "tokens renewed");
                slot.state().quiet = Some(Instant::now() + BACK_OFF);
                let access = account.tokens.access.clone().unwrap_or(grant.access);
                Ok(self.given(access, account))
            }
            Err(error) => {
                let error = failed(slot, &account.file, &error, DISK_PAUSE);
                slot.state().unsaved = Some((sent, grant));
                Err(error)
            }
        }
    }

    /// Keeps a token in memory that can be made again at any time.
    fn keep(&self, account: Arc<Account>, slot: &Slot, grant: Grant) -> Token {
        let expires = grant.expires.unwrap_or(self.now() + USUAL_LIFE);
        slot.state().minted = Some(Minted {
            access: grant.access.clone(),
            expires: Some(expires),
            base: grant.base,
            stamp: account.stamp(),
        });
        self.given(grant.access, account)
    }

    /// Runs `work` where it may block.
    async fn on_disk<T: Send + 'static>(
        &self,
        file: &str,
        work: impl FnOnce(&Accounts) -> T + Send + 'static,
    ) -> Result<T, RefreshError> {
        let accounts = self.shared.accounts.clone();
        let done = tokio::task::spawn_blocking(move || work(&accounts)).await;
        done.map_err(|_| RefreshError::Stopped {
            account: error::id(file),
        })
    }
}

/// A failure of the store. After one of the disk the account is left alone for a while.
fn failed(slot: &Slot, file: &str, error: &StoreError, wait: Duration) -> RefreshError {
    let account = error::id(file);
    let reason = error.to_string();
    if !matches!(error, StoreError::Io { .. }) {
        return RefreshError::NoAccount { account, reason };
    }
    let error = RefreshError::Disk { account, reason };
    tracing::error!("{error}");
    let until = Block::Until(
        Instant::now() + wait,
        "its file cannot be written".to_owned(),
    );
    slot.state().block = Some(until);
    error
}
