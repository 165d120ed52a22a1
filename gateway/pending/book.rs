//! The logins that have begun: which of them waits for whom, and what became of the others.
//!
//! Knows no clock, so that tests say what time it is.

use std::sync::Arc;
use std::time::Duration;

use modelgate_config::Secret;
use modelgate_providers::AccountKind;
use modelgate_providers::oauth::{BrowserLogin, Callback, LoginError};
use tokio::time::Instant;
use url::Url;

use crate::management::gate::Manager;

/// Logins that are remembered, those that are over included.
const CAPACITY: usize = 64;
/// Logins to one provider that go on at a time.
const OPEN: usize = 8;
/// How long it is told what became of a login.
const MEMORY: Duration = Duration::from_secs(10 * 60);
/// The provider has taken longer than it may: whoever was to tell what became of the login is gone.
const LONGEST: Duration = Duration::from_secs(5 * 60);

/// The logins, the oldest first.
#[derive(Debug, Default)]
pub(crate) struct Book {
    logins: Vec<Entry>,
    /// From where browsers are sent on.
    pub(super) forwarded: Vec<Url>,
}

/// A login.
#[derive(Debug)]
pub(super) struct Entry {
    /// By which it is known to whoever began it, and to nobody else.
    pub(super) state: Secret,
    pub(super) kind: AccountKind,
    pub(super) wish: Wish,
    pub(super) stage: Stage,
    /// When the stage is over at the latest.
    pub(super) until: Instant,
}

/// Who wants it, and what beside the account.
#[derive(Debug, Clone)]
pub(crate) struct Wish {
    pub(crate) by: Manager,
    /// A name for the account, for people.
    pub(crate) label: Option<String>,
}

/// How far a login is.
#[derive(Debug)]
pub(super) enum Stage {
    /// Somebody's browser is to come back.
    Away(Arc<BrowserLogin>),
    /// A code is to be typed at an address.
    Typing { url: String, code: String },
    /// The provider is asked for the account.
    Asking,
    /// There is an account.
    Done { account: String },
    /// There is none, and why.
    Failed(String),
}

/// How a login stands, for whoever began it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Status {
    /// Somebody is to open this address.
    Away { url: String },
    /// Somebody is to type the code at this address.
    Typing { url: String, code: String },
    /// The provider is asked for the account.
    Asking,
    /// There is an account, of this name.
    Done { account: String },
    /// There is none, and why; text from outside.
    Failed(String),
}

/// What a browser came back with.
#[derive(Debug)]
pub(crate) enum Back {
    /// A code, which is to be turned into an account.
    Code(Box<Taken>),
    /// The provider's no. The login is over.
    Denied(LoginError),
}

/// A login whose browser is back. Nobody gets it a second time.
#[derive(Debug)]
pub(crate) struct Taken {
    pub(crate) login: Arc<BrowserLogin>,
    pub(crate) code: Secret,
    pub(crate) wish: Wish,
}

/// Why what somebody came with ends no login.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Miss {
    /// No login has this state, or not any more.
    Unknown,
    /// It is one to another provider.
    Elsewhere,
    /// There is neither a code nor a reason.
    Empty,
    /// It does not wait for a browser, or not any more.
    NotAway,
    /// It has failed already.
    Failed(String),
}

impl Stage {
    fn is_open(&self) -> bool {
        match self {
            Self::Away(_) | Self::Typing { .. } | Self::Asking => true,
            Self::Done { .. } | Self::Failed(_) => false,
        }
    }
}

impl Book {
    /// Enters a login. Where there are too many, the oldest give way.
    pub(super) fn enter(&mut self, entry: Entry, now: Instant) {
        self.tidy(now);
        let rivals = |known: &&mut Entry| known.kind == entry.kind && known.stage.is_open();
        let surplus = (self.logins.iter_mut().filter(rivals).count() + 1).saturating_sub(OPEN);
        for oldest in self.logins.iter_mut().filter(rivals).take(surplus) {
            oldest.fail("too many logins were begun after it", now);
        }
        if self.logins.len() >= CAPACITY {
            let over = self.logins.iter().position(|known| !known.stage.is_open());
            self.logins.remove(over.unwrap_or_default());
        }
        self.logins.push(entry);
    }

