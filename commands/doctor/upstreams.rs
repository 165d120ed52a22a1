//! The providers: each key asks for the list of models, which costs nothing.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use modelgate_config::Config;
use modelgate_providers::lists::{self, Listed};
use modelgate_providers::{CallError, CallErrorKind, Catalog, Clients, Credential, Source};
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::report::{Area, Report};
use crate::inert::inert;

const HERE: Area = Area::Providers;
/// The longest wait for one provider.
const PATIENCE: Duration = Duration::from_secs(10);
/// Providers that are asked at the same time.
const AT_ONCE: usize = 8;

/// The time on a provider's clock, and on ours.
#[derive(Debug, Clone, Copy)]
pub(super) struct Dated {
    pub(super) theirs: SystemTime,
    pub(super) ours: SystemTime,
}

/// What a provider said.
enum Said {
    List(Listed, SystemTime),
    No(CallError),
    Nothing,
}

/// Asks every provider with every key, and gives back what their clocks say.
pub(super) async fn check(config: &Config, report: &mut Report) -> Vec<Dated> {
    let catalog = Catalog::preview(config);
    let credentials = catalog.credentials();
    let keys = credentials.iter().filter(|credential| {
        // Accounts are asked by the gateway, which renews their tokens.
        matches!(credential.source, Source::Config | Source::Environment)
    });
    let keys: Vec<Arc<Credential>> = keys.cloned().collect();
    let mut dates = Vec::new();
    for some in keys.chunks(AT_ONCE) {
        for (credential, said) in ask(config, some).await {
            if let Some(date) = tell(&credential, said, report) {
                dates.push(date);
            }
        }
    }
    dates
}

/// The answers in the order of the keys.
async fn ask(config: &Config, some: &[Arc<Credential>]) -> Vec<(Arc<Credential>, Said)> {
    let clients = Arc::new(Clients::default());
    let mut asked = JoinSet::new();
    for (at, credential) in some.iter().cloned().enumerate() {
        let (clients, proxy) = (Arc::clone(&clients), config.proxy.clone());
        let timeouts = config.timeouts.clone();
        asked.spawn(async move {
            let list = lists::fetch(&clients, &proxy, &timeouts, &credential);
            let said = match timeout(PATIENCE, list).await {
                Ok(Ok(list)) => Said::List(list, SystemTime::now()),
                Ok(Err(error)) => Said::No(error),
                Err(_) => Said::Nothing,
            };
            (at, credential, said)
        });
    }
    let mut answers = asked.join_all().await;
    answers.sort_by_key(|(at, ..)| *at);
    let answers = answers.into_iter();
    answers
        .map(|(_, credential, said)| (credential, said))
        .collect()
}

fn tell(credential: &Credential, said: Said, report: &mut Report) -> Option<Dated> {
    let id = inert(credential.id.as_str()).into_owned();
    match said {
        Said::List(list, ours) => {
            report.ok(
                HERE,
                format!("{id} is let in; {} models", list.names.models.len()),
            );
            let theirs = list.date?;
            return Some(Dated { theirs, ours });
        }
        Said::Nothing => {
            let what = format!("{id} gets no answer within {} seconds", PATIENCE.as_secs());
            report.broken(
                HERE,
                what,
                "is the provider reachable from here? `proxy-url` names a proxy",
            );
        }
        Said::No(error) => refused(&id, &error, report),
    }
    None
}

fn refused(id: &str, error: &CallError, report: &mut Report) {
    let message = &error.error.message;
    let what = format!("{id}: {message}");
    match error.kind {
        CallErrorKind::Unauthorized | CallErrorKind::Forbidden => report.broken(
            HERE,
            what,
            "replace the key; `modelgate keys provider` lists them",
        ),
        CallErrorKind::Unwelcome => {
            report.warning(HERE, what, "use an API key for clients that it is not for");
        }
        CallErrorKind::Billing => {
            report.broken(
                HERE,
                what,
                "see to the provider's account, or disable the key",
            );
        }
        CallErrorKind::Unreachable | CallErrorKind::TimedOut => report.broken(
            HERE,
            what,
            "is the address right, and reachable from here? `proxy-url` names a proxy",
        ),
        CallErrorKind::RateLimited | CallErrorKind::Overloaded => {
            report.warning(HERE, what, "try again later");
        }
        // Small servers have no such list, and serve all the same.
        CallErrorKind::NotFound | CallErrorKind::Invalid | CallErrorKind::Broken => report.warning(
            HERE,
            what,
            "without a list it is not known whether the key is good; `modelgate ask` tries it",
        ),
    }
}
