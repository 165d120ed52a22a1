//! `GET /events`: one stream of what happens, for dashboards.

use std::collections::HashMap;
use std::convert::Infallible;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::unfold;
use http::StatusCode;
use modelgate_management::events::{AccountRemoved, Dropped};
use modelgate_management::{Account, Event};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval, timeout};
use warp::reply::Response;

use super::refused::Refused;
use super::{Trouble, misused, parameter, views};
use crate::reply;
use crate::state::State;
use crate::telemetry::Told;

/// Streams that are open at a time.
const WATCHERS: usize = 32;
/// Silence after which a sign of life is sent.
const QUIET: Duration = Duration::from_secs(15);
/// Between two looks at the accounts, while somebody watches.
const LOOK: Duration = Duration::from_secs(1);

/// A stream of events: all, or those of the types that `types` names.
pub(super) fn events(state: &State, query: Option<&str>) -> Result<Response, Trouble> {
    let types = types(query)?;
    let feed = &state.telemetry.feed;
    if feed.watchers() >= WATCHERS {
        let busy = Refused::new(StatusCode::SERVICE_UNAVAILABLE, "too many watchers");
        let message = format!("{WATCHERS} streams of events are open; close one of them");
        return Err(busy.message(message).into());
    }
    let watcher = Watcher {
        events: feed.watch(),
        types,
        stopping: state.stopping_signal(),
    };
    // The head goes out with the first bytes, and nothing may happen for a while.
    let hello = futures_util::stream::iter([Ok(Bytes::from_static(b": watching\n\n"))]);
    let rest = unfold(watcher, |mut watcher| async {
        let bytes = watcher.next().await?;
        Some((Ok::<_, Infallible>(bytes), watcher))
    });
    Ok(reply::events(futures_util::StreamExt::chain(hello, rest)))
}

fn types(query: Option<&str>) -> Result<Option<Vec<String>>, Trouble> {
    let Some(text) = parameter(query, "types") else {
        return Ok(None);
    };
    let types: Vec<String> = text.split(',').map(|name| name.trim().to_owned()).collect();
    if types.iter().all(|name| Event::TYPES.contains(&&**name)) {
        return Ok(Some(types));
    }
    let known = Event::TYPES.join(", ");
    Err(misused(
        "types",
        &format!("`types` are some of {known}, with commas between"),
    )
    .into())
}

struct Watcher {
    events: Receiver<Told>,
    /// None: all of them.
    types: Option<Vec<String>>,
    /// Becomes true when the gateway begins to stop.
    stopping: watch::Receiver<bool>,
}

impl Watcher {
    /// What is sent next; nothing more once the gateway stops.
    async fn next(&mut self) -> Option<Bytes> {
        loop {
            let event = tokio::select! {
                _ = self.stopping.wait_for(|stopping| *stopping) => return None,
                event = timeout(QUIET, self.events.recv()) => event,
            };
            let told = match event {
                Err(_) => return Some(Bytes::from_static(b": quiet\n\n")),
                Ok(Ok(told)) => told,
                Ok(Err(RecvError::Lagged(count))) => Told::of(&Event::Dropped(Dropped { count })),
                Ok(Err(RecvError::Closed)) => return None,
            };
            let types = self.types.as_ref();
            // Who misses events must know, whatever they are.
            let wanted = types.is_none_or(|types| types.iter().any(|name| name == told.name));
            if wanted || told.name == "dropped" {
                return Some(told.frame);
            }
        }
    }
}

/// Tells of accounts whose state changes, for ever.
pub(crate) async fn follow_accounts(state: &State) {
    let mut looks = interval(LOOK);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut known: Option<HashMap<String, Account>> = None;
    loop {
        looks.tick().await;
        if !state.telemetry.feed.is_watched() {
            known = None;
            continue;
        }
        let now = views::accounts(state).accounts.into_iter();
        let now: HashMap<String, Account> = now.map(|one| (one.id.clone(), one)).collect();
        if let Some(known) = &known {
            tell_changes(state, known, &now);
        }
        known = Some(now);
    }
}

pub(super) fn tell_changes(
    state: &State,
    known: &HashMap<String, Account>,
    now: &HashMap<String, Account>,
) {
    let feed = &state.telemetry.feed;
    for (id, account) in now {
        if known
            .get(id)
            .is_none_or(|known| has_changed(known, account))
        {
            feed.tell(|| Event::AccountChanged(account.clone()));
        }
    }
    for id in known.keys().filter(|id| !now.contains_key(*id)) {
        feed.tell(|| Event::AccountRemoved(AccountRemoved { id: id.clone() }));
    }
}

/// Whether more is different than how many requests there were.
fn has_changed(known: &Account, now: &Account) -> bool {
    let uncounted = Account {
        succeeded: known.succeeded,
        failed: known.failed,
        ..now.clone()
    };
    uncounted != *known
}
