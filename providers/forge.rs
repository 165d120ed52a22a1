//! Making credentials of configured entries. What many of them have in common they share.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http::{HeaderMap, HeaderName, HeaderValue};
use modelgate_config::OAuth;
use modelgate_config::model::{ErrorRule, ProviderEntry, Proxy, Quirks};
use modelgate_dialects::Str;

use crate::cooldowns::Cooldown;
use crate::credential::{
    self, Credential, CredentialId, CredentialKey, Endpoint, Login, Source, Urls,
};
use crate::{Account, Health, ProviderKind};

/// The health of every credential that is or was in use; outlives configurations.
#[derive(Debug, Default)]
pub struct Healths {
    known: Mutex<HashMap<CredentialKey, Arc<Health>>>,
}

impl Healths {
    pub(crate) fn of(&self, key: CredentialKey) -> Arc<Health> {
        Arc::clone(self.lock().entry(key).or_default())
    }

    /// Every bar of every credential, in no order.
    pub(crate) fn cooldowns(&self) -> Vec<Cooldown> {
        let known = self.lock();
        let resting = known.iter().filter(|(_, health)| !health.is_well());
        let mut all = Vec::new();
        for (credential, health) in resting {
            let report = health.report();
            let models = report.models.into_iter();
            let bars = models.map(|(model, bar)| (Some(model), bar));
            let bars = report.all.map(|bar| (None, bar)).into_iter().chain(bars);
            all.extend(bars.map(|(model, bar)| Cooldown {
                credential: *credential,
                model,
                bar,
            }));
        }
        all
    }

    /// Takes over the bars of an earlier run.
    pub fn restore(&self, cooldowns: Vec<Cooldown>) {
        for one in cooldowns {
            self.of(one.credential).restore(one.model.as_ref(), one.bar);
        }
    }

    /// Whether anything is known of a credential.
    pub(crate) fn knows(&self, key: CredentialKey) -> bool {
        self.lock().contains_key(&key)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<CredentialKey, Arc<Health>>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Forgets credentials that nothing uses any more.
    pub fn tidy(&self) {
        let mut known = self.lock();
        known.retain(|_, health| Arc::strong_count(health) > 1);
        known.shrink_to_fit();
    }
}

/// Makes the credentials of one configuration.
#[derive(Debug)]
pub(crate) struct Forge<'h> {
    healths: &'h Healths,
    /// What is known of the logins of providers, where anything is.
    pub(crate) oauth: Option<&'h OAuth>,
    /// Endpoints by their base address.
    endpoints: HashMap<String, Vec<Arc<Endpoint>>>,
    no_rules: Arc<[ErrorRule]>,
}

/// One key of an entry.
pub(crate) struct Raw<'a> {
    pub(crate) id: String,
    pub(crate) kind: ProviderKind,
    pub(crate) provider: &'a str,
    pub(crate) entry: &'a ProviderEntry,
    pub(crate) secret: &'a str,
    pub(crate) weight: i64,
    pub(crate) proxy: &'a Proxy,
    pub(crate) quirks: Quirks,
    pub(crate) auth: Option<(HeaderName, HeaderValue)>,
    pub(crate) account: Option<Login>,
}

impl<'a> Raw<'a> {
    /// What makes a credential of an account: its tokens let it in, and its file tells it from all others.
    pub(crate) fn of_account(
        kind: ProviderKind,
        provider: &'a str,
        account: &'a Account,
        entry: &'a ProviderEntry,
        login: Login,
    ) -> Self {
        Self {
            id: account.id().to_owned(),
            kind,
            provider,
            entry,
            secret: &account.file,
            weight: entry.weight,
            proxy: &account.settings.proxy,
            quirks: Quirks::default(),
            auth: None,
            account: Some(login),
        }
    }
}

impl<'h> Forge<'h> {
    pub(crate) fn new(healths: &'h Healths) -> Self {
        Self {
            healths,
            oauth: None,
            endpoints: HashMap::new(),
            no_rules: Arc::new([]),
        }
    }

    /// The credential of a key. `headers` are those that the provider wants; the entry's own win over them and over the one
    /// that lets in.
    pub(crate) fn make(&mut self, raw: Raw<'_>, urls: Urls, mut headers: HeaderMap) -> Credential {
        let entry = raw.entry;
        credential::insert_extra(&mut headers, &entry.headers);
        let auth = raw.auth.filter(|(name, _)| {
            let mut own = entry.headers.iter();
            !own.any(|(own, _)| own.eq_ignore_ascii_case(name.as_str()))
        });
        let address = entry.base_url.as_str();
        let key = CredentialKey::new(raw.provider, address, raw.secret);
        Credential {
            id: CredentialId::new(raw.id),
            key,
            kind: raw.kind,
            provider: Str::from(raw.provider),
            source: if raw.account.is_some() {
                Source::File
            } else {
                source(entry)
            },
            proxy: raw.proxy.clone(),
            prefix: entry.prefix.as_deref().map(Str::from),
            priority: entry.priority,
            weight: raw.weight,
            quirks: raw.quirks,
            kiro: None,
            billed: None,
            error_rules: self.rules(entry),
            fetch_models: entry.fetch_models,
            request_retry: entry.request_retry,
            cooling_disabled: entry.cooling_disabled,
            health: self.healths.of(key),
            endpoint: self.shared(address, Endpoint { urls, headers }),
            auth,
            account: raw.account,
        }
    }

    /// The credential of something that is part of the program.
    pub(crate) fn built_in(&mut self, name: &str, kind: ProviderKind, urls: Urls) -> Credential {
        let key = CredentialKey::new(name, "", "");
        Credential {
            id: CredentialId::new(name),
            key,
            kind,
            provider: Str::from(name),
            source: Source::BuiltIn,
            proxy: Proxy::Direct,
            prefix: None,
            priority: 0,
            weight: 1,
            quirks: Quirks::default(),
            kiro: None,
            billed: None,
            error_rules: Arc::clone(&self.no_rules),
            fetch_models: false,
            request_retry: None,
            cooling_disabled: None,
            health: self.healths.of(key),
            endpoint: Arc::new(Endpoint {
                urls,
                headers: credential::common_headers(),
            }),
            auth: None,
            account: None,
        }
    }

    fn rules(&self, entry: &ProviderEntry) -> Arc<[ErrorRule]> {
        if entry.error_rules.is_empty() {
            Arc::clone(&self.no_rules)
        } else {
            entry.error_rules.clone().into()
        }
    }

    fn shared(&mut self, address: &str, endpoint: Endpoint) -> Arc<Endpoint> {
        let known = self.endpoints.entry(address.to_owned()).or_default();
        if let Some(same) = known.iter().find(|known| ***known == endpoint) {
            return Arc::clone(same);
        }
        let endpoint = Arc::new(endpoint);
        known.push(Arc::clone(&endpoint));
        endpoint
    }
}

fn source(entry: &ProviderEntry) -> Source {
    if entry.origin.contains('[') {
        Source::Config
    } else {
        Source::Environment
    }
}
