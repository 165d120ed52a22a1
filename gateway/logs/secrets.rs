//! The secrets that a gateway knows. Clients' keys are not among them: of those it has only hashes.

use std::sync::Arc;

use modelgate_config::model::{Proof, ProviderEntry, Proxy};
use modelgate_config::{Config, Secret};
use modelgate_providers::Account;

/// The secrets of a configuration and of accounts.
pub(super) fn of(config: &Config, accounts: &[Arc<Account>]) -> Vec<Secret> {
    let mut known = Vec::new();
    let mut of_entry = |entry: &ProviderEntry, keys: &[(Option<&Secret>, &Proxy)]| {
        known.extend(entry.headers.iter().map(|(_, value)| value.clone()));
        for (key, proxy) in keys {
            known.extend(key.cloned());
            known.extend(of_proxy(proxy));
        }
    };
    for key in &config.claude {
        of_entry(&key.entry, &[(Some(&key.api_key), &key.proxy)]);
    }
    for key in &config.gemini {
        of_entry(&key.entry, &[(Some(&key.api_key), &key.proxy)]);
    }
    for key in &config.vertex {
        of_entry(&key.entry, &[(Some(&key.api_key), &key.proxy)]);
    }
    for key in &config.codex {
        of_entry(&key.entry, &[(Some(&key.api_key), &key.proxy)]);
    }
    for provider in &config.compatible {
        let keys = provider.keys.iter();
        let keys: Vec<_> = keys.map(|key| (key.api_key.as_ref(), &key.proxy)).collect();
        of_entry(&provider.entry, &keys);
    }
    known.extend(of_proxy(&config.proxy));
    let amp = &config.ampcode;
    known.extend(amp.key.clone());
    known.extend(amp.keys_of_clients.iter().map(|(_, key)| key.clone()));
    known.extend(config.management.keys.iter().map(|key| match &key.proof {
        Proof::Plain(secret) | Proof::Bcrypt(secret) => secret.clone(),
    }));
    let tokens = accounts.iter().map(|account| &account.tokens);
    known.extend(
        tokens
            .flat_map(|tokens| [tokens.access.clone(), tokens.refresh.clone()])
            .flatten(),
    );
    known
}

/// The password of a proxy.
fn of_proxy(proxy: &Proxy) -> Option<Secret> {
    let Proxy::Url(url) = proxy else {
        return None;
    };
    let url = url::Url::parse(url.expose()).ok()?;
    url.password().map(Secret::from)
}
