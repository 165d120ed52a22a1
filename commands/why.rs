//! `modelgate why`.

mod latest;
mod story;

use crate::complete;
use crate::context::Context;
use crate::error::CommandError;
use crate::remote::Remote;

/// Tell what became of a request, and why
///
/// Who asked for what; which accounts were considered and which were skipped, and why; every attempt; what could not be
/// carried into the provider's dialect; where the time went. The id is in the answer's `x-request-id` and in the log; without
/// one, the latest requests are listed. The gateway remembers the last 1000 requests that are over.
///
/// With --json: {"id", "time", "client_key", "client_name", "dialect", "model", "stream", "status", "complete", "error",
/// "served": {"credential", "provider", "dialect", "model"}, "affinity": {"source", "outcome", "credential"}, "candidates":
/// [{"credential", "model", "outcome", "reason", "next_try"}], "more_candidates", "attempts": [{"credential", "model",
/// "status", "kind", "message", "retry_after_ms", "ms"}], "losses": [{"path", "action", "why"}], "times": {"total_ms",
/// "own_us", "queue_ms", "first_byte_ms", "stream_ms"}, "usage": {"input", "cached", "output"}, "cost": {"nanodollars",
/// "basis", "parts": [{"what", "tokens", "price"}]}}; without an id: {"requests":
/// [{"id", "time", "client_key", "client_name", "dialect", "model", "stream", "status", "complete", "credential",
/// "provider", "upstream_dialect", "upstream_model", "attempts", "total_ms", "first_byte_ms", "usage", "cost", "error"}]}.
/// What is not known is absent.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  modelgate why
  modelgate why 0199f0d2c5b77c1e8a3f6d0b2c4e5f60
  modelgate why --limit 5 --json")]
pub(crate) struct Args {
    /// The request, as `x-request-id` of its answer names it; without one, the latest requests are listed
    #[arg(value_name = "REQUEST-ID", add = complete::requests())]
    id: Option<String>,
    /// How many requests to list
    #[arg(long, value_name = "COUNT", default_value = "20", conflicts_with = "id",
        value_parser = clap::value_parser!(u16).range(1..=1000))]
    limit: u16,
    #[command(flatten)]
    remote: Remote,
}

pub(crate) fn run(context: &mut Context, args: &Args) -> Result<(), CommandError> {
    match &args.id {
        Some(id) => story::run(context, &args.remote, id),
        None => latest::run(context, &args.remote, usize::from(args.limit)),
    }
}
