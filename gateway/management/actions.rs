//! What can be done with an account.

use modelgate_dialects::Str;
use modelgate_dialects::ir::{Error, ErrorKind};
use modelgate_management::{AccountAction, ActionDone};
use modelgate_providers::store::StoreError;
use modelgate_providers::{Accounts, Refresher};

use super::gate::Manager;
use super::{not_possible, unknown_account, views};
use crate::error::Failure;
use crate::state::State;

/// Does something with an account.
pub(crate) async fn act(
    state: &State,
    manager: &Manager,
    id: &str,
    action: AccountAction,
) -> Result<ActionDone, Failure> {
    let mut known = views::accounts(state).accounts.into_iter();
    let account = known
        .find(|account| account.id == id)
        .ok_or_else(|| unknown_account(id))?;
    match (action, account.file, &state.logins) {
        (AccountAction::ClearCooldown, _, _) => clear(state, id),
        (_, Some(file), Some(logins)) => {
            change(logins, file, action).await?;
            state.renew();
        }
        (_, _, _) => {
            let (name, source) = (action.name(), account.source.name());
            return Err(not_possible(format!(
                "cannot {name} the account {id}: it comes from the {source}; change it there"
            )));
        }
    }
    let Manager { key, address } = manager;
    tracing::info!(account = id, %action, by = key, %address, "done by command");
    let mut known = views::accounts(state).accounts.into_iter();
    Ok(ActionDone {
        id: id.to_owned(),
        action,
        account: known.find(|account| account.id == id),
    })
}

fn clear(state: &State, id: &str) {
    let snapshot = state.snapshot();
    let mut credentials = snapshot.catalog.credentials().iter();
    if let Some(credential) = credentials.find(|credential| credential.id.as_str() == id) {
        credential.health.clear();
    }
}

async fn change(logins: &Refresher, file: String, action: AccountAction) -> Result<(), Failure> {
    let write = |change: fn(&Accounts, &str) -> Result<(), StoreError>| {
        let (accounts, file) = (logins.accounts().clone(), file.clone());
        async move {
            let written = tokio::task::spawn_blocking(move || change(&accounts, &file)).await;
            written.map_err(failed)?.map_err(failed)
        }
    };
    match action {
        AccountAction::Enable => write(|all, file| all.set_disabled(file, false).map(drop)).await,
        AccountAction::Disable => write(|all, file| all.set_disabled(file, true).map(drop)).await,
        AccountAction::Remove => write(Accounts::remove).await,
        AccountAction::Refresh => {
            let refreshed = logins.refresh_now(&file, None).await;
            refreshed.map(drop).map_err(failed)
        }
        AccountAction::ClearCooldown => Ok(()),
    }
}

fn failed(error: impl std::fmt::Display) -> Failure {
    let mut failure = Error::new(ErrorKind::Server, Str::from(error.to_string()));
    failure.status = 500;
    failure.with_code("not_done").into()
}
