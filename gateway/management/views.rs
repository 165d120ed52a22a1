//! What the management API tells, put together from what the gateway knows.

use std::time::SystemTime;

use modelgate_management::Accounts;
use modelgate_management::accounts::{self, Account, ModelList, ModelState, QuotaWindow};
use modelgate_management::time::{Timestamp, timestamp};
use modelgate_providers::health::{Bar, Report};
use modelgate_providers::lists::{ListKey, ModelLists};
use modelgate_providers::refresh::Status;
use modelgate_providers::{Account as Login, Credential, Moment, Refresher, Source, Standing};

use crate::state::State;

/// Every account and how it is: those of the configuration, then those of the directory.
pub(crate) fn accounts(state: &State) -> Accounts {
    let snapshot = state.snapshot();
    let credentials = snapshot.catalog.credentials().iter();
    let configured = credentials
        .clone()
        .filter(|credential| credential.file().is_none());
    let mut all: Vec<Account> = configured
        .map(|credential| account(credential, &state.lists))
        .collect();
    if let Some(logins) = &state.logins {
        for login in logins.accounts().snapshot().accounts() {
            // An account with several projects is one for each of them.
            let own = credentials
                .clone()
                .filter(|one| one.file() == Some(&*login.file))
                .map(|credential| Some(account(credential, &state.lists)));
            let mut own: Vec<_> = own.collect();
            if own.is_empty() {
                own.push(None);
            }
            let own = own.into_iter();
            all.extend(own.map(|base| logged_in(logins, login, base)));
        }
    }
    Accounts {
        accounts: all,
        session_hit_rate: state.affinity.hit_rate(),
    }
}

/// An account of the directory. Without a credential, whose account is `base`, nothing is asked of it.
fn logged_in(logins: &Refresher, login: &Login, base: Option<Account>) -> Account {
    let settings = &login.settings;
    let text = |text: &Option<Box<str>>| text.as_deref().map(str::to_owned);
    let served = base.is_some();
    let base = base.unwrap_or_else(|| idle(login));
    let (state, reason) = match logins.status(login) {
        _ if settings.disabled => (
            accounts::State::Disabled,
            Some("disabled in its file".to_owned()),
        ),
        _ if !served => {
            let reason = format!("accounts of {} are not served yet", login.kind);
            (accounts::State::Disabled, Some(reason))
        }
        Status::LoginAgain { reason } => (accounts::State::LogInAgain, Some(reason)),
        Status::Waiting { reason, .. } if base.reason.is_none() => (base.state, Some(reason)),
        Status::Ready | Status::Refreshing | Status::Waiting { .. } => (base.state, base.reason),
    };
    Account {
        login: Some(login.kind.name().to_owned()),
        label: text(&settings.label),
        email: text(&settings.email),
        plan: login.plan(),
        file: Some(login.file.to_string()),
        token_expires: login.tokens.expires.map(timestamp),
        state,
        reason,
        ..base
    }
}

/// An account of which nothing is asked.
fn idle(login: &Login) -> Account {
    Account {
        id: login.id().to_owned(),
        provider: login.kind.name().to_owned(),
        kind: login.kind.name().to_owned(),
        login: None,
        source: accounts::Source::File,
        label: None,
        email: None,
        plan: None,
        file: None,
        state: accounts::State::Disabled,
        reason: None,
        next_try: None,
        priority: login.settings.priority,
        weight: login.settings.weight,
        prefix: login.settings.prefix.as_deref().map(str::to_owned),
        succeeded: None,
        failed: None,
        token_expires: None,
        quota: Vec::new(),
        model_list: None,
        models: Vec::new(),
    }
}

fn account(credential: &Credential, lists: &ModelLists) -> Account {
    let report = credential.health.report();
    let now = Moment::now();
    let all = report.all.as_ref();
    Account {
        id: credential.id.to_string(),
        provider: credential.provider.to_string(),
        kind: credential.kind.name().to_owned(),
        login: None,
        source: match credential.source {
            Source::Config => accounts::Source::Config,
            Source::Environment => accounts::Source::Environment,
            Source::File => accounts::Source::File,
            Source::BuiltIn => accounts::Source::BuiltIn,
        },
        label: None,
        email: None,
        plan: None,
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
        model_list: model_list(credential, lists),
        models: models(&report, now),
    }
}

fn model_list(credential: &Credential, lists: &ModelLists) -> Option<ModelList> {
    let status = lists.status(&ListKey::of(credential)?)?;
    Some(ModelList {
        models: status.models,
        fetched: status.fetched.map(timestamp),
        error: status.trouble,
    })
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

pub(super) fn standing(bar: &Bar, now: Moment) -> accounts::State {
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
