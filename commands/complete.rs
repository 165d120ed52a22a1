//! What a shell offers for a value: models, accounts, keys and requests, as they are now.
//!
//! Somebody waits at a prompt with a key held down, so everything here has one short limit, starts nothing, asks no provider, and
//! is silent: whoever cannot be asked in time has nothing to offer.

use std::path::PathBuf;
use std::sync::mpsc::sync_channel;
use std::thread;
use std::time::Duration;

use clap_complete::CompletionCandidate as Candidate;
use clap_complete::engine::ArgValueCandidates;
use modelgate_config::keys::listed;
use modelgate_config::paths::{config_file, state_dir};
use modelgate_config::{Config, Environment, Overrides, load, read_file};
use modelgate_management::Client as Manager;
use modelgate_management::{Account, ClientError};
use modelgate_providers::{Accounts, Catalog};
use tokio::runtime::Builder;

use crate::clients::Client;
use crate::inert::inert;

/// Longer than this nobody waits at a prompt.
const PATIENCE: Duration = Duration::from_millis(400);
/// So many of the latest requests are offered.
const REQUESTS: usize = 20;

/// The models that clients can ask for.
pub(crate) fn models() -> ArgValueCandidates {
    offered(|surroundings| {
        let catalog = Catalog::preview(&surroundings.config()?);
        let models = catalog.models().iter();
        Some(
            models
                .map(|model| {
                    let providers: Vec<&str> =
                        model.providers.iter().map(|provider| &**provider).collect();
                    candidate(&model.id, &providers.join(", "))
                })
                .collect(),
        )
    })
}

/// The accounts and keys of the running gateway.
pub(crate) fn accounts() -> ArgValueCandidates {
    offered(|surroundings| {
        let accounts = surroundings.ask(async |manager| manager.accounts().await)?;
        let told = |account: &Account| candidate(&account.id, account.state.name());
        Some(accounts.accounts.iter().map(told).collect())
    })
}

/// The accounts that somebody logged in to.
pub(crate) fn logins() -> ArgValueCandidates {
    offered(|surroundings| {
        let accounts = Accounts::open(&surroundings.config()?.auth_dir).ok()?;
        let accounts = accounts.snapshot();
        let accounts = accounts.accounts().iter();
        Some(
            accounts
                .map(|account| candidate(account.id(), account.kind.name()))
                .collect(),
        )
    })
}

/// The client keys of the configuration, by name or else by id. Never a key itself.
pub(crate) fn keys() -> ArgValueCandidates {
    offered(|surroundings| {
        let text = read_file(&surroundings.path).ok()?;
        let keys = listed(&text, &surroundings.path).ok()?;
        let told = |key: &modelgate_config::keys::ListedKey| match &key.entry.name {
            Some(name) => candidate(name, &key.entry.id),
            None => candidate(&key.entry.id, ""),
        };
        Some(keys.iter().map(told).collect())
    })
}

/// The latest requests.
pub(crate) fn requests() -> ArgValueCandidates {
    offered(|surroundings| {
        let latest = surroundings.ask(async |manager| manager.requests(REQUESTS).await)?;
        let requests = latest.requests.iter();
        Some(
            requests
                .map(|request| {
                    let what = format!("{} {}", request.model, request.status);
                    candidate(&request.id, &what)
                })
                .collect(),
        )
    })
}

/// The clients that are known by name.
pub(crate) fn clients() -> ArgValueCandidates {
    ArgValueCandidates::new(|| {
        let known = Client::KNOWN.iter();
        known
            .map(|client| Candidate::new(client.program()))
            .collect()
    })
}

/// What the command line that is being typed would work with.
struct Surroundings {
    environment: Environment,
    path: PathBuf,
}

impl Surroundings {
    fn of_this_process() -> Self {
        let environment = Environment::from_process();
        let words: Vec<_> = std::env::args_os().collect();
        let named = words.iter().position(|word| word == "--config");
        let named = named.and_then(|at| words.get(at + 1)).map(PathBuf::from);
        let path = config_file(named.as_deref(), &environment);
        Self {
            path: std::path::absolute(path.path()).unwrap_or_else(|_| path.path().to_owned()),
            environment,
        }
    }

    fn config(&self) -> Option<Config> {
        let loaded = load(&self.path, &self.environment).ok()?;
        Some(loaded.resolve(&Overrides::default()).ok()?.config)
    }

    /// What the gateway of this machine answers.
    fn ask<T>(&self, question: impl AsyncFnOnce(&Manager) -> Result<T, ClientError>) -> Option<T> {
        let manager = Manager::local(&state_dir(&self.environment), &self.path).ok()?;
        let runtime = Builder::new_current_thread().enable_all().build().ok()?;
        runtime.block_on(question(&manager)).ok()
    }
}

/// What a look at the surroundings finds in time.
fn offered(look: fn(&Surroundings) -> Option<Vec<Candidate>>) -> ArgValueCandidates {
    ArgValueCandidates::new(move || {
        within(PATIENCE, move || look(&Surroundings::of_this_process())).unwrap_or_default()
    })
}

/// What a thread of its own tells in time; one that is late is left to the end of the program.
fn within<T: Send + 'static>(
    limit: Duration,
    work: impl FnOnce() -> Option<T> + Send + 'static,
) -> Option<T> {
    let (sender, receiver) = sync_channel(1);
    thread::spawn(move || {
        // Nobody waits any more for what is late.
        let _ = sender.send(work());
    });
    receiver.recv_timeout(limit).ok().flatten()
}

fn candidate(value: &str, help: &str) -> Candidate {
    let candidate = Candidate::new(inert(value).into_owned());
    match help {
        "" => candidate,
        help => candidate.help(Some(inert(help).into_owned().into())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_late_has_nothing_to_offer() {
        let (hold, held) = sync_channel::<()>(1);
        let late = within(Duration::from_millis(1), move || {
            held.recv().ok();
            Some(1)
        });
        assert_eq!(late, None);
        drop(hold);
        assert_eq!(within(PATIENCE, || Some(2)), Some(2));
        assert_eq!(within(PATIENCE, || None::<u8>), None);
    }
}
