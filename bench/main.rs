//! What the gateway costs, beside a plain reverse proxy measured in the same run.
//!
//! One command starts a stand-in upstream, a plain hyper reverse proxy as the yardstick, and the
//! real gateway binary, loads them side by side in rounds, and prints what each costs and
//! the gateway's ratio to the yardstick. Linux only: it pins processes and reads `/proc`.
//!
//! Start at [`workload`] for what is sent, at [`measure`] for what is measured.

use std::process::ExitCode;

use clap::Parser;
use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::Signal;

use crate::arguments::{Arguments, Command};

mod arguments;

mod client;
mod contender;
mod gateway_build;
mod load;
mod machine;
mod measure;
mod process;
mod report;
mod run;
mod statistics;
mod terminal;
mod upstream;
mod wire;
mod workload;
mod yardstick;

fn main() -> anyhow::Result<ExitCode> {
    let arguments = Arguments::parse();
    if arguments.command.is_some() {
        // The run owns its helpers: they end with it however it ends.
        set_pdeathsig(Signal::SIGKILL)?;
    }
    match arguments.command {
        Some(Command::Upstream { port }) => upstream::run(port).map(|()| ExitCode::SUCCESS),
        Some(Command::Yardstick { port, upstream }) => {
            yardstick::run(port, upstream).map(|()| ExitCode::SUCCESS)
        }
        None => run::run(&arguments.run),
    }
}
