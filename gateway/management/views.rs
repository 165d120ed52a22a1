//! What the management API tells, put together from what the gateway knows.

use std::time::SystemTime;

use modelgate_management::accounts::{self, Account, ModelState, QuotaWindow};
use modelgate_management::time::{Timestamp, timestamp};
use modelgate_management::{AccountAction, Accounts, ActionDone};
use modelgate_providers::health::{Bar, Report};
use modelgate_providers::{Credential, Moment, Source, Standing};

use super::{not_possible, unknown_account};
use crate::error::Failure;
use crate::state::State;

/// Every account and how it is.
pub(crate) fn accounts(state: &State) -> Accounts {
    let snapshot = state.snapshot();
    let credentials = snapshot.catalog.credentials().iter();
    Accounts {
        accounts: credentials.map(|credential| account(credential)).collect(),
        session_hit_rate: state.affinity.hit_rate(),
    }
}

fn account(credential: &Credential) -> Account {
    let report = credential.health.report();
    let now = Moment::now();
    let all = report.all.as_ref();
    Account {
        id: credential.id.to_string(),
        provider: credential.provider.to_string(),
        kind: credential.kind.name().to_owned(),
        source: match credential.source {
            Source::Config => accounts::Source::Config,
            Source::Environment => accounts::Source::Environment,
            Source::BuiltIn => accounts::Source::BuiltIn,
        },
        label: None,
        email: None,
        file: None,
        state: all.map_or(accounts::State::Ready, |bar| standing(bar, now)),
        reason: all.map(reason),
        next_try: all.and_then(|bar| at(bar.until, now)),
        priority: credential.priority,
        weight: u32::try_from(credential.weight).ok(),
        prefix: credential.prefix.as_deref().map(str::to_owned),
        succeeded: Some(report.succeeded),
        failed: Some(report.failed),
        token_expires: None,
        quota: quota(&report),
        models: models(&report, now),
    }
}

fn models(report: &Report, now: Moment) -> Vec<ModelState> {
    let bars = report.models.iter().map(|(model, bar)| ModelState {
        model: model.to_string(),
        state: standing(bar, now),
        reason: Some(reason(bar)),
        next_try: at(bar.until, now),
    });
    bars.collect()
}

fn quota(report: &Report) -> Vec<QuotaWindow> {
    let windows = report.quota.iter().map(|window| QuotaWindow {
        name: window.name.to_string(),
        used_percent: window
            .used_percent
            .unwrap_or(if window.used_up { 100.0 } else { 0.0 }),
        resets_at: window.resets_at.map(timestamp),
    });
    windows.collect()
}

fn standing(bar: &Bar, now: Moment) -> accounts::State {
    match bar.standing(now) {
        Standing::Barred { until, .. } if until == Moment::NEVER => accounts::State::LogInAgain,
        Standing::Barred { .. } => accounts::State::Cooling,
        Standing::Due | Standing::OnTrial | Standing::Free => accounts::State::OnTrial,
    }
}

/// Why something is barred, for a person: `rate_limited (429): Slow down.`
pub(super) fn reason(bar: &Bar) -> String {
    format!("{} ({}): {}", bar.kind.name(), bar.status, bar.message)
}

/// A moment of routing on the clock of the wall; none for what does not come by itself or is over.
pub(super) fn at(moment: Moment, now: Moment) -> Option<Timestamp> {
    let is_ahead = moment != Moment::NEVER && moment > now;
    is_ahead.then(|| timestamp(SystemTime::now() + moment.since(now)))
}

/// Does something with an account.
pub(crate) async fn act(
    state: &State,
    id: &str,
    action: AccountAction,
) -> Result<ActionDone, Failure> {
    let snapshot = state.snapshot();
    let mut credentials = snapshot.catalog.credentials().iter();
    let credential = credentials
        .find(|credential| credential.id.as_str() == id)
        .ok_or_else(|| unknown_account(id))?;
    match action {
        AccountAction::ClearCooldown => {
            credential.health.clear();
            tracing::info!(credential = id, "its cooldown is cleared by command");
            Ok(ActionDone {
                id: id.to_owned(),
                action,
                account: Some(account(credential)),
            })
        }
        AccountAction::Enable
        | AccountAction::Disable
        | AccountAction::Refresh
        | AccountAction::Remove => {
            let source = account(credential).source.name();
            let name = action.name();
            Err(not_possible(format!(
                "cannot {name} the account {id}: it comes from the {source}; change it there"
            )))
        }
    }
}
