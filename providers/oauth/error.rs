//! Why a login did not succeed.

use std::io;
use std::path::PathBuf;

use modelgate_config::OAuthUnset;

use super::Refused;
use crate::AccountKind;
use crate::store::StoreError;

/// Why a login did not succeed. The messages hold no secret; what a provider or a browser said in them is text from
/// outside.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoginError {
    /// There is no login for accounts of this kind.
    #[error("modelgate has no login for accounts of {kind}")]
    NotOffered {
        /// The kind.
        kind: AccountKind,
    },
    /// The configuration lacks something.
    #[error(transparent)]
    Unset(#[from] OAuthUnset),
    /// The system gives no random numbers.
    #[error("the system gives no random numbers")]
    NoRandomness,
    /// Something else listens where the browser comes back to.
    #[error("port {port}, which {kind} sends the browser back to, is in use by another program")]
    PortBusy {
        /// The port.
        port: u16,
        /// Whose login it is.
        kind: AccountKind,
    },
    /// The place where the browser comes back to cannot be listened on.
    #[error("cannot listen on port {port} for the browser: {source}")]
    NoListener {
        /// The port.
        port: u16,
        /// What the system said.
        source: io::Error,
    },
    /// The browser does not come back to this machine.
    #[error("the browser does not come back to this machine by itself")]
    Elsewhere,
    /// The text is not what a browser ends on.
    #[error("this is not the address that the browser ended on")]
    Unreadable,
    /// The answer to another login.
    #[error("this is the answer to another login")]
    WrongState,
    /// The provider, or the person, said no.
    #[error("the login was refused: {reason}")]
    Denied {
        /// What the provider says.
        reason: String,
    },
    /// Nobody came back.
    #[error("nobody came back from the browser in time")]
    TimedOut,
    /// Nobody typed the code.
    #[error("the code was not typed in time, and is over")]
    Expired,
    /// The provider took too long over an answer.
    #[error("{kind} did not answer in time")]
    TooSlow {
        /// Whose login it is.
        kind: AccountKind,
    },
    /// The provider gave no tokens.
    #[error("{kind} gave no tokens: {reason}")]
    Refused {
        /// Whose login it is.
        kind: AccountKind,
        /// Why.
        reason: String,
    },
    /// The tokens are good, and nothing can be asked with them.
    #[error("{kind} does not serve this account: {reason}")]
    Unserved {
        /// Whose login it is.
        kind: AccountKind,
        /// Why; a text of the provider.
        reason: String,
    },
    /// Projects were named for an account that has none.
    #[error("accounts of {kind} have no projects")]
    NoProjects {
        /// The kind.
        kind: AccountKind,
    },
    /// What was named is no project.
    #[error("`{name}` is not the id of a project")]
    OddProject {
        /// What was named.
        name: String,
    },
    /// Nobody logs in to accounts of this kind.
    #[error(
        "accounts of {kind} are taken over from a file that the provider gives; there is no other login"
    )]
    ImportOnly {
        /// The kind.
        kind: AccountKind,
    },
    /// A location was named for an account that has none.
    #[error("accounts of {kind} have no location")]
    NoLocations {
        /// The kind.
        kind: AccountKind,
    },
    /// Accounts of this kind are not imported.
    #[error("modelgate imports no accounts of {kind} from other programs; log in to them")]
    NoImport {
        /// The kind.
        kind: AccountKind,
    },
    /// Accounts of this kind are not logged in to with a code.
    #[error("accounts of {kind} are not logged in to with a code")]
    NotByDevice {
        /// The kind.
        kind: AccountKind,
    },
    /// Accounts of this kind are not logged in to in a browser that comes back.
    #[error("accounts of {kind} are logged in to with a code only")]
    NotByBrowser {
        /// The kind.
        kind: AccountKind,
    },
    /// Accounts of this kind are not logged in to with a cookie.
    #[error("accounts of {kind} are not logged in to with a cookie")]
    NotByCookie {
        /// The kind.
        kind: AccountKind,
    },
    /// The text holds no such cookie.
    #[error("there is no cookie `{name}` in it")]
    NoCookie {
        /// Its name.
        name: &'static str,
    },
    /// Another account has the same cookie: each of its keys would end that of the other.
    #[error("the account {account} has the same cookie")]
    SameCookie {
        /// The other account.
        account: String,
    },
    /// A file of another program holds no account.
    #[error("no account can be imported from {path}: {reason}")]
    Unimportable {
        /// The file.
        path: PathBuf,
        /// What is the matter.
        reason: String,
    },
    /// The account could not be saved. Its tokens are lost: the login has to be repeated.
    #[error("the account could not be saved: {0}")]
    Unsaved(#[from] StoreError),
}

impl LoginError {
    pub(super) fn refused(kind: AccountKind, refused: Refused) -> Self {
        let reason = match refused {
            Refused::LoginAgain(reason)
            | Refused::Unavailable(reason)
            | Refused::Failed(reason) => reason,
            Refused::RateLimited(_) => "too many have asked; try again later".to_owned(),
        };
        Self::Refused { kind, reason }
    }
}
