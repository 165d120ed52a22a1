//! Accounts that somebody logged in to, in the words of entries of the configuration.

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use modelgate_config::OAuth;
use modelgate_config::model::{Channel, ModelAlias, ModelEntry, ProviderEntry, Proxy};
use url::Url;

use crate::oauth::{self, Reach};
use crate::refresh::Exchange;
use crate::{Account, AccountKind, Clients};

/// The entry that an account stands for; none where its address is none.
pub(crate) fn entry(
    account: &Account,
    base_url: &str,
    channel: Option<&Channel>,
) -> Option<ProviderEntry> {
    let settings = &account.settings;
    let own = settings.base_url.clone();
    let headers = settings.headers.iter();
    let common = channel.map(|channel| channel.excluded_models.clone());
    let rules = channel.map(|channel| channel.error_rules.clone());
    Some(ProviderEntry {
        origin: account.file.to_string(),
        base_url: own.or_else(|| Url::parse(base_url).ok())?,
        prefix: settings.prefix.as_deref().map(str::to_owned),
        priority: settings.priority,
        weight: settings.weight.map_or(1, i64::from),
        error_rules: [settings.error_rules.clone(), rules.unwrap_or_default()].concat(),
        request_retry: settings.request_retry,
        cooling_disabled: settings.disable_cooling,
        models: Vec::new(),
        fetch_models: settings.fetch_models.unwrap_or(true),
        excluded_models: [settings.excluded_models.clone(), common.unwrap_or_default()].concat(),
        headers: headers
            .map(|(name, value)| (name.to_string(), value.clone()))
            .collect(),
    })
}

/// The models of an account: those of its provider, under other names where the account says so, or else all of its kind.
pub(crate) fn models(
    account: &Account,
    catalogue: &[String],
    channel: Option<&Channel>,
) -> Vec<ModelEntry> {
    let own = &account.settings.model_aliases;
    let aliases: Vec<ModelAlias> = if own.is_empty() {
        channel
            .map(|channel| channel.aliases.clone())
            .unwrap_or_default()
    } else {
        let alias = |entry: &ModelEntry| ModelAlias {
            entry: entry.clone(),
            fork: false,
        };
        own.iter().map(alias).collect()
    };
    let renamed = |name: &String| {
        aliases.iter().any(|alias| alias.entry.name == *name)
            && !aliases
                .iter()
                .any(|alias| alias.entry.name == *name && alias.fork)
    };
    let plain = catalogue
        .iter()
        .filter(|name| !renamed(name))
        .map(|name| ModelEntry {
            name: name.clone(),
            alias: name.clone(),
            responses: None,
        });
    plain
        .chain(aliases.iter().map(|alias| alias.entry.clone()))
        .collect()
}

/// What the configuration says of all accounts of a kind.
pub(crate) fn channel(kind: AccountKind, channels: &[Channel]) -> Option<&Channel> {
    channels.iter().find(|channel| {
        // The family calls accounts of Cloud Code by the name of their client.
        let name = if channel.name == "gemini-cli" {
            "gemini"
        } else {
            &channel.name
        };
        AccountKind::from_name(name) == Some(kind)
    })
}

/// How accounts get new tokens. `settings` gives what the configuration says at the moment: whom logins are granted to, the
/// proxy for accounts without one of their own, and the limit on connecting.
#[must_use]
pub fn exchange(
    clients: Arc<Clients>,
    settings: impl Fn() -> (OAuth, Proxy, Duration) + Send + Sync + 'static,
) -> Exchange {
    Arc::new(move |account| {
        let (clients, (oauth, proxy, connect)) = (Arc::clone(&clients), settings());
        async move {
            let reach = Reach {
                clients: &clients,
                proxy: &proxy,
                connect,
            };
            oauth::renew(&account, &oauth, reach).await
        }
        .boxed()
    })
}
