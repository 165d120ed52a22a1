//! Why there is no token, and how an account stands.

use std::time::Duration;

use crate::store::{Account, AccountKind};

/// Why there is no token. The messages are for people and hold no secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RefreshError {
    /// There is no usable account in a file of this name.
    #[error("the account {account} cannot be used: {reason}")]
    NoAccount {
        /// The name that was asked for.
        account: String,
        /// What is the matter.
        reason: String,
    },
    /// The provider has ended the login.
    #[error(
        "the login of the account {account} is over ({reason}); run `modelgate login {provider}`"
    )]
    LoginAgain {
        /// Whose login.
        account: String,
        /// With whom.
        provider: AccountKind,
        /// What the provider said.
        reason: String,
    },
    /// The provider gave no tokens just now, and is left alone for a while.
    #[error("the tokens of the account {account} cannot be renewed ({reason}); next try in {} s", wait.as_secs().max(1))]
    Waiting {
        /// Whose tokens.
        account: String,
        /// What went wrong.
        reason: String,
        /// How long it is left alone from now on.
        wait: Duration,
    },
    /// The file can be neither locked nor replaced. New tokens that are there already are kept and saved later.
    #[error(
        "the tokens of the account {account} cannot be renewed, for its file cannot be written: {reason}"
    )]
    Disk {
        /// Whose tokens.
        account: String,
        /// What the system said.
        reason: String,
    },
    /// Another process has been at it for too long.
    #[error("another process has been renewing the tokens of the account {account} for too long")]
    Busy {
        /// Whose tokens.
        account: String,
    },
    /// The program is about to stop.
    #[error("the renewal of the tokens of the account {account} was stopped")]
    Stopped {
        /// Whose tokens.
        account: String,
    },
}

/// How the tokens of an account stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Status {
    /// Nothing is known against them.
    Ready,
    /// They are being renewed.
    Refreshing,
    /// They could not be renewed, and the provider is left alone for a while. The old ones may still be good.
    Waiting {
        /// What went wrong.
        reason: String,
        /// How long from now on.
        wait: Duration,
    },
    /// The provider has ended the login.
    LoginAgain {
        /// What it said.
        reason: String,
    },
}

impl RefreshError {
    pub(super) fn login_again(account: &Account, reason: &str) -> Self {
        Self::LoginAgain {
            account: account.id().to_owned(),
            provider: account.kind,
            reason: reason.to_owned(),
        }
    }
}

/// The name of an account for messages.
pub(super) fn id(file: &str) -> String {
    file.strip_suffix(".json").unwrap_or(file).to_owned()
}
