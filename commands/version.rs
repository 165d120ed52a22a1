//! `modelgate version`.

use serde::Serialize;

use crate::context::Context;
use crate::error::CommandError;

/// Print the version
///
/// With --json: {"name", "version"}.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  modelgate version
  modelgate version --json")]
pub(crate) struct Args {}

#[derive(Serialize)]
struct View {
    name: &'static str,
    version: &'static str,
}

pub(crate) fn run(context: &mut Context, _args: &Args) -> Result<(), CommandError> {
    let view = View {
        name: "modelgate",
        version: env!("CARGO_PKG_VERSION"),
    };
    if context.output.is_json() {
        return context.output.json(&view);
    }
    context
        .output
        .data(&format!("{} {}", view.name, view.version))
}
