//! What all requests share.

use std::sync::Arc;

use arc_swap::ArcSwap;
use modelgate_config::{Config, Secret, Store};
use modelgate_providers::{Catalog, Clients, Healths};
use tokio::sync::watch;

use crate::access::Access;
use crate::affinity::Affinity;
use crate::conversations::Conversations;
use crate::management::gate::Token;
use crate::recent::Recent;

/// The state of a running gateway.
#[derive(Debug)]
pub struct State {
    store: Store,
    snapshot: ArcSwap<Snapshot>,
    pub(crate) clients: Clients,
    pub(crate) conversations: Conversations,
    pub(crate) affinity: Affinity,
    healths: Healths,
    /// Requests that are over.
    pub(crate) recent: Arc<Recent>,
    /// Opens the management API; without one nobody may manage.
    pub(crate) token: Option<Token>,
    draining: watch::Sender<bool>,
}

/// What one request sees from start to end.
#[derive(Debug)]
pub(crate) struct Snapshot {
    pub(crate) config: Arc<Config>,
    pub(crate) catalog: Catalog,
    pub(crate) access: Access,
}

impl Snapshot {
    fn new(config: Arc<Config>, healths: &Healths) -> Self {
        Self {
            catalog: Catalog::build(&config, healths),
            access: Access::new(&config.client_keys),
            config,
        }
    }
}

impl State {
    /// The state for a configuration; `State::follow` keeps it up to date.
    #[must_use]
    pub fn new(store: Store) -> Self {
        let healths = Healths::default();
        let snapshot = Snapshot::new(store.snapshot(), &healths);
        Self {
            store,
            snapshot: ArcSwap::from_pointee(snapshot),
            clients: Clients::default(),
            conversations: Conversations::default(),
            affinity: Affinity::default(),
            healths,
            recent: Arc::default(),
            token: None,
            draining: watch::Sender::new(false),
        }
    }

    /// The same, managed by whoever on this machine presents the token.
    #[must_use]
    pub fn managed_with(mut self, token: &Secret) -> Self {
        self.token = Some(Token::new(token));
        self
    }

    /// Takes over every new configuration, for ever.
    pub(crate) async fn follow(&self) {
        let mut configs = self.store.subscribe();
        // A configuration may have come between making the state and subscribing.
        configs.mark_changed();
        while configs.changed().await.is_ok() {
            let config = Arc::clone(&configs.borrow_and_update());
            let snapshot = Snapshot::new(config, &self.healths);
            self.snapshot.store(Arc::new(snapshot));
            self.healths.tidy();
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

    /// Makes the HTTP client that most calls will use, which takes some milliseconds, before a request waits for it.
    pub(crate) fn warm_up(&self) {
        let config = self.store.snapshot();
        if let Err(error) = self.clients.get(&config.proxy, config.timeouts.connect) {
            tracing::warn!(%error, "upstream connections cannot be made");
        }
    }

    pub(crate) fn drain(&self) {
        self.draining.send_replace(true);
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

    pub(crate) fn is_draining(&self) -> bool {
        *self.draining.borrow()
    }
}
