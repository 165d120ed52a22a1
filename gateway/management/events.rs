//! `GET /events`: one stream of what happens, for dashboards (`modelgate_management::events` has its shape).

use std::collections::HashMap;
use std::convert::Infallible;
use std::pin::pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::unfold;
use http::StatusCode;
use modelgate_management::events::{AccountRemoved, Dropped, Lost};
use modelgate_management::{Account, Event, LogLevel};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};
use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, sleep_until};
use warp::reply::Response;

use super::refused::Refused;
use super::{Trouble, misused, parameter, views};
use crate::logs::Spoken;
use crate::reply;
use crate::state::State;
use crate::telemetry::feed::{self, Watch};

/// Streams that are open at a time.
const WATCHERS: usize = 32;
/// Silence after which a sign of life is sent.
const QUIET: Duration = Duration::from_secs(15);
/// Between two pieces that are sent. What happens in the meantime comes together in the second: each costs a system call here,
/// and wakes somebody there.
const PAUSE: Duration = Duration::from_millis(20);
/// Bytes of a piece beyond which nothing more is put into it.
const PIECE: usize = 64 << 10;
/// The type that comes only where it is named.
const LOG: &str = "log";
/// Between two looks at the accounts, while somebody watches.
const LOOK: Duration = Duration::from_secs(1);

/// A stream of events: those of the types that `types` names, else all but lines of the log.
pub(super) fn events(state: &State, query: Option<&str>) -> Result<Response, Trouble> {
    let (types, level) = (types(query)?, level(query)?);
    let feed = &state.telemetry.feed;
    if feed.watchers() >= WATCHERS {
        let busy = Refused::new(StatusCode::SERVICE_UNAVAILABLE, "too many watchers");
        let message = format!("{WATCHERS} streams of events are open; close one of them");
        return Err(busy.message(message).into());
    }
    let follows = types.iter().flatten().any(|name| name == LOG);
    let watcher = Watcher {
        events: feed.watch(),
        lines: follows.then(|| state.logs.watch()),
        types,
        level,
        stopping: state.stopping_signal(),
        next: Instant::now(),
    };
    // What changes before the next look is told too: whoever watches asks for the accounts now.
    let mut known = state.known_accounts.lock();
    known.get_or_insert_with(|| accounts(state));
    drop(known);
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

/// The least that a line of the log must matter.
fn level(query: Option<&str>) -> Result<LogLevel, Trouble> {
    let Some(text) = parameter(query, "level") else {
        return Ok(LogLevel::Trace);
    };
    LogLevel::from_name(&text).ok_or_else(|| {
        let known = LogLevel::ALL.map(LogLevel::name).join(", ");
        misused("level", &format!("`level` is one of {known}")).into()
    })
}

struct Watcher {
    events: Watch,
    /// Where lines of the log are wanted.
    lines: Option<Receiver<Spoken>>,
    /// None: all but lines of the log.
    types: Option<Vec<String>>,
    level: LogLevel,
    /// Becomes true when the gateway begins to stop.
    stopping: watch::Receiver<bool>,
    /// Nothing is sent before.
    next: Instant,
}

impl Watcher {
    /// What is sent next; nothing more once the gateway stops.
    async fn next(&mut self) -> Option<Bytes> {
        tokio::select! {
            _ = self.stopping.wait_for(|stopping| *stopping) => return None,
            () = sleep_until(self.next) => {}
        }
        let piece = self.piece().await?;
        self.next = Instant::now() + PAUSE;
        Some(piece)
    }

    /// Everything that is wanted of what has happened by now; waits for something where that is nothing.
    async fn piece(&mut self) -> Option<Bytes> {
        let mut quiet = pin!(sleep(QUIET));
        let mut piece = Vec::new();
        loop {
            self.gather(&mut piece);
            if !piece.is_empty() {
                return Some(piece.into());
            }
            tokio::select! {
                _ = self.stopping.wait_for(|stopping| *stopping) => return None,
                () = self.events.news() => {}
                line = spoken(&mut self.lines) => add(&mut piece, line, self.level)?,
                () = &mut quiet => return Some(Bytes::from_static(b": quiet\n\n")),
            }
        }
    }

    fn gather(&mut self, piece: &mut Vec<u8>) {
        while let Err(count) = self.events.take(self.types.as_deref(), PIECE, piece) {
            // Who misses events must know, whatever they are.
            dropped(piece, count, Lost::Events);
        }
        while let Some(lines) = &mut self.lines
            && piece.len() < PIECE
        {
            let line = match lines.try_recv() {
                Err(TryRecvError::Empty | TryRecvError::Closed) => return,
                Err(TryRecvError::Lagged(count)) => Err(RecvError::Lagged(count)),
                Ok(spoken) => Ok(spoken),
            };
            add(piece, line, self.level);
        }
    }
}

/// The next line; never one where none are wanted.
async fn spoken(lines: &mut Option<Receiver<Spoken>>) -> Result<Spoken, RecvError> {
    match lines {
        Some(lines) => lines.recv().await,
        None => std::future::pending().await,
    }
}

/// Puts a line that matters enough into a piece, or how many were missed. None when there will be no more.
fn add(piece: &mut Vec<u8>, line: Result<Spoken, RecvError>, level: LogLevel) -> Option<()> {
    match line {
        Ok(spoken) if spoken.level > level => {}
        Ok(spoken) => piece.extend_from_slice(&spoken.frame),
        Err(RecvError::Lagged(count)) => dropped(piece, count, Lost::Lines),
        Err(RecvError::Closed) => return None,
    }
    Some(())
}

fn dropped(piece: &mut Vec<u8>, count: u64, of: Lost) {
    feed::write(piece, &Event::<&str>::Dropped(Dropped { count, of }));
}

/// The accounts as those who watch know them; none while nobody watches.
#[derive(Debug, Default)]
pub(crate) struct Known(Mutex<Option<HashMap<String, Account>>>);

impl Known {
    fn lock(&self) -> MutexGuard<'_, Option<HashMap<String, Account>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Tells of accounts whose state changes, for ever.
pub(crate) async fn follow_accounts(state: &State) {
    let mut looks = interval(LOOK);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        looks.tick().await;
        if state.telemetry.feed.is_watched() {
            look(state);
        } else {
            *state.known_accounts.lock() = None;
        }
    }
}

/// Tells what is different from the last look.
pub(super) fn look(state: &State) {
    let now = accounts(state);
    let mut known = state.known_accounts.lock();
    if let Some(known) = &*known {
        tell_changes(state, known, &now);
    }
    *known = Some(now);
}

fn accounts(state: &State) -> HashMap<String, Account> {
    let all = views::accounts(state).accounts.into_iter();
    all.map(|one| (one.id.clone(), one)).collect()
}

fn tell_changes(state: &State, known: &HashMap<String, Account>, now: &HashMap<String, Account>) {
    let feed = &state.telemetry.feed;
    for (id, account) in now {
        if known
            .get(id)
            .is_none_or(|known| has_changed(known, account))
        {
            feed.tell(|| Event::AccountChanged(Box::new(account.clone())));
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
