//! The command line: one file per subcommand, each with its `Args` (whose doc comment is the help) and `run`.
//!
//! The only room that prints. Data goes to stdout, everything else to stderr. Knows neither protocols nor
//! routing. Start at `cli`, then read any one command; the others have the same two items.

mod accounts;
mod ask;
mod browser;
mod candidates;
mod cli;
mod clients;
mod clock;
mod columns;
mod complete;
mod completions;
mod config;
mod confirm;
mod context;
mod dashboard;
mod doctor;
mod endpoint;
mod env;
mod error;
mod keys;
mod launch;
mod login;
mod logout;
mod logs;
mod man;
mod models;
mod occupied;
mod output;
mod panel;
mod prompt;
mod remote;
mod route;
mod serve;
mod target;
mod usage;
mod version;
mod why;

use std::ffi::OsString;
use std::process::ExitCode;

use modelgate_management::inert;

/// Runs the program with the arguments of this process.
#[must_use]
pub fn main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    ExitCode::from(cli::run(&arguments))
}
