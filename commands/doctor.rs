//! `modelgate doctor`.

mod accounts;
mod clients;
mod clock;
mod configuration;
mod files;
mod gateway;
mod report;
mod upstreams;

use tokio::runtime::Builder;

use self::report::Report;
use crate::context::Context;
use crate::error::CommandError;

/// Look for what keeps things from working, and tell what to do
///
/// Looks at the configuration, its files and who may read them, the port, the running gateway and its accounts, the clock, the
/// providers, and the clients of this machine. Providers are asked for their list of models, with each key; that costs
/// nothing, and nothing else is sent. Works with a broken configuration and without a gateway, and changes nothing.
///
/// Exits with 1 if something is broken; a warning is no failure. With --json: {"healthy", "checks": [{"area", "state", "what",
/// "hint"}]}, where state is ok, note, warning or broken; without a hint there is nothing to do.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  modelgate doctor
  modelgate doctor --offline
  modelgate doctor --json | jq '.checks[] | select(.state == \"broken\")'")]
pub(crate) struct Args {
    /// Ask no provider
    #[arg(long)]
    offline: bool,
}

pub(crate) fn run(context: &mut Context, args: &Args) -> Result<(), CommandError> {
    let mut report = Report::default();
    let config = configuration::check(context, &mut report);
    files::check(context, config.as_ref(), &mut report);
    let runtime = Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| CommandError::failed(error.into()))?;
    let running = gateway::check(context, config.as_ref(), &mut report);
    match &running {
        Some(running) => runtime.block_on(accounts::of_gateway(running, &mut report)),
        None => accounts::of_files(config.as_ref(), &mut report),
    }
    let config = config.as_ref().filter(|_| !args.offline);
    let dates = match config {
        Some(config) => runtime.block_on(upstreams::check(config, &mut report)),
        None => Vec::new(),
    };
    clock::check(&dates, &mut report);
    clients::check(context, running.as_ref(), &mut report);
    // Name look-ups that are still under way must not hold up the end.
    runtime.shutdown_background();
    if context.output.is_json() {
        context.output.json(&report)?;
    } else {
        context.output.data(&report.to_string())?;
    }
    if report.is_healthy() {
        return Ok(());
    }
    Err(CommandError::exited(1))
}
