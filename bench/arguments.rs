//! The command line; doc comments are the help.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::wire::Dialect;

/// Measure what the gateway costs beside a plain reverse proxy
#[derive(Debug, Parser)]
#[command(
    name = "modelgate-bench",
    version,
    args_conflicts_with_subcommands = true
)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    #[command(flatten)]
    pub(crate) run: Run,
}

/// The programs a run starts of itself.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Answer as the stand-in upstream
    Upstream {
        /// Port on the loopback
        #[arg(long)]
        port: u16,
    },
    /// Forward as the plain reverse proxy
    Yardstick {
        /// Port on the loopback
        #[arg(long)]
        port: u16,
        /// Where everything is forwarded
        #[arg(long)]
        upstream: SocketAddr,
    },
}

/// What a run measures, and how.
#[derive(Debug, Args)]
pub(crate) struct Run {
    /// The gateway binary; without it the workspace's own is built and used
    #[arg(long, value_name = "PATH")]
    pub(crate) gateway: Option<PathBuf>,
    /// Another gateway binary, to compare the first with in the same rounds
    #[arg(long, value_name = "PATH")]
    pub(crate) against: Option<PathBuf>,
    /// Put a second yardstick in the gateway's place: every ratio should be 1
    #[arg(long, conflicts_with_all = ["gateway", "against"])]
    pub(crate) self_test: bool,
    /// Measure only this workload, or those whose names contain this; may be repeated
    #[arg(long, value_name = "NAME")]
    pub(crate) workload: Vec<String>,
    /// Measure the workloads beyond the standard set too
    #[arg(long)]
    pub(crate) all: bool,
    /// Measure every pair of a client's and an upstream's dialect, instead of the standard set
    #[arg(long)]
    pub(crate) pairs: bool,
    /// Of the pairs, only those of this client's dialect; may be repeated
    #[arg(long, value_name = "DIALECT", requires = "pairs")]
    pub(crate) client: Vec<Dialect>,
    /// Of the pairs, only those of this upstream's dialect; may be repeated
    #[arg(long, value_name = "DIALECT", requires = "pairs")]
    pub(crate) upstream: Vec<Dialect>,
    /// Measure the console, instead of the standard set: the first frame of the dashboard, what it costs idle and at 1,000
    /// events in a second, whether its memory grows, and how long `models` and `usage` take
    #[arg(long, conflicts_with_all = ["pairs", "self_test", "against"])]
    pub(crate) console: bool,
    /// How long the memory of the dashboard is watched
    #[arg(
        long,
        value_name = "MINUTES",
        default_value_t = 1.0,
        requires = "console"
    )]
    pub(crate) minutes: f64,
    /// List the workloads and stop
    #[arg(long)]
    pub(crate) list: bool,
    /// Rounds, in which everyone is measured
    #[arg(long, default_value_t = 9, value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) rounds: u16,
    /// Length of one round in seconds
    #[arg(long, default_value_t = 1.0)]
    pub(crate) seconds: f64,
    /// Take few and short rounds: a look, not a measurement
    #[arg(long, conflicts_with_all = ["rounds", "seconds"])]
    pub(crate) quick: bool,
    /// Print JSON
    #[arg(long, conflicts_with = "markdown")]
    pub(crate) json: bool,
    /// Print Markdown, for the README
    #[arg(long)]
    pub(crate) markdown: bool,
    /// Exit with 1 if a number misses its reach
    #[arg(long)]
    pub(crate) strict: bool,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }
}
