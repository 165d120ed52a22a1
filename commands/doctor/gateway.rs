//! The gateway that runs, or the port that it would take.

use std::io;
use std::net::TcpListener;

use modelgate_config::Config;
use modelgate_config::paths::state_dir;
use modelgate_management::{Client, Runtime};

use super::report::{Area, Report};
use crate::context::{Context, shown};
use crate::occupied::{holder, is_gateway};

const HERE: Area = Area::Gateway;

/// A gateway of this machine.
pub(super) struct Running {
    pub(super) runtime: Runtime,
    pub(super) client: Client,
}

/// The gateway that commands would find; none where none runs.
pub(super) fn check(
    context: &Context,
    config: Option<&Config>,
    report: &mut Report,
) -> Option<Running> {
    let (state, path) = (state_dir(&context.environment), context.config_path());
    let path = path.path();
    let runtime = Runtime::find(&state, path);
    let Some(runtime) = runtime else {
        idle(config, report);
        return None;
    };
    let scheme = if runtime.tls { "https" } else { "http" };
    let place = format!("{scheme}://{}", runtime.address);
    let client = match Client::local(&state, path) {
        Ok(client) => client,
        Err(error) => {
            let hint = error.hint().unwrap_or_default();
            report.broken(HERE, error.to_string(), hint);
            return None;
        }
    };
    report.ok(HERE, format!("runs at {place}, process {}", runtime.pid));
    if !runtime.serves(path) {
        report.note(
            HERE,
            format!(
                "it serves with another configuration: {}",
                shown(&runtime.config)
            ),
            Some("--config names the one that is meant".to_owned()),
        );
    }
    if !runtime.tls && !is_gateway(runtime.address).unwrap_or(false) {
        report.broken(
            HERE,
            "what answers there does not speak as a gateway does",
            "stop it, and start it again: modelgate serve",
        );
    }
    Some(Running { runtime, client })
}

/// Nobody serves: is the port there for the taking?
fn idle(config: Option<&Config>, report: &mut Report) {
    let start = Some("modelgate serve starts it".to_owned());
    let Some(config) = config else {
        report.note(HERE, "none is running here", start);
        return;
    };
    let address = config.server.address;
    match TcpListener::bind(address) {
        Ok(_) => report.note(
            HERE,
            format!("none is running here; {address} is free for it"),
            start,
        ),
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => report.broken(
            HERE,
            format!(
                "none of yours is running here, and {address} is taken: {}",
                holder(address)
            ),
            "end the other program, or set `port:` in the configuration to another one",
        ),
        Err(error) => report.broken(
            HERE,
            format!("none is running here, and {address} cannot be listened on: {error}"),
            "set `host:` and `port:` in the configuration to an address of this machine",
        ),
    }
}
