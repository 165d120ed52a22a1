//! Keeps cooldowns on the disk, where the configuration wants that: looked at every few seconds, written when they have
//! changed, and never by whoever serves a request.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use modelgate_config::Config;
use modelgate_providers::cooldowns;
use modelgate_providers::{Healths, Moment};
use tokio::time::{MissedTickBehavior, interval};

use crate::state::State;

/// Between two looks; a program that is killed loses as much.
const LOOK: Duration = Duration::from_secs(2);
/// The file, in the directory of what gateways remember.
const FILE: &str = "cooldowns.json";

fn path(config: &Config) -> PathBuf {
    config.state_dir.join(FILE)
}

/// Takes over the cooldowns of an earlier run.
pub(crate) fn restore(config: &Config, healths: &Healths) {
    if !config.routing.save_cooldowns {
        return;
    }
    let path = path(config);
    match cooldowns::load(&path, config.routing.max_cooldown, Moment::now()) {
        Ok(kept) => healths.restore(kept),
        Err(error) => {
            tracing::warn!(path = %path.display(), %error, "the cooldowns of the last run cannot be read");
        }
    }
}

/// Keeps the cooldowns of a gateway for ever.
pub(crate) async fn follow(state: &State) {
    let mut looks = interval(LOOK);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (mut kept, mut failing) = (Vec::new(), false);
    loop {
        looks.tick().await;
        if !state.snapshot().config.routing.save_cooldowns {
            continue;
        }
        let now = cooldowns::of(&state.healths, Moment::now());
        if now == kept {
            continue;
        }
        kept = now;
        let outcome = keep(state).await;
        // Said once, however often it fails.
        if let (Err(error), false) = (&outcome, failing) {
            tracing::warn!(%error, "cooldowns cannot be kept");
        }
        failing = outcome.is_err();
    }
}

/// Writes them, if they are to be kept.
pub(crate) async fn keep(state: &State) -> io::Result<()> {
    let snapshot = state.snapshot();
    if !snapshot.config.routing.save_cooldowns {
        return Ok(());
    }
    let (path, healths) = (path(&snapshot.config), Arc::clone(&state.healths));
    let write = move || cooldowns::store(&path, &healths, Moment::now());
    tokio::task::spawn_blocking(write)
        .await
        .map_err(io::Error::other)?
}
