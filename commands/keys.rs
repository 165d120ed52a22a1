//! `modelgate keys …`.

mod change;
mod list;
mod provider;

use clap::Subcommand;

use crate::context::Context;
use crate::error::CommandError;
use crate::remote::Remote;

/// Show the client keys, make new ones, change what they may do, or end old ones
///
/// Without a command, lists the keys that clients may present, by the first digits of their SHA-256; a key itself is shown
/// only when it is made. `keys provider` does the same for the keys that the gateway presents to providers.
///
/// The configuration of the gateway on this machine is changed at once and without a key; without a running gateway, the
/// file. Another gateway is named with --url and MODELGATE_MANAGEMENT_KEY. Comments in the file are kept. With --json:
/// {"keys": [{"id", "name", "models", "disabled", "expires"}]}; no models stands for all of them.
#[derive(Debug, clap::Args)]
#[command(
    subcommand_help_heading = "Commands",
    after_help = "Examples:\n  modelgate keys add --name ann --models 'claude-*,gpt-5*' --expires 2027-01-31\n  modelgate keys rotate ann\n  modelgate keys provider add claude < key.txt"
)]
pub(crate) struct Args {
    #[command(flatten)]
    remote: Remote,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List the client keys
    ///
    /// With --json the same as `modelgate keys`.
    #[command(after_help = "Examples:
  modelgate keys list
  modelgate keys list --json")]
    List,
    Add(change::AddArgs),
    Set(change::SetArgs),
    Revoke(change::RevokeArgs),
    Rotate(change::RotateArgs),
    Provider(provider::Args),
}

pub(crate) fn run(context: &mut Context, args: Args) -> Result<(), CommandError> {
    let target = args.remote.target(context)?;
    match args.command {
        None | Some(Command::List) => list::run(context, &target),
        Some(Command::Add(args)) => change::add(context, &target, args),
        Some(Command::Set(args)) => change::set(context, &target, args),
        Some(Command::Revoke(args)) => change::revoke(context, &target, &args),
        Some(Command::Rotate(args)) => change::rotate(context, &target, &args),
        Some(Command::Provider(args)) => provider::run(context, &target, args),
    }
}
