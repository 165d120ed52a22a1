//! What the dashboard has done for it on this machine: it finds no gateway, holds no client key, and touches no file and no
//! browser itself. Each is a function of whoever shows the dashboard.

use std::fmt;
use std::sync::Arc;

use modelgate_management::{Caller, Client, ClientError, UsageSummary};

use crate::message::Trouble;

/// Finds the gateway; again whenever it was lost, because another address and another token may be its own then.
pub type Connect = Arc<dyn Fn() -> Result<Client, ClientError> + Send + Sync>;

/// The functions. They may block.
#[derive(Clone)]
pub struct Outside {
    /// Finds the gateway.
    pub connect: Connect,
    /// Somebody who may ask that gateway for a model, as its clients do.
    pub caller: Arc<dyn Fn(&str) -> Result<Caller, Trouble> + Send + Sync>,
    /// Writes sums of usage to a file of that name, and tells where it is.
    pub save: Arc<dyn Fn(&str, &UsageSummary) -> Result<String, Trouble> + Send + Sync>,
    /// Sends the person's browser to an address.
    pub browse: Arc<dyn Fn(&str) -> Result<(), Trouble> + Send + Sync>,
}

impl fmt::Debug for Outside {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outside").finish_non_exhaustive()
    }
}
