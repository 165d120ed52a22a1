//! `modelgate launch`.

mod child;
mod gateway;

use std::ffi::OsString;
use std::process::Command;

use tokio::runtime::Builder;

use self::gateway::Started;
use crate::clients::{Client, Setup, stronger};
use crate::complete;
use crate::context::Context;
use crate::endpoint::{Endpoint, Reach, not_running};
use crate::error::CommandError;
use crate::inert::inert;

/// Start a client that asks the gateway
///
/// Sets the address and a client key in the client's own variables, and takes those away that it would prefer: keys of
/// providers, logins. Which of yours are not in effect is said. The key is never an argument. A command that is none of the
/// known clients gets the variables of the OpenAI, Anthropic and Google SDKs; `modelgate env` prints them all.
///
/// Where no gateway runs on this machine, one is started with your configuration, and ends when the client ends; others who
/// used it meanwhile lose it then, so `modelgate serve` is for more than one. Its log is in `launch.log` in the state
/// directory.
///
/// Exits as the client does: with its code, or 128 and the number of the signal that ended it.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  modelgate launch claude
  modelgate launch codex --model claude-sonnet-5 -- exec \"explain this repository\"
  modelgate launch aider --key laptop -- --no-git
  modelgate launch python -- script.py")]
pub(crate) struct Args {
    /// claude, codex, gemini, opencode, qwen, aider, or any other command
    #[arg(value_name = "CLIENT", value_hint = clap::ValueHint::CommandName, add = complete::clients())]
    client: String,
    /// The model that the client is to ask for
    #[arg(long, value_name = "MODEL", add = complete::models())]
    model: Option<String>,
    #[command(flatten)]
    reach: Reach,
    /// What the client gets as its own arguments
    #[arg(last = true, value_name = "ARGUMENTS", value_hint = clap::ValueHint::CommandWithArguments)]
    arguments: Vec<OsString>,
}

pub(crate) fn run(context: &mut Context, args: &Args) -> Result<(), CommandError> {
    let client = Client::of(&args.client);
    let model = args.model.as_deref();
    if let Some(endpoint) = args.reach.find(context, model)? {
        let command = prepared(context, client, args, &endpoint)?;
        return Err(child::replace(command, client, args));
    }
    child::find(&context.environment, client, &args.client)?;
    let runtime = Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| CommandError::failed(error.into()))?;
    let mut started = runtime.block_on(Started::start(context))?;
    let outcome = beside(context, &runtime, client, args);
    runtime.block_on(started.stop());
    match outcome? {
        0 => Ok(()),
        code => Err(CommandError::exited(code)),
    }
}

/// Runs the client beside the gateway that was started for it, and tells its exit code.
fn beside(
    context: &mut Context,
    runtime: &tokio::runtime::Runtime,
    client: Client,
    args: &Args,
) -> Result<u8, CommandError> {
    let model = args.model.as_deref();
    let endpoint = args.reach.find(context, model)?.ok_or_else(not_running)?;
    context.output.note(&format!(
        "no gateway was running, so one was started at {}; it ends with {}",
        endpoint.url,
        inert(&args.client)
    ));
    let command = prepared(context, client, args, &endpoint)?;
    runtime.block_on(child::wait(command, client, args))
}

/// The client with its arguments and its environment.
fn prepared(
    context: &mut Context,
    client: Client,
    args: &Args,
    endpoint: &Endpoint,
) -> Result<Command, CommandError> {
    let setup = endpoint.setup(context, client, args.model.as_deref(), true)?;
    tell(context, client, args, endpoint, &setup);
    let mut command = Command::new(&args.client);
    command.args(&setup.arguments).args(&args.arguments);
    for (name, value) in &setup.set {
        command.env(name, value.clear());
    }
    for name in setup.unset {
        command.env_remove(name);
    }
    Ok(command)
}

fn tell(context: &mut Context, client: Client, args: &Args, endpoint: &Endpoint, setup: &Setup) {
    let name = inert(&args.client).into_owned();
    context.output.note(&format!(
        "{name} asks {} with {}",
        inert(&endpoint.url),
        endpoint.whose
    ));
    let replaced = setup.replaced(&context.environment);
    if !replaced.is_empty() {
        context.output.note(&format!(
            "not in effect for it, though set here: {}",
            replaced.join(", ")
        ));
    }
    if client == Client::Other && args.model.is_some() {
        let warning =
            format!("no variable tells {name} which model to use, so --model does nothing");
        context.output.warning(&warning);
        context
            .output
            .hint("name the model among its own arguments, behind --");
    }
    if let Some(found) = stronger(client, setup, &context.environment) {
        context.output.warning(&found.what);
        context.output.hint(&found.hint);
    }
}
