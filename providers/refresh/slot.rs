//! What is remembered of one account between refreshes.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use futures_util::future::{BoxFuture, Shared};
use modelgate_config::Secret;
use tokio::time::Instant;
use url::Url;

use super::Token;
use super::error::{RefreshError, Status};
use crate::oauth::Grant;
use crate::store::{Account, Stamp};

/// A refresh that is going on; everybody who wants a token waits for the same one.
pub(super) type Flight = Shared<BoxFuture<'static, Result<Token, RefreshError>>>;

#[derive(Debug, Default)]
pub(super) struct Slot {
    state: Mutex<State>,
}

#[derive(Default)]
pub(super) struct State {
    pub(super) flight: Option<Flight>,
    pub(super) block: Option<Block>,
    /// Tokens that the provider gave and the disk did not take, with the refresh token they were given for.
    pub(super) unsaved: Option<(Option<Secret>, Grant)>,
    /// The token of a kind that [mints](crate::AccountKind::mints), and the file it was made from.
    pub(super) minted: Option<Minted>,
    /// The background leaves the account alone until then.
    pub(super) quiet: Option<Instant>,
}

/// A token that was made, and lives in memory only.
#[derive(Debug, Clone)]
pub(super) struct Minted {
    pub(super) access: Secret,
    pub(super) expires: Option<SystemTime>,
    pub(super) base: Option<Url>,
    pub(super) stamp: Stamp,
}

/// Why the provider is not asked.
#[derive(Debug, Clone)]
pub(super) enum Block {
    /// Not before a moment.
    Until(Instant, String),
    /// Not before the file is another one.
    LoginAgain(Stamp, String),
    /// The same, and the token that is in the file is not used either: it was refused.
    Over(Stamp, String),
}

impl Slot {
    /// A panic of another holder left the state whole: every field is replaced in one step.
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Why the provider of an account is not asked now.
    pub(super) fn blocked(&mut self, account: &Account) -> Option<RefreshError> {
        let error = match self.block.as_ref()? {
            Block::Until(moment, reason) => {
                let wait = moment.checked_duration_since(Instant::now());
                let wait = wait.filter(|wait| *wait > Duration::ZERO);
                wait.map(|wait| RefreshError::Waiting {
                    account: account.id().to_owned(),
                    reason: reason.clone(),
                    wait,
                })
            }
            Block::LoginAgain(stamp, reason) | Block::Over(stamp, reason) => {
                (*stamp == account.stamp()).then(|| RefreshError::login_again(account, reason))
            }
        };
        if error.is_none() {
            self.block = None;
        }
        error
    }

    pub(super) fn status(&mut self, account: &Account) -> Status {
        if self.flight.is_some() {
            return Status::Refreshing;
        }
        match self.blocked(account) {
            None => Status::Ready,
            Some(RefreshError::Waiting { reason, wait, .. }) => Status::Waiting { reason, wait },
            Some(RefreshError::LoginAgain { reason, .. }) => Status::LoginAgain { reason },
            Some(other) => Status::Waiting {
                reason: other.to_string(),
                wait: Duration::ZERO,
            },
        }
    }

    /// The moment before which the background need not look; `None`: any. `Err` when only a change of the file helps.
    pub(super) fn earliest(&mut self, account: &Account) -> Result<Option<Instant>, ()> {
        match self.blocked(account) {
            Some(RefreshError::LoginAgain { .. }) => return Err(()),
            _ if self.flight.is_some() => return Err(()),
            _ => {}
        }
        let block = match &self.block {
            Some(Block::Until(moment, _)) => Some(*moment),
            _ => None,
        };
        Ok(block.max(self.quiet))
    }
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("State")
            .field("flight", &self.flight.is_some())
            .field("block", &self.block)
            .finish_non_exhaustive()
    }
}
