//! From arguments to an exit code.

use std::ffi::OsString;
use std::io;
use std::path::PathBuf;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};
use clap_complete::CompleteEnv;
use modelgate_config::Environment;

use crate::context::Context;
use crate::error::{CommandError, USAGE};
use crate::inert::inert;
use crate::output::{Output, Settings};
use crate::{
    accounts, ask, completions, config, dashboard, doctor, env, keys, launch, login, logout, logs,
    man, models, panel, route, serve, usage, version, why,
};

/// Put one gateway between every LLM client and every LLM provider
///
/// Clients keep their own dialect, OpenAI's, Anthropic's or Google's; modelgate chooses who answers, translates where
/// it has to, and streams the answer back. `modelgate serve` works without any set-up; `modelgate` alone, on
/// a terminal, is its dashboard.
#[derive(Debug, Parser)]
#[command(name = "modelgate", version, infer_subcommands = false)]
#[command(after_help = "Examples:
  modelgate serve
  modelgate launch claude
  modelgate ask --model demo hello
  modelgate doctor

Exit codes: 0 success, 1 failed, 2 wrong usage or configuration, 130 interrupted.")]
pub(crate) struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Option<Command>,
}

/// The flags that every command has.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Global options")]
pub(crate) struct Global {
    /// Configuration file; otherwise $MODELGATE_CONFIG, ./modelgate.yaml, or the one in your configuration directory
    #[arg(long, global = true, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    config: Option<PathBuf>,
    /// Print JSON for scripts
    #[arg(long, global = true)]
    json: bool,
    /// When to use colour; NO_COLOR in the environment counts too
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    color: Color,
    /// Print only data, warnings and errors
    #[arg(long, short, global = true)]
    quiet: bool,
}

/// The values of `--color`; `auto` is colour on a terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    Auto,
    Always,
    Never,
}

#[derive(Debug, Subcommand)]
enum Command {
    Serve(serve::Args),
    Dashboard(dashboard::Args),
    Panel(panel::Args),
    Launch(launch::Args),
    Env(env::Args),
    Ask(ask::Args),
    Login(login::Args),
    Logout(logout::Args),
    Models(models::Args),
    Accounts(accounts::Args),
    Keys(keys::Args),
    Usage(usage::Args),
    Why(why::Args),
    Route(route::Args),
    Logs(logs::Args),
    #[command(subcommand)]
    Config(config::Command),
    Doctor(doctor::Args),
    Completions(completions::Args),
    Man(man::Args),
    Version(version::Args),
}

/// The whole command line, for help, completions and man pages.
pub(crate) fn command() -> clap::Command {
    Cli::command()
}

/// Runs a command line and tells the exit code.
pub(crate) fn run(arguments: &[OsString]) -> u8 {
    match CompleteEnv::with_factory(command).try_complete(arguments, None) {
        Ok(false) => {}
        Ok(true) => return 0,
        Err(error) => return refused(&error),
    }
    let cli = match parsed(arguments) {
        Ok(cli) => cli,
        Err(error) => return refused(&told(arguments, error)),
    };
    let output = Output::new(Settings {
        json: cli.global.json,
        quiet: cli.global.quiet,
        color: cli.global.color,
    });
    let mut context = Context::new(Environment::from_process(), cli.global.config, output);
    let outcome = match cli.command {
        Some(command) => command.run(&mut context),
        None if dashboard::is_possible(&context) && !context.output.is_json() => {
            dashboard::run(&mut context, &dashboard::Args::default())
        }
        None => help(&mut context),
    };
    match outcome {
        Ok(()) => 0,
        Err(error) => {
            context.output.error(&error);
            error.exit_code()
        }
    }
}

impl Command {
    fn run(self, context: &mut Context) -> Result<(), CommandError> {
        match self {
            Self::Serve(args) => serve::run(context, args),
            Self::Dashboard(args) => dashboard::run(context, &args),
            Self::Panel(args) => panel::run(context, &args),
            Self::Launch(args) => launch::run(context, &args),
            Self::Env(args) => env::run(context, &args),
            Self::Ask(args) => ask::run(context, &args),
            Self::Login(args) => login::run(context, &args),
            Self::Logout(args) => logout::run(context, &args),
            Self::Models(args) => models::run(context, &args),
            Self::Accounts(args) => accounts::run(context, args),
            Self::Keys(args) => keys::run(context, args),
            Self::Usage(args) => usage::run(context, &args),
            Self::Why(args) => why::run(context, &args),
            Self::Route(args) => route::run(context, &args),
            Self::Logs(args) => logs::run(context, &args),
            Self::Config(command) => config::run(context, command),
            Self::Doctor(args) => doctor::run(context, &args),
            Self::Completions(args) => completions::run(context, &args),
            Self::Man(args) => man::run(context, &args),
            Self::Version(args) => version::run(context, &args),
        }
    }
}

impl From<Color> for clap::ColorChoice {
    fn from(color: Color) -> Self {
        match color {
            Color::Auto => Self::Auto,
            Color::Always => Self::Always,
            Color::Never => Self::Never,
        }
    }
}

fn parsed(arguments: &[OsString]) -> Result<Cli, clap::Error> {
    let matches = command()
        .color(color_of(arguments).into())
        .try_get_matches_from(arguments)?;
    Cli::from_arg_matches(&matches)
}

/// The same error with the words harmless that it repeats: they need not be the person's own.
fn told(arguments: &[OsString], error: clap::Error) -> clap::Error {
    let words = arguments.iter().map(|word| word.to_string_lossy());
    let words: Vec<OsString> = words.map(|word| inert(&word).into_owned().into()).collect();
    parsed(&words).err().unwrap_or(error)
}

fn help(context: &mut Context) -> Result<(), CommandError> {
    let help = command().render_help().ansi().to_string();
    context.output.data(&help)
}

/// Help, the version, or what is wrong with the arguments. A reader that went away is no error.
fn refused(error: &clap::Error) -> u8 {
    let wanted = !error.use_stderr();
    match error.print() {
        Err(failed) if failed.kind() != io::ErrorKind::BrokenPipe => 1,
        _ if wanted => 0,
        _ => USAGE,
    }
}

/// `--color`, read before everything else, because the message about wrong arguments obeys it too.
fn color_of(arguments: &[OsString]) -> Color {
    let mut words = arguments.iter().filter_map(|word| word.to_str());
    let mut color = Color::Auto;
    while let Some(word) = words.next() {
        let value = match word.split_once('=') {
            Some(("--color", value)) => Some(value),
            None if word == "--color" => words.next(),
            _ => None,
        };
        if let Some(value) = value {
            color = Color::from_str(value, false).unwrap_or(color);
        }
    }
    color
}

#[cfg(test)]
mod tests;
