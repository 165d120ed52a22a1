//! Keeps the tokens of accounts fresh.
//!
//! Knows no provider: what to ask whom is the [`Exchange`] it is given. Promises that a refresh token is used by one at a
//! time, in this process and in all others; that new tokens are on the disk before anybody gets them; and that a caller
//! who walks away stops nothing. Start at [`Refresher::token`]; [`Refresher::run`] is the background.

mod error;
mod flight;
mod schedule;
mod slot;

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use modelgate_config::Secret;
use tokio::sync::{Notify, oneshot};
use tokio::time::Instant;
use url::Url;

pub use error::{RefreshError, Status};

use crate::oauth::{Grant, Refused};
use crate::store::{Account, Accounts, Snapshot};
use slot::{Block, Flight, Minted, Slot};

/// A token that ends within this time is renewed before it is given away.
const SKEW: Duration = Duration::from_secs(60);

/// After a failure, and between two refreshes of the background.
const BACK_OFF: Duration = Duration::from_secs(60);

/// Asks the provider of an account once for new tokens: the flow of its kind, through its proxy. It is given the account
/// as the file is at this moment.
pub type Exchange =
    Arc<dyn Fn(Arc<Account>) -> BoxFuture<'static, Result<Grant, Refused>> + Send + Sync>;

/// A token that can be used now.
#[derive(Debug, Clone)]
pub struct Token {
    /// The access token.
    pub access: Secret,
    /// The account as it was when the token was read, for what else a request needs of it.
    pub account: Arc<Account>,
    /// Where the provider wants to be asked with it, if it says so and the owner of the account does not.
    pub base: Option<Url>,
}

/// A handle on the machine; clones share it.
#[derive(Clone)]
pub struct Refresher {
    shared: Arc<Shared>,
}

struct Shared {
    accounts: Accounts,
    exchange: Exchange,
    /// Only of accounts that were refreshed, or could not be.
    slots: Mutex<HashMap<Arc<str>, Arc<Slot>>>,
    /// Told at the end of every refresh.
    landed: Notify,
    clock: Clock,
}

/// Where the time of day comes from.
#[derive(Debug, Clone, Copy)]
enum Clock {
    System,
    /// Goes with the time of the runtime, which tests stop.
    #[cfg(test)]
    Runtime(SystemTime, Instant),
}

impl Refresher {
    /// A machine for the accounts of a store.
    #[must_use]
    pub fn new(accounts: Accounts, exchange: Exchange) -> Self {
        Self::with_clock(accounts, exchange, Clock::System)
    }

    fn with_clock(accounts: Accounts, exchange: Exchange, clock: Clock) -> Self {
        Self {
            shared: Arc::new(Shared {
                accounts,
                exchange,
                slots: Mutex::default(),
                landed: Notify::new(),
                clock,
            }),
        }
    }

    /// The accounts whose tokens these are.
    #[must_use]
    pub fn accounts(&self) -> &Accounts {
        &self.shared.accounts
    }

    /// The access token of an account, renewed first if it ends within a minute. If that fails, one that has not ended yet
    /// is still given.
    ///
    /// # Errors
    /// When there is no token to try with.
    pub async fn token(&self, file: &str) -> Result<Token, RefreshError> {
        let account = self.account(file)?;
        if let Some(error) = self.given_up(&account) {
            return Err(error);
        }
        let current = self.current(&account);
        // A project comes with new tokens, and nothing can be asked without it.
        let is_whole = !account.lacks_project();
        if let Some(token) = self.good(current.as_ref(), SKEW).filter(|_| is_whole) {
            return Ok(self.given(token, account));
        }
        let stale = current.as_ref().map(|(access, _)| access.clone());
        match self.renew(&account, stale).await {
            Ok(token) => Ok(token),
            Err(error) => match self.good(current.as_ref(), Duration::ZERO) {
                Some(access) if is_whole => Ok(self.given(access, account)),
                _ => Err(error),
            },
        }
    }

    /// Renews the tokens of an account now. `rejected` is the token that a provider did not accept: if the account has
    /// another one by now, that is the answer. `None` renews in any case.
    ///
    /// # Errors
    /// When there are no new tokens.
    pub async fn refresh_now(
        &self,
        file: &str,
        rejected: Option<&Secret>,
    ) -> Result<Token, RefreshError> {
        let account = self.account(file)?;
        let current = self.current(&account);
        if let (Some(rejected), Some(access)) = (rejected, self.good(current.as_ref(), SKEW))
            && access != *rejected
        {
            return Ok(self.given(access, account));
        }
        let stale = rejected.cloned().or(current.map(|(access, _)| access));
        self.renew(&account, stale).await
    }

    /// Takes note that a token was refused and that there is no other: nobody is asked with it, or for one, before the file is
    /// another one.
    pub(crate) fn give_up(&self, token: &Token, reason: &str) -> RefreshError {
        let account = &token.account;
        let error = RefreshError::login_again(account, reason);
        tracing::warn!(account = account.id(), provider = %account.kind, "{error}");
        let block = Block::Over(account.stamp(), reason.to_owned());
        self.slot(&account.file).state().block = Some(block);
        error
    }

    fn given_up(&self, account: &Account) -> Option<RefreshError> {
        let slot = self.known_slot(&account.file)?;
        let over = matches!(slot.state().block, Some(Block::Over(..)));
        over.then(|| slot.state().blocked(account)).flatten()
    }

    /// How the tokens of an account stand.
    #[must_use]
    pub fn status(&self, account: &Account) -> Status {
        match self.known_slot(&account.file) {
            Some(slot) => slot.state().status(account),
            None => Status::Ready,
        }
    }

