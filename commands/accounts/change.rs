//! `modelgate accounts enable`, `disable`, `clear-cooldown`, `refresh` and `remove`.

use modelgate_management::accounts::State;
use modelgate_management::{AccountAction, ActionDone};

use crate::complete;
use crate::confirm::confirm;
use crate::context::Context;
use crate::error::CommandError;
use crate::inert::inert;
use crate::remote::{Gateway, Remote};

/// The account to change.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The account, as `modelgate accounts` names it
    #[arg(value_name = "ID", add = complete::accounts())]
    id: String,
}

/// The account to remove.
#[derive(Debug, clap::Args)]
pub(super) struct RemoveArgs {
    #[command(flatten)]
    account: Args,
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
}

pub(super) fn run(
    context: &mut Context,
    remote: &Remote,
    args: &Args,
    action: AccountAction,
) -> Result<(), CommandError> {
    let gateway = remote.open(context)?;
    change(context, &gateway, &args.id, action)
}

pub(super) fn remove(
    context: &mut Context,
    remote: &Remote,
    args: &RemoveArgs,
) -> Result<(), CommandError> {
    let gateway = remote.open(context)?;
    let id = &args.account.id;
    if !args.yes {
        confirm(context, &format!("Remove the account {}?", inert(id)))?;
    }
    change(context, &gateway, id, AccountAction::Remove)
}

fn change(
    context: &mut Context,
    gateway: &Gateway,
    id: &str,
    action: AccountAction,
) -> Result<(), CommandError> {
    let done = gateway.wait(gateway.client.act(id, action))?;
    if context.output.is_json() {
        return context.output.json(&done);
    }
    context.output.note(&said(&done));
    Ok(())
}

/// What was done, and how the account is now.
fn said(done: &ActionDone) -> String {
    let did = match done.action {
        AccountAction::Enable => "enabled",
        AccountAction::Disable => "disabled",
        AccountAction::ClearCooldown => "cleared the cooldown of",
        AccountAction::Refresh => "refreshed",
        AccountAction::Remove => "removed",
    };
    let id = inert(&done.id);
    let state = done.account.as_ref().map(|account| account.state);
    match state.filter(|state| !matches!(state, State::Disabled)) {
        Some(state) => format!("{did} {id}; it is now: {}", state.name()),
        None => format!("{did} {id}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_told_with_the_state_that_came_of_it() {
        let account = |state: &str| {
            format!(
                r#"{{"id":"a","provider":"p","kind":"k","source":"file","state":"{state}","priority":0}}"#
            )
        };
        for (action, account, expected) in [
            (
                "enable",
                Some(account("ready")),
                "enabled a\\u{7}; it is now: ready",
            ),
            ("disable", Some(account("disabled")), "disabled a\\u{7}"),
            (
                "clear_cooldown",
                Some(account("on_trial")),
                "cleared the cooldown of a\\u{7}; it is now: on trial",
            ),
            ("remove", None, "removed a\\u{7}"),
        ] {
            let account = account.unwrap_or("null".to_owned());
            let text = format!(r#"{{"id":"a\u0007","action":"{action}","account":{account}}}"#);
            let done: ActionDone = serde_json::from_str(&text).unwrap();
            assert_eq!(said(&done), expected);
        }
    }
}
