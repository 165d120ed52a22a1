//! Logins that were begun over HTTP: somebody afar is sent to a provider, and what comes back ends here.
//!
//! The logins themselves are those of `modelgate login` (`modelgate_providers::oauth`). This file holds them until their end:
//! [`begin`] enters one in the book, [`back`] takes what a browser came back with, and a task of each turns it into an account,
//! which is saved and in use when [`PendingLogins::status`] says so.

mod book;
mod door;
mod forward;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use modelgate_config::{Config, Secret};
use modelgate_providers::oauth::{
    Callback, DeviceLogin, Login, LoginError, NewAccount, Reach, Wanted,
};
use modelgate_providers::{Account, AccountKind, Accounts};
use tokio::sync::watch;
use tokio::task::spawn_blocking;
use tokio::time::Instant;
use tokio_util::task::TaskTracker;
use url::Url;

use self::book::{Back, Book, Entry, Stage, Taken};
pub(crate) use self::book::{Miss, Status, Wish};
pub(crate) use self::door::{begun_at, ended_at, named};
use crate::management::gate::Manager;
use crate::state::State;

/// The logins that wait.
#[derive(Debug, Default)]
pub(crate) struct PendingLogins {
    book: Mutex<Book>,
    /// Told of every change of the book.
    changed: watch::Sender<()>,
    /// Those that ask providers, or send browsers on.
    tasks: TaskTracker,
}

/// Why there is no account.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Trouble {
    /// The login did not succeed.
    #[error(transparent)]
    Login(#[from] LoginError),
    /// Accounts can be kept nowhere.
    #[error("the directory of accounts cannot be read")]
    NoDirectory,
    /// The gateway ends.
    #[error("the gateway is stopping")]
    Stopping,
}

/// A login that has begun, for whoever is to be sent there.
#[derive(Debug)]
pub(crate) struct Begun {
    pub(crate) state: Secret,
    pub(crate) url: Url,
    /// The code to type there, and how long it counts.
    pub(crate) code: Option<(String, Duration)>,
    /// Why the browser does not find its way back here by itself.
    pub(crate) astray: Option<String>,
}

impl PendingLogins {
    /// How a login stands, and whose it is.
    pub(crate) fn status(&self, state: &Secret) -> Option<(AccountKind, Status)> {
        self.book().status(state, Instant::now())
    }

    /// Calls a login off; false if it was over.
    pub(crate) fn cancel(&self, state: &Secret) -> bool {
        self.change(|book, now| book.cancel(state, now))
    }

    /// Waits until nobody asks a provider any more: a code counts once, and what it gave is to be saved.
    pub(crate) async fn settled(&self) {
        self.tasks.close();
        self.tasks.wait().await;
    }

    /// Ends when a login has been ended by somebody else.
    async fn ended(&self, state: &Secret) {
        let mut changes = self.changed.subscribe();
        while self.book().is_open(state, Instant::now()) {
            if changes.changed().await.is_err() {
                return;
            }
        }
    }

