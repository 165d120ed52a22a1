//! `modelgate usage …`.

mod amount;
mod harmless;
mod sheet;
mod table;
mod transfer;

use std::convert::Infallible;
use std::io::{IsTerminal as _, stdout};
use std::time::Duration;

use clap::{Subcommand, ValueEnum};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use modelgate_management::{Client, UsageQuery, UsageSummary};
use tokio::time::sleep;

pub(crate) use self::sheet::csv;
use crate::context::Context;
use crate::error::CommandError;
use crate::inert::inert;
use crate::remote::Remote;

/// Between two looks of `--watch`.
const PAUSE: Duration = Duration::from_secs(2);
/// Clears the terminal and goes to its first line.
const CLEAR: &str = "\u{1b}[H\u{1b}[2J\u{1b}[3J";

/// Show what requests used and cost
///
/// The gateway writes down every request, and keeps the sums when it is restarted. Costs are those of its price list, in US
/// dollars: `~` marks what is partly an estimate, `-` what has no price. What an account with a subscription pays is not told
/// by them. A time is an instant, a date, or a time before now (36h, 7d); it counts from the beginning of its hour.
///
/// With --json: {"since", "until", "by", "total", "groups", "ledger"}, where total has "requests", "failed", "aborted",
/// "uncounted", "unpriced", "estimated", "input", "cache_read", "cache_write", "output", "reasoning", "tokens",
/// "cost_nanodollars", "latency_ms", "first_byte_ms", "first_bytes", "bytes_in" and "bytes_out", each group the same with "name"
/// and "of" (the name of a key, the provider of a credential), and ledger tells how recording does: "recording", "open", "written",
/// "queued", "lost" and "last_error".
#[derive(Debug, clap::Args)]
#[command(
    args_conflicts_with_subcommands = true,
    subcommand_help_heading = "Commands",
    after_help = "Examples:\n  modelgate usage --by key --since 7d\n  modelgate usage --by day --csv > days.csv\n  modelgate usage export --format csv --since 2026-11-01 > requests.csv"
)]
pub(crate) struct Args {
    /// What the sums are broken down by
    #[arg(long, value_name = "WHAT", default_value = "model")]
    by: By,
    #[command(flatten)]
    span: Span,
    /// Show the sums again every two seconds, until Ctrl-C
    #[arg(long)]
    watch: bool,
    /// Print CSV; cells that a spreadsheet would take for a formula begin with an apostrophe
    #[arg(long, conflicts_with = "watch")]
    csv: bool,
    #[command(flatten)]
    remote: Remote,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    Export(transfer::ExportArgs),
    Import(transfer::ImportArgs),
}

/// Which requests are meant.
#[derive(Debug, clap::Args)]
struct Span {
    /// From when on; without it and --until, the last 30 days
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// Until when; without it, now
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
}

/// The values of `--by`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum By {
    Model,
    Key,
    Provider,
    Credential,
    Hour,
    Day,
}

impl By {
    fn name(self) -> &'static str {
        match self {
            Self::Model => "model",
            Self::Key => "key",
            Self::Provider => "provider",
            Self::Credential => "credential",
            Self::Hour => "hour",
            Self::Day => "day",
        }
    }
}

impl Span {
    /// The times as they were given, in the days of this machine.
    fn query(&self) -> UsageQuery {
        UsageQuery {
            since: self.since.clone(),
            until: self.until.clone(),
            zone: zone(),
        }
    }
}

/// The name of the time zone of this machine, or how far it is from Greenwich now.
fn zone() -> Option<String> {
    let zone = TimeZone::system();
    match zone.iana_name() {
        Some(name) => Some(name.to_owned()),
        None => Some(zone.to_offset(Timestamp::now()).to_string()),
    }
}

pub(crate) fn run(context: &mut Context, args: &Args) -> Result<(), CommandError> {
    let gateway = args.remote.open(context)?;
    match &args.command {
        Some(Command::Export(args)) => return transfer::export(&gateway, args),
        Some(Command::Import(args)) => return transfer::import(context, &gateway, args),
        None => {}
    }
    let mut query = args.span.query();
    if query.until.is_none() {
        query.since.get_or_insert_with(|| "30d".to_owned());
    }
    if args.watch {
        let watching = watch(context, &gateway.client, args.by, &query);
        return Err(gateway.until_interrupted(watching));
    }
    let summary = gateway.wait(gateway.client.usage(args.by.name(), &query))?;
    if args.csv {
        return context.output.data(&csv(&summary));
    }
    show(context, &summary)
}

fn show(context: &mut Context, summary: &UsageSummary) -> Result<(), CommandError> {
    if context.output.is_json() {
        return context.output.json(summary);
    }
    worry(context, summary);
    if summary.total.requests == 0 {
        context.output.note("no requests in this time");
        return Ok(());
    }
    context.output.data(&table::table(summary))
}

/// Tells what is missing in the sums.
fn worry(context: &mut Context, summary: &UsageSummary) {
    let ledger = &summary.ledger;
    if !ledger.recording {
        context.output.warning("requests are not written down");
        context
            .output
            .hint("modelgate config set usage-statistics-enabled true");
    } else if ledger.lost > 0 || !ledger.open {
        let lost = ledger.lost;
        let why = ledger.last_error.as_deref().unwrap_or("it is not open");
        context.output.warning(&format!(
            "the ledger cannot be written ({}); {lost} requests are missing in it",
            inert(why)
        ));
    }
}

/// Shows the sums again and again, each time in the place of the last ones where a terminal can do that.
async fn watch(
    context: &mut Context,
    client: &Client,
    by: By,
    query: &UsageQuery,
) -> Result<Infallible, CommandError> {
    let clears = stdout().is_terminal() && !context.is_dumb();
    loop {
        let summary = client.usage(by.name(), query).await?;
        if context.output.is_json() {
            context.output.json_line(&summary)?;
        } else {
            if clears {
                context.output.piece(CLEAR)?;
            }
            show(context, &summary)?;
        }
        sleep(PAUSE).await;
        context.output.is_read()?;
    }
}