    /// Waits for the refreshes that are going on, which takes a minute at most. To be called before the program ends: a
    /// refresh token that was sent is lost with its answer.
    pub async fn settled(&self) {
        let slots: Vec<Arc<Slot>> = self.slots().values().cloned().collect();
        let flights = slots.iter().filter_map(|slot| slot.state().flight.clone());
        futures_util::future::join_all(flights.collect::<Vec<_>>()).await;
    }

    /// Renews ahead of time.
    async fn ahead(&self, account: &Account) -> Result<Token, RefreshError> {
        self.renew(account, account.tokens.access.clone()).await
    }

    /// Waits for the refresh that is going on, or begins one. `stale` is the token that is not good enough.
    async fn renew(&self, account: &Account, stale: Option<Secret>) -> Result<Token, RefreshError> {
        let flight = self.flight(account, stale)?;
        flight.await
    }

    fn flight(&self, account: &Account, stale: Option<Secret>) -> Result<Flight, RefreshError> {
        let slot = self.slot(&account.file);
        let mut state = slot.state();
        if let Some(flight) = &state.flight {
            return Ok(flight.clone());
        }
        if let Some(error) = state.blocked(account) {
            return Err(error);
        }
        let (sender, outcome) = oneshot::channel();
        let stopped = RefreshError::Stopped {
            account: account.id().to_owned(),
        };
        let flight = outcome
            .map(|outcome| outcome.unwrap_or(Err(stopped)))
            .boxed()
            .shared();
        state.flight = Some(flight.clone());
        // A runtime that is shutting down drops the task at once, which ends the flight, which needs the state.
        drop(state);
        let landing = Landing {
            refresher: self.clone(),
            slot,
        };
        let (refresher, file, kind) = (self.clone(), Arc::clone(&account.file), account.kind);
        // A task of its own goes on when every caller has left.
        tokio::spawn(async move {
            let landing = landing;
            let outcome = refresher.fly(&file, kind, &landing.slot, stale).await;
            drop(landing);
            // Nobody may be waiting any more.
            sender.send(outcome).ok();
        });
        Ok(flight)
    }

    fn account(&self, file: &str) -> Result<Arc<Account>, RefreshError> {
        let snapshot = self.shared.accounts.snapshot();
        snapshot
            .get(file)
            .cloned()
            .ok_or_else(|| RefreshError::NoAccount {
                account: error::id(file),
                reason: "there is no such file".to_owned(),
            })
    }

    /// The token that an account has now, in memory or in its file.
    fn current(&self, account: &Account) -> Option<Current> {
        if !account.kind.mints() {
            let access = account.tokens.access.clone()?;
            return Some((access, account.tokens.expires));
        }
        let minted = self.minted(account)?;
        Some((minted.access, minted.expires))
    }

    fn minted(&self, account: &Account) -> Option<Minted> {
        let minted = self.known_slot(&account.file)?.state().minted.clone();
        minted.filter(|minted| minted.stamp == account.stamp())
    }

    /// A token with what belongs to it.
    fn given(&self, access: Secret, account: Arc<Account>) -> Token {
        let told = account.kind.mints() && account.settings.base_url.is_none();
        let minted = if told { self.minted(&account) } else { None };
        Token {
            access,
            account,
            base: minted.and_then(|minted| minted.base),
        }
    }

    /// The token, if it lasts for `rest` at least.
    fn good(&self, current: Option<&Current>, rest: Duration) -> Option<Secret> {
        let (access, expires) = current?;
        let lasts = expires.is_none_or(|expires| expires > self.now() + rest);
        lasts.then(|| access.clone())
    }

    fn now(&self) -> SystemTime {
        match self.shared.clock {
            Clock::System => SystemTime::now(),
            #[cfg(test)]
            Clock::Runtime(base, begin) => base + begin.elapsed(),
        }
    }

    fn slots(&self) -> MutexGuard<'_, HashMap<Arc<str>, Arc<Slot>>> {
        let slots = self.shared.slots.lock();
        slots.unwrap_or_else(PoisonError::into_inner)
    }

    fn known_slot(&self, file: &str) -> Option<Arc<Slot>> {
        self.slots().get(file).cloned()
    }

    fn slot(&self, file: &Arc<str>) -> Arc<Slot> {
        Arc::clone(self.slots().entry(Arc::clone(file)).or_default())
    }

    /// Drops what is remembered of accounts that are gone.
    fn forget_others(&self, snapshot: &Snapshot) {
        let busy = |slot: &Slot| slot.state().flight.is_some();
        self.slots()
            .retain(|file, slot| snapshot.get(file).is_some() || busy(slot));
    }

    /// When the background may renew an account; see [`State::earliest`].
    fn earliest(&self, account: &Account) -> Result<Option<Instant>, ()> {
        match self.known_slot(&account.file) {
            Some(slot) => slot.state().earliest(account),
            None => Ok(None),
        }
    }
}

/// An access token and its end.
type Current = (Secret, Option<SystemTime>);

/// Ends a flight, also one that panics.
struct Landing {
    refresher: Refresher,
    slot: Arc<Slot>,
}

impl Drop for Landing {
    fn drop(&mut self) {
        let mut state = self.slot.state();
        state.flight = None;
        if std::thread::panicking() {
            let reason = "the renewal broke down".to_owned();
            state.block = Some(Block::Until(Instant::now() + BACK_OFF, reason));
        }
        drop(state);
        self.refresher.shared.landed.notify_waiters();
    }
}

impl fmt::Debug for Refresher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Refresher")
    }
}

#[cfg(test)]
mod tests;