    /// Takes the login that a browser has come back to, once.
    pub(super) fn take(
        &mut self,
        kind: Option<AccountKind>,
        callback: &Callback,
        now: Instant,
    ) -> Result<Back, Miss> {
        self.tidy(now);
        let state = callback.state().ok_or(Miss::Unknown)?;
        let entry = self.find(state).ok_or(Miss::Unknown)?;
        if kind.is_some_and(|kind| kind != entry.kind) {
            return Err(Miss::Elsewhere);
        }
        let login = match &entry.stage {
            Stage::Away(login) => Arc::clone(login),
            Stage::Failed(reason) => return Err(Miss::Failed(reason.clone())),
            Stage::Typing { .. } | Stage::Asking | Stage::Done { .. } => {
                return Err(Miss::NotAway);
            }
        };
        match login.code(callback) {
            Ok(code) => {
                entry.stage = Stage::Asking;
                entry.until = now + LONGEST;
                let wish = entry.wish.clone();
                Ok(Back::Code(Box::new(Taken { login, code, wish })))
            }
            Err(error @ LoginError::Denied { .. }) => {
                entry.fail(&error.to_string(), now);
                Ok(Back::Denied(error))
            }
            Err(_) => Err(Miss::Empty),
        }
    }

    /// Notes what became of a login, the account or why there is none, unless that is known already.
    pub(super) fn end(&mut self, state: &Secret, outcome: Result<String, String>, now: Instant) {
        self.tidy(now);
        let Some(entry) = self.find(state).filter(|entry| entry.stage.is_open()) else {
            return;
        };
        match outcome {
            Ok(account) => {
                entry.stage = Stage::Done { account };
                entry.until = now + MEMORY;
            }
            Err(reason) => entry.fail(&reason, now),
        }
    }

    /// Calls a login off; false if it was over.
    pub(super) fn cancel(&mut self, state: &Secret, now: Instant) -> bool {
        let open = self.is_open(state, now);
        if open {
            self.logins.retain(|entry| entry.state != *state);
        }
        open
    }

    /// Whether a login goes on.
    pub(super) fn is_open(&mut self, state: &Secret, now: Instant) -> bool {
        self.tidy(now);
        self.find(state).is_some_and(|entry| entry.stage.is_open())
    }

    /// How a login stands, and whose it is; none if it is not known, or not any more.
    pub(super) fn status(&mut self, state: &Secret, now: Instant) -> Option<(AccountKind, Status)> {
        self.tidy(now);
        let entry = self.find(state)?;
        let status = match &entry.stage {
            Stage::Away(login) => Status::Away {
                url: login.url().to_string(),
            },
            Stage::Typing { url, code } => Status::Typing {
                url: url.clone(),
                code: code.clone(),
            },
            Stage::Asking => Status::Asking,
            Stage::Done { account } => Status::Done {
                account: account.clone(),
            },
            Stage::Failed(reason) => Status::Failed(reason.clone()),
        };
        Some((entry.kind, status))
    }

    /// Until when a browser of a login of this kind may come back; none if none is to.
    pub(super) fn away_until(&mut self, kind: AccountKind, now: Instant) -> Option<Instant> {
        self.tidy(now);
        let away = |entry: &&Entry| entry.kind == kind && matches!(entry.stage, Stage::Away(_));
        let away = self.logins.iter().filter(away);
        away.map(|entry| entry.until).max()
    }

    /// Compares with each in constant time.
    fn find(&mut self, state: &Secret) -> Option<&mut Entry> {
        self.logins.iter_mut().find(|entry| entry.state == *state)
    }

    /// Ends what nobody has ended in time, and forgets what was over long ago.
    fn tidy(&mut self, now: Instant) {
        for entry in &mut self.logins {
            if entry.until <= now && entry.stage.is_open() {
                let end = entry.until;
                let late = match entry.stage {
                    Stage::Typing { .. } => LoginError::Expired,
                    _ => LoginError::TimedOut,
                };
                entry.fail(&late.to_string(), end);
            }
        }
        self.logins.retain(|entry| now < entry.until);
    }
}

impl Entry {
    fn fail(&mut self, reason: &str, now: Instant) {
        self.stage = Stage::Failed(reason.to_owned());
        self.until = now + MEMORY;
    }
}

#[cfg(test)]
mod tests;
