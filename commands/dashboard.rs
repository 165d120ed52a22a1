//! `modelgate dashboard`, which is also `modelgate` alone on a terminal.

mod outside;

use std::io::{self, IsTerminal as _};

use anyhow::Context as _;
use clap::ValueEnum;
use modelgate_tui::{Outside, Theme};
use tokio::runtime::Builder;

use crate::context::Context;
use crate::error::CommandError;
use crate::remote::Remote;

/// Watch and look after a gateway, live
///
/// What is asked, who answers, how long it takes and what it costs, as it happens; the accounts and how they are. `?` shows
/// every key, `q` quits. Without a running gateway it waits for one. `modelgate` alone, on a terminal, is the same.
///
/// A model that is tested there is asked with a client key, as `modelgate ask` does it: the first that can be read in the
/// configuration, or $MODELGATE_KEY.
///
/// Scripts get the same from `accounts`, `why` and `usage` with --json.
#[derive(Debug, Default, clap::Args)]
#[command(
    after_help = "Examples:\n  modelgate dashboard --theme light\n  modelgate dashboard --url http://192.0.2.1:8317"
)]
pub(crate) struct Args {
    /// The ground on which colours must be read; auto goes by $COLORFGBG, else dark
    #[arg(long, value_name = "GROUND", default_value = "auto")]
    theme: Ground,
    #[command(flatten)]
    remote: Remote,
}

/// The values of `--theme`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
enum Ground {
    #[default]
    Auto,
    Dark,
    Light,
}

/// Whether there is somebody to show it to, at a terminal that can place what it shows.
pub(crate) fn is_possible(context: &Context) -> bool {
    io::stdin().is_terminal() && io::stdout().is_terminal() && !context.is_dumb()
}

/// The dashboard before it is shown.
pub(crate) struct Dashboard {
    outside: Outside,
    theme: Theme,
}

impl Dashboard {
    /// Of the gateway of this machine that `context` is about.
    pub(crate) fn local(context: &Context) -> Result<Self, CommandError> {
        Self::new(context, &Args::default())
    }

    fn new(context: &Context, args: &Args) -> Result<Self, CommandError> {
        let outside = outside::outside(context, &args.remote)?;
        if context.output.is_json() || !is_possible(context) {
            let why = match context.is_dumb() {
                true => "; TERM says `dumb`",
                false => "",
            };
            let error = anyhow::anyhow!("the dashboard needs a terminal{why}");
            return Err(CommandError::usage(error)
                .hint("for scripts: modelgate accounts, why and usage, with --json"));
        }
        Ok(Self {
            outside,
            theme: theme(context, args.theme),
        })
    }

    /// Shows it until the person quits.
    pub(crate) async fn show(self) -> Result<(), CommandError> {
        let shown = Box::pin(modelgate_tui::run(self.outside, self.theme)).await;
        shown
            .context("the terminal cannot be used")
            .map_err(CommandError::failed)
    }
}

pub(crate) fn run(context: &mut Context, args: &Args) -> Result<(), CommandError> {
    let dashboard = Dashboard::new(context, args)?;
    let runtime = Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")
        .map_err(CommandError::failed)?;
    let shown = runtime.block_on(dashboard.show());
    // A look for the gateway that is under way must not hold up the end.
    runtime.shutdown_background();
    shown
}

fn theme(context: &Context, ground: Ground) -> Theme {
    if !context.output.colored_out() {
        return Theme::Plain;
    }
    match ground {
        Ground::Dark => Theme::Dark,
        Ground::Light => Theme::Light,
        Ground::Auto => of_terminal(context.environment.get("COLORFGBG")),
    }
}

/// What a terminal says of its colours: those of letters and ground by their numbers, of which 7 and 15 are white.
fn of_terminal(colors: Option<&str>) -> Theme {
    let ground = colors.and_then(|colors| colors.rsplit(';').next());
    match ground {
        Some("7" | "15") => Theme::Light,
        _ => Theme::Dark,
    }
}

#[cfg(test)]
mod tests {
    use modelgate_config::Environment;

    use super::*;
    use crate::output::testing::captured;

    #[test]
    fn the_ground_is_told_by_the_terminal() {
        for (colors, expected) in [
            (None, Theme::Dark),
            (Some("15;0"), Theme::Dark),
            (Some("0;15"), Theme::Light),
            (Some("0;default;7"), Theme::Light),
            (Some(""), Theme::Dark),
        ] {
            assert_eq!(of_terminal(colors), expected, "{colors:?}");
        }
    }

    #[test]
    fn without_a_terminal_scripts_are_shown_the_way() {
        let home = tempfile::tempdir().unwrap();
        let environment = Environment::from_map([("HOME", home.path().to_str().unwrap())]);
        let (output, _, _) = captured(true);
        let mut context = Context::new(environment, None, output);
        let error = run(&mut context, &Args::default()).unwrap_err();
        assert_eq!(error.exit_code(), 2);
        assert!(error.message().unwrap().contains("needs a terminal"));
        assert_eq!(theme(&context, Ground::Light), Theme::Plain);
    }
}
