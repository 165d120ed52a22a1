//! `modelgate env`.

mod shell;

use std::io::{IsTerminal as _, stdout};

use serde::Serialize;
use serde_json::{Map, Value as Json};

use self::shell::Shell;
use crate::clients::{Client, Setup, stronger};
use crate::complete;
use crate::context::Context;
use crate::endpoint::{Endpoint, Reach};
use crate::error::CommandError;
use crate::inert::{inert, inert_lines};

/// Print the lines that point a client at the gateway, for the shell in use
///
/// Sets the address and a client key in the client's own variables, and unsets those that it would prefer. A command that is
/// none of the known clients gets the variables of the OpenAI, Anthropic and Google SDKs.
///
/// The key is printed when stdout is read by a program, as in `eval "$(modelgate env claude)"`. On a terminal it is masked;
/// --show-key shows it. Nothing is started: where no gateway runs, the lines name the address of the configuration.
///
/// With --json: {"client", "url", "set", "unset", "arguments"}, where set has a value for each variable; what the environment
/// cannot say to the client is in arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  eval \"$(modelgate env claude)\"
  modelgate env codex --shell fish | source
  modelgate env gemini --model gemini-3-pro --show-key
  modelgate env python --json")]
pub(crate) struct Args {
    /// claude, codex, gemini, opencode, qwen, aider, or any other command
    #[arg(value_name = "CLIENT", value_hint = clap::ValueHint::CommandName, add = complete::clients())]
    client: String,
    /// The model that the client is to ask for
    #[arg(long, value_name = "MODEL", add = complete::models())]
    model: Option<String>,
    /// The shell, instead of the one in use
    #[arg(long, value_name = "SHELL")]
    shell: Option<Shell>,
    /// Show the key on a terminal too
    #[arg(long)]
    show_key: bool,
    #[command(flatten)]
    reach: Reach,
}

/// What `--json` prints.
#[derive(Debug, Serialize)]
struct View<'a> {
    client: &'a str,
    url: &'a str,
    set: Map<String, Json>,
    unset: &'a [&'a str],
    arguments: &'a [String],
}

pub(crate) fn run(context: &mut Context, args: &Args) -> Result<(), CommandError> {
    let client = Client::of(&args.client);
    let model = args.model.as_deref();
    let (endpoint, runs) = match args.reach.find(context, model)? {
        Some(endpoint) => (endpoint, true),
        None => (args.reach.configured(context, model)?, false),
    };
    let setup = endpoint.setup(context, client, model, runs)?;
    let hidden = stdout().is_terminal() && !args.show_key;
    if context.output.is_json() {
        return context.output.json(&view(args, &endpoint, &setup, hidden));
    }
    let shell = args
        .shell
        .unwrap_or_else(|| Shell::in_use(&context.environment));
    let lines = lines(shell, &setup, hidden);
    if stdout().is_terminal() {
        context.output.data(&inert_lines(&lines))?;
    } else {
        // A shell takes them, so they are exact.
        context.output.piece(&lines)?;
    }
    if !runs {
        context.output.warning(
            "no gateway is running here; these lines name the address of the configuration",
        );
        context.output.hint("modelgate serve starts it");
    }
    if let Some(found) = stronger(client, &setup, &context.environment) {
        context.output.warning(&found.what);
        context.output.hint(&found.hint);
    }
    if !setup.arguments.is_empty() {
        let words: Vec<String> = setup
            .arguments
            .iter()
            .map(|word| shell.quoted(word))
            .collect();
        context.output.note(&format!(
            "{} is told the rest by arguments, which `modelgate launch {0}` gives it too:\n  {0} {}",
            inert(&args.client),
            inert(&words.join(" "))
        ));
    }
    if hidden {
        let line = shell.example(&args.client);
        context.output.note(&format!(
            "the key is masked on a terminal; --show-key shows it, and `{}` uses it",
            inert(&line)
        ));
    }
    Ok(())
}

fn lines(shell: Shell, setup: &Setup, hidden: bool) -> String {
    let set = setup
        .set
        .iter()
        .map(|(name, value)| shell.set(name, &value.shown(hidden)));
    let unset = setup.unset.iter().map(|name| shell.unset(name));
    set.chain(unset).map(|line| line + "\n").collect()
}

fn view<'a>(args: &'a Args, endpoint: &'a Endpoint, setup: &'a Setup, hidden: bool) -> View<'a> {
    let set = setup
        .set
        .iter()
        .map(|(name, value)| ((*name).to_owned(), Json::from(value.shown(hidden))));
    View {
        client: &args.client,
        url: &endpoint.url,
        set: set.collect(),
        unset: setup.unset,
        arguments: &setup.arguments,
    }
}