    fn change<T>(&self, work: impl FnOnce(&mut Book, Instant) -> T) -> T {
        let outcome = work(&mut self.book(), Instant::now());
        self.changed.send_replace(());
        outcome
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Begins a login. With `forward`, browsers that come back to the provider's port on this machine are sent on to the gateway.
pub(crate) async fn begin(
    state: &Arc<State>,
    wanted: &Wanted,
    wish: Wish,
    forward: bool,
) -> Result<Begun, Trouble> {
    accounts(state)?;
    let config = Arc::clone(&state.snapshot().config);
    let login = Login::begin(wanted, &config.oauth, reach(state, &config)).await?;
    let mut begun = Begun {
        state: login.state().clone(),
        url: login.url().clone(),
        code: None,
        astray: None,
    };
    let now = Instant::now();
    let mut entry = Entry {
        state: begun.state.clone(),
        kind: login.kind(),
        wish,
        stage: Stage::Asking,
        until: now + login.patience(),
    };
    let Manager { key, address } = entry.wish.by;
    tracing::info!(by = key, %address, provider = %entry.kind, "a login was begun through the management API");
    match login {
        Login::Browser(login) => {
            let login = Arc::from(login);
            entry.stage = Stage::Away(Arc::clone(&login));
            state.pending.change(|book, _| book.enter(entry, now));
            let astray = match forward {
                _ if !login.comes_back() => Some(LoginError::Elsewhere),
                true => forward::forward(state, &login).err(),
                false => None,
            };
            begun.astray = astray.map(|error| error.to_string());
        }
        Login::Device(login) => {
            let code = login.code().to_owned();
            begun.code = Some((code.clone(), login.patience()));
            let url = begun.url.to_string();
            entry.stage = Stage::Typing { url, code };
            let wish = entry.wish.clone();
            state.pending.change(|book, _| book.enter(entry, now));
            let polling = poll(Arc::clone(state), *login, wish);
            state.pending.tasks.spawn(polling);
        }
    }
    Ok(begun)
}

/// Takes what a browser came back with, from a provider or from any: a code, which is turned into an account in the
/// background, or the provider's no, which is told.
pub(crate) fn back(
    state: &Arc<State>,
    kind: Option<AccountKind>,
    callback: &Callback,
) -> Result<Option<LoginError>, Miss> {
    // What ends no login wakes nobody.
    let taken = state.pending.book().take(kind, callback, Instant::now())?;
    state.pending.changed.send_replace(());
    match taken {
        Back::Denied(error) => {
            tracing::info!(%error, "a login did not succeed");
            Ok(Some(error))
        }
        Back::Code(taken) => {
            let exchange = exchange(Arc::clone(state), *taken);
            state.pending.tasks.spawn(exchange);
            Ok(None)
        }
    }
}

async fn exchange(state: Arc<State>, taken: Taken) {
    let Taken { login, code, wish } = taken;
    let config = Arc::clone(&state.snapshot().config);
    let account = Box::pin(login.finish(&code, reach(&state, &config))).await;
    conclude(&state, login.state(), login.kind(), account, wish).await;
}

/// Asks until the code has been typed, or nobody wants to know any more.
async fn poll(state: Arc<State>, login: DeviceLogin, wish: Wish) {
    let config = Arc::clone(&state.snapshot().config);
    let account = tokio::select! {
        account = Box::pin(login.finish(reach(&state, &config))) => account,
        () = state.pending.ended(login.state()) => return,
        () = state.stopping() => return,
    };
    conclude(&state, login.state(), login.kind(), account, wish).await;
}

/// Saves what a login has brought, and says what became of it.
async fn conclude(
    state: &State,
    word: &Secret,
    kind: AccountKind,
    account: Result<NewAccount, LoginError>,
    wish: Wish,
) {
    let Manager { key, address } = wish.by;
    let pending = &state.pending;
    if !pending.book().is_open(word, Instant::now()) {
        tracing::info!(by = key, %address, provider = %kind, "a login was called off; nothing was saved");
        return;
    }
    let saved = match account {
        Ok(account) => keep(state, account, wish.label).await,
        Err(error) => Err(error.into()),
    };
    match &saved {
        Ok(account) => {
            let account = account.id();
            tracing::info!(by = key, %address, provider = %kind, account, "logged in through the management API");
        }
        Err(error) => {
            let error = crate::error::shown(&error.to_string());
            tracing::warn!(by = key, %address, provider = %kind, error, "a login did not succeed");
        }
    }
    let outcome = saved.map(|account| account.id().to_owned());
    let outcome = outcome.map_err(|error| error.to_string());
    pending.change(|book, now| book.end(word, outcome, now));
}

/// Saves an account and puts it to use.
pub(crate) async fn keep(
    state: &State,
    account: NewAccount,
    label: Option<String>,
) -> Result<Arc<Account>, Trouble> {
    let accounts = accounts(state)?;
    let turn = state.editing.acquire().await;
    let saved = spawn_blocking(move || {
        for left_out in account.left_out() {
            tracing::warn!(left_out, "a login brought less than was wanted");
        }
        account.save(&accounts, label.as_deref())
    });
    let saved = saved.await.map_err(|_| Trouble::Stopping)??;
    state.renew();
    state.snapshot().forgive_logins();
    drop(turn);
    Ok(saved)
}

/// How providers are reached for logins.
pub(crate) fn reach<'r>(state: &'r State, config: &'r Config) -> Reach<'r> {
    Reach {
        clients: &state.clients,
        proxy: &config.proxy,
        connect: config.timeouts.connect,
    }
}

fn accounts(state: &State) -> Result<Accounts, Trouble> {
    let logins = state.logins.as_ref().ok_or(Trouble::NoDirectory)?;
    Ok(logins.accounts().clone())
}
