//! `modelgate logout`.

use modelgate_config::Overrides;
use modelgate_providers::store::Snapshot;
use modelgate_providers::{Account, Accounts};
use serde::Serialize;

use crate::complete;
use crate::confirm::confirm;
use crate::context::Context;
use crate::error::CommandError;
use crate::inert::inert;

/// Forget an account and delete its file
///
/// Works without a gateway; one that runs stops using the account at once. The provider is not told: end the session on its
/// site too if somebody else may have the tokens. With --json: {"removed": {"provider", "id"}}.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  modelgate logout claude-ada@example.com
  modelgate logout ada@example.com --yes")]
pub(crate) struct Args {
    /// The account: its name in `modelgate accounts`, its address or its label
    #[arg(value_name = "ACCOUNT", add = complete::logins())]
    account: String,
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
}

#[derive(Debug, Serialize)]
struct Done<'d> {
    removed: Removed<'d>,
}

#[derive(Debug, Serialize)]
struct Removed<'d> {
    provider: &'d str,
    id: &'d str,
}

pub(crate) fn run(context: &mut Context, args: &Args) -> Result<(), CommandError> {
    let config = context.load()?.resolve(&Overrides::default())?.config;
    let failed = |error: anyhow::Error| CommandError::failed(error);
    let accounts = Accounts::open(&config.auth_dir).map_err(|error| failed(error.into()))?;
    let snapshot = accounts.snapshot();
    let account = find(&snapshot, &args.account)?;
    let id = inert(account.id()).into_owned();
    if !args.yes {
        confirm(context, &format!("Remove the account {id}?"))?;
    }
    accounts
        .remove(&account.file)
        .map_err(|error| failed(error.into()))?;
    if context.output.is_json() {
        return context.output.json(&Done {
            removed: Removed {
                provider: account.kind.name(),
                id: account.id(),
            },
        });
    }
    context.output.note(&format!("removed {id}"));
    Ok(())
}

/// The one account that is meant.
fn find<'s>(snapshot: &'s Snapshot, name: &str) -> Result<&'s Account, CommandError> {
    let settings = |account: &Account| {
        let settings = &account.settings;
        [settings.email.clone(), settings.label.clone()]
    };
    let exact = |account: &Account| account.id() == name || *account.file == *name;
    let close = |account: &Account| {
        let words = settings(account);
        words.iter().flatten().any(|word| **word == *name)
    };
    let accounts = || snapshot.accounts().iter().map(|account| &**account);
    let mut found: Vec<&Account> = accounts().filter(|account| exact(account)).collect();
    if found.is_empty() {
        found = accounts().filter(|account| close(account)).collect();
    }
    match found[..] {
        [account] => Ok(account),
        [] => {
            let error = anyhow::anyhow!("there is no account `{name}`");
            Err(CommandError::failed(error).hint("`modelgate login --list` counts the accounts"))
        }
        _ => {
            let ids: Vec<&str> = found.iter().map(|account| account.id()).collect();
            let error = anyhow::anyhow!("several accounts are called `{name}`");
            let hint = format!("name one of: {}", inert(&ids.join(", ")));
            Err(CommandError::usage(error).hint(hint))
        }
    }
}
