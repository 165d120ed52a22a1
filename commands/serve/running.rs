//! Tells the other commands of this person that a gateway runs here, and where.

use std::net::SocketAddr;
use std::path::Path;
use std::time::SystemTime;

use modelgate_config::paths::state_dir;
use modelgate_config::{Environment, Secret, Store};
use modelgate_management::time::timestamp;
use modelgate_management::{Runtime, RuntimeFile};

use crate::occupied::reachable;

/// Writes the runtime file, which lives as long as what is returned. A gateway serves without one too.
pub(crate) fn tell(
    environment: &Environment,
    config: &Path,
    store: &Store,
    address: SocketAddr,
    token: Secret,
) -> Option<RuntimeFile> {
    let runtime = Runtime {
        address: reachable(address),
        tls: store.snapshot().server.tls.is_some(),
        pid: std::process::id(),
        started: timestamp(SystemTime::now()),
        config: config.to_owned(),
        token,
    };
    let directory = state_dir(environment);
    match RuntimeFile::write(&directory, runtime) {
        Ok(file) => Some(file),
        Err(error) => {
            tracing::warn!(
                %error,
                directory = %directory.display(),
                "the runtime file cannot be written, so commands such as `modelgate accounts` do not find this gateway"
            );
            None
        }
    }
}
