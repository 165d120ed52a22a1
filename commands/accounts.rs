//! `modelgate accounts …`.

mod change;
mod list;

use clap::Subcommand;
use modelgate_management::AccountAction;

use crate::context::Context;
use crate::error::CommandError;
use crate::remote::Remote;

/// Show the accounts of a running gateway, or change one
///
/// Without a command, lists every API key and every account that somebody logged in to: whether requests are sent with it,
/// why not and when it is tried again, how many attempts gave an answer, and how much of its limits is used up.
///
/// The gateway on this machine is found by its runtime file and needs no key; any other is named with --url and
/// MODELGATE_MANAGEMENT_KEY. With --json: {"accounts": [{"id", "provider", "kind", "login", "source", "label", "email", "plan",
/// "file", "state", "reason", "next_try", "priority", "weight", "prefix", "succeeded", "failed", "token_expires", "quota":
/// [{"name", "used_percent", "resets_at"}], "model_list": {"models", "fetched", "error"}, "models": [{"model", "state", "reason", "next_try"}]}]}; what is not known is
/// absent.
#[derive(Debug, clap::Args)]
#[command(
    subcommand_help_heading = "Commands",
    after_help = "Examples:
  modelgate accounts
  modelgate accounts --json | jq -r '.accounts[] | select(.state == \"cooling\") | .id'
  modelgate accounts disable codex-ada@example.com"
)]
pub(crate) struct Args {
    #[command(flatten)]
    remote: Remote,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Send requests with an account again
    ///
    /// With --json: {"id", "action", "account"}; the account as `modelgate accounts --json` tells it.
    #[command(after_help = "Examples:
  modelgate accounts enable codex-ada@example.com")]
    Enable(change::Args),
    /// Send no more requests with an account
    ///
    /// With --json: {"id", "action", "account"}; the account as `modelgate accounts --json` tells it.
    #[command(after_help = "Examples:
  modelgate accounts disable codex-ada@example.com")]
    Disable(change::Args),
    /// Try an account again at once, whatever made it cool down
    ///
    /// With --json: {"id", "action", "account"}; the account as `modelgate accounts --json` tells it.
    #[command(after_help = "Examples:
  modelgate accounts clear-cooldown 'openrouter[1]'")]
    ClearCooldown(change::Args),
    /// Renew the access token of an account now
    ///
    /// With --json: {"id", "action", "account"}; the account as `modelgate accounts --json` tells it.
    #[command(after_help = "Examples:
  modelgate accounts refresh codex-ada@example.com")]
    Refresh(change::Args),
    /// Forget an account and delete its file
    ///
    /// With --json: {"id", "action"}.
    #[command(after_help = "Examples:
  modelgate accounts remove codex-ada@example.com --yes")]
    Remove(change::RemoveArgs),
}

pub(crate) fn run(context: &mut Context, args: Args) -> Result<(), CommandError> {
    let Args { remote, command } = args;
    let (args, action) = match command {
        None => return list::run(context, &remote),
        Some(Command::Remove(args)) => return change::remove(context, &remote, &args),
        Some(Command::Enable(args)) => (args, AccountAction::Enable),
        Some(Command::Disable(args)) => (args, AccountAction::Disable),
        Some(Command::ClearCooldown(args)) => (args, AccountAction::ClearCooldown),
        Some(Command::Refresh(args)) => (args, AccountAction::Refresh),
    };
    change::run(context, &remote, &args, action)
}
