//! What all requests share.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::SystemTime;

use arc_swap::ArcSwap;
use modelgate_config::{Config, ConfigError, Secret, Store};
use modelgate_management::Event;
use modelgate_management::events::{ConfigChanged, ConfigRefused};
use modelgate_management::time::timestamp;
use modelgate_providers::account::exchange;
use modelgate_providers::lists::ModelLists;
use modelgate_providers::{Accounts, CallErrorKind, Catalog, Clients, Healths, Refresher, store};
use tokio::sync::watch;

use crate::access::Access;
use crate::affinity::Affinity;
use crate::conversations::Conversations;
use crate::keep_alive::Signs;
use crate::logs::Logs;
use crate::management::events::Known;
use crate::management::gate::{Gate, Token};
use crate::management::hash;
use crate::pending::PendingLogins;
use crate::telemetry::Telemetry;
use crate::{amp, cooldowns, lists};

/// The state of a running gateway.
#[derive(Debug)]
pub struct State {
    pub(crate) store: Store,
    snapshot: ArcSwap<Snapshot>,
    pub(crate) clients: Arc<Clients>,
    /// The accounts that somebody logged in to, and their tokens; none where their directory cannot be read.
    pub(crate) logins: Option<Refresher>,
    /// Logins that were begun over HTTP.
    pub(crate) pending: PendingLogins,
    /// Where requests are taken, once they are.
    pub(crate) address: OnceLock<SocketAddr>,
    pub(crate) conversations: Conversations,
    pub(crate) affinity: Affinity,
    pub(crate) healths: Arc<Healths>,
    /// What providers say of their models.
    pub(crate) lists: Arc<ModelLists>,
    /// Where the records of requests go.
    pub(crate) telemetry: Arc<Telemetry>,
    /// The accounts as those who watch know them.
    pub(crate) known_accounts: Known,
    /// Where log files are written.
    pub(crate) logs: Logs,
    /// Who may manage.
    pub(crate) gate: Gate,
    /// What Amp's own program keeps on this machine.
    pub(crate) amp_keys: amp::Kept,
    /// Signs of life of whoever started the gateway.
    pub(crate) signs: Signs,
    /// One change of the configuration at a time, so that those who wait keep no thread.
    pub(crate) editing: tokio::sync::Semaphore,
    /// Held while a snapshot is made, so that the one that is used last was made last.
    renewing: Mutex<()>,
    draining: watch::Sender<bool>,
}

/// What one request sees from start to end.
#[derive(Debug)]
pub(crate) struct Snapshot {
    pub(crate) config: Arc<Config>,
    pub(crate) catalog: Catalog,
    /// The accounts that the catalogue was made of.
    accounts: Option<Arc<store::Snapshot>>,
    pub(crate) access: Access,
}

impl Snapshot {
    fn new(
        config: Arc<Config>,
        logins: Option<&Refresher>,
        healths: &Healths,
        lists: &ModelLists,
    ) -> Self {
        let accounts = logins.map(|logins| logins.accounts().snapshot());
        let all = accounts.as_ref().map_or(&[][..], |all| all.accounts());
        let catalog = Catalog::build(&config, all, logins, healths, lists);
        for credential in catalog.credentials() {
            let own = credential.cooling_disabled;
            if own.unwrap_or(config.routing.cooling_disabled) {
                credential.health.clear();
            }
        }
        Self {
            catalog,
            accounts,
            access: Access::new(&config.client_keys),
            config,
        }
    }

    /// Tells what is to be written to log files, and what must not be in them.
    fn tell(&self, logs: &Logs) {
        let accounts = self.accounts.as_ref();
        logs.follow(&self.config, accounts.map_or(&[], |all| all.accounts()));
    }

    /// Whether it was made of this configuration, and of the accounts as they are.
    fn is_of(&self, config: &Arc<Config>, logins: Option<&Refresher>) -> bool {
        let now = logins.map(|logins| logins.accounts().snapshot());
        let same = match (&self.accounts, &now) {
            (Some(then), Some(now)) => Arc::ptr_eq(then, now),
            (then, now) => then.is_none() && now.is_none(),
        };
        same && Arc::ptr_eq(&self.config, config)
    }

