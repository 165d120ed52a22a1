//! `modelgate config …`.

mod check;
mod init;
mod path;
mod show;

use clap::Subcommand;

pub(crate) use init::NewFile;

use crate::context::Context;
use crate::error::CommandError;

/// Make, check and look at the configuration file
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Init(init::Args),
    Check(check::Args),
    Show(show::Args),
    Path(path::Args),
}

pub(crate) fn run(context: &mut Context, command: Command) -> Result<(), CommandError> {
    match command {
        Command::Init(args) => init::run(context, &args),
        Command::Check(args) => check::run(context, &args),
        Command::Show(args) => show::run(context, &args),
        Command::Path(args) => path::run(context, &args),
    }
}
