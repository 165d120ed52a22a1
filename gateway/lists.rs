//! Fetches the providers' own lists of their models, and keeps them on the disk.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{StreamExt as _, stream};
use modelgate_config::Config;
use modelgate_providers::lists::{self, ListSource, ModelLists, Names};
use modelgate_providers::{CallError, Moment};
use tokio::time::{MissedTickBehavior, interval};

use crate::state::State;

/// Between two looks at what is due.
const LOOK: Duration = Duration::from_secs(1);
/// Lists that are fetched at the same time.
const AT_ONCE: usize = 4;
/// Credentials that are tried for one list, one after the other.
const TRIES: usize = 3;

/// The lists that an earlier run kept.
pub(crate) fn load(config: &Config) -> ModelLists {
    let path = path(config);
    ModelLists::load(&path).unwrap_or_else(|error| {
        tracing::warn!(path = %path.display(), %error, "the kept lists of models cannot be read");
        ModelLists::default()
    })
}

fn path(config: &Config) -> PathBuf {
    lists::path(&config.state_dir)
}

/// Keeps the lists up to date for ever.
pub(crate) async fn follow(state: &State) {
    let mut looks = interval(LOOK);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        looks.tick().await;
        let snapshot = state.snapshot();
        let sources = snapshot.catalog.lists().iter();
        let due = sources.filter(|source| state.lists.is_due(&source.key, Moment::now()));
        let due: Vec<ListSource> = due.cloned().collect();
        let config = &snapshot.config;
        let fetched = stream::iter(due).map(|source| fetch(state, config, source));
        let fetched: Vec<bool> = fetched.buffer_unordered(AT_ONCE).collect().await;
        if fetched.contains(&true) {
            store(state, path(&snapshot.config)).await;
        }
    }
}

/// Fetches one list; false when nobody sent it.
async fn fetch(state: &State, config: &Config, source: ListSource) -> bool {
    // After failures it is the turn of others.
    let begin = state.lists.failures(&source.key).saturating_mul(TRIES);
    let credentials = source.credentials.iter().cycle();
    let count = source.credentials.len();
    let mut outcome: Option<Result<Names, CallError>> = None;
    for credential in credentials
        .skip(begin % count.max(1))
        .take(TRIES.min(count))
    {
        let (clients, timeouts) = (&state.clients, &config.timeouts);
        let fetched = lists::fetch(clients, &config.proxy, timeouts, credential).await;
        let fetched = fetched.map(|list| list.names);
        if let Err(error) = &fetched {
            tracing::warn!(
                credential = %credential.id,
                list = %source.key,
                error = %error.error.message,
                "the list of models cannot be fetched"
            );
        }
        let done = fetched.is_ok();
        outcome = Some(fetched);
        if done {
            break;
        }
    }
    let Some(outcome) = outcome else {
        return false;
    };
    if let Ok(names) = &outcome {
        tracing::info!(list = %source.key, models = names.models.len(), "fetched the list of models");
    }
    let fetched = outcome.is_ok();
    state.lists.put(&source.key, outcome, Moment::now());
    fetched
}

async fn store(state: &State, path: PathBuf) {
    let lists = Arc::clone(&state.lists);
    let shown = path.display().to_string();
    let stored = tokio::task::spawn_blocking(move || lists.store(&path)).await;
    if let Ok(Err(error)) = stored {
        tracing::warn!(path = shown, %error, "the lists of models cannot be kept");
    }
}