    /// Somebody has logged in again, maybe: accounts that rest because they were not let in are tried at once.
    pub(crate) fn forgive_logins(&self) {
        let credentials = self.catalog.credentials().iter();
        for credential in credentials.filter(|credential| credential.file().is_some()) {
            let bar = credential.health.report().all;
            if bar.is_some_and(|bar| bar.kind == CallErrorKind::Unauthorized) {
                credential.health.clear();
            }
        }
    }
}

impl State {
    /// The state for a configuration; `State::follow` keeps it up to date.
    #[must_use]
    pub fn new(store: Store) -> Self {
        let healths = Arc::<Healths>::default();
        cooldowns::restore(&store.snapshot(), &healths);
        let clients = Arc::default();
        let logins = logins(&store, &clients);
        let lists = Arc::new(lists::load(&store.snapshot()));
        let snapshot = Snapshot::new(store.snapshot(), logins.as_ref(), &healths, &lists);
        let logs = Logs::new(&snapshot.config.logs);
        snapshot.tell(&logs);
        Self {
            store,
            snapshot: ArcSwap::from_pointee(snapshot),
            clients,
            logins,
            pending: PendingLogins::default(),
            address: OnceLock::new(),
            conversations: Conversations::default(),
            affinity: Affinity::default(),
            healths,
            lists,
            telemetry: Arc::default(),
            known_accounts: Known::default(),
            logs,
            gate: Gate::default(),
            amp_keys: amp::Kept::default(),
            signs: Signs::default(),
            editing: tokio::sync::Semaphore::new(1),
            renewing: Mutex::default(),
            draining: watch::Sender::new(false),
        }
    }

    /// The same, managed by whoever on this machine presents the token.
    #[must_use]
    pub fn managed_with(mut self, token: &Secret) -> Self {
        self.gate.token = Some(Token::new(token));
        self
    }

    /// The same, managed by whoever on this machine presents the password, and only as long as somebody asks
    /// `/keep-alive` with it every few seconds.
    #[must_use]
    pub fn kept_alive_with(mut self, password: &Secret) -> Self {
        self.gate.password = Some(Token::new(password));
        self
    }

    /// The same, with log files that lines are already written to.
    #[must_use]
    pub fn logging_to(mut self, logs: Logs) -> Self {
        self.snapshot().tell(&logs);
        self.logs = logs;
        self
    }

    /// Takes over every new configuration and every change of an account, and keeps tokens fresh, for ever.
    pub(crate) async fn follow(&self) {
        tokio::join!(self.follow_all(), hash::keep_hashed(&self.store));
    }

    async fn follow_all(&self) {
        let Some(logins) = &self.logins else {
            // Nobody else has the sender, so nothing ever comes.
            let none = watch::Sender::new(());
            return self.follow_changes(none.subscribe()).await;
        };
        let _watcher = logins.accounts().follow().inspect_err(|error| {
            tracing::warn!(%error, "changes of account files are not seen");
        });
        let accounts = logins.accounts().subscribe();
        tokio::join!(logins.clone().run(), self.follow_changes(accounts));
    }

    /// Makes a new catalogue for every new configuration, and for every change of `accounts` or of a provider's list.
    async fn follow_changes<A>(&self, mut accounts: watch::Receiver<A>) {
        let mut configs = self.store.subscribe();
        let mut lists = self.lists.subscribe();
        // Either may have changed between making the state and subscribing.
        configs.mark_changed();
        accounts.mark_changed();
        loop {
            let (changed, of_accounts, of_lists) = tokio::select! {
                changed = configs.changed() => (changed, false, false),
                changed = accounts.changed() => (changed, true, false),
                changed = lists.changed() => (changed, false, true),
            };
            if changed.is_err() {
                return;
            }
            let config = Arc::clone(&configs.borrow_and_update());
            // A new catalogue begins with everybody's first turn.
            if !of_lists && self.snapshot().is_of(&config, self.logins.as_ref()) {
                continue;
            }
            self.renew();
            if of_accounts {
                self.snapshot().forgive_logins();
            }
        }
    }

