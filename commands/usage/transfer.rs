//! `modelgate usage export` and `modelgate usage import`.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::PathBuf;

use anyhow::Context as _;
use clap::ValueEnum;

use super::Span;
use super::harmless::Harmless;
use crate::context::{Context, shown};
use crate::error::CommandError;
use crate::remote::Gateway;

/// Larger files are refused by the gateway.
const LARGEST: u64 = 64 << 20;

/// Write every request of a time to stdout
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  modelgate usage export > usage.json
  modelgate usage export --format csv --since 2026-11-01 > requests.csv")]
pub(super) struct ExportArgs {
    /// The form: `json` is what `usage import` and programs of the same family read
    #[arg(long, value_name = "FORM", default_value = "json")]
    format: Format,
    #[command(flatten)]
    span: Span,
}

/// Take over the usage of another gateway
///
/// What is in the ledger already is skipped, so that a file may be imported twice. Costs are estimated from the price list.
/// With --json: {"added", "skipped", "total_requests", "failed_requests"}.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  modelgate usage import usage.json
  ssh server modelgate usage export | modelgate usage import -")]
pub(super) struct ImportArgs {
    /// The file that `usage export` has written; `-`: stdin
    #[arg(value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    file: PathBuf,
}

/// The values of `--format`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    Json,
    Jsonl,
    Csv,
}

impl Format {
    fn name(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Jsonl => "jsonl",
            Self::Csv => "csv",
        }
    }
}

pub(super) fn export(gateway: &Gateway, args: &ExportArgs) -> Result<(), CommandError> {
    let query = args.span.query();
    let mut out = Harmless::new(args.format, io::stdout().lock());
    let mut broken = None;
    let write = |piece: &[u8]| match out.write(piece) {
        Ok(()) => true,
        Err(error) => {
            broken = Some(error);
            false
        }
    };
    gateway.wait(
        gateway
            .client
            .export_usage(args.format.name(), &query, write),
    )?;
    let written = broken.map_or_else(|| out.finish(), Err);
    written.map_err(CommandError::from_stdout)
}

pub(super) fn import(
    context: &mut Context,
    gateway: &Gateway,
    args: &ImportArgs,
) -> Result<(), CommandError> {
    let file = read(&args.file).map_err(CommandError::failed)?;
    let imported = gateway.wait(gateway.client.import_usage(file))?;
    if context.output.is_json() {
        return context.output.json(&imported);
    }
    context.output.note(&format!(
        "{} requests were added, {} were known; the ledger has {} now",
        imported.added, imported.skipped, imported.total_requests
    ));
    Ok(())
}

fn read(path: &PathBuf) -> anyhow::Result<Vec<u8>> {
    let source: Box<dyn io::Read> = if path.as_os_str() == "-" {
        Box::new(io::stdin().lock())
    } else {
        let file = File::open(path);
        Box::new(file.with_context(|| format!("cannot open {}", shown(path)))?)
    };
    let mut bytes = Vec::new();
    source
        .take(LARGEST + 1)
        .read_to_end(&mut bytes)
        .with_context(|| format!("cannot read {}", shown(path)))?;
    anyhow::ensure!(
        bytes.len() as u64 <= LARGEST,
        "{} has more than 64 MB; export a shorter time",
        shown(path)
    );
    Ok(bytes)
}
