//! Accounts and their tokens: as the running gateway sees them, else as their files say.

use std::time::SystemTime;

use modelgate_config::Config;
use modelgate_management::accounts::{Source, State};
use modelgate_management::{Account, UsageQuery};
use modelgate_providers::{Accounts, Catalog};

use super::gateway::Running;
use super::report::{Area, Report};
use crate::clock::Clock;
use crate::inert::inert;

const HERE: Area = Area::Accounts;

/// What the gateway says of its accounts and its ledger.
pub(super) async fn of_gateway(running: &Running, report: &mut Report) {
    let accounts = match running.client.accounts().await {
        Ok(accounts) => accounts.accounts,
        Err(error) => {
            let hint = error.hint().unwrap_or_default();
            report.broken(Area::Gateway, error.to_string(), hint);
            return;
        }
    };
    let clock = Clock::system();
    for account in &accounts {
        one(account, &clock, report);
    }
    let ready = accounts
        .iter()
        .filter(|account| account.state == State::Ready);
    let (ready, all) = (ready.count(), accounts.len());
    if ready > 0 {
        report.ok(HERE, format!("{ready} of {all} are ready"));
    } else {
        report.broken(
            HERE,
            format!("none of {all} can be asked now"),
            "modelgate accounts tells why",
        );
    }
    if accounts.iter().all(|account| account.kind == "demo") {
        only_demo(report);
    }
    ledger(running, report).await;
}

fn one(account: &Account, clock: &Clock, report: &mut Report) {
    let id = inert(&account.id);
    let why = account.reason.as_deref().map(|why| format!(": {why}"));
    let why = why.unwrap_or_default();
    match account.state {
        State::Ready | State::OnTrial | State::Unknown => {}
        State::Disabled => report.note(
            HERE,
            format!("{id} is disabled{why}"),
            (account.source == Source::File).then(|| format!("modelgate accounts enable {id}")),
        ),
        State::Cooling => {
            let until = account
                .next_try
                .map(|next| format!(" until {}", clock.at(next)));
            report.warning(
                HERE,
                format!("{id} is cooling{}{why}", until.unwrap_or_default()),
                format!("it is tried again by itself; `modelgate accounts clear-cooldown {id}` does not wait"),
            );
        }
        State::LogInAgain => {
            let provider = account.login.as_deref().unwrap_or_default();
            report.broken(
                HERE,
                format!("{id} needs a new login{why}"),
                format!("modelgate login {}", inert(provider)).trim_end(),
            );
        }
    }
}

/// Whether what requests use is written down.
async fn ledger(running: &Running, report: &mut Report) {
    let query = UsageQuery {
        since: Some("1h".to_owned()),
        until: None,
        zone: None,
    };
    let Ok(usage) = running.client.usage("model", &query).await else {
        return;
    };
    let ledger = usage.ledger;
    if ledger.recording && (ledger.lost > 0 || !ledger.open) {
        let why = ledger.last_error.as_deref().unwrap_or("it is not open");
        report.broken(
            Area::Files,
            format!(
                "the ledger cannot be written: {why}; {} requests are missing in it",
                ledger.lost
            ),
            "see that its disk has room and `ledger.path` can be written",
        );
    }
}

/// What the files of accounts say; nobody is asked and nothing is renewed.
pub(super) fn of_files(config: Option<&Config>, report: &mut Report) {
    let Some(config) = config else {
        return;
    };
    let snapshot = match Accounts::open(&config.auth_dir) {
        Ok(accounts) => accounts.snapshot(),
        Err(error) => {
            report.broken(
                HERE,
                error.to_string(),
                "set `auth-dir` in the configuration to a directory of yours",
            );
            return;
        }
    };
    for trouble in snapshot.troubles() {
        let what = format!("{}: {}", inert(&trouble.file), trouble.reason);
        let hint = "log in again, or correct the file";
        if trouble.usable {
            report.warning(HERE, what, hint);
        } else {
            report.broken(HERE, what, hint);
        }
    }
    let now = SystemTime::now();
    for account in snapshot.accounts() {
        let tokens = &account.tokens;
        let over = tokens.expires.is_some_and(|end| end <= now);
        if over && !account.is_renewable() && !account.settings.disabled {
            report.broken(
                HERE,
                format!(
                    "the token of {} has ended and cannot be renewed",
                    inert(account.id())
                ),
                format!("modelgate login {}", account.kind),
            );
        }
    }
    let catalog = Catalog::preview(config);
    let credentials = catalog.credentials();
    if credentials
        .iter()
        .all(|credential| &*credential.provider == "demo")
    {
        only_demo(report);
    } else {
        report.ok(HERE, format!("{} are set up", credentials.len()));
    }
}

fn only_demo(report: &mut Report) {
    report.warning(
        HERE,
        "no provider is set up, so only the built-in model `demo` answers",
        "modelgate login, modelgate keys provider add, or a key in the environment of `modelgate serve`",
    );
}