    /// Puts the configuration and the accounts of this moment to use.
    pub(crate) fn renew(&self) {
        let _renewing = self.renewing.lock().unwrap_or_else(PoisonError::into_inner);
        let config = self.store.snapshot();
        self.telemetry.follow(&config);
        let snapshot = Snapshot::new(config, self.logins.as_ref(), &self.healths, &self.lists);
        snapshot.tell(&self.logs);
        let (before, now) = (self.snapshot(), Arc::new(snapshot));
        self.snapshot.store(Arc::clone(&now));
        if !Arc::ptr_eq(&before.config, &now.config) {
            self.config_used();
        }
        self.healths.tidy();
    }

    /// Tells whoever watches that the configuration of the file is the one in use.
    pub fn config_used(&self) {
        self.telemetry.feed.tell(|| {
            let now = self.snapshot();
            Event::ConfigChanged(ConfigChanged {
                time: timestamp(SystemTime::now()),
                models: now.catalog.models().len(),
                credentials: now.catalog.credentials().len(),
            })
        });
    }

    /// Tells whoever watches that a configuration was read that cannot be used.
    pub fn config_refused(&self, error: &ConfigError) {
        self.telemetry.feed.tell(|| {
            let source = std::error::Error::source(error);
            let message =
                source.map_or_else(|| error.to_string(), |source| format!("{error}: {source}"));
            Event::ConfigRefused(ConfigRefused {
                time: timestamp(SystemTime::now()),
                message,
                problems: error.problems().iter().map(Into::into).collect(),
            })
        });
    }

    /// Waits for the logins and refreshes that are going on: a code or a refresh token that was sent is lost with its answer.
    pub(crate) async fn settled(&self) {
        self.pending.settled().await;
        if let Some(logins) = &self.logins {
            logins.settled().await;
        }
    }

    pub(crate) fn snapshot(&self) -> Arc<Snapshot> {
        self.snapshot.load_full()
    }

    /// Number of models that are listed to clients.
    #[must_use]
    pub fn model_count(&self) -> usize {
        self.snapshot().catalog.models().len()
    }

    /// The names of the providers in use, each once.
    #[must_use]
    pub fn providers(&self) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for credential in self.snapshot().catalog.credentials() {
            if !names.iter().any(|name| *name == *credential.provider) {
                names.push(credential.provider.to_string());
            }
        }
        names
    }

    /// Makes what most calls will use, which takes some milliseconds, before a request waits for it.
    pub(crate) fn warm_up(&self) {
        let config = self.store.snapshot();
        let (proxy, connect) = (&config.proxy, config.timeouts.connect);
        if let Err(error) = self.clients.warm_up(proxy, connect) {
            tracing::warn!(%error, "upstream connections cannot be made");
        }
    }

    pub(crate) fn drain(&self) {
        self.draining.send_replace(true);
    }

    /// Becomes true when the gateway begins to stop.
    pub(crate) fn stopping_signal(&self) -> watch::Receiver<bool> {
        self.draining.subscribe()
    }

    /// Ends when the gateway begins to stop.
    pub(crate) async fn stopping(&self) {
        // An error would mean that the state is gone, which it is not while it is borrowed.
        let _ = self
            .draining
            .subscribe()
            .wait_for(|draining| *draining)
            .await;
    }

    /// Ends when whoever started the gateway with a password has fallen silent; never without one.
    pub(crate) async fn abandoned(&self) {
        if self.gate.password.is_none() {
            std::future::pending::<()>().await;
        }
        self.signs.end().await;
    }

    pub(crate) fn is_draining(&self) -> bool {
        *self.draining.borrow()
    }
}

/// The accounts in the directory of the configuration.
fn logins(store: &Store, clients: &Arc<Clients>) -> Option<Refresher> {
    let directory = store.snapshot().auth_dir.clone();
    let accounts = Accounts::open(&directory).inspect_err(|error| {
        tracing::error!(%error, "no account can be used");
    });
    let store = store.clone();
    let settings = move || {
        let config = store.snapshot();
        let connect = config.timeouts.connect;
        (config.oauth.clone(), config.proxy.clone(), connect)
    };
    let exchange = exchange(Arc::clone(clients), settings);
    Some(Refresher::new(accounts.ok()?, exchange))
}

#[cfg(test)]
mod tests;
