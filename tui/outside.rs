//! What the dashboard has done for it on this machine: it finds no gateway, holds no client key, and touches no file and no
//! browser itself. Each is a function of whoever shows the dashboard.

use std::fmt;
use std::sync::Arc;

use modelgate_management::{Caller, Client, ClientError, Secret, UsageSummary};

use crate::message::Trouble;

/// Finds the gateway; again whenever it was lost, because another address and another token may be its own then.
pub type Connect = Arc<dyn Fn() -> Result<Client, ClientError> + Send + Sync>;

/// Somebody who may ask that gateway for a model, as its clients do.
pub type AskAs = Arc<dyn Fn(&str) -> Result<Caller, Trouble> + Send + Sync>;
/// Writes sums of usage to a file of that name, and tells where it is.
pub type Save = Arc<dyn Fn(&str, &UsageSummary) -> Result<String, Trouble> + Send + Sync>;
/// Reads a small file of secrets.
pub type Read = Arc<dyn Fn(&str) -> Result<Secret, Trouble> + Send + Sync>;
/// Sends the person's browser to an address.
pub type Browse = Arc<dyn Fn(&str) -> Result<(), Trouble> + Send + Sync>;

/// The functions. They may block.
#[derive(Clone)]
pub struct Outside {
    /// Finds the gateway.
    pub connect: Connect,
    /// Finds somebody to ask for a model.
    pub caller: AskAs,
    /// Writes what is exported.
    pub save: Save,
    /// Reads the key of a service account.
    pub read: Read,
    /// Opens the address of a login.
    pub browse: Browse,
}

impl fmt::Debug for Outside {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outside").finish_non_exhaustive()
    }
}
