//! `modelgate config …`.

mod check;
mod edit;
mod get;
mod init;
mod path;
mod show;

use clap::Subcommand;

pub(crate) use init::NewFile;

use crate::context::Context;
use crate::error::CommandError;

/// Make, check, look at and change the configuration file
#[derive(Debug, Subcommand)]
#[command(after_help = "Examples:
  modelgate config check
  modelgate config set routing.strategy fill-first
  modelgate config edit")]
pub(crate) enum Command {
    Init(init::Args),
    Check(check::Args),
    Show(show::Args),
    Path(path::Args),
    Get(get::GetArgs),
    Set(get::SetArgs),
    Unset(get::UnsetArgs),
    Edit(edit::Args),
}

pub(crate) fn run(context: &mut Context, command: Command) -> Result<(), CommandError> {
    match command {
        Command::Init(args) => init::run(context, &args),
        Command::Check(args) => check::run(context, &args),
        Command::Show(args) => show::run(context, &args),
        Command::Path(args) => path::run(context, &args),
        Command::Get(args) => get::get(context, &args),
        Command::Set(args) => get::set(context, &args),
        Command::Unset(args) => get::unset(context, &args),
        Command::Edit(args) => edit::run(context, &args),
    }
}
